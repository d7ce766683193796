#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../lib/err.h"

static void the_inner_says_what_and_the_outer_says_where(void **state)
{
    (void)state;
    assert_int_equal(err_set(EX_DATAERR, "N is %d here but %d before", 5, 4),
                     -1);
    assert_int_equal(err_in("%s", "/rows/trial"), -1);
    assert_int_equal(err_in("pair.h5"), -1);
    assert_string_equal(err_text(),
                        "pair.h5: /rows/trial: N is 5 here but 4 before");
    assert_int_equal(err_code(), EX_DATAERR);
}

static void a_new_error_replaces_the_pending_one(void **state)
{
    (void)state;
    err_set(EX_DATAERR, "first");
    err_set(EX_IOERR, "second");
    assert_string_equal(err_text(), "second");
    assert_int_equal(err_code(), EX_IOERR);
}

static void nothing_is_pending_after_a_clear(void **state)
{
    (void)state;
    err_set(EX_DATAERR, "gone");
    err_clear();
    assert_string_equal(err_text(), "");
    assert_int_equal(err_code(), 0);
}

static void a_line_may_quote_the_pending_one(void **state)
{
    (void)state;
    err_set(EX_IOERR, "disk full");
    err_set(EX_CANTCREAT, "out.h5: %s", err_text());
    assert_string_equal(err_text(), "out.h5: disk full");
    err_in("%s", err_text());
    assert_string_equal(err_text(), "out.h5: disk full: out.h5: disk full");
}

static void too_long_a_line_is_cut_and_keeps_its_beginning(void **state)
{
    char longer[5000];

    (void)state;
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    err_set(EX_DATAERR, "%s", longer);
    for (int i = 0; i < 300; i++)
        err_in("outer");
    assert_memory_equal(err_text(), "outer: outer: ", 14);
    assert_in_range(strlen(err_text()), 256, sizeof longer - 1);
    err_in("%s", longer);
    assert_int_equal(err_text()[0], 'x');
}

static void a_wrong_choice_is_told_the_known_ones(void **state)
{
    const char *known[] = { "rotation", "affine", NULL };
    char name[200];
    const char *many[] = { name, name, name, NULL };

    (void)state;
    assert_int_equal(err_choice("map", "x", known), -1);
    assert_int_equal(err_code(), EX_USAGE);
    assert_string_equal(err_text(), "map 'x' is not one of rotation, affine");
    memset(name, 'y', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    err_choice("map", "x", many);
    assert_memory_equal(err_text(), "map 'x' is not one of yyy", 25);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_inner_says_what_and_the_outer_says_where),
        cmocka_unit_test(a_new_error_replaces_the_pending_one),
        cmocka_unit_test(nothing_is_pending_after_a_clear),
        cmocka_unit_test(a_line_may_quote_the_pending_one),
        cmocka_unit_test(too_long_a_line_is_cut_and_keeps_its_beginning),
        cmocka_unit_test(a_wrong_choice_is_told_the_known_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../lib/err.h"
#include "../lib/resume.h"

/* A keeper in memory. */
static double kept[8];
static int saves;

static int save(const struct resume *r)
{
    double *to = kept;

    for (int i = 0; i < r->n; i++) {
        memcpy(to, r->vector[i].at, r->vector[i].size * sizeof *to);
        to += r->vector[i].size;
    }
    saves++;
    return 0;
}

static int load(struct resume *r)
{
    const double *from = kept;

    for (int i = 0; i < r->n; i++) {
        memcpy(r->vector[i].at, from, r->vector[i].size * sizeof *from);
        from += r->vector[i].size;
    }
    return saves > 0;
}

static int fails(const struct resume *r)
{
    (void)r;
    return err_set(EX_IOERR, "disk full");
}

static int fails_to_load(struct resume *r)
{
    return fails(r);
}

static void what_was_saved_comes_back_in_its_places(void **state)
{
    double step = 7, weights[3] = { 1, 2, 3 };
    struct resume r = { .save = save, .load = load };

    (void)state;
    saves = 0;
    resume_add(&r, "step", &step, 1);
    resume_add(&r, "weights", weights, 3);
    assert_int_equal(resume_load(&r), 0);
    step = 7, weights[0] = 1, weights[1] = 2, weights[2] = 3;
    assert_int_equal(resume_save(&r, true), 0);
    step = 0;
    memset(weights, 0, sizeof weights);
    assert_int_equal(resume_load(&r), 1);
    assert_true(step == 7);
    assert_true(weights[0] == 1 && weights[1] == 2 && weights[2] == 3);
    assert_string_equal(r.vector[1].name, "weights");
}

static void saves_wait_for_their_time_unless_asked_now(void **state)
{
    struct resume r = { .save = save, .load = load, .every = 1e6 };

    (void)state;
    saves = 0;
    resume_load(&r);
    for (int i = 0; i < 10; i++)
        assert_int_equal(resume_save(&r, false), 0);
    assert_int_equal(saves, 0);
    resume_save(&r, true);
    assert_int_equal(saves, 1);
    resume_save(&r, false);
    assert_int_equal(saves, 1);
    r.last -= 1e6;
    resume_save(&r, false);
    assert_int_equal(saves, 2);
}

static void without_a_keeper_nothing_happens(void **state)
{
    struct resume r = { .every = 0 };

    (void)state;
    assert_int_equal(resume_load(&r), 0);
    assert_int_equal(resume_save(&r, true), 0);
}

static void errors_of_the_keeper_pass_through(void **state)
{
    struct resume r = { .save = fails, .load = fails_to_load };

    (void)state;
    assert_int_equal(resume_load(&r), -1);
    assert_int_equal(resume_save(&r, true), -1);
    assert_string_equal(err_text(), "disk full");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_saved_comes_back_in_its_places),
        cmocka_unit_test(saves_wait_for_their_time_unless_asked_now),
        cmocka_unit_test(without_a_keeper_nothing_happens),
        cmocka_unit_test(errors_of_the_keeper_pass_through),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

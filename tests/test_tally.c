/* test_tally.c - sorted lines of integers against counting by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "../lib/arena.h"
#include "../lib/rng.h"
#include "../lib/tally.h"

static void equal_lines_are_found_and_counted(void **state)
{
    static const int32_t cells[6][2] = {
        { 2, 1 }, { 1, 5 }, { 2, 1 }, { -3, 9 }, { 2, 0 }, { 2, 1 }
    };
    static const size_t ascending[6] = { 3, 1, 4, 0, 2, 5 };
    struct arena *a = arena_open();
    struct tally t;
    (void)state;
    assert_int_equal(tally_open(&t, 2, 6, a), 0);
    memcpy(t.cell, cells, sizeof cells);
    tally_sort(&t);
    assert_memory_equal(t.order, ascending, sizeof ascending);
    assert_int_equal(tally_before(&t, (int32_t[]){ 2, 1 }, 0), 3);
    assert_int_equal(tally_before(&t, (int32_t[]){ 2, 1 }, 1), 6);
    assert_int_equal(tally_before(&t, (int32_t[]){ 2, -1 }, 0), 2);
    assert_int_equal(tally_before(&t, (int32_t[]){ 2, -1 }, 1), 2);
    assert_int_equal(tally_before(&t, (int32_t[]){ 9, 9 }, 0), 6);
    arena_close(a);
}

static void a_random_tally_agrees_with_brute_force(void **state)
{
    enum { LINES = 2000 };
    struct arena *a = arena_open();
    struct rng r = rng_at(4, RNG_ROWS, 0, 0);
    struct tally t;
    (void)state;
    assert_int_equal(tally_open(&t, 3, LINES, a), 0);
    for (size_t k = 0; k < LINES * 3; k++)
        t.cell[k] = (int32_t)rng_below(&r, 5) - 2;
    tally_sort(&t);
    for (size_t k = 0; k < LINES; k++) {
        const int32_t *key = tally_line(&t, k);
        size_t from = tally_before(&t, key, 0), to = tally_before(&t, key, 1);
        size_t equal = 0;
        for (size_t i = 0; i < LINES; i++)
            equal += memcmp(tally_line(&t, i), key, 3 * sizeof *key) == 0;
        assert_int_equal(to - from, equal);
        for (size_t i = from; i < to; i++)
            assert_memory_equal(tally_line(&t, t.order[i]), key,
                                3 * sizeof *key);
    }
    arena_close(a);
}

static void an_empty_tally_has_nothing_before_any_key(void **state)
{
    struct arena *a = arena_open();
    struct tally t;
    (void)state;
    assert_int_equal(tally_open(&t, 1, 0, a), 0);
    tally_sort(&t);
    assert_int_equal(tally_before(&t, (int32_t[]){ 0 }, 1), 0);
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_lines_are_found_and_counted),
        cmocka_unit_test(a_random_tally_agrees_with_brute_force),
        cmocka_unit_test(an_empty_tally_has_nothing_before_any_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

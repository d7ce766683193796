/* test_bin.c - times fall into the bins that decimals mean, however binary
 * numbers miss them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../lib/bin.h"
#include "../lib/rng.h"
#include "arena_group.h"

static void an_edge_as_computed_begins_its_bin(void **state)
{
    static const double bins[] = { 0.001, 0.02, 0.1, 1 / 3., 0.0333, 7 };
    struct rng r = rng_at(1, RNG_DATA, 0, 0);
    (void)state;
    for (size_t i = 0; i < sizeof bins / sizeof *bins; i++)
        for (int n = 0; n < 20000; n++) {
            double t0 = (rng_unit(&r) - 0.3) * pow(10, rng_below(&r, 8));
            uint32_t k = rng_below(&r, 1u << rng_below(&r, 24));
            assert_true(bin_of(t0 + k * bins[i], t0, bins[i]) == k);
        }
}

static void decimals_fall_where_their_digits_say(void **state)
{
    char text[64];
    struct rng r = rng_at(2, RNG_DATA, 0, 0);
    (void)state;
    assert_true(floor(0.3 / 0.1) == 2);         /* what is to be avoided */
    assert_true(bin_of(0.3, 0, 0.1) == 3);
    for (int n = 0; n < 100000; n++) {          /* in tenths of ms */
        long t0 = rng_below(&r, 100000000), bin = 1 + rng_below(&r, 1000);
        long t = t0 + rng_below(&r, 100000000);
        double x[3];
        const long part[] = { t, t0, bin };
        for (int i = 0; i < 3; i++) {
            snprintf(text, sizeof text, "%ld.%04ld", part[i] / 10000,
                     part[i] % 10000);
            x[i] = strtod(text, NULL);
        }
        assert_true(bin_of(x[0], x[1], x[2]) == (t - t0) / bin);
        assert_true(bin_count(x[1], x[0], x[2]) == (t - t0) / bin);
    }
}

static void what_is_below_an_edge_stays_there(void **state)
{
    (void)state;
    assert_true(bin_of(0.02 - 1e-7, 0, 0.02) == 0);
    assert_true(bin_of(0.02 - 1e-9, 0, 0.02) == 1);
    assert_true(bin_of(-1e-7, 0, 0.02) == -1);
    assert_true(bin_count(1, 1, 0.1) == 0);
    assert_true(bin_count(2, 1, 0.1) == 0);
    assert_true(bin_count(0, NAN, 0.1) == 0);
    assert_true(bin_count(NAN, 1, 0.1) == 0);
    assert_true(bin_count(0, 0.9999, 1) == 0);
    /* seconds since 1970 have half a microsecond to spare */
    assert_true(bin_of(1.7e9 + 0.003, 1.7e9, 0.001) == 3);
}

static void spikes_are_counted_once_and_within(void **state)
{
    const double t[] = { -0.5, 0.1, 0.2, 0.2, 0.29999999999, 0.3, 0.45, 0.5,
                         0.6 };
    float x[5 * 2] = { 9, 9, 9, 9, 9, 9, 9, 9, 9, 9 };
    (void)state;
    bin_spikes(x, 2, 4, 0.1, 0.1, t, sizeof t / sizeof *t);
    assert_true(x[0] == 1 && x[2] == 2 && x[4] == 2 && x[6] == 1);
    for (int k = 1; k < 8; k += 2)
        assert_true(x[k] == 9);
    assert_true(x[8] == 9);
    bin_spikes(x, 1, 4, 5, 0.1, t, sizeof t / sizeof *t);
    assert_true(x[0] + x[1] + x[2] + x[3] == 0);
    bin_spikes(x, 1, 4, 5, 0.1, t, 0);
    assert_true(x[0] == 0);
}

static void times_are_sorted_where_they_are_not(void **state)
{
    double t[] = { 3, 1, 2, 1 }, u[] = { 1, 1, 2 };
    (void)state;
    bin_sort(t, 4);
    assert_true(t[0] == 1 && t[1] == 1 && t[2] == 2 && t[3] == 3);
    bin_sort(u, 3);
    assert_true(u[0] == 1 && u[1] == 1 && u[2] == 2);
    bin_sort(NULL, 0);
}

static void the_first_on_an_edge_is_found(void **state)
{
    const double t[] = { 0.1, 0.2, 0.3, 0.3, 0.4 };
    (void)state;
    assert_int_equal(bin_first(t, 5, 0, 0.1), 0);
    assert_int_equal(bin_first(t, 5, 0.1 + 0.2, 0.1), 2);
    assert_int_equal(bin_first(t, 5, 0.3001, 0.1), 4);
    assert_int_equal(bin_first(t, 5, 0.5, 0.1), 5);
    assert_int_equal(bin_first(t, 0, 0.5, 0.1), 0);
}

/* ---- intervals ---- */

static void merged_intervals_are_disjoint_and_in_order(void **state)
{
    const double pairs[] = { 5, 6,  0, 1,  1, 2,  5.5, 5.7,  3, 3,  9, 8,
                             NAN, 4,  4, NAN,  1.5, 2.5 };
    struct spans s;
    (void)state;
    assert_int_equal(spans_merge(&s, pairs, 9, arena), 0);
    assert_int_equal(s.n, 2);
    assert_true(s.from[0] == 0 && s.to[0] == 2.5);
    assert_true(s.from[1] == 5 && s.to[1] == 6);
    assert_int_equal(spans_merge(&s, pairs, 0, arena), 0);
    assert_int_equal(s.n, 0);
    assert_false(spans_hold(&s, 0, 1));
}

static void a_bin_is_held_whole_or_not(void **state)
{
    const double pairs[] = { 0, 0.3, 1, 2 };
    struct spans s;
    (void)state;
    assert_int_equal(spans_merge(&s, pairs, 2, arena), 0);
    assert_true(spans_hold(&s, 0, 0.1));
    assert_true(spans_hold(&s, 0.1 + 0.1, 0.1));
    assert_false(spans_hold(&s, 0.21, 0.1));
    assert_false(spans_hold(&s, -0.01, 0.1));
    assert_false(spans_hold(&s, 0.25, 0.8));
    assert_true(spans_hold(&s, 1.9, 0.1));
    assert_false(spans_hold(&s, 2, 0.1));
}

/* Against every point of a grid. */
static void what_two_hold_is_what_both_hold(void **state)
{
    struct rng r = rng_at(3, RNG_DATA, 0, 0);
    (void)state;
    for (int n = 0; n < 300; n++) {
        double pairs[2][16];
        struct spans s[2], both;
        for (int i = 0; i < 2; i++) {
            for (int k = 0; k < 16; k++)
                pairs[i][k] = rng_below(&r, 40);
            assert_int_equal(spans_merge(&s[i], pairs[i], 8, arena), 0);
        }
        both = s[0];
        assert_int_equal(spans_meet(&both, &s[1], arena), 0);
        for (int t = 0; t < 40; t++)
            assert_int_equal(spans_hold(&both, t, 1),
                             spans_hold(&s[0], t, 1) &&
                             spans_hold(&s[1], t, 1));
        arena_reset(arena);
    }
}

static void of_several_intervals_the_last_to_begin_is_found(void **state)
{
    struct rng r = rng_at(4, RNG_DATA, 0, 0);
    (void)state;
    for (int n = 0; n < 300; n++) {
        enum { COUNT = 12 };
        double from[COUNT], to[COUNT];
        struct spans_index x;
        for (int k = 0; k < COUNT; k++) {
            from[k] = rng_below(&r, 30);
            to[k] = from[k] + rng_below(&r, 10);
        }
        assert_int_equal(spans_sort(&x, from, to, COUNT, arena), 0);
        for (double t = -1; t < 42; t += 0.5) {
            long long best = -1;
            for (int k = 0; k < COUNT; k++)
                if (from[k] <= t && t < to[k] &&
                    (best < 0 || from[k] >= from[best]))
                    best = k;
            assert_int_equal(spans_find(&x, t), best);
        }
        arena_reset(arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_edge_as_computed_begins_its_bin),
        cmocka_unit_test(decimals_fall_where_their_digits_say),
        cmocka_unit_test(what_is_below_an_edge_stays_there),
        cmocka_unit_test(spikes_are_counted_once_and_within),
        cmocka_unit_test(times_are_sorted_where_they_are_not),
        cmocka_unit_test(the_first_on_an_edge_is_found),
        cmocka_unit_test(merged_intervals_are_disjoint_and_in_order),
        cmocka_unit_test(a_bin_is_held_whole_or_not),
        cmocka_unit_test(what_two_hold_is_what_both_hold),
        cmocka_unit_test(of_several_intervals_the_last_to_begin_is_found),
    };
    return cmocka_run_group_tests(tests, arena_make, arena_drop);
}

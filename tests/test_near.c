/* test_near.c - nearest recorded states, against every distance written out. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "../lib/near.h"
#include "../lib/rng.h"
#include "arena_group.h"
#include "golden.h"

enum { M = 48, ROWS = 1100, N = 300 };     /* no multiples of a block */

static real pool[ROWS * M], x[N * M];
static double d[N];

/* Normal numbers about an offset; every fifth row of x is a row of the pool,
 * and every tenth row of the pool was recorded twice. */
static void draw(int m, size_t S, double offset)
{
    struct rng r = rng_at(1, RNG_DATA, (uint32_t)m, (uint32_t)S);
    size_t row = (size_t)m;

    for (size_t i = 0; i < S * row; i++)
        pool[i] = (real)(offset + rng_normal(&r));
    for (size_t s = 10; s < S; s += 10)
        memcpy(pool + s * row, pool + (s - 1) * row, row * sizeof *pool);
    for (size_t n = 0; n < N; n++)
        for (size_t i = 0; i < row; i++)
            x[n * row + i] = n % 5 ? (real)(offset + 2 * rng_normal(&r))
                                   : pool[n % S * row + i];
}

/* What near_distance says it is, one pair of rows after the other. */
static double nearest(const real *v, size_t S, int m, double apart)
{
    double least = HUGE_VAL;

    for (size_t s = 0; s < S; s++) {
        double sum = 0;
        for (int i = 0; i < m; i++) {
            double u = (double)v[i] - (double)pool[s * (size_t)m + (size_t)i];
            sum += u * u;
        }
        if (sqrt(sum) < least && (apart <= 0 || sqrt(sum) > apart))
            least = sqrt(sum);
    }
    return least;
}

static void check(int m, size_t S, double offset, double apart, double within)
{
    draw(m, S, offset);
    assert_int_equal(near_distance(d, x, N, pool, S, m, apart, arena), 0);
    for (int n = 0; n < N; n++)
        golden_near("distance", d[n], nearest(x + n * m, S, m, apart), within);
    arena_reset(arena);
}

static void the_nearest_of_any_number_of_rows_is_found(void **state)
{
    static const size_t S[] = { 1, 2, 255, 256, 257, 512, ROWS };

    (void)state;
    for (size_t k = 0; k < sizeof S / sizeof *S; k++) {
        check(1, S[k], 0, 0, 1e-9);
        check(5, S[k], 0, 0, 1e-9);
        check(M, S[k], 0, 0, 1e-9);
    }
}

static void a_recorded_state_is_at_distance_0(void **state)
{
    (void)state;
    draw(M, ROWS, 0);
    assert_int_equal(near_distance(d, x, N, pool, ROWS, M, 0, arena), 0);
    for (int n = 0; n < N; n++)
        assert_true(n % 5 ? d[n] > 1 : d[n] == 0);
}

static void apart_passes_over_states_recorded_twice(void **state)
{
    (void)state;
    draw(M, ROWS, 0);
    double apart = near_apart(pool, ROWS, M);
    golden_near("apart", apart, 1e-4 * sqrt(M), 1e-5);
    check(M, ROWS, 0, apart, 1e-9);
    check(M, 255, 0, apart, 1e-9);
    check(1, ROWS, 0, 0.01, 1e-9);
    check(5, ROWS, 0, 2.5, 1e-9);
    for (int n = 0; n < N; n++)
        assert_true(d[n] > 2.5);
}

/* A baseline common to all states changes neither distances nor apart. */
static void a_baseline_does_not_matter(void **state)
{
    double apart;

    (void)state;
    draw(M, ROWS, 0);
    apart = near_apart(pool, ROWS, M);
    draw(M, ROWS, 1000);
    golden_near("apart", near_apart(pool, ROWS, M), apart,
                1e-4 * apart);
    check(M, ROWS, 1000, apart, 1e-9);
}

static void where_there_is_none_the_distance_has_no_end(void **state)
{
    (void)state;
    draw(5, 1, 0);
    memcpy(x, pool, 5 * sizeof *x);
    assert_int_equal(near_distance(d, x, 1, pool, 1, 5, 1e-4, arena), 0);
    assert_true(isinf(d[0]));
    assert_true(near_apart(pool, 1, 5) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearest_of_any_number_of_rows_is_found),
        cmocka_unit_test(a_recorded_state_is_at_distance_0),
        cmocka_unit_test(apart_passes_over_states_recorded_twice),
        cmocka_unit_test(a_baseline_does_not_matter),
        cmocka_unit_test(where_there_is_none_the_distance_has_no_end),
    };
    return cmocka_run_group_tests_name("near", tests, arena_make, arena_drop);
}

/* test_sim.c - similarity scores against scipy, numpy and closed forms. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../lib/acts.h"
#include "../lib/arena.h"
#include "../lib/err.h"
#include "../lib/mat.h"
#include "../lib/rng.h"
#include "../lib/sim.h"

enum { N = 12, P = 5, Q = 7 };

static struct arena *arena;

static int setup(void **state)
{
    (void)state;
    return (arena = arena_open()) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    arena_close(arena);
    return 0;
}

static void near(double x, double y, double tolerance)
{
    if (!(fabs(x - y) <= tolerance))
        fail_msg("%.17g is not %.17g within %g", x, y, tolerance);
}

/* The numbers of a line of goldens/sim.txt. */
static double *golden(const char *name)
{
    FILE *f = fopen("tests/goldens/sim.txt", "r");
    char word[64];
    double *x = NULL;
    int n;

    assert_non_null(f);
    while (!x && fscanf(f, "%63s %d", word, &n) == 2) {
        double *row = arena_get(arena, (size_t)n, sizeof *row);
        for (int i = 0; i < n; i++)
            assert_int_equal(fscanf(f, "%lf", &row[i]), 1);
        if (strcmp(word, name) == 0)
            x = row;
    }
    fclose(f);
    assert_non_null(x);
    return x;
}

static const struct sim *find(const char *name)
{
    for (int i = 0; sim_menu[i]; i++)
        if (strcmp(sim_menu[i]->name, name) == 0)
            return sim_menu[i];
    fail_msg("no measure %s", name);
    return NULL;
}

static double *random_states(int n, int p, unsigned seed)
{
    double *X = arena_get(arena, (size_t)(n * p), sizeof *X);
    struct rng r = rng_at(seed, RNG_ROWS, 0, 0);

    for (int i = 0; i < n * p; i++)
        X[i] = rng_normal(&r);
    return X;
}

/* X Q c + b: another basis, scale and origin. */
static double *moved(const double *X, int n, int p)
{
    double *R = arena_get(arena, (size_t)(p * p), sizeof *R);
    double *Y = arena_get(arena, (size_t)(n * p), sizeof *Y);
    struct rng r = rng_at(3, RNG_BASE, 0, 0);

    assert_int_equal(mat_random_rotation(R, p, &r, arena), 0);
    mat_mul(Y, 'n', 'n', n, p, p, 2.5, X, R, 0);
    for (int i = 0; i < n * p; i++)
        Y[i] += i % p;
    return Y;
}

static void row_correlations_are_numpys(void **state)
{
    double C[N * N], *want = golden("correlation");
    (void)state;
    assert_int_equal(sim_correlation(C, golden("X"), N, P, arena), 0);
    for (int i = 0; i < N * N; i++)
        near(C[i], want[i], 1e-14);
}

static void a_constant_row_correlates_with_nothing(void **state)
{
    /* 0.3 in each of 11 places: the mean is not quite 0.3. */
    double X[3 * 11], C[9];
    (void)state;
    for (int i = 0; i < 11; i++) {
        X[i] = 0.3;
        X[11 + i] = i * i;
        X[22 + i] = 0;
    }
    assert_int_equal(sim_correlation(C, X, 3, 11, arena), 0);
    for (int i = 0; i < 9; i++)
        near(C[i], i == 4, 1e-15);
}

static void ranks_of_ties_are_averaged_as_scipys(void **state)
{
    double rank[N], *want = golden("ranks");
    (void)state;
    assert_int_equal(sim_ranks(rank, golden("column"), N, arena), 0);
    assert_memory_equal(rank, want, sizeof rank);
}

static void rsa_is_scipys_spearman_and_pearson_of_triangles(void **state)
{
    double score[SIM_SCORES];
    (void)state;
    assert_int_equal(find("rsa")->compare(score, golden("X"), P, golden("Y"),
                                          Q, N, arena), 0);
    near(score[0], *golden("spearman"), 1e-12);
    near(score[1], *golden("pearson"), 1e-12);
}

static void cka_is_numpys(void **state)
{
    double score[SIM_SCORES];
    (void)state;
    assert_int_equal(find("cka")->compare(score, golden("X"), P, golden("Y"),
                                          Q, N, arena), 0);
    near(score[0], *golden("cka_biased"), 1e-12);
    near(score[1], *golden("cka_unbiased"), 1e-12);
}

static void every_measure_of_a_system_with_itself_is_one(void **state)
{
    double *X = random_states(40, 9, 1);
    (void)state;
    for (int i = 0; sim_menu[i]; i++) {
        double score[SIM_SCORES];
        assert_int_equal(sim_menu[i]->compare(score, X, 9, X, 9, 40, arena),
                         0);
        for (int o = 0; sim_menu[i]->options[o]; o++)
            near(score[o], 1, 1e-12);
    }
}

static void cka_ignores_rotation_scale_and_origin(void **state)
{
    double *X = random_states(40, 9, 1), *Y = random_states(40, 6, 2);
    double before[SIM_SCORES], after[SIM_SCORES];
    const struct sim *cka = find("cka");
    (void)state;
    assert_int_equal(cka->compare(before, X, 9, Y, 6, 40, arena), 0);
    assert_int_equal(cka->compare(after, moved(X, 40, 9), 9, Y, 6, 40, arena),
                     0);
    near(after[0], before[0], 1e-12);
    near(after[1], before[1], 1e-12);
    assert_int_equal(cka->compare(after, moved(X, 40, 9), 9, X, 9, 40, arena),
                     0);
    near(after[0], 1, 1e-12);
}

static void unbiased_cka_of_noise_is_near_zero_biased_is_not(void **state)
{
    /* E[biased] of independent normals with p = q = 50, n = 60 is about
     * p / (n + p); the unbiased score is 0 on average. */
    double sum[2] = { 0, 0 };
    (void)state;
    for (unsigned k = 0; k < 20; k++) {
        double score[SIM_SCORES];
        double *X = random_states(60, 50, 10 + 2 * k);
        double *Y = random_states(60, 50, 11 + 2 * k);
        find("cka")->compare(score, X, 50, Y, 50, 60, arena);
        sum[0] += score[0] / 20;
        sum[1] += score[1] / 20;
    }
    near(sum[0], 50. / 110, 0.02);
    near(sum[1], 0, 0.01);
}

static void rows_that_are_equal_tie_in_every_position(void **state)
{
    /* Two states only, repeated: correlations take two values. Were ties lost
     * to rounding, the Spearman score would fall below 1. */
    double *X = random_states(2, 31, 5), *Y = random_states(2, 31, 6);
    double U[60 * 31], V[60 * 31], score[SIM_SCORES];
    (void)state;
    for (int i = 0; i < 60; i++) {
        memcpy(U + i * 31, X + (i % 3 == 0) * 31, 31 * sizeof *U);
        memcpy(V + i * 31, Y + (i % 3 == 0) * 31, 31 * sizeof *V);
    }
    find("rsa")->compare(score, U, 31, V, 31, 60, arena);
    near(score[0], 1, 1e-12);
}

/* ---- rows that belong together ---- */

/* Trials of the given quantities, each quantity + 2 steps long unless a
 * length is given; one site of M units, whose states tell trial and step. */
static struct acts recording(const char *name, size_t n, const int *quantity,
                             const int *length)
{
    enum { M = 3 };
    struct acts x = { .system = name, .N = n, .nsites = 1 };

    x.quantity = arena_get(arena, n, sizeof *x.quantity);
    x.length = arena_get(arena, n, sizeof *x.length);
    x.first = arena_get(arena, n, sizeof *x.first);
    for (size_t i = 0; i < n; i++) {
        x.quantity[i] = quantity[i];
        x.length[i] = length ? length[i] : quantity[i] + 2;
        x.first[i] = (int64_t)x.S;
        x.S += (size_t)x.length[i];
    }
    x.site[0] = (struct acts_site){
        "hidden", M, arena_get(arena, x.S * M, sizeof(real)) };
    struct rng r = rng_at(8, RNG_ROWS, 0, 0);
    for (size_t i = 0; i < x.S * M; i++)
        x.site[0].states[i] = (real)rng_normal(&r);
    return x;
}

static void trials_pair_by_quantity_and_index(void **state)
{
    struct acts x = recording("x", 4, (int[]){ 1, 1, 2, 3 }, NULL);
    struct acts y = recording("y", 4, (int[]){ 3, 1, 4, 1 }, NULL);
    /* x: rows 0-2, 3-5, 6-9, 10-14; y: 0-4, 5-7, 8-13, 14-16 */
    int64_t one[] = { 0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14 };
    int64_t two[] = { 5, 6, 7, 14, 15, 16, 0, 1, 2, 3, 4 };
    struct sim_rows rows;
    (void)state;
    assert_int_equal(sim_match(&rows, &x, &y, arena), 0);
    assert_int_equal(rows.L, 11);
    assert_memory_equal(rows.row1, one, sizeof one);
    assert_memory_equal(rows.row2, two, sizeof two);
}

static void tasks_of_different_form_are_refused(void **state)
{
    struct acts x = recording("arith", 2, (int[]){ 1, 2 }, NULL);
    struct acts y = recording("count", 2, (int[]){ 1, 2 }, (int[]){ 3, 7 });
    struct sim_rows rows;
    (void)state;
    assert_int_equal(sim_match(&rows, &x, &y, arena), -1);
    assert_int_equal(err_code(), EX_DATAERR);
    assert_string_equal(err_text(), "arith and count: not computed between "
                        "tasks of different form: quantity 2 has 4 steps in "
                        "one and 7 in the other");
    err_clear();
}

static void systems_without_a_common_quantity_are_refused(void **state)
{
    struct acts x = recording("x", 1, (int[]){ 1 }, NULL);
    struct acts y = recording("y", 1, (int[]){ 2 }, NULL);
    struct sim_rows rows;
    (void)state;
    assert_int_equal(sim_match(&rows, &x, &y, arena), -1);
    assert_string_equal(err_text(), "x and y: no trials of one quantity");
    y.quantity = NULL;
    assert_int_equal(sim_match(&rows, &x, &y, arena), -1);
    assert_string_equal(err_text(),
                        "y: its trials have no quantity to be paired by");
    err_clear();
}

static void fewer_pairs_than_asked_are_all_taken_once(void **state)
{
    struct acts x = recording("x", 3, (int[]){ 1, 2, 3 }, NULL);
    struct sim_plan plan = { "hidden", 300, 10, 1 };
    struct sim_result y;
    int seen[12] = { 0 };
    (void)state;
    assert_int_equal(sim_compare(&y, &plan, &x, &x, arena), 0);
    assert_int_equal(y.rows, 12);
    assert_int_equal(y.draws, 1);
    for (int r = 0; r < 12; r++)
        seen[y.row1[r]]++;
    for (int r = 0; r < 12; r++)
        assert_int_equal(seen[r], 1);
    for (int s = 0; s < y.nscores; s++) {
        near(y.score[s].value, 1, 1e-12);
        assert_true(isnan(y.score[s].sd));
    }
}

static void draws_take_rows_without_replacement(void **state)
{
    struct acts x = recording("x", 8, (int[]){ 1, 2, 3, 4, 5, 6, 7, 8 }, NULL);
    struct acts z = recording("z", 8, (int[]){ 8, 7, 6, 5, 4, 3, 2, 1 }, NULL);
    struct sim_plan plan = { "hidden", 20, 5, 1 };
    struct sim_result y, again;
    int seen[52] = { 0 };
    (void)state;
    assert_int_equal(sim_compare(&y, &plan, &x, &z, arena), 0);
    assert_int_equal(y.rows, 20);
    assert_int_equal(y.draws, 5);
    for (int r = 0; r < 20; r++)
        assert_int_equal(seen[y.row1[r]]++, 0);
    for (int r = 0; r < 20; r++)
        near(y.rdm1[r * 20 + r], 1, 1e-12);
    assert_true(y.score[0].sd > 0 && y.score[0].sd < 1);
    assert_int_equal(sim_compare(&again, &plan, &x, &z, arena), 0);
    assert_true(again.score[0].value == y.score[0].value);
}

static void a_site_that_was_not_recorded_is_refused(void **state)
{
    struct acts x = recording("x", 1, (int[]){ 1 }, NULL);
    struct sim_plan plan = { "embedding", 300, 10, 1 };
    struct sim_result y;
    (void)state;
    assert_int_equal(sim_compare(&y, &plan, &x, &x, arena), -1);
    assert_string_equal(err_text(), "x: no states at site embedding");
    err_clear();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row_correlations_are_numpys),
        cmocka_unit_test(a_constant_row_correlates_with_nothing),
        cmocka_unit_test(ranks_of_ties_are_averaged_as_scipys),
        cmocka_unit_test(rsa_is_scipys_spearman_and_pearson_of_triangles),
        cmocka_unit_test(cka_is_numpys),
        cmocka_unit_test(every_measure_of_a_system_with_itself_is_one),
        cmocka_unit_test(cka_ignores_rotation_scale_and_origin),
        cmocka_unit_test(unbiased_cka_of_noise_is_near_zero_biased_is_not),
        cmocka_unit_test(rows_that_are_equal_tie_in_every_position),
        cmocka_unit_test(trials_pair_by_quantity_and_index),
        cmocka_unit_test(tasks_of_different_form_are_refused),
        cmocka_unit_test(systems_without_a_common_quantity_are_refused),
        cmocka_unit_test(fewer_pairs_than_asked_are_all_taken_once),
        cmocka_unit_test(draws_take_rows_without_replacement),
        cmocka_unit_test(a_site_that_was_not_recorded_is_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

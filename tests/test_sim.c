/* test_sim.c - similarity scores against scipy, numpy and closed forms. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../lib/acts.h"
#include "../lib/err.h"
#include "../lib/h5file.h"
#include "../lib/mat.h"
#include "../lib/rng.h"
#include "../lib/sim.h"
#include "arena_group.h"
#include "golden.h"

enum { N = 12, P = 5, Q = 7 };

/* The numbers of a line of goldens/sim.txt. */
static double *known(const char *name)
{
    size_t n = 0;
    double *x = golden("tests/goldens/sim.txt", name, &n);
    double *kept = arena_get(arena, n, sizeof *kept);

    memcpy(kept, x, n * sizeof *x);
    free(x);
    return kept;
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
    double C[N * N], *want = known("correlation");
    (void)state;
    assert_int_equal(sim_correlation(C, known("X"), N, P, arena), 0);
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
    double *column = known("column"), *want = known("ranks");
    double *level = known("levels");
    struct sim_list l;
    (void)state;
    assert_int_equal(sim_list(&l, column, N, arena), 0);
    assert_memory_equal(l.rank, want, N * sizeof *want);
    for (int i = 0; i < N; i++) {
        assert_int_equal(l.level[i], level[i]);
        assert_true(i == 0 || want[l.order[i - 1]] <= want[l.order[i]]);
    }
}

static void values_that_differ_by_rounding_tie(void **state)
{
    /* 2.5e-12 is halfway between two points of a grid of 1e-12. */
    double x[] = { 1, 2.5e-12, 2.5e-12 * (1 + 1e-15), 4e-12, -1, -1 + 1e-15 };
    double rank[] = { 6, 3.5, 3.5, 5, 1.5, 1.5 };
    double small[] = { 1e-9, 2e-9, 2.1e-9 };
    struct sim_list l;
    (void)state;
    assert_int_equal(sim_list(&l, x, 6, arena), 0);
    assert_memory_equal(l.rank, rank, sizeof rank);
    assert_true(l.value[1] == l.value[2] && l.value[4] == l.value[5]);
    assert_true(l.value[2] < l.value[3]);
    assert_int_equal(sim_list(&l, small, 3, arena), 0);
    assert_memory_equal(l.rank, ((double[]){ 1, 2, 3 }), 3 * sizeof(double));
}

static void the_head_of_a_list_is_the_list_of_its_head(void **state)
{
    double *column = known("column");
    struct sim_list all, head, alone;
    (void)state;
    assert_int_equal(sim_list(&all, column, N, arena), 0);
    assert_int_equal(sim_list_head(&head, &all, 7, arena), 0);
    assert_int_equal(sim_list(&alone, column, 7, arena), 0);
    assert_memory_equal(head.rank, alone.rank, 7 * sizeof(double));
    assert_memory_equal(head.level, alone.level, 7 * sizeof(uint32_t));
}

static void a_list_that_does_not_vary_correlates_with_nothing(void **state)
{
    /* The mean of a hundred times 0.1 is not quite 0.1. */
    double x[100], y[100], r;
    struct sim_list lx, ly;
    (void)state;
    for (int i = 0; i < 100; i++) {
        x[i] = 0.1;
        y[i] = i;
    }
    assert_int_equal(sim_list(&lx, x, 100, arena), 0);
    assert_int_equal(sim_list(&ly, y, 100, arena), 0);
    assert_int_equal(sim_pearson(&r, &lx, &ly, arena), 0);
    assert_true(isnan(r));
    assert_int_equal(sim_spearman(&r, &ly, &lx, arena), 0);
    assert_true(isnan(r));
    assert_int_equal(sim_kendall(&r, &lx, &ly, arena), 0);
    assert_true(isnan(r));
}

static void kendalls_tau_counts_the_pairs(void **state)
{
    /* Every pair by itself, with few values (ties) and many. */
    enum { L = 400 };
    struct rng r = rng_at(4, RNG_ROWS, 0, 0);
    (void)state;
    for (uint32_t values = 2; values < 3000; values *= 3) {
        double x[L], y[L], tau, excess = 0, apart_x = 0, apart_y = 0;
        struct sim_list lx, ly;
        for (int i = 0; i < L; i++) {
            x[i] = rng_below(&r, values);
            y[i] = rng_below(&r, 2) ? x[i] : rng_below(&r, values);
        }
        for (int i = 0; i < L; i++)
            for (int j = 0; j < i; j++) {
                int u = (x[i] > x[j]) - (x[i] < x[j]);
                int v = (y[i] > y[j]) - (y[i] < y[j]);
                excess += u * v;
                apart_x += u != 0;
                apart_y += v != 0;
            }
        assert_int_equal(sim_list(&lx, x, L, arena), 0);
        assert_int_equal(sim_list(&ly, y, L, arena), 0);
        assert_int_equal(sim_kendall(&tau, &lx, &ly, arena), 0);
        near(tau, excess / sqrt(apart_x * apart_y), 1e-14);
    }
}

static void rsa_in_every_way_is_scipys(void **state)
{
    const struct sim *rsa = find("rsa");
    double score[SIM_SCORES];
    int o = 0;
    (void)state;
    assert_int_equal(rsa->compare(score, known("X"), P, known("Y"), Q, N,
                                  arena), 0);
    for (; rsa->options[o]; o++) {
        char *name = arena_text(arena, "%s", rsa->options[o]);
        for (char *c = name; *c; c++)
            *c = *c == ' ' ? '_' : *c;
        near(score[o], *known(name), 1e-12);
    }
    assert_int_equal(o, 36);
    assert_string_equal(rsa->options[0],
                        "rows by Pearson, triangles by Spearman");
}

static void procrustes_is_scipys(void **state)
{
    double score[SIM_SCORES], *want = known("procrustes");
    (void)state;
    assert_int_equal(find("procrustes")->compare(score, known("X"), P,
                                                 known("Y"), Q, N, arena), 0);
    near(score[0], want[0], 1e-12);
    near(score[1], want[1], 1e-12);
    near(1 - score[0] * score[0], want[2], 1e-12);
}

static void cka_is_numpys(void **state)
{
    double score[SIM_SCORES];
    (void)state;
    assert_int_equal(find("cka")->compare(score, known("X"), P, known("Y"),
                                          Q, N, arena), 0);
    near(score[0], *known("cka_biased"), 1e-12);
    near(score[1], *known("cka_unbiased"), 1e-12);
}

/* What a score is of a system and itself. */
static double of_equals(const char *options)
{
    return strstr(options, "distance") ? 0 : 1;
}

static void every_measure_of_a_system_with_itself_is_one(void **state)
{
    double *X = random_states(40, 9, 1);
    (void)state;
    for (int i = 0; sim_menu[i]; i++) {
        double score[SIM_SCORES];
        assert_int_equal(sim_menu[i]->compare(score, X, 9, X, 9, 40, arena),
                         0);
        for (int o = 0; sim_menu[i]->options[o]; o++)   /* sqrt(1e-15) */
            near(score[o], of_equals(sim_menu[i]->options[o]), 1e-7);
    }
}

static void nothing_is_defined_where_no_row_differs(void **state)
{
    /* Correlations of equal rows are 1 but for rounding. */
    double *Y = random_states(40, 6, 2), X[40 * 9], score[SIM_SCORES];
    (void)state;
    for (int i = 0; i < 40 * 9; i++)
        X[i] = 0.3 + 0.1 * sin(i % 9);
    for (int i = 0; sim_menu[i]; i++)
        for (int rows = 1; rows <= 40; rows += 39) {
            assert_int_equal(sim_menu[i]->compare(score, X, 9, Y, 6, rows,
                                                  arena), 0);
            for (int o = 0; sim_menu[i]->options[o]; o++)
                assert_true(isnan(score[o]));
        }
}

static void every_score_has_a_name_of_its_own_that_a_file_holds(void **state)
{
    int scores = 0;
    (void)state;
    for (int i = 0; sim_menu[i]; i++)
        for (int o = 0; sim_menu[i]->options[o]; o++, scores++) {
            const char *name = sim_menu[i]->options[o];
            assert_true(o < SIM_SCORES && strlen(name) < H5_TEXT_SIZE);
            for (int k = 0; k < o; k++)
                assert_string_not_equal(name, sim_menu[i]->options[k]);
        }
    assert_true(scores <= SIM_RESULTS);
}

/* How many scores are the same of X (40,9) and of Z; those whose options have
 * one text and not the other must be. */
static int same_scores(const char *measure, const char *with,
                       const char *without, const double *X, const double *Z)
{
    double *Y = random_states(40, 6, 2), before[SIM_SCORES], after[SIM_SCORES];
    const struct sim *sim = find(measure);
    int same = 0;

    assert_int_equal(sim->compare(before, X, 9, Y, 6, 40, arena), 0);
    assert_int_equal(sim->compare(after, Z, 9, Y, 6, 40, arena), 0);
    for (int o = 0; sim->options[o]; o++) {
        same += fabs(after[o] - before[o]) < 1e-9;
        if (strstr(sim->options[o], with) && !strstr(sim->options[o], without))
            near(after[o], before[o], 1e-12);
    }
    return same;
}

static void each_score_ignores_what_it_should_and_no_more(void **state)
{
    double *X = random_states(40, 9, 1), *moves = moved(X, 40, 9);
    double turns[40 * 9], units[40 * 9], rows[40 * 9];
    (void)state;
    for (int i = 0; i < 40 * 9; i++) {
        turns[i] = moves[i] - i % 9;
        units[i] = X[i] * (1 + i % 9) - i % 9;
        rows[i] = X[i] * (1 + i / 9) - i / 9;
    }
    assert_int_equal(same_scores("procrustes", "", "none", X, moves), 2);
    assert_int_equal(same_scores("procrustes", "none", "", X, units), 0);
    assert_int_equal(same_scores("rsa", "rows by L2", "z-scored", X, moves),
                     6);
    assert_int_equal(same_scores("rsa", "rows by cosine", "z-scored", X,
                                 turns), 12);       /* L2 with it */
    assert_int_equal(same_scores("rsa", "z-scored", "none", X, units), 18);
    assert_int_equal(same_scores("rsa", "rows by Pearson", "z-scored", X,
                                 rows), 6);
}

static void procrustes_distance_is_that_of_the_best_plane_rotation(void **state)
{
    /* In the plane the best rotation or mirror is found by trying them. */
    double *X = random_states(30, 2, 1), *Y = random_states(30, 2, 2);
    double x[60], y[60], nx = 0, ny = 0, score[SIM_SCORES], best = INFINITY;
    (void)state;
    sim_centre(x, X, 30, 2);
    sim_centre(y, Y, 30, 2);
    for (int i = 0; i < 60; i++) {
        nx += x[i] * x[i];
        ny += y[i] * y[i];
    }
    for (int k = 0; k < 20000; k++) {
        double c = cos(k * M_PI / 5000), s = sin(k * M_PI / 5000), d = 0;
        int mirror = k < 10000 ? 1 : -1;
        for (int i = 0; i < 60; i += 2) {
            double u = x[i] / sqrt(nx), v = mirror * x[i + 1] / sqrt(nx);
            d += pow(c * u - s * v - y[i] / sqrt(ny), 2) +
                 pow(s * u + c * v - y[i + 1] / sqrt(ny), 2);
        }
        best = fmin(best, sqrt(d));
    }
    assert_int_equal(find("procrustes")->compare(score, X, 2, Y, 2, 30,
                                                 arena), 0);
    near(score[1], best, 1e-6);
    near(score[0], 1 - best * best / 2, 1e-6);
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
    /* Two states only, repeated: each matrix takes two values. Were ties lost
     * to rounding, scores would fall below 1. */
    double *X = random_states(2, 31, 5), *Y = random_states(2, 31, 6);
    double U[60 * 31], V[60 * 31], score[SIM_SCORES];
    const struct sim *rsa = find("rsa");
    (void)state;
    for (int i = 0; i < 60; i++) {
        memcpy(U + i * 31, X + (i % 3 == 0) * 31, 31 * sizeof *U);
        memcpy(V + i * 31, Y + (i % 3 == 0) * 31, 31 * sizeof *V);
    }
    assert_int_equal(rsa->compare(score, U, 31, V, 31, 60, arena), 0);
    for (int o = 0; rsa->options[o]; o++)
        near(score[o], 1, 1e-12);
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
    assert_int_equal(sim_match(&rows, "all", &x, &y, arena), 0);
    assert_int_equal(rows.L, 11);
    assert_memory_equal(rows.row1, one, sizeof one);
    assert_memory_equal(rows.row2, two, sizeof two);
}

static void a_choice_of_steps_holds_for_both_systems(void **state)
{
    /* Rows 0-2, 3-6 of two trials, the same in both. */
    struct acts x = recording("x", 2, (int[]){ 1, 2 }, NULL);
    struct acts y = recording("y", 2, (int[]){ 1, 2 }, NULL);
    int8_t eligible[] = { 0, 1, 0, 0, 1, 1, 0 };
    int8_t fewer[] = { 0, 1, 1, 0, 0, 1, 0 };
    int32_t phase[] = { 0, 0, 1, 0, 0, 1, 1 };
    struct { const char *steps; size_t L; int64_t row[7]; } want[] = {
        { "all", 7, { 0, 1, 2, 3, 4, 5, 6 } },
        { "eligible", 2, { 1, 5 } },
        { "last", 2, { 2, 6 } },
        { "phase=0", 4, { 0, 1, 3, 4 } },
        { "phase=1", 3, { 2, 5, 6 } },
    };
    struct sim_rows rows;
    (void)state;
    x.eligible = eligible;
    y.eligible = fewer;
    x.nvars = y.nvars = 1;
    x.var[0] = y.var[0] = (struct acts_variable){ "phase", phase };
    for (size_t k = 0; k < sizeof want / sizeof *want; k++) {
        assert_int_equal(sim_match(&rows, want[k].steps, &x, &y, arena), 0);
        assert_int_equal(rows.L, want[k].L);
        assert_memory_equal(rows.row1, want[k].row, rows.L * sizeof(int64_t));
        assert_memory_equal(rows.row2, want[k].row, rows.L * sizeof(int64_t));
    }
}

static void steps_that_are_not_there_are_refused(void **state)
{
    struct acts x = recording("x", 1, (int[]){ 1 }, NULL);
    int32_t phase[] = { 0, 0, 1 };
    const char *const unknown[] = { "some", "phase", "phase=", "phase=one",
                                    "phase=1x", "", NULL };
    struct sim_rows rows;
    (void)state;
    x.nvars = 1;
    x.var[0] = (struct acts_variable){ "phase", phase };
    for (int k = 0; unknown[k]; k++) {
        assert_int_equal(sim_match(&rows, unknown[k], &x, &x, arena), -1);
        assert_int_equal(err_code(), EX_USAGE);
        assert_non_null(strstr(err_text(), "--steps: all, eligible, last or "
                               "VARIABLE=VALUE, not "));
        err_clear();
    }
    assert_int_equal(sim_match(&rows, "mood=1", &x, &x, arena), -1);
    assert_int_equal(err_code(), EX_DATAERR);
    assert_string_equal(err_text(), "x has no variable mood, but phase");
    err_clear();
    assert_int_equal(sim_match(&rows, "phase=7", &x, &x, arena), -1);
    assert_int_equal(err_code(), EX_DATAERR);
    assert_string_equal(err_text(), "x and x: no rows with --steps phase=7");
    err_clear();
}

static void tasks_of_different_form_are_refused(void **state)
{
    struct acts x = recording("arith", 2, (int[]){ 1, 2 }, NULL);
    struct acts y = recording("count", 2, (int[]){ 1, 2 }, (int[]){ 3, 7 });
    struct sim_rows rows;
    (void)state;
    assert_int_equal(sim_match(&rows, "all", &x, &y, arena), -1);
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
    assert_int_equal(sim_match(&rows, "all", &x, &y, arena), -1);
    assert_string_equal(err_text(), "x and y: no trials of one quantity");
    y.quantity = NULL;
    assert_int_equal(sim_match(&rows, "all", &x, &y, arena), -1);
    assert_string_equal(err_text(),
                        "y: its trials have no quantity to be paired by");
    err_clear();
}

static void fewer_pairs_than_asked_are_all_taken_once(void **state)
{
    struct acts x = recording("x", 3, (int[]){ 1, 2, 3 }, NULL);
    struct sim_plan plan = { "hidden", 300, 10, 1, "all" };
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
        near(y.score[s].value, of_equals(y.score[s].options), 1e-7);
        assert_true(isnan(y.score[s].sd));
    }
}

static void draws_take_rows_without_replacement(void **state)
{
    struct acts x = recording("x", 8, (int[]){ 1, 2, 3, 4, 5, 6, 7, 8 }, NULL);
    struct acts z = recording("z", 8, (int[]){ 8, 7, 6, 5, 4, 3, 2, 1 }, NULL);
    struct sim_plan plan = { "hidden", 20, 5, 1, "all" };
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
    struct sim_plan plan = { "embedding", 300, 10, 1, "all" };
    struct sim_result y;
    (void)state;
    assert_int_equal(sim_compare(&y, &plan, &x, &x, arena), -1);
    assert_string_equal(err_text(), "x: no states at site embedding");
    err_clear();
}

/* Its own arrays are small; the triangles of 200 rows are not, and without a
 * folder for them there is no memory. */
static void triangles_obey_the_bound_on_memory(void **state)
{
    const char *was = getenv("TMPDIR");
    struct arena *a = arena_open();
    struct rng r = rng_at(1, RNG_DATA, 0, 0);
    double X[200 * 2], score[SIM_RESULTS];

    (void)state;
    for (int i = 0; i < 200 * 2; i++)
        X[i] = rng_normal(&r);
    arena_spill(a, 0);
    assert_int_equal(find("rsa")->compare(score, X, 2, X, 2, 200, a), 0);
    arena_folder("/no/such/folder");
    assert_int_equal(find("rsa")->compare(score, X, 2, X, 2, 200, a), -1);
    assert_int_equal(err_code(), EX_CANTCREAT);
    arena_folder(was);
    err_clear();
    arena_close(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(row_correlations_are_numpys),
        cmocka_unit_test(a_constant_row_correlates_with_nothing),
        cmocka_unit_test(ranks_of_ties_are_averaged_as_scipys),
        cmocka_unit_test(values_that_differ_by_rounding_tie),
        cmocka_unit_test(the_head_of_a_list_is_the_list_of_its_head),
        cmocka_unit_test(a_list_that_does_not_vary_correlates_with_nothing),
        cmocka_unit_test(kendalls_tau_counts_the_pairs),
        cmocka_unit_test(rsa_in_every_way_is_scipys),
        cmocka_unit_test(procrustes_is_scipys),
        cmocka_unit_test(cka_is_numpys),
        cmocka_unit_test(every_measure_of_a_system_with_itself_is_one),
        cmocka_unit_test(nothing_is_defined_where_no_row_differs),
        cmocka_unit_test(
            every_score_has_a_name_of_its_own_that_a_file_holds),
        cmocka_unit_test(each_score_ignores_what_it_should_and_no_more),
        cmocka_unit_test(
            procrustes_distance_is_that_of_the_best_plane_rotation),
        cmocka_unit_test(cka_ignores_rotation_scale_and_origin),
        cmocka_unit_test(unbiased_cka_of_noise_is_near_zero_biased_is_not),
        cmocka_unit_test(rows_that_are_equal_tie_in_every_position),
        cmocka_unit_test(trials_pair_by_quantity_and_index),
        cmocka_unit_test(a_choice_of_steps_holds_for_both_systems),
        cmocka_unit_test(steps_that_are_not_there_are_refused),
        cmocka_unit_test(tasks_of_different_form_are_refused),
        cmocka_unit_test(systems_without_a_common_quantity_are_refused),
        cmocka_unit_test(fewer_pairs_than_asked_are_all_taken_once),
        cmocka_unit_test(draws_take_rows_without_replacement),
        cmocka_unit_test(a_site_that_was_not_recorded_is_refused),
        cmocka_unit_test(triangles_obey_the_bound_on_memory),
    };
    return cmocka_run_group_tests(tests, arena_make, arena_drop);
}

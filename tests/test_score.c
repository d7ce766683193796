/* test_score.c - intervals against published values, scipy and theory. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "../lib/arena.h"
#include "../lib/score.h"
#include "golden.h"

#define GOLDEN "tests/goldens/seeds.txt"

static void wilson_gives_newcombes_published_intervals(void **state)
{
    /* Newcombe, Statistics in Medicine 17 (1998), table I, method 3. */
    static const struct { double right, n, low, high; } row[] = {
        { 81, 263, 0.2553, 0.3662 },
        { 15, 148, 0.0624, 0.1605 },
        { 0, 20, 0.0000, 0.1611 },
        { 1, 29, 0.0061, 0.1718 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct interval y = score_wilson(row[i].right, row[i].n);
        near(y.low, row[i].low, 5e-5);
        near(y.high, row[i].high, 5e-5);
    }
}

static void wilson_agrees_with_scipy_to_twelve_digits(void **state)
{
    /* scipy 1.10: binomtest(k, n).proportion_ci(0.95, "wilson") */
    static const struct { double right, n, low, high; } row[] = {
        { 0, 10, 0, 0.277532799862889 },
        { 5, 10, 0.236593090512564, 0.763406909487436 },
        { 81, 263, 0.255288519878274, 0.3662095769828 },
        { 900, 1000, 0.879848036804652, 0.917090556406904 },
        { 999, 1000, 0.994357441402042, 0.999823453629374 },
        { 1000, 1000, 0.996173241514445, 1 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct interval y = score_wilson(row[i].right, row[i].n);
        near(y.low, row[i].low, 1e-12);
        near(y.high, row[i].high, 1e-12);
    }
}

static void without_trials_nothing_is_known(void **state)
{
    struct interval y = score_wilson(0, 0);
    (void)state;
    assert_true(y.low == 0 && y.high == 1);
}

static void quantiles_lie_linearly_between_order_statistics(void **state)
{
    double x[] = { 40, 10, 30, 20 };
    (void)state;
    near(score_quantile(x, 4, 0), 10, 0);
    near(score_quantile(x, 4, 1), 40, 0);
    near(score_quantile(x, 4, 0.5), 25, 1e-12);
    near(score_quantile(x, 4, 0.1), 13, 1e-12);
    near(score_quantile(x, 1, 0.7), 10, 0);
}

static struct interval bootstrap(const int *right, const int *n, int groups,
                                 unsigned seed)
{
    struct arena *a = arena_open();
    struct interval y = { NAN, NAN };
    assert_int_equal(score_bootstrap(&y, right, n, groups, 20000, seed, 0, a),
                     0);
    arena_close(a);
    return y;
}

static void one_group_is_resampled_as_a_binomial(void **state)
{
    /* Quantiles of a binomial(1000, 0.9) / 1000 are 0.881 and 0.918. */
    struct interval y = bootstrap((int[]){ 900 }, (int[]){ 1000 }, 1, 1);
    (void)state;
    near(y.low, 0.881, 0.0011);
    near(y.high, 0.918, 0.0011);
}

static void groups_count_alike_whatever_their_size(void **state)
{
    /* Mean of the means; variance is the sum of p(1-p)/n over groups^2. */
    int right[] = { 50, 1600 }, n[] = { 100, 2000 };
    double sd = sqrt(0.25 / 100 + 0.16 / 2000) / 2;
    struct interval y = bootstrap(right, n, 2, 2);
    (void)state;
    near(y.low, 0.65 - 1.96 * sd, 0.003);
    near(y.high, 0.65 + 1.96 * sd, 0.003);
}

static void where_all_are_right_or_wrong_the_interval_has_a_width(void **state)
{
    /* scipy 1.10: binom.ppf(0.025, 1000, 1000.5 / 1001) = 998,
     * binom.ppf(0.975, 9, 0.05) = 2 */
    struct interval y = bootstrap((int[]){ 1000 }, (int[]){ 1000 }, 1, 3);
    (void)state;
    near(y.low, 0.998, 1e-12);
    near(y.high, 1, 0);
    y = bootstrap((int[]){ 0 }, (int[]){ 9 }, 1, 3);
    near(y.low, 0, 0);
    near(y.high, 2. / 9, 1e-12);
}

static void the_interval_holds_what_was_measured(void **state)
{
    enum { GROUPS = 200 };
    int right[GROUPS];
    (void)state;

    for (int g = 0; g < GROUPS; g++)
        right[g] = 100;
    struct interval y = bootstrap(right, right, GROUPS, 5);
    near(y.high, 1, 1e-12);
    assert_true(y.low < 1 && y.low > 0.99);
}

static void the_same_seed_gives_the_same_interval(void **state)
{
    int right[] = { 431 }, n[] = { 997 };
    struct interval x = bootstrap(right, n, 1, 4), y, z;
    (void)state;
    y = bootstrap(right, n, 1, 4);
    z = score_wilson(431, 997);
    assert_true(x.low == y.low && x.high == y.high);
    near(x.low, z.low, 0.003);
    near(x.high, z.high, 0.003);
}

/* ---- over seeds ---- */

static struct interval seeds(const struct score_pairs *s)
{
    struct arena *a = arena_open();
    struct interval y = { 0, 0 };

    assert_int_equal(score_seeds(&y, s, 20000, 1, 0, a), 0);
    arena_close(a);
    return y;
}

static void check_seeds(const char *name, struct score_pairs s)
{
    char interval[64];
    size_t n;
    double *value = golden(GOLDEN, name, &n), *want;

    assert_int_equal(n, s.pairs);
    s.value = value;
    struct interval y = seeds(&s);
    snprintf(interval, sizeof interval, "%s_interval", name);
    want = golden(GOLDEN, interval, &n);
    near(y.low, want[0], 0.004);
    near(y.high, want[1], 0.004);
    free(value);
    free(want);
}

static void seeds_of_two_types_agree_with_every_way_to_draw_them(void **state)
{
    int member[20][2];
    (void)state;

    for (int p = 0; p < 20; p++) {
        member[p][0] = p / 4;
        member[p][1] = 5 + p % 4;
    }
    check_seeds("across_5_4", (struct score_pairs){
        .types = 2, .pairs = 20, .width = 2, .models = (int[]){ 5, 4 },
        .member = *member });
}

static void seeds_of_one_type_agree_with_every_way_to_draw_them(void **state)
{
    int member[28][3], n = 0;
    (void)state;

    for (int i = 0; i < 8; i++)
        for (int j = i + 1; j < 8; j++, n++)
            memcpy(member[n], (int[]){ i, j, -1 }, sizeof *member);
    check_seeds("within_8", (struct score_pairs){
        .types = 1, .pairs = 28, .width = 3, .models = (int[]){ 8 },
        .member = *member });
}

static void a_draw_of_one_seed_alone_is_drawn_again(void **state)
{
    (void)state;
    check_seeds("within_3", (struct score_pairs){
        .types = 1, .pairs = 3, .width = 2, .models = (int[]){ 3 },
        .member = (int[]){ 0, 1, 0, 2, 1, 2 } });
}

static void pairs_that_share_nothing_spread_as_their_mean_does(void **state)
{
    enum { N = 400 };
    int member[N];
    double value[N], mean = 0, ss = 0;
    (void)state;

    for (int k = 0; k < N; k++) {
        member[k] = k;
        value[k] = 0.5 + 0.1 * sin(k);
        mean += value[k] / N;
    }
    for (int k = 0; k < N; k++)
        ss += (value[k] - mean) * (value[k] - mean) / N;
    struct interval y = seeds(&(struct score_pairs){
        .types = 1, .pairs = N, .width = 1, .models = (int[]){ N },
        .member = member, .value = value });
    near(y.low, mean - 1.96 * sqrt(ss / N), 3e-4);
    near(y.high, mean + 1.96 * sqrt(ss / N), 3e-4);
}

static void where_all_seeds_agree_the_interval_is_a_point(void **state)
{
    struct interval y = seeds(&(struct score_pairs){
        .types = 1, .pairs = 3, .width = 2, .models = (int[]){ 3 },
        .member = (int[]){ 0, 1, 0, 2, 1, 2 },
        .value = (double[]){ 0.25, 0.25, 0.25 } });
    (void)state;
    near(y.low, 0.25, 1e-12);
    near(y.high, 0.25, 1e-12);
}

static void two_seeds_of_a_type_say_nothing_about_others(void **state)
{
    struct interval y = seeds(&(struct score_pairs){
        .types = 2, .pairs = 6, .width = 2, .models = (int[]){ 3, 2 },
        .member = (int[]){ 0, 3, 0, 4, 1, 3, 1, 4, 2, 3, 2, 4 },
        .value = (double[]){ 0.1, 0.2, 0.3, 0.4, 0.5, 0.6 } });
    (void)state;
    assert_true(isnan(y.low) && isnan(y.high));
}

static void one_alignment_of_three_seeds_has_no_spread(void **state)
{
    struct interval y = seeds(&(struct score_pairs){
        .types = 1, .pairs = 1, .width = 3, .models = (int[]){ 3 },
        .member = (int[]){ 0, 1, 2 }, .value = (double[]){ 0.5 } });
    (void)state;
    assert_true(isnan(y.low) && isnan(y.high));
}

/* ---- over clusters ---- */

enum { ROWS = 400, CLUSTER_DRAWS = 20000 };

/* A row of 1 and x[i] for each i; row i is of cluster i / each. */
static struct interval clusters(const double *x, int n, int each,
                                uint32_t stream, int *count)
{
    struct arena *a = arena_open();
    double row[ROWS][2];
    int32_t cluster[ROWS];
    struct interval y = { 0, 0 };

    for (int i = 0; i < n; i++) {
        row[i][0] = 1;
        row[i][1] = x[i];
        cluster[i] = 3 * (i / each);
    }
    *count = score_clusters(&y, score_mean, &(struct score_rows){
        n, 2, *row, cluster }, CLUSTER_DRAWS, 1, stream, a);
    arena_close(a);
    return y;
}

/* Resampled zeros and ones are a binomial; a mean of other values moves with
 * them. */
static void a_mean_is_resampled_as_its_values_are(void **state)
{
    const double sd = sqrt(0.3 * 0.7 / ROWS);
    double x[ROWS], u[ROWS];
    struct interval y, z;
    int n;
    (void)state;
    for (int i = 0; i < ROWS; i++) {
        x[i] = i < 0.3 * ROWS;
        u[i] = 5 - 2 * x[i];
    }
    y = clusters(x, ROWS, 1, 7, &n);
    z = clusters(u, ROWS, 1, 7, &n);
    assert_int_equal(n, ROWS);
    near(y.low, 0.3 - score_z95 * sd, 0.003);
    near(y.high, 0.3 + score_z95 * sd, 0.003);
    near(z.low, 5 - 2 * y.high, 1e-12);
    near(z.high, 5 - 2 * y.low, 1e-12);
    for (int i = 0; i < ROWS; i++)
        x[i] = sin(i);
    y = clusters(x, ROWS, 1, 7, &n);
    z = clusters(x, ROWS, 1, 8, &n);
    assert_true(z.low != y.low && z.high != y.high);
}

/* Four copies of each value say no more than one does. */
static void alike_rows_of_a_cluster_count_once(void **state)
{
    double x[ROWS], one[ROWS / 4];
    struct interval y, z;
    int n;
    (void)state;
    for (int i = 0; i < ROWS; i++)
        x[i] = one[i / 4] = cos(i / 4 * 2.4);
    y = clusters(x, ROWS, 4, 7, &n);
    assert_int_equal(n, ROWS / 4);
    z = clusters(one, ROWS / 4, 1, 7, &n);
    near(y.low, z.low, 1e-12);
    near(y.high, z.high, 1e-12);
}

/* Clusters of unequal size in any order: the linearised variance of a ratio
 * of sums over clusters. */
static void clusters_may_differ_in_size_and_lie_anywhere(void **state)
{
    enum { N = 90 };
    double row[ROWS][2], sum[N][2] = { 0 }, mean = 0, square = 0;
    struct arena *a = arena_open();
    int32_t cluster[ROWS];
    struct interval y;
    (void)state;
    for (int i = 0; i < ROWS; i++) {
        cluster[i] = (int)(N * fabs(sin(i)));
        row[i][0] = 1;
        row[i][1] = cos(1.7 * cluster[i]) + 0.3 * cos(i);
        mean += row[i][1] / ROWS;
        for (int k = 0; k < 2; k++)
            sum[cluster[i]][k] += row[i][k];
    }
    for (int c = 0; c < N; c++)
        square += pow(sum[c][1] - mean * sum[c][0], 2);
    assert_int_equal(score_clusters(&y, score_mean, &(struct score_rows){
        ROWS, 2, *row, cluster }, CLUSTER_DRAWS, 1, 7, a), N);
    near((y.high - y.low) / 2, score_z95 * sqrt(square) / ROWS, 0.01);
    near((y.high + y.low) / 2, mean, 0.02);
    arena_close(a);
}

/* Of the first column alone: 0 has none. */
static double first(const double *sum)
{
    return sum[0] > 0 ? sum[0] : NAN;
}

static void a_resample_that_says_nothing_is_drawn_again(void **state)
{
    double x[] = { 0, 1, 0 };
    struct arena *a = arena_open();
    struct interval y;
    (void)state;
    assert_int_equal(score_clusters(&y, first, &(struct score_rows){
        3, 1, x, (int32_t[]){ 0, 1, 2 } }, CLUSTER_DRAWS, 1, 7, a), 3);
    near(y.low, 1, 0);
    near(y.high, 3, 0);         /* P(3) = 1/19 where 0 is not counted */
    arena_close(a);
}

static void one_cluster_has_no_interval(void **state)
{
    double x[] = { 1, 2, 3 };
    struct interval y;
    int n;
    (void)state;
    y = clusters(x, 3, 3, 7, &n);
    assert_int_equal(n, 1);
    assert_true(isnan(y.low) && isnan(y.high));
    y = clusters(x, 0, 3, 7, &n);
    assert_int_equal(n, 0);
    assert_true(isnan(y.low) && isnan(y.high));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wilson_gives_newcombes_published_intervals),
        cmocka_unit_test(wilson_agrees_with_scipy_to_twelve_digits),
        cmocka_unit_test(without_trials_nothing_is_known),
        cmocka_unit_test(quantiles_lie_linearly_between_order_statistics),
        cmocka_unit_test(one_group_is_resampled_as_a_binomial),
        cmocka_unit_test(groups_count_alike_whatever_their_size),
        cmocka_unit_test(
            where_all_are_right_or_wrong_the_interval_has_a_width),
        cmocka_unit_test(the_interval_holds_what_was_measured),
        cmocka_unit_test(the_same_seed_gives_the_same_interval),
        cmocka_unit_test(
            seeds_of_two_types_agree_with_every_way_to_draw_them),
        cmocka_unit_test(seeds_of_one_type_agree_with_every_way_to_draw_them),
        cmocka_unit_test(a_draw_of_one_seed_alone_is_drawn_again),
        cmocka_unit_test(pairs_that_share_nothing_spread_as_their_mean_does),
        cmocka_unit_test(where_all_seeds_agree_the_interval_is_a_point),
        cmocka_unit_test(two_seeds_of_a_type_say_nothing_about_others),
        cmocka_unit_test(one_alignment_of_three_seeds_has_no_spread),
        cmocka_unit_test(a_mean_is_resampled_as_its_values_are),
        cmocka_unit_test(alike_rows_of_a_cluster_count_once),
        cmocka_unit_test(clusters_may_differ_in_size_and_lie_anywhere),
        cmocka_unit_test(a_resample_that_says_nothing_is_drawn_again),
        cmocka_unit_test(one_cluster_has_no_interval),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

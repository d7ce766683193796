/* test_standin.c - stand-ins on states whose distances are known. The programs'
 * are computed again by check_latent.py. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../lib/arena.h"
#include "../lib/standin.h"
#include "golden.h"

enum { N = 40 };

static struct arena *arena;

/* Corners of a simplex with edges of length 1: state k is the k-th. */
static real corner[N * N];
static int64_t row[N];
static int32_t trial[N];

static int setup(void **state)
{
    (void)state;
    arena = arena_open();
    for (int k = 0; k < N; k++) {
        corner[k * N + k] = (real)sqrt(0.5);
        row[k] = trial[k] = k;
    }
    return arena ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    arena_close(arena);
    return 0;
}

static const struct standin_samples corners = {
    .m = N, .n = N, .nmean = N, .v = corner, .h = corner, .states = corner,
    .row = row, .same_row = row, .mean_row = row, .trial = trial };

static void a_shuffled_latent_is_always_that_of_another_sample(void **state)
{
    struct standin_line line[STANDINS];

    (void)state;
    for (uint32_t direction = 0; direction < 20; direction++) {
        assert_int_equal(standin_score(line, &corners, 1, direction, arena),
                         0);
        near(line[STANDIN_SHUFFLED].distance, 1, 1e-6);
        near(line[STANDIN_SHUFFLED].cosine, 0, 1e-6);
        near(line[STANDIN_INTERVENED].distance, 0, 0);
        near(line[STANDIN_UNTOUCHED].cosine, 1, 1e-6);
    }
}

/* From 0 the distances to the latents have one sum in any order. */
static void every_latent_is_held_against_one_other_sample(void **state)
{
    static real zero[N], place[N];
    struct standin_samples s = { .m = 1, .n = N, .nmean = N, .v = zero,
                                 .h = zero, .states = place, .row = row,
                                 .same_row = row, .mean_row = row,
                                 .trial = trial };
    struct standin_line line[STANDINS];

    (void)state;
    for (int k = 0; k < N; k++)
        place[k] = (real)(k * k);
    assert_int_equal(standin_score(line, &s, 1, 0, arena), 0);
    near(line[STANDIN_SHUFFLED].distance, (N - 1) * (2 * N - 1) / 6., 1e-9);
    near(line[STANDIN_INTERVENED].distance,
         line[STANDIN_SHUFFLED].distance, 1e-9);
}

static void the_mean_is_that_of_the_training_latents(void **state)
{
    static const int64_t first[] = { 0, -1, 1, 0, -1 };
    struct standin_samples s = corners;
    struct standin_line line[STANDINS];
    double near_two, far;

    (void)state;
    s.mean_row = first;
    s.nmean = 5;
    assert_int_equal(standin_score(line, &s, 1, 0, arena), 0);
    /* mean (2/3, 1/3, 0, ...) / sqrt 2 to corners 0, 1 and the others */
    near_two = sqrt(1. / 9) + sqrt(4. / 9);
    far = sqrt((4. / 9 + 1. / 9 + 1) / 2);
    near(line[STANDIN_MEAN].distance, (near_two + (N - 2) * far) / N, 1e-6);
    near(line[STANDIN_MEAN].cosine, 3 / sqrt(5) / N, 1e-6);
}

static void samples_without_a_latent_do_not_count(void **state)
{
    struct standin_samples s = corners;
    struct standin_line line[STANDINS];
    int64_t some[N];

    (void)state;
    for (int k = 0; k < N; k++)
        some[k] = k == 7 || k == 9 ? k : -1;
    s.row = some;
    assert_int_equal(standin_score(line, &s, 1, 0, arena), 0);
    assert_int_equal(line[STANDIN_INTERVENED].n, 2);
    near(line[STANDIN_SHUFFLED].distance, 1, 1e-6);
    some[9] = -1;
    assert_int_equal(standin_score(line, &s, 1, 0, arena), 0);
    near(line[STANDIN_INTERVENED].distance, 0, 0);
    assert_true(isnan(line[STANDIN_SHUFFLED].distance));
    some[7] = -1;
    assert_int_equal(standin_score(line, &s, 1, 0, arena), 0);
    for (int k = 0; k < STANDINS; k++) {
        assert_int_equal(line[k].n, 0);
        assert_true(isnan(line[k].distance) && isnan(line[k].cosine_95.low));
    }
}

static void samples_whose_variables_came_once_have_no_alike(void **state)
{
    struct standin_samples s = corners;
    struct standin_line line[STANDINS];
    int64_t same[N];

    (void)state;
    for (int k = 0; k < N; k++)
        same[k] = k < 10 ? -1 : k < 20 ? k : k - 1;
    s.same_row = same;
    assert_int_equal(standin_score(line, &s, 1, 0, arena), 0);
    assert_int_equal(line[STANDIN_SAME].n, N - 10);
    assert_int_equal(line[STANDIN_INTERVENED].n, N);
    near(line[STANDIN_SAME].distance, 20. / 30, 1e-6);
    near(line[STANDIN_SAME].cosine, 10. / 30, 1e-6);
}

/* Samples of one trial that are alike: as many as the trials are. */
static void an_interval_is_over_the_trials_of_the_target(void **state)
{
    static real zero[N], place[N];
    int32_t of[N];
    struct standin_samples s = { .m = 1, .n = N, .nmean = N, .v = zero,
                                 .h = zero, .states = place, .row = row,
                                 .same_row = row, .mean_row = row,
                                 .trial = of };
    struct standin_line line[STANDINS];
    double mean = 4.5 / 2, square = 0, width;

    (void)state;
    for (int k = 0; k < N; k++) {
        of[k] = k / 4;
        place[k] = (real)(of[k] / 2.);
        square += pow(place[k] - mean, 2) / N;
    }
    assert_int_equal(standin_score(line, &s, 1, 0, arena), 0);
    width = line[STANDIN_INTERVENED].distance_95.high -
            line[STANDIN_INTERVENED].distance_95.low;
    near(line[STANDIN_INTERVENED].distance, mean, 1e-6);
    near(width / (2 * score_z95 * sqrt(square / 10)), 1, 0.1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_shuffled_latent_is_always_that_of_another_sample),
        cmocka_unit_test(every_latent_is_held_against_one_other_sample),
        cmocka_unit_test(the_mean_is_that_of_the_training_latents),
        cmocka_unit_test(samples_without_a_latent_do_not_count),
        cmocka_unit_test(samples_whose_variables_came_once_have_no_alike),
        cmocka_unit_test(an_interval_is_over_the_trials_of_the_target),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}

/* test_decode.c - linear reading against closed forms. Numbers of real states
 * are computed again by check_latent.py. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../lib/arena.h"
#include "../lib/decode.h"
#include "../lib/rng.h"
#include "golden.h"

enum { M = 3, ROWS = 6000 };

static struct arena *arena;
static real states[ROWS * M];
static int32_t value[ROWS], trial[ROWS];
static size_t row[ROWS];
static struct decode_rows rows = {
    .m = M, .states = states, .value = value, .trial = trial,
    .row = { row, row + ROWS / 3, row + 2 * ROWS / 3 },
    .n = { ROWS / 3, ROWS / 3, ROWS / 3 } };

static int setup(void **state)
{
    (void)state;
    for (size_t k = 0; k < ROWS; k++)
        row[k] = (size_t)(trial[k] = (int32_t)k);
    return (arena = arena_open()) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    arena_close(arena);
    return 0;
}

/* Values 0 .. classes - 1 in turn, along a line, `apart` from each other, in
 * noise of SD 1. */
static struct decode read_line(int classes, double apart)
{
    struct rng r = rng_at(1, RNG_DATA, 0, (uint32_t)classes);
    struct decode y;

    for (int k = 0; k < ROWS; k++) {
        value[k] = k % classes;
        for (int i = 0; i < M; i++)
            states[k * M + i] = (real)(rng_normal(&r) + apart * value[k] /
                                       sqrt(M));
    }
    assert_int_equal(decode_linear(&y, &rows, 1, 0, arena), 0);
    return y;
}

static double normal(double z)
{
    return erfc(-z / sqrt(2)) / 2;
}

/* Neighbours 2 d apart overlap by the normal tail beyond d, once for the two
 * ends and twice for those between. */
static void classes_along_a_line_are_read_as_well_as_can_be(void **state)
{
    (void)state;
    for (int classes = 2; classes <= 7; classes++) {
        double apart = 3, tail = normal(-apart / 2);
        struct decode y = read_line(classes, apart);
        double best = 1 - tail * 2 * (classes - 1) / classes;
        near(y.accuracy, best, 0.02);
        assert_true(y.accuracy_95.low < best && best < y.accuracy_95.high);
        near(y.chance, ceil(2000. / classes) / 2000, 0.01);
        assert_int_equal(y.n, 2000);
    }
}

/* The value's variance along the line is (classes^2 - 1) / 12 apart^2, beside
 * noise of 1. */
static void r2_is_the_share_of_variance(void **state)
{
    (void)state;
    for (int classes = 2; classes <= 7; classes++) {
        struct decode y = read_line(classes, 1);
        double signal = (classes * classes - 1) / 12.;
        near(y.r2, signal / (signal + 1), 0.05);
    }
}

static void what_is_not_there_is_read_at_chance(void **state)
{
    struct decode y = read_line(2, 0);

    (void)state;
    near(y.accuracy, 0.5, 0.05);
    near(y.r2, 0, 0.02);
}

static double width_of(struct interval y)
{
    return y.high - y.low;
}

/* Rows four by four alike, of one trial: a quarter of them says as much. */
static void rows_of_a_trial_are_not_taken_for_independent(void **state)
{
    struct decode one, four;
    double sd;
    (void)state;

    read_line(3, 2);
    for (int k = 0; k < ROWS; k++) {
        value[k] = value[k / 4 * 4];
        for (int i = 0; i < M; i++)
            states[k * M + i] = states[k / 4 * 4 * M + i];
    }
    assert_int_equal(decode_linear(&one, &rows, 1, 0, arena), 0);
    for (int k = 0; k < ROWS; k++)
        trial[k] = k / 4;
    assert_int_equal(decode_linear(&four, &rows, 1, 0, arena), 0);
    near(one.accuracy, four.accuracy, 0);
    sd = sqrt(one.accuracy * (1 - one.accuracy) / 2000);
    near(width_of(one.accuracy_95) / (2 * score_z95 * sd), 1, 0.1);
    near(width_of(four.accuracy_95) / (2 * score_z95 * sd), 2, 0.2);
    near(width_of(four.r2_95) / width_of(one.r2_95), 2, 0.2);
    assert_true(four.r2_95.low < four.r2 && four.r2 < four.r2_95.high);

    four = read_line(2, 100);
    near(four.accuracy, 1, 0);
    near(four.accuracy_95.low, score_wilson(500, 500).low, 1e-12);
    near(four.accuracy_95.high, 1, 0);
    for (int k = 0; k < ROWS; k++)
        trial[k] = k;
}

static void of_one_trial_there_is_no_interval(void **state)
{
    struct decode y;
    (void)state;

    for (int k = 0; k < ROWS; k++)
        trial[k] = 0;
    y = read_line(2, 100);
    near(y.accuracy, 1, 0);
    assert_true(isnan(y.accuracy_95.low) && isnan(y.accuracy_95.high));
    y = read_line(2, 2);
    assert_true(y.accuracy < 1);
    assert_true(isnan(y.accuracy_95.low) && isnan(y.accuracy_95.high));
    for (int k = 0; k < ROWS; k++)
        trial[k] = k;
}

static void a_class_that_training_lacks_is_never_right(void **state)
{
    struct decode y;

    (void)state;
    read_line(2, 100);
    for (int k = 2 * ROWS / 3; k < ROWS; k += 2)
        value[k] = 5;
    assert_int_equal(decode_linear(&y, &rows, 1, 0, arena), 0);
    near(y.accuracy, 0.5, 1e-12);
}

static void nothing_to_tell_or_to_learn_from_is_no_number(void **state)
{
    struct decode_rows none = rows;
    struct decode y = read_line(1, 1);

    (void)state;
    near(y.accuracy, 1, 0);
    near(y.chance, 1, 0);
    assert_true(isnan(y.r2));
    none.n[SPLIT_TRAIN] = 0;
    assert_int_equal(decode_linear(&y, &none, 1, 0, arena), 0);
    assert_true(isnan(y.accuracy) && isnan(y.accuracy_95.low) && isnan(y.r2));
    for (int k = 0; k < ROWS * M; k++)
        states[k] = 4;
    assert_int_equal(decode_linear(&y, &rows, 1, 0, arena), 0);
    assert_true(isnan(y.accuracy));
}

/* Such classes are told apart by means alone, however far the mean is off. */
static void classes_without_noise_are_read_surely(void **state)
{
    struct decode y;

    (void)state;
    for (int k = 0; k < ROWS; k++) {
        value[k] = k % 7;
        for (int i = 0; i < M; i++)
            states[k * M + i] = (real)(100.3 + 0.1 * value[k]);
    }
    assert_int_equal(decode_linear(&y, &rows, 1, 0, arena), 0);
    near(y.accuracy, 1, 0);
    near(y.r2, 1, 1e-6);
}

/* A value for nearly every row is no class, but a number still. */
static void of_more_than_256_values_the_number_alone_is_read(void **state)
{
    struct decode few = read_line(256, 0.1), many = read_line(257, 0.1);

    (void)state;
    assert_true(few.accuracy > 0 && few.shrinkage > 0);
    assert_true(isnan(many.accuracy) && isnan(many.accuracy_95.low) &&
                isnan(many.accuracy_95.high) && isnan(many.shrinkage));
    assert_true(fabs(many.r2 - few.r2) < 0.02 && many.r2 > 0.8);
    assert_true(many.chance > 0 && many.chance < 0.01);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_without_noise_are_read_surely),
        cmocka_unit_test(of_more_than_256_values_the_number_alone_is_read),
        cmocka_unit_test(classes_along_a_line_are_read_as_well_as_can_be),
        cmocka_unit_test(r2_is_the_share_of_variance),
        cmocka_unit_test(what_is_not_there_is_read_at_chance),
        cmocka_unit_test(rows_of_a_trial_are_not_taken_for_independent),
        cmocka_unit_test(of_one_trial_there_is_no_interval),
        cmocka_unit_test(a_class_that_training_lacks_is_never_right),
        cmocka_unit_test(nothing_to_tell_or_to_learn_from_is_no_number),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}

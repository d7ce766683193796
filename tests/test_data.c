/* test_data.c - drawn sequences: what they say, and that each depends on its
 * seed and number alone. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../lib/data.h"
#include "../lib/err.h"
#include "arena_group.h"
#include "spell.h"

static struct data *draw(const struct task *task, size_t train, size_t valid,
                         size_t test, long seed)
{
    struct task_rule rule = { .max_quantity = task->max_quantity };
    size_t n[SPLITS] = { train, valid, test };
    struct data *d = data_draw(task, &rule, n, seed, arena);

    assert_non_null(d);
    return d;
}

static int at(const struct data *d, const char *name, size_t i, size_t t)
{
    return d->vars[task_variable(d->task, name)][i * d->T + t];
}

static const char *token(const struct data *d, size_t i, size_t t)
{
    return d->task->vocabulary[d->tokens[i * d->T + t]];
}

static void assert_same_rows(const struct data *x, const struct data *y,
                             size_t n)
{
    assert_memory_equal(x->tokens, y->tokens, n * x->T);
    assert_memory_equal(x->determined, y->determined, n * x->T);
    assert_memory_equal(x->length, y->length, n * sizeof *x->length);
    assert_memory_equal(x->quantity, y->quantity, n * sizeof *x->quantity);
    for (int k = 0; k < TASK_VARS; k++)
        if (x->vars[k])
            assert_memory_equal(x->vars[k], y->vars[k],
                                n * x->T * sizeof *x->vars[k]);
}

/* ---- what is drawn ---- */

static void counting_sequences_count_and_answer(void **state)
{
    static const char *const names[] = { "multi-object", "same-object" };
    (void)state;
    for (int k = 0; k < 2; k++) {
        struct data *d = draw(task_find(names[k]), 300, 0, 0, 1);
        assert_int_equal(d->T, 43);
        for (size_t i = 0; i < d->N; i++) {
            int n = d->quantity[i];
            assert_in_range(n, 1, 20);
            assert_int_equal(d->length[i], 2 * n + 3);
            for (int t = 0; t < 2 * n + 3; t++) {
                size_t s = (size_t)t;
                int seen = t < n ? t : n, answered = t > n ? t - n - 1 : 0;
                if (answered > n)
                    answered = n;
                assert_int_equal(at(d, "phase", i, s), t > n);
                assert_int_equal(at(d, "count", i, s), seen - answered);
                assert_int_equal(at(d, "last_value", i, s),
                                 t >= 1 && t <= n ? 1
                                 : t > n + 1 && t < 2 * n + 2 ? -1 : 0);
                assert_int_equal(d->determined[i * d->T + s], t > n + 1);
            }
            assert_string_equal(token(d, i, (size_t)n + 1), "T");
        }
    }
}

/* Every number is worked out again from the words of the sequence. */
static void arithmetic_sequences_add_up(void **state)
{
    struct data *d = draw(task_find("arithmetic"), 500, 0, 0, 2);
    (void)state;
    assert_int_equal(d->T, 54);
    for (size_t i = 0; i < d->N; i++) {
        int ops = atoi(token(d, i, 1)), value = atoi(token(d, i, 3));
        size_t t = 3;
        assert_int_equal(ops, d->quantity[i]);
        assert_string_equal(token(d, i, 2), "Op");
        assert_in_range(value, 1, 20);
        for (int k = 0; k < ops; k++) {
            const char *sign = token(d, i, ++t);
            int x = atoi(token(d, i, ++t));
            assert_true(strcmp(sign, "+") == 0 || strcmp(sign, "-") == 0);
            assert_int_equal(at(d, "cumu_val", i, t), value);
            assert_int_equal(at(d, "rem_ops", i, t), ops - k);
            value += *sign == '+' ? x : -x;
            assert_in_range(value, 0, 20);
            assert_string_equal(token(d, i, ++t), "=");
            assert_int_equal(at(d, "cumu_val", i, t), value);
            assert_int_equal(atoi(token(d, i, ++t)), value);
            assert_string_equal(token(d, i, ++t), k + 1 < ops ? "," : "E");
            assert_int_equal(at(d, "rem_ops", i, t),
                             k + 1 < ops ? ops - k - 1 : 1);
        }
        assert_int_equal(d->length[i], t + 1);
    }
}

static void what_follows_the_end_is_pad_and_zero(void **state)
{
    (void)state;
    for (const struct task *const *task = task_menu; *task; task++) {
        struct data *d = draw(*task, 50, 0, 0, 3);
        for (size_t i = 0; i < d->N; i++)
            for (size_t t = 0; t < d->T; t++) {
                bool within = t < (size_t)d->length[i];
                assert_int_equal(d->tokens[i * d->T + t] != TOKEN_PAD, within);
                if (within)
                    continue;
                assert_int_equal(d->determined[i * d->T + t], 0);
                for (int k = 0; k < TASK_VARS; k++)
                    if (d->vars[k])
                        assert_int_equal(d->vars[k][i * d->T + t], 0);
            }
    }
}

static void plans_of_the_generator_are_not_recorded(void **state)
{
    (void)state;
    for (const struct task *const *task = task_menu; *task; task++) {
        struct data *d = draw(*task, 1, 0, 0, 3);
        for (int k = 0; k < TASK_VARS; k++)
            assert_int_equal(d->vars[k] != NULL,
                             k < task_variables(*task) &&
                             !((*task)->variables[k].flags & VAR_OWN));
    }
}

static void quantities_are_uniform(void **state)
{
    (void)state;
    for (const struct task *const *task = task_menu; *task; task++) {
        struct data *d = draw(*task, 0, 0, 10000, 4);
        double seen[64] = { 0 };
        for (size_t i = 0; i < d->N; i++)
            seen[d->quantity[i] - 1]++;
        uniform(seen, (*task)->max_quantity);
    }
}

static void splits_follow_each_other_in_their_sizes(void **state)
{
    struct data *d = draw(task_find("same-object"), 3, 2, 4, 5);
    static const uint8_t expected[] = { 0, 0, 0, 1, 1, 2, 2, 2, 2 };
    (void)state;
    assert_int_equal(d->N, 9);
    assert_memory_equal(d->split, expected, sizeof expected);
}

static void each_quantity_is_drawn_as_often_as_asked(void **state)
{
    struct task_rule rule = { .max_quantity = 6 };
    struct data *d;
    (void)state;
    assert_int_equal(task_hold_out("2,5", &rule.held_out), 0);
    for (const struct task *const *task = task_menu; *task; task++) {
        static const int expected[] = { 1, 3, 4, 6 };
        d = data_per_quantity(*task, &rule, 15, 6, arena);
        assert_non_null(d);
        assert_int_equal(d->N, 60);
        for (size_t i = 0; i < d->N; i++) {
            assert_int_equal(d->quantity[i], expected[i / 15]);
            assert_int_equal(d->split[i], SPLIT_TEST);
        }
    }
}

static void held_out_quantities_are_never_drawn(void **state)
{
    struct task_rule rule = { .max_quantity = 8 };
    const size_t n[SPLITS] = { 2000, 0, 0 };
    (void)state;
    assert_int_equal(task_hold_out("1,4", &rule.held_out), 0);
    for (const struct task *const *task = task_menu; *task; task++) {
        struct data *d = data_draw(*task, &rule, n, 7, arena);
        uint64_t seen = 0;
        for (size_t i = 0; i < d->N; i++)
            seen |= UINT64_C(1) << d->quantity[i];
        assert_true(seen == 0x1ec);
    }
}

static void voids_fit_and_are_about_a_fifth_of_the_demo_phase(void **state)
{
    struct task_rule rule = { .max_quantity = 20, .void_prob = 0.2 };
    const struct task *task = task_find("multi-object");
    const size_t n[SPLITS] = { 4000, 0, 0 };
    struct data *d = data_draw(task, &rule, n, 8, arena);
    double seen[2] = { 0 }, total;
    (void)state;
    for (size_t i = 0; i < d->N; i++) {
        int voids = d->length[i] - 2 * d->quantity[i] - 3;
        assert_true(voids >= 0);
        seen[0] += d->quantity[i] + 1;
        seen[1] += voids;
    }
    total = seen[0] + seen[1];
    agree(seen, (double[]){ 0.8 * total, 0.2 * total }, 2);
}

/* ---- streams ---- */

static void a_prefix_does_not_depend_on_how_many_are_drawn(void **state)
{
    (void)state;
    for (const struct task *const *task = task_menu; *task; task++)
        assert_same_rows(draw(*task, 20, 0, 0, 9), draw(*task, 3, 90, 7, 9),
                         20);
}

static void two_draws_are_equal_and_two_seeds_are_not(void **state)
{
    (void)state;
    for (const struct task *const *task = task_menu; *task; task++) {
        struct data *x = draw(*task, 50, 0, 0, 10);
        struct data *y = draw(*task, 50, 0, 0, 10);
        struct data *z = draw(*task, 50, 0, 0, 11);
        assert_same_rows(x, y, 50);
        assert_memory_not_equal(x->tokens, z->tokens, 50 * x->T);
    }
}

static void fresh_sequences_depend_on_epoch_and_row_alone(void **state)
{
    (void)state;
    for (const struct task *const *task = task_menu; *task; task++) {
        struct data *x = draw(*task, 9, 0, 0, 12);
        struct data *y = draw(*task, 5, 0, 0, 13);
        size_t size = 5 * x->T;
        data_renew(x, 3, 1);
        data_renew(y, 3, 2);
        assert_memory_not_equal(x->tokens, y->tokens, size);
        data_renew(y, 4, 1);
        assert_memory_not_equal(x->tokens, y->tokens, size);
        data_renew(y, 3, 1);
        assert_memory_equal(x->tokens, y->tokens, size);
        assert_memory_equal(x->determined, y->determined, size);
        for (size_t i = 0; i < 5; i++) {
            assert_int_equal(x->length[i], y->length[i]);
            assert_int_equal(x->quantity[i], y->quantity[i]);
            assert_string_equal(token(x, i, (size_t)x->length[i] - 1), "E");
        }
    }
}

/* ---- the text of sizes ---- */

static void sizes_of_splits_are_read_in_any_order(void **state)
{
    size_t n[SPLITS];
    (void)state;
    assert_int_equal(data_splits("train=1024,valid=1024,test=10000", n), 0);
    assert_true(n[0] == 1024 && n[1] == 1024 && n[2] == 10000);
    assert_int_equal(data_splits("test=5", n), 0);
    assert_true(n[0] == 0 && n[1] == 0 && n[2] == 5);
    assert_int_equal(data_splits("valid=0,train=7", n), 0);
    assert_true(n[0] == 7 && n[1] == 0 && n[2] == 0);
}

static void other_texts_of_sizes_are_refused(void **state)
{
    static const char *const bad[] = {
        "", "train", "train=", "train=x", "train=-1", "train=1,", ",train=1",
        "trains=1", "tra=1", "train=1,train=2", "train=1;test=2", "train=1 ",
        "test=99999999999999999999", "5", "train=0", NULL
    };
    size_t n[SPLITS];
    (void)state;
    for (const char *const *text = bad; *text; text++) {
        if (data_splits(*text, n) != -1)
            fail_msg("\"%s\" was accepted", *text);
        assert_int_equal(err_code(), EX_USAGE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counting_sequences_count_and_answer),
        cmocka_unit_test(arithmetic_sequences_add_up),
        cmocka_unit_test(what_follows_the_end_is_pad_and_zero),
        cmocka_unit_test(plans_of_the_generator_are_not_recorded),
        cmocka_unit_test(quantities_are_uniform),
        cmocka_unit_test(splits_follow_each_other_in_their_sizes),
        cmocka_unit_test(each_quantity_is_drawn_as_often_as_asked),
        cmocka_unit_test(held_out_quantities_are_never_drawn),
        cmocka_unit_test(voids_fit_and_are_about_a_fifth_of_the_demo_phase),
        cmocka_unit_test(a_prefix_does_not_depend_on_how_many_are_drawn),
        cmocka_unit_test(two_draws_are_equal_and_two_seeds_are_not),
        cmocka_unit_test(fresh_sequences_depend_on_epoch_and_row_alone),
        cmocka_unit_test(sizes_of_splits_are_read_in_any_order),
        cmocka_unit_test(other_texts_of_sizes_are_refused),
    };
    return cmocka_run_group_tests(tests, arena_make, arena_drop);
}

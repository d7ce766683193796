/* Training: schedule, criterion, the same result for any number of threads and
 * any interruption; recording of what was trained. */
#include <math.h>
#include <omp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../lib/acts.h"
#include "../lib/arch.h"
#include "../lib/data.h"
#include "../lib/err.h"
#include "../lib/learn.h"
#include "../lib/resume.h"
#include "acts_row.h"
#include "arena_group.h"
#include "golden.h"

static struct learn_plan plan(int epochs)
{
    return (struct learn_plan){ .seed = 3, .batch = 100, .epochs = epochs,
        .lr = 1e-3, .lr_min = 1e-7, .warmup = 100, .decay = 0.5,
        .dropout = 0.5 };
}

static struct data *sequences(const char *task, int quantity)
{
    const struct task *of = task_find(task);
    const struct task_rule rule = { .max_quantity = quantity };
    const size_t n[SPLITS] = { 300, 60, 200 };
    struct data *d = data_draw(of, &rule, n, 1, arena);

    assert_non_null(d);
    return d;
}

static struct model *fresh_model(const struct data *d, int width)
{
    struct model *m = model_open(arch_find("gru"), width, d->task->V, arena);

    model_draw(m, 5, 0);
    return m;
}

static void the_learning_rate_warms_up_and_decays(void **state)
{
    struct learn_plan p = plan(1);

    (void)state;
    golden_near("lr(1)", learn_rate(&p, 1), 1e-5, 1e-15);
    golden_near("lr(50)", learn_rate(&p, 50), 5e-4, 1e-15);
    golden_near("lr(100)", learn_rate(&p, 100), 1e-3, 1e-15);
    golden_near("lr(400)", learn_rate(&p, 400), 5e-4, 1e-15);
    p.decay = 4;
    golden_near("lr(100000)", learn_rate(&p, 100000) * 1e7, 1, 1e-12);
}

static void a_small_task_is_learnt_to_the_criterion(void **state)
{
    struct data *d = sequences("same-object", 3);
    struct model *m = fresh_model(d, 24);
    struct learn_plan p = plan(600);
    struct resume none = { 0 };
    struct learn_result r;

    (void)state;
    p.criterion = true;
    assert_int_equal(learn(m, d, &p, &none, &r, arena), 0);
    assert_true(r.criterion_met && r.epochs < 600 && r.epochs > 2);
    assert_true(r.train_accuracy == 1 && r.valid_accuracy == 1);
    assert_true(r.test_token_accuracy > 0.9999);
    /* It stops at the second perfect validation in a row, not later. */
    assert_true(r.history[r.epochs - 1].valid_accuracy == 1);
    assert_true(r.history[r.epochs - 2].valid_accuracy == 1);
    assert_true(r.history[0].train_loss > r.history[r.epochs - 1].train_loss);
    for (int e = 0; e < r.epochs; e++) {
        assert_int_equal((int)r.history[e].epoch, e + 1);
        golden_near("learning rate", r.history[e].learning_rate,
                    learn_rate(&p, 3.0 * (e + 1)), 1e-12);
    }
}

static void a_model_is_measured_as_its_training_measured_it(void **state)
{
    struct data *d = sequences("same-object", 3);
    struct learn_plan p = plan(600);
    struct learn_result r, again;
    struct resume none = { 0 };

    (void)state;
    for (int good = 0; good < 2; good++) {
        struct model *m = fresh_model(d, 24);
        p.criterion = good;
        p.epochs = good ? 600 : 3;
        assert_int_equal(learn(m, d, &p, &none, &r, arena), 0);
        assert_int_equal(learn_measure(m, d, &again, arena), 0);
        assert_true(again.criterion_met == good && again.epochs == 0);
        assert_true(again.train_accuracy == r.train_accuracy &&
                    again.valid_accuracy == r.valid_accuracy &&
                    again.test_accuracy == r.test_accuracy &&
                    again.test_token_accuracy == r.test_token_accuracy);
        m->w[m->at[0]] += 50;           /* the embedding of PAD, never read */
        m->arch->prepare(m);
        assert_int_equal(learn_measure(m, d, &again, arena), 0);
        assert_true(again.criterion_met == good);
    }
}

/* What is right of training and validation is not enough. */
static void a_wrong_test_token_too_many_misses_the_criterion(void **state)
{
    struct data *d = sequences("same-object", 3);
    struct model *m = fresh_model(d, 24);
    struct learn_plan p = plan(600);
    struct resume none = { 0 };
    struct learn_result r;
    size_t t = 0, n = 0;

    (void)state;
    p.criterion = true;
    assert_int_equal(learn(m, d, &p, &none, &r, arena), 0);
    while (d->split[n] != SPLIT_TEST)
        n++;
    while (!d->determined[n * d->T + t])
        t++;
    d->tokens[n * d->T + t] ^= 1;
    assert_int_equal(learn_measure(m, d, &r, arena), 0);
    assert_false(r.criterion_met);
    assert_true(r.valid_accuracy == 1 && r.test_accuracy < 1);
}

static void sequences_of_a_task_without_a_program_are_never_new(void **state)
{
    struct data *d = sequences("same-object", 3);
    struct learn_plan p = plan(1);
    struct resume none = { 0 };
    struct learn_result r;

    (void)state;
    d->task = task_own("mine", d->task->vocabulary, d->task->V, NULL, 0,
                       arena);
    assert_int_equal(learn(fresh_model(d, 8), d, &p, &none, &r, arena), 0);
    p.fresh = true;
    assert_int_equal(learn(fresh_model(d, 8), d, &p, &none, &r, arena), -1);
    assert_int_equal(err_code(), EX_USAGE);
    err_clear();
}

static void missing_the_criterion_fails_and_says_what_was_reached(void **state)
{
    struct data *d = sequences("same-object", 20);
    struct model *m = fresh_model(d, 8);
    struct learn_plan p = plan(2);
    struct resume none = { 0 };
    struct learn_result r;

    (void)state;
    p.criterion = true;
    assert_int_equal(learn(m, d, &p, &none, &r, arena), -1);
    assert_int_equal(err_code(), ERR_FAILED);
    assert_non_null(strstr(err_text(), "criterion not met after 2 epochs"));
    assert_int_equal(r.epochs, 2);
    err_clear();
}

static void a_diverging_training_fails(void **state)
{
    struct data *d = sequences("same-object", 3);
    struct model *m = fresh_model(d, 8);
    struct learn_plan p = plan(3);
    struct resume none = { 0 };
    struct learn_result r;

    (void)state;
    p.lr = 1e38;
    p.warmup = 1;
    assert_int_equal(learn(m, d, &p, &none, &r, arena), -1);
    assert_int_equal(err_code(), ERR_FAILED);
    assert_non_null(strstr(err_text(), "diverged"));
    err_clear();
}

static void threads_do_not_change_a_bit(void **state)
{
    const char *task[] = { "multi-object", "arithmetic" };

    (void)state;
    for (int k = 0; k < 2; k++) {
        struct data *d = sequences(task[k], k ? 5 : 20);
        struct model *m[4];
        for (int threads = 1; threads <= 3; threads++) {
            struct learn_plan p = plan(2);
            struct resume none = { 0 };
            struct learn_result r;
            p.fresh = k;
            m[threads] = fresh_model(d, 16);
            omp_set_num_threads(threads);
            assert_int_equal(learn(m[threads], d, &p, &none, &r, arena), 0);
        }
        omp_set_num_threads(omp_get_num_procs());
        assert_memory_equal(m[1]->w, m[2]->w, m[1]->P * sizeof(real));
        assert_memory_equal(m[1]->w, m[3]->w, m[1]->P * sizeof(real));
    }
}

/* ---- interruption ---- */

static double *shelf[RESUME_VECTORS];
static int saves;

/* Keep the state of the second save only. */
static int keep_second(const struct resume *r)
{
    if (++saves != 2)
        return 0;
    for (int i = 0; i < r->n; i++) {
        shelf[i] = malloc(r->vector[i].size * sizeof(double));
        memcpy(shelf[i], r->vector[i].at,
               r->vector[i].size * sizeof(double));
    }
    return 0;
}

static int give_back(struct resume *r)
{
    for (int i = 0; i < r->n; i++) {
        memcpy(r->vector[i].at, shelf[i],
               r->vector[i].size * sizeof(double));
        free(shelf[i]);
    }
    return 1;
}

static void a_resumed_training_is_the_same_training(void **state)
{
    struct data *d = sequences("multi-object", 6);
    struct model *whole = fresh_model(d, 12), *resumed = fresh_model(d, 12);
    struct learn_plan p = plan(5);
    struct resume first = { .save = keep_second };
    struct resume second = { .load = give_back };
    struct learn_result a, b;

    (void)state;
    saves = 0;
    p.fresh = true;
    assert_int_equal(learn(whole, d, &p, &first, &a, arena), 0);
    assert_true(saves >= 2);
    assert_int_equal(learn(resumed, d, &p, &second, &b, arena), 0);
    assert_memory_equal(whole->w, resumed->w, whole->P * sizeof(real));
    assert_memory_equal(a.history, b.history, 5 * sizeof *a.history);
}

/* ---- initialisation ---- */

static void parameters_are_drawn_as_pytorch_draws_them(void **state)
{
    struct model *m = model_open(arch_find("gru"), 48, 9, arena);
    const struct param *p = m->arch->params;

    (void)state;
    model_draw(m, 1, 0);
    for (int i = 0; p[i].name; i++) {
        size_t end = p[i + 1].name ? m->at[i + 1] : m->P;
        size_t n = end - m->at[i];
        double sum = 0, squares = 0, largest = 0, limit;
        for (size_t k = m->at[i]; k < end; k++) {
            double w = (double)m->w[k];
            sum += w, squares += w * w, largest = fmax(largest, fabs(w));
        }
        /* N(0,1), U(+-1/sqrt(48)), or by fan-in 48 and 192 */
        limit = i == 0 ? 0 : strncmp(p[i].name, "head.3", 6) == 0
                           ? 1 / sqrt(192) : 1 / sqrt(48);
        double variance = i == 0 ? 1 : limit * limit / 3;
        assert_true(fabs(sum / n) < 5 * sqrt(variance / n));
        if (n > 1000)
            assert_true(fabs(squares / n / variance - 1) < 0.1);
        if (i)
            assert_true(largest <= limit + 1e-7);
    }
}

/* PyTorch's gates are r|z|n and i|f|g|o: z and f keep the state. */
static void chrono_lengthens_the_memory_of_gates_z_and_f_only(void **state)
{
    const char *name[] = { "gru", "lstm" };

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct model *m = model_open(arch_find(name[i]), 48, 9, arena);
        struct model *c = model_open(arch_find(name[i]), 48, 9, arena);
        int changed = 0;
        double largest = 0;

        model_draw(m, 1, 0);
        model_draw(c, 1, 50);
        for (size_t k = 0; k < m->P; k++)
            if (m->w[k] != c->w[k]) {
                size_t from = m->at[3] + 48;    /* bias_ih_l0, second gate */
                double added = (double)(c->w[k] - m->w[k]);
                assert_true(k >= from && k < from + 48);
                assert_true(added > -1e-6 && added < log(49) + 1e-6);
                largest = fmax(largest, added);
                changed++;
            }
        assert_true(changed > 40 && largest > log(25));
    }
}

/* ---- recording ---- */

static void recordings_have_a_row_for_every_token(void **state)
{
    struct data *d = sequences("arithmetic", 4);
    struct model *m = fresh_model(d, 10);
    struct acts *x = acts_record(m, d, NULL, arena);
    size_t row = 0;

    (void)state;
    assert_non_null(x);
    assert_int_equal(x->N, d->N);
    assert_int_equal(acts_site(x, "embedding"), 0);
    assert_int_equal(acts_site(x, "hidden"), 1);
    assert_int_equal(acts_site(x, "nowhere"), -1);
    for (size_t n = 0; n < d->N; n++) {
        assert_int_equal(x->first[n], row);
        for (int t = 0; t < d->length[n]; t++, row++) {
            size_t at = n * d->T + (size_t)t;
            int vars[TASK_VARS];
            assert_int_equal(x->trial[row], n);
            assert_int_equal(x->step[row], t);
            assert_int_equal(x->token[row], d->tokens[at]);
            assert_int_equal(x->determined[row], d->determined[at]);
            assert_memory_equal(x->site[0].states + row * 10,
                                m->w + d->tokens[at] * 10,
                                10 * sizeof(real));
            acts_vars(x, row, vars);
            for (int v = 0; d->task->variables[v].name; v++)
                if (d->vars[v])
                    assert_int_equal(vars[v], d->vars[v][at]);
        }
    }
    assert_int_equal(x->S, row);
}

/* The state of a sequence does not depend on its neighbours in the tile. */
static void a_sequence_recorded_alone_has_the_same_states(void **state)
{
    struct data *d = sequences("multi-object", 20), alone = *d;
    struct model *m = fresh_model(d, 10);
    struct acts *x = acts_record(m, d, NULL, arena), *y;

    (void)state;
    for (size_t n = 0; n < 20; n++) {
        alone.N = 1;
        alone.tokens = d->tokens + n * d->T;
        alone.determined = d->determined + n * d->T;
        alone.length = d->length + n;
        for (int v = 0; v < TASK_VARS; v++)
            alone.vars[v] = d->vars[v] ? d->vars[v] + n * d->T : NULL;
        y = acts_record(m, &alone, NULL, arena);
        for (size_t i = 0; i < y->S * 10; i++)
            golden_near("state", (double)y->site[1].states[i],
                (double)x->site[1].states[(size_t)x->first[n] * 10 + i],
                1e-6);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_learning_rate_warms_up_and_decays),
        cmocka_unit_test(a_small_task_is_learnt_to_the_criterion),
        cmocka_unit_test(a_model_is_measured_as_its_training_measured_it),
        cmocka_unit_test(a_wrong_test_token_too_many_misses_the_criterion),
        cmocka_unit_test(sequences_of_a_task_without_a_program_are_never_new),
        cmocka_unit_test(missing_the_criterion_fails_and_says_what_was_reached),
        cmocka_unit_test(a_diverging_training_fails),
        cmocka_unit_test(threads_do_not_change_a_bit),
        cmocka_unit_test(a_resumed_training_is_the_same_training),
        cmocka_unit_test(parameters_are_drawn_as_pytorch_draws_them),
        cmocka_unit_test(chrono_lengthens_the_memory_of_gates_z_and_f_only),
        cmocka_unit_test(recordings_have_a_row_for_every_token),
        cmocka_unit_test(a_sequence_recorded_alone_has_the_same_states),
    };
    return cmocka_run_group_tests_name("learn and acts", tests, arena_make,
                                       arena_drop);
}

/* test_parity.c - recording and training on every device that is here against
 * this processor's (parity.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../lib/learn_priv.h"
#include "parity.h"

/* ---- recording ---- */

static void a_recording_agrees(const struct device *on,
                               const struct arch *arch,
                               const struct shape *shape)
{
    int V = between(2, TOKENS);
    const struct model *m = draw_model(arch, shape, V);
    const struct data *d = draw_data(shape, V, 1);
    const struct acts *here = acts_record(m, d, NULL, arena);
    const struct acts *there = acts_record(m, d, on->record, arena);
    const struct acts *again = acts_record(m, d, on->record, arena);

    works(!here || !there || !again);
    for (int s = 0; s < here->nsites; s++) {
        size_t n = here->S * (size_t)here->site[s].M;
        agree(here->site[s].name, widen(there->site[s].states, n),
              widen(here->site[s].states, n), n);
        assert_memory_equal(again->site[s].states, there->site[s].states,
                            n * sizeof(real));
    }
}

static void recorded_states_are_the_same(void **state)
{
    (void)state;
    everywhere(a_recording_agrees);
}

/* ---- training ---- */

/* A run of the model, which stays as it is, on such a device. */
struct run {
    const struct learn_engine *engine;
    struct learn_run is;
    struct learn_sums sum;
};

static struct run start(const struct learn_engine *by, const struct model *m,
                        const struct data *d, struct data *batch,
                        const struct learn_plan *plan)
{
    size_t P = m->P;
    struct run x = { .engine = by ? by : &learn_cpu,
        .is = { .m = model_open(m->arch, m->C, m->V, arena), .d = d,
          .batch_data = batch, .plan = plan,
          .T = d->T > batch->T ? d->T : batch->T,
          .w = widen(m->w, P),
          .adam = { .n = P, .m = arena_get(arena, P, sizeof(double)),
                    .v = arena_get(arena, P, sizeof(double)) },
          .spare = arena_get(arena, batch->N, sizeof(uint32_t)) } };

    works(x.engine->open(&x.is, arena) || x.engine->put(&x.is));
    return x;
}

static void end(struct run *x)
{
    works(x->engine->fetch(&x->is));
    if (x->engine->close)
        x->engine->close(&x->is);
}

static struct run evaluated(const struct learn_engine *by,
                            const struct model *m, struct data *d)
{
    const struct learn_plan plan = { .batch = TILE };
    struct run x = start(by, m, d, d, &plan);
    uint32_t *order = all_of(d);

    tile_sort(order, d->N, d->length, d->T, x.is.spare);
    works(x.engine->run(&x.is, order, d->N, HUGE_VAL, &x.sum));
    end(&x);
    return x;
}

static void sums_agree(const struct learn_sums *there,
                       const struct learn_sums *here)
{
    agree("loss", &there->loss, &here->loss, 1);
    assert_true(there->tokens == here->tokens);
    assert_true(there->wrong == here->wrong);
    assert_true(there->marked == here->marked);
    assert_true(there->right == here->right);
    assert_true(there->n == here->n);
}

static void an_evaluation_agrees(const struct device *on,
                                 const struct arch *arch,
                                 const struct shape *shape)
{
    int V = between(2, TOKENS);
    const struct model *m = draw_model(arch, shape, V);
    struct data *d = draw_data(shape, V, 2);
    const struct run here = evaluated(&learn_cpu, m, d);
    const struct run there = evaluated(on->learn, m, d);

    sums_agree(&there.sum, &here.sum);
}

static void losses_and_mistakes_are_the_same(void **state)
{
    (void)state;
    everywhere(an_evaluation_agrees);
}

/* So many batches of the sequences of `batch`, which may be those of d. */
static struct run trained(const struct learn_engine *by,
                          const struct model *m, const struct data *d,
                          struct data *batch, double dropout, int batches)
{
    const struct learn_plan plan = { .seed = 7 + (1L << 40),
        .batch = ((int)batch->N + batches - 1) / batches, .lr = 0.01,
        .warmup = 1, .dropout = dropout, .block_dropout = dropout / 2 };
    struct run x = start(by, m, d, batch, &plan);

    works(x.engine->steps(&x.is, all_of(batch), batch->N, &x.sum));
    end(&x);
    return x;
}

/* After one step Adam's first moment is a tenth of the gradient. */
static void a_step_agrees(const struct device *on, const struct arch *arch,
                          const struct shape *shape, double dropout)
{
    int V = between(2, TOKENS);
    const struct model *m = draw_model(arch, shape, V);
    const struct data *d = draw_data(shape, V, 2);
    struct data *fresh = draw_data(shape, V, 2);
    struct run here, there;

    if (fresh->N > d->N)        /* there are never more */
        fresh->N = d->N;
    here = trained(&learn_cpu, m, d, fresh, dropout, 1);
    there = trained(on->learn, m, d, fresh, dropout, 1);
    sums_agree(&there.sum, &here.sum);
    assert_true(there.is.adam.t == 1);
    agree("gradient", there.is.adam.m, here.is.adam.m, m->P);
}

static void a_plain_step_agrees(const struct device *on,
                                const struct arch *arch,
                                const struct shape *shape)
{
    a_step_agrees(on, arch, shape, 0);
}

static void a_step_with_dropout_agrees(const struct device *on,
                                       const struct arch *arch,
                                       const struct shape *shape)
{
    a_step_agrees(on, arch, shape, 0.3);
}

static void gradients_of_training_are_the_same(void **state)
{
    (void)state;
    everywhere(a_plain_step_agrees);
}

static void and_those_with_dropout(void **state)
{
    (void)state;
    everywhere(a_step_with_dropout_agrees);
}

/* The second step is the first one's doing. Where a gradient is little but
 * rounding Adam makes much of it. */
static void a_run_agrees(const struct device *on, const struct arch *arch,
                         const struct shape *shape)
{
    int V = between(2, TOKENS);
    const struct model *m = draw_model(arch, shape, V);
    struct data *d = draw_data(shape, V, 2);
    const struct run here = trained(&learn_cpu, m, d, d, 0.5, 2);
    const struct run one = trained(on->learn, m, d, d, 0.5, 2);
    const struct run two = trained(on->learn, m, d, d, 0.5, 2);
    size_t bytes = m->P * sizeof(double);

    sums_agree(&one.sum, &here.sum);
    agree_within(1e-3, "first moment", one.is.adam.m, here.is.adam.m, m->P);
    assert_memory_equal(&one.sum, &two.sum, sizeof one.sum);
    assert_memory_equal(one.is.w, two.is.w, bytes);
    assert_memory_equal(one.is.adam.m, two.is.adam.m, bytes);
    assert_memory_equal(one.is.adam.v, two.is.adam.v, bytes);
}

static void steps_follow_alike_and_twice_to_the_byte(void **state)
{
    (void)state;
    everywhere(a_run_agrees);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(recorded_states_are_the_same, begin),
        cmocka_unit_test_setup(losses_and_mistakes_are_the_same, begin),
        cmocka_unit_test_setup(gradients_of_training_are_the_same, begin),
        cmocka_unit_test_setup(and_those_with_dropout, begin),
        cmocka_unit_test_setup(steps_follow_alike_and_twice_to_the_byte, begin),
    };
    return cmocka_run_group_tests(tests, arena_make, arena_drop);
}

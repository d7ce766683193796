/* test_parity.c - each operation of every device that is here against this
 * processor's, on random models, shapes and sequences: by the interfaces that
 * the programs use, so that it serves a device to come as it is.
 *
 * Where there is none all is skipped; linked with the emulated card
 * (build/emulated/test_parity) nothing is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../lib/align_priv.h"
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
          .batch_data = batch, .plan = plan, .T = STEPS,
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
    const struct learn_plan plan = { .seed = 7,
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

/* The second step's loss is the first one's doing. */
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

/* ---- alignment ---- */

static struct acts *draw_acts(const struct model *m,
                              const struct shape *shape, const char *name)
{
    struct acts *x = acts_record(m, draw_data(shape, m->V, 2), NULL, arena);

    works(!x);
    x->system = x->sha256 = name;
    return x;
}

/* Any step of one system into any of the other, with any tokens to follow; a
 * fifth has no latent. */
static struct pairs *draw_pairs(const struct acts *to,
                                const struct acts *from,
                                const struct shape *shape, const char *site,
                                int V)
{
    struct pairs *p = arena_get(arena, 1, sizeof *p);
    size_t P = (size_t)between(10, 10 + shape->most);
    size_t T = (size_t)between(1, STEPS);

    *p = (struct pairs){ .site = site, .source_variable = "any",
        .target_variable = "any", .source_sha256 = from->sha256,
        .target_sha256 = to->sha256, .P = P, .T = T,
        .target_row = arena_get(arena, P, sizeof *p->target_row),
        .source_row = arena_get(arena, P, sizeof *p->source_row),
        .cf_row = arena_get(arena, P, sizeof *p->cf_row),
        .split = arena_get(arena, P, 1), .tokens = draw_tokens(P * T, V),
        .determined = draw_marks(P * T),
        .length = draw_lengths(P, 1, (int)T) };
    for (size_t i = 0; i < P; i++) {
        p->target_row[i] = between(0, (int)to->S - 1);
        p->source_row[i] = between(0, (int)from->S - 1);
        p->cf_row[i] = i % 5 == 4 ? -1 : between(0, (int)to->S - 1);
        p->split[i] = (uint8_t)(i % SPLITS);
    }
    return p;
}

/* The first system is of the architecture, the last is not run on. The map of
 * each is somewhere near its start. */
static void draw_systems(struct align *x, const struct arch *arch,
                         const struct shape *shape)
{
    static const char *const name[SYSTEMS] = { "1", "2", "3" };
    int V = between(2, TOKENS), last = SYSTEMS - 1;

    for (int k = 0; k < SYSTEMS; k++) {
        struct model *m = draw_model(k ? any_arch() : arch, shape, V);
        x->system[k] = (struct align_system){
            .acts = draw_acts(m, shape, name[k]),
            .model = k < last ? m : NULL };
    }
    for (int d = 0; d < x->ndirections; d++) {
        struct align_direction *dir = &x->direction[d];
        bool latents = strcmp(x->plan.site, "hidden") == 0 && between(0, 1);
        *dir = (struct align_direction){
            .source = d / SYSTEMS, .target = d % SYSTEMS };
        dir->role = latents ? ROLE_LATENT
                  : dir->target < last ? ROLE_BEHAVIOUR : ROLE_SCORE;
        dir->pairs = draw_pairs(x->system[dir->target].acts,
                                x->system[dir->source].acts, shape,
                                x->plan.site, V);
    }
    works(align_open(x, arena));
    for (int k = 0; k < SYSTEMS; k++) {
        struct amap *R = x->system[k].R;
        for (size_t i = 0; i < R->n; i++)
            R->param[i] += 0.02 * rng_normal(&r);
        R->form->forward(R);
    }
}

/* What is asked of every lane, and what a device answers. */
struct batch {
    bool often;
    int n[SYSTEMS * SYSTEMS];
    uint32_t *order[SYSTEMS * SYSTEMS];
    double scale;               /* of the gradient, times the direction's
                                   number; 0: none                           */
    struct align_space space;
    double *dF[SYSTEMS], *dG[SYSTEMS], *db[SYSTEMS];
};

static struct batch draw_batch(const struct align *x, double scale)
{
    struct batch b = { .often = between(0, 1), .scale = scale };

    for (int d = 0; d < x->ndirections; d++) {
        const struct align_direction *dir = &x->direction[d];
        b.n[d] = between(0, x->plan.batch);
        if (scale > 0 && dir->role == ROLE_SCORE)
            b.n[d] = 0;
        b.order[d] = arena_get(arena, (size_t)b.n[d], sizeof(uint32_t));
        for (int k = 0; k < b.n[d]; k++)
            b.order[d][k] = rng_below(&r, (uint32_t)dir->pairs->P);
    }
    return b;
}

static double *copied(const double *x, int n)
{
    return memcpy(arena_get(arena, (size_t)n, sizeof *x), x,
                  (size_t)n * sizeof *x);
}

static struct batch answered(struct batch b, struct align *x,
                             const struct align_engine *by)
{
    struct align_space *s = &b.space;

    x->engine = by;
    works(align_space_open(s, x, b.often, arena));
    for (int d = 0; d < x->ndirections; d++) {
        s->lane[d].n = b.n[d];
        s->lane[d].scale = b.scale * (d + 1);
        memcpy(s->lane[d].order, b.order[d],
               (size_t)b.n[d] * sizeof *b.order[d]);
    }
    works(s->engine->run(x, s));
    works(b.scale > 0 && align_back(x, s));
    for (int k = 0; k < SYSTEMS; k++) {
        const struct amap *R = x->system[k].R;
        b.dF[k] = copied(R->dF, R->K * R->m);
        b.dG[k] = copied(R->dG, R->m * R->K);
        b.db[k] = copied(R->db, R->K);
    }
    align_space_close(s);
    return b;
}

static void lanes_agree(const struct align_lane *there,
                        const struct align_lane *here, int m)
{
    size_t n = (size_t)here->n, units = n * (size_t)m;

    assert_memory_equal(there->order, here->order, n * sizeof *here->order);
    if (here->run) {
        agree("loss", there->loss, here->loss, n);
        assert_memory_equal(there->wrong, here->wrong,
                            n * sizeof *here->wrong);
    }
    if (here->latent)
        agree("apart", there->apart, here->apart, n);
    if (!here->run && !here->latent)
        agree("v", widen(there->v, units), widen(here->v, units), units);
}

static void batches_agree(const struct align *x, const struct batch *there,
                          const struct batch *here)
{
    for (int d = 0; d < x->ndirections; d++)
        lanes_agree(&there->space.lane[d], &here->space.lane[d],
                    x->system[x->direction[d].target].R->m);
    for (int k = 0; k < SYSTEMS && here->scale > 0; k++) {
        size_t K = (size_t)x->system[k].R->K, n = K * (size_t)x->system[k].R->m;
        agree("dF", there->dF[k], here->dF[k], n);
        agree("dG", there->dG[k], here->dG[k], n);
        agree("db", there->db[k], here->db[k], K);
    }
}

static void same_bytes(const struct align *x, const struct batch *one,
                       const struct batch *two)
{
    for (int d = 0; d < x->ndirections; d++) {
        const struct align_lane *a = &one->space.lane[d];
        const struct align_lane *b = &two->space.lane[d];
        size_t n = (size_t)a->n;
        assert_memory_equal(a->loss, b->loss, n * sizeof *a->loss);
        assert_memory_equal(a->wrong, b->wrong, n * sizeof *a->wrong);
        assert_memory_equal(a->apart, b->apart, n * sizeof *a->apart);
    }
    for (int k = 0; k < SYSTEMS; k++) {
        size_t K = (size_t)x->system[k].R->K, n = K * (size_t)x->system[k].R->m;
        assert_memory_equal(one->dF[k], two->dF[k], n * sizeof(double));
        assert_memory_equal(one->dG[k], two->dG[k], n * sizeof(double));
        assert_memory_equal(one->db[k], two->db[k], K * sizeof(double));
    }
}

static void a_batch_agrees(const struct device *on, const struct arch *arch,
                           const struct shape *shape, const char *site,
                           double scale)
{
    struct align x = { .nsystems = SYSTEMS, .ndirections = SYSTEMS * SYSTEMS,
        .plan = { .site = site, .form = shape->form, .seed = 1,
                  .latent_norm = between(LATENT_RELATIVE, LATENT_L1),
                  .batch = between(1, shape->most) } };
    struct batch asked, here, there, again;

    draw_systems(&x, arch, shape);
    asked = draw_batch(&x, scale);
    here = answered(asked, &x, &align_cpu);
    there = answered(asked, &x, on->align);
    again = answered(asked, &x, on->align);
    batches_agree(&x, &there, &here);
    same_bytes(&x, &there, &again);
}

static void exchanges_agree(const struct device *on, const struct arch *arch,
                            const struct shape *shape)
{
    a_batch_agrees(on, arch, shape, "hidden", 0);
    a_batch_agrees(on, arch, shape, "embedding", 0);
}

static void their_gradients_agree(const struct device *on,
                                  const struct arch *arch,
                                  const struct shape *shape)
{
    a_batch_agrees(on, arch, shape, "hidden", 0.01);
    a_batch_agrees(on, arch, shape, "embedding", 0.01);
}

static void exchanges_lead_to_the_same(void **state)
{
    (void)state;
    everywhere(exchanges_agree);
}

static void gradients_of_maps_are_the_same(void **state)
{
    (void)state;
    everywhere(their_gradients_agree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(recorded_states_are_the_same, begin),
        cmocka_unit_test_setup(losses_and_mistakes_are_the_same, begin),
        cmocka_unit_test_setup(gradients_of_training_are_the_same, begin),
        cmocka_unit_test_setup(and_those_with_dropout, begin),
        cmocka_unit_test_setup(steps_follow_alike_and_twice_to_the_byte, begin),
        cmocka_unit_test_setup(exchanges_lead_to_the_same, begin),
        cmocka_unit_test_setup(gradients_of_maps_are_the_same, begin),
    };
    return cmocka_run_group_tests(tests, arena_make, arena_drop);
}

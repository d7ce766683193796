/* test_parity_align.c - exchanges, and learning maps, on every device that is
 * here against this processor's (parity.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../lib/adam.h"
#include "../lib/align_priv.h"
#include "parity.h"

/* The first row is 0 at every site. */
static struct acts *draw_acts(const struct model *m,
                              const struct shape *shape, const char *name)
{
    struct acts *x = acts_record(m, draw_data(shape, m->V, 2), NULL, arena);

    works(!x);
    for (int k = 0; k < x->nsites; k++)
        memset(x->site[k].states, 0, (size_t)x->site[k].M * sizeof(real));
    x->system = x->sha256 = name;
    return x;
}

/* Any step of one system into any of the other, with any tokens to follow; a
 * fifth has no latent, of another it is 0. */
static struct pairs *draw_pairs(const struct acts *to,
                                const struct acts *from,
                                const struct shape *shape, const char *site,
                                int V)
{
    struct pairs *p = arena_get(arena, 1, sizeof *p);
    size_t P = (size_t)between(10, 10 + shape->most);
    size_t T = (size_t)between(1, shape->steps);

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
        p->cf_row[i] = i % 5 == 4 ? -1 : i % 5 == 3 ? 0
                     : between(0, (int)to->S - 1);
        p->split[i] = (uint8_t)(i % SPLITS);
    }
    return p;
}

/* The first system is of the architecture, the last is not run on. The map of
 * each is somewhere near its start, the first one's farther; an affine one
 * needs a pivot, its first element being 0. */
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
            R->param[i] += (k ? 0.02 : 0.6) * rng_normal(&r);
        if (R->m > 1)
            R->param[0] = 0;
        R->form->forward(R);
    }
}

/* What is asked of every lane, and what a device answers. */
struct batch {
    bool often;
    int n[SYSTEMS * SYSTEMS];
    uint32_t *order[SYSTEMS * SYSTEMS];
    bool back;                  /* gradients too                             */
    double scale[SYSTEMS * SYSTEMS];        /* of them; 0: none              */
    struct align_space space;
    double *dF[SYSTEMS], *dG[SYSTEMS], *db[SYSTEMS];
};

/* Of a loss with gradients a quarter of the lanes weigh nothing, never all. */
static struct batch draw_batch(const struct align *x, bool back)
{
    struct batch b = { .often = back || between(0, 1), .back = back };

    for (int d = 0; d < x->ndirections; d++) {
        const struct align_direction *dir = &x->direction[d];
        b.n[d] = between(d == 0, x->plan.batch);
        if (back && dir->role == ROLE_SCORE)
            b.n[d] = 0;
        b.scale[d] = back && (d == 0 || between(0, 3)) ? 0.01 * (d + 1) : 0;
        b.order[d] = arena_get(arena, (size_t)b.n[d], sizeof(uint32_t));
        for (int k = 0; k < b.n[d]; k++)
            b.order[d][k] = rng_below(&r, (uint32_t)dir->pairs->P);
    }
    return b;
}

static void put_batch(struct batch *b, const struct align *x)
{
    for (int d = 0; d < x->ndirections; d++) {
        struct align_lane *l = &b->space.lane[d];
        l->n = b->n[d];
        l->scale = b->scale[d];
        memcpy(l->order, b->order[d], (size_t)l->n * sizeof *l->order);
    }
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
    put_batch(&b, x);
    works(s->engine->run(x, s));
    works(b.back && align_back(x, s));
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

/* db is what is left where lanes all but cancel. */
static void batches_agree(const struct align *x, const struct batch *there,
                          const struct batch *here)
{
    for (int d = 0; d < x->ndirections; d++)
        lanes_agree(&there->space.lane[d], &here->space.lane[d],
                    x->system[x->direction[d].target].R->m);
    for (int k = 0; k < SYSTEMS && here->back; k++) {
        size_t K = (size_t)x->system[k].R->K, n = K * (size_t)x->system[k].R->m;
        agree("dF", there->dF[k], here->dF[k], n);
        agree("dG", there->dG[k], here->dG[k], n);
        agree_within(1e-4, "db", there->db[k], here->db[k], K);
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
                           bool back)
{
    struct align x = { .nsystems = SYSTEMS, .ndirections = SYSTEMS * SYSTEMS,
        .plan = { .site = site, .form = shape->form, .seed = 1,
                  .latent_norm = between(LATENT_RELATIVE, LATENT_L1),
                  .batch = between(1, shape->most) } };
    struct batch asked, here, there, again;

    draw_systems(&x, arch, shape);
    asked = draw_batch(&x, back);
    here = answered(asked, &x, &align_cpu);
    there = answered(asked, &x, on->align);
    again = answered(asked, &x, on->align);
    batches_agree(&x, &there, &here);
    same_bytes(&x, &there, &again);
}

static void exchanges_agree(const struct device *on, const struct arch *arch,
                            const struct shape *shape)
{
    a_batch_agrees(on, arch, shape, "hidden", false);
    a_batch_agrees(on, arch, shape, "embedding", false);
}

static void their_gradients_agree(const struct device *on,
                                  const struct arch *arch,
                                  const struct shape *shape)
{
    a_batch_agrees(on, arch, shape, "hidden", true);
    a_batch_agrees(on, arch, shape, "embedding", true);
}

/* ---- learning ---- */

enum { MADE = 5 };              /* steps                                     */

/* The same samples at every step, which the lanes then hold. */
struct learnt {
    struct batch of;
    const struct align *x;
    double *w, *m, *v, loss[MADE];
};

static void fill(void *with, int k)
{
    struct learnt *y = with;

    (void)k;
    put_batch(&y->of, y->x);
}

/* From the maps as they are, which are left so. */
static struct learnt learnt(struct align *x, const struct batch *batch,
                            const struct align_engine *by)
{
    struct learnt y = { .of = *batch, .x = x };
    double *was[SYSTEMS], *dw;
    struct adam adam = { 0 };
    struct align_steps steps = { fill, &y, MADE, NULL, NULL, &adam, 0.003,
                                 y.loss };
    size_t at = 0;

    for (int k = 0; k < SYSTEMS; k++)
        adam.n += x->system[k].R->n;
    y.w = steps.w = arena_get(arena, adam.n, sizeof(double));
    dw = steps.dw = arena_get(arena, adam.n, sizeof(double));
    y.m = adam.m = arena_get(arena, adam.n, sizeof(double));
    y.v = adam.v = arena_get(arena, adam.n, sizeof(double));
    for (int k = 0; k < SYSTEMS; k++) {
        struct amap *R = x->system[k].R;
        memcpy(y.w + at, was[k] = R->param, R->n * sizeof(double));
        R->param = y.w + at;
        R->dparam = dw + at;
        at += R->n;
    }
    x->engine = by;
    works(align_space_open(&y.of.space, x, true, arena));
    works(y.of.space.engine->steps(x, &y.of.space, &steps));
    assert_int_equal(steps.n, MADE);
    assert_true(adam.t == MADE);
    align_space_close(&y.of.space);
    for (int k = 0; k < SYSTEMS; k++) {
        x->system[k].R->param = was[k];
        x->system[k].R->form->forward(x->system[k].R);
    }
    return y;
}

/* The first moment tells a gradient's size, which Adam divides away. Wide maps
 * take long and are no different. */
static void steps_agree(const struct device *on, const struct arch *arch,
                        const struct shape *shape)
{
    struct align x = { .nsystems = SYSTEMS, .ndirections = SYSTEMS * SYSTEMS,
        .plan = { .site = "hidden", .form = shape->form, .seed = 1,
                  .batch = between(1, shape->most) } };
    struct batch batch;
    struct learnt here, one, two;
    size_t n = 0;

    if (shape->wide > 100)
        return;
    draw_systems(&x, arch, shape);
    for (int k = 0; k < SYSTEMS; k++)
        n += x.system[k].R->n;
    batch = draw_batch(&x, true);
    here = learnt(&x, &batch, &align_cpu);
    one = learnt(&x, &batch, on->align);
    two = learnt(&x, &batch, on->align);
    agree("loss", one.loss, here.loss, MADE);
    agree("first moment", one.m, here.m, n);
    assert_memory_equal(one.loss, two.loss, sizeof one.loss);
    assert_memory_equal(one.w, two.w, n * sizeof *one.w);
    assert_memory_equal(one.m, two.m, n * sizeof *one.m);
    assert_memory_equal(one.v, two.v, n * sizeof *one.v);
}

static void maps_are_learnt_the_same(void **state)
{
    (void)state;
    everywhere(steps_agree);
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
        cmocka_unit_test_setup(exchanges_lead_to_the_same, begin),
        cmocka_unit_test_setup(gradients_of_maps_are_the_same, begin),
        cmocka_unit_test_setup(maps_are_learnt_the_same, begin),
    };
    return cmocka_run_group_tests(tests, arena_make, arena_drop);
}

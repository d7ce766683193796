/* On one thread: of every architecture a tile of 32 (record, train) and going
 * on from 512 samples at each site and back; of a map, its parameters' way
 * forward and back; of the exchange, that of 512 samples. */
#include <string.h>

#include "../../lib/acts.h"
#include "../../lib/amap.h"
#include "../../lib/arena.h"
#include "../../lib/pairs.h"
#include "../../lib/swap.h"
#include "bench.h"

struct operation {
    const struct problem *x;
    struct tile tile;
    uint32_t order[SAMPLES], spare[SAMPLES];
    real *work, *dw, *v, *dv, *h;
    real *states[ARCH_SITES];
    double *swap;
    double loss[TILE];
    int wrong[TILE];
    int site;
    struct amap *R[2];
};

static struct outcome outcome(struct operation *o)
{
    return (struct outcome){ .loss = o->loss, .wrong = o->wrong };
}

static void record(void *of)
{
    struct operation *o = of;
    const struct model *m = o->x->start;

    m->arch->record(m, &o->tile, o->states, o->work);
}

static void train(void *of)
{
    struct operation *o = of;
    const struct model *m = o->x->start;
    struct dropout drop = { .p = 0.5, .seed = 1, .step = 1,
                            .sequence = o->order };
    struct outcome y = outcome(o);

    m->arch->train(m, &o->tile, &drop, 1, o->dw, &y, o->work);
}

static void go_on(void *of)
{
    struct operation *o = of;
    const struct pairs *p = o->x->pairs[0][0];
    const struct acts *acts = o->x->acts[0];
    const struct model *m = o->x->m[0];
    const struct sequences rows = { p->tokens, p->determined, p->length,
                                    p->T };
    size_t M = (size_t)model_width(m, o->site);

    for (size_t i = 0; i < SAMPLES; i += TILE) {
        struct outcome y = outcome(o);
        long row[TILE];
        int step[TILE];
        struct past past = { (const real *const *)o->states, acts->token, row,
                             step, NULL };
        for (int b = 0; b < TILE; b++) {
            row[b] = (long)p->target_row[o->order[i + (size_t)b]];
            step[b] = acts->step[row[b]];
        }
        tile_fill(&o->tile, &rows, o->order + i, TILE);
        m->arch->go_on(m, o->site, o->v + i * M, &past, &o->tile, 1, o->dv,
                       &y, o->work);
    }
}

static void map(void *of)
{
    struct operation *o = of;

    o->R[0]->form->forward(o->R[0]);
    o->R[0]->form->back(o->R[0]);
}

static void swap(void *of)
{
    struct operation *o = of;

    swap_forward(o->v, o->R[0], o->R[1], o->h, o->h, SAMPLES, o->swap);
    swap_back(o->R[0], o->R[1], o->v, SAMPLES, o->swap);
    swap_add(o->R[0], o->R[1], SAMPLES, o->swap);
}

static int open_operation(struct operation *o, const struct problem *x,
                          struct align *with, struct arena *a)
{
    const struct model *m = x->start;
    size_t T = x->batch->T + x->recorded->T, M = 0;

    o->x = x;
    for (int s = 0; m->arch->sites[s].name; s++) {
        size_t width = (size_t)model_width(m, s);
        M = width > M ? width : M;
        if (!(o->states[s] = arena_get(a, TILE * T * width, sizeof(real))))
            return -1;
    }
    if (tile_open(&o->tile, T, a) || problem_align(with, x, 1, a))
        return -1;
    o->R[0] = with->system[0].R;
    o->R[1] = with->system[1].R;
    o->dw = arena_get(a, m->P, sizeof(real));
    o->v = arena_get(a, SAMPLES * M, sizeof(real));
    o->dv = arena_get(a, SAMPLES * M, sizeof(real));
    o->h = arena_get(a, SAMPLES * M, sizeof(real));
    o->work = arena_get(a, m->arch->room(m, TILE, (int)T), sizeof(real));
    o->swap = arena_get(a, swap_room(o->R[0], o->R[1], SAMPLES),
                        sizeof(double));
    return o->dw && o->v && o->dv && o->h && o->work && o->swap ? 0 : -1;
}

/* The first tile of the batch, as training fills it. */
static void fill_batch(struct operation *o)
{
    const struct data *d = o->x->batch;
    const struct sequences rows = { d->tokens, d->determined, d->length,
                                    d->T };

    for (uint32_t i = 0; i < BATCH; i++)
        o->order[i] = i;
    tile_sort(o->order, BATCH, d->length, d->T, o->spare);
    tile_fill(&o->tile, &rows, o->order, TILE);
}

/* Sources' states in place of the targets' at this site. */
static void fill_samples(struct operation *o, int site)
{
    const struct pairs *p = o->x->pairs[0][0];
    const struct acts *acts = o->x->acts[0];
    size_t M = (size_t)acts->site[site].M;

    o->site = site;
    for (uint32_t i = 0; i < SAMPLES; i++)
        o->order[i] = i;
    tile_sort(o->order, SAMPLES, p->length, p->T, o->spare);
    for (int s = 0; s < acts->nsites; s++)
        o->states[s] = acts->site[s].states;
    for (size_t i = 0; i < SAMPLES; i++)
        memcpy(o->v + i * M, acts->site[site].states +
               (size_t)p->source_row[o->order[i]] * M, M * sizeof(real));
}

int bench_operations(const struct problem *x)
{
    static struct operation o;
    static struct align with;
    struct arena *a = arena_open();
    const char *name = x->arch->name;
    int rc = -1;

    if (!a || open_operation(&o, x, &with, a))
        goto done;
    fill_batch(&o);
    bench_time(&(struct what){ "record a tile", name, 1,
                               work_record(x, o.order, TILE) }, record, &o);
    bench_time(&(struct what){ "train a tile", name, 1,
                               work_train(x, o.order, TILE) }, train, &o);
    for (int s = 0; x->arch->sites[s].name; s++) {
        fill_samples(&o, s);
        bench_time(&(struct what){ s ? "go on at hidden"
                                     : "go on at embedding", name, 1,
                                   work_go_on(x, 0, 0, s, false) }, go_on, &o);
    }
    bench_time(&(struct what){ "map", name, 1, 0 }, map, &o);
    bench_time(&(struct what){ "exchange", name, 1, work_exchange(x) }, swap,
               &o);
    rc = 0;
done:
    arena_close(a);
    return rc;
}

/* Sequences and gradient steps on this processor: its threads share the
 * tiles. */
#include "learn_priv.h"

#include <assert.h>
#include <math.h>
#include <omp.h>
#include <string.h>

#include "arena.h"

struct own {
    int threads, tiles;
    struct tile *tile;          /* (tiles)                                   */
    real **work;                /* (threads)                                 */
    real **tile_dw;             /* (tiles,P)                                 */
    double *dw;                 /* (P)                                       */
    double *loss;               /* (tiles,TILE)                              */
    int *wrong;                 /* (tiles,TILE)                              */
};

static int open_tiles(struct learn_run *x, struct arena *a)
{
    struct own *o = x->own = arena_get(a, 1, sizeof *o);
    size_t P = x->m->P;

    if (o == NULL)
        return -1;
    o->threads = omp_get_max_threads();
    o->tiles = (x->plan->batch + TILE - 1) / TILE;
    if (o->tiles < o->threads)
        o->tiles = o->threads;
    if (!(o->dw = arena_get(a, P, sizeof *o->dw)) ||
        !(o->tile = arena_get(a, (size_t)o->tiles, sizeof *o->tile)) ||
        !(o->tile_dw = arena_get(a, (size_t)o->tiles, sizeof(real *))) ||
        !(o->work = arena_get(a, (size_t)o->threads, sizeof(real *))) ||
        !(o->loss = arena_get(a, (size_t)o->tiles * TILE, sizeof(double))) ||
        !(o->wrong = arena_get(a, (size_t)o->tiles * TILE, sizeof(int))))
        return -1;
    for (int i = 0; i < o->tiles; i++)
        if (tile_open(&o->tile[i], x->T, a) ||
            !(o->tile_dw[i] = arena_get(a, P, sizeof(real))))
            return -1;
    for (int i = 0; i < o->threads; i++)
        if (!(o->work[i] = arena_get(a, x->m->arch->room(x->m, TILE,
                                                         (int)x->T),
                                     sizeof(real))))
            return -1;
    return 0;
}

static int put(struct learn_run *x)
{
    for (size_t p = 0; p < x->m->P; p++)
        x->m->w[p] = (real)x->w[p];
    x->m->arch->prepare(x->m);
    return 0;
}

static int fetch(struct learn_run *x)
{
    (void)x;
    return 0;
}

/* Run sequences in tiles; with gradients into tile_dw where scale > 0. */
static void run_tiles(struct learn_run *x, const struct data *d,
                      const uint32_t *order, size_t n, uint32_t step,
                      real scale, double limit, struct learn_sums *sum)
{
    const struct model *m = x->m;
    const struct own *o = x->own;
    const struct sequences rows = { d->tokens, d->determined, d->length,
                                    d->T };
    int tiles = (int)((n + TILE - 1) / TILE);

    assert(scale == 0 || tiles <= o->tiles);
    for (int from = 0; from < tiles && sum->wrong <= limit; from += o->tiles) {
        int to = from + o->tiles < tiles ? from + o->tiles : tiles;
        size_t first = (size_t)from * TILE, past = (size_t)to * TILE;

#pragma omp parallel for schedule(dynamic, 1) num_threads(o->threads)
        for (int k = from; k < to; k++) {
            int i = k - from, at = k * TILE;
            int B = (int)n - at < TILE ? (int)n - at : TILE;
            struct outcome y = { .loss = o->loss + i * TILE,
                                 .wrong = o->wrong + i * TILE };
            struct dropout drop = { x->plan->dropout, x->plan->block_dropout,
                                    (uint64_t)x->plan->seed, step,
                                    order + at };
            tile_fill(&o->tile[i], &rows, order + at, B);
            if (scale > 0)
                memset(o->tile_dw[i], 0, m->P * sizeof(real));
            m->arch->train(m, &o->tile[i], scale > 0 ? &drop : NULL, scale,
                           scale > 0 ? o->tile_dw[i] : NULL, &y,
                           o->work[omp_get_thread_num()]);
        }
        learn_add(sum, d, order + first, (past < n ? past : n) - first,
                  o->loss, o->wrong);
    }
}

static int run(struct learn_run *x, const uint32_t *order, size_t n,
               double limit, struct learn_sums *sum)
{
    run_tiles(x, x->d, order, n, 0, 0, limit, sum);
    return 0;
}

/* One gradient step on n sequences. */
static struct learn_sums step(struct learn_run *x, uint32_t *batch, size_t n)
{
    const struct data *d = x->batch_data;
    struct model *m = x->m;
    struct own *o = x->own;
    struct learn_sums sum = { 0 };

    tile_sort(batch, n, d->length, d->T, x->spare);
    run_tiles(x, d, batch, n, (uint32_t)x->adam.t + 1,
              (real)learn_scale(d, batch, n), HUGE_VAL, &sum);
    memset(o->dw, 0, m->P * sizeof *o->dw);
    for (size_t i = 0; i * TILE < n; i++)
        for (size_t p = 0; p < m->P; p++)
            o->dw[p] += (double)o->tile_dw[i][p];
    adam_step(&x->adam, x->w, o->dw, learn_rate(x->plan, x->adam.t + 1));
    put(x);
    return sum;
}

static int steps(struct learn_run *x, uint32_t *order, size_t n,
                 struct learn_sums *sum)
{
    size_t batch = (size_t)x->plan->batch;

    for (size_t i = 0; i < n; i += batch) {
        const struct learn_sums of = step(x, order + i,
                                    n - i < batch ? n - i : batch);
        if (learn_diverged(x, of.loss))
            return -1;
        learn_join(sum, &of);
    }
    return 0;
}

const struct learn_engine learn_cpu = { open_tiles, put, fetch, run, steps,
                                        NULL };

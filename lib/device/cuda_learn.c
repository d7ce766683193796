/* cuda_learn.c - training on a card: sequences, parameters and Adam's moments
 * lie there, and the steps of an epoch are queued one after the other. */
#include <math.h>

#include "../arena.h"
#include "../learn_priv.h"
#include "../rng.h"
#include "card.h"
#include "cuda.h"

static const double GRADIENTS = 1 << 30;        /* bytes of them, about */

struct own {
    struct card *c;
    struct card_model model;
    struct workspace work;
    struct card_sequences file, fresh;
    int32_t *order;             /* (most)                                    */
    double *loss, *loss_here;   /* (most) there, here                        */
    int *wrong, *wrong_here;
    double *w, *m, *v;          /* (P)                                       */
    int rows;                   /* of a tile that has a gradient of its own  */
    float *dw;                  /* (tiles of a step,P)                       */
};

static int tiles_of(size_t n, int rows)
{
    return (int)((n + (size_t)rows - 1) / (size_t)rows);
}

static int put_sequences(struct card *c, const struct card_sequences *to,
                         const struct data *d)
{
    size_t n = d->N * d->T;

    return card_put(c, (void *)to->token, d->tokens, n) ||
           card_put(c, (void *)to->marked, d->determined, n) ||
           card_put(c, (void *)to->length, d->length,
                    d->N * sizeof *d->length) ? -1 : 0;
}

static int open_sequences(struct card *c, struct card_sequences *x,
                          const struct data *d)
{
    x->T = (int)d->T;
    return (x->token = card_get(c, d->N * d->T, 1)) &&
           (x->marked = card_get(c, d->N * d->T, 1)) &&
           (x->length = card_get(c, d->N, sizeof *x->length)) &&
           put_sequences(c, x, d) == 0 ? 0 : -1;
}

/* Rows of a tile: so few that every block has one, but no fewer than that. */
static int rows_of(const struct own *o, double n, double least)
{
    double rows = fmax(n / card_blocks(o->c), least);

    return (int)fmin(ceil(rows), o->model.arch->rows);
}

static int open_card_run(struct learn_run *x, struct arena *a)
{
    struct own *o = x->own = arena_get(a, 1, sizeof *o);
    size_t P = x->m->P, most = x->d->N, tiles;
    double batch = fmin(x->plan->batch, (double)most);

    if (o == NULL || !(o->c = card_open()) ||
        card_model_open(&o->model, x->m, o->c) ||
        open_sequences(o->c, &o->file, x->d) ||
        (x->batch_data && x->batch_data != x->d &&
         open_sequences(o->c, &o->fresh, x->batch_data)))
        return -1;
    o->rows = rows_of(o, batch, batch * (double)(P * sizeof(float)) /
                      GRADIENTS);
    tiles = (size_t)tiles_of((size_t)batch, o->rows);
    card_workspace_add(&o->work, &o->model, o->model.arch->rows, (int)x->T,
                       false);
    card_workspace_add(&o->work, &o->model, o->rows, (int)x->T, true);
    return (o->order = card_get(o->c, most, sizeof *o->order)) &&
           (o->loss = card_get(o->c, most, sizeof *o->loss)) &&
           (o->wrong = card_get(o->c, most, sizeof *o->wrong)) &&
           (o->loss_here = card_get_host(o->c, most, sizeof(double))) &&
           (o->wrong_here = card_get_host(o->c, most, sizeof(int))) &&
           (o->w = card_get(o->c, P, sizeof *o->w)) &&
           (o->m = card_get(o->c, P, sizeof *o->m)) &&
           (o->v = card_get(o->c, P, sizeof *o->v)) &&
           (o->dw = card_get(o->c, tiles * P, sizeof *o->dw)) &&
           card_workspace_get(&o->work, o->c) == 0 ? 0 : -1;
}

/* ---- parameters ---- */

static void set_model(struct learn_run *x)
{
    for (size_t p = 0; p < x->m->P; p++)
        x->m->w[p] = (real)x->w[p];
    x->m->arch->prepare(x->m);
}

/* Its tables are derived there too, so that a run that goes on has those of
 * one that never stopped, to the bit. */
static int prepare(struct own *o)
{
    return card_check(o->model.arch->prepare(&o->model.net, card_stream(o->c)),
                      o->model.arch->name);
}

static int put(struct learn_run *x)
{
    struct own *o = x->own;
    size_t bytes = x->m->P * sizeof(double);

    set_model(x);
    return card_model_put(&o->model, x->m, o->c) || prepare(o) ||
           card_put(o->c, o->w, x->w, bytes) ||
           card_put(o->c, o->m, x->adam.m, bytes) ||
           card_put(o->c, o->v, x->adam.v, bytes) ? -1 : 0;
}

static int fetch(struct learn_run *x)
{
    struct own *o = x->own;
    size_t bytes = x->m->P * sizeof(double);

    if (card_take(o->c, x->w, o->w, bytes) ||
        card_take(o->c, x->adam.m, o->m, bytes) ||
        card_take(o->c, x->adam.v, o->v, bytes) || card_wait(o->c))
        return -1;
    set_model(x);
    return 0;
}

/* ---- sequences ---- */

static struct tiles tiles_at(const struct own *o,
                             const struct card_sequences *of, size_t first,
                             size_t n, int rows)
{
    return (struct tiles){ .of = *of, .order = o->order + first,
                           .n = (int)n, .rows = rows,
                           .loss = o->loss + first,
                           .wrong = o->wrong + first };
}

static int put_order(struct own *o, const uint32_t *order, size_t n)
{
    return card_put(o->c, o->order, order, n * sizeof *order);
}

static int take_outcomes(struct own *o, size_t n)
{
    return card_take(o->c, o->loss_here, o->loss, n * sizeof *o->loss) ||
           card_take(o->c, o->wrong_here, o->wrong, n * sizeof *o->wrong) ||
           card_wait(o->c) ? -1 : 0;
}

static int train(struct own *o, const struct train_call *call)
{
    return card_check(o->model.arch->train(call, &o->work, card_stream(o->c)),
                      o->model.arch->name);
}

static int run(struct learn_run *x, const uint32_t *order, size_t n,
               double limit, struct learn_sums *sum)
{
    struct own *o = x->own;
    const struct train_call call = {
        .net = o->model.net,
        .tiles = tiles_at(o, &o->file, 0, n, rows_of(o, (double)n, 1)) };

    (void)limit;
    if (put_order(o, order, n) || train(o, &call) || take_outcomes(o, n))
        return -1;
    learn_add(sum, x->d, order, n, o->loss_here, o->wrong_here);
    return 0;
}

/* The masks of step t. */
static struct dropout_key dropout(const struct learn_plan *plan, double p,
                                  double t)
{
    int cut = (int)lround(p * 256);

    return (struct dropout_key){
        { (uint32_t)plan->seed, (uint32_t)((uint64_t)plan->seed >> 32) },
        RNG_DROPOUT, (uint32_t)t, cut, (float)(1 / (1 - cut / 256.0)), NULL };
}

/* Queue one gradient step on sequences first.. of the order. */
static int step(struct learn_run *x, const struct card_sequences *of,
                const uint32_t *batch, size_t first, size_t n)
{
    struct own *o = x->own;
    const struct learn_plan *plan = x->plan;
    double t = ++x->adam.t;
    const struct train_call call = {
        .net = o->model.net,
        .tiles = tiles_at(o, of, first, n, o->rows),
        .drop = dropout(plan, plan->dropout, t),
        .blocks = dropout(plan, plan->block_dropout, t),
        .dw = o->dw,
        .scale = (float)learn_scale(x->batch_data, batch, n) };
    const struct update_call update = {
        o->w, o->m, o->v, o->model.net.w, o->dw, x->m->P,
        tiles_of(n, o->rows), learn_rate(plan, t),
        adam_correction(ADAM_BETA1, t), adam_correction(ADAM_BETA2, t) };

    return train(o, &call) ||
           card_check(update_start(&update, card_stream(o->c)), "step") ||
           prepare(o) ? -1 : 0;
}

static int steps(struct learn_run *x, uint32_t *order, size_t n,
                 struct learn_sums *sum)
{
    struct own *o = x->own;
    const struct data *d = x->batch_data;
    size_t batch = (size_t)x->plan->batch;
    double before = x->adam.t;

    if (d != x->d && put_sequences(o->c, &o->fresh, d))
        return -1;
    for (size_t i = 0; i < n; i += batch)
        tile_sort(order + i, n - i < batch ? n - i : batch, d->length, d->T,
                  x->spare);
    if (put_order(o, order, n))
        return -1;
    for (size_t i = 0; i < n; i += batch)
        if (step(x, d == x->d ? &o->file : &o->fresh, order + i, i,
                 n - i < batch ? n - i : batch))
            return -1;
    if (take_outcomes(o, n))
        return -1;
    x->adam.t = before;         /* learn_diverged tells the step */
    for (size_t i = 0; i < n; i += batch) {
        struct learn_sums of = { 0 };
        learn_add(&of, d, order + i, n - i < batch ? n - i : batch,
                  o->loss_here + i, o->wrong_here + i);
        x->adam.t++;
        if (learn_diverged(x, of.loss))
            return -1;
        learn_join(sum, &of);
    }
    return 0;
}

static void close_run(struct learn_run *x)
{
    struct own *o = x->own;

    if (o)
        card_close(o->c);
}

const struct learn_engine cuda_learn = { open_card_run, put, fetch, run,
                                         steps, close_run };

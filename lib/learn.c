#include "learn.h"

#include <assert.h>
#include <math.h>
#include <omp.h>
#include <string.h>

#include "adam.h"
#include "arch.h"
#include "arena.h"
#include "data.h"
#include "err.h"
#include "log.h"
#include "resume.h"
#include "rng.h"

/* Sequences of one split, ordered by length once and for all. */
struct set {
    size_t n;
    uint32_t *order;
    double marked;              /* determined tokens in all of them          */
};

/* What is found out about some sequences, determined tokens only but for the
 * loss. */
struct found {
    double loss, tokens;        /* summed over predicted tokens, how many    */
    double wrong, marked;       /* determined tokens                         */
    double right, n;            /* sequences without a wrong one             */
};

/* A training run. Everything that a killed run needs to go on is in the
 * vectors handed to resume_add. */
struct run {
    struct model *m;
    const struct data *d;
    struct data *batch_data;    /* d, or fresh sequences                     */
    const struct learn_plan *plan;
    struct set set[SPLITS];
    struct adam adam;
    double *w, *dw;             /* (P) parameters and gradient in double     */
    struct learn_epoch *history;
    double progress[2];         /* epochs done, perfect validations in a row */
    int threads, tiles;
    struct tile *tile;          /* (tiles)                                   */
    real **work;                /* (threads)                                 */
    real **tile_dw;             /* (tiles,P)                                 */
    double *loss;               /* (tiles,TILE)                              */
    int *wrong;                 /* (tiles,TILE)                              */
    uint32_t *order, *spare;
};

double learn_rate(const struct learn_plan *plan, double s)
{
    double decayed = plan->lr * pow(plan->warmup / s, plan->decay);

    return fmin(fmax(decayed, plan->lr_min), plan->lr * s / plan->warmup);
}

static struct sequences sequences(const struct data *d)
{
    return (struct sequences){ d->tokens, d->determined, d->length, d->T };
}

/* ---- tiles ---- */

/* Run the model over the sequences order[0..n-1], ordered by length, in tiles;
 * with gradients into tile_dw where scale > 0. Stops early, its sums being
 * partial, once more than `limit` determined tokens are wrong. */
static struct found run_tiles(struct run *x, const struct data *d,
                              const uint32_t *order, size_t n, uint32_t step,
                              real scale, double limit)
{
    const struct model *m = x->m;
    const struct sequences rows = sequences(d);
    struct found sum = { 0 };
    int tiles = (int)((n + TILE - 1) / TILE);

    assert(scale == 0 || tiles <= x->tiles);
    for (int from = 0; from < tiles && sum.wrong <= limit; from += x->tiles) {
        int to = from + x->tiles < tiles ? from + x->tiles : tiles;

#pragma omp parallel for schedule(dynamic, 1) num_threads(x->threads)
        for (int k = from; k < to; k++) {
            int i = k - from, first = k * TILE;
            int B = (int)n - first < TILE ? (int)n - first : TILE;
            struct outcome y = { .loss = x->loss + i * TILE,
                                 .wrong = x->wrong + i * TILE };
            struct dropout drop = { x->plan->dropout, x->plan->block_dropout,
                                    (uint64_t)x->plan->seed, step,
                                    order + first };
            tile_fill(&x->tile[i], &rows, order + first, B);
            if (scale > 0)
                memset(x->tile_dw[i], 0, m->P * sizeof(real));
            m->arch->train(m, &x->tile[i], scale > 0 ? &drop : NULL, scale,
                           scale > 0 ? x->tile_dw[i] : NULL, &y,
                           x->work[omp_get_thread_num()]);
        }
        for (int i = 0; i < to - from; i++)
            for (int b = 0; b < x->tile[i].B; b++) {
                const struct tile *t = &x->tile[i];
                sum.loss += x->loss[i * TILE + b];
                sum.tokens += t->length[b] - 1;
                sum.wrong += x->wrong[i * TILE + b];
                sum.right += x->wrong[i * TILE + b] == 0;
                for (int k = 1; k < t->length[b]; k++)
                    sum.marked += t->counts[k * t->B + b];
            }
    }
    sum.n = (double)n;
    return sum;
}

static struct found evaluate(struct run *x, enum split s)
{
    return run_tiles(x, x->d, x->set[s].order, x->set[s].n, 0, 0, HUGE_VAL);
}

/* Are at most `most` determined tokens of a split wrong? */
static bool masters(struct run *x, enum split s, double most)
{
    const struct set *set = &x->set[s];

    return run_tiles(x, x->d, set->order, set->n, 0, 0, most).wrong <= most;
}

/* One gradient step on n training sequences. */
static struct found gradient_step(struct run *x, uint32_t *batch, size_t n,
                                  double lr)
{
    struct model *m = x->m;
    const struct data *d = x->batch_data;
    struct found sum;
    double tokens = 0;

    for (size_t i = 0; i < n; i++)
        tokens += d->length[batch[i]] - 1;
    tile_sort(batch, n, d->length, d->T, x->spare);
    sum = run_tiles(x, d, batch, n, (uint32_t)x->adam.t + 1,
                    (real)(1 / tokens), HUGE_VAL);
    memset(x->dw, 0, m->P * sizeof *x->dw);
    for (size_t i = 0; i * TILE < n; i++)
        for (size_t p = 0; p < m->P; p++)
            x->dw[p] += (double)x->tile_dw[i][p];
    adam_step(&x->adam, x->w, x->dw, lr);
    for (size_t p = 0; p < m->P; p++)
        m->w[p] = (real)x->w[p];
    m->arch->prepare(m);
    return sum;
}

/* ---- epochs ---- */

static bool diverged(const struct run *x, double loss)
{
    if (isfinite(loss))
        return false;
    err_set(ERR_FAILED, "the loss is not finite after %.0f steps: the "
            "training diverged", x->adam.t);
    return true;
}

static int epoch(struct run *x, uint32_t number)
{
    const struct learn_plan *plan = x->plan;
    size_t n = x->set[SPLIT_TRAIN].n, batch = (size_t)plan->batch;
    struct rng r = rng_at((uint64_t)plan->seed, RNG_ORDER, number, 0);
    struct learn_epoch *line = &x->history[number - 1];
    struct found train = { 0 }, valid;

    rng_permute(&r, x->order, (uint32_t)n);
    if (plan->fresh)
        data_renew(x->batch_data, plan->seed, number);
    else
        for (size_t i = 0; i < n; i++)
            x->order[i] = x->set[SPLIT_TRAIN].order[x->order[i]];
    line->epoch = number;
    for (size_t i = 0; i < n; i += batch) {
        line->learning_rate = learn_rate(plan, x->adam.t + 1);
        struct found t = gradient_step(x, x->order + i,
                                       n - i < batch ? n - i : batch,
                                       line->learning_rate);
        if (diverged(x, t.loss))
            return -1;
        train.loss += t.loss, train.tokens += t.tokens;
        train.wrong += t.wrong, train.marked += t.marked;
    }
    valid = evaluate(x, SPLIT_VALID);
    if (diverged(x, valid.loss))
        return -1;
    line->train_loss = train.loss / train.tokens;
    line->train_token_accuracy = 1 - train.wrong / train.marked;
    line->valid_loss = valid.loss / valid.tokens;
    line->valid_token_accuracy = 1 - valid.wrong / valid.marked;
    line->valid_accuracy = valid.right / valid.n;
    x->progress[0] = number;
    return 0;
}

/* More than 99.99 % of the determined test tokens right? */
static bool passes(struct run *x)
{
    return masters(x, SPLIT_TEST, ceil(1e-4 * x->set[SPLIT_TEST].marked) - 1);
}

/* Every determined token of training and validation right, twice in a row,
 * and enough of those of the test sequences. */
static bool criterion(struct run *x)
{
    const struct learn_epoch *line = &x->history[(int)x->progress[0] - 1];

    if (line->valid_token_accuracy < 1 || !masters(x, SPLIT_TRAIN, 0)) {
        x->progress[1] = 0;
        return false;
    }
    return ++x->progress[1] >= 2 && passes(x);
}

static void finish(struct run *x, struct learn_result *result)
{
    struct found train = evaluate(x, SPLIT_TRAIN);
    struct found valid = evaluate(x, SPLIT_VALID);
    struct found test = evaluate(x, SPLIT_TEST);

    result->epochs = (int)x->progress[0];
    result->train_accuracy = train.right / train.n;
    result->valid_accuracy = valid.right / valid.n;
    result->test_accuracy = test.right / test.n;
    result->test_token_accuracy = 1 - test.wrong / test.marked;
    result->history = x->history;
}

/* ---- memory ---- */

static int open_sets(struct run *x, struct arena *a)
{
    const struct data *d = x->d;

    for (int s = 0; s < SPLITS; s++) {
        struct set *set = &x->set[s];
        uint32_t *order = arena_get(a, 2 * d->N, sizeof *order);
        if (order == NULL)
            return -1;
        for (size_t i = 0; i < d->N; i++)
            if (d->split[i] == s) {
                order[set->n++] = (uint32_t)i;
                for (int32_t t = 1; t < d->length[i]; t++)
                    set->marked += d->determined[i * d->T + (size_t)t];
            }
        if (set->n == 0)
            return err_set(EX_DATAERR, "/split: no %s sequences",
                           (const char *[]){ "training", "validation",
                                             "test" }[s]);
        set->order = order;
        tile_sort(order, set->n, d->length, d->T, order + d->N);
    }
    return 0;
}

static int open_run(struct run *x, struct arena *a)
{
    const struct learn_plan *plan = x->plan;
    size_t P = x->m->P, T = data_longest(x->d->task, &x->d->rule), n;

    if (T < x->d->T)
        T = x->d->T;
    if (plan->fresh && !task_runs(x->d->task))
        return err_set(EX_USAGE, "--fresh: task %s has no program here that "
                       "would write new sequences", x->d->task->name);
    if (open_sets(x, a))
        return -1;
    n = x->set[SPLIT_TRAIN].n;
    if (plan->fresh && !(x->batch_data = data_open(x->d->task, &x->d->rule, n,
                                                   a)))
        return -1;
    x->threads = omp_get_max_threads();
    x->tiles = (plan->batch + TILE - 1) / TILE;
    if (x->tiles < x->threads)
        x->tiles = x->threads;
    x->adam.n = P;
    if (!(x->w = arena_get(a, P, sizeof *x->w)) ||
        !(x->dw = arena_get(a, P, sizeof *x->dw)) ||
        !(x->adam.m = arena_get(a, P, sizeof *x->adam.m)) ||
        !(x->adam.v = arena_get(a, P, sizeof *x->adam.v)) ||
        !(x->history = arena_get(a, (size_t)plan->epochs,
                                 sizeof *x->history)) ||
        !(x->order = arena_get(a, n, sizeof *x->order)) ||
        !(x->spare = arena_get(a, n, sizeof *x->spare)) ||
        !(x->tile = arena_get(a, (size_t)x->tiles, sizeof *x->tile)) ||
        !(x->tile_dw = arena_get(a, (size_t)x->tiles, sizeof(real *))) ||
        !(x->work = arena_get(a, (size_t)x->threads, sizeof(real *))) ||
        !(x->loss = arena_get(a, (size_t)x->tiles * TILE, sizeof(double))) ||
        !(x->wrong = arena_get(a, (size_t)x->tiles * TILE, sizeof(int))))
        return -1;
    for (int i = 0; i < x->tiles; i++)
        if (tile_open(&x->tile[i], T, a) ||
            !(x->tile_dw[i] = arena_get(a, P, sizeof(real))))
            return -1;
    for (int i = 0; i < x->threads; i++)
        if (!(x->work[i] = arena_get(a, x->m->arch->room(x->m, TILE, (int)T),
                                     sizeof(real))))
            return -1;
    for (size_t p = 0; p < P; p++)
        x->w[p] = (double)x->m->w[p];
    return 0;
}

static int restore(struct run *x, struct resume *resume)
{
    int found;

    resume_add(resume, "parameters", x->w, x->m->P);
    resume_add(resume, "adam_m", x->adam.m, x->m->P);
    resume_add(resume, "adam_v", x->adam.v, x->m->P);
    resume_add(resume, "adam_t", &x->adam.t, 1);
    resume_add(resume, "progress", x->progress, 2);
    resume_add(resume, "history", (double *)x->history,
               (size_t)x->plan->epochs * sizeof *x->history / sizeof(double));
    if ((found = resume_load(resume)) <= 0)
        return found;
    log_line("going on after epoch %.0f", x->progress[0]);
    for (size_t p = 0; p < x->m->P; p++)
        x->m->w[p] = (real)x->w[p];
    x->m->arch->prepare(x->m);
    return 0;
}

int learn(struct model *m, struct data *d, const struct learn_plan *plan,
          struct resume *resume, struct learn_result *result,
          struct arena *a)
{
    struct run x = { .m = m, .d = d, .plan = plan };

    *result = (struct learn_result){ .criterion_met = false };
    if (open_run(&x, a))
        return -1;
    if (!plan->fresh)
        x.batch_data = d;
    if (restore(&x, resume))
        return -1;
    while (!result->criterion_met && x.progress[0] < plan->epochs) {
        if (epoch(&x, (uint32_t)x.progress[0] + 1))
            return -1;
        result->criterion_met = plan->criterion && criterion(&x);
        const struct learn_epoch *l = &x.history[(int)x.progress[0] - 1];
        log_progress(l->epoch, plan->epochs, "epochs",
                     "loss %.4f, valid %.4f, sequences right %.4f",
                     l->train_loss, l->valid_loss, l->valid_accuracy);
        if (!result->criterion_met && resume_save(resume, false))
            return -1;
    }
    log_progress_end();
    finish(&x, result);
    if (!plan->criterion || result->criterion_met)
        return 0;
    if (resume_save(resume, true))
        return -1;
    return err_set(ERR_FAILED, "criterion not met after %d epochs: sequences "
                   "right %.4f of training, %.4f of validation, %.4f of test; "
                   "a larger --epochs goes on from here",
                   result->epochs, result->train_accuracy,
                   result->valid_accuracy, result->test_accuracy);
}

int learn_measure(struct model *m, struct data *d,
                  struct learn_result *result, struct arena *a)
{
    const struct learn_plan plan = { .batch = TILE };
    struct run x = { .m = m, .d = d, .plan = &plan };

    *result = (struct learn_result){ .criterion_met = false };
    if (open_run(&x, a))
        return -1;
    finish(&x, result);
    result->criterion_met = masters(&x, SPLIT_TRAIN, 0) &&
                            masters(&x, SPLIT_VALID, 0) && passes(&x);
    return 0;
}

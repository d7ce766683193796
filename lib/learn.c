#include "learn_priv.h"

#include <math.h>
#include <string.h>

#include "arena.h"
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

/* Everything that a killed run needs to go on is in the vectors handed to
 * resume_add. */
struct run {
    struct learn_run is;
    const struct learn_engine *engine;
    struct set set[SPLITS];
    struct learn_epoch *history;
    double progress[2];         /* epochs done, perfect validations in a row */
    uint32_t *order;
};

double learn_rate(const struct learn_plan *plan, double s)
{
    double decayed = plan->lr * pow(plan->warmup / s, plan->decay);

    return fmin(fmax(decayed, plan->lr_min), plan->lr * s / plan->warmup);
}

/* ---- what engines need ---- */

void learn_add(struct learn_sums *sum, const struct data *d,
               const uint32_t *order, size_t n, const double *loss,
               const int *wrong)
{
    for (size_t i = 0; i < n; i++) {
        sum->loss += loss[i];
        sum->tokens += d->length[order[i]] - 1;
        sum->wrong += wrong[i];
        sum->right += wrong[i] == 0;
        for (int32_t t = 1; t < d->length[order[i]]; t++)
            sum->marked += d->determined[order[i] * d->T + (size_t)t] != 0;
    }
    sum->n += (double)n;
}

void learn_join(struct learn_sums *sum, const struct learn_sums *of)
{
    sum->loss += of->loss, sum->tokens += of->tokens;
    sum->wrong += of->wrong, sum->marked += of->marked;
    sum->right += of->right, sum->n += of->n;
}

double learn_scale(const struct data *d, const uint32_t *batch, size_t n)
{
    double tokens = 0;

    for (size_t i = 0; i < n; i++)
        tokens += d->length[batch[i]] - 1;
    return 1 / tokens;
}

bool learn_diverged(const struct learn_run *x, double loss)
{
    if (isfinite(loss))
        return false;
    err_set(ERR_FAILED, "the loss is not finite after %.0f steps: the "
            "training diverged", x->adam.t);
    return true;
}

/* ---- splits ---- */

static int evaluate(struct run *x, enum split s, struct learn_sums *sum)
{
    *sum = (struct learn_sums){ 0 };
    return x->engine->run(&x->is, x->set[s].order, x->set[s].n, HUGE_VAL,
                          sum);
}

/* Are at most `most` determined tokens of a split wrong? 1, 0, or -1. */
static int masters(struct run *x, enum split s, double most)
{
    struct learn_sums sum = { 0 };

    if (x->engine->run(&x->is, x->set[s].order, x->set[s].n, most, &sum))
        return -1;
    return sum.wrong <= most;
}

/* ---- epochs ---- */

static int epoch(struct run *x, uint32_t number)
{
    const struct learn_plan *plan = x->is.plan;
    size_t n = x->set[SPLIT_TRAIN].n;
    struct rng r = rng_at((uint64_t)plan->seed, RNG_ORDER, number, 0);
    struct learn_epoch *line = &x->history[number - 1];
    struct learn_sums train = { 0 }, valid;

    rng_permute(&r, x->order, (uint32_t)n);
    if (plan->fresh)
        data_renew(x->is.batch_data, plan->seed, number);
    else
        for (size_t i = 0; i < n; i++)
            x->order[i] = x->set[SPLIT_TRAIN].order[x->order[i]];
    if (x->engine->steps(&x->is, x->order, n, &train) ||
        evaluate(x, SPLIT_VALID, &valid) || learn_diverged(&x->is, valid.loss))
        return -1;
    *line = (struct learn_epoch){
        .epoch = number, .learning_rate = learn_rate(plan, x->is.adam.t),
        .train_loss = train.loss / train.tokens,
        .valid_loss = valid.loss / valid.tokens,
        .train_token_accuracy = 1 - train.wrong / train.marked,
        .valid_token_accuracy = 1 - valid.wrong / valid.marked,
        .valid_accuracy = valid.right / valid.n };
    x->progress[0] = number;
    return 0;
}

/* More than 99.99 % of the determined test tokens right? 1, 0, or -1. */
static int passes(struct run *x)
{
    return masters(x, SPLIT_TEST, ceil(1e-4 * x->set[SPLIT_TEST].marked) - 1);
}

/* Every determined token of training and validation right, twice in a row,
 * and enough of those of the test sequences? 1, 0, or -1. */
static int criterion(struct run *x)
{
    const struct learn_epoch *line = &x->history[(int)x->progress[0] - 1];
    int all = line->valid_token_accuracy < 1 ? 0 : masters(x, SPLIT_TRAIN, 0);

    x->progress[1] = all > 0 ? x->progress[1] + 1 : 0;
    return all < 0 ? -1 : x->progress[1] >= 2 ? passes(x) : 0;
}

static int finish(struct run *x, struct learn_result *result)
{
    struct learn_sums sum[SPLITS];

    for (int s = 0; s < SPLITS; s++)
        if (evaluate(x, (enum split)s, &sum[s]))
            return -1;
    result->epochs = (int)x->progress[0];
    result->train_accuracy = sum[SPLIT_TRAIN].right / sum[SPLIT_TRAIN].n;
    result->valid_accuracy = sum[SPLIT_VALID].right / sum[SPLIT_VALID].n;
    result->test_accuracy = sum[SPLIT_TEST].right / sum[SPLIT_TEST].n;
    result->test_token_accuracy = 1 - sum[SPLIT_TEST].wrong /
                                      sum[SPLIT_TEST].marked;
    result->history = x->history;
    return 0;
}

/* ---- memory ---- */

static int open_sets(struct run *x, struct arena *a)
{
    const struct data *d = x->is.d;

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
    struct learn_run *is = &x->is;
    const struct learn_plan *plan = is->plan;
    const struct data *d = is->d;
    size_t P = is->m->P, n;

    x->engine = plan->engine ? plan->engine : &learn_cpu;
    is->T = data_longest(d->task, &d->rule);
    if (is->T < d->T)
        is->T = d->T;
    if (plan->fresh && !task_runs(d->task))
        return err_set(EX_USAGE, "--fresh: task %s has no program here that "
                       "would write new sequences", d->task->name);
    if (open_sets(x, a))
        return -1;
    n = x->set[SPLIT_TRAIN].n;
    if (plan->fresh && !(is->batch_data = data_open(d->task, &d->rule, n, a)))
        return -1;
    is->adam.n = P;
    if (!(is->w = arena_get(a, P, sizeof *is->w)) ||
        !(is->adam.m = arena_get(a, P, sizeof *is->adam.m)) ||
        !(is->adam.v = arena_get(a, P, sizeof *is->adam.v)) ||
        !(is->spare = arena_get(a, n, sizeof *is->spare)) ||
        !(x->history = arena_get(a, (size_t)plan->epochs,
                                 sizeof *x->history)) ||
        !(x->order = arena_get(a, n, sizeof *x->order)))
        return -1;
    for (size_t p = 0; p < P; p++)
        is->w[p] = (double)is->m->w[p];
    return x->engine->open(is, a);
}

static void close_run(struct run *x)
{
    if (x->engine && x->engine->close)
        x->engine->close(&x->is);
}

static int restore(struct run *x, struct resume *resume)
{
    struct learn_run *is = &x->is;
    int found;

    resume_add(resume, "parameters", is->w, is->m->P);
    resume_add(resume, "adam_m", is->adam.m, is->m->P);
    resume_add(resume, "adam_v", is->adam.v, is->m->P);
    resume_add(resume, "adam_t", &is->adam.t, 1);
    resume_add(resume, "progress", x->progress, 2);
    resume_add(resume, "history", (double *)x->history,
               (size_t)is->plan->epochs * sizeof *x->history /
               sizeof(double));
    if ((found = resume_load(resume)) > 0)
        log_line("going on after epoch %.0f", x->progress[0]);
    return found < 0 ? -1 : 0;
}

static int save(struct run *x, struct resume *resume, bool now)
{
    if (!now && !resume_due(resume))
        return 0;
    return x->engine->fetch(&x->is) || resume_save(resume, true) ? -1 : 0;
}

/* Epochs until the criterion is met or they run out. */
static int train(struct run *x, struct resume *resume,
                 struct learn_result *result)
{
    const struct learn_plan *plan = x->is.plan;

    while (!result->criterion_met && x->progress[0] < plan->epochs) {
        int met = 0;
        if (epoch(x, (uint32_t)x->progress[0] + 1) ||
            (plan->criterion && (met = criterion(x)) < 0))
            return -1;
        result->criterion_met = met;
        const struct learn_epoch *l = &x->history[(int)x->progress[0] - 1];
        log_progress(l->epoch, plan->epochs, "epochs",
                     "loss %.4f, valid %.4f, sequences right %.4f",
                     l->train_loss, l->valid_loss, l->valid_accuracy);
        if (!met && save(x, resume, false))
            return -1;
    }
    log_progress_end();
    return x->engine->fetch(&x->is);
}

int learn(struct model *m, struct data *d, const struct learn_plan *plan,
          struct resume *resume, struct learn_result *result,
          struct arena *a)
{
    struct run x = { .is = { .m = m, .d = d, .batch_data = d, .plan = plan } };
    bool failed;
    int rc;

    *result = (struct learn_result){ .criterion_met = false };
    rc = open_run(&x, a) || restore(&x, resume) || x.engine->put(&x.is) ||
         train(&x, resume, result) || finish(&x, result) ? -1 : 0;
    failed = plan->criterion && !result->criterion_met;
    if (rc == 0 && failed)
        rc = save(&x, resume, true);
    close_run(&x);
    if (rc || !failed)
        return rc;
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
    struct run x = { .is = { .m = m, .d = d, .plan = &plan } };

    *result = (struct learn_result){ .criterion_met = false };
    if (open_run(&x, a) || finish(&x, result))
        return -1;
    result->criterion_met = masters(&x, SPLIT_TRAIN, 0) > 0 &&
                            masters(&x, SPLIT_VALID, 0) > 0 && passes(&x) > 0;
    return 0;
}

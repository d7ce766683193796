#include "align_priv.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "adam.h"
#include "arena.h"
#include "arch.h"
#include "err.h"
#include "log.h"
#include "resume.h"
#include "rng.h"

enum {                          /* what a run has reached, all double        */
    STEP, BEST_IIA, BEST_LOSS, BEST_STEP, MARK_IIA, MARK_LOSS, MARK_STEP,
    LOSS_SUM, LOSS_STEPS, LINES, PROGRESS
};

struct set {                    /* samples of a direction and a split        */
    uint32_t *sample;
    size_t n;
};

/* A training run over the behaviour and latent directions of x. */
struct run {
    struct align *x;
    struct align_space space;
    struct set train[ALIGN_DIRECTIONS], valid[ALIGN_DIRECTIONS];
    uint32_t *order[ALIGN_DIRECTIONS];  /* the epoch's order of train        */
    int *tokens[ALIGN_DIRECTIONS];      /* (P) scored tokens                 */
    long per_epoch, epoch;      /* steps; the epoch that `order` is for      */
    int behaviour, latent;      /* directions of that role                   */
    double weight[2];           /* of a direction's mean loss, by role       */
    size_t n;                   /* parameters of all maps, one after another */
    double *w, *dw, *best;      /* (n)                                       */
    struct adam adam;
    double progress[PROGRESS];
};

static bool is_trained(const struct align *x, int d)
{
    return x->direction[d].role != ROLE_SCORE;
}

/* All maps' parameters in one vector, so that Adam, checkpoint and best are
 * single loops. */
static int join_parameters(struct run *r, struct arena *a)
{
    struct align *x = r->x;
    size_t at = 0;

    for (int k = 0; k < x->nsystems; k++)
        r->n += x->system[k].R->n;
    if (!(r->w = arena_get(a, r->n, sizeof *r->w)) ||
        !(r->dw = arena_get(a, r->n, sizeof *r->dw)) ||
        !(r->best = arena_get(a, r->n, sizeof *r->best)) ||
        !(r->adam.m = arena_get(a, r->n, sizeof *r->adam.m)) ||
        !(r->adam.v = arena_get(a, r->n, sizeof *r->adam.v)))
        return -1;
    r->adam.n = r->n;
    for (int k = 0; k < x->nsystems; k++) {
        struct amap *R = x->system[k].R;
        memcpy(r->w + at, R->param, R->n * sizeof *r->w);
        R->param = r->w + at;
        R->dparam = r->dw + at;
        at += R->n;
    }
    return 0;
}

/* The first validation, those between steps, and the last. */
static size_t most_lines(const struct run *r)
{
    return (size_t)(r->per_epoch * r->x->plan.epochs /
                    r->x->plan.validate_every) + 2;
}

static int open_run(struct run *r, struct arena *a)
{
    struct align *x = r->x;
    size_t most = 0;

    for (int d = 0; d < x->ndirections; d++) {
        const struct pairs *p = x->direction[d].pairs;
        struct set *train = &r->train[d], *valid = &r->valid[d];

        if (!(train->sample = align_samples(p, SPLIT_TRAIN, &train->n, a)) ||
            !(valid->sample = align_samples(p, SPLIT_VALID, &valid->n, a)) ||
            !(r->order[d] = arena_get(a, train->n, sizeof(uint32_t))) ||
            !(r->tokens[d] = arena_get(a, p->P, sizeof(int))))
            return -1;
        if (is_trained(x, d) && (train->n == 0 || valid->n == 0))
            return err_set(EX_DATAERR, "direction %d:%d: its interventions "
                           "have no training or no validation samples",
                           x->direction[d].source + 1,
                           x->direction[d].target + 1);
        for (size_t i = 0; i < p->P; i++)
            r->tokens[d][i] = align_tokens(p, i);
        r->behaviour += x->direction[d].role == ROLE_BEHAVIOUR;
        r->latent += x->direction[d].role == ROLE_LATENT;
        if (is_trained(x, d) && train->n > most)
            most = train->n;
    }
    if (r->behaviour + r->latent == 0)
        return err_set(EX_USAGE, "no direction has role behaviour or latent: "
                       "nothing to learn");
    r->weight[ROLE_BEHAVIOUR] =
        (r->latent ? 1 - x->plan.lambda : 1) / fmax(r->behaviour, 1);
    r->weight[ROLE_LATENT] =
        (r->behaviour ? x->plan.lambda : 1) / fmax(r->latent, 1);
    r->per_epoch = (long)((most + (size_t)x->plan.batch - 1) /
                          (size_t)x->plan.batch);
    r->epoch = -1;
    x->history = arena_get(a, most_lines(r), sizeof *x->history);
    if (x->history == NULL || join_parameters(r, a))
        return -1;
    r->progress[BEST_IIA] = -1;
    r->progress[BEST_LOSS] = r->progress[MARK_LOSS] = HUGE_VAL;
    r->progress[MARK_IIA] = -1;
    return align_space_open(&r->space, x, true, a);
}

static int restore(struct run *r, struct resume *resume)
{
    struct align *x = r->x;
    int found;

    resume_add(resume, "parameters", r->w, r->n);
    resume_add(resume, "best", r->best, r->n);
    resume_add(resume, "adam_m", r->adam.m, r->n);
    resume_add(resume, "adam_v", r->adam.v, r->n);
    resume_add(resume, "adam_t", &r->adam.t, 1);
    resume_add(resume, "progress", r->progress, PROGRESS);
    resume_add(resume, "history", (double *)x->history,
               most_lines(r) * sizeof *x->history / sizeof(double));
    if ((found = resume_load(resume)) > 0 &&
        r->progress[STEP] > (double)(r->per_epoch * x->plan.epochs))
        return resume_outrun(resume);
    if (found > 0) {
        log_line("going on after step %.0f", r->progress[STEP]);
        for (int k = 0; k < x->nsystems; k++)
            x->system[k].R->form->forward(x->system[k].R);
    }
    return found < 0 ? -1 : 0;
}

/* Put the samples of the step's batch into the lanes of the directions that
 * are trained. A direction with fewer samples begins again. */
static void fill_lanes(struct run *r, long step)
{
    struct align *x = r->x;
    long epoch = step / r->per_epoch, k = step % r->per_epoch;
    size_t batch = (size_t)x->plan.batch;

    for (int d = 0; d < x->ndirections; d++) {
        struct align_lane *l = &r->space.lane[d];
        size_t n = r->train[d].n, turns = (n + batch - 1) / batch;
        size_t from = (size_t)k % turns * batch;
        double terms = 0;       /* scored tokens, or samples with a latent */

        l->n = 0;
        if (!is_trained(x, d))
            continue;
        if (epoch != r->epoch) {
            struct rng rng = rng_at((uint64_t)x->plan.seed, RNG_BATCH,
                                    (uint32_t)epoch, (uint32_t)d);
            rng_permute(&rng, r->order[d], (uint32_t)n);
        }
        l->n = (int)(n - from < batch ? n - from : batch);
        for (int i = 0; i < l->n; i++) {
            l->order[i] = r->train[d].sample[r->order[d][from + (size_t)i]];
            terms += l->run ? r->tokens[d][l->order[i]] :
                     x->direction[d].pairs->cf_row[l->order[i]] >= 0;
        }
        l->scale = r->weight[x->direction[d].role] / fmax(terms, 1);
    }
    r->epoch = epoch;
}

static void fill_next(void *with, int k)
{
    struct run *r = with;

    fill_lanes(r, (long)r->progress[STEP] + k);
}

static bool diverged(const struct run *r, double loss)
{
    if (isfinite(loss))
        return false;
    err_set(ERR_FAILED, "the loss is not finite after %.0f steps: the "
            "alignment diverged", r->progress[STEP]);
    return true;
}

/* Steps up to the next validation, or some of them. */
static int take_steps(struct run *r, double total)
{
    struct align *x = r->x;
    double *p = r->progress, loss[ALIGN_AT_ONCE];
    long every = x->plan.validate_every, at = (long)p[STEP];
    double left = fmin((double)(every - at % every), total - p[STEP]);
    struct align_steps steps = {
        fill_next, r, (int)fmin(left, ALIGN_AT_ONCE), r->w, r->dw, &r->adam,
        x->plan.lr, loss };

    if (r->space.engine->steps(x, &r->space, &steps))
        return -1;
    for (int k = 0; k < steps.n; k++) {
        p[STEP]++;
        p[LOSS_SUM] += loss[k];
        p[LOSS_STEPS]++;
        if (diverged(r, loss[k]))
            return -1;
    }
    return 0;
}

/* Keep the maps if they are the best so far: by IIA, then loss; with latent
 * losses by the loss alone. Mark the step where either became better by enough
 * to go on. */
static void compare(struct run *r, const struct align_line *line)
{
    double *p = r->progress, score = -1;

    if (!r->latent)
        score = r->x->plan.select_min ? line->valid_iia_min : line->valid_iia;
    if (score > p[BEST_IIA] ||
        (score == p[BEST_IIA] && line->valid_loss < p[BEST_LOSS])) {
        p[BEST_IIA] = score;
        p[BEST_LOSS] = line->valid_loss;
        p[BEST_STEP] = p[STEP];
        memcpy(r->best, r->w, r->n * sizeof *r->w);
    }
    if (score > p[MARK_IIA] + r->x->plan.better_iia) {
        p[MARK_IIA] = score;
        p[MARK_STEP] = p[STEP];
    }
    if (p[LINES] == 1 || line->valid_loss < p[MARK_LOSS] -
                         r->x->plan.better_loss * fabs(p[MARK_LOSS])) {
        p[MARK_LOSS] = line->valid_loss;
        p[MARK_STEP] = p[STEP];
    }
}

/* Evaluate the trained directions on validation samples, note the line. */
static int validate(struct run *r)
{
    struct align *x = r->x;
    const uint32_t *sample[ALIGN_DIRECTIONS];
    size_t n[ALIGN_DIRECTIONS];
    struct align_mean mean[ALIGN_DIRECTIONS];
    double *p = r->progress;
    struct align_line *line = &x->history[(size_t)p[LINES]++];

    for (int d = 0; d < x->ndirections; d++) {
        sample[d] = r->valid[d].sample;
        n[d] = is_trained(x, d) ? r->valid[d].n : 0;
    }
    if (align_evaluate(x, &r->space, sample, n, mean, NULL, NULL))
        return -1;
    *line = (struct align_line){ .step = p[STEP],
        .train_loss = p[LOSS_STEPS] > 0 ? p[LOSS_SUM] / p[LOSS_STEPS] : NAN,
        .valid_latent = r->latent ? 0 : NAN,
        .valid_iia = r->behaviour ? 0 : NAN,
        .valid_iia_min = r->behaviour ? 1 : NAN };
    p[LOSS_SUM] = p[LOSS_STEPS] = 0;
    for (int d = 0; d < x->ndirections; d++) {
        enum role role = x->direction[d].role;
        if (role == ROLE_BEHAVIOUR) {
            line->valid_loss += mean[d].loss * r->weight[role];
            line->valid_iia += mean[d].iia / r->behaviour;
            line->valid_iia_min = fmin(line->valid_iia_min, mean[d].iia);
        } else if (role == ROLE_LATENT) {
            line->valid_loss += mean[d].latent * r->weight[role];
            line->valid_latent += mean[d].latent / r->latent;
        }
    }
    compare(r, line);
    return 0;
}

static void say_progress(const struct run *r, const struct align_line *line,
                         double total)
{
    char iia[32] = "";

    if (r->behaviour)
        snprintf(iia, sizeof iia, ", IIA %.4f", line->valid_iia);
    log_progress(r->progress[STEP], total, "steps",
                 "loss %.4f, validation %.4f%s", line->train_loss,
                 line->valid_loss, iia);
}

static int learn(struct run *r, struct resume *resume)
{
    struct align *x = r->x;
    double *p = r->progress, total = (double)(r->per_epoch * x->plan.epochs);

    if (p[LINES] == 0 && validate(r))
        return -1;
    while (p[STEP] < total && !x->converged) {
        if (take_steps(r, total))
            return -1;
        if ((long)p[STEP] % x->plan.validate_every && p[STEP] < total)
            continue;
        if (validate(r))
            return -1;
        const struct align_line *line = &x->history[(size_t)p[LINES] - 1];
        if (diverged(r, line->valid_loss))
            return -1;
        say_progress(r, line, total);
        x->converged = x->plan.early_stop &&
                       p[STEP] - p[MARK_STEP] >= x->plan.patience;
        if (!x->converged && p[STEP] < total && resume_save(resume, false))
            return -1;
    }
    log_progress_end();
    return 0;
}

int align_learn(struct align *x, struct resume *resume, struct arena *a)
{
    struct run r = { .x = x };
    int rc = open_run(&r, a) || restore(&r, resume) || learn(&r, resume) ? -1
                                                                         : 0;

    align_space_close(&r.space);
    if (rc)
        return -1;
    if (!r.behaviour || !r.latent)
        x->plan.lambda = NAN;
    memcpy(r.w, r.best, r.n * sizeof *r.w);
    for (int k = 0; k < x->nsystems; k++)
        x->system[k].R->form->forward(x->system[k].R);
    x->steps = (int)r.progress[STEP];
    x->best_step = (int)r.progress[BEST_STEP];
    x->nhistory = (size_t)r.progress[LINES];
    return 0;
}

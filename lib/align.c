#include "align.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "adam.h"
#include "arena.h"
#include "arch.h"
#include "err.h"
#include "log.h"
#include "resume.h"
#include "rng.h"
#include "swap.h"

/* ---- roles ---- */

int align_role(const char *name)
{
    if (strcmp(name, "behaviour") == 0)
        return ROLE_BEHAVIOUR;
    if (strcmp(name, "score") == 0)
        return ROLE_SCORE;
    return err_set(EX_USAGE, "role '%s' is not one of behaviour, score", name);
}

/* All directions between all systems, behaviour. */
static const struct preset {
    const char *name;
    int systems;                /* 0: any number */
} presets[] = {
    { "das", 1 },
    { "mas", 0 },
};

static const struct preset *find_preset(const char *name)
{
    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++)
        if (strcmp(presets[i].name, name) == 0)
            return &presets[i];
    err_set(EX_USAGE, "preset '%s' is not one of das, mas", name);
    return NULL;
}

int align_preset(struct align *x, const char *preset)
{
    const struct preset *p = find_preset(preset);
    bool seen[ALIGN_SYSTEMS][ALIGN_SYSTEMS] = { { false } };

    if (p == NULL)
        return -1;
    if (p->systems && p->systems != x->nsystems)
        return err_set(EX_USAGE, "preset %s is for %d system, not %d", preset,
                       p->systems, x->nsystems);
    for (int i = 0; i < x->ndirections; i++) {
        struct align_direction *d = &x->direction[i];
        seen[d->source][d->target] = true;
        d->role = ROLE_BEHAVIOUR;
    }
    for (int j = 0; j < x->nsystems; j++)
        for (int i = 0; i < x->nsystems; i++)
            if (!seen[j][i])
                return err_set(EX_USAGE, "preset %s has a direction %d:%d; "
                               "give it, or give every direction its role",
                               preset, j + 1, i + 1);
    x->preset = preset;
    return 0;
}

/* ---- checks at the door ---- */

/* The recording holds what its model goes on from. */
static int check_model(const struct align_system *to, const char *site)
{
    const struct model *m = to->model;

    if (m == NULL || !to->acts->accessible)
        return err_set(EX_DATAERR, "%s cannot be run on: it is a recording, or "
                       "its model was not given", to->acts->system);
    if (arch_site(m->arch, site) < 0)
        return err_set(EX_DATAERR, "a %s has no site %s", m->arch->name, site);
    for (int s = 0; m->arch->sites[s].name; s++) {
        int k = acts_site(to->acts, m->arch->sites[s].name);
        if (k < 0 || to->acts->site[k].M != model_width(m, s))
            return err_set(EX_DATAERR, "%s: no states of %d units at site %s",
                           to->acts->system, model_width(m, s),
                           m->arch->sites[s].name);
    }
    return 0;
}

static bool same_exchange(const struct align_direction *a,
                          const struct align_direction *b)
{
    return a->source == b->source && a->target == b->target &&
           !strcmp(a->pairs->source_variable, b->pairs->source_variable) &&
           !strcmp(a->pairs->target_variable, b->pairs->target_variable);
}

static int check_direction(const struct align *x,
                           const struct align_direction *d)
{
    const struct align_system *to = &x->system[d->target];
    const struct align_system *from = &x->system[d->source];
    const struct pairs *p = d->pairs;

    for (const struct align_direction *e = x->direction; e < d; e++)
        if (same_exchange(d, e))
            return err_set(EX_USAGE, "given twice");
    if (strcmp(p->target_sha256, to->acts->sha256))
        return err_set(EX_DATAERR, "interventions were made for other "
                       "activations of the target than those of system %d",
                       d->target + 1);
    if (strcmp(p->source_sha256, from->acts->sha256))
        return err_set(EX_DATAERR, "interventions were made for other "
                       "activations of the source than those of system %d",
                       d->source + 1);
    if (strcmp(p->site, x->plan.site))
        return err_set(EX_DATAERR, "interventions are for site %s, not %s",
                       p->site, x->plan.site);
    if (check_model(to, p->site))
        return -1;
    for (size_t i = 0; i < p->P; i++) {
        if ((size_t)p->target_row[i] >= to->acts->S ||
            (size_t)p->source_row[i] >= from->acts->S)
            return err_set(EX_DATAERR, "sample %zu names a row that its "
                           "activations do not have", i);
        if (p->length[i] < 1)
            return err_set(EX_DATAERR, "/length: sample %zu has no tokens to "
                           "be judged by", i);
    }
    return 0;
}

int align_open(struct align *x, struct arena *a)
{
    const struct amap_form *form = amap_find(x->plan.form);
    int narrowest = 0, site[ALIGN_SYSTEMS];

    if (form == NULL)
        return -1;
    for (int k = 0; k < x->nsystems; k++) {
        const struct acts *acts = x->system[k].acts;
        if ((site[k] = acts_site(acts, x->plan.site)) < 0)
            return err_set(EX_DATAERR, "system %d: no states at site %s",
                           k + 1, x->plan.site);
        int m = acts->site[site[k]].M;
        narrowest = k == 0 || m < narrowest ? m : narrowest;
    }
    if (x->plan.K == 0)
        x->plan.K = narrowest / 2;
    if (x->plan.K > narrowest)
        return err_set(EX_USAGE, "--dims %d: the narrowest system has %d "
                       "units", x->plan.K, narrowest);
    for (int d = 0; d < x->ndirections; d++)
        if (check_direction(x, &x->direction[d]))
            return err_in("direction %d:%d", x->direction[d].source + 1,
                          x->direction[d].target + 1);
    for (int k = 0; k < x->nsystems; k++) {
        struct rng r = rng_at((uint64_t)x->plan.seed, RNG_BASE, 0,
                              (uint32_t)k);
        x->system[k].R = amap_open(form, x->system[k].acts->site[site[k]].M,
                                   x->plan.K, &r, a);
        if (x->system[k].R == NULL)
            return -1;
    }
    return 0;
}

/* ---- learning ---- */

enum {                          /* what a run has reached, all double        */
    STEP, BEST_IIA, BEST_LOSS, BEST_STEP, MARK_IIA, MARK_LOSS, MARK_STEP,
    LOSS_SUM, LOSS_STEPS, LINES, PROGRESS
};

struct set {                    /* samples of a direction and a split        */
    uint32_t *sample;
    size_t n;
};

/* A training run over the behaviour directions of x. */
struct run {
    struct align *x;
    struct align_space space;
    struct set train[ALIGN_DIRECTIONS], valid[ALIGN_DIRECTIONS];
    uint32_t *order[ALIGN_DIRECTIONS];  /* the epoch's order of train        */
    int *tokens[ALIGN_DIRECTIONS];      /* (P) scored tokens                 */
    long per_epoch, epoch;      /* steps; the epoch that `order` is for      */
    int trained;                /* behaviour directions                      */
    size_t n;                   /* parameters of all maps, one after another */
    double *w, *dw, *best;      /* (n)                                       */
    struct adam adam;
    double progress[PROGRESS];
};

static bool is_trained(const struct align *x, int d)
{
    return x->direction[d].role == ROLE_BEHAVIOUR;
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

static int open_run(struct run *r, struct arena *a)
{
    struct align *x = r->x;
    size_t most = 0, lines;

    for (int d = 0; d < x->ndirections; d++) {
        const struct pairs *p = x->direction[d].pairs;
        struct set *train = &r->train[d], *valid = &r->valid[d];

        if (!(train->sample = align_samples(p, SPLIT_TRAIN, &train->n, a)) ||
            !(valid->sample = align_samples(p, SPLIT_VALID, &valid->n, a)) ||
            !(r->order[d] = arena_get(a, train->n, sizeof(uint32_t))) ||
            !(r->tokens[d] = arena_get(a, p->P, sizeof(int))))
            return -1;
        if (is_trained(x, d) && (train->n == 0 || valid->n == 0))
            return err_set(EX_DATAERR, "direction %d:%d: no training or no "
                           "validation samples", x->direction[d].source + 1,
                           x->direction[d].target + 1);
        for (size_t i = 0; i < p->P; i++)
            r->tokens[d][i] = align_tokens(p, i);
        r->trained += is_trained(x, d);
        if (is_trained(x, d) && train->n > most)
            most = train->n;
    }
    if (r->trained == 0)
        return err_set(EX_USAGE, "no direction has role behaviour: nothing "
                       "to learn");
    r->per_epoch = (long)((most + (size_t)x->plan.batch - 1) /
                          (size_t)x->plan.batch);
    r->epoch = -1;
    lines = (size_t)(r->per_epoch * x->plan.epochs / x->plan.validate_every)
            + 2;
    x->history = arena_get(a, lines, sizeof *x->history);
    if (x->history == NULL || join_parameters(r, a))
        return -1;
    r->progress[BEST_IIA] = -1;
    r->progress[BEST_LOSS] = r->progress[MARK_LOSS] = HUGE_VAL;
    r->progress[MARK_IIA] = -1;
    return align_space_open(&r->space, x, a);
}

static int restore(struct run *r, struct resume *resume)
{
    struct align *x = r->x;
    long lines = r->per_epoch * x->plan.epochs / x->plan.validate_every + 2;
    int found;

    resume_add(resume, "parameters", r->w, r->n);
    resume_add(resume, "best", r->best, r->n);
    resume_add(resume, "adam_m", r->adam.m, r->n);
    resume_add(resume, "adam_v", r->adam.v, r->n);
    resume_add(resume, "adam_t", &r->adam.t, 1);
    resume_add(resume, "progress", r->progress, PROGRESS);
    resume_add(resume, "history", (double *)x->history,
               (size_t)lines * sizeof *x->history / sizeof(double));
    if ((found = resume_load(resume)) > 0 &&
        r->progress[STEP] > (double)(r->per_epoch * x->plan.epochs))
        return err_set(EX_USAGE, "--epochs %d: the checkpoint is at step %.0f "
                       "already; remove it to begin again", x->plan.epochs,
                       r->progress[STEP]);
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
        double tokens = 0;

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
            tokens += r->tokens[d][l->order[i]];
        }
        l->scale = (real)(1 / (tokens * r->trained));
    }
    r->epoch = epoch;
}

/* One Adam step on all maps; returns the loss, the mean over directions of
 * the mean cross entropy of scored tokens. */
static double gradient_step(struct run *r)
{
    struct align *x = r->x;
    double loss = 0;

    fill_lanes(r, (long)r->progress[STEP]);
    align_run(x, &r->space);
    for (int k = 0; k < x->nsystems; k++)
        amap_zero(x->system[k].R);
    for (int d = 0; d < x->ndirections; d++) {
        struct align_lane *l = &r->space.lane[d];
        if (l->n == 0)
            continue;
        swap_back(x->system[x->direction[d].target].R,
                  x->system[x->direction[d].source].R, l->dv, l->n, l->work);
        for (int i = 0; i < l->n; i++)
            loss += l->loss[i] * (double)l->scale;
    }
    for (int k = 0; k < x->nsystems; k++)
        x->system[k].R->form->back(x->system[k].R);
    adam_step(&r->adam, r->w, r->dw, x->plan.lr);
    for (int k = 0; k < x->nsystems; k++)
        x->system[k].R->form->forward(x->system[k].R);
    r->progress[STEP]++;
    r->progress[LOSS_SUM] += loss;
    r->progress[LOSS_STEPS]++;
    return loss;
}

/* Evaluate the trained directions on validation samples, note the line, keep
 * the best maps. */
static void validate(struct run *r)
{
    struct align *x = r->x;
    const uint32_t *sample[ALIGN_DIRECTIONS];
    size_t n[ALIGN_DIRECTIONS];
    struct align_mean mean[ALIGN_DIRECTIONS];
    double *p = r->progress, score;
    struct align_line *line = &x->history[(size_t)p[LINES]++];

    for (int d = 0; d < x->ndirections; d++) {
        sample[d] = r->valid[d].sample;
        n[d] = is_trained(x, d) ? r->valid[d].n : 0;
    }
    align_evaluate(x, &r->space, sample, n, mean, NULL, NULL);
    *line = (struct align_line){ .step = p[STEP], .valid_iia_min = 1,
        .train_loss = p[LOSS_STEPS] > 0 ? p[LOSS_SUM] / p[LOSS_STEPS] : NAN };
    p[LOSS_SUM] = p[LOSS_STEPS] = 0;
    for (int d = 0; d < x->ndirections; d++)
        if (is_trained(x, d)) {
            line->valid_loss += mean[d].loss / r->trained;
            line->valid_iia += mean[d].iia / r->trained;
            line->valid_iia_min = fmin(line->valid_iia_min, mean[d].iia);
        }

    score = x->plan.select_min ? line->valid_iia_min : line->valid_iia;
    if (score > p[BEST_IIA] ||
        (score == p[BEST_IIA] && line->valid_loss < p[BEST_LOSS])) {
        p[BEST_IIA] = score;
        p[BEST_LOSS] = line->valid_loss;
        p[BEST_STEP] = p[STEP];
        memcpy(r->best, r->w, r->n * sizeof *r->w);
    }
    if (score > p[MARK_IIA] + x->plan.better_iia) {
        p[MARK_IIA] = score;
        p[MARK_STEP] = p[STEP];
    }
    if (line->valid_loss < p[MARK_LOSS] * (1 - x->plan.better_loss)) {
        p[MARK_LOSS] = line->valid_loss;
        p[MARK_STEP] = p[STEP];
    }
}

static bool diverged(const struct run *r, double loss)
{
    if (isfinite(loss))
        return false;
    err_set(ERR_FAILED, "the loss is not finite after %.0f steps: the "
            "alignment diverged", r->progress[STEP]);
    return true;
}

int align_learn(struct align *x, struct resume *resume, struct arena *a)
{
    struct run r = { .x = x };
    double *p = r.progress, total;

    if (open_run(&r, a) || restore(&r, resume))
        return -1;
    total = (double)(r.per_epoch * x->plan.epochs);
    if (p[LINES] == 0)
        validate(&r);
    while (p[STEP] < total && !x->converged) {
        double loss = gradient_step(&r);
        if (diverged(&r, loss))
            return -1;
        if ((long)p[STEP] % x->plan.validate_every && p[STEP] < total)
            continue;
        validate(&r);
        const struct align_line *line = &x->history[(size_t)p[LINES] - 1];
        if (diverged(&r, line->valid_loss))
            return -1;
        log_progress(p[STEP], total, "steps",
                     "loss %.4f, validation IIA %.4f (best %.4f)",
                     line->train_loss, line->valid_iia, p[BEST_IIA]);
        x->converged = x->plan.early_stop &&
                       p[STEP] - p[MARK_STEP] >= x->plan.patience;
        if (!x->converged && p[STEP] < total && resume_save(resume, false))
            return -1;
    }
    log_progress_end();
    memcpy(r.w, r.best, r.n * sizeof *r.w);
    for (int k = 0; k < x->nsystems; k++)
        x->system[k].R->form->forward(x->system[k].R);
    x->steps = (int)p[STEP];
    x->best_step = (int)p[BEST_STEP];
    x->nhistory = (size_t)p[LINES];
    return 0;
}

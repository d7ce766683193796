#include "align_priv.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "arena.h"
#include "catalogue.h"
#include "near.h"
#include "rng.h"
#include "swap.h"

static const struct acts_site *site_of(const struct align *x, int system)
{
    const struct acts *acts = x->system[system].acts;

    return &acts->site[acts_site(acts, x->plan.site)];
}

/* Does a counterfactual latent agree in variable v of the states: does their
 * task go on from it? Without a task, in all of them. */
static bool is_state(const struct acts *x, int v)
{
    int k = x->task ? task_variable(x->task, x->var[v].name) : -1;

    return k < 0 || x->task->variables[k].flags & VAR_STATE;
}

/* ---- intervened states ---- */

/* Rows of the counterfactual latents of a direction's training samples. */
static int64_t *train_latents(const struct pairs *p, size_t *n,
                              struct arena *a)
{
    uint32_t *sample = align_samples(p, SPLIT_TRAIN, n, a);
    int64_t *row = arena_get(a, *n, sizeof *row);

    for (size_t k = 0; sample && row && k < *n; k++)
        row[k] = p->cf_row[sample[k]];
    return sample ? row : NULL;
}

/* Another row with the split and the variables of this one, drawn uniformly;
 * -1: there is none. */
static int64_t twin_of(const struct catalogue *c, const struct acts *x,
                       int64_t row, struct rng *r)
{
    int32_t key[TASK_VARS + 1];
    int64_t twin;
    size_t from;
    uint32_t n;

    catalogue_key(c, x, row, key);
    if ((n = catalogue_find(c, key, &from)) < 2)
        return -1;
    twin = catalogue_row(c, from + rng_below(r, n - 1));
    return twin == row ? catalogue_row(c, from + n - 1) : twin;
}

/* Such rows for the latents of n samples; -1: no latent, or none. NULL:
 * memory. */
static int64_t *find_twins(const struct acts *x, const int64_t *row, size_t n,
                           struct rng r, struct arena *a)
{
    int64_t *twin = arena_get(a, n, sizeof *twin);
    struct catalogue c = { 0 };

    for (int v = 0; v < x->nvars; v++)
        if (is_state(x, v))
            c.column[c.nvars++] = x->var[v].value;
    if (!twin || catalogue_open(&c, x, a))
        return NULL;
    for (size_t k = 0; k < n; k++)
        twin[k] = row[k] < 0 ? -1 : twin_of(&c, x, row[k], &r);
    return twin;
}

/* The median; NaN where most have no such distance. */
static double median(double *distance, size_t n)
{
    double half = score_quantile(distance, n, 0.5);

    return isfinite(half) ? half : NAN;
}

/* The lane holds up to `batch` test samples at a time, in an order of its own;
 * v and h (n,m) gather the intervened and the target's own states of them all,
 * row (n) those of their latents. */
static int score_direction(struct align *x, struct align_space *s, int d,
                           struct arena *a)
{
    struct align_direction *dir = &x->direction[d];
    struct align_lane *l = &s->lane[d];
    const real *states = site_of(x, dir->target)->states;
    const struct acts *acts = x->system[dir->target].acts;
    const int64_t *same;
    size_t S = acts->S;
    int m = x->system[dir->target].R->m;
    size_t n, nmean, batch = (size_t)x->plan.batch;
    size_t size = (size_t)m * sizeof(real);
    const uint32_t *sample = align_samples(dir->pairs, SPLIT_TEST, &n, a);
    const int64_t *mean_row = train_latents(dir->pairs, &nmean, a);
    real *v = arena_get(a, n * (size_t)m, sizeof *v);
    real *h = arena_get(a, n * (size_t)m, sizeof *h);
    int64_t *row = arena_get(a, n, sizeof *row);
    int32_t *trial = arena_get(a, n, sizeof *trial);
    double *near = arena_get(a, n, sizeof *near);

    if (!sample || !mean_row || !v || !h || !row || !trial || !near)
        return -1;
    for (size_t from = 0; from < n; from += batch) {
        for (int e = 0; e < x->ndirections; e++)
            s->lane[e].n = 0;
        l->n = (int)(n - from < batch ? n - from : batch);
        memcpy(l->order, sample + from, (size_t)l->n * sizeof *l->order);
        if (s->engine->run(x, s))
            return -1;
        memcpy(v + from * (size_t)m, l->v, (size_t)l->n * size);
        memcpy(h + from * (size_t)m, l->h_i, (size_t)l->n * size);
        for (int k = 0; k < l->n; k++)
            row[from + (size_t)k] = dir->pairs->cf_row[l->order[k]];
    }
    for (size_t k = 0; k < n; k++)
        trial[k] = acts->trial[dir->pairs->target_row[sample[k]]];
    same = find_twins(acts, row, n, rng_at((uint64_t)x->plan.seed, RNG_STAND_IN,
                                           (uint32_t)d, 1), a);
    if (!same || standin_score(dir->standin, &(struct standin_samples){
            .m = m, .n = n, .nmean = nmean, .v = v, .h = h, .states = states,
            .row = row, .same_row = same, .mean_row = mean_row,
            .trial = trial },
            (uint64_t)x->plan.seed, (uint32_t)d, a) ||
        near_distance(near, v, n, states, S, m, 0, a))
        return -1;
    dir->latent_n = dir->standin[STANDIN_INTERVENED].n;
    dir->latent_distance = dir->standin[STANDIN_INTERVENED].distance;
    dir->latent_cosine = dir->standin[STANDIN_INTERVENED].cosine;
    dir->nearest = median(near, n);
    if (near_distance(near, h, n, states, S, m, near_apart(states, S, m), a))
        return -1;
    dir->nearest_recorded = median(near, n);
    return 0;
}

int align_states(struct align *x, struct align_space *s, struct arena *a)
{
    struct arena *one = arena_beside(a);
    int rc = one ? 0 : -1;

    for (int d = 0; d < x->ndirections; d++)
        s->lane[d].run = s->lane[d].latent = false;
    for (int d = 0; d < x->ndirections && rc == 0; d++) {
        rc = score_direction(x, s, d, one);
        arena_reset(one);
    }
    arena_close(one);
    return rc;
}

/* ---- perfect exchanges ---- */

/* The direction for a while: the target's own counterfactual latents for
 * sources, all that its map is of exchanged. */
static int score_perfect(struct align *x, struct align_space *s, int d,
                         struct arena *a)
{
    struct align_direction *dir = &x->direction[d], kept = *dir;
    struct align_system *to = &x->system[dir->target];
    struct amap *R = to->R, *all = amap_with_dims(R, amap_reach(R), a);
    struct align_lane *l = &s->lane[d], lane = *l;
    struct pairs own = *dir->pairs;
    const uint32_t *samples[ALIGN_DIRECTIONS] = { NULL };
    size_t n[ALIGN_DIRECTIONS] = { 0 }, batch = (size_t)x->plan.batch, all_n;
    struct align_mean mean[ALIGN_DIRECTIONS];
    uint32_t *sample = align_samples(&own, SPLIT_TEST, &all_n, a);

    if (!all || !sample ||
        !(l->work = arena_get(a, swap_room(all, all, (int)batch),
                              sizeof *l->work)) ||
        !(l->h_j = arena_get(a, batch * (size_t)R->m, sizeof *l->h_j)))
        return -1;
    for (size_t k = 0; k < all_n; k++)
        if (own.cf_row[sample[k]] >= 0)
            sample[n[d]++] = sample[k];
    samples[d] = sample;
    own.source_row = own.cf_row;
    dir->source = dir->target;
    dir->pairs = &own;
    to->R = all;
    l->run = true;
    int rc = align_evaluate(x, s, samples, n, mean, NULL, NULL);
    to->R = R;
    *l = lane;
    *dir = kept;
    if (rc)
        return -1;
    dir->perfect_n = (int)n[d];
    dir->perfect_iia = mean[d].iia;
    if (n[d])
        dir->perfect = score_wilson(mean[d].iia * (double)n[d], (double)n[d]);
    return 0;
}

int align_perfect(struct align *x, struct align_space *s, struct arena *a)
{
    for (int d = 0; d < x->ndirections; d++)
        s->lane[d].run = s->lane[d].latent = false;
    for (int d = 0; d < x->ndirections; d++) {
        struct align_direction *dir = &x->direction[d];
        bool asked = dir->role != ROLE_BEHAVIOUR && align_runs(x, dir->target);
        dir->perfect_n = 0;
        dir->perfect_iia = NAN;
        dir->perfect = (struct interval){ NAN, NAN };
        if (asked && score_perfect(x, s, d, a))
            return -1;
    }
    return 0;
}

/* ---- decoding ---- */

/* Add the variable of a system to the list, once. */
static void list_variable(struct align *x, int system, const char *variable)
{
    for (size_t i = 0; i < x->ndecodings; i++)
        if (x->decoding[i].system == system &&
            strcmp(x->decoding[i].variable, variable) == 0)
            return;
    x->decoding[x->ndecodings++] =
        (struct align_decoding){ .system = system, .variable = variable };
}

/* The same of what a direction exchanges: full is every variable that the task
 * goes on from; without a task, all of them. */
static void list_exchanged(struct align *x, int system, const char *variable)
{
    const struct acts *acts = x->system[system].acts;

    if (acts_variable(acts, variable) >= 0)
        list_variable(x, system, variable);
    else
        for (int v = 0; v < acts->nvars; v++)
            if (is_state(acts, v))
                list_variable(x, system, acts->var[v].name);
}

/* Random numbers after those of the directions. */
static int decode(struct align *x, size_t i, struct arena *a)
{
    struct align_decoding *y = &x->decoding[i];
    const struct acts *acts = x->system[y->system].acts;
    const struct acts_site *site = site_of(x, y->system);
    struct decode_rows rows = {
        .m = site->M, .states = site->states, .trial = acts->trial,
        .value = acts->var[acts_variable(acts, y->variable)].value };

    for (int split = 0; split < SPLITS; split++) {
        size_t *row = arena_get(a, acts->S, sizeof *row), n = 0;
        if (!row)
            return -1;
        for (size_t k = 0; k < acts->S; k++)
            if (acts->eligible[k] && acts->split[acts->trial[k]] == split)
                row[n++] = k;
        rows.row[split] = row;
        rows.n[split] = n;
    }
    return decode_linear(&y->is, &rows, (uint64_t)x->plan.seed,
                         ALIGN_DIRECTIONS + (uint32_t)i, a);
}

int align_decode(struct align *x, struct arena *a)
{
    struct arena *one = arena_beside(a);
    bool closed = false;
    int rc = one ? 0 : -1;

    for (int k = 0; k < x->nsystems; k++)
        closed = closed || align_closed(x, k);
    x->decoding = arena_get(a, (size_t)x->nsystems * TASK_VARS,
                            sizeof *x->decoding);
    x->ndecodings = 0;
    if (!x->decoding)
        rc = -1;
    for (int d = 0; d < x->ndirections && closed && rc == 0; d++) {
        const struct align_direction *dir = &x->direction[d];
        list_exchanged(x, dir->source, dir->pairs->source_variable);
        list_exchanged(x, dir->target, dir->pairs->target_variable);
    }
    for (size_t i = 0; i < x->ndecodings && rc == 0; i++) {
        rc = decode(x, i, one);
        arena_reset(one);
    }
    arena_close(one);
    return rc;
}

#include "align.h"

#include <stdlib.h>
#include <string.h>

#include "arch.h"
#include "err.h"
#include "h5file.h"
#include "rng.h"

/* ---- roles ---- */

const char *align_role_name(enum role role)
{
    return h5file_names(H5_ROLE)[role];
}

int align_role(const char *name)
{
    const char *const *names = h5file_names(H5_ROLE);

    for (int r = 0; names[r]; r++)
        if (strcmp(names[r], name) == 0)
            return r;
    return err_choice("role", name, names);
}

bool align_runs(const struct align *x, int system)
{
    return x->system[system].model && x->system[system].acts->accessible;
}

bool align_closed(const struct align *x, int system)
{
    return !align_runs(x, system) || x->system[system].held;
}

int align_hold(struct align *x, const char *list)
{
    for (char *end; *list; list = end + (*end == ',')) {
        long k = strtol(list, &end, 10);
        if (end == list || (*end && (*end != ',' || !end[1])) || k < 1 ||
            k > x->nsystems)
            return err_set(EX_USAGE, "--hold: want systems of 1..%d as 2 or "
                           "2,3", x->nsystems);
        if (!align_runs(x, (int)k - 1))
            return err_set(EX_USAGE, "--hold: system %ld is not run on anyway: "
                           "it is a recording, or its model was not given", k);
        x->system[k - 1].held = true;
    }
    return 0;
}

/* ---- presets ---- */

enum { NONE = -1 };             /* no role: not in this preset */

/* The menu, a row a preset: its name, and how its list is made. */
#define PRESETS                                                             \
    ROW("das", .systems = 1, .open = ROLE_BEHAVIOUR, .closed = NONE)        \
    ROW("mas", .open = ROLE_BEHAVIOUR, .closed = NONE)                      \
    ROW("unimas", .open = ROLE_BEHAVIOUR, .closed = ROLE_SCORE,             \
        .optional = true)                                                   \
    ROW("cmas", .open = ROLE_BEHAVIOUR, .closed = ROLE_LATENT)              \
    ROW("linear-map", .one = true, .open = ROLE_BEHAVIOUR, .closed = NONE,  \
        .whole = true)                                                      \
    ROW("latent-stitching", .one = true, .open = ROLE_LATENT,               \
        .closed = ROLE_LATENT, .whole = true)

#define ROW(name, ...) name,
const char *const align_presets[] = { PRESETS NULL };
#undef ROW

/* A preset's list: all directions between all systems, or one. */
#define ROW(name, ...) { __VA_ARGS__ },
static const struct preset {
    int systems;                /* 0: any number                             */
    bool one;
    int open, closed;           /* role of directions into systems that are
                                   run in training, and into others          */
    bool optional;              /* the closed ones need not be given         */
    bool whole;                 /* K: all dimensions of the narrowest system */
} presets[] = { PRESETS };
#undef ROW

static bool given(const struct align *x, int source, int target)
{
    for (int d = 0; d < x->ndirections; d++)
        if (x->direction[d].source == source &&
            x->direction[d].target == target)
            return true;
    return false;
}

static int check_complete(const struct align *x, const struct preset *p,
                          const char *name)
{
    if (p->one && x->ndirections != 1)
        return err_set(EX_USAGE, "preset %s is for one direction, not %d",
                       name, x->ndirections);
    for (int j = 0; j < x->nsystems && !p->one; j++)
        for (int i = 0; i < x->nsystems; i++)
            if (!given(x, j, i) && !(p->optional && align_closed(x, i)))
                return err_set(EX_USAGE, "preset %s has a direction %d:%d; "
                               "give it, or give every direction its role",
                               name, j + 1, i + 1);
    return 0;
}

int align_preset(struct align *x, const char *preset)
{
    const struct preset *p;
    bool closed = false;
    int k = 0;

    while (align_presets[k] && strcmp(align_presets[k], preset))
        k++;
    if (align_presets[k] == NULL)
        return err_choice("preset", preset, align_presets);
    p = &presets[k];
    if (p->systems && p->systems != x->nsystems)
        return err_set(EX_USAGE, "preset %s is for %d system, not %d", preset,
                       p->systems, x->nsystems);
    for (int i = 0; i < x->nsystems; i++)
        closed = closed || align_closed(x, i);
    if (p->closed != NONE && p->open != p->closed && !closed)
        return err_set(EX_USAGE, "preset %s is for a system that cannot be "
                       "run on: a recording, or one that --hold names",
                       preset);
    for (int d = 0; d < x->ndirections; d++) {
        int target = x->direction[d].target;
        int role = align_closed(x, target) ? p->closed : p->open;
        if (role == NONE)
            return err_set(EX_USAGE, "preset %s runs system %d, which is %s",
                           preset, target + 1, align_runs(x, target)
                           ? "held" : "a recording or has no model here");
        x->direction[d].role = (enum role)role;
    }
    if (check_complete(x, p, preset))
        return -1;
    x->preset = align_presets[k];
    x->whole = p->whole;
    return 0;
}

/* ---- checks at the door ---- */

/* The recording holds what its model goes on from. */
static int check_model(const struct align_system *to, const char *site)
{
    const struct model *m = to->model;

    if (arch_site(m->arch, site) < 0)
        return err_set(EX_DATAERR, "a %s has no site %s", m->arch->name, site);
    for (int s = 0; m->arch->sites[s].name; s++) {
        int k = acts_site(to->acts, m->arch->sites[s].name);
        if (k < 0 || to->acts->site[k].M != model_width(m, s))
            return err_set(EX_DATAERR, "%s: no states of %d units at site %s",
                           to->acts->system, model_width(m, s),
                           m->arch->sites[s].name);
    }
    return to->acts->token ? 0 :
           err_set(EX_DATAERR, "%s: no tokens (/rows/token) that its model "
                   "could go on from", to->acts->system);
}

/* The direction's role is one that its target admits. */
static int check_role(const struct align *x, const struct align_direction *d)
{
    const struct align_system *to = &x->system[d->target];
    size_t found[SPLITS] = { 0 };

    if (align_runs(x, d->target) && check_model(to, d->pairs->site))
        return -1;
    if (d->role == ROLE_BEHAVIOUR && !align_runs(x, d->target))
        return err_set(EX_DATAERR, "%s cannot be run on: it is a recording, or "
                       "its model was not given", to->acts->system);
    if (d->role == ROLE_BEHAVIOUR && to->held)
        return err_set(EX_USAGE, "system %d is held: it is not run in "
                       "training", d->target + 1);
    if (d->role != ROLE_LATENT)
        return 0;
    if (strcmp(d->pairs->site, "embedding") == 0)
        return err_set(EX_DATAERR, "an embedding does not hold the variables "
                       "that a counterfactual latent is found by");
    for (size_t i = 0; i < d->pairs->P; i++)
        found[d->pairs->split[i]] += d->pairs->cf_row[i] >= 0;
    if (!found[SPLIT_TRAIN] || !found[SPLIT_VALID])
        return err_set(EX_DATAERR, "no counterfactual latents in the training "
                       "or validation samples");
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
    if (p->task && !(to->acts->task && task_same(p->task, to->acts->task)))
        return err_set(EX_DATAERR, "its tokens are not those of system %d",
                       d->target + 1);
    if (strcmp(p->site, x->plan.site))
        return err_set(EX_DATAERR, "interventions are for site %s, not %s",
                       p->site, x->plan.site);
    if (check_role(x, d))
        return -1;
    for (size_t i = 0; i < p->P; i++) {
        if ((size_t)p->target_row[i] >= to->acts->S ||
            (size_t)p->source_row[i] >= from->acts->S)
            return err_set(EX_DATAERR, "sample %zu names a row that its "
                           "activations do not have", i);
        if (p->cf_row[i] < -1 || (p->cf_row[i] >= 0 &&
            (size_t)p->cf_row[i] >= to->acts->S))
            return err_set(EX_DATAERR, "/cf_row: sample %zu names a row that "
                           "the target's activations do not have", i);
        if (p->length[i] < 1 && align_runs(x, d->target))
            return err_set(EX_DATAERR, "/length: sample %zu has no tokens to "
                           "be judged by", i);
    }
    return 0;
}

/* Say which direction, of which file, the pending error is about. */
static int fail_in(const struct align_direction *d)
{
    err_in("direction %d:%d", d->source + 1, d->target + 1);
    return d->pairs->file ? err_in("%s", d->pairs->file) : -1;
}

/* The unit of the latent losses into a system. */
static int find_spread(struct align_system *to, const struct acts_site *site,
                       enum latent_norm norm)
{
    to->spread = 1;
    if (norm != LATENT_RELATIVE)
        return 0;
    to->spread = acts_spread(site->states, to->acts->S, site->M);
    return to->spread > 0 ? 0 :
           err_set(EX_DATAERR, "%s: its states at site %s are all one state",
                   to->acts->system, site->name);
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
        x->plan.K = x->whole || narrowest == 1 ? narrowest : narrowest / 2;
    if (x->plan.K > narrowest)
        return err_set(EX_USAGE, "--dims %d: the narrowest system has %d "
                       "units", x->plan.K, narrowest);
    for (int d = 0; d < x->ndirections; d++)
        if (check_direction(x, &x->direction[d]))
            return fail_in(&x->direction[d]);
    for (int d = 0; d < x->ndirections; d++) {
        int to = x->direction[d].target;
        if (x->direction[d].role == ROLE_LATENT && !x->system[to].spread &&
            find_spread(&x->system[to], &x->system[to].acts->site[site[to]],
                        x->plan.latent_norm))
            return fail_in(&x->direction[d]);
    }
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

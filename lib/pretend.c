#include "pretend.h"

#include <math.h>
#include <stdbool.h>

#include "acts.h"
#include "arena.h"
#include "err.h"
#include "rng.h"

/* n of the site's units, ascending. NULL: memory. */
static int32_t *draw_units(const struct acts_site *site, int n, struct rng r,
                           struct arena *a)
{
    uint32_t *order = arena_get(a, (size_t)site->M, sizeof *order);
    bool *drawn = arena_get(a, (size_t)site->M, sizeof *drawn);
    int32_t *unit = arena_get(a, (size_t)n, sizeof *unit), *next = unit;

    if (!order || !drawn || !unit)
        return NULL;
    rng_permute(&r, order, (uint32_t)site->M);
    for (int k = 0; k < n; k++)
        drawn[order[k]] = true;
    for (int32_t k = 0; k < site->M; k++)
        if (drawn[k])
            *next++ = k;
    return unit;
}

/* Keep these n units of the S rows. */
static int keep_units(struct acts_site *site, size_t S, const int32_t *unit,
                      int n, struct arena *a)
{
    size_t M = (size_t)site->M, k = 0;
    real *states = arena_get(a, S * (size_t)n, sizeof *states);

    if (!states)
        return -1;
    for (size_t row = 0; row < S; row++)
        for (int i = 0; i < n; i++)
            states[k++] = site->states[row * M + (size_t)unit[i]];
    site->M = n;
    site->states = states;
    return 0;
}

static int add_noise(struct acts_site *site, size_t S, double noise,
                     uint64_t seed, uint32_t number, struct arena *a)
{
    size_t M = (size_t)site->M;
    double *sd = arena_get(a, M, sizeof *sd);

    if (!sd)
        return -1;
    acts_variance(sd, site->states, S, site->M);
    for (size_t i = 0; i < M; i++)
        sd[i] = noise * sqrt(sd[i]);
    for (size_t row = 0; row < S; row++) {
        struct rng r = rng_at(seed, RNG_NOISE, number, (uint32_t)row);
        for (size_t i = 0; i < M; i++)
            site->states[row * M + i] += (real)(sd[i] * rng_normal(&r));
    }
    return 0;
}

int pretend_record(struct acts *x, const struct pretend_plan *plan,
                   struct arena *a)
{
    uint64_t seed = (uint64_t)plan->seed;

    for (int k = 0; k < x->nsites; k++) {
        struct acts_site *site = &x->site[k];
        uint32_t number = (uint32_t)k;
        int n = (int)plan->units;
        if (plan->units > site->M)
            return err_set(EX_USAGE, "--units %ld: site %s has %d",
                           plan->units, site->name, site->M);
        if (n && (!(x->unit[k] = draw_units(site, n, rng_at(seed, RNG_UNITS,
                                                            number, 0), a)) ||
                  keep_units(site, x->S, x->unit[k], n, a)))
            return -1;
        if (plan->noise > 0 &&
            add_noise(site, x->S, plan->noise, seed, number, a))
            return -1;
    }
    x->accessible = false;
    x->noise = plan->noise;
    return 0;
}

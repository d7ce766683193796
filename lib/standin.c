#include "standin.h"

#include <math.h>
#include <stdbool.h>

#include "arena.h"
#include "latent.h"
#include "rng.h"

enum { DRAWS = 1000 };

const char *const standin_names[STANDINS] = {
    "intervened", "mean latent", "shuffled", "untouched", "same variables",
};

/* mean (m) of the states at those rows; 0 where there is none. */
static void mean_state(real *mean, const struct standin_samples *s,
                       double *sum)
{
    size_t n = 0, m = (size_t)s->m;

    for (size_t k = 0; k < s->nmean; k++) {
        if (s->mean_row[k] < 0)
            continue;
        n++;
        for (size_t i = 0; i < m; i++)
            sum[i] += (double)s->states[(size_t)s->mean_row[k] * m + i];
    }
    for (size_t i = 0; i < m; i++)
        mean[i] = n ? (real)(sum[i] / (double)n) : 0;
}

/* The numbers of the samples that have a latent. How many. */
static uint32_t list_samples(uint32_t *list, const struct standin_samples *s)
{
    uint32_t n = 0;

    for (size_t k = 0; k < s->n; k++)
        if (s->row[k] >= 0)
            list[n++] = (uint32_t)k;
    return n;
}

/* other[k]: the sample that comes after k in a circle drawn at random through
 * all n, so never k itself. */
static void list_others(uint32_t *other, uint32_t *circle, uint32_t n,
                        struct rng r)
{
    rng_permute(&r, circle, n);
    for (uint32_t k = 0; k < n; k++)
        other[circle[k]] = circle[(k + 1) % n];
}

static double mean_of(const double *x, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum / (double)n;
}

/* The state that stands for sample k; NULL: none. */
static const real *state_of(const struct standin_samples *s, int kind, size_t k,
                            const real *mean)
{
    size_t m = (size_t)s->m;

    switch (kind) {
    case STANDIN_MEAN:
        return mean;
    case STANDIN_UNTOUCHED:
        return s->h + k * m;
    case STANDIN_SAME:
        return s->same_row[k] < 0 ? NULL
                                  : s->states + (size_t)s->same_row[k] * m;
    default:
        return s->v + k * m;
    }
}

static int summarise(struct standin_line *to, const double *distance,
                     const double *cosine, uint64_t seed, uint32_t direction,
                     struct arena *a)
{
    size_t n = (size_t)to->n;

    to->distance = mean_of(distance, n);
    to->cosine = mean_of(cosine, n);
    return score_bootstrap_mean(&to->distance_95, distance, n, DRAWS, seed,
                                direction, a) ||
           score_bootstrap_mean(&to->cosine_95, cosine, n, DRAWS, seed,
                                direction, a) ? -1 : 0;
}

int standin_score(struct standin_line line[STANDINS],
                  const struct standin_samples *s, uint64_t seed,
                  uint32_t direction, struct arena *a)
{
    size_t m = (size_t)s->m;
    uint32_t *sample = arena_get(a, s->n, sizeof *sample);
    uint32_t *other = arena_get(a, s->n, sizeof *other);
    uint32_t *circle = arena_get(a, s->n, sizeof *circle);
    double *distance = arena_get(a, s->n, sizeof *distance);
    double *cosine = arena_get(a, s->n, sizeof *cosine);
    double *sum = arena_get(a, m, sizeof *sum);
    real *mean = arena_get(a, m, sizeof *mean);
    uint32_t n;

    if (!sample || !other || !circle || !distance || !cosine || !sum || !mean)
        return -1;
    n = list_samples(sample, s);
    list_others(other, circle, n, rng_at(seed, RNG_STAND_IN, direction, 0));
    mean_state(mean, s, sum);
    for (int kind = 0; kind < STANDINS; kind++) {
        bool shuffled = kind == STANDIN_SHUFFLED;
        struct standin_line *to = &line[kind];
        *to = (struct standin_line){ 0, NAN, NAN, { NAN, NAN }, { NAN, NAN } };
        for (uint32_t k = 0; k < n && !(shuffled && n < 2); k++) {
            uint32_t held = sample[shuffled ? other[k] : k];
            const real *v = state_of(s, kind, sample[k], mean);
            const real *x = s->states + (size_t)s->row[held] * m;
            if (!v)
                continue;
            distance[to->n] = latent_distance(v, x, s->m);
            cosine[to->n++] = latent_cosine(v, x, s->m);
        }
        if (to->n && summarise(to, distance, cosine, seed, direction, a))
            return -1;
    }
    return 0;
}

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

/* What a line adds up: rows of 1 and a number, and their trials. */
struct sums {
    double (*distance)[2], (*cosine)[2];
    int32_t *trial;
};

static int open_sums(struct sums *t, size_t n, struct arena *a)
{
    return (t->distance = arena_get(a, n, sizeof *t->distance)) &&
           (t->cosine = arena_get(a, n, sizeof *t->cosine)) &&
           (t->trial = arena_get(a, n, sizeof *t->trial)) ? 0 : -1;
}

static int summarise(double *mean, struct interval *y, double (*x)[2], int n,
                     const int32_t *trial, uint64_t seed, uint32_t direction,
                     struct arena *a)
{
    const struct score_rows rows = { (size_t)n, 2, *x, trial };
    double sum[2] = { n, 0 };

    for (int k = 0; k < n; k++)
        sum[1] += x[k][1];
    *mean = score_mean(sum);
    return score_clusters(y, score_mean, &rows, DRAWS, seed, direction, a) < 0
           ? -1 : 0;
}

int standin_score(struct standin_line line[STANDINS],
                  const struct standin_samples *s, uint64_t seed,
                  uint32_t direction, struct arena *a)
{
    size_t m = (size_t)s->m;
    uint32_t *sample = arena_get(a, s->n, sizeof *sample);
    uint32_t *other = arena_get(a, s->n, sizeof *other);
    uint32_t *circle = arena_get(a, s->n, sizeof *circle);
    double *sum = arena_get(a, m, sizeof *sum);
    real *mean = arena_get(a, m, sizeof *mean);
    struct sums t;
    uint32_t n;

    if (!sample || !other || !circle || !sum || !mean ||
        open_sums(&t, s->n, a))
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
            double *distance = t.distance[to->n], *cosine = t.cosine[to->n];
            if (!v)
                continue;
            distance[0] = cosine[0] = 1;
            distance[1] = latent_distance(v, x, s->m);
            cosine[1] = latent_cosine(v, x, s->m);
            t.trial[to->n++] = s->trial[sample[k]];
        }
        if (to->n && (summarise(&to->distance, &to->distance_95, t.distance,
                                to->n, t.trial, seed, direction, a) ||
                      summarise(&to->cosine, &to->cosine_95, t.cosine, to->n,
                                t.trial, seed, direction, a)))
            return -1;
    }
    return 0;
}

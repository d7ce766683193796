/* score.c - see score.h. */
#include "score.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "rng.h"

const double score_z95 = 1.959963984540054;

enum { SEEDS_MIN = 3 };         /* fewer models of a type, or pairs: NaN */

struct interval score_wilson(double right, double n)
{
    struct interval y = { 0, 1 };

    assert(0 <= right && right <= n);
    if (n > 0) {
        double p = right / n, z2 = score_z95 * score_z95 / n;
        double mid = (p + z2 / 2) / (1 + z2);
        double half = score_z95 / (1 + z2) *
                      sqrt(p * (1 - p) / n + z2 / (4 * n));
        y.low = right > 0 ? mid - half : 0;
        y.high = right < n ? mid + half : 1;
    }
    return y;
}

/* cdf (n+1): P(X <= k) of a binomial(n, (right + 1/2) / (n + 1)). */
static void binomial(double *cdf, int right, int n)
{
    double p = (right + 0.5) / (n + 1.), sum = 0;

    for (int k = 0; k <= n; k++) {
        sum += exp(lgamma(n + 1.) - lgamma(k + 1.) - lgamma(n - k + 1.) +
                   k * log(p) + (n - k) * log1p(-p));
        cdf[k] = sum;
    }
}

/* The smallest k with cdf[k] > u; rounding may leave cdf[n] below 1. */
static int invert(const double *cdf, int n, double u)
{
    int lo = 0, hi = n;

    while (lo < hi) {
        int mid = lo + (hi - lo) / 2;
        if (cdf[mid] > u)
            hi = mid;
        else
            lo = mid + 1;
    }
    return lo;
}

int score_bootstrap(struct interval *y, const int *right, const int *n,
                    int groups, int draws, uint64_t seed, uint32_t stream,
                    struct arena *a)
{
    struct rng r = rng_at(seed, RNG_BOOTSTRAP, stream, 0);
    double *mean = arena_get(a, (size_t)draws, sizeof *mean);
    double measured = 0;
    int most = 0;

    assert(groups > 0 && draws > 0);
    for (int g = 0; g < groups; g++) {
        assert(n[g] > 0 && 0 <= right[g] && right[g] <= n[g]);
        most = n[g] > most ? n[g] : most;
        measured += (double)right[g] / n[g] / groups;
    }
    double *cdf = arena_get(a, (size_t)most + 1, sizeof *cdf);
    if (!mean || !cdf)
        return -1;

    for (int g = 0; g < groups; g++) {
        binomial(cdf, right[g], n[g]);
        for (int d = 0; d < draws; d++)
            mean[d] += (double)invert(cdf, n[g], rng_unit(&r)) / n[g] / groups;
    }
    y->low = fmin(measured, score_quantile(mean, (size_t)draws, 0.025));
    y->high = fmax(measured, score_quantile(mean, (size_t)draws, 0.975));
    return 0;
}

double score_mean(const double *sum)
{
    return sum[1] / sum[0];
}

static void add(double *to, const double *x, int width)
{
    for (int k = 0; k < width; k++)
        to[k] += x[k];
}

/* (*n,width): the sums of the clusters that have rows. NULL: memory. */
static double *add_up(const struct score_rows *rows, size_t *n,
                      struct arena *a)
{
    size_t width = (size_t)rows->width, most = 0;
    double *sum;
    bool *has;

    for (size_t i = 0; i < rows->n; i++) {
        assert(rows->cluster[i] >= 0);
        if ((size_t)rows->cluster[i] >= most)
            most = (size_t)rows->cluster[i] + 1;
    }
    sum = arena_get(a, most * width, sizeof *sum);
    has = arena_get(a, most, sizeof *has);
    if (!sum || !has)
        return NULL;
    for (size_t i = 0; i < rows->n; i++) {
        size_t c = (size_t)rows->cluster[i];
        has[c] = true;
        add(sum + c * width, rows->x + i * width, rows->width);
    }
    *n = 0;
    for (size_t c = 0; c < most; c++)
        if (has[c])
            memmove(sum + (*n)++ * width, sum + c * width,
                    width * sizeof *sum);
    return sum;
}

int score_clusters(struct interval *y, score_of_sums *of,
                   const struct score_rows *rows, int draws, uint64_t seed,
                   uint32_t stream, struct arena *a)
{
    struct rng r = rng_at(seed, RNG_BOOTSTRAP, stream, 2);
    size_t n, width = (size_t)rows->width, size = width * sizeof(double);
    const double *sum = add_up(rows, &n, a);
    double *drawn = arena_get(a, (size_t)draws, sizeof *drawn);
    double *all = arena_get(a, width, sizeof *all);

    assert(draws > 0);
    if (!sum || !drawn || !all)
        return -1;
    for (size_t c = 0; c < n; c++)
        add(all, sum + c * width, rows->width);
    *y = (struct interval){ NAN, NAN };
    if (n < 2 || isnan(of(all)))
        return (int)n;
    for (int d = 0; d < draws; d++)
        do {
            memset(all, 0, size);
            for (size_t c = 0; c < n; c++)
                add(all, sum + rng_below(&r, (uint32_t)n) * width,
                    rows->width);
            drawn[d] = of(all);
        } while (isnan(drawn[d]));
    y->low = score_quantile(drawn, (size_t)draws, 0.025);
    y->high = score_quantile(drawn, (size_t)draws, 0.975);
    return (int)n;
}

/* Draw each type's models anew: how often each one came. */
static void resample(int *times, const struct score_pairs *s, struct rng *r)
{
    int *first = times;

    for (int t = 0; t < s->types; first += s->models[t++]) {
        for (int k = 0; k < s->models[t]; k++)
            first[k] = 0;
        for (int k = 0; k < s->models[t]; k++)
            first[rng_below(r, (uint32_t)s->models[t])]++;
    }
}

/* The weighted mean; NaN where every pair's weight is 0. */
static double weigh(const int *times, const struct score_pairs *s)
{
    double sum = 0, total = 0;

    for (int p = 0; p < s->pairs; p++) {
        const int *m = s->member + (size_t)p * (size_t)s->width;
        double weight = 1;
        for (int k = 0; k < s->width && m[k] >= 0; k++)
            weight *= times[m[k]];
        sum += weight * s->value[p];
        total += weight;
    }
    return total > 0 ? sum / total : NAN;
}

int score_seeds(struct interval *y, const struct score_pairs *s, int draws,
                uint64_t seed, uint32_t stream, struct arena *a)
{
    struct rng r = rng_at(seed, RNG_BOOTSTRAP, stream, 1);
    double *mean;
    int *times, models = 0;

    assert(s->types > 0 && s->pairs > 0 && draws > 0);
    *y = (struct interval){ NAN, NAN };
    if (s->pairs < SEEDS_MIN)
        return 0;
    for (int t = 0; t < s->types; t++) {
        if (s->models[t] < SEEDS_MIN)
            return 0;
        models += s->models[t];
    }
    mean = arena_get(a, (size_t)draws, sizeof *mean);
    times = arena_get(a, (size_t)models, sizeof *times);
    if (!mean || !times)
        return -1;
    for (int d = 0; d < draws; d++)
        do {
            resample(times, s, &r);
            mean[d] = weigh(times, s);
        } while (isnan(mean[d]));
    y->low = score_quantile(mean, (size_t)draws, 0.025);
    y->high = score_quantile(mean, (size_t)draws, 0.975);
    return 0;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double score_quantile(double *x, size_t n, double q)
{
    assert(n > 0 && 0 <= q && q <= 1);
    qsort(x, n, sizeof *x, ascending);

    double at = q * (double)(n - 1), below = floor(at);
    size_t i = (size_t)below;
    return i + 1 < n ? x[i] + (at - below) * (x[i + 1] - x[i]) : x[i];
}

#include "bin.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"

double bin_slack(double t, double bin)
{
    return 1e-6 * bin + 4 * DBL_EPSILON * fabs(t);
}

double bin_of(double t, double t0, double bin)
{
    return floor((t - t0 + bin_slack(fmax(fabs(t), fabs(t0)), bin)) / bin);
}

double bin_count(double t0, double t1, double bin)
{
    return t1 > t0 ? bin_of(t1, t0, bin) : 0;
}

size_t bin_first(const double *t, size_t n, double edge, double bin)
{
    size_t lo = 0, hi = n;

    edge -= bin_slack(edge, bin);
    while (lo < hi) {
        size_t middle = lo + (hi - lo) / 2;
        if (t[middle] < edge)
            lo = middle + 1;
        else
            hi = middle;
    }
    return lo;
}

void bin_spikes(float *x, size_t stride, size_t nbins, double t0, double bin,
                const double *t, size_t n)
{
    for (size_t k = 0; k < nbins; k++)
        x[k * stride] = 0;
    for (size_t i = bin_first(t, n, t0, 2 * bin); i < n; i++) {
        double k = bin_of(t[i], t0, bin);
        if (k >= (double)nbins)
            break;
        if (k >= 0)
            x[(size_t)k * stride] += 1;
    }
}

static int by_value(const void *x, const void *y)
{
    double a = *(const double *)x, b = *(const double *)y;

    return (a > b) - (a < b);
}

void bin_sort(double *t, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (t[i] < t[i - 1]) {
            qsort(t, n, sizeof *t, by_value);
            return;
        }
}

/* ---- intervals ---- */

int spans_merge(struct spans *s, const double *pairs, size_t n,
                struct arena *a)
{
    double (*sorted)[2] = arena_get(a, n, sizeof *sorted);
    size_t kept = 0;

    *s = (struct spans){ .from = arena_get(a, n, sizeof *s->from),
                         .to = arena_get(a, n, sizeof *s->to) };
    if (!sorted || !s->from || !s->to)
        return -1;
    for (size_t i = 0; i < n; i++)
        if (pairs[2 * i] < pairs[2 * i + 1])
            memcpy(sorted[kept++], pairs + 2 * i, sizeof *sorted);
    if (kept)
        qsort(sorted, kept, sizeof *sorted, by_value);
    for (size_t i = 0; i < kept; i++) {
        if (!s->n || sorted[i][0] > s->to[s->n - 1]) {
            s->from[s->n] = sorted[i][0];
            s->to[s->n++] = sorted[i][1];
        } else {
            s->to[s->n - 1] = fmax(s->to[s->n - 1], sorted[i][1]);
        }
    }
    return 0;
}

int spans_meet(struct spans *s, const struct spans *other, struct arena *a)
{
    struct spans both = {
        .from = arena_get(a, s->n + other->n, sizeof *both.from),
        .to = arena_get(a, s->n + other->n, sizeof *both.to) };

    if (!both.from || !both.to)
        return -1;
    for (size_t i = 0, k = 0; i < s->n && k < other->n; ) {
        double from = fmax(s->from[i], other->from[k]);
        double to = fmin(s->to[i], other->to[k]);
        if (from < to) {
            both.from[both.n] = from;
            both.to[both.n++] = to;
        }
        if (s->to[i] < other->to[k])
            i++;
        else
            k++;
    }
    *s = both;
    return 0;
}

bool spans_hold(const struct spans *s, double t, double bin)
{
    double slack = bin_slack(t, bin);
    size_t lo = 0, hi = s->n;

    while (lo < hi) {
        size_t middle = lo + (hi - lo) / 2;
        if (s->from[middle] <= t + slack)
            lo = middle + 1;
        else
            hi = middle;
    }
    return lo > 0 && t + bin <= s->to[lo - 1] + slack;
}

struct span {
    double from, to;
    size_t number;
};

static int by_beginning(const void *x, const void *y)
{
    const struct span *a = x, *b = y;

    return a->from != b->from ? (a->from > b->from) - (a->from < b->from)
                              : (a->number > b->number) -
                                (a->number < b->number);
}

int spans_sort(struct spans_index *x, const double *from, const double *to,
               size_t n, struct arena *a)
{
    struct span *sorted = arena_get(a, n, sizeof *sorted);

    *x = (struct spans_index){ .from = arena_get(a, n, sizeof *x->from),
                               .to = arena_get(a, n, sizeof *x->to),
                               .reach = arena_get(a, n, sizeof *x->reach),
                               .number = arena_get(a, n, sizeof *x->number) };
    if (!sorted || !x->from || !x->to || !x->reach || !x->number)
        return -1;
    for (size_t i = 0; i < n; i++)
        if (from[i] < to[i])
            sorted[x->n++] = (struct span){ from[i], to[i], i };
    if (x->n)
        qsort(sorted, x->n, sizeof *sorted, by_beginning);
    for (size_t i = 0; i < x->n; i++) {
        x->from[i] = sorted[i].from;
        x->to[i] = sorted[i].to;
        x->number[i] = sorted[i].number;
        x->reach[i] = i ? fmax(x->reach[i - 1], x->to[i]) : x->to[i];
    }
    return 0;
}

long long spans_find(const struct spans_index *x, double t)
{
    size_t lo = 0, hi = x->n;

    while (lo < hi) {
        size_t middle = lo + (hi - lo) / 2;
        if (x->from[middle] <= t)
            lo = middle + 1;
        else
            hi = middle;
    }
    for (; lo > 0 && x->reach[lo - 1] > t; lo--)
        if (x->to[lo - 1] > t)
            return (long long)x->number[lo - 1];
    return -1;
}

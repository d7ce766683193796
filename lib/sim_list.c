/* sim_list.c - values, their ranks, and correlations of two lists; see
 * sim.h. */
#include "sim.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "arena.h"

static const double TIE = 1e-12;

struct place { double x; uint32_t i; };

static int by_value(const void *a, const void *b)
{
    const struct place *p = a, *q = b;

    return (p->x > q->x) - (p->x < q->x);
}

static int open_list(struct sim_list *l, size_t n, struct arena *a)
{
    l->n = n;
    return (l->rank = arena_get(a, n, sizeof *l->rank)) &&
           (l->level = arena_get(a, n, sizeof *l->level)) &&
           (l->order = arena_get(a, n, sizeof *l->order)) ? 0 : -1;
}

/* Levels and ranks from values that tie and their order. */
static void rank(struct sim_list *l)
{
    uint32_t level = 0;

    for (size_t from = 0, to; from < l->n; from = to, level++) {
        double x = l->value[l->order[from]];
        for (to = from; to < l->n && l->value[l->order[to]] <= x; to++)
            l->level[l->order[to]] = level;
        for (size_t k = from; k < to; k++)
            l->rank[l->order[k]] = (double)(from + 1 + to) / 2;
    }
}

int sim_list(struct sim_list *l, double *x, size_t n, struct arena *a)
{
    struct place *p = arena_get(a, n, sizeof *p);
    double nearest = 0;

    if (!p || open_list(l, n, a))
        return -1;
    for (size_t i = 0; i < n; i++) {
        p[i] = (struct place){ x[i], (uint32_t)i };
        nearest = fmax(nearest, TIE * fabs(x[i]));
    }
    qsort(p, n, sizeof *p, by_value);
    for (size_t k = 0; k < n; k++) {
        bool ties = k > 0 && p[k].x - p[k - 1].x <= nearest;
        x[p[k].i] = ties ? x[p[k - 1].i] : p[k].x;
        l->order[k] = p[k].i;
    }
    l->value = x;
    rank(l);
    return 0;
}

int sim_list_head(struct sim_list *l, const struct sim_list *of, size_t n,
                  struct arena *a)
{
    size_t k = 0;

    if (open_list(l, n, a))
        return -1;
    for (size_t i = 0; i < of->n; i++)
        if (of->order[i] < n)
            l->order[k++] = of->order[i];
    l->value = of->value;
    rank(l);
    return 0;
}

/* ---- correlations ---- */

static bool varies(const struct sim_list *l)
{
    return l->n > 0 && l->level[l->order[l->n - 1]] > 0;
}

static double product_moment(const double *x, const double *y, size_t n)
{
    double mx = 0, my = 0, xx = 0, yy = 0, xy = 0;

    for (size_t i = 0; i < n; i++) {
        mx += x[i];
        my += y[i];
    }
    mx /= (double)n;
    my /= (double)n;
    for (size_t i = 0; i < n; i++) {
        double u = x[i] - mx, v = y[i] - my;
        xx += u * u;
        yy += v * v;
        xy += u * v;
    }
    return xy / sqrt(xx) / sqrt(yy);
}

int sim_pearson(double *r, const struct sim_list *x, const struct sim_list *y,
                struct arena *a)
{
    (void)a;
    *r = varies(x) && varies(y) ? product_moment(x->value, y->value, x->n)
                                : NAN;
    return 0;
}

int sim_spearman(double *rho, const struct sim_list *x,
                 const struct sim_list *y, struct arena *a)
{
    (void)a;
    *rho = varies(x) && varies(y) ? product_moment(x->rank, y->rank, x->n)
                                  : NAN;
    return 0;
}

/* How often each level was seen, as sums over ranges of levels (Fenwick 1994):
 * tree[k] counts those from k - (k & -k) to k - 1. */
static void see(uint32_t *tree, size_t n, size_t level)
{
    for (size_t k = level + 1; k <= n; k += k & -k)
        tree[k]++;
}

static int64_t seen_below(const uint32_t *tree, size_t level)
{
    int64_t sum = 0;

    for (size_t k = level; k > 0; k &= k - 1)
        sum += tree[k];
    return sum;
}

/* Pairs of values that differ. */
static double pairs_apart(const struct sim_list *l)
{
    double pairs = 0;

    for (size_t from = 0, to; from < l->n; from = to) {
        for (to = from; to < l->n && l->level[l->order[to]] ==
                                     l->level[l->order[from]]; to++)
            ;
        pairs += (double)(to - from) * (double)from;
    }
    return pairs;
}

/* tau-b = (pairs in one order - pairs in opposite orders) /
 *         sqrt(pairs apart in x * pairs apart in y)
 *
 * The places come by ascending x; each meets those of smaller x, of which it
 * counts the smaller and the larger y (Knight 1966, with a tree of counts in
 * place of the merge sort). */
int sim_kendall(double *tau, const struct sim_list *x,
                const struct sim_list *y, struct arena *a)
{
    size_t n = x->n;
    uint32_t *tree = arena_get(a, n + 1, sizeof *tree);
    int64_t excess = 0;

    if (!tree)
        return -1;
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from; to < n && x->level[x->order[to]] ==
                                  x->level[x->order[from]]; to++) {
            uint32_t level = y->level[x->order[to]];
            excess += seen_below(tree, level) + seen_below(tree, level + 1) -
                      (int64_t)from;
        }
        for (size_t k = from; k < to; k++)
            see(tree, n, y->level[x->order[k]]);
    }
    *tau = varies(x) && varies(y)
               ? (double)excess / sqrt(pairs_apart(x)) / sqrt(pairs_apart(y))
               : NAN;
    return 0;
}

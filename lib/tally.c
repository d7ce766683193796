#include "tally.h"

#include <stdlib.h>

#include "arena.h"

int tally_open(struct tally *t, int width, size_t n, struct arena *a)
{
    *t = (struct tally){ .width = width, .n = n };
    t->cell = arena_get(a, n * (size_t)width, sizeof *t->cell);
    t->order = arena_get(a, n, sizeof *t->order);
    return t->cell && t->order ? 0 : -1;
}

int32_t *tally_line(const struct tally *t, size_t k)
{
    return t->cell + k * (size_t)t->width;
}

static int compare(const int32_t *x, const int32_t *y, int width)
{
    for (int k = 0; k < width; k++)
        if (x[k] != y[k])
            return x[k] < y[k] ? -1 : 1;
    return 0;
}

static int by_cells(const void *a, const void *b, void *tally)
{
    const struct tally *t = tally;
    size_t i = *(const size_t *)a, j = *(const size_t *)b;
    int order = compare(tally_line(t, i), tally_line(t, j), t->width);

    return order ? order : (i > j) - (i < j);
}

void tally_sort(struct tally *t)
{
    for (size_t k = 0; k < t->n; k++)
        t->order[k] = k;
    qsort_r(t->order, t->n, sizeof *t->order, by_cells, t);
}

size_t tally_before(const struct tally *t, const int32_t *key, int past)
{
    size_t lo = 0, hi = t->n;

    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (compare(tally_line(t, t->order[mid]), key, t->width) < past)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

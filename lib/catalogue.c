#include "catalogue.h"

#include "arena.h"

void catalogue_key(const struct catalogue *c, const struct acts *x,
                   int64_t row, int32_t *key)
{
    key[0] = x->split[x->trial[row]];
    for (int k = 0; k < c->nvars; k++)
        key[k + 1] = c->column[k][row];
}

int catalogue_open(struct catalogue *c, const struct acts *x, struct arena *a)
{
    size_t n = 0;

    if (!(c->row = arena_get(a, x->S, sizeof *c->row)))
        return -1;
    for (size_t row = 0; row < x->S; row++)
        if (x->eligible[row])
            c->row[n++] = (int64_t)row;
    if (tally_open(&c->tally, c->nvars + 1, n, a))
        return -1;
    for (size_t k = 0; k < n; k++)
        catalogue_key(c, x, c->row[k], tally_line(&c->tally, k));
    tally_sort(&c->tally);
    return 0;
}

uint32_t catalogue_find(const struct catalogue *c, const int32_t *key,
                        size_t *from)
{
    *from = tally_before(&c->tally, key, 0);
    return (uint32_t)(tally_before(&c->tally, key, 1) - *from);
}

int64_t catalogue_row(const struct catalogue *c, size_t at)
{
    return c->row[c->tally.order[at]];
}

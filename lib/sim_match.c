/* sim_match.c - rows of two recordings that belong together; see sim.h. */
#include "sim.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "acts.h"
#include "arena.h"
#include "err.h"

/* Which steps of a recording are taken; NULL and false: all. */
struct rule {
    const int8_t *eligible;
    bool last;
    const int32_t *variable;
    long value;
};

static int read_rule(struct rule *r, const char *steps, const struct acts *x,
                     struct arena *a)
{
    const char *is = strchr(steps, '=');
    char *name, *end;
    int v;

    *r = (struct rule){ 0 };
    r->last = !strcmp(steps, "last");
    if (!strcmp(steps, "eligible"))
        r->eligible = x->eligible;
    if (!strcmp(steps, "all") || r->last || r->eligible)
        return 0;
    if (is) {
        r->value = strtol(is + 1, &end, 10);
        if (end == is + 1 || *end)
            is = NULL;
    }
    if (!is)
        return err_set(EX_USAGE, "--steps: all, eligible, last or "
                       "VARIABLE=VALUE, not %s", steps);
    if (!(name = arena_text(a, "%.*s", (int)(is - steps), steps)))
        return -1;
    if ((v = acts_variable(x, name)) < 0)
        return acts_lacks(x, name);
    r->variable = x->var[v].value;
    return 0;
}

static bool takes(const struct rule *r, int64_t row, bool last)
{
    return (!r->eligible || r->eligible[row]) && (!r->last || last) &&
           (!r->variable || r->variable[row] == r->value);
}

struct trial { int32_t quantity; size_t i; };

static int by_quantity(const void *a, const void *b)
{
    const struct trial *p = a, *q = b;

    if (p->quantity != q->quantity)
        return p->quantity < q->quantity ? -1 : 1;
    return (p->i > q->i) - (p->i < q->i);
}

static struct trial *sorted(const struct acts *x, struct arena *a)
{
    struct trial *t = arena_get(a, x->N, sizeof *t);

    for (size_t i = 0; t && i < x->N; i++)
        t[i] = (struct trial){ x->quantity[i], i };
    if (t)
        qsort(t, x->N, sizeof *t, by_quantity);
    return t;
}

int sim_match(struct sim_rows *rows, const char *steps, const struct acts *x,
              const struct acts *y, struct arena *a)
{
    size_t most = x->S < y->S ? x->S : y->S, i = 0, j = 0, paired = 0;
    struct rule of_x, of_y;

    rows->L = 0;
    if (read_rule(&of_x, steps, x, a) || read_rule(&of_y, steps, y, a))
        return -1;
    if (!x->quantity || !y->quantity)
        return err_set(EX_DATAERR, "%s: its trials have no quantity to be "
                       "paired by", (x->quantity ? y : x)->system);

    struct trial *t = sorted(x, a), *u = sorted(y, a);
    rows->row1 = arena_get(a, most, sizeof *rows->row1);
    rows->row2 = arena_get(a, most, sizeof *rows->row2);
    if (!t || !u || !rows->row1 || !rows->row2)
        return -1;

    /* Each quantity in turn; within it the k-th trial meets the k-th. */
    while (i < x->N && j < y->N) {
        if (t[i].quantity != u[j].quantity) {
            if (t[i].quantity < u[j].quantity)
                i++;
            else
                j++;
            continue;
        }
        int32_t length = x->length[t[i].i];
        if (length != y->length[u[j].i])
            return err_set(EX_DATAERR, "%s and %s: not computed between tasks "
                           "of different form: quantity %d has %d steps in "
                           "one and %d in the other", x->system, y->system,
                           t[i].quantity, length, y->length[u[j].i]);
        for (int32_t k = 0; k < length; k++, paired++) {
            int64_t row1 = x->first[t[i].i] + k, row2 = y->first[u[j].i] + k;
            if (!takes(&of_x, row1, k == length - 1) ||
                !takes(&of_y, row2, k == length - 1))
                continue;
            rows->row1[rows->L] = row1;
            rows->row2[rows->L++] = row2;
        }
        i++;
        j++;
    }
    if (paired == 0)
        return err_set(EX_DATAERR, "%s and %s: no trials of one quantity",
                       x->system, y->system);
    if (rows->L == 0)
        return err_set(EX_DATAERR, "%s and %s: no rows with --steps %s",
                       x->system, y->system, steps);
    return 0;
}

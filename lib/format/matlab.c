/* matlab.c - MATLAB v7.3: states in an array, in a cell of a matrix a trial, or
 * as spike times in a cell. Sizes and axes are as MATLAB has them. */
#include "matlab.h"

#include <string.h>

#include "grid.h"

/* ---- by name, for the grid ---- */

static int look(const struct grid *g, const char *name, struct foreign_set *to)
{
    struct matlab x;

    if (matlab_find(g->f, name, &x, g->arena))
        return -1;
    *to = (struct foreign_set){
        .type = x.kind == MATLAB_NUMBERS ? FOREIGN_NUMBER : FOREIGN_OTHER,
        .what = x.class, .rank = x.rank, .n = x.n
    };
    memcpy(to->size, x.size, sizeof to->size);
    return 0;
}

/* Trials without an axis of their own may have their rows in parts. */
static size_t parts(const struct grid *g)
{
    return g->axis[TRIAL] < 0 ? g->N : 0;
}

static double *numbers(const struct grid *g, const char *name, size_t *n)
{
    struct matlab x;

    return matlab_find(g->f, name, &x, g->arena)
           ? NULL : matlab_column(g->f, &x, g->length, parts(g), n, g->arena);
}

static int codes(const struct grid *g, const char *name, const char *column,
                 struct codes *to)
{
    const char *full = !column ? name : arena_text(g->arena, "%s.%s", name,
                                                   column);
    struct matlab x;

    return !full || matlab_find(g->f, full, &x, g->arena)
           ? -1 : matlab_codes(g->f, &x, g->length, parts(g), to, g->arena);
}

static const struct grid_reader reader = {
    .by_column = true, .look = look, .numbers = numbers, .codes = codes
};

/* ---- a matrix a trial ---- */

struct cells {
    const struct matlab *part;  /* (N)                                        */
    int time, unit;             /* which dimension of each                    */
    size_t m;
};

static int read_layout(struct cells *c, const char *layout)
{
    c->time = layout && !strcmp(layout, "unit,time");
    c->unit = !c->time;
    if (!layout || c->time || !strcmp(layout, "time,unit"))
        return 0;
    return err_set(EX_USAGE, "--layout %s: cells hold a trial each, so it is "
                   "time,unit or unit,time", layout);
}

static int measure(struct grid *g, struct cells *c)
{
    for (size_t k = 0; k < g->N; k++) {
        const struct matlab *x = &c->part[k];
        if (x->n == 0)
            continue;
        if (x->rank != 2)
            return err_set(EX_DATAERR, "%s: is %s where a matrix, %s, is "
                           "needed", x->name, matlab_size(x, g->arena),
                           c->time ? "unit by time" : "time by unit");
        if (c->m && c->m != x->size[c->unit])
            return err_set(EX_DATAERR, "%s: %zu units here but %zu before; "
                           "see --layout", x->name, x->size[c->unit], c->m);
        c->m = x->size[c->unit];
        g->length[k] = x->size[c->time];
        g->size[TIME] += g->length[k];
    }
    return c->m ? 0 : err_set(EX_DATAERR, "%s: all cells are empty",
                              g->plan->states);
}

static int join(struct grid *g, const struct cells *c)
{
    double *to = arena_get(g->arena, g->size[TIME] * c->m, sizeof *to);
    size_t row = 0;

    if (!to)
        return -1;
    for (size_t k = 0; k < g->N; k++) {
        const double *x = matlab_numbers(g->f, &c->part[k], g->arena);
        size_t T = g->length[k], by_time = c->time ? c->m : 1,
               by_unit = c->time ? 1 : T;
        if (!x)
            return -1;
        g->begin[k] = row;
        for (size_t t = 0; t < T; t++, row++)
            for (size_t u = 0; u < c->m; u++)
                to[row * c->m + u] = x[t * by_time + u * by_unit];
    }
    g->x = to;
    return 0;
}

static int read_cells(struct grid *g, const struct matlab *x)
{
    const struct format_plan *p = g->plan;
    struct cells c = { 0 };

    if (p->trial || p->length)
        return err_set(EX_USAGE, "--%s: %s has a trial in each cell already",
                       p->trial ? "trial" : "length", p->states);
    if (read_layout(&c, p->layout) ||
        !(c.part = matlab_members(g->f, x, g->arena)) ||
        !(g->begin = arena_get(g->arena, x->n, sizeof *g->begin)) ||
        !(g->length = arena_get(g->arena, x->n, sizeof *g->length)))
        return -1;
    g->N = x->n;
    g->axis[TRIAL] = -1;
    g->axis[UNIT] = 1;
    if (measure(g, &c))
        return -1;
    g->size[TRIAL] = g->stride[UNIT] = 1;
    g->size[UNIT] = g->stride[TIME] = c.m;
    if (g->size[TIME] > INT32_MAX || c.m > INT32_MAX)
        return err_set(EX_DATAERR, "%s: too large", p->states);
    return join(g, &c);
}

/* ---- all of it ---- */

static struct recording *read_states(struct foreign *f,
                                     const struct format_plan *p,
                                     struct arena *a)
{
    struct grid g = { .f = f, .plan = p, .arena = a, .read = &reader };
    struct recording *r;
    struct matlab x;

    if (p->units || p->bin > 0 || p->align || p->window) {
        err_set(EX_USAGE, "--units, --bin, --align and --window go with "
                "--spikes; --states are taken as they are");
        return NULL;
    }
    if (matlab_find(f, p->states, &x, a) ||
        (x.kind == MATLAB_CELL && read_cells(&g, &x)))
        return NULL;
    if (x.kind == MATLAB_NUMBERS && x.rank > 2 && !p->layout) {
        err_set(EX_USAGE, "--layout: %s is %s; which of these are trial, time "
                "and unit? such as trial,time,unit", p->states,
                matlab_size(&x, a));
        return NULL;
    }
    if (!(r = grid_read(&g)))
        return NULL;
    return p->layout || !recording_note(r, arena_text(a, "%s: %zu by %zu "
               "taken as time by unit; else see --layout", p->states,
               g.size[TIME], g.size[UNIT])) ? r : NULL;
}

static struct recording *read_matlab(struct foreign *f,
                                     const struct format_plan *p,
                                     struct arena *a)
{
    if (p->series)
        err_set(EX_USAGE, "--series is for NWB; of MATLAB's variables take "
                "--states or --spikes");
    else if (!p->states == !p->spikes)
        err_set(EX_USAGE, p->states ? "--states and --spikes: one of them"
                : "--states or --spikes: which variable? --list shows what "
                "there is");
    else
        return p->states ? read_states(f, p, a) : matlab_spikes(f, p, a);
    return NULL;
}

const struct format format_matlab = {
    .name = "matlab", .is = matlab_is, .list = matlab_list,
    .read = read_matlab
};

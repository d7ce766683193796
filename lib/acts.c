#include "acts.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "err.h"

int acts_site(const struct acts *x, const char *name)
{
    for (int s = 0; s < x->nsites; s++)
        if (strcmp(x->site[s].name, name) == 0)
            return s;
    return -1;
}

int acts_variable(const struct acts *x, const char *name)
{
    for (int v = 0; v < x->nvars; v++)
        if (strcmp(x->var[v].name, name) == 0)
            return v;
    return -1;
}

static int lacks(const struct acts *x, const char *what, const char *name,
                 const char *const *has, int n)
{
    char list[256] = "";
    size_t used = 0;

    for (int i = 0; i < n && used < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s",
                                 i ? ", " : ", but ", has[i]);
    return err_set(EX_DATAERR, "%s has no %s %s%s", x->system, what, name,
                   list);
}

int acts_lacks(const struct acts *x, const char *variable)
{
    const char *has[TASK_VARS];

    for (int v = 0; v < x->nvars; v++)
        has[v] = x->var[v].name;
    return lacks(x, "variable", variable, has, x->nvars);
}

int acts_lacks_site(const struct acts *x, const char *site)
{
    const char *has[ARCH_SITES];

    for (int s = 0; s < x->nsites; s++)
        has[s] = x->site[s].name;
    return lacks(x, "site", site, has, x->nsites);
}

int acts_longest(const struct acts *x)
{
    int longest = 0;

    for (size_t row = 0; row < x->S; row++)
        longest = x->step[row] >= longest ? x->step[row] + 1 : longest;
    return longest;
}

/* ---- recording a model ---- */

/* Trials and the per-row columns, without states. */
static int lay_out(struct acts *x, const struct data *d, struct arena *a)
{
    const int32_t *from[TASK_VARS];
    size_t S = 0;

    for (size_t n = 0; n < d->N; n++)
        S += (size_t)d->length[n];
    x->S = S;
    x->N = d->N;
    if (!(x->trial = arena_get(a, S, sizeof *x->trial)) ||
        !(x->step = arena_get(a, S, sizeof *x->step)) ||
        !(x->eligible = arena_get(a, S, sizeof *x->eligible)) ||
        !(x->token = arena_get(a, S, sizeof *x->token)) ||
        !(x->determined = arena_get(a, S, sizeof *x->determined)) ||
        !(x->first = arena_get(a, d->N, sizeof *x->first)))
        return -1;
    x->length = d->length;
    x->quantity = d->quantity;
    x->split = d->split;
    for (int v = 0; d->task->variables[v].name; v++)
        if (d->vars[v]) {
            struct acts_variable *var = &x->var[x->nvars];
            from[x->nvars++] = d->vars[v];
            var->name = d->task->variables[v].name;
            if (!(var->value = arena_get(a, S, sizeof *var->value)))
                return -1;
        }
    for (size_t n = 0, row = 0; n < d->N; n++) {
        x->first[n] = (int64_t)row;
        for (size_t t = 0; t < (size_t)d->length[n]; t++, row++) {
            size_t at = n * d->T + t;
            x->trial[row] = (int32_t)n;
            x->step[row] = (int32_t)t;
            x->token[row] = d->tokens[at];
            x->determined[row] = d->determined[at];
            x->eligible[row] = d->eligible ? d->eligible[at]
                             : task_eligible(d->task, d->tokens[at]);
            for (int k = 0; k < x->nvars; k++)
                x->var[k].value[row] = from[k][at];
        }
    }
    return 0;
}

/* Record a tile, whose rows are the sequences order[0..B-1], into x. */
static int record_tile(struct acts *x, const struct model *m,
                       const struct tile *tile, const uint32_t *order,
                       struct arena *a)
{
    size_t R = (size_t)tile->B * (size_t)tile->T;
    real *states[ARCH_SITES];
    real *work = arena_get(a, m->arch->room(m, tile->B, tile->T),
                           sizeof *work);

    if (work == NULL)
        return -1;
    for (int s = 0; s < x->nsites; s++)
        if (!(states[s] = arena_get(a, R * (size_t)x->site[s].M,
                                    sizeof **states)))
            return -1;
    m->arch->record(m, tile, states, work);
    for (int s = 0; s < x->nsites; s++) {
        size_t M = (size_t)x->site[s].M;
        const real *from = states[s];
        for (int t = 0; t < tile->T; t++)
            for (int b = 0; b < tile_active(tile, t); b++, from += M)
                memcpy(x->site[s].states +
                       ((size_t)x->first[order[b]] + (size_t)t) * M, from,
                       M * sizeof *from);
    }
    return 0;
}

static int record_tiles(struct acts *x, const struct model *m,
                        const struct sequences *rows, const uint32_t *order,
                        size_t N)
{
    struct arena *all = arena_open(), *batch = arena_open();
    struct tile tile;
    int rc = all && batch ? tile_open(&tile, rows->T, all) : -1;

    for (size_t n = 0; n < N && rc == 0; n += TILE) {
        tile_fill(&tile, rows, order + n, (int)(N - n < TILE ? N - n : TILE));
        rc = record_tile(x, m, &tile, order + n, batch);
        arena_reset(batch);
    }
    arena_close(batch);
    arena_close(all);
    return rc;
}

struct acts *acts_record(const struct model *m, const struct data *d,
                         acts_recorder *by, struct arena *a)
{
    struct acts *x = arena_get(a, 1, sizeof *x);
    uint32_t *order = arena_get(a, 2 * d->N, sizeof *order);
    const struct sequences rows = { d->tokens, d->determined, d->length,
                                    d->T };

    if (x == NULL || order == NULL)
        return NULL;
    *x = (struct acts){ .arch = m->arch->name, .task = d->task,
                        .rule = d->rule, .accessible = true };
    if (lay_out(x, d, a))
        return NULL;
    for (int s = 0; m->arch->sites[s].name; s++) {
        struct acts_site *site = &x->site[x->nsites++];
        site->name = m->arch->sites[s].name;
        site->M = model_width(m, s);
        site->states = arena_get(a, x->S * (size_t)site->M,
                                 sizeof *site->states);
        if (site->states == NULL)
            return NULL;
    }
    for (size_t n = 0; n < d->N; n++)
        order[n] = (uint32_t)n;
    tile_sort(order, d->N, d->length, d->T, order + d->N);
    return (by ? by : record_tiles)(x, m, &rows, order, d->N) ? NULL : x;
}

enum { SOME = 64 };             /* units whose sums are made together */

static void variance_of(double *var, const real *states, size_t S, size_t m,
                        int n)
{
    double mean[SOME] = { 0 };

    memset(var, 0, (size_t)n * sizeof *var);
    for (size_t row = 0; row < S; row++)
        for (int i = 0; i < n; i++)
            mean[i] += (double)states[row * m + (size_t)i] / (double)S;
    for (size_t row = 0; row < S; row++)
        for (int i = 0; i < n; i++) {
            double u = (double)states[row * m + (size_t)i] - mean[i];
            var[i] += u * u / (double)S;
        }
}

void acts_variance(double *var, const real *states, size_t S, int m)
{
    for (int i = 0; i < m; i += SOME)
        variance_of(var + i, states + i, S, (size_t)m,
                    m - i < SOME ? m - i : SOME);
}

double acts_spread(const real *states, size_t S, int m)
{
    double sum = 0;

    for (int i = 0; i < m; i += SOME) {
        double var[SOME];
        int n = m - i < SOME ? m - i : SOME;
        variance_of(var, states + i, S, (size_t)m, n);
        for (int k = 0; k < n; k++)
            sum += var[k];
    }
    return sum;
}

#include "end.h"

#include <string.h>

#include "arena.h"
#include "err.h"
#include "rng.h"

int end_find(const struct end *e, const char *name, int *number)
{
    for (int v = 0; v < e->nvars; v++)
        if (strcmp(e->name[v], name) == 0 && e->column[v]) {
            *number = v;
            return 0;
        }
    return acts_lacks(e->x, name);
}

const struct variable *end_declared(const struct end *e, int v)
{
    static const struct variable undeclared = { .name = "" };

    return e->x->task ? &e->x->task->variables[v] : &undeclared;
}

void end_vars(const struct end *e, int64_t row, int *vars)
{
    for (int v = 0; v < TASK_VARS; v++)
        vars[v] = v < e->nvars && e->column[v] ? e->column[v][row] : 0;
}

/* Is the row's token one of those named in `at`? */
static bool stands_at(const struct acts *x, int64_t row, const char *at)
{
    const char *token;
    size_t size;

    if (!at || !x->token)
        return true;
    if (x->token[row] >= x->task->V)
        return false;
    token = x->task->vocabulary[x->token[row]];
    size = strlen(token);
    for (; *at; at += strcspn(at, " "), at += strspn(at, " "))
        if (strcspn(at, " ") == size && strncmp(at, token, size) == 0)
            return true;
    return false;
}

int end_open(struct end *e, const struct acts *x, const char *site,
             struct arena *a)
{
    *e = (struct end){ .x = x,
                       .nvars = x->task ? task_variables(x->task) : x->nvars };
    if (acts_site(x, site) < 0)
        return acts_lacks_site(x, site);
    for (int v = 0; v < e->nvars; v++) {
        int k = x->task ? acts_variable(x, x->task->variables[v].name) : v;
        e->name[v] = x->task ? x->task->variables[v].name : x->var[v].name;
        e->column[v] = k < 0 ? NULL : x->var[k].value;
    }
    e->open = arena_get(a, x->S, sizeof *e->open);
    e->begin = arena_get(a, x->N + 1, sizeof *e->begin);
    for (int s = 0; s < SPLITS; s++)
        if (!(e->trial[s] = arena_get(a, x->N, sizeof *e->trial[s])))
            return -1;
    if (!e->open || !e->begin)
        return -1;
    for (size_t n = 0; n < x->N; n++)
        e->trial[x->split[n]][e->ntrials[x->split[n]]++] = (uint32_t)n;
    return 0;
}

void end_rows(struct end *e, const char *at)
{
    const struct acts *x = e->x;
    size_t n = 0;

    for (size_t trial = 0; trial < x->N; trial++) {
        int64_t first = x->first[trial], past = first + x->length[trial];
        e->begin[trial] = n;
        for (int64_t row = first; row < past; row++)
            if (x->eligible[row] && stands_at(x, row, at))
                e->open[n++] = row;
    }
    e->begin[x->N] = n;
}

bool end_draw(const struct end *e, int split, struct rng *r, int64_t *row)
{
    uint32_t trial = e->trial[split][rng_below(r, e->ntrials[split])];
    uint32_t n = (uint32_t)(e->begin[trial + 1] - e->begin[trial]);

    if (n == 0)
        return false;
    *row = e->open[e->begin[trial] + rng_below(r, n)];
    return true;
}

#include "grid.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../arena.h"
#include "../err.h"
#include "../recording.h"

/* ---- the axes ---- */

static int axis_of(const char *word, size_t length)
{
    static const char *const name[AXES] = { "trial", "time", "unit" };

    for (int k = 0; k < AXES; k++)
        if (strlen(name[k]) == length && !strncmp(name[k], word, length))
            return k;
    return -1;
}

/* "trial,time,unit". */
static int read_layout(struct grid *g, const char *layout, int rank)
{
    int n = 0;

    for (int k = 0; k < AXES; k++)
        g->axis[k] = -1;
    for (const char *at = layout; at; n++) {
        size_t length = strcspn(at, ",");
        int k = axis_of(at, length);
        if (k < 0 || g->axis[k] >= 0)
            return err_set(EX_USAGE, "--layout %s: axes are trial, time and "
                           "unit, each once", layout);
        g->axis[k] = n;
        at = at[length] ? at + length + 1 : NULL;
    }
    if (g->axis[TRIAL] < 0 && g->axis[TIME] < 0)
        return err_set(EX_USAGE, "--layout %s: neither trial nor time",
                       layout);
    if (g->axis[TRIAL] >= 0 && g->plan->trial)
        return err_set(EX_USAGE, "--trial: the axes %s have the trials",
                       layout);
    if (n != rank && !(n > rank && g->read->by_column))
        return err_set(EX_DATAERR, "%s: has %d axes, not %s; see --layout",
                       g->plan->states, rank, layout);
    return 0;
}

static int look_at_states(struct grid *g)
{
    static const char *const usual[] = { "time", "time,unit",
                                         "trial,time,unit" };
    const char *path = g->plan->states, *layout = g->plan->layout;
    struct foreign_set set;
    size_t n, stride = 1;

    if (g->read->look(g, path, &set))
        return -1;
    if (set.type != FOREIGN_NUMBER)
        return err_set(EX_DATAERR, "%s: %s, not numbers", path, set.what);
    if (set.n == 0)
        return err_set(EX_DATAERR, "%s: is empty", path);
    if (!layout && (set.rank < 1 || set.rank > AXES))
        return err_set(EX_DATAERR, "%s: has %d axes, not 1 to 3", path,
                       set.rank);
    if (read_layout(g, layout ? layout : usual[set.rank - 1], set.rank))
        return -1;
    for (int k = 0; k < AXES; k++)
        g->size[k] = g->axis[k] < 0 || g->axis[k] >= set.rank
                     ? 1 : set.size[g->axis[k]];
    for (int i = 0; i < set.rank; i++) {
        int at = g->read->by_column ? i : set.rank - 1 - i;
        for (int k = 0; k < AXES; k++)
            if (g->axis[k] == at)
                g->stride[k] = stride;
        stride *= set.size[at];
    }
    if (g->size[TRIAL] > INT32_MAX || g->size[TIME] > INT32_MAX ||
        g->size[UNIT] > INT32_MAX) {
        err_set(EX_DATAERR, "%s: too large", path);
        return -1;
    }
    return (g->x = g->read->numbers(g, path, &n)) ? 0 : -1;
}

/* ---- trials ---- */

/* Rows before the last that has any number. */
static size_t length_without_nan(const struct grid *g, size_t trial)
{
    for (size_t t = g->size[TIME]; t > 0; t--) {
        const double *x = g->x + trial * g->stride[TRIAL] +
                          (t - 1) * g->stride[TIME];
        for (size_t u = 0; u < g->size[UNIT]; u++)
            if (!isnan(x[u * g->stride[UNIT]]))
                return t;
    }
    return 0;
}

static int open_trials(struct grid *g, size_t room)
{
    return (g->begin = arena_get(g->arena, room, sizeof *g->begin)) &&
           (g->length = arena_get(g->arena, room, sizeof *g->length)) ? 0 : -1;
}

static int find_lengths(struct grid *g)
{
    const char *path = g->plan->length;
    double *said = NULL;
    size_t n, cut = 0;

    g->N = g->size[TRIAL];
    if (open_trials(g, g->N) ||
        (path && !(said = g->read->numbers(g, path, &n))))
        return -1;
    if (said && n != g->N)
        return err_set(EX_DATAERR, "%s: %zu lengths of %zu trials", path, n,
                       g->N);
    for (size_t k = 0; k < g->N; k++) {
        if (!said)
            cut += (g->length[k] = length_without_nan(g, k)) < g->size[TIME];
        else if (said[k] >= 0 && said[k] <= (double)g->size[TIME] &&
                 said[k] == rint(said[k]))
            g->length[k] = (size_t)said[k];
        else
            return err_set(EX_DATAERR, "%s: %.9g at %zu is not within 0..%zu",
                           path, said[k], k, g->size[TIME]);
    }
    if (cut)
        g->note = arena_text(g->arena, "%s: %zu of %zu trials are NaN from "
                             "some row on, and end there; see --length",
                             g->plan->states, cut, g->N);
    return cut && !g->note ? -1 : 0;
}

/* A new trial where the value changes; none may come back. */
static int find_runs(struct grid *g)
{
    const char *path = g->plan->trial;
    size_t T = g->size[TIME];
    int32_t *begun;
    struct codes c;

    if (g->plan->length)
        return err_set(EX_USAGE, "--length: %s has no axis of trials; see "
                       "--layout", g->plan->states);
    if (open_trials(g, T))
        return -1;
    if (!path) {
        g->length[g->N++] = T;
        return 0;
    }
    if (g->read->codes(g, path, NULL, &c))
        return -1;
    if (c.n != T)
        return err_set(EX_DATAERR, "%s: %zu values for the %zu rows of %s",
                       path, c.n, T, g->plan->states);
    if (!(begun = arena_get(g->arena, T, sizeof *begun)))
        return -1;
    for (size_t t = 0; t < T; t++) {
        if (c.value[t] == RECORDING_MISSING)
            continue;
        if (!t || c.value[t] != c.value[t - 1]) {
            begun[g->N] = c.value[t];
            g->begin[g->N++] = t;
        }
        g->length[g->N - 1]++;
    }
    codes_sort(begun, g->N);
    for (size_t k = 1; k < g->N; k++)
        if (begun[k] == begun[k - 1])
            return err_set(EX_DATAERR, "%s: the rows of a trial do not follow "
                           "each other: %d comes back", path, begun[k]);
    return 0;
}

/* ---- rows ---- */

static struct recording *fill(struct grid *g)
{
    struct arena *a = g->arena;
    struct recording *r;
    size_t N = 0, row = 0;

    for (size_t k = 0; k < g->N; k++) {
        g->S += g->length[k];
        N += g->length[k] > 0;
    }
    if (g->S < 1 || g->S > INT32_MAX) {
        err_set(EX_DATAERR, "%s: %zu rows", g->plan->states, g->S);
        return NULL;
    }
    if (!(g->trial = arena_get(a, g->S, sizeof *g->trial)) ||
        !(g->time = arena_get(a, g->S, sizeof *g->time)) ||
        !(r = recording_open(g->S, N, (int)g->size[UNIT], a)))
        return NULL;
    N = 0;
    for (size_t k = 0; k < g->N; k++) {
        for (size_t t = 0; t < g->length[k]; t++, row++) {
            size_t time = g->begin[k] + t;
            const double *x = g->x + time * g->stride[TIME] +
                (g->axis[TRIAL] < 0 ? 0 : k * g->stride[TRIAL]);
            for (size_t u = 0; u < g->size[UNIT]; u++)
                r->x[row * g->size[UNIT] + u] =
                    (float)x[u * g->stride[UNIT]];
            r->trial[row] = (int32_t)N;
            r->step[row] = (int32_t)t;
            g->trial[row] = (int64_t)k;
            g->time[row] = (int64_t)time;
        }
        N += g->length[k] > 0;
    }
    if (N < g->N && recording_note(r, arena_text(a, "%s: %zu of %zu trials "
                                   "have no rows: left out", g->plan->states,
                                   g->N - N, g->N)))
        return NULL;
    return r;
}

/* Where a dataset's value for each row stands in it. NULL: an error. */
static int64_t *place(const struct grid *g, const char *path, size_t n)
{
    int64_t *at = arena_get(g->arena, g->S, sizeof *at);
    size_t T = g->size[TIME];
    bool trials = g->axis[TRIAL] >= 0, first;
    struct foreign_set set;

    if (!at || g->read->look(g, path, &set))
        return NULL;
    first = g->axis[TRIAL] < g->axis[TIME];
    if (trials && set.rank == 2 && set.n == n && set.size[!first] == g->N &&
        set.size[first] == T) {
        first ^= g->read->by_column;
        for (size_t row = 0; row < g->S; row++)
            at[row] = first ? g->trial[row] * (int64_t)T + g->time[row]
                            : g->time[row] * (int64_t)g->N + g->trial[row];
        return at;
    }
    if (n != g->N && n != T) {
        err_set(EX_DATAERR, "%s: %zu values, but %s has %zu trials and %zu "
                "times", path, n, g->plan->states, g->N, T);
        return NULL;
    }
    if (n == g->N && (trials || n != T))
        return memcpy(at, g->trial, g->S * sizeof *at);
    return memcpy(at, g->time, g->S * sizeof *at);
}

static int add_variable(struct grid *g, struct recording *r, const char *text)
{
    struct format_source from;
    struct codes c;
    int64_t *at;

    return format_source(&from, text, g->arena) ||
           g->read->codes(g, from.path, from.column, &c) ||
           !(at = place(g, from.path, c.n)) ||
           codes_spread(r, from.name, &c, at, g->arena) ? -1 : 0;
}

static int add_time(struct grid *g, struct recording *r)
{
    const char *path = g->plan->time;
    double *time;
    int64_t *at;
    size_t n;

    if (!path)
        return 0;
    if (!(time = g->read->numbers(g, path, &n)) ||
        !(at = place(g, path, n)) ||
        !(r->time = arena_get(g->arena, g->S, sizeof *r->time)))
        return -1;
    for (size_t row = 0; row < g->S; row++)
        if (!isfinite(r->time[row] = time[at[row]]))
            return err_set(EX_DATAERR, "%s: not finite at %lld", path,
                           (long long)at[row]);
    return 0;
}

static int add_split(struct grid *g, struct recording *r)
{
    const char *path = g->plan->split;
    struct codes c;
    int64_t *at;

    if (!path)
        return 0;
    return g->read->codes(g, path, NULL, &c) ||
           !(at = place(g, path, c.n)) ||
           format_split(r, &c, at, path, g->arena) ? -1 : 0;
}

struct recording *grid_read(struct grid *g)
{
    const struct format_plan *p = g->plan;
    struct recording *r;

    if (!g->x && (look_at_states(g) ||
                  (g->axis[TRIAL] >= 0 ? find_lengths(g) : find_runs(g))))
        return NULL;
    if (!(r = fill(g)) || (g->note && recording_note(r, g->note)))
        return NULL;
    for (int k = 0; k < p->nvariables; k++)
        if (add_variable(g, r, p->variable[k]))
            return NULL;
    return add_time(g, r) || add_split(g, r) ? NULL : r;
}

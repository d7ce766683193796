#include "windows.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "../arena.h"
#include "../bin.h"
#include "../err.h"
#include "../recording.h"

int windows_open(struct windows *w, size_t n, struct arena *a)
{
    *w = (struct windows){ .n = n, .all = n,
                           .of = arena_get(a, n, sizeof *w->of) };
    for (size_t k = 0; w->of && k < n; k++)
        w->of[k].trial = (int64_t)k;
    return w->of ? 0 : -1;
}

static bool has_time(const struct window *x)
{
    return isfinite(x->from) && isfinite(x->to);
}

void windows_bin(struct windows *w, double bin)
{
    for (size_t k = 0; k < w->n; k++) {
        struct window *x = &w->of[k];
        double rows = has_time(x) ? bin_count(x->from, x->to, bin) : 0;
        x->rows = rows < INT32_MAX ? (size_t)rows : INT32_MAX;
        if (has_time(x))
            x->to = x->from + (double)x->rows * bin;
    }
}

struct recording *windows_rows(struct windows *w, double bin, size_t m,
                               const char *what, struct arena *a)
{
    size_t row = 0, kept = 0;
    struct recording *r;

    for (size_t k = 0; k < w->n; k++)
        if (w->of[k].rows && has_time(&w->of[k])) {
            w->S += w->of[k].rows;
            w->of[kept++] = w->of[k];
        }
    w->n = kept;
    if (!w->S || w->S > INT32_MAX) {
        err_set(EX_DATAERR, "%s: %zu trials, and %zu rows in them: see --bin "
                "and --window", what, w->all, w->S);
        return NULL;
    }
    if (!(r = recording_open(w->S, kept, (int)m, a)) ||
        !(r->time = arena_get(a, w->S, sizeof *r->time)))
        return NULL;
    for (size_t k = 0; k < kept; k++)
        for (size_t i = 0; i < w->of[k].rows; i++, row++) {
            r->trial[row] = (int32_t)k;
            r->step[row] = (int32_t)i;
            r->time[row] = w->of[k].from + (double)i * bin;
        }
    kept += w->told;
    return kept == w->all ||
           !recording_note(r, arena_text(a, "%s: %zu of %zu trials have no "
                           "rows or no time: left out", what, w->all - kept,
                           w->all)) ? r : NULL;
}

int windows_group(const struct windows *w, double bin, struct recording *r,
                  struct arena *a)
{
    double *pair = arena_get(a, 2 * w->n, sizeof *pair);
    int32_t *group = arena_get(a, w->n, sizeof *group);
    size_t *members, shared = 0;
    struct spans_index index;
    struct spans all;

    if (!pair || !group)
        return -1;
    for (size_t k = 0; k < w->n; k++) {
        const struct window *x = &w->of[k];
        pair[2 * k] = x->from;
        pair[2 * k + 1] = x->to - fmin(bin_slack(x->to, bin),
                                       (x->to - x->from) / 2);
    }
    if (spans_merge(&all, pair, w->n, a) ||
        spans_sort(&index, all.from, all.to, all.n, a) ||
        !(members = arena_get(a, w->n, sizeof *members)))
        return -1;
    for (size_t k = 0; k < w->n; k++) {
        group[k] = (int32_t)spans_find(&index, w->of[k].from);
        members[group[k]]++;
    }
    for (size_t k = 0; k < w->n; k++)
        shared += members[group[k]] > 1;
    if (!shared)
        return 0;
    r->group = group;
    return recording_note(r, arena_text(a, "%zu of %zu trials share times with "
                          "another (--window): these go into one split",
                          shared, w->n));
}

int windows_counted(const struct recording *r, const char *what)
{
    const size_t n = r->S * (size_t)r->m;
    size_t i = 0;

    while (i < n && r->x[i] == 0)
        i++;
    return i < n ? 0 : err_set(EX_DATAERR, "%s: no spike falls into any "
                               "window; are all times in seconds and by one "
                               "clock?", what);
}

int64_t *windows_trials(const struct windows *w, const struct recording *r,
                        struct arena *a)
{
    int64_t *at = arena_get(a, w->S, sizeof *at);

    for (size_t row = 0; at && row < w->S; row++)
        at[row] = w->of[r->trial[row]].trial;
    return at;
}

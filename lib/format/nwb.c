/* nwb.c - Neurodata Without Borders, version 2: spikes of /units in bins, or a
 * continuous series, in windows around the trials of a table of intervals.
 *
 * A window is a trial's own start_time to stop_time, or lies about one of its
 * columns. Bins begin with the window (bin.h), and one that is not whole is
 * left out. A variable is a column of the table of trials, or of another table
 * of intervals: of the interval then that holds the bin's middle (of a series
 * without bins: the sample). */
#include "nwb_priv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char trials[] = "trials";

/* ---- what it is ---- */

/* "2.6.0"; NWB 1 has a dataset in place of the attribute. NULL: not NWB. */
static const char *version_of(struct foreign *f)
{
    static const char first[] = "/nwb_version";
    const char *version = foreign_text_of(f, "/", "nwb_version"), **text;
    size_t n;

    if (!version && foreign_is_set(f, first) &&
        (text = foreign_texts(f, first, NULL, &n)) && n == 1)
        version = text[0];
    err_clear();
    return version;
}

static bool is_nwb(struct foreign *f)
{
    return version_of(f) != NULL;
}

static int check_version(struct foreign *f)
{
    const char *version = version_of(f);

    if (!version)
        return err_set(EX_DATAERR, "/: no attribute nwb_version: not an NWB "
                       "file");
    if (strncmp(version, "2.", 2))
        return err_set(EX_DATAERR, "/nwb_version: %s, not 2: convert the file "
                       "to NWB 2, or name its datasets with --format plain",
                       version);
    return 0;
}

/* ---- windows ---- */

static int read_window(const char *text, double *from, double *to)
{
    char *end;

    *from = strtod(text, &end);
    if (end != text && *end == ':') {
        const char *second = end + 1;
        *to = strtod(second, &end);
        if (end != second && !*end && isfinite(*from) && isfinite(*to) &&
            *from < *to)
            return 0;
    }
    return err_set(EX_USAGE, "--window %s: not of the form -0.25:0.45, in "
                   "seconds", text);
}

static int open_windows(struct nwb *w)
{
    const struct format_plan *p = w->plan;
    const char *column = p->align ? p->align : "start_time";
    double *begin, *end = NULL, from = 0, to = 0;
    size_t n, other;

    if (p->align && !p->window)
        return err_set(EX_USAGE, "--align: --window says how far around it, "
                       "such as -0.25:0.45");
    if (p->window && read_window(p->window, &from, &to))
        return -1;
    if (!(w->trials = nwb_table(w, p->trial ? p->trial : trials)) ||
        !(begin = nwb_numbers(w, w->trials, column, &n)) ||
        (!p->window &&
         (!(end = nwb_numbers(w, w->trials, "stop_time", &other)))))
        return -1;
    if (!n)
        return err_set(EX_DATAERR, "%s: has no rows", w->trials);
    if (end && other != n)
        return err_set(EX_DATAERR, "%s: %zu values of start_time, %zu of "
                       "stop_time", w->trials, n, other);
    if (windows_open(&w->windows, n, w->arena))
        return -1;
    for (size_t k = 0; k < n; k++) {
        w->windows.of[k].from = begin[k] + from;
        w->windows.of[k].to = end ? end[k] : begin[k] + to;
    }
    return 0;
}

int nwb_rows(struct nwb *w, size_t m)
{
    const double bin = w->plan->bin;

    w->to = windows_rows(&w->windows, bin, m, w->trials, w->arena);
    return w->to && !windows_group(&w->windows, bin, w->to, w->arena) ? 0 : -1;
}

/* ---- variables ---- */

/* The interval that holds each row's middle. */
static int of_intervals(struct nwb *w, const char *table, size_t n,
                        int64_t *at)
{
    struct spans_index index;
    size_t from_n, to_n;
    double *from = nwb_numbers(w, table, "start_time", &from_n);
    double *to = from ? nwb_numbers(w, table, "stop_time", &to_n) : NULL;

    if (!to)
        return -1;
    if (from_n != n || to_n != n)
        return err_set(EX_DATAERR, "%s: %zu values of start_time, %zu of "
                       "stop_time, not %zu", table, from_n, to_n, n);
    if (spans_sort(&index, from, to, n, w->arena))
        return -1;
    for (size_t row = 0; row < w->to->S; row++)
        at[row] = spans_find(&index, w->to->time[row] + w->plan->bin / 2);
    return 0;
}

/* Where the value of each row stands in a column of a table. */
static int64_t *place(struct nwb *w, const char *table, const struct codes *c)
{
    int64_t *at;

    if (strcmp(table, w->trials)) {
        at = arena_get(w->arena, w->to->S, sizeof *at);
        return at && !of_intervals(w, table, c->n, at) ? at : NULL;
    }
    if (c->n != w->windows.all) {
        err_set(EX_DATAERR, "%s: a column of %zu values for %zu trials", table,
                c->n, w->windows.all);
        return NULL;
    }
    return windows_trials(&w->windows, w->to, w->arena);
}

/* TABLE:COLUMN; without a colon a column of the trials, or /TABLE/COLUMN. */
static int column_of(struct nwb *w, struct format_source *from)
{
    const char *slash = strrchr(from->path, '/');

    if (!from->column && !slash) {
        from->column = from->path;
        from->path = w->trials;
    } else if (!from->column) {
        from->column = slash + 1;
        from->path = arena_text(w->arena, "%.*s", (int)(slash - from->path),
                                from->path);
    }
    return from->path && (from->path = nwb_table(w, from->path)) ? 0 : -1;
}

static int add_variable(struct nwb *w, const char *text)
{
    struct format_source from;
    struct codes c;
    int64_t *at;

    return format_source(&from, text, w->arena) || column_of(w, &from) ||
           nwb_codes(w, from.path, from.column, &c) ||
           !(at = place(w, from.path, &c)) ||
           codes_spread(w->to, from.name, &c, at, w->arena) ? -1 : 0;
}

static int add_split(struct nwb *w)
{
    const char *text = arena_text(w->arena, "split=%s", w->plan->split);
    struct format_source from;
    struct codes c;
    int64_t *at;

    return !text || format_source(&from, text, w->arena) ||
           column_of(w, &from) || nwb_codes(w, from.path, from.column, &c) ||
           !(at = place(w, from.path, &c)) ||
           format_split(w->to, &c, at, w->plan->split, w->arena) ? -1 : 0;
}

/* ---- all of it ---- */

static int check_plan(struct nwb *w)
{
    const struct format_plan *p = w->plan;

    if (p->states || p->layout || p->length || p->time || p->spikes)
        return err_set(EX_USAGE, "--states, --layout, --length, --time and "
                       "--spikes are for other formats, and %s is NWB",
                       foreign_path(w->f));
    if (p->series)
        return 0;
    if (!foreign_is_set(w->f, "/units/spike_times"))
        return format_missing(w->f, "/units/spike_times", "missing: there are "
                              "no spikes; for a continuous series see "
                              "--series and --list");
    return p->bin > 0 ? 0 : err_set(EX_USAGE, "--bin: how long a bin of spikes "
                                    "is, in seconds, such as 0.02");
}

static struct recording *read_nwb(struct foreign *f,
                                  const struct format_plan *p,
                                  struct arena *a)
{
    struct nwb w = { .f = f, .plan = p, .arena = a };

    if (check_version(f) || check_plan(&w) || open_windows(&w) ||
        (p->series ? nwb_series(&w) : nwb_spikes(&w)))
        return NULL;
    for (int k = 0; k < p->nvariables; k++)
        if (add_variable(&w, p->variable[k]))
            return NULL;
    return p->split && add_split(&w) ? NULL : w.to;
}

static const char **list_nwb(struct foreign *f, size_t *n, struct arena *a)
{
    return check_version(f) ? NULL : nwb_list(f, n, a);
}

const struct format format_nwb = {
    .name = "nwb", .is = is_nwb, .list = list_nwb, .read = read_nwb
};

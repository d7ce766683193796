/* Spike times in a cell: of a vector a unit each, of a matrix a trial and unit
 * each. */
#include "matlab.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../bin.h"
#include "units.h"
#include "windows.h"

struct trains {
    struct foreign *f;
    const struct format_plan *plan;
    struct arena *arena;
    struct matlab cell;
    int trial;                  /* which dimension of the cell; -1: none      */
    size_t units, N;            /* in the file; trials, left out or not       */
    size_t m, *unit;            /* those chosen                               */
    double **time;              /* of each element of the cell                */
    size_t *n;
    double *zero;               /* (N) when in the file's clock               */
    struct windows windows;     /* likewise, of the trials                    */
    struct recording *r;
    int64_t *trial_of;          /* (S) of each row, in the file               */
};

/* ---- the cell ---- */

static int read_layout(struct trains *t)
{
    const char *layout = t->plan->layout;
    const struct matlab *x = &t->cell;
    bool vector = x->rank == 2 && (x->size[0] == 1 || x->size[1] == 1);

    if (x->kind != MATLAB_CELL)
        return err_set(EX_DATAERR, "%s: is %s where a cell of spike times is "
                       "needed", x->name, x->class);
    if (x->n == 0 || x->n > INT32_MAX || x->rank > 2)
        return err_set(EX_DATAERR, "%s: is %s where a unit or a trial and unit "
                       "each is needed", x->name, matlab_size(x, t->arena));
    if (layout ? !strcmp(layout, "unit") : vector) {
        if (!vector)
            return err_set(EX_DATAERR, "%s: is %s, not one unit each; see "
                           "--layout", x->name, matlab_size(x, t->arena));
        t->trial = -1;
        t->units = x->n;
        return 0;
    }
    t->trial = layout && !strcmp(layout, "unit,trial");
    if (layout && !t->trial && strcmp(layout, "trial,unit"))
        return err_set(EX_USAGE, "--layout %s: of a cell of spike times it is "
                       "unit, trial,unit or unit,trial", layout);
    t->N = x->size[t->trial];
    t->units = x->size[!t->trial];
    return 0;
}

static int read_train(struct trains *t, const struct matlab *x, size_t k)
{
    if (x->n && (x->rank > 2 || (x->size[0] != 1 && x->size[1] != 1)))
        return err_set(EX_DATAERR, "%s: is %s where a vector of spike times is "
                       "needed", x->name, matlab_size(x, t->arena));
    if (!(t->time[k] = matlab_numbers(t->f, x, t->arena)))
        return -1;
    t->n[k] = x->n;
    for (size_t i = 0; i < x->n; i++)
        if (!isfinite(t->time[k][i]))
            return err_set(EX_DATAERR, "%s: not finite at %zu; keep "
                           "t(isfinite(t))", x->name, i + 1);
    bin_sort(t->time[k], t->n[k]);
    return 0;
}

static int read_trains(struct trains *t)
{
    const struct matlab *part = matlab_members(t->f, &t->cell, t->arena);

    if (!part ||
        !(t->time = arena_get(t->arena, t->cell.n, sizeof *t->time)) ||
        !(t->n = arena_get(t->arena, t->cell.n, sizeof *t->n)))
        return -1;
    for (size_t k = 0; k < t->cell.n; k++)
        if (read_train(t, &part[k], k))
            return -1;
    return 0;
}

/* ---- windows ---- */

/* Times of the trials; sets or checks how many there are. */
static double *times(struct trains *t, const char *name)
{
    struct matlab x;
    double *time;
    size_t n;

    if (matlab_find(t->f, name, &x, t->arena) ||
        !(time = matlab_column(t->f, &x, NULL, 0, &n, t->arena)))
        return NULL;
    if (t->N == 0)
        t->N = n;
    if (n && n == t->N)
        return time;
    if (t->N == 0)
        err_set(EX_DATAERR, "%s: is empty", name);
    else
        err_set(EX_DATAERR, "%s: %zu times for %zu trials", name, n, t->N);
    return NULL;
}

/* Whether an end of the window is a number of seconds, not a variable. */
static bool is_seconds(const char *text, double *seconds)
{
    char *end;

    *seconds = strtod(text, &end);
    return end != text && !*end && isfinite(*seconds);
}

static double *edge(struct trains *t, const char *text)
{
    double seconds, *to;

    if (!is_seconds(text, &seconds))
        return times(t, text);
    if (!t->zero) {
        err_set(EX_USAGE, "--align: %s s from when? such as trials.start",
                text);
        return NULL;
    }
    if (!(to = arena_get(t->arena, t->N, sizeof *to)))
        return NULL;
    for (size_t k = 0; k < t->N; k++)
        to[k] = t->zero[k] + seconds;
    return to;
}

static int read_windows(struct trains *t)
{
    const struct format_plan *p = t->plan;
    char *from = p->window ? arena_text(t->arena, "%s", p->window) : NULL;
    char *to = from ? strchr(from, ':') : NULL;
    double a, b, *begin, *end;

    if (!p->window)
        return err_set(EX_USAGE, "--window: from when to when is a trial? such "
                       "as -0.25:0.45, in seconds from --align, or "
                       "trials.start:trials.stop");
    if (!to)
        return err_set(EX_USAGE, "--window %s: not of the form FROM:TO",
                       p->window);
    *to++ = '\0';
    if (is_seconds(from, &a) && is_seconds(to, &b) && a >= b)
        return err_set(EX_USAGE, "--window %s: ends before it begins",
                       p->window);
    if (p->align ? !(t->zero = times(t, p->align)) : t->N > 0 &&
        !(t->zero = arena_get(t->arena, t->N, sizeof *t->zero)))
        return -1;
    if (!(begin = edge(t, from)) || !(end = edge(t, to)) ||
        windows_open(&t->windows, t->N, t->arena))
        return -1;
    for (size_t k = 0; k < t->N; k++) {
        t->windows.of[k].from = begin[k];
        t->windows.of[k].to = end[k];
    }
    return 0;
}

/* ---- rows ---- */

/* Spikes of a cell of units are all by one clock. */
static int open_rows(struct trains *t)
{
    const double bin = t->plan->bin;

    windows_bin(&t->windows, bin);
    return (t->r = windows_rows(&t->windows, bin, t->m, t->plan->window,
                                t->arena)) &&
           (t->trial >= 0 ||
            !windows_group(&t->windows, bin, t->r, t->arena)) &&
           (t->trial_of = windows_trials(&t->windows, t->r, t->arena)) ? 0
                                                                       : -1;
}

/* The element of the cell that has a trial's spikes of a unit. */
static size_t element(const struct trains *t, size_t trial, size_t unit)
{
    if (t->trial < 0)
        return unit;
    return t->trial ? unit + t->units * trial : trial + t->N * unit;
}

static int count(struct trains *t)
{
    float *x = t->r->x;

    for (size_t k = 0; k < t->windows.n; k++) {
        const struct window *win = &t->windows.of[k];
        for (size_t u = 0; u < t->m; u++) {
            size_t e = element(t, (size_t)win->trial, t->unit[u]);
            bin_spikes(x + u, t->m, win->rows, win->from, t->plan->bin,
                       t->time[e], t->n[e]);
        }
        x += win->rows * t->m;
    }
    return windows_counted(t->r, t->cell.name);
}

/* ---- what is said of trials ---- */

static int read_codes(struct trains *t, const char *name, struct codes *to)
{
    struct matlab x;

    if (matlab_find(t->f, name, &x, t->arena) ||
        matlab_codes(t->f, &x, NULL, 0, to, t->arena))
        return -1;
    if (to->n != t->N)
        return err_set(EX_DATAERR, "%s: %zu values for %zu trials", name,
                       to->n, t->N);
    return 0;
}

static int add_variable(struct trains *t, const char *text)
{
    struct format_source from;
    struct codes c;

    if (format_source(&from, text, t->arena))
        return -1;
    if (from.column && !(from.path = arena_text(t->arena, "%s.%s", from.path,
                                                from.column)))
        return -1;
    return read_codes(t, from.path, &c) ||
           codes_spread(t->r, from.name, &c, t->trial_of, t->arena) ? -1 : 0;
}

static int add_split(struct trains *t)
{
    const char *name = t->plan->split;
    struct codes c;

    return !name ? 0 :
           read_codes(t, name, &c) ||
           format_split(t->r, &c, t->trial_of, name, t->arena) ? -1 : 0;
}

/* ---- units ---- */

/* "units." of units.times; "" of a variable. */
static const char *prefix(struct trains *t)
{
    const char *dot = strrchr(t->cell.name, '.');

    return dot ? arena_text(t->arena, "%.*s", (int)(dot - t->cell.name) + 1,
                            t->cell.name) : "";
}

static int unit_values(struct trains *t, const char *name,
                       struct units_column *to)
{
    const char *before = prefix(t), *full;
    struct matlab_values v;
    struct matlab x;

    if (!before || !(full = arena_text(t->arena, "%s%s", before, name)) ||
        matlab_find(t->f, full, &x, t->arena) ||
        matlab_values(t->f, &x, NULL, 0, &v, t->arena))
        return -1;
    if (v.n != t->units)
        return err_set(EX_DATAERR, "%s: %zu values for %zu units", full, v.n,
                       t->units);
    *to = (struct units_column){ v.number, v.text, v.is_logical };
    return 0;
}

/* Which are taken: a condition on a field beside the spikes, or a variable. */
static int choose_units(struct trains *t)
{
    const char *text = t->plan->units;
    struct units_condition c = { 0 };
    struct units_column column = { 0 };

    if (text && (units_condition(&c, text, t->arena) ||
                 unit_values(t, c.column, &column)))
        return -1;
    t->unit = units_choose(text ? &c : NULL, &column, t->units, &t->m,
                           t->arena);
    if (!t->unit && err_code() == EX_DATAERR)
        err_in("%s", t->cell.name);
    return t->unit ? 0 : -1;
}

/* The other fields of their struct; what has no value a unit is passed over. */
static int tell_units(struct trains *t)
{
    const char *before = prefix(t), **name, *group;
    size_t stem = before ? strlen(before) : 0, n;

    if (stem == 0)
        return before ? 0 : -1;
    group = arena_text(t->arena, "%.*s",
                       (int)(strrchr(t->cell.path, '/') - t->cell.path),
                       t->cell.path);
    if (!group || !(name = foreign_names(t->f, group, &n)))
        return -1;
    for (size_t k = 0; k < n; k++) {
        struct units_column c;
        if (!strcmp(name[k], t->cell.name + stem))
            continue;
        if (unit_values(t, name[k], &c))
            err_clear();
        else if (units_tell(t->r, name[k], &c, t->unit, t->arena))
            return -1;
    }
    return 0;
}

/* ---- all of it ---- */

struct recording *matlab_spikes(struct foreign *f,
                                const struct format_plan *p, struct arena *a)
{
    struct trains t = { .f = f, .plan = p, .arena = a };

    if (p->trial || p->length || p->time) {
        err_set(EX_USAGE, "--trial, --length and --time go with --states; "
                "trials of --spikes are said by --align and --window");
        return NULL;
    }
    if (!(p->bin > 0)) {
        err_set(EX_USAGE, "--bin: how long a bin of spikes is, in seconds, "
                "such as 0.02");
        return NULL;
    }
    if (matlab_find(f, p->spikes, &t.cell, a) || read_layout(&t) ||
        choose_units(&t) || read_trains(&t) || read_windows(&t) ||
        open_rows(&t) || count(&t))
        return NULL;
    for (int k = 0; k < p->nvariables; k++)
        if (add_variable(&t, p->variable[k]))
            return NULL;
    return add_split(&t) || tell_units(&t) ? NULL : t.r;
}

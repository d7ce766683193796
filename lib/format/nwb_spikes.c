#include "nwb_priv.h"

#include <math.h>
#include <string.h>

#include "units.h"

static const char units[] = "/units", spike_times[] = "/units/spike_times";

struct trains {
    size_t n, *end;             /* units, and where the spikes of each end    */
    double *time;
    size_t m, *unit;            /* those chosen                               */
};

static int read_trains(struct nwb *w, struct trains *t)
{
    struct foreign_set id;
    size_t all;

    if (!(t->time = foreign_numbers(w->f, spike_times, NULL, &all)) ||
        !(t->end = nwb_ragged(w, units, "spike_times", all, &t->n)) ||
        !(t->unit = nwb_choose(w, units, t->n, w->plan->units, &t->m)))
        return -1;
    if (nwb_has_column(w, units, "id", &id) && id.n != t->n)
        return err_set(EX_DATAERR, "%s_index: of %zu units, but %s/id has %zu",
                       spike_times, t->n, units, id.n);
    for (size_t i = 0; i < all; i++)
        if (!isfinite(t->time[i]))
            return err_set(EX_DATAERR, "%s: not finite at %zu", spike_times,
                           i);
    for (size_t u = 0; u < t->n; u++) {
        size_t begin = u ? t->end[u - 1] : 0;
        bin_sort(t->time + begin, t->end[u] - begin);
    }
    return 0;
}

static int count(struct nwb *w, const struct trains *t)
{
    float *x = w->to->x;

    for (size_t k = 0; k < w->windows.n; k++) {
        const struct window *win = &w->windows.of[k];
        for (size_t u = 0; u < t->m; u++) {
            size_t unit = t->unit[u], begin = unit ? t->end[unit - 1] : 0;
            bin_spikes(x + u, t->m, win->rows, win->from, w->plan->bin,
                       t->time + begin, t->end[unit] - begin);
        }
        x += win->rows * t->m;
    }
    return windows_counted(w->to, spike_times);
}

/* ---- observation ---- */

/* What every chosen unit was observed in; none: no unit says. */
static int common_spans(struct nwb *w, const struct trains *t,
                        struct spans *common, bool *said)
{
    static const char column[] = "obs_intervals";
    const char *path = nwb_path(w, units, column);
    size_t n, all, *end, silent = 0;
    double *pairs;

    *said = false;
    if (!path || !foreign_is_set(w->f, path))
        return path ? 0 : -1;
    if (!(pairs = foreign_numbers(w->f, path, NULL, &all)) ||
        !(end = nwb_ragged(w, units, column, all / 2, &n)))
        return -1;
    if (n != t->n || all % 2)
        return err_set(EX_DATAERR, "%s: of %zu units, not %zu", path, n,
                       t->n);
    for (size_t u = 0; u < t->m; u++) {
        size_t begin = t->unit[u] ? end[t->unit[u] - 1] : 0;
        struct spans own;
        if (end[t->unit[u]] == begin) {
            silent++;
            continue;
        }
        if (spans_merge(&own, pairs + 2 * begin, end[t->unit[u]] - begin,
                        w->arena))
            return -1;
        if (*said && spans_meet(common, &own, w->arena))
            return -1;
        if (!*said)
            *common = own;
        *said = true;
    }
    return silent && *said
           ? recording_note(w->to, arena_text(w->arena, "%s: %zu of %zu units "
                            "have none and count as observed throughout",
                            path, silent, t->m))
           : 0;
}

static int mark_observed(struct nwb *w, const struct trains *t)
{
    struct recording *r = w->to;
    struct spans common = { 0 };
    size_t lost = 0;
    bool said;

    if (common_spans(w, t, &common, &said))
        return -1;
    if (!said)
        return recording_note(r, "/units: no obs_intervals: every bin counts "
                              "as observed");
    for (size_t row = 0; row < r->S; row++) {
        r->observed[row] = spans_hold(&common, r->time[row], w->plan->bin);
        lost += !r->observed[row];
    }
    return lost ? recording_note(r, arena_text(w->arena, "/units/obs_intervals:"
                                 " %zu of %zu bins were not wholly observed "
                                 "and are not eligible", lost, r->S))
                : 0;
}

/* ---- what is said of the units ---- */

static int add_column(struct nwb *w, const struct trains *t, const char *name)
{
    struct units_column c = { 0 };
    struct foreign_set set;
    const char *path = nwb_path(w, units, name), **text = NULL;
    size_t n;

    if (!path || foreign_look(w->f, path, &set))
        return -1;
    if (set.n != t->n || set.type == FOREIGN_OTHER)
        return 0;
    if (set.type == FOREIGN_NUMBER)
        c.number = foreign_numbers(w->f, path, NULL, &n);
    else if (set.type == FOREIGN_TEXT)
        text = foreign_texts(w->f, path, NULL, &n);
    else
        text = foreign_targets(w->f, path, NULL, &n);
    if (!c.number && !text)
        return -1;
    for (size_t u = 0; text && u < n; u++)
        text[u] = text[u] ? text[u] : "";
    c.text = text;
    return units_tell(w->to, name, &c, t->unit, w->arena);
}

static int add_columns(struct nwb *w, const struct trains *t)
{
    const char *id = nwb_path(w, units, "id"), **name;
    size_t n;

    if (!id || (foreign_is_set(w->f, id) && add_column(w, t, "id")) ||
        !(name = nwb_columns(w, units, &n)))
        return -1;
    for (size_t k = 0; k < n; k++)
        if (add_column(w, t, name[k]))
            return -1;
    return 0;
}

int nwb_spikes(struct nwb *w)
{
    struct trains t;

    windows_bin(&w->windows, w->plan->bin);
    return read_trains(w, &t) || nwb_rows(w, t.m) || count(w, &t) ||
           mark_observed(w, &t) || add_columns(w, &t) ? -1 : 0;
}

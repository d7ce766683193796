#include "nwb_priv.h"

#include <math.h>

struct samples {
    const char *path;           /* of the data                                */
    size_t T, m;
    const double *time;         /* (T)                                        */
    double period;
    double conversion, offset, *channel;        /* channel: (m) or NULL       */
    size_t most, begin, n;      /* a piece: at most, from, how many           */
    double *x;                  /* (most,m) its samples                       */
};

/* ---- times ---- */

static int regular(struct nwb *w, const char *path, double *start,
                   double *rate)
{
    double *first;
    size_t n;

    if (!(first = foreign_numbers(w->f, path, NULL, &n)))
        return -1;
    if (n != 1 || !isfinite(*first) ||
        !foreign_number_of(w->f, path, "rate", rate) || !(*rate > 0) ||
        !isfinite(*rate)) {
        err_set(EX_DATAERR, "%s: not one time with a rate", path);
        return -1;
    }
    *start = *first;
    return 0;
}

static int stamped(struct nwb *w, const char *path, size_t n, double *start,
                   double *rate)
{
    struct foreign_set set;
    double end;

    if (foreign_look(w->f, path, &set))
        return -1;
    if (set.n != n || set.rank != 1) {
        err_set(EX_DATAERR, "%s: %zu times of %zu samples", path, set.n,
                n);
        return -1;
    }
    if (foreign_rows(w->f, path, 0, 1, start) ||
        foreign_rows(w->f, path, n - 1, 1, &end))
        return -1;
    *rate = n > 1 ? (double)(n - 1) / (end - *start) : 1;
    return 0;
}

/* The path of its timestamps; NULL: none. */
static const char *stamps_of(struct nwb *w, const char *series)
{
    const char *path = nwb_path(w, series, "timestamps");

    return path && foreign_is_set(w->f, path) ? path : NULL;
}

int nwb_clock(struct nwb *w, const char *series, size_t n, double *start,
              double *rate)
{
    const char *stamps = stamps_of(w, series);
    const char *path = nwb_path(w, series, "starting_time");

    if (!path)
        return -1;
    if (stamps)
        return stamped(w, stamps, n, start, rate);
    if (foreign_is_set(w->f, path))
        return regular(w, path, start, rate);
    err_set(EX_DATAERR, "%s: neither timestamps nor starting_time",
            series);
    return -1;
}

/* The median: gaps do not make it longer. */
static int find_period(struct nwb *w, struct samples *s)
{
    double *apart = arena_get(w->arena, s->T - 1, sizeof *apart);

    if (!apart)
        return -1;
    for (size_t i = 1; i < s->T; i++)
        apart[i - 1] = s->time[i] - s->time[i - 1];
    bin_sort(apart, s->T - 1);
    s->period = apart[(s->T - 1) / 2];
    return 0;
}

static int read_times(struct nwb *w, struct samples *s)
{
    const char *stamps = stamps_of(w, w->plan->series);
    double start, rate, *t;
    size_t n;

    if (nwb_clock(w, w->plan->series, s->T, &start, &rate))
        return -1;
    if (stamps) {
        if (!(t = foreign_numbers(w->f, stamps, NULL, &n)))
            return -1;
        for (size_t i = 0; i < n; i++)
            if (!isfinite(t[i]) || (i && t[i] < t[i - 1])) {
                err_set(EX_DATAERR, "%s: %s at %zu", stamps,
                        isfinite(t[i]) ? "goes back" : "not finite", i);
                return -1;
            }
    } else {
        if (!(t = arena_get(w->arena, s->T, sizeof *t)))
            return -1;
        for (size_t i = 0; i < s->T; i++)
            t[i] = start + (double)i / rate;
    }
    s->time = t;
    s->period = 1 / rate;
    return stamps && s->T > 1 ? find_period(w, s) : 0;
}

/* ---- samples ---- */

static int look(struct nwb *w, struct samples *s)
{
    enum { PIECE = 1 << 20 };           /* numbers at a time */
    const char *series = w->plan->series, *channel;
    struct foreign_set set;
    size_t n;

    if (!(s->path = nwb_path(w, series, "data")) ||
        !(channel = nwb_path(w, series, "channel_conversion")))
        return -1;
    if (!foreign_is_set(w->f, s->path)) {
        format_missing(w->f, s->path, "no series has it; --list shows what "
                       "there is");
        return -1;
    }
    if (foreign_look(w->f, s->path, &set))
        return -1;
    if (set.type != FOREIGN_NUMBER || set.rank < 1 || set.n < 1) {
        err_set(EX_DATAERR, "%s: %s, not samples of numbers", s->path,
                set.what);
        return -1;
    }
    s->T = set.size[0];
    s->m = set.n / s->T;
    if (s->m > INT32_MAX) {
        err_set(EX_DATAERR, "%s: %zu units", s->path, s->m);
        return -1;
    }
    if (!foreign_number_of(w->f, s->path, "conversion", &s->conversion))
        s->conversion = 1;
    if (!foreign_number_of(w->f, s->path, "offset", &s->offset))
        s->offset = 0;
    if (foreign_is_set(w->f, channel)) {
        if (!(s->channel = foreign_numbers(w->f, channel, NULL, &n)))
            return -1;
        if (n != s->m)
            return err_set(EX_DATAERR, "%s: %zu factors of %zu channels",
                           channel, n, s->m);
    }
    s->most = s->m < PIECE ? PIECE / s->m : 1;
    s->x = arena_get(w->arena, s->most * s->m, sizeof *s->x);
    return s->x ? read_times(w, s) : -1;
}

/* Read the piece that sample i is in. */
static int read_piece(struct nwb *w, struct samples *s, size_t i)
{
    s->begin = i - i % s->most;
    s->n = s->T - s->begin < s->most ? s->T - s->begin : s->most;
    if (foreign_rows(w->f, s->path, s->begin, s->n, s->x))
        return -1;
    for (size_t k = 0; k < s->n; k++)
        for (size_t u = 0; u < s->m; u++) {
            double factor = s->channel ? s->channel[u] : 1;
            double *x = &s->x[k * s->m + u];
            *x = *x * factor * s->conversion + s->offset;
        }
    return 0;
}

/* Sample i, of all units, in their own. NULL: an error. */
static const double *sample(struct nwb *w, struct samples *s, size_t i)
{
    if ((i < s->begin || i >= s->begin + s->n) && read_piece(w, s, i))
        return NULL;
    return s->x + (i - s->begin) * s->m;
}

static int take_samples(struct nwb *w, struct samples *s)
{
    struct recording *r = w->to;
    size_t row = 0;

    for (size_t k = 0; k < w->windows.n; k++) {
        size_t first = w->windows.of[k].first;
        size_t past = first + w->windows.of[k].rows;
        for (size_t i = first; i < past; i++, row++) {
            const double *x = sample(w, s, i);
            if (!x)
                return -1;
            r->time[row] = s->time[i];
            for (size_t u = 0; u < s->m; u++)
                r->x[row * s->m + u] = (float)x[u];
        }
    }
    return 0;
}

/* Sum up the samples of one window's bins. */
static int sum_window(struct nwb *w, struct samples *s,
                      const struct window *win, double *sum, double *count)
{
    const double *t = s->time, bin = w->plan->bin;
    size_t past = bin_first(t, s->T, win->from + (double)win->rows * bin, bin);

    for (size_t i = bin_first(t, s->T, win->from, bin); i < past; i++) {
        double k = bin_of(t[i], win->from, bin);
        const double *x;
        if (k < 0 || k >= (double)win->rows)
            continue;
        if (!(x = sample(w, s, i)))
            return -1;
        count[(size_t)k] += 1;
        for (size_t u = 0; u < s->m; u++)
            sum[(size_t)k * s->m + u] += x[u];
    }
    return 0;
}

static int average(struct nwb *w, struct samples *s)
{
    struct recording *r = w->to;
    struct arena *batch = arena_open();
    size_t row = 0;
    int rc = batch ? 0 : -1;

    for (size_t k = 0; !rc && k < w->windows.n; k++) {
        const struct window *win = &w->windows.of[k];
        double *sum = arena_get(batch, win->rows * s->m, sizeof *sum);
        double *count = arena_get(batch, win->rows, sizeof *count);
        if (!sum || !count || sum_window(w, s, win, sum, count)) {
            rc = -1;
            break;
        }
        for (size_t i = 0; i < win->rows; i++, row++)
            for (size_t u = 0; u < s->m; u++)
                r->x[row * s->m + u] =
                    count[i] > 0 ? (float)(sum[i * s->m + u] / count[i]) : NAN;
        arena_reset(batch);
    }
    arena_close(batch);
    return rc;
}

/* ---- windows ---- */

/* Are there samples all through it, first to past - 1? Where they
 * are less than half a period late, or a bin may be, there is no gap. */
static bool is_covered(const struct samples *s, const struct window *x,
                       size_t past, double bin)
{
    const double *t = s->time, most = 1.5 * s->period, gap = fmax(most, bin);

    if (x->first == past || x->from < t[0] - most ||
        x->to > t[s->T - 1] + most || t[x->first] - x->from > gap ||
        x->to - t[past - 1] > gap)
        return false;
    for (size_t i = x->first + 1; i < past; i++)
        if (t[i] - t[i - 1] > gap)
            return false;
    return true;
}

/* Rows of each window; none of those that the series does not cover. */
static void find_rows(struct nwb *w, const struct samples *s)
{
    const double bin = w->plan->bin;

    if (bin > 0)
        windows_bin(&w->windows, bin);
    for (size_t k = 0; k < w->windows.n; k++) {
        struct window *x = &w->windows.of[k];
        size_t past;

        if (!(x->from < x->to) || (bin > 0 && !x->rows))
            continue;
        x->first = bin_first(s->time, s->T, x->from, s->period);
        past = bin_first(s->time, s->T, x->to, s->period);
        if (!is_covered(s, x, past, bin)) {
            x->rows = 0;
            w->windows.told++;
        } else if (!(bin > 0)) {
            x->rows = past - x->first;
            x->from = s->time[x->first];
            x->to = past < s->T ? s->time[past]
                                : s->time[past - 1] + s->period;
        }
    }
}

int nwb_series(struct nwb *w)
{
    struct samples s = { 0 };
    size_t partial;

    if (w->plan->units)
        return err_set(EX_USAGE, "--units: chooses rows of /units, and "
                       "--series reads none of them");
    if (look(w, &s))
        return -1;
    find_rows(w, &s);
    partial = w->windows.told;
    if (nwb_rows(w, s.m))
        return partial && err_code() == EX_DATAERR
               ? err_in("%s: %zu trials reach past its samples or over a gap "
                        "of them", w->plan->series, partial) : -1;
    if (partial &&
        recording_note(w->to, arena_text(w->arena, "%s: %zu of %zu trials "
                       "reach past its samples or over a gap of them: left "
                       "out", w->plan->series, partial, w->windows.all)))
        return -1;
    return w->plan->bin > 0 ? average(w, &s) : take_samples(w, &s);
}

/* plain.c - HDF5 as h5py writes it: states in one dataset, what is known of
 * the rows in others of the same length.
 *
 * The axes of the states are trial, time and unit in any order, unit and one
 * of the others at most left out. Where there is an axis of trials these may
 * be shorter than it: NaN from some row on, or a dataset of lengths. Else a
 * new trial begins where the dataset of trials changes; rows where that is NaN
 * belong to none and are left out.
 *
 * Any other dataset has a value a trial, a value a time, or, with an axis of
 * trials, a value for each pair of both in the order of the states. */
#include "../format.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../arena.h"
#include "../codes.h"
#include "../err.h"
#include "../foreign.h"
#include "../recording.h"

enum axis { TRIAL, TIME, UNIT, AXES };

struct grid {
    struct foreign *f;
    const struct format_plan *plan;
    struct arena *arena;
    int axis[AXES];             /* which axis of the states; -1: none         */
    size_t size[AXES], stride[AXES];
    const double *x;            /* the states                                 */
    size_t N;
    size_t *begin, *length;     /* (N) of each trial, along time              */
    size_t S;
    int64_t *trial, *time;      /* (S) of each row, in the file               */
};

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
    if (n != rank)
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

    if (foreign_look(g->f, path, &set))
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
        g->size[k] = g->axis[k] < 0 ? 1 : set.size[g->axis[k]];
    for (int i = set.rank; i-- > 0; stride *= set.size[i])
        for (int k = 0; k < AXES; k++)
            if (g->axis[k] == i)
                g->stride[k] = stride;
    if (g->size[TRIAL] > INT32_MAX || g->size[TIME] > INT32_MAX ||
        g->size[UNIT] > INT32_MAX)
        return err_set(EX_DATAERR, "%s: too large", path);
    return (g->x = foreign_numbers(g->f, path, NULL, &n)) ? 0 : -1;
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
    size_t n;

    g->N = g->size[TRIAL];
    if (open_trials(g, g->N) ||
        (path && !(said = foreign_numbers(g->f, path, NULL, &n))))
        return -1;
    if (said && n != g->N)
        return err_set(EX_DATAERR, "%s: %zu lengths of %zu trials", path, n,
                       g->N);
    for (size_t k = 0; k < g->N; k++) {
        if (!said)
            g->length[k] = length_without_nan(g, k);
        else if (said[k] >= 0 && said[k] <= (double)g->size[TIME] &&
                 said[k] == rint(said[k]))
            g->length[k] = (size_t)said[k];
        else
            return err_set(EX_DATAERR, "%s: %.9g at %zu is not within 0..%zu",
                           path, said[k], k, g->size[TIME]);
    }
    return 0;
}

static int ascending(const void *x, const void *y)
{
    const int32_t a = *(const int32_t *)x, b = *(const int32_t *)y;

    return (a > b) - (a < b);
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
    if (codes_read(&c, g->f, path, NULL, g->arena))
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
    qsort(begun, g->N, sizeof *begun, ascending);
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
static int64_t *place(const struct grid *g, const char *path)
{
    int64_t *at = arena_get(g->arena, g->S, sizeof *at);
    size_t T = g->size[TIME];
    bool trials = g->axis[TRIAL] >= 0, first;
    struct foreign_set set;

    if (!at || foreign_look(g->f, path, &set))
        return NULL;
    first = g->axis[TRIAL] < g->axis[TIME];
    if (trials && set.rank == 2 && set.size[!first] == g->N &&
        set.size[first] == T) {
        for (size_t row = 0; row < g->S; row++)
            at[row] = first ? g->trial[row] * (int64_t)T + g->time[row]
                            : g->time[row] * (int64_t)g->N + g->trial[row];
        return at;
    }
    if (set.n != g->N && set.n != T) {
        err_set(EX_DATAERR, "%s: %zu values, but %s has %zu trials and %zu "
                "times", path, set.n, g->plan->states, g->N, T);
        return NULL;
    }
    if (set.n == g->N && (trials || set.n != T))
        return memcpy(at, g->trial, g->S * sizeof *at);
    return memcpy(at, g->time, g->S * sizeof *at);
}

static int add_variable(struct grid *g, struct recording *r, const char *text)
{
    struct format_source from;
    struct codes c;
    int64_t *at;

    return format_source(&from, text, g->arena) ||
           codes_read(&c, g->f, from.path, from.column, g->arena) ||
           !(at = place(g, from.path)) ||
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
    if (!(time = foreign_numbers(g->f, path, NULL, &n)) ||
        !(at = place(g, path)) ||
        !(r->time = arena_get(g->arena, g->S, sizeof *r->time)))
        return -1;
    for (size_t row = 0; row < g->S; row++)
        r->time[row] = time[at[row]];
    return 0;
}

static int add_split(struct grid *g, struct recording *r)
{
    const char *path = g->plan->split;
    struct codes c;
    int64_t *at;

    if (!path)
        return 0;
    return codes_read(&c, g->f, path, NULL, g->arena) ||
           !(at = place(g, path)) ||
           format_split(r, &c, at, path, g->arena) ? -1 : 0;
}

static struct recording *read_plain(struct foreign *f,
                                    const struct format_plan *p,
                                    struct arena *a)
{
    struct grid g = { .f = f, .plan = p, .arena = a };
    struct recording *r;

    if (!p->states) {
        err_set(EX_USAGE, "--states: which dataset has them? --list shows "
                "what there is");
        return NULL;
    }
    if (p->spikes || p->series || p->units || p->bin > 0 || p->align ||
        p->window) {
        err_set(EX_USAGE, "--spikes, --series, --units, --bin, --align and "
                "--window are for other formats, and %s is read as plain HDF5",
                foreign_path(f));
        return NULL;
    }
    if (look_at_states(&g) ||
        (g.axis[TRIAL] >= 0 ? find_lengths(&g) : find_runs(&g)) ||
        !(r = fill(&g)))
        return NULL;
    for (int k = 0; k < p->nvariables; k++)
        if (add_variable(&g, r, p->variable[k]))
            return NULL;
    return add_time(&g, r) || add_split(&g, r) ? NULL : r;
}

static bool is_plain(struct foreign *f)
{
    (void)f;
    return true;
}

/* ---- a list ---- */

struct guess {
    struct foreign *f;
    struct format_lines lines;
    const char *states, *trial, *variable;
    struct foreign_set set;     /* of the states                              */
};

static const char *sizes_text(const struct foreign_set *set, struct arena *a)
{
    const char *text = arena_text(a, set->rank ? "(" : "scalar");

    for (int i = 0; text && i < set->rank; i++)
        text = arena_text(a, "%s%zu%s", text, set->size[i],
                          i + 1 < set->rank ? "," : ")");
    return text;
}

/* The largest one of floats, else of integers, is taken for the states. */
static int describe(void *with, const char *path)
{
    struct guess *w = with;
    struct foreign_set set;
    const char *sizes;
    bool better;

    if (foreign_look(w->f, path, &set)) {
        int rc = format_line(&w->lines, "  %s  %s", path, err_text());
        err_clear();
        return rc;
    }
    if (!(sizes = sizes_text(&set, w->lines.arena)))
        return -1;
    better = set.type == FOREIGN_NUMBER && !set.is_bool && set.rank >= 2 &&
             set.rank <= AXES && set.n > 0 &&
             (!w->states || set.is_integer < w->set.is_integer ||
              (set.is_integer == w->set.is_integer && set.n > w->set.n));
    if (better) {
        w->states = arena_text(w->lines.arena, "%s", path);
        w->set = set;
    }
    return format_line(&w->lines, "  %s  %s %s", path, set.what, sizes) ||
           (better && !w->states) ? -1 : 0;
}

/* One with a value a row or trial: of trials by its name, else a variable. */
static int consider(void *with, const char *path)
{
    enum { MOST = 64 };
    struct guess *w = with;
    struct foreign_set set;
    struct codes c;
    bool trials = strstr(strrchr(path, '/'), "trial");
    size_t different;

    if (foreign_look(w->f, path, &set) || set.rank != 1 ||
        set.n != w->set.size[0] || set.type == FOREIGN_TABLE ||
        (trials ? w->trial : w->variable) || strstr(path, "split") ||
        codes_read(&c, w->f, path, NULL, w->lines.arena)) {
        err_clear();
        return 0;
    }
    different = codes_different(&c, w->lines.arena);
    path = arena_text(w->lines.arena, "%s", path);
    if (trials && w->set.rank == 2)
        w->trial = path;
    else if (different > 1 && different <= MOST)
        w->variable = path;
    return path ? 0 : -1;
}

static int propose(struct guess *w)
{
    struct arena *a = w->lines.arena;
    const char *states = format_word(w->states, a);
    const char *trial = w->trial ? format_word(w->trial, a) : "";
    const char *variable = w->variable ? format_word(w->variable, a) : "";
    const char *text = !states || !trial || !variable ? NULL :
        arena_text(a, " --states %s%s%s%s%s", states,
                   w->trial ? " --trial " : "", trial,
                   w->variable ? " --variable count=" : "", variable);

    return text ? format_propose(&w->lines, w->f, text) : -1;
}

static const char **list_plain(struct foreign *f, size_t *n, struct arena *a)
{
    struct guess w = { .f = f, .lines.arena = a };

    if (format_line(&w.lines, "%s: HDF5", foreign_path(f)) ||
        foreign_walk(f, "/", describe, &w) ||
        (w.states && (foreign_walk(f, "/", consider, &w) || propose(&w))))
        return NULL;
    *n = w.lines.n;
    return w.lines.line;
}

const struct format format_plain = {
    .name = "plain", .is = is_plain, .list = list_plain, .read = read_plain
};

#include "nwb_priv.h"

#include <math.h>
#include <string.h>

#include "../names.h"

/* A list says what there is in terms of the options, and ends with a command:
 * the first choice of each. */
struct list {
    struct nwb w;
    struct names lines;
    const char *variable, *condition, *series;
    const char *trials;         /* table that may serve as them               */
    double rate;                /* of the series, Hz                          */
    double trial;               /* median length, s                           */
    bool has_spikes, empty;     /* the table `trials`                         */
};

/* ---- columns ---- */

/* What repeats in a column; *different: how many, 0: not countable. NULL: an
 * error. */
static const char *values_text(struct list *l, const char *path,
                               const struct foreign_set *set,
                               size_t *different)
{
    enum { MOST = 1000000 };
    struct codes c;

    *different = 0;
    if ((set->type != FOREIGN_NUMBER && set->type != FOREIGN_TEXT) ||
        set->n > MOST || codes_read(&c, l->w.f, path, NULL, l->w.arena)) {
        err_clear();
        return "";
    }
    return codes_text(&c, different, l->w.arena);
}

static bool is_own(const char *column)
{
    return !strcmp(column, "start_time") || !strcmp(column, "stop_time");
}

/* The columns of a table. `first` receives the first one whose values repeat:
 * NULL, not asked. */
static int list_columns(struct list *l, const char *table, const char **first)
{
    enum { MOST = 32 };
    struct nwb *w = &l->w;
    size_t n, different;
    const char **name = nwb_columns(w, table, &n);

    for (size_t k = 0; name && k < n; k++) {
        const char *path = nwb_path(w, table, name[k]), *values;
        struct foreign_set set;

        if (!path || foreign_look(w->f, path, &set) ||
            !(values = values_text(l, path, &set, &different)) ||
            names_add(&l->lines, "    %s: %s%s", name[k], set.what, values))
            return -1;
        if (first && !*first && !is_own(name[k]) && different > 1 &&
            different <= MOST && 10 * different <= set.n)
            *first = name[k];
    }
    return name ? 0 : -1;
}

/* ---- units, intervals, series ---- */

/* A column quality with a value good is the custom. */
static int find_quality(struct list *l)
{
    static const char path[] = "/units/quality";
    struct foreign_set set;
    const char **text;
    size_t n;

    if (!nwb_has_column(&l->w, "/units", "quality", &set) ||
        set.type != FOREIGN_TEXT)
        return 0;
    if (!(text = foreign_texts(l->w.f, path, NULL, &n)))
        return -1;
    for (size_t i = 0; i < n; i++)
        if (!strcmp(text[i], "good"))
            l->condition = "quality==good";
    return 0;
}

static int list_units(struct list *l)
{
    struct nwb *w = &l->w;
    static const char spikes[] = "/units/spike_times";
    struct foreign_set set;
    size_t n;

    if (!foreign_is_set(w->f, spikes))
        return 0;
    if (foreign_look(w->f, spikes, &set) ||
        !nwb_ragged(w, "/units", "spike_times", set.n, &n))
        return -1;
    l->has_spikes = n > 0;
    return names_add(&l->lines, "  /units: %zu units, %zu spikes%s", n,
                     set.n, foreign_is_set(w->f, "/units/obs_intervals")
                     ? ", obs_intervals" : "") ||
           list_columns(l, "/units", NULL) || find_quality(l) ? -1 : 0;
}

static int list_table(struct list *l, const char *name)
{
    struct nwb *w = &l->w;
    bool trials = !strcmp(name, "trials");
    const char *table = nwb_table(w, name), *first = NULL;
    double *from, *to;
    size_t n, other;

    if (!table || !(from = nwb_numbers(w, table, "start_time", &n)) ||
        !(to = nwb_numbers(w, table, "stop_time", &other)))
        return -1;
    if (n != other)
        return err_set(EX_DATAERR, "%s: %zu values of start_time, %zu of "
                       "stop_time", table, n, other);
    if (names_add(&l->lines, "  %s: %zu intervals", table, n) ||
        list_columns(l, table, &first))
        return -1;
    l->empty |= trials && !n;
    if (!n || (l->trials && !trials))
        return 0;
    l->trials = name;
    for (size_t k = 0; k < n; k++)
        to[k] = isfinite(to[k] - from[k]) ? to[k] - from[k] : 0;
    bin_sort(to, n);
    l->trial = to[n / 2];
    l->variable = first ? arena_text(w->arena, "%s:%s", name, first) : NULL;
    return first && !l->variable ? -1 : 0;
}

static int list_intervals(struct list *l)
{
    static const char group[] = "/intervals";
    size_t n;
    const char **name;

    if (!foreign_is_group(l->w.f, group))
        return 0;
    if (!(name = foreign_names(l->w.f, group, &n)))
        return -1;
    for (size_t k = 0; k < n; k++)
        if (list_table(l, name[k])) {
            if (names_add(&l->lines, "  /intervals/%s: %s", name[k],
                          err_text()))
                return -1;
            err_clear();
        }
    return 0;
}

static bool is_processed(const char *series)
{
    static const char group[] = "/processing/";

    return !strncmp(series, group, strlen(group));
}

/* .../data beside timestamps or starting_time is a series. */
static int consider(void *with, const char *path)
{
    struct list *l = with;
    struct nwb *w = &l->w;
    size_t stem = strlen(path);
    double start, rate;
    struct foreign_set set;
    const char *series, *unit;

    if (stem < 6 || strcmp(path + stem - 5, "/data"))
        return 0;
    if (!(series = arena_text(w->arena, "%.*s", (int)stem - 5, path)))
        return -1;
    if (foreign_look(w->f, path, &set) || set.type != FOREIGN_NUMBER ||
        set.rank < 1 || !set.n ||
        nwb_clock(w, series, set.size[0], &start, &rate)) {
        err_clear();
        return 0;
    }
    unit = foreign_text_of(w->f, path, "unit");
    if (!set.is_bool && (!l->series || (is_processed(series) &&
                                        !is_processed(l->series)))) {
        l->series = series;
        l->rate = rate;
    }
    return names_add(&l->lines, "  %s: %s, %zu samples of %zu, %.6g Hz, from "
                     "%.6g s%s%s", series, set.what, set.size[0],
                     set.n / set.size[0], rate, start,
                     unit ? ", in " : "", unit ? unit : "");
}

/* ---- the command ---- */

static int propose(struct list *l)
{
    struct arena *a = l->w.arena;
    double bin = l->trial > 0 && l->trial < 0.2 ? l->trial / 10 : 0.02;
    const char *text = "", *word;

    if (l->empty)
        return names_add(&l->lines, "Nothing to import: /intervals/trials is "
                         "empty; another table may serve (--trial)");
    if (!l->trials || !(l->has_spikes || l->series))
        return names_add(&l->lines, "Nothing to import: no %s",
                         l->trials ? "spikes and no series"
                                   : "intervals that are trials");
    if (l->has_spikes)
        text = arena_text(a, " --bin %.3g%s%s%s", bin,
                          l->condition ? " --units '" : "",
                          l->condition ? l->condition : "",
                          l->condition ? "'" : "");
    else if ((word = format_word(l->series, a)))
        text = l->rate * bin > 2
               ? arena_text(a, " --series %s --bin %.3g", word, bin)
               : arena_text(a, " --series %s", word);
    if (text && strcmp(l->trials, "trials") &&
        (word = format_word(l->trials, a)))
        text = arena_text(a, "%s --trial %s", text, word);
    if (text && l->variable &&
        (word = format_word(arena_text(a, "%s=%s", strrchr(l->variable, ':') +
                                       1, l->variable), a)))
        text = arena_text(a, "%s --variable %s", text, word);
    return text ? format_propose(&l->lines, l->w.f, text) : -1;
}

const char **nwb_list(struct foreign *f, size_t *n, struct arena *a)
{
    static const struct format_plan none = { 0 };
    struct list l = { .w = { .f = f, .plan = &none, .arena = a },
                      .lines.arena = a };

    if (names_add(&l.lines, "%s: NWB %s", foreign_path(f),
                  foreign_text_of(f, "/", "nwb_version")) ||
        list_units(&l) || list_intervals(&l) ||
        foreign_walk(f, "/", consider, &l) || propose(&l))
        return NULL;
    *n = l.lines.n;
    return l.lines.name;
}

/* plain.c - HDF5 as h5py writes it: states in one dataset, what is known of
 * the rows in others of the same length (grid.h). */
#include "../format.h"

#include <string.h>

#include "../arena.h"
#include "../codes.h"
#include "../err.h"
#include "../foreign.h"
#include "../names.h"
#include "../recording.h"
#include "grid.h"

static int look(const struct grid *g, const char *path, struct foreign_set *to)
{
    return foreign_look(g->f, path, to);
}

static double *numbers(const struct grid *g, const char *path, size_t *n)
{
    return foreign_numbers(g->f, path, NULL, n);
}

static int codes(const struct grid *g, const char *path, const char *column,
                 struct codes *to)
{
    return codes_read(to, g->f, path, column, g->arena);
}

static const struct grid_reader reader = {
    .look = look, .numbers = numbers, .codes = codes
};

static struct recording *read_plain(struct foreign *f,
                                    const struct format_plan *p,
                                    struct arena *a)
{
    struct grid g = { .f = f, .plan = p, .arena = a, .read = &reader };

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
    return grid_read(&g);
}

static bool is_plain(struct foreign *f)
{
    (void)f;
    return true;
}

/* ---- a list ---- */

struct guess {
    struct foreign *f;
    struct names lines;
    const char *states, *trial, *length, *variable;
    int candidates;             /* for the variable                           */
    int rank;                   /* of the variable                            */
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
        int rc = names_add(&w->lines, "  %s  %s", path, err_text());
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
    return names_add(&w->lines, "  %s  %s %s", path, set.what, sizes) ||
           (better && !w->states) ? -1 : 0;
}

/* Does a set have a value a row or trial, or a trial and step? */
static bool goes_with(const struct foreign_set *set,
                      const struct foreign_set *states)
{
    return set->rank >= 1 && set->rank < states->rank &&
           !memcmp(set->size, states->size,
                   (size_t)set->rank * sizeof *set->size);
}

/* Whole numbers a trial, from 1 up to all steps that there are. */
static bool are_lengths(const struct codes *c, const struct foreign_set *set,
                        const struct foreign_set *states)
{
    int32_t hi = 0;

    if (!set->is_integer || set->rank != 1 || states->rank != 3)
        return false;
    for (size_t i = 0; i < c->n; i++) {
        if (c->value[i] < 1)
            return false;
        hi = c->value[i] > hi ? c->value[i] : hi;
    }
    return (size_t)hi == states->size[1];
}

/* One that goes with the states: of trials by its name, of lengths by its
 * values, else a variable, best of all with a value a trial and step. */
static int consider(void *with, const char *path)
{
    enum { MOST = 64 };
    struct guess *w = with;
    struct foreign_set set;
    struct codes c;
    bool trials = strstr(strrchr(path, '/'), "trial");
    size_t different;

    if (foreign_look(w->f, path, &set) || !goes_with(&set, &w->set) ||
        set.type == FOREIGN_TABLE ||
        (trials && w->trial) || strstr(path, "split") ||
        codes_read(&c, w->f, path, NULL, w->lines.arena)) {
        err_clear();
        return 0;
    }
    different = codes_different(&c, w->lines.arena);
    path = arena_text(w->lines.arena, "%s", path);
    if (trials && w->set.rank == 2)
        w->trial = path;
    else if (!w->length && different > 1 && are_lengths(&c, &set, &w->set))
        w->length = path;
    else if (different > 1 && different <= MOST &&
             (!w->candidates++ || set.rank > w->rank)) {
        w->variable = path;
        w->rank = set.rank;
    }
    return path ? 0 : -1;
}

static int propose(struct guess *w)
{
    struct arena *a = w->lines.arena;
    const char *states = format_word(w->states, a);
    const char *trial = w->trial ? format_word(w->trial, a) : "";
    const char *length = w->length ? format_word(w->length, a) : "";
    const char *name = w->variable ? strrchr(w->variable, '/') + 1 : "";
    const char *variable = !w->variable ? ""
        : format_word(arena_text(a, "%s=%s", recording_takes(name) ? name
                                 : "variable", w->variable), a);
    const char *text = !states || !trial || !length || !variable ? NULL :
        arena_text(a, " --states %s%s%s%s%s%s%s", states,
                   w->trial ? " --trial " : "", trial,
                   w->length ? " --length " : "", length,
                   w->variable ? " --variable " : "", variable);

    if (w->length && names_add(&w->lines, "%s may be the trials' lengths: it "
                               "is a guess", w->length))
        return -1;
    if (w->candidates > 1 &&
        names_add(&w->lines, "%d of these may be a variable: %s is a guess",
                  w->candidates, w->variable))
        return -1;
    return text ? format_propose(&w->lines, w->f, text) : -1;
}

static const char **list_plain(struct foreign *f, size_t *n, struct arena *a)
{
    struct guess w = { .f = f, .lines.arena = a };

    if (names_add(&w.lines, "%s: HDF5", foreign_path(f)) ||
        foreign_walk(f, "/", describe, &w) ||
        (w.states ? foreign_walk(f, "/", consider, &w) || propose(&w)
                  : names_add(&w.lines, "Nothing to import: no array of "
                              "numbers on 2 or 3 axes")))
        return NULL;
    *n = w.lines.n;
    return w.lines.name;
}

const struct format format_plain = {
    .name = "plain", .is = is_plain, .list = list_plain, .read = read_plain
};

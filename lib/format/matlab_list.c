/* A list is what whos would show, with what each variable could serve for; it
 * ends with a command, of the first choice of each. */
#include "matlab.h"

#include <math.h>
#include <string.h>

#include "../names.h"

enum use {
    NOTHING,
    COLUMN,                     /* a value a trial, a unit or a row           */
    TRAINS,                     /* a cell of vectors                          */
    MATRICES,                   /* a cell of matrices                         */
    ARRAY
};

struct item {
    struct matlab x;
    enum use use;
    const char *word;           /* its name, for a shell                      */
    const char *note;           /* what to say beside size and class          */
    size_t n, different;        /* of a column; n: of cells too               */
    size_t size[2];             /* of all matrices; 0: they differ            */
    const double *number;       /* (n) of a column; NULL: texts               */
    bool is_logical;
};

struct list {
    struct foreign *f;
    struct arena *arena;
    struct names lines;
    struct item *item;
    size_t n, room;
};

/* ---- what each could be ---- */

static bool is_vector(const struct matlab *x)
{
    return x->rank == 2 && (x->size[0] <= 1 || x->size[1] <= 1);
}

static int see_column(struct list *l, struct item *i)
{
    struct matlab_values v;
    struct codes c;

    if (matlab_values(l->f, &i->x, NULL, 0, &v, l->arena))
        return -1;
    i->use = COLUMN;
    i->n = v.n;
    i->number = v.number;
    i->is_logical = v.is_logical;
    if (v.text ? codes_texts(&c, v.text, v.n, l->arena)
               : codes_numbers(&c, v.number, v.n, i->x.name, l->arena)) {
        err_clear();
        return 0;
    }
    return (i->note = codes_text(&c, &i->different, l->arena)) ? 0 : -1;
}

static int see_cell(struct list *l, struct item *i)
{
    const struct matlab *part = matlab_members(l->f, &i->x, l->arena);
    size_t longest = 0, shortest = SIZE_MAX;
    bool text = false, vectors = true;

    if (!part)
        return -1;
    memcpy(i->size, part[0].size, sizeof i->size);
    for (size_t k = 0; k < i->x.n; k++) {
        for (int d = 0; d < 2; d++)
            if (part[k].size[d] != i->size[d])
                i->size[d] = 0;
        text = text || part[k].kind == MATLAB_TEXT;
        vectors = vectors && is_vector(&part[k]);
        longest = part[k].n > longest ? part[k].n : longest;
        shortest = part[k].n < shortest ? part[k].n : shortest;
    }
    if (text || longest <= 1)
        return see_column(l, i);
    i->use = vectors ? TRAINS : MATRICES;
    i->n = i->x.n;
    i->note = vectors ? arena_text(l->arena, " of vectors of %zu to %zu",
                                   shortest, longest) : " of matrices";
    return i->note ? 0 : -1;
}

/* What cannot be read is told of, and is no error. */
static int see(struct list *l, struct item *i)
{
    enum { MOST = 1000000 };
    const struct matlab *x = &i->x;
    int rc = 0;

    i->note = "";
    if (x->refused)
        i->note = arena_text(l->arena, ": %s", x->refused);
    else if (x->kind == MATLAB_CELL && x->n)
        rc = see_cell(l, i);
    else if (x->n < 2)
        return 0;
    else if (x->kind == MATLAB_TEXT || (x->kind == MATLAB_NUMBERS &&
                                        is_vector(x)))
        rc = x->n <= MOST ? see_column(l, i) : 0;
    else if (x->kind == MATLAB_NUMBERS)
        i->use = ARRAY;
    if (rc && err_code() == EX_DATAERR) {
        i->note = arena_text(l->arena, ": %s", err_text());
        err_clear();
        rc = 0;
    }
    return rc || !i->note ? -1 : 0;
}

static int add(struct list *l, const char *name, const char *path)
{
    struct item *more = arena_more(l->arena, l->item, l->n, &l->room,
                                   sizeof *more);

    if (!more)
        return -1;
    l->item = more;
    more += l->n++;
    *more = (struct item){ 0 };
    return !(more->word = format_word(name, l->arena)) ||
           matlab_look(l->f, name, path, &more->x, l->arena) ||
           see(l, more) ? -1 : 0;
}

/* Of a group, and of the structs in it. */
static int add_all(struct list *l, const char *group, const char *before,
                   int depth)
{
    size_t n;
    const char **name = foreign_names(l->f, *group ? group : "/", &n);

    for (size_t k = 0; name && k < n; k++) {
        const char *full = arena_text(l->arena, "%s%s", before, name[k]);
        const char *path = arena_text(l->arena, "%s/%s", group, name[k]);

        if (*name[k] == '#')
            continue;
        if (!full || !path || add(l, full, path))
            return -1;
        if (depth && l->item[l->n - 1].x.kind == MATLAB_STRUCT &&
            !l->item[l->n - 1].x.refused && foreign_is_group(l->f, path) &&
            (!(full = arena_text(l->arena, "%s.", full)) ||
             add_all(l, path, full, depth - 1)))
            return -1;
    }
    return name ? 0 : -1;
}

static int print(struct list *l)
{
    size_t wide[2] = { 0 };

    for (size_t k = 0; k < l->n; k++) {
        const struct matlab *x = &l->item[k].x;
        const char *size = matlab_size(x, l->arena);
        if (!size)
            return -1;
        wide[0] = strlen(x->name) > wide[0] ? strlen(x->name) : wide[0];
        wide[1] = strlen(size) > wide[1] ? strlen(size) : wide[1];
    }
    for (size_t k = 0; k < l->n; k++) {
        const struct item *i = &l->item[k];
        if (names_add(&l->lines, "  %-*s  %-*s  %s%s", (int)wide[0],
                      i->x.name, (int)wide[1],
                      matlab_size(&i->x, l->arena),
                      i->x.class ? i->x.class : "", i->note))
            return -1;
    }
    return 0;
}

/* ---- the command ---- */

/* Has a name the word? One after '=' is to be all of it, of a field's too. */
static bool has(const char *name, const char *word)
{
    const char *dot = strrchr(name, '.');

    return *word == '=' ? !strcasecmp(dot ? dot + 1 : name, word + 1)
                        : strcasestr(name, word) != NULL;
}

/* The first of that use, and of n values where n is not 0, whose name has one
 * of the words, and, of columns, with numbers; else, where any will do, the
 * first of all. */
static const struct item *pick(const struct list *l, enum use use, size_t n,
                               const char *const *word, bool any)
{
    const struct item *first = NULL;

    for (size_t k = 0; k < l->n; k++) {
        const struct item *i = &l->item[k];
        if (i->use != use || (n && i->n != n))
            continue;
        for (const char *const *w = word; *w; w++)
            if (has(i->x.name, *w) &&
                (any || use != COLUMN || i->number))
                return i;
        first = first ? first : i;
    }
    return any ? first : NULL;
}

/* The first column of n values that repeat, but for one; truths last. */
static const char *variable(const struct list *l, size_t n, const char *not)
{
    enum { MOST = 32 };
    const char *text = "";

    for (size_t k = 0; k < l->n; k++) {
        const struct item *i = &l->item[k];
        const char *dot = strrchr(i->x.name, '.');
        const char *name = dot ? dot + 1 : i->x.name;
        if (i->use != COLUMN || i->n != n || !strcmp(i->x.name, not) ||
            i->different < 2 || i->different > MOST || 10 * i->different > n ||
            !recording_takes(name) || strcasestr(name, "trial") ||
            strcasestr(name, "split") || (i->is_logical && *text))
            continue;
        if (!(name = format_word(name, l->arena)) ||
            !(text = arena_text(l->arena, " --variable %s=%s", name, i->word)))
            return NULL;
        if (!i->is_logical)
            break;
    }
    return text;
}

static int propose(struct list *l, const char *options, size_t n,
                   const char *not)
{
    const char *more = options ? variable(l, n, not) : NULL, *all;

    return !more || !(all = arena_text(l->arena, "%s%s", options, more)) ||
           format_propose(&l->lines, l->f, all) ? -1 : 0;
}

static int propose_spikes(struct list *l, const struct item *spikes)
{
    static const char *const begin[] = { "start", "onset", "begin", "align",
                                         "cue", "time", "=on", NULL },
                      *const end[] = { "stop", "end", "offset", "finish",
                                       "=off", NULL };
    bool vector = is_vector(&spikes->x);
    const struct item *from = pick(l, COLUMN, vector ? 0 : spikes->x.size[0],
                                   begin, false), *to = NULL;
    double shortest = INFINITY, bin;
    const char *name = spikes->word;
    struct arena *a = l->arena;

    if (!vector && !from)
        return propose(l, arena_text(a, " --spikes %s --bin 0.02 --window "
                                     "0:0.5", name), spikes->x.size[0], "");
    if (!from)
        return names_add(&l->lines, "%s has spike times, but no variable "
                         "looks like when trials start: see --align and "
                         "--window", name);
    to = pick(l, COLUMN, from->n, end, false);
    for (size_t k = 0; to && k < from->n; k++)
        shortest = fmin(shortest, to->number[k] - from->number[k]);
    bin = shortest >= 0.2 ? 0.02 : shortest / 10;
    return propose(l, to && shortest > 0
                   ? arena_text(a, " --spikes %s --bin %.3g --window %s:%s",
                                name, bin, from->word, to->word)
                   : arena_text(a, " --spikes %s --bin 0.02 --align %s "
                                "--window 0:0.5", name, from->word),
                   from->n, from->x.name);
}

/* Which axis of an array is trials: the one that a column is as long as. */
static int trials_of(const struct list *l, const struct matlab *x)
{
    static const char *const word[] = { "trial", NULL };
    const struct item *i = pick(l, COLUMN, 0, word, true);

    for (int k = 0; i && k < x->rank; k++)
        if (x->size[k] == i->n)
            return k;
    for (int k = 0; k < x->rank; k++)
        if (pick(l, COLUMN, x->size[k], word, true))
            return k;
    return -1;
}

static int propose_array(struct list *l, const struct item *array)
{
    static const char *const three[] = { "trial,time,unit", "time,trial,unit",
                                         "time,unit,trial" },
                      *const two[] = { "trial,unit", "unit,trial" },
                      *const rows[] = { "time,unit", "unit,time" },
                      *const word[] = { "trial", NULL };
    const struct matlab *x = &array->x;
    int axis = trials_of(l, x);
    size_t n = axis < 0 ? 0 : x->size[axis];
    const struct item *trial = n ? pick(l, COLUMN, n, word, false) : NULL;
    bool runs = trial && x->rank == 2 && 2 * trial->different <= n;

    if (x->rank > 3 || axis < 0)
        return names_add(&l->lines, "%s may be states, but no variable has a "
                         "value for each of its trials: see --layout and "
                         "--trial", x->name);
    return propose(l, arena_text(l->arena, " --states %s --layout %s%s%s",
                                 array->word, x->rank == 3 ? three[axis] :
                                 runs ? rows[axis] : two[axis],
                                 runs ? " --trial " : "",
                                 runs ? trial->word : ""), n,
                   runs ? trial->x.name : "");
}

/* Units are the dimension that does not change, or that something has a value
 * for each of. */
static int propose_cells(struct list *l, const struct item *i)
{
    static const char *const any[] = { NULL };
    const size_t *size = i->size;
    bool turned = size[0] && (!size[1] ||
                              (pick(l, COLUMN, size[0], any, true) &&
                               !pick(l, COLUMN, size[1], any, true)));

    return propose(l, arena_text(l->arena, " --states %s --layout %s", i->word,
                                 turned ? "unit,time" : "time,unit"), i->n,
                   "");
}

static int propose_any(struct list *l)
{
    static const char *const spikes[] = { "spike", "unit", "neuron", NULL },
                      *const states[] = { "state", "rate", "activ", NULL };
    const struct item *i;

    if ((i = pick(l, TRAINS, 0, spikes, false)))
        return propose_spikes(l, i);
    if ((i = pick(l, MATRICES, 0, states, true)))
        return propose_cells(l, i);
    if ((i = pick(l, ARRAY, 0, states, true)))
        return propose_array(l, i);
    if ((i = pick(l, TRAINS, 0, spikes, true)))
        return propose_spikes(l, i);
    return names_add(&l->lines, "No cell of spike times and no array of "
                     "states");
}

const char **matlab_list(struct foreign *f, size_t *n, struct arena *a)
{
    struct list l = { .f = f, .arena = a, .lines.arena = a };

    if (names_add(&l.lines, "%s: MATLAB 7.3", foreign_path(f)) ||
        add_all(&l, "", "", 1) || print(&l) || propose_any(&l))
        return NULL;
    *n = l.lines.n;
    return l.lines.name;
}

#include "info.h"

#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "arena.h"
#include "err.h"
#include "guard.h"
#include "info_priv.h"
#include "opt.h"
#include "utf8.h"

/* ---- lines ---- */

/* Bytes of the first `most` characters of a text, all of them if it has no
 * more. */
static size_t bytes(const char *text, size_t most)
{
    size_t n = strlen(text), at = 0;

    for (; at < n && most > 0; most--) {
        size_t step = utf8_length(text + at, n - at);
        at += step ? step : 1;
    }
    return at;
}

int info_put(struct telling *t, const char *format, ...)
{
    char text[2 * H5_LINE_SIZE];
    va_list args;
    bool whole;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    whole = !text[bytes(text, INFO_WIDTH)];
    return names_add(&t->to, "%.*s%s",
                     (int)bytes(text, INFO_WIDTH - (whole ? 0 : 3)), text,
                     whole ? "" : "...");
}

int info_tell(struct telling *t, const char *label, const char *text,
              int most)
{
    enum { LABEL = 11, ROOM = INFO_WIDTH - LABEL - 4 };

    for (int line = 0; text && *text; line++) {
        size_t room = bytes(text, ROOM), n = room;
        bool last;
        if (text[room])                         /* back to a blank, if any   */
            while (n > 0 && text[n] != ' ')
                n--;
        n = n ? n : room;
        last = line + 1 == most && text[n];
        while (n > 0 && text[n - 1] == ' ')
            n--;
        if (info_put(t, "%-*s%.*s%s", LABEL, line ? "" : label, (int)n, text,
                     last ? " ..." : ""))
            return -1;
        if (last)
            return 0;
        text += n;
        text += strspn(text, " ");
    }
    return text ? 0 : -1;
}

const char *info_number(char to[32], double x)
{
    snprintf(to, 32, "%.4g", x);
    return x == x ? to : "-";
}

/* ---- any kind ---- */

static const char *attribute(struct telling *t, int i)
{
    enum { HASH = 64 };
    char cell[H5_LINE_SIZE] = "", text[32];
    const struct h5field *d = &t->schema->field[i];
    int32_t i32;
    int64_t i64;
    double f64;

    if (h5file_get(t->f, i, cell))
        return NULL;
    memcpy(&i32, cell, sizeof i32);
    memcpy(&i64, cell, sizeof i64);
    memcpy(&f64, cell, sizeof f64);
    switch (d->type) {
    case H5_I32:
        return arena_text(t->arena, "%d", i32);
    case H5_I64:
        return arena_text(t->arena, "%lld", (long long)i64);
    case H5_F64:
        return arena_text(t->arena, "%s", info_number(text, f64));
    case H5_BOOL:
        return *cell ? "yes" : "no";
    default:
        if (strlen(cell) == HASH && strspn(cell, "0123456789abcdef") == HASH)
            cell[8] = '\0';
        return arena_text(t->arena, "%s", *cell ? cell : "-");
    }
}

static int tell_attributes(struct telling *t)
{
    const char *all = "";

    for (int i = 0; i < t->schema->nfields; i++) {
        const struct h5field *d = &t->schema->field[i];
        const char *value;
        if (!(d->flags & H5_ATTRIBUTE) || !h5file_has(t->f, i))
            continue;
        if (!(value = attribute(t, i)) ||
            !(all = arena_text(t->arena, "%s%s%s=%s", all, *all ? "  " : "",
                               d->path, value)))
            return -1;
    }
    return info_tell(t, "says", all, 5);
}

static int tell_sizes(struct telling *t)
{
    const char *all = "";

    for (const char *c = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"; *c; c++)
        if (h5file_size(t->f, *c) &&
            !(all = arena_text(t->arena, "%s%s%c=%zu", all, *all ? "  " : "",
                               *c, h5file_size(t->f, *c))))
            return -1;
    return info_tell(t, "sizes", all, 1);
}

int info_family(struct telling *t, int i)
{
    const struct h5field *d = &t->schema->field[i];
    bool shaped = strcmp(d->dims, "NT") && strcmp(d->dims, "S");
    const char *all = "", *label = strrchr(d->path, '*')[1]
                                 ? strrchr(d->path, '/') + 1
                                 : arena_text(t->arena, "%.*s", (int)strcspn(
                                       d->path + 1, "/"), d->path + 1);

    for (int k = 0; label && all && k < h5file_count(t->f, i); k++) {
        const char *name = h5file_member(t->f, i, k);
        struct h5shape s;
        if (h5file_shape(t->f, i, name, &s))
            return -1;
        all = arena_text(t->arena, "%s%s%s", all, k ? "  " : "", name);
        for (int axis = 0; all && shaped && axis < s.rank; axis++)
            all = arena_text(t->arena, "%s%c%zu%s", all, axis ? ',' : '(',
                             s.size[axis], axis + 1 < s.rank ? "" : ")");
    }
    return label && all ? info_tell(t, label, all, 3) : -1;
}

/* How many are for training, validation and test. */
static int tell_splits(struct telling *t)
{
    for (int i = 0; i < t->schema->nfields; i++) {
        const struct h5field *d = &t->schema->field[i];
        size_t n[3] = { 0 }, size;
        const uint8_t *split;
        if (d->type != H5_SPLIT || !h5file_has(t->f, i))
            continue;
        size = h5file_size(t->f, *d->dims);
        if (!(split = h5file_load(t->f, i, t->arena)))
            return -1;
        for (size_t k = 0; k < size; k++)
            n[split[k]]++;
        return info_tell(t, "split", arena_text(t->arena, "%zu train, %zu "
                         "valid, %zu test", n[0], n[1], n[2]), 1);
    }
    return 0;
}

/* ---- provenance ---- */

/* The number, from 1, of the file whose hash begins so; 0: none. */
static size_t find(const struct h5file *f, const char *prefix)
{
    enum { PREFIX = 16 };
    struct h5ancestor x;

    for (size_t k = 0; h5file_ancestor(f, k, &x); k++)
        if (!strncmp(x.sha256, prefix, PREFIX))
            return k + 1;
    return 0;
}

/* Numbers of its parents, "3,2", at most `most` of them. */
static const char *parents(const struct telling *t, const struct h5ancestor *x,
                           int most)
{
    const char *all = "";
    int n = 0;

    for (const char *p = x->parents; all && *p; p += strspn(p, " ")) {
        if (n++ < most)
            all = arena_text(t->arena, "%s%s%zu", all, *all ? "," : "",
                             find(t->f, p));
        p += strcspn(p, " ");
    }
    return all && n > most ? arena_text(t->arena, "%s,+%d", all, n - most)
                           : all;
}

/* "12 data, 3 model" of the first n. */
static const char *count_kinds(const struct telling *t, size_t n)
{
    const char *all = "";
    struct h5ancestor x;

    for (const struct h5schema *const *s = schema_menu; all; s++) {
        const char *kind = *s ? (*s)->kind : "foreign";
        size_t count = 0;
        for (size_t k = 0; k < n && h5file_ancestor(t->f, k, &x); k++)
            count += !strcmp(x.kind, kind);
        if (count)
            all = arena_text(t->arena, "%s%s%zu %s", all, *all ? ", " : "",
                             count, kind);
        if (!*s)
            break;
    }
    return all;
}

/* What it descends from, oldest first: as many as the screen has room for. */
static int tell_ancestors(struct telling *t)
{
    enum { LEAST = 4, SOME = 3 };
    size_t n = 0, used = t->to.n + 1, skipped;
    size_t room = used + LEAST < INFO_LINES ? INFO_LINES - used : LEAST;
    const char *older;
    struct h5ancestor x;

    while (h5file_ancestor(t->f, n, &x))
        n++;
    skipped = n - 1 > room ? n - room : 0;
    if (!(older = count_kinds(t, skipped)) ||
        (n > 1 && info_put(t, "%-4s%-8s %-18s %-12s %s", "", "SHA-256",
                           "made by", "from", "descends from")) ||
        (skipped && info_put(t, "1 to %zu: %s", skipped, older)))
        return -1;
    for (size_t k = skipped; k + 1 < n; k++) {
        const char *from;
        h5file_ancestor(t->f, k, &x);
        if (!(from = parents(t, &x, SOME)) ||
            info_put(t, "%-4zu%.8s %-18s %-12s %s", k + 1, x.sha256,
                     *x.program ? x.program : x.kind, from, x.name))
            return -1;
    }
    return 0;
}

/* Is the option's value a file that it was made from? */
static bool is_input(const struct telling *t, const char *value)
{
    struct h5ancestor x;
    size_t n = strlen(value);

    for (size_t k = 0; h5file_ancestor(t->f, k, &x); k++) {
        size_t m = strlen(x.name);
        if (m <= n && !strcmp(value + n - m, x.name) &&
            (m == n || value[n - m - 1] == '=' || value[n - m - 1] == ','))
            return true;
    }
    return false;
}

/* The options but for inputs, which the ancestors tell. */
static const char *settings(const struct telling *t, const char *options)
{
    size_t size = strlen(options) + 1;
    char name[OPT_NAME], *value = arena_get(t->arena, size, 1);
    const char *all = value ? "" : NULL;

    for (const char *next; all && (next = opt_next(options, name, value, size));
         options = next)
        if (!is_input(t, value))
            all = arena_text(t->arena, "%s%.*s", all, (int)(next - options),
                             options);
    return all ? all + strspn(all, " ") : NULL;
}

/* ---- the whole ---- */

static int tell_origin(struct telling *t)
{
    struct h5ancestor self = { 0 };
    const char *version, *commit, *from;
    struct stat st = { 0 };

    for (size_t k = 0; h5file_ancestor(t->f, k, &self); k++)
        ;
    h5file_maker(t->f, &version, &commit);
    stat(h5file_path(t->f), &st);
    if (!(from = parents(t, &self, INT_MAX)))
        return -1;
    return info_put(t, "%s, %.8s, %lld bytes: %s", t->schema->kind, self.sha256,
                    (long long)st.st_size, h5file_name(t->f)) ||
           info_tell(t, "made by", arena_text(t->arena, "%s %s (%.12s)%s%s",
                                              self.program, version, commit,
                                              *from ? " from " : "", from),
                     2) ||
           info_tell(t, "with", settings(t, self.options), 2) ? -1 : 0;
}

static int tell_all(struct telling *t)
{
    return tell_origin(t) || tell_attributes(t) || tell_sizes(t) ||
           tell_splits(t) || info_numbers(t) || tell_ancestors(t) ? -1 : 0;
}

struct job {
    const char *path, *kind;
    struct arena *arena;
};

static int work(void *with, struct parcel *to)
{
    struct job *j = with;
    struct telling t = { .arena = j->arena, .to = { .arena = j->arena } };
    int rc = -1;

    for (const struct h5schema *const *s = schema_menu; *s; s++)
        if (!strcmp((*s)->kind, j->kind))
            t.schema = *s;
    if (!t.schema)
        err_set(EX_DATAERR, "%s: there is no kind %s here", j->path, j->kind);
    else if ((t.f = h5file_open(j->path, t.schema)))
        rc = tell_all(&t) ||
             parcel_put_texts(to, "lines", t.to.name, t.to.n) ? -1 : 0;
    h5file_close(t.f);
    return rc;
}

bool info_is_ours(const char *path)
{
    char kind[32];

    if (h5file_kind(path, kind))
        err_clear();
    return *kind;
}

const char **info_lines(const char *path, const struct guard_limits *limits,
                        size_t *n, struct arena *a)
{
    char kind[32];
    struct job job = { path, kind, a };
    struct parcel *parcel;
    const char **line;

    if (h5file_kind(path, kind) || guard_run(&parcel, path, work, &job, limits))
        return NULL;
    line = parcel_texts(parcel, "lines", n, a);
    guard_release(parcel);
    return line;
}

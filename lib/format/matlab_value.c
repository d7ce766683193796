#include "matlab.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static bool same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

/* ---- what is not read ---- */

static const struct {
    const char *class, *before, *after; /* of the variable, in the remedy     */
} objects[] = {
    { "string", "cellstr(", ")" },
    { "categorical", "cellstr(", ")" },
    { "table", "table2struct(", ", 'ToScalar', true)" },
    { "timetable", "table2struct(timetable2table(", "), 'ToScalar', true)" },
    { "datetime", "posixtime(", ")" },
    { "duration", "seconds(", ")" },
    { "function_handle", "what it returns, or func2str(", ")" },
    { "containers.Map", "values(", ")" },
    { NULL, "struct(", "), or its properties as variables," }
};

static bool is_number_class(const char *class)
{
    static const char *const known[] = {
        "double", "single", "logical", "int8", "uint8", "int16", "uint16",
        "int32", "uint32", "int64", "uint64", "canonical empty", NULL
    };

    for (const char *const *k = known; *k; k++)
        if (same(class, *k))
            return true;
    return false;
}

/* ---- looking ---- */

/* -1: without memory for the reason. */
static int refuse(struct matlab *to, const char *why)
{
    to->refused = why;
    return why ? 0 : -1;
}

static int refuse_object(struct matlab *to, struct arena *a)
{
    int i = 0;

    while (objects[i].class && !same(to->class, objects[i].class))
        i++;
    to->rank = 0;
    return refuse(to, arena_text(a, "is of class %.40s, which only MATLAB can "
                                 "read; save %s%s%s instead", to->class,
                                 objects[i].before, to->name,
                                 objects[i].after));
}

static void turn(struct matlab *to, const struct foreign_set *set)
{
    to->rank = set->rank < 2 ? 2 : set->rank;
    to->size[0] = to->size[1] = 1;
    for (int i = 0; i < set->rank; i++)
        to->size[i] = set->size[set->rank - 1 - i];
    to->n = set->n;
}

/* Of a struct array: references without a class. */
static bool is_field(const struct matlab *x, const struct foreign_set *set)
{
    return set->type == FOREIGN_REFERENCE && !x->class;
}

/* A struct array is as large as each of its fields. */
static int look_struct(struct foreign *f, struct matlab *to, struct arena *a)
{
    size_t n;
    const char **name = foreign_names(f, to->path, &n);
    struct matlab field;
    const char *path;

    to->kind = MATLAB_STRUCT;
    to->class = "struct";
    if (!name)
        return -1;
    if (n == 0)
        return 0;
    if (!(path = arena_text(a, "%s/%s", to->path, name[0])))
        return -1;
    if (!foreign_is_set(f, path))
        return 0;
    if (matlab_look(f, name[0], path, &field, a))
        return -1;
    if (!field.refused && same(field.class, "field")) {
        to->rank = field.rank;
        to->n = field.n;
        memcpy(to->size, field.size, sizeof to->size);
    }
    return 0;
}

/* One of the sizes must be 0. */
static int look_empty(struct foreign *f, struct matlab *to,
                      const struct foreign_set *set)
{
    double *size, product = 1;
    size_t rank;

    to->size[0] = to->size[1] = to->n = 0;
    if (set->n == 0)
        return 0;
    if (set->type != FOREIGN_NUMBER || set->n < 2 || set->n > FOREIGN_RANK)
        return refuse(to, "is empty, but does not say of what size");
    if (!(size = foreign_numbers(f, to->path, NULL, &rank)))
        return -1;
    for (size_t i = 0; i < rank; i++) {
        product *= size[i];
        if (!(size[i] >= 0 && size[i] < 0x1p53))
            product = NAN;
        else
            to->size[i] = (size_t)size[i];
    }
    to->rank = (int)rank;
    return product == 0 ? 0 : refuse(to, "says that it is empty, but of a size "
                                     "that is not");
}

static int look_kind(struct matlab *to, bool empty,
                     const struct foreign_set *set, struct arena *a)
{
    enum foreign_type type = FOREIGN_NUMBER;

    if (is_field(to, set))
        to->class = "field";
    else if (!to->class && set->type == FOREIGN_NUMBER)
        to->class = is_number_class(set->what) ? set->what : "double";
    else if (!to->class)
        return refuse(to, "is nothing that MATLAB writes");

    if (is_number_class(to->class))
        to->kind = MATLAB_NUMBERS;
    else if (same(to->class, "char"))
        to->kind = MATLAB_TEXT;
    else if (same(to->class, "cell") || same(to->class, "field"))
        to->kind = MATLAB_CELL, type = FOREIGN_REFERENCE;
    else if (same(to->class, "struct") && empty)
        to->kind = MATLAB_STRUCT;
    else
        return refuse_object(to, a);

    if (set->type == FOREIGN_TABLE && to->kind == MATLAB_NUMBERS)
        return refuse(to, arena_text(a, "is complex; save abs(%s), or real() "
                                     "and imag() apart, instead", to->name));
    if (!empty && set->type != type)
        return refuse(to, arena_text(a, "says that it is %.40s, but holds %s",
                                     to->class, set->what));
    return 0;
}

/* An empty one has its sizes, in one row, in the place of what it holds. */
static int look_set(struct foreign *f, struct matlab *to,
                    const struct foreign_set *set, struct arena *a)
{
    double flag;
    bool empty = set->rank < 2 &&
                 foreign_number_of(f, to->path, "MATLAB_empty", &flag) &&
                 flag != 0;

    turn(to, set);
    if (look_kind(to, empty, set, a))
        return -1;
    return !empty || to->refused ? 0 : look_empty(f, to, set);
}

static int look_group(struct foreign *f, struct matlab *to, struct arena *a)
{
    double rows;

    if (foreign_number_of(f, to->path, "MATLAB_sparse", &rows)) {
        to->rank = 0;
        return refuse(to, arena_text(a, "is sparse; save full(%s) instead",
                                     to->name));
    }
    return !to->class || same(to->class, "struct") ? look_struct(f, to, a)
                                                   : refuse_object(to, a);
}

int matlab_look(struct foreign *f, const char *name, const char *path,
                struct matlab *to, struct arena *a)
{
    struct foreign_set set;
    const char *why;

    *to = (struct matlab){
        .name = name, .path = path, .rank = 2, .size = { 1, 1 }, .n = 1,
        .class = foreign_text_of(f, path, "MATLAB_class")
    };
    if (!foreign_look(f, path, &set))
        return look_set(f, to, &set, a);
    if (err_code() == EX_OSERR || !(why = arena_text(a, "%s", err_text())))
        return -1;
    err_clear();
    return foreign_is_group(f, path) ? look_group(f, to, a) : refuse(to, why);
}

bool matlab_is(struct foreign *f)
{
    size_t n;
    const char **name = foreign_names(f, "/", &n);
    char path[256];

    for (size_t i = 0; name && i < n; i++) {
        snprintf(path, sizeof path, "/%s", name[i]);
        if (foreign_text_of(f, path, "MATLAB_class"))
            return true;
    }
    err_clear();
    return false;
}

/* ---- finding ---- */

/* "only a, b, c" */
static const char *those_there(struct foreign *f, const char *group,
                               struct arena *a)
{
    enum { SHOWN = 12 };
    size_t n, shown = 0;
    const char **name = foreign_names(f, group, &n), *text = "only";

    for (size_t i = 0; name && text && i < n; i++)
        if (name[i][0] != '#' && shown++ < SHOWN)
            text = arena_text(a, "%s%s %.64s", text, shown > 1 ? "," : "",
                              name[i]);
    if (shown > SHOWN)
        text = arena_text(a, "%s and %zu more", text, shown - SHOWN);
    return shown ? text : "nothing";
}

static int missing(struct foreign *f, const char *name, const char *parent,
                   const char *part, struct arena *a)
{
    const char *there = NULL;

    if (!*parent || foreign_is_group(f, parent))
        there = those_there(f, *parent ? parent : "/", a);
    if (!*parent)
        err_set(EX_DATAERR, "%s: no such variable; the file has %s", name,
                there);
    else if (there)
        err_set(EX_DATAERR, "%s: no such field as '%s'; the struct has %s",
                name, part, there);
    else
        err_set(EX_DATAERR, "%s: '%s' is looked for in what is not a struct",
                name, part);
    return -1;
}

int matlab_find(struct foreign *f, const char *name, struct matlab *to,
                struct arena *a)
{
    const char *parent = "", *path;
    char *part = arena_text(a, "%s", name + (*name == '/')), *next = NULL;

    if (!part)
        return -1;
    for (; part; part = next, parent = path) {
        if ((next = strpbrk(part, "./")))
            *next++ = '\0';
        if (!(path = arena_text(a, "%s/%s", parent, part)))
            return -1;
        if (!*part || (!foreign_is_group(f, path) && !foreign_is_set(f, path)))
            return format_is_link(f, path) ? -1
                                           : missing(f, name, parent, part, a);
    }
    if (matlab_look(f, name, parent, to, a))
        return -1;
    return to->refused ? err_set(EX_DATAERR, "%s: %s", name, to->refused) : 0;
}

/* ---- reading ---- */

/* The user does not know what is called how in #refs#. */
static void member_error(const struct matlab *x)
{
    static const char refs[] = "/#refs#/";

    if (!strncmp(x->path, refs, strlen(refs)))
        err_in("%s", x->name);
}

double *matlab_numbers(struct foreign *f, const struct matlab *x,
                       struct arena *a)
{
    size_t n;
    double *value;

    if (x->kind != MATLAB_NUMBERS) {
        err_set(EX_DATAERR, "%s: is %s where numbers are needed", x->name,
                x->class);
        return NULL;
    }
    if (x->n == 0)
        return arena_get(a, 0, sizeof *value);
    if (!(value = foreign_numbers(f, x->path, NULL, &n)))
        member_error(x);
    return value;
}

/* spikes{3}, spikes{3,2}, trials(3).start */
static const char *member_name(const struct matlab *x, size_t i,
                               struct arena *a)
{
    const char *dot = strrchr(x->name, '.');
    bool vector = x->rank == 2 && (x->size[0] == 1 || x->size[1] == 1);
    size_t rows = x->size[0];

    if (same(x->class, "field") && dot)
        return arena_text(a, "%.*s(%zu)%s", (int)(dot - x->name), x->name,
                          i + 1, dot);
    if (vector || x->rank > 2)
        return arena_text(a, "%s{%zu}", x->name, i + 1);
    return arena_text(a, "%s{%zu,%zu}", x->name, i % rows + 1, i / rows + 1);
}

static int look_member(struct foreign *f, const char *name, const char *path,
                       struct matlab *to, struct arena *a)
{
    if (!name)
        return -1;
    if (!path) {
        *to = (struct matlab){ .name = name, .path = "", .class = "double",
                               .rank = 2 };
        return 0;
    }
    if (matlab_look(f, name, path, to, a))
        return -1;
    if (to->refused)
        return err_set(EX_DATAERR, "%s: %s", name, to->refused);
    if (to->kind == MATLAB_CELL || to->kind == MATLAB_STRUCT)
        return err_set(EX_DATAERR, "%s: is a %s; inside cells and struct "
                       "arrays only numbers and text are read, so save what "
                       "matters of it as a variable of its own", name,
                       to->class);
    return 0;
}

struct matlab *matlab_members(struct foreign *f, const struct matlab *x,
                              struct arena *a)
{
    struct matlab *to = arena_get(a, x->n, sizeof *to);
    const char **path;
    size_t n;

    if (x->kind != MATLAB_CELL) {
        err_set(EX_DATAERR, "%s: is %s where a cell is needed", x->name,
                x->class);
        return NULL;
    }
    if (!to || x->n == 0)
        return to;
    if (!(path = foreign_targets(f, x->path, NULL, &n)))
        return NULL;
    for (size_t i = 0; i < x->n; i++)
        if (look_member(f, member_name(x, i, a), path[i], &to[i], a))
            return NULL;
    return to;
}

static char *put_utf8(char *to, uint32_t c)
{
    if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
        c = 0xfffd;
    if (c < 0x80) {
        *to++ = (char)c;
        return to;
    }
    if (c < 0x800) {
        *to++ = (char)(0xc0 | c >> 6);
    } else {
        if (c < 0x10000) {
            *to++ = (char)(0xe0 | c >> 12);
        } else {
            *to++ = (char)(0xf0 | c >> 18);
            *to++ = (char)(0x80 | (c >> 12 & 63));
        }
        *to++ = (char)(0x80 | (c >> 6 & 63));
    }
    *to++ = (char)(0x80 | (c & 63));
    return to;
}

/* n code units, `by` apart: UTF-16, in which code points beyond it are let
 * through; trailing blanks and NULs pad the row. */
static const char *text_of(const double *unit, size_t n, size_t by,
                           struct arena *a)
{
    char *text, *to;

    while (n > 0 && (unit[(n - 1) * by] == 0 || unit[(n - 1) * by] == ' '))
        n--;
    if (!(to = text = arena_get(a, 4 * n + 1, 1)))
        return NULL;
    for (size_t i = 0; i < n; i++) {
        double d = unit[i * by], e = i + 1 < n ? unit[(i + 1) * by] : 0;
        uint32_t c = d >= 0 && d < 0x110000 ? (uint32_t)d : 0xfffd;

        if (c >= 0xd800 && c < 0xdc00 && e >= 0xdc00 && e < 0xe000) {
            c = 0x10000 + ((c - 0xd800) << 10) + ((uint32_t)e - 0xdc00);
            i++;
        }
        to = put_utf8(to, c);
    }
    return text;
}

static const char **texts_of_chars(struct foreign *f, const struct matlab *x,
                                   size_t *n, struct arena *a)
{
    const char **text;
    double *unit;
    size_t got;

    if (x->rank != 2) {
        err_set(EX_DATAERR, "%s: is a char array of more than two dimensions",
                x->name);
        return NULL;
    }
    *n = x->size[0];
    if (x->n == 0)
        *n = 0;
    if (!(text = arena_get(a, *n, sizeof *text)) || *n == 0)
        return text;
    if (!(unit = foreign_numbers(f, x->path, NULL, &got))) {
        member_error(x);
        return NULL;
    }
    for (size_t i = 0; i < *n; i++)
        if (!(text[i] = text_of(unit + i, x->size[1], *n, a)))
            return NULL;
    return text;
}

const char **matlab_texts(struct foreign *f, const struct matlab *x,
                          size_t *n, struct arena *a)
{
    struct matlab *member;
    const char **text;

    if (x->kind == MATLAB_TEXT)
        return texts_of_chars(f, x, n, a);
    *n = x->n;
    if (!(text = arena_get(a, x->n, sizeof *text)) ||
        !(member = matlab_members(f, x, a)))
        return NULL;
    for (size_t i = 0; i < x->n; i++) {
        const char **row;
        size_t rows = 0;

        text[i] = "";
        if (member[i].n == 0)
            continue;
        if (member[i].kind != MATLAB_TEXT) {
            err_set(EX_DATAERR, "%s: is %s where the others are text",
                    member[i].name, member[i].class);
            return NULL;
        }
        if (!(row = texts_of_chars(f, &member[i], &rows, a)))
            return NULL;
        if (rows != 1) {
            err_set(EX_DATAERR, "%s: is %zu rows of text where one is needed",
                    member[i].name, rows);
            return NULL;
        }
        text[i] = row[0];
    }
    return text;
}

const char *matlab_size(const struct matlab *x, struct arena *a)
{
    const char *text = x->rank ? arena_text(a, "%zu", x->size[0]) : "?";

    for (int i = 1; text && i < x->rank; i++)
        text = arena_text(a, "%sx%zu", text, x->size[i]);
    return text;
}

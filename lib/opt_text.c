/* opt_text.c - the canonical text: written, and read back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "opt_priv.h"

/* ---- text ---- */

static void put(struct opt_writer *w, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++, w->used++)
        if (w->size > 0 && w->used < w->size - 1)
            w->to[w->used] = text[i];
    if (w->size > 0)
        w->to[w->used < w->size ? w->used : w->size - 1] = '\0';
}

void opt_put(struct opt_writer *w, const char *text)
{
    put(w, text, strlen(text));
}

void opt_put_choices(struct opt_writer *w, const struct opt *o)
{
    for (const char *const *c = o->choices; *c; c++) {
        opt_put(w, c == o->choices ? "" : ", ");
        opt_put(w, *c);
    }
}

/* ---- the canonical text ---- */

/* A value with blanks or quotes is quoted, so that no two option lists have
 * the same text. */
static void put_value(struct opt_writer *w, const char *text)
{
    bool plain = *text && !text[strcspn(text, " \t\n\"\\")];

    if (plain) {
        opt_put(w, text);
        return;
    }
    opt_put(w, "\"");
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            opt_put(w, "\\");
        put(w, text, 1);
    }
    opt_put(w, "\"");
}

static void put_name(struct opt_writer *w, const char *path, size_t length)
{
    size_t name = length;

    while (name > 0 && path[name - 1] != '/')
        name--;
    put(w, path + name, length - name);
}

/* KEY=DIR/FILE,DIR/FILE without the directories. */
static void put_files(struct opt_writer *w, const struct opt *o,
                      const char *item)
{
    char text[8192];
    struct opt_writer names = { .to = text, .size = sizeof text };
    const char *at = opt_files(o, item);
    size_t length = opt_file_length(o, at);

    put(&names, item, (size_t)(at - item));
    put_name(&names, at, length);
    if (at[length]) {
        put(&names, ",", 1);
        put_name(&names, at + length + 1, strlen(at + length + 1));
    }
    put_value(w, text);
}

/* A text that reads back as x, with no more digits than that takes. */
static void real_text(char *to, size_t size, double x)
{
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(to, size, "%.*g", digits, x);
        if (strtod(to, NULL) == x)
            return;
    }
}

static void size_text(char *to, size_t size, size_t bytes)
{
    size_t mb = bytes >> 20;

    snprintf(to, size, mb == 0 ? "0" : mb % 1024 ? "%zuM" : "%zuG",
             mb % 1024 ? mb : mb / 1024);
}

void opt_value_text(const struct opt *o, char *to, size_t size)
{
    if (o->type == OPT_INT)
        snprintf(to, size, "%ld", *(const long *)o->to);
    else if (o->type == OPT_REAL)
        real_text(to, size, *(const double *)o->to);
    else if (o->type == OPT_SIZE)
        size_text(to, size, *(const size_t *)o->to);
    else if (o->type == OPT_FLAG)
        snprintf(to, size, "%s", *(const bool *)o->to ? "TRUE" : "FALSE");
    else
        snprintf(to, size, "%s", *(const char **)o->to);
}

static void put_option(struct opt_writer *w, const struct opt *o,
                       const char *item)
{
    char number[40];

    if (w->used)
        opt_put(w, " ");
    opt_put(w, o->name);
    opt_put(w, "=");
    if (o->type == OPT_INPUT || o->type == OPT_INPUTS) {
        put_files(w, o, item);
    } else if (item) {
        put_value(w, item);
    } else {
        opt_value_text(o, number, sizeof number);
        opt_put(w, number);
    }
}

size_t opt_text(const struct opt *table, int without, char *to, size_t size)
{
    struct opt_writer w = { .to = to, .size = size };

    opt_put(&w, "");
    for (const struct opt *o = table; o->name; o++) {
        bool input = o->type == OPT_INPUT || o->type == OPT_INPUTS;
        bool result = o->flags & (OPT_RESULT | OPT_EXTENT);
        if (!(input || result) || o->flags & without || !opt_given(o) ||
            opt_idle(o))
            continue;
        if (o->type == OPT_INPUTS || o->type == OPT_LIST) {
            const struct opt_list *list = o->to;
            for (int i = 0; i < list->n; i++)
                put_option(&w, o, list->item[i]);
        } else if (o->type == OPT_INPUT || o->type == OPT_TEXT) {
            put_option(&w, o, *(const char **)o->to);
        } else {
            put_option(&w, o, NULL);
        }
    }
    return w.used;
}

/* ---- read back ---- */

/* A value as put_value wrote it. Returns where it ends. */
static const char *take_value(struct opt_writer *w, const char *at)
{
    const char *ends = *at == '"' ? "\"" : " ";

    for (at += *ends == '"'; *at && *at != *ends; at++) {
        at += *ends == '"' && *at == '\\' && at[1];
        put(w, at, 1);
    }
    return at + (*at == '"');
}

const char *opt_next(const char *text, char name[static OPT_NAME],
                     char *value, size_t size)
{
    struct opt_writer n = { .to = name, .size = OPT_NAME };
    struct opt_writer v = { .to = value, .size = size };
    size_t length;

    text += strspn(text, " ");
    length = strcspn(text, "= ");
    put(&n, text, length);
    opt_put(&v, "");
    if (text[length] == '=')
        return take_value(&v, text + length + 1);
    return length ? text + length : NULL;
}

bool opt_stored(const char *text, const char *name, char *to, size_t size)
{
    char each[OPT_NAME];

    while ((text = opt_next(text, each, to, size)))
        if (!strcmp(each, name))
            return true;
    return false;
}

/* names.c - a list of names that grows. */
#include "names.h"

#include "arena.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for one more. */
static int grow(struct names *list)
{
    size_t room = list->room ? 2 * list->room : 16;
    const char **more;

    if (list->n < list->room)
        return 0;
    if (!(more = arena_get(list->arena, room, sizeof *more)))
        return -1;
    if (list->n)
        memcpy(more, list->name, list->n * sizeof *more);
    list->name = more;
    list->room = room;
    return 0;
}

int names_add(struct names *list, const char *format, ...)
{
    va_list args;
    int length;
    char *name;

    va_start(args, format);
    length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    assert(length >= 0);
    if (grow(list) ||
        !(name = arena_get(list->arena, (size_t)length + 1, 1)))
        return -1;
    va_start(args, format);
    vsnprintf(name, (size_t)length + 1, format, args);
    va_end(args);
    list->name[list->n++] = name;
    return 0;
}

static int in_order(const void *x, const void *y)
{
    return strverscmp(*(const char *const *)x, *(const char *const *)y);
}

void names_sort(struct names *list)
{
    if (list->n)
        qsort(list->name, list->n, sizeof *list->name, in_order);
}

const char *names_text(const struct names *list)
{
    enum { SOME = 8 };
    const char *text = "";

    for (size_t k = 0; text && k < list->n && k <= SOME; k++)
        text = arena_text(list->arena, "%s%s%s", text, k ? ", " : "",
                          k < SOME ? list->name[k] : "...");
    return text;
}

/* names.c - a list of names that grows. */
#include "names.h"

#include "arena.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int names_add(struct names *list, const char *format, ...)
{
    const char **more = arena_more(list->arena, list->name, list->n,
                                   &list->room, sizeof *more);
    va_list args;

    if (!more)
        return -1;
    list->name = more;
    va_start(args, format);
    more[list->n] = arena_vtext(list->arena, format, args);
    va_end(args);
    if (!more[list->n])
        return -1;
    list->n++;
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

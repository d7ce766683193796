/* names.c - a list of names that grows. */
#include "names.h"

#include "arena.h"

#include <stdlib.h>
#include <string.h>

int names_add(struct names *list, const char *name)
{
    if (list->n == list->room) {
        size_t room = list->room ? 2 * list->room : 16;
        const char **more = arena_get(list->arena, room, sizeof *more);
        if (!more)
            return -1;
        if (list->n)
            memcpy(more, list->name, list->n * sizeof *more);
        list->name = more;
        list->room = room;
    }
    if (!(list->name[list->n] = arena_text(list->arena, "%s", name)))
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

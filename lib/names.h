/* names.h - a list of names that grows. */
#ifndef NAMES_H
#define NAMES_H

#include <stddef.h>

struct arena;

/* All zeros but for the arena is the empty list. */
struct names {
    struct arena *arena;
    size_t n, room;
    const char **name;
};

/* Add a printf'ed one. 0, or -1 without memory (EX_OSERR). */
int names_add(struct names *list, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* In the order of a reader: "s2" before "s10". */
void names_sort(struct names *list);

/* "a, b, c, ..." with at most eight of them; "" of none. NULL without
 * memory. */
const char *names_text(const struct names *list);

#endif

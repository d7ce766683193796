/* arena_group.h - one arena for all tests of a program: its group's set-up and
 * tear-down, or a part of them where there is more to set up. */
#ifndef ARENA_GROUP_H
#define ARENA_GROUP_H

#include <stdlib.h>

#include "../lib/arena.h"

static struct arena *arena;

static inline int arena_make(void **state)
{
    (void)state;
    return (arena = arena_open()) ? 0 : -1;
}

static inline int arena_drop(void **state)
{
    (void)state;
    arena_close(arena);
    return 0;
}

/* The folder for arrays that do not fit; NULL: TMPDIR is unset. */
static inline void arena_folder(const char *path)
{
    if (path)
        setenv("TMPDIR", path, 1);
    else
        unsetenv("TMPDIR");
}

#endif

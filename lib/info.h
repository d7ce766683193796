/* info.h - what a file of ours is, in a screenful: what made it and from what,
 * its sizes, the numbers that people look for. */
#ifndef INFO_H
#define INFO_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct guard_limits;

/* Lines to print, of at most INFO_WIDTH characters, about INFO_LINES of them.
 * The file is read in a guarded child. NULL: EX_NOINPUT, EX_DATAERR with the
 * file in front. */
enum { INFO_WIDTH = 80, INFO_LINES = 24 };
const char **info_lines(const char *path, const struct guard_limits *limits,
                        size_t *n, struct arena *a);

/* Is it a file of ours, by its first bytes alone? */
bool info_is_ours(const char *path);

#endif

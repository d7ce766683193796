/* hint.h - what a file that is none of ours could become one of ours by. */
#ifndef HINT_H
#define HINT_H

#include <stdbool.h>

struct arena;
struct guard_limits;

/* "perhaps a recording (nwb): import-recording --file FILE --list". NULL:
 * nothing, because ... (EX_DATAERR, EX_NOINPUT, with the file in front). It is
 * read in a guarded child. */
const char *hint_of(const char *path, const struct guard_limits *limits,
                    bool *recording, struct arena *a);

#endif

/* stage.h - what every program does the same way: options, help, lock, error
 * line, exit code, log. A program is a table of options and a run function. */
#ifndef STAGE_H
#define STAGE_H

#include <stdbool.h>

#include "opt.h"

struct arena;
struct store;

struct stage {
    const char *name;                   /* "align"                           */
    const char *summary;                /* one line                          */
    const char *example;                /* a command line that works         */
    const char *success;                /* what exit 0 means, and codes of its
                                           own; NULL: made                   */
    const char *reads, *writes;         /* kinds, blank-separated; "" if none */
    const struct opt *options;
    int (*run)(const struct stage *stage);      /* 0, or -1: pending error   */
};

/* --quiet and --threads are every program's, --memory that of those that write
 * a file; a stage's table does not have them. */
int stage_main(const struct stage *stage, int argc, char **argv);

/* The files of this run (store_open): its name, options and output. From now
 * on the arena obeys --memory. */
struct store *stage_store(const struct stage *stage, struct arena *a);

/* Do `each` with every file; of more bad ones the first's exit code, all their
 * lines. 0, or -1 with the last one's line pending. */
int stage_each(const struct opt_list *files,
               int (*each)(const char *path, struct arena *a),
               struct arena *a);

/* The canonical texts of the options: all that make the result, and those
 * that a checkpoint depends on. Valid until exit. */
const char *stage_options(const struct stage *stage);
const char *stage_key_options(const struct stage *stage);

#endif

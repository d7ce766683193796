/* stage.h - what every program does the same way: options, help, lock, error
 * line, exit code, log. A program is a table of options and a run function. */
#ifndef STAGE_H
#define STAGE_H

#include <stdbool.h>

#include "opt.h"

struct arena;
struct h5schema;
struct store;

struct stage {
    const char *name;                   /* "align"                           */
    const char *summary;                /* one line                          */
    const char *example;                /* a command line that works         */
    const char *success;                /* what exit 0 means; NULL: a program
                                           that makes something              */
    const char *reads, *writes;         /* kinds, blank-separated; "" if none */
    const struct h5schema *schema;      /* of the output; NULL: not HDF5     */
    const struct opt *options;
    int (*run)(const struct stage *stage);      /* 0, or -1: pending error   */
};

/* --memory, --quiet and --threads are every program's; a stage's table does
 * not have them. */
int stage_main(const struct stage *stage, int argc, char **argv);

/* The files of this run (store_open): its name, options and output. From now
 * on the arena obeys --memory. */
struct store *stage_store(const struct stage *stage, struct arena *a);

/* The canonical texts of the options: all that make the result, and those
 * that a checkpoint depends on. Valid until exit. */
const char *stage_options(const struct stage *stage);
const char *stage_key_options(const struct stage *stage);

#endif

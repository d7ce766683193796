/* end.h - one end of a direction: the rows of a system that may be drawn.
 *
 * Variables are numbered as in the system's task; in a recording without one,
 * as they were recorded. */
#ifndef END_H
#define END_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "acts.h"

struct arena;
struct rng;

struct end {
    const struct acts *x;
    int nvars;
    const char *name[TASK_VARS];
    const int32_t *column[TASK_VARS];   /* NULL: not recorded                */
    int64_t *open;              /* rows that may be drawn, trial by trial    */
    size_t *begin;              /* (N+1) where those of each trial begin     */
    uint32_t *trial[SPLITS], ntrials[SPLITS];
};

/* 0, or -1: no such site (EX_DATAERR), memory. */
int end_open(struct end *e, const struct acts *x, const char *site,
             struct arena *a);

/* Number of a recorded variable. 0, or -1 where there is none of that name
 * (EX_DATAERR). */
int end_find(const struct end *e, const char *name, int *number);

/* What the task says of variable v; all NULL without a task. */
const struct variable *end_declared(const struct end *e, int v);

/* The variables (TASK_VARS) at a row; those not recorded are 0. */
void end_vars(const struct end *e, int64_t row, int *vars);

/* Open the eligible rows whose token is one of those named in `at`; NULL: all
 * of them. */
void end_rows(struct end *e, const char *at);

/* Draw an open row of the split: a trial, then a step of it, both uniformly.
 * False where that trial has none. */
bool end_draw(const struct end *e, int split, struct rng *r, int64_t *row);

#endif

/* grid.h - states in one array: which rows it has, of which trials, and what
 * other arrays say of them.
 *
 * The axes of the states are trial, time and unit in any order, unit and one
 * of the others at most left out. Where there is an axis of trials these may
 * be shorter than it: NaN from some row on, or an array of lengths. Else a
 * new trial begins where the array of trials changes; rows where that is NaN
 * belong to none and are left out.
 *
 * Any other array has a value a trial, a value a time, or, with an axis of
 * trials, a value for each pair of both in the order of the states. */
#ifndef GRID_H
#define GRID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../codes.h"
#include "../foreign.h"
#include "../format.h"

struct grid;

/* How a format reads what the user names; -1, NULL: an error that begins with
 * the name. */
struct grid_reader {
    bool by_column;             /* the first axis runs fastest, and as many as
                                   one likes of size 1 follow the last        */
    int (*look)(const struct grid *g, const char *name,
                struct foreign_set *to);
    double *(*numbers)(const struct grid *g, const char *name, size_t *n);
    int (*codes)(const struct grid *g, const char *name, const char *column,
                 struct codes *to);
};

enum axis { TRIAL, TIME, UNIT, AXES };

struct grid {
    struct foreign *f;
    const struct format_plan *plan;
    struct arena *arena;
    const struct grid_reader *read;

    /* The rest is grid_read's, unless x is given: then all down to length. */
    int axis[AXES];             /* which axis of the states; -1: none         */
    size_t size[AXES], stride[AXES];
    const double *x;            /* the states                                 */
    size_t N;
    size_t *begin, *length;     /* (N) of each trial, along time              */
    const char *note;           /* how many were cut short; NULL: none        */
    size_t S;
    int64_t *trial, *time;      /* (S) of each row, in the file               */
};

/* The plan's states, and all else that it names. NULL: EX_DATAERR, EX_USAGE,
 * memory. */
struct recording *grid_read(struct grid *g);

#endif

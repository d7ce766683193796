/* recording.h - what a foreign file gives: trials of rows of units, and the
 * variables behind each row.
 *
 * A format (format.h) fills one in a guarded child; it crosses to the parent in
 * a parcel, is checked there, treated (treat.h), split by trial and becomes
 * activations that cannot be run on (import.h). */
#ifndef RECORDING_H
#define RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "task.h"

struct acts;
struct arena;
struct parcel;

enum { RECORDING_COLUMNS = 16, RECORDING_NOTES = 16 };
#define RECORDING_MISSING INT32_MIN     /* the row has no such value          */

struct recording_variable {
    const char *name;
    int32_t *value;             /* (S) a number, or the code of a text        */
    size_t ncodes;
    const char **code;          /* the text of each code; NULL: numbers       */
};

struct recording_column {       /* of /units: what the file says of each unit */
    const char *name;
    double *number;             /* (m), or NULL                               */
    const char **text;          /* (m), or NULL                               */
};

struct recording {
    size_t S, N;                /* rows, trials; the rows of a trial follow each
                                   other                                      */
    int m, nvariables, ncolumns;
    float *x;                   /* (S,m) NaN: not known                       */
    int32_t *trial, *step;      /* (S) from 0                                 */
    double *time;               /* (S) seconds in the file's clock, the row's
                                   beginning; NULL: the file has no time      */
    int8_t *observed;           /* (S) FALSE where the recording was
                                   interrupted                                */
    const char **split;         /* (N) the file's own split, "train", "valid"
                                   or "test" each, or NULL                    */
    int32_t *group;             /* (N) trials that share times have the same,
                                   and belong in one split; NULL: none do     */
    struct recording_variable variable[TASK_VARS];
    struct recording_column column[RECORDING_COLUMNS];
    int nnotes;                 /* lines that the user ought to see: what was
                                   left out or taken for granted              */
    const char *note[RECORDING_NOTES];
};

/* S rows of m units, all observed, zeroed; the rest is for the caller to fill.
 * NULL: memory. */
struct recording *recording_open(size_t S, size_t N, int m, struct arena *a);

/* May a variable or column be called so? */
bool recording_takes(const char *name);

/* Of too many notes the last are lost. 0, or -1: memory. */
int recording_note(struct recording *r, const char *text);

/* To a parcel, and back out of it, every size and index checked; states, time
 * and values stay in the parcel. -1, NULL: EX_DATAERR, memory. */
int recording_send(const struct recording *r, struct parcel *to);
struct recording *recording_receive(struct parcel *from, struct arena *a);

#endif

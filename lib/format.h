/* format.h - the kinds of foreign files that recordings come in, and how rows
 * of units are made of each.
 *
 * To add one: a file in format/ and a line in format_menu. All run in a guarded
 * child (guard.h). */
#ifndef FORMAT_H
#define FORMAT_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct foreign;
struct recording;

/* What the user asked for. Every text is as it was typed, NULL where not. */
struct format_plan {
    const char *states;         /* dataset with the states                    */
    const char *layout;         /* its axes: "time,unit", "trial,time,unit"   */
    const char *spikes;         /* cell of spike trains, or group of them     */
    const char *series;         /* continuous series (NWB)                    */
    const char *units;          /* 'quality==good'                            */
    const char *trial, *time, *split;           /* datasets, a value a row    */
    int nvariables;
    const char *const *variable;        /* NAME=PATH or NAME=TABLE:COLUMN     */
    double bin;                 /* s                                          */
    const char *align, *window; /* "start_time"; "-0.25:0.45"; NULL: per trial */
};

struct format {
    const char *name;           /* "nwb"                                      */
    bool (*is)(struct foreign *f);      /* asked in the menu's order          */
    /* Print-ready lines: what the file holds, and the command proposed. NULL:
     * an error. */
    const char **(*list)(struct foreign *f, size_t *n, struct arena *a);
    struct recording *(*read)(struct foreign *f, const struct format_plan *p,
                              struct arena *a);
};

extern const struct format *const format_menu[];        /* NULL-ended         */

/* The format of that name; "auto": the first that takes the file. NULL: none
 * (EX_USAGE, EX_DATAERR). */
const struct format *format_of(const char *name, struct foreign *f);

#endif

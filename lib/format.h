/* format.h - the kinds of foreign files that recordings come in, and how rows
 * of units are made of each.
 *
 * To add one: a file in format/ and a line in format_menu. All run in a guarded
 * child (guard.h). */
#ifndef FORMAT_H
#define FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;
struct codes;
struct foreign;
struct names;
struct recording;

/* What the user asked for. Every text is as it was typed, NULL where not. */
struct format_plan {
    const char *states;         /* dataset with the states                    */
    const char *layout;         /* its axes: "time,unit", "trial,time,unit"   */
    const char *length;         /* dataset: rows of each trial of 3 axes      */
    const char *spikes;         /* cell of spike trains, or group of them     */
    const char *series;         /* continuous series (NWB)                    */
    const char *units;          /* 'quality==good'                            */
    const char *trial;          /* dataset, a value a row; NWB: their table  */
    const char *time, *split;   /* datasets, a value a row                    */
    int nvariables;
    const char *const *variable;        /* NAME=PATH or NAME=TABLE:COLUMN     */
    double bin;                 /* s; 0: none                                 */
    const char *align;          /* column of the trials: "start_time"         */
    const char *window;         /* s from there: "-0.25:0.45"                 */
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

/* The names that format_of takes, NULL-ended. */
enum { FORMATS = 8 };
void format_names(const char *to[FORMATS + 2]);

/* ---- for formats ---- */

/* NAME=PATH or NAME=TABLE:COLUMN taken apart; column NULL: none. -1 where it is
 * neither (EX_USAGE). */
struct format_source {
    const char *name, *path, *column;
};
int format_source(struct format_source *to, const char *text,
                  struct arena *a);

/* Is there a link of that name that is not followed, as to another file? Then
 * the error is set. Else format_missing sets it: `path`, then `what`. */
bool format_is_link(struct foreign *f, const char *path);
int format_missing(struct foreign *f, const char *path, const char *what);

/* Splits of the trials (r->N) from the value of each row: at[row] is its number
 * in c, and rows of a trial agree. Names (train, valid, val, validation, test)
 * or 0, 1, 2. -1: EX_DATAERR that begins with `path`. */
int format_split(struct recording *r, const struct codes *c,
                 const int64_t *at, const char *path, struct arena *a);

/* A text as a word of a shell. NULL: memory. */
const char *format_word(const char *text, struct arena *a);

/* "import-recording --file FILE --format FORMAT <options> -o NAME", NAME being
 * the file's, as a line. */
int format_propose(struct names *to, struct foreign *f,
                   const char *options);

#endif

/* windows.h - trials as windows of time, and the rows in them.
 *
 * Windows may overlap, as those about events that follow closely do. Such
 * trials have data in common: the recording names them as one group
 * (recording.h). */
#ifndef WINDOWS_H
#define WINDOWS_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct recording;

struct window {
    double from, to;            /* s; to: where the next could begin          */
    int64_t trial;              /* its number in the file                     */
    size_t rows;                /* bins or samples within it                  */
    size_t first;               /* its first sample; of bins: unused          */
};

struct windows {
    struct window *of;          /* (n)                                        */
    size_t n, all, S;           /* windows; in the file; rows                 */
    size_t told;                /* left out by the caller, who says why       */
};

/* n windows, numbered; the caller sets when they are. -1: memory. */
int windows_open(struct windows *w, size_t n, struct arena *a);

/* Give each as many rows as there are whole bins in it. */
void windows_bin(struct windows *w, double bin);

/* Leave out windows without rows or time, and open a recording of m units with
 * trial, step and time of each row; bin 0: rows are samples, and their time is
 * for the caller. `what` begins notes and errors. NULL: no row at all, too many
 * (EX_DATAERR), memory. */
struct recording *windows_rows(struct windows *w, double bin, size_t m,
                               const char *what, struct arena *a);

/* Say which trials overlap, of windows that are all by one clock. -1:
 * memory. */
int windows_group(const struct windows *w, double bin, struct recording *r,
                  struct arena *a);

/* Did a spike of dataset `what` fall into any window? 0 or -1 (EX_DATAERR). */
int windows_counted(const struct recording *r, const char *what);

/* The number in the file of each row's trial. NULL: memory. */
int64_t *windows_trials(const struct windows *w, const struct recording *r,
                        struct arena *a);

#endif

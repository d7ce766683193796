/* treat.h - what is done to the states of a recording before they are used.
 *
 * In this order: rows that are not all finite are dropped or refused, square
 * roots are taken (they even out the variance of counts), rows are smoothed
 * within their trial, units are z-scored. */
#ifndef TREAT_H
#define TREAT_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct recording;

struct treat_plan {
    bool drop_nan, sqrt, zscore;
    double smooth;              /* SD of a Gaussian, s, or rows where the
                                   recording has no time; 0: none             */
};

/* Drop, root, smooth, in place. Rows and trials that are left are numbered
 * anew; a trial without rows is dropped. A smoothed row is the mean of the
 * observed rows of its trial within 4 SD, each weighed by exp(-d^2 / 2 SD^2)
 * of its distance d, where a dropped row leaves its gap. -1: EX_DATAERR that
 * names unit and row, memory. */
int treat_rows(struct recording *r, const struct treat_plan *p,
               struct arena *a);

/* Subtract from each unit its mean and divide by its standard deviation (of N,
 * not N - 1), both of the observed rows of training trials (split of each
 * trial); a unit that does not vary there becomes 0. -1: no such rows
 * (EX_DATAERR), memory. */
int treat_zscore(struct recording *r, const uint8_t *split, struct arena *a);

#endif

/* bin.h - times into bins: spikes, samples, intervals.
 *
 * Bin k of a window that begins at t0 is left-closed:
 *
 *     t0 + k bin  <=  t  <  t0 + (k + 1) bin
 *
 * Times come as decimals that binary numbers only come near, so a quotient is
 * rounded before its floor is taken: a time that lies below an edge by no more
 * than a millionth of a bin, or than four units in the last place of the times,
 * counts as on it. Thus t0 + k bin as computed in floating point falls into
 * bin k, and so does any decimal that is meant to equal it.
 *
 * All arrays of times are ascending. */
#ifndef BIN_H
#define BIN_H

#include <stdbool.h>
#include <stddef.h>

struct arena;

/* How far below an edge at t counts as on it, s. */
double bin_slack(double t, double bin);

/* The bin that t falls into, maybe negative, as a whole number. */
double bin_of(double t, double t0, double bin);

/* Whole bins from t0 to t1; 0 where t1 is not above t0. */
double bin_count(double t0, double t1, double bin);

/* The first of n times that is on or after the edge, n: none. */
size_t bin_first(const double *t, size_t n, double edge, double bin);

/* Count spikes: x[k * stride] is how many of t fall into bin k < nbins. */
void bin_spikes(float *x, size_t stride, size_t nbins, double t0, double bin,
                const double *t, size_t n);

/* Sort times that may not be ascending; quick where they are. */
void bin_sort(double *t, size_t n);

/* ---- intervals ---- */

/* Intervals [from, to). */
struct spans {
    size_t n;
    double *from, *to;
};

/* n pairs, in any order, as disjoint ascending intervals; such as meet become
 * one, empty ones and NaN none. -1: memory. */
int spans_merge(struct spans *s, const double *pairs, size_t n,
                struct arena *a);

/* What both of two merged ones hold, into the first. -1: memory. */
int spans_meet(struct spans *s, const struct spans *other, struct arena *a);

/* Does one of merged intervals hold a bin that begins at t, but for the
 * slack? */
bool spans_hold(const struct spans *s, double t, double bin);

/* Which interval holds a time: of several the one that begins last, of these
 * the last one in the table. */
struct spans_index {
    size_t n;
    double *from, *to, *reach;  /* by beginning; reach: the latest end so far */
    size_t *number;             /* in the table                               */
};
int spans_sort(struct spans_index *x, const double *from, const double *to,
               size_t n, struct arena *a);
long long spans_find(const struct spans_index *x, double t);    /* -1: none */

#endif

/* near.h - how far states lie from those that a system was recorded in.
 *
 * An intervened state far from every recorded one is a state that the system
 * may never be in, and what it does there says little about what it does. */
#ifndef NEAR_H
#define NEAR_H

#include <stddef.h>

#include "real.h"

struct arena;

/* d (n): the Euclidean distance of each row of x (n,m) to the nearest of the
 * rows of pool (S,m), or with apart > 0 of those that are further away than
 * that; HUGE_VAL where there is none. The nearest is found by |x|^2 + |p|^2 -
 * 2 x p in double: squares that differ by less than some 1e-16 |x|^2 are one
 * to it. 0, or -1: memory. */
int near_distance(double *d, const real *x, size_t n, const real *pool,
                  size_t S, int m, double apart, struct arena *a);

/* Recorded states nearer to each other than this are one state that was
 * recorded twice: 1e-4 of the root of their spread (acts.h). */
double near_apart(const real *pool, size_t S, int m);

#endif

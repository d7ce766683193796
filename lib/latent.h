/* latent.h - an intervened state held against a counterfactual latent: a
 * recorded state of the target with the variables that it ought to have.
 *
 * For one sample, v and x (m):
 *
 *     relative    X = 1/2 |v - x|^2 / s - 1/2 cos(v, x)
 *     l2          X = 1/2 |v - x|^2 - 1/2 cos(v, x)
 *     l1          X = 1/2 |v - x|_1 - 1/2 cos(v, x)
 *
 * l2 is the paper's equation 4, l1 what the paper's text says of it. Relative
 * is equation 4 in units of s, the spread of all the target's recorded states
 * (acts.h), so that a weight of the loss means the same whatever the states
 * are measured in. The cosine of a zero vector is 0. */
#ifndef LATENT_H
#define LATENT_H

#include "real.h"

enum latent_norm { LATENT_RELATIVE, LATENT_L2, LATENT_L1 };
extern const char *const latent_norms[];        /* names, NULL-ended */
enum latent_norm latent_norm_of(const char *name);
const char *latent_note(const char *name);      /* for --help */

/* X; s is 1 but for the relative norm. dv (m) = scale * the gradient of X,
 * NULL: not wanted. */
double latent_loss(real *dv, const real *v, const real *x, int m,
                   enum latent_norm norm, double s, double scale);

/* |v - x| and cos(v, x). */
double latent_distance(const real *v, const real *x, int m);
double latent_cosine(const real *v, const real *x, int m);

#endif

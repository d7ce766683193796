/* latent.h - an intervened state held against a counterfactual latent: a
 * recorded state of the target with the variables that it ought to have.
 *
 * The paper's equation 4 for one sample, v and x (m):
 *
 *     X = 1/2 |v - x|^2 - 1/2 cos(v, x)
 *
 * and with the Manhattan norm of the paper's text in place of the squared
 * Euclidean one:
 *
 *     X = 1/2 |v - x|_1 - 1/2 cos(v, x)
 *
 * The cosine of a zero vector is 0. */
#ifndef LATENT_H
#define LATENT_H

#include <stdbool.h>

#include "real.h"

/* X; dv (m) = scale * its gradient, NULL: not wanted. */
double latent_loss(real *dv, const real *v, const real *x, int m, bool l1,
                   double scale);

/* |v - x| and cos(v, x). */
double latent_distance(const real *v, const real *x, int m);
double latent_cosine(const real *v, const real *x, int m);

#endif

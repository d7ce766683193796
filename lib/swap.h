/* swap.h - the interchange at the heart of Model Alignment Search.
 *
 * The state h_i of target system i is replaced by one whose first K aligned
 * coordinates come from the state h_j of source system j (the paper's
 * equation 3):
 *
 *     v = R_i^-1 ( (1 - D) R_i h_i  +  D R_j h_j )
 *       = h_i + G_i (F_j h_j + b_j - F_i h_i - b_i)
 *
 * with F, G, b of amap.h: no inverse and no more than K rows are needed. */
#ifndef SWAP_H
#define SWAP_H

#include <stddef.h>

#include "real.h"

struct amap;

/* Doubles of workspace for B rows. */
size_t swap_room(const struct amap *to, const struct amap *from, int B);

/* v (B,m_i) from h_i (B,m_i) and h_j (B,m_j). The work, left untouched, is
 * what swap_back needs. K = 0 leaves h_i as it is, to the bit. */
void swap_forward(real *v, const struct amap *to, const struct amap *from,
                  const real *h_i, const real *h_j, int B, double *work);

/* The gradient of a loss with dv (B,m_i), left in the work; and that added to
 * dF, dG, db of both maps. With to == from the two meet in one map. Several
 * threads may call swap_back at once, each with its own work. */
void swap_back(const struct amap *to, const struct amap *from, const real *dv,
               int B, double *work);
void swap_add(struct amap *to, struct amap *from, int B, double *work);

#endif

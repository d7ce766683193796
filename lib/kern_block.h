/* kern_block.h - the CPU kernels of a transformer block: layer norm, rotary
 * positions, causal attention of one head. Conventions are those of kern.h.
 *
 * Queries, keys and values of a row lie side by side: qkv (n,3C), q|k|v. */
#ifndef KERN_BLOCK_H
#define KERN_BLOCK_H

#include <stddef.h>

#include "real.h"

/* x += y */
void kern_add(real *x, const real *y, size_t n);

/* Layer norm of rows, eps = 1e-5:
 *
 *   y    (rows,C)  out: hat g + b
 *   hat  (rows,C)  out: (x - mean) rstd, kept for kern_norm_back
 *   rstd (rows)    out: 1/sqrt(variance + eps), kept too
 *   x    (rows,C)  y may be x
 *   g, b (C) */
void kern_norm(real *y, real *hat, real *rstd, const real *x, const real *g,
               const real *b, int rows, int C);

/* dx (rows,C) += rstd (dhat - mean(dhat) - hat mean(dhat hat)), dhat = dy g.
 * dg, db (C) += sums over the rows of dy hat and of dy; NULL: frozen. */
void kern_norm_back(real *dx, real *dg, real *db, const real *dy,
                    const real *hat, const real *rstd, const real *g,
                    int rows, int C);

/* Rotary positions (Su et al. 2021), rotate-half, base 10000: the pair
 * (x[i], x[i + C/2]) turns by the angle p 10000^(-2i/C) at position p.
 *
 * turn (T,C): cosines | sines of positions 0..T-1. */
void kern_turns(real *turn, int T, int C);

/* Turn the queries and keys of n rows at positions from, from + 1, ...;
 * kern_unturn turns gradients back. C is even. */
void kern_turn(real *qkv, const real *turn, int from, int n, int C);
void kern_unturn(real *dqkv, const real *turn, int from, int n, int C);

/* The queries of positions from..n-1 of a sequence attend to the keys of
 * positions 0..n-1 that are not after them.
 *
 *   o   (n-from,C)  out: p v
 *   p   (n-from,n)  out: softmax(q k^T / sqrt(C)), 0 after the query
 *   qkv (n,3C) */
void kern_attend(real *o, real *p, const real *qkv, int from, int n, int C);

/* Its gradient for the rows of positions first..first+count-1.
 *
 *   dqkv (count,3C)  out; dq of rows that did not attend is 0
 *   dp   (n-from,n)  scratch
 *   dy   (n-from,C)  gradient of o */
void kern_attend_back(real *dqkv, real *dp, const real *dy, const real *p,
                      const real *qkv, int from, int n, int first, int count,
                      int C);

#endif

/* kern.h - the CPU kernels: loops over small row-major matrices.
 *
 * Outputs first, sizes last. Gradients (d...) accumulate where the comment
 * says +=. Loops that matter are compiled for several vector widths, products
 * written for each (kern/), and those of the processor at hand are taken. All
 * sum in the same order; the wide ones multiply and add with one rounding. */
#ifndef KERN_H
#define KERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "real.h"

/* C (rows,cols) = A B, += where add, with B (inner,cols) and A (rows,inner);
 * _tn: A^T B with A (inner,rows). */
void kern_mul(real *C, const real *A, const real *B, int rows, int cols,
              int inner, bool add);
void kern_mul_tn(real *C, const real *A, const real *B, int rows, int cols,
                 int inner, bool add);

/* The same where the rows are the first columns of wider ones: ldc, lda and
 * ldb reals apart. */
void kern_mul_ld(real *C, int ldc, const real *A, int lda, const real *B,
                 int ldb, int rows, int cols, int inner, bool add);
void kern_mul_tn_ld(real *C, int ldc, const real *A, int lda, const real *B,
                    int ldb, int rows, int cols, int inner, bool add);

/* y (rows,cols) = x A + b for every row, x (rows,inner), A (inner,cols), b
 * (cols). */
void kern_affine(real *y, const real *x, const real *A, const real *b,
                 int rows, int cols, int inner);

/* T (cols,rows) = A^T, A (rows,cols) */
void kern_transpose(real *T, const real *A, int rows, int cols);

/* b (cols) += sum of the rows of C (rows,cols), ldc apart. */
void kern_add_rows(real *b, const real *C, int ldc, int rows, int cols);

/* One GRU step after the products, for B rows.
 *
 *   h     (B,C)    out: state after the step
 *   keep  (B,5,C)  out: what kern_gru_back needs; NULL: forward only
 *   table (V,3C)   x W + b for every token, r|z|n; r and z with U's bias too
 *   token (B)      which row of the table
 *   gh    (B,3C)   h0 U, without bias
 *   bn    (C)      U's bias of n
 *   h0    (B,C)    state before the step; h and h0 must not overlap
 *
 *   r = s(x.r + gh.r)   z = s(x.z + gh.z)   n = tanh(x.n + r (gh.n + bn))
 *   h = (1 - z) n + z h0
 *
 * The order r, z, n is PyTorch's, so its weights load unpermuted. */
void kern_gru(real *h, real *keep, const real *table, const uint8_t *token,
              const real *gh, const real *bn, const real *h0, int B, int C);

/* Its gradient.
 *
 *   dgh  (B,3C)  out: gradient of gh (its n part, times 1/r, is that of x.n)
 *   dxn  (B,C)   out: gradient of x.n; NULL where nobody asks
 *   dh0  (B,C)   out: z dh, the direct part; the caller adds dgh U^T
 *   dh   (B,C)   gradient of h
 *   keep (B,5,C) from the forward step */
void kern_gru_back(real *dgh, real *dxn, real *dh0, const real *dh,
                   const real *keep, int B, int C);

/* One LSTM step after the products, for B rows.
 *
 *   s     (B,2C)   out: state h|c after the step
 *   keep  (B,6,C)  out: what kern_lstm_back needs; NULL: forward only
 *   table (V,4C)   x W + both biases for every token, i|f|g|o
 *   token (B)      which row of the table
 *   gh    (B,4C)   h0 U, without bias
 *   s0    (B,2C)   state h0|c0 before the step; s and s0 must not overlap
 *
 *   i, f, o = s(x + gh)   g = tanh(x + gh)
 *   c = f c0 + i g        h = o tanh(c)
 *
 * The order i, f, g, o is PyTorch's. */
void kern_lstm(real *s, real *keep, const real *table, const uint8_t *token,
               const real *gh, const real *s0, int B, int C);

/* Its gradient.
 *
 *   dgh  (B,4C)  out: gradient of gh, and of x
 *   ds0  (B,2C)  out: 0|f dc, the direct part; the caller adds dgh U^T to dh0
 *   ds   (B,2C)  gradient of s
 *   keep (B,6,C) from the forward step */
void kern_lstm_back(real *dgh, real *ds0, const real *ds, const real *keep,
                    int B, int C);

/* x = u Phi(u), exact GELU, with u = x + b for every row of x (rows,cols), b
 * (cols); slope (rows,cols) = its derivative Phi(u) + u phi(u); NULL: not
 * wanted. */
void kern_gelu(real *x, real *slope, const real *b, int rows, int cols);

/* x *= y */
void kern_scale(real *x, const real *y, size_t n);

/* Cross entropy of softmax rows: x (B,V), rows ldx apart, logits without their
 * bias (V) in, scale * d loss / d logits out; loss (B) in nats; best (B) the
 * first largest logit. */
void kern_softmax_loss(real *x, int ldx, double *loss, uint8_t *best,
                       const real *bias, const uint8_t *label, real scale,
                       int B, int V);

/* Dropout masks of rows of n units: 0 with probability p (in steps of 1/256),
 * else 1/(1-p); a pure function of n, p, seed, step and, of each row, sequence
 * and position. n < 65536. */
void kern_dropout(real *mask, int rows, int n, double p, uint64_t seed,
                  uint32_t step, const uint32_t *sequence,
                  const uint32_t *position);

#endif

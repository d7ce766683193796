/* head.h - the output head that all models share.
 *
 *     logits = W2 drop(gelu(W1 h + b1)) + b2
 *
 * W1 (4C,C), W2 (V,4C), as PyTorch's Sequential(Linear, GELU, Dropout,
 * Linear): parameters head.0 and head.3. */
#ifndef HEAD_H
#define HEAD_H

#include "arch.h"
#include "params.h"

/* Lines of a parameter table, at its end. */
#define HEAD_PARAMS \
    { "head.0.weight", "4C", "C", INIT_FAN, "C", 0 }, \
    { "head.0.bias", "4C", NULL, INIT_FAN, "C", 0 }, \
    { "head.3.weight", "V", "4C", INIT_FAN, "4C", 0 }, \
    { "head.3.bias", "V", NULL, INIT_FAN, "4C", 0 }

/* Tables: both weights transposed, W1 first; W2's V columns are filled up to
 * whole vectors with columns of 0. Reals of tables, and of workspace. */
int head_filled(int V);
real *head_w2t(real *tables, int C);
size_t head_tables(int C, int V);
size_t head_room(int C, int V);
void head_prepare(const struct model *m, int first, real *tables);

/* Which rows a call has, and what to do with them. */
struct head_rows {
    int n;
    const real *h;              /* states; row r is h + where[r] * stride    */
    int stride;                 /* reals from one state to the next          */
    int *where;                 /* (n)                                       */
    int *row;                   /* (n) row of the tile, for the outcome      */
    uint32_t *position;         /* (n) step, for dropout                     */
    uint8_t *label;             /* (n) next token                            */
    uint8_t *counts;            /* (n)                                       */
};

/* None yet, of at most `most`; the arrays are in `work`, of that room (NULL:
 * there are none, as where room is measured). */
size_t head_rows_room(size_t most);
struct head_rows head_rows_open(const real *h, int stride, size_t most,
                                real *work);
void head_add(struct head_rows *rows, int where, int row, int position,
              int label, int counts);

/* Loss, hits and gradient of n rows. `first` is the number of head.0.weight in
 * the parameter table. dh (same rows as h) = scale * gradient, NULL: evaluate
 * only; dw (P) += scale * gradient, NULL: frozen. Losses of all rows are
 * added to y->loss; only rows that count enter y->wrong; logits go to the row's
 * position. */
void head_run(const struct model *m, int first, const real *tables,
              const struct head_rows *rows, const struct dropout *drop,
              real scale, real *dh, real *dw, const struct outcome *y,
              real *work);

#endif

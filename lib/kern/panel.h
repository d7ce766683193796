/* panel.h - the product C = A B (+ C) in registers, for one vector width.
 *
 *     BYTES           of a vector; W reals
 *     ROWS, VECTORS   the block of C that stays in registers: ROWS x VECTORS W
 *                     sums, VECTORS of B, one element of A
 *
 * C is cut into panels of VECTORS W columns: a panel of B, some kilobytes, is
 * read from the first cache for every block of rows. Each element of C is the
 * sum over k = 0, 1, ... in this order whatever the width. What does not fill
 * a block is left to narrower ones, and the columns that do not fill a vector
 * go through one that is filled up with zeros.
 *
 * A file of this folder defines the three, includes this and gives the
 * function a name. */
#include <string.h>

#include "../kern_priv.h"

enum { W = BYTES / sizeof(real) };

typedef real vec __attribute__((vector_size(BYTES), aligned(sizeof(real)),
                                may_alias));

#define INLINE static inline __attribute__((always_inline))

/* rows and vectors are constants wherever this is called. */
INLINE void block(const struct product *x, real *C, const real *A,
                  const real *B, const int rows, const int vectors)
{
    const ptrdiff_t ldc = x->ldc, ldb = x->ldb, row = x->row, step = x->step;
    vec sum[ROWS][VECTORS], b[VECTORS];

#pragma GCC unroll 8
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++)
            sum[i][j] = x->add ? *(const vec *)(C + i * ldc + j * W)
                               : (vec){ 0 };
    for (int k = 0; k < x->inner; k++, A += step, B += ldb) {
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++)
            b[j] = *(const vec *)(B + j * W);
#pragma GCC unroll 8
        for (int i = 0; i < rows; i++)
#pragma GCC unroll 4
            for (int j = 0; j < vectors; j++)
                sum[i][j] += A[i * row] * b[j];
    }
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++)
            *(vec *)(C + i * ldc + j * W) = sum[i][j];
}

INLINE void panel(const struct product *x, real *C, const real *A,
                  const real *B, int rows, const int vectors)
{
    int i = 0;

    for (; i + ROWS <= rows; i += ROWS)
        block(x, C + i * x->ldc, A + i * x->row, B, ROWS, vectors);
    if (ROWS > 4 && i + 4 <= rows) {
        block(x, C + i * x->ldc, A + i * x->row, B, 4, vectors);
        i += 4;
    }
    if (i + 2 <= rows) {
        block(x, C + i * x->ldc, A + i * x->row, B, 2, vectors);
        i += 2;
    }
    for (; i < rows; i++)
        block(x, C + i * x->ldc, A + i * x->row, B, 1, vectors);
}

/* The last columns, fewer than W: through a panel of B and one of C that are
 * whole, some terms and rows at a time. */
static void last_columns(const struct product *x, real *C, const real *B,
                         int cols)
{
    enum { TERMS = 64, SOME = 32 };
    real b[TERMS * W] = { 0 }, c[SOME * W] = { 0 };
    size_t size = (size_t)cols * sizeof(real);
    struct product part = *x;

    part.C = c, part.B = b, part.ldc = part.ldb = W;
    for (int k = 0; k == 0 || k < x->inner; k += TERMS) {
        part.inner = x->inner - k < TERMS ? x->inner - k : TERMS;
        part.add = x->add || k > 0;
        for (int t = 0; t < part.inner; t++)
            memcpy(b + t * W, B + (k + t) * x->ldb, size);
        for (int i = 0; i < x->rows; i += SOME) {
            int n = x->rows - i < SOME ? x->rows - i : SOME;
            for (int r = 0; part.add && r < n; r++)
                memcpy(c + r * W, C + (i + r) * x->ldc, size);
            panel(&part, c, x->A + i * x->row + k * x->step, b, n, 1);
            for (int r = 0; r < n; r++)
                memcpy(C + (i + r) * x->ldc, c + r * W, size);
        }
    }
}

static void product(const struct product *x)
{
    int j = 0;

    for (; j + VECTORS * W <= x->cols; j += VECTORS * W)
        panel(x, x->C + j, x->A, x->B + j, x->rows, VECTORS);
    for (; j + 2 * W <= x->cols; j += 2 * W)
        panel(x, x->C + j, x->A, x->B + j, x->rows, 2);
    if (j + W <= x->cols) {
        panel(x, x->C + j, x->A, x->B + j, x->rows, 1);
        j += W;
    }
    if (j < x->cols)
        last_columns(x, x->C + j, x->B + j, x->cols - j);
}

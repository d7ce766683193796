/* panel.h - the product C = S + A B in registers, for one vector width.
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
INLINE void block(const struct product *x, int i0, int j0, const int rows,
                  const int vectors)
{
    const ptrdiff_t ldc = x->ldc, lds = x->lds, ldb = x->ldb;
    const ptrdiff_t row = x->row, step = x->step;
    real *C = x->C + i0 * ldc + j0;
    const real *A = x->A + i0 * row, *B = x->B + j0;
    const real *S = x->S ? x->S + i0 * lds + j0 : NULL;
    vec sum[ROWS][VECTORS], b[VECTORS];

#pragma GCC unroll 8
    for (int i = 0; i < rows; i++)
#pragma GCC unroll 4
        for (int j = 0; j < vectors; j++)
            sum[i][j] = S ? *(const vec *)(S + i * lds + j * W) : (vec){ 0 };
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

INLINE void panel(const struct product *x, int j, const int vectors)
{
    int i = 0;

    for (; i + ROWS <= x->rows; i += ROWS)
        block(x, i, j, ROWS, vectors);
    if (ROWS > 4 && i + 4 <= x->rows) {
        block(x, i, j, 4, vectors);
        i += 4;
    }
    if (i + 2 <= x->rows) {
        block(x, i, j, 2, vectors);
        i += 2;
    }
    for (; i < x->rows; i++)
        block(x, i, j, 1, vectors);
}

/* The columns from j on, fewer than W: through a panel of B and one of C that
 * are whole, some terms and rows at a time. */
static void last_columns(const struct product *x, int j)
{
    enum { TERMS = 64, SOME = 32 };
    real b[TERMS * W] = { 0 }, c[SOME * W] = { 0 };
    size_t size = (size_t)(x->cols - j) * sizeof(real);
    struct product part = { .C = c, .B = b, .S = c, .ldc = W, .lds = W,
                            .ldb = W, .row = x->row, .step = x->step };

    for (int k = 0; k == 0 || k < x->inner; k += TERMS) {
        const real *S = k ? x->C : x->S;
        ptrdiff_t lds = k ? x->ldc : x->lds;
        part.inner = x->inner - k < TERMS ? x->inner - k : TERMS;
        for (int t = 0; t < part.inner; t++)
            memcpy(b + t * W, x->B + (k + t) * x->ldb + j, size);
        for (int i = 0; i < x->rows; i += SOME) {
            part.rows = x->rows - i < SOME ? x->rows - i : SOME;
            part.A = x->A + i * x->row + k * x->step;
            for (int r = 0; r < part.rows; r++)
                if (S)
                    memcpy(c + r * W, S + (i + r) * lds + j, size);
                else
                    memset(c + r * W, 0, size);
            panel(&part, 0, 1);
            for (int r = 0; r < part.rows; r++)
                memcpy(x->C + (i + r) * x->ldc + j, c + r * W, size);
        }
    }
}

static void product(const struct product *x)
{
    int j = 0;

    for (; j + VECTORS * W <= x->cols; j += VECTORS * W)
        panel(x, j, VECTORS);
    for (; j + 2 * W <= x->cols; j += 2 * W)
        panel(x, j, 2);
    if (j + W <= x->cols) {
        panel(x, j, 1);
        j += W;
    }
    if (j < x->cols)
        last_columns(x, j);
}

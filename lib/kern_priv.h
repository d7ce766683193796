/* kern_priv.h - the product behind kern_mul, by instruction set. */
#ifndef KERN_PRIV_H
#define KERN_PRIV_H

#include <stdbool.h>
#include <stddef.h>

#include "real.h"

/* C (rows,cols) = A B, += where add. Element (i,k) of A (rows,inner) is
 * A[i row + k step], so that A may be transposed; rows of B (inner,cols) and C
 * are ldb and ldc reals apart. */
struct product {
    real *C;
    const real *A, *B;
    ptrdiff_t ldc, row, step, ldb;
    int rows, cols, inner;
    bool add;
};

/* One file of kern/ each. */
void kern_product_avx512(const struct product *x);
void kern_product_avx2(const struct product *x);
void kern_product_portable(const struct product *x);

#endif

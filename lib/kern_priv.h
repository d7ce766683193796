/* kern_priv.h - the product behind kern_mul, by instruction set. */
#ifndef KERN_PRIV_H
#define KERN_PRIV_H

#include <stddef.h>

#include "real.h"

/* C (rows,cols) = S + A B. Element (i,k) of A (rows,inner) is A[i row +
 * k step], so that A may be transposed; rows of B (inner,cols), C and S are
 * ldb, ldc and lds reals apart. S may be C, or one row for all (lds = 0), or
 * NULL: 0. */
struct product {
    real *C;
    const real *A, *B, *S;
    ptrdiff_t ldc, row, step, ldb, lds;
    int rows, cols, inner;
};

/* One file of kern/ each. */
void kern_product_avx512(const struct product *x);
void kern_product_avx2(const struct product *x);
void kern_product_portable(const struct product *x);

#endif

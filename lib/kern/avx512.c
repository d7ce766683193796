/* avx512.c - 32 vectors of 64 bytes. */
#pragma GCC target("arch=x86-64-v4,prefer-vector-width=512")

#define BYTES 64
#define ROWS 8
#define VECTORS 3
#include "panel.h"

void kern_product_avx512(const struct product *x)
{
    product(x);
}

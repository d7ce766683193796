/* avx2.c - 16 vectors of 32 bytes, multiply and add at once. */
#pragma GCC target("arch=x86-64-v3")

#define BYTES 32
#define ROWS 4
#define VECTORS 3
#include "panel.h"

void kern_product_avx2(const struct product *x)
{
    product(x);
}

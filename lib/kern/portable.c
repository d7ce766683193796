/* portable.c - 16 vectors of 16 bytes, which every processor of today has. */
#define BYTES 16
#define ROWS 4
#define VECTORS 2
#include "panel.h"

void kern_product_portable(const struct product *x)
{
    product(x);
}

/* none.c - no device but the processor: built without CUDA. */
#include "../device.h"

#include <stddef.h>

const struct device *const device_menu[] = { NULL };

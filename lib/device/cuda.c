/* cuda.c - the device that nvcc's presence links. */
#include "cuda.h"

#include <stddef.h>

#include "../device.h"
#include "card.h"

static const struct device cuda = {
    "cuda", card_found, cuda_record, &cuda_learn, &cuda_align
};

const struct device *const device_menu[] = { &cuda, NULL };

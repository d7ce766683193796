/* adam.cuh - adam.h's step of one parameter; c1, c2 = adam_correction. */
#ifndef ADAM_CUH
#define ADAM_CUH

#include <cuda_runtime.h>

extern "C" {
#include "../adam.h"
}

__device__ static inline void adam_update(double *w, double *m, double *v,
                                          double d, double lr, double c1,
                                          double c2)
{
    const double b1 = ADAM_BETA1, b2 = ADAM_BETA2, eps = ADAM_EPSILON;

    *m = b1 * *m + (1 - b1) * d;
    *v = b2 * *v + (1 - b2) * d * d;
    *w -= lr * *m * c1 / (sqrt(*v * c2) + eps);
}

#endif

/* adam.cuh - adam.h's step of one parameter; c1, c2 = 1/(1 - beta^t). */
#ifndef ADAM_CUH
#define ADAM_CUH

#include <cuda_runtime.h>

__device__ static inline void adam(double *w, double *m, double *v, double d,
                                   double lr, double c1, double c2)
{
    const double b1 = 0.9, b2 = 0.999, eps = 1e-8;

    *m = b1 * *m + (1 - b1) * d;
    *v = b2 * *v + (1 - b2) * d * d;
    *w -= lr * *m * c1 / (sqrt(*v * c2) + eps);
}

#endif

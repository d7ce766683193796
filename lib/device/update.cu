/* update.cu - a step of Adam on a card. */
#include "adam.cuh"
#include "block.cuh"

/* A thread a parameter. */
static __global__ void __launch_bounds__(BLOCK_THREADS)
update_kernel(struct update_call y)
{
    size_t p = (size_t)blockIdx.x * blockDim.x + threadIdx.x;
    double d = 0;

    if (p >= y.P)
        return;
    for (int k = 0; k < y.tiles; k++)
        d += (double)y.dw[(size_t)k * y.P + p];
    adam_update(y.w + p, y.m + p, y.v + p, d, y.lr, y.c1, y.c2);
    y.to[p] = (float)y.w[p];
}

extern "C" int update_start(const struct update_call *x, cudaStream_t stream)
{
    struct update_call call = *x;
    void *args[] = { &call };

    return (int)cudaLaunchKernel(
        update_kernel, dim3((unsigned)((x->P + BLOCK_THREADS - 1) /
                                       BLOCK_THREADS)),
        dim3(BLOCK_THREADS), args, 0, stream);
}

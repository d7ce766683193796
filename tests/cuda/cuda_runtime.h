/* cuda_runtime.h - stands in for CUDA's own: kernels as plain functions. */
#ifndef CUDA_RUNTIME_H
#define CUDA_RUNTIME_H

#include <math.h>
#include <stdint.h>

#include <functional>
#include <tuple>
#include <utility>

#include "cuda_runtime_api.h"

#define __host__
#define __device__
#define __global__
#define __shared__
#define __align__(n) __attribute__((aligned(n)))
#define __grid_constant__
#define __noinline__
#define __launch_bounds__(...)

struct alignas(16) float4 {
    float x, y, z, w;
};

struct alignas(16) double2 {
    double x, y;
};

struct dim3 {
    unsigned x, y, z;
    dim3(unsigned X = 1, unsigned Y = 1, unsigned Z = 1) : x(X), y(Y), z(Z) {}
};

extern dim3 threadIdx, blockIdx, blockDim, gridDim;
void __syncthreads();

static inline float normcdff(float x)
{
    return 0.5f * erfcf(-0.70710678118654752f * x);
}

/* Queue: call `thread` for every thread of every block. */
cudaError_t emulate(dim3 grid, dim3 block, size_t bytes,
                    std::function<void()> thread);

template <class... A, size_t... i>
std::function<void()> bound(void (*f)(A...), void **args,
                            std::index_sequence<i...>)
{
    return [f, held = std::tuple<A...>(*(A *)args[i]...)] {
        std::apply(f, held);
    };
}

template <class... A>
cudaError_t cudaLaunchKernel(void (*f)(A...), dim3 grid, dim3 block,
                             void **args, size_t bytes, cudaStream_t)
{
    return emulate(grid, block, bytes,
                   bound(f, args, std::index_sequence_for<A...>()));
}

#endif

/* cuda_runtime_api.h - stands in for CUDA's own, for tests on machines
 * without it: memory of the processor's is the card's, and what is queued is
 * done when somebody waits for it. */
#ifndef CUDA_RUNTIME_API_H
#define CUDA_RUNTIME_API_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define CUDART_VERSION 13000
typedef struct CUstream_st *cudaStream_t;
typedef enum cudaError {
    cudaSuccess, cudaErrorInvalidValue, cudaErrorMemoryAllocation,
    cudaErrorInsufficientDriver = 35, cudaErrorNoDevice = 100,
    cudaErrorUnknown = 999
} cudaError_t;
enum cudaMemcpyKind { cudaMemcpyHostToDevice = 1, cudaMemcpyDeviceToHost };
enum cudaFuncAttribute { cudaFuncAttributeMaxDynamicSharedMemorySize = 8 };
enum cudaDeviceAttr { cudaDevAttrMultiProcessorCount = 16,
                      cudaDevAttrComputeCapabilityMajor = 75,
                      cudaDevAttrMaxSharedMemoryPerBlockOptin = 97 };
struct cudaDeviceProp {
    char name[256];
    int major, minor;
};

cudaError_t cudaGetDeviceCount(int *count);
cudaError_t cudaGetDeviceProperties(struct cudaDeviceProp *p, int device);
cudaError_t cudaDeviceGetAttribute(int *value, enum cudaDeviceAttr what,
                                   int device);
cudaError_t cudaMalloc(void **x, size_t bytes);
cudaError_t cudaFree(void *x);
cudaError_t cudaMallocHost(void **x, size_t bytes);
cudaError_t cudaFreeHost(void *x);
cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes,
                            enum cudaMemcpyKind kind, cudaStream_t stream);
cudaError_t cudaStreamCreate(cudaStream_t *stream);
cudaError_t cudaStreamDestroy(cudaStream_t stream);
cudaError_t cudaStreamSynchronize(cudaStream_t stream);
const char *cudaGetErrorString(cudaError_t error);
cudaError_t cudaFuncSetAttribute(const void *f, enum cudaFuncAttribute what,
                                 int value);

#ifdef __cplusplus
}
#endif

#endif

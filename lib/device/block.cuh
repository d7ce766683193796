/* block.cuh - what the threads of one block do together.
 *
 * A block works on one tile, as a thread does on the CPU (arch.h). These
 * functions are the CPU's kernels (kern.h) for it: all threads of the block
 * call them with the same arguments and leave them together. Sums run in an
 * order that depends on sizes alone, so the bytes of a card are the same from
 * run to run.
 *
 * Outputs first, sizes last. Arrays are in shared or in global memory. */
#ifndef BLOCK_CUH
#define BLOCK_CUH

#include <cuda_runtime.h>
#include <stdint.h>

#include "kernels.h"

/* Elements of a product that a thread sums. */
enum { DOWN = 4, ACROSS = 3 };
static_assert(DOWN * ACROSS * BLOCK_THREADS == BLOCK_SHARED, "cut products");

extern __shared__ float shared[];       /* BLOCK_SHARED, then scratch */

#define EACH(i, n) \
    for (int i = (int)threadIdx.x; i < (n); i += (int)blockDim.x)

/* The same for all threads of a launch. */
#define EVERY(i, n) \
    for (int i = (int)(blockIdx.x * blockDim.x + threadIdx.x); i < (n); \
         i += (int)(gridDim.x * blockDim.x))

__device__ static inline int least(int a, int b)
{
    return a < b ? a : b;
}

/* Workspace, handed out piece by piece; from NULL it only counts. */
struct room {
    float *work;
    size_t used;
};

__host__ __device__ static inline float *room_take(struct room *w, size_t n)
{
    float *at = w->work ? w->work + w->used : NULL;

    w->used += (n + 3) / 4 * 4;         /* 16 bytes apart */
    return at;
}

/* A matrix whose element (i,j) is at x[i * row + j * col]. */
struct matrix {
    const float *x;
    int row, col;
};

__device__ static inline struct matrix by_rows(const float *x, int width)
{
    struct matrix m = { x, width, 1 };
    return m;
}

__device__ static inline struct matrix by_columns(const float *x, int width)
{
    struct matrix m = { x, 1, width };
    return m;
}

/* DOWN x ACROSS sums over inner positions from..to-1. */
__device__ static inline void sum_up(float sum[DOWN][ACROSS],
                                     struct matrix A, struct matrix B,
                                     const int *row, const int *col, int from,
                                     int to)
{
    const float *a[DOWN], *b[ACROSS];

    for (int r = 0; r < DOWN; r++) {
        a[r] = A.x + row[r] * A.row;
        for (int c = 0; c < ACROSS; c++)
            sum[r][c] = 0;
    }
    for (int c = 0; c < ACROSS; c++)
        b[c] = B.x + col[c] * B.col;
#pragma unroll 4
    for (int k = from; k < to; k++) {
        float y[ACROSS];
        for (int c = 0; c < ACROSS; c++)
            y[c] = b[c][k * B.row];
        for (int r = 0; r < DOWN; r++) {
            float x = a[r][k * A.col];
            for (int c = 0; c < ACROSS; c++)
                sum[r][c] += x * y[c];
        }
    }
}

/* C (rows,cols), ldc apart, = S + A B with A (rows,inner), B (inner,cols) and
 * S a row for all (step 0), or C itself (step ldc), or nothing (NULL). Small
 * products are cut along the inner positions, so that no thread is idle. */
__device__ __noinline__ static inline void mul(
    float *C, int ldc, struct matrix A, struct matrix B, const float *S,
    int step, int rows, int cols, int inner)
{
    int wide = (cols + ACROSS - 1) / ACROSS, high = (rows + DOWN - 1) / DOWN;
    int items = wide * high;
    int cuts = items ? least((int)blockDim.x / items, inner / 8) : 1;
    float sum[DOWN][ACROSS];
    int row[DOWN], col[ACROSS];

    cuts = cuts < 1 ? 1 : cuts;
    EACH(i, items * cuts) {
        int cut = i / items, r0 = i % items / wide * DOWN, c0 = i % wide;
        for (int r = 0; r < DOWN; r++)
            row[r] = least(r0 + r, rows - 1);
        for (int c = 0; c < ACROSS; c++)
            col[c] = least(c0 + c * wide, cols - 1);
        sum_up(sum, A, B, row, col, inner * cut / cuts,
               inner * (cut + 1) / cuts);
        for (int r = 0; r < DOWN && r0 + r < rows; r++)
            for (int c = 0; c < ACROSS && c0 + c * wide < cols; c++) {
                int at = row[r] * cols + col[c];
                if (cuts > 1)
                    shared[cut * rows * cols + at] = sum[r][c];
                else
                    C[row[r] * ldc + col[c]] = sum[r][c] +
                        (S ? S[row[r] * step + col[c]] : 0);
            }
    }
    __syncthreads();
    if (cuts == 1)
        return;
    EACH(i, rows * cols) {
        int r = i / cols, c = i % cols;
        float all = S ? S[r * step + c] : 0;
        for (int cut = 0; cut < cuts; cut++)
            all += shared[cut * rows * cols + i];
        C[r * ldc + c] = all;
    }
    __syncthreads();
}

/* b (cols) += sum of the rows of C (rows,cols), ldc apart. */
__device__ static inline void add_rows(float *b, const float *C, int ldc,
                                       int rows, int cols)
{
    EACH(i, cols) {
        float sum = b[i];
        for (int r = 0; r < rows; r++)
            sum += C[r * ldc + i];
        b[i] = sum;
    }
    __syncthreads();
}

__device__ static inline void fill(float *x, float value, int n)
{
    EACH(i, n)
        x[i] = value;
    __syncthreads();
}

/* Start a kernel of operations on tiles. */
template <class Call>
static int start(void (*kernel)(Call, struct workspace), Call call,
                 struct workspace w, cudaStream_t stream)
{
    size_t bytes = (BLOCK_SHARED + w.scratch) * sizeof(float);
    void *args[] = { &call, &w };
    cudaError_t rc = cudaFuncSetAttribute(
        (const void *)kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
        (int)bytes);

    if (rc == cudaSuccess)
        rc = cudaLaunchKernel(kernel, dim3((unsigned)w.blocks),
                              dim3(BLOCK_THREADS), args, bytes, stream);
    return (int)rc;
}

/* Start a kernel with about a thread for each of n elements. */
template <class Call>
static int start_wide(void (*kernel)(Call), Call call, int n,
                      cudaStream_t stream)
{
    unsigned blocks = (unsigned)(n + BLOCK_THREADS - 1) / BLOCK_THREADS;
    void *args[] = { &call };

    return (int)cudaLaunchKernel(kernel, dim3(blocks), dim3(BLOCK_THREADS),
                                 args, BLOCK_SHARED * sizeof(float), stream);
}

__device__ static inline float sigmoid(float x)
{
    return 1 / (1 + expf(-x));
}

#endif

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

extern __shared__ __align__(16) float shared[]; /* BLOCK_SHARED, scratch */

/* For i below n: each its share of the block's threads. */
#define EACH(i, n) \
    for (int i = (int)threadIdx.x; i < (n); i += (int)blockDim.x)

/* A phase of a kernel, which all threads of a block enter together. Compiled
 * apart, phases do not add up in registers. */
#define PHASE [[maybe_unused]] __device__ __noinline__ static

/* Each its share of all threads of a launch. */
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
template <class Number> struct matrix {
    const Number *x;
    int row, col;
};

template <class Number>
__device__ static inline matrix<Number> by_rows(const Number *x,
                                                       int width)
{
    matrix<Number> m = { x, width, 1 };
    return m;
}

template <class Number>
__device__ static inline matrix<Number> by_columns(const Number *x,
                                                          int width)
{
    matrix<Number> m = { x, 1, width };
    return m;
}

/* A square of A, DOWN rows by as many inner positions: four numbers that lie
 * side by side are loaded at once, those of a row or those of a column. */
enum layout { SCATTERED, ALONG_ROWS, ALONG_COLUMNS };

__device__ static inline enum layout layout_of(matrix<float> A)
{
    bool aligned = (uintptr_t)A.x % sizeof(float4) == 0;

    return !aligned ? SCATTERED
         : A.col == 1 && A.row % DOWN == 0 ? ALONG_ROWS
         : A.row == 1 && A.col % DOWN == 0 ? ALONG_COLUMNS : SCATTERED;
}

__device__ static inline void load_square(float x[DOWN][DOWN],
                                          matrix<float> A, enum layout is,
                                          const int *row, int k)
{
    for (int r = 0; r < DOWN; r++) {
        if (is == SCATTERED) {
            for (int i = 0; i < DOWN; i++)
                x[r][i] = A.x[row[r] * A.row + (k + i) * A.col];
        } else if (is == ALONG_ROWS) {
            float4 four = *(const float4 *)(A.x + row[r] * A.row + k);
            x[r][0] = four.x;
            x[r][1] = four.y;
            x[r][2] = four.z;
            x[r][3] = four.w;
        } else {
            float4 four = *(const float4 *)(A.x + row[0] + (k + r) * A.col);
            x[0][r] = four.x;
            x[1][r] = four.y;
            x[2][r] = four.z;
            x[3][r] = four.w;
        }
    }
}

/* DOWN x ACROSS sums over inner positions from..to-1, `from` a multiple of
 * DOWN where A is along its rows. */
template <enum layout is>
__device__ static inline void sum_up(float sum[DOWN][ACROSS],
                                     matrix<float> A, matrix<float> B,
                                     const int *row, const int *col, int from,
                                     int to)
{
    const float *b[ACROSS];
    float x[DOWN][DOWN], y[ACROSS];
    int k = from;

    for (int c = 0; c < ACROSS; c++) {
        b[c] = B.x + col[c] * B.col;
        for (int r = 0; r < DOWN; r++)
            sum[r][c] = 0;
    }
#pragma unroll 1
    for (; k + DOWN <= to; k += DOWN) {
        load_square(x, A, is, row, k);
        for (int i = 0; i < DOWN; i++) {
            for (int c = 0; c < ACROSS; c++)
                y[c] = b[c][(k + i) * B.row];
            for (int r = 0; r < DOWN; r++)
                for (int c = 0; c < ACROSS; c++)
                    sum[r][c] += x[r][i] * y[c];
        }
    }
#pragma unroll 1
    for (; k < to; k++)
        for (int c = 0; c < ACROSS; c++)
            for (int r = 0; r < DOWN; r++)
                sum[r][c] += A.x[row[r] * A.row + k * A.col] *
                             b[c][k * B.row];
}

/* C = S + the parts of a product that shared memory holds, cut after cut. */
__device__ static inline void add_cuts(float *C, int ldc, const float *S,
                                       int step, int cuts, int rows, int cols)
{
    EACH(i, rows * cols) {
        int r = i / cols, c = i % cols;
        float all = S ? S[r * step + c] : 0;
        for (int cut = 0; cut < cuts; cut++)
            all += shared[cut * rows * cols + i];
        C[r * ldc + c] = all;
    }
    __syncthreads();
}

/* C (rows,cols), ldc apart, = S + A B with A (rows,inner), B (inner,cols) and
 * S a row for all (step 0), or C itself (step ldc), or nothing (NULL). Small
 * products are cut along the inner positions, so that no thread is idle. */
PHASE void mul(float *C, int ldc, matrix<float> A, matrix<float> B,
               const float *S, int step, int rows, int cols, int inner)
{
    int wide = (cols + ACROSS - 1) / ACROSS, high = (rows + DOWN - 1) / DOWN;
    int items = wide * high;
    int cuts = items ? least((int)blockDim.x / items, inner / 8) : 1;
    float sum[DOWN][ACROSS];
    int row[DOWN], col[ACROSS];
    enum layout is = layout_of(A);

    cuts = cuts < 1 ? 1 : cuts;
    EACH(i, items * cuts) {
        int cut = i / items, r0 = i % items / wide * DOWN, c0 = i % wide;
        int from = inner * cut / cuts / DOWN * DOWN;
        int to = cut + 1 < cuts ? inner * (cut + 1) / cuts / DOWN * DOWN
                                : inner;
        for (int r = 0; r < DOWN; r++)
            row[r] = least(r0 + r, rows - 1);
        for (int c = 0; c < ACROSS; c++)
            col[c] = least(c0 + c * wide, cols - 1);
        if (is == ALONG_ROWS)
            sum_up<ALONG_ROWS>(sum, A, B, row, col, from, to);
        else if (is == ALONG_COLUMNS && r0 + DOWN <= rows)
            sum_up<ALONG_COLUMNS>(sum, A, B, row, col, from, to);
        else
            sum_up<SCATTERED>(sum, A, B, row, col, from, to);
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
    if (cuts > 1)
        add_cuts(C, ldc, S, step, cuts, rows, cols);
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

/* to (cols,rows), its rows ld apart, = w (rows,cols) transposed, by all
 * threads of a launch. */
__device__ static inline void transpose(float *to, int ld, const float *w,
                                        int rows, int cols)
{
    EVERY(i, rows * cols)
        to[i % cols * ld + i / cols] = w[i];
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

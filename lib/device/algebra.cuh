/* algebra.cuh - small dense matrices in double, of all threads of a block:
 * mat.h's on a card. Row-major (m,m) where nothing else is said. */
#ifndef ALGEBRA_CUH
#define ALGEBRA_CUH

#include "block.cuh"

/* ---- sums over a block's threads ---- */

/* Each thread's x, all added up, to every thread. */
__device__ static double sum_all(double x)
{
    double *sum = (double *)shared, all;

    sum[threadIdx.x] = x;
    __syncthreads();
    for (int half = BLOCK_THREADS / 2; half; half /= 2) {
        if ((int)threadIdx.x < half)
            sum[threadIdx.x] += sum[threadIdx.x + half];
        __syncthreads();
    }
    all = sum[0];
    __syncthreads();
    return all;
}

/* The thread's x whose value is the largest, of equal ones the lowest; NaN is
 * the smallest. */
__device__ static int find_largest(double value, int x)
{
    double *most = (double *)shared;
    int *at = (int *)(most + BLOCK_THREADS), me = (int)threadIdx.x, found;

    most[me] = value;
    at[me] = x;
    __syncthreads();
    for (int half = BLOCK_THREADS / 2; half; half /= 2) {
        int other = me + half;
        if (me < half && (most[other] > most[me] || (most[other] == most[me] &&
                                                     at[other] < at[me]))) {
            most[me] = most[other];
            at[me] = at[other];
        }
        __syncthreads();
    }
    found = at[0];
    __syncthreads();
    return found;
}

/* ---- algebra ---- */

enum { SIDE = 3 };              /* a thread sums SIDE x SIDE elements        */

/* Two numbers of each of SIDE rows of A, inner positions k and k + 1; PAIRED:
 * they are loaded at once. */
template <bool PAIRED>
__device__ static inline void load_pairs(double x[SIDE][2], matrix<double> A,
                                         const double *const *row, int k)
{
    for (int i = 0; i < SIDE; i++)
        if (PAIRED) {
            double2 two = *(const double2 *)(row[i] + k);
            x[i][0] = two.x;
            x[i][1] = two.y;
        } else {
            x[i][0] = row[i][k * A.col];
            x[i][1] = row[i][(k + 1) * A.col];
        }
}

template <bool PAIRED>
__device__ static inline void sum_products(double sum[SIDE][SIDE],
                                           matrix<double> A, matrix<double> B,
                                           const double *const *row,
                                           const double *const *col, int inner)
{
    double x[SIDE][2];
    int k = 0;

    for (; k + 2 <= inner; k += 2) {
        load_pairs<PAIRED>(x, A, row, k);
        for (int n = 0; n < 2; n++)
            for (int j = 0; j < SIDE; j++) {
                double y = col[j][(k + n) * B.row];
                for (int i = 0; i < SIDE; i++)
                    sum[i][j] += x[i][n] * y;
            }
    }
    for (; k < inner; k++)
        for (int i = 0; i < SIDE; i++)
            for (int j = 0; j < SIDE; j++)
                sum[i][j] += row[i][k * A.col] * col[j][k * B.row];
}

/* C (rows,cols) = A B, or where `more` C + A B. B best is as it is: threads
 * side by side read its columns. */
PHASE void multiply(double *C, matrix<double> A, matrix<double> B, bool more,
                    int rows, int cols, int inner)
{
    int wide = (cols + SIDE - 1) / SIDE, high = (rows + SIDE - 1) / SIDE;
    bool paired = A.col == 1 && A.row % 2 == 0 &&
                  (uintptr_t)A.x % sizeof(double2) == 0;

    EACH(item, wide * high) {
        double sum[SIDE][SIDE] = {};
        const double *row[SIDE], *col[SIDE];
        int r0 = item / wide, c0 = item % wide;
        for (int i = 0; i < SIDE; i++) {
            row[i] = A.x + least(r0 + i * high, rows - 1) * A.row;
            col[i] = B.x + least(c0 + i * wide, cols - 1) * B.col;
        }
        if (paired)
            sum_products<true>(sum, A, B, row, col, inner);
        else
            sum_products<false>(sum, A, B, row, col, inner);
        for (int i = 0; i < SIDE && r0 + i * high < rows; i++)
            for (int j = 0; j < SIDE && c0 + j * wide < cols; j++) {
                double *c = C + (r0 + i * high) * cols + c0 + j * wide;
                *c = more ? *c + sum[i][j] : sum[i][j];
            }
    }
    __syncthreads();
}

/* T (cols,rows) = A (rows,cols) transposed. */
__device__ static void turn(double *T, const double *A, int rows, int cols)
{
    EACH(e, rows * cols)
        T[e] = A[e % rows * cols + e / rows];
    __syncthreads();
}

/* N = S^-1 of (m,m), by elimination with the largest pivots; factor (m). S is
 * destroyed. Where it is singular N is not finite. */
__device__ static void invert(double *N, double *S, double *factor, int m)
{
    EACH(e, m * m)
        N[e] = e / m == e % m;
    __syncthreads();
    for (int p = 0; p < m; p++) {
        double most = -1;
        int row = p;
        for (int r = p + (int)threadIdx.x; r < m; r += (int)blockDim.x)
            if (fabs(S[r * m + p]) > most) {
                most = fabs(S[r * m + p]);
                row = r;
            }
        row = find_largest(most, row);
        EACH(j, 2 * m) {
            double *x = (j < m ? S : N) + j % m, held = x[p * m];
            x[p * m] = x[row * m];
            x[row * m] = held;
        }
        __syncthreads();
        EACH(i, m)
            factor[i] = S[i * m + p] / S[p * m + p];
        __syncthreads();
        EACH(e, m * m) {
            int i = e / m, j = e % m;
            if (i == p)
                continue;
            S[e] -= factor[i] * S[p * m + j];
            N[e] -= factor[i] * N[p * m + j];
        }
        __syncthreads();
    }
    EACH(e, m * m)
        N[e] /= S[e / m * m + e / m];
    __syncthreads();
}

#endif

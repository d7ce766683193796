/* expm.cuh - exp(A) and its adjoint, as mat.c's, whose comments have the
 * equations. */
#ifndef EXPM_CUH
#define EXPM_CUH

#include "algebra.cuh"

extern "C" {
#include "../mat.h"
}

struct powers {
    double *scale;              /* (2) 2^-s, s                               */
    double *X[4], *T[2], *power[EXPM_SQUARINGS + 1];    /* (m,m)             */
    double *dX[4], *dT[2], *dP[2];
    double *turned;             /* (m,m) scratch                             */
};

/* 1/n! */
__device__ static inline double coefficient(int n)
{
    double a = 1;

    for (int k = 2; k <= n; k++)
        a /= k;
    return a;
}

/* T = top X4 + B_k, or where top is 0 T + B_k. */
__device__ static void add_block(const struct powers *x, double *T, int k,
                                 double top, int m)
{
    const double a0 = coefficient(4 * k), a1 = coefficient(4 * k + 1);
    const double a2 = coefficient(4 * k + 2), a3 = coefficient(4 * k + 3);

    EACH(e, m * m)
        T[e] = (top > 0 ? top * x->X[3][e] : T[e]) + a1 * x->X[0][e] +
               a2 * x->X[1][e] + a3 * x->X[2][e] + (e / m == e % m ? a0 : 0);
    __syncthreads();
}

/* Of A = X[0], which becomes A / 2^s; norm is |A|_1. The result is returned. */
__device__ static double *exp_forward(const struct powers *x, double norm,
                                      int m)
{
    double *const *X = x->X, *P = x->power[0], scale = 1;
    int s = 0;

    for (; s < EXPM_SQUARINGS && norm > 0.5; s++, norm /= 2)
        scale /= 2;
    if (threadIdx.x == 0) {
        x->scale[0] = scale;
        x->scale[1] = s;
    }
    EACH(e, m * m)
        X[0][e] *= scale;
    __syncthreads();
    multiply(X[1], by_rows(X[0], m), by_rows(X[0], m), false, m, m, m);
    multiply(X[2], by_rows(X[1], m), by_rows(X[0], m), false, m, m, m);
    multiply(X[3], by_rows(X[1], m), by_rows(X[1], m), false, m, m, m);
    add_block(x, x->T[0], 2, coefficient(EXPM_DEGREE), m);
    multiply(x->T[1], by_rows(X[3], m), by_rows(x->T[0], m), false, m, m, m);
    add_block(x, x->T[1], 1, 0, m);
    multiply(P, by_rows(X[3], m), by_rows(x->T[1], m), false, m, m, m);
    add_block(x, P, 0, 0, m);
    for (int k = 0; k < s; k++, P = x->power[k])
        multiply(x->power[k + 1], by_rows(P, m), by_rows(P, m), false, m, m, m);
    return P;
}

/* Gradient of a product Z = X Y: dX += dZ Y^T, dY += X^T dZ. */
__device__ static void multiply_back(const struct powers *x, const double *dZ,
                                     double *dX, double *dY, const double *X,
                                     const double *Y, int m)
{
    turn(x->turned, Y, m, m);
    multiply(dX, by_rows(dZ, m), by_rows(x->turned, m), true, m, m, m);
    multiply(dY, by_columns(X, m), by_rows(dZ, m), true, m, m, m);
}

/* Gradient of add_block; the first one, of block 0, begins the sums. */
__device__ static void add_block_back(const struct powers *x, const double *dB,
                                      int k, int m)
{
    const double a[] = { coefficient(4 * k + 1), coefficient(4 * k + 2),
                         coefficient(4 * k + 3) };

    EACH(e, m * m)
        for (int i = 0; i < 3; i++)
            x->dX[i][e] = (k ? x->dX[i][e] : 0) + a[i] * dB[e];
    __syncthreads();
}

/* dA (m,m) from dE, which is dP[0]. */
__device__ static void exp_back(const struct powers *x, double *dA, int m)
{
    double *const *X = x->X, *const *dX = x->dX, *dP = x->dP[0];
    double *next = x->dP[1];

    for (int k = (int)x->scale[1] - 1; k >= 0; k--) {
        double *done = dP;
        const double *P = x->power[k];
        turn(x->turned, P, m, m);
        multiply(next, by_rows(dP, m), by_rows(x->turned, m), false, m, m, m);
        multiply(next, by_rows(x->turned, m), by_rows(dP, m), true, m, m, m);
        dP = next;
        next = done;
    }
    add_block_back(x, dP, 0, m);
    EACH(e, m * m)
        dX[3][e] = x->dT[0][e] = x->dT[1][e] = 0;
    __syncthreads();
    multiply_back(x, dP, dX[3], x->dT[1], X[3], x->T[1], m);
    add_block_back(x, x->dT[1], 1, m);
    multiply_back(x, x->dT[1], dX[3], x->dT[0], X[3], x->T[0], m);
    add_block_back(x, x->dT[0], 2, m);
    EACH(e, m * m)
        dX[3][e] += coefficient(EXPM_DEGREE) * x->dT[0][e];
    __syncthreads();
    multiply_back(x, dX[3], dX[1], dX[1], X[1], X[1], m);
    multiply_back(x, dX[2], dX[1], dX[0], X[1], X[0], m);
    multiply_back(x, dX[1], dX[0], dX[0], X[0], X[0], m);
    EACH(e, m * m)
        dA[e] = x->scale[0] * dX[0][e];
    __syncthreads();
}

#endif

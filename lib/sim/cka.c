/* cka.c - centered kernel alignment with a linear kernel (Kornblith, Norouzi,
 * Lee, Hinton 2019).
 *
 *     CKA = HSIC(K,L) / sqrt(HSIC(K,K) HSIC(L,L)),    K = X X^T, L = Y Y^T
 *
 * biased:   HSIC = tr(K H L H), H the centering matrix
 * unbiased: HSIC_1 of Song, Smola, Gretton, Bedo, Borgwardt 2012, eq. 5, with
 *           the diagonals of K and L set to 0; its constant factor cancels */
#include <math.h>
#include <stdlib.h>

#include "../arena.h"
#include "../mat.h"
#include "../sim.h"

static const char *const options[] = {
    "linear, biased", "linear, unbiased (debiased HSIC)", NULL
};

/* K (n,n) = X X^T of the columns centered, which changes neither score. */
static double *gram(const double *X, int n, int p, struct arena *a)
{
    double *Z = arena_get(a, (size_t)n * (size_t)p, sizeof *Z);
    double *K = arena_get(a, (size_t)n * (size_t)n, sizeof *K);

    if (!Z || !K)
        return NULL;
    sim_centre(Z, X, n, p);
    mat_mul(K, 'n', 't', n, n, p, 1, Z, Z, 0);
    return K;
}

static double trace(const double *K, const double *L, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n * n; i++)
        sum += K[i] * L[i];
    return sum;
}

static double unbiased(const double *K, const double *L, size_t n)
{
    double kl = 0, k = 0, l = 0, m = (double)n;

    for (size_t i = 0; i < n; i++) {
        double ki = 0, li = 0;
        for (size_t j = 0; j < n; j++) {
            ki += K[i * n + j];
            li += L[i * n + j];
        }
        kl += ki * li;
        k += ki;
        l += li;
    }
    return trace(K, L, n) + k * l / ((m - 1) * (m - 2)) - 2 * kl / (m - 2);
}

static double ratio(double kl, double kk, double ll)
{
    return kk > 0 && ll > 0 ? kl / sqrt(kk) / sqrt(ll) : NAN;
}

static int compare(double *score, const double *X, int p, const double *Y,
                   int q, int n, struct arena *a)
{
    double *K = gram(X, n, p, a), *L = gram(Y, n, q, a);
    size_t m = (size_t)n;

    if (!K || !L)
        return -1;
    score[0] = ratio(trace(K, L, m), trace(K, K, m), trace(L, L, m));
    for (size_t i = 0; i < m; i++)
        K[i * m + i] = L[i * m + i] = 0;
    score[1] = n < 4 ? NAN : ratio(unbiased(K, L, m), unbiased(K, K, m),
                                   unbiased(L, L, m));
    return 0;
}

const struct sim sim_cka = {
    .name = "cka",
    .options = options,
    .compare = compare,
};

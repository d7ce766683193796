#include "near.h"

#include <math.h>

#include "arena.h"
#include "mat.h"

enum { BLOCK = 512 };           /* pool rows of one product */

/* to (n,m) = x in double, size (n) = |x|^2 */
static void widen(double *to, double *size, const real *x, size_t n, size_t m)
{
    for (size_t r = 0; r < n; r++) {
        size[r] = 0;
        for (size_t i = 0; i < m; i++) {
            double u = to[r * m + i] = (double)x[r * m + i];
            size[r] += u * u;
        }
    }
}

/* |x - p|^2 = |x|^2 + |p|^2 - 2 x p; in double its rounding is 1e-8 of |x|
 * after the root, far below `apart`. */
int near_distance(double *d, const real *x, size_t n, const real *pool,
                  size_t S, int m, double apart, struct arena *a)
{
    size_t M = (size_t)m;
    double *X = arena_get(a, n * M, sizeof *X);
    double *P = arena_get(a, BLOCK * M, sizeof *P);
    double *xp = arena_get(a, n * BLOCK, sizeof *xp);
    double *xx = arena_get(a, n, sizeof *xx), pp[BLOCK];
    double least = apart > 0 ? apart * apart : -HUGE_VAL;

    if (!X || !P || !xp || !xx)
        return -1;
    widen(X, xx, x, n, M);
    for (size_t r = 0; r < n; r++)
        d[r] = HUGE_VAL;
    for (size_t from = 0; from < S; from += BLOCK) {
        size_t B = S - from < BLOCK ? S - from : BLOCK;
        widen(P, pp, pool + from * M, B, M);
        mat_mul(xp, 'n', 't', (int)n, (int)B, m, -2, X, P, 0);
        for (size_t r = 0; r < n; r++)
            for (size_t k = 0; k < B; k++) {
                double square = xx[r] + pp[k] + xp[r * B + k];
                if (square < d[r] && square > least)
                    d[r] = square;
            }
    }
    for (size_t r = 0; r < n; r++)
        d[r] = sqrt(fmax(d[r], 0));
    return 0;
}

double near_apart(const real *pool, size_t S, int m)
{
    double sum = 0;

    for (size_t i = 0; i < S * (size_t)m; i++)
        sum += (double)pool[i] * (double)pool[i];
    return S ? 1e-4 * sqrt(sum / (double)S) : 0;
}

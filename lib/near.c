#include "near.h"

#include <math.h>

#include "acts.h"
#include "arena.h"
#include "latent.h"
#include "mat.h"

enum { BLOCK = 256 };           /* rows of a product */

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

int near_distance(double *d, const real *x, size_t n, const real *pool,
                  size_t S, int m, double apart, struct arena *a)
{
    size_t M = (size_t)m;
    double *X = arena_get(a, n * M, sizeof *X);
    double *P = arena_get(a, BLOCK * M, sizeof *P);
    double *xp = arena_get(a, BLOCK * BLOCK, sizeof *xp);
    double *xx = arena_get(a, n, sizeof *xx), pp[BLOCK];
    double least = apart > 0 ? apart * apart : -HUGE_VAL;
    size_t *nearest = arena_get(a, n, sizeof *nearest);

    if (!X || !P || !xp || !xx || !nearest)
        return -1;
    widen(X, xx, x, n, M);
    for (size_t r = 0; r < n; r++)
        d[r] = HUGE_VAL;
    for (size_t from = 0; from < S; from += BLOCK) {
        size_t B = S - from < BLOCK ? S - from : BLOCK;
        widen(P, pp, pool + from * M, B, M);
        for (size_t at = 0; at < n; at += BLOCK) {
            size_t rows = n - at < BLOCK ? n - at : BLOCK;
            mat_mul(xp, 'n', 't', (int)rows, (int)B, m, -2, X + at * M, P, 0);
            for (size_t r = 0; r < rows; r++)
                for (size_t k = 0; k < B; k++) {
                    double square = xx[at + r] + pp[k] + xp[r * B + k];
                    if (square < d[at + r] && square > least) {
                        d[at + r] = square;
                        nearest[at + r] = from + k;
                    }
                }
        }
    }
    for (size_t r = 0; r < n; r++)
        if (d[r] < HUGE_VAL)
            d[r] = latent_distance(x + r * M, pool + nearest[r] * M, m);
    return 0;
}

double near_apart(const real *pool, size_t S, int m)
{
    return 1e-4 * sqrt(acts_spread(pool, S, m));
}

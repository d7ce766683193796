#include "near.h"

#include <math.h>

#include "arena.h"
#include "latent.h"
#include "mat.h"

enum { BLOCK = 256 };           /* rows of a product */

/* to (n,m) = x - centre in double, size (n) = |to|^2 */
static void widen(double *to, double *size, const real *x,
                  const double *centre, size_t n, size_t m)
{
    for (size_t r = 0; r < n; r++) {
        size[r] = 0;
        for (size_t i = 0; i < m; i++) {
            double u = to[r * m + i] = (double)x[r * m + i] - centre[i];
            size[r] += u * u;
        }
    }
}

static void mean_of(double *centre, const real *pool, size_t S, size_t m)
{
    for (size_t r = 0; r < S; r++)
        for (size_t i = 0; i < m; i++)
            centre[i] += (double)pool[r * m + i] / (double)S;
}

int near_distance(double *d, const real *x, size_t n, const real *pool,
                  size_t S, int m, double apart, struct arena *a)
{
    size_t M = (size_t)m;
    double *X = arena_get(a, n * M, sizeof *X);
    double *P = arena_get(a, BLOCK * M, sizeof *P);
    double *xp = arena_get(a, BLOCK * BLOCK, sizeof *xp);
    double *xx = arena_get(a, n, sizeof *xx), pp[BLOCK];
    double *centre = arena_get(a, M, sizeof *centre);
    double least = apart > 0 ? apart * apart : -HUGE_VAL;
    size_t *nearest = arena_get(a, n, sizeof *nearest);

    if (!X || !P || !xp || !xx || !centre || !nearest)
        return -1;
    mean_of(centre, pool, S, M);
    widen(X, xx, x, centre, n, M);
    for (size_t r = 0; r < n; r++)
        d[r] = HUGE_VAL;
    for (size_t from = 0; from < S; from += BLOCK) {
        size_t B = S - from < BLOCK ? S - from : BLOCK;
        widen(P, pp, pool + from * M, centre, B, M);
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

double near_apart(const real *pool, size_t S, int m, struct arena *a)
{
    double *centre = arena_get(a, (size_t)m, sizeof *centre), sum = 0;

    if (centre == NULL)
        return -1;
    mean_of(centre, pool, S, (size_t)m);
    for (size_t r = 0; r < S; r++)
        for (size_t i = 0; i < (size_t)m; i++) {
            double u = (double)pool[r * (size_t)m + i] - centre[i];
            sum += u * u / (double)S;
        }
    return 1e-4 * sqrt(sum);
}

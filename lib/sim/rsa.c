/* rsa.c - representational similarity analysis (Kriegeskorte, Mur, Bandettini
 * 2008; the paper's appendix A.3).
 *
 * Each system has a matrix of Pearson correlations between its rows; the score
 * correlates the off-diagonal lower triangles of the two. */
#include <math.h>

#include "../arena.h"
#include "../sim.h"

static const char *const options[] = {
    "rows by Pearson, triangles by Spearman",
    "rows by Pearson, triangles by Pearson",
    NULL
};

/* Correlations nearer than this are one value: the matrix product rounds equal
 * rows differently, and ranks must see the tie. */
static const double GRID = 1e-12;

static double *triangle(const double *X, int n, int p, struct arena *a)
{
    double *C = arena_get(a, (size_t)n * (size_t)n, sizeof *C);
    double *t = arena_get(a, (size_t)n * (size_t)n / 2 + 1, sizeof *t);
    size_t k = 0;

    if (!C || !t || sim_correlation(C, X, n, p, a))
        return NULL;
    for (size_t i = 0; i < (size_t)n; i++)
        for (size_t j = 0; j < i; j++)
            t[k++] = nearbyint(C[i * (size_t)n + j] / GRID) * GRID;
    return t;
}

static int compare(double *score, const double *X, int p, const double *Y,
                   int q, int n, struct arena *a)
{
    size_t L = (size_t)n * (size_t)(n - 1) / 2;
    double *x = triangle(X, n, p, a), *y = triangle(Y, n, q, a);
    double *rx = arena_get(a, L, sizeof *rx);
    double *ry = arena_get(a, L, sizeof *ry);

    if (!x || !y || !rx || !ry || sim_ranks(rx, x, L, a) ||
        sim_ranks(ry, y, L, a))
        return -1;
    score[0] = sim_pearson(rx, ry, L);
    score[1] = sim_pearson(x, y, L);
    return 0;
}

const struct sim sim_rsa = {
    .name = "rsa",
    .note = "correlation of the correlations between rows",
    .options = options,
    .compare = compare,
};

/* procrustes.c - how near two systems come under the best rotation
 * (Schonemann 1966; as a similarity of representations Ding, Denain,
 * Steinhardt 2021, and a metric: Williams, Kunz, Kornblith, Linderman 2021).
 *
 * X and Y are centered, brought to Frobenius norm 1, and the narrower is
 * padded with zeros, which changes nothing below:
 *
 *     s = max_Q tr(Y^T X Q) = |X^T Y|_*        the sum of singular values
 *     d = min_Q |X Q - Y|_F = sqrt(2 - 2 s)    Q orthogonal, mirrors included
 */
#include <math.h>
#include <stdbool.h>

#include "../arena.h"
#include "../mat.h"
#include "../sim.h"

static const char *const options[] = {
    "similarity s: 1 where equal up to rotation, scale and origin",
    "distance d = sqrt(2 - 2s): 0 where equal up to the same",
    NULL
};

/* Z: X centered, at norm 1. The norm that it had; 0: no row differs. */
static double normalise(double *Z, const double *X, int n, int p)
{
    size_t size = (size_t)n * (size_t)p;
    double ss = 0;

    sim_centre(Z, X, n, p);
    for (size_t i = 0; i < size; i++)
        ss += Z[i] * Z[i];
    for (size_t i = 0; i < size; i++)
        Z[i] *= ss > 0 ? 1 / sqrt(ss) : 0;
    return sqrt(ss);
}

static int compare(double *score, const double *X, int p, const double *Y,
                   int q, int n, struct arena *a)
{
    double *x = arena_get(a, (size_t)n * (size_t)p, sizeof *x);
    double *y = arena_get(a, (size_t)n * (size_t)q, sizeof *y);
    double *C = arena_get(a, (size_t)p * (size_t)q, sizeof *C);
    double s = 0;

    if (!C || !x || !y)
        return -1;
    bool defined = normalise(x, X, n, p) > 0 && normalise(y, Y, n, q) > 0;
    mat_mul(C, 't', 'n', p, q, n, 1, x, y, 0);
    if (mat_nuclear_norm(&s, C, p, q, a))
        return -1;
    score[0] = defined ? s : NAN;
    score[1] = defined ? sqrt(2 * fmax(0, 1 - s)) : NAN;
    return 0;
}

const struct sim sim_procrustes = {
    .name = "procrustes",
    .options = options,
    .compare = compare,
};

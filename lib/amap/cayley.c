/* cayley - R = c Q with Q = base (1 - A/2)^-1 (1 + A/2), Cayley's transform;
 * see orthogonal.h. It is exp(A) up to A^2, and has all orthogonal matrices but
 * those that turn some plane by half a circle, to which it comes as near as
 * one likes. One factorisation takes the place of exp's thirty products: for
 * wide systems.
 *
 * With S = 1 - A/2, which has always an inverse, 1 + A/2 is S^T = 2 - S:
 *
 *     Q = 2 Y - base    Y = base S^-1
 *     dA = Y^T Z        Z = dQ S^-T                  of K rows each */
#include "orthogonal.h"

#include <math.h>
#include <string.h>

#include "../mat.h"

static const double FAR = 1e8;  /* largest |A|: beyond it 1 - A/2 has lost 1 */

static int open_tool(struct amap *R, struct arena *a)
{
    return (R->tool = lu_open(R->m, a)) ? 0 : -1;
}

static void forward(struct amap *R)
{
    int m = R->m;
    size_t n = (size_t)m * (size_t)m;
    struct orthogonal o = orthogonal_of(R);
    double *S = o.work, *Y = o.work, one;

    orthogonal_in(R);
    one = mat_norm1(o.A, m) <= FAR ? 1 : NAN;
    for (size_t i = 0; i < n; i++)
        S[i] = -o.A[i] / 2;
    for (int i = 0; i < m; i++)
        S[i * m + i] = one;
    lu_factor(R->tool, S);
    memcpy(Y, o.base, n * sizeof *Y);
    lu_divide(R->tool, Y, 'n', m);
    for (size_t i = 0; i < n; i++)
        o.Q[i] = 2 * Y[i] - o.base[i];
    orthogonal_out(R);
}

static void back(struct amap *R)
{
    struct orthogonal o = orthogonal_of(R);
    double *Y = o.work, *Z = o.dQ;

    orthogonal_out_back(R);
    lu_divide(R->tool, Z, 't', R->K);
    mat_mul(o.dA, 't', 'n', R->m, R->m, R->K, 1, Y, Z, 0);
    orthogonal_in_back(R);
}

const struct amap_form amap_cayley_form = {
    .name = "cayley",
    .note = "R = c Q, Q = base (1 - A/2)^-1 (1 + A/2): for wide systems",
    .open = open_tool, .forward = forward, .back = back, ORTHOGONAL_FORM
};

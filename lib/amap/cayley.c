/* cayley - R = c Q with Q = base (1 - A/2)^-1 (1 + A/2), Cayley's transform;
 * see orthogonal.h. It is exp(A) up to A^2, and reaches what exp reaches but
 * for half turns, which it comes as near to as one likes.
 *
 * With S = 1 - A/2, which always has an inverse N, 1 + A/2 is S^T = 2 - S:
 *
 *     Q = 2 Y - base    Y = base N
 *     dA = Y^T Z        Z = dQ N^T                   of K rows each
 *
 * One inverse and three products take the place of exp's thirty: for wide
 * systems. What the maps of two GRUs cost, K = m/2, beside what a step of MAS
 * spends in the GRUs (AMD Zen 4, one thread; make bench-maps):
 *
 *     m           48    96   128   256   512  1024
 *     exp        1.4   3.7   6.4    11    19    31 %
 *     Cayley     0.4   0.8   1.2   1.8   2.9   4.4 %
 *
 * That is why there are no Householder reflections: K of them, enough for the
 * rows that are exchanged, take half of Cayley's time. What they could win is
 * 2 % of a step, and they have no A = 0 to start from: their gradient depends
 * on how long the vectors happen to be. */
#include "orthogonal.h"

#include <math.h>

#include "../arena.h"
#include "../mat.h"

static const double FAR = 1e8;  /* largest |A|: beyond it 1 - A/2 has lost 1 */

struct cayley {
    double *N, *S;              /* (m,m) */
    int *pivot;                 /* (m) */
};

static int open_tool(struct amap *R, struct arena *a)
{
    size_t m = (size_t)R->m;
    struct cayley *t = R->tool = arena_get(a, 1, sizeof *t);

    return t && (t->N = arena_get(a, m * m, sizeof *t->N)) &&
           (t->S = arena_get(a, m * m, sizeof *t->S)) &&
           (t->pivot = arena_get(a, m, sizeof *t->pivot)) ? 0 : -1;
}

static void forward(struct amap *R)
{
    int m = R->m;
    struct cayley *t = R->tool;
    struct orthogonal o = orthogonal_of(R);
    double *Y = o.work, one;

    orthogonal_in(R);
    one = mat_norm1(o.A, m) <= FAR ? 1 : NAN;
    for (int i = 0; i < m * m; i++)
        t->S[i] = -o.A[i] / 2;
    for (int i = 0; i < m; i++)
        t->S[i * m + i] = one;
    mat_inverse(t->N, t->S, m, t->pivot, Y);
    mat_mul(Y, 'n', 'n', m, m, m, 1, o.base, t->N, 0);
    for (int i = 0; i < m * m; i++)
        o.Q[i] = 2 * Y[i] - o.base[i];
    orthogonal_out(R);
}

static void back(struct amap *R)
{
    int m = R->m, K = R->K;
    const struct cayley *t = R->tool;
    struct orthogonal o = orthogonal_of(R);
    const double *Y = o.work;
    double *Z = t->S;

    orthogonal_out_back(R);
    mat_mul(Z, 'n', 't', K, m, m, 1, o.dQ, t->N, 0);
    mat_mul(o.dA, 't', 'n', m, m, K, 1, Y, Z, 0);
    orthogonal_in_back(R);
}

const struct amap_form amap_cayley_form = {
    .name = "cayley",
    .note = "R = c Q, Q = base (1 - A/2)^-1 (1 + A/2): for wide systems",
    .open = open_tool, .forward = forward, .back = back, ORTHOGONAL_FORM
};

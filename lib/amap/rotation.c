/* rotation - R = c Q with Q = base exp(A): A skew-symmetric, what is learnt;
 * base a random rotation, fixed; c a scale, learnt, 1 at the start.
 *
 *     F = c Q[:K]    G = Q[:K]^T / c    b = 0
 *
 * Parameters: the strict upper triangle of A row by row, then c. A stored map
 * is loaded from Q and c, as base = Q and A = 0; its base and A tell where it
 * was found. */
#include "../amap.h"

#include <string.h>

#include "../err.h"
#include "../mat.h"

static const double ORTHOGONAL = 1e-6;  /* largest |Q^T Q - 1| when loaded */

static const struct amap_part parts[] = {
    { "Q", "mm" }, { "A", "mm" }, { "base", "mm" }, { "c", "" },
    { .name = NULL }
};
enum { C_ = 3 };

/* own = Q, A, base, exp(A), dQ[:K], dA: (m,m) each */
static double *part(const struct amap *R, int which)
{
    return R->own + (size_t)which * (size_t)R->m * (size_t)R->m;
}
enum { Q_, A_, BASE, EXP, DQ, DA, PARTS };

static double *at(const struct amap *R, int which)
{
    return which == C_ ? R->param + R->n - 1 : part(R, which);
}

static size_t params(int m)
{
    return (size_t)m * (size_t)(m - 1) / 2 + 1;
}

static size_t room(int m)
{
    return PARTS * (size_t)m * (size_t)m;
}

static int open_tool(struct amap *R, struct arena *a)
{
    return (R->tool = expm_open(R->m, a)) ? 0 : -1;
}

static int start(struct amap *R, struct rng *r, struct arena *a)
{
    *at(R, C_) = 1;
    return mat_random_rotation(part(R, BASE), R->m, r, a);
}

static void forward(struct amap *R)
{
    int m = R->m, K = R->K;
    double *A = part(R, A_), *Q = part(R, Q_), c = R->param[R->n - 1];
    const double *p = R->param;

    for (int i = 0; i < m; i++) {
        A[i * m + i] = 0;
        for (int j = i + 1; j < m; j++, p++) {
            A[i * m + j] = *p;
            A[j * m + i] = -*p;
        }
    }
    expm_forward(R->tool, part(R, EXP), A);
    mat_mul(Q, 'n', 'n', m, m, m, 1, part(R, BASE), part(R, EXP), 0);
    for (int k = 0; k < K; k++)
        for (int i = 0; i < m; i++) {
            R->F[k * m + i] = c * Q[k * m + i];
            R->G[i * K + k] = Q[k * m + i] / c;
        }
}

static void back(struct amap *R)
{
    int m = R->m, K = R->K;
    double *dQ = part(R, DQ), *dA = part(R, DA), *dE = part(R, EXP);
    const double *Q = part(R, Q_);
    double c = R->param[R->n - 1], dc = 0, *dp = R->dparam;

    for (int k = 0; k < K; k++)
        for (int i = 0; i < m; i++) {
            double f = R->dF[k * m + i], g = R->dG[i * K + k];
            dQ[k * m + i] = c * f + g / c;
            dc += (f - g / (c * c)) * Q[k * m + i];
        }
    /* Q[:K] = base[:K] exp(A); exp(A) itself is no longer needed. */
    mat_mul(dE, 't', 'n', m, m, K, 1, part(R, BASE), dQ, 0);
    memset(dA, 0, (size_t)m * (size_t)m * sizeof *dA);
    expm_back(R->tool, dA, dE);
    for (int i = 0; i < m; i++)
        for (int j = i + 1; j < m; j++)
            *dp++ += dA[i * m + j] - dA[j * m + i];
    *dp += dc;
}

static int load(struct amap *R, int which, const double *x)
{
    if (which == Q_) {
        double off = mat_orthogonality(x, R->m);
        if (!(off <= ORTHOGONAL))
            return err_set(EX_DATAERR, "not orthogonal: |Q'Q - I| is %g", off);
        memcpy(part(R, BASE), x, (size_t)R->m * (size_t)R->m * sizeof *x);
    } else if (which == C_) {
        if (*x == 0)
            return err_set(EX_DATAERR, "0 has no inverse");
        *at(R, C_) = *x;
    }
    return 0;
}

const struct amap_form amap_rotation_form = {
    .name = "rotation",
    .note = "R = c Q, Q = base exp(A): an orthogonal matrix and a scale",
    .convention = "r = R h = c Q h, h and r column vectors",
    .parts = parts,
    .params = params, .room = room, .open = open_tool, .start = start,
    .forward = forward, .back = back, .at = at, .load = load,
};

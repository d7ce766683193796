/* rotation - R = c Q with Q = base exp(A): A skew-symmetric, what is learnt;
 * base a random rotation, fixed; c a scale, learnt, 1 at the start.
 *
 *     F = c Q[:K]    G = Q[:K]^T / c    b = 0
 *
 * Parameters: the strict upper triangle of A row by row, then c. */
#include "../amap.h"

#include <string.h>

#include "../arena.h"
#include "../mat.h"
#include "../rng.h"

/* own = Q, A, base, exp(A), dQ[:K], dA: (m,m) each */
static double *part(const struct amap *R, int which)
{
    return R->own + (size_t)which * (size_t)R->m * (size_t)R->m;
}
enum { Q_, A_, BASE, EXP, DQ, DA, PARTS };

static size_t params(int m)
{
    return (size_t)m * (size_t)(m - 1) / 2 + 1;
}

static size_t room(int m)
{
    return PARTS * (size_t)m * (size_t)m;
}

static int start(struct amap *R, struct rng *r, struct arena *a)
{
    R->param[R->n - 1] = 1;
    R->tool = expm_open(R->m, a);
    return R->tool == NULL ? -1 : mat_random_rotation(part(R, BASE), R->m,
                                                      r, a);
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

const struct amap_form amap_rotation_form = {
    .name = "rotation",
    .note = "R = c Q, Q = base exp(A): an orthogonal matrix and a scale",
    .params = params, .room = room, .start = start,
    .forward = forward, .back = back,
};

struct rotation amap_rotation(struct amap *R)
{
    return (struct rotation){ .Q = part(R, Q_), .A = part(R, A_),
                              .base = part(R, BASE),
                              .c = R->param + R->n - 1 };
}

void amap_set_rotation(struct amap *R, const double *Q, double c)
{
    memcpy(part(R, BASE), Q, (size_t)R->m * (size_t)R->m * sizeof *Q);
    memset(R->param, 0, R->n * sizeof *R->param);
    R->param[R->n - 1] = c;
    R->form->forward(R);
}

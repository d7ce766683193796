#include "orthogonal.h"

#include <string.h>

#include "../err.h"
#include "../mat.h"

static const double ORTHOGONAL = 1e-6;  /* largest |Q^T Q - 1| when loaded */

enum { Q_, A_, BASE, C_ };
const struct amap_part orthogonal_parts[] = {
    [Q_] = { "Q", "mm" }, [A_] = { "A", "mm" }, [BASE] = { "base", "mm" },
    [C_] = { "c", "" }, { .name = NULL }
};

enum { MATRICES = sizeof(struct orthogonal) / sizeof(double *) };

static size_t square(int m)
{
    return (size_t)m * (size_t)m;
}

struct orthogonal orthogonal_of(const struct amap *R)
{
    size_t n = square(R->m);
    double *x = R->own;

    return (struct orthogonal){ .Q = x, .A = x + n, .base = x + 2 * n,
        .dQ = x + 3 * n, .dA = x + 4 * n, .work = x + 5 * n };
}

static double *scale(const struct amap *R)
{
    return R->param + R->n - 1;
}

double *orthogonal_at(const struct amap *R, int part)
{
    struct orthogonal o = orthogonal_of(R);

    return part == C_ ? scale(R) :
           part == Q_ ? o.Q : part == A_ ? o.A : o.base;
}

size_t orthogonal_params(int m)
{
    return (size_t)m * (size_t)(m - 1) / 2 + 1;
}

size_t orthogonal_room(int m)
{
    return MATRICES * square(m);
}

int orthogonal_start(struct amap *R, struct rng *r, struct arena *a)
{
    *scale(R) = 1;
    return mat_random_rotation(orthogonal_of(R).base, R->m, r, a);
}

void orthogonal_in(struct amap *R)
{
    int m = R->m;
    double *A = orthogonal_of(R).A;
    const double *p = R->param;

    for (int i = 0; i < m; i++) {
        A[i * m + i] = 0;
        for (int j = i + 1; j < m; j++, p++) {
            A[i * m + j] = *p;
            A[j * m + i] = -*p;
        }
    }
}

void orthogonal_out(struct amap *R)
{
    int m = R->m, K = R->K;
    const double *Q = orthogonal_of(R).Q;
    double c = *scale(R);

    for (int k = 0; k < K; k++)
        for (int i = 0; i < m; i++) {
            R->F[k * m + i] = c * Q[k * m + i];
            R->G[i * K + k] = Q[k * m + i] / c;
        }
}

void orthogonal_out_back(struct amap *R)
{
    int m = R->m, K = R->K;
    struct orthogonal o = orthogonal_of(R);
    double c = *scale(R), dc = 0;

    for (int k = 0; k < K; k++)
        for (int i = 0; i < m; i++) {
            double f = R->dF[k * m + i], g = R->dG[i * K + k];
            o.dQ[k * m + i] = c * f + g / c;
            dc += (f - g / (c * c)) * o.Q[k * m + i];
        }
    R->dparam[R->n - 1] += dc;
    memset(o.dA, 0, square(m) * sizeof *o.dA);
}

void orthogonal_in_back(struct amap *R)
{
    int m = R->m;
    const double *dA = orthogonal_of(R).dA;
    double *dp = R->dparam;

    for (int i = 0; i < m; i++)
        for (int j = i + 1; j < m; j++)
            *dp++ += dA[i * m + j] - dA[j * m + i];
}

int orthogonal_load(struct amap *R, int part, const double *x)
{
    if (part == Q_) {
        double off = mat_orthogonality(x, R->m);
        if (!(off <= ORTHOGONAL))
            return err_set(EX_DATAERR, "not orthogonal: |Q'Q - I| is %g", off);
        memcpy(orthogonal_of(R).base, x, square(R->m) * sizeof *x);
    } else if (part == C_) {
        if (*x == 0)
            return err_set(EX_DATAERR, "0 has no inverse");
        *scale(R) = *x;
    }
    return 0;
}

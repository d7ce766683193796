#include "swap.h"

#include <string.h>

#include "amap.h"
#include "mat.h"

/* One product each where there could be two, with what is summed side by side:
 * h = [h_j | -h_i] and F = [F_j | F_i], or of one map h = h_j - h_i. */
struct parts {
    int W;                      /* m_j + m_i, or m                           */
    double *h, *F;              /* (B,W) (K,W)                               */
    double *delta, *ddelta;     /* (B,K) h F^T + b_j - b_i                   */
    double *dv;                 /* (B,m_i)                                   */
    double *dF, *dG;            /* (K,W) (m_i,K)                             */
    double *end;
};

static struct parts cut(const struct amap *to, const struct amap *from, int B,
                        double *work)
{
    struct parts p = { .W = to == from ? to->m : from->m + to->m, .h = work };
    size_t b = (size_t)B, W = (size_t)p.W, K = (size_t)to->K;

    p.F = p.h + b * W;
    p.delta = p.F + K * W;
    p.ddelta = p.delta + b * K;
    p.dv = p.ddelta + b * K;
    p.dF = p.dv + b * (size_t)to->m;
    p.dG = p.dF + K * W;
    p.end = p.dG + K * (size_t)to->m;
    return p;
}

size_t swap_room(const struct amap *to, const struct amap *from, int B)
{
    double *none = NULL;

    return (size_t)(cut(to, from, B, none).end - none);
}

/* h and F side by side. */
static void join(const struct parts *p, const struct amap *to,
                 const struct amap *from, const real *h_i, const real *h_j,
                 int B)
{
    int m = from->m;

    for (int b = 0; b < B; b++) {
        double *h = p->h + b * p->W;
        const real *i = h_i + b * to->m, *j = h_j + b * m;
        for (int n = 0; n < m; n++)
            h[n] = to == from ? (double)j[n] - (double)i[n] : (double)j[n];
        for (int n = m; n < p->W; n++)
            h[n] = -(double)i[n - m];
    }
    for (int k = 0; k < to->K; k++) {
        double *F = p->F + k * p->W;
        memcpy(F, from->F + k * m, (size_t)m * sizeof *F);
        memcpy(F + m, to->F + k * to->m, (size_t)(p->W - m) * sizeof *F);
    }
}

void swap_forward(real *v, const struct amap *to, const struct amap *from,
                  const real *h_i, const real *h_j, int B, double *work)
{
    struct parts p = cut(to, from, B, work);
    int K = to->K;

    join(&p, to, from, h_i, h_j, B);
    for (int b = 0; b < B; b++)
        for (int k = 0; k < K; k++)
            p.delta[b * K + k] = from->b[k] - to->b[k];
    mat_mul(p.delta, 'n', 't', B, K, p.W, 1, p.h, p.F, 1);
    mat_mul(p.dv, 'n', 't', B, to->m, K, 1, p.delta, to->G, 0);
    for (int n = 0; n < B * to->m; n++)
        v[n] = (real)((double)h_i[n] + p.dv[n]);
}

void swap_back(const struct amap *to, const struct amap *from, const real *dv,
               int B, double *work)
{
    struct parts p = cut(to, from, B, work);
    int K = to->K;

    for (int n = 0; n < B * to->m; n++)
        p.dv[n] = (double)dv[n];
    mat_mul(p.dG, 't', 'n', to->m, K, B, 1, p.dv, p.delta, 0);
    mat_mul(p.ddelta, 'n', 'n', B, K, to->m, 1, p.dv, to->G, 0);
    mat_mul(p.dF, 't', 'n', K, p.W, B, 1, p.ddelta, p.h, 0);
}

static void add(double *to, const double *x, int n)
{
    for (int i = 0; i < n; i++)
        to[i] += x[i];
}

void swap_add(struct amap *to, struct amap *from, int B, double *work)
{
    struct parts p = cut(to, from, B, work);
    int K = to->K, m = from->m;

    add(to->dG, p.dG, to->m * K);
    for (int k = 0; k < K; k++) {
        add(from->dF + k * m, p.dF + k * p.W, m);
        add(to->dF + k * to->m, p.dF + k * p.W + m, p.W - m);
    }
    for (int b = 0; b < B; b++)
        for (int k = 0; k < K; k++) {
            from->db[k] += p.ddelta[b * K + k];
            to->db[k] -= p.ddelta[b * K + k];
        }
}

#include "swap.h"

#include "amap.h"
#include "mat.h"

/* The work's parts: h_i, h_j and dv as doubles, delta = F_j h_j + b_j - F_i h_i
 * - b_i, ddelta. */
struct parts {
    double *hi, *hj, *dv, *delta, *ddelta;
};

static struct parts cut(const struct amap *to, const struct amap *from, int B,
                        double *work)
{
    struct parts p = { .hi = work };

    p.hj = p.hi + B * to->m;
    p.dv = p.hj + B * from->m;
    p.delta = p.dv + B * to->m;
    p.ddelta = p.delta + B * to->K;
    return p;
}

size_t swap_room(const struct amap *to, const struct amap *from, int B)
{
    return (size_t)B * (size_t)(2 * to->m + from->m + 2 * to->K);
}

void swap_forward(real *v, const struct amap *to, const struct amap *from,
                  const real *h_i, const real *h_j, int B, double *work)
{
    struct parts p = cut(to, from, B, work);
    int K = to->K;

    for (int n = 0; n < B * to->m; n++)
        p.hi[n] = (double)h_i[n];
    for (int n = 0; n < B * from->m; n++)
        p.hj[n] = (double)h_j[n];
    for (int b = 0; b < B; b++)
        for (int k = 0; k < K; k++)
            p.delta[b * K + k] = from->b[k] - to->b[k];
    mat_mul(p.delta, 'n', 't', B, K, from->m, 1, p.hj, from->F, 1);
    mat_mul(p.delta, 'n', 't', B, K, to->m, -1, p.hi, to->F, 1);
    mat_mul(p.dv, 'n', 't', B, to->m, K, 1, p.delta, to->G, 0);
    for (int n = 0; n < B * to->m; n++)
        v[n] = (real)(p.hi[n] + p.dv[n]);
}

void swap_back(struct amap *to, struct amap *from, const real *dv,
               int B, double *work)
{
    struct parts p = cut(to, from, B, work);
    int K = to->K;

    for (int n = 0; n < B * to->m; n++)
        p.dv[n] = (double)dv[n];
    mat_mul(to->dG, 't', 'n', to->m, K, B, 1, p.dv, p.delta, 1);
    mat_mul(p.ddelta, 'n', 'n', B, K, to->m, 1, p.dv, to->G, 0);
    mat_mul(from->dF, 't', 'n', K, from->m, B, 1, p.ddelta, p.hj, 1);
    mat_mul(to->dF, 't', 'n', K, to->m, B, -1, p.ddelta, p.hi, 1);
    for (int b = 0; b < B; b++)
        for (int k = 0; k < K; k++) {
            from->db[k] += p.ddelta[b * K + k];
            to->db[k] -= p.ddelta[b * K + k];
        }
}

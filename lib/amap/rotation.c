/* rotation - R = c Q with Q = base exp(A); see orthogonal.h. */
#include "orthogonal.h"

#include "../mat.h"

static int open_tool(struct amap *R, struct arena *a)
{
    return (R->tool = expm_open(R->m, a)) ? 0 : -1;
}

static void forward(struct amap *R)
{
    int m = R->m;
    struct orthogonal o = orthogonal_of(R);
    double *E = o.work;

    orthogonal_in(R);
    expm_forward(R->tool, E, o.A);
    mat_mul(o.Q, 'n', 'n', m, m, m, 1, o.base, E, 0);
    orthogonal_out(R);
}

/* Q[:K] = base[:K] exp(A); exp(A) itself is no longer needed. */
static void back(struct amap *R)
{
    struct orthogonal o = orthogonal_of(R);
    double *dE = o.work;

    orthogonal_out_back(R);
    mat_mul(dE, 't', 'n', R->m, R->m, R->K, 1, o.base, o.dQ, 0);
    expm_back(R->tool, o.dA, dE);
    orthogonal_in_back(R);
}

const struct amap_form amap_rotation_form = {
    .name = "rotation",
    .note = "R = c Q, Q = base exp(A): an orthogonal matrix and a scale",
    .open = open_tool, .forward = forward, .back = back, ORTHOGONAL_FORM
};

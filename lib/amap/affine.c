/* affine - R h = W h + b: any invertible matrix W (m,m) and shift b (m), both
 * learnt; at the start W is a random rotation and b is 0.
 *
 *     F = W[:K]    G = W^-1[:, :K]    b = b[:K]
 *
 * Parameters: W row by row, then b. They are not all identified. The exchange
 * v = h_i + G_i (F_j h_j + b_j - F_i h_i - b_i) is the same under
 *
 *     F -> P F, G -> G P^-1, b -> P b + t     P (K,K) invertible and t (K), the
 *                                             same for all systems
 *     W[K:] -> S W[K:]                        S invertible, any for each system
 *     b[K:] -> anything                       it has no gradient and stays 0
 *
 * so what the data can tell is, for each system, the projection G_i F_i (the
 * K-dimensional subspace that is replaced, along the m - K that is kept) and,
 * for each direction, the matrix G_i F_j and the shift G_i (b_j - b_i). For
 * m_i = m_j = K there is no subspace to find, and a direction is one free
 * affine map v = W_i^-1 (W_j h_j + b_j - b_i). Unlike a rotation's, the kept
 * and the replaced part need not be at right angles, and a direction and its
 * reverse need not stretch alike. */
#include "../amap.h"

#include <string.h>

#include "../arena.h"
#include "../err.h"
#include "../mat.h"

/* Largest condition number |W| |W^-1| (1-norms) of a map that is loaded: up to
 * here R^-1 R h is h to about the rounding of float states. */
static const double CONDITION = 1e12;

static const struct amap_part parts[] = {
    { "W", "mm" }, { "b", "m" }, { .name = NULL }
};

enum { W_, B_ };

static size_t square(const struct amap *R)
{
    return (size_t)R->m * (size_t)R->m;
}

static double *at(const struct amap *R, int part)
{
    return part == W_ ? R->param : R->param + square(R);
}

/* own = W^-1, then room to make it and its gradient: (m,m) each */
static double *inverse(const struct amap *R)
{
    return R->own;
}

static double *work(const struct amap *R)
{
    return R->own + square(R);
}

static size_t params(int m)
{
    return (size_t)m * (size_t)(m + 1);
}

static size_t room(int m)
{
    return 2 * (size_t)m * (size_t)m;
}

static int open_tool(struct amap *R, struct arena *a)
{
    return (R->tool = arena_get(a, (size_t)R->m, sizeof(int))) ? 0 : -1;
}

static int start(struct amap *R, struct rng *r, struct arena *a)
{
    return mat_random_rotation(at(R, W_), R->m, r, a);
}

static void forward(struct amap *R)
{
    size_t m = (size_t)R->m, K = (size_t)R->K;

    mat_inverse(inverse(R), at(R, W_), R->m, R->tool, work(R));
    memcpy(R->F, at(R, W_), K * m * sizeof *R->F);
    memcpy(R->b, at(R, B_), K * sizeof *R->b);
    for (size_t i = 0; i < m; i++)
        memcpy(R->G + i * K, inverse(R) + i * m, K * sizeof *R->G);
}

/* d(W^-1) = - W^-1 dW W^-1, so dW -= (W^-T dG) G^T. */
static void back(struct amap *R)
{
    int m = R->m, K = R->K;
    double *dW = R->dparam, *db = R->dparam + square(R);

    mat_mul(work(R), 't', 'n', m, K, m, 1, inverse(R), R->dG, 0);
    mat_mul(dW, 'n', 't', m, m, K, -1, work(R), R->G, 1);
    for (int i = 0; i < K * m; i++)
        dW[i] += R->dF[i];
    for (int k = 0; k < K; k++)
        db[k] += R->db[k];
}

static int load(struct amap *R, int part, const double *x)
{
    size_t n = part == W_ ? square(R) : (size_t)R->m;
    double condition;

    memcpy(at(R, part), x, n * sizeof *x);
    if (part != W_)
        return 0;
    if (!mat_inverse(inverse(R), x, R->m, R->tool, work(R)))
        return err_set(EX_DATAERR, "has no inverse");
    condition = mat_norm1(x, R->m) * mat_norm1(inverse(R), R->m);
    return condition <= CONDITION ? 0 :
           err_set(EX_DATAERR, "hardly invertible: condition number %.3g is "
                   "above %g", condition, CONDITION);
}

const struct amap_form amap_affine_form = {
    .name = "affine",
    .note = "R h = W h + b: an invertible matrix and a shift",
    .convention = "r = R h = W h + b, h and r column vectors",
    .parts = parts,
    .params = params, .room = room, .open = open_tool, .start = start,
    .forward = forward, .back = back, .at = at, .load = load,
};

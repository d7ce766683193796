/* swap.cu - swap.h and latent.h on a card: the exchange, its gradient, and how
 * far the result is from counterfactual latents. In double, as there. */
#include "block.cuh"

extern "C" {
#include "../latent.h"
}

enum { ROWS = 8 };              /* that a block exchanges                    */

/* ---- v = h_i + G_i (F_j h_j + b_j - F_i h_i - b_i) ---- */

__device__ static double change_of(const struct card_map *i,
                                   const struct card_map *j,
                                   const float *h_i, const float *h_j, int k)
{
    const double *F_i = i->F + (size_t)k * i->m;
    const double *F_j = j->F + (size_t)k * j->m;
    double sum = j->b[k] - i->b[k];

    if (i == j) {
        for (int n = 0; n < i->m; n++)
            sum += F_i[n] * ((double)h_j[n] - (double)h_i[n]);
        return sum;
    }
    for (int n = 0; n < j->m; n++)
        sum += F_j[n] * (double)h_j[n];
    for (int n = 0; n < i->m; n++)
        sum -= F_i[n] * (double)h_i[n];
    return sum;
}

static __global__ void __launch_bounds__(BLOCK_THREADS) swap_kernel(
    struct swap_call y)
{
    const struct swap_lane *x = y.lane + blockIdx.y;
    const struct card_map *i = y.map + x->target, *j = y.map + x->source;
    int first = (int)blockIdx.x * ROWS, n = least(ROWS, x->n - first);
    int K = i->K, m = i->m;

    EACH(e, n * K) {
        int r = first + e / K, k = e % K;
        x->delta[(size_t)r * K + k] =
            change_of(i, j, x->h_i + (size_t)x->row_i[r] * m,
                      x->h_j + (size_t)x->row_j[r] * j->m, k);
    }
    __syncthreads();
    EACH(e, n * m) {
        int r = first + e / m, c = e % m;
        const double *delta = x->delta + (size_t)r * K;
        double sum = 0;
        for (int k = 0; k < K; k++)
            sum += i->G[(size_t)c * K + k] * delta[k];
        x->v[(size_t)r * m + c] =
            (float)((double)x->h_i[(size_t)x->row_i[r] * m + c] + sum);
    }
}

/* ---- its gradient ---- */

static __global__ void __launch_bounds__(BLOCK_THREADS) change_back_kernel(
    struct swap_call y)
{
    const struct swap_lane *x = y.lane + blockIdx.y;
    const struct card_map *i = y.map + x->target;
    int first = (int)blockIdx.x * ROWS, n = least(ROWS, x->n - first);
    int K = i->K, m = i->m;

    if (!x->dv)
        return;
    EACH(e, n * K) {
        int r = first + e / K, k = e % K;
        const float *dv = x->dv + (size_t)r * m;
        double sum = 0;
        for (int c = 0; c < m; c++)
            sum += (double)dv[c] * i->G[(size_t)c * K + k];
        x->ddelta[(size_t)r * K + k] = sum;
    }
}

/* Rows of a lane that are part of a sum. */
struct rows { int from, to; };

/* What they add to dF[k][c] of map s. */
__device__ static double dF_of(const struct swap_lane *x, struct rows rows,
                               int s, int m, int K, int k, int c)
{
    double sum = 0;

    for (int r = rows.from; r < rows.to; r++) {
        double h = 0;
        if (x->source == s)
            h += (double)x->h_j[(size_t)x->row_j[r] * m + c];
        if (x->target == s)
            h -= (double)x->h_i[(size_t)x->row_i[r] * m + c];
        sum += x->ddelta[(size_t)r * K + k] * h;
    }
    return sum;
}

__device__ static double dG_of(const struct swap_lane *x, struct rows rows,
                               int m, int K, int c, int k)
{
    double sum = 0;

    for (int r = rows.from; r < rows.to; r++)
        sum += (double)x->dv[(size_t)r * m + c] *
               x->delta[(size_t)r * K + k];
    return sum;
}

__device__ static double db_of(const struct swap_lane *x, struct rows rows,
                               int s, int K, int k)
{
    double sign = (x->source == s) - (x->target == s), sum = 0;

    for (int r = rows.from; r < rows.to; r++)
        sum += sign * x->ddelta[(size_t)r * K + k];
    return sum;
}

/* A thread an element of dF, dG, db of one map and part, lane after lane. */
static __global__ void __launch_bounds__(BLOCK_THREADS) map_back_kernel(
    struct swap_call y)
{
    int s = (int)blockIdx.y, m = y.map[s].m, K = y.map[s].K, size = K * m;
    int e = (int)(blockIdx.x * blockDim.x + threadIdx.x);
    int part = (int)blockIdx.z;
    double sum = 0;

    if (e >= 2 * size + K)
        return;
    for (int l = 0; l < y.lanes; l++) {
        const struct swap_lane *x = y.lane + l;
        struct rows rows = { x->n * part / MAP_PARTS,
                             x->n * (part + 1) / MAP_PARTS };
        if (!x->dv)
            continue;
        if (e < size) {
            if (x->source == s || x->target == s)
                sum += dF_of(x, rows, s, m, K, e / m, e % m);
        } else if (e < 2 * size) {
            if (x->target == s)
                sum += dG_of(x, rows, m, K, (e - size) / K, (e - size) % K);
        } else if (x->source != x->target) {
            sum += db_of(x, rows, s, K, e - 2 * size);
        }
    }
    y.map[s].part[(size_t)part * (2 * size + K) + e] = sum;
}

/* ---- counterfactual latents ---- */

/* latent_loss of latent.c, a thread a row. */
static __global__ void __launch_bounds__(BLOCK_THREADS) latent_kernel(
    struct swap_call y)
{
    const struct swap_lane *x = y.lane + blockIdx.y;
    int r = (int)(blockIdx.x * blockDim.x + threadIdx.x);
    int m = y.map[x->target].m;
    const float *v, *latent;
    float *dv;
    double vv = 0, xx = 0, vx = 0, sum = 0, size, cosine;
    bool l1 = x->norm == LATENT_L1;

    if (!x->row_x || r >= x->n)
        return;
    v = x->v + (size_t)r * m;
    dv = x->dx ? x->dx + (size_t)r * m : NULL;
    x->apart[r] = 0;
    for (int i = 0; dv && i < m; i++)
        dv[i] = 0;
    if (x->row_x[r] < 0)
        return;
    latent = x->h_i + (size_t)x->row_x[r] * m;
    for (int i = 0; i < m; i++) {
        vv += (double)v[i] * (double)v[i];
        xx += (double)latent[i] * (double)latent[i];
        vx += (double)v[i] * (double)latent[i];
    }
    size = sqrt(vv * xx);
    cosine = size > 0 ? vx / size : 0;
    for (int i = 0; i < m; i++) {
        double u = (double)v[i] - (double)latent[i];
        double du = l1 ? 0.5 * ((u > 0) - (u < 0)) : u / x->spread;
        sum += 0.5 * (l1 ? fabs(u) : u * u / x->spread);
        if (size > 0)
            du -= 0.5 * ((double)latent[i] / size -
                         cosine * (double)v[i] / vv);
        if (dv)
            dv[i] = (float)(x->scale * du);
    }
    x->apart[r] = sum - 0.5 * cosine;
}

/* ---- calls ---- */

static int start_swap(void (*kernel)(struct swap_call),
                      const struct swap_call *x, dim3 grid,
                      cudaStream_t stream)
{
    struct swap_call call = *x;
    void *args[] = { &call };

    return (int)cudaLaunchKernel(kernel, grid, dim3(BLOCK_THREADS), args, 0,
                                 stream);
}

/* Blocks of so many rows, or elements, for every lane. */
static dim3 grid_of(const struct swap_call *x, int rows)
{
    return dim3((unsigned)((x->most + rows - 1) / rows), (unsigned)x->lanes);
}

extern "C" int swap_start(const struct swap_call *x, cudaStream_t stream)
{
    return start_swap(swap_kernel, x, grid_of(x, ROWS), stream);
}

extern "C" int swap_back_start(const struct swap_call *x, cudaStream_t stream)
{
    int rc = start_swap(change_back_kernel, x, grid_of(x, ROWS), stream);

    return rc ? rc : start_swap(
        map_back_kernel, x,
        dim3((unsigned)((x->elements + BLOCK_THREADS - 1) / BLOCK_THREADS),
             (unsigned)x->maps, MAP_PARTS), stream);
}

extern "C" int latent_start(const struct swap_call *x, cudaStream_t stream)
{
    return start_swap(latent_kernel, x, grid_of(x, BLOCK_THREADS), stream);
}

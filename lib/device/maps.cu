/* maps.cu - maps (amap.h) learnt on a card: from the gradients of F, G and b to
 * those of the parameters, a step of Adam, and the new F, G and b.
 *
 * A block a map, in double, with the arithmetic of amap/ and mat.c, which have
 * the equations; matrices lie in global memory, those of the usual widths
 * in the block's cache. */
#include "adam.cuh"
#include "expm.cuh"

#define FORMS FORM(rotation), FORM(cayley), FORM(affine)

#define FORM(name) form_##name
enum form { FORMS };
#undef FORM

#define FORM(name) #name
extern "C" const char *const card_forms[] = { FORMS, NULL };
#undef FORM

/* ---- a map's workspace ---- */

struct space {
    double *given;              /* (2 K m + K) dF, dG, db                    */
    double *dw;                 /* (n)                                       */
    double *Q, *dQ;             /* (m,m) (K,m)                               */
    double *S, *N;              /* (m,m) and its inverse                     */
    double *factor;             /* (m)                                       */
    double *Y, *Z;              /* (m,m) cayley: base N; scratch             */
    struct powers exp;
};

/* From NULL it only counts. */
__host__ __device__ static size_t lay(struct space *x, int form, int m, int K,
                                      size_t n, double *work)
{
    size_t km = (size_t)K * m, mm = (size_t)m * m;
    struct room w = { (float *)work, 0 };
    auto take = [&w](size_t size) { return (double *)room_take(&w, 2 * size); };

    x->given = take(2 * km + K);
    x->dw = take(n);
    x->Q = take(mm);
    x->dQ = take(km);
    x->Y = take(mm);
    x->Z = take(mm);
    x->S = take(form == form_rotation ? 0 : mm);
    x->N = take(form == form_rotation ? 0 : mm);
    x->factor = take((size_t)m);
    if (form != form_rotation)
        return w.used / 2;
    x->exp.scale = take(2);
    x->exp.turned = x->Z;
    for (int i = 0; i < 4; i++) {
        x->exp.X[i] = take(mm);
        x->exp.dX[i] = take(mm);
    }
    for (int i = 0; i < 2; i++) {
        x->exp.T[i] = take(mm);
        x->exp.dT[i] = take(mm);
        x->exp.dP[i] = take(mm);
    }
    for (int i = 0; i <= EXPM_SQUARINGS; i++)
        x->exp.power[i] = take(mm);
    return w.used / 2;
}

/* ---- orthogonal maps (amap/orthogonal.c) ---- */

/* Where A[i][j], i < j, is among the parameters. */
__device__ static inline int place(int i, int j, int m)
{
    return i * (2 * m - i - 1) / 2 + j - i - 1;
}

__device__ static inline double skew(const double *w, int i, int j, int m)
{
    return i == j ? 0 : i < j ? w[place(i, j, m)] : -w[place(j, i, m)];
}

/* |A|_1 */
__device__ static double skew_norm(const double *w, int m)
{
    double *most = (double *)shared, largest = 0;

    most[threadIdx.x] = 0;
    EACH(j, m) {
        double sum = 0;
        for (int i = 0; i < m; i++)
            sum += fabs(skew(w, i, j, m));
        most[threadIdx.x] = fmax(most[threadIdx.x], sum);
    }
    __syncthreads();
    for (int i = 0; i < BLOCK_THREADS; i++)
        largest = fmax(largest, most[i]);
    __syncthreads();
    return largest;
}

__device__ static void orthogonal_out(const struct card_map *R,
                                      const double *Q)
{
    double c = R->w[R->n - 1];
    int m = R->m, K = R->K;

    EACH(e, K * m) {
        int k = e / m, i = e % m;
        R->F[e] = c * Q[e];
        R->G[i * K + k] = Q[e] / c;
    }
    EACH(k, K)
        R->b[k] = 0;
    __syncthreads();
}

__device__ static void orthogonal_out_back(const struct card_map *R,
                                           const struct space *x)
{
    double c = R->w[R->n - 1], dc = 0;
    int m = R->m, K = R->K;
    const double *dF = x->given, *dG = dF + K * m;

    EACH(e, K * m) {
        double f = dF[e], g = dG[e % m * K + e / m];
        x->dQ[e] = c * f + g / c;
        dc += (f - g / (c * c)) * x->Q[e];
    }
    dc = sum_all(dc);
    if (threadIdx.x == 0)
        x->dw[R->n - 1] = dc;
    __syncthreads();
}

__device__ static void orthogonal_in_back(double *dw, const double *dA, int m)
{
    EACH(e, m * m) {
        int i = e / m, j = e % m;
        if (i < j)
            dw[place(i, j, m)] = dA[e] - dA[j * m + i];
    }
    __syncthreads();
}

/* ---- rotation: Q = base exp(A) ---- */

__device__ static void rotation_forward(const struct card_map *R,
                                        const struct space *x)
{
    int m = R->m;
    double norm = skew_norm(R->w, m);
    const double *E;

    EACH(e, m * m)
        x->exp.X[0][e] = skew(R->w, e / m, e % m, m);
    __syncthreads();
    E = exp_forward(&x->exp, norm, m);
    multiply(x->Q, by_rows(R->base, m), by_rows(E, m), false, m, m, m);
    orthogonal_out(R, x->Q);
}

__device__ static void rotation_back(const struct card_map *R,
                                     const struct space *x)
{
    int m = R->m;

    orthogonal_out_back(R, x);
    multiply(x->exp.dP[0], by_columns(R->base, m), by_rows(x->dQ, m), false,
             m, m, R->K);
    exp_back(&x->exp, x->Z, m);
    orthogonal_in_back(x->dw, x->Z, m);
}

/* ---- cayley: Q = 2 Y - base, Y = base (1 - A/2)^-1 ---- */

__device__ static void cayley_forward(const struct card_map *R,
                                      const struct space *x)
{
    const double far = 1e8;
    int m = R->m;
    double one = skew_norm(R->w, m) <= far ? 1 : NAN;

    EACH(e, m * m)
        x->S[e] = e / m == e % m ? one : -skew(R->w, e / m, e % m, m) / 2;
    __syncthreads();
    invert(x->N, x->S, x->factor, m);
    multiply(x->Y, by_rows(R->base, m), by_rows(x->N, m), false, m, m, m);
    EACH(e, m * m)
        x->Q[e] = 2 * x->Y[e] - R->base[e];
    __syncthreads();
    orthogonal_out(R, x->Q);
}

/* dA = Y^T Z, Z = dQ N^T, of K rows each. */
__device__ static void cayley_back(const struct card_map *R,
                                   const struct space *x)
{
    int m = R->m, K = R->K;

    orthogonal_out_back(R, x);
    turn(x->S, x->N, m, m);
    multiply(x->Z, by_rows(x->dQ, m), by_rows(x->S, m), false, K, m, m);
    multiply(x->S, by_columns(x->Y, m), by_rows(x->Z, m), false, m, m, K);
    orthogonal_in_back(x->dw, x->S, m);
}

/* ---- affine: F = W[:K], G = W^-1[:,:K] ---- */

__device__ static void affine_forward(const struct card_map *R,
                                      const struct space *x)
{
    int m = R->m, K = R->K;

    EACH(e, m * m)
        x->S[e] = R->w[e];
    __syncthreads();
    invert(x->N, x->S, x->factor, m);
    EACH(e, K * m) {
        R->F[e] = R->w[e];
        R->G[e] = x->N[e / K * m + e % K];
    }
    EACH(k, K)
        R->b[k] = R->w[m * m + k];
    __syncthreads();
}

/* dW -= (W^-T dG) G^T */
__device__ static void affine_back(const struct card_map *R,
                                   const struct space *x)
{
    int m = R->m, K = R->K;
    const double *dF = x->given, *dG = dF + K * m, *db = dG + K * m;

    multiply(x->Y, by_columns(x->N, m), by_rows(dG, K), false, m, K, m);
    turn(x->S, R->G, m, K);
    multiply(x->Z, by_rows(x->Y, K), by_rows(x->S, m), false, m, m, K);
    EACH(e, m * m)
        x->dw[e] = (e < K * m ? dF[e] : 0) - x->Z[e];
    EACH(k, m)
        x->dw[m * m + k] = k < K ? db[k] : 0;
    __syncthreads();
}

/* ---- a step ---- */

__device__ static void go_back(const struct card_map *R, struct space *x)
{
    size_t size = 2 * (size_t)R->K * R->m + R->K;

    EACH(e, (int)size) {
        double sum = 0;
        for (int p = 0; p < MAP_PARTS; p++)
            sum += R->part[p * size + e];
        x->given[e] = sum;
    }
    __syncthreads();
    if (R->form == form_rotation)
        rotation_back(R, x);
    else if (R->form == form_cayley)
        cayley_back(R, x);
    else
        affine_back(R, x);
}

__device__ static void add_losses(const struct map_call *y)
{
    double sum = 0;

    for (int l = 0; l < y->of.lanes; l++) {
        const struct swap_lane *x = y->of.lane + l;
        EACH(r, x->n)
            sum += x->loss[r] * x->scale;
    }
    sum = sum_all(sum);
    if (threadIdx.x == 0)
        *y->loss = sum;
}

static __global__ void __launch_bounds__(BLOCK_THREADS)
map_kernel(struct map_call y)
{
    const struct card_map *R = y.of.map + blockIdx.x;
    struct space x;

    if ((int)blockIdx.x == y.of.maps) {
        add_losses(&y);
        return;
    }
    lay(&x, R->form, R->m, R->K, R->n, R->work);
    if (y.loss) {
        go_back(R, &x);
        EACH(p, (int)R->n)
            adam_update(R->w + p, R->mean + p, R->square + p, x.dw[p], y.lr,
                        y.c1, y.c2);
        __syncthreads();
    }
    if (R->form == form_rotation)
        rotation_forward(R, &x);
    else if (R->form == form_cayley)
        cayley_forward(R, &x);
    else
        affine_forward(R, &x);
}

extern "C" size_t map_room(int form, int m, int K, size_t n)
{
    struct space x;

    return lay(&x, form, m, K, n, NULL);
}

/* One block more adds up the losses. */
extern "C" int map_start(const struct map_call *x, cudaStream_t stream)
{
    struct map_call call = *x;
    void *args[] = { &call };
    unsigned blocks = (unsigned)(x->of.maps + (x->loss != NULL));

    return (int)cudaLaunchKernel(map_kernel, dim3(blocks), dim3(BLOCK_THREADS),
                                 args, BLOCK_SHARED * sizeof(float), stream);
}

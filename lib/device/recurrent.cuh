/* recurrent.cuh - the operations of models with one recurrent cell
 * (arch/recurrent.h), a block a tile.
 *
 * A cell is a struct with the arithmetic of unit i of one row, its arrays
 * being that row's in recurrent.h's step and back. */
#ifndef RECURRENT_CUH
#define RECURRENT_CUH

#include "head.cuh"
#include "tile.cuh"

/* A tile's workspace. */
struct recurrent_space {
    struct tile tile;
    struct head_rows rows;
    float *s, *ds, *keep;       /* (R,S) (R,S) (R,K), packed                 */
    float *first;               /* (B,S) the state before the first step     */
    float *h0, *dg, *dx;        /* (R,C) (R,G) (R,G-N): in training          */
    float *dtable;              /* (V,G): in training                        */
    float *g, *gx, *back;       /* (B,G) (B,G) (B,S)                         */
    float *head;
};

/* What of it is scratch: in shared memory where that is large enough. */
__host__ __device__ static inline size_t recurrent_scratch(
    struct recurrent_space *x, const struct recurrent_weights *m, int B,
    float *work)
{
    size_t b = (size_t)B;
    struct room w = { work, 0 };

    x->g = room_take(&w, b * m->G);
    x->gx = room_take(&w, b * m->G);
    x->back = room_take(&w, b * m->S);
    x->head = room_take(&w, head_room(m->C, m->head.V));
    return w.used;
}

/* And the rest; T steps at most. From NULL both only count. */
__host__ __device__ static inline size_t recurrent_lay(
    struct recurrent_space *x, const struct recurrent_weights *m, int B,
    int T, bool trains, float *work)
{
    size_t b = (size_t)B, R = b * (size_t)(T + 1);
    struct room w = { work, 0 };

    x->tile = tile_lay(&w, B, T);
    x->rows = head_rows_lay(&w, R);
    x->s = room_take(&w, R * m->S);
    x->ds = room_take(&w, R * m->S);
    x->keep = room_take(&w, R * m->K);
    x->first = room_take(&w, b * m->S);
    x->h0 = room_take(&w, trains ? R * m->C : 0);
    x->dg = room_take(&w, trains ? R * m->G : 0);
    x->dx = room_take(&w, trains ? R * (m->G - m->N) : 0);
    x->dtable = room_take(&w, trains ? (size_t)m->head.V * m->G : 0);
    return w.used;
}

/* One cell step for n rows: s (n,S) from s0 (n,S). The input's share of row b
 * is table[b]'s of x: its token's, or row b of gx where token is NULL. */
template <class Cell>
__device__ static void cell_step(const struct recurrent_weights *m,
                                 const struct recurrent_space *x,
                                 const struct tiles *from, float *s,
                                 float *keep, int t, const float *s0, int n)
{
    int C = m->C, G = m->G;

    mul(x->g, G, by_rows(s0, m->S), by_rows(m->w_hht, G), NULL, 0, n, G, C);
    EACH(j, n * C) {
        int b = j / C, i = j % C;
        const float *in = t < 0 ? x->gx + b * G :
            m->input + token(&x->tile, from, b, t) * G;
        Cell::step(s + b * m->S, keep ? keep + b * m->K : NULL, in,
                   x->g + b * G, m->b_hn, s0 + b * m->S, i, C);
    }
    __syncthreads();
}

/* dg (n,G) and ds0 = x->back (n,S) from ds (n,S); dx (n,G-N), NULL: nobody
 * asks. */
template <class Cell>
__device__ static void cell_back(const struct recurrent_weights *m,
                                 const struct recurrent_space *x, float *dg,
                                 float *dx, const float *ds,
                                 const float *keep, int n)
{
    int C = m->C, rest = m->G - m->N;

    EACH(j, n * C) {
        int b = j / C, i = j % C;
        Cell::back(dg + b * m->G, dx ? dx + b * rest : NULL,
                   x->back + b * m->S, ds + b * m->S, keep + b * m->K, i, C);
    }
    __syncthreads();
}

/* Gradients of the state at step t to that at step t - 1, through the cell. */
template <class Cell>
__device__ static void tile_back(const struct recurrent_weights *m,
                                 const struct recurrent_space *x, float *dg,
                                 float *dx, int t)
{
    int at = x->tile.at[t], before = t ? x->tile.at[t - 1] : 0;
    int n = tile_active(&x->tile, t), S = m->S;

    cell_back<Cell>(m, x, dg, dx, x->ds + at * S, x->keep + at * m->K, n);
    if (t == 0)
        return;
    mul(x->back, S, by_rows(dg, m->G), by_rows(m->w_hh, m->C), x->back, S, n,
        m->C, m->G);
    EACH(i, n * S)
        x->ds[before * S + i] += x->back[i];
    __syncthreads();
}

/* ---- record ---- */

template <class Cell>
__device__ static void record_tile(const struct recurrent_weights *m,
                                   const struct recurrent_space *x,
                                   const struct record_call *y)
{
    int C = m->C, S = m->S;
    float *s = x->s, *s0 = x->first;

    for (int t = 0; t < x->tile.T; t++) {
        int n = tile_active(&x->tile, t);
        cell_step<Cell>(m, x, &y->tiles, s, NULL, t, s0, n);
        EACH(j, n * S) {
            int b = j / S, i = j % S;
            size_t row = (size_t)y->first[x->tile.sequence[b]] + t;
            y->hidden[row * S + i] = s[j];
            if (i < C)
                y->embedding[row * C + i] =
                    m->embedding[token(&x->tile, &y->tiles, b, t) * C + i];
        }
        s0 = s;
        s = s == x->s ? x->ds : x->s;
    }
    __syncthreads();
}

/* ---- train ---- */

/* Gradients of the cell's parameters, of the R rows of all steps at once. */
__device__ static void add_weights(const struct recurrent_weights *m,
                                   const struct recurrent_space *x,
                                   const struct tiles *from,
                                   const struct recurrent_gradient *dw)
{
    int C = m->C, G = m->G, N = m->N, V = m->head.V, T = x->tile.T;
    int R = x->tile.at[T];

    mul(dw->w_hh, C, by_columns(x->dg, G), by_rows(x->h0, C), dw->w_hh, C, G,
        C, R);
    add_rows(dw->b_hh, x->dg, G, R, G);
    fill(x->dtable, 0, V * G);
    EACH(i, G)
        for (int t = 0; t < T; t++)
            for (int b = 0; b < tile_active(&x->tile, t); b++) {
                int r = x->tile.at[t] + b;
                x->dtable[token(&x->tile, from, b, t) * G + i] +=
                    i < N ? x->dg[r * G + i] : x->dx[r * (G - N) + i - N];
            }
    __syncthreads();
    mul(dw->w_ih, C, by_columns(x->dtable, G), by_rows(m->embedding, C),
        dw->w_ih, C, G, C, V);
    mul(dw->embedding, C, by_rows(x->dtable, G), by_rows(m->w_ih, C),
        dw->embedding, C, V, C, G);
    add_rows(dw->b_ih, x->dtable, G, V, G);
}

/* Where the tile's gradient lies; the embedding's is its beginning. */
__device__ static inline struct recurrent_gradient gradient_of(
    const struct train_call *y, int number)
{
    struct recurrent_gradient dw = y->dw;
    size_t at = (size_t)number * y->P;

    dw.embedding += at;
    dw.w_ih += at;
    dw.w_hh += at;
    dw.b_ih += at;
    dw.b_hh += at;
    dw.head.w1 += at;
    dw.head.b1 += at;
    dw.head.w2 += at;
    dw.head.b2 += at;
    return dw;
}

template <class Cell>
__device__ static void train_tile(const struct recurrent_weights *m,
                                  struct recurrent_space *x,
                                  const struct train_call *y, int number)
{
    struct recurrent_gradient dw = gradient_of(y, number);
    struct dropout_key drop = y->drop;
    bool back = y->P > 0;
    const int *at = x->tile.at;
    int C = m->C, S = m->S, first = number * y->tiles.rows;

    for (int t = 0; t < x->tile.T; t++) {
        int n = tile_active(&x->tile, t);
        const float *s0 = t ? x->s + at[t - 1] * S : x->first;
        cell_step<Cell>(m, x, &y->tiles, x->s + at[t] * S,
                        back ? x->keep + at[t] * m->K : NULL, t, s0, n);
        if (back)
            EACH(j, n * C)
                x->h0[at[t] * C + j] = s0[j / C * S + j % C];
    }
    tile_ask(&x->rows, &x->tile, &y->tiles, 1, 1);
    if (back) {
        fill(x->ds, 0, at[x->tile.T] * S);
        fill(dw.embedding, 0, (int)y->P);
    }
    drop.sequence = y->tiles.order + first;
    head_run(&m->head, &x->rows, x->s, S, drop.cut ? &drop : NULL, y->scale,
             back ? x->ds : NULL, back ? &dw.head : NULL,
             y->tiles.loss + first, y->tiles.wrong + first, x->tile.B,
             x->head);
    if (!back)
        return;
    for (int t = x->tile.T - 1; t >= 0; t--)
        tile_back<Cell>(m, x, x->dg + at[t] * m->G,
                        x->dx + at[t] * (m->G - m->N), t);
    add_weights(m, x, &y->tiles, &dw);
}

/* ---- go on ---- */

/* The state after a cell whose input is v (B,C) instead of an embedding. */
template <class Cell>
__device__ static void enter(const struct recurrent_weights *m,
                             const struct recurrent_space *x,
                             const struct go_on_lane *y, const float *v,
                             int first, float *keep)
{
    int B = x->tile.B, S = m->S;

    EACH(j, B * S) {
        int row = y->row[first + j / S];
        x->first[j] = y->step[row] > 0
            ? y->hidden[(size_t)(row - 1) * S + j % S] : 0;
    }
    mul(x->gx, m->G, by_rows(v, m->C), by_rows(m->w_iht, m->G), m->bias, 0, B,
        m->G, m->C);
    cell_step<Cell>(m, x, NULL, x->s, keep, -1, x->first, B);
}

/* dv (B,C) from the gradient of the state after that cell. */
template <class Cell>
__device__ static void enter_back(const struct recurrent_weights *m,
                                  const struct recurrent_space *x, float *dv,
                                  const float *keep)
{
    int B = x->tile.B, G = m->G, N = m->N, rest = G - N;

    cell_back<Cell>(m, x, x->g, x->gx, x->ds, keep, B);
    EACH(j, B * rest)
        x->g[j / rest * G + N + j % rest] = x->gx[j];
    __syncthreads();
    mul(dv, m->C, by_rows(x->g, G), by_rows(m->w_ih, m->C), NULL, 0, B, m->C,
        G);
}

template <class Cell>
__device__ static void go_on_tile(const struct recurrent_weights *m,
                                  struct recurrent_space *x,
                                  const struct go_on_lane *y, int number)
{
    const int *at = x->tile.at;
    int S = m->S, K = m->K, T = x->tile.T, B = x->tile.B;
    int first = number * y->tiles.rows, M = y->site ? S : m->C;
    const float *v = y->v + (size_t)first * M;
    float *dv = y->dv ? y->dv + (size_t)first * M : NULL;
    float *keep = dv ? x->keep : NULL, *enter_keep = dv ? keep + B * T * K
                                                        : NULL;

    if (y->site) {
        EACH(j, B * S)
            x->s[j] = v[j];
        __syncthreads();
    } else {
        enter<Cell>(m, x, y, v, first, enter_keep);
    }
    for (int t = 1; t < T; t++)
        cell_step<Cell>(m, x, &y->tiles, x->s + at[t] * S,
                        keep ? keep + at[t] * K : NULL, t - 1,
                        x->s + at[t - 1] * S, tile_active(&x->tile, t));
    tile_ask(&x->rows, &x->tile, &y->tiles, 0, 0);
    if (dv)
        fill(x->ds, 0, at[T] * S);
    head_run(&m->head, &x->rows, x->s, S, NULL, y->scale, dv ? x->ds : NULL,
             NULL, y->tiles.loss + first, y->tiles.wrong + first, B, x->head);
    if (!dv)
        return;
    for (int t = T - 1; t > 0; t--)
        tile_back<Cell>(m, x, x->g, NULL, t);
    if (y->site) {
        EACH(j, B * S)
            dv[j] = x->ds[j];
        __syncthreads();
    } else {
        enter_back<Cell>(m, x, dv, enter_keep);
    }
}

/* ---- kernels ---- */

/* Put the workspace of this block in its place. */
__device__ static inline void open_space(struct recurrent_space *x,
                                         const struct recurrent_weights *m,
                                         const struct workspace *w, int B,
                                         int T, bool trains)
{
    float *work = w->slab + blockIdx.x * w->size;
    size_t used = recurrent_lay(x, m, B, T, trains, work);

    recurrent_scratch(x, m, B, w->scratch ? shared + BLOCK_SHARED
                                          : work + used);
}

template <class Cell>
__global__ void __launch_bounds__(BLOCK_THREADS)
record_kernel(struct record_call y, struct workspace w)
{
    struct recurrent_space x;

    for (int k = blockIdx.x; k * y.tiles.rows < y.tiles.n; k += gridDim.x) {
        open_space(&x, &y.m, &w, y.tiles.rows, y.tiles.of.T, false);
        tile_take(&x.tile, &y.tiles, k, 0);
        fill(x.first, 0, x.tile.B * y.m.S);
        record_tile<Cell>(&y.m, &x, &y);
    }
}

template <class Cell>
__global__ void __launch_bounds__(BLOCK_THREADS)
train_kernel(struct train_call y, struct workspace w)
{
    struct recurrent_space x;

    for (int k = blockIdx.x; k * y.tiles.rows < y.tiles.n; k += gridDim.x) {
        open_space(&x, &y.m, &w, y.tiles.rows, y.tiles.of.T, y.P > 0);
        tile_take(&x.tile, &y.tiles, k, 1);
        fill(x.first, 0, x.tile.B * y.m.S);
        train_tile<Cell>(&y.m, &x, &y, k);
    }
}

template <class Cell>
__global__ void __launch_bounds__(BLOCK_THREADS)
go_on_kernel(struct go_on_call y, struct workspace w)
{
    struct recurrent_space x;

    for (int k = blockIdx.x; k < y.tiles; k += gridDim.x) {
        const struct go_on_lane *lane = y.lane + y.lanes - 1;
        while (lane->begin > k)
            lane--;
        open_space(&x, &lane->m, &w, lane->tiles.rows, lane->tiles.of.T,
                   false);
        tile_take(&x.tile, &lane->tiles, k - lane->begin, 0);
        go_on_tile<Cell>(&lane->m, &x, lane, k - lane->begin);
    }
}

/* recurrent_prepare, a thread an element. */
static __global__ void __launch_bounds__(BLOCK_THREADS)
prepare_kernel(struct recurrent_tables y)
{
    const struct recurrent_weights *m = &y.of;
    int C = m->C, G = m->G, H = 4 * C, V = m->head.V, L = m->head.L;
    int all = (int)(gridDim.x * blockDim.x);
    int me = (int)(blockIdx.x * blockDim.x + threadIdx.x);

    for (int i = me; i < G * C; i += all) {
        y.w_iht[i % C * G + i / C] = m->w_ih[i];
        y.w_hht[i % C * G + i / C] = m->w_hh[i];
    }
    for (int i = me; i < H * C; i += all)
        y.w1t[i % C * H + i / C] = m->head.w1[i];
    for (int i = me; i < V * H; i += all)
        y.w2t[i % H * L + i / H] = m->head.w2[i];
    for (int i = me; i < V * G; i += all) {
        int v = i / G, g = i % G;
        float bias = y.b_ih[g] + (g < m->N ? y.b_hh[g] : 0), sum = bias;
        for (int c = 0; c < C; c++)
            sum += m->embedding[v * C + c] * m->w_ih[g * C + c];
        y.input[i] = sum;
        if (v == 0)
            y.bias[g] = bias;
    }
}

/* ---- calls ---- */

static int prepare(const struct recurrent_tables *x, cudaStream_t stream)
{
    struct recurrent_tables call = *x;
    void *args[] = { &call };
    int n = 4 * x->of.C * x->of.C;

    return (int)cudaLaunchKernel(
        prepare_kernel, dim3((unsigned)((n + BLOCK_THREADS - 1) /
                                        BLOCK_THREADS)),
        dim3(BLOCK_THREADS), args, 0, stream);
}

static size_t room_of(const struct recurrent_weights *m, int B, int T,
                      bool trains)
{
    struct recurrent_space x;

    return recurrent_lay(&x, m, B, T, trains, NULL) +
           recurrent_scratch(&x, m, B, NULL);
}

static size_t scratch_of(const struct recurrent_weights *m, int B)
{
    struct recurrent_space x;

    return recurrent_scratch(&x, m, B, NULL);
}

template <class Cell>
static int record(const struct record_call *x, const struct workspace *w,
                  cudaStream_t stream)
{
    return start(record_kernel<Cell>, *x, *w, stream);
}

template <class Cell>
static int train(const struct train_call *x, const struct workspace *w,
                 cudaStream_t stream)
{
    return start(train_kernel<Cell>, *x, *w, stream);
}

template <class Cell>
static int go_on(const struct go_on_call *x, const struct workspace *w,
                 cudaStream_t stream)
{
    return start(go_on_kernel<Cell>, *x, *w, stream);
}

#endif

/* recurrent.cuh - the operations of models with one recurrent cell
 * (arch/recurrent.h), a block a tile. */
#ifndef RECURRENT_CUH
#define RECURRENT_CUH

#include "cell.cuh"

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
PHASE void add_weights(const struct recurrent_weights *m,
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

/* Where the tile's gradient lies. */
__device__ static inline struct recurrent_gradient gradient_of(
    const struct card_net *m, float *dw)
{
    struct recurrent_gradient x = {
        dw + m->at[EMBEDDING], dw + m->at[W_IH], dw + m->at[W_HH],
        dw + m->at[B_IH], dw + m->at[B_HH],
        head_gradient_of(m, RECURRENT_HEAD, dw)
    };
    return x;
}

template <class Cell>
__device__ static void train_tile(const struct recurrent_weights *m,
                                  struct recurrent_space *x,
                                  const struct train_call *y, int number)
{
    bool back = y->dw != NULL;
    float *all = back ? y->dw + (size_t)number * y->net.P : NULL;
    struct recurrent_gradient dw = { };
    struct dropout_key drop = y->drop;
    const int *at = x->tile.at;
    int C = m->C, S = m->S, first = tile_first(&y->tiles, number);

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
        dw = gradient_of(&y->net, all);
        fill(x->ds, 0, at[x->tile.T] * S);
        fill(all, 0, (int)y->net.P);
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
PHASE void enter(const struct recurrent_weights *m,
                 const struct recurrent_space *x, const struct go_on_lane *y,
                 const float *v, int first, float *keep)
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
PHASE void enter_back(const struct recurrent_weights *m,
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
    int first = tile_first(&y->tiles, number), M = y->site ? S : m->C;
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
__global__ void __launch_bounds__(BLOCK_THREADS, PROCESSOR_BLOCKS)
record_kernel(const __grid_constant__ struct record_call y,
              const __grid_constant__ struct workspace w)
{
    struct recurrent_weights m = weights_of<Cell>(&y.net);
    struct recurrent_space x;

    for (int k = blockIdx.x; k * y.tiles.rows < y.tiles.n; k += gridDim.x) {
        open_space(&x, &m, &w, y.tiles.rows, y.tiles.of.T, false);
        tile_take(&x.tile, &y.tiles, k, 0);
        fill(x.first, 0, x.tile.B * m.S);
        record_tile<Cell>(&m, &x, &y);
    }
}

template <class Cell>
__global__ void __launch_bounds__(BLOCK_THREADS, PROCESSOR_BLOCKS)
train_kernel(const __grid_constant__ struct train_call y,
             const __grid_constant__ struct workspace w)
{
    struct recurrent_weights m = weights_of<Cell>(&y.net);
    struct recurrent_space x;

    for (int k = blockIdx.x; k * y.tiles.rows < y.tiles.n; k += gridDim.x) {
        open_space(&x, &m, &w, y.tiles.rows, y.tiles.of.T, y.dw != NULL);
        tile_take(&x.tile, &y.tiles, k, 1);
        fill(x.first, 0, x.tile.B * m.S);
        train_tile<Cell>(&m, &x, &y, k);
    }
}

template <class Cell>
__global__ void __launch_bounds__(BLOCK_THREADS, PROCESSOR_BLOCKS)
go_on_kernel(const __grid_constant__ struct go_on_call y,
             const __grid_constant__ struct workspace w)
{
    struct recurrent_space x;

    for (int k = blockIdx.x; k < y.tiles; k += gridDim.x) {
        const struct go_on_lane *lane = lane_of(&y, k);
        struct recurrent_weights m = weights_of<Cell>(&lane->net);
        open_space(&x, &m, &w, lane->tiles.rows, lane->tiles.of.T, false);
        tile_take(&x.tile, &lane->tiles, k - lane->begin, 0);
        go_on_tile<Cell>(&m, &x, lane, k - lane->begin);
    }
}

/* recurrent_prepare, a thread an element. */
template <class Cell>
__global__ void __launch_bounds__(BLOCK_THREADS, PROCESSOR_BLOCKS)
prepare_kernel(const __grid_constant__ struct card_net net)
{
    struct recurrent_weights m = weights_of<Cell>(&net);
    int C = m.C, G = m.G;

    transpose(m.w_iht, G, m.w_ih, G, C);
    transpose(m.w_hht, G, m.w_hh, G, C);
    head_prepare(&m.head);
    EVERY(i, net.V * G) {
        int v = i / G, g = i % G;
        float bias = m.b_ih[g] + (g < m.N ? m.b_hh[g] : 0), sum = bias;
        for (int c = 0; c < C; c++)
            sum += m.embedding[v * C + c] * m.w_ih[g * C + c];
        m.input[i] = sum;
        if (v == 0)
            m.bias[g] = bias;
    }
}

/* ---- calls ---- */

template <class Cell>
static size_t room_of(const struct card_net *net, int B, int T, bool trains)
{
    const struct recurrent_weights m = weights_of<Cell>(net);
    struct recurrent_space x;

    return recurrent_lay(&x, &m, B, T, trains, NULL) +
           recurrent_scratch(&x, &m, B, NULL);
}

template <class Cell>
static size_t scratch_of(const struct card_net *net, int B)
{
    const struct recurrent_weights m = weights_of<Cell>(net);
    struct recurrent_space x;

    return recurrent_scratch(&x, &m, B, NULL);
}

template <class Cell>
static int prepare(const struct card_net *net, cudaStream_t stream)
{
    return start_wide(prepare_kernel<Cell>, *net, 4 * net->C * net->C, stream);
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

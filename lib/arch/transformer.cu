/* transformer.cu - arch/transformer.c on a card: a tile is a few sequences,
 * packed one after the other. */
#include "../device/transformer.cuh"

enum { ROWS = 4 };              /* of a tile, at most: some 53 C floats are
                                   kept of each position                     */

/* ---- record and train ---- */

/* The tile's sequences, whole. */
PHASE void lay_whole(struct transformer_space *x, const struct tiles *from)
{
    struct layer *one = &x->layer[0], *two = &x->layer[1];
    struct span *all = &one->all;

    EACH(b, x->tile.B) {
        all->from[b] = 0;
        all->end[b] = x->tile.length[b];
        x->shift[b] = 1;
    }
    __syncthreads();
    span_pack(all, all, x->tile.B);
    one->asked = one->live = two->all = two->asked = two->live = *all;
    EACH(r, all->n)
        x->token[r] = token(&x->tile, from, all->row[r], all->position[r]);
    __syncthreads();
}

__device__ static void record_tile(struct transformer_space *x,
                                   const struct record_call *y)
{
    const struct layer *k = &x->layer[0];
    int C = x->m->C;

    lay_whole(x, &y->tiles);
    embed(x);
    layer_run(k);
    EACH(j, k->all.n * C) {
        int r = j / C;
        size_t row = (size_t)y->first[x->tile.sequence[k->all.row[r]]] +
                     k->all.position[r];
        y->embedding[row * C + j % C] = k->x[j];
        y->hidden[row * C + j % C] = k->z[j];
    }
    __syncthreads();
}

/* Gradients of the embedding and, gathered by token, of layer 1's tables. */
PHASE void embed_back(const struct transformer_space *x, float *dw)
{
    const struct layer *k = &x->layer[0];
    int C = x->m->C, W = 4 * C, V = x->m->V, R = k->all.n;
    float *dembedding = dw + x->m->at[EMBEDDING];

    EACH(j, V * W) {
        int v = j / W, i = j % W;
        float sum = 0;
        for (int r = 0; r < R; r++)
            if (x->token[r] == v)
                sum += i < C ? x->d[0][r * C + i]
                             : k->dqkv[r * 3 * C + i - C];
        if (i < C)
            dembedding[v * C + i] = sum;
        else
            x->dtable[v * 3 * C + i - C] = sum;
    }
    __syncthreads();
    layer_project_back(k, dembedding, dw, x->dtable, &x->t.in, NULL, V);
}

__device__ static void train_tile(struct transformer_space *x,
                                  const struct train_call *y, int number)
{
    struct layer *one = &x->layer[0], *two = &x->layer[1];
    struct dropout_key drop = y->drop, blocks = y->blocks;
    float *dw = y->dw ? y->dw + (size_t)number * y->net.P : NULL;
    int first = tile_first(&y->tiles, number);

    drop.sequence = blocks.sequence = y->tiles.order + first;
    one->drop = two->drop = blocks.cut ? &blocks : NULL;
    lay_whole(x, &y->tiles);
    ask(x, &y->tiles, true);
    if (dw)
        fill(dw, 0, (int)y->net.P);
    embed(x);
    layer_run(one);
    two->x = one->z;
    layer_project(two, two->qkv, two->x, two->all.n);
    layer_run(two);
    read_out(x, &y->tiles, first, drop.cut ? &drop : NULL, y->scale,
             dw != NULL, dw);
    if (!dw)
        return;
    layer_back(two, x->d[1], dw);
    layer_pass(two, x->d[0], x->d[1]);
    layer_project_back(two, x->d[0], dw, two->dqkv, &two->in, NULL,
                       two->live.n);
    layer_back(one, x->d[0], dw);
    embed_back(x, dw);
}

/* ---- go on ---- */

/* Positions that the tile's longest sequence has, from its trial's first. */
__device__ static int longest(const struct tile *x, const struct go_on_lane *y,
                              int first)
{
    int T = 0;

    for (int b = 0; b < x->B; b++) {
        int t = y->step[y->row[first + b]] + x->length[b];
        T = t > T ? t : T;
    }
    return T;
}

__device__ static inline void span_set(const struct span *x, int b, int from,
                                       int end)
{
    x->from[b] = from;
    x->end[b] = end;
}

/* The tile's sequences with what lies before them: sequence b was cut at
 * position p, and layer 2 is asked from the first token that counts. */
PHASE void lay_tail(struct transformer_space *x, const struct go_on_lane *y,
                    int first)
{
    struct layer *one = &x->layer[0], *two = &x->layer[1];
    bool enters = y->site == SITE_EMBEDDING;
    int B = x->tile.B;

    EACH(b, B) {
        int p = y->step[y->row[first + b]], length = x->tile.length[b], t = 0;
        int end = p + length;
        while (t < length && !counts(&x->tile, &y->tiles, b, t))
            t++;
        span_set(&one->all, b, 0, end);
        span_set(&one->asked, b, enters ? p : p + 1, end);
        span_set(&two->asked, b, p + t, end);
        span_set(&one->live, b, p, enters ? p + 1 : p);
        span_set(&two->live, b, p, enters ? end : p + 1);
        x->shift[b] = -p;
    }
    __syncthreads();
    span_pack(&one->all, &one->all, B);
    two->all = one->all;
    for (int i = 0; i < 2; i++) {
        span_pack(&x->layer[i].asked, &one->all, B);
        span_pack(&x->layer[i].live, &one->all, B);
    }
    EACH(r, one->all.n) {
        int b = one->all.row[r], t = one->all.position[r] + x->shift[b];
        x->token[r] = t > 0 ? token(&x->tile, &y->tiles, b, t - 1)
                            : y->token[y->row[first + b] + t];
    }
    __syncthreads();
}

/* Put v (B,C) in as the input of layer 1 at the cut. */
PHASE void enter(const struct transformer_space *x, const float *v)
{
    const struct layer *k = &x->layer[0];
    int C = x->m->C, W = 3 * C, B = x->tile.B;

    layer_project(k, x->v_qkv, v, B);
    EACH(j, B * C)
        k->x[k->live.key[j / C] * C + j % C] = v[j];
    EACH(j, B * W)
        k->qkv[k->live.key[j / W] * W + j % W] = x->v_qkv[j];
    __syncthreads();
}

/* What layer 1 gives after the cut of sequence b, found before. */
__device__ static inline float *ahead_of(const struct transformer_space *x,
                                         const struct go_on_lane *y, int b)
{
    return y->ahead + y->from[x->tile.sequence[b]];
}

/* The input of layer 2: recorded rows up to the cut, v (B,C) if that is not
 * layer 1's, then what layer 1 gives. */
PHASE void join(const struct transformer_space *x, const struct go_on_lane *y,
                const float *v, int first)
{
    const struct layer *one = &x->layer[0], *two = &x->layer[1];
    const struct span *all = &one->all, *asked = &one->asked;
    int C = x->m->C;

    EACH(j, all->n * C) {
        int r = j / C, i = j % C, b = all->row[r], q = all->position[r];
        int p = -x->shift[b], beyond = q - asked->from[b];
        size_t row = (size_t)(y->row[first + b] - p + q);
        two->x[j] = q < p ? y->hidden[row * C + i]
                  : beyond < 0 ? v[b * C + i]
                  : y->ahead ? ahead_of(x, y, b)[beyond * C + i]
                  : one->z[(asked->at[b] + beyond) * C + i];
    }
    __syncthreads();
}

__device__ static void go_on_back(const struct transformer_space *x, float *dv)
{
    const struct layer *one = &x->layer[0], *two = &x->layer[1];
    bool enters = one->live.n > 0;
    float *d = enters ? x->d[0] : dv;

    layer_back(two, x->d[1], NULL);
    layer_pass(two, d, x->d[1]);
    layer_project_back(two, d, NULL, two->dqkv, &two->in, two->live.key,
                       two->live.n);
    if (!enters)
        return;
    layer_back(one, d, NULL);
    layer_pass(one, dv, d);
    layer_project_back(one, dv, NULL, one->dqkv, &one->in, NULL, one->live.n);
}

__device__ static void go_on_tile(struct transformer_space *x,
                                  const struct go_on_lane *y, int first)
{
    struct layer *one = &x->layer[0], *two = &x->layer[1];
    bool enters = y->site == SITE_EMBEDDING;
    int C = x->m->C;
    const float *v = y->v + (size_t)first * C;

    lay_tail(x, y, first);
    ask(x, &y->tiles, false);
    if (!y->ahead) {
        embed(x);
        if (enters)
            enter(x, v);
        layer_run(one);
    }
    join(x, y, v, first);
    layer_project(two, two->qkv, two->x, two->all.n);
    layer_run(two);
    read_out(x, &y->tiles, first, NULL, y->scale, y->dv != NULL, NULL);
    if (y->dv)
        go_on_back(x, y->dv + (size_t)first * C);
}

__device__ static void look_ahead_tile(struct transformer_space *x,
                                       const struct go_on_lane *y, int first)
{
    const struct layer *one = &x->layer[0];
    const struct span *asked = &one->asked;
    int C = x->m->C;

    lay_tail(x, y, first);
    embed(x);
    layer_run(one);
    EACH(j, asked->n * C) {
        int b = asked->row[j / C];
        ahead_of(x, y, b)[j - asked->at[b] * C] = one->z[j];
    }
    __syncthreads();
}

/* ---- kernels ---- */

static __global__ void __launch_bounds__(BLOCK_THREADS, PROCESSOR_BLOCKS)
record_kernel(const __grid_constant__ struct record_call y,
              const __grid_constant__ struct workspace w)
{
    struct transformer_space x;

    for (int k = blockIdx.x; k * y.tiles.rows < y.tiles.n; k += gridDim.x) {
        float *work = open_tile(&x, &w, &y.tiles, k, 0);
        open_layers(&x, &y.net, x.tile.T, work);
        record_tile(&x, &y);
    }
}

static __global__ void __launch_bounds__(BLOCK_THREADS, PROCESSOR_BLOCKS)
train_kernel(const __grid_constant__ struct train_call y,
             const __grid_constant__ struct workspace w)
{
    struct transformer_space x;

    for (int k = blockIdx.x; k * y.tiles.rows < y.tiles.n; k += gridDim.x) {
        float *work = open_tile(&x, &w, &y.tiles, k, 1);
        open_layers(&x, &y.net, x.tile.T, work);
        train_tile(&x, &y, k);
    }
}

typedef void tail_work(struct transformer_space *x, const struct go_on_lane *y,
                       int first);

/* Open tile after tile of what goes on, and do the work. */
template <tail_work work>
__device__ static inline void each_tail(const struct go_on_call *y,
                                        const struct workspace *w)
{
    struct transformer_space x;

    for (int k = blockIdx.x; k < y->tiles; k += gridDim.x) {
        const struct go_on_lane *lane = lane_of(y, k);
        int number = k - lane->begin;
        int first = tile_first(&lane->tiles, number);
        float *rest = open_tile(&x, w, &lane->tiles, number, 0);
        open_layers(&x, &lane->net, longest(&x.tile, lane, first), rest);
        work(&x, lane, first);
    }
}

static __global__ void __launch_bounds__(BLOCK_THREADS, PROCESSOR_BLOCKS)
go_on_kernel(const __grid_constant__ struct go_on_call y,
             const __grid_constant__ struct workspace w)
{
    each_tail<go_on_tile>(&y, &w);
}

static __global__ void __launch_bounds__(BLOCK_THREADS, PROCESSOR_BLOCKS)
look_ahead_kernel(const __grid_constant__ struct go_on_call y,
                  const __grid_constant__ struct workspace w)
{
    each_tail<look_ahead_tile>(&y, &w);
}

/* Tables of the weights by all blocks; then those of the tokens, a block a
 * token, from the weights as they are. */
static __global__ void __launch_bounds__(BLOCK_THREADS, PROCESSOR_BLOCKS)
prepare_kernel(const __grid_constant__ struct card_net m)
{
    const struct transformer_tables t = tables_of(&m);
    const struct head_weights head = head_of(&m, TRANSFORMER_HEAD, t.head);
    struct layer layer[2], *k = &layer[0];
    int C = m.C;

    for (int i = 0; i < 2; i++) {
        layer_set(&layer[i], &m, &t, i);
        layer_prepare(&layer[i]);
    }
    head_prepare(&head);
    for (int v = blockIdx.x; v < m.V; v += gridDim.x) {
        struct normed in = { t.in.y + v * C, t.in.hat + v * C, t.in.rstd + v };
        norm(&in, m.w + m.at[EMBEDDING] + v * C, weight(k, NORM1_W),
             weight(k, NORM1_B), 1, C);
        for (int i = 0; i < 3; i++)
            mul(t.input + (v * 3 + i) * C, 3 * C, by_rows(in.y, C),
                by_columns(weight(k, Q_W + 2 * i), C),
                weight(k, Q_B + 2 * i), 0, 1, C, C);
    }
}

/* ---- calls ---- */

static size_t room_of(const struct card_net *m, int B, int T, bool)
{
    struct transformer_space x;
    struct room w = { NULL, 0 };

    tile_lay(&w, B, T);
    return w.used + lay(&x, m->V, m->C, B, T, NULL);
}

static size_t scratch_of(const struct card_net *, int)
{
    return 0;
}

static int record(const struct record_call *x, const struct workspace *w,
                  cudaStream_t stream)
{
    return start(record_kernel, *x, *w, stream);
}

static int train(const struct train_call *x, const struct workspace *w,
                 cudaStream_t stream)
{
    return start(train_kernel, *x, *w, stream);
}

static int go_on(const struct go_on_call *x, const struct workspace *w,
                 cudaStream_t stream)
{
    return start(go_on_kernel, *x, *w, stream);
}

static int look_ahead(const struct go_on_call *x, const struct workspace *w,
                      cudaStream_t stream)
{
    return start(look_ahead_kernel, *x, *w, stream);
}

static int prepare(const struct card_net *m, cudaStream_t stream)
{
    return start_wide(prepare_kernel, *m, 4 * m->C * m->C, stream);
}

extern "C" const struct card_arch card_transformer = {
    "transformer", ROWS, room_of, scratch_of, record, train, go_on,
    look_ahead, prepare
};

/* transformer.cuh - a transformer's tables, the workspace of a tile, and what
 * its operations (arch/transformer.cu) share. */
#ifndef TRANSFORMER_CUH
#define TRANSFORMER_CUH

#include "layer.cuh"
#include "tile.cuh"

/* ---- tables of the parameters ---- */

struct transformer_tables {
    float *input;               /* (V,3C) queries, keys, values of layer 1   */
    struct normed in;           /* (V) the embedding after norm1             */
    float *layer[2], *head;
};

__device__ static inline struct transformer_tables tables_of(
    const struct card_net *m)
{
    int C = m->C, V = m->V;
    struct transformer_tables t;

    t.input = m->table;
    t.in.y = t.input + V * 3 * C;
    t.in.hat = t.in.y + V * C;
    t.in.rstd = t.in.hat + V * C;
    t.layer[0] = t.in.rstd + V;
    t.layer[1] = t.layer[0] + layer_floats(C);
    t.head = t.layer[1] + layer_floats(C);
    return t;
}

/* Parameters and tables of layer i. */
__device__ static inline void layer_set(struct layer *k,
                                        const struct card_net *m,
                                        const struct transformer_tables *t,
                                        int i)
{
    k->m = m;
    k->first = i ? BLOCK_2 : BLOCK_1;
    k->table = t->layer[i];
}

/* ---- the workspace of a tile ---- */

struct transformer_space {
    const struct card_net *m;
    struct transformer_tables t;
    struct tile tile;
    struct layer layer[2];
    int *token;                 /* (R)                                       */
    int *shift;                 /* (B) the label of position q is token
                                   q + shift of the tile's sequence          */
    int *flag;                  /* (R + 1)                                   */
    float *turn;                /* (T,C)                                     */
    struct normed last;         /* (R) after the last layer norm             */
    float *dlast, *d[2];        /* (R,C) its gradient, those of layer inputs */
    float *v_qkv;               /* (B,3C)                                    */
    float *dtable;              /* (V,3C)                                    */
    float *head;
    struct head_rows rows;      /* (R) what the head sees                    */
};

/* For B sequences of at most T positions, behind the tile; from NULL it only
 * counts. */
__host__ __device__ static size_t lay(struct transformer_space *x, int V,
                                      int width, int B, int T, float *work)
{
    size_t b = (size_t)B, t = (size_t)T, R = b * t, C = (size_t)width;
    struct room w = { work, 0 };

    for (int i = 0; i < 2; i++) {
        struct layer *k = &x->layer[i];
        k->all = i ? x->layer[0].all : span_lay(&w, B, R);
        k->asked = span_lay(&w, B, R);
        k->live = span_lay(&w, B, R);
        layer_lay(k, &w, R, t, C);
    }
    x->layer[0].s = layer_lay_scratch(&w, R, t, C, (size_t)V);
    x->layer[1].s = x->layer[0].s;
    x->token = (int *)room_take(&w, R);
    x->shift = (int *)room_take(&w, b);
    x->flag = (int *)room_take(&w, R + 1);
    x->turn = room_take(&w, t * C);
    x->last = normed_lay(&w, R, C);
    x->dlast = room_take(&w, R * C);
    x->d[0] = room_take(&w, R * C);
    x->d[1] = room_take(&w, R * C);
    x->v_qkv = room_take(&w, b * 3 * C);
    x->dtable = room_take(&w, (size_t)V * 3 * C);
    x->head = room_take(&w, head_room(width, V));
    x->rows = head_rows_lay(&w, R);
    return w.used;
}

/* Take tile `number`, without the last `less` tokens of its sequences. */
__device__ static float *open_tile(struct transformer_space *x,
                                   const struct workspace *w,
                                   const struct tiles *from, int number,
                                   int less)
{
    struct room room = { w->slab + blockIdx.x * w->size, 0 };

    x->tile = tile_lay(&room, from->rows, from->of.T);
    tile_take(&x->tile, from, number, less);
    return room.work + room.used;
}

/* Open its layers, for T positions. */
__device__ static inline void open_layers(struct transformer_space *x,
                                          const struct card_net *m, int T,
                                          float *work)
{
    lay(x, m->V, m->C, x->tile.B, T, work);
    x->m = m;
    x->t = tables_of(m);
    for (int i = 0; i < 2; i++) {
        struct layer *k = &x->layer[i];
        layer_set(k, m, &x->t, i);
        k->turn = x->turn;
        k->B = x->tile.B;
        k->T = T;
        k->drop = NULL;
        k->place = i + 1;
    }
    turns(x->turn, T, m->C);
}

/* The embeddings of all rows, and what layer 1 makes of them. */
PHASE void embed(const struct transformer_space *x)
{
    const struct layer *k = &x->layer[0];
    const float *embedding = x->m->w + x->m->at[EMBEDDING];
    int C = x->m->C, W = 3 * C, R = k->all.n;

    EACH(j, R * C)
        k->x[j] = embedding[x->token[j / C] * C + j % C];
    EACH(j, R * W)
        k->qkv[j] = x->t.input[x->token[j / W] * W + j % W];
    __syncthreads();
}

/* The head is asked for those of layer 2's rows whose label counts; all: for
 * every one. */
PHASE void ask(struct transformer_space *x, const struct tiles *from, bool all)
{
    const struct span *asked = &x->layer[1].asked;
    struct head_rows *to = &x->rows;
    int Q = asked->n;

    EACH(r, Q) {
        int b = asked->row[r], t = asked->position[r] + x->shift[b];
        x->flag[r] = all || counts(&x->tile, from, b, t);
    }
    __syncthreads();
    EACH(r, Q + 1) {
        int n = 0;
        for (int i = 0; i < r; i++)
            n += x->flag[i];
        if (r == Q) {
            x->flag[Q] = n;
        } else if (x->flag[r]) {
            int b = asked->row[r], t = asked->position[r] + x->shift[b];
            to->where[n] = r;
            to->row[n] = b;
            to->position[n] = asked->position[r];
            to->label[n] = token(&x->tile, from, b, t);
            to->counts[n] = counts(&x->tile, from, b, t);
        }
    }
    __syncthreads();
    to->n = x->flag[Q];
}

/* Loss of the rows asked and, in d[1], its gradient at the output of layer 2,
 * if wanted. `first` is the tile's first row. */
PHASE void read_out(struct transformer_space *x, const struct tiles *from,
                    int first, const struct dropout_key *drop, float scale,
                    bool back, float *dw)
{
    const struct card_net *m = x->m;
    const struct head_weights head = head_of(m, TRANSFORMER_HEAD, x->t.head);
    const float *g = m->w + m->at[NORM_W];
    int C = m->C, Q = x->layer[1].asked.n;
    struct head_gradient dhead = { };

    norm(&x->last, x->layer[1].z, g, m->w + m->at[NORM_B], Q, C);
    if (back)
        fill(x->dlast, 0, Q * C);
    if (dw)
        dhead = head_gradient_of(m, TRANSFORMER_HEAD, dw);
    head_run(&head, &x->rows, x->last.y, C, drop, scale,
             back ? x->dlast : NULL, dw ? &dhead : NULL, from->loss + first,
             from->wrong + first, x->tile.B, x->head);
    if (!back)
        return;
    fill(x->d[1], 0, Q * C);
    norm_back(x->d[1], x->dlast, &x->last, NULL, g, Q, C);
    if (dw)
        norm_add(dw + m->at[NORM_W], dw + m->at[NORM_B], x->dlast,
                 x->last.hat, Q, C);
}

#endif

/* cell.cuh - a model with one recurrent cell, its workspace and the steps of
 * the cell, forward and back.
 *
 * A cell is a struct with the arithmetic of unit i of one row, its arrays
 * being that row's in recurrent.h's step and back. */
#ifndef CELL_CUH
#define CELL_CUH

#include "head.cuh"
#include "tile.cuh"

enum { CELL_ROWS = 16 };        /* of a tile, at most                        */

/* Its parameters and tables: w_ih, w_hh (G,C) and transposed; input (V,G) and
 * bias (G) as recurrent_prepare makes them; b_hn the b_hh of the gates not
 * summed. */
struct recurrent_weights {
    const float *embedding, *w_ih, *w_hh, *b_ih, *b_hh, *b_hn;
    float *input, *w_iht, *w_hht, *bias;
    int C, G, N, S, K;
    struct head_weights head;
};

struct recurrent_gradient {
    float *embedding, *w_ih, *w_hh, *b_ih, *b_hh;
    struct head_gradient head;
};

template <class Cell>
__host__ __device__ static inline struct recurrent_weights weights_of(
    const struct card_net *m)
{
    struct recurrent_weights x;
    int C = m->C, G = Cell::GATES * C;

    x.embedding = m->w + m->at[EMBEDDING];
    x.w_ih = m->w + m->at[W_IH];
    x.w_hh = m->w + m->at[W_HH];
    x.b_ih = m->w + m->at[B_IH];
    x.b_hh = m->w + m->at[B_HH];
    x.b_hn = x.b_hh + Cell::SUMMED * C;
    x.input = m->table;
    x.w_iht = x.input + m->V * G;
    x.w_hht = x.w_iht + C * G;
    x.bias = x.w_hht + C * G;
    x.C = C;
    x.G = G;
    x.N = Cell::SUMMED * C;
    x.S = Cell::STATE * C;
    x.K = Cell::KEPT * C;
    x.head = head_of(m, RECURRENT_HEAD, x.bias + G);
    return x;
}

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
 * is its token's at step t; t < 0: row b of gx. */
template <class Cell>
PHASE void cell_step(const struct recurrent_weights *m,
                     const struct recurrent_space *x, const struct tiles *from,
                     float *s, float *keep, int t, const float *s0, int n)
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
PHASE void cell_back(const struct recurrent_weights *m,
                     const struct recurrent_space *x, float *dg, float *dx,
                     const float *ds, const float *keep, int n)
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
PHASE void tile_back(const struct recurrent_weights *m,
                     const struct recurrent_space *x, float *dg, float *dx,
                     int t)
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

#endif

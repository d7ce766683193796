/* layer.cuh - a transformer's block (block.h), here called layer, for the
 * threads of one block: forward and back, for the sequences of a tile. */
#ifndef LAYER_CUH
#define LAYER_CUH

#include "../params.h"
#include "attend.cuh"
#include "head.cuh"
#include "kernels.h"
#include "philox.cuh"

/* Of R rows in all. All layers share it. */
struct layer_scratch {
    float *d, *dn, *da, *dp;    /* (R,C) (R or V,C) (R,4C) (R,T)             */
};

/* Q of the R rows are asked, L live. */
struct layer {
    const struct card_net *m;
    int first;                  /* number of norm1.weight                    */
    float *table;               /* block_prepare's                           */
    const float *turn;          /* (T,C)                                     */
    int B, T;
    const struct dropout_key *drop;     /* NULL: none                        */
    int place;                  /* tells layers' dropout streams apart       */
    struct span all, asked, live;
    float *x, *qkv;             /* (R,C) (R,3C) input                        */
    struct normed in;           /* (R) norm1                                 */
    float *p, *o;               /* (Q,T) (Q,C) attention                     */
    struct normed mid;          /* (Q) norm2                                 */
    float *a, *slope;           /* (Q,4C) after GELU, its derivative         */
    float *z;                   /* (Q,C) output                              */
    float *dqkv;                /* (L,3C)                                    */
    struct layer_scratch s;
};

/* The arrays of a layer but for scratch and spans. */
__host__ __device__ static inline void layer_lay(struct layer *k,
                                                 struct room *w, size_t R,
                                                 size_t T, size_t C)
{
    k->x = room_take(w, R * C);
    k->qkv = room_take(w, R * 3 * C);
    k->in = normed_lay(w, R, C);
    k->p = room_take(w, R * T);
    k->o = room_take(w, R * C);
    k->mid = normed_lay(w, R, C);
    k->a = room_take(w, R * 4 * C);
    k->slope = room_take(w, R * 4 * C);
    k->z = room_take(w, R * C);
    k->dqkv = room_take(w, R * 3 * C);
}

__host__ __device__ static inline struct layer_scratch layer_lay_scratch(
      struct room *w, size_t R, size_t T, size_t C, size_t V)
{
    struct layer_scratch s;

    s.d = room_take(w, R * C);
    s.dn = room_take(w, (R > V ? R : V) * C);
    s.da = room_take(w, R * 4 * C);
    s.dp = room_take(w, R * T);
    return s;
}

/* ---- parameters and tables ---- */

struct layer_tables {
    float *in, *in_back, *in_bias;      /* (C,3C) q|k|v, (3C,C), (3C)        */
    float *out, *ff0, *ff2;             /* (C,C) (C,4C) (4C,C)               */
};

__device__ static inline struct layer_tables layer_tables_of(float *table,
                                                             int C)
{
    struct layer_tables t;

    t.in = table;
    t.in_back = t.in + 3 * C * C;
    t.in_bias = t.in_back + 3 * C * C;
    t.out = t.in_bias + 3 * C;
    t.ff0 = t.out + C * C;
    t.ff2 = t.ff0 + 4 * C * C;
    return t;
}

__host__ __device__ static inline int layer_floats(int C)
{
    return 15 * C * C + 3 * C;
}

__device__ static inline const float *weight(const struct layer *k, int param)
{
    return k->m->w + k->m->at[k->first + param];
}

__device__ static inline float *gradient(const struct layer *k, float *dw,
                                         int param)
{
    return dw + k->m->at[k->first + param];
}

/* block_prepare, by all threads of a launch. */
__device__ static void layer_prepare(const struct layer *k)
{
    int C = k->m->C;
    struct layer_tables t = layer_tables_of(k->table, C);

    for (int i = 0; i < 3; i++) {
        const float *w = weight(k, Q_W + 2 * i), *b = weight(k, Q_B + 2 * i);
        transpose(t.in + i * C, 3 * C, w, C, C);
        EVERY(j, C * C)
            t.in_back[i * C * C + j] = w[j];
        EVERY(j, C)
            t.in_bias[i * C + j] = b[j];
    }
    transpose(t.out, C, weight(k, OUT_W), C, C);
    transpose(t.ff0, 4 * C, weight(k, FF0_W), 4 * C, C);
    transpose(t.ff2, C, weight(k, FF2_W), C, 4 * C);
}

/* ---- queries, keys and values ---- */

/* qkv (rows,3C) of x (rows,C), positions apart. */
PHASE void layer_project(const struct layer *k, float *qkv, const float *x,
                         int rows)
{
    int C = k->m->C;
    struct layer_tables t = layer_tables_of(k->table, C);

    norm(&k->in, x, weight(k, NORM1_W), weight(k, NORM1_B), rows, C);
    mul(qkv, 3 * C, by_rows(k->in.y, C), by_rows(t.in, 3 * C), t.in_bias, 0,
        rows, 3 * C, C);
}

/* dx (rows,C) += gradient from dqkv (rows,3C) through norm1, of which row r
 * was row where[r] (NULL: r); dw (P) += gradient, NULL: frozen. */
PHASE void layer_project_back(const struct layer *k, float *dx, float *dw,
                              const float *dqkv, const struct normed *in,
                              const int *where, int rows)
{
    int C = k->m->C, W = 3 * C;

    for (int i = 0; dw && i < 3; i++) {
        float *w = gradient(k, dw, Q_W + 2 * i);
        mul(w, C, by_columns(dqkv + i * C, W), by_rows(in->y, C), w, C, C, C,
            rows);
        add_rows(gradient(k, dw, Q_B + 2 * i), dqkv + i * C, W, rows, C);
    }
    mul(k->s.dn, C, by_rows(dqkv, W),
        by_rows(layer_tables_of(k->table, C).in_back, C), NULL, 0, rows, C,
        W);
    norm_back(dx, k->s.dn, in, where, weight(k, NORM1_W), rows, C);
    if (dw)
        norm_add(gradient(k, dw, NORM1_W), gradient(k, dw, NORM1_B), k->s.dn,
                 in->hat, rows, C);
}

/* ---- forward ---- */

/* y (Q,C) = x w + bias with x (Q,inner), then dropout. */
PHASE void linear(const struct layer *k, float *y, const float *x,
                  const float *w, int bias, int inner, int place)
{
    int C = k->m->C, Q = k->asked.n;

    mul(y, C, by_rows(x, inner), by_rows(w, C), weight(k, bias), 0, Q, C,
        inner);
    if (k->drop)
        drop_units(y, NULL, k->drop, place, k->asked.row, k->asked.position,
                   Q, C);
}

/* z of the asked rows from x and qkv, which get their positions here. */
PHASE void layer_run(const struct layer *k)
{
    int C = k->m->C, Q = k->asked.n;
    struct layer_tables t = layer_tables_of(k->table, C);
    float *y = k->s.d;

    rotate(k->qkv, k->turn, k->all.position, 1, k->all.n, C);
    attend(k->o, k->p, k->qkv, &k->all, &k->asked, k->B, k->T, C);
    linear(k, y, k->o, t.out, OUT_B, C, 2 * k->place - 1);
    EACH(j, Q * C)
        y[j] += k->x[k->asked.key[j / C] * C + j % C];
    __syncthreads();
    norm(&k->mid, y, weight(k, NORM2_W), weight(k, NORM2_B), Q, C);
    mul(k->a, 4 * C, by_rows(k->mid.y, C), by_rows(t.ff0, 4 * C),
        weight(k, FF0_B), 0, Q, 4 * C, C);
    head_activate(k->a, k->slope, Q, 4 * C);
    linear(k, k->z, k->a, t.ff2, FF2_B, 4 * C, 2 * k->place);
    EACH(j, Q * C)
        k->z[j] += y[j];
    __syncthreads();
}

/* ---- back ---- */

/* dx (Q,inner) = gradient of a linear layer's input, from d (Q,C) through its
 * dropout. `param` is the number of its weight, its bias is the next. */
PHASE void linear_back(const struct layer *k, float *dx, const float *d,
                       const float *x, int param, int inner, int place,
                       float *dw)
{
    int C = k->m->C, Q = k->asked.n;

    if (k->drop) {
        EACH(j, Q * C)
            k->s.d[j] = d[j];
        __syncthreads();
        drop_units(k->s.d, NULL, k->drop, place, k->asked.row,
                   k->asked.position, Q, C);
        d = k->s.d;
    }
    if (dw) {
        float *w = gradient(k, dw, param);
        mul(w, inner, by_columns(d, C), by_rows(x, inner), w, inner, C, inner,
            Q);
        add_rows(gradient(k, dw, param + 1), d, C, Q, C);
    }
    mul(dx, inner, by_rows(d, C), by_rows(weight(k, param), inner), NULL, 0,
        Q, inner, C);
}

/* As block_back: d (Q,C), the gradient of z in, that of x along the residual
 * out; dqkv of the live rows; dw (P) += gradient, NULL: frozen. */
PHASE void layer_back(const struct layer *k, float *d, float *dw)
{
    int C = k->m->C, H = 4 * C, Q = k->asked.n;

    linear_back(k, k->s.da, d, k->a, FF2_W, H, 2 * k->place, dw);
    EACH(j, Q * H)
        k->s.da[j] *= k->slope[j];
    __syncthreads();
    if (dw) {
        float *w = gradient(k, dw, FF0_W);
        mul(w, C, by_columns(k->s.da, H), by_rows(k->mid.y, C), w, C, H, C, Q);
        add_rows(gradient(k, dw, FF0_B), k->s.da, H, Q, H);
    }
    mul(k->s.dn, C, by_rows(k->s.da, H), by_rows(weight(k, FF0_W), C), NULL, 0,
        Q, C, H);
    norm_back(d, k->s.dn, &k->mid, NULL, weight(k, NORM2_W), Q, C);
    if (dw)
        norm_add(gradient(k, dw, NORM2_W), gradient(k, dw, NORM2_B), k->s.dn,
                 k->mid.hat, Q, C);
    linear_back(k, k->s.dn, d, k->o, OUT_W, C, 2 * k->place - 1, dw);
    attend_back(k->dqkv, k->s.dp, k->s.dn, k->p, k->qkv, &k->all, &k->asked,
                &k->live, k->B, k->T, C);
    rotate(k->dqkv, k->turn, k->live.position, -1, k->live.n, C);
}

/* dx (L,C) = what reached the live rows along the residual, from d as
 * layer_back left it. */
PHASE void layer_pass(const struct layer *k, float *dx, const float *d)
{
    const struct span *asked = &k->asked, *live = &k->live;
    int C = k->m->C;

    EACH(j, live->n * C) {
        int r = j / C, b = live->row[r];
        int beyond = live->position[r] - asked->from[b];
        dx[j] = beyond < 0 ? 0 : d[(asked->at[b] + beyond) * C + j % C];
    }
    __syncthreads();
}

#endif

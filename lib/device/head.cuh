/* head.cuh - the output head (head.h) of one block's tile. */
#ifndef HEAD_CUH
#define HEAD_CUH

#include "block.cuh"
#include "../params.h"
#include "kernels.h"
#include "philox.cuh"

enum { HEAD_ROWS = 32 };        /* that go through it together               */

/* Its parameters and tables: w1 (4C,C) and w2 (V,4C), as they are and
 * transposed, the rows of w2t L apart. */
struct head_weights {
    const float *w1, *b1, *w2, *b2;
    float *w1t, *w2t;
    int C, V, L;
};

struct head_gradient {
    float *w1, *b1, *w2, *b2;
};

/* `first` is the number of its first parameter; dw (P). */
__host__ __device__ static inline struct head_weights head_of(
    const struct card_net *m, int first, float *table)
{
    struct head_weights x = {
        m->w + m->at[first + HEAD_W1], m->w + m->at[first + HEAD_B1],
        m->w + m->at[first + HEAD_W2], m->w + m->at[first + HEAD_B2],
        table, table + 4 * m->C * m->C, m->C, m->V, (m->V + 15) / 16 * 16
    };
    return x;
}

__device__ static inline struct head_gradient head_gradient_of(
    const struct card_net *m, int first, float *dw)
{
    struct head_gradient x = {
        dw + m->at[first + HEAD_W1], dw + m->at[first + HEAD_B1],
        dw + m->at[first + HEAD_W2], dw + m->at[first + HEAD_B2]
    };
    return x;
}

/* head_prepare, by all threads of a launch. */
__device__ static inline void head_prepare(const struct head_weights *m)
{
    int H = 4 * m->C;

    transpose(m->w1t, H, m->w1, H, m->C);
    transpose(m->w2t, m->L, m->w2, m->V, H);
}

/* Rows that the head is asked for, and what it finds out about them. */
struct head_rows {
    int n;
    int *where;                 /* (n) number of the state                   */
    int *row, *position;        /* (n) of the tile; step                     */
    int *label;                 /* (n) next token                            */
    int *counts;                /* (n)                                       */
    double *loss;               /* (n) out                                   */
    int *wrong;                 /* (n) out                                   */
};

/* Floats of workspace. */
__host__ __device__ static inline size_t head_room(int C, int V)
{
    return (size_t)HEAD_ROWS * (size_t)(C + 8 * C + V);
}

/* For `most` rows, from the workspace. */
__host__ __device__ static inline struct head_rows head_rows_lay(
    struct room *w, size_t most)
{
    struct head_rows x;

    x.n = 0;
    x.loss = (double *)room_take(w, 2 * most);
    x.where = (int *)room_take(w, most);
    x.row = (int *)room_take(w, most);
    x.position = (int *)room_take(w, most);
    x.label = (int *)room_take(w, most);
    x.counts = (int *)room_take(w, most);
    x.wrong = (int *)room_take(w, most);
    return x;
}

/* a = gelu(a), slope its derivative, both times a dropout mask. */
__device__ static void head_activate(float *a, float *slope, int n, int H)
{
    EACH(i, n * H) {
        float u = a[i], phi = normcdff(u);
        slope[i] = phi + u * 0.39894228f * expf(-u * u / 2);
        a[i] = u * phi;
    }
    __syncthreads();
}

/* Logits (n,V) to scale * gradient; loss and hits of their rows, from the
 * first. One thread a row: V is small. */
__device__ static void head_judge(float *logit, const struct head_rows *x,
                                  int from, float scale, int n, int V)
{
    EACH(r, n) {
        float *l = logit + r * V, sum = 0, max, of_label;
        int top = 0, label = x->label[from + r];

        for (int v = 1; v < V; v++)
            top = l[v] > l[top] ? v : top;
        max = l[top];
        of_label = l[label];
        for (int v = 0; v < V; v++)
            sum += l[v] = expf(l[v] - max);
        x->loss[from + r] = log((double)sum) - (double)(of_label - max);
        x->wrong[from + r] = x->counts[from + r] && top != label;
        for (int v = 0; v < V; v++)
            l[v] *= scale / sum;
        l[label] -= scale;
    }
    __syncthreads();
}

/* Rows from..from+n-1. */
__device__ static void head_chunk(const struct head_weights *m,
                                  const struct head_rows *x, const float *h,
                                  int stride, int from, int n,
                                  const struct dropout_key *drop, float scale,
                                  float *dh, const struct head_gradient *dw,
                                  float *work)
{
    int C = m->C, H = 4 * C, V = m->V;
    float *in = work, *a = in + HEAD_ROWS * C, *slope = a + HEAD_ROWS * H;
    float *logit = slope + HEAD_ROWS * H;

    EACH(i, n * C)
        in[i] = h[x->where[from + i / C] * stride + i % C];
    __syncthreads();
    mul(a, H, by_rows(in, C), by_rows(m->w1t, H), m->b1, 0, n, H, C);
    head_activate(a, slope, n, H);
    if (drop)
        drop_units(a, slope, drop, 0, x->row + from, x->position + from, n,
                   H);
    mul(logit, V, by_rows(a, H), by_rows(m->w2t, m->L), m->b2, 0, n, V, H);
    head_judge(logit, x, from, scale, n, V);
    if (!dh)
        return;
    if (dw) {
        mul(dw->w2, H, by_columns(logit, V), by_rows(a, H), dw->w2, H, V, H,
            n);
        add_rows(dw->b2, logit, V, n, V);
    }
    mul(a, H, by_rows(logit, V), by_rows(m->w2, H), NULL, 0, n, H, V);
    EACH(i, n * H)
        a[i] *= slope[i];
    __syncthreads();
    if (dw) {
        mul(dw->w1, C, by_columns(a, H), by_rows(in, C), dw->w1, C, H, C, n);
        add_rows(dw->b1, a, H, n, H);
    }
    mul(in, C, by_rows(a, H), by_rows(m->w1, C), NULL, 0, n, C, H);
    EACH(i, n * C)
        dh[x->where[from + i / C] * stride + i % C] = in[i];
    __syncthreads();
}

/* Loss and hits of the tile's B rows out; dh (same rows as h) = scale *
 * gradient at the rows asked, NULL: evaluate only; dw += scale * gradient,
 * NULL: frozen. */
PHASE void head_run(const struct head_weights *m, const struct head_rows *x,
                    const float *h, int stride, const struct dropout_key *drop,
                    float scale, float *dh, const struct head_gradient *dw,
                    double *loss, int *wrong, int B, float *work)
{
    for (int from = 0; from < x->n; from += HEAD_ROWS)
        head_chunk(m, x, h, stride, from, least(x->n - from, HEAD_ROWS), drop,
                   scale, dh, dw, work);
    EACH(b, B) {
        double sum = 0;
        int bad = 0;
        for (int r = 0; r < x->n; r++)
            if (x->row[r] == b) {
                sum += x->loss[r];
                bad += x->wrong[r];
            }
        loss[b] = sum;
        wrong[b] = bad;
    }
    __syncthreads();
}

#endif

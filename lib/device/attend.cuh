/* attend.cuh - kern_block.h for the threads of one block: layer norm, rotary
 * positions, causal attention of one head.
 *
 * Queries, keys and values of a row lie side by side: qkv (rows,3C), q|k|v. */
#ifndef ATTEND_CUH
#define ATTEND_CUH

#include "block.cuh"

/* A row's sums are shared by so many threads, in shared memory for so many
 * rows at once. */
enum { LANES = 8, NORM_ROWS = BLOCK_SHARED / (2 * LANES) };

/* ---- spans ---- */

/* A span of positions of each sequence (block.h): from[b]..end[b]-1 are its
 * rows at[b]..at[b+1]-1 of what is packed. Row r is position[r] of sequence
 * row[r], and number key[r] where all positions are packed. */
struct span {
    int n;
    int *from, *end, *at;       /* (B) (B) (B + 1)                           */
    int *row, *position, *key;  /* (n)                                       */
};

__host__ __device__ static inline struct span span_lay(struct room *w, int B,
                                                       size_t most)
{
    struct span x;

    x.n = 0;
    x.from = (int *)room_take(w, (size_t)B);
    x.end = (int *)room_take(w, (size_t)B);
    x.at = (int *)room_take(w, (size_t)B + 1);
    x.row = (int *)room_take(w, most);
    x.position = (int *)room_take(w, most);
    x.key = (int *)room_take(w, most);
    return x;
}

/* Number the rows; from and end are there, and `all` was packed before. */
__device__ static void span_pack(struct span *x, const struct span *all, int B)
{
    if (threadIdx.x == 0) {
        x->at[0] = 0;
        for (int b = 0; b < B; b++)
            x->at[b + 1] = x->at[b] + x->end[b] - x->from[b];
    }
    __syncthreads();
    for (int b = 0; b < B; b++)
        EACH(i, x->end[b] - x->from[b]) {
            int r = x->at[b] + i;
            x->row[r] = b;
            x->position[r] = x->from[b] + i;
            x->key[r] = all->at[b] + x->position[r];
        }
    x->n = x->at[B];
    __syncthreads();
}

__device__ static inline int span_rows(const struct span *x, int b)
{
    return x->at[b + 1] - x->at[b];
}

/* ---- layer norm ---- */

/* Rows that were normed, and what the way back needs of them. */
struct normed {
    float *y, *hat;             /* (rows,C)                                  */
    float *rstd;                /* (rows)                                    */
};

__host__ __device__ static inline struct normed normed_lay(struct room *w,
                                                           size_t rows,
                                                           size_t C)
{
    struct normed x;

    x.y = room_take(w, rows * C);
    x.hat = room_take(w, rows * C);
    x.rstd = room_take(w, rows);
    return x;
}

/* The sum of a row's lanes. */
__device__ static inline float fold(const float *lane)
{
    float sum = 0;

    for (int l = 0; l < LANES; l++)
        sum += lane[l];
    return sum;
}

/* kern_norm of x (rows,C). */
PHASE void norm(const struct normed *to, const float *x, const float *g,
                const float *b, int rows, int C)
{
    float *sum = shared, *square = shared + NORM_ROWS * LANES;

    for (int from = 0; from < rows; from += NORM_ROWS) {
        int n = least(rows - from, NORM_ROWS) * LANES;
        EACH(j, n) {
            int at = (from + j / LANES) * C;
            float s = 0;
            for (int i = j % LANES; i < C; i += LANES)
                s += x[at + i];
            sum[j] = s;
        }
        __syncthreads();
        EACH(j, n) {
            int at = (from + j / LANES) * C;
            float mean = fold(sum + j / LANES * LANES) / C, s = 0;
            for (int i = j % LANES; i < C; i += LANES) {
                float d = to->hat[at + i] = x[at + i] - mean;
                s += d * d;
            }
            square[j] = s;
        }
        __syncthreads();
        EACH(j, n) {
            int r = from + j / LANES, at = r * C;
            float var = fold(square + j / LANES * LANES) / C;
            float rstd = 1 / sqrtf(var + 1e-5f);
            for (int i = j % LANES; i < C; i += LANES) {
                to->hat[at + i] *= rstd;
                to->y[at + i] = to->hat[at + i] * g[i] + b[i];
            }
            if (j % LANES == 0)
                to->rstd[r] = rstd;
        }
        __syncthreads();
    }
}

/* dg, db (C) += of all rows. */
PHASE void norm_add(float *dg, float *db, const float *dy, const float *hat,
                    int rows, int C)
{
    EACH(i, C) {
        float slope = dg[i], sum = db[i];
        for (int r = 0; r < rows; r++) {
            slope += dy[r * C + i] * hat[r * C + i];
            sum += dy[r * C + i];
        }
        dg[i] = slope;
        db[i] = sum;
    }
    __syncthreads();
}

/* dx (rows,C) += gradient of what was normed, as kern_norm_back. Row r was
 * row where[r] of x, NULL: r. */
PHASE void norm_back(float *dx, const float *dy, const struct normed *x,
                     const int *where, const float *g, int rows, int C)
{
    float *sum = shared, *along = shared + NORM_ROWS * LANES;

    for (int from = 0; from < rows; from += NORM_ROWS) {
        int n = least(rows - from, NORM_ROWS) * LANES;
        EACH(j, n) {
            int r = from + j / LANES;
            const float *hat = x->hat + (where ? where[r] : r) * C;
            float s = 0, a = 0;
            for (int i = j % LANES; i < C; i += LANES) {
                float d = dy[r * C + i] * g[i];
                s += d;
                a += d * hat[i];
            }
            sum[j] = s;
            along[j] = a;
        }
        __syncthreads();
        EACH(j, n) {
            int r = from + j / LANES, at = where ? where[r] : r;
            float mean = fold(sum + j / LANES * LANES) / C;
            float slope = fold(along + j / LANES * LANES) / C;
            for (int i = j % LANES; i < C; i += LANES)
                dx[r * C + i] += x->rstd[at] *
                    (dy[r * C + i] * g[i] - mean - x->hat[at * C + i] * slope);
        }
        __syncthreads();
    }
}

/* ---- rotary positions ---- */

/* kern_turns: turn (T,C), cosines | sines. */
PHASE void turns(float *turn, int T, int C)
{
    EACH(i, C / 2) {
        double angle = exp(-18.420680743952367 * i / C), c = 1, s = 0;
        double c1 = cos(angle), s1 = sin(angle);
        for (int p = 0; p < T; p++) {
            double next = c * c1 - s * s1;
            turn[p * C + i] = (float)c;
            turn[p * C + C / 2 + i] = (float)s;
            s = s * c1 + c * s1;
            c = next;
        }
    }
    __syncthreads();
}

/* Turn the queries and keys of rows to their positions; sign -1: gradients
 * back. */
PHASE void rotate(float *qkv, const float *turn, const int *position,
                  float sign, int rows, int C)
{
    int half = C / 2;

    EACH(j, rows * C) {
        int r = j / C, key = j % C / half, i = j % half;
        const float *to = turn + position[r] * C + i;
        float *x = qkv + r * 3 * C + key * C + i, a = x[0], b = x[half];
        float c = to[0], s = sign * to[half];
        x[0] = a * c - b * s;
        x[half] = b * c + a * s;
    }
    __syncthreads();
}

/* ---- attention ---- */

/* Scores p (Q,T) of the asked queries to their weights; a thread a row. */
__device__ static void softmax(float *p, const struct span *all,
                               const struct span *asked, int T, float scale)
{
    EACH(r, asked->n) {
        float *w = p + r * T, max = w[0], sum = 0;
        int seen = asked->position[r] + 1, n = span_rows(all, asked->row[r]);

        for (int k = 1; k < seen; k++)
            max = fmaxf(max, w[k]);
        for (int k = 0; k < seen; k++)
            sum += w[k] = expf(scale * (w[k] - max));
        for (int k = 0; k < n; k++)
            w[k] = k < seen ? w[k] / sum : 0;
    }
    __syncthreads();
}

/* dp = scale p (dp - sum(p dp)) */
__device__ static void softmax_back(float *dp, const float *p,
                                    const struct span *all,
                                    const struct span *asked, int T,
                                    float scale)
{
    EACH(r, asked->n) {
        const float *w = p + r * T;
        float *d = dp + r * T, mean = 0;
        int n = span_rows(all, asked->row[r]);

        for (int k = 0; k < n; k++)
            mean += w[k] * d[k];
        for (int k = 0; k < n; k++)
            d[k] = scale * w[k] * (d[k] - mean);
    }
    __syncthreads();
}

/* o (Q,C) of the asked queries, with weights p (Q,T) out, from qkv (R,3C). */
PHASE void attend(float *o, float *p, const float *qkv, const struct span *all,
                  const struct span *asked, int B, int T, int C)
{
    int W = 3 * C;

    for (int b = 0; b < B; b++) {
        const float *x = qkv + all->at[b] * W, *q = x + asked->from[b] * W;
        mul(p + asked->at[b] * T, T, by_rows(q, W), by_columns(x + C, W), NULL,
            0, span_rows(asked, b), span_rows(all, b), C);
    }
    softmax(p, all, asked, T, 1 / sqrtf((float)C));
    for (int b = 0; b < B; b++) {
        const float *v = qkv + all->at[b] * W + 2 * C;
        mul(o + asked->at[b] * C, C, by_rows(p + asked->at[b] * T, T),
            by_rows(v, W), NULL, 0, span_rows(asked, b), C,
            span_rows(all, b));
    }
}

/* dqkv (L,3C) of the live rows out, from the gradient dy (Q,C) of o; dp (Q,T)
 * is scratch. */
PHASE void attend_back(float *dqkv, float *dp, const float *dy, const float *p,
                       const float *qkv, const struct span *all,
                       const struct span *asked, const struct span *live,
                       int B, int T, int C)
{
    int W = 3 * C;

    fill(dqkv, 0, live->n * W);
    for (int b = 0; b < B; b++) {
        const float *v = qkv + all->at[b] * W + 2 * C;
        mul(dp + asked->at[b] * T, T, by_rows(dy + asked->at[b] * C, C),
            by_columns(v, W), NULL, 0, span_rows(asked, b), span_rows(all, b),
            C);
    }
    softmax_back(dp, p, all, asked, T, 1 / sqrtf((float)C));
    for (int b = 0; b < B; b++) {
        const float *x = qkv + all->at[b] * W;
        int from = asked->from[b], first = live->from[b], at = asked->at[b];
        int start = from > first ? from : first, rows = span_rows(asked, b);
        int count = span_rows(live, b), n = span_rows(all, b);
        float *d = dqkv + live->at[b] * W;

        mul(d + 2 * C, W, by_columns(p + at * T + first, T),
            by_rows(dy + at * C, C), NULL, 0, count, C, rows);
        mul(d + C, W, by_columns(dp + at * T + first, T),
            by_rows(x + from * W, W), NULL, 0, count, C, rows);
        if (start < live->end[b])
            mul(d + (start - first) * W, W,
                by_rows(dp + (at + start - from) * T, T), by_rows(x + C, W),
                NULL, 0, live->end[b] - start, C, n);
    }
}

#endif

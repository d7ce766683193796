/* tile.cuh - the tile of a block (arch.h): which sequences, and how their
 * rows are packed. */
#ifndef TILE_CUH
#define TILE_CUH

#include "block.cuh"
#include "head.cuh"
#include "kernels.h"

/* B sequences, longest first; at[t] is the first row of step t where rows of
 * all steps are packed, t = 0..T. */
struct tile {
    int B, T;
    int *sequence, *length;     /* (B)                                       */
    int *at;                    /* (T + 1)                                   */
    int *asked;                 /* (T + 1) rows for the head before step t   */
};

__host__ __device__ static inline struct tile tile_lay(struct room *w, int B,
                                                       int T)
{
    struct tile x;

    x.B = x.T = 0;
    x.sequence = (int *)room_take(w, (size_t)B);
    x.length = (int *)room_take(w, (size_t)B);
    x.at = (int *)room_take(w, (size_t)T + 1);
    x.asked = (int *)room_take(w, (size_t)T + 1);
    return x;
}

__device__ static inline int tile_active(const struct tile *x, int t)
{
    return x->at[t + 1] - x->at[t];
}

/* The first of its rows. */
__device__ static inline int tile_first(const struct tiles *from, int number)
{
    return from->edge ? from->edge[number]
                      : least(number * from->rows, from->n);
}

/* Tile `number` of a launch; `less` tokens of each sequence stay out. */
PHASE void tile_take(struct tile *x, const struct tiles *from, int number,
                     int less)
{
    int first = tile_first(from, number);

    x->B = tile_first(from, number + 1) - first;
    EACH(b, x->B) {
        x->sequence[b] = from->order[first + b];
        x->length[b] = from->of.length[x->sequence[b]] - less;
    }
    __syncthreads();
    x->T = x->length[0];
    if (threadIdx.x == 0) {
        int n = x->B;
        x->at[0] = 0;
        for (int t = 0; t < x->T; t++) {
            while (x->length[n - 1] <= t)
                n--;
            x->at[t + 1] = x->at[t] + n;
        }
    }
    __syncthreads();
}

/* The lane that tile number k of a launch belongs to. */
__device__ static inline const struct go_on_lane *lane_of(
    const struct go_on_call *x, int k)
{
    const struct go_on_lane *lane = x->lane + x->lanes - 1;

    while (lane->begin > k)
        lane--;
    return lane;
}

__device__ static inline int token(const struct tile *x,
                                   const struct tiles *from, int b, int t)
{
    return from->of.token[(size_t)x->sequence[b] * from->of.T + t];
}

__device__ static inline int counts(const struct tile *x,
                                    const struct tiles *from, int b, int t)
{
    return from->of.marked[(size_t)x->sequence[b] * from->of.T + t] != 0;
}

/* The rows that the head is asked for: of every step the rows whose token at
 * step + ahead counts (all != 0: any), which is their label. */
__device__ static inline void tile_ask(struct head_rows *rows,
                                       const struct tile *x,
                                       const struct tiles *from, int ahead,
                                       int all)
{
    EACH(t, x->T) {
        int n = 0;
        for (int b = 0; b < tile_active(x, t); b++)
            n += all || counts(x, from, b, t + ahead);
        x->asked[t + 1] = n;
    }
    __syncthreads();
    if (threadIdx.x == 0) {
        x->asked[0] = 0;
        for (int t = 0; t < x->T; t++)
            x->asked[t + 1] += x->asked[t];
    }
    __syncthreads();
    EACH(t, x->T) {
        int n = x->asked[t];
        for (int b = 0; b < tile_active(x, t); b++) {
            int marked = counts(x, from, b, t + ahead);
            if (!all && !marked)
                continue;
            rows->where[n] = x->at[t] + b;
            rows->row[n] = b;
            rows->position[n] = t;
            rows->label[n] = token(x, from, b, t + ahead);
            rows->counts[n++] = marked;
        }
    }
    __syncthreads();
    rows->n = x->asked[x->T];
}

#endif

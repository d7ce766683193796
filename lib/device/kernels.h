/* kernels.h - what CUDA's host side hands to the kernels, and the calls that
 * start them.
 *
 * Pointers in these structs are to the card's memory. A call queues its work
 * on a stream and returns: 0, or the runtime's error. */
#ifndef KERNELS_H
#define KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct CUstream_st;             /* what a cudaStream_t points to */

/* Threads of a block, blocks with tiles that a processor is given, and floats
 * of shared memory that each takes whatever its scratch. */
enum { BLOCK_THREADS = 256, PROCESSOR_BLOCKS = 2,
       BLOCK_SHARED = 12 * BLOCK_THREADS };

/* A model (arch.h): its parameters, which params.h numbers, and its tables,
 * laid out as the processor's. */
enum { CARD_PARAMS = 64 };

struct card_net {
    float *w, *table;           /* (P)                                       */
    size_t at[CARD_PARAMS];     /* where each parameter begins in w          */
    size_t P;
    int C, V;
};

/* ---- what operations work on ---- */

/* Sequences (N,T). */
struct card_sequences {
    const uint8_t *token;
    const int8_t *marked;
    const int32_t *length;
    int T;
};

/* Sequences order[0..n-1], longest first, in tiles of so many rows at most. */
struct tiles {
    struct card_sequences of;
    const int32_t *order;       /* (n)                                       */
    int n, rows;
    const int32_t *edge;        /* (tiles + 1) where tiles begin; NULL: they
                                   have all rows, but the last one           */
    double *loss;               /* (n) out, in the order of `order`          */
    int *wrong;                 /* (n) out                                   */
};

/* Blocks take tile after tile; each has a slab of workspace for the largest
 * tile. Scratch is shared memory, of so many floats; 0: of the slab. */
struct workspace {
    float *slab;
    size_t size, scratch;       /* floats of a slab; of shared scratch       */
    int blocks;
};

struct record_call {
    struct card_net net;
    struct tiles tiles;
    const int64_t *first;       /* (N) row of a sequence's first step        */
    float *embedding, *hidden;  /* (rows,C) (rows,S) out                     */
};

/* The masks of a training step (arch.h): of 256 units `cut` drop out, and
 * `keep` multiplies the others. */
struct dropout_key {
    uint32_t key[2], stream, step;
    int cut;                    /* 0: none                                   */
    float keep;
    const int32_t *sequence;    /* (rows) of a tile                          */
};

struct train_call {
    struct card_net net;
    struct tiles tiles;
    struct dropout_key drop, blocks;    /* in the head; inside a transformer's
                                           blocks                            */
    float *dw;                  /* (tiles,P) out; NULL: evaluate only        */
    float scale;
};

/* The samples of one direction that go on (arch.h). */
struct go_on_lane {
    struct card_net net;
    struct tiles tiles;
    int site, begin;            /* number of its first tile                  */
    const float *v;             /* (n,M)                                     */
    float *dv;                  /* (n,M) out; NULL: evaluate only            */
    const float *hidden;        /* (rows,S) recorded                         */
    const uint8_t *token;       /* (rows) recorded                           */
    const int32_t *row;         /* (n) recorded row of the cut               */
    const int32_t *step;        /* (rows) its step                           */
    float scale;
    float *ahead;               /* what look_ahead found; NULL: nothing      */
    const int64_t *from;        /* (N) where each sequence's begins there    */
};

struct go_on_call {
    const struct go_on_lane *lane;      /* (lanes)                           */
    int lanes, tiles;
};

/* ---- steps of training ---- */

/* Adam (adam.h) on the sum of the gradients of all tiles, which follow each
 * other in dw; c1, c2 = adam_correction. */
struct update_call {
    double *w, *m, *v;          /* (P)                                       */
    float *to;                  /* (P) out: w as the model has it            */
    const float *dw;            /* (tiles,P)                                 */
    size_t P;
    int tiles;
    double lr, c1, c2;
};

int update_start(const struct update_call *x, struct CUstream_st *stream);

/* ---- an architecture on the card ---- */

struct card_arch {
    const char *name;           /* as in arch_menu                           */
    int rows;                   /* of a tile, at most                        */

    /* Floats of a slab for tiles of B rows, T steps from the beginning of a
     * trial to the end of the longest row; of it, the scratch. */
    size_t (*room)(const struct card_net *m, int B, int T, bool trains);
    size_t (*scratch)(const struct card_net *m, int B);

    int (*record)(const struct record_call *x, const struct workspace *w,
                  struct CUstream_st *stream);
    int (*train)(const struct train_call *x, const struct workspace *w,
                 struct CUstream_st *stream);
    int (*go_on)(const struct go_on_call *x, const struct workspace *w,
                 struct CUstream_st *stream);

    /* Fill `ahead` (arch.h) for all sequences of the lanes; NULL where go_on
     * knows no such thing. */
    int (*look_ahead)(const struct go_on_call *x, const struct workspace *w,
                      struct CUstream_st *stream);

    /* Derive the tables from the parameters, but for zeros that fill up. */
    int (*prepare)(const struct card_net *m, struct CUstream_st *stream);
};

extern const struct card_arch card_gru, card_lstm, card_transformer;

/* ---- exchange ---- */

/* Sums over the rows of lanes are cut in so many parts. */
enum { MAP_PARTS = 16 };

/* A map (amap.h): F (K,m), G (m,K), b (K), and the gradients of a loss, dF, dG
 * and db one after another, each part of the rows for itself. What follows is
 * of maps that are learnt on the card. */
struct card_map {
    double *F, *G, *b;
    double *part;               /* (MAP_PARTS, 2 K m + K)                    */
    int m, K;
    int form;                   /* its number in card_forms                  */
    size_t n;                   /* parameters                                */
    double *w, *mean, *square;  /* (n) they, and Adam's moments              */
    const double *base;         /* (m,m) of orthogonal maps                  */
    double *work;               /* of map_room                               */
};

/* The samples of one direction that are exchanged (swap.h). */
struct swap_lane {
    int source, target;         /* numbers of their maps                     */
    int n;
    const float *h_i, *h_j;     /* (rows,m_i) (rows,m_j) recorded states     */
    const int32_t *row_i, *row_j;       /* (n)                               */
    float *v;                   /* (n,m_i) out                               */
    const float *dv;            /* (n,m_i) NULL: it weighs nothing           */
    double *delta, *ddelta;     /* (n,K) kept for the way back               */
    const double *loss;         /* (n) what `scale` weighs                   */
    /* latent.h: v against x[row_x], where that is not -1 */
    const int32_t *row_x;       /* (n); NULL: not asked                      */
    double *apart;              /* (n) out                                   */
    float *dx;                  /* (n,m_i) out; NULL: evaluate only          */
    double spread, scale;
    int norm;
};

struct swap_call {
    const struct swap_lane *lane;
    const struct card_map *map;
    int lanes, maps;
    int most;                   /* rows of the longest lane                  */
    int elements;               /* of dF, dG, db of the largest map          */
};

int swap_start(const struct swap_call *x, struct CUstream_st *stream);
int swap_back_start(const struct swap_call *x, struct CUstream_st *stream);
int latent_start(const struct swap_call *x, struct CUstream_st *stream);

/* ---- maps ---- */

/* The forms that are learnt on the card, NULL-ended, as in amap_menu. */
extern const char *const card_forms[];

/* Doubles of work for a map of n parameters. */
size_t map_room(int form, int m, int K, size_t n);

/* Of every map: the gradient of its parameters from that of F, G and b, a step
 * of Adam, and the new F, G and b; of all lanes the loss. */
struct map_call {
    struct swap_call of;
    double *loss;               /* (1) out; NULL: only F, G and b            */
    double lr, c1, c2;          /* as update_call's                          */
};
int map_start(const struct map_call *x, struct CUstream_st *stream);

#ifdef __cplusplus
}
#endif

#endif

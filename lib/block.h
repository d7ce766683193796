/* block.h - a transformer block, forward and back, for a group of sequences.
 *
 *     y = x + drop(out(attention(norm1(x))))
 *     z = y + drop(ff.2(gelu(ff.0(norm2(y)))))
 *
 * Pre-norm, one causal head of width C, rotary positions, feed-forward layer
 * of 4C. Rows are packed sequence after sequence, a row a position. Of each
 * sequence three spans of positions matter:
 *
 *     all    the keys and values                              R rows
 *     asked  the last ones: those whose output is wanted      Q rows
 *     live   those that a gradient passes: it reaches their queries, keys and
 *            values; none where gradients are not wanted      L rows
 *
 * In training the three are the same. Where a model goes on from a state,
 * earlier positions are keys only, and few are live. */
#ifndef BLOCK_H
#define BLOCK_H

#include "arch.h"
#include "params.h"

/* Sequences that go through a model together: what is kept of them for the
 * way back stays in L2. */
enum { GROUP = 8 };

/* Lines of a parameter table. */
#define BLOCK_PARAMS(b) \
    { b ".norm1.weight", "C", NULL, INIT_ONE, NULL, 0 }, \
    { b ".norm1.bias", "C", NULL, INIT_ZERO, NULL, 0 }, \
    { b ".attn.q.weight", "C", "C", INIT_XAVIER, NULL, 0 }, \
    { b ".attn.q.bias", "C", NULL, INIT_FAN, "C", 0 }, \
    { b ".attn.k.weight", "C", "C", INIT_XAVIER, NULL, 0 }, \
    { b ".attn.k.bias", "C", NULL, INIT_FAN, "C", 0 }, \
    { b ".attn.v.weight", "C", "C", INIT_XAVIER, NULL, 0 }, \
    { b ".attn.v.bias", "C", NULL, INIT_FAN, "C", 0 }, \
    { b ".attn.out.weight", "C", "C", INIT_XAVIER, NULL, 0 }, \
    { b ".attn.out.bias", "C", NULL, INIT_FAN, "C", 0 }, \
    { b ".norm2.weight", "C", NULL, INIT_ONE, NULL, 0 }, \
    { b ".norm2.bias", "C", NULL, INIT_ZERO, NULL, 0 }, \
    { b ".ff.0.weight", "4C", "C", INIT_FAN, "C", 0 }, \
    { b ".ff.0.bias", "4C", NULL, INIT_FAN, "C", 0 }, \
    { b ".ff.2.weight", "C", "4C", INIT_FAN, "4C", 0 }, \
    { b ".ff.2.bias", "C", NULL, INIT_FAN, "4C", 0 }

/* Workspace, handed out piece by piece; from NULL it only counts. */
struct room {
    real *work;
    size_t used;
};
real *room_take(struct room *w, size_t n);

/* A span of positions of each sequence: from[b] is the first, its rows are
 * at[b] .. at[b+1]-1 of what is packed. */
struct span {
    int from[GROUP], at[GROUP + 1];
};

/* Rows that were normed, and what the way back needs of them. */
struct normed {
    real *y, *hat;              /* (rows,C)                                  */
    real *rstd;                 /* (rows)                                    */
};

struct block {
    const struct model *m;
    int first;                  /* number of norm1.weight                    */
    real *table;                /* of block_prepare                          */
    const real *turn;           /* (T,C) of kern_turns                       */
    int B;
    struct span all, asked, live;
    real *x;                    /* (R,C) input; its asked rows are read      */
    real *qkv;                  /* (R,3C)                                    */
    struct normed in;           /* (R) norm1; (L) on the way back            */
    real *p;                    /* weights of attention, (Q,T) at most       */
    real *o;                    /* (Q,C) what attention gives                */
    struct normed mid;          /* (Q) norm2                                 */
    real *a, *slope;            /* (Q,4C) after GELU, its derivative         */
    real *z;                    /* (Q,C) output                              */
    bool dropped;
    real *mask[2];              /* (Q,C)                                     */
    real *dqkv;                 /* (L,3C)                                    */
    /* scratch */
    real *d, *dn;               /* (R,C)                                     */
    real *da;                   /* (Q,4C)                                    */
    real *dp;                   /* (T,T)                                     */
    real *dw;                   /* (3C,C) and (3C)                           */
};

/* Reals of tables (transposed weights, q|k|v side by side). */
size_t block_tables(int C);
void block_prepare(const struct model *m, int first, real *table);

/* Take a block's arrays for B sequences of at most T positions. `first` is the
 * number of its norm1.weight. */
void block_open(struct block *k, const struct model *m, int first,
                real *table, const real *turn, int B, int T, struct room *w);

/* qkv (rows,3C) of x (rows,C), positions apart; and its gradient: dx (rows,C)
 * += through norm1, dw (P) += gradient (NULL: frozen). */
void block_project(const struct block *k, real *qkv, const struct normed *in,
                   const real *x, int rows);
void block_project_back(const struct block *k, real *dx, real *dw,
                        const real *dqkv, const struct normed *in, int rows);

/* Of all rows that block_project left in k->in keep what the way back of
 * frozen parameters needs of the live ones. */
void block_keep_live(struct block *k);

/* z of the asked rows from x and qkv, which get their positions here. slopes:
 * keep what block_back needs. place (1, 2, ...) tells the blocks' dropout
 * streams apart, of positions below 65536; drop->sequence is the group's. */
void block_run(struct block *k, bool slopes, const struct dropout *drop,
               int place);

/* d (Q,C): gradient of z in, that of x along the residual out. dqkv (L,3C):
 * that of the projections of the live rows. dw (P) += gradient of what stands
 * behind them; NULL: frozen. */
void block_back(struct block *k, real *d, real *dw);

/* dx (L,C) = the whole gradient of the live rows of x, from d and dqkv as
 * block_back left them; k->in is what block_project left of these rows. */
void block_input_back(struct block *k, real *dx, const real *d, real *dw);

#endif

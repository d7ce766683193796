/* recurrent.h - what models with one recurrent cell share: embedding, cell,
 * head.
 *
 *     s_t = cell(x_t, s_t-1)          logits_t = head(h_t)
 *
 * A state s begins with h, which is all that the head and W_hh read. Such a
 * model is its cell and two tables; the operations of arch.h are made here. */
#ifndef RECURRENT_H
#define RECURRENT_H

#include "../arch.h"
#include "../head.h"

/* A cell in units of C. Its gates add the input's share W_ih x + b_ih and the
 * state's W_hh h + b_hh: at once in the first `summed` of them, in its own
 * way in the others. */
struct cell {
    int gates;                  /* G = gates C                               */
    int summed;                 /* N = summed C                              */
    int state;                  /* S = state C, width of `hidden`            */
    int kept;                   /* K = kept C, by a step for its gradient    */

    /* s (B,S) from s0 (B,S), without overlap. table (V,G) and token (B): the
     * input's share, with b_hh where summed; gh (B,G) = W_hh h0; bn (G-N) the
     * b_hh of the other gates; keep (B,K) out, NULL: forward only. */
    void (*step)(real *s, real *keep, const real *table, const uint8_t *token,
                 const real *gh, const real *bn, const real *s0, int B,
                 int C);

    /* dgh (B,G) out; dxn (B,G-N) out: gradient of the input's share of the
     * gates that are not summed, NULL where nobody asks; ds0 (B,S) out: what
     * does not pass through gh. */
    void (*back)(real *dgh, real *dxn, real *ds0, const real *ds,
                 const real *keep, int B, int C);
};

/* The whole parameter table: how many gates, and which of them, from 1, keeps
 * the state. */
#define RECURRENT_PARAMS(gates, keeps) \
    { "embedding.weight", "V", "C", INIT_NORMAL, NULL, 0 }, \
    { "rnn.weight_ih_l0", #gates "C", "C", INIT_WIDTH, NULL, 0 }, \
    { "rnn.weight_hh_l0", #gates "C", "C", INIT_WIDTH, NULL, 0 }, \
    { "rnn.bias_ih_l0", #gates "C", NULL, INIT_WIDTH, NULL, keeps }, \
    { "rnn.bias_hh_l0", #gates "C", NULL, INIT_WIDTH, NULL, 0 }, \
    HEAD_PARAMS, \
    { .name = NULL }

/* Its sites: states of so many C at `hidden`. */
#define RECURRENT_SITES(state) \
    { "embedding", "C" }, \
    { "hidden", #state "C" }, \
    { .name = NULL }

/* A model as the operations see it: G gates, of which the first N are summed,
 * S units of state, K kept. */
struct net {
    const struct model *m;
    const struct cell *cell;
    int C, G, N, S, K;
    real *input;                /* (V,G) W_ih x + b_ih, + b_hh where summed  */
    real *W_ih, *W_hh;          /* (C,G) transposed                          */
    real *bias;                 /* (G) what `input` adds                     */
    real *head;
};
struct net recurrent_net(const struct model *m);

#define RECURRENT_OPERATIONS \
    .room = recurrent_room, .tables = recurrent_tables, \
    .prepare = recurrent_prepare, .record = recurrent_record, \
    .train = recurrent_train, .go_on = recurrent_go_on

size_t recurrent_room(const struct model *m, int B, int T);
size_t recurrent_tables(const struct model *m);
void recurrent_prepare(struct model *m);
void recurrent_record(const struct model *m, const struct tile *x,
                      real *const *states, real *work);
void recurrent_train(const struct model *m, const struct tile *x,
                     const struct dropout *drop, real scale, real *dw,
                     const struct outcome *y, real *work);
void recurrent_go_on(const struct model *m, int site, const real *v,
                     const struct past *past, const struct tile *x,
                     real scale, real *dv, const struct outcome *y,
                     real *work);

#endif

/* lstm - embedding, one LSTM cell, head; the state is h|c (2C), of which the
 * head reads h.
 *
 *     i = s(W_ii x + b_ii + W_hi h + b_hi)
 *     f = s(W_if x + b_if + W_hf h + b_hf)
 *     g = tanh(W_ig x + b_ig + W_hg h + b_hg)
 *     o = s(W_io x + b_io + W_ho h + b_ho)
 *     c' = f c + i g          h' = o tanh(c') */
#include "../kern.h"
#include "recurrent.h"

static const struct param params[] = { RECURRENT_PARAMS(4, 2) };
static const struct site sites[] = { RECURRENT_SITES(2) };

static void step(real *s, real *keep, const real *table, const uint8_t *token,
                 const real *gh, const real *bn, const real *s0, int B, int C)
{
    (void)bn;
    kern_lstm(s, keep, table, token, gh, s0, B, C);
}

static void back(real *dgh, real *dxn, real *ds0, const real *ds,
                 const real *keep, int B, int C)
{
    (void)dxn;
    kern_lstm_back(dgh, ds0, ds, keep, B, C);
}

static const struct cell cell = {
    .gates = 4, .summed = 4, .state = 2, .kept = 6,
    .step = step, .back = back,
};

const struct arch arch_lstm = {
    .name = "lstm", .note = "embedding, one LSTM cell, head",
    .params = params, .sites = sites, .cell = &cell, RECURRENT_OPERATIONS
};

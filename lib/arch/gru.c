/* gru - embedding, one GRU cell, head; the state is h (C).
 *
 *     r = s(W_ir x + b_ir + W_hr h + b_hr)
 *     z = s(W_iz x + b_iz + W_hz h + b_hz)
 *     n = tanh(W_in x + b_in + r (W_hn h + b_hn))
 *     h' = (1 - z) n + z h */
#include "../kern.h"
#include "recurrent.h"

static const struct param params[] = { RECURRENT_PARAMS(3, 2) };
static const struct site sites[] = { RECURRENT_SITES(1) };

static const struct cell cell = {
    .gates = 3, .summed = 2, .state = 1, .kept = 5,
    .step = kern_gru, .back = kern_gru_back,
};

const struct arch arch_gru = {
    .name = "gru", .note = "embedding, one GRU cell, head",
    .params = params, .sites = sites, .cell = &cell, RECURRENT_OPERATIONS
};

/* Rows and pairs of a query and a key are counted, as few as the step can do
 * with: what a frozen or a shared input allows to look up is not counted, nor
 * keys after their query. */
#include <string.h>

#include "../../lib/acts.h"
#include "../../lib/align_priv.h"
#include "../../lib/pairs.h"
#include "bench.h"

static int gates(const struct arch *arch)
{
    return strcmp(arch->name, "gru") == 0 ? 3 :
           strcmp(arch->name, "lstm") == 0 ? 4 : 0;
}

/* Operations forward: of a row through the cell, the head, queries, keys and
 * values, the rest of a block; of a query with a key. */
static double cell(const struct arch *arch)
{
    return 2.0 * C * gates(arch) * C;
}

static double head(int V)
{
    return 2.0 * (C * 4 * C + 4 * C * V);
}

static const double project = 2.0 * C * 3 * C, rest = 2.0 * 9 * C * C,
                    attend = 2.0 * 2 * C;

/* Queries from..to-1, each with the keys up to it. */
static double attended(int from, int to)
{
    return (to * (to + 1.0) - from * (from + 1.0)) / 2;
}

double work_train(const struct problem *x)
{
    const struct data *d = x->batch;
    double rows = 0, pairs = 0, flop;

    for (size_t i = 0; i < BATCH; i++) {
        rows += d->length[i] - 1;
        pairs += attended(0, d->length[i] - 1);
    }
    flop = rows * head(d->task->V);
    flop += gates(x->arch) ? rows * cell(x->arch)
                           : rows * (project + 2 * rest) + 2 * pairs * attend;
    /* and the gradients of what goes in, and of the weights */
    return 3e-9 * flop;
}

/* The way back reaches the state at the cut alone: of a block's attention the
 * gradients of its weights, and of one key and value. */
static double transformer_tail(int cut, int first, int length)
{
    int end = cut + length, asked = length - first;
    double one = (length - 1) * rest + attended(cut + 1, end) * attend;
    double two = end * project + asked * rest +
                 attended(cut + first, end) * attend;
    double back = project + asked * rest +
                  attended(cut + first, end) * attend / 2 + asked * attend;

    return one + two + back;
}

static double tail(const struct problem *x, const struct pairs *p, size_t s,
                   const struct acts *target)
{
    int length = p->length[s], first = 0;

    if (gates(x->arch))
        return 2 * (length - 1) * cell(x->arch);
    while (!p->determined[s * p->T + (size_t)first])
        first++;
    return transformer_tail(target->step[p->target_row[s]], first, length);
}

double work_align(const struct problem *x)
{
    int m = model_width(x->m[0], 1), K = m / 2;
    /* F h twice and G; back through them, and their gradients */
    double flop = 4 * SAMPLES * 2.0 * K * m * (3 + 1 + 3);

    for (int j = 0; j < 2; j++)
        for (int i = 0; i < 2; i++) {
            const struct pairs *p = x->pairs[j][i];
            for (size_t s = 0; s < p->P; s++)
                if (p->split[s] == SPLIT_TRAIN)
                    flop += tail(x, p, s, x->acts[i]) +
                            2 * align_tokens(p, s) * head(x->m[i]->V);
        }
    return 1e-9 * flop;
}

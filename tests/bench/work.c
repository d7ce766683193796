/* Rows and pairs of a query and a key are counted, as few as the operation can
 * do with: not what can be looked up by token (the input's share of the gates,
 * queries, keys and values of block 1), nor keys after their query. Going on
 * counts the way back too. */
#include <string.h>

#include "../../lib/acts.h"
#include "../../lib/align_priv.h"
#include "../../lib/pairs.h"
#include "bench.h"

/* Operations forward: of a row through a square matrix, of a query with a
 * key. A block has 9 matrices a row beside queries, keys and values. */
static const double square = 2.0 * C * C, attend = 2.0 * 2 * C;
enum { REST = 9 };

static int gates(const struct arch *arch)
{
    return strcmp(arch->name, "gru") == 0 ? 3 :
           strcmp(arch->name, "lstm") == 0 ? 4 : 0;
}

static double head(int V)
{
    return 2.0 * (C * 4 * C + 4 * C * V);
}

/* Queries from..to-1, each with the keys from `first` up to it. */
static double pairs(int first, int from, int to)
{
    double shortest = from - first + 1, longest = to - first;

    return from < to ? (shortest + longest) * (to - from) / 2 : 0;
}

double work_record(const struct problem *x, const uint32_t *order, int n)
{
    double flop = 0;

    for (int i = 0; i < n; i++) {
        int length = x->batch->length[order[i]];
        flop += gates(x->arch) ? length * gates(x->arch) * square :
                length * REST * square + pairs(0, 0, length) * attend;
    }
    return 1e-9 * flop;
}

double work_train(const struct problem *x, const uint32_t *order, int n)
{
    double flop = 0;

    for (int i = 0; i < n; i++) {
        int rows = x->batch->length[order[i]] - 1;
        flop += rows * head(x->batch->task->V);
        flop += gates(x->arch) ? rows * gates(x->arch) * square :
                rows * (3 + 2 * REST) * square +
                2 * pairs(0, 0, rows) * attend;
    }
    /* and the gradients of what goes in, and of the weights */
    return 3e-9 * flop;
}

/* A sample cut at position p of the target that goes on for `length` tokens,
 * the first that counts being number `first`. At the embedding a cell more
 * goes forward, with an input that is no token, and back to that input. */
static double cells(int gates, int site, int length)
{
    return gates * square * (2 * (length - 1) + (site == 0 ? 3 : 0));
}

/* At hidden block 1 may have been looked ahead at, and the way back reaches one
 * key and value of block 2; at the embedding all of block 2 from p on, and one
 * key and value of block 1. */
static double blocks(int site, int p, int length, int first, bool ahead)
{
    int end = p + length, ask = p + first, asked = end - ask;
    int enters = site == 0, rows = length - !enters;
    double all = pairs(0, ask, end), mine = pairs(p, ask, end);
    double one = ahead ? 0 : (rows * REST + enters * 3) * square +
                             pairs(0, end - rows, end) * attend;
    double two = (2 * end + asked + asked * REST) * square + all * attend;
    double two_back = (asked * REST + (enters ? 3 * length : 3)) * square +
                      (enters ? all / 2 + 1.5 * mine : all / 2 + asked) *
                      attend;
    double one_back = (length * REST + 3) * square +
                      (pairs(0, p, end) / 2 + length) * attend;

    return one + two + two_back + (enters ? one_back : 0);
}

double work_go_on(const struct problem *x, int j, int i, int site, bool ahead)
{
    const struct pairs *p = x->pairs[j][i];
    double flop = 0;

    for (size_t s = 0; s < p->P; s++) {
        int length = p->length[s], first = 0;
        if (p->split[s] != SPLIT_TRAIN)
            continue;
        while (!p->determined[s * p->T + (size_t)first])
            first++;
        flop += 2 * align_tokens(p, s) * head(x->m[i]->V);
        flop += gates(x->arch) ? cells(gates(x->arch), site, length) :
                blocks(site, x->acts[i]->step[p->target_row[s]], length,
                       first, ahead);
    }
    return 1e-9 * flop;
}

/* F h twice and G; back through F_j and G, and the gradients of F twice and
 * of G. */
double work_exchange(const struct problem *x)
{
    double m = model_width(x->m[0], 1);

    return 1e-9 * SAMPLES * m * m * (3 + 1 + 3);
}

double work_align(const struct problem *x)
{
    double gflop = 4 * work_exchange(x);

    for (int d = 0; d < 4; d++)
        gflop += work_go_on(x, d / 2, d % 2, 1, true);
    return gflop;
}

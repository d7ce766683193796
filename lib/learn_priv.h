/* learn_priv.h - what the parts of learn share.
 *
 *     learn.c          epochs, the criterion
 *     learn_cpu.c      how this processor runs sequences and makes steps */
#ifndef LEARN_PRIV_H
#define LEARN_PRIV_H

#include <stdint.h>

#include "adam.h"
#include "arch.h"
#include "data.h"
#include "learn.h"

/* What is found out about some sequences, determined tokens only but for the
 * loss. */
struct learn_sums {
    double loss, tokens;        /* summed over predicted tokens, how many    */
    double wrong, marked;       /* determined tokens                         */
    double right, n;            /* sequences without a wrong one             */
};

/* A training run, as an engine sees it. */
struct learn_run {
    struct model *m;
    const struct data *d;
    struct data *batch_data;    /* d, or fresh sequences                     */
    const struct learn_plan *plan;
    size_t T;                   /* longest sequence that may come            */
    double *w;                  /* (P) parameters in double; they and Adam's */
    struct adam adam;           /* moments are the engine's between put and
                                   fetch                                     */
    uint32_t *spare;            /* (N)                                       */
    void *own;                  /* the engine's                              */
};

/* What runs sequences and makes steps: this processor or a card. 0 or -1. */
struct learn_engine {
    int (*open)(struct learn_run *x, struct arena *a);

    /* The parameters and moments are those of x from now on; bring them back
     * there and into the model. */
    int (*put)(struct learn_run *x);
    int (*fetch)(struct learn_run *x);

    /* Run the model over the sequences order[0..n-1] of x->d, ordered by
     * length. May stop early, the sums being partial, once more than `limit`
     * determined tokens are wrong. */
    int (*run)(struct learn_run *x, const uint32_t *order, size_t n,
               double limit, struct learn_sums *sum);

    /* Gradient steps on the sequences order[0..n-1] of x->batch_data, a batch
     * each; their order within a batch is lost. The sums are added to. -1 too
     * where the loss is not finite (learn_diverged). */
    int (*steps)(struct learn_run *x, uint32_t *order, size_t n,
                 struct learn_sums *sum);

    void (*close)(struct learn_run *x); /* NULL: nothing to do */
};
extern const struct learn_engine learn_cpu;

/* Add what was found of the sequences order[0..n-1] of d. */
void learn_add(struct learn_sums *sum, const struct data *d,
               const uint32_t *order, size_t n, const double *loss,
               const int *wrong);

void learn_join(struct learn_sums *sum, const struct learn_sums *of);

/* 1 / the tokens that a batch predicts. */
double learn_scale(const struct data *d, const uint32_t *batch, size_t n);

/* Is a loss not finite? Then that is the error. */
bool learn_diverged(const struct learn_run *x, double loss);

#endif

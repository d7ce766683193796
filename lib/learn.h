/* learn.h - train a model on the sequences of a task, to the criterion.
 *
 * Cross entropy over all tokens, teacher forced; Adam; the learning rate of
 * method.md, section 2. */
#ifndef LEARN_H
#define LEARN_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct data;
struct learn_engine;
struct model;
struct resume;

struct learn_plan {
    long seed;
    int batch, epochs;
    double lr, lr_min, warmup, decay;   /* lr(s) = min(max(lr (warmup/s)^decay,
                                           lr_min), lr s/warmup)             */
    double dropout, block_dropout;      /* in the head; inside blocks        */
    bool fresh;                 /* new training sequences each epoch         */
    bool criterion;             /* stop at it, fail without it               */
    const struct learn_engine *engine;  /* NULL: this processor */
};

/* One line an epoch. */
struct learn_epoch {
    double epoch, learning_rate, train_loss, valid_loss,
           train_token_accuracy, valid_token_accuracy, valid_accuracy;
};

struct learn_result {
    bool criterion_met;
    int epochs;                         /* trained */
    double train_accuracy, valid_accuracy, test_accuracy, test_token_accuracy;
    const struct learn_epoch *history;  /* (epochs) */
};

/* Train until the criterion or for plan->epochs. Goes on from `resume` and
 * saves into it. 0; or -1: ERR_FAILED where the loss became NaN or the epochs
 * ran out first (the result is filled in all the same), EX_OSERR. */
int learn(struct model *m, struct data *d, const struct learn_plan *plan,
          struct resume *resume, struct learn_result *result,
          struct arena *a);

/* Measure a model that is not trained here. By the same criterion: met where
 * every determined token of training and validation is right (a model that
 * stays as it is would be right twice in a row) and enough of test. */
int learn_measure(struct model *m, struct data *d,
                  struct learn_result *result, struct arena *a);

/* lr(s), s = 1, 2, ... */
double learn_rate(const struct learn_plan *plan, double s);

#endif

/* data.h - token sequences of a task, with the variables behind them. */
#ifndef DATA_H
#define DATA_H

#include <stddef.h>
#include <stdint.h>

#include "task.h"

struct arena;

enum split { SPLIT_TRAIN, SPLIT_VALID, SPLIT_TEST, SPLITS };
extern const char *const split_name[SPLITS];

/* The split whose name is the first `length` characters; SPLITS: none. */
int split_called(const char *name, size_t length);

/* N sequences of at most T tokens. */
struct data {
    const struct task *task;
    struct task_rule rule;
    long seed;
    size_t N, T;
    uint8_t *tokens;            /* (N,T) PAD after the end                   */
    int8_t *determined;         /* (N,T)                                     */
    int8_t *eligible;           /* (N,T) may a swap happen here? NULL: where
                                   task_eligible says so of the token        */
    int32_t *length;            /* (N) B and E included                      */
    int32_t *quantity;          /* (N)                                       */
    uint8_t *split;             /* (N) enum split                            */
    int32_t *vars[TASK_VARS];   /* (N,T) each, after the token; NULL: VAR_OWN */
};

/* Read how many a split: "train=1024,valid=1024,test=10000", each at most
 * once, 0 where it is not named, not all 0. 0 or -1 (EX_USAGE). */
int data_splits(const char *text, size_t n[SPLITS]);

/* Draw n[s] sequences for each split s, in split order, quantities uniform.
 * Sequence k depends on seed and k alone. NULL: memory. */
struct data *data_draw(const struct task *task, const struct task_rule *rule,
                       const size_t n[SPLITS], long seed, struct arena *a);

/* The same number for every quantity that the rule allows, smallest quantity
 * first, all of them SPLIT_TEST. NULL: memory. */
struct data *data_per_quantity(const struct task *task,
                               const struct task_rule *rule, size_t each,
                               long seed, struct arena *a);

/* Longest sequence of the task under this rule, B and E included; 0: it has no
 * program. */
size_t data_longest(const struct task *task, const struct task_rule *rule);

/* Room for N sequences without split and vars. NULL: memory. */
struct data *data_open(const struct task *task, const struct task_rule *rule,
                       size_t N, struct arena *a);

/* Draw every sequence anew for an epoch: tokens, determined, length and
 * quantity; not vars. d->T must be data_longest. */
void data_renew(struct data *d, long seed, uint32_t epoch);

#endif

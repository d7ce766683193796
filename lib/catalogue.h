/* catalogue.h - the eligible rows of a system, sorted by split and tuple of
 * variables: which rows hold a state that is wanted. */
#ifndef CATALOGUE_H
#define CATALOGUE_H

#include "acts.h"
#include "tally.h"

struct arena;

/* All zeros is the empty one. */
struct catalogue {
    int nvars;
    const int32_t *column[TASK_VARS];   /* of the tuple: (S) each            */
    int64_t *row;               /* line of the tally -> row                  */
    struct tally tally;         /* of split and tuple                        */
};

/* Of the `nvars` columns that stand in *c. 0, or -1: memory. */
int catalogue_open(struct catalogue *c, const struct acts *x,
                   struct arena *a);

/* Split and tuple (1 + nvars) of a row. */
void catalogue_key(const struct catalogue *c, const struct acts *x,
                   int64_t row, int32_t *key);

/* How many rows have this split and tuple; the k-th of them, ascending, is
 * catalogue_row(c, *from + k). */
uint32_t catalogue_find(const struct catalogue *c, const int32_t *key,
                        size_t *from);
int64_t catalogue_row(const struct catalogue *c, size_t at);

#endif

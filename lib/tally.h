/* tally.h - lines of integers, sorted so that equal ones can be found and
 * counted. */
#ifndef TALLY_H
#define TALLY_H

#include <stddef.h>
#include <stdint.h>

struct arena;

struct tally {
    int width;
    size_t n;
    int32_t *cell;              /* (n,width)                                 */
    size_t *order;              /* (n) lines in ascending order, equal ones
                                   by number; after tally_sort               */
};

/* n lines of zeros, to be filled in. 0, or -1: memory. */
int tally_open(struct tally *t, int width, size_t n, struct arena *a);

int32_t *tally_line(const struct tally *t, size_t k);

void tally_sort(struct tally *t);

/* How many lines come before `key` (width) in ascending order; with past = 1
 * those equal to it count too. */
size_t tally_before(const struct tally *t, const int32_t *key, int past);

#endif

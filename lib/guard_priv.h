/* guard_priv.h - what the parts of guard share.
 *
 *     guard.c          the child: its limits, its end, what is said of it
 *     guard_calls.c    the system calls that it may make
 *     guard_parcel.c   named arrays in memory that child and parent share */
#ifndef GUARD_PRIV_H
#define GUARD_PRIV_H

#include <stdint.h>

#include "guard.h"

enum { ITEMS = 256, NAME = 64, LINE = 1024 };

/* What stands at the head of the shared memory; offsets are from its start. */
struct item {
    char name[NAME];
    uint32_t type;              /* enum parcel_type, or TEXTS                 */
    uint64_t n, offset, bytes;
};
enum { TEXTS = PARCEL_F64 + 1 };

struct shared {
    _Atomic uint64_t worked;    /* bytes that were decoded                    */
    uint32_t unfiltered;        /* a filter of system calls was refused       */
    uint32_t done;              /* the work came to its end, well or not      */
    int32_t code;               /* 0: well                                    */
    char line[LINE];            /* the child's pending error                  */
    uint64_t used;
    uint32_t nitems;
    struct item item[ITEMS];
};

/* The parent's copy of the head cannot change under its eyes. */
struct parcel {
    struct shared *shared;
    size_t size;                /* of the shared memory                       */
    struct shared head;
};

struct parcel *parcel_open(size_t memory);
void parcel_close(struct parcel *p);

/* Only calls that reading needs are let through from here on. 0, or -1 where
 * the kernel has no filters. */
int guard_filter_reading(void);
int guard_filter_opening(void);

#endif

/* adopt.h - a file of our kinds that another program wrote.
 *
 * Such a file has the attribute `kind` and what the schema of that kind asks
 * for, but no seal, and the types that its writer had: int64 for bytes, texts
 * of any length, names or numbers for what is an enum here. It is read in a
 * guarded child (guard.h) and converted where that is exact. */
#ifndef ADOPT_H
#define ADOPT_H

#include <stddef.h>

#include "h5file.h"
#include "names.h"

struct arena;
struct guard_limits;

struct adopted_set {            /* a dataset or attribute                    */
    const char *name;           /* of a family's member, else NULL           */
    struct h5shape shape;
    void *x;                    /* in the field's memory type                */
};

struct adopted {
    const struct h5schema *schema;
    int *n;                     /* (schema->nfields) sets of each; 0: absent */
    struct adopted_set **set;   /* (schema->nfields)                         */
    struct names unused;        /* datasets that the schema does not know    */
};

/* Is it one of ours by its first bytes? Then -1 (EX_DATAERR); else 0, also
 * where there is no file. */
int adopt_refuse_ours(const char *path);

/* One of ours is read if it was altered, so that its seal is broken. NULL:
 * EX_NOINPUT, EX_DATAERR, with the file in front. */
struct adopted *adopt_read(const char *path,
                           const struct guard_limits *limits,
                           struct arena *a);

/* Put everything into a file that was created by its schema. 0; or -1, where
 * sizes disagree EX_DATAERR without the file. */
int adopt_put(const struct adopted *x, struct h5file *to);

#endif

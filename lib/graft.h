/* graft.h - a model of ours from weights that another program trained.
 *
 * Names are matched by spelling.h, shapes by the architecture's table of
 * parameters, tokens by name: rows of embedding and head are put into our
 * order. What makes it the same model is the golden vector: logits that the
 * other program computed, from which ours differ by at most
 * GRAFT_TOLERANCE. */
#ifndef GRAFT_H
#define GRAFT_H

#include <stddef.h>

struct arch;
struct arena;
struct model;
struct weights;

#define GRAFT_TOLERANCE 1e-4

struct graft_plan {
    const struct arch *arch;            /* NULL: the one that fits best      */
    int nmap;
    const char *const *map;             /* (nmap) theirs=ours                */
    int V;
    const char *const *token;           /* (V) ours                          */
    size_t ntheirs;
    const char *const *theirs;          /* (ntheirs) tokens in their order   */
};

struct graft_result {
    struct model *model;
    const char *unused;         /* names of theirs that were not taken, and  */
    const char *unknown;        /* tokens likewise; "": none                 */
    double worst;               /* largest difference of a logit: where      */
    size_t sequence, step;
    int token;
};

/* 0; or -1: memory; EX_DATAERR, naming the file and what is missing, of another
 * shape, or differs. */
int graft(struct graft_result *y, const struct weights *w,
          const struct graft_plan *plan, struct arena *a);

#endif

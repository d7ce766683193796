/* resume.h - what lets a killed run go on: named vectors and a way to keep
 * them.
 *
 * A training loop lists its state once; saving and restoring walk the list.
 * The loop does not know where the vectors go: the stage lends it a keeper
 * (store.h). All state is double, so a restored run is the same run. */
#ifndef RESUME_H
#define RESUME_H

#include <stdbool.h>
#include <stddef.h>

enum { RESUME_VECTORS = 16 };

struct resume {
    int n;
    struct {
        const char *name;
        double *at;
        size_t size;
    } vector[RESUME_VECTORS];
    double every;               /* seconds between saves                     */
    double last;                /* when the last save was                    */
    /* Filled by the keeper. Both NULL: nothing is kept. */
    int (*save)(const struct resume *r);
    int (*load)(struct resume *r);      /* 1: restored, 0: none there, -1   */
    void *keeper;
    const char *path;           /* of the checkpoint, for errors             */
};

/* Add a vector to the list; it must outlive the run. */
void resume_add(struct resume *r, const char *name, double *at, size_t size);

/* 1: the vectors now hold a saved state. 0: there is none. -1: error. */
int resume_load(struct resume *r);

/* Refuse a saved state of more epochs than this run has: -1 (EX_USAGE). */
int resume_outrun(const struct resume *r);

/* Have `every` seconds passed since the last save, and is anything kept? */
bool resume_due(const struct resume *r);

/* Save if that is so, or if `now`. 0 or -1. */
int resume_save(struct resume *r, bool now);

#endif

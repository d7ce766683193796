/* acts.h - activations: the states of a system, a row a step.
 *
 * The rows of a trial follow each other. Models are recorded; recordings of
 * anything else come as files and may lack tokens, task and model. */
#ifndef ACTS_H
#define ACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arch.h"
#include "data.h"

struct recording;

struct acts_site {
    const char *name;
    int M;
    real *states;               /* (S,M)                                     */
};

struct acts_variable {
    const char *name;
    int32_t *value;             /* (S)                                       */
};

/* S rows, N trials. */
struct acts {
    const char *system, *arch;  /* names; arch "" for a recording            */
    const char *sha256;         /* of the file; NULL before it is one        */
    const struct task *task;    /* NULL: unknown                             */
    struct task_rule rule;
    long seed;
    bool accessible, criterion_met;
    double noise;               /* SD of the noise that was added to a unit's
                                   states, in SDs of the unit                */
    size_t S, N;
    int nsites, nvars;
    struct acts_site site[ARCH_SITES];
    int32_t *unit[ARCH_SITES];  /* (M) of each site, the model's units that it
                                   has, ascending; NULL: all of them         */
    struct acts_variable var[TASK_VARS];
    int32_t *trial, *step;      /* (S)                                       */
    int8_t *eligible;           /* (S)                                       */
    uint8_t *token;             /* (S) NULL: a recording                     */
    int8_t *determined;         /* (S) NULL: a recording                     */
    int64_t *first;             /* (N)                                       */
    int32_t *length;            /* (N)                                       */
    int32_t *quantity;          /* (N) NULL: unknown                         */
    uint8_t *split;             /* (N)                                       */
    const struct recording *recording;  /* time and codes; and what is said of
                                   units, not read from files; NULL: none    */
};

/* Fills the states of all sites, as a device does it: the sequences
 * order[0..N-1], longest first. 0 or -1. */
typedef int acts_recorder(struct acts *x, const struct model *m,
                          const struct sequences *rows, const uint32_t *order,
                          size_t N);

/* Run the model over every sequence and keep all sites; by NULL: this
 * processor. NULL: memory, or the device failed. */
struct acts *acts_record(const struct model *m, const struct data *d,
                         acts_recorder *by, struct arena *a);

int acts_site(const struct acts *x, const char *name);          /* -1: none */
int acts_variable(const struct acts *x, const char *name);      /* -1: none */

/* -1 (EX_DATAERR): no such variable or site, but those that there are. */
int acts_lacks(const struct acts *x, const char *variable);
int acts_lacks_site(const struct acts *x, const char *site);

/* Rows of the longest trial. */
int acts_longest(const struct acts *x);

/* var (m): the variance of each unit over the rows of states (S,m); and their
 * sum, the mean squared distance of a state from the mean state. */
void acts_variance(double *var, const real *states, size_t S, int m);
double acts_spread(const real *states, size_t S, int m);

#endif

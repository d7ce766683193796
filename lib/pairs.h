/* pairs.h - intervention samples of one direction j -> i.
 *
 * A sample is a step of a target trial, a step of a source trial, and what
 * the target's task would go on to say had the chosen variable the source's
 * value (method.md, section 3). This module only looks things up: it runs no
 * model. */
#ifndef PAIRS_H
#define PAIRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "acts.h"

/* A wanted tuple of variables and how often it was recorded. */
struct coverage {
    char variables[128];        /* "phase=0 count=3", cut where it is longer */
    int32_t split, wanted, matches;
};

/* P samples, T steps after the cut, U wanted tuples.
 *
 * An exchange is task.h's: a value overwrites the target's variable, an effect
 * (last_value) moves what it adds to, and full overwrites every VAR_STATE
 * variable; a recording without a task has the named variable overwritten. From
 * a recording into a model full needs values that the model was recorded with.
 * Where the target cannot have the result both steps are drawn again.
 *
 * The tuple of a state is its VAR_STATE variables; of a recording without a
 * task, all of them. The tuple that an exchange asks for was recorded at the
 * matching rows: the target's rows of the same split that are eligible and have
 * it. cf_row is one of these, drawn uniformly. The site `embedding` holds the
 * input of one step, which has no tuple: no rows are looked for there, cf_row
 * is -1 and cf_matches 0 throughout, and so are the matches of the coverage.
 *
 * The value of "full" is that of the first variable that can be exchanged
 * alone (count, cumu_val); without a task, of the first recorded one.
 *
 * unchanged: the target's task, going on with the target's own variables,
 * says every scored token. constant: so it does with the source's values
 * replaced by the most frequent ones (full: tuple) of the training samples,
 * or of all where there are none; the smallest of equally frequent ones; not
 * where the target cannot have them. */
struct pairs {
    const char *file;           /* that they were read from; NULL: none      */
    const char *site, *source_variable, *target_variable;
    const char *source_sha256, *target_sha256;
    const struct task *task;    /* of the target; NULL: a recording          */
    bool shuffled, match_phase; /* as the plan below says                    */
    long seed;
    size_t P, T, U;
    size_t misses;              /* samples without a counterfactual latent   */
    int64_t *target_row, *source_row;   /* (P)                               */
    uint8_t *tokens;            /* (P,T) counterfactual tokens after the cut */
    int8_t *determined;         /* (P,T) scored tokens                       */
    int32_t *length;            /* (P)                                       */
    int32_t *value;             /* (P)                                       */
    uint8_t *split;             /* (P)                                       */
    int8_t *unchanged, *constant;       /* (P)                               */
    int64_t *cf_row;            /* (P) -1: none                              */
    int32_t *cf_matches;        /* (P)                                       */
    struct coverage *coverage;  /* (U)                                       */
};

/* What to exchange. "full" stands for every VAR_STATE variable; else one
 * variable of the source's task for one of the target's. */
struct pairs_plan {
    const char *site, *source_variable, *target_variable;
    size_t n[SPLITS];           /* samples a split                           */
    bool shuffle;               /* permute source rows among samples: null   */
    bool match_phase;           /* draw both steps with equal phase          */
    long seed;
};

/* Draw the samples. Sample k of a split depends on the two systems' states, the
 * seed, the split and k alone; and on what the systems and the exchanged
 * variables are called, by which directions draw apart. Shuffling permutes
 * source_row at the very end and leaves everything else, so the source state no
 * longer says what the counterfactual was made of. NULL: memory, a variable
 * that the system does not have, or a split without an admissible sample
 * (EX_DATAERR). */
struct pairs *pairs_draw(const struct acts *target, const struct acts *source,
                         const struct pairs_plan *plan, struct arena *a);

#endif

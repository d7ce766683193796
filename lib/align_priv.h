/* align_priv.h - what the parts of align share.
 *
 *     align_open.c     roles, presets, checks at the door
 *     align_run.c      batches of all directions, steps, and sums over them
 *     align_cpu.c      how this processor runs them
 *     align.c          training
 *     align_score.c    results
 *     align_state.c    of the states, without going on from them */
#ifndef ALIGN_PRIV_H
#define ALIGN_PRIV_H

#include "align.h"

struct adam;

/* One direction's share of a batch: up to plan.batch samples, sorted by
 * remaining length so that rows that have ended drop off a tile's end. */
struct align_lane {
    int n;
    uint32_t *order, *spare;    /* (batch) samples of the direction          */
    real *h_i, *h_j, *v, *dv;   /* (batch,m)                                 */
    double *work;               /* of the swap                               */
    bool run, latent;           /* go on from v; hold v against its latent   */
    double *loss;               /* (batch) in the order of `order`           */
    int *wrong;                 /* (batch)                                   */
    double *apart;              /* (batch) latent loss; 0: no latent         */
    double scale;               /* of the loss's gradient; 0: evaluate       */
    real *ahead;                /* what align_look_ahead found               */
    size_t *from;               /* (P) a sample's begins here; NULL: nothing */
};

/* Workspace to run batches of all directions. */
struct align_space {
    const struct align_engine *engine;
    struct align_lane lane[ALIGN_DIRECTIONS];
    void *own;                  /* the engine's                              */
    /* of align_cpu */
    int threads;
    real **work;                /* (threads) */
    struct tile *tile;          /* (threads) */
};

enum { ALIGN_AT_ONCE = 100 };   /* steps that are asked for, at most         */

/* Gradient steps of Adam on the parameters of all maps, which w holds one map
 * after another. */
struct align_steps {
    void (*fill)(void *with, int k);    /* put the samples of step k and their
                                           scales into the lanes             */
    void *with;
    int n;                      /* steps; out: made, fewer where an engine ends
                                   with the first loss that is not finite    */
    double *w, *dw;             /* (parameters)                              */
    struct adam *adam;
    double lr;
    double *loss;               /* (n) out: of a step's batch, before it     */
};

/* What runs them: this processor or a card. 0 or -1. */
struct align_engine {
    /* often: the lanes as they are now will be run many times. */
    int (*open)(struct align_space *s, const struct align *x, bool often,
                struct arena *a);

    /* Swap the samples that stand in the lanes into v; go on from them where
     * the lane runs, and find loss and wrong; hold them against their latents
     * where it is asked to, and find apart; and (scale > 0, one of the two)
     * the gradient of v. A lane with n = 0 rests. */
    int (*run)(const struct align *x, struct align_space *s);

    /* From that gradient: dF, dG, db of all maps, which are 0 before. */
    int (*back)(const struct align *x, struct align_space *s);

    /* Make steps, and leave the maps forwarded. */
    int (*steps)(const struct align *x, struct align_space *s,
                 struct align_steps *steps);

    void (*close)(struct align_space *s);       /* NULL: nothing to do */
};
extern const struct align_engine align_cpu;

/* Lanes run and are held against latents as their directions are trained. A
 * space that could not be opened is closed too. */
int align_space_open(struct align_space *s, const struct align *x, bool often,
                     struct arena *a);
void align_space_close(struct align_space *s);

/* Order the samples of a lane, gather their states in h_i and h_j and swap
 * them into v, here. Engines do at least this with lanes that neither run nor
 * are held against latents. */
void align_exchange(const struct align *x, struct align_lane *l, int d);

/* The gradient of all maps' parameters, after the engine's run. */
int align_back(const struct align *x, struct align_space *s);

/* An engine's steps by its run and back, one after the other; the maps are
 * this processor's. */
int align_make_steps(const struct align *x, struct align_space *s,
                     struct align_steps *steps);

/* Sample numbers of one split of a direction, in file order; *n of them. */
uint32_t *align_samples(const struct pairs *p, enum split split, size_t *n,
                        struct arena *a);

/* Scored tokens of a sample. */
int align_tokens(const struct pairs *p, size_t sample);

/* IIA, mean cross entropy and mean latent loss over a split, NaN where the
 * lane does not find it out; correct and loss (n), NULL: not wanted. */
struct align_mean { double iia, loss, latent; };
int align_evaluate(const struct align *x, struct align_space *s,
                   const uint32_t *const *samples, const size_t *n,
                   struct align_mean *mean, int8_t *const *correct,
                   double *const *loss);

/* Swap all test samples without going on from them: distances to latents and
 * to recorded states, stand-ins. Leaves no lane to run. 0, or -1: memory. */
int align_states(struct align *x, struct align_space *s, struct arena *a);

/* The perfect exchanges. Leaves no lane to run. 0, or -1: memory. */
int align_perfect(struct align *x, struct align_space *s, struct arena *a);

/* Read every exchanged variable off the states of its system, where some
 * system is closed. 0, or -1: memory. */
int align_decode(struct align *x, struct arena *a);

#endif

/* align_priv.h - what the parts of align share.
 *
 *     align_open.c     roles, presets, checks at the door
 *     align_run.c      batches of all directions: swap, go on, hold against
 *                      latents
 *     align.c          training
 *     align_score.c    results
 *     align_state.c    of the states, without going on from them */
#ifndef ALIGN_PRIV_H
#define ALIGN_PRIV_H

#include "align.h"

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
    int threads;
    struct align_lane lane[ALIGN_DIRECTIONS];
    real **work;                /* (threads) */
    struct tile *tile;          /* (threads) */
};

/* Lanes run and are held against latents as their directions are trained. */
int align_space_open(struct align_space *s, const struct align *x,
                     struct arena *a);

/* Let the models of the lanes that run look ahead at all their samples: worth
 * it where each is run many times. 0, or -1: memory. */
int align_look_ahead(const struct align *x, struct align_space *s,
                     struct arena *a);

/* Swap the samples that stand in the lanes into v; go on from them where the
 * lane runs, and fill loss and wrong; hold them against their latents where it
 * is asked to, and fill apart; and (scale > 0, one of the two) dv. A lane with
 * n = 0 rests. */
void align_run(const struct align *x, struct align_space *s);

/* The gradient of all maps' parameters, from the dv of the lanes. */
void align_back(const struct align *x, struct align_space *s);

/* Sample numbers of one split of a direction, in file order; *n of them. */
uint32_t *align_samples(const struct pairs *p, enum split split, size_t *n,
                        struct arena *a);

/* Scored tokens of a sample. */
int align_tokens(const struct pairs *p, size_t sample);

/* IIA, mean cross entropy and mean latent loss over a split, NaN where the
 * lane does not find it out; correct and loss (n), NULL: not wanted. */
struct align_mean { double iia, loss, latent; };
void align_evaluate(const struct align *x, struct align_space *s,
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

/* standin.h - what stands in for an IIA that cannot be measured: how near
 * intervened states come to counterfactual latents, recorded states of the
 * target with the wanted variables, and how near one comes without them.
 *
 *     intervened   v, the state after the exchange
 *     mean         the mean of the counterfactual latents of the training
 *                  samples, whatever the sample: knows no variable
 *     shuffled     v, held against the latent of another sample: knows which
 *                  states there are, not which one is wanted
 *     untouched    the target's own state: an exchange that does nothing
 *     same         another recorded state with the very variables of the
 *                  latent: as near as states of one tuple are to each other,
 *                  which noise and all else that they hold keep apart. No
 *                  exchange need come nearer
 *
 * Distances are of the recording's units and dimensions; of two exchanges into
 * one recording they compare, else what is to be compared is their ratio to
 * that of the mean. */
#ifndef STANDIN_H
#define STANDIN_H

#include <stddef.h>
#include <stdint.h>

#include "real.h"
#include "score.h"

struct arena;

enum standin { STANDIN_INTERVENED, STANDIN_MEAN, STANDIN_SHUFFLED,
               STANDIN_UNTOUCHED, STANDIN_SAME, STANDINS };
extern const char *const standin_names[STANDINS];

/* Means over the n samples that have a latent (same: and another such state),
 * with 95 % intervals: the bootstrap's over the target's trials, each of which
 * several samples may be of (score_clusters). NaN where there is none; shuffled
 * where there is no other one. */
struct standin_line {
    int n;
    double distance, cosine;
    struct interval distance_95, cosine_95;
};

/* n test samples, and the target's S recorded states; the rows of the latents
 * of its training samples are nmean. A row is -1 where there is no latent. */
struct standin_samples {
    int m;
    size_t n, nmean;
    const real *v, *h;                  /* (n,m) intervened, the target's own */
    const real *states;                 /* (S,m)                             */
    const int64_t *row, *same_row;      /* (n)                               */
    const int32_t *trial;               /* (n) that h is of                  */
    const int64_t *mean_row;            /* (nmean)                           */
};

/* `direction` names the random numbers. 0, or -1: memory. */
int standin_score(struct standin_line line[STANDINS],
                  const struct standin_samples *s, uint64_t seed,
                  uint32_t direction, struct arena *a);

#endif

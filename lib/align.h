/* align.h - one engine for every alignment: systems, directions, losses.
 *
 * Systems 1..n have one map R_k each; a direction (j -> i) exchanges a
 * variable of j into i. Its role is one of
 *
 *     behaviour  a loss U: model i goes on from the intervened state v and is
 *                scored on the counterfactual tokens
 *     latent     a loss X: v is held against the counterfactual latent x
 *                (latent.h); needs recorded states of system i only
 *     score      no loss
 *
 * and the loss of a step is lambda X + (1 - lambda) U, each the mean over its
 * directions; where one kind is missing, the other alone. After training every
 * direction whose target can be run is scored on its test samples, those of
 * behaviour on all samples. DAS, MAS, UniMAS, CMAS, Linear Map are lists of
 * directions (align_preset). method.md, section 4. */
#ifndef ALIGN_H
#define ALIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "acts.h"
#include "amap.h"
#include "decode.h"
#include "latent.h"
#include "pairs.h"
#include "score.h"
#include "standin.h"

struct align_engine;
struct resume;

enum { ALIGN_SYSTEMS = 8, ALIGN_DIRECTIONS = 64 };
enum role { ROLE_BEHAVIOUR, ROLE_LATENT, ROLE_SCORE };

struct align_system {
    const struct acts *acts;
    struct model *model;        /* NULL: cannot be run on                    */
    bool held;                  /* run for scores only, never in training    */
    struct amap *R;             /* opened by align_open                      */
    double spread;              /* its latents' s (latent.h), by align_open  */
};

struct align_direction {
    int source, target;         /* systems, from 0                           */
    enum role role;
    const struct pairs *pairs;
    int n[SPLITS];
    /* results; NaN and NULL where the target cannot be run */
    double iia[SPLITS];         /* but for behaviour NaN except on test      */
    struct interval wilson;
    double loss_test, null_mean, null_high, chance, constant;
    int8_t *correct;            /* (n[SPLIT_TEST])                           */
    double *loss;               /* (n[SPLIT_TEST])                           */
    /* of the intervened states themselves, whether it can or not */
    int latent_n;               /* test samples with a counterfactual latent */
    double latent_distance, latent_cosine;      /* means; NaN: none          */
    double nearest, nearest_recorded;   /* medians of near.h's; NaN: none    */
    struct standin_line standin[STANDINS];      /* of test samples          */
    /* Of roles but behaviour, where the target can be run: IIA of the test
     * samples' counterfactual latents themselves, put in place of its states in
     * the units that its map is of: what an exchange without any distance would
     * reach. n = 0, NaN: not asked. */
    int perfect_n;
    double perfect_iia;
    struct interval perfect;
};

struct align_plan {
    const char *site, *form;
    int K;                      /* 0: half of the narrowest system           */
    long seed;
    int batch, epochs, null_draws;
    double lr;
    double lambda;              /* weight of the latent losses, 0..1; NaN
                                   once learnt without both kinds            */
    enum latent_norm latent_norm;
    int validate_every;         /* steps                                     */
    bool early_stop, select_min;
    int patience;               /* steps without improvement                 */
    double better_iia, better_loss;     /* what counts as one: by so much;
                                           by this share                     */
};

/* One line a validation. */
struct align_line {
    double step, train_loss, valid_loss, valid_latent, valid_iia,
           valid_iia_min;
};

struct align_check {            /* a swap whose outcome is known             */
    const char *what;
    int source, target;
    double deviation;
};

struct align_decoding {         /* how well a system's states tell a variable */
    int system;
    const char *variable;
    struct decode is;
};

struct align {
    struct align_plan plan;
    const char *preset;         /* what gave the roles; "none": each its own */
    bool whole;                 /* K = 0 stands for all dimensions, not half */
    int nsystems, ndirections;
    struct align_system system[ALIGN_SYSTEMS];
    struct align_direction direction[ALIGN_DIRECTIONS];
    const struct align_engine *engine;  /* NULL: this processor */
    int steps, best_step;
    bool converged;
    size_t nhistory, nchecks, ndecodings;
    struct align_line *history;
    struct align_check *check;
    struct align_decoding *decoding;    /* where some system is closed       */
};

/* The role of that name; -1: none (EX_USAGE). And back. */
int align_role(const char *name);
const char *align_role_name(enum role role);

/* Can the system be run on: is it accessible, and was its model given? */
bool align_runs(const struct align *x, int system);

/* Is the system a recording as far as learning goes: it cannot be run on, or
 * is held? Of exchanges into it there is a stand-in (standin.h). */
bool align_closed(const struct align *x, int system);

/* Hold the systems of a list, "2" or "2,3", out of training. 0 or -1
 * (EX_USAGE: no such system, or one that cannot be run on anyway). */
int align_hold(struct align *x, const char *list);

/* Give every direction the role that a preset gives it; after align_hold.
 * A system is closed where it is held or cannot be run on.
 *
 *     das               1 to 1, behaviour
 *     mas               all n^2, behaviour
 *     unimas            behaviour into open systems; into closed ones, where
 *                       given, score
 *     cmas              behaviour into open systems, latent into closed ones
 *     linear-map        one direction, behaviour, all dimensions
 *     latent-stitching  one direction, latent, all dimensions
 *
 * -1: the directions or systems are not the preset's, or there is no such
 * preset (EX_USAGE). */
int align_preset(struct align *x, const char *preset);
extern const char *const align_presets[];       /* names, NULL-ended */

/* Check systems against directions (hashes, rows, sites, access, nothing
 * twice), choose K, open the maps at their start. 0 or -1 (EX_DATAERR,
 * EX_USAGE, EX_OSERR). */
int align_open(struct align *x, struct arena *a);

/* Learn the maps: gradient steps, validation, best checkpoint. Leaves the
 * best maps in the systems. -1: ERR_FAILED where the loss became NaN. */
int align_learn(struct align *x, struct resume *resume, struct arena *a);

/* Score every direction with the maps as they are: IIA (on test samples; of
 * behaviour directions on all), intervals, random-rotation null, chance, best
 * constant, and the sanity swaps; where systems are closed also the stand-ins
 * of exchanges into them, and how well every exchanged variable is read off
 * the states of its system. A sanity swap that fails is an error
 * (EX_SOFTWARE). */
int align_score(struct align *x, struct arena *a);

/* Log the result: the roles, the numbers of every direction, and the models
 * that are not known to meet their training criterion. */
void align_say(const struct align *x, const char *output);

#endif

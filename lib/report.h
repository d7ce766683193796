/* report.h - a figure's numbers: alignments joined with their nulls, ceilings
 * and similarities, and the claims that they are held against.
 *
 * A panel is the pair of types of system (task and architecture); a bar within
 * it is the variables exchanged ("count", "count, equal phases" where samples
 * match phases), the method, the site, the form of the maps, K and lambda. A
 * bar has a line for each way to choose among its directions:
 *
 *     all        those trained by behaviour (where none is, by latents)
 *     cross      those between different systems, trained or not
 *     1to2 ...   those of one number; into1, into2: of one target
 *
 * of which the last two kinds need two systems, 1 being of the panel's first
 * type. The value of a line is the mean over the pairs of systems and their
 * directions. Its interval resamples the samples (test exchanges) of each
 * direction and keeps the models (score_bootstrap: it has a width even where
 * every sample is right); a second one, with 3 models or more of each type,
 * resamples the models (score_seeds). A direction's is Wilson's.
 *
 * Panels are unordered, A × B in alphabetical order. Where a direction of the
 * report is not trained by behaviour (UniMAS, CMAS) the systems are unlike, and
 * A is system 1's type. Where an alignment of two systems has one direction (a
 * direct map) a panel is A → B, from the source's type to the target's, for the
 * cross-model directions of every alignment; exchanges within a system stand in
 * no bar then. method.md, sections 6 and 7. */
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "../schemas/schemas.h"

struct acts;
struct arena;
struct pairs;

/* What is read of an alignment file: G systems, D directions. */
struct report_alignment {
    const char *file, *preset, *site, *map;
    int dims;
    double lambda;
    bool shuffled, match_phase, criterion_met;
    size_t G, D;
    struct alignment_models *model;             /* (G) */
    struct alignment_directions *direction;     /* (D) */
    size_t B, P, Y;                             /* of recordings, or 0 */
    struct alignment_stand_in *stand_in;        /* (B) */
    struct alignment_perfect *perfect;          /* (P) */
    struct alignment_decodability *decodability;        /* (Y) */
    double *noise;                              /* (G) of a recording */
};

/* What is read of a similarity file: M scores. */
struct report_similarity {
    const char *file, *site;
    const char *system[2], *task[2], *arch[2];
    bool criterion_met;
    size_t M;
    struct similarity_scores *score;            /* (M) */
};

/* An alignment that had a recording for a model, and its maps scored in that
 * model: the same file where the model was held only. */
struct report_pretended {
    struct report_alignment learnt, truth;
};

struct report_input {
    int nalignments, nnulls, nceilings, nsimilarities;
    struct report_alignment *alignment;
    struct report_alignment *null;      /* from shuffled interventions       */
    struct report_alignment *ceiling;   /* one system each (DAS)             */
    struct report_similarity *similarity;
    int npretended;
    struct report_pretended *pretended;
};

struct report {
    const char *figure, *caption;
    const char *command;        /* that makes it again; NULL: not told       */
    bool criterion_met;
    size_t n, npaths;
    struct report_table *row;           /* (n)                               */
    struct report_paths *path;  /* (npaths) states along trials, or none     */
    size_t nstand_in, ndecodability;
    struct report_stand_in *stand_in;           /* (nstand_in) of recordings */
    struct report_decodability *decodability;   /* (ndecodability)           */
    const char *recording, *variable;   /* that is shown; NULL: none         */
    size_t nunits, nsteps, ncells, ntuning, ncoverage;
    struct report_units *unit;          /* (nunits) the order of its units   */
    struct report_steps *step;          /* (nsteps) a few trials             */
    struct report_cells *cell;          /* (ncells)                          */
    struct report_tuning *tuning;       /* (ntuning)                         */
    struct report_coverage *coverage;   /* (ncoverage)                       */
    size_t npretend, nrank;
    struct report_pretend *pretend;     /* (npretend) pretended recordings   */
    struct report_rank *rank;           /* (nrank)                           */
    size_t nfiles;              /* of a report that was read: what it        */
    const struct h5ancestor *file;      /* descends from, oldest first       */
};

/* The level of a direction's row, by its role; NULL-ended. */
extern const char *const report_roles[];

/* Join everything into rows: the bars, then their directions, then the averages
 * of similarities (their interval is the range over the pairs), then the
 * similarities; in each part in the order of the input. 0, or -1: memory;
 * EX_DATAERR where a null is not shuffled, an alignment is, or a ceiling has
 * more than one system. */
int report_join(struct report *r, const char *figure,
                const struct report_input *in, long seed, struct arena *a);

/* Is everything equal that tells bars apart: panel, variables or measure,
 * method, site, form of the maps, K and lambda? */
bool report_same_bar(const struct report_table *x,
                     const struct report_table *y);

/* Does this line of a bar ("all", "cross", "1to2", "into2") average d, one of
 * the bar's directions? `trained`: d has the role that "all" takes. */
bool report_belongs(const struct report_table *d, const char *line,
                    bool trained);

/* Are both of the same variables in the same direction? Is pretend[k] the first
 * of its own? */
bool report_same_exchange(const struct report_pretend *x,
                          const struct report_pretend *y);
bool report_pretend_first(const struct report *r, size_t k);

/* Is the system of that name a recording? */
bool report_is_recording(const struct report *r, const char *system);

/* A line of a bar, found by any of its rows. NULL: there is none. */
const struct report_table *report_line(const struct report *r,
                                       const struct report_table *bar,
                                       const char *line);

/* The one that stands for the bar in pictures and tables: "all", or, where a
 * recording takes part, "cross": what a model makes of the recording, without
 * the exchanges of the model with itself. NULL: there is neither. */
const struct report_table *report_shown(const struct report *r,
                                        const struct report_table *bar);

/* Equal numbers, or both none. */
bool report_same_number(double x, double y);

/* Add the states along trials of systems with 3 units or more at `hidden`, the
 * first three of them: of quantities 3, 6 and 9 where all three were recorded,
 * else of the smallest three, one trial each, from B to the step before E is
 * said; and of every other quantity that last step alone. 0, or -1: memory;
 * EX_DATAERR where a system has no such states or no quantities. */
int report_paths(struct report *r, const struct acts *const *x, int n,
                 struct arena *a);

/* Add what was recorded of x (NULL: nothing is), a recording of the input's
 * alignments: its units, sorted by their correlation with the variable that the
 * first of the n interventions into it, else of the alignments, exchanges
 * alone; three trials, 400 steps of each at most; mean states of six units by
 * the values of the variables, with intervals over trials (score_clusters); how
 * many recorded states there are of the tuples that the interventions ask for.
 * 0, or -1: memory; EX_DATAERR where x can be run or is in no alignment, where
 * interventions are into another system, or no row has a variable. */
int report_session(struct report *r, const struct report_input *in,
                   const struct acts *x, const struct pairs *const *p, int n,
                   long seed, struct arena *a);

/* What a measure of /rank is, in words; of another name the name. */
const char *report_measure(const char *name);

/* "multi-object" -> "Multi-Object", "rem_ops" -> "Rem Ops", "gru" -> "GRU". */
const char *report_pretty(const char *name, struct arena *a);

/* A system's name without the suffixes of its model's file ("": memory); are
 * two names the same without them? */
const char *report_system(const char *name, struct arena *a);
bool report_same_system(const char *x, const char *y);

/* The variables of an exchange: "Count", or "Rem Ops → Count". "": memory. */
const char *report_exchange(const char *source, const char *target,
                            struct arena *a);

/* ---- figures.c: figures that the method names; one line one to add ---- */

/* How the panels of a picture lie, and what stands in each. */
enum layout {
    LAYOUT_ROW,         /* side by side: a bar a variable, site and method   */
    LAYOUT_TRIANGLE,    /* model 1 by row, model 2 by column: bars by variable
                           and site, then the averages of RSA               */
    LAYOUT_DIRECTIONS,  /* side by side: bars by direction, colour by method */
    LAYOUT_CURVE,       /* IIA against dims, or against lambda where that is
                           what varies: a line a method and map              */
    LAYOUT_SCATTER,     /* pretended recordings: IIA against the distance to
                           latents, a panel a variable and direction         */
    LAYOUT_RECORDING,   /* recordings: distances to latents beside baselines,
                           a panel a direction                               */
    LAYOUT_RASTER,      /* what was recorded: units by time, a panel a trial */
    LAYOUT_TUNING,      /* mean states by the variable, a panel a unit       */
    LAYOUT_COVERAGE     /* recorded and wanted states by the variable        */
};

struct figure {
    const char *name, *title, *caption;
    const char *asks;           /* what the figure is to find out            */
    enum layout layout;
    const char *answers;        /* whose claims; NULL: its own               */
};
const struct figure *report_figure(const char *name);   /* NULL: unknown */

/* Are the claims of this figure held against the report? */
bool report_answers(const struct report *r, const char *figure);

/* ---- claims.c: what the paper claims of them, one line a number;
 * claims_hold.c: whether it holds ---- */

/* Which rows of a report: those that fit every word that is not NULL. */
struct quantity {
    const char *level;          /* bar, or average of similarities           */
    const char *type_1, *type_2;        /* in either order, unless panels are
                                           A → B                             */
    const char *method, *bar, *direction;
    const char *site, *map;
};

enum test {                     /* the row x of `of` holds if ...            */
    TEST_AT_LEAST,              /* x >= bound                                */
    TEST_EACH_AT_LEAST,         /* its lowest cross-model direction is       */
    TEST_AT_MOST,               /* x <= bound                                */
    TEST_LOWER,                 /* x's interval lies below that of `than`    */
    TEST_NOT_LOWER,             /* it does not                               */
    TEST_ABOVE_BY,              /* x - than >= bound                         */
    TEST_HIGHER,                /* x > than                                  */
    TEST_HIGHEST_BUT,           /* x > the same of every panel but than's    */
    TEST_CLOSES,                /* x - than >= bound (top - than), where than
                                   is lower than top: else there is no gap   */
    TEST_ALIKE                  /* x, than and top differ by at most bound   */
};

/* Where `of` leaves a type open, each row that fits is tested by itself, and
 * `than` and `top` that name no type are of the same panel. */
struct claim {
    const char *figure, *id, *claim;
    enum test test;
    double bound;
    struct quantity of, than, top;
};
extern const struct claim claim_menu[];         /* ends with figure NULL */

/* What an interval is over. With intervals over model seeds on both sides a
 * claim asks those, else those over samples. */
enum over { OVER_NOTHING, OVER_SAMPLES, OVER_SEEDS, OVER_PAIRS };

struct finding {
    const struct report_table *row, *than, *top;    /* NULL: not there       */
    enum over over;
    int seeds;                  /* models of each type behind the row        */
    double number, low, high;   /* what is tested, its interval; NaN: none   */
    double lowest;              /* cross-model direction, or pair, of the row */
    bool measured, holds;
    bool no_gap;                /* to close: not decided, hence not measured */
};

/* Hold the claim against a report of its figure: at most `most` findings, how
 * many; at least one, which may be not measured. */
enum { CLAIM_FINDINGS = 32 };
int claim_findings(struct finding *to, int most, const struct report *r,
                   const struct claim *c);

/* The bar's exchange within its target: the line 2to2 of 1to2. NULL: it is not
 * of a single cross-model direction, or there is none. */
const struct report_table *claim_within(const struct report *r,
                                        const struct report_table *bar);

/* "at least 0.90 in each direction". "" without memory. */
const char *claim_predicate(const struct claim *c, struct arena *a);

/* "Multi-Object × Same-Object GRU, MAS: Count", of a row, with 1 → 2 where it
 * is of one direction; "MAS of Count between Multi-Object GRU and Same-Object
 * GRU", of what was asked. "" without memory. */
const char *claim_subject(const struct report_table *row, struct arena *a);
const char *claim_quantity(const struct quantity *q, struct arena *a);

/* The numbers of the paper's text. */
struct quoted {
    const char *figure, *what;
    double value;
    struct quantity of;
};
extern const struct quoted quoted_menu[];       /* ends with figure NULL */

/* The first row from number *from on that fits; *from is the one after it.
 * NULL: none. */
const struct report_table *claim_find(const struct report *r,
                                      const struct quantity *q, size_t *from);

#endif

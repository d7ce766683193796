/* report.h - a figure's numbers: alignments joined with their nulls, ceilings
 * and similarities, and the claims that they are held against.
 *
 * A panel is the pair of types of system (task and architecture), a bar the
 * variables exchanged and the method within it. The value of a bar is the mean
 * over its pairs of systems and their trained directions; the claims speak of
 * the cross-model directions alone, so each bar has a second line for those.
 * A bar's interval resamples the trials of each direction and keeps the
 * models (score_bootstrap); a direction's is Wilson's. method.md, sections 6
 * and 7. */
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "../schemas/schemas.h"

struct arena;

/* What is read of an alignment file: G systems, D directions. */
struct report_alignment {
    const char *file, *preset, *site, *map;
    int dims;
    double lambda;
    bool shuffled, criterion_met;
    size_t G, D;
    struct alignment_models *model;             /* (G) */
    struct alignment_directions *direction;     /* (D) */
};

/* What is read of a similarity file: M scores. */
struct report_similarity {
    const char *file, *site;
    const char *system[2], *task[2], *arch[2];
    bool criterion_met;
    size_t M;
    struct similarity_scores *score;            /* (M) */
};

struct report_input {
    int nalignments, nnulls, nceilings, nsimilarities;
    struct report_alignment *alignment;
    struct report_alignment *null;      /* from shuffled interventions       */
    struct report_alignment *ceiling;   /* one system each (DAS)             */
    struct report_similarity *similarity;
};

struct report {
    const char *figure, *caption;
    bool criterion_met;
    size_t n, npaths;
    struct report_table *row;           /* (n)                               */
    struct report_paths *path;  /* (npaths) states along trials, or none     */
    size_t nfiles;              /* of a report that was read: what it        */
    const struct h5ancestor *file;      /* descends from, oldest first       */
};

/* Join everything into rows: the bars (for each: direction "all", then
 * "cross"), then their directions, then the similarities; in each part in the
 * order of the input. 0, or -1: memory; EX_DATAERR where a null is not
 * shuffled, an alignment is, or a ceiling has more than one system. */
int report_join(struct report *r, const char *figure,
                const struct report_input *in, long seed, struct arena *a);

/* "multi-object" -> "Multi-Object", "rem_ops" -> "Rem Ops", "gru" -> "GRU". */
const char *report_pretty(const char *name, struct arena *a);

/* The bar line of this panel, bar and direction ("all", "cross") by MAS. NULL:
 * none. */
const struct report_table *report_bar(const struct report *r,
                                      const char *panel, const char *bar,
                                      const char *direction);

/* ---- claims.c: figures that the method names, what the paper claims of them,
 * and one line a figure or claim to add ---- */

/* How the panels of a picture lie, and what stands in each. */
enum layout {
    LAYOUT_ROW,         /* side by side: a bar a variable, site and method   */
    LAYOUT_TRIANGLE,    /* model 1 by row, model 2 by column: bars by variable
                           and site, then the averages of RSA               */
    LAYOUT_DIRECTIONS,  /* side by side: bars by direction, coloured by method */
    LAYOUT_CURVE        /* IIA against dims, or against lambda where that is
                           what varies: a line a method and map              */
};

struct figure {
    const char *name, *title, *caption;
    const char *asks;           /* what the figure is to find out            */
    enum layout layout;
};
const struct figure *report_figure(const char *name);   /* NULL: unknown */

/* One number that a claim is about. It holds if the number is at least
 * `least`, or, where `than` names another bar, lower: with 95 % intervals that
 * do not overlap. */
struct claim {
    const char *figure, *id, *claim;
    const char *panel, *bar;
    double least;
    const char *than_panel, *than_bar;
};
extern const struct claim claim_menu[];         /* ends with figure NULL */

struct finding {
    const struct report_table *row, *than;      /* NULL: not in this report  */
    double lowest;              /* of the single cross-model directions      */
    bool holds;
};
struct finding report_finding(const struct report *r, const struct claim *c);

#endif

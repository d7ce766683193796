/* sim.h - similarity of two systems without interventions.
 *
 * Two matrices of states whose rows belong together go in, named scores come
 * out. Adding a measure: one file in sim/, one line in sim.c's menu. */
#ifndef SIM_H
#define SIM_H

#include <stddef.h>
#include <stdint.h>

struct arena;
struct acts;

enum { SIM_SCORES = 36, SIM_RESULTS = 64 };     /* of one measure; of all */

struct sim {
    const char *name;
    /* What each score is, NULL-ended; the first is the one to show. */
    const char *const *options;
    /* X (n,p), Y (n,q) -> one value an option, NaN where it is not defined.
     * 0, or -1: memory, or no convergence (EX_SOFTWARE). */
    int (*compare)(double *score, const double *X, int p, const double *Y,
                   int q, int n, struct arena *a);
};

extern const struct sim *const sim_menu[];      /* NULL-ended */

/* ---- parts that the measures share ---- */

/* Z (n,p): X (n,p) less the mean of each column. What is left of a constant
 * column is rounding, and becomes 0. */
void sim_centre(double *Z, const double *X, int n, int p);

/* C (n,n): Pearson correlation between the rows of X (n,p). Rows without
 * variance correlate 0 with everything, themselves included. 0, or -1:
 * memory. */
int sim_correlation(double *C, const double *X, int n, int p,
                    struct arena *a);

/* n values and their order. Neighbours in that order that differ by no more
 * than 1e-12 of the largest size are made one value: what is equal in exact
 * arithmetic ties, however it was rounded. */
struct sim_list {
    size_t n;
    double *value;              /* (n)                                       */
    double *rank;               /* (n) 1..n, ties averaged                   */
    uint32_t *level;            /* (n) how many different values are smaller */
    uint32_t *order;            /* (n) places of the values, ascending       */
};

/* The list of x (n), whose values it makes tie. 0, or -1: memory. */
int sim_list(struct sim_list *l, double *x, size_t n, struct arena *a);

/* The list of the first n values of another, without sorting again. 0, or -1:
 * memory. */
int sim_list_head(struct sim_list *l, const struct sim_list *of, size_t n,
                  struct arena *a);

/* Correlation of two lists of one length: Pearson's r, Spearman's rho,
 * Kendall's tau-b in O(n log n). NaN where one of them does not vary. 0, or
 * -1: memory. */
int sim_pearson(double *r, const struct sim_list *x, const struct sim_list *y,
                struct arena *a);
int sim_spearman(double *rho, const struct sim_list *x,
                 const struct sim_list *y, struct arena *a);
int sim_kendall(double *tau, const struct sim_list *x,
                const struct sim_list *y, struct arena *a);

/* ---- rows that belong together ---- */

/* Rows of two recordings paired by (quantity, index of the trial within its
 * quantity, step). row1, row2 (L). Refused (EX_DATAERR) where no rows meet,
 * and where two paired trials differ in length: then step t is not the same
 * moment in both.
 *
 * `steps` says which of them: "all"; "eligible", where swaps may happen;
 * "last", one row a trial; or "VARIABLE=VALUE", where the variable has that
 * value (phase=0: the demo phase of a counting task). A row is taken where
 * both systems allow it. EX_USAGE: none of these. */
struct sim_rows {
    size_t L;
    int64_t *row1, *row2;
};
int sim_match(struct sim_rows *rows, const char *steps, const struct acts *x,
              const struct acts *y, struct arena *a);

/* ---- everything at once: what rsa computes ---- */

struct sim_plan {
    const char *site;
    long rows, draws, seed;     /* `rows` of all pairs, drawn `draws` times  */
    const char *steps;
};

struct sim_score {
    const struct sim *measure;
    const char *options;
    double value, sd;           /* mean, SD (n-1) over draws; NaN of one     */
};

/* With fewer pairs than plan->rows all are taken, once. R rows of the first
 * draw and their correlations (R,R) in each system are kept. */
struct sim_result {
    int rows, draws, nscores;
    struct sim_score score[SIM_RESULTS];
    int64_t *row1, *row2;       /* (R)                                       */
    double *rdm1, *rdm2;        /* (R,R)                                     */
};
int sim_compare(struct sim_result *y, const struct sim_plan *plan,
                const struct acts *x1, const struct acts *x2,
                struct arena *a);

#endif

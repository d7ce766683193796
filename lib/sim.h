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

enum { SIM_SCORES = 4, SIM_RESULTS = 32 };      /* of one measure; of all */

struct sim {
    const char *name, *note;
    const char *const *options;         /* what each score is, NULL-ended    */
    /* X (n,p), Y (n,q) -> one value an option, NaN where it is not defined.
     * 0, or -1: memory. */
    int (*compare)(double *score, const double *X, int p, const double *Y,
                   int q, int n, struct arena *a);
};

extern const struct sim *const sim_menu[];      /* NULL-ended */

/* ---- parts that the measures share ---- */

/* C (n,n): Pearson correlation between the rows of X (n,p). Rows without
 * variance correlate 0 with everything, themselves included. 0, or -1:
 * memory. */
int sim_correlation(double *C, const double *X, int n, int p,
                    struct arena *a);

/* Pearson correlation of x and y (n); 0 where one of them does not vary. */
double sim_pearson(const double *x, const double *y, size_t n);

/* Ranks 1..n of x, ties averaged. 0, or -1: memory. */
int sim_ranks(double *rank, const double *x, size_t n, struct arena *a);

/* ---- rows that belong together ---- */

/* Rows of two recordings paired by (quantity, index of the trial within its
 * quantity, step). row1, row2 (L). Refused (EX_DATAERR) where no rows meet,
 * and where two paired trials differ in length: then step t is not the same
 * moment in both. */
struct sim_rows {
    size_t L;
    int64_t *row1, *row2;
};
int sim_match(struct sim_rows *rows, const struct acts *x,
              const struct acts *y, struct arena *a);

/* ---- everything at once: what rsa computes ---- */

struct sim_plan {
    const char *site;
    long rows, draws, seed;     /* `rows` of all pairs, drawn `draws` times  */
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

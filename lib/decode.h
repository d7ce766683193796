/* decode.h - can a variable be read off the states of a system by a linear
 * rule? What can be read need not be used.
 *
 * The class is read by linear discriminant analysis,
 *
 *     argmax_c  x' W^-1 mu_c - 1/2 mu_c' W^-1 mu_c + log p_c
 *
 * with the means mu_c and shares p_c of the training rows, and their covariance
 * W within classes shrunk to (1 - s) W + s tr(W)/m. (A regression on one-hot
 * classes would not do: where classes lie along a line, as counts may, those
 * in the middle are never the largest.) The value is read by a regression from
 * centred states, w = ((1 - s) T + s tr(T)/m)^-1 X'y/n, T their covariance. s
 * is, for each, the one of a few that is best on the validation rows (of equal
 * ones the largest; without such rows on the training rows). */
#ifndef DECODE_H
#define DECODE_H

#include <stddef.h>
#include <stdint.h>

#include "data.h"
#include "real.h"
#include "score.h"

struct arena;

struct decode_rows {
    int m;
    const real *states;         /* (S,m)                                     */
    const int32_t *value;       /* (S)                                       */
    const int32_t *trial;       /* (S)                                       */
    const size_t *row[SPLITS];  /* (n[split]) the rows of each split         */
    size_t n[SPLITS];
};

/* On the test rows. NaN without training or test rows, or where no W, T can
 * be inverted; the accuracy too where there are more than 256 classes, which
 * are none then. Intervals, of 95 %, resample trials, whose rows are alike
 * (score_clusters), and are NaN below two; an accuracy of 0 or 1 has Wilson's,
 * of as many trials. */
struct decode {
    int n;                      /* test rows                                 */
    double accuracy;            /* share whose class is read right           */
    struct interval accuracy_95;
    double chance;              /* share of the most frequent class          */
    double r2;                  /* of the value; NaN where it is constant    */
    struct interval r2_95;
    double shrinkage, shrinkage_r2;     /* s of the two                      */
};

/* seed and stream name the random numbers. 0, or -1: memory. */
int decode_linear(struct decode *y, const struct decode_rows *x, uint64_t seed,
                  uint32_t stream, struct arena *a);

#endif

/* score.h - statistics of interchange intervention accuracy, whose samples are
 * test exchanges, and of rows that trials of states make dependent. */
#ifndef SCORE_H
#define SCORE_H

#include <stddef.h>
#include <stdint.h>

struct arena;

struct interval { double low, high; };

extern const double score_z95;  /* the normal distribution's 0.975-quantile  */

/* Wilson score interval (Wilson 1927) of `right` out of n at 95 %. n = 0
 * gives [0,1]. */
struct interval score_wilson(double right, double n);

/* Percentile bootstrap over samples (95 %) of a mean of proportions: resample
 * the n[g] samples of each group, of which right[g] are right, and average the
 * groups' means. A resampled group is a binomial draw, taken from its inverse
 * distribution, of probability (right + 1/2) / (n + 1), the mean of Jeffreys's
 * posterior: samples all right, or all wrong, still leave doubt. The interval
 * is widened to hold the mean where that smoothing moved it off. Random
 * numbers: RNG_BOOTSTRAP at (stream, 0). 0, or -1: memory. */
int score_bootstrap(struct interval *y, const int *right, const int *n,
                    int groups, int draws, uint64_t seed, uint32_t stream,
                    struct arena *a);

/* A statistic of sums over rows, of `width` columns: sum[0], ... */
typedef double score_of_sums(const double *sum);

/* Of columns 1 and the values: their mean. */
double score_mean(const double *sum);

/* n rows of what is summed; a row is one of a cluster, such as a trial, whose
 * rows depend on each other. */
struct score_rows {
    size_t n;
    int width;
    const double *x;            /* (n,width)                                 */
    const int32_t *cluster;     /* (n) from 0, in any order                  */
};

/* Percentile bootstrap over clusters (95 %): resample whole clusters, add up
 * their rows. A resample without statistic (NaN) is drawn again. NaN of fewer
 * than two clusters, or where all rows together have no statistic. Random
 * numbers: RNG_BOOTSTRAP at (stream, 2), so that statistics of the same rows
 * are of the same resamples under one stream. How many clusters, or -1:
 * memory. */
int score_clusters(struct interval *y, score_of_sums *of,
                   const struct score_rows *rows, int draws, uint64_t seed,
                   uint32_t stream, struct arena *a);

/* Numbers that pairs of models have, and the models behind each pair: models
 * are numbered type after type, models[t] of type t; a pair has up to `width`
 * different ones. */
struct score_pairs {
    int types, pairs, width;
    const int *models;          /* (types)                                   */
    const int *member;          /* (pairs,width) models; -1: no more         */
    const double *value;        /* (pairs)                                   */
};

/* Percentile bootstrap over models (95 %) of the mean over pairs. Models, not
 * pairs, are what is drawn at random and shared: each type's are resampled
 * with replacement, and a pair counts as often as the product of how often its
 * models came. A draw in which no pair counts is drawn again. Needs 3 models
 * of every type, 3 pairs, and every model in a pair; NaN with fewer.
 * Random numbers: RNG_BOOTSTRAP at (stream, 1). 0, or -1: memory. */
int score_seeds(struct interval *y, const struct score_pairs *s, int draws,
                uint64_t seed, uint32_t stream, struct arena *a);

/* The q-quantile of n >= 1 values (linear between order statistics); sorts
 * x. */
double score_quantile(double *x, size_t n, double q);

#endif

#include "decode.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "mat.h"

enum { BLOCK = 512,             /* rows at a time */
       CLASSES = 256,
       DRAWS = 1000 };

static const double shrinkages[] = { 0.9, 0.5, 0.1, 1e-2, 1e-4, 1e-6 };
enum { SHRINKAGES = sizeof shrinkages / sizeof *shrinkages };

/* What the training rows are like. C classes, m units. Of too many classes
 * there are none. */
struct moments {
    int m, C;
    int32_t *class;             /* (C) values, ascending                     */
    double *share;              /* (C)                                       */
    double *mu;                 /* (C,m) means of the classes                */
    double *mean;               /* (m) of all rows                           */
    double *total, *within;     /* (m,m) covariances                         */
    double *xy, y;              /* (m) covariance with the value; its mean   */
    double *block;              /* (BLOCK,m) centred states                  */
};

static int ascending(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

    return (x > y) - (x < y);
}

static const real *state(const struct decode_rows *x, size_t row)
{
    return x->states + row * (size_t)x->m;
}

/* The class of a value; -1: the training rows have none such. */
static int class_of(const struct moments *t, int32_t value)
{
    const int32_t *at = bsearch(&value, t->class, (size_t)t->C, sizeof value,
                                ascending);

    return at ? (int)(at - t->class) : -1;
}

static int list_classes(struct moments *t, const struct decode_rows *x,
                        struct arena *a)
{
    size_t n = x->n[SPLIT_TRAIN];

    if (!(t->class = arena_get(a, n, sizeof *t->class)))
        return -1;
    for (size_t k = 0; k < n; k++)
        t->class[k] = x->value[x->row[SPLIT_TRAIN][k]];
    qsort(t->class, n, sizeof *t->class, ascending);
    for (size_t k = 0; k < n; k++)
        if (k == 0 || t->class[k] != t->class[k - 1])
            t->class[t->C++] = t->class[k];
    if (t->C > CLASSES)
        t->C = 0;
    return 0;
}

static int open_moments(struct moments *t, const struct decode_rows *x,
                        struct arena *a)
{
    size_t m = (size_t)x->m;

    *t = (struct moments){ .m = x->m };
    return list_classes(t, x, a) ||
           !(t->share = arena_get(a, (size_t)t->C, sizeof(double))) ||
           !(t->mu = arena_get(a, (size_t)t->C * m, sizeof(double))) ||
           !(t->mean = arena_get(a, m, sizeof(double))) ||
           !(t->total = arena_get(a, m * m, sizeof(double))) ||
           !(t->within = arena_get(a, m * m, sizeof(double))) ||
           !(t->xy = arena_get(a, m, sizeof(double))) ||
           !(t->block = arena_get(a, BLOCK * m, sizeof(double))) ? -1 : 0;
}

static void find_means(struct moments *t, const struct decode_rows *x)
{
    size_t n = x->n[SPLIT_TRAIN], m = (size_t)t->m;

    for (size_t k = 0; k < n; k++) {
        size_t row = x->row[SPLIT_TRAIN][k];
        int c = class_of(t, x->value[row]);
        t->y += x->value[row] / (double)n;
        for (size_t i = 0; i < m; i++)
            t->mean[i] += (double)state(x, row)[i];
        if (c < 0)
            continue;
        t->share[c]++;
        for (size_t i = 0; i < m; i++)
            t->mu[(size_t)c * m + i] += (double)state(x, row)[i];
    }
    for (size_t i = 0; i < m; i++)
        t->mean[i] /= (double)n;
    for (size_t c = 0; c < (size_t)t->C; c++)
        for (size_t i = 0; i < m; i++)
            t->mu[c * m + i] /= t->share[c];
    for (int c = 0; c < t->C; c++)
        t->share[c] /= (double)n;
}

/* Put up to BLOCK of a split's rows, from k on, into the block, less the mean.
 * How many. */
static int fill_block(const struct moments *t, const struct decode_rows *x,
                      int split, size_t k)
{
    size_t left = x->n[split] - k, n = left < BLOCK ? left : BLOCK;
    double *to = t->block;

    for (size_t b = 0; b < n; b++)
        for (int i = 0; i < t->m; i++)
            *to++ = (double)state(x, x->row[split][k + b])[i] - t->mean[i];
    return (int)n;
}

/* T over the rows; W = T - sum_c p_c (mu_c - mean)(mu_c - mean)'. */
static void find_covariances(struct moments *t, const struct decode_rows *x)
{
    size_t n = x->n[SPLIT_TRAIN];
    int m = t->m;

    for (size_t k = 0; k < n; k += BLOCK) {
        int B = fill_block(t, x, SPLIT_TRAIN, k);
        mat_mul(t->total, 't', 'n', m, m, B, 1 / (double)n, t->block, t->block,
                1);
        for (int b = 0; b < B; b++) {
            double y = x->value[x->row[SPLIT_TRAIN][k + (size_t)b]] - t->y;
            for (int i = 0; i < m; i++)
                t->xy[i] += y * t->block[b * m + i] / (double)n;
        }
    }
    memcpy(t->within, t->total, (size_t)m * (size_t)m * sizeof *t->within);
    for (int c = 0; c < t->C; c++)
        for (int i = 0; i < m; i++)
            for (int j = 0; j < m; j++)
                t->within[i * m + j] -=
                    t->share[c] * (t->mu[c * m + i] - t->mean[i]) *
                    (t->mu[c * m + j] - t->mean[j]);
}

/* A rule of C outputs: x' A + b of centred states. */
struct rule {
    int C;
    double *A, *b;              /* (m,C) (C)                                 */
    double *S, *out;            /* (m,m) scratch, (BLOCK,C)                  */
};

static int open_rule(struct rule *u, int C, int m, struct arena *a)
{
    size_t n = (size_t)C, M = (size_t)m;

    *u = (struct rule){ .C = C };
    return (u->A = arena_get(a, M * n, sizeof(double))) &&
           (u->b = arena_get(a, n, sizeof(double))) &&
           (u->S = arena_get(a, M * M, sizeof(double))) &&
           (u->out = arena_get(a, BLOCK * n, sizeof(double))) ? 0 : -1;
}

static double trace(const double *V, int m)
{
    double sum = 0;

    for (int i = 0; i < m; i++)
        sum += V[i * m + i];
    return sum;
}

/* S = (1 - s) V + s v I. Whether anything varies. */
static bool shrink(double *S, const double *V, int m, double s, double v)
{
    for (int i = 0; i < m * m; i++)
        S[i] = (1 - s) * V[i];
    for (int i = 0; i < m; i++)
        S[i * m + i] += s * v;
    return v > 0;
}

/* Towards the mean variance within classes; where those do not vary, that is
 * rounding, and a trifle of the whole variance stands for it. */
static double spread(const struct moments *t)
{
    return fmax(trace(t->within, t->m), 1e-9 * trace(t->total, t->m)) / t->m;
}

static bool discriminate(struct rule *u, const struct moments *t, double s)
{
    int m = t->m;

    if (!shrink(u->S, t->within, m, s, spread(t)))
        return false;
    for (int c = 0; c < t->C; c++)
        for (int i = 0; i < m; i++)
            u->A[i * t->C + c] = t->mu[c * m + i] - t->mean[i];
    if (!mat_solve(u->A, u->S, m, t->C))
        return false;
    for (int c = 0; c < t->C; c++) {
        u->b[c] = log(t->share[c]);
        for (int i = 0; i < m; i++)
            u->b[c] -= u->A[i * t->C + c] *
                       (t->mu[c * m + i] - t->mean[i]) / 2;
    }
    return true;
}

static bool regress(struct rule *u, const struct moments *t, double s)
{
    if (!shrink(u->S, t->total, t->m, s, trace(t->total, t->m) / t->m))
        return false;
    memcpy(u->A, t->xy, (size_t)t->m * sizeof *u->A);
    u->b[0] = t->y;
    return mat_solve(u->A, u->S, t->m, 1);
}

/* Apply the rule to the block's B rows. */
static void apply(const struct rule *u, const struct moments *t, int B)
{
    for (int b = 0; b < B; b++)
        memcpy(u->out + b * u->C, u->b, (size_t)u->C * sizeof *u->out);
    mat_mul(u->out, 'n', 'n', B, u->C, t->m, 1, t->block, u->A, 1);
}

/* What a row adds to the accuracy: 1, and whether its class has the largest
 * output. */
static void add_class(double *x, const struct moments *t, const double *out,
                      int32_t value)
{
    int best = 0;

    for (int c = 1; c < t->C; c++)
        best = out[c] > out[best] ? c : best;
    x[0] = 1;
    x[1] = best == class_of(t, value);
}

/* And to R^2: 1, the squared error, the value, its square. */
static void add_value(double *x, const struct moments *t, const double *out,
                      int32_t value)
{
    double y = value - t->y, error = value - *out;

    x[0] = 1;
    x[1] = error * error;
    x[2] = y;
    x[3] = y * y;
}

/* 1 - squared errors / squared deviations from the rows' own mean. */
static double explained(const double *sum)
{
    double squares = sum[3] - sum[2] * sum[2] / sum[0];

    return squares > 0 ? 1 - sum[1] / squares : NAN;
}

enum { WIDTH = 4 };

/* How to make a rule at a shrinkage, what a row adds to its score, and the
 * score of such sums. */
struct reading {
    bool (*make)(struct rule *u, const struct moments *t, double s);
    void (*add)(double *x, const struct moments *t, const double *out,
                int32_t value);
    int width;
    score_of_sums *of;
};

/* The rule's score on a split; `row` (n,width): what each row adds. */
static double judge(const struct reading *how, const struct rule *u,
                    const struct moments *t, const struct decode_rows *x,
                    int split, double *row)
{
    double sum[WIDTH] = { 0 };

    for (size_t k = 0; k < x->n[split]; k += BLOCK) {
        int B = fill_block(t, x, split, k);
        apply(u, t, B);
        for (int b = 0; b < B; b++, row += how->width) {
            how->add(row, t, u->out + b * u->C,
                     x->value[x->row[split][k + (size_t)b]]);
            for (int i = 0; i < how->width; i++)
                sum[i] += row[i];
        }
    }
    return how->of(sum);
}

struct score {
    double value, shrinkage;
    struct interval interval;
    int trials;
};

/* Of the test rows, and its interval over their trials. */
static int interval_of(struct score *y, const struct reading *how,
                       const double *row, const struct decode_rows *x,
                       uint64_t seed, uint32_t stream, struct arena *a)
{
    struct score_rows rows = { x->n[SPLIT_TEST], how->width, row, NULL };
    int32_t *trial = arena_get(a, rows.n, sizeof *trial);

    for (size_t k = 0; trial && k < rows.n; k++)
        trial[k] = x->trial[x->row[SPLIT_TEST][k]];
    rows.cluster = trial;
    y->trials = trial ? score_clusters(&y->interval, how->of, &rows, DRAWS,
                                       seed, stream, a) : -1;
    return y->trials < 0 ? -1 : 0;
}

/* The test score at the shrinkage that is best on the validation rows. */
static int read_out(struct score *y, const struct reading *how, struct rule *u,
                    const struct moments *t, const struct decode_rows *x,
                    uint64_t seed, uint32_t stream, struct arena *a)
{
    int by = x->n[SPLIT_VALID] ? SPLIT_VALID : SPLIT_TRAIN;
    size_t width = (size_t)how->width;
    double *valid = arena_get(a, x->n[by] * width, sizeof *valid);
    double *test = arena_get(a, x->n[SPLIT_TEST] * width, sizeof *test);
    double best = -HUGE_VAL;

    *y = (struct score){ NAN, NAN, { NAN, NAN }, 0 };
    if (!valid || !test)
        return -1;
    for (int k = 0; k < SHRINKAGES; k++) {
        double score = how->make(u, t, shrinkages[k])
                       ? judge(how, u, t, x, by, valid) : NAN;
        if (!(score > best))
            continue;
        best = score;
        y->value = judge(how, u, t, x, SPLIT_TEST, test);
        y->shrinkage = shrinkages[k];
    }
    return isnan(y->value) ? 0 : interval_of(y, how, test, x, seed, stream, a);
}

/* Share of the most frequent value of the test rows. */
static int find_chance(double *chance, const struct decode_rows *x,
                       struct arena *a)
{
    size_t n = x->n[SPLIT_TEST], run = 0, most = 0;
    int32_t *value = arena_get(a, n, sizeof *value);

    if (!value)
        return -1;
    for (size_t k = 0; k < n; k++)
        value[k] = x->value[x->row[SPLIT_TEST][k]];
    qsort(value, n, sizeof *value, ascending);
    for (size_t k = 0; k < n; k++) {
        run = k && value[k] == value[k - 1] ? run + 1 : 1;
        most = run > most ? run : most;
    }
    *chance = (double)most / (double)n;
    return 0;
}

int decode_linear(struct decode *y, const struct decode_rows *x, uint64_t seed,
                  uint32_t stream, struct arena *a)
{
    static const struct reading class = { discriminate, add_class, 2,
                                          score_mean };
    static const struct reading value = { regress, add_value, 4, explained };
    size_t n = x->n[SPLIT_TEST];
    struct moments t;
    struct rule u, w;
    struct score score;

    *y = (struct decode){ (int)n, NAN, { NAN, NAN }, NAN, NAN, { NAN, NAN },
                          NAN, NAN };
    if (!x->n[SPLIT_TRAIN] || !n)
        return 0;
    if (open_moments(&t, x, a) || open_rule(&u, t.C, t.m, a) ||
        open_rule(&w, 1, t.m, a) || find_chance(&y->chance, x, a))
        return -1;
    find_means(&t, x);
    find_covariances(&t, x);
    if (t.C) {
        if (read_out(&score, &class, &u, &t, x, seed, stream, a))
            return -1;
        y->accuracy = score.value;
        y->accuracy_95 = score.interval;
        y->shrinkage = score.shrinkage;
        if ((score.value == 0 || score.value == 1) && score.trials > 1)
            y->accuracy_95 = score_wilson(score.value * score.trials,
                                          score.trials);
    }
    if (y->chance < 1) {
        if (read_out(&score, &value, &w, &t, x, seed, stream, a))
            return -1;
        y->r2 = score.value;
        y->r2_95 = score.interval;
        y->shrinkage_r2 = score.shrinkage;
    }
    return 0;
}

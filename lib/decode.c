#include "decode.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "mat.h"

enum { BLOCK = 512 };           /* rows at a time */

static const double shrinkages[] = { 0.9, 0.5, 0.1, 1e-2, 1e-4, 1e-6 };
enum { SHRINKAGES = sizeof shrinkages / sizeof *shrinkages };

/* What the training rows are like. C classes, m units. */
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
        size_t c = (size_t)class_of(t, x->value[row]);
        t->share[c]++;
        t->y += x->value[row] / (double)n;
        for (size_t i = 0; i < m; i++)
            t->mu[c * m + i] += (double)state(x, row)[i];
    }
    for (size_t c = 0; c < (size_t)t->C; c++)
        for (size_t i = 0; i < m; i++) {
            t->mean[i] += t->mu[c * m + i] / (double)n;
            t->mu[c * m + i] /= t->share[c];
        }
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

/* S = (1 - s) V + s tr(V)/m. */
static void shrink(double *S, const double *V, int m, double s)
{
    double trace = 0;

    for (int i = 0; i < m; i++)
        trace += V[i * m + i];
    for (int i = 0; i < m * m; i++)
        S[i] = (1 - s) * V[i];
    for (int i = 0; i < m; i++)
        S[i * m + i] += s * trace / m;
}

static bool discriminate(struct rule *u, const struct moments *t, double s)
{
    int m = t->m;

    shrink(u->S, t->within, m, s);
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
    shrink(u->S, t->total, t->m, s);
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

/* The share of a split's rows whose class has the largest output. */
static double accuracy(const struct rule *u, const struct moments *t,
                       const struct decode_rows *x, int split)
{
    double right = 0;

    for (size_t k = 0; k < x->n[split]; k += BLOCK) {
        int B = fill_block(t, x, split, k);
        apply(u, t, B);
        for (int b = 0; b < B; b++) {
            const double *out = u->out + b * u->C;
            int best = 0;
            for (int c = 1; c < u->C; c++)
                best = out[c] > out[best] ? c : best;
            right += best ==
                     class_of(t, x->value[x->row[split][k + (size_t)b]]);
        }
    }
    return right / (double)x->n[split];
}

/* 1 - squared errors / squared deviations from the split's own mean. */
static double explained(const struct rule *u, const struct moments *t,
                        const struct decode_rows *x, int split)
{
    double errors = 0, sum = 0, squares = 0, n = (double)x->n[split];

    for (size_t k = 0; k < x->n[split]; k += BLOCK) {
        int B = fill_block(t, x, split, k);
        apply(u, t, B);
        for (int b = 0; b < B; b++) {
            double y = x->value[x->row[split][k + (size_t)b]] - t->y;
            double error = y + t->y - u->out[b];
            errors += error * error;
            sum += y;
            squares += y * y;
        }
    }
    squares -= sum * sum / n;
    return squares > 0 ? 1 - errors / squares : NAN;
}

/* How to make a rule at a shrinkage, and how good it is. */
struct reading {
    bool (*make)(struct rule *u, const struct moments *t, double s);
    double (*judge)(const struct rule *u, const struct moments *t,
                    const struct decode_rows *x, int split);
};

/* The test score at the shrinkage that is best on the validation rows. */
static double read_out(const struct reading *how, struct rule *u,
                       const struct moments *t, const struct decode_rows *x,
                       double *shrinkage)
{
    int by = x->n[SPLIT_VALID] ? SPLIT_VALID : SPLIT_TRAIN;
    double best = -HUGE_VAL, score = NAN;

    *shrinkage = NAN;
    for (int k = 0; k < SHRINKAGES; k++) {
        if (!how->make(u, t, shrinkages[k]))
            continue;
        double valid = how->judge(u, t, x, by);
        if (!(valid > best))
            continue;
        best = valid;
        score = how->judge(u, t, x, SPLIT_TEST);
        *shrinkage = shrinkages[k];
    }
    return score;
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

int decode_linear(struct decode *y, const struct decode_rows *x,
                  struct arena *a)
{
    static const struct reading class = { discriminate, accuracy };
    static const struct reading value = { regress, explained };
    size_t n = x->n[SPLIT_TEST];
    struct moments t;
    struct rule u, w;

    *y = (struct decode){ (int)n, NAN, { NAN, NAN }, NAN, NAN, NAN, NAN };
    if (!x->n[SPLIT_TRAIN] || !n)
        return 0;
    if (open_moments(&t, x, a) || open_rule(&u, t.C, t.m, a) ||
        open_rule(&w, 1, t.m, a) || find_chance(&y->chance, x, a))
        return -1;
    find_means(&t, x);
    find_covariances(&t, x);
    y->accuracy = read_out(&class, &u, &t, x, &y->shrinkage);
    if (!isnan(y->accuracy))
        y->wilson = score_wilson(round(y->accuracy * (double)n), (double)n);
    if (y->chance < 1)
        y->r2 = read_out(&value, &w, &t, x, &y->shrinkage_r2);
    return 0;
}

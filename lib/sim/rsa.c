/* rsa.c - representational similarity analysis (Kriegeskorte, Mur, Bandettini
 * 2008; the paper's appendix A.3).
 *
 * Each system has a matrix that compares its rows with each other; the score
 * correlates the lower triangles of the two matrices. What varies:
 *
 *   units      as they are, or z-scored over the rows
 *   diagonal   left out, or a part of the triangle
 *   rows by    Pearson correlation, cosine, or L2 (Euclidean) distance
 *   triangles  by Spearman's rho, Pearson's r, or Kendall's tau-b
 *
 * Both systems have the same comparison of rows, so a likeness and its
 * negative, a distance, give one score: no signs are turned. */
#include <math.h>

#include "../arena.h"
#include "../mat.h"
#include "../sim.h"

#define TRIANGLES(rows, rest) \
    "rows by " rows ", triangles by Spearman" rest, \
    "rows by " rows ", triangles by Pearson" rest, \
    "rows by " rows ", triangles by Kendall" rest
#define ROWS(rest) \
    TRIANGLES("Pearson", rest), \
    TRIANGLES("cosine", rest), \
    TRIANGLES("L2", rest)

static const char *const options[] = {
    ROWS(""),
    ROWS(", with diagonal"),
    ROWS(", units z-scored"),
    ROWS(", units z-scored, with diagonal"),
    NULL
};

/* A zero row has cosine 0 with everything, itself included. */
static int cosine(double *C, const double *X, int n, int p, struct arena *a)
{
    double *Z = arena_get(a, (size_t)n * (size_t)p, sizeof *Z);

    if (!Z)
        return -1;
    for (size_t i = 0; i < (size_t)n; i++) {
        const double *x = X + i * (size_t)p;
        double ss = 0;
        for (int k = 0; k < p; k++)
            ss += x[k] * x[k];
        for (int k = 0; k < p; k++)
            Z[i * (size_t)p + (size_t)k] = ss > 0 ? x[k] / sqrt(ss) : 0;
    }
    mat_mul(C, 'n', 't', n, n, p, 1, Z, Z, 0);
    return 0;
}

/* Summed, not multiplied out: equal rows are at distance 0. */
static int distance(double *D, const double *X, int n, int p, struct arena *a)
{
    (void)a;
    for (size_t i = 0; i < (size_t)n; i++)
        for (size_t j = 0; j <= i; j++) {
            const double *x = X + i * (size_t)p, *y = X + j * (size_t)p;
            double ss = 0;
            for (int k = 0; k < p; k++)
                ss += (x[k] - y[k]) * (x[k] - y[k]);
            D[i * (size_t)n + j] = sqrt(ss);
        }
    return 0;
}

enum { RAW, ZSCORED };          /* units     */
enum { OUT, IN };               /* diagonal  */
enum { BY = 3, CORRELATE = 3 }; /* rows, triangles; in the options' order */

/* Only the lower triangle is read. */
static int (*const by[BY])(double *C, const double *X, int n, int p,
                           struct arena *a) = {
    sim_correlation, cosine, distance
};
static int (*const correlate[CORRELATE])(double *score,
                                         const struct sim_list *x,
                                         const struct sim_list *y,
                                         struct arena *a) = {
    sim_spearman, sim_pearson, sim_kendall
};

/* Z (n,p): each unit of X to mean 0 and variance 1; a constant one to 0. */
static void zscore(double *Z, const double *X, int n, int p)
{
    sim_centre(Z, X, n, p);
    for (size_t k = 0; k < (size_t)p; k++) {
        double ss = 0;
        for (size_t i = 0; i < (size_t)n; i++)
            ss += Z[i * (size_t)p + k] * Z[i * (size_t)p + k];
        for (size_t i = 0; i < (size_t)n; i++)
            Z[i * (size_t)p + k] *= ss > 0 ? sqrt(n / ss) : 0;
    }
}

/* The triangle of a system's matrix, without (OUT) and with (IN) its diagonal,
 * which stands at the end. */
static int triangle(struct sim_list list[2], int rows, const double *X, int n,
                    int p, struct arena *a)
{
    size_t m = (size_t)n, L = m * (m - 1) / 2, k = 0;
    double *C = arena_get(a, m * m, sizeof *C);
    double *x = arena_get(a, L + m, sizeof *x);

    if (!C || !x || by[rows](C, X, n, p, a))
        return -1;
    for (size_t i = 0; i < m; i++) {
        for (size_t j = 0; j < i; j++)
            x[k++] = C[i * m + j];
        x[L + i] = C[i * m + i];
    }
    return sim_list(&list[IN], x, L + m, a) ||
           sim_list_head(&list[OUT], &list[IN], L, a) ? -1 : 0;
}

/* The scores of one comparison of rows. */
static int compare_by(double score[2][BY][CORRELATE], int rows,
                      const double *X, int p, const double *Y, int q, int n,
                      struct arena *a)
{
    struct sim_list x[2], y[2];

    if (triangle(x, rows, X, n, p, a) || triangle(y, rows, Y, n, q, a))
        return -1;
    for (int diagonal = OUT; diagonal <= IN; diagonal++)
        for (int c = 0; c < CORRELATE; c++)
            if (correlate[c](&score[diagonal][rows][c], &x[diagonal],
                             &y[diagonal], a))
                return -1;
    return 0;
}

static int compare(double *score, const double *X, int p, const double *Y,
                   int q, int n, struct arena *a)
{
    double (*of)[2][BY][CORRELATE] = (void *)score;
    double *ZX = arena_get(a, (size_t)n * (size_t)p, sizeof *ZX);
    double *ZY = arena_get(a, (size_t)n * (size_t)q, sizeof *ZY);
    struct arena *scratch = arena_beside(a);
    int rc = -1;

    if (!ZX || !ZY || !scratch)
        goto done;
    zscore(ZX, X, n, p);
    zscore(ZY, Y, n, q);
    for (int rows = 0; rows < BY; rows++) {
        arena_reset(scratch);
        if (compare_by(of[RAW], rows, X, p, Y, q, n, scratch))
            goto done;
        arena_reset(scratch);
        if (compare_by(of[ZSCORED], rows, ZX, p, ZY, q, n, scratch))
            goto done;
    }
    rc = 0;
done:
    arena_close(scratch);
    return rc;
}

const struct sim sim_rsa = {
    .name = "rsa",
    .options = options,
    .compare = compare,
};

#include "mat.h"

#include <assert.h>
#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <string.h>

#include "arena.h"
#include "err.h"
#include "rng.h"

void mat_mul(double *C, char ta, char tb, int rows, int cols, int inner,
             double alpha, const double *A, const double *B, double beta)
{
    if (rows == 0 || cols == 0)
        return;
    cblas_dgemm(CblasRowMajor, ta == 't' ? CblasTrans : CblasNoTrans,
                tb == 't' ? CblasTrans : CblasNoTrans, rows, cols, inner,
                alpha, A, ta == 't' ? rows : inner > 0 ? inner : 1,
                B, tb == 't' ? (inner > 0 ? inner : 1) : cols, beta, C, cols);
}

/* ---- exp(A) ----
 *
 * With X = A / 2^s, |X|_1 <= 1/2, and the powers X2, X3, X4:
 *
 *     B_k = a_4k + a_4k+1 X + a_4k+2 X2 + a_4k+3 X3,   a_n = 1/n!
 *     T1 = B_2 + a_12 X4,  T2 = B_1 + X4 T1,  P = B_0 + X4 T2
 *
 * and exp(A) = P^(2^s). The remainder is below 2^-13 / 13! = 2e-14. */

struct expm {
    int m, s;
    double scale;                       /* 2^-s */
    double a[EXPM_DEGREE + 1];
    double *X, *X2, *X3, *X4, *T1, *T2;
    double *power[EXPM_SQUARINGS + 1];  /* P, P^2, P^4, ... */
    double *dX, *dX2, *dX3, *dX4, *dT1, *dT2, *dP, *dN;
};

struct expm *expm_open(int m, struct arena *a)
{
    struct expm *e = arena_get(a, 1, sizeof *e);
    size_t n = (size_t)m * (size_t)m;

    if (e == NULL)
        return NULL;
    e->m = m;
    e->a[0] = 1;
    for (int k = 1; k <= EXPM_DEGREE; k++)
        e->a[k] = e->a[k - 1] / k;
    double **matrix[] = { &e->X, &e->X2, &e->X3, &e->X4, &e->T1, &e->T2,
                          &e->dX, &e->dX2, &e->dX3, &e->dX4, &e->dT1,
                          &e->dT2, &e->dP, &e->dN };
    for (size_t i = 0; i < sizeof matrix / sizeof *matrix; i++)
        if ((*matrix[i] = arena_get(a, n, sizeof(double))) == NULL)
            return NULL;
    for (int i = 0; i <= EXPM_SQUARINGS; i++)
        if ((e->power[i] = arena_get(a, n, sizeof(double))) == NULL)
            return NULL;
    return e;
}

/* T += B_k */
static void add_block(const struct expm *e, double *T, int k)
{
    const double *a = e->a + 4 * k;
    int m = e->m;

    for (int i = 0; i < m * m; i++)
        T[i] += a[1] * e->X[i] + a[2] * e->X2[i] + a[3] * e->X3[i];
    for (int i = 0; i < m; i++)
        T[i * m + i] += a[0];
}

void expm_forward(struct expm *e, double *E, const double *A)
{
    int m = e->m;
    double norm = mat_norm1(A, m);
    double *P = e->power[0];

    e->s = 0;
    while (e->s < EXPM_SQUARINGS && norm > 0.5)
        e->s++, norm /= 2;
    e->scale = ldexp(1, -e->s);
    for (int i = 0; i < m * m; i++)
        e->X[i] = e->scale * A[i];

    mat_mul(e->X2, 'n', 'n', m, m, m, 1, e->X, e->X, 0);
    mat_mul(e->X3, 'n', 'n', m, m, m, 1, e->X2, e->X, 0);
    mat_mul(e->X4, 'n', 'n', m, m, m, 1, e->X2, e->X2, 0);
    for (int i = 0; i < m * m; i++)
        e->T1[i] = e->a[EXPM_DEGREE] * e->X4[i];
    add_block(e, e->T1, 2);
    mat_mul(e->T2, 'n', 'n', m, m, m, 1, e->X4, e->T1, 0);
    add_block(e, e->T2, 1);
    mat_mul(P, 'n', 'n', m, m, m, 1, e->X4, e->T2, 0);
    add_block(e, P, 0);
    for (int k = 0; k < e->s; k++)
        mat_mul(e->power[k + 1], 'n', 'n', m, m, m, 1, e->power[k],
                e->power[k], 0);
    memcpy(E, e->power[e->s], (size_t)m * (size_t)m * sizeof *E);
}

/* Gradient of a product Z = X Y: dX += dZ Y^T, dY += X^T dZ. */
static void back_product(int m, const double *dZ, double *dX, double *dY,
                         const double *X, const double *Y)
{
    mat_mul(dX, 'n', 't', m, m, m, 1, dZ, Y, 1);
    mat_mul(dY, 't', 'n', m, m, m, 1, X, dZ, 1);
}

/* Gradient of add_block. */
static void back_block(struct expm *e, const double *dB, int k)
{
    const double *a = e->a + 4 * k;

    for (int i = 0; i < e->m * e->m; i++) {
        e->dX[i] += a[1] * dB[i];
        e->dX2[i] += a[2] * dB[i];
        e->dX3[i] += a[3] * dB[i];
    }
}

void expm_back(struct expm *e, double *dA, const double *dE)
{
    int m = e->m;
    size_t bytes = (size_t)m * (size_t)m * sizeof(double);

    memcpy(e->dP, dE, bytes);
    for (int k = e->s - 1; k >= 0; k--) {
        double *dP = e->dN;
        memset(dP, 0, bytes);
        back_product(m, e->dP, dP, dP, e->power[k], e->power[k]);
        e->dN = e->dP;
        e->dP = dP;
    }
    double *zero[] = { e->dX, e->dX2, e->dX3, e->dX4, e->dT1, e->dT2 };
    for (size_t i = 0; i < sizeof zero / sizeof *zero; i++)
        memset(zero[i], 0, bytes);

    back_block(e, e->dP, 0);
    back_product(m, e->dP, e->dX4, e->dT2, e->X4, e->T2);
    back_block(e, e->dT2, 1);
    back_product(m, e->dT2, e->dX4, e->dT1, e->X4, e->T1);
    back_block(e, e->dT1, 2);
    for (int i = 0; i < m * m; i++)
        e->dX4[i] += e->a[EXPM_DEGREE] * e->dT1[i];
    back_product(m, e->dX4, e->dX2, e->dX2, e->X2, e->X2);
    back_product(m, e->dX3, e->dX2, e->dX, e->X2, e->X);
    back_product(m, e->dX2, e->dX, e->dX, e->X, e->X);
    for (int i = 0; i < m * m; i++)
        dA[i] += e->scale * e->dX[i];
}

int mat_random_rotation(double *Q, int m, struct rng *r, struct arena *a)
{
    double *tau = arena_get(a, (size_t)m, sizeof *tau);
    double *sign = arena_get(a, (size_t)m, sizeof *sign);

    if (tau == NULL || sign == NULL)
        return -1;
    for (int i = 0; i < m * m; i++)
        Q[i] = rng_normal(r);
    if (LAPACKE_dgeqrf(LAPACK_ROW_MAJOR, m, m, Q, m, tau))
        return err_set(EX_SOFTWARE, "QR of a random matrix failed");
    for (int i = 0; i < m; i++)
        sign[i] = Q[i * m + i] < 0 ? -1 : 1;
    if (LAPACKE_dorgqr(LAPACK_ROW_MAJOR, m, m, m, Q, m, tau))
        return err_set(EX_SOFTWARE, "Q of a random matrix failed");
    for (int i = 0; i < m; i++)
        for (int j = 0; j < m; j++)
            Q[i * m + j] *= sign[j];
    return 0;
}

int mat_nuclear_norm(double *norm, double *A, int rows, int cols,
                     struct arena *a)
{
    int n = rows < cols ? rows : cols;
    double *s = arena_get(a, (size_t)n, sizeof *s);

    if (s == NULL)
        return -1;
    /* Column by column A is its transpose, with the same singular values. */
    if (LAPACKE_dgesdd(LAPACK_COL_MAJOR, 'N', cols, rows, A, cols, s, NULL, 1,
                       NULL, 1))
        return err_set(EX_SOFTWARE, "singular values did not converge");
    *norm = 0;
    for (int i = 0; i < n; i++)
        *norm += s[i];
    return 0;
}

double mat_orthogonality(const double *Q, int m)
{
    enum { TILE = 32 };         /* columns of a row at a time */
    double largest = 0;

    for (int i = 0; i < m; i++)
        for (int from = 0; from <= i; from += TILE) {
            int n = from + TILE <= i ? TILE : i + 1 - from;
            double dot[TILE] = { 0 };
            for (int k = 0; k < m; k++)
                for (int j = 0; j < n; j++)
                    dot[j] += Q[k * m + i] * Q[k * m + from + j];
            for (int j = 0; j < n; j++)
                largest = fmax(largest, fabs(dot[j] - (from + j == i)));
        }
    return largest;
}

double mat_norm1(const double *A, int m)
{
    double largest = 0;

    for (int j = 0; j < m; j++) {
        double sum = 0;
        for (int i = 0; i < m; i++)
            sum += fabs(A[i * m + j]);
        largest = fmax(largest, sum);
    }
    return largest;
}

static bool all_finite(const double *A, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(A[i]))
            return false;
    return true;
}

/* LAPACK sees the transpose, whose inverse is the transpose of the inverse. */
bool mat_inverse(double *inverse, const double *A, int m, int *pivot,
                 double *work)
{
    size_t n = (size_t)m * (size_t)m;
    bool sound = all_finite(A, n);

    memcpy(inverse, A, n * sizeof *A);
    sound = sound &&
            !LAPACKE_dgetrf_work(LAPACK_COL_MAJOR, m, m, inverse, m, pivot) &&
            !LAPACKE_dgetri_work(LAPACK_COL_MAJOR, m, inverse, m, pivot, work,
                                 m * m) &&
            all_finite(inverse, n);
    for (size_t i = 0; !sound && i < n; i++)
        inverse[i] = NAN;
    return sound;
}

bool mat_solve(double *B, double *A, int m, int n)
{
    return all_finite(A, (size_t)m * (size_t)m) &&
           !LAPACKE_dposv(LAPACK_ROW_MAJOR, 'U', m, n, A, m, B, n);
}

/* mat.h - small dense double algebra: row-major (m,m) matrices. */
#ifndef MAT_H
#define MAT_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct rng;

/* C = alpha op(A) op(B) + beta C with op = transpose where t is 't', identity
 * where it is 'n'; C (rows,cols), inner the summed length. */
void mat_mul(double *C, char ta, char tb, int rows, int cols, int inner,
             double alpha, const double *A, const double *B, double beta);

/* exp(A) and its exact adjoint. Scaling and squaring around a Taylor
 * polynomial of degree 12 (Paterson-Stockmeyer); the adjoint is that of the
 * very same arithmetic, so it is exact to rounding. */
enum { EXPM_DEGREE = 12, EXPM_SQUARINGS = 16 };
struct expm;
struct expm *expm_open(int m, struct arena *a);         /* NULL: memory */
void expm_forward(struct expm *e, double *E, const double *A);

/* dA += (d exp(A))^* dE, for the A of the last forward. */
void expm_back(struct expm *e, double *dA, const double *dE);

/* A random orthogonal matrix, Haar-distributed: QR of a normal matrix, signs
 * so that R has a positive diagonal. 0, or -1 (EX_SOFTWARE). */
int mat_random_rotation(double *Q, int m, struct rng *r, struct arena *a);

/* Sum of the singular values of A (rows,cols), which is destroyed. 0, or -1:
 * memory, or no convergence (EX_SOFTWARE). */
int mat_nuclear_norm(double *norm, double *A, int rows, int cols,
                     struct arena *a);

/* max |Q^T Q - I|. */
double mat_orthogonality(const double *Q, int m);

/* The largest column sum of |A|. */
double mat_norm1(const double *A, int m);

/* A^-1, not in place; pivot (m) and work (m,m) are scratch. Where A is singular
 * or not finite, or its inverse is not: false, and NaN throughout. */
bool mat_inverse(double *inverse, const double *A, int m, int *pivot,
                 double *work);

/* B (m,n) becomes A^-1 B for a symmetric positive definite A (m,m), which is
 * destroyed. False: A is not that, or not finite. */
bool mat_solve(double *B, double *A, int m, int n);

#endif

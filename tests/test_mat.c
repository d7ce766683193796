/* exp, its adjoint, random rotations and singular values. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "../lib/amap.h"
#include "../lib/arena.h"
#include "../lib/mat.h"
#include "../lib/rng.h"
#include "golden.h"

enum { M = 9 };

static struct arena *arena;

static void draw(double *A, double scale, uint32_t index)
{
    struct rng r = rng_at(3, RNG_DATA, 0, index);

    for (int i = 0; i < M * M; i++)
        A[i] = scale * rng_normal(&r);
}

static void skew(double *A)
{
    for (int i = 0; i < M; i++)
        for (int j = 0; j <= i; j++)
            A[i * M + j] = i == j ? 0 : -A[j * M + i];
}

static void exp_of_a_plane_turns_it_by_the_angle(void **state)
{
    const double angle[] = { 0, 0.1, 1, 3, 30 };

    (void)state;
    for (int k = 0; k < 5; k++) {
        double A[4] = { 0, -angle[k], angle[k], 0 }, E[4];
        expm_forward(expm_open(2, arena), E, A);
        golden_near("cos", E[0], cos(angle[k]), 1e-12);
        golden_near("sin", E[2], sin(angle[k]), 1e-12);
        golden_near("-sin", E[1], -sin(angle[k]), 1e-12);
    }
}

static void exp_of_minus_a_undoes_exp_of_a(void **state)
{
    double A[M * M], E[M * M], inverse[M * M], product[M * M];

    (void)state;
    draw(A, 0.7, 0);
    expm_forward(expm_open(M, arena), E, A);
    for (int i = 0; i < M * M; i++)
        A[i] = -A[i];
    expm_forward(expm_open(M, arena), inverse, A);
    mat_mul(product, 'n', 'n', M, M, M, 1, E, inverse, 0);
    for (int i = 0; i < M * M; i++)
        golden_near("identity", product[i], i % (M + 1) == 0, 1e-10);
}

static void exp_of_a_skew_matrix_is_orthogonal(void **state)
{
    const double scale[] = { 1e-6, 0.05, 0.5, 5, 50 };

    (void)state;
    for (int k = 0; k < 5; k++) {
        double A[M * M], E[M * M];
        draw(A, scale[k], 1);
        skew(A);
        expm_forward(expm_open(M, arena), E, A);
        assert_true(mat_orthogonality(E, M) < 1e-11);
    }
}

static void the_adjoint_of_exp_agrees_with_finite_differences(void **state)
{
    const double scale[] = { 0.01, 0.3, 1.5 };

    (void)state;
    for (int k = 0; k < 3; k++) {
        double A[M * M], E[M * M], W[M * M], dA[M * M] = { 0 };
        struct expm *e = expm_open(M, arena);

        draw(A, scale[k], 2);
        draw(W, 1, 3);
        expm_forward(e, E, A);
        expm_back(e, dA, W);
        for (int i = 0; i < M * M; i++) {
            const double eps = 1e-5;
            double keep = A[i], f[2];
            for (int side = 0; side < 2; side++) {
                A[i] = keep + (side ? eps : -eps);
                expm_forward(e, E, A);
                f[side] = 0;
                for (int n = 0; n < M * M; n++)
                    f[side] += W[n] * E[n];
            }
            A[i] = keep;
            golden_near("dA", dA[i], (f[1] - f[0]) / (2 * eps), 1e-6);
        }
    }
}

/* <W, dexp(A)[H]> = <dexp(A)^*[W], H> holds to rounding for the exact
 * adjoint; dexp(A)[H] is the upper right block of exp [[A, H], [0, A]]. */
static void the_adjoint_of_exp_is_exact(void **state)
{
    enum { N = 2 * M };
    double A[M * M], H[M * M], W[M * M], E[M * M], dA[M * M] = { 0 };
    double big[N * N] = { 0 }, bigE[N * N], left = 0, right = 0;
    struct expm *e = expm_open(M, arena);

    (void)state;
    draw(A, 0.4, 4);
    draw(H, 1, 5);
    draw(W, 1, 6);
    expm_forward(e, E, A);
    expm_back(e, dA, W);
    for (int i = 0; i < M; i++)
        for (int j = 0; j < M; j++) {
            big[i * N + j] = big[(M + i) * N + M + j] = A[i * M + j];
            big[i * N + M + j] = H[i * M + j];
        }
    expm_forward(expm_open(N, arena), bigE, big);
    for (int i = 0; i < M; i++)
        for (int j = 0; j < M; j++) {
            left += W[i * M + j] * bigE[i * N + M + j];
            right += dA[i * M + j] * H[i * M + j];
        }
    golden_near("adjoint", right, left, 1e-11);
}

static void random_rotations_are_orthogonal_and_differ(void **state)
{
    double Q[M * M], P[M * M], trace = 0;
    struct rng r = rng_at(1, RNG_BASE, 0, 0);

    (void)state;
    for (int k = 0; k < 200; k++) {
        assert_int_equal(mat_random_rotation(Q, M, &r, arena), 0);
        assert_true(mat_orthogonality(Q, M) < 1e-13);
        for (int i = 0; i < M; i++)
            trace += Q[i * M + i] / 200;
    }
    assert_int_equal(mat_random_rotation(P, M, &r, arena), 0);
    assert_true(memcmp(P, Q, sizeof P) != 0);
    /* Haar: the trace has mean 0 and variance 1. */
    assert_true(fabs(trace) < 4 / sqrt(200));
}

static void the_nuclear_norm_is_the_sum_of_singular_values(void **state)
{
    /* A = Q[:,:4] diag(s) P with rotations Q (9,9) and P (4,4). */
    const double s[4] = { 3, 0.5, 1e-3, 0 };
    double Q[M * M], P[4 * 4], A[M * 4] = { 0 }, T[4 * M], norm;
    struct rng r = rng_at(1, RNG_BASE, 0, 1);

    (void)state;
    assert_int_equal(mat_random_rotation(Q, M, &r, arena), 0);
    assert_int_equal(mat_random_rotation(P, 4, &r, arena), 0);
    for (int i = 0; i < M; i++)
        for (int j = 0; j < 4; j++) {
            for (int k = 0; k < 4; k++)
                A[i * 4 + j] += Q[i * M + k] * s[k] * P[k * 4 + j];
            T[j * M + i] = A[i * 4 + j];
        }
    assert_int_equal(mat_nuclear_norm(&norm, A, M, 4, arena), 0);
    golden_near("norm", norm, 3.501, 1e-14);
    assert_int_equal(mat_nuclear_norm(&norm, T, 4, M, arena), 0);
    golden_near("norm of the transpose", norm, 3.501, 1e-14);
    assert_int_equal(mat_nuclear_norm(&norm, Q, M, M, arena), 0);
    golden_near("norm of a rotation", norm, M, 1e-14);
}

/* Every map of the menu: F G = 1, and the gradient of its parameters. */
static void maps_are_inverse_and_their_gradients_exact(void **state)
{
    enum { K = 4 };

    (void)state;
    for (int form = 0; amap_menu[form]; form++) {
        struct rng r = rng_at(2, RNG_BASE, 0, 0);
        struct amap *R = amap_open(amap_menu[form], M, K, &r, arena);
        double FG[K * K];

        for (size_t i = 0; i < R->n; i++)
            R->param[i] += 0.3 * rng_normal(&r);
        R->form->forward(R);
        mat_mul(FG, 'n', 'n', K, K, M, 1, R->F, R->G, 0);
        for (int i = 0; i < K * K; i++)
            golden_near("F G", FG[i], i % (K + 1) == 0, 1e-12);

        amap_zero(R);
        for (int i = 0; i < K * M; i++) {
            R->dF[i] = rng_normal(&r);
            R->dG[i] = rng_normal(&r);
        }
        for (int k = 0; k < K; k++)
            R->db[k] = rng_normal(&r);
        R->form->back(R);
        for (size_t i = 0; i < R->n; i++) {
            const double eps = 1e-5;
            double keep = R->param[i], f[2] = { 0, 0 };
            for (int side = 0; side < 2; side++) {
                R->param[i] = keep + (side ? eps : -eps);
                R->form->forward(R);
                for (int n = 0; n < K * M; n++)
                    f[side] += R->dF[n] * R->F[n] + R->dG[n] * R->G[n];
                for (int k = 0; k < K; k++)
                    f[side] += R->db[k] * R->b[k];
            }
            R->param[i] = keep;
            golden_near(R->form->name, R->dparam[i],
                        (f[1] - f[0]) / (2 * eps), 1e-7);
        }
    }
}

static int set_up(void **state)
{
    (void)state;
    return (arena = arena_open()) == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    arena_close(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exp_of_a_plane_turns_it_by_the_angle),
        cmocka_unit_test(exp_of_minus_a_undoes_exp_of_a),
        cmocka_unit_test(exp_of_a_skew_matrix_is_orthogonal),
        cmocka_unit_test(the_adjoint_of_exp_agrees_with_finite_differences),
        cmocka_unit_test(the_adjoint_of_exp_is_exact),
        cmocka_unit_test(random_rotations_are_orthogonal_and_differ),
        cmocka_unit_test(the_nuclear_norm_is_the_sum_of_singular_values),
        cmocka_unit_test(maps_are_inverse_and_their_gradients_exact),
    };
    return cmocka_run_group_tests_name("mat and amap", tests, set_up,
                                       tear_down);
}

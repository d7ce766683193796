/* exp, its adjoint, random rotations, the inverse, singular values; every form
 * of map. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "../lib/amap.h"
#include "../lib/err.h"
#include "../lib/mat.h"
#include "../lib/rng.h"
#include "arena_group.h"
#include "golden.h"

enum { M = 9 };

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

/* Of a column made longer by 1 + e, and of e of one column in another. */
static void
a_matrix_is_as_far_from_orthogonal_as_its_worst_columns(void **state)
{
    enum { WIDE = 70 };
    const int column[] = { 0, 31, 32, 63, 64, 69 };
    const double e = 1e-3;
    double *Q = arena_get(arena, WIDE * WIDE, sizeof *Q);
    double *P = arena_get(arena, WIDE * WIDE, sizeof *P);
    struct rng r = rng_at(1, RNG_BASE, 0, 2);

    (void)state;
    assert_int_equal(mat_random_rotation(Q, WIDE, &r, arena), 0);
    assert_true(mat_orthogonality(Q, WIDE) < 1e-13);
    for (int i = 0; i < 6; i++)
        for (int j = 0; j < 6; j++) {
            memcpy(P, Q, WIDE * WIDE * sizeof *P);
            for (int k = 0; k < WIDE; k++)
                P[k * WIDE + column[j]] += e * Q[k * WIDE + column[i]];
            golden_near("off", mat_orthogonality(P, WIDE),
                        i == j ? 2 * e + e * e : e, 1e-12);
        }
}

static void a_matrix_times_its_inverse_is_1(void **state)
{
    (void)state;
    for (int m = 1; m <= M; m++) {
        double A[M * M], inverse[M * M], work[M * M], product[M * M];
        int pivot[M];

        draw(A, 1, 7);
        assert_true(mat_inverse(inverse, A, m, pivot, work));
        mat_mul(product, 'n', 'n', m, m, m, 1, A, inverse, 0);
        for (int i = 0; i < m * m; i++)
            golden_near("A A^-1", product[i], i % (m + 1) == 0, 1e-11);
    }
}

static void a_matrix_without_an_inverse_has_none(void **state)
{
    double A[M * M], inverse[M * M], work[M * M];
    int pivot[M];

    (void)state;
    for (int k = 0; k < 4; k++) {
        draw(A, 1, 8);
        if (k == 0)
            memset(A + 2 * M, 0, M * sizeof *A);
        else if (k == 1)
            memset(A, 0, sizeof A);
        else
            A[5] = k == 2 ? NAN : INFINITY;
        assert_false(mat_inverse(inverse, A, M, pivot, work));
        for (int i = 0; i < M * M; i++)
            assert_true(isnan(inverse[i]));
    }
}

static void the_1_norm_is_the_largest_column_sum(void **state)
{
    const double A[] = { 1, -7, 2, -3, 5, -4, 6, 0.5, 0 };

    (void)state;
    assert_true(mat_norm1(A, 3) == 12.5);
}

/* ---- maps ---- */

static struct amap *moved(const struct amap_form *form, int K)
{
    struct rng r = rng_at(2, RNG_BASE, 0, 0);
    struct amap *R = amap_open(form, M, K, &r, arena);

    for (size_t i = 0; i < R->n; i++)
        R->param[i] += 0.1 * rng_normal(&r);
    R->form->forward(R);
    return R;
}

/* The gradient of <dF, F> + <dG, G> + <db, b>; those that are 0 play no role
 * (a source has no dG). */
static void check_map(struct amap *R, bool source, bool target)
{
    struct rng r = rng_at(2, RNG_DATA, 0, 0);
    int K = R->K;

    amap_zero(R);
    for (int i = 0; i < K * M; i++) {
        R->dF[i] = source ? rng_normal(&r) : 0;
        R->dG[i] = target ? rng_normal(&r) : 0;
    }
    for (int k = 0; k < K; k++)
        R->db[k] = source ? rng_normal(&r) : 0;
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
        golden_near(R->form->name, R->dparam[i], (f[1] - f[0]) / (2 * eps),
                    1e-6);
    }
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
    const int dims[] = { 0, 1, 4, M };

    (void)state;
    for (int form = 0; amap_menu[form]; form++)
        for (int k = 0; k < 4; k++) {
            int K = dims[k];
            struct amap *R = moved(amap_menu[form], K);
            double FG[M * M];

            mat_mul(FG, 'n', 'n', K, K, M, 1, R->F, R->G, 0);
            for (int i = 0; i < K * K; i++)
                golden_near("F G", FG[i], i % (K + 1) == 0, 1e-11);
            check_map(R, true, false);
            check_map(R, false, true);
            check_map(R, true, true);
        }
}

/* exp turns a plane by the angle a of A, Cayley's transform by 2 atan(a/2):
 * both by a at first, the one round and round, the other up to a half turn. */
static void a_plane_is_turned_as_the_form_says(void **state)
{
    const double angle[] = { 0, 1e-3, 0.7, -2, 30, 1e6 };
    const char *form[] = { "rotation", "cayley" };

    (void)state;
    for (int f = 0; f < 2; f++)
        for (int k = 0; k < 6 - (f == 0); k++) {
            struct amap *R = amap_blank(amap_find(form[f]), 2, 2, arena);
            double a = f ? 2 * atan(angle[k] / 2) : angle[k];
            R->form->load(R, 0, (const double[]){ 1, 0, 0, 1 });
            R->param[0] = angle[k];
            R->param[1] = 1;
            R->form->forward(R);
            golden_near("cos", R->F[0], cos(a), 1e-12);
            golden_near("sin", R->F[1], sin(a), 1e-12);
            golden_near("-sin", R->F[2], -sin(a), 1e-12);
        }
}

static void a_cayley_map_stays_orthogonal_however_far_it_goes(void **state)
{
    const double far[] = { 0, 0.1, 1, 10, 1e3, 1e6 };

    (void)state;
    for (int k = 0; k < 6; k++) {
        struct rng r = rng_at(2, RNG_DATA, 0, 1);
        struct amap *R = moved(amap_find("cayley"), 4);
        for (size_t i = 0; i + 1 < R->n; i++)
            R->param[i] = far[k] * rng_normal(&r);
        R->form->forward(R);
        assert_true(mat_orthogonality(amap_part(R, "Q"), M) <
                    1e-14 * (M + far[k]));
    }
}

static void a_gradient_is_added_to_what_is_there(void **state)
{
    (void)state;
    for (int form = 0; amap_menu[form]; form++) {
        struct amap *R = moved(amap_menu[form], 4);
        double *once = arena_get(arena, R->n, sizeof *once);

        amap_zero(R);
        for (int i = 0; i < 4 * M; i++)
            R->dF[i] = R->dG[i] = 0.1 * i;
        R->db[1] = 2;
        R->form->back(R);
        memcpy(once, R->dparam, R->n * sizeof *once);
        R->form->back(R);
        for (size_t i = 0; i < R->n; i++)
            golden_near(R->form->name, R->dparam[i], 2 * once[i], 1e-11);
    }
}

/* ---- their parts ---- */

/* The same map once more, part by part. */
static struct amap *loaded(const struct amap *R)
{
    struct amap *S = amap_blank(R->form, R->m, R->K, arena);

    for (int i = 0; R->form->parts[i].name; i++)
        assert_int_equal(S->form->load(S, i, R->form->at(R, i)), 0);
    S->form->forward(S);
    return S;
}

static void a_map_is_its_parts(void **state)
{
    enum { K = 4 };

    (void)state;
    for (int form = 0; amap_menu[form]; form++) {
        const struct amap *R = moved(amap_menu[form], K), *S = loaded(R);

        assert_memory_equal(S->F, R->F, K * M * sizeof(double));
        assert_memory_equal(S->G, R->G, K * M * sizeof(double));
        assert_memory_equal(S->b, R->b, K * sizeof(double));
        assert_null(amap_part(R, "no such part"));
    }
}

static size_t part_size(const struct amap_part *part)
{
    size_t n = 1;

    for (const char *d = part->dims; *d; d++)
        n *= *d == 'm' ? M : 0;
    return n;
}

static void parts_have_names_sizes_and_places_of_their_own(void **state)
{
    (void)state;
    for (int form = 0; amap_menu[form]; form++) {
        struct amap *R = moved(amap_menu[form], M);
        const struct amap_part *part = R->form->parts;

        for (int i = 0; part[i].name; i++) {
            double *x = amap_part(R, part[i].name);
            assert_ptr_equal(x, R->form->at(R, i));
            assert_true(part_size(&part[i]) > 0);
            for (size_t n = 0; n < part_size(&part[i]); n++)
                x[n] = i;
        }
        for (int i = 0; part[i].name; i++)
            for (size_t n = 0; n < part_size(&part[i]); n++)
                assert_true(R->form->at(R, i)[n] == i);
    }
}

/* What `part` of a map becomes when it is loaded with x[at] = value. */
static int load_with(const char *form, const char *part, int at, double value)
{
    struct amap *R = moved(amap_find(form), 4);
    struct amap *S = amap_blank(R->form, M, 4, arena);
    int i = 0;

    while (strcmp(R->form->parts[i].name, part))
        i++;
    R->form->at(R, i)[at] = value;
    err_clear();
    return S->form->load(S, i, R->form->at(R, i));
}

static void parts_that_cannot_be_a_map_s_are_refused(void **state)
{
    double W[M * M] = { 0 };
    struct amap *R = moved(amap_find("affine"), 4);

    (void)state;
    assert_int_equal(load_with("rotation", "Q", 3, 0.9), -1);
    assert_non_null(strstr(err_text(), "not orthogonal: |Q'Q - I| is"));
    assert_int_equal(err_code(), EX_DATAERR);
    assert_int_equal(load_with("rotation", "c", 0, 0), -1);
    assert_non_null(strstr(err_text(), "0 has no inverse"));
    assert_int_equal(load_with("rotation", "c", 0, -2), 0);
    assert_int_equal(load_with("cayley", "Q", 3, 0.9), -1);
    assert_int_equal(load_with("affine", "W", 0, 7), 0);
    assert_int_equal(load_with("affine", "b", 0, 0), 0);

    assert_int_equal(R->form->load(R, 0, W), -1);
    assert_non_null(strstr(err_text(), "has no inverse"));
    assert_int_equal(err_code(), EX_DATAERR);
    for (int i = 0; i < M; i++)
        W[i * M + i] = i ? 1 : 0.99e12;
    assert_int_equal(R->form->load(R, 0, W), 0);
    W[0] = 1.01e12;
    assert_int_equal(R->form->load(R, 0, W), -1);
    assert_non_null(strstr(err_text(), "condition number 1.01e+12 is above"));
}

static void an_unknown_form_is_told_the_known_ones(void **state)
{
    (void)state;
    assert_null(amap_find("wormhole"));
    assert_int_equal(err_code(), EX_USAGE);
    for (int form = 0; amap_menu[form]; form++) {
        assert_string_equal(amap_names[form], amap_menu[form]->name);
        assert_non_null(strstr(err_text(), amap_names[form]));
        assert_ptr_equal(amap_find(amap_names[form]), amap_menu[form]);
    }
}

static void what_is_solved_gives_back_the_right_side(void **state)
{
    double R[M * M], A[M * M], S[M * M], B[2 * M], X[2 * M], back[2 * M];
    (void)state;
    draw(R, 1, 40);
    memcpy(B, R + 3, sizeof B);
    memcpy(X, B, sizeof X);
    mat_mul(A, 't', 'n', M, M, M, 1, R, R, 0);
    memcpy(S, A, sizeof S);
    assert_true(mat_solve(X, S, M, 2));
    mat_mul(back, 'n', 'n', M, 2, M, 1, A, X, 0);
    for (int i = 0; i < 2 * M; i++)
        near(back[i], B[i], 1e-9);
    A[M + 1] = -1;
    assert_false(mat_solve(X, A, M, 2));
    A[M + 1] = NAN;
    assert_false(mat_solve(X, A, M, 2));
}

/* F has the columns, G the rows of the units, and 0 elsewhere. */
static void a_widened_map_is_its_map_in_some_units(void **state)
{
    enum { WIDE = 2 * M + 1, K = 4 };
    int32_t unit[M];
    (void)state;
    for (int i = 0; i < M; i++)
        unit[i] = 2 * i + 1;
    for (int form = 0; amap_menu[form]; form++) {
        struct rng r = rng_at(1, RNG_BASE, 0, 0);
        struct amap *R = amap_open(amap_menu[form], M, K, &r, arena);
        struct amap *W = amap_widen(R, unit, WIDE, arena);
        struct amap *all = amap_with_dims(W, amap_reach(W), arena);
        double one[K * K], other[M * M];
        assert_int_equal(W->m, WIDE);
        assert_int_equal(amap_reach(W), M);
        for (int k = 0; k < K; k++)
            for (int i = 0; i < WIDE; i++) {
                assert_true(W->F[k * WIDE + i] ==
                            (i % 2 ? R->F[k * M + i / 2] : 0));
                assert_true(W->G[i * K + k] ==
                            (i % 2 ? R->G[i / 2 * K + k] : 0));
            }
        mat_mul(one, 'n', 'n', K, K, WIDE, 1, W->F, W->G, 0);
        mat_mul(other, 'n', 'n', M, M, WIDE, 1, all->F, all->G, 0);
        for (int i = 0; i < K * K; i++)
            near(one[i], i % (K + 1) == 0, 1e-12);
        for (int i = 0; i < M * M; i++)
            near(other[i], i % (M + 1) == 0, 1e-12);
    }
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
        cmocka_unit_test(
            a_matrix_is_as_far_from_orthogonal_as_its_worst_columns),
        cmocka_unit_test(a_matrix_times_its_inverse_is_1),
        cmocka_unit_test(a_matrix_without_an_inverse_has_none),
        cmocka_unit_test(the_1_norm_is_the_largest_column_sum),
        cmocka_unit_test(the_nuclear_norm_is_the_sum_of_singular_values),
        cmocka_unit_test(maps_are_inverse_and_their_gradients_exact),
        cmocka_unit_test(a_plane_is_turned_as_the_form_says),
        cmocka_unit_test(
            a_cayley_map_stays_orthogonal_however_far_it_goes),
        cmocka_unit_test(a_gradient_is_added_to_what_is_there),
        cmocka_unit_test(a_map_is_its_parts),
        cmocka_unit_test(parts_have_names_sizes_and_places_of_their_own),
        cmocka_unit_test(parts_that_cannot_be_a_map_s_are_refused),
        cmocka_unit_test(an_unknown_form_is_told_the_known_ones),
        cmocka_unit_test(what_is_solved_gives_back_the_right_side),
        cmocka_unit_test(a_widened_map_is_its_map_in_some_units),
    };
    return cmocka_run_group_tests_name("mat and amap", tests, arena_make,
                                       arena_drop);
}

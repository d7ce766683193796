/* The kernels of a transformer block against the plainest code there is, in
 * double precision. Gradients stand against finite differences in
 * test_arch_double. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../lib/kern_block.h"
#include "../lib/rng.h"
#include "golden.h"

static void fill(real *x, int n, uint32_t index)
{
    struct rng r = rng_at(1, RNG_DATA, 0, index);

    for (int i = 0; i < n; i++)
        x[i] = (real)rng_normal(&r);
}

/* C = 22 leaves a rest after the partial sums of any vector width. */
enum { ROWS = 5, C = 22 };

static void layer_norm_is_the_textbook_s(void **state)
{
    real x[ROWS * C], y[ROWS * C], hat[ROWS * C], rstd[ROWS], g[C], b[C];

    (void)state;
    fill(x, ROWS * C, 0);
    fill(g, C, 1);
    fill(b, C, 2);
    for (int i = 0; i < C; i++) {
        x[C + i] = 7;                   /* no variance: eps holds */
        x[2 * C + i] += 100;
    }
    kern_norm(y, hat, rstd, x, g, b, ROWS, C);
    for (int r = 0; r < ROWS; r++) {
        double mean = 0, var = 0;
        for (int i = 0; i < C; i++)
            mean += (double)x[r * C + i] / C;
        for (int i = 0; i < C; i++)
            var += pow((double)x[r * C + i] - mean, 2) / C;
        golden_near("rstd", (double)rstd[r], 1 / sqrt(var + 1e-5), 1e-3);
        for (int i = 0; i < C; i++) {
            double h = ((double)x[r * C + i] - mean) / sqrt(var + 1e-5);
            golden_near("hat", (double)hat[r * C + i], h, 2e-5);
            golden_near("y", (double)y[r * C + i],
                        h * (double)g[i] + (double)b[i], 4e-5);
        }
    }
    kern_norm(x, hat, rstd, x, g, b, ROWS, C);
    assert_memory_equal(x, y, sizeof x);
}

/* The Jacobian of one row, written out. */
static void layer_norm_s_gradient_is_that_of_its_jacobian(void **state)
{
    real x[ROWS * C], y[ROWS * C], hat[ROWS * C], rstd[ROWS], g[C], b[C];
    real dy[ROWS * C], dx[ROWS * C], dg[C], db[C];

    (void)state;
    fill(x, ROWS * C, 0);
    fill(g, C, 1);
    fill(b, C, 2);
    fill(dy, ROWS * C, 3);
    fill(dx, ROWS * C, 4);
    fill(dg, C, 5);
    fill(db, C, 6);
    real old[ROWS * C], old_g[C], old_b[C];
    memcpy(old, dx, sizeof dx);
    memcpy(old_g, dg, sizeof dg);
    memcpy(old_b, db, sizeof db);
    kern_norm(y, hat, rstd, x, g, b, ROWS, C);
    kern_norm_back(dx, dg, db, dy, hat, rstd, g, ROWS, C);
    for (int r = 0; r < ROWS; r++)
        for (int i = 0; i < C; i++) {
            double want = (double)old[r * C + i];
            for (int j = 0; j < C; j++)
                want += (double)rstd[r] * ((i == j) - 1.0 / C -
                        (double)hat[r * C + i] * (double)hat[r * C + j] / C) *
                        (double)dy[r * C + j] * (double)g[j];
            golden_near("dx", (double)dx[r * C + i], want, 1e-5);
        }
    for (int i = 0; i < C; i++) {
        double want_g = (double)old_g[i], want_b = (double)old_b[i];
        for (int r = 0; r < ROWS; r++) {
            want_g += (double)dy[r * C + i] * (double)hat[r * C + i];
            want_b += (double)dy[r * C + i];
        }
        golden_near("dg", (double)dg[i], want_g, 1e-5);
        golden_near("db", (double)db[i], want_b, 1e-5);
    }
    memcpy(dx, old, sizeof dx);
    kern_norm_back(dx, NULL, NULL, dy, hat, rstd, g, ROWS, C);
    kern_norm_back(old, dg, db, dy, hat, rstd, g, ROWS, C);
    assert_memory_equal(dx, old, sizeof dx);
}

/* Rotate-half as complex numbers: x[i] + i x[i + C/2] times e^(i angle). */
static void positions_turn_queries_and_keys_and_leave_values(void **state)
{
    enum { T = 60, FROM = 37, N = 4 };
    real turn[T * C], qkv[N * 3 * C], old[N * 3 * C];

    (void)state;
    kern_turns(turn, T, C);
    fill(qkv, N * 3 * C, 7);
    memcpy(old, qkv, sizeof qkv);
    kern_turn(qkv, turn, FROM, N, C);
    for (int r = 0; r < N; r++)
        for (int part = 0; part < 3; part++)
            for (int i = 0; i < C / 2; i++) {
                const real *x = old + r * 3 * C + part * C;
                const real *y = qkv + r * 3 * C + part * C;
                double angle = part == 2 ? 0 :
                               (FROM + r) * pow(10000, -2.0 * i / C);
                double a = (double)x[i], b = (double)x[C / 2 + i];
                golden_near("first half", (double)y[i],
                            a * cos(angle) - b * sin(angle), 1e-6);
                golden_near("second half", (double)y[C / 2 + i],
                            b * cos(angle) + a * sin(angle), 1e-6);
            }
    kern_unturn(qkv, turn, FROM, N, C);
    for (int i = 0; i < N * 3 * C; i++)
        golden_near("back", (double)qkv[i], (double)old[i], 1e-6);
}

enum { N = 23 };

static double score(const real *qkv, int q, int k)
{
    double sum = 0;

    for (int i = 0; i < C; i++)
        sum += (double)qkv[q * 3 * C + i] * (double)qkv[k * 3 * C + C + i];
    return sum / sqrt(C);
}

/* w (N) = softmax over keys 0..q. */
static void weights(double *w, const real *qkv, int q)
{
    double sum = 0;

    for (int k = 0; k < N; k++)
        sum += w[k] = k <= q ? exp(score(qkv, q, k)) : 0;
    for (int k = 0; k < N; k++)
        w[k] /= sum;
}

static void attention_looks_back_and_never_ahead(void **state)
{
    real qkv[N * 3 * C], o[N * C], p[N * N];
    double w[N];

    (void)state;
    fill(qkv, N * 3 * C, 8);
    for (int from = 0; from <= N; from += N / 2) {
        kern_attend(o, p, qkv, from, N, C);
        for (int q = from; q < N; q++) {
            weights(w, qkv, q);
            for (int k = 0; k < N; k++)
                golden_near("p", (double)p[(q - from) * N + k], w[k], 2e-6);
            for (int i = 0; i < C; i++) {
                double want = 0;
                for (int k = 0; k < N; k++)
                    want += w[k] * (double)qkv[k * 3 * C + 2 * C + i];
                golden_near("o", (double)o[(q - from) * C + i], want, 5e-6);
            }
        }
    }
}

/* All of the gradient by loops; any range of rows must be a part of it. */
static void attention_s_gradient_is_that_of_its_loops(void **state)
{
    enum { FROM = 9 };
    static const int range[][2] = { { 0, N }, { FROM, N - FROM }, { FROM, 1 },
                                    { 4, 1 }, { 4, 8 }, { 15, 0 } };
    real qkv[N * 3 * C], o[N * C], p[N * N], dp[N * N], dy[N * C];
    real dqkv[N * 3 * C];
    double want[N * 3 * C] = { 0 }, w[N];

    (void)state;
    fill(qkv, N * 3 * C, 8);
    fill(dy, N * C, 9);
    for (int q = FROM; q < N; q++) {
        double dw[N] = { 0 }, mean = 0;
        weights(w, qkv, q);
        for (int k = 0; k <= q; k++) {
            for (int i = 0; i < C; i++) {
                double d = (double)dy[(q - FROM) * C + i];
                dw[k] += d * (double)qkv[k * 3 * C + 2 * C + i];
                want[k * 3 * C + 2 * C + i] += w[k] * d;
            }
            mean += w[k] * dw[k];
        }
        for (int k = 0; k <= q; k++)
            for (int i = 0; i < C; i++) {
                double ds = w[k] * (dw[k] - mean) / sqrt(C);
                want[q * 3 * C + i] += ds * (double)qkv[k * 3 * C + C + i];
                want[k * 3 * C + C + i] += ds * (double)qkv[q * 3 * C + i];
            }
    }
    kern_attend(o, p, qkv, FROM, N, C);
    for (int r = 0; r < 6; r++) {
        kern_attend_back(dqkv, dp, dy, p, qkv, FROM, N, range[r][0],
                         range[r][1], C);
        for (int i = 0; i < range[r][1] * 3 * C; i++)
            golden_near("dqkv", (double)dqkv[i],
                        want[range[r][0] * 3 * C + i], 1e-5);
    }
    kern_attend_back(dqkv, dp, dy, p, qkv, N, N, 3, 2, C);
    for (int i = 0; i < 2 * 3 * C; i++)
        assert_true(dqkv[i] == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layer_norm_is_the_textbook_s),
        cmocka_unit_test(layer_norm_s_gradient_is_that_of_its_jacobian),
        cmocka_unit_test(positions_turn_queries_and_keys_and_leave_values),
        cmocka_unit_test(attention_looks_back_and_never_ahead),
        cmocka_unit_test(attention_s_gradient_is_that_of_its_loops),
    };
    return cmocka_run_group_tests_name("kern_block", tests, NULL, NULL);
}

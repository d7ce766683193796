/* Kernels against the plainest code there is, and the approximated functions
 * against the C library's over their whole range. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <cmocka.h>

#include "../lib/kern.h"
#include "../lib/kern_math.h"
#include "../lib/kern_priv.h"
#include "../lib/rng.h"
#include "golden.h"

static void fill(real *x, int n, uint32_t index)
{
    struct rng r = rng_at(1, RNG_DATA, 0, index);

    for (int i = 0; i < n; i++)
        x[i] = (real)rng_normal(&r);
}

/* `name` at x is off by that much. */
static void small(const char *name, double x, double off)
{
    if (!(fabs(off) <= 4e-7))
        fail_msg("%s of %g is off by %g", name, x, off);
}

static void functions_keep_their_error_over_the_whole_range(void **state)
{
    (void)state;
    for (double x = -100; x <= 100; x += 0.00037) {
        float f = (float)x;
        double d = (double)f;
        small("sigmoid", d, sigmoid_float(f) - 1 / (1 + exp(-d)));
        small("tanh", d, tanh_float(f) - tanh(d));
        small("phi", d, phi_float(f, exp_float(-f * f / 2)) -
                        0.5 * erfc(-d * sqrt(0.5)));
        if (fabs(x) < 85)
            small("exp", d, exp_float(f) / exp(d) - 1);
    }
    assert_true(isfinite(exp_float(1e30f)) && exp_float(-1e30f) < 1e-37f);
}

/* C, which was `before`, against three loops in double; what stands between
 * the columns in question must be left alone. */
static void check_product(const struct product *x, const real *before)
{
    const real *S = x->S == x->C ? before : x->S;

    for (int i = 0; i < x->rows; i++)
        for (ptrdiff_t j = 0; j < x->ldc; j++) {
            double want = S ? (double)S[i * x->lds + j] : 0;
            if (j >= x->cols)
                want = (double)before[i * x->ldc + j];
            for (int k = 0; j < x->cols && k < x->inner; k++)
                want += (double)x->A[i * x->row + k * x->step] *
                        (double)x->B[k * x->ldb + j];
            double got = (double)x->C[i * x->ldc + j];
            if (!(fabs(got - want) <= 1e-6 * (x->inner + 1)))
                fail_msg("(%d,%d,%d) at %d, %td: %g, not %g", x->rows,
                         x->cols, x->inner, i, j, got, want);
        }
}

static void products_of_any_shape_are_those_of_three_loops(void **state)
{
    void (*const sets[])(const struct product *x) = {
        kern_product_portable, kern_product_avx2, kern_product_avx512 };
    enum { MOST = 100, SHAPES = 400 };
    static real A[MOST * MOST], B[MOST * MOST], C[MOST * MOST];
    static real before[MOST * MOST], row[MOST * MOST];
    const bool has[] = { true, __builtin_cpu_supports("x86-64-v3"),
                         __builtin_cpu_supports("x86-64-v4") };
    struct rng r = rng_at(1, RNG_DATA, 7, 0);

    (void)state;
    fill(A, MOST * MOST, 0);
    fill(B, MOST * MOST, 1);
    fill(before, MOST * MOST, 2);
    fill(row, MOST * MOST, 3);
    for (int n = 0; n < SHAPES; n++) {
        bool turned = rng_below(&r, 2);
        const real *begins[] = { NULL, C, row, row };
        uint32_t how = rng_below(&r, 4);
        struct product x = { .C = C, .A = A, .B = B, .S = begins[how] };
        x.rows = (int)rng_below(&r, MOST - 8);
        x.cols = (int)rng_below(&r, MOST - 8);
        x.inner = (int)rng_below(&r, MOST - 8);
        x.ldc = x.cols + (int)rng_below(&r, 8);
        x.ldb = x.cols + (int)rng_below(&r, 8);
        x.lds = how == 1 ? x.ldc : how == 2 ? 0 : x.cols;
        x.row = turned ? 1 : x.inner + (int)rng_below(&r, 8);
        x.step = turned ? x.rows + (int)rng_below(&r, 8) : 1;
        for (size_t k = 0; k < sizeof sets / sizeof *sets; k++)
            if (has[k]) {
                memcpy(C, before, sizeof C);
                sets[k](&x);
                check_product(&x, before);
            }
    }
}

/* The way to them, small and beyond what is read unpacked. */
static void products_are_told_by_their_sizes(void **state)
{
    enum { ROWS = 3, SMALL = 20, LARGE = 600, LD = LARGE + 5 };
    static real A[LARGE * LD], B[LARGE * LD], C[LARGE * LD];
    static real before[LARGE * LD];

    (void)state;
    fill(A, LARGE * LD, 0);
    fill(B, LARGE * LD, 1);
    fill(before, LARGE * LD, 2);
    for (int turned = 0; turned < 2; turned++)
        for (int add = 0; add < 2; add++)
            for (int n = SMALL; n <= LARGE; n += LARGE - SMALL) {
                struct product x = { C, A, B, add ? C : NULL, LD,
                                     turned ? 1 : LD, turned ? LD : 1, LD, LD,
                                     ROWS, n, n };
                memcpy(C, before, sizeof C);
                if (turned)
                    kern_mul_tn_ld(C, LD, A, LD, B, LD, ROWS, n, n, add);
                else
                    kern_mul_ld(C, LD, A, LD, B, LD, ROWS, n, n, add);
                check_product(&x, before);
                x.ldc = x.ldb = x.lds = n;
                x.row = turned ? 1 : n;
                x.step = turned ? ROWS : 1;
                memcpy(C, before, sizeof C);
                if (turned)
                    kern_mul_tn(C, A, B, ROWS, n, n, add);
                else
                    kern_mul(C, A, B, ROWS, n, n, add);
                check_product(&x, before);
                if (turned || add)
                    continue;
                kern_affine(C, A, B, before, ROWS, n, n);
                x.S = before, x.lds = 0;
                check_product(&x, before);
            }
}

/* ---- the LSTM step ---- */

enum { LSTM_B = 3, LSTM_C = 35, LSTM_V = 4 };   /* LSTM_C at most */

/* sum of up (B,2C) times the state h|c after a step from s0 (B,2C) whose gates
 * (B,4C) before their nonlinearity are a; the state in s where wanted. */
static double lstm(const double *a, const double *s0, const double *up,
                   int C, double *s)
{
    double sum = 0;

    for (int b = 0; b < LSTM_B; b++)
        for (int k = 0; k < C; k++) {
            const double *x = a + b * 4 * C + k;
            double i = 1 / (1 + exp(-x[0])), f = 1 / (1 + exp(-x[C]));
            double g = tanh(x[2 * C]), o = 1 / (1 + exp(-x[3 * C]));
            double c = f * s0[b * 2 * C + C + k] + i * g, h = o * tanh(c);
            sum += up[b * 2 * C + k] * h + up[b * 2 * C + C + k] * c;
            if (s) {
                s[b * 2 * C + k] = h;
                s[b * 2 * C + C + k] = c;
            }
        }
    return sum;
}

/* d lstm / d *x by central differences. */
static double slope(double *x, const double *a, const double *s0,
                    const double *up, int C)
{
    const double eps = 1e-5, keep = *x;

    *x = keep + eps;
    double high = lstm(a, s0, up, C, NULL);
    *x = keep - eps;
    double low = lstm(a, s0, up, C, NULL);
    *x = keep;
    return (high - low) / (2 * eps);
}

/* Every width up to LSTM_C, so that every tail of a vector is met. */

static void an_lstm_step_and_its_gradient_are_the_textbook_s(void **state)
{
    enum { B = LSTM_B, MOST = LSTM_C };
    const uint8_t token[B] = { 2, 0, 2 };
    real table[LSTM_V * 4 * MOST], gh[B * 4 * MOST], keep[B * 6 * MOST];
    real s0[B * 2 * MOST], s[B * 2 * MOST], only[B * 2 * MOST];
    real ds[B * 2 * MOST], ds0[B * 2 * MOST], dgh[B * 4 * MOST];
    double a[B * 4 * MOST], from[B * 2 * MOST], up[B * 2 * MOST];
    double want[B * 2 * MOST];

    (void)state;
    for (int C = 1; C <= MOST; C++) {
        fill(table, LSTM_V * 4 * C, 1);
        fill(gh, B * 4 * C, 2);
        fill(s0, B * 2 * C, 3);
        fill(ds, B * 2 * C, 4);
        kern_lstm(s, keep, table, token, gh, s0, B, C);
        kern_lstm(only, NULL, table, token, gh, s0, B, C);
        kern_lstm_back(dgh, ds0, ds, keep, B, C);
        for (int i = 0; i < B * 2 * C; i++)
            golden_near("s", (double)only[i], (double)s[i], 1e-6);

        for (int i = 0; i < B * 4 * C; i++)
            a[i] = (double)gh[i] +
                   (double)table[token[i / (4 * C)] * 4 * C + i % (4 * C)];
        for (int i = 0; i < B * 2 * C; i++) {
            from[i] = (double)s0[i];
            up[i] = (double)ds[i];
        }
        lstm(a, from, up, C, want);
        for (int i = 0; i < B * 2 * C; i++) {
            golden_near("s", (double)s[i], want[i], 3e-6);
            golden_near("ds0", (double)ds0[i],
                        slope(&from[i], a, from, up, C), 1e-5);
        }
        for (int i = 0; i < B * 4 * C; i++)
            golden_near("dgh", (double)dgh[i],
                        slope(&a[i], a, from, up, C), 1e-5);
    }
}

static void softmax_loss_is_the_textbook_s(void **state)
{
    enum { B = 4, V = 6 };
    real x[B * V], keep[B * V], bias[V];
    uint8_t label[B] = { 0, 5, 2, 3 }, best[B];
    double loss[B];

    (void)state;
    fill(x, B * V, 3);
    x[V + 4] = x[V + 1] = 8;            /* a tie: the first is the best */
    fill(bias, V, 4);
    for (int i = 0; i < B * V; i++) {
        keep[i] = x[i];
        x[i] -= bias[i % V];
    }
    kern_softmax_loss(x, V, loss, best, bias, label, (real)0.5, B, V);
    for (int b = 0; b < B; b++) {
        double sum = 0;
        int top = 0;
        for (int v = 0; v < V; v++) {
            sum += exp((double)keep[b * V + v]);
            if (keep[b * V + v] > keep[b * V + top])
                top = v;
        }
        assert_int_equal(best[b], top);
        golden_near("loss", loss[b],
                    log(sum) - (double)keep[b * V + label[b]], 2e-6);
        for (int v = 0; v < V; v++)
            golden_near("gradient", (double)x[b * V + v], 0.5 *
                        (exp((double)keep[b * V + v]) / sum -
                         (v == label[b])), 1e-6);
    }
    assert_int_equal(best[1], 1);
}

static void dropout_keeps_the_mean_and_is_a_function_of_its_name(void **state)
{
    enum { N = 192, ROWS = 400 };
    static real mask[ROWS * N], again[ROWS * N];
    uint32_t row[ROWS], position[ROWS];
    double sum = 0, n = N * ROWS;
    int zeros = 0;

    (void)state;
    for (uint32_t r = 0; r < ROWS; r++)
        row[r] = r, position[r] = r % 7;
    kern_dropout(mask, ROWS, N, 0.25, 9, 3, row, position);
    for (int r = 0; r < ROWS; r++)
        kern_dropout(again + r * N, 1, N, 0.25, 9, 3, row + r, position + r);
    assert_memory_equal(mask, again, sizeof mask);
    for (int i = 0; i < N * ROWS; i++) {
        sum += (double)mask[i];
        zeros += mask[i] == 0;
    }
    assert_true(fabs(zeros / n - 0.25) < 4 * sqrt(0.25 * 0.75 / n));
    assert_true(fabs(sum / n - 1) < 4 * sqrt(0.25 / 0.75 / n));
    kern_dropout(again, 1, N, 0.25, 9, 4, row, position);
    assert_memory_not_equal(mask, again, N * sizeof *mask);
    kern_dropout(again, 1, N, 0.25, 9, 3, row, position + 1);
    assert_memory_not_equal(mask, again, N * sizeof *mask);
}

/* Four units a word, from its lowest byte up. */
static void dropout_masks_are_the_bytes_of_their_stream(void **state)
{
    static const int widths[] = { 1, 7, 16, 48, 50, 192, 300 };
    enum { ROWS = 5, MOST = 300 };
    real mask[ROWS * MOST];
    const uint32_t sequence[ROWS] = { 5, 0, 1 << 30, 7, 7 };
    const uint32_t position[ROWS] = { 0, 3, 9, 1 << 16 | 2, 4 };

    (void)state;
    for (size_t w = 0; w < sizeof widths / sizeof *widths; w++) {
        int n = widths[w];
        kern_dropout(mask, ROWS, n, 0.1, 77, 12, sequence, position);
        for (int r = 0; r < ROWS; r++) {
            struct rng x = rng_at(77, RNG_DROPOUT, 12, sequence[r]);
            uint32_t word = 0;
            x.counter[3] = position[r] << 12;
            for (int i = 0; i < n; i++, word >>= 8) {
                if (i % 4 == 0)
                    word = rng_word(&x);
                assert_true((mask[r * n + i] == 0) == ((word & 255) < 26));
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_keep_their_error_over_the_whole_range),
        cmocka_unit_test(products_of_any_shape_are_those_of_three_loops),
        cmocka_unit_test(products_are_told_by_their_sizes),
        cmocka_unit_test(an_lstm_step_and_its_gradient_are_the_textbook_s),
        cmocka_unit_test(softmax_loss_is_the_textbook_s),
        cmocka_unit_test(dropout_keeps_the_mean_and_is_a_function_of_its_name),
        cmocka_unit_test(dropout_masks_are_the_bytes_of_their_stream),
    };
    return cmocka_run_group_tests_name("kern", tests, NULL, NULL);
}

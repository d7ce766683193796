/* test_latent.c - equation 4 against PyTorch's autograd and closed forms. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../lib/latent.h"
#include "golden.h"

enum { M = 48 };

static const char *const sample[] = { "one", "opposite", "five", "wide",
                                      "near" };
enum { SAMPLES = sizeof sample / sizeof *sample };

static double *line(const char *name, const char *what, size_t *n)
{
    char whole[64];

    snprintf(whole, sizeof whole, "%s_%s", name, what);
    return golden("tests/goldens/latent.txt", whole, n);
}

static int get_vector(const char *name, const char *what, real *x)
{
    size_t n;
    double *all = line(name, what, &n);

    for (size_t i = 0; i < n; i++)
        x[i] = (real)all[i];
    free(all);
    return (int)n;
}

static double get_number(const char *name, const char *what)
{
    size_t n;
    double *all = line(name, what, &n), x = all[0];

    assert_int_equal(n, 1);
    free(all);
    return x;
}

static void loss_and_gradient_are_those_of_autograd(void **state)
{
    (void)state;
    for (int k = 0; k < SAMPLES; k++)
        for (int norm = 0; latent_norms[norm]; norm++) {
            real v[M], x[M], dv[M], want[M];
            const char *name = latent_norms[norm];
            char gradient[16];
            int m = get_vector(sample[k], "v", v);
            snprintf(gradient, sizeof gradient, "d%s", name);
            get_vector(sample[k], "x", x);
            get_vector(sample[k], gradient, want);
            golden_near(sample[k],
                        latent_loss(dv, v, x, m, latent_norm_of(name),
                                    norm == LATENT_RELATIVE ? 3.5 : 1, 1),
                        get_number(sample[k], name), 1e-6);
            for (int i = 0; i < m; i++)
                golden_near(sample[k], (double)dv[i], (double)want[i], 1e-6);
        }
}

static void distance_and_cosine_are_those_of_pytorch(void **state)
{
    (void)state;
    for (int k = 0; k < SAMPLES; k++) {
        real v[M], x[M];
        int m = get_vector(sample[k], "v", v);
        get_vector(sample[k], "x", x);
        golden_near(sample[k], latent_distance(v, x, m),
                    get_number(sample[k], "distance"), 1e-6);
        golden_near(sample[k], latent_cosine(v, x, m),
                    get_number(sample[k], "cosine"), 1e-6);
        assert_true(latent_cosine(v, x, m) == latent_cosine(x, v, m));
    }
}

static void the_gradient_is_overwritten_scaled_or_not_wanted(void **state)
{
    real v[M], x[M], one[M], half[M];
    int m = get_vector("wide", "v", v);

    (void)state;
    get_vector("wide", "x", x);
    memset(half, 0x7f, sizeof half);
    double loss = latent_loss(one, v, x, m, LATENT_L2, 1, 1);
    assert_true(latent_loss(half, v, x, m, LATENT_L2, 1, 0.5) == loss);
    assert_true(latent_loss(NULL, v, x, m, LATENT_L2, 1, 0.5) == loss);
    for (int i = 0; i < m; i++)
        assert_true(half[i] == one[i] / 2);
}

/* The cosine of a zero vector is 0, and adds nothing to the gradient. */
static void a_zero_vector_has_no_direction(void **state)
{
    const real zero[3] = { 0 }, x[3] = { 3, 0, -4 };
    real dv[3];

    (void)state;
    assert_true(latent_cosine(zero, x, 3) == 0);
    assert_true(latent_cosine(x, zero, 3) == 0);
    assert_true(latent_cosine(zero, zero, 3) == 0);
    assert_true(latent_loss(dv, zero, x, 3, LATENT_L2, 1, 1) == 12.5);
    for (int i = 0; i < 3; i++)
        assert_true(dv[i] == -x[i]);
    assert_true(latent_loss(dv, x, zero, 3, LATENT_L2, 1, 1) == 12.5);
    for (int i = 0; i < 3; i++)
        assert_true(dv[i] == x[i]);
    assert_true(latent_loss(dv, zero, x, 3, LATENT_L1, 1, 2) == 3.5);
    assert_true(dv[0] == -1 && dv[1] == 0 && dv[2] == 1);
    assert_true(latent_loss(dv, zero, zero, 3, LATENT_L2, 1, 1) == 0);
    for (int i = 0; i < 3; i++)
        assert_true(dv[i] == 0);
}

static void a_state_on_its_latent_has_the_least_loss(void **state)
{
    real x[M], dv[M];
    int m = get_vector("wide", "x", x);

    (void)state;
    for (int norm = 0; latent_norms[norm]; norm++) {
        golden_near("loss", latent_loss(dv, x, x, m, (enum latent_norm)norm,
                                        1, 1), -0.5, 1e-12);
        for (int i = 0; i < m; i++)
            golden_near("gradient", (double)dv[i], 0, 1e-7);
    }
    assert_true(latent_distance(x, x, m) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loss_and_gradient_are_those_of_autograd),
        cmocka_unit_test(distance_and_cosine_are_those_of_pytorch),
        cmocka_unit_test(the_gradient_is_overwritten_scaled_or_not_wanted),
        cmocka_unit_test(a_zero_vector_has_no_direction),
        cmocka_unit_test(a_state_on_its_latent_has_the_least_loss),
    };
    return cmocka_run_group_tests_name("latent", tests, NULL, NULL);
}

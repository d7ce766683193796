/* Models, Adam and maps against numbers that PyTorch computed
 * (tests/goldens/make_torch.py). Built with float and with double. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../lib/adam.h"
#include "../lib/amap.h"
#include "../lib/arch.h"
#include "../lib/arena.h"
#include "../lib/mat.h"
#include "../lib/rng.h"
#include "golden.h"

#define GOLDENS "tests/goldens/torch.txt"

enum { C = 8, V = 7, B = 3, T = 9, ROWS = 9 + 6 + 3 };

static const int length[B] = { 9, 6, 3 };

static double tolerance(void)
{
    return sizeof(real) == sizeof(double) ? 1e-11 : 3e-6;
}

static struct arena *arena;
static struct model *model;
static struct tile tile;
static struct outcome outcome;
static real *work;

static double *line(const char *name)
{
    size_t n;

    return golden(GOLDENS, name, &n);
}

static void compare(const char *name, const real *got, size_t expected)
{
    size_t n = 0;
    double *want = golden(GOLDENS, name, &n);

    assert_int_equal(n, expected);
    for (size_t i = 0; i < n; i++)
        golden_near(name, (double)got[i], want[i], tolerance());
    free(want);
}

static int set_up(void **state)
{
    double *w = line("parameters"), *token = line("token");

    (void)state;
    arena = arena_open();
    model = model_open(arch_find("gru"), C, V, arena);
    for (size_t p = 0; p < model->P; p++)
        model->w[p] = (real)w[p];
    model->arch->prepare(model);
    tile_open(&tile, T, arena);
    tile.B = B;
    tile.T = T;
    memcpy(tile.length, length, sizeof length);
    for (int b = 0; b < B; b++)
        for (int t = 0; t < T; t++) {
            tile.token[t * B + b] = (uint8_t)token[b * T + t];
            tile.counts[t * B + b] = (int)token[b * T + t] % 2 == 1;
        }
    outcome.loss = arena_get(arena, B, sizeof *outcome.loss);
    outcome.wrong = arena_get(arena, B, sizeof *outcome.wrong);
    work = arena_get(arena, model->arch->room(model, B, T), sizeof *work);
    free(w);
    free(token);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_close(arena);
    return 0;
}

static double total(void)
{
    return outcome.loss[0] + outcome.loss[1] + outcome.loss[2];
}

static void loss_and_gradient_of_training_are_pytorch_s(void **state)
{
    real *dw = arena_get(arena, model->P, sizeof *dw);
    double *loss = line("train_loss");

    (void)state;
    model->arch->train(model, &tile, NULL, 1, dw, &outcome, work);
    golden_near("train_loss", total(), *loss, tolerance());
    compare("train_gradient", dw, model->P);
    free(loss);
}

/* Packed rows of a tile, in the order of sequence after sequence. */
static void recorded_states_are_pytorch_s(void **state)
{
    const char *site[] = { "embedding", "hidden" };
    real *states[2], *sorted = arena_get(arena, ROWS * C, sizeof *sorted);

    (void)state;
    for (int s = 0; s < 2; s++)
        states[s] = arena_get(arena, ROWS * C, sizeof(real));
    model->arch->record(model, &tile, states, work);
    for (int s = 0; s < 2; s++) {
        const real *from = states[s];
        int first[B] = { 0, 9, 15 };
        for (int t = 0; t < T; t++)
            for (int b = 0; b < tile_active(&tile, t); b++, from += C)
                memcpy(sorted + (first[b] + t) * C, from, C * sizeof *from);
        compare(site[s], sorted, ROWS * C);
    }
}

static void going_on_from_a_given_state_is_pytorch_s(void **state)
{
    double *v = line("v"), *loss = line("go_on_loss");
    real given[B * C], dv[B * C];
    struct past past = { NULL, NULL, NULL, NULL };

    (void)state;
    for (int i = 0; i < B * C; i++)
        given[i] = (real)v[i];
    model->arch->go_on(model, arch_site(model->arch, "hidden"), given, &past,
                       &tile, 1, dv, &outcome, work);
    golden_near("go_on_loss", total(), *loss, tolerance());
    compare("go_on_gradient", dv, B * C);
    free(v);
    free(loss);
}

static void three_steps_of_adam_are_pytorch_s(void **state)
{
    double *w = line("adam_start"), *g = line("adam_gradients");
    double *want = line("adam_end"), m[5] = { 0 }, v[5] = { 0 };
    struct adam adam = { .n = 5, .m = m, .v = v };

    (void)state;
    for (int step = 0; step < 3; step++)
        adam_step(&adam, w, g + 5 * step, 0.003);
    for (int i = 0; i < 5; i++)
        golden_near("adam_end", w[i], want[i], 1e-13);
    free(w), free(g), free(want);
}

static void a_rotation_and_its_gradient_are_pytorch_s(void **state)
{
    enum { M = 6, K = 4, N = M * (M - 1) / 2 };
    struct rng r = rng_at(1, RNG_BASE, 0, 0);
    struct amap *R = amap_open(amap_find("rotation"), M, K, &r, arena);
    double *upper = line("upper"), *c = line("c"), *base = line("base");
    double *Q = line("Q"), *dF = line("dF"), *dG = line("dG");
    double *dupper = line("dupper"), *dc = line("dc");

    (void)state;
    memcpy(amap_part(R, "base"), base, M * M * sizeof *base);
    memcpy(R->param, upper, N * sizeof *upper);
    R->param[N] = *c;
    R->form->forward(R);
    for (int i = 0; i < M * M; i++)
        golden_near("Q", amap_part(R, "Q")[i], Q[i], 1e-12);
    amap_zero(R);
    memcpy(R->dF, dF, K * M * sizeof *dF);
    memcpy(R->dG, dG, K * M * sizeof *dG);
    R->form->back(R);
    for (int i = 0; i < N; i++)
        golden_near("dupper", R->dparam[i], dupper[i], 1e-11);
    golden_near("dc", R->dparam[N], *dc, 1e-12);
    free(upper), free(c), free(base), free(Q);
    free(dF), free(dG), free(dupper), free(dc);
}

static void the_matrix_exponential_is_pytorch_s(void **state)
{
    const char *scale[] = { "0.01", "1", "20" };

    (void)state;
    for (int k = 0; k < 3; k++) {
        char in[32], out[32];
        double E[25], size = 0;
        snprintf(in, sizeof in, "matrix_%s", scale[k]);
        snprintf(out, sizeof out, "exp_%s", scale[k]);
        double *A = line(in), *want = line(out);
        expm_forward(expm_open(5, arena), E, A);
        for (int i = 0; i < 25; i++)
            size = fmax(size, fabs(want[i]));
        for (int i = 0; i < 25; i++)
            golden_near(out, E[i] / size, want[i] / size, 1e-12);
        free(A);
        free(want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loss_and_gradient_of_training_are_pytorch_s),
        cmocka_unit_test(recorded_states_are_pytorch_s),
        cmocka_unit_test(going_on_from_a_given_state_is_pytorch_s),
        cmocka_unit_test(three_steps_of_adam_are_pytorch_s),
        cmocka_unit_test(a_rotation_and_its_gradient_are_pytorch_s),
        cmocka_unit_test(the_matrix_exponential_is_pytorch_s),
    };
    return cmocka_run_group_tests_name("torch", tests, set_up, tear_down);
}

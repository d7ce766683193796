/* Models, Adam and maps against numbers that PyTorch computed
 * (tests/goldens/make_arch.py, make_torch.py). Built with float and with
 * double. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>
#include <cmocka.h>

#include "../lib/adam.h"
#include "../lib/amap.h"
#include "../lib/arch.h"
#include "../lib/mat.h"
#include "../lib/rng.h"
#include "arena_group.h"
#include "golden.h"

#define GOLDENS "tests/goldens/torch.txt"

enum { C = 8, V = 7, B = 3, T = 9, ROWS = 9 + 6 + 3,
       COPIES = 9 };

static const int length[B] = { 9, 6, 3 }, first[B] = { 0, 9, 9 + 6 };

static double tolerance(void)
{
    return sizeof(real) == sizeof(double) ? 1e-11 : 3e-6;
}

static double *line(const char *name)
{
    size_t n;

    return golden(GOLDENS, name, &n);
}

/* ---- every architecture of the menu ---- */

static struct model *model;
static char file[256];
static struct tile tile;
static struct outcome outcome;
static real *work;

/* The numbers of a line of the model's file, of which there must be n. */
static double *of_model(const char *name, size_t n)
{
    size_t found = 0;
    double *x = golden(file, name, &found);

    assert_int_equal(found, n);
    return x;
}

static real *as_reals(const char *name, size_t n)
{
    double *x = of_model(name, n);
    real *y = arena_get(arena, n, sizeof *y);

    for (size_t i = 0; i < n; i++)
        y[i] = (real)x[i];
    free(x);
    return y;
}

static void compare(const char *name, const real *got, size_t n)
{
    double *want = of_model(name, n);
    char what[300];

    snprintf(what, sizeof what, "%s: %s", file, name);
    for (size_t i = 0; i < n; i++)
        golden_near(what, (double)got[i], want[i], tolerance());
    free(want);
}

static void compare_loss(const char *name)
{
    double *want = of_model(name, 1), sum = 0;

    for (int b = 0; b < B; b++)
        sum += outcome.loss[b];
    golden_near(name, sum, *want, tolerance());
    free(want);
}

/* Fill the tile; odd tokens count. */
static void read_tokens(const char *name)
{
    double *token = of_model(name, B * T);

    for (int b = 0; b < B; b++)
        for (int t = 0; t < T; t++) {
            tile.token[t * B + b] = (uint8_t)token[b * T + t];
            tile.counts[t * B + b] = (int)token[b * T + t] % 2 == 1;
        }
    free(token);
}

static void load(const struct arch *arch)
{
    snprintf(file, sizeof file, "tests/goldens/%s.txt", arch->name);
    if (access(file, R_OK))
        fail_msg("%s is missing: python3 tests/goldens/make_arch.py %s >%s",
                 file, arch->name, file);
    model = model_open(arch, C, V, arena);
    memcpy(model->w, as_reals("parameters", model->P),
           model->P * sizeof *model->w);
    arch->prepare(model);
    assert_int_equal(tile_open(&tile, T, arena), 0);
    tile.B = B;
    tile.T = T;
    memcpy(tile.length, length, sizeof length);
    read_tokens("token");
    outcome.loss = arena_get(arena, TILE, sizeof *outcome.loss);
    outcome.wrong = arena_get(arena, TILE, sizeof *outcome.wrong);
    work = arena_get(arena, arch->room(model, TILE, 2 * T), sizeof *work);
}

static void loss_and_gradient_of_training_are_pytorch_s(void **state)
{
    (void)state;
    for (int k = 0; arch_menu[k]; k++) {
        if (arch_menu[k]->draw)
            continue;                   /* built by hand */
        load(arch_menu[k]);
        real *dw = arena_get(arena, model->P, sizeof *dw);
        model->arch->train(model, &tile, NULL, 1, dw, &outcome, work);
        compare_loss("train_loss");
        compare("train_gradient", dw, model->P);
    }
}

/* The packed rows of a tile, in the order of sequence after sequence. */
static void recorded_states_are_pytorch_s(void **state)
{
    (void)state;
    for (int k = 0; arch_menu[k]; k++) {
        const struct site *site = arch_menu[k]->sites;
        real *states[ARCH_SITES];

        if (arch_menu[k]->draw)
            continue;
        load(arch_menu[k]);
        for (int s = 0; site[s].name; s++)
            states[s] = arena_get(arena, (size_t)(ROWS * model_width(model, s)),
                                  sizeof(real));
        model->arch->record(model, &tile, states, work);
        for (int s = 0; site[s].name; s++) {
            size_t M = (size_t)model_width(model, s);
            real *sorted = arena_get(arena, ROWS * M, sizeof *sorted);
            const real *from = states[s];
            for (int t = 0; t < T; t++)
                for (int b = 0; b < tile_active(&tile, t); b++, from += M)
                    memcpy(sorted + (size_t)(first[b] + t) * M, from,
                           M * sizeof *from);
            compare(site[s].name, sorted, ROWS * M);
        }
    }
}

/* Each row of the tile so many times, side by side. */
static void copy_rows(int copies)
{
    for (int t = T; t-- > 0;)
        for (int b = copies * B; b-- > 0;) {
            int from = t * B + b / copies, to = t * copies * B + b;
            tile.token[to] = tile.token[from];
            tile.counts[to] = tile.counts[from];
        }
    tile.B = copies * B;
    for (int b = 0; b < tile.B; b++)
        tile.length[b] = length[b / copies];
}

static void check_go_on(const char *site, int s, int copies,
                        const struct past *past)
{
    size_t M = (size_t)model_width(model, s), n = (size_t)(copies * B) * M;
    real *dv = arena_get(arena, n, sizeof *dv);
    real *v = arena_get(arena, n, sizeof *v);
    char name[64];

    snprintf(name, sizeof name, "%s_v", site);
    const real *given = as_reals(name, B * M);
    for (int b = 0; b < copies * B; b++)
        memcpy(v + (size_t)b * M, given + (size_t)(b / copies) * M,
               M * sizeof *v);
    model->arch->go_on(model, s, v, past, &tile, 1, dv, &outcome, work);
    snprintf(name, sizeof name, "%s_dv", site);
    for (int copy = 0; copy < copies; copy++) {
        real *one = arena_get(arena, B * M, sizeof *one);
        for (int b = 0; b < B; b++)
            memcpy(one + (size_t)b * M, dv + (size_t)(b * copies + copy) * M,
                   M * sizeof *one);
        compare(name, one, B * M);
    }
    for (int b = 0; b < B; b++)         /* the first copy's, for the sum */
        outcome.loss[b] = outcome.loss[b * copies];
    snprintf(name, sizeof name, "%s_loss", site);
    compare_loss(name);
}

static void going_on_from_a_given_state_is_pytorch_s(void **state)
{
    static const int cut[B] = { 4, 0, 2 };

    (void)state;
    for (int k = 0; arch_menu[k]; k++)
        for (int copies = 1; copies <= COPIES; copies += COPIES - 1) {
            const struct site *site = arch_menu[k]->sites;
            const real *states[ARCH_SITES];
            uint8_t token[ROWS];
            long row[TILE];
            int step[TILE];
            struct past past = { states, token, row, step, NULL };

            if (arch_menu[k]->draw)
                continue;
            load(arch_menu[k]);
            for (int b = 0; b < B; b++)
                for (int t = 0; t < length[b]; t++)
                    token[first[b] + t] = tile.token[t * B + b];
            for (int s = 0; site[s].name; s++)
                states[s] = as_reals(site[s].name, (size_t)(ROWS *
                                     model_width(model, s)));
            read_tokens("after");
            copy_rows(copies);
            for (int b = 0; b < tile.B; b++) {
                step[b] = cut[b / copies];
                row[b] = first[b / copies] + step[b];
            }
            for (int s = 0; site[s].name; s++)
                check_go_on(site[s].name, s, copies, &past);
        }
}

/* ---- Adam and maps ---- */

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

static double *line_of(const char *prefix, const char *name)
{
    char whole[32];

    snprintf(whole, sizeof whole, "%s%s", prefix, name);
    return line(whole);
}

static void check_map(const char *form, const char *prefix)
{
    enum { M = 6, K = 4, N = M * (M - 1) / 2 };
    struct rng r = rng_at(1, RNG_BASE, 0, 0);
    struct amap *R = amap_open(amap_find(form), M, K, &r, arena);
    double *upper = line("upper"), *c = line("c"), *base = line("base");
    double *dF = line("dF"), *dG = line("dG");
    double *Q = line_of(prefix, "Q"), *dupper = line_of(prefix, "dupper");
    double *dc = line_of(prefix, "dc");

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

static void a_rotation_and_its_gradient_are_pytorch_s(void **state)
{
    (void)state;
    check_map("rotation", "");
}

static void a_cayley_map_and_its_gradient_are_pytorch_s(void **state)
{
    (void)state;
    check_map("cayley", "cayley_");
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
        cmocka_unit_test(a_cayley_map_and_its_gradient_are_pytorch_s),
        cmocka_unit_test(the_matrix_exponential_is_pytorch_s),
    };
    return cmocka_run_group_tests_name("torch", tests, arena_make, arena_drop);
}

/* The transformer against numbers that PyTorch computed
 * (tests/goldens/make_transformer.py). Built with float and with double. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../lib/arch.h"
#include "../lib/arena.h"
#include "golden.h"

#define GOLDENS "tests/goldens/transformer.txt"

enum { C = 8, V = 7, B = 3, T = 9, ROWS = 9 + 6 + 3, PAST = 7 + 5 + 4 };

static const int length[B] = { 9, 6, 3 };
static const char *const site_name[] = { "embedding", "hidden" };

static double tolerance(void)
{
    return sizeof(real) == sizeof(double) ? 1e-12 : 1e-5;
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

static void read_reals(const char *name, real *x, size_t expected)
{
    size_t n = 0;
    double *from = golden(GOLDENS, name, &n);

    assert_int_equal(n, expected);
    for (size_t i = 0; i < n; i++)
        x[i] = (real)from[i];
    free(from);
}

static int set_up(void **state)
{
    double *token = line("token");

    (void)state;
    arena = arena_open();
    model = model_open(arch_find("transformer"), C, V, arena);
    read_reals("parameters", model->w, model->P);
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
    work = arena_get(arena, model->arch->room(model, B, 2 * T), sizeof *work);
    free(token);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_close(arena);
    return 0;
}

static void parameters_are_named_and_ordered_as_pytorch_s(void **state)
{
    const struct param *p = model->arch->params;
    const char *start[] = { "embedding.weight", "blocks.0.norm1.weight",
        "blocks.0.norm1.bias", "blocks.0.attn.q.weight",
        "blocks.0.attn.q.bias", "blocks.0.attn.k.weight" };
    const char *end[] = { "blocks.1.ff.2.bias", "norm.weight", "norm.bias",
                          "head.0.weight" };

    (void)state;
    for (int i = 0; i < 6; i++)
        assert_string_equal(p[i].name, start[i]);
    for (int i = 0; i < 4; i++)
        assert_string_equal(p[32 + i].name, end[i]);
    assert_int_equal(model->P, 2335);
}

static void loss_and_gradient_of_training_are_pytorch_s(void **state)
{
    real *dw = arena_get(arena, model->P, sizeof *dw);
    double *loss = line("train_loss"), sum = 0;

    (void)state;
    model->arch->train(model, &tile, NULL, 1, dw, &outcome, work);
    for (int b = 0; b < B; b++)
        sum += outcome.loss[b];
    golden_near("train_loss", sum, *loss, tolerance());
    compare("train_gradient", dw, model->P);
    free(loss);
}

/* Packed rows of a tile, in the order of sequence after sequence. */
static void recorded_states_are_pytorch_s(void **state)
{
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
        compare(site_name[s], sorted, ROWS * C);
    }
}

/* Cuts at different depths of their trials, at the first step too. */
static void going_on_from_a_given_state_is_pytorch_s(void **state)
{
    real hidden[PAST * C], v[B * C], dv[B * C];
    const real *states[] = { NULL, hidden };    /* embeddings: by token */
    uint8_t token[PAST];
    long row[B];
    int step[B], first = 0;
    struct past past = { states, token, row, step };
    double *cut = line("cut"), *n = line("past_length");
    double *tokens = line("past_token");

    (void)state;
    read_reals("past_hidden", hidden, PAST * C);
    for (int i = 0; i < PAST; i++)
        token[i] = (uint8_t)tokens[i];
    for (int b = 0; b < B; first += (int)n[b++]) {
        step[b] = (int)cut[b];
        row[b] = first + step[b];
    }
    for (int s = 0; s < 2; s++) {
        char name[48];
        snprintf(name, sizeof name, "%s_v", site_name[s]);
        read_reals(name, v, B * C);
        model->arch->go_on(model, arch_site(model->arch, site_name[s]), v,
                           &past, &tile, 1, dv, &outcome, work);
        snprintf(name, sizeof name, "%s_go_on_loss", site_name[s]);
        double *loss = line(name);
        for (int b = 0; b < B; b++)
            golden_near(name, outcome.loss[b], loss[b], tolerance());
        snprintf(name, sizeof name, "%s_go_on_gradient", site_name[s]);
        compare(name, dv, B * C);
        free(loss);
    }
    free(cut), free(n), free(tokens);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_are_named_and_ordered_as_pytorch_s),
        cmocka_unit_test(loss_and_gradient_of_training_are_pytorch_s),
        cmocka_unit_test(recorded_states_are_pytorch_s),
        cmocka_unit_test(going_on_from_a_given_state_is_pytorch_s),
    };
    return cmocka_run_group_tests_name("transformer by torch", tests, set_up,
                                       tear_down);
}

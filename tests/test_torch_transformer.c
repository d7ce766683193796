/* The transformer against numbers that PyTorch computed
 * (tests/goldens/make_transformer.py). Built with float and with double. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "../lib/arch.h"
#include "../lib/arena.h"
#include "../lib/err.h"
#include "golden.h"

#define GOLDENS "tests/goldens/transformer.txt"

enum { C = 8, V = 7, B = 3, T = 9, ROWS = 9 + 6 + 3, PAST = 7 + 5 + 4,
       COPIES = 9 };

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

/* A tile of each sequence so many times: row b is a copy of b / copies. */
static void lay_tile(int copies)
{
    double *token = line("token");

    tile.B = copies * B;
    tile.T = T;
    for (int b = 0; b < tile.B; b++) {
        const double *from = token + b / copies * T;
        tile.length[b] = length[b / copies];
        for (int t = 0; t < T; t++) {
            tile.token[t * tile.B + b] = (uint8_t)from[t];
            tile.counts[t * tile.B + b] = (int)from[t] % 2 == 1;
        }
    }
    free(token);
}

static int set_up(void **state)
{
    (void)state;
    arena = arena_open();
    model = model_open(arch_find("transformer"), C, V, arena);
    read_reals("parameters", model->w, model->P);
    model->arch->prepare(model);
    tile_open(&tile, T, arena);
    outcome.loss = arena_get(arena, TILE, sizeof *outcome.loss);
    outcome.wrong = arena_get(arena, TILE, sizeof *outcome.wrong);
    work = arena_get(arena, model->arch->room(model, TILE, 2 * T),
                     sizeof *work);
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

static double train(const struct dropout *drop, real *dw)
{
    double sum = 0;

    model->arch->train(model, &tile, drop, 1, dw, &outcome, work);
    for (int b = 0; b < tile.B; b++)
        sum += outcome.loss[b];
    return sum;
}

static void loss_and_gradient_of_training_are_pytorch_s(void **state)
{
    double *loss = line("train_loss");

    (void)state;
    for (int copies = 1; copies <= COPIES; copies += COPIES - 1) {
        real *dw = arena_get(arena, model->P, sizeof *dw);
        lay_tile(copies);
        golden_near("train_loss", train(NULL, dw), copies * *loss,
                    tolerance());
        for (size_t p = 0; p < model->P; p++)
            dw[p] /= (real)copies;
        compare("train_gradient", dw, model->P);
    }
    free(loss);
}

/* Packed rows of a tile, in the order of sequence after sequence. */
static void recorded_states_are_pytorch_s(void **state)
{
    enum { ALL = COPIES * ROWS };
    real *states[2], *sorted = arena_get(arena, ROWS * C, sizeof *sorted);

    (void)state;
    for (int s = 0; s < 2; s++)
        states[s] = arena_get(arena, ALL * C, sizeof(real));
    for (int copies = 1; copies <= COPIES; copies += COPIES - 1) {
        lay_tile(copies);
        model->arch->record(model, &tile, states, work);
        for (int s = 0; s < 2; s++)
            for (int copy = 0; copy < copies; copy++) {
                const real *from = states[s];
                int first[B] = { 0, 9, 15 };
                for (int t = 0; t < T; t++)
                    for (int b = 0; b < tile_active(&tile, t); b++, from += C)
                        if (b % copies == copy)
                            memcpy(sorted + (first[b / copies] + t) * C, from,
                                   C * sizeof *from);
                compare(site_name[s], sorted, ROWS * C);
            }
    }
}

/* Go on at site s of a tile of so many copies; the first row of each. */
static void go_on(int s, int copies, const struct past *past)
{
    real v[TILE * C], dv[TILE * C], given[B * C];
    char name[48];

    snprintf(name, sizeof name, "%s_v", site_name[s]);
    read_reals(name, given, B * C);
    lay_tile(copies);
    for (int b = 0; b < tile.B; b++)
        memcpy(v + b * C, given + b / copies * C, C * sizeof *v);
    model->arch->go_on(model, arch_site(model->arch, site_name[s]), v, past,
                       &tile, 1, dv, &outcome, work);
    snprintf(name, sizeof name, "%s_go_on_loss", site_name[s]);
    double *loss = line(name);
    for (int b = 0; b < tile.B; b++)
        golden_near(name, outcome.loss[b], loss[b / copies], tolerance());
    snprintf(name, sizeof name, "%s_go_on_gradient", site_name[s]);
    double *want = line(name);
    for (int i = 0; i < tile.B * C; i++)
        golden_near(name, (double)dv[i],
                    want[i / C / copies * C + i % C], tolerance());
    free(loss), free(want);
}

/* Cuts at different depths of their trials, at the first step too. */
static void going_on_from_a_given_state_is_pytorch_s(void **state)
{
    real hidden[PAST * C];
    const real *states[] = { NULL, hidden };    /* embeddings: by token */
    uint8_t token[PAST];
    long row[TILE];
    int step[TILE];
    struct past past = { states, token, row, step };
    double *cut = line("cut"), *n = line("past_length");
    double *tokens = line("past_token");

    (void)state;
    read_reals("past_hidden", hidden, PAST * C);
    for (int i = 0; i < PAST; i++)
        token[i] = (uint8_t)tokens[i];
    for (int copies = 1; copies <= COPIES; copies += COPIES - 1) {
        for (int b = 0; b < copies * B; b++) {
            int k = b / copies;
            step[b] = (int)cut[k];
            row[b] = step[b];
            while (k > 0)
                row[b] += (long)n[--k];
        }
        for (int s = 0; s < 2; s++)
            go_on(s, copies, &past);
    }
    free(cut), free(n), free(tokens);
}

static void dropout_inside_the_blocks_is_a_stream_of_its_own(void **state)
{
    static const uint32_t sequence[B] = { 3, 1, 2 };
    struct dropout none = { .seed = 1, .step = 1, .sequence = sequence };
    struct dropout head = none, blocks = none;

    (void)state;
    head.p = blocks.blocks = 0.25;
    lay_tile(1);
    double without = train(NULL, NULL), inside = train(&blocks, NULL);
    assert_true(train(&none, NULL) == without);
    assert_true(train(&blocks, NULL) == inside);
    assert_true(inside != without && inside != train(&head, NULL));
    blocks.step = 2;
    assert_true(inside != train(&blocks, NULL));
}

static void odd_widths_are_refused(void **state)
{
    (void)state;
    assert_null(model_open(model->arch, 7, V, arena));
    assert_int_equal(err_code(), EX_USAGE);
    assert_non_null(strstr(err_text(), "width 7"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_are_named_and_ordered_as_pytorch_s),
        cmocka_unit_test(loss_and_gradient_of_training_are_pytorch_s),
        cmocka_unit_test(recorded_states_are_pytorch_s),
        cmocka_unit_test(going_on_from_a_given_state_is_pytorch_s),
        cmocka_unit_test(dropout_inside_the_blocks_is_a_stream_of_its_own),
        cmocka_unit_test(odd_widths_are_refused),
    };
    return cmocka_run_group_tests_name("transformer by torch", tests, set_up,
                                       tear_down);
}

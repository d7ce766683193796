/* test_card.c - the operations of the kernels against those of the processor,
 * on random models, shapes and sequences.
 *
 * Where the kernels run is the makefile's affair: on an emulated card
 * (cuda/emulate.cc) or on a real one. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <cuda_runtime_api.h>

#include "../lib/acts.h"
#include "../lib/arch.h"
#include "../lib/arena.h"
#include "../lib/device/card.h"
#include "../lib/device/cuda.h"
#include "../lib/err.h"
#include "../lib/rng.h"

enum { N = 40, T = 30 };

static struct arena *arena;
static struct rng r;

/* Sequences of random lengths, longest first in `order`. */
static uint8_t token[N * T];
static int8_t marked[N * T];
static int32_t length[N];
static uint32_t order[N], spare[N];
static const struct sequences sequences = { token, marked, length, T };

/* The same on a card, and what the kernels find. */
static struct card *card;
static struct card_model model;
static struct workspace work;
static struct tiles tiles;
static double *loss_there;
static int *wrong_there;

static int setup(void **state)
{
    (void)state;
    r = rng_at(1, RNG_DATA, 0, 0);
    return (arena = arena_open()) ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    arena_close(arena);
    return 0;
}

static void draw_sequences(int V, int shortest)
{
    for (int n = 0; n < N; n++) {
        length[n] = shortest + (int)rng_below(&r, (uint32_t)(T - shortest) +
                                              1);
        for (int t = 0; t < T; t++) {
            token[n * T + t] = (uint8_t)rng_below(&r, (uint32_t)V);
            marked[n * T + t] = rng_below(&r, 3) > 0;
        }
        order[n] = (uint32_t)n;
    }
    tile_sort(order, N, length, T, spare);
}

/* Even ones are for layer norms, which blow up the rounding of two units. */
static int draw_width(const char *arch)
{
    return arch_find(arch)->even ? 4 + 2 * (int)rng_below(&r, 29)
                                 : 1 + (int)rng_below(&r, 60);
}

static struct model *draw_model(const char *arch, int C, int V)
{
    struct model *m = model_open(arch_find(arch), C, V, arena);

    assert_non_null(m);
    model_draw(m, rng_word(&r), 0);
    return m;
}

static void *put(const void *from, size_t n, size_t size)
{
    void *to = card_copy(card, from, n, size);

    assert_non_null(to);
    return to;
}

static void take(void *to, const void *from, size_t bytes)
{
    assert_int_equal(card_take(card, to, from, bytes), 0);
    assert_int_equal(card_wait(card), 0);
}

/* For trials of so many steps, in tiles of a random number of rows. */
static void put_all(const struct model *m, int steps, bool trains)
{
    int rows;

    card = card_open();
    assert_non_null(card);
    assert_int_equal(card_model_open(&model, m, card), 0);
    rows = 1 + (int)rng_below(&r, (uint32_t)model.arch->rows);
    work = (struct workspace){ 0 };
    card_workspace_add(&work, &model, rows, steps, trains, card);
    assert_int_equal(card_workspace_get(&work, card), 0);
    loss_there = card_get(card, N, sizeof *loss_there);
    wrong_there = card_get(card, N, sizeof *wrong_there);
    tiles = (struct tiles){ { put(token, N * T, 1), put(marked, N * T, 1),
                              put(length, N, sizeof *length), T },
                            put(order, N, sizeof *order), N, rows,
                            loss_there, wrong_there };
}

/* |x - y| <= tolerance * the largest |y|. */
static void close_to(const float *x, const real *y, size_t n,
                     double tolerance)
{
    double size = 0;

    for (size_t i = 0; i < n; i++)
        size = fmax(size, fabs((double)y[i]));
    for (size_t i = 0; i < n; i++)
        if (!(fabs((double)x[i] - (double)y[i]) <= tolerance * size))
            fail_msg("%zu: %g, not %g", i, (double)x[i], (double)y[i]);
}

static void outcomes_agree(const double *loss, const int *wrong)
{
    double theirs[N];
    int bad[N];

    take(theirs, loss_there, sizeof theirs);
    take(bad, wrong_there, sizeof bad);
    for (int n = 0; n < N; n++) {
        if (!(fabs(theirs[n] - loss[n]) <= 1e-5 * (1 + loss[n])))
            fail_msg("loss of row %d: %g, not %g", n, theirs[n], loss[n]);
        assert_int_equal(bad[n], wrong[n]);
    }
}

/* ---- on the processor ---- */

static double loss_here[N];
static int wrong_here[N];
static real *states_here[ARCH_SITES];   /* (N*T,M), sequence by sequence */

static void record_here(const struct model *m)
{
    struct tile tile;
    real *packed[ARCH_SITES];

    assert_int_equal(tile_open(&tile, T, arena), 0);
    for (int s = 0; m->arch->sites[s].name; s++) {
        size_t M = (size_t)model_width(m, s);
        packed[s] = arena_get(arena, TILE * T * M, sizeof(real));
        states_here[s] = arena_get(arena, N * T * M, sizeof(real));
    }
    for (int first = 0; first < N; first += TILE) {
        real *w = arena_get(arena, m->arch->room(m, TILE, T), sizeof *w);
        tile_fill(&tile, &sequences, order + first,
                  N - first < TILE ? N - first : TILE);
        m->arch->record(m, &tile, packed, w);
        for (int s = 0; m->arch->sites[s].name; s++) {
            size_t M = (size_t)model_width(m, s), at = 0;
            for (int t = 0; t < tile.T; t++)
                for (int b = 0; b < tile_active(&tile, t); b++, at += M)
                    memcpy(states_here[s] + (order[first + b] * T +
                                             (size_t)t) * M,
                           packed[s] + at, M * sizeof(real));
        }
    }
}

static void train_here(const struct model *m, double p, real scale, real *dw)
{
    struct tile tile;
    const struct dropout drop = { p, p / 2, 7, 3, NULL };

    assert_int_equal(tile_open(&tile, T, arena), 0);
    for (int first = 0; first < N; first += TILE) {
        real *w = arena_get(arena, m->arch->room(m, TILE, T), sizeof *w);
        struct outcome y = { loss_here + first, wrong_here + first, 0, NULL };
        struct dropout mine = drop;
        mine.sequence = order + first;
        tile_fill(&tile, &sequences, order + first,
                  N - first < TILE ? N - first : TILE);
        m->arch->train(m, &tile, dw ? &mine : NULL, scale, dw, &y, w);
    }
}

/* ---- both ---- */

static const char *const archs[] = { "gru", "lstm", "transformer", NULL };

/* Of other parameters than those that the model came with. */
static void prepare(const char *arch, int C, int V)
{
    struct model *m = draw_model(arch, C, V);
    size_t n = m->arch->tables(m);
    float *there = arena_get(arena, n, sizeof *there);

    put_all(m, T, false);
    model_draw(m, rng_word(&r), 0);
    assert_int_equal(card_put(card, model.net.w, m->w, m->P * sizeof *m->w),
                     0);
    assert_int_equal(model.arch->prepare(&model.net, card_stream(card)), 0);
    take(there, model.net.table, n * sizeof *there);
    close_to(there, m->table, n, 1e-6);
    card_close(card);
}

static void derived_tables_are_the_same(void **state)
{
    (void)state;
    for (int i = 0; archs[i]; i++)
        for (int k = 0; k < 3; k++)
            prepare(archs[i], draw_width(archs[i]),
                    2 + (int)rng_below(&r, 20));
}

static void record(const char *arch, int C, int V)
{
    struct model *m = draw_model(arch, C, V);
    int64_t first[N];
    struct record_call y = { .tiles = { .n = 0 } };
    int S = model_width(m, 1);
    float *e, *h;

    draw_sequences(V, 1);
    record_here(m);
    put_all(m, T, false);
    for (int n = 0; n < N; n++)
        first[n] = n * T;
    y = (struct record_call){ model.net, tiles,
                              put(first, N, sizeof *first),
                              card_get(card, (size_t)(N * T * C),
                                       sizeof(float)),
                              card_get(card, (size_t)(N * T * S),
                                       sizeof(float)) };
    assert_int_equal(model.arch->record(&y, &work, card_stream(card)), 0);
    e = arena_get(arena, (size_t)(N * T * C), sizeof *e);
    h = arena_get(arena, (size_t)(N * T * S), sizeof *h);
    take(e, y.embedding, (size_t)(N * T * C) * sizeof *e);
    take(h, y.hidden, (size_t)(N * T * S) * sizeof *h);
    for (int n = 0; n < N; n++) {
        size_t rows = (size_t)length[n], at = (size_t)(n * T);
        close_to(e + at * (size_t)C, states_here[0] + at * (size_t)C,
                 rows * (size_t)C, 0);
        close_to(h + at * (size_t)S, states_here[1] + at * (size_t)S,
                 rows * (size_t)S, 1e-5);
    }
    card_close(card);
}

static void recorded_states_are_the_same(void **state)
{
    (void)state;
    for (int i = 0; archs[i]; i++)
        for (int k = 0; k < 3; k++)
            record(archs[i], draw_width(archs[i]),
                   2 + (int)rng_below(&r, 20));
}

static struct dropout_key dropout(double p)
{
    int cut = (int)lround(p * 256);

    return (struct dropout_key){ { 7, 0 }, RNG_DROPOUT, 3, cut,
                                 (float)(1 / (1 - cut / 256.0)), NULL };
}

static void train(const char *arch, int C, int V, double p)
{
    struct model *m = draw_model(arch, C, V);
    real *dw = arena_get(arena, m->P, sizeof *dw);
    float *part, *tile_dw;
    struct train_call y;
    int count;

    draw_sequences(V, 2);
    train_here(m, p, (real)0.01, dw);
    put_all(m, T, true);
    count = (N + tiles.rows - 1) / tiles.rows;
    part = arena_get(arena, m->P * (size_t)count, sizeof *part);
    tile_dw = card_get(card, m->P * (size_t)count, sizeof *tile_dw);
    y = (struct train_call){ model.net, tiles, dropout(p), dropout(p / 2),
                             tile_dw, 0.01f };
    assert_int_equal(model.arch->train(&y, &work, card_stream(card)), 0);
    outcomes_agree(loss_here, wrong_here);
    take(part, tile_dw, m->P * (size_t)count * sizeof *part);
    for (int k = 1; k < count; k++)
        for (size_t i = 0; i < m->P; i++)
            part[i] += part[(size_t)k * m->P + i];
    close_to(part, dw, m->P, 1e-5);

    train_here(m, 0, 0, NULL);
    y.dw = NULL;
    y.drop.cut = y.blocks.cut = 0;
    assert_int_equal(model.arch->train(&y, &work, card_stream(card)), 0);
    outcomes_agree(loss_here, wrong_here);
    card_close(card);
}

static void training_gradients_are_the_same(void **state)
{
    (void)state;
    for (int i = 0; archs[i]; i++)
        for (int k = 0; k < 4; k++)
            train(archs[i], draw_width(archs[i]),
                  2 + (int)rng_below(&r, 20), k % 2 ? 0.5 : 0);
}

/* Where sequences go on: sequence b is the tail of recorded trial b, cut at
 * row[b], and v stands there. */
static struct {
    real *v, *hidden;           /* (N,M) (N*T,S)                             */
    uint8_t recorded[N * T];
    int32_t row[N], step[N * T];
} cut;

static void draw_cuts(size_t M, size_t S, int V)
{
    cut.v = arena_get(arena, N * M, sizeof *cut.v);
    cut.hidden = arena_get(arena, N * T * S, sizeof *cut.hidden);
    for (size_t i = 0; i < N * M; i++)
        cut.v[i] = (real)rng_normal(&r);
    for (size_t i = 0; i < N * T * S; i++)
        cut.hidden[i] = (real)rng_normal(&r);
    for (int i = 0; i < N * T; i++) {
        cut.step[i] = i % T;
        cut.recorded[i] = (uint8_t)rng_below(&r, (uint32_t)V);
    }
    for (int n = 0; n < N; n++)
        cut.row[n] = n * T + (int32_t)rng_below(&r, T);
}

static void go_on_here(const struct model *m, int site, real *dv)
{
    size_t M = (size_t)model_width(m, site);
    const real *states[ARCH_SITES] = { NULL, cut.hidden };
    struct tile tile;

    assert_int_equal(tile_open(&tile, T, arena), 0);
    for (int first = 0; first < N; first += TILE) {
        real *w = arena_get(arena, m->arch->room(m, TILE, 2 * T), sizeof *w);
        struct outcome y = { loss_here + first, wrong_here + first, 0, NULL };
        long row[TILE];
        int step[TILE], B = N - first < TILE ? N - first : TILE;
        const struct past past = { states, cut.recorded, row, step, NULL };
        for (int b = 0; b < B; b++) {
            row[b] = cut.row[first + b];
            step[b] = cut.step[row[b]];
        }
        tile_fill(&tile, &sequences, order + first, B);
        m->arch->go_on(m, site, cut.v + (size_t)first * M, &past, &tile,
                       (real)0.01, dv ? dv + (size_t)first * M : NULL, &y, w);
    }
}

static int start_lane(int (*call)(const struct go_on_call *,
                                  const struct workspace *,
                                  struct CUstream_st *),
                      const struct go_on_lane *lane)
{
    const struct go_on_call y = { put(lane, 1, sizeof *lane), 1,
                                  (N + tiles.rows - 1) / tiles.rows };

    return call(&y, &work, card_stream(card));
}

/* The same again, from what was found before. */
static void go_on_ahead(const struct model *m, int site,
                        struct go_on_lane *lane)
{
    int64_t from[N];
    size_t n = 0;

    for (int i = 0; i < N; i++) {
        from[i] = (int64_t)n;
        n += m->arch->ahead(m, site, length[i]);
    }
    lane->ahead = card_get(card, n, sizeof(float));
    lane->from = put(from, N, sizeof *from);
    assert_int_equal(start_lane(model.arch->look_ahead, lane), 0);
    assert_int_equal(start_lane(model.arch->go_on, lane), 0);
    outcomes_agree(loss_here, wrong_here);
}

static void go_on(const char *arch, int C, int V, int site, bool back)
{
    struct model *m = draw_model(arch, C, V);
    size_t n = N * (size_t)model_width(m, site);
    size_t S = (size_t)model_width(m, 1);
    real *dv = back ? arena_get(arena, n, sizeof *dv) : NULL;
    float *dv_there = arena_get(arena, n, sizeof *dv_there);
    struct go_on_lane lane;

    draw_sequences(V, 1);
    draw_cuts(n / N, S, V);
    go_on_here(m, site, dv);
    put_all(m, 2 * T, false);
    lane = (struct go_on_lane){
        model.net, tiles, site, 0, put(cut.v, n, sizeof *cut.v),
        back ? card_get(card, n, sizeof(float)) : NULL,
        put(cut.hidden, N * T * S, sizeof(float)),
        put(cut.recorded, N * T, 1), put(cut.row, N, sizeof *cut.row),
        put(cut.step, N * T, sizeof *cut.step), 0.01f,
        NULL, NULL };
    assert_int_equal(start_lane(model.arch->go_on, &lane), 0);
    outcomes_agree(loss_here, wrong_here);
    if (model.arch->look_ahead && m->arch->ahead(m, site, T))
        go_on_ahead(m, site, &lane);
    if (back) {
        take(dv_there, lane.dv, n * sizeof *dv_there);
        close_to(dv_there, dv, n, 1e-5);
    }
    card_close(card);
}

static void models_go_on_the_same(void **state)
{
    (void)state;
    for (int i = 0; archs[i]; i++)
        for (int k = 0; k < 8; k++)
            go_on(archs[i], draw_width(archs[i]),
                  2 + (int)rng_below(&r, 20), k % 2, k / 2 % 2);
}

/* In another order of threads nothing changes but where there is a race. */
static void no_thread_runs_ahead(void **state)
{
    (void)state;
    for (int k = 0; k < 2; k++) {
        emulate_order = k ? SHUFFLED : BACKWARDS;
        derived_tables_are_the_same(state);
        recorded_states_are_the_same(state);
        training_gradients_are_the_same(state);
        models_go_on_the_same(state);
    }
    emulate_order = IN_TURN;
}

/* Whichever call of the runtime fails, it is one line with a remedy. */
static void a_call_that_fails_is_a_line(void **state)
{
    struct model *m = draw_model("gru", 5, 7);
    int64_t first[N];
    struct acts x = { .S = N * T, .N = N, .first = first, .nsites = 2 };
    const cudaError_t error[] = { cudaErrorMemoryAllocation,
                                  cudaErrorInsufficientDriver };
    long calls = 0;

    (void)state;
    draw_sequences(7, 1);
    for (int n = 0; n < N; n++)
        first[n] = n * T;
    for (int s = 0; s < 2; s++) {
        x.site[s].M = 5;
        x.site[s].states = arena_get(arena, N * T * 5, sizeof(real));
    }
    for (;; calls++) {
        emulate_failure(calls, error[calls % 2]);
        if (cuda_record(&x, m, &sequences, order, N) == 0)
            break;
        assert_int_equal(err_code(), calls && calls % 2 == 0
                                     ? EX_OSERR : EX_UNAVAILABLE);
        assert_non_null(strstr(err_text(), "--device cpu computes"));
        assert_null(strchr(err_text(), '\n'));
        err_clear();
    }
    emulate_failure(-1, cudaSuccess);
    assert_true(calls > 20);
}

static int forget(void **state)
{
    (void)state;
    arena_reset(arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(derived_tables_are_the_same, forget),
        cmocka_unit_test_teardown(recorded_states_are_the_same,
                                  forget),
        cmocka_unit_test_teardown(training_gradients_are_the_same,
                                  forget),
        cmocka_unit_test_teardown(models_go_on_the_same, forget),
        cmocka_unit_test_teardown(no_thread_runs_ahead, forget),
        cmocka_unit_test_teardown(a_call_that_fails_is_a_line,
                                  forget),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

/* Every architecture of the menu, in double precision: gradients through time
 * against finite differences. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "../lib/arch.h"
#include "../lib/arena.h"
#include "../lib/err.h"
#include "../lib/rng.h"

enum { C = 8, V = 7, B = 5, T = 9, S = 40 };

struct bench {
    struct arena *a;
    struct model *m;
    struct tile x;
    struct dropout drop;
    struct outcome y;
    real *work;
};

/* A random model and a random tile of rows of unequal length. */
static struct bench set_up(const struct arch *arch)
{
    struct bench s = { .a = arena_open() };
    struct rng r = rng_at(7, RNG_DATA, 0, 0);
    static const int length[B] = { 9, 7, 7, 3, 2 };
    static uint32_t sequence[B] = { 4, 0, 9, 2, 1 };

    s.m = model_open(arch, arch->C ? arch->C : C, arch->V ? arch->V : V, s.a);
    model_draw(s.m, 3, 20);
    for (size_t p = 0; p < s.m->P; p++)         /* off the kinks of set ones */
        s.m->w[p] += 0.1 * rng_normal(&r);
    arch->prepare(s.m);
    assert_int_equal(tile_open(&s.x, T, s.a), 0);
    s.x.B = B;
    s.x.T = T;
    memcpy(s.x.length, length, sizeof length);
    for (int i = 0; i < T * B; i++) {
        s.x.token[i] = (uint8_t)rng_below(&r, (uint32_t)s.m->V);
        s.x.counts[i] = rng_below(&r, 3) > 0;
    }
    s.drop = (struct dropout){ .p = 0.5, .blocks = 0.25, .seed = 5, .step = 2,
                               .sequence = sequence };
    s.y.loss = arena_get(s.a, B, sizeof *s.y.loss);
    s.y.wrong = arena_get(s.a, B, sizeof *s.y.wrong);
    s.work = arena_get(s.a, arch->room(s.m, B, 2 * T), sizeof *s.work);
    return s;
}

static double total(const struct bench *s)
{
    double sum = 0;

    for (int b = 0; b < B; b++)
        sum += s->y.loss[b];
    return sum;
}

static double train_loss(struct bench *s, real *dw, real scale)
{
    s->m->arch->prepare(s->m);
    s->m->arch->train(s->m, &s->x, &s->drop, scale, dw, &s->y, s->work);
    return total(s);
}

static void assert_close(double got, double want)
{
    if (!(fabs(got - want) <= 1e-7 * fmax(1, fabs(want))))
        fail_msg("%.12g where finite differences say %.12g", got, want);
}

static void the_training_gradient_is_that_of_the_loss(void **state)
{
    (void)state;
    for (int k = 0; arch_menu[k]; k++) {
        struct bench s = set_up(arch_menu[k]);
        struct model *m = s.m;
        real *dw = arena_get(s.a, m->P, sizeof *dw);
        const double eps = 1e-5;

        train_loss(&s, dw, 0.7);
        for (size_t p = 0; p < m->P; p++) {
            real keep = m->w[p];
            m->w[p] = keep + eps;
            double up = train_loss(&s, NULL, 0);
            m->w[p] = keep - eps;
            double down = train_loss(&s, NULL, 0);
            m->w[p] = keep;
            assert_close(dw[p], 0.7 * (up - down) / (2 * eps));
        }
        arena_close(s.a);
    }
}

static void gradients_are_added_to_what_is_there(void **state)
{
    (void)state;
    for (int k = 0; arch_menu[k]; k++) {
        struct bench s = set_up(arch_menu[k]);
        real *once = arena_get(s.a, s.m->P, sizeof *once);
        real *twice = arena_get(s.a, s.m->P, sizeof *twice);

        train_loss(&s, once, 1);
        train_loss(&s, twice, 1);
        train_loss(&s, twice, 1);
        for (size_t p = 0; p < s.m->P; p++)
            assert_close(twice[p], 2 * once[p]);
        arena_close(s.a);
    }
}

static void the_gradient_of_going_on_is_that_of_the_loss(void **state)
{
    (void)state;
    for (int k = 0; arch_menu[k]; k++)
        for (int site = 0; arch_menu[k]->sites[site].name; site++) {
            struct bench s = set_up(arch_menu[k]);
            struct rng r = rng_at(11, RNG_DATA, 0, 0);
            int M = model_width(s.m, site);
            const real *states[ARCH_SITES];
            long row[B] = { 20, 3, 11, 39, 30 };
            int step[B] = { 4, 3, 0, 6, 2 };
            uint8_t token[S];
            struct past past = { states, token, row, step, NULL };
            real *v = arena_get(s.a, (size_t)(B * M), sizeof *v);
            real *dv = arena_get(s.a, (size_t)(B * M), sizeof *dv);
            const double eps = 1e-5;

            for (int i = 0; i < S; i++)
                token[i] = (uint8_t)rng_below(&r, V);
            for (int i = 0; arch_menu[k]->sites[i].name; i++) {
                size_t n = S * (size_t)model_width(s.m, i);
                real *h = arena_get(s.a, n, sizeof *h);
                for (size_t j = 0; j < n; j++)
                    h[j] = rng_normal(&r);
                states[i] = h;
            }
            for (int i = 0; i < B * M; i++)
                v[i] = rng_normal(&r);
            s.m->arch->go_on(s.m, site, v, &past, &s.x, 0.3, dv, &s.y,
                             s.work);
            for (int i = 0; i < B * M; i++) {
                real keep = v[i];
                v[i] = keep + eps;
                s.m->arch->go_on(s.m, site, v, &past, &s.x, 0, NULL, &s.y,
                                 s.work);
                double up = total(&s);
                v[i] = keep - eps;
                s.m->arch->go_on(s.m, site, v, &past, &s.x, 0, NULL, &s.y,
                                 s.work);
                v[i] = keep;
                assert_close(dv[i], 0.3 * (up - total(&s)) / (2 * eps));
            }
            arena_close(s.a);
        }
}

/* Putting a recorded state back where it was must change nothing: go_on then
 * says what train says of the same tokens. */
static void going_on_from_a_recorded_state_is_going_on(void **state)
{
    (void)state;
    for (int k = 0; arch_menu[k]; k++)
        for (int site = 0; arch_menu[k]->sites[site].name; site++) {
            struct bench s = set_up(arch_menu[k]);
            const struct arch *arch = arch_menu[k];
            enum { N = 6, CUT = 2 };
            int length[2] = { N, N - CUT - 1 }, step = CUT;
            uint8_t token[N] = { 1, 3, 4, 3, 5, 2 }, counts[N];
            struct tile whole = { 1, N, &length[0], token, counts };
            struct tile tail = { 1, N - CUT - 1, &length[1], token + CUT + 1,
                                 counts };
            real *states[ARCH_SITES];
            long row = CUT;
            double expected;

            memset(counts, 1, sizeof counts);
            for (int i = 0; arch->sites[i].name; i++)
                states[i] = arena_get(s.a, N * (size_t)model_width(s.m, i),
                                      sizeof(real));
            arch->record(s.m, &whole, states, s.work);
            arch->train(s.m, &whole, NULL, 0, NULL, &s.y, s.work);
            expected = s.y.loss[0];
            whole.T = length[0] = CUT + 1;
            arch->train(s.m, &whole, NULL, 0, NULL, &s.y, s.work);
            expected -= s.y.loss[0];

            struct past past = { (const real *const *)states, token, &row,
                                 &step, NULL };
            arch->go_on(s.m, site, states[site] + CUT * model_width(s.m, site),
                        &past, &tail, 0, NULL, &s.y, s.work);
            assert_close(s.y.loss[0], expected);
            arena_close(s.a);
        }
}

/* Losses and gradients are the same bytes. */
static void looking_ahead_changes_nothing(void **state)
{
    int looked = 0;

    (void)state;
    for (int k = 0; arch_menu[k]; k++)
        for (int site = 0; arch_menu[k]->sites[site].name; site++) {
            struct bench s = set_up(arch_menu[k]);
            const struct arch *arch = arch_menu[k];
            int M = model_width(s.m, site);
            real *states[ARCH_SITES], *ahead[B], *dv[2];
            uint8_t token[B * T];
            long row[B];
            int step[B];
            double loss[B];
            struct rng r = rng_at(3, RNG_DATA, 0, (uint32_t)site);

            if (!arch->ahead || arch->ahead(s.m, site, T) == 0) {
                arena_close(s.a);
                continue;
            }
            looked++;
            for (int i = 0; arch->sites[i].name; i++) {
                size_t n = (size_t)(B * T * model_width(s.m, i));
                states[i] = arena_get(s.a, n, sizeof(real));
                for (size_t j = 0; j < n; j++)
                    states[i][j] = rng_normal(&r);
            }
            for (int b = 0; b < B; b++) {
                step[b] = b % 3;
                row[b] = b * T + step[b];
                size_t n = arch->ahead(s.m, site, s.x.length[b]);
                ahead[b] = arena_get(s.a, n, sizeof(real));
            }
            for (int i = 0; i < B * T; i++)
                token[i] = (uint8_t)rng_below(&r, V);
            struct past past = { (const real *const *)states, token, row,
                                 step, NULL };
            arch->look_ahead(s.m, &past, &s.x, ahead, s.work);
            for (int i = 0; i < 2; i++) {
                dv[i] = arena_get(s.a, (size_t)(B * M), sizeof(real));
                past.ahead = i ? (const real *const *)ahead : NULL;
                memset(s.work, 0xff, arch->room(s.m, B, 2 * T) *
                                     sizeof *s.work);
                arch->go_on(s.m, site, states[site], &past, &s.x, 0.3, dv[i],
                            &s.y, s.work);
                if (i)
                    assert_memory_equal(loss, s.y.loss, sizeof loss);
                memcpy(loss, s.y.loss, sizeof loss);
            }
            assert_memory_equal(dv[0], dv[1], (size_t)(B * M) * sizeof(real));
            arena_close(s.a);
        }
    assert_true(looked > 0);
}

/* A guard behind what room asks for. */
static void operations_stay_within_their_room(void **state)
{
    (void)state;
    for (int k = 0; arch_menu[k]; k++)
        for (int site = 0; arch_menu[k]->sites[site].name; site++) {
            struct bench s = set_up(arch_menu[k]);
            const struct arch *arch = arch_menu[k];
            size_t room = arch->room(s.m, B, T), M = 0;
            real *work = arena_get(s.a, room + 8, sizeof *work);
            real *dw = arena_get(s.a, s.m->P, sizeof *dw), *v, *dv;
            real *states[ARCH_SITES];
            uint8_t token[B] = { 3, 1, 4, 1, 5 };
            long row[B] = { 0, 1, 2, 3, 4 };
            int step[B] = { 0 };
            struct past past = { (const real *const *)states, token, row,
                                 step, NULL };

            for (int i = 0; arch->sites[i].name; i++) {
                M = (size_t)model_width(s.m, i);
                states[i] = arena_get(s.a, B * T * M, sizeof(real));
            }
            M = (size_t)model_width(s.m, site);
            v = arena_get(s.a, B * M, sizeof *v);
            dv = arena_get(s.a, B * M, sizeof *dv);
            for (int i = 0; i < 8; i++)
                work[room + (size_t)i] = 1 + i;
            arch->record(s.m, &s.x, states, work);
            arch->train(s.m, &s.x, &s.drop, 1, dw, &s.y, work);
            arch->go_on(s.m, site, v, &past, &s.x, 1, dv, &s.y, work);
            for (int i = 0; i < 8; i++)
                assert_true(work[room + (size_t)i] == 1 + i);
            arena_close(s.a);
        }
}

/* Mean and variance of every parameter against its line of the table. */
static void parameters_are_drawn_as_their_table_says(void **state)
{
    enum { WIDE = 48 };

    (void)state;
    for (int k = 0; arch_menu[k]; k++) {
        struct arena *a = arena_open();
        struct model *m = model_open(arch_menu[k], WIDE, V, a);
        if (arch_menu[k]->draw) {
            assert_null(m);             /* built by hand, of one width */
            arena_close(a);
            continue;
        }
        const struct param *p = m->arch->params;
        model_draw(m, 4, 0);
        for (int i = 0; p[i].name; i++) {
            size_t end = p[i + 1].name ? m->at[i + 1] : m->P;
            double n = (double)(end - m->at[i]), mean = 0, square = 0;
            double want = p[i].init == INIT_NORMAL ? 1 :
                p[i].init == INIT_WIDTH ? 1.0 / (3 * WIDE) :
                p[i].init == INIT_FAN ?
                1 / (3.0 * (double)arch_size(p[i].fan, WIDE, V)) :
                p[i].init == INIT_XAVIER ? 1.0 / WIDE : 0;
            for (size_t j = m->at[i]; j < end; j++) {
                mean += m->w[j] / n;
                square += m->w[j] * m->w[j] / n;
            }
            if (p[i].init == INIT_ONE || p[i].init == INIT_ZERO) {
                assert_close(mean, p[i].init == INIT_ONE);
                assert_close(square, mean);
            } else if (!(fabs(mean) <= 4 * sqrt(want / n) &&
                         fabs(square / want - 1) <= 4 * sqrt(2 / n)))
                fail_msg("%s: mean %g, variance %g for %g", p[i].name, mean,
                         square, want);
        }
        arena_close(a);
    }
}

static void odd_widths_are_refused_where_they_must_be_even(void **state)
{
    struct arena *a = arena_open();

    (void)state;
    for (int k = 0; arch_menu[k]; k++) {
        if (!arch_menu[k]->even)
            continue;
        assert_null(model_open(arch_menu[k], 7, V, a));
        assert_int_equal(err_code(), EX_USAGE);
        assert_non_null(strstr(err_text(), "width 7"));
    }
    arena_close(a);
}

static double trained(const struct bench *s, double blocks, double head,
                      uint32_t step)
{
    struct dropout drop = s->drop;
    double sum = 0;

    drop.p = head;
    drop.blocks = blocks;
    drop.step = step;
    s->m->arch->train(s->m, &s->x, &drop, 0, NULL, &s->y, s->work);
    for (int b = 0; b < B; b++)
        sum += s->y.loss[b];
    return sum;
}

static void dropout_inside_blocks_is_a_stream_of_its_own(void **state)
{
    struct bench s = set_up(arch_find("transformer"));

    (void)state;
    assert_true(trained(&s, 0.25, 0, 1) == trained(&s, 0.25, 0, 1));
    assert_true(trained(&s, 0.25, 0, 1) != trained(&s, 0, 0, 1));
    assert_true(trained(&s, 0.25, 0, 1) != trained(&s, 0, 0.25, 1));
    assert_true(trained(&s, 0.25, 0, 1) != trained(&s, 0.25, 0, 2));
    arena_close(s.a);
}

/* By length, longest first, however long; equal ones keep their order. */
static void sequences_are_sorted_by_length(void **state)
{
    enum { N = 500 };
    struct rng r = rng_at(3, RNG_DATA, 0, 0);

    (void)state;
    for (int32_t longest = 1; longest < 1000; longest *= 7) {
        uint32_t order[N], spare[N];
        int32_t length[N];
        for (uint32_t i = 0; i < N; i++) {
            length[i] = (int32_t)rng_below(&r, (uint32_t)longest + 1);
            order[i] = i;
        }
        tile_sort(order, N, length, (size_t)longest, spare);
        for (int i = 1; i < N; i++) {
            int32_t before = length[order[i - 1]], now = length[order[i]];
            assert_true(before > now ||
                        (before == now && order[i - 1] < order[i]));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parameters_are_drawn_as_their_table_says),
        cmocka_unit_test(odd_widths_are_refused_where_they_must_be_even),
        cmocka_unit_test(dropout_inside_blocks_is_a_stream_of_its_own),
        cmocka_unit_test(operations_stay_within_their_room),
        cmocka_unit_test(the_training_gradient_is_that_of_the_loss),
        cmocka_unit_test(gradients_are_added_to_what_is_there),
        cmocka_unit_test(the_gradient_of_going_on_is_that_of_the_loss),
        cmocka_unit_test(going_on_from_a_recorded_state_is_going_on),
        cmocka_unit_test(looking_ahead_changes_nothing),
        cmocka_unit_test(sequences_are_sorted_by_length),
    };
    return cmocka_run_group_tests_name("arch in double", tests, NULL, NULL);
}

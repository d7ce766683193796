/* parity.h - each operation of every device that is here against this
 * processor's, on random models, shapes and sequences: what is drawn, how
 * results are compared, and where. By the interfaces that the programs use, so
 * that it serves a device to come as it is.
 *
 * Where there is none all is skipped; linked with the emulated card
 * (build/emulated/test_parity, _align) nothing is. */
#ifndef PARITY_H
#define PARITY_H

#include <math.h>
#include <string.h>

#include "../lib/arch.h"
#include "../lib/data.h"
#include "../lib/device.h"
#include "../lib/err.h"
#include "../lib/rng.h"
#include "arena_group.h"

enum { TOKENS = 20, SYSTEMS = 3 };

static const double TOLERANCE = 1e-5;    /* of an array's largest element */

static const char *const archs[] = { "gru", "lstm", "transformer", NULL };

/* Widths, how many sequences or samples and steps of each at most, the form of
 * maps. Long sequences pass the head and layer norms in several parts. The
 * widest models leave no room for scratch in a block's shared memory, those
 * before them some in training only. */
static const struct shape {
    int narrow, wide, most, steps;
    const char *form;
} shapes[] = {
    { 1, 20, 90, 9, "rotation" }, { 1, 60, 90, 9, "cayley" },
    { 1, 60, 90, 9, "affine" }, { 30, 60, 50, 9, "rotation" },
    { 1, 9, 20, 99, "rotation" }, { 140, 160, 4, 5, "cayley" },
    { 260, 280, 4, 9, "affine" },
};

static struct rng r;

static inline int begin(void **state)
{
    (void)state;
    r = rng_at(1, RNG_DATA, 0, 0);
    return 0;
}

/* ---- every device, architecture and shape ---- */

typedef void operation(const struct device *on, const struct arch *arch,
                       const struct shape *shape);

static inline void everywhere(operation *agrees)
{
    bool any = false;

    for (int i = 0; device_menu[i]; i++) {
        if (device_menu[i]->find()) {
            print_message("%s\n", err_text());
            err_clear();
            continue;
        }
        any = true;
        for (int a = 0; archs[a]; a++)
            for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
                arena_reset(arena);
                agrees(device_menu[i], arch_find(archs[a]), &shapes[k]);
            }
    }
    if (!any)
        skip();
}

static inline void works(int rc)
{
    if (rc)
        fail_msg("%s", err_text());
}

/* ---- what is random ---- */

static inline int between(int least, int most)
{
    return least + (int)rng_below(&r, (uint32_t)(most - least) + 1);
}

static inline const struct arch *any_arch(void)
{
    return arch_find(archs[rng_below(&r, sizeof archs / sizeof *archs - 1)]);
}

static inline struct model *draw_model(const struct arch *arch,
                                const struct shape *shape, int V)
{
    int C = between(shape->narrow, shape->wide);
    struct model *m = model_open(arch, arch->even ? C + C % 2 : C, V, arena);

    assert_non_null(m);
    model_draw(m, rng_word(&r), 0);
    return m;
}

static inline uint8_t *draw_tokens(size_t n, int V)
{
    uint8_t *token = arena_get(arena, n, 1);

    for (size_t i = 0; i < n; i++)
        token[i] = (uint8_t)rng_below(&r, (uint32_t)V);
    return token;
}

static inline int32_t *draw_lengths(size_t n, int shortest, int longest)
{
    int32_t *length = arena_get(arena, n, sizeof *length);

    for (size_t i = 0; i < n; i++)
        length[i] = between(shortest, longest);
    return length;
}

/* Two thirds of them are 1. */
static inline int8_t *draw_marks(size_t n)
{
    int8_t *mark = arena_get(arena, n, 1);

    for (size_t i = 0; i < n; i++)
        mark[i] = rng_below(&r, 3) > 0;
    return mark;
}

/* Nothing ends what comes after a sequence's end: it must not matter. */
static inline struct data *draw_data(const struct shape *shape, int V,
                                     int shortest)
{
    struct data *d = arena_get(arena, 1, sizeof *d);
    size_t N = (size_t)between(1, shape->most);
    size_t T = (size_t)between(shortest, shape->steps);

    *d = (struct data){ .task = task_menu[0], .N = N, .T = T,
                        .tokens = draw_tokens(N * T, V),
                        .determined = draw_marks(N * T),
                        .eligible = draw_marks(N * T),
                        .length = draw_lengths(N, shortest, (int)T) };
    return d;
}

static inline uint32_t *all_of(const struct data *d)
{
    uint32_t *order = arena_get(arena, d->N, sizeof *order);

    for (size_t n = 0; n < d->N; n++)
        order[n] = (uint32_t)n;
    return order;
}

/* ---- comparing ---- */

/* But for so large a share of the largest element. */
static inline void agree_within(double tolerance, const char *what,
                                const double *there, const double *here,
                                size_t n)
{
    double largest = 0;

    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs(here[i]));
    for (size_t i = 0; i < n; i++)
        if (!(fabs(there[i] - here[i]) <= tolerance * largest))
            fail_msg("%s %zu of %zu: %.9g, not %.9g; the largest is %.3g",
                     what, i, n, there[i], here[i], largest);
}

static inline void agree(const char *what, const double *there,
                         const double *here, size_t n)
{
    agree_within(TOLERANCE, what, there, here, n);
}

static inline double *widen(const real *x, size_t n)
{
    double *y = arena_get(arena, n, sizeof *y);

    for (size_t i = 0; i < n; i++)
        y[i] = (double)x[i];
    return y;
}

#endif

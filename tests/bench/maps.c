/* What a step of alignment spends on a map, forward and back, by form, width m
 * and exchanged dimensions K: rounds in which the forms take turns.
 *
 * The parameters are as far from the start as learnt ones are: normal, so that
 * |A| is about 1.6 at any width. How far they are is what exp's cost depends
 * on. */
#include <math.h>
#include <stdio.h>

#include "../../lib/amap.h"
#include "../../lib/arena.h"
#include "../../lib/rng.h"
#include "bench.h"

enum { RUNS = 7, FORMS = 16 };

static const int widths[] = { 48, 96, 128, 256, 512, 1024 };
static const double ROUND = 10;         /* ms at least */

static struct amap *open_map(const struct amap_form *form, int m, int K,
                             struct arena *a)
{
    struct rng r = rng_at(1, RNG_BASE, 0, 0);
    struct amap *R = amap_open(form, m, K, &r, a);

    for (size_t i = 0; R && i < R->n; i++)
        R->param[i] += 0.8 / sqrt(m) * rng_normal(&r);
    for (int i = 0; R && i < K * m; i++) {
        R->dF[i] = rng_normal(&r);
        R->dG[i] = rng_normal(&r);
    }
    return R;
}

static double repeat(struct amap *R, int times)
{
    double from = bench_clock(false);

    for (int i = 0; i < times; i++) {
        R->form->forward(R);
        R->form->back(R);
    }
    return (bench_clock(false) - from) / times;
}

static int bench(int m, int K)
{
    struct arena *a = arena_open();
    struct amap *R[FORMS];
    double ms[FORMS][RUNS];
    char loop[32];
    int times[FORMS], n = 0, rc = -1;

    snprintf(loop, sizeof loop, "map m=%d K=%d", m, K);
    for (; a && n < FORMS && amap_menu[n]; n++) {
        if (!(R[n] = open_map(amap_menu[n], m, K, a)))
            goto done;
        repeat(R[n], 1);
        times[n] = 1 + (int)(ROUND / repeat(R[n], 1));
    }
    for (int run = 0; run < RUNS; run++)
        for (int f = 0; f < n; f++)
            ms[f][run] = repeat(R[f], times[f]);
    for (int f = 0; f < n; f++)
        bench_say(&(struct what){ loop, R[f]->form->name, 1, 0 }, ms[f],
                  RUNS);
    rc = a ? 0 : -1;
done:
    arena_close(a);
    return rc;
}

int bench_maps(void)
{
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
        for (int K = widths[i] / 2; K <= widths[i]; K += widths[i] / 2)
            if (bench(widths[i], K))
                return -1;
    return 0;
}

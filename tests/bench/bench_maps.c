/* bench_maps - what a step of alignment spends on a map, by form, width m and
 * exchanged dimensions K: milliseconds of CPU time on one thread, forward and
 * back, medians of rounds in which the forms take turns, and the least and the
 * most of both together. Tab-separated.
 *
 * The parameters are as far from the start as learnt ones are: normal, so that
 * |A| is about 1.6 at any width. How far they are is what exp's cost depends
 * on. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cblas.h>

#include "../../lib/amap.h"
#include "../../lib/arena.h"
#include "../../lib/err.h"
#include "../../lib/rng.h"

enum { RUNS = 7, FORMS = 16 };

static const int widths[] = { 48, 96, 128, 256, 512, 1024 };
static const double ROUND = 5;          /* ms at least */

struct timing {
    double forward[RUNS], back[RUNS], both[RUNS];
};

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

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

static double repeat(void (*step)(struct amap *), struct amap *R, int times)
{
    double from = now();

    for (int i = 0; i < times; i++)
        step(R);
    return (now() - from) / times;
}

/* How often a round makes a step. The first one warms up. */
static int times_of(struct amap *R)
{
    repeat(R->form->forward, R, 1);
    return 1 + (int)(ROUND / repeat(R->form->forward, R, 1));
}

static void print(const struct amap *R, struct timing *t)
{
    qsort(t->forward, RUNS, sizeof *t->forward, by_value);
    qsort(t->back, RUNS, sizeof *t->back, by_value);
    qsort(t->both, RUNS, sizeof *t->both, by_value);
    printf("%s\t%d\t%d\t%.4f\t%.4f\t%.4f\t%.4f\t%.4f\n", R->form->name, R->m,
           R->K, t->forward[RUNS / 2], t->back[RUNS / 2], t->both[RUNS / 2],
           t->both[0], t->both[RUNS - 1]);
    fflush(stdout);
}

static int bench(int m, int K)
{
    struct arena *a = arena_open();
    struct amap *R[FORMS];
    struct timing t[FORMS];
    int times[FORMS], n = 0, rc = -1;

    for (; a && n < FORMS && amap_menu[n]; n++) {
        if (!(R[n] = open_map(amap_menu[n], m, K, a)))
            goto done;
        times[n] = times_of(R[n]);
    }
    for (int run = 0; run < RUNS; run++)
        for (int f = 0; f < n; f++) {
            t[f].forward[run] = repeat(R[f]->form->forward, R[f], times[f]);
            t[f].back[run] = repeat(R[f]->form->back, R[f], times[f]);
            t[f].both[run] = t[f].forward[run] + t[f].back[run];
        }
    for (int f = 0; f < n; f++)
        print(R[f], &t[f]);
    rc = a ? 0 : -1;
done:
    arena_close(a);
    return rc;
}

int main(void)
{
    openblas_set_num_threads(1);
    printf("map\tm\tK\tforward_ms\tback_ms\tms\tlow\thigh\n");
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++)
        for (int K = widths[i] / 2; K <= widths[i]; K += widths[i] / 2)
            if (bench(widths[i], K)) {
                fprintf(stderr, "bench_maps: %s\n", err_text());
                return 1;
            }
    return 0;
}

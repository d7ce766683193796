/* bench_models [THREADS] - milliseconds of the operations of every architecture
 * of free width, a tile a thread: a training step (Multi-Object, batch 128)
 * and, for each site, going on from 2048 intervened states (Full) with its
 * gradient. Medians of several runs. */
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cblas.h>

#include "../../lib/acts.h"
#include "../../lib/arch.h"
#include "../../lib/arena.h"
#include "../../lib/err.h"
#include "../../lib/pairs.h"

enum { C = 48, RUNS = 9, BATCH = 128, SAMPLES = 2048, LANES = 64 };

struct lane {                   /* of one thread                             */
    struct tile tile;
    real *work, *dw, *dv;
    double loss[TILE];
    int wrong[TILE];
};

struct bench {
    struct model *m;
    struct data *d;
    struct acts *acts;
    struct pairs *p;
    uint32_t order[2][SAMPLES];
    struct lane lane[LANES];
    real *v;
};

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void print(const struct bench *x, const char *what, double *ms)
{
    qsort(ms, RUNS, sizeof *ms, by_value);
    printf("%-12s %-10s %8.2f ms  (%.2f .. %.2f)\n", x->m->arch->name, what,
           ms[RUNS / 2], ms[0], ms[RUNS - 1]);
}

static int open_lane(struct lane *l, const struct model *m, int T,
                     struct arena *a)
{
    l->dw = arena_get(a, m->P, sizeof(real));
    l->dv = arena_get(a, TILE * 2 * C, sizeof(real));
    l->work = arena_get(a, m->arch->room(m, TILE, T), sizeof(real));
    return l->dw && l->dv && l->work ? tile_open(&l->tile, (size_t)T, a) : -1;
}

static int open_bench(struct bench *x, const struct arch *arch, int threads,
                      struct arena *a)
{
    const struct task *task = task_find("multi-object");
    const struct task_rule rule = { .max_quantity = task->max_quantity };
    const size_t n[SPLITS] = { 1024, 0, 0 };
    const struct pairs_plan plan = { .site = "hidden",
        .source_variable = "full", .target_variable = "full",
        .n = { SAMPLES, 1, 1 }, .seed = 1 };
    int T;

    if (!(x->d = data_draw(task, &rule, n, 1, a)))
        return -1;
    memset(x->d->split + 1022, 1, 1);           /* a sequence for each split */
    memset(x->d->split + 1023, 2, 1);
    if (!(x->m = model_open(arch, C, task->V, a)))
        return -1;
    model_draw(x->m, 1, 0);
    if (!(x->acts = acts_record(x->m, x->d, a)))
        return -1;
    x->acts->sha256 = x->acts->system = "a";
    if (!(x->p = pairs_draw(x->acts, x->acts, &plan, a)))
        return -1;
    T = acts_longest(x->acts) + (int)x->p->T;
    for (int k = 0; k < threads; k++)
        if (open_lane(&x->lane[k], x->m, T, a))
            return -1;
    x->v = arena_get(a, SAMPLES * 2 * C, sizeof(real));
    return x->v ? 0 : -1;
}

static void train(struct bench *x)
{
    const struct sequences rows = { x->d->tokens, x->d->determined,
                                    x->d->length, x->d->T };
    double ms[RUNS];

    for (int run = 0; run < RUNS; run++) {
        uint32_t *order = x->order[0];
        for (int i = 0; i < BATCH; i++)
            order[i] = (uint32_t)(run * BATCH % 1024 + i);
        ms[run] = now();
        tile_sort(order, BATCH, rows.length, rows.T, x->order[1]);
#pragma omp parallel for schedule(dynamic, 1)
        for (int i = 0; i < BATCH; i += TILE) {
            struct lane *l = &x->lane[omp_get_thread_num()];
            struct dropout drop = { .p = 0.5, .seed = 1, .step = 1,
                                    .sequence = order + i };
            struct outcome y = { .loss = l->loss, .wrong = l->wrong };
            tile_fill(&l->tile, &rows, order + i, TILE);
            x->m->arch->train(x->m, &l->tile, &drop, 1, l->dw, &y, l->work);
        }
        x->m->arch->prepare(x->m);
        ms[run] = now() - ms[run];
    }
    print(x, "training", ms);
}

static void go_on(struct bench *x, int site)
{
    const struct arch *arch = x->m->arch;
    const struct sequences rows = { x->p->tokens, x->p->determined,
                                    x->p->length, x->p->T };
    const real *states[ARCH_SITES];
    double ms[RUNS];
    size_t M = (size_t)model_width(x->m, site);
    uint32_t *order = x->order[0];

    for (int i = 0; i < SAMPLES; i++)
        order[i] = (uint32_t)i;
    tile_sort(order, SAMPLES, rows.length, rows.T, x->order[1]);
    for (int s = 0; arch->sites[s].name; s++)
        states[s] = x->acts->site[s].states;
    for (int i = 0; i < SAMPLES; i++)
        memcpy(x->v + (size_t)i * M, x->acts->site[site].states +
               (size_t)x->p->source_row[order[i]] * M, M * sizeof(real));
    for (int run = 0; run < RUNS; run++) {
        ms[run] = now();
#pragma omp parallel for schedule(dynamic, 1)
        for (int i = 0; i < SAMPLES; i += TILE) {
            struct lane *l = &x->lane[omp_get_thread_num()];
            struct outcome y = { .loss = l->loss, .wrong = l->wrong };
            long row[TILE];
            int step[TILE];
            struct past past = { states, x->acts->token, row, step };
            for (int b = 0; b < TILE; b++) {
                row[b] = (long)x->p->target_row[order[i + b]];
                step[b] = x->acts->step[row[b]];
            }
            tile_fill(&l->tile, &rows, order + i, TILE);
            arch->go_on(x->m, site, x->v + (size_t)i * M, &past, &l->tile, 1,
                        l->dv, &y, l->work);
        }
        ms[run] = now() - ms[run];
    }
    print(x, arch->sites[site].name, ms);
}

int main(int argc, char **argv)
{
    static struct bench x;
    struct arena *a = arena_open();
    int threads = argc > 1 ? atoi(argv[1]) : 1, rc = a == NULL;

    threads = threads < 1 ? 1 : threads > LANES ? LANES : threads;
    omp_set_num_threads(threads);
    openblas_set_num_threads(1);
    printf("threads    %d\n", threads);
    for (int k = 0; !rc && arch_menu[k]; k++) {
        if (arch_menu[k]->C)
            continue;
        if ((rc = open_bench(&x, arch_menu[k], threads, a)))
            fprintf(stderr, "bench_models: %s\n", err_text());
        else {
            train(&x);
            for (int s = 0; arch_menu[k]->sites[s].name; s++)
                go_on(&x, s);
        }
    }
    arena_close(a);
    return rc;
}

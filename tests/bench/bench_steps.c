/* bench_steps [THREADS] - milliseconds, by architecture, of a training step
 * (width 48, Multi-Object, batch 128) and of an alignment step (MAS, 4
 * directions of 512 samples, Full, two such models). Medians of several runs.
 *
 * Of cells GFLOP/s too. Only products count as work: a multiply and an add are
 * two operations. */
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cblas.h>

#include "../../lib/align_priv.h"
#include "../../lib/arch.h"
#include "../../lib/arch/recurrent.h"
#include "../../lib/arena.h"
#include "../../lib/data.h"
#include "../../lib/err.h"
#include "../../lib/learn.h"
#include "../../lib/resume.h"

enum { C = 48, RUNS = 5 };

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static void print(const struct arch *arch, const char *what, double *s,
                  double flops)
{
    qsort(s, RUNS, sizeof *s, by_value);
    printf("%-12s %-10s %8.2f ms  (%.2f .. %.2f)", arch->name, what,
           1e3 * s[RUNS / 2], 1e3 * s[0], 1e3 * s[RUNS - 1]);
    if (arch->cell)
        printf("  %6.1f GFLOP/s", 1e-9 * flops / s[RUNS / 2]);
    putchar('\n');
}

/* Operations of the cell and of the head for one row, forward only. */
static double cell(const struct arch *arch)
{
    return arch->cell ? 2.0 * C * arch->cell->gates * C : 0;
}

static double head(int V)
{
    return 2.0 * (C * 4 * C + 4 * C * V);
}

static struct data *sequences(size_t train, size_t rest, long seed,
                              struct arena *a)
{
    const struct task *task = task_find("multi-object");
    const struct task_rule rule = { .max_quantity = task->max_quantity };
    const size_t n[SPLITS] = { train, rest, rest };

    return data_draw(task, &rule, n, seed, a);
}

static int bench_train(const struct arch *arch, struct arena *a)
{
    struct data *d = sequences(1024, 1, 1, a);
    const struct learn_plan plan = { .seed = 1, .batch = 128, .epochs = 5,
        .lr = 1e-3, .lr_min = 1e-7, .warmup = 100, .decay = 0.5,
        .dropout = 0.5 };
    double time[RUNS], rows = 0;

    for (int run = 0; run < RUNS; run++) {
        struct model *m = model_open(arch, C, d->task->V, a);
        struct resume none = { 0 };
        struct learn_result result;

        model_draw(m, 1, 0);
        time[run] = seconds();
        if (learn(m, d, &plan, &none, &result, a))
            return -1;
        time[run] = (seconds() - time[run]) / (plan.epochs * 8);
    }
    for (size_t i = 0; i < d->N; i++)
        rows += d->split[i] == SPLIT_TRAIN ? d->length[i] - 1 : 0;
    /* forward, gradient of states, gradient of weights */
    print(arch, "training", time,
          3 * (cell(arch) + head(d->task->V)) * rows / 8);
    return 0;
}

static int bench_align(const struct arch *arch, struct arena *a)
{
    struct data *d = sequences(2000, 10, 2, a);
    const struct pairs_plan draw = { .site = "hidden",
        .source_variable = "full", .target_variable = "full",
        .n = { 10000, 1, 1 }, .seed = 1 };
    struct align x = { .nsystems = 2, .ndirections = 4,
        .plan = { .site = "hidden", .form = "rotation", .seed = 1,
                  .batch = 512, .epochs = 1, .lr = 3e-3,
                  .validate_every = 1000000 } };
    double time[RUNS], flops = 0;

    for (int k = 0; k < 2; k++) {
        struct model *m = model_open(arch, C, d->task->V, a);
        struct acts *acts;
        model_draw(m, k + 1, 0);
        if (!(acts = acts_record(m, d, a)))
            return -1;
        acts->sha256 = acts->system = k ? "b" : "a";
        x.system[k].acts = acts;
        x.system[k].model = m;
    }
    for (int i = 0; i < 4; i++) {
        struct pairs *p = pairs_draw(x.system[i % 2].acts,
                                     x.system[i / 2].acts, &draw, a);
        if (p == NULL)
            return -1;
        x.direction[i] = (struct align_direction){ .source = i / 2,
            .target = i % 2, .role = ROLE_BEHAVIOUR, .pairs = p };
        /* forward and gradient of states, per step of 20 an epoch */
        for (size_t s = 0; s < 10000; s++)
            flops += 2 * ((p->length[s] - 1) * cell(arch) +
                          align_tokens(p, s) * head(d->task->V)) / 20;
    }
    for (int run = 0; run < RUNS; run++) {
        struct resume none = { 0 };
        if (align_open(&x, a))
            return -1;
        time[run] = seconds();
        if (align_learn(&x, &none, a))
            return -1;
        time[run] = (seconds() - time[run]) / (x.plan.epochs * 20);
    }
    print(arch, "alignment", time, flops);
    return 0;
}

int main(int argc, char **argv)
{
    struct arena *a = arena_open();
    int threads = argc > 1 ? atoi(argv[1]) : 1, rc;

    omp_set_num_threads(threads);
    openblas_set_num_threads(1);
    printf("threads    %d\n", threads);
    rc = a == NULL;
    for (int k = 0; !rc && arch_menu[k]; k++)
        if (!arch_menu[k]->C)
            rc = bench_train(arch_menu[k], a) || bench_align(arch_menu[k], a);
    if (rc)
        fprintf(stderr, "bench_steps: %s\n", err_text());
    arena_close(a);
    return rc;
}

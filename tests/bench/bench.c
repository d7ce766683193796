/* bench - how long the two loops take, and what they are made of.
 *
 *     bench all TSV                  one line a measurement
 *     bench maps TSV                 likewise of maps, by form and width
 *     bench files FOLDER             the problem of every architecture, for
 *                                    another program
 *     bench train ARCH DROPOUT DEVICE THREADS STEPS
 *     bench align ARCH DEVICE THREADS STEPS
 *     bench find DEVICE              is it here? else 69 and why
 *
 * `train` and `align` run so many steps, print their mean loss and their ms a
 * step, and wait for a line of input, again and again, so that another program
 * can take turns with them. They and `all` begin from the problem of `files`.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cblas.h>

#include "../../lib/arena.h"
#include "../../lib/err.h"
#include "bench.h"

enum { ROUNDS = 9, TRAIN_STEPS = 5, ALIGN_STEPS = 3, THREADS = 2 };

/* A device and threads, as they are called. */
static int where_of(struct where *on, const char *device, const char *threads)
{
    *on = (struct where){ device_find(&device), atoi(threads) };
    return on->device ? 0 : -1;
}

/* ---- by itself ---- */

struct rounds {
    int n;
    double ms[ROUNDS + 1];      /* the first one begins */
};

static bool next(void *to, double loss, double ms)
{
    struct rounds *r = to;

    (void)loss;
    r->ms[r->n++] = ms;
    return r->n <= ROUNDS;
}

static int loops(const struct problem *x)
{
    const char *here = "cpu";
    const struct device *cpu = device_find(&here);
    uint32_t order[BATCH];

    for (uint32_t i = 0; i < BATCH; i++)
        order[i] = i;
    for (int threads = 1; threads <= THREADS; threads++) {
        struct rounds train = { 0 }, align = { 0 };
        struct where on = { cpu, threads };
        if (loop_train(x, 0.5, &on, TRAIN_STEPS, next, &train) ||
            loop_align(x, &on, ALIGN_STEPS, next, &align))
            return -1;
        bench_say(&(struct what){ "training step", x->arch->name, threads,
                                  work_train(x, order, BATCH) },
                  train.ms + 1, ROUNDS);
        bench_say(&(struct what){ "MAS step", x->arch->name, threads,
                                  work_align(x) }, align.ms + 1, ROUNDS);
    }
    return 0;
}

/* ---- in turns ---- */

static bool answer(void *to, double loss, double ms)
{
    (void)to;
    printf("%.9g %.6f\n", loss, ms);
    fflush(stdout);
    for (int c; (c = getchar()) != '\n';)
        if (c == EOF)
            return false;
    return true;
}

/* ---- all architectures of free width, or one ---- */

static int each(const char *only, int (*run)(const struct problem *, void *),
                void *with)
{
    int rc = 0;

    for (int k = 0; !rc && arch_menu[k]; k++) {
        struct arena *a = NULL;
        struct problem x;

        if (arch_menu[k]->C || (only && strcmp(only, arch_menu[k]->name)))
            continue;
        rc = !(a = arena_open()) || problem_open(&x, arch_menu[k], a) ||
             run(&x, with);
        arena_close(a);
    }
    return rc;
}

static int time_all(const struct problem *x, void *with)
{
    (void)with;
    return loops(x) || bench_operations(x);
}

static int write_all(const struct problem *x, void *folder)
{
    return problem_write(x, folder);
}

static int train_in_turns(const struct problem *x, void *words)
{
    char **word = words;
    struct where on;

    return where_of(&on, word[1], word[2]) ||
           loop_train(x, atof(word[0]), &on, atoi(word[3]), answer, NULL);
}

static int align_in_turns(const struct problem *x, void *words)
{
    char **word = words;
    struct where on;

    return where_of(&on, word[0], word[1]) ||
           loop_align(x, &on, atoi(word[2]), answer, NULL);
}

static int loops_and_kernels(void)
{
    return each(NULL, time_all, NULL) || bench_kernels() ? -1 : 0;
}

static int report(const char *tsv, int (*run)(void))
{
    const char *width;
    double peak = bench_peak(&width);

    printf("peak %.1f GFLOP/s (%s, one thread); share is of it and of the "
           "threads\n\n", peak, width);
    if (bench_open(tsv, peak))
        return err_set(EX_CANTCREAT, "%s: %s", tsv, strerror(errno));
    if (run())
        return -1;
    return bench_close() ? err_set(EX_IOERR, "%s: %s", tsv, strerror(errno))
                         : 0;
}

int main(int argc, char **argv)
{
    const char *how = argc > 1 ? argv[1] : "";
    struct where on;
    int rc = EX_USAGE;

    openblas_set_num_threads(1);
    if (argc == 3 && !strcmp(how, "all"))
        rc = report(argv[2], loops_and_kernels);
    else if (argc == 3 && !strcmp(how, "maps"))
        rc = report(argv[2], bench_maps);
    else if (argc == 3 && !strcmp(how, "files"))
        rc = each(NULL, write_all, argv[2]);
    else if (argc == 3 && !strcmp(how, "find"))
        rc = where_of(&on, argv[2], "1");
    else if (argc == 7 && !strcmp(how, "train"))
        rc = each(argv[2], train_in_turns, argv + 3);
    else if (argc == 6 && !strcmp(how, "align"))
        rc = each(argv[2], align_in_turns, argv + 3);
    if (rc)
        fprintf(stderr, "bench: %s\n",
                rc == EX_USAGE ? "see the head of bench.c" : err_text());
    return rc && rc != EX_USAGE ? err_code() : rc;
}

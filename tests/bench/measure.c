#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bench.h"

enum { RUNS = 9, WORDS = 32 };

static const double ROUND = 5;          /* ms at least */

static FILE *tsv;
static double peak;

double bench_clock(bool wall)
{
    struct timespec t;

    clock_gettime(wall ? CLOCK_MONOTONIC : CLOCK_PROCESS_CPUTIME_ID, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

int bench_open(const char *path, double of)
{
    peak = of;
    if (path && !(tsv = fopen(path, "w")))
        return -1;
    if (tsv)
        fprintf(tsv, "loop\tarch\tthreads\tclock\tms\tlow\thigh\tgflop\t"
                "gflop_s\tshare\n");
    printf("%-22s %-12s %7s %5s %9s %9s %9s %9s %8s %6s\n", "loop", "arch",
           "threads", "clock", "ms", "low", "high", "GFLOP", "GFLOP/s",
           "share");
    return 0;
}

int bench_close(void)
{
    return tsv ? fclose(tsv) : 0;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

void bench_say(const struct what *w, double *ms, int n)
{
    const char *clock = w->threads == 1 ? "cpu" : "wall";
    char rate[WORDS] = "", share[WORDS] = "", work[WORDS] = "";
    double median, gflops;

    qsort(ms, (size_t)n, sizeof *ms, by_value);
    median = ms[n / 2];
    gflops = 1e3 * w->gflop / median;
    if (w->gflop > 0) {
        snprintf(work, sizeof work, "%.6f", w->gflop);
        snprintf(rate, sizeof rate, "%.2f", gflops);
        snprintf(share, sizeof share, "%.3f", gflops / (peak * w->threads));
    }
    printf("%-22s %-12s %7d %5s %9.4f %9.4f %9.4f %9s %8s %6s\n", w->loop,
           w->arch, w->threads, clock, median, ms[0], ms[n - 1], work, rate,
           share);
    fflush(stdout);
    if (tsv)
        fprintf(tsv, "%s\t%s\t%d\t%s\t%.6f\t%.6f\t%.6f\t%s\t%s\t%s\n",
                w->loop, w->arch, w->threads, clock, median, ms[0], ms[n - 1],
                work, rate, share);
}

static double round_of(int times, void (*run)(void *), void *of)
{
    double from = bench_clock(false);

    for (int i = 0; i < times; i++)
        run(of);
    return bench_clock(false) - from;
}

void bench_time(const struct what *w, void (*run)(void *), void *of)
{
    double ms[RUNS];
    int times = 1;

    while (round_of(times, run, of) < ROUND)
        times *= 2;
    for (int i = 0; i < RUNS; i++)
        ms[i] = round_of(times, run, of) / times;
    bench_say(w, ms, RUNS);
}

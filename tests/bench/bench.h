/* bench.h - what the benchmarks share.
 *
 *     measure.c     clock, medians, lines of a table and of a TSV file
 *     peak.c        what the processor could do
 *     problem.c     the models, sequences and samples that are worked on
 *     work.c        how many operations they need
 *     loops.c       training and alignment steps, by the programs' own loops
 *     operations.c  what the steps are made of: operations of models and maps
 *     kernels.c     and of these, the kernels
 *     maps.c        maps of any width
 *
 * Everything but maps is of width 48 and about Multi-Object. A step of
 * training has a batch of 128 sequences; a step of alignment is one of MAS: 4
 * directions of 512 samples between two models, Full, half of the units
 * exchanged. Both take the same batch again and again, so that another program
 * can be given it.
 *
 * Time is the process's CPU time where it has one thread, which other
 * processes disturb least, and the wall's where it has several or waits for
 * another device. Only products count as work: a multiply and an add are two
 * operations. */
#ifndef BENCH_H
#define BENCH_H

#include "../../lib/align.h"
#include "../../lib/arch.h"
#include "../../lib/data.h"
#include "../../lib/device.h"

enum { C = 48, BATCH = 128, SAMPLES = 512 };

/* ---- measure.c ---- */

struct what {
    const char *loop, *arch;    /* what is timed, of which architecture      */
    int threads;
    double gflop;               /* of products; 0: has none                  */
};

/* ms of this process, or by the wall's clock. */
double bench_clock(bool wall);

/* Lines go to this file (NULL: nowhere) and, aligned, to standard output.
 * 0 or -1, with errno. */
int bench_open(const char *tsv, double peak);
int bench_close(void);

/* A line of n timings, which are put in order. */
void bench_say(const struct what *what, double *ms, int n);

/* Time run(of) on one thread: 9 rounds of at least 5 ms, and say. */
void bench_time(const struct what *what, void (*run)(void *of), void *of);

/* ---- peak.c ---- */

/* GFLOP/s of float multiply-adds on one thread; *name is the vector width. */
double bench_peak(const char **name);

/* ---- problem.c ---- */

struct problem {
    const struct arch *arch;
    struct data *batch;         /* 128 training sequences and two short ones */
    struct model *start;        /* of training                               */
    struct data *recorded;
    struct model *m[2];         /* trained a little                          */
    struct acts *acts[2];
    struct pairs *pairs[2][2];  /* [source][target], 512 training samples    */
};

int problem_open(struct problem *x, const struct arch *arch, struct arena *a);

/* Alignment of its two systems from the start; x borrows p. */
int problem_align(struct align *x, const struct problem *p, int validate,
                  struct arena *a);

/* Write it all into a folder: batch.data.h5, ARCH-start.model.h5, ARCH-K with
 * K = 1, 2 .model.h5 and .activations.h5, ARCH-J-I.interventions.h5, and the
 * maps' bases as ARCH-K.base, plain doubles. */
int problem_write(const struct problem *x, const char *folder);

/* ---- work.c ---- */

/* GFLOP of recording and of training n sequences of the batch, of going on from
 * the samples of a direction (ahead: the model looked ahead at what does not
 * depend on the exchange), of one direction's exchange and its gradient, of a
 * step of alignment. */
double work_record(const struct problem *x, const uint32_t *order, int n);
double work_train(const struct problem *x, const uint32_t *order, int n);
double work_go_on(const struct problem *x, int source, int target, int site,
                  bool ahead);
double work_exchange(const struct problem *x);
double work_align(const struct problem *x);

/* ---- loops.c ---- */

/* After every `steps` steps `done` is told their mean loss and their ms a
 * step, the first time with what it takes to begin. Goes on while it returns
 * true. 0 or -1. */
typedef bool loop_done(void *to, double loss, double ms);

struct where {
    const struct device *device;
    int threads;                /* of this processor */
};

int loop_train(const struct problem *x, double dropout,
               const struct where *on, int steps, loop_done *done, void *to);
int loop_align(const struct problem *x, const struct where *on, int steps,
               loop_done *done, void *to);

/* ---- operations.c, kernels.c, maps.c ---- */

int bench_operations(const struct problem *x);
int bench_kernels(void);
int bench_maps(void);

#endif

/* Both loops keep themselves after an epoch or a validation by a function that
 * they are lent (resume.h): the clock is looked at there. */
#include <omp.h>
#include <string.h>

#include "../../lib/arena.h"
#include "../../lib/learn.h"
#include "../../lib/resume.h"
#include "bench.h"

enum { EPOCHS = 100000 };

struct chunk {
    int threads, steps, saves;
    double from;
    loop_done *done;
    void *to;
    bool stopped;
};

static const void *vector(const struct resume *r, const char *name)
{
    int i = 0;

    while (strcmp(r->vector[i].name, name))
        i++;
    return r->vector[i].at;
}

static int tell(struct chunk *x, double loss)
{
    double ms = (bench_clock(x->threads) - x->from) / x->steps;

    x->stopped = !x->done(x->to, loss, ms);
    x->from = bench_clock(x->threads);
    return x->stopped ? -1 : 0;
}

/* An epoch of training is a step. */
static int trained(const struct resume *r)
{
    struct chunk *x = r->keeper;
    const struct learn_epoch *line = vector(r, "history");
    double loss = 0;

    if (++x->saves % x->steps)
        return 0;
    for (int i = x->saves - x->steps; i < x->saves; i++)
        loss += line[i].train_loss / x->steps;
    return tell(x, loss);
}

/* The first line is of no steps. */
static int aligned(const struct resume *r)
{
    struct chunk *x = r->keeper;
    const struct align_line *line = vector(r, "history");

    return tell(x, line[++x->saves].train_loss);
}

int loop_train(const struct problem *p, double dropout, int threads,
               int steps, loop_done *done, void *to)
{
    const struct learn_plan plan = { .seed = 1, .batch = BATCH,
        .epochs = EPOCHS, .lr = 1e-3, .lr_min = 1e-7, .warmup = 100,
        .decay = 0.5, .dropout = dropout };
    struct chunk x = { .threads = threads, .steps = steps, .done = done,
                       .to = to };
    struct resume resume = { .save = trained, .keeper = &x };
    struct arena *a = arena_open();
    struct model *m = a ? model_open(p->arch, C, p->start->V, a) : NULL;
    struct learn_result result;
    int rc = -1;

    if (m) {
        memcpy(m->w, p->start->w, m->P * sizeof *m->w);
        p->arch->prepare(m);
        omp_set_num_threads(threads);
        x.from = bench_clock(threads);
        rc = learn(m, p->batch, &plan, &resume, &result, a);
    }
    arena_close(a);
    return x.stopped ? 0 : rc;
}

int loop_align(const struct problem *p, int threads, int steps,
               loop_done *done, void *to)
{
    static struct align with;
    struct chunk x = { .threads = threads, .steps = steps, .done = done,
                       .to = to };
    struct resume resume = { .save = aligned, .keeper = &x };
    struct arena *a = arena_open();
    int rc = -1;

    if (a && !problem_align(&with, p, steps, a)) {
        omp_set_num_threads(threads);
        x.from = bench_clock(threads);
        rc = align_learn(&with, &resume, a);
    }
    arena_close(a);
    return x.stopped ? 0 : rc;
}

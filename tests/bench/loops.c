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
    bool wall;
    int steps, saves;
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
    double ms = (bench_clock(x->wall) - x->from) / x->steps;

    x->stopped = !x->done(x->to, loss, ms);
    x->from = bench_clock(x->wall);
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

/* Begin to measure. */
static struct chunk begin(const struct where *on, int steps, loop_done *done,
                          void *to)
{
    bool wall = on->threads > 1 || on->device->learn;

    omp_set_num_threads(on->threads);
    return (struct chunk){ .wall = wall, .steps = steps, .done = done,
                           .to = to, .from = bench_clock(wall) };
}

int loop_train(const struct problem *p, double dropout,
               const struct where *on, int steps, loop_done *done, void *to)
{
    const struct learn_plan plan = { .seed = 1, .batch = BATCH,
        .epochs = EPOCHS, .lr = 1e-3, .lr_min = 1e-7, .warmup = 100,
        .decay = 0.5, .dropout = dropout, .engine = on->device->learn };
    struct chunk x = { .stopped = false };
    struct resume resume = { .save = trained, .keeper = &x };
    struct arena *a = arena_open();
    struct model *m = a ? model_open(p->arch, C, p->start->V, a) : NULL;
    struct learn_result result;
    int rc = -1;

    if (m) {
        memcpy(m->w, p->start->w, m->P * sizeof *m->w);
        p->arch->prepare(m);
        x = begin(on, steps, done, to);
        rc = learn(m, p->batch, &plan, &resume, &result, a);
    }
    arena_close(a);
    return x.stopped ? 0 : rc;
}

int loop_align(const struct problem *p, const struct where *on, int steps,
               loop_done *done, void *to)
{
    static struct align with;
    struct chunk x = { .stopped = false };
    struct resume resume = { .save = aligned, .keeper = &x };
    struct arena *a = arena_open();
    int rc = -1;

    if (a && !problem_align(&with, p, steps, a)) {
        with.engine = on->device->align;
        x = begin(on, steps, done, to);
        rc = align_learn(&with, &resume, a);
    }
    arena_close(a);
    return x.stopped ? 0 : rc;
}

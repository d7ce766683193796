#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../../lib/acts.h"
#include "../../lib/arena.h"
#include "../../lib/err.h"
#include "../../lib/learn.h"
#include "../../lib/pairs.h"
#include "../../lib/resume.h"
#include "../../lib/store.h"
#include "bench.h"

enum { RECORDED = 2000, EPOCHS = 60 };

static struct data *draw(size_t train, size_t rest, long seed,
                         struct arena *a)
{
    const struct task *task = task_find("multi-object");
    const struct task_rule rule = { .max_quantity = task->max_quantity };

    return data_draw(task, &rule, (size_t[SPLITS]){ train, rest, rest }, seed,
                     a);
}

/* What is validated and tested on is not what is timed: a shortest sequence
 * each. */
static struct data *draw_batch(struct arena *a)
{
    struct data *d = draw(BATCH, 100, 1, a);
    size_t rest = BATCH;

    if (d == NULL)
        return NULL;
    for (size_t i = BATCH; i < d->N; i++)
        if (d->length[i] < d->length[rest])
            rest = i;
    d->N = BATCH + 2;
    for (size_t i = BATCH; i < d->N; i++) {
        d->split[i] = i == BATCH ? SPLIT_VALID : SPLIT_TEST;
        if (i == rest)
            continue;
        d->length[i] = d->length[rest];
        d->quantity[i] = d->quantity[rest];
        memcpy(d->tokens + i * d->T, d->tokens + rest * d->T, d->T);
        memcpy(d->determined + i * d->T, d->determined + rest * d->T, d->T);
        for (int v = 0; v < TASK_VARS; v++)
            if (d->vars[v])
                memcpy(d->vars[v] + i * d->T, d->vars[v] + rest * d->T,
                       d->T * sizeof **d->vars);
    }
    return d;
}

/* So much that an exchange changes what the model says. */
static int teach(struct model *m, struct data *d, struct arena *a)
{
    const struct learn_plan plan = { .seed = 1, .batch = BATCH,
        .epochs = EPOCHS, .lr = 3e-3, .lr_min = 3e-3, .warmup = 10 };
    struct resume none = { 0 };
    struct learn_result result;

    return learn(m, d, &plan, &none, &result, a);
}

int problem_open(struct problem *x, const struct arch *arch, struct arena *a)
{
    const struct pairs_plan plan = { .site = "hidden",
        .source_variable = "full", .target_variable = "full",
        .n = { SAMPLES, 1, 1 }, .seed = 1 };

    *x = (struct problem){ .arch = arch, .batch = draw_batch(a),
                           .recorded = draw(RECORDED, 10, 2, a) };
    if (!x->batch || !x->recorded ||
        !(x->start = model_open(arch, C, x->batch->task->V, a)))
        return -1;
    model_draw(x->start, 1, 0);
    for (int k = 0; k < 2; k++) {
        if (!(x->m[k] = model_open(arch, C, x->batch->task->V, a)))
            return -1;
        model_draw(x->m[k], (uint64_t)k + 2, 0);
        if (teach(x->m[k], x->batch, a) ||
            !(x->acts[k] = acts_record(x->m[k], x->recorded, NULL, a)))
            return -1;
        x->acts[k]->sha256 = x->acts[k]->system = k ? "2" : "1";
    }
    for (int j = 0; j < 2; j++)
        for (int i = 0; i < 2; i++)
            if (!(x->pairs[j][i] = pairs_draw(x->acts[i], x->acts[j], &plan,
                                              a)))
                return -1;
    return 0;
}

int problem_align(struct align *x, const struct problem *p, int validate,
                  struct arena *a)
{
    *x = (struct align){ .nsystems = 2, .ndirections = 4,
        .plan = { .site = "hidden", .form = "rotation", .seed = 1,
                  .batch = SAMPLES, .epochs = 100000, .lr = 3e-3,
                  .validate_every = validate } };
    for (int k = 0; k < 2; k++)
        x->system[k] = (struct align_system){ .acts = p->acts[k],
                                              .model = p->m[k] };
    for (int d = 0; d < 4; d++)
        x->direction[d] = (struct align_direction){ .source = d / 2,
            .target = d % 2, .role = ROLE_BEHAVIOUR,
            .pairs = p->pairs[d / 2][d % 2] };
    return align_open(x, a);
}

/* ---- files ---- */

static int write_base(const char *path, const struct amap *R)
{
    size_t n = (size_t)R->m * (size_t)R->m;
    FILE *f = fopen(path, "wb");
    size_t done = f ? fwrite(amap_part(R, "base"), sizeof(double), n, f) : 0;

    if (!f || fclose(f) || done < n)
        return err_set(EX_CANTCREAT, "%s: %s", path, strerror(errno));
    return 0;
}

static int write_model(const struct problem *x, const struct model *m,
                       struct store *s, const char *path)
{
    const struct learn_result none = { 0 };
    const struct train_record how = { .data = x->batch, .result = &none,
                                      .init = "default" };

    return store_write_model(s, path, m, &how);
}

static int write_system(const struct problem *x, int k, const struct amap *R,
                        struct store *s, const char *name, struct arena *a)
{
    return write_model(x, x->m[k], s,
                       arena_text(a, "%s-%d.model.h5", name, k + 1)) ||
           store_write_acts(s, arena_text(a, "%s-%d.activations.h5", name,
                                          k + 1), x->acts[k]) ||
           write_base(arena_text(a, "%s-%d.base", name, k + 1), R);
}

int problem_write(const struct problem *x, const char *folder)
{
    struct arena *a = arena_open();
    struct store *s = a ? store_open("bench", "", "", a) : NULL;
    const char *name = a ? arena_text(a, "%s/%s", folder, x->arch->name)
                         : NULL;
    struct align with;
    int rc = -1;

    if (!s || !name || problem_align(&with, x, 1, a) ||
        store_write_data(s, arena_text(a, "%s/batch.data.h5", folder),
                         x->batch) ||
        write_model(x, x->start, s, arena_text(a, "%s-start.model.h5", name)))
        goto done;
    for (int k = 0; k < 2; k++)
        if (write_system(x, k, with.system[k].R, s, name, a))
            goto done;
    for (int d = 0; d < 4; d++)
        if (store_write_pairs(s, arena_text(a, "%s-%d-%d.interventions.h5",
                                            name, d / 2 + 1, d % 2 + 1),
                              x->pairs[d / 2][d % 2]))
            goto done;
    rc = 0;
done:
    store_close(s);
    arena_close(a);
    return rc;
}

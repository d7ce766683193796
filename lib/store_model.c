#include "store_priv.h"

#include <stdio.h>
#include <string.h>

#include "arch.h"
#include "data.h"
#include "learn.h"

enum { WIDEST = 1 << 14 };

/* What the table of the arch says of a parameter, for these C and V. */
static struct h5shape shape_of(const struct param *p, int C, int V)
{
    struct h5shape shape = { .rank = p->cols ? 2 : 1,
                             .size = { arch_size(p->rows, C, V) },
                             .label = { p->rows, p->cols } };
    if (p->cols)
        shape.size[1] = arch_size(p->cols, C, V);
    return shape;
}

static size_t cells(const struct h5shape *shape)
{
    size_t n = 1;

    for (int i = 0; i < shape->rank; i++)
        n *= shape->size[i];
    return n;
}

/* Every parameter is there, in its shape, and nothing else. */
static int check_parameters(struct h5file *f, const struct arch *arch, int C,
                            int V)
{
    int n = 0;

    for (const struct param *p = arch->params; p->name; p++, n++) {
        struct h5shape want = shape_of(p, C, V), have;
        if (!h5file_has_member(f, MODEL_parameters, p->name))
            return err_set(EX_DATAERR, "%s: /parameters/%s: missing",
                           h5file_path(f), p->name);
        if (h5file_shape(f, MODEL_parameters, p->name, &have))
            return -1;
        if (have.rank != want.rank ||
            memcmp(have.size, want.size, sizeof have.size))
            return err_set(EX_DATAERR, "%s: /parameters/%s: not of shape "
                           "(%s%s%s) with C = %d, V = %d", h5file_path(f),
                           p->name, p->rows, p->cols ? "," : "",
                           p->cols ? p->cols : "", C, V);
    }
    if (n != h5file_count(f, MODEL_parameters))
        return err_set(EX_DATAERR, "%s: /parameters: %d of them, but %s has "
                       "%d", h5file_path(f), h5file_count(f, MODEL_parameters),
                       arch->name, n);
    return 0;
}

static struct model *load(struct store *s, struct h5file *f,
                          struct model_card *card)
{
    const char *name = store_text(s, f, MODEL_arch);
    const struct arch *arch;
    const struct task *task;
    struct model *m;
    int32_t width, max_quantity;
    int64_t seed;
    int8_t met;

    if (!name)
        return NULL;
    if (!(arch = arch_find(name))) {
        err_set(EX_DATAERR, "%s: attribute arch: no architecture %s here",
                h5file_path(f), name);
        return NULL;
    }
    card->task = store_text(s, f, MODEL_task);
    card->name = arena_text(s->arena, "%s", h5file_name(f));
    if (!card->task || !card->name ||
        !(card->of = task = store_task(s, f, card->task, MODEL_vocabulary,
                                       -1)) ||
        h5file_get(f, MODEL_width, &width) ||
        h5file_get(f, MODEL_max_quantity, &max_quantity) ||
        h5file_get(f, MODEL_seed, &seed) ||
        h5file_get(f, MODEL_criterion_met, &met))
        return NULL;
    if (width < 1 || width > WIDEST) {
        err_set(EX_DATAERR, "%s: attribute width: %d is outside 1..%d",
                h5file_path(f), width, WIDEST);
        return NULL;
    }
    card->seed = seed;
    card->max_quantity = max_quantity;
    card->criterion_met = met;
    if (check_parameters(f, arch, width, task->V))
        return NULL;
    if (!(m = model_open(arch, width, task->V, s->arena))) {
        if (err_code() == EX_USAGE)             /* not the user's here */
            err_set(EX_DATAERR, "%s: %s", h5file_path(f), err_text());
        return NULL;
    }
    for (int i = 0; arch->params[i].name; i++) {
        struct h5shape shape = shape_of(&arch->params[i], width, task->V);
        if (store_get_reals(f, MODEL_parameters, arch->params[i].name,
                            m->w + m->at[i], cells(&shape)))
            return NULL;
    }
    arch->prepare(m);
    return m;
}

struct model *store_read_model(struct store *s, const char *path,
                               struct model_card *card)
{
    struct h5file *f = store_in(s, path, &schema_model);
    struct model *m = f ? load(s, f, card) : NULL;

    if (f)
        h5file_shut(f);
    return m;
}

static int put_history(struct store *s, struct h5file *f,
                       const struct learn_result *r)
{
    size_t n = (size_t)r->epochs;
    struct model_history *row = arena_get(s->arena, n, sizeof *row);

    if (!row)
        return -1;
    for (size_t i = 0; i < n; i++) {
        const struct learn_epoch *e = &r->history[i];
        row[i] = (struct model_history){
            .epoch = (int32_t)e->epoch,
            .learning_rate = e->learning_rate,
            .train_loss = e->train_loss,
            .valid_loss = e->valid_loss,
            .train_token_accuracy = e->train_token_accuracy,
            .valid_token_accuracy = e->valid_token_accuracy,
            .valid_accuracy = e->valid_accuracy
        };
    }
    h5file_bind(f, 'E', n);
    return h5file_put(f, MODEL_history, row);
}

static int put(struct store *s, struct h5file *f, const struct model *m,
               const struct train_record *r)
{
    const struct learn_result *result = r->result;
    const struct task *task = r->data->task;
    const int32_t max_quantity = r->data->rule.max_quantity;
    const int32_t width = m->C, epochs = result->epochs;
    const int64_t seed = r->seed;
    const int8_t fresh = r->fresh, met = result->criterion_met;

    if (h5file_put(f, MODEL_arch, m->arch->name) ||
        h5file_put(f, MODEL_task, task->name) ||
        h5file_put(f, MODEL_max_quantity, &max_quantity) ||
        h5file_put(f, MODEL_width, &width) ||
        h5file_put(f, MODEL_seed, &seed) ||
        h5file_put(f, MODEL_init, r->init) ||
        h5file_put(f, MODEL_fresh, &fresh) ||
        h5file_put(f, MODEL_criterion_met, &met) ||
        h5file_put(f, MODEL_epochs, &epochs) ||
        h5file_put(f, MODEL_train_accuracy, &result->train_accuracy) ||
        h5file_put(f, MODEL_valid_accuracy, &result->valid_accuracy) ||
        h5file_put(f, MODEL_test_accuracy, &result->test_accuracy) ||
        h5file_put(f, MODEL_test_token_accuracy,
                   &result->test_token_accuracy) ||
        store_put_vocabulary(s, f, MODEL_vocabulary, task))
        return -1;
    for (int i = 0; m->arch->params[i].name; i++) {
        struct h5shape shape = shape_of(&m->arch->params[i], m->C, m->V);
        if (h5file_put_reals(f, MODEL_parameters, m->arch->params[i].name,
                             &shape, m->w + m->at[i]))
            return -1;
    }
    return put_history(s, f, result);
}

int store_write_model(struct store *s, const char *path,
                      const struct model *m, const struct train_record *r)
{
    struct h5file *f = store_out(s, path, &schema_model);
    return f ? store_end(f, put(s, f, m, r)) : -1;
}

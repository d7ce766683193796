#include "store_priv.h"

#include <stdbool.h>
#include <stdint.h>

#include "data.h"

/* Each split has something to be right about. */
static int check_determined(const struct h5file *f, const struct data *d)
{
    bool any[SPLITS] = { false }, determined[SPLITS] = { false };

    for (size_t n = 0; n < d->N; n++) {
        any[d->split[n]] = true;
        for (size_t t = 1; t < d->T; t++)
            determined[d->split[n]] |= d->determined[n * d->T + t];
    }
    for (int s = 0; s < SPLITS; s++)
        if (any[s] && !determined[s])
            return err_set(EX_DATAERR, "%s: /determined: no token of %s is, "
                           "after the first of a sequence", h5file_path(f),
                           split_name[s]);
    return 0;
}

/* Tokens, lengths and padding agree. */
static int check(const struct h5file *f, const struct data *d)
{
    if (store_check_rule(f, d->task, &d->rule) ||
        store_within_u8(f, "/tokens", d->tokens, d->N * d->T,
                        d->task->V - 1) ||
        store_within_i32(f, "/length", d->length, d->N, 2, (int32_t)d->T))
        return -1;
    for (size_t n = 0; n < d->N; n++)
        for (size_t t = 0; t < d->T; t++)
            if ((d->tokens[n * d->T + t] == TOKEN_PAD) !=
                (t >= (size_t)d->length[n]))
                return err_set(EX_DATAERR, "%s: /tokens: sequence %zu is not "
                               "of its length %d", h5file_path(f), n,
                               d->length[n]);
    return check_determined(f, d);
}

static int load(struct store *s, struct h5file *f, struct data *d)
{
    int32_t max_quantity;
    int64_t held_out, seed;
    const char *name = store_text(s, f, DATA_task);

    if (!name || !(d->task = store_task(s, f, name, DATA_vocabulary,
                                        DATA_variables)) ||
        h5file_get(f, DATA_max_quantity, &max_quantity) ||
        h5file_get(f, DATA_void_prob, &d->rule.void_prob) ||
        h5file_get(f, DATA_held_out, &held_out) ||
        h5file_get(f, DATA_seed, &seed))
        return -1;
    d->rule.max_quantity = max_quantity;
    d->rule.held_out = (uint64_t)held_out;
    d->seed = seed;
    d->N = h5file_size(f, 'N');
    d->T = h5file_size(f, 'T');
    if (d->N > INT32_MAX || d->T > INT32_MAX)
        return err_set(EX_DATAERR, "%s: /tokens: too large", h5file_path(f));
    if (!(d->tokens = h5file_load(f, DATA_tokens, s->arena)) ||
        !(d->determined = h5file_load(f, DATA_determined, s->arena)) ||
        (h5file_has(f, DATA_eligible) &&
         !(d->eligible = h5file_load(f, DATA_eligible, s->arena))) ||
        !(d->length = h5file_load(f, DATA_length, s->arena)) ||
        !(d->quantity = h5file_load(f, DATA_quantity, s->arena)) ||
        !(d->split = h5file_load(f, DATA_split, s->arena)))
        return -1;
    for (int v = 0; d->task->variables[v].name; v++) {
        const char *variable = d->task->variables[v].name;
        if (d->task->variables[v].flags & VAR_OWN)
            continue;
        if (!h5file_has_member(f, DATA_variables, variable))
            return err_set(EX_DATAERR, "%s: /variables/%s: missing",
                           h5file_path(f), variable);
        d->vars[v] = h5file_load_member(f, DATA_variables, variable, s->arena);
        if (!d->vars[v])
            return -1;
    }
    return check(f, d);
}

struct data *store_read_data(struct store *s, const char *path)
{
    struct h5file *f = store_in(s, path, &schema_data);
    struct data *d = f ? arena_get(s->arena, 1, sizeof *d) : NULL;

    if (d && load(s, f, d))
        d = NULL;
    if (f)
        h5file_shut(f);
    return d;
}

static int put(struct store *s, struct h5file *f, const struct data *d)
{
    const int32_t max_quantity = d->rule.max_quantity;
    const int64_t held_out = (int64_t)d->rule.held_out, seed = d->seed;

    h5file_bind(f, 'N', d->N);
    h5file_bind(f, 'T', d->T);
    if (h5file_put(f, DATA_task, d->task->name) ||
        h5file_put(f, DATA_max_quantity, &max_quantity) ||
        h5file_put(f, DATA_void_prob, &d->rule.void_prob) ||
        h5file_put(f, DATA_held_out, &held_out) ||
        h5file_put(f, DATA_seed, &seed) ||
        store_put_vocabulary(s, f, DATA_vocabulary, d->task) ||
        h5file_put(f, DATA_tokens, d->tokens) ||
        h5file_put(f, DATA_determined, d->determined) ||
        (d->eligible && h5file_put(f, DATA_eligible, d->eligible)) ||
        h5file_put(f, DATA_length, d->length) ||
        h5file_put(f, DATA_quantity, d->quantity) ||
        h5file_put(f, DATA_split, d->split))
        return -1;
    for (int v = 0; d->task->variables[v].name; v++)
        if (d->vars[v] &&
            h5file_put_member(f, DATA_variables, d->task->variables[v].name,
                              NULL, d->vars[v]))
            return -1;
    return 0;
}

int store_write_data(struct store *s, const char *path, const struct data *d)
{
    struct h5file *f = store_out(s, path, &schema_data);
    return f ? store_end(f, put(s, f, d)) : -1;
}

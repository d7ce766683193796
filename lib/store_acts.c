#include "store_priv.h"

#include <limits.h>

#include "acts.h"
#include "recording.h"

/* Every trial's rows are there, in step order, and no others. */
static int check_trials(const struct h5file *f, const struct acts *x)
{
    size_t rows = 0;

    for (size_t n = 0; n < x->N; n++) {
        int64_t first = x->first[n], length = x->length[n];
        if (first < 0 || length < 1 || first > (int64_t)x->S - length)
            return err_set(EX_DATAERR, "%s: /trials/first: trial %zu is not "
                           "within the %zu rows", h5file_path(f), n, x->S);
        for (int64_t t = 0; t < length; t++)
            if (x->trial[first + t] != (int64_t)n || x->step[first + t] != t)
                return err_set(EX_DATAERR, "%s: /rows/trial: row %lld is not "
                               "step %lld of trial %zu", h5file_path(f),
                               (long long)(first + t), (long long)t, n);
        rows += (size_t)length;
    }
    return rows == x->S ? 0 :
           err_set(EX_DATAERR, "%s: /trials/length: trials have %zu rows of "
                   "%zu", h5file_path(f), rows, x->S);
}

static int load_card(struct store *s, struct h5file *f, struct acts *x)
{
    const char *task = store_text(s, f, ACTIVATIONS_task);
    int32_t max_quantity;
    int64_t seed = 0;
    int8_t accessible, met = 1;

    x->system = store_text(s, f, ACTIVATIONS_system);
    x->arch = store_text(s, f, ACTIVATIONS_arch);
    x->sha256 = arena_text(s->arena, "%s", h5file_sha256(f));
    if (!task || !x->system || !x->arch || !x->sha256)
        return -1;
    if (*task && !(x->task = store_task(s, f, task, ACTIVATIONS_vocabulary,
                                        ACTIVATIONS_variables)))
        return -1;
    max_quantity = x->task ? x->task->max_quantity : 0;
    if ((h5file_has(f, ACTIVATIONS_max_quantity) &&
         h5file_get(f, ACTIVATIONS_max_quantity, &max_quantity)) ||
        (h5file_has(f, ACTIVATIONS_seed) &&
         h5file_get(f, ACTIVATIONS_seed, &seed)) ||
        (h5file_has(f, ACTIVATIONS_criterion_met) &&
         h5file_get(f, ACTIVATIONS_criterion_met, &met)) ||
        (h5file_has(f, ACTIVATIONS_noise) &&
         h5file_get(f, ACTIVATIONS_noise, &x->noise)) ||
        h5file_get(f, ACTIVATIONS_accessible, &accessible))
        return -1;
    x->rule.max_quantity = max_quantity;
    if (store_check_rule(f, x->task, &x->rule))
        return -1;
    x->seed = seed;
    x->criterion_met = met;
    x->accessible = accessible;
    return 0;
}

static int load_rows(struct store *s, struct h5file *f, struct acts *x)
{
    struct arena *a = s->arena;

    x->S = h5file_size(f, 'S');
    x->N = h5file_size(f, 'N');
    if (x->N > INT32_MAX)
        return err_set(EX_DATAERR, "%s: /trials: too many", h5file_path(f));
    if (!(x->trial = h5file_load(f, ACTIVATIONS_trial, a)) ||
        !(x->step = h5file_load(f, ACTIVATIONS_step, a)) ||
        !(x->eligible = h5file_load(f, ACTIVATIONS_eligible, a)) ||
        !(x->first = h5file_load(f, ACTIVATIONS_first, a)) ||
        !(x->length = h5file_load(f, ACTIVATIONS_length, a)) ||
        !(x->split = h5file_load(f, ACTIVATIONS_split, a)) ||
        (h5file_has(f, ACTIVATIONS_token) &&
         !(x->token = h5file_load(f, ACTIVATIONS_token, a))) ||
        (h5file_has(f, ACTIVATIONS_determined) &&
         !(x->determined = h5file_load(f, ACTIVATIONS_determined, a))) ||
        (h5file_has(f, ACTIVATIONS_quantity) &&
         !(x->quantity = h5file_load(f, ACTIVATIONS_quantity, a))))
        return -1;
    if (x->token && x->task &&
        store_within_u8(f, "/rows/token", x->token, x->S, x->task->V - 1))
        return -1;
    return check_trials(f, x);
}

/* Add the variable, once, if the file has it. */
static int load_variable(struct store *s, struct h5file *f, struct acts *x,
                         const char *name)
{
    struct acts_variable *v = &x->var[x->nvars];

    if (acts_variable(x, name) >= 0 ||
        !h5file_has_member(f, ACTIVATIONS_variables, name))
        return 0;
    x->nvars++;
    v->name = arena_text(s->arena, "%s", name);
    v->value = h5file_load_member(f, ACTIVATIONS_variables, name, s->arena);
    return v->name && v->value ? 0 : -1;
}

/* Which of a model's units the site has. */
static int load_units(struct store *s, struct h5file *f, int32_t **unit,
                      const struct acts_site *site, const char *name)
{
    const char *path = arena_text(s->arena, "/recorded/%s", name);
    struct h5shape shape;

    if (!path || h5file_shape(f, ACTIVATIONS_recorded, name, &shape))
        return -1;
    if (shape.size[0] != (size_t)site->M)
        return err_set(EX_DATAERR, "%s: %s: %zu units, but the states have %d",
                       h5file_path(f), path, shape.size[0], site->M);
    *unit = h5file_load_member(f, ACTIVATIONS_recorded, name, s->arena);
    return *unit ? store_ascending(f, path, *unit, shape.size[0], INT32_MAX)
                 : -1;
}

/* Add the site, once, if the file has it. */
static int load_site(struct store *s, struct h5file *f, struct acts *x,
                     const char *name, bool states)
{
    struct acts_site *site = &x->site[x->nsites];
    struct h5shape shape;
    size_t n;

    if (acts_site(x, name) >= 0 ||
        !h5file_has_member(f, ACTIVATIONS_states, name))
        return 0;
    if (h5file_shape(f, ACTIVATIONS_states, name, &shape))
        return -1;
    if (shape.size[1] < 1 || shape.size[1] > INT_MAX)
        return err_set(EX_DATAERR, "%s: /states/%s: %zu units",
                       h5file_path(f), name, shape.size[1]);
    n = x->S * shape.size[1];
    x->nsites++;
    site->M = (int)shape.size[1];
    site->name = arena_text(s->arena, "%s", name);
    if (!site->name ||
        (states && (!(site->states = arena_get(s->arena, n,
                                               sizeof *site->states)) ||
                    store_get_reals(f, ACTIVATIONS_states, name,
                                    site->states, n))))
        return -1;
    return h5file_has_member(f, ACTIVATIONS_recorded, name)
           ? load_units(s, f, &x->unit[x->nsites - 1], site, name) : 0;
}

/* Variables in the order of the task, sites in that of the architecture; then
 * those that neither knows, by name. */
static int load_families(struct store *s, struct h5file *f, struct acts *x,
                         bool states)
{
    const struct arch *arch = *x->arch ? arch_find(x->arch) : NULL;
    int nvars = h5file_count(f, ACTIVATIONS_variables);
    int nsites = h5file_count(f, ACTIVATIONS_states);

    if (!arch)
        err_clear();                    /* sites stay in name order */
    if (nvars > TASK_VARS)
        return err_set(EX_DATAERR, "%s: /variables: %d of them, at most %d",
                       h5file_path(f), nvars, TASK_VARS);
    if (nsites < 1 || nsites > ARCH_SITES)
        return err_set(EX_DATAERR, "%s: /states: %d sites, not 1..%d",
                       h5file_path(f), nsites, ARCH_SITES);
    for (int v = 0; x->task && x->task->variables[v].name; v++)
        if (load_variable(s, f, x, x->task->variables[v].name))
            return -1;
    for (int k = 0; k < nvars; k++)
        if (load_variable(s, f, x, h5file_member(f, ACTIVATIONS_variables,
                                                 k)))
            return -1;
    for (int k = 0; arch && arch->sites[k].name; k++)
        if (load_site(s, f, x, arch->sites[k].name, states))
            return -1;
    for (int k = 0; k < nsites; k++)
        if (load_site(s, f, x, h5file_member(f, ACTIVATIONS_states, k),
                      states))
            return -1;
    return 0;
}

/* What the variable's values stand for, if the file says it. */
static int load_codes(struct store *s, struct h5file *f, const char *name,
                      struct recording_variable *v)
{
    char (*cell)[H5_TEXT_SIZE];
    struct h5shape shape;

    v->name = name;
    if (!h5file_has_member(f, ACTIVATIONS_codes, name))
        return 0;
    if (h5file_shape(f, ACTIVATIONS_codes, name, &shape) ||
        !(cell = h5file_load_member(f, ACTIVATIONS_codes, name, s->arena)) ||
        !(v->code = arena_get(s->arena, shape.size[0], sizeof *v->code)))
        return -1;
    v->ncodes = shape.size[0];
    for (size_t k = 0; k < v->ncodes; k++)
        v->code[k] = cell[k];
    return 0;
}

/* Time and codes, of a recording. */
static int load_recording(struct store *s, struct h5file *f, struct acts *x)
{
    struct recording *r = arena_get(s->arena, 1, sizeof *r);

    if (!r || (h5file_has(f, ACTIVATIONS_time) &&
               !(r->time = h5file_load(f, ACTIVATIONS_time, s->arena))))
        return -1;
    for (; r->nvariables < x->nvars; r->nvariables++)
        if (load_codes(s, f, x->var[r->nvariables].name,
                       &r->variable[r->nvariables]))
            return -1;
    x->recording = r;
    return 0;
}

static struct acts *read_acts(struct store *s, const char *path, bool states)
{
    struct h5file *f = store_in(s, path, &schema_activations);
    struct acts *x = f ? arena_get(s->arena, 1, sizeof *x) : NULL;

    if (x && (load_card(s, f, x) || load_rows(s, f, x) ||
              load_families(s, f, x, states) || load_recording(s, f, x)))
        x = NULL;
    if (f)
        h5file_shut(f);
    return x;
}

struct acts *store_read_acts(struct store *s, const char *path)
{
    return read_acts(s, path, true);
}

struct acts *store_read_rows(struct store *s, const char *path)
{
    return read_acts(s, path, false);
}

static int put_card(struct store *s, struct h5file *f, const struct acts *x)
{
    const int32_t max_quantity = x->rule.max_quantity;
    const int64_t seed = x->seed;
    const int8_t met = x->criterion_met, accessible = x->accessible;

    if (h5file_put(f, ACTIVATIONS_system, x->system) ||
        h5file_put(f, ACTIVATIONS_accessible, &accessible) ||
        (x->noise > 0 && h5file_put(f, ACTIVATIONS_noise, &x->noise)) ||
        (*x->arch && h5file_put(f, ACTIVATIONS_criterion_met, &met)))
        return -1;
    if (*x->arch && (h5file_put(f, ACTIVATIONS_arch, x->arch) ||
                     h5file_put(f, ACTIVATIONS_seed, &seed)))
        return -1;
    if (x->task && (h5file_put(f, ACTIVATIONS_task, x->task->name) ||
                    h5file_put(f, ACTIVATIONS_max_quantity, &max_quantity) ||
                    store_put_vocabulary(s, f, ACTIVATIONS_vocabulary,
                                         x->task)))
        return -1;
    return 0;
}

/* Texts as the cells of a dataset. */
static int put_texts(struct h5file *f, int field, const char *name,
                     const char *const *text, size_t n)
{
    struct h5shape shape = { .rank = 1, .size = { n } };
    struct arena *batch = arena_open();
    char (*cell)[H5_TEXT_SIZE] = batch ? arena_get(batch, n, sizeof *cell)
                                       : NULL;
    int rc = cell ? 0 : -1;

    for (size_t i = 0; !rc && i < n; i++)
        rc = store_cell(cell[i], text[i]) ? err_in("%s", name) : 0;
    if (!rc)
        rc = h5file_put_member(f, field, name, &shape, cell);
    arena_close(batch);
    return rc;
}

/* What only recordings have. */
static int put_recording(struct h5file *f, const struct recording *r)
{
    if (r->time && h5file_put(f, ACTIVATIONS_time, r->time))
        return -1;
    for (int k = 0; k < r->nvariables; k++) {
        const struct recording_variable *v = &r->variable[k];
        if (v->code && put_texts(f, ACTIVATIONS_codes, v->name, v->code,
                                 v->ncodes))
            return -1;
    }
    if (r->ncolumns)
        h5file_bind(f, 'U', (size_t)r->m);
    for (int k = 0; k < r->ncolumns; k++) {
        const struct recording_column *c = &r->column[k];
        if (c->number ? h5file_put_member(f, ACTIVATIONS_unit_numbers, c->name,
                                          NULL, c->number)
                      : put_texts(f, ACTIVATIONS_unit_texts, c->name, c->text,
                                  (size_t)r->m))
            return -1;
    }
    return 0;
}

static int put(struct store *s, struct h5file *f, const struct acts *x)
{
    h5file_bind(f, 'S', x->S);
    h5file_bind(f, 'N', x->N);
    if (put_card(s, f, x) ||
        h5file_put(f, ACTIVATIONS_trial, x->trial) ||
        h5file_put(f, ACTIVATIONS_step, x->step) ||
        h5file_put(f, ACTIVATIONS_eligible, x->eligible) ||
        (x->token && h5file_put(f, ACTIVATIONS_token, x->token)) ||
        (x->determined &&
         h5file_put(f, ACTIVATIONS_determined, x->determined)) ||
        h5file_put(f, ACTIVATIONS_first, x->first) ||
        h5file_put(f, ACTIVATIONS_length, x->length) ||
        h5file_put(f, ACTIVATIONS_split, x->split) ||
        (x->quantity && h5file_put(f, ACTIVATIONS_quantity, x->quantity)))
        return -1;
    for (int k = 0; k < x->nvars; k++)
        if (h5file_put_member(f, ACTIVATIONS_variables, x->var[k].name, NULL,
                              x->var[k].value))
            return -1;
    for (int k = 0; k < x->nsites; k++) {
        struct h5shape shape = { .rank = 2,
                                 .size = { x->S, (size_t)x->site[k].M } };
        struct h5shape line = { .rank = 1, .size = { shape.size[1] } };
        if (h5file_put_reals(f, ACTIVATIONS_states, x->site[k].name, &shape,
                             x->site[k].states) ||
            (x->unit[k] &&
             h5file_put_member(f, ACTIVATIONS_recorded, x->site[k].name,
                               &line, x->unit[k])))
            return -1;
    }
    return x->recording ? put_recording(f, x->recording) : 0;
}

int store_write_acts(struct store *s, const char *path, const struct acts *x)
{
    struct h5file *f = store_out(s, path, &schema_activations);
    return f ? store_end(f, put(s, f, x)) : -1;
}

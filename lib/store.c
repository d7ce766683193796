#include "store_priv.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "arena.h"
#include "task.h"

struct store *store_open(const char *program, const char *options,
                         const char *output, struct arena *a)
{
    struct store *s = arena_get(a, 1, sizeof *s);

    if (s)
        *s = (struct store){ .origin = { program, options }, .arena = a,
                             .output = basename(output) };
    return s;
}

void store_close(struct store *s)
{
    for (int i = 0; s && i < s->ninputs; i++)
        h5file_close(s->input[i]);
    if (s)
        s->ninputs = 0;
}

/* ---- files ---- */

/* One name, two hashes: refused now, not at the end of a long run. */
static int check_names(const struct store *s, const struct h5file *f)
{
    struct h5ancestor x, y;

    for (size_t k = 0; h5file_ancestor(f, k, &x); k++) {
        if (!strcmp(x.name, s->output))
            return err_set(EX_DATAERR, "%s: /provenance/files: descends from a "
                           "file called %s itself; name the output otherwise",
                           h5file_path(f), x.name);
        for (int i = 0; i < s->ninputs; i++)
            for (size_t j = 0; h5file_ancestor(s->input[i], j, &y); j++)
                if (!strcmp(x.name, y.name) && strcmp(x.sha256, y.sha256))
                    return err_set(EX_DATAERR, "%s: /provenance/files: %s is "
                                   "another file here than for %s",
                                   h5file_path(f), x.name,
                                   h5file_path(s->input[i]));
    }
    return 0;
}

struct h5file *store_in(struct store *s, const char *path,
                        const struct h5schema *schema)
{
    struct h5file *f, **more = arena_more(s->arena, s->input,
                                          (size_t)s->ninputs, &s->room,
                                          sizeof *more);

    if (!more)
        return NULL;
    s->input = more;
    f = h5file_open(path, schema);
    if (f && check_names(s, f)) {
        h5file_close(f);
        return NULL;
    }
    if (f)
        s->input[s->ninputs++] = f;
    return f;
}

int store_foreign(struct store *s, const char *path)
{
    assert(s->nforeign < (int)(sizeof s->foreign / sizeof *s->foreign));
    if (!strcmp(basename(path), s->output))
        return err_set(EX_DATAERR, "%s: the output has the same name; name it "
                       "otherwise", path);
    s->foreign[s->nforeign++] = path;
    return 0;
}

static int add_parents(struct store *s, struct h5file *f)
{
    char sha256[65];

    for (int i = 0; i < s->ninputs; i++)
        if (h5file_parent(f, s->input[i]))
            return -1;
    for (int i = 0; i < s->nforeign; i++)
        if (h5file_hash_file(s->foreign[i], sha256) ||
            h5file_foreign(f, basename(s->foreign[i]), sha256))
            return -1;
    return 0;
}

struct h5file *store_out(struct store *s, const char *path,
                         const struct h5schema *schema)
{
    struct h5file *f = h5file_create(path, schema, &s->origin);

    if (f && add_parents(s, f)) {
        h5file_close(f);
        return NULL;
    }
    return f;
}

int store_end(struct h5file *f, int rc)
{
    rc = rc || h5file_commit(f) ? -1 : 0;
    h5file_close(f);
    return rc;
}

/* ---- texts ---- */

const char *store_text(struct store *s, struct h5file *f, int field)
{
    char line[H5_LINE_SIZE] = "";

    if (h5file_has(f, field) && h5file_get(f, field, line))
        return NULL;
    return arena_text(s->arena, "%s", line);
}

int store_cell(char cell[H5_TEXT_SIZE], const char *text)
{
    if (strlen(text) >= H5_TEXT_SIZE)
        return err_set(EX_DATAERR, "a text longer than %d bytes: %s",
                       H5_TEXT_SIZE - 1, text);
    memset(cell, 0, H5_TEXT_SIZE);
    strcpy(cell, text);
    return 0;
}

/* ---- tasks and their vocabulary ---- */

/* The names of the tokens. NULL on error. */
static const char **load_vocabulary(struct store *s, struct h5file *f,
                                    int vocabulary)
{
    size_t V = h5file_size(f, 'V');
    const char (*cell)[H5_TEXT_SIZE];
    const char **token = arena_get(s->arena, V, sizeof *token);

    if (!h5file_has(f, vocabulary)) {
        err_set(EX_DATAERR, "%s: /vocabulary: missing", h5file_path(f));
        return NULL;
    }
    if (!token || !(cell = h5file_load(f, vocabulary, s->arena)))
        return NULL;
    for (size_t v = 0; v < V; v++)
        token[v] = cell[v];
    return token;
}

/* A task that is not ours: what its files say of it. */
static const struct task *own_task(struct store *s, struct h5file *f,
                                   const char *name, const char **token,
                                   int variables)
{
    enum { MOST = 256 };
    int n = variables < 0 ? 0 : h5file_count(f, variables);
    size_t V = h5file_size(f, 'V');
    const char *variable[TASK_VARS];

    if (V < 2 || V > MOST || strcmp(token[TOKEN_PAD], "PAD")) {
        err_set(EX_DATAERR, "%s: /vocabulary: of task %s, which is none of "
                "ours: wants 2..%d tokens, the first of them PAD",
                h5file_path(f), name, MOST);
        return NULL;
    }
    for (size_t v = 0; v < V; v++)
        for (size_t u = 0; u <= v; u++)
            if (!*token[v] || (u < v && !strcmp(token[u], token[v]))) {
                err_set(EX_DATAERR, "%s: /vocabulary: token %zu has no name "
                        "of its own", h5file_path(f), v);
                return NULL;
            }
    if (n > TASK_VARS) {
        err_set(EX_DATAERR, "%s: /variables: %d of them, at most %d",
                h5file_path(f), n, TASK_VARS);
        return NULL;
    }
    for (int k = 0; k < n; k++)
        if (!(variable[k] = arena_text(s->arena, "%s",
                                       h5file_member(f, variables, k))))
            return NULL;
    return task_own(name, token, (int)V, variable, n, s->arena);
}

const struct task *store_task(struct store *s, struct h5file *f,
                              const char *name, int vocabulary, int variables)
{
    const char **token = load_vocabulary(s, f, vocabulary);
    const struct task *task = token ? task_find(name) : NULL;

    if (!token)
        return NULL;
    if (!task) {
        err_clear();
        return own_task(s, f, name, token, variables);
    }
    if (h5file_size(f, 'V') != (size_t)task->V) {
        err_set(EX_DATAERR, "%s: /vocabulary: %zu tokens, but %s has %d",
                h5file_path(f), h5file_size(f, 'V'), name, task->V);
        return NULL;
    }
    for (int v = 0; v < task->V; v++)
        if (strcmp(token[v], task->vocabulary[v])) {
            err_set(EX_DATAERR, "%s: /vocabulary: %s is token %d, but in %s it "
                    "is %s", h5file_path(f), token[v], v, name,
                    task->vocabulary[v]);
            return NULL;
        }
    return task;
}

int store_check_rule(const struct h5file *f, const struct task *task,
                     const struct task_rule *rule)
{
    if (task && task_runs(task) && task_check_rule(task, rule))
        return err_set(EX_DATAERR, "%s: attributes: %s", h5file_path(f),
                       err_text());
    if (rule->max_quantity < 0 || rule->max_quantity > 63)
        return err_set(EX_DATAERR, "%s: attribute max_quantity: %d is outside "
                       "0..63", h5file_path(f), rule->max_quantity);
    return 0;
}

int store_put_vocabulary(struct store *s, struct h5file *f, int field,
                         const struct task *task)
{
    char (*token)[H5_TEXT_SIZE] = arena_get(s->arena, (size_t)task->V,
                                            sizeof *token);

    if (!token)
        return -1;
    for (int v = 0; v < task->V; v++)
        if (store_cell(token[v], task->vocabulary[v]))
            return -1;
    h5file_bind(f, 'V', (size_t)task->V);
    return h5file_put(f, field, token);
}

/* ---- what a schema cannot say ---- */

static int outside(const struct h5file *f, const char *what, long long value,
                   size_t at, long long lo, long long hi)
{
    return err_set(EX_DATAERR, "%s: %s: %lld at %zu is outside %lld..%lld",
                   h5file_path(f), what, value, at, lo, hi);
}

int store_within_u8(const struct h5file *f, const char *what,
                    const uint8_t *x, size_t n, int hi)
{
    for (size_t i = 0; i < n; i++)
        if (x[i] > hi)
            return outside(f, what, x[i], i, 0, hi);
    return 0;
}

int store_within_i32(const struct h5file *f, const char *what,
                     const int32_t *x, size_t n, int32_t lo, int32_t hi)
{
    for (size_t i = 0; i < n; i++)
        if (x[i] < lo || x[i] > hi)
            return outside(f, what, x[i], i, lo, hi);
    return 0;
}

int store_ascending(const struct h5file *f, const char *what,
                    const int32_t *x, size_t n, int32_t hi)
{
    for (size_t i = 1; i < n; i++)
        if (x[i] <= x[i - 1])
            return err_set(EX_DATAERR, "%s: %s: not ascending at number %zu",
                           h5file_path(f), what, i);
    return store_within_i32(f, what, x, n, 0, hi);
}

int store_within_i64(const struct h5file *f, const char *what,
                     const int64_t *x, size_t n, int64_t lo, int64_t hi)
{
    for (size_t i = 0; i < n; i++)
        if (x[i] < lo || x[i] > hi)
            return outside(f, what, x[i], i, lo, hi);
    return 0;
}

int store_finite(const struct h5file *f, const char *what, const double *x,
                 size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i]))
            return err_set(EX_DATAERR, "%s: %s: not finite at %zu",
                           h5file_path(f), what, i);
    return 0;
}

/* ---- real in memory, float in the file ---- */

int store_get_reals(struct h5file *f, int field, const char *name, real *to,
                    size_t n)
{
    if (h5file_get_reals(f, field, name, to))
        return -1;
    for (size_t i = 0; i < n; i++)
        if (!isfinite(to[i]))
            return err_set(EX_DATAERR, "%s: %s: not finite at %zu",
                           h5file_path(f), name, i);
    return 0;
}

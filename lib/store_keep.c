#include "store_priv.h"

#include <string.h>
#include <unistd.h>

#include "log.h"
#include "outfile.h"
#include "resume.h"

struct keeper {
    struct store *store;
    const char *path;
    char key[65];
};

/* A checkpoint fits a run of this program, version and commit with the same
 * inputs and options. */
static int make_key(struct store *s, const char *options, char key[65])
{
    const char *text = arena_text(s->arena, "%s\n%s\n%s\n%s\n",
                                  s->origin.program, version_text,
                                  version_commit, options);

    for (int i = 0; text && i < s->ninputs; i++)
        text = arena_text(s->arena, "%s%s\n", text,
                          h5file_sha256(s->input[i]));
    if (!text)
        return -1;
    h5file_hash_text(text, key);
    return 0;
}

/* Zeros at the end are not stored: --epochs, and with it the room of a
 * history, may change between two runs. */
static size_t without_zeros(const double *at, size_t size)
{
    while (size > 1 && at[size - 1] == 0)
        size--;
    return size;
}

static int put(struct h5file *f, const struct keeper *k,
               const struct resume *r)
{
    if (h5file_put(f, CHECKPOINT_key, k->key))
        return -1;
    for (int i = 0; i < r->n; i++) {
        struct h5shape line = {
            .rank = 1,
            .size = { without_zeros(r->vector[i].at, r->vector[i].size) },
        };
        if (h5file_put_member(f, CHECKPOINT_vectors, r->vector[i].name, &line,
                              r->vector[i].at))
            return -1;
    }
    return 0;
}

static int save(const struct resume *r)
{
    const struct keeper *k = r->keeper;
    struct h5file *f = store_out(k->store, k->path, &schema_checkpoint);

    return f ? store_end(f, put(f, k, r)) : -1;
}

/* Does the file hold every vector of this run? */
static bool has_all(struct h5file *f, const struct resume *r)
{
    for (int i = 0; i < r->n; i++)
        if (!h5file_has_member(f, CHECKPOINT_vectors, r->vector[i].name))
            return false;
    return true;
}

/* 1, or -1: also where a vector has outgrown this run's. */
static int restore(struct h5file *f, struct resume *r)
{
    for (int i = 0; i < r->n; i++) {
        const char *name = r->vector[i].name;
        struct h5shape shape;
        if (h5file_shape(f, CHECKPOINT_vectors, name, &shape))
            return -1;
        if (shape.size[0] > r->vector[i].size)
            return resume_outrun(r);
        memset(r->vector[i].at, 0, r->vector[i].size * sizeof(double));
        if (h5file_get_member(f, CHECKPOINT_vectors, name, r->vector[i].at))
            return -1;
    }
    return 1;
}

static int load(struct resume *r)
{
    const struct keeper *k = r->keeper;
    struct h5file *f;
    char key[H5_TEXT_SIZE] = "";
    int rc = 0;

    if (access(k->path, F_OK))
        return 0;
    if (!(f = h5file_open(k->path, &schema_checkpoint)) ||
        h5file_get(f, CHECKPOINT_key, key)) {
        log_line("checkpoint ignored: %s", err_text());
        err_clear();
    } else if (strcmp(key, k->key) || !has_all(f, r)) {
        log_line("checkpoint ignored: %s: made from other inputs or options",
                 k->path);
    } else {
        rc = restore(f, r);
    }
    h5file_close(f);
    return rc;
}

int store_keep(struct store *s, struct resume *r, const char *output,
               const char *key_options)
{
    struct keeper *k = arena_get(s->arena, 1, sizeof *k);

    if (!k || make_key(s, key_options, k->key) ||
        !(k->path = arena_text(s->arena, "%s.ckpt", output)))
        return -1;
    k->store = s;
    r->save = save;
    r->load = load;
    r->keeper = k;
    r->path = k->path;
    return 0;
}

int store_drop(struct store *s, const char *output)
{
    const char *path = arena_text(s->arena, "%s.ckpt", output);
    return path ? outfile_remove(path) : -1;
}

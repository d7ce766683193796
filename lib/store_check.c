#include "store_priv.h"

#include <string.h>

#include "adopt.h"
#include "guard.h"
#include "store_report.h"

/* ---- what the readers of each kind ask ---- */

static int check_data(struct store *s, const char *path)
{
    return store_read_data(s, path) ? 0 : -1;
}

static int check_model(struct store *s, const char *path)
{
    struct model_card card;

    return store_read_model(s, path, &card) ? 0 : -1;
}

static int check_activations(struct store *s, const char *path)
{
    return store_read_acts(s, path) ? 0 : -1;
}

static int check_interventions(struct store *s, const char *path)
{
    return store_read_pairs(s, path) ? 0 : -1;
}

/* Directions are between systems that there are, and every map is what its form
 * asks for (Q orthogonal). */
static int check_alignment(struct store *s, const char *path)
{
    struct report_alignment x;

    if (store_read_alignment(s, path, &x))
        return -1;
    for (size_t d = 0; d < x.D; d++) {
        const struct alignment_directions *line = &x.direction[d];
        if (line->source < 1 || (size_t)line->source > x.G ||
            line->target < 1 || (size_t)line->target > x.G)
            return err_set(EX_DATAERR, "%s: /directions: %d to %d, but there "
                           "are %zu systems", path, line->source, line->target,
                           x.G);
        if (line->low > line->iia_test || line->high < line->iia_test)
            return err_set(EX_DATAERR, "%s: /directions: an IIA of %g outside "
                           "its interval", path, line->iia_test);
    }
    return store_check_maps(s, path);
}

static int check_similarity(struct store *s, const char *path)
{
    struct report_similarity x;

    return store_read_similarity(s, path, &x);
}

static int check_report(struct store *s, const char *path)
{
    struct report x;

    return store_read_report(s, path, &x);
}

static const struct check {
    const struct h5schema *schema;
    int (*of)(struct store *s, const char *path);       /* NULL: the rest    */
} checks[] = {
    { &schema_data, check_data }, { &schema_model, check_model },
    { &schema_activations, check_activations },
    { &schema_interventions, check_interventions },
    { &schema_alignment, check_alignment },
    { &schema_similarity, check_similarity },
    { &schema_report, check_report }, { &schema_checkpoint, NULL },
};

/* ---- what every kind asks ---- */

/* Everything can be read, enums have one of their values, texts end. */
static int check_values(const char *path, const struct h5schema *schema)
{
    struct h5file *f = h5file_open(path, schema);
    struct arena *batch = arena_open();
    bool sound = f && batch;

    for (int i = 0; sound && i < schema->nfields; i++) {
        bool family = schema->field[i].flags & H5_FAMILY;
        int n = family ? h5file_count(f, i) : h5file_has(f, i);
        for (int k = 0; sound && k < n; k++) {
            sound = family ? h5file_load_member(f, i, h5file_member(f, i, k),
                                                batch) != NULL
                           : h5file_load(f, i, batch) != NULL;
            arena_reset(batch);
        }
    }
    arena_close(batch);
    h5file_close(f);
    return sound ? 0 : -1;
}

static int check_kind(const char *path, const char *kind)
{
    struct arena *a = arena_open();
    struct store *s = a ? store_open("", "", "", a) : NULL;
    const struct check *c = checks;
    int rc = -1;

    while (strcmp(c->schema->kind, kind) &&
           c < checks + sizeof checks / sizeof *checks - 1)
        c++;
    if (s && !strcmp(c->schema->kind, kind))
        rc = check_values(path, c->schema) || (c->of && c->of(s, path)) ? -1
                                                                        : 0;
    else if (s)
        err_set(EX_DATAERR, "%s: there is no kind %s here", path, kind);
    store_close(s);
    arena_close(a);
    return rc;
}

int store_check(const char *path, char kind[32])
{
    if (h5file_kind(path, kind))
        return -1;
    return *kind ? check_kind(path, kind)
                 : err_set(EX_DATAERR, "%s: none of ours", path);
}

static int work(void *with, struct parcel *to)
{
    char kind[32];

    (void)to;
    return store_check(with, kind);
}

int store_check_guarded(const char *path, char kind[32],
                        const struct guard_limits *limits)
{
    struct parcel *none = NULL;
    int rc;

    if (h5file_kind(path, kind))
        return -1;
    if (!*kind)
        return err_set(EX_DATAERR, "%s: none of ours", path);
    rc = guard_run(&none, path, work, (void *)path, limits);
    guard_release(none);
    return rc;
}

/* ---- adopting ---- */

/* Check what was written before it gets its name; an error is about the file
 * that it was made from. */
static int check_part(struct h5file *f, const char *from)
{
    const char *part = h5file_part(f);
    char kind[32];

    if (h5file_seal(f))
        return -1;
    if (!store_check(part, kind))
        return 0;
    return strncmp(err_text(), part, strlen(part))
           ? err_in("%s", from)
           : err_set(err_code(), "%s%s", from, err_text() + strlen(part));
}

int store_adopt(struct store *s, const char *from, const char *to,
                const struct guard_limits *limits, const char **unused)
{
    struct adopted *x = store_foreign(s, from)
                      ? NULL : adopt_read(from, limits, s->arena);
    struct h5file *f = x ? store_out(s, to, x->schema) : NULL;
    int rc = -1;

    if (!f || !(*unused = names_text(&x->unused)))
        goto done;
    if (adopt_put(x, f))
        err_in("%s", from);
    else
        rc = check_part(f, from);
done:
    return f ? store_end(f, rc) : -1;
}

#include "adopt.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "arena.h"
#include "err.h"
#include "foreign.h"
#include "guard.h"
#include "h5file_seal.h"
#include "../schemas/schemas.h"

enum { SETS = 128, SHAPE = 1 + H5_RANK_MAX };

static bool is_text(enum h5type t)
{
    return t == H5_TEXT || t == H5_LINE;
}

static bool is_enum(enum h5type t)
{
    return t == H5_SPLIT || t == H5_ROLE;
}

/* Both sides walk the schema in its order and number what they meet. */

/* ---- in the child ---- */

struct job {
    const char *path;
    size_t memory;
    struct arena *arena;
    struct parcel *to;
    struct foreign *file;
    const struct h5schema *schema;
    int nsets, nvalues;
    int64_t (*shape)[SHAPE];            /* (SETS)                            */
    struct names unused;                /* datasets outside the schema       */
};

static const struct h5schema *find_schema(const char *kind)
{
    for (const struct h5schema *const *s = schema_menu; kind && *s; s++)
        if (!strcmp((*s)->kind, kind) && *s != &schema_checkpoint)
            return *s;
    err_set(EX_DATAERR, "attribute kind: %s%.40s%s", kind ? "there is no kind "
            : "missing (data, model, activations, interventions, ...)",
            kind ? kind : "", kind ? " here" : "");
    return NULL;
}

/* Values of a dataset: names for what is text, numbers for the rest. */
static int send_values(struct job *j, enum h5type t, const char *path,
                       const char *column)
{
    const char **text = NULL;
    double *x = NULL, *to;
    size_t n;
    parcel_name name;

    parcel_nth(name, "values", j->nvalues++);
    if (is_text(t) || is_enum(t))
        text = foreign_texts(j->file, path, column, &n);
    if (!text && is_text(t))
        return -1;
    if (text)
        return parcel_put_texts(j->to, name, text, n);
    err_clear();
    if (!(x = foreign_numbers(j->file, path, column, &n)) ||
        !(to = parcel_put(j->to, name, PARCEL_F64, n)))
        return -1;
    memcpy(to, x, n * sizeof *to);
    return 0;
}

static int send_set(struct job *j, const struct h5field *d, const char *path)
{
    struct foreign_set set;
    int64_t *shape;

    if (j->nsets >= SETS)
        return err_set(EX_DATAERR, "%s: more than %d datasets", path, SETS);
    shape = j->shape[j->nsets++];
    if (foreign_look(j->file, path, &set))
        return -1;
    if ((d->type == H5_TABLE) != (set.type == FOREIGN_TABLE) ||
        set.rank > H5_RANK_MAX)
        return err_set(EX_DATAERR, "%s: %s, not what \"%s\" of %s is", path,
                       set.what, d->path, j->schema->kind);
    shape[0] = set.rank;
    for (int i = 0; i < set.rank; i++)
        shape[1 + i] = (int64_t)set.size[i];
    for (const struct h5column *c = d->column; c && c->name; c++)
        if (send_values(j, c->type, path, c->name))
            return -1;
    return d->type == H5_TABLE ? 0 : send_values(j, d->type, path, NULL);
}

/* An attribute of the root; how many there are, or -1. */
static int send_attribute(struct job *j, const struct h5field *d)
{
    parcel_name name;
    double *to, x;
    const char *text = is_text(d->type)
                     ? foreign_text_of(j->file, "/", d->path) : NULL;

    if (is_text(d->type) ? !text
                         : !foreign_number_of(j->file, "/", d->path, &x))
        return err_code() ? -1 : 0;
    j->nsets++;
    parcel_nth(name, "values", j->nvalues++);
    if (text)
        return parcel_put_texts(j->to, name, &text, 1) ? -1 : 1;
    if (!(to = parcel_put(j->to, name, PARCEL_F64, 1)))
        return -1;
    *to = x;
    return 1;
}

static int send_family(struct job *j, const struct h5field *d, int i)
{
    const char *group = arena_text(j->arena, "%.*s",
                                   (int)strcspn(d->path, "*") - 1, d->path);
    const char **name;
    size_t n, kept = 0;
    parcel_name members;

    if (!group)
        return -1;
    if (!foreign_is_group(j->file, group))
        return 0;
    if (!(name = foreign_names(j->file, group, &n)))
        return -1;
    for (size_t k = 0; k < n; k++) {
        const char *path = h5file_member_path(d, name[k], j->arena);
        if (!path)
            return -1;
        if (!foreign_is_set(j->file, path))
            continue;
        if (send_set(j, d, path))
            return -1;
        name[kept++] = name[k];
    }
    return parcel_put_texts(j->to, parcel_nth(members, "members", i), name,
                            kept) ? -1 : (int)kept;
}

static int send_field(struct job *j, const struct h5field *d, int i)
{
    int n;

    if (d->flags & H5_FAMILY)
        return send_family(j, d, i);
    n = d->flags & H5_ATTRIBUTE ? send_attribute(j, d)
      : foreign_is_set(j->file, d->path) ? (send_set(j, d, d->path) ? -1 : 1)
      : 0;
    if (n == 0 && !(d->flags & H5_OPTIONAL))
        return err_set(EX_DATAERR, "%s%s: missing (%s)", d->flags &
                       H5_ATTRIBUTE ? "attribute " : "", d->path, d->note);
    return n;
}

static bool belongs(const struct h5field *d, const char *path)
{
    size_t stem = strcspn(d->path, "*"), n = strlen(path), m;

    if (!(d->flags & H5_FAMILY))
        return !strcmp(d->path, path);
    m = strlen(d->path + stem + 1);
    return n > stem + m && !strncmp(d->path, path, stem) &&
           !strcmp(path + n - m, d->path + stem + 1);
}

static int note_unused(void *with, const char *path)
{
    struct job *j = with;

    if (!strncmp(path, "/provenance/", 12))
        return 0;
    for (int i = 0; i < j->schema->nfields; i++)
        if (belongs(&j->schema->field[i], path))
            return 0;
    return names_add(&j->unused, "%s", path);
}

static int send_all(struct job *j)
{
    const char *kind = foreign_text_of(j->file, "/", "kind");
    double version;
    int32_t *count;

    err_clear();
    if (!(j->schema = find_schema(kind)))
        return -1;
    if (foreign_number_of(j->file, "/", "schema_version", &version) &&
        version != j->schema->version)
        return err_set(EX_DATAERR, "attribute schema_version: %g, not %d",
                       version, j->schema->version);
    err_clear();
    if (!(j->shape = arena_get(j->arena, SETS, sizeof *j->shape)) ||
        !(count = parcel_put(j->to, "count", PARCEL_I32,
                             (size_t)j->schema->nfields)) ||
        parcel_put_texts(j->to, "kind", &kind, 1))
        return -1;
    for (int i = 0; i < j->schema->nfields; i++)
        if ((count[i] = send_field(j, &j->schema->field[i], i)) < 0)
            return -1;
    int64_t *shape = parcel_put(j->to, "shapes", PARCEL_I64, SETS * SHAPE);
    if (!shape || foreign_walk(j->file, "/", note_unused, j))
        return -1;
    memcpy(shape, j->shape, SETS * sizeof *j->shape);
    return parcel_put_texts(j->to, "unused", j->unused.name, j->unused.n);
}

static int work(void *with, struct parcel *to)
{
    struct job *j = with;
    int rc;

    j->to = to;
    j->file = foreign_open(j->path, j->memory, j->arena);
    rc = j->file ? send_all(j) : -1;
    foreign_close(j->file);
    return rc ? err_in("%s", j->path) : 0;
}

/* ---- in the parent ---- */

static const struct range {
    size_t size;
    double lo, hi;
    const char *word;
} ranges[] = {
    [H5_U8] = { 1, 0, UINT8_MAX, "byte" },
    [H5_I32] = { 4, INT32_MIN, INT32_MAX, "32-bit integer" },
    [H5_I64] = { 8, -0x1p53, 0x1p53, "integer" },
    [H5_F32] = { 4, 0, 0, "single-precision number" },
    [H5_F64] = { 8, 0, 0, "number" },
    [H5_BOOL] = { 1, 0, 1, "truth value" },
    [H5_SPLIT] = { 1, 0, 2, "split: train, valid or test" },
    [H5_ROLE] = { 1, 0, 2, "role: behaviour, latent or score" },
    [H5_TEXT] = { H5_TEXT_SIZE, 0, 0, "text of at most 127 bytes" },
    [H5_LINE] = { H5_LINE_SIZE, 0, 0, "text of at most 4095 bytes" },
};

/* What crossed, as a walk over it. */
struct arrival {
    struct parcel *from;
    struct arena *arena;
    const int64_t *shape;
    int nsets, nvalues;
};

/* One number, exactly. */
static bool set_number(char *to, enum h5type t, double x)
{
    const struct range *r = &ranges[t];
    float single = (float)x;

    if (t == H5_F64)
        memcpy(to, &x, sizeof x);
    else if (t == H5_F32)
        memcpy(to, &single, sizeof single);
    if (t == H5_F64 || t == H5_F32)
        return t == H5_F64 || isnan(x) || (double)single == x;
    if (!(x >= r->lo && x <= r->hi) || x != floor(x))
        return false;
    if (r->size == 1)
        *to = (char)(int)x;
    else if (r->size == 4)
        memcpy(to, &(int32_t){ (int32_t)x }, 4);
    else
        memcpy(to, &(int64_t){ (int64_t)x }, 8);
    return true;
}

static bool set_text(char *to, enum h5type t, const char *text)
{
    const char *const *name = h5file_names(t);

    if (is_text(t)) {
        if (strlen(text) >= ranges[t].size)
            return false;
        memcpy(to, text, strlen(text));
        return true;
    }
    for (char k = 0; name[(int)k]; k++)
        if (!strcmp(name[(int)k], text)) {
            *to = k;
            return true;
        }
    return false;
}

/* n values of a field or column, at `offset` of elements of `size` bytes. The
 * elements are made once that many values have come. */
static int take_values(struct arrival *v, enum h5type t, const char *path,
                       size_t n, void **elements, size_t offset, size_t size)
{
    parcel_name name;
    size_t have = 0;
    const char **text = NULL;
    char *to;
    const double *x = parcel_get(v->from,
                                 parcel_nth(name, "values", v->nvalues),
                                 PARCEL_F64, &have);

    if (!x) {
        err_clear();
        text = parcel_texts(v->from, name, &have, v->arena);
    }
    v->nvalues++;
    if ((!x && !text) || have != n || (x && is_text(t)))
        return parcel_unsound();
    if (!*elements && !(*elements = arena_get(v->arena, n, size)))
        return -1;
    to = (char *)*elements + offset;
    for (size_t i = 0; i < n; i++, to += size) {
        if (x ? set_number(to, t, x[i]) : set_text(to, t, text[i]))
            continue;
        return x ? err_set(EX_DATAERR, "%s: %.17g at %zu is no %s", path, x[i],
                           i, ranges[t].word)
                 : err_set(EX_DATAERR, "%s: %.40s at %zu is no %s", path,
                           text[i], i, ranges[t].word);
    }
    return 0;
}

/* The shape of the next set; its number of elements in *n. */
static int take_shape(struct arrival *v, struct h5shape *to, size_t *n)
{
    const int64_t *s = v->shape + v->nsets * SHAPE;

    if (v->nsets++ >= SETS || s[0] < 0 || s[0] > H5_RANK_MAX)
        return parcel_unsound();
    *to = (struct h5shape){ .rank = (int)s[0] };
    *n = 1;
    for (int i = 0; i < to->rank; i++) {
        to->size[i] = (size_t)s[1 + i];
        if (__builtin_mul_overflow(*n, to->size[i], n))
            return parcel_unsound();
    }
    return 0;
}

static int take_set(struct arrival *v, const struct h5field *d,
                    const char *path, struct adopted_set *to)
{
    size_t n = 0, size = d->type == H5_TABLE ? d->row : ranges[d->type].size;

    if (take_shape(v, &to->shape, &n))
        return -1;
    for (const struct h5column *c = d->column; c && c->name; c++)
        if (take_values(v, c->type, path, n, &to->x, c->offset, size))
            return err_in("column %s", c->name);
    return d->type == H5_TABLE
           ? 0 : take_values(v, d->type, path, n, &to->x, 0, size);
}

static int take_field(struct arrival *v, const struct h5field *d, int i,
                      int n, struct adopted_set **set)
{
    bool family = d->flags & H5_FAMILY;
    int least = !family && !(d->flags & H5_OPTIONAL);
    const char **name = NULL;
    size_t have = 0;
    parcel_name members;

    if (n < least || n > (family ? SETS : 1))
        return parcel_unsound();
    if (!(*set = arena_get(v->arena, (size_t)n, sizeof **set)))
        return -1;
    if (n && family &&
        (!(name = parcel_texts(v->from, parcel_nth(members, "members", i),
                               &have, v->arena)) || have != (size_t)n))
        return parcel_unsound();
    for (int k = 0; k < n; k++) {
        const char *path = name ? h5file_member_path(d, name[k], v->arena)
                                : d->path;
        if (name && (!*name[k] || strchr(name[k], '/')))
            return parcel_unsound();
        (*set)[k].name = name ? name[k] : NULL;
        if (!path || take_set(v, d, path, &(*set)[k]))
            return -1;
    }
    return 0;
}

static int take_all(struct adopted *x, struct arrival *v)
{
    size_t nkind, ncount, nshape;
    const char **kind = parcel_texts(v->from, "kind", &nkind, v->arena);
    int32_t *count = parcel_get(v->from, "count", PARCEL_I32, &ncount);
    int n;

    v->shape = parcel_get(v->from, "shapes", PARCEL_I64, &nshape);
    x->unused.arena = v->arena;
    x->unused.name = parcel_texts(v->from, "unused", &x->unused.n, v->arena);
    if (!kind || nkind != 1 || !count || !v->shape ||
        nshape != SETS * SHAPE || !x->unused.name ||
        !(x->schema = find_schema(*kind)) ||
        ncount != (size_t)x->schema->nfields)
        return parcel_unsound();
    n = x->schema->nfields;
    if (!(x->n = arena_get(v->arena, (size_t)n, sizeof *x->n)) ||
        !(x->set = arena_get(v->arena, (size_t)n, sizeof *x->set)))
        return -1;
    for (int i = 0; i < n; i++) {
        x->n[i] = count[i];
        if (take_field(v, &x->schema->field[i], i, count[i], &x->set[i]))
            return -1;
    }
    return 0;
}

int adopt_refuse_ours(const char *path)
{
    char kind[32];

    if (h5file_kind(path, kind))
        err_clear();
    return !*kind ? 0 : err_set(EX_DATAERR, "%s: a file of ours already (kind "
                                "%s)", path, kind);
}

/* Is it as one of our programs left it? */
static bool is_sealed(const char *path)
{
    char kind[32], hex[65];
    int fd = h5file_kind(path, kind) ? -1 : seal_open(path, kind, hex);

    err_clear();
    return fd >= 0 && !close(fd);
}

struct adopted *adopt_read(const char *path,
                           const struct guard_limits *limits, struct arena *a)
{
    struct job job = { .path = path, .memory = limits->memory, .arena = a,
                       .unused.arena = a };
    struct adopted *x = arena_get(a, 1, sizeof *x);
    struct arrival v = { .arena = a };
    int rc = -1;

    if (!x || (is_sealed(path) && adopt_refuse_ours(path)) ||
        guard_run(&v.from, path, work, &job, limits))
        goto done;
    err_clear();
    rc = take_all(x, &v) ? err_in("%s", path) : 0;
done:
    guard_release(v.from);
    return rc ? NULL : x;
}

/* ---- into a file of ours ---- */

/* Letters are bound where they are met first. */
static int bind(struct h5file *f, const struct h5field *d,
                const struct adopted_set *x, bool bound[26])
{
    if (!strcmp(d->dims, "?"))
        return 0;
    if (x->shape.rank != (int)strlen(d->dims))
        return err_set(EX_DATAERR, "%s: rank is %d, not that of \"%s\"",
                       d->path, x->shape.rank, d->dims);
    for (int i = 0; i < x->shape.rank; i++) {
        char letter = d->dims[i];
        if (letter < 'A' || letter > 'Z')
            continue;
        if (!bound[letter - 'A'])
            h5file_bind(f, letter, x->shape.size[i]);
        bound[letter - 'A'] = true;
        if (h5file_size(f, letter) != x->shape.size[i])
            return err_set(EX_DATAERR, "%s: %c is %zu here but %zu before",
                           d->path, letter, x->shape.size[i],
                           h5file_size(f, letter));
    }
    return 0;
}

int adopt_put(const struct adopted *x, struct h5file *to)
{
    bool bound[26] = { false };

    for (int i = 0; i < x->schema->nfields; i++) {
        const struct h5field *d = &x->schema->field[i];
        for (int k = 0; k < x->n[i]; k++) {
            struct adopted_set *set = &x->set[i][k];
            if (bind(to, d, set, bound))
                return -1;
            if (set->name ? h5file_put_member(to, i, set->name, &set->shape,
                                              set->x)
                          : h5file_put(to, i, set->x))
                return -1;
        }
    }
    return 0;
}

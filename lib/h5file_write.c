#include <assert.h>
#include <hdf5_hl.h>
#include <stdio.h>
#include <string.h>

#include "h5file_priv.h"
#include "h5file_seal.h"
#include "outfile.h"

enum { SMALL = 64 << 10, CHUNK = 512 << 10 };   /* bytes */

/* Every object is made without times, so that equal content is equal bytes. */
static hid_t timeless(hid_t kind)
{
    hid_t list = H5Pcreate(kind);
    H5Pset_obj_track_times(list, false);
    return list;
}

hid_t h5_group(hid_t file, const char *path)
{
    hid_t plain, group;

    if (H5Lexists(file, path, H5P_DEFAULT) > 0)
        return H5Gopen2(file, path, H5P_DEFAULT);
    plain = timeless(H5P_GROUP_CREATE);
    group = H5Gcreate2(file, path, H5P_DEFAULT, plain, H5P_DEFAULT);
    hid_drop(plain);
    return group;
}

/* Make the groups above `path`. */
static int make_groups(struct h5file *f, const char *path)
{
    for (const char *end = strchr(path + 1, '/'); end;
         end = strchr(end + 1, '/')) {
        const char *part = arena_text(f->arena, "%.*s", (int)(end - path),
                                      path);
        hid_t group = part ? h5_group(f->id, part) : -1;
        if (group < 0)
            return -1;
        hid_drop(group);
    }
    return 0;
}

static int write_failed(const struct h5file *f, const char *what)
{
    return err_set(EX_IOERR, "%s: %s: cannot be written", f->path, what);
}

/* ---- attributes ---- */

static int put_labels(hid_t set, const struct h5shape *shape)
{
    for (int i = 0; i < shape->rank; i++)
        if (H5DSset_label(set, (unsigned)i, shape->label[i]) < 0)
            return -1;
    return 0;
}

/* What the columns of a table are, a text a column, whole: the longest gives
 * the size of them all. */
static int put_columns(struct h5file *f, hid_t set, const struct h5column *c)
{
    size_t n = 0, width = 0;
    char *text;
    hsize_t size;
    hid_t type = H5Tcopy(H5T_C_S1), space, id = -1;
    int rc = -1;

    for (; c[n].name; n++) {
        size_t room = strlen(c[n].name) + strlen(c[n].units) +
                      strlen(c[n].note) + sizeof " []: ";
        width = room > width ? room : width;
    }
    size = n;
    space = H5Screate_simple(1, &size, NULL);
    H5Tset_size(type, width);
    H5Tset_cset(type, H5T_CSET_UTF8);
    if ((text = arena_get(f->arena, n, width))) {
        for (size_t i = 0; i < n; i++)
            snprintf(text + i * width, width, "%s [%s]: %s", c[i].name,
                     c[i].units, c[i].note);
        id = H5Acreate2(set, "columns", type, space, H5P_DEFAULT, H5P_DEFAULT);
        rc = id < 0 || H5Awrite(id, type, text) < 0 ? -1 : 0;
    }
    hid_drop(id);
    hid_drop(space);
    hid_drop(type);
    return rc;
}

/* ---- datasets ---- */

hid_t h5_layout(const struct h5shape *shape, size_t element)
{
    hid_t list = timeless(H5P_DATASET_CREATE);
    hsize_t chunk[H5_RANK_MAX];
    size_t inner = element;

    for (int i = 0; i < shape->rank; i++)
        inner *= shape->size[i];
    if (inner < SMALL)
        return list;
    for (int i = 0; i < shape->rank; i++) {
        size_t fit;
        inner /= shape->size[i];
        fit = CHUNK / inner > 1 ? CHUNK / inner : 1;
        chunk[i] = fit < shape->size[i] ? fit : shape->size[i];
    }
    H5Pset_chunk(list, shape->rank, chunk);
    H5Pset_shuffle(list);
    H5Pset_deflate(list, 4);
    H5Pset_fletcher32(list);
    return list;
}

/* Remember what commit needs for the scales. */
static int remember(struct h5file *f, const char *path, bool scale,
                    const struct h5shape *shape)
{
    struct written **last = &f->written;
    const char *own = arena_text(f->arena, "%s", path);

    while (*last)
        last = &(*last)->next;
    if (!own || !(*last = arena_get(f->arena, 1, sizeof **last)))
        return -1;
    **last = (struct written){ NULL, own, scale, *shape };
    return 0;
}

/* `from` is as `in` has it in memory. */
static int put_dataset(struct h5file *f, const struct h5field *d,
                       const char *path, const struct h5shape *shape,
                       const struct h5field *in, const void *from)
{
    hsize_t size[H5_RANK_MAX];
    hid_t type = h5_type(d, false), memory = h5_type(in, true), space = -1;
    hid_t list = h5_layout(shape, H5Tget_size(type)), set = -1;
    bool scale = d->flags & H5_SCALE;
    int rc = -1;

    for (int i = 0; i < shape->rank; i++)
        size[i] = shape->size[i];
    space = H5Screate_simple(shape->rank, size, NULL);
    if (remember(f, path, scale, shape))
        goto done;
    if (!make_groups(f, path))
        set = H5Dcreate2(f->id, path, type, space, H5P_DEFAULT, list,
                         H5P_DEFAULT);
    if (set < 0 ||
        H5Dwrite(set, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, from) < 0 ||
        (scale && H5DSset_scale(set, strrchr(path, '/') + 1) < 0) ||
        h5_put_text(set, "description", d->note) ||
        h5_put_text(set, "units", d->units) ||
        put_labels(set, shape) ||
        (d->column && put_columns(f, set, d->column)))
        write_failed(f, path);
    else
        rc = 0;
done:
    hid_drop(set);
    hid_drop(list);
    hid_drop(space);
    hid_drop(memory);
    hid_drop(type);
    return rc;
}

/* Rank, sizes and labels as the schema has them, where `given` leaves them
 * open. -1: memory. */
static int complete(struct h5file *f, const struct h5field *d,
                    const struct h5shape *given, struct h5shape *shape)
{
    bool any = !strcmp(d->dims, "?");
    int rank = any && given ? given->rank : (int)strlen(d->dims);

    assert(given || !any);
    assert(rank <= H5_RANK_MAX && (!given || given->rank == rank));
    *shape = given ? *given : (struct h5shape){ .rank = rank };
    for (int i = 0; i < rank; i++) {
        char letter = any ? '?' : d->dims[i];
        if (letter >= 'A' && letter <= 'Z') {
            size_t bound = f->size[letter - 'A'];
            assert(f->is_bound[letter - 'A']);
            assert(!given || given->size[i] == bound);
            shape->size[i] = bound;
        } else {
            assert(given);
        }
        if (!shape->label[i] &&
            !(shape->label[i] = arena_text(f->arena, "%c", letter)))
            return -1;
    }
    return 0;
}

static int put_root(struct h5file *f, const struct h5field *d,
                    const void *from)
{
    bool text = d->type == H5_TEXT || d->type == H5_LINE;
    char cell[H5_LINE_SIZE] = "";
    hid_t space = H5Screate(H5S_SCALAR), type = h5_type(d, false);
    hid_t memory = h5_type(d, true), id = -1;
    int rc = -1;

    if (text && strlen(from) >= h5_type_size(d)) {
        err_set(EX_DATAERR, "%s: %s: the text is longer than %zu bytes: %s",
                f->path, d->path, h5_type_size(d) - 1, (const char *)from);
        goto done;
    }
    if (text)
        from = strcpy(cell, from);
    id = H5Acreate2(f->id, d->path, type, space, H5P_DEFAULT, H5P_DEFAULT);
    if (id < 0 || H5Awrite(id, memory, from) < 0)
        write_failed(f, d->path);
    else
        rc = 0;
done:
    hid_drop(id);
    hid_drop(memory);
    hid_drop(type);
    hid_drop(space);
    return rc;
}

void h5file_bind(struct h5file *f, char letter, size_t size)
{
    assert(letter >= 'A' && letter <= 'Z');
    f->is_bound[letter - 'A'] = true;
    f->size[letter - 'A'] = size;
}

int h5file_put(struct h5file *f, int field, const void *from)
{
    const struct h5field *d = &f->schema->field[field];
    struct h5shape shape;

    assert(field >= 0 && field < f->schema->nfields);
    assert(!(d->flags & H5_FAMILY) && !f->field[field].has);
    if (d->flags & H5_ATTRIBUTE ? put_root(f, d, from)
        : complete(f, d, NULL, &shape) ||
          put_dataset(f, d, d->path, &shape, d, from))
        return -1;
    f->field[field].has = true;
    return 0;
}

static int put_member(struct h5file *f, const struct h5field *d,
                      const char *name, const struct h5shape *shape,
                      const struct h5field *in, const void *from)
{
    const char *path = h5file_member_path(d, name, f->arena);
    struct h5shape whole;

    assert(d->flags & H5_FAMILY && !strchr(name, '/'));
    return !path || complete(f, d, shape, &whole) ||
           put_dataset(f, d, path, &whole, in, from) ? -1 : 0;
}

int h5file_put_member(struct h5file *f, int field, const char *name,
                      const struct h5shape *shape, const void *from)
{
    const struct h5field *d = &f->schema->field[field];

    assert(field >= 0 && field < f->schema->nfields);
    return put_member(f, d, name, shape, d, from);
}

int h5file_put_reals(struct h5file *f, int field, const char *name,
                     const struct h5shape *shape, const real *from)
{
    const struct h5field *d = &f->schema->field[field];
    const struct h5field reals = h5_of_reals(d);

    assert(field >= 0 && field < f->schema->nfields);
    return put_member(f, d, name, shape, &reals, from);
}

/* ---- dimension scales ---- */

/* Attach scale s to every axis that it stands for. */
static int attach(const struct h5file *f, const struct written *s)
{
    hid_t scale = H5Dopen2(f->id, s->path, H5P_DEFAULT);
    int rc = 0;

    for (const struct written *w = f->written; w; w = w->next)
        for (int i = 0; i < w->shape.rank && !w->scale && !rc; i++) {
            hid_t set;
            if (strcmp(s->shape.label[0], w->shape.label[i]) ||
                s->shape.size[0] != w->shape.size[i])
                continue;
            set = H5Dopen2(f->id, w->path, H5P_DEFAULT);
            rc = H5DSattach_scale(set, scale, (unsigned)i) < 0 ? -1 : 0;
            hid_drop(set);
        }
    hid_drop(scale);
    return rc;
}

/* ---- from create to commit ---- */

struct h5file *h5file_create(const char *path, const struct h5schema *schema,
                             const struct h5origin *origin)
{
    static const struct h5field version = { .type = H5_I32,
        .path = "schema_version" };
    const int32_t number = schema->version;
    struct h5file *f = h5_handle(path, schema);
    hid_t access = -1, create = -1;
    int rc = -1;

    h5_quiet();
    if (!f || !(f->out = outfile_open(path)))
        goto done;
    f->program = arena_text(f->arena, "%s", origin->program);
    f->options = arena_text(f->arena, "%s", origin->options);
    f->version = version_text;
    f->commit = version_commit;
    f->parents = "";
    if (!f->program || !f->options)
        goto done;
    access = h5_access();
    create = timeless(H5P_FILE_CREATE);
    H5Pset_userblock(create, SEAL_SIZE);
    f->id = H5Fcreate(outfile_part(f->out), H5F_ACC_TRUNC, create, access);
    if (f->id < 0)
        err_set(EX_CANTCREAT, "%s: cannot create", path);
    else if (h5_put_text(f->id, "kind", schema->kind) ||
             h5_put_text(f->id, "title", schema->title) ||
             put_root(f, &version, &number))
        write_failed(f, "attributes");
    else
        rc = 0;
done:
    hid_drop(create);
    hid_drop(access);
    if (!rc)
        return f;
    h5file_close(f);
    return NULL;
}

int h5file_seal(struct h5file *f)
{
    hid_t id = f->id;

    for (int i = 0; i < f->schema->nfields; i++)
        if (!f->field[i].has &&
            !(f->schema->field[i].flags & (H5_OPTIONAL | H5_FAMILY)))
            return err_set(EX_SOFTWARE, "%s: %s: was not written", f->path,
                           f->schema->field[i].path);
    for (const struct written *w = f->written; w; w = w->next)
        if (w->scale && attach(f, w))
            return write_failed(f, w->path);
    if (h5_origin_write(f))
        return write_failed(f, "/provenance");
    f->id = -1;
    if (H5Fclose(id) < 0)
        return write_failed(f, "the file");
    if (seal_write(outfile_part(f->out), f->schema->kind, f->sha256))
        return -1;
    f->sealed = true;
    return 0;
}

const char *h5file_part(const struct h5file *f)
{
    return outfile_part(f->out);
}

int h5file_commit(struct h5file *f)
{
    return (!f->sealed && h5file_seal(f)) || outfile_commit(f->out) ? -1 : 0;
}

#include <assert.h>
#include <string.h>
#include <unistd.h>

#include "guard.h"
#include "h5file_priv.h"
#include "h5file_seal.h"
#include "outfile.h"

/* ---- the library and its handles ---- */

void h5_quiet(void)
{
    static bool done;

    if (done)
        return;
    done = true;
    H5dont_atexit();
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);      /* we do our own talking */
    H5PLset_loading_state(0);
    H5Lunregister(H5L_TYPE_EXTERNAL);
}

/* No locks: finished files never change, others are ours alone. Objects that
 * were left open make closing fail. */
hid_t h5_access(void)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS);

    H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, H5F_LIBVER_V110);
    H5Pset_file_locking(access, false, true);
    H5Pset_fclose_degree(access, H5F_CLOSE_SEMI);
    return access;
}

struct h5file *h5_handle(const char *path, const struct h5schema *schema)
{
    struct arena *a = arena_open();
    struct h5file *f = a ? arena_get(a, 1, sizeof *f) : NULL;

    if (!f)
        goto fail;
    f->schema = schema;
    f->arena = a;
    f->id = -1;
    f->field = arena_get(a, (size_t)schema->nfields, sizeof *f->field);
    f->path = arena_text(a, "%s", path);
    f->name = arena_text(a, "%s", basename(path));
    if (f->field && f->path && f->name)
        return f;
fail:
    arena_close(a);
    return NULL;
}

void h5file_shut(struct h5file *f)
{
    hid_drop(f->id);
    f->id = -1;
}

void h5file_close(struct h5file *f)
{
    if (!f)
        return;
    h5file_shut(f);
    outfile_close(f->out);
    arena_close(f->arena);
}

int h5_member_length(const struct h5field *d, const char *name)
{
    return (int)(strcspn(d->path, "*") + strlen(name));
}

const char *h5file_member_path(const struct h5field *family, const char *name,
                               struct arena *a)
{
    const char *path = family->path, *star = strchr(path, '*');

    return arena_text(a, "%.*s%s%s", (int)(star - path), path, name, star + 1);
}

static const struct h5field *field_of(const struct h5file *f, int field)
{
    assert(field >= 0 && field < f->schema->nfields);
    return &f->schema->field[field];
}

/* ---- the door ---- */

static int check_kind(struct h5file *f)
{
    static const struct h5field version = { .type = H5_I32, .dims = "",
        .path = "schema_version", .note = "version of the kind",
        .flags = H5_ATTRIBUTE };
    const char *kind = h5_get_text(f->id, "kind", f->arena);
    int32_t number = 0;
    hid_t at;

    if (!kind || strcmp(kind, f->schema->kind))
        return err_set(EX_DATAERR, "attribute kind: not \"%s\"",
                       f->schema->kind);
    if (H5Aexists(f->id, version.path) <= 0)
        return err_set(EX_DATAERR, "attribute schema_version: missing");
    if (h5_check_attribute(f, &version))
        return -1;
    at = H5Aopen(f->id, version.path, H5P_DEFAULT);
    H5Aread(at, H5T_NATIVE_INT32, &number);
    hid_drop(at);
    return number == f->schema->version ? 0 :
           err_set(EX_DATAERR, "attribute schema_version: %d, not %d", number,
                   f->schema->version);
}

/* Check the seal and open the very file that was checked. Another process may
 * put a new one in its place between the two: then both are done again. */
static hid_t open_sealed(struct h5file *f, const char *path, hid_t access)
{
    enum { TRIES = 10 };

    for (int tries = 0; tries < TRIES; tries++) {
        int sealed = seal_open(path, f->schema->kind, f->sha256);
        hid_t id = sealed < 0 ? -1 : H5Fopen(path, H5F_ACC_RDONLY, access);
        bool same = id >= 0 && hid_is_file(id, sealed);

        if (sealed < 0)
            return -1;
        close(sealed);
        if (same)
            return id;
        hid_drop(id);
    }
    return err_set(EX_DATAERR, "%s: cannot be opened as HDF5", path);
}

struct h5file *h5file_open(const char *path, const struct h5schema *schema)
{
    struct h5file *f = h5_handle(path, schema);
    hid_t access = -1;
    int rc = -1;

    h5_quiet();
    if (!f)
        goto done;
    access = h5_access();
    if ((f->id = open_sealed(f, path, access)) < 0)
        goto done;
    rc = check_kind(f) || h5_origin_read(f) ? -1 : 0;
    for (int i = 0; !rc && i < schema->nfields; i++)
        rc = h5_check_field(f, i);
    if (rc)
        err_in("%s: not a %s v%d file", path, schema->kind, schema->version);
done:
    hid_drop(access);
    if (!rc)
        return f;
    h5file_close(f);
    return NULL;
}

/* ---- facts ---- */

const char *h5file_path(const struct h5file *f)
{
    return f->path;
}

const char *h5file_name(const struct h5file *f)
{
    return f->name;
}

const char *h5file_sha256(const struct h5file *f)
{
    return f->sha256;
}

size_t h5file_size(const struct h5file *f, char letter)
{
    assert(letter >= 'A' && letter <= 'Z');
    return f->size[letter - 'A'];
}

bool h5file_has(const struct h5file *f, int field)
{
    (void)field_of(f, field);
    return f->field[field].has;
}

int h5file_count(const struct h5file *f, int field)
{
    assert(field_of(f, field)->flags & H5_FAMILY);
    return f->field[field].members;
}

const char *h5file_member(const struct h5file *f, int field, int k)
{
    assert(k >= 0 && k < h5file_count(f, field));
    return f->field[field].member[k];
}

bool h5file_has_member(const struct h5file *f, int field, const char *name)
{
    for (int k = 0; k < h5file_count(f, field); k++)
        if (!strcmp(f->field[field].member[k], name))
            return true;
    return false;
}

/* ---- content ---- */

int h5file_shape(struct h5file *f, int field, const char *name,
                 struct h5shape *shape)
{
    const struct h5field *d = field_of(f, field);
    hsize_t size[H5S_MAX_RANK];
    hid_t set, space;

    assert(h5file_has_member(f, field, name));
    set = H5Dopen2(f->id, h5file_member_path(d, name, f->arena), H5P_DEFAULT);
    space = H5Dget_space(set);
    *shape = (struct h5shape){ .rank = H5Sget_simple_extent_dims(space, size,
                                                                 NULL) };
    hid_drop(space);
    hid_drop(set);
    if (shape->rank < 0)
        return err_set(EX_DATAERR, "%s: %s: no shape", f->path, name);
    for (int i = 0; i < shape->rank; i++)
        shape->size[i] = (size_t)size[i];
    return 0;
}

/* Read attribute or dataset `path` into `to`, or into memory of `a`. */
static void *fetch(struct h5file *f, const struct h5field *d,
                   const char *path, void *to, struct arena *a)
{
    bool attribute = d->flags & H5_ATTRIBUTE;
    hid_t id = -1, space = -1, type = h5_type(d, true);
    hssize_t n;
    void *read = NULL;

    if (!path)
        goto done;
    id = attribute ? H5Aopen(f->id, path, H5P_DEFAULT)
                   : H5Dopen2(f->id, path, H5P_DEFAULT);
    space = attribute ? H5Aget_space(id) : H5Dget_space(id);
    n = H5Sget_simple_extent_npoints(space);
    if (n < 0) {
        err_set(EX_DATAERR, "%s: %s: cannot be opened", f->path, path);
        goto done;
    }
    if (a && !(to = arena_get(a, (size_t)n, h5_type_size(d))))
        goto done;
    if ((attribute ? H5Aread(id, type, to)
                   : H5Dread(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, to)) < 0)
        err_set(EX_DATAERR, "%s: %s: cannot be read (checksum or filter)",
                f->path, path);
    else if (h5_values_check(d, path, to, (size_t)n))
        err_in("%s", f->path);
    else
        read = to;
    guard_worked((size_t)n * h5_type_size(d));
done:
    hid_drop(space);
    hid_drop(type);
    hid_drop(id);
    return read;
}

int h5file_get(struct h5file *f, int field, void *to)
{
    const struct h5field *d = field_of(f, field);
    assert(f->field[field].has && !(d->flags & H5_FAMILY));
    return fetch(f, d, d->path, to, NULL) ? 0 : -1;
}

void *h5file_load(struct h5file *f, int field, struct arena *a)
{
    const struct h5field *d = field_of(f, field);
    assert(f->field[field].has && !(d->flags & H5_FAMILY));
    return fetch(f, d, d->path, NULL, a);
}

int h5file_get_member(struct h5file *f, int field, const char *name, void *to)
{
    const struct h5field *d = field_of(f, field);
    assert(h5file_has_member(f, field, name));
    return fetch(f, d, h5file_member_path(d, name, f->arena), to, NULL)
         ? 0 : -1;
}

void *h5file_load_member(struct h5file *f, int field, const char *name,
                         struct arena *a)
{
    const struct h5field *d = field_of(f, field);
    assert(h5file_has_member(f, field, name));
    return fetch(f, d, h5file_member_path(d, name, f->arena), NULL, a);
}

int h5file_get_reals(struct h5file *f, int field, const char *name, real *to)
{
    const struct h5field *d = field_of(f, field), reals = h5_of_reals(d);
    const char *path = h5file_member_path(d, name, f->arena);

    assert(h5file_has_member(f, field, name));
    return fetch(f, &reals, path, to, NULL) ? 0 : -1;
}

bool h5file_made_by(const char *path, const struct h5schema *schema,
                    const struct h5origin *origin)
{
    struct h5file *f = h5file_open(path, schema);
    bool same = f && !strcmp(f->program, origin->program) &&
                !strcmp(f->options, origin->options) &&
                !strcmp(f->version, version_text) &&
                !strcmp(f->commit, version_commit);

    h5file_close(f);
    err_clear();
    return same;
}

#include <string.h>

#include "h5file_priv.h"
#include "names.h"

/* Is every link of an absolute path there? */
static bool exists(hid_t file, const char *path)
{
    char part[256];

    for (const char *end = path; *end; ) {
        end += 1 + strcspn(end + 1, "/");
        if ((size_t)(end - path) >= sizeof part)
            return false;
        memcpy(part, path, (size_t)(end - path));
        part[end - path] = '\0';
        if (H5Lexists(file, part, H5P_DEFAULT) <= 0 ||
            H5Oexists_by_name(file, part, H5P_DEFAULT) <= 0)
            return false;
    }
    return true;
}

/* Why an object that a link of this path names is not there. */
static int missing(hid_t file, const char *path, const char *note)
{
    H5L_info_t info;

    if (H5Lget_info(file, path, &info, H5P_DEFAULT) >= 0 &&
        info.type == H5L_TYPE_EXTERNAL)
        return err_set(EX_DATAERR, "%s: an external link", path);
    return err_set(EX_DATAERR, "%s: missing (%s)", path, note);
}

hid_t h5_open_set(hid_t at, const char *path)
{
    hid_t set = H5Dopen2(at, path, H5P_DEFAULT), list = -1;
    bool whole = false;

    if (set < 0)
        return err_set(EX_DATAERR, "%s: not a dataset", path);
    if ((list = H5Dget_create_plist(set)) >= 0)
        whole = H5Pget_layout(list) != H5D_VIRTUAL &&
                !H5Pget_external_count(list);
    hid_drop(list);
    if (whole)
        return set;
    hid_drop(set);
    return err_set(EX_DATAERR, "%s: its data stand in another file", path);
}

static size_t *binding(struct h5file *f, const char *path, int member,
                       char letter, bool *is_new)
{
    struct bound *b = f->bound;

    if (letter >= 'A' && letter <= 'Z') {
        *is_new = !f->is_bound[letter - 'A'];
        f->is_bound[letter - 'A'] = true;
        return &f->size[letter - 'A'];
    }
    while (b && (b->letter != letter || strlen(b->member) != (size_t)member ||
                 strncmp(b->member, path, (size_t)member)))
        b = b->next;
    *is_new = !b;
    if (!b && (b = arena_get(f->arena, 1, sizeof *b))) {
        *b = (struct bound){ f->bound, NULL, letter, 0 };
        b->member = arena_text(f->arena, "%.*s", member, path);
        if (!b->member)
            return NULL;
        f->bound = b;
    }
    return b ? &b->size : NULL;
}

/* Rank and sizes. The first `member` bytes of the path name a family's member,
 * for which lower-case letters stand. */
static int check_space(struct h5file *f, const struct h5field *d,
                       const char *path, int member, hid_t space)
{
    hsize_t size[H5S_MAX_RANK];
    int rank = H5Sget_simple_extent_ndims(space);
    bool is_new, any = !strcmp(d->dims, "?");

    if (H5Sget_simple_extent_type(space) == H5S_NULL || rank < 0 ||
        (any && rank > H5_RANK_MAX) || (!any && rank != (int)strlen(d->dims)))
        return err_set(EX_DATAERR, "%s: rank is %d, not that of \"%s\"", path,
                       rank, d->dims);
    H5Sget_simple_extent_dims(space, size, NULL);
    for (int i = 0; !any && i < rank; i++) {
        size_t *bound = binding(f, path, member, d->dims[i], &is_new);
        if (!bound)
            return -1;
        if (is_new)
            *bound = (size_t)size[i];
        if (*bound != size[i])
            return err_set(EX_DATAERR, "%s: %c is %zu here but %zu before",
                           path, d->dims[i], (size_t)size[i], *bound);
    }
    return 0;
}

static int check_dataset(struct h5file *f, const struct h5field *d,
                         const char *path, int member)
{
    hid_t set = h5_open_set(f->id, path), type = -1, space = -1;
    int rc = -1;

    if (set < 0)
        goto done;
    type = H5Dget_type(set);
    space = H5Dget_space(set);
    if (!h5_type_check(type, d, path) &&
        !check_space(f, d, path, member, space))
        rc = 0;
done:
    hid_drop(space);
    hid_drop(type);
    hid_drop(set);
    return rc;
}

int h5_check_attribute(struct h5file *f, const struct h5field *d)
{
    hid_t at = H5Aopen(f->id, d->path, H5P_DEFAULT), type = -1, space = -1;
    int rc = -1;

    if (at < 0) {
        err_set(EX_DATAERR, "attribute %s: cannot be opened", d->path);
        goto done;
    }
    type = H5Aget_type(at);
    space = H5Aget_space(at);
    if (H5Sget_simple_extent_npoints(space) != 1)
        err_set(EX_DATAERR, "attribute %s: not a single value", d->path);
    else if (h5_type_check(type, d, d->path))
        err_in("attribute");
    else
        rc = 0;
done:
    hid_drop(space);
    hid_drop(type);
    hid_drop(at);
    return rc;
}

static int check_family(struct h5file *f, const struct h5field *d,
                        struct field_state *state)
{
    struct names list = { .arena = f->arena };
    const char *path = arena_text(f->arena, "%.*s",
                                  (int)strcspn(d->path, "*") - 1, d->path);
    hid_t group;
    int rc, n = 0;

    if (!path)
        return -1;
    if (!exists(f->id, path))
        return 0;
    if ((group = H5Gopen2(f->id, path, H5P_DEFAULT)) < 0)
        return err_set(EX_DATAERR, "%s: not a group", path);
    err_clear();
    rc = hid_names(group, &list);
    hid_drop(group);
    if (rc)
        return err_code() ? -1 :
               err_set(EX_DATAERR, "%s: cannot be listed", path);
    for (size_t k = 0; k < list.n; k++) {
        const char *member = h5file_member_path(d, list.name[k], f->arena);
        if (!member)
            return -1;
        if (!exists(f->id, member)) {
            if (d->flags & H5_OPTIONAL)
                continue;
            return missing(f->id, member, d->note);
        }
        if (check_dataset(f, d, member, h5_member_length(d, list.name[k])))
            return -1;
        list.name[n++] = list.name[k];
    }
    *state = (struct field_state){ n > 0, n, list.name };
    return 0;
}

int h5_check_field(struct h5file *f, int i)
{
    const struct h5field *d = &f->schema->field[i];
    bool attribute = d->flags & H5_ATTRIBUTE;

    if (d->flags & H5_FAMILY)
        return check_family(f, d, &f->field[i]);
    f->field[i].has = attribute ? H5Aexists(f->id, d->path) > 0
                                : exists(f->id, d->path);
    if (!f->field[i].has && d->flags & H5_OPTIONAL)
        return 0;
    if (!f->field[i].has)
        return attribute ? err_set(EX_DATAERR, "attribute %s: missing (%s)",
                                   d->path, d->note)
                         : missing(f->id, d->path, d->note);
    return attribute ? h5_check_attribute(f, d)
                     : check_dataset(f, d, d->path, 0);
}

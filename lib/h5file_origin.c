#include <stddef.h>
#include <string.h>

#include "h5file_priv.h"

/* /provenance says what made the file, /provenance/files what it descends
 * from: one row a file, in the order in which it was met. `parents` are the
 * first 16 digits of hashes, separated by blanks. */

enum { PREFIX = 16 };

static const char group_path[] = "/provenance", files[] = "files";

static const struct column {
    const char *name;
    size_t at;
} column[ANCESTOR_COLUMNS] = {
    { "name", offsetof(struct ancestor, name) },
    { "kind", offsetof(struct ancestor, kind) },
    { "sha256", offsetof(struct ancestor, sha256) },
    { "program", offsetof(struct ancestor, program) },
    { "options", offsetof(struct ancestor, options) },
    { "parents", offsetof(struct ancestor, parents) },
};

/* Texts that grow with the inputs are datasets: `note` describes them. (In
 * older files they are attributes like the others.) */
static const struct text {
    const char *name;
    size_t at;
    const char *note;
} text[] = {
    { "program", offsetof(struct h5file, program), NULL },
    { "version", offsetof(struct h5file, version), NULL },
    { "commit", offsetof(struct h5file, commit), NULL },
    { "options", offsetof(struct h5file, options),
      "options that make the result" },
    { "parents", offsetof(struct h5file, parents),
      "the first 16 digits of the SHA-256 of every file that was read" },
};
enum { TEXTS = sizeof text / sizeof *text };

static const char **cell(struct ancestor *x, int c)
{
    return (const char **)((char *)x + column[c].at);
}

static const char **text_of(struct h5file *f, int i)
{
    return (const char **)((char *)f + text[i].at);
}

/* ---- reading ---- */

static int read_rows(struct h5file *f, hid_t type, size_t n,
                     const char *row)
{
    struct ancestor **last = &f->ancestor;
    size_t width = H5Tget_size(type);

    for (size_t i = 0; i < n; i++, row += width) {
        struct ancestor *x = arena_get(f->arena, 1, sizeof *x);
        if (!x)
            return -1;
        for (int c = 0; c < ANCESTOR_COLUMNS; c++) {
            unsigned m = (unsigned)H5Tget_member_index(type, column[c].name);
            hid_t member = H5Tget_member_type(type, m);
            int size = (int)H5Tget_size(member);

            hid_drop(member);
            *cell(x, c) = arena_text(f->arena, "%.*s", size,
                                     row + H5Tget_member_offset(type, m));
            if (!*cell(x, c))
                return -1;
        }
        *last = x;
        last = &x->next;
    }
    return 0;
}

static bool is_file_table(hid_t type)
{
    bool ok = H5Tget_class(type) == H5T_COMPOUND;

    for (int c = 0; ok && c < ANCESTOR_COLUMNS; c++) {
        int m = H5Tget_member_index(type, column[c].name);
        hid_t member = m < 0 ? -1 : H5Tget_member_type(type, (unsigned)m);

        ok = member >= 0 && H5Tget_class(member) == H5T_STRING &&
             H5Tis_variable_str(member) == 0;
        hid_drop(member);
    }
    return ok;
}

int h5_origin_read(struct h5file *f)
{
    hid_t group = H5Gopen2(f->id, group_path, H5P_DEFAULT);
    hid_t set = -1, type = -1, space = -1;
    hssize_t n;
    char *rows;
    int rc = -1;

    if (group < 0) {
        err_set(EX_DATAERR, "%s: missing (what the file was made from)",
                group_path);
        goto done;
    }
    for (int i = 0; i < TEXTS; i++) {
        bool is_long = text[i].note && H5Aexists(group, text[i].name) <= 0;
        *text_of(f, i) = (is_long ? h5_get_long_text : h5_get_text)(
            group, text[i].name, f->arena);
        if (!*text_of(f, i)) {
            err_set(EX_DATAERR, "%s%s%s: missing or no text", group_path,
                    is_long ? "/" : ": attribute ", text[i].name);
            goto done;
        }
    }
    set = h5_open_set(group, files);
    type = H5Dget_type(set);
    space = H5Dget_space(set);
    n = H5Sget_simple_extent_npoints(space);
    if (set < 0 || n < 0 || !is_file_table(type)) {
        err_set(EX_DATAERR, "%s/%s: missing or not a table of files",
                group_path, files);
        goto done;
    }
    rows = arena_get(f->arena, (size_t)n, H5Tget_size(type));
    if (!rows)
        goto done;
    if (H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, rows) < 0)
        err_set(EX_DATAERR, "%s/%s: cannot be read", group_path, files);
    else
        rc = read_rows(f, type, (size_t)n, rows);
done:
    hid_drop(space);
    hid_drop(type);
    hid_drop(set);
    hid_drop(group);
    return rc;
}

/* ---- merging ---- */

static int add(struct h5file *f, const struct ancestor *x)
{
    struct ancestor **last = &f->ancestor, *copy;

    for (; *last; last = &(*last)->next)
        if (!strcmp((*last)->name, x->name))
            break;
    if (*last && !strcmp((*last)->sha256, x->sha256))
        return 0;
    if (*last || !strcmp(f->name, x->name))
        return err_set(EX_DATAERR, "%s: /provenance/files: the name %s stands "
                       "for two different files among its inputs", f->path,
                       x->name);
    if (!(copy = arena_get(f->arena, 1, sizeof *copy)))
        return -1;
    for (int c = 0; c < ANCESTOR_COLUMNS; c++) {
        const char *value = *cell((struct ancestor *)x, c);
        if (!(*cell(copy, c) = arena_text(f->arena, "%s", value)))
            return -1;
    }
    *last = copy;
    return 0;
}

static int add_parent(struct h5file *f, const struct ancestor *x)
{
    if (add(f, x))
        return -1;
    for (const char *p = f->parents; *p; p += strcspn(p, " "), p += *p == ' ')
        if (!strncmp(p, x->sha256, PREFIX))
            return 0;
    f->parents = arena_text(f->arena, "%s%s%.*s", f->parents,
                            *f->parents ? " " : "", PREFIX, x->sha256);
    return f->parents ? 0 : -1;
}

int h5file_parent(struct h5file *f, const struct h5file *in)
{
    const struct ancestor self = { NULL, in->name, in->schema->kind,
        in->sha256, in->program, in->options, in->parents };

    for (const struct ancestor *x = in->ancestor; x; x = x->next)
        if (add(f, x))
            return -1;
    return add_parent(f, &self);
}

int h5file_foreign(struct h5file *f, const char *name, const char *sha256)
{
    return add_parent(f, &(struct ancestor){ NULL, name, "foreign", sha256, "",
                                             "", "" });
}

void h5file_maker(const struct h5file *f, const char **version,
                  const char **commit)
{
    *version = f->version;
    *commit = f->commit;
}

bool h5file_ancestor(const struct h5file *f, size_t k, struct h5ancestor *to)
{
    const struct ancestor self = { NULL, f->name, f->schema->kind, f->sha256,
        f->program, f->options, f->parents }, *x = f->ancestor;

    while (x && k > 0) {
        x = x->next;
        k--;
    }
    if (!x && k == 0)
        x = &self;
    else if (!x)
        return false;
    *to = (struct h5ancestor){ x->name, x->kind, x->sha256, x->program,
                               x->options, x->parents };
    return true;
}

/* ---- writing ---- */

/* A compound of fixed texts, each as wide as its longest. */
static hid_t table_type(struct h5file *f, size_t *width)
{
    size_t size[ANCESTOR_COLUMNS], at = 0;
    hid_t type;

    *width = 0;
    for (int c = 0; c < ANCESTOR_COLUMNS; c++) {
        size[c] = 1;
        for (struct ancestor *x = f->ancestor; x; x = x->next)
            if (strlen(*cell(x, c)) >= size[c])
                size[c] = strlen(*cell(x, c)) + 1;
        *width += size[c];
    }
    type = H5Tcreate(H5T_COMPOUND, *width);
    for (int c = 0; c < ANCESTOR_COLUMNS; c++) {
        hid_t string = H5Tcopy(H5T_C_S1);
        H5Tset_size(string, size[c]);
        H5Tset_cset(string, H5T_CSET_UTF8);
        H5Tinsert(type, column[c].name, at, string);
        hid_drop(string);
        at += size[c];
    }
    return type;
}

static void fill_rows(char *row, hid_t type, size_t width, struct ancestor *x)
{
    for (; x; x = x->next, row += width)
        for (int c = 0; c < ANCESTOR_COLUMNS; c++)
            memcpy(row + H5Tget_member_offset(type, (unsigned)c), *cell(x, c),
                   strlen(*cell(x, c)));
}

int h5_origin_write(struct h5file *f)
{
    static const char note[] = "every file that this one descends from; "
        "parents are the first 16 digits of their SHA-256";
    hid_t group = -1, set = -1, type = -1, space = -1, list = -1;
    hsize_t n = 0;
    struct h5shape shape = { .rank = 1 };
    size_t width;
    char *rows;
    int rc = -1;

    for (struct ancestor *x = f->ancestor; x; x = x->next)
        n++;
    type = table_type(f, &width);
    if (!(rows = arena_get(f->arena, (size_t)n, width)))
        goto done;
    fill_rows(rows, type, width, f->ancestor);

    group = h5_group(f->id, group_path);
    for (int i = 0; i < TEXTS; i++)
        if (text[i].note
            ? h5_put_long_text(group, text[i].name, *text_of(f, i),
                               text[i].note)
            : h5_put_text(group, text[i].name, *text_of(f, i)))
            goto done;
    shape.size[0] = n;
    list = h5_layout(&shape, width);
    space = H5Screate_simple(1, &n, NULL);
    set = H5Dcreate2(group, files, type, space, H5P_DEFAULT, list,
                     H5P_DEFAULT);
    if (set < 0 || H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, rows) < 0
        || h5_put_text(set, "description", note) ||
        h5_put_text(set, "units", "1"))
        goto done;
    rc = 0;
done:
    hid_drop(list);
    hid_drop(space);
    hid_drop(type);
    hid_drop(set);
    hid_drop(group);
    return rc;
}

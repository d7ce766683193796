#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "h5file_priv.h"

/* Elements as they are in memory; those with names are enums. */
static const struct element {
    size_t size;
    const char *name[4];
} element[] = {
    [H5_U8] = { 1, { 0 } },
    [H5_I32] = { 4, { 0 } },
    [H5_I64] = { 8, { 0 } },
    [H5_F32] = { 4, { 0 } },
    [H5_F64] = { 8, { 0 } },
    [H5_BOOL] = { 1, { "FALSE", "TRUE" } },
    [H5_SPLIT] = { 1, { "train", "valid", "test" } },
    [H5_ROLE] = { 1, { "behaviour", "latent", "score" } },
    [H5_TEXT] = { H5_TEXT_SIZE, { 0 } },
    [H5_LINE] = { H5_LINE_SIZE, { 0 } },
};

const char *const *h5file_names(enum h5type type)
{
    static const char *const none[] = { NULL };

    return type == H5_TABLE ? none : element[type].name;
}

static hid_t enum_type(hid_t base, const char *const *name)
{
    hid_t type = H5Tenum_create(base);

    for (int8_t i = 0; name[i]; i++)
        H5Tenum_insert(type, name[i], &i);
    return type;
}

/* h5dump shows NUL-ended texts best. That memory says otherwise makes the
 * library itself clear what stands behind the NUL. */
static hid_t text_type(size_t size, bool memory)
{
    hid_t type = H5Tcopy(H5T_C_S1);

    H5Tset_size(type, size);
    H5Tset_cset(type, H5T_CSET_UTF8);
    H5Tset_strpad(type, memory ? H5T_STR_NULLPAD : H5T_STR_NULLTERM);
    return type;
}

static hid_t element_type(enum h5type t, bool memory)
{
    switch (t) {
    case H5_U8:
        return H5Tcopy(H5T_STD_U8LE);
    case H5_I32:
        return H5Tcopy(memory ? H5T_NATIVE_INT32 : H5T_STD_I32LE);
    case H5_I64:
        return H5Tcopy(memory ? H5T_NATIVE_INT64 : H5T_STD_I64LE);
    case H5_F32:
        return H5Tcopy(memory ? H5T_NATIVE_FLOAT : H5T_IEEE_F32LE);
    case H5_F64:
        return H5Tcopy(memory ? H5T_NATIVE_DOUBLE : H5T_IEEE_F64LE);
    case H5_BOOL:
        return enum_type(H5T_STD_I8LE, element[t].name);
    case H5_SPLIT:
    case H5_ROLE:
        return enum_type(H5T_STD_U8LE, element[t].name);
    case H5_TEXT:
    case H5_LINE:
        return text_type(element[t].size, memory);
    case H5_TABLE:
        break;
    }
    return -1;
}

struct h5field h5_of_reals(const struct h5field *d)
{
    struct h5field reals = *d;

    assert(d->type == H5_F32);
    reals.type = sizeof(real) == sizeof(double) ? H5_F64 : H5_F32;
    return reals;
}

hid_t h5_type(const struct h5field *d, bool memory)
{
    size_t size = 0;
    hid_t type;

    if (d->type != H5_TABLE)
        return element_type(d->type, memory);
    for (const struct h5column *c = d->column; c->name; c++)
        size += element[c->type].size;
    type = H5Tcreate(H5T_COMPOUND, memory ? d->row : size);
    size = 0;
    for (const struct h5column *c = d->column; c->name; c++) {
        hid_t member = element_type(c->type, memory);
        H5Tinsert(type, c->name, memory ? c->offset : size, member);
        hid_drop(member);
        size += element[c->type].size;
    }
    return type;
}

size_t h5_type_size(const struct h5field *d)
{
    return d->type == H5_TABLE ? d->row : element[d->type].size;
}

/* Texts may be shorter than our cells; all else is exact. */
static bool fits(hid_t type, enum h5type t)
{
    hid_t ours;
    bool same;

    if (t == H5_TEXT || t == H5_LINE)
        return H5Tget_class(type) == H5T_STRING &&
               H5Tis_variable_str(type) == 0 &&
               H5Tget_size(type) <= element[t].size;
    ours = element_type(t, false);
    same = H5Tequal(type, ours) > 0;
    hid_drop(ours);
    return same;
}

int h5_type_check(hid_t type, const struct h5field *d, const char *path)
{
    if (d->type != H5_TABLE)
        return fits(type, d->type) ? 0 : err_set(EX_DATAERR,
                                         "%s: wrong element type", path);
    if (H5Tget_class(type) != H5T_COMPOUND)
        return err_set(EX_DATAERR, "%s: not a table", path);
    for (const struct h5column *c = d->column; c->name; c++) {
        int i = H5Tget_member_index(type, c->name);
        hid_t member = i < 0 ? -1 : H5Tget_member_type(type, (unsigned)i);
        bool ok = member >= 0 && fits(member, c->type);

        hid_drop(member);
        if (!ok)
            return err_set(EX_DATAERR, "%s: column %s %s", path, c->name,
                           i < 0 ? "is missing" : "has the wrong type");
    }
    return 0;
}

/* Is every one of n elements, `stride` bytes apart, the number of a name, or a
 * text that ends? */
static bool sound(const unsigned char *at, enum h5type t, size_t n,
                  size_t stride)
{
    bool text = t == H5_TEXT || t == H5_LINE;
    unsigned char names = 0;

    while (names < 4 && element[t].name[names])
        names++;
    for (size_t i = 0; (names || text) && i < n; i++)
        if (text ? !memchr(at + i * stride, 0, element[t].size)
                 : at[i * stride] >= names)
            return false;
    return true;
}

int h5_values_check(const struct h5field *d, const char *path,
                    const void *from, size_t n)
{
    static const char wrong[] = "a value outside its enum, or an endless text";
    const unsigned char *at = from;

    if (d->type != H5_TABLE)
        return sound(at, d->type, n, element[d->type].size) ? 0 :
               err_set(EX_DATAERR, "%s: %s", path, wrong);
    for (const struct h5column *c = d->column; c->name; c++)
        if (!sound(at + c->offset, c->type, n, d->row))
            return err_set(EX_DATAERR, "%s: column %s: %s", path, c->name,
                           wrong);
    return 0;
}

int h5_put_text(hid_t at, const char *name, const char *text)
{
    hid_t type = text_type(strlen(text) + 1, false);
    hid_t space = H5Screate(H5S_SCALAR);
    hid_t id = H5Acreate2(at, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    int rc = id < 0 || H5Awrite(id, type, text) < 0 ? -1 : 0;

    hid_drop(id);
    hid_drop(space);
    hid_drop(type);
    return rc;
}

int h5_put_long_text(hid_t at, const char *name, const char *text,
                     const char *note)
{
    const struct h5shape scalar = { .rank = 0 };
    hid_t type = text_type(strlen(text) + 1, false);
    hid_t space = H5Screate(H5S_SCALAR), list = h5_layout(&scalar, 1);
    hid_t set = H5Dcreate2(at, name, type, space, H5P_DEFAULT, list,
                           H5P_DEFAULT);
    int rc = set < 0 ||
             H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, text) < 0 ||
             h5_put_text(set, "description", note) ||
             h5_put_text(set, "units", "1") ? -1 : 0;

    hid_drop(set);
    hid_drop(list);
    hid_drop(space);
    hid_drop(type);
    return rc;
}

/* The text of an attribute or dataset; takes its type and space. */
static const char *get(hid_t id, hid_t type, hid_t space, struct arena *a)
{
    char *text = NULL;

    if (id >= 0 && H5Tget_class(type) == H5T_STRING &&
        H5Tis_variable_str(type) == 0 &&
        H5Sget_simple_extent_npoints(space) == 1)
        text = arena_get(a, H5Tget_size(type) + 1, 1);
    if (text && (H5Iget_type(id) == H5I_ATTR
                 ? H5Aread(id, type, text)
                 : H5Dread(id, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, text)) < 0)
        text = NULL;
    hid_drop(space);
    hid_drop(type);
    return text;
}

const char *h5_get_text(hid_t at, const char *name, struct arena *a)
{
    hid_t id = H5Aopen(at, name, H5P_DEFAULT);
    const char *text = get(id, H5Aget_type(id), H5Aget_space(id), a);

    hid_drop(id);
    return text;
}

const char *h5_get_long_text(hid_t at, const char *name, struct arena *a)
{
    hid_t set = h5_open_set(at, name);
    const char *text = get(set, H5Dget_type(set), H5Dget_space(set), a);

    hid_drop(set);
    return text;
}

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "foreign_priv.h"
#include "utf8.h"

/* ---- what a type is ---- */

static bool has_integer_base(hid_t type)
{
    hid_t base = H5Tget_super(type);
    bool yes = base >= 0 && H5Tget_class(base) == H5T_INTEGER;

    hid_drop(base);
    return yes;
}

enum foreign_type foreign_type_of(hid_t type)
{
    switch (H5Tget_class(type)) {
    case H5T_INTEGER:
    case H5T_FLOAT:
        return FOREIGN_NUMBER;
    case H5T_ENUM:
        return has_integer_base(type) ? FOREIGN_NUMBER : FOREIGN_OTHER;
    case H5T_STRING:
        return FOREIGN_TEXT;
    case H5T_COMPOUND:
        return FOREIGN_TABLE;
    case H5T_REFERENCE:
        return H5Tequal(type, H5T_STD_REF_OBJ) > 0 ? FOREIGN_REFERENCE
                                                   : FOREIGN_OTHER;
    default:
        return FOREIGN_OTHER;
    }
}

/* ---- whether it can be ---- */

static bool bits_fit(hid_t type)
{
    size_t bits = 8 * H5Tget_size(type), precision = H5Tget_precision(type);
    int offset = H5Tget_offset(type);

    return precision > 0 && precision <= bits && offset >= 0 &&
           (size_t)offset <= bits - precision;
}

static bool float_fits(hid_t type)
{
    size_t bits = 8 * H5Tget_size(type), sign, at, size, from, length;

    return H5Tget_fields(type, &sign, &at, &size, &from, &length) >= 0 &&
           sign < bits && at < bits && size > 0 && size <= bits - at &&
           from < bits && length > 0 && length <= bits - from;
}

/* A byte has 256 values to name. */
static bool names_fit(hid_t type)
{
    int n = H5Tget_nmembers(type);

    return n > 0 && (H5Tget_size(type) > 1 || n <= 256);
}

static bool fits(hid_t type, int deep);

static bool base_fits(hid_t type, size_t times, int deep)
{
    hid_t base = H5Tget_super(type);
    size_t size;
    bool yes = base >= 0 && fits(base, deep) &&
               !__builtin_mul_overflow(H5Tget_size(base), times, &size) &&
               (!times || size == H5Tget_size(type));

    hid_drop(base);
    return yes;
}

static bool array_fits(hid_t type, int deep)
{
    hsize_t size[H5S_MAX_RANK];
    int rank = H5Tget_array_dims2(type, size);
    size_t n = 1;

    for (int i = 0; i < rank; i++)
        if (!size[i] || __builtin_mul_overflow(n, (size_t)size[i], &n))
            return false;
    return rank > 0 && base_fits(type, n, deep);
}

static bool columns_fit(hid_t type, int deep)
{
    size_t size = H5Tget_size(type);
    bool yes = true;

    for (int k = 0; yes && k < H5Tget_nmembers(type); k++) {
        size_t at = H5Tget_member_offset(type, (unsigned)k);
        hid_t inner = H5Tget_member_type(type, (unsigned)k);

        yes = inner >= 0 && fits(inner, deep) && at < size &&
              H5Tget_size(inner) <= size - at;
        hid_drop(inner);
    }
    return yes;
}

static bool fits(hid_t type, int deep)
{
    enum { DEEPEST = 16 };

    if (!H5Tget_size(type) || deep > DEEPEST)
        return false;
    switch (H5Tget_class(type)) {
    case H5T_INTEGER:
    case H5T_BITFIELD:
        return bits_fit(type);
    case H5T_FLOAT:
        return bits_fit(type) && float_fits(type);
    case H5T_ENUM:
        return names_fit(type) && base_fits(type, 1, deep + 1);
    case H5T_ARRAY:
        return array_fits(type, deep + 1);
    case H5T_COMPOUND:
        return columns_fit(type, deep + 1);
    case H5T_VLEN:
        return base_fits(type, 0, deep + 1);
    default:
        return true;
    }
}

/* libhdf5 reads types as they come, and then beyond their bytes. */
bool foreign_type_is_sound(hid_t type)
{
    return fits(type, 0);
}

/* ---- what it is called ---- */

/* The value of an enum's k-th name, and the name; both are the caller's. */
static char *enum_member(hid_t type, int k, void *value)
{
    return H5Tget_member_value(type, (unsigned)k, value) < 0 ? NULL :
           H5Tget_member_name(type, (unsigned)k);
}

/* h5py, MATLAB and we write TRUE and FALSE, or True and False. */
bool foreign_type_is_bool(hid_t type)
{
    unsigned char value[16];
    bool named[2] = { false, false };

    if (H5Tget_class(type) != H5T_ENUM || H5Tget_nmembers(type) != 2 ||
        H5Tget_size(type) != 1)
        return false;
    for (int k = 0; k < 2; k++) {
        char *name = enum_member(type, k, value);

        if (name && *value < 2 && !strcasecmp(name, *value ? "true" : "false"))
            named[*value] = true;
        H5free_memory(name);
    }
    return named[0] && named[1];
}

static const char *order_text(hid_t type)
{
    return H5Tget_order(type) == H5T_ORDER_BE && H5Tget_size(type) > 1
           ? " big-endian" : "";
}

static const char *integer_text(hid_t type, struct arena *a)
{
    return arena_text(a, "%sint%zu%s",
                      H5Tget_sign(type) == H5T_SGN_NONE ? "u" : "",
                      8 * H5Tget_size(type), order_text(type));
}

static const char *enum_text(hid_t type, struct arena *a)
{
    hid_t base = H5Tget_super(type);
    const char *of = base < 0 ? "?" : integer_text(base, a);

    hid_drop(base);
    return foreign_type_is_bool(type) ? "bool" :
           arena_text(a, "enum of %s, %d names", of, H5Tget_nmembers(type));
}

const char *foreign_type_text(hid_t type, struct arena *a)
{
    switch (H5Tget_class(type)) {
    case H5T_INTEGER:
        return integer_text(type, a);
    case H5T_FLOAT:
        return arena_text(a, "float%zu%s", 8 * H5Tget_size(type),
                          order_text(type));
    case H5T_ENUM:
        return enum_text(type, a);
    case H5T_STRING:
        return H5Tis_variable_str(type) > 0 ? "text" :
               arena_text(a, "text of %zu bytes", H5Tget_size(type));
    case H5T_COMPOUND:
        return arena_text(a, "table of %d columns", H5Tget_nmembers(type));
    case H5T_REFERENCE:
        return foreign_type_of(type) == FOREIGN_REFERENCE
               ? "reference" : "region reference";
    case H5T_BITFIELD:
        return "bitfield";
    case H5T_OPAQUE:
        return "opaque";
    case H5T_VLEN:
        return "sequences";
    case H5T_ARRAY:
        return "array";
    case H5T_TIME:
        return "time";
    default:
        return "unknown";
    }
}

/* ---- numbers ---- */

union number {
    int64_t i;
    uint64_t u;
    double d;
};

static int beyond(const char *label, size_t k)
{
    return err_set(EX_DATAERR, "%s: element %zu is an integer beyond 2^53, "
                   "which numbers here do not hold", label, k);
}

static int integers(hid_t type, union number *v, size_t n, const char *label)
{
    static const int64_t most = INT64_C(1) << 53;
    bool is_signed = H5Tget_sign(type) != H5T_SGN_NONE;

    if (H5Tget_size(type) > sizeof *v)
        return err_set(EX_DATAERR, "%s: integers of %zu bytes", label,
                       H5Tget_size(type));
    if (n && H5Tconvert(type, is_signed ? H5T_NATIVE_INT64 : H5T_NATIVE_UINT64,
                        n, v, NULL, H5P_DEFAULT) < 0)
        return err_set(EX_DATAERR, "%s: cannot be converted: %s", label,
                       foreign_why());
    for (size_t k = 0; k < n; k++) {
        if (is_signed ? v[k].i > most || v[k].i < -most
                      : v[k].u > (uint64_t)most)
            return beyond(label, k);
        v[k].d = is_signed ? (double)v[k].i : (double)v[k].u;
    }
    return 0;
}

/* An enum has no way to a float; its base has. */
int foreign_to_double(hid_t type, void *at, size_t n, const char *label)
{
    hid_t base = -1;
    int rc = 0;

    switch (H5Tget_class(type)) {
    case H5T_INTEGER:
        return integers(type, at, n, label);
    case H5T_ENUM:
        base = H5Tget_super(type);
        rc = integers(base, at, n, label);
        hid_drop(base);
        return rc;
    default:
        if (n && H5Tconvert(type, H5T_NATIVE_DOUBLE, n, at, NULL,
                            H5P_DEFAULT) < 0)
            rc = err_set(EX_DATAERR, "%s: cannot be converted: %s", label,
                         foreign_why());
        return rc;
    }
}

/* ---- texts ---- */

const char **foreign_enum_names(hid_t type, const void *at, size_t n,
                                const char *label, struct arena *a)
{
    size_t size = H5Tget_size(type), count = (size_t)H5Tget_nmembers(type);
    const char **text = arena_get(a, n, sizeof *text);
    const char **name = arena_get(a, count, sizeof *name);
    unsigned char *value = arena_get(a, count, size);

    if (!text || !name || !value)
        return NULL;
    for (size_t k = 0; k < count; k++) {
        char *own = enum_member(type, (int)k, value + k * size);

        name[k] = own ? foreign_utf8(own, strlen(own), a) : NULL;
        H5free_memory(own);
        if (!name[k])
            return NULL;
    }
    for (size_t i = 0; i < n; i++) {
        const unsigned char *v = (const unsigned char *)at + i * size;
        size_t k = 0;

        while (k < count && memcmp(v, value + k * size, size))
            k++;
        if (k == count) {
            err_set(EX_DATAERR, "%s: element %zu is none of the enum's values",
                    label, i);
            return NULL;
        }
        text[i] = name[k];
    }
    return text;
}

const char *foreign_utf8(const char *text, size_t length, struct arena *a)
{
    static const char instead[] = "\xEF\xBF\xBD";       /* U+FFFD */
    size_t n = strnlen(text, length), bad = 0, used = 0, step;
    char *to;

    for (size_t i = 0; i < n; i += step ? step : 1)
        bad += !(step = utf8_length(text + i, n - i));
    if (!(to = arena_get(a, n + 2 * bad + 1, 1)))
        return NULL;
    for (size_t i = 0; i < n; i += step ? step : 1) {
        step = utf8_length(text + i, n - i);
        memcpy(to + used, step ? text + i : instead, step ? step : 3);
        used += step ? step : 3;
    }
    return to;
}

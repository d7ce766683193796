#include "safetensors.h"

#include <endian.h>
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"
#include "err.h"

enum { PREFIX = 8, HEADER_MAX = 16 << 20, TENSORS_MAX = 1 << 16,
       NAME = 256 };

static const struct type {
    const char *name;
    size_t bytes;
    bool is_float;
} types[] = {
    { "F32", 4, true }, { "F64", 8, true }, { "F16", 2, true },
    { "BF16", 2, true }, { "I64", 8, false }, { "I32", 4, false },
    { "I16", 2, false }, { "I8", 1, false }, { "U64", 8, false },
    { "U32", 4, false }, { "U16", 2, false }, { "U8", 1, false },
    { "BOOL", 1, false },
};

/* ---- numbers ---- */

static uint64_t word(const unsigned char *at, size_t bytes)
{
    uint64_t x = 0;

    memcpy(&x, at, bytes);
    return le64toh(x);
}

static double half(uint16_t x)
{
    int exponent = x >> 10 & 31, mantissa = x & 1023;
    double y = exponent == 31 ? (mantissa ? NAN : INFINITY)
             : exponent == 0 ? ldexp(mantissa, -24)
             : ldexp(1024 + mantissa, exponent - 25);

    return x >> 15 ? -y : y;
}

static double single(uint32_t x)
{
    float y;

    memcpy(&y, &x, sizeof y);
    return (double)y;
}

double safetensors_value(const struct safetensor *x, size_t i)
{
    uint64_t bits;
    double y;

    if (!strcmp(x->type, "F32"))
        return single((uint32_t)word(x->bytes + 4 * i, 4));
    if (!strcmp(x->type, "BF16"))
        return single((uint32_t)word(x->bytes + 2 * i, 2) << 16);
    if (!strcmp(x->type, "F16"))
        return half((uint16_t)word(x->bytes + 2 * i, 2));
    bits = word(x->bytes + 8 * i, 8);
    memcpy(&y, &bits, sizeof y);
    return y;
}

/* ---- the header ---- */

bool safetensors_is(int fd)
{
    unsigned char start[PREFIX + 1];
    struct stat st;

    return !fstat(fd, &st) && S_ISREG(st.st_mode) &&
           pread(fd, start, sizeof start, 0) == sizeof start &&
           word(start, PREFIX) <= HEADER_MAX && start[PREFIX] == '{';
}

/* A JSON whole number that is a size. */
static bool size_of(const json_t *x, size_t *to)
{
    if (!json_is_integer(x) || json_integer_value(x) < 0)
        return false;
    *to = (size_t)json_integer_value(x);
    return true;
}

/* One entry of the header, whose data lie within `size` bytes. */
static int read_entry(struct safetensor *x, const json_t *entry,
                      const unsigned char *data, size_t size)
{
    const json_t *shape = json_object_get(entry, "shape");
    const json_t *offsets = json_object_get(entry, "data_offsets");
    const char *type = json_string_value(json_object_get(entry, "dtype"));
    const struct type *t = NULL;
    size_t from, to, bytes;

    for (size_t k = 0; type && k < sizeof types / sizeof *types; k++)
        if (!strcmp(type, types[k].name))
            t = &types[k];
    if (!t)
        return err_set(EX_DATAERR, "%s: dtype %.40s is not known here",
                       x->name, type ? type : "(none)");
    if (!json_is_array(shape) || json_array_size(shape) > SAFETENSORS_RANK)
        return err_set(EX_DATAERR, "%s: no shape of at most %d axes", x->name,
                       SAFETENSORS_RANK);
    x->type = t->name;
    x->is_float = t->is_float;
    x->rank = (int)json_array_size(shape);
    x->n = 1;
    for (int i = 0; i < x->rank; i++)
        if (!size_of(json_array_get(shape, (size_t)i), &x->size[i]) ||
            __builtin_mul_overflow(x->n, x->size[i], &x->n))
            return err_set(EX_DATAERR, "%s: axis %d of its shape is no size",
                           x->name, i);
    if (json_array_size(offsets) != 2 ||
        !size_of(json_array_get(offsets, 0), &from) ||
        !size_of(json_array_get(offsets, 1), &to) || from > to || to > size)
        return err_set(EX_DATAERR, "%s: data_offsets are not within the %zu "
                       "bytes of data", x->name, size);
    if (__builtin_mul_overflow(x->n, t->bytes, &bytes) || bytes != to - from)
        return err_set(EX_DATAERR, "%s: %zu bytes of data, but its shape and "
                       "dtype ask for others", x->name, to - from);
    x->bytes = data + from;
    return 0;
}

static int by_place(const void *a, const void *b)
{
    const struct safetensor *x = a, *y = b;

    if (x->bytes != y->bytes)
        return x->bytes < y->bytes ? -1 : 1;
    return (x->n > y->n) - (x->n < y->n);
}

static size_t bytes_of(const struct safetensor *x)
{
    for (size_t k = 0; k < sizeof types / sizeof *types; k++)
        if (!strcmp(x->type, types[k].name))
            return x->n * types[k].bytes;
    return 0;
}

/* Nothing overlaps, nothing is left over. */
static int check_places(struct safetensor *x, size_t n,
                        const unsigned char *data, size_t size)
{
    size_t at = 0;

    qsort(x, n, sizeof *x, by_place);
    for (size_t k = 0; k < n; k++) {
        if (x[k].bytes != data + at)
            return err_set(EX_DATAERR, "%s: its data do not begin where those "
                           "before it end", x[k].name);
        at += bytes_of(&x[k]);
    }
    return at == size ? 0 : err_set(EX_DATAERR, "%zu bytes of data, but its "
                                    "header speaks of %zu", size, at);
}

/* Can the name stand in a line? */
static bool plain(const char *name)
{
    size_t n = strlen(name);

    for (size_t i = 0; i < n; i++)
        if ((unsigned char)name[i] < ' ' || name[i] == 127)
            return false;
    return n > 0 && n <= NAME;
}

static struct safetensor *read_header(json_t *header, size_t *n,
                                      const unsigned char *data, size_t size,
                                      struct arena *a)
{
    struct safetensor *x = arena_get(a, json_object_size(header), sizeof *x);
    const char *name;
    json_t *entry;

    *n = 0;
    json_object_foreach(header, name, entry) {
        if (!strcmp(name, "__metadata__"))
            continue;
        if (!plain(name)) {
            err_set(EX_DATAERR, "an array's name is longer than %d bytes or "
                    "not printable", NAME);
            return NULL;
        }
        if (!x || !(x[*n].name = arena_text(a, "%s", name)) ||
            read_entry(&x[*n], entry, data, size))
            return NULL;
        ++*n;
    }
    return x && !check_places(x, *n, data, size) ? x : NULL;
}

/* ---- the file ---- */

static unsigned char *read_whole(int fd, size_t *size, struct arena *a)
{
    struct stat st;
    unsigned char *bytes;
    size_t at = 0;

    if (fstat(fd, &st)) {
        err_set(EX_IOERR, "%s", strerror(errno));
        return NULL;
    }
    *size = (size_t)st.st_size;
    if (!(bytes = arena_get(a, *size, 1)))
        return NULL;
    while (at < *size) {
        ssize_t n = pread(fd, bytes + at, *size - at, (off_t)at);
        if (n <= 0) {
            err_set(EX_IOERR, "cannot be read to its end");
            return NULL;
        }
        at += (size_t)n;
    }
    return bytes;
}

struct safetensor *safetensors_read(int fd, size_t *n, struct arena *a)
{
    size_t size = 0, length;
    unsigned char *bytes = read_whole(fd, &size, a);
    struct safetensor *x = NULL;
    json_t *header;

    if (!bytes)
        return NULL;
    length = size < PREFIX ? size : (size_t)word(bytes, PREFIX);
    if (size < PREFIX || length > size - PREFIX || length > HEADER_MAX) {
        err_set(EX_DATAERR, "its header of %zu bytes is longer than the file "
                "or %d MB", length, HEADER_MAX >> 20);
        return NULL;
    }
    header = json_loadb((char *)bytes + PREFIX, length, JSON_REJECT_DUPLICATES,
                        NULL);
    if (!json_is_object(header))
        err_set(EX_DATAERR, "its header is no JSON object");
    else if (json_object_size(header) > TENSORS_MAX)
        err_set(EX_DATAERR, "more than %d arrays", TENSORS_MAX);
    else
        x = read_header(header, n, bytes + PREFIX + length,
                        size - PREFIX - length, a);
    json_decref(header);
    return x;
}

/* kinds.h - a file of any kind, filled from its schema alone, and a way to
 * tamper with a file and seal it again. */
#ifndef KINDS_H
#define KINDS_H

#include <hdf5.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "../schemas/schemas.h"

static const struct h5origin kinds_origin = { "test", "seed=1 lr=0.003" };

/* Sizes by letter: some datasets lie in one piece, some in many chunks. */
static inline size_t kinds_size(char letter)
{
    switch (letter) {
    case 'N': return 3000;
    case 'T': return 30;
    case 'S': return 20000;
    case 'P': return 9000;
    case 'L': return 300;
    case 'm': return 7;
    case 'n': return 500;
    default: return 4;
    }
}

static inline size_t kinds_width(enum h5type t)
{
    static const size_t width[] = {
        [H5_U8] = 1, [H5_I32] = 4, [H5_I64] = 8, [H5_F32] = 4, [H5_F64] = 8,
        [H5_BOOL] = 1, [H5_SPLIT] = 1, [H5_ROLE] = 1,
        [H5_TEXT] = H5_TEXT_SIZE, [H5_LINE] = H5_LINE_SIZE, [H5_TABLE] = 0
    };
    return width[t];
}

/* The i-th of some values that differ. */
static inline void kinds_fill(void *to, enum h5type t, size_t i)
{
    switch (t) {
    case H5_U8: *(uint8_t *)to = (uint8_t)(i % 7); break;
    case H5_I32: *(int32_t *)to = (int32_t)(i % 1000) - 3; break;
    case H5_I64: *(int64_t *)to = (int64_t)i * 1000003 - 3; break;
    case H5_F32: *(float *)to = (float)((i * 2654435761u) % 10007) / 7; break;
    case H5_F64: *(double *)to = (double)((i * 2654435761u) % 10007) / 7; break;
    case H5_BOOL: *(int8_t *)to = i % 2; break;
    case H5_SPLIT:
    case H5_ROLE: *(uint8_t *)to = (uint8_t)(i % 3); break;
    case H5_TEXT: snprintf(to, H5_TEXT_SIZE, "text \xc3\xa4 %zu", i); break;
    case H5_LINE: snprintf(to, H5_LINE_SIZE, "line %zu", i); break;
    case H5_TABLE: break;
    }
}

static inline size_t kinds_bytes(const struct h5field *d)
{
    return d->type == H5_TABLE ? d->row : kinds_width(d->type);
}

/* n elements of a field, to be freed. What no member covers is `junk`. */
static inline void *kinds_values(const struct h5field *d, size_t n, int junk)
{
    char *x = malloc(n * kinds_bytes(d) + 1);

    memset(x, junk, n * kinds_bytes(d));
    for (size_t i = 0; i < n; i++)
        if (d->type != H5_TABLE)
            kinds_fill(x + i * kinds_bytes(d), d->type, i);
        else
            for (const struct h5column *c = d->column; c->name; c++)
                kinds_fill(x + i * d->row + c->offset, c->type, i);
    return x;
}

/* Shape of a family's k-th member. "?" is V by 3 C. */
static inline struct h5shape kinds_shape(const struct h5field *d)
{
    struct h5shape shape = { .rank = (int)strlen(d->dims) };

    if (!strcmp(d->dims, "?"))
        return (struct h5shape){ 2, { kinds_size('V'), 48 }, { "V", "3C" } };
    for (int i = 0; i < shape.rank; i++)
        shape.size[i] = kinds_size(d->dims[i]);
    return shape;
}

static inline size_t kinds_count(const struct h5shape *shape)
{
    size_t n = 1;
    for (int i = 0; i < shape->rank; i++)
        n *= shape->size[i];
    return n;
}

static const char *const kinds_member[] = { "1", "2", "10" };

static inline int kinds_put(struct h5file *f, const struct h5schema *s, int i,
                            int junk)
{
    const struct h5field *d = &s->field[i];
    struct h5shape shape = kinds_shape(d);
    void *x = kinds_values(d, kinds_count(&shape), junk);
    int rc = 0;

    if (d->flags & H5_FAMILY)
        for (int k = 0; k < 3; k++)
            rc |= h5file_put_member(f, i, kinds_member[k], &shape, x);
    else
        rc = h5file_put(f, i, x);
    free(x);
    return rc;
}

/* A file of this kind with every field. 0 or -1. */
static inline int kinds_write_by(const struct h5origin *origin,
                                 const char *path, const struct h5schema *s,
                                 int junk, const struct h5file *parent)
{
    struct h5file *f = h5file_create(path, s, origin);
    int rc = f ? 0 : -1;

    if (f && parent)
        rc = h5file_parent(f, parent);
    for (char c = 'A'; f && c <= 'Z'; c++)
        h5file_bind(f, c, kinds_size(c));
    for (int i = 0; !rc && i < s->nfields; i++)
        rc = kinds_put(f, s, i, junk);
    if (!rc)
        rc = h5file_commit(f);
    h5file_close(f);
    return rc;
}

static inline int kinds_write(const char *path, const struct h5schema *s,
                              int junk, const struct h5file *parent)
{
    return kinds_write_by(&kinds_origin, path, s, junk, parent);
}

/* ---- tampering ---- */

static inline char *kinds_slurp(const char *path, size_t *size)
{
    FILE *f = fopen(path, "rb");
    char *x;

    *size = 0;
    if (!f)
        return NULL;
    fseek(f, 0, SEEK_END);
    *size = (size_t)ftell(f);
    rewind(f);
    x = malloc(*size + 1);
    *size = fread(x, 1, *size, f);
    fclose(f);
    return x;
}

static inline void kinds_spill(const char *path, const char *x, size_t size)
{
    FILE *f;

    unlink(path);
    f = fopen(path, "wb");
    fwrite(x, 1, size, f);
    fclose(f);
}

/* A copy that may be written to. */
static inline void kinds_copy(const char *to, const char *from)
{
    size_t size;
    char *x = kinds_slurp(from, &size);

    kinds_spill(to, x, size);
    free(x);
}

/* Write size and SHA-256 of what follows the first 512 bytes into them. */
static inline void kinds_reseal(const char *path)
{
    static const char *const digits = "0123456789abcdef";
    unsigned char sum[EVP_MAX_MD_SIZE];
    size_t size, used;
    char *x = kinds_slurp(path, &size), hex[65] = "", block[513], foot[513];
    char *at = strstr(x, "\nsize "), *rest;

    EVP_Digest(x + 512, size - 512, sum, NULL, EVP_sha256(), NULL);
    for (int i = 0; i < 32; i++) {
        hex[2 * i] = digits[sum[i] >> 4];
        hex[2 * i + 1] = digits[sum[i] & 15];
    }
    rest = strstr(at, "sha256 ") + 7 + 64;
    snprintf(foot, sizeof foot, "%.*s", (int)(x + 512 - rest), rest);
    used = (size_t)snprintf(block, sizeof block, "%.*s\nsize %zu\nsha256 %s%s",
                            (int)(at - x), x, size - 512, hex, foot);
    if (used < 512)
        memset(block + used - 1, ' ', 512 - used);
    block[511] = '\n';
    memcpy(x, block, 512);
    kinds_spill(path, x, size);
    free(x);
}

static inline hid_t kinds_edit(const char *path)
{
    hid_t access = H5Pcreate(H5P_FILE_ACCESS), id;

    H5Pset_libver_bounds(access, H5F_LIBVER_EARLIEST, H5F_LIBVER_V110);
    H5Pset_file_locking(access, 0, 1);
    id = H5Fopen(path, H5F_ACC_RDWR, access);
    H5Pclose(access);
    return id;
}

#endif

#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "foreign_priv.h"
#include "guard.h"

/* ---- layout and filters ---- */

/* Filters of plugins, by the numbers that The HDF Group gave them. */
static const char *plugin_name(H5Z_filter_t id)
{
    static const struct { H5Z_filter_t id; const char *name; } known[] = {
        { 305, "LZO" }, { 307, "bzip2" }, { 32000, "LZF" }, { 32001, "Blosc" },
        { 32004, "LZ4" }, { 32008, "Bitshuffle" }, { 32013, "ZFP" },
        { 32015, "Zstandard" }, { 32017, "SZ" }, { 32026, "Blosc2" },
    };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].id == id)
            return known[i].name;
    return "unknown";
}

static int check_filters(hid_t list, const char *label)
{
    int n = H5Pget_nfilters(list);
    bool deflate = false, other = false;

    if (n < 0)
        return err_set(EX_DATAERR, "%s: its filters cannot be listed: %s",
                       label, foreign_why());
    for (int i = 0; i < n; i++) {
        char name[64] = "";
        unsigned flags;
        size_t values = 0;
        H5Z_filter_t id = H5Pget_filter2(list, (unsigned)i, &flags, &values,
                                         NULL, sizeof name, name, NULL);

        name[sizeof name - 1] = '\0';
        if (id < H5Z_FILTER_DEFLATE || id > H5Z_FILTER_SCALEOFFSET ||
            H5Zfilter_avail(id) <= 0)
            return err_set(EX_DATAERR, "%s: compressed by the filter %d (%s), "
                           "which is not here: h5repack -f GZIP=4 where it is, "
                           "or write it anew with h5py", label, (int)id,
                           *name ? name : plugin_name(id));
        deflate |= id == H5Z_FILTER_DEFLATE;
        other |= id > H5Z_FILTER_FLETCHER32;
    }
    if (deflate && other)
        return err_set(EX_DATAERR, "%s: gzip together with szip, nbit or "
                       "scale-offset: h5repack -f GZIP=4", label);
    return 0;
}

int foreign_check_layout(hid_t set, const char *label)
{
    hid_t list = H5Dget_create_plist(set);
    int rc = -1;

    if (list < 0)
        foreign_damaged(label);
    else if (H5Pget_layout(list) == H5D_VIRTUAL)
        err_set(EX_DATAERR, "%s: a virtual dataset, whose data may stand in "
                "other files: copy them in (h5repack, or h5py)", label);
    else if (H5Pget_external_count(list) != 0)
        err_set(EX_DATAERR, "%s: its data stand in another file: copy them in "
                "(h5repack)", label);
    else
        rc = check_filters(list, label);
    hid_drop(list);
    return rc;
}

/* ---- chunks ---- */

/* How chunks of a dataset lie. `before` and `after`: checksums that are put on
 * before and after deflate, 4 bytes each; bits: of a chunk's filter mask. */
struct chunks {
    const char *label;
    hid_t set, list;
    int rank, filters;
    H5Z_filter_t filter[H5Z_MAX_NFILTERS];
    hsize_t size[H5S_MAX_RANK], chunk[H5S_MAX_RANK];
    size_t bytes;               /* of a chunk's elements                      */
    bool edges_are_plain;
    unsigned char *raw, *out;
    size_t room;                /* of raw                                     */
};

/* Inflate n bytes: exactly `want` come out, and then the stream ends. */
static bool inflates(const unsigned char *from, size_t n, unsigned char *to,
                     size_t want)
{
    z_stream z = { .next_in = (unsigned char *)from, .avail_in = (uInt)n,
                   .next_out = to, .avail_out = (uInt)want + 1 };
    bool ok;

    if (inflateInit(&z) != Z_OK)
        return false;
    ok = inflate(&z, Z_FINISH) == Z_STREAM_END && z.total_out == want;
    inflateEnd(&z);
    return ok;
}

/* A stored chunk of `stored` bytes, whose `mask` names the filters that were
 * left out: undo them from the last, up to deflate or to the elements. */
static bool chunk_is_whole(const struct chunks *c, size_t stored,
                           unsigned mask)
{
    size_t want = c->bytes;
    int i = c->filters;

    while (--i >= 0)
        if (!(mask >> i & 1)) {
            if (c->filter[i] == H5Z_FILTER_DEFLATE)
                break;
            if (c->filter[i] > H5Z_FILTER_FLETCHER32)
                return true;    /* its own header says what it holds */
            if (c->filter[i] == H5Z_FILTER_FLETCHER32) {
                if (stored < 4)
                    return false;
                stored -= 4;
            }
        }
    if (i < 0)
        return stored == want;
    for (int k = 0; k < i; k++) {
        if (mask >> k & 1)
            continue;
        if (c->filter[k] == H5Z_FILTER_DEFLATE)
            return false;
        want += c->filter[k] == H5Z_FILTER_FLETCHER32 ? 4 : 0;
    }
    return inflates(c->raw, stored, c->out, want);
}

static int refuse_chunk(const struct chunks *c, const hsize_t *at,
                        const char *why)
{
    char text[256] = "";
    size_t used = 0;

    for (int i = 0; i < c->rank && used < sizeof text; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%llu",
                                 i ? "," : "", (unsigned long long)at[i]);
    return err_set(EX_DATAERR, "%s: the chunk at (%s) %s", c->label, text,
                   why);
}

static int check_chunk(struct foreign *f, struct chunks *c, const hsize_t *at)
{
    hsize_t stored;
    uint32_t mask;

    /* The library calls it an error where a chunk was never written. Where
     * more is wrong, H5Dread finds the same. */
    if (H5Dget_chunk_storage_size(c->set, at, &stored) < 0 || !stored)
        return 0;
    for (int i = 0; c->edges_are_plain && i < c->rank; i++)
        if (c->size[i] - at[i] < c->chunk[i])
            return 0;
    if (stored > f->bytes)
        return refuse_chunk(c, at, "says that it is larger than the file");
    if (stored > c->room) {
        size_t room = 2 * (size_t)stored < f->bytes ? 2 * (size_t)stored
                                                    : f->bytes;
        if (!(c->raw = arena_get(f->arena, room, 1)))
            return -1;
        c->room = room;
    }
    if (H5Dread_chunk(c->set, H5P_DEFAULT, at, &mask, c->raw) < 0)
        return refuse_chunk(c, at, "cannot be read");
    guard_worked(c->bytes);
    return chunk_is_whole(c, (size_t)stored, mask) ? 0 :
           refuse_chunk(c, at, "does not hold what its size promises: the "
                        "file is damaged");
}

/* Every chunk of the grid, in C order. */
static int check_grid(struct foreign *f, struct chunks *c)
{
    hsize_t at[H5S_MAX_RANK] = { 0 };
    int i;

    do {
        if (check_chunk(f, c, at))
            return -1;
        for (i = c->rank - 1; i >= 0; i--) {
            if (c->chunk[i] < c->size[i] - at[i]) {
                at[i] += c->chunk[i];
                break;
            }
            at[i] = 0;
        }
    } while (i >= 0);
    return 0;
}

/* A chunk's bytes, and that there are not more chunks than the file has
 * bytes. */
static int check_sizes(struct foreign *f, struct chunks *c, size_t element)
{
    size_t count = 1;

    c->bytes = element;
    for (int i = 0; i < c->rank; i++) {
        size_t along = c->chunk[i] ? c->size[i] / c->chunk[i] +
                                     (c->size[i] % c->chunk[i] != 0) : 0;

        if (!c->chunk[i] ||
            __builtin_mul_overflow(c->bytes, c->chunk[i], &c->bytes) ||
            c->bytes > f->memory || c->bytes > UINT32_MAX - 64)
            return err_set(EX_DATAERR, "%s: its chunks are larger than %zu MB "
                           "(--max-memory)", c->label, f->memory >> 20);
        if (__builtin_mul_overflow(count, along, &count) || count > f->bytes)
            return err_set(EX_DATAERR, "%s: more chunks than the file has "
                           "bytes: h5repack -l with larger ones", c->label);
    }
    return count ? 1 : 0;
}

/* Bytes of an element in the file, where a text of variable length takes 16 (a
 * length, an address, an index) in the place of a pointer. */
static size_t size_in_file(hid_t type)
{
    size_t size = H5Tget_size(type), more = 0;
    hid_t inner;

    if (H5Tis_variable_str(type) > 0)
        return 16;
    if (H5Tget_class(type) == H5T_ARRAY) {
        inner = H5Tget_super(type);
        more = size / H5Tget_size(inner) *
               (size_in_file(inner) - H5Tget_size(inner));
        hid_drop(inner);
    }
    for (int k = 0; H5Tget_class(type) == H5T_COMPOUND &&
                    k < H5Tget_nmembers(type); k++) {
        inner = H5Tget_member_type(type, (unsigned)k);
        more += size_in_file(inner) - H5Tget_size(inner);
        hid_drop(inner);
    }
    return size + more;
}

/* Rank, sizes, filters. 1: there are chunks to check; 0: none; -1: refused. */
static int look_at_chunks(struct foreign *f, struct chunks *c)
{
    hid_t space = -1, type = -1;
    unsigned options = 0;
    size_t element;
    int rc = -1;

    c->filters = H5Pget_nfilters(c->list);
    space = H5Dget_space(c->set);
    type = H5Dget_type(c->set);
    element = size_in_file(type);
    c->rank = H5Sget_simple_extent_dims(space, c->size, NULL);
    if (c->rank < 1 || c->filters < 0 || c->filters > H5Z_MAX_NFILTERS ||
        H5Pget_chunk(c->list, c->rank, c->chunk) != c->rank || !element) {
        foreign_damaged(c->label);
        goto done;
    }
    for (int i = 0; i < c->filters; i++) {
        unsigned flags;
        size_t values = 0;

        c->filter[i] = H5Pget_filter2(c->list, (unsigned)i, &flags, &values,
                                      NULL, 0, NULL, NULL);
    }
    H5Pget_chunk_opts(c->list, &options);
    c->edges_are_plain = options & H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS;
    rc = check_sizes(f, c, element);
done:
    hid_drop(type);
    hid_drop(space);
    return rc;
}

static int check_chunks(struct foreign *f, struct chunks *c)
{
    H5O_info_t info;
    int rc = look_at_chunks(f, c);

    if (rc <= 0)
        return rc;
    if (H5Oget_info2(c->set, &info, H5O_INFO_BASIC) < 0)
        return foreign_damaged(c->label);
    if ((rc = foreign_see(f, &f->sound, info.addr)) <= 0)
        return rc;
    c->out = arena_get(f->arena, c->bytes + 64, 1);
    return c->out ? check_grid(f, c) : -1;
}

/* ---- one piece ---- */

static int check_piece(hid_t set, const char *label)
{
    hid_t space = H5Dget_space(set), type = H5Dget_type(set);
    hssize_t n = H5Sget_simple_extent_npoints(space);
    H5D_space_status_t status;
    size_t want;
    int rc = 0;

    if (n < 0 || __builtin_mul_overflow(n, size_in_file(type), &want) ||
        H5Dget_space_status(set, &status) < 0)
        rc = foreign_damaged(label);
    else if (status != H5D_SPACE_STATUS_NOT_ALLOCATED &&
             H5Dget_storage_size(set) < want)
        rc = err_set(EX_DATAERR, "%s: %zu bytes, of which only %llu are in the "
                     "file", label, want,
                     (unsigned long long)H5Dget_storage_size(set));
    hid_drop(type);
    hid_drop(space);
    return rc;
}

int foreign_check_data(struct foreign *f, hid_t set, const char *label)
{
    struct chunks c = { .label = label, .set = set,
                        .list = H5Dget_create_plist(set) };
    int rc = -1;

    switch (H5Pget_layout(c.list)) {
    case H5D_CHUNKED:
        rc = check_chunks(f, &c);
        break;
    case H5D_CONTIGUOUS:
        rc = check_piece(set, label);
        break;
    case H5D_COMPACT:
        rc = 0;
        break;
    default:
        foreign_damaged(label);
    }
    hid_drop(c.list);
    return rc;
}

#include <assert.h>
#include <string.h>

#include "foreign_priv.h"
#include "guard.h"

/* What is read: a dataset or attribute, whole or a column of it. */
struct source {
    struct foreign *f;
    const char *label;          /* how errors name it                         */
    hid_t id, space, whole;     /* whole: the type as it is in the file       */
    hid_t memory, base;         /* to read with; of an element, without axes  */
    bool attribute;
    enum foreign_type type;
    int rank, axes;             /* axes: of the space, without an array's    */
    size_t size[FOREIGN_RANK], n;
    size_t element;             /* bytes of a base                            */
};

static void source_close(struct source *s)
{
    hid_drop(s->base);
    hid_drop(s->memory);
    hid_drop(s->whole);
    hid_drop(s->space);
    hid_drop(s->id);
}

/* ---- what there is ---- */

static int add_axes(struct source *s, int rank, const hsize_t *size)
{
    if (s->rank + rank > FOREIGN_RANK)
        return err_set(EX_DATAERR, "%s: %d axes, more than %d", s->label,
                       s->rank + rank, FOREIGN_RANK);
    for (int i = 0; i < rank; i++) {
        s->size[s->rank++] = (size_t)size[i];
        if (__builtin_mul_overflow(s->n, (size_t)size[i], &s->n))
            return err_set(EX_DATAERR, "%s: more elements than can be counted",
                           s->label);
    }
    return 0;
}

static int look_at_space(struct source *s)
{
    hsize_t size[H5S_MAX_RANK];

    s->space = s->attribute ? H5Aget_space(s->id) : H5Dget_space(s->id);
    switch (H5Sget_simple_extent_type(s->space)) {
    case H5S_NULL:
        return 0;
    case H5S_SCALAR:
        s->n = 1;
        return 0;
    case H5S_SIMPLE:
        s->n = 1;
        s->axes = H5Sget_simple_extent_dims(s->space, size, NULL);
        return s->axes < 1 ? foreign_damaged(s->label)
                           : add_axes(s, s->axes, size);
    default:
        return foreign_damaged(s->label);
    }
}

/* The type of a column, and a table of that column alone to read it with. */
static int choose_column(struct source *s, const char *column)
{
    int k;

    if (H5Tget_class(s->whole) != H5T_COMPOUND)
        return err_set(EX_DATAERR, "%s: not a table", s->label);
    if ((k = H5Tget_member_index(s->whole, column)) < 0)
        return err_set(EX_DATAERR, "%s: no column %s", s->label, column);
    s->base = H5Tget_member_type(s->whole, (unsigned)k);
    s->memory = H5Tcreate(H5T_COMPOUND, H5Tget_size(s->base));
    if (s->base < 0 || s->memory < 0 ||
        H5Tinsert(s->memory, column, 0, s->base) < 0)
        return foreign_damaged(s->label);
    s->label = arena_text(s->f->arena, "%s: column %s", s->label, column);
    return s->label ? 0 : -1;
}

static int choose_all(struct source *s)
{
    s->base = H5Tcopy(s->whole);
    s->memory = H5Tcopy(s->whole);
    return s->base < 0 || s->memory < 0 ? foreign_damaged(s->label) : 0;
}

/* An array of numbers has its axes behind those of the space. */
static int look_at_base(struct source *s)
{
    while (H5Tget_class(s->base) == H5T_ARRAY) {
        hsize_t size[H5S_MAX_RANK];
        int rank = H5Tget_array_dims2(s->base, size);
        hid_t inner = H5Tget_super(s->base);

        if (rank < 0 || inner < 0) {
            hid_drop(inner);
            return foreign_damaged(s->label);
        }
        if (H5Tget_class(inner) != H5T_ARRAY &&
            foreign_type_of(inner) != FOREIGN_NUMBER) {
            hid_drop(inner);
            break;
        }
        hid_drop(s->base);
        s->base = inner;
        if (add_axes(s, rank, size))
            return -1;
    }
    s->type = foreign_type_of(s->base);
    s->element = H5Tget_size(s->base);
    return s->element ? 0 : foreign_damaged(s->label);
}

/* Both take the id of the object. */
static int open_attribute(struct source *s, hid_t at, const char *attribute)
{
    if (H5Aexists(at, attribute) > 0)
        s->id = H5Aopen(at, attribute, H5P_DEFAULT);
    hid_drop(at);
    if (s->id < 0)
        return err_set(EX_DATAERR, "%s: no attribute %s", s->label, attribute);
    s->label = arena_text(s->f->arena, "%s: attribute %s", s->label,
                          attribute);
    return s->label ? 0 : -1;
}

static int take_set(struct source *s, hid_t at)
{
    s->id = at;
    if (H5Iget_type(at) != H5I_DATASET)
        return err_set(EX_DATAERR, "%s: not a dataset", s->label);
    return foreign_check_layout(at, s->label);
}

/* Open and look. `attribute` and `column` may be NULL. */
static int source_open(struct foreign *f, const char *path,
                       const char *attribute, const char *column,
                       struct source *s)
{
    hid_t at = foreign_object(f, path);

    *s = (struct source){ .f = f, .label = path, .attribute = attribute,
                          .id = -1, .space = -1, .whole = -1, .memory = -1,
                          .base = -1 };
    if (at < 0)
        return -1;
    if (attribute ? open_attribute(s, at, attribute) : take_set(s, at))
        goto fail;
    s->whole = attribute ? H5Aget_type(s->id) : H5Dget_type(s->id);
    if (s->whole < 0 || !foreign_type_is_sound(s->whole)) {
        err_set(EX_DATAERR, "%s: its elements' type is damaged", s->label);
        goto fail;
    }
    if (!look_at_space(s) &&
        !(column ? choose_column(s, column) : choose_all(s)) &&
        !look_at_base(s))
        return 0;
fail:
    source_close(s);
    return -1;
}

/* ---- looking ---- */

static int columns_of(struct source *s, struct foreign_set *to)
{
    const char **name;

    to->ncolumns = H5Tget_nmembers(s->whole);
    if (to->ncolumns < 0)
        return foreign_damaged(s->label);
    if (!(name = arena_get(s->f->arena, (size_t)to->ncolumns, sizeof *name)))
        return -1;
    for (int k = 0; k < to->ncolumns; k++) {
        char *own = H5Tget_member_name(s->whole, (unsigned)k);

        name[k] = arena_text(s->f->arena, "%s", own ? own : "");
        H5free_memory(own);
        if (!name[k])
            return -1;
    }
    to->column = name;
    return 0;
}

int foreign_look(struct foreign *f, const char *path, struct foreign_set *to)
{
    struct source s;
    int rc = -1;

    if (source_open(f, path, NULL, NULL, &s))
        return -1;
    *to = (struct foreign_set){
        .type = s.type, .rank = s.rank, .n = s.n,
        .is_bool = foreign_type_is_bool(s.base),
        .is_integer = s.type == FOREIGN_NUMBER &&
                      H5Tget_class(s.base) != H5T_FLOAT,
        .what = foreign_type_text(s.base, f->arena),
    };
    memcpy(to->size, s.size, sizeof to->size);
    rc = !to->what || (s.type == FOREIGN_TABLE && columns_of(&s, to)) ? -1 : 0;
    source_close(&s);
    return rc;
}

/* ---- reading ---- */

/* That n elements may be had: of the type that is wanted, within the memory,
 * from sound chunks. */
static int may_read(struct source *s, enum foreign_type type, size_t n)
{
    static const char *const word[] = {
        [FOREIGN_NUMBER] = "numbers", [FOREIGN_TEXT] = "texts",
        [FOREIGN_TABLE] = "a table", [FOREIGN_REFERENCE] = "references",
        [FOREIGN_OTHER] = "of another type"
    };
    size_t size = s->element > sizeof(double) ? s->element : sizeof(double);
    size_t bytes, row = H5Tget_size(s->whole);

    if (s->type != type)
        return err_set(EX_DATAERR, "%s: %s (%s), not %s", s->label,
                       word[s->type], foreign_type_text(s->base, s->f->arena),
                       word[type]);
    if (__builtin_mul_overflow(n, size, &bytes) || bytes > s->f->memory ||
        row > s->f->memory)
        return err_set(EX_DATAERR, "%s: %zu elements of %zu bytes are more "
                       "than %zu MB (--max-memory)", s->label, n, size,
                       s->f->memory >> 20);
    return s->attribute ? 0 : foreign_check_data(s->f, s->id, s->label);
}

/* n elements. */
static int read_raw(struct source *s, size_t n, hid_t memory_space,
                    hid_t file_space, void *to)
{
    if (!n)
        return 0;
    if ((s->attribute ? H5Aread(s->id, s->memory, to)
                      : H5Dread(s->id, s->memory, memory_space, file_space,
                                H5P_DEFAULT, to)) < 0)
        return err_set(EX_DATAERR, "%s: cannot be read: %s", s->label,
                       foreign_why());
    guard_worked(n * s->element);
    return 0;
}

/* All elements, untouched, each in the room of a double at least. */
static void *read_all(struct source *s, enum foreign_type type)
{
    size_t size = s->element > sizeof(double) ? s->element : sizeof(double);
    void *raw;

    if (may_read(s, type, s->n) ||
        !(raw = arena_get(s->f->arena, s->n, size)) ||
        read_raw(s, s->n, H5S_ALL, H5S_ALL, raw))
        return NULL;
    return raw;
}

static double *numbers(struct source *s)
{
    double *x = read_all(s, FOREIGN_NUMBER);

    return x && !foreign_to_double(s->base, x, s->n, s->label) ? x : NULL;
}

double *foreign_numbers(struct foreign *f, const char *path,
                        const char *column, size_t *n)
{
    struct source s;
    double *x;

    if (source_open(f, path, NULL, column, &s))
        return NULL;
    x = numbers(&s);
    *n = s.n;
    source_close(&s);
    return x;
}

/* Rows of the first axis by a hyperslab; `to` has room for doubles, so larger
 * elements are read beside it. */
static int read_rows(struct source *s, size_t first, size_t count, double *to)
{
    size_t n = s->n / s->size[0] * count;
    hsize_t at[FOREIGN_RANK] = { first }, size[FOREIGN_RANK];
    struct arena *beside = arena_open();
    hid_t rows = -1;
    void *raw = to;
    int rc = -1;

    if (!beside || may_read(s, FOREIGN_NUMBER, n))
        goto done;
    if (s->element > sizeof *to &&
        !(raw = arena_get(beside, n, s->element)))
        goto done;
    for (int i = 0; i < s->axes; i++)
        size[i] = s->size[i];
    size[0] = count;
    rows = H5Screate_simple(s->axes, size, NULL);
    H5Sselect_hyperslab(s->space, H5S_SELECT_SET, at, NULL, size, NULL);
    if (read_raw(s, n, rows, s->space, raw) ||
        foreign_to_double(s->base, raw, n, s->label))
        goto done;
    if (raw != to)
        memcpy(to, raw, n * sizeof *to);
    rc = 0;
done:
    hid_drop(rows);
    arena_close(beside);
    return rc;
}

int foreign_rows(struct foreign *f, const char *path, size_t first,
                 size_t count, double *to)
{
    struct source s;
    int rc = 0;

    if (source_open(f, path, NULL, NULL, &s))
        return -1;
    if (!s.axes || first > s.size[0] || count > s.size[0] - first)
        rc = err_set(EX_DATAERR, "%s: has no rows %zu to %zu", path, first,
                     first + count);
    else if (count)
        rc = read_rows(&s, first, count, to);
    source_close(&s);
    return rc;
}

/* ---- texts ---- */

/* Of variable length: the library's strings become the arena's. */
static int take_strings(struct source *s, char **own, const char **text)
{
    int rc = 0;

    for (size_t i = 0; !rc && i < s->n; i++) {
        const char *one = own[i] ? own[i] : "";
        if (!(text[i] = foreign_utf8(one, strlen(one), s->f->arena)))
            rc = -1;
    }
    if (s->n)
        H5Dvlen_reclaim(s->memory, s->space, H5P_DEFAULT, own);
    return rc;
}

static int take_cells(struct source *s, const char *cell, const char **text)
{
    for (size_t i = 0; i < s->n; i++, cell += s->element) {
        size_t n = strnlen(cell, s->element);

        while (n && cell[n - 1] == ' ')
            n--;
        if (!(text[i] = foreign_utf8(cell, n, s->f->arena)))
            return -1;
    }
    return 0;
}

static const char **texts(struct source *s)
{
    bool names = H5Tget_class(s->base) == H5T_ENUM;
    void *raw = read_all(s, names ? FOREIGN_NUMBER : FOREIGN_TEXT);
    const char **text;

    if (!raw)
        return NULL;
    if (names && s->type == FOREIGN_NUMBER)
        return foreign_enum_names(s->base, raw, s->n, s->label, s->f->arena);
    if (!(text = arena_get(s->f->arena, s->n, sizeof *text)))
        return NULL;
    return (H5Tis_variable_str(s->base) > 0 ? take_strings(s, raw, text)
                                            : take_cells(s, raw, text))
           ? NULL : text;
}

const char **foreign_texts(struct foreign *f, const char *path,
                           const char *column, size_t *n)
{
    struct source s;
    const char **text;

    if (source_open(f, path, NULL, column, &s))
        return NULL;
    text = texts(&s);
    *n = s.n;
    source_close(&s);
    return text;
}

/* ---- references ---- */

static const char **targets(struct source *s)
{
    hobj_ref_t *at = read_all(s, FOREIGN_REFERENCE);
    const char **path = at ? arena_get(s->f->arena, s->n, sizeof *path) : NULL;

    for (size_t i = 0; path && i < s->n; i++)
        if (at[i] && !(path[i] = foreign_at(s->f, at[i]))) {
            if (!err_code())
                err_set(EX_DATAERR, "%s: element %zu refers to nothing in the "
                        "file", s->label, i);
            path = NULL;
        }
    return path;
}

const char **foreign_targets(struct foreign *f, const char *path,
                             const char *column, size_t *n)
{
    struct source s;
    const char **target;

    if (source_open(f, path, NULL, column, &s))
        return NULL;
    target = targets(&s);
    *n = s.n;
    source_close(&s);
    return target;
}

/* ---- attributes ---- */

/* Open an attribute of a type; false, quietly, where there is none such. */
static bool attribute_open(struct foreign *f, const char *path,
                           const char *attribute, enum foreign_type type,
                           struct source *s)
{
    if (source_open(f, path, attribute, NULL, s)) {
        err_clear();
        return false;
    }
    if (s->type == type)
        return true;
    source_close(s);
    return false;
}

bool foreign_number_of(struct foreign *f, const char *path,
                       const char *attribute, double *to)
{
    struct source s;
    double *x;

    if (!attribute_open(f, path, attribute, FOREIGN_NUMBER, &s))
        return false;
    x = s.n == 1 ? numbers(&s) : NULL;
    source_close(&s);
    err_clear();
    if (x)
        *to = *x;
    return x;
}

const char **foreign_texts_of(struct foreign *f, const char *path,
                              const char *attribute, size_t *n)
{
    struct source s;
    const char **text;

    if (!attribute_open(f, path, attribute, FOREIGN_TEXT, &s))
        return NULL;
    text = texts(&s);
    *n = s.n;
    source_close(&s);
    err_clear();
    return text;
}

const char *foreign_text_of(struct foreign *f, const char *path,
                            const char *attribute)
{
    size_t n = 0;
    const char **text = foreign_texts_of(f, path, attribute, &n);

    return text && n == 1 ? *text : NULL;
}

/* test_foreign.c - what h5py writes is read as h5py reads it, bit for bit, or
 * refused in one line.
 *
 * foreign_files.py makes the files, and beside them what h5py makes of each
 * dataset. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <errno.h>
#include <hdf5.h>
#include <math.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "../lib/arena.h"
#include "../lib/err.h"
#include "../lib/foreign.h"
#include "../lib/guard.h"
#include "scratch.h"

enum { MEMORY = 64 << 20 };

static struct arena *a;
static struct foreign *f;
static const char *const both[] = { "early.h5", "latest.h5" };

static int make_files(void **state)
{
    char command[512];
    if (scratch_make(state) || !(a = arena_open()))
        return -1;
    snprintf(command, sizeof command,
             "PATH=/usr/bin:$PATH python3 tests/foreign_files.py %s", scratch);
    return system(command);
}

static int remove_files(void **state)
{
    arena_close(a);
    return scratch_remove(state);
}

static void open_it(const char *name)
{
    f = foreign_open(in_scratch(name), MEMORY, a);
    if (!f)
        fail_msg("%s", err_text());
}

/* After every test: no id is left open. */
static int close_it(void **state)
{
    (void)state;
    foreign_close(f);
    f = NULL;
    arena_reset(a);
    err_clear();
    return H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL) ? -1 : 0;
}

/* Refused: that code, and all those words in one line. */
static void refused(bool was, int code, const char *words, const char *more)
{
    if (!was || err_code() != code || !strstr(err_text(), words) ||
        !strstr(err_text(), more) || strchr(err_text(), '\n'))
        fail_msg("%d \"%s\" is not %d \"%s\", \"%s\"", err_code(), err_text(),
                 code, words, more);
    err_clear();
}

/* What h5py read; its bytes. */
static char *expected(const char *name, size_t *size)
{
    FILE *in = fopen(in_scratch(name), "rb");
    char *all = NULL;
    *size = 0;
    if (in) {
        all = calloc(1, 1 << 20);
        *size = fread(all, 1, (1 << 20) - 1, in);
        fclose(in);
    }
    return all;
}

static void same_numbers(const char *name, const double *x, size_t n)
{
    size_t size;
    char *bytes = expected(name, &size);
    const double *want = (const double *)bytes;
    if (!x)
        fail_msg("%s: %s", name, err_text());
    if (!bytes || size != n * sizeof *x)
        fail_msg("%s: %zu numbers, %zu bytes expected", name, n, size);
    for (size_t i = 0; i < n; i++)
        if (!(isnan(x[i]) && isnan(want[i])) &&
            memcmp(&x[i], &want[i], sizeof *x) != 0)
            fail_msg("%s: [%zu] is %.17g, not %.17g", name, i, x[i], want[i]);
    free(bytes);
}

static void same_texts(const char *name, const char **text, size_t n)
{
    size_t size;
    char *bytes = expected(name, &size), *at = bytes;
    if (!text)
        fail_msg("%s: %s", name, err_text());
    for (size_t i = 0; i < n; i++) {
        char *line = strsep(&at, "\n");
        assert_non_null(line);
        assert_string_equal(text[i], line);
    }
    assert_string_equal(at, "");
    free(bytes);
}

/* "/numbers/f4.le" as "numbers.f4.le". */
static const char *flat(const char *path)
{
    char *name = arena_text(a, "%s", path + 1);
    for (char *c = name; *c; c++)
        *c = *c == '/' ? '.' : *c;
    return name;
}

/* ---- numbers ---- */

static int count;

static int compare_numbers(void *with, const char *path)
{
    struct foreign_set set;
    size_t n = 0;
    double *x = foreign_numbers(f, path, NULL, &n);
    (void)with;
    same_numbers(flat(path), x, n);
    assert_int_equal(foreign_look(f, path, &set), 0);
    assert_int_equal(set.type, FOREIGN_NUMBER);
    assert_int_equal(set.n, n);
    count++;
    return 0;
}

static void numbers_of_every_type_and_layout_are_as_h5py_reads_them(void **s)
{
    (void)s;
    for (int k = 0; k < 2; k++) {
        open_it(both[k]);
        count = 0;
        assert_int_equal(foreign_walk(f, "/numbers", compare_numbers, NULL),
                         0);
        assert_int_equal(count, 59);
        foreign_close(f);
    }
    f = NULL;
}

static int compare_rows(void *with, const char *path)
{
    struct foreign_set set;
    size_t n = 0;
    double *x, *rows;
    (void)with;
    assert_int_equal(foreign_look(f, path, &set), 0);
    if (!set.rank || !set.n)
        return 0;
    x = foreign_numbers(f, path, NULL, &n);
    rows = arena_get(a, n, sizeof *rows);
    for (size_t r = 0, step = 2; r < set.size[0]; r += step) {
        size_t here = set.size[0] - r < step ? set.size[0] - r : step;
        if (foreign_rows(f, path, r, here, rows + r * (n / set.size[0])))
            fail_msg("%s", err_text());
    }
    assert_memory_equal(x, rows, n * sizeof *x);
    count++;
    return 0;
}

static void rows_two_by_two_are_the_whole(void **s)
{
    (void)s;
    open_it("early.h5");
    count = 0;
    assert_int_equal(foreign_walk(f, "/numbers", compare_rows, NULL), 0);
    assert_int_equal(count, 57);
    refused(foreign_rows(f, "/numbers/bool", 1, 2, NULL), EX_DATAERR,
            "/numbers/bool: ", "no rows 1 to 3");
    refused(foreign_rows(f, "/numbers/scalar", 0, 1, NULL), EX_DATAERR,
            "/numbers/scalar: ", "no rows");
}

static void looked(const char *path, const char *what, bool is_bool,
                   bool is_integer, int rank)
{
    struct foreign_set set;
    if (foreign_look(f, path, &set))
        fail_msg("%s", err_text());
    assert_string_equal(set.what, what);
    assert_int_equal(set.is_bool, is_bool);
    assert_int_equal(set.is_integer, is_integer);
    assert_int_equal(set.rank, rank);
}

static void types_are_called_by_their_names(void **s)
{
    (void)s;
    open_it("early.h5");
    looked("/numbers/f4.le", "float32", false, false, 2);
    looked("/numbers/i2.be", "int16 big-endian", false, true, 2);
    looked("/numbers/u1.be", "uint8", false, true, 2);
    looked("/numbers/bool", "bool", true, true, 2);
    looked("/numbers/enum", "enum of int16 big-endian, 2 names", false, true,
           1);
    looked("/numbers/array.f4", "float32", false, false, 3);
    looked("/numbers/scalar", "float32", false, false, 0);
    looked("/texts/lines", "text", false, false, 1);
    looked("/texts/cells", "text of 5 bytes", false, false, 1);
    looked("/table/plain", "table of 6 columns", false, false, 1);
    looked("/references", "reference", false, false, 1);
    foreign_close(f);
    open_it("links.h5");
    looked("/sequences", "sequences", false, false, 1);
    looked("/region", "region reference", false, false, 1);
}

static void a_null_dataspace_has_no_elements(void **s)
{
    struct foreign_set set;
    size_t n = 7;
    (void)s;
    open_it("early.h5");
    assert_int_equal(foreign_look(f, "/null", &set), 0);
    assert_int_equal(set.n, 0);
    assert_non_null(foreign_numbers(f, "/null", NULL, &n));
    assert_int_equal(n, 0);
}

static void edge_chunks_that_were_not_filtered_are_read(void **s)
{
    hid_t file = H5Fcreate(in_scratch("edges.h5"), H5F_ACC_TRUNC, H5P_DEFAULT,
                           H5P_DEFAULT);
    hid_t list = H5Pcreate(H5P_DATASET_CREATE), set, space;
    float x[100];
    size_t n;
    double *got;
    (void)s;
    H5Pset_chunk(list, 1, (hsize_t[]){ 30 });
    H5Pset_deflate(list, 4);
    H5Pset_chunk_opts(list, H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS);
    space = H5Screate_simple(1, (hsize_t[]){ 100 }, NULL);
    set = H5Dcreate2(file, "x", H5T_IEEE_F32LE, space, H5P_DEFAULT, list,
                     H5P_DEFAULT);
    for (int i = 0; i < 100; i++)
        x[i] = (float)i;
    assert_int_equal(H5Dwrite(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL,
                              H5P_DEFAULT, x), 0);
    H5Dclose(set);
    H5Sclose(space);
    H5Pclose(list);
    H5Fclose(file);
    open_it("edges.h5");
    got = foreign_numbers(f, "/x", NULL, &n);
    if (!got)
        fail_msg("%s", err_text());
    assert_true(got[99] == 99 && n == 100);
}

/* ---- tables, texts, references ---- */

static void columns_of_tables_are_as_h5py_reads_them(void **s)
{
    static const char *const table[] = { "/table/plain", "/table/gzip" };
    struct foreign_set set;
    size_t n = 0;
    (void)s;
    for (int k = 0; k < 4; k++) {
        const char *path = table[k / 2];
        open_it(both[k % 2]);
        assert_int_equal(foreign_look(f, path, &set), 0);
        assert_int_equal(set.type, FOREIGN_TABLE);
        assert_int_equal(set.ncolumns, 6);
        assert_string_equal(set.column[2], "c");
        for (const char *c = "abdf"; *c; c++) {
            char column[] = { *c, 0 };
            double *x = foreign_numbers(f, path, column, &n);
            same_numbers(arena_text(a, "table.%c", *c), x, n);
            assert_int_equal(n, *c == 'd' ? 18 : 9);
        }
        assert_string_equal(foreign_texts(f, path, "c", &n)[8], "six");
        assert_string_equal(foreign_texts(f, path, "e", &n)[8], "längér");
        refused(!foreign_numbers(f, path, "c", &n), EX_DATAERR, path,
                "column c: texts (text of 6 bytes), not numbers");
        refused(!foreign_numbers(f, path, "z", &n), EX_DATAERR, path,
                "no column z");
        refused(!foreign_numbers(f, path, NULL, &n), EX_DATAERR, path,
                "a table");
        foreign_close(f);
    }
    open_it("early.h5");
    assert_true(foreign_numbers(f, "/table/complex", "i", &n)[1] == -4);
    refused(!foreign_numbers(f, "/numbers/bool", "a", &n), EX_DATAERR,
            "/numbers/bool", "not a table");
}

static int compare_texts(void *with, const char *path)
{
    size_t n = 0;
    const char **text = foreign_texts(f, path, NULL, &n);
    (void)with;
    same_texts(flat(path), text, n);
    count++;
    return 0;
}

static void texts_are_as_h5py_reads_them_without_what_fills_them(void **s)
{
    (void)s;
    for (int k = 0; k < 2; k++) {
        open_it(both[k]);
        count = 0;
        assert_int_equal(foreign_walk(f, "/texts", compare_texts, NULL), 0);
        assert_int_equal(count, 8);
        foreign_close(f);
    }
    f = NULL;
}

static void bytes_that_are_not_utf8_are_marked(void **s)
{
    size_t n;
    const char **text;
    (void)s;
    open_it("early.h5");
    text = foreign_texts(f, "/latin1", NULL, &n);
    assert_string_equal(text[0], "caf\xEF\xBF\xBD");
    assert_string_equal(text[1], "\xEF\xBF\xBD(");
    assert_string_equal(text[2],
                        "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
}

static void an_enum_gives_its_names(void **s)
{
    size_t n;
    const char **text;
    (void)s;
    open_it("latest.h5");
    text = foreign_texts(f, "/numbers/enum", NULL, &n);
    assert_int_equal(n, 3);
    assert_string_equal(text[0], "high");
    assert_string_equal(text[1], "low");
    assert_string_equal(foreign_texts(f, "/numbers/bool", NULL, &n)[1],
                        "FALSE");
    refused(!foreign_texts(f, "/numbers/f4.le", NULL, &n), EX_DATAERR,
            "/numbers/f4.le", "numbers (float32), not texts");
}

static void references_give_the_paths_of_what_they_point_to(void **s)
{
    size_t n;
    const char **path;
    (void)s;
    for (int k = 0; k < 2; k++) {
        open_it(both[k]);
        path = foreign_targets(f, "/references", NULL, &n);
        assert_int_equal(n, 3);
        assert_string_equal(path[0], "/null");
        assert_string_equal(path[1], "/texts");
        assert_null(path[2]);
        refused(!foreign_targets(f, "/null", NULL, &n), EX_DATAERR, "/null",
                "not references");
        foreign_close(f);
    }
    f = NULL;
}

static void attributes_are_there_or_quietly_not(void **s)
{
    double x = 0;
    size_t n;
    const char **text;
    (void)s;
    open_it("early.h5");
    assert_string_equal(foreign_text_of(f, "/names", "text"), "längér");
    assert_string_equal(foreign_text_of(f, "/names", "cell"), "cell");
    assert_string_equal(foreign_text_of(f, "/names", "bytes"), "raw");
    assert_true(foreign_number_of(f, "/names", "number", &x) && x == 0.5);
    assert_true(foreign_number_of(f, "/names", "flag", &x) && x == 1);
    assert_true(foreign_number_of(f, "/names", "one", &x) && x == 7);
    assert_true(foreign_number_of(f, "/names", "big", &x) && x == 3);
    text = foreign_texts_of(f, "/names", "texts", &n);
    assert_int_equal(n, 2);
    assert_string_equal(text[1], "bc");
    text = foreign_texts_of(f, "/names", "cells", &n);
    assert_string_equal(text[0], "x");
    assert_null(foreign_text_of(f, "/names", "texts"));
    assert_null(foreign_text_of(f, "/names", "number"));
    assert_null(foreign_text_of(f, "/names", "target"));
    assert_null(foreign_text_of(f, "/names", "missing"));
    assert_null(foreign_text_of(f, "/nowhere", "text"));
    assert_false(foreign_number_of(f, "/names", "text", &x));
    assert_false(foreign_number_of(f, "/names", "none", &x));
    assert_int_equal(err_code(), 0);
}

/* ---- links ---- */

static int note_path(void *with, const char *path)
{
    char **at = with;
    *at = stpcpy(stpcpy(*at, path), " ");
    return 0;
}

static void names_are_sorted_and_a_dataset_is_met_once(void **s)
{
    static const char *const want[] = { "again", "near", "soft", "unit9",
                                        "unit10" };
    char paths[256] = "", *at = paths;
    size_t n;
    const char **name;
    (void)s;
    open_it("early.h5");
    name = foreign_names(f, "/names", &n);
    assert_int_equal(n, 5);
    for (size_t i = 0; i < n; i++)
        assert_string_equal(name[i], want[i]);
    assert_int_equal(foreign_walk(f, "/names", note_path, &at), 0);
    assert_string_equal(paths, "/names/again /names/unit10 ");
    refused(!foreign_names(f, "/null", &n), EX_DATAERR, "/null",
            "not a group");
}

static void soft_links_lead_to_what_they_name(void **s)
{
    size_t n;
    (void)s;
    open_it("early.h5");
    assert_true(*foreign_numbers(f, "/names/near", NULL, &n) == 1);
    assert_true(*foreign_numbers(f, "names//soft", NULL, &n) == 1);
    assert_true(foreign_is_set(f, "/names/near"));
    assert_true(foreign_is_group(f, "/"));
    assert_false(foreign_is_set(f, "/names"));
    assert_false(foreign_is_group(f, "/names/near"));
    assert_false(foreign_is_set(f, "/names/near/more"));
    assert_int_equal(err_code(), 0);
    foreign_close(f);
    open_it("steps.h5");
    assert_true(*foreign_numbers(f, "/far/16", NULL, &n) == 1);
    refused(!foreign_numbers(f, "/far/17", NULL, &n), EX_DATAERR, "/far/17",
            "more than 16");
}

static int pass(void *with, const char *path)
{
    (void)with;
    (void)path;
    return 0;
}

static void circles_end(void **s)
{
    size_t n;
    (void)s;
    open_it("links.h5");
    refused(!foreign_numbers(f, "/loop", NULL, &n), EX_DATAERR, "/loop",
            "circles");
    refused(foreign_walk(f, "/", pass, NULL), EX_DATAERR, "/g/h/up",
            "a group that holds itself");
    foreign_close(f);
    open_it("steps.h5");
    assert_int_equal(foreign_walk(f, "/g", pass, NULL), 0);
    foreign_close(f);
    open_it("deep.h5");
    refused(foreign_walk(f, "/", pass, NULL), EX_DATAERR, "/g/g/g",
            "more than 32 groups deep");
}

static int answer(void *with, const char *path)
{
    (void)path;
    return ++*(int *)with == 3 ? 42 : 0;
}

static void a_walk_stops_where_it_is_told(void **s)
{
    int met = 0;
    (void)s;
    open_it("early.h5");
    assert_int_equal(foreign_walk(f, "/numbers", answer, &met), 42);
    assert_int_equal(met, 3);
}

/* ---- refusals ---- */

static void what_is_elsewhere_or_unknown_is_refused_by_name(void **s)
{
    static const struct { const char *path, *why; } list[] = {
        { "/outside", "/outside: an external link to early.h5" },
        { "/nowhere", "/nowhere: /not: not in the file" },
        { "/missing", "/missing: not in the file" },
        { "/x/y", "/x: not a group" },
        { "/virtual", "/virtual: a virtual dataset" },
        { "/raw", "/raw: its data stand in another file" },
        { "/lzf", "/lzf: compressed by the filter 32000 (lzf), which" },
        { "/large", "/large: element 1 is an integer beyond 2^53" },
        { "/small", "/small: element 0 is an integer beyond 2^53" },
        { "/huge", "/huge: 1099511627776 elements of 8 bytes are more" },
        { "/deep", "/deep: 9 axes, more than 8" },
        { "/sequences", "of another type (sequences), not numbers" },
        { "/region", "of another type (region reference), not numbers" },
        { "/g", "/g: not a dataset" },
    };
    size_t n;
    (void)s;
    open_it("links.h5");
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        refused(!foreign_numbers(f, list[i].path, NULL, &n), EX_DATAERR,
                list[i].why, "");
    assert_true(*foreign_numbers(f, "/x", NULL, &n) == 0);
}

static void not_an_hdf5(const char *bytes, size_t size, int code,
                        const char *words)
{
    FILE *out = fopen(in_scratch("not.h5"), "wb");
    fwrite(bytes, 1, size, out);
    fclose(out);
    refused(!foreign_open(in_scratch("not.h5"), MEMORY, a), code, words, "");
}

static void files_that_are_not_hdf5_are_told_what_they_are(void **s)
{
    (void)s;
    not_an_hdf5("", 0, EX_DATAERR, "empty");
    not_an_hdf5("hello", 5, EX_DATAERR, "not an HDF5 file");
    not_an_hdf5("MATLAB 5.0 MAT-file, P", 22, EX_DATAERR, "-v7.3");
    not_an_hdf5("CDF\1\0\0", 6, EX_DATAERR, "nccopy");
    not_an_hdf5("PK\3\4zip", 7, EX_DATAERR, "ZIP");
    not_an_hdf5("version https://git-lfs.github.com/spec/v1\n", 43, EX_DATAERR,
                "git lfs pull");
    not_an_hdf5("\211HDF\r\n\032\n", 8, EX_DATAERR,
                "cannot be opened as HDF5: ");
    refused(!foreign_open(in_scratch("none.h5"), MEMORY, a), EX_NOINPUT,
            "No such file", "");
    refused(!foreign_open(scratch, MEMORY, a), EX_DATAERR, "a folder", "");
    mkdir(in_scratch("z"), 0777);
    fclose(fopen(in_scratch("z/.zgroup"), "w"));
    refused(!foreign_open(in_scratch("z"), MEMORY, a), EX_DATAERR, "zarr", "");
    mkfifo(in_scratch("pipe"), 0600);
    refused(!foreign_open(in_scratch("pipe"), MEMORY, a), EX_DATAERR,
            "a pipe", "");
    refused(!foreign_open("/dev/null", MEMORY, a), EX_DATAERR, "a device", "");
    symlink(".git/annex/objects/x", in_scratch("link.h5"));
    refused(!foreign_open(in_scratch("link.h5"), MEMORY, a), EX_NOINPUT,
            "git annex get", "");
}

static int read_in_child(void *with, struct parcel *to)
{
    struct foreign *in = foreign_open(in_scratch("early.h5"), MEMORY, a);
    size_t n;
    double *x = in ? foreign_numbers(in, "/numbers/gzip.f", NULL, &n) : NULL;
    double *y = x ? parcel_put(to, "x", PARCEL_F64, n) : NULL;
    if (y)
        memcpy(y, x, n * sizeof *x);
    if (prctl(PR_GET_SECCOMP) != 0 &&   /* 0: a kernel without filters */
        (fopen(in_scratch("latest.h5"), "rb") || errno != EACCES))
        err_set(EX_DATAERR, "another file could be opened");
    else if (y)
        *(int *)with = 1;
    return y && !err_code() ? 0 : -1;
}

static void a_guarded_child_reads_the_same_and_no_other_file(void **s)
{
    struct parcel *p;
    int here = 0;
    size_t n = 0;
    double *x;
    (void)s;
    if (guard_run(&p, in_scratch("early.h5"), read_in_child, &here,
                  &(struct guard_limits){ .memory = MEMORY }))
        fail_msg("%s", err_text());
    assert_int_equal(here, 0);
    x = parcel_get(p, "x", PARCEL_F64, &n);
    same_numbers("numbers.gzip.f", x, n);
    guard_release(p);
}

#define TEST(name) cmocka_unit_test_teardown(name, close_it)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(numbers_of_every_type_and_layout_are_as_h5py_reads_them),
        TEST(rows_two_by_two_are_the_whole),
        TEST(types_are_called_by_their_names),
        TEST(a_null_dataspace_has_no_elements),
        TEST(edge_chunks_that_were_not_filtered_are_read),
        TEST(columns_of_tables_are_as_h5py_reads_them),
        TEST(texts_are_as_h5py_reads_them_without_what_fills_them),
        TEST(bytes_that_are_not_utf8_are_marked),
        TEST(an_enum_gives_its_names),
        TEST(references_give_the_paths_of_what_they_point_to),
        TEST(attributes_are_there_or_quietly_not),
        TEST(names_are_sorted_and_a_dataset_is_met_once),
        TEST(soft_links_lead_to_what_they_name),
        TEST(circles_end),
        TEST(a_walk_stops_where_it_is_told),
        TEST(what_is_elsewhere_or_unknown_is_refused_by_name),
        TEST(files_that_are_not_hdf5_are_told_what_they_are),
        TEST(a_guarded_child_reads_the_same_and_no_other_file),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}

/* test_h5file.c - files keep their contract, or are refused in one line.
 *
 * Every kind is filled from its schema (kinds.h), so a new kind or field is
 * tested without a line here. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>

#include <hdf5_hl.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

#include "../lib/arena.h"
#include "../lib/err.h"
#include "kinds.h"
#include "scratch.h"

static const struct h5schema *const *const menu = schema_menu;

static const char *file_of(const struct h5schema *s)
{
    char name[64];
    snprintf(name, sizeof name, "%s.h5", s->kind);
    return in_scratch(name);
}

/* Refused: no handle, this code, one line that has the file's name and the
 * words. */
static void refused(const char *path, const struct h5schema *s, int code,
                    const char *words)
{
    struct h5file *f = h5file_open(path, s);
    assert_null(f);
    if (err_code() != code || !strstr(err_text(), path) ||
        !strstr(err_text(), words) || strchr(err_text(), '\n'))
        fail_msg("%d \"%s\" is not %d \"%s\"", err_code(), err_text(), code,
                 words);
    err_clear();
}

static void no_id_is_open(void)
{
    assert_int_equal(H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
}

/* After every test. */
static int all_is_closed(void **state)
{
    (void)state;
    return H5Fget_obj_count((hid_t)H5F_OBJ_ALL, H5F_OBJ_ALL) ? -1 : 0;
}

/* ---- sound files ---- */

static void every_kind_gives_back_what_was_put_in(void **state)
{
    struct arena *a = arena_open();
    (void)state;
    for (int k = 0; menu[k]; k++) {
        const struct h5schema *s = menu[k];
        struct h5file *f = h5file_open(file_of(s), s);
        if (!f)
            fail_msg("%s", err_text());
        for (int i = 0; i < s->nfields; i++) {
            const struct h5field *d = &s->field[i];
            struct h5shape shape = kinds_shape(d);
            size_t n = kinds_count(&shape);
            char *put = kinds_values(d, n, 0), *got = NULL;
            if (d->flags & H5_FAMILY)
                for (int m = 0; m < 3; m++) {
                    assert_string_equal(h5file_member(f, i, m),
                                        kinds_member[m]);
                    got = h5file_load_member(f, i, kinds_member[m], a);
                    assert_non_null(got);
                    assert_memory_equal(got, put, n * kinds_bytes(d));
                }
            else {
                got = h5file_load(f, i, a);
                assert_non_null(got);
                assert_memory_equal(got, put, n * kinds_bytes(d));
            }
            free(put);
        }
        h5file_close(f);
        no_id_is_open();
    }
    arena_close(a);
}

static void letters_tell_sizes_and_members_their_shape(void **state)
{
    struct h5file *f = h5file_open(file_of(&schema_activations),
                                   &schema_activations);
    struct h5shape shape;
    (void)state;
    assert_non_null(f);
    assert_int_equal(h5file_size(f, 'S'), kinds_size('S'));
    assert_int_equal(h5file_size(f, 'Z'), 0);
    assert_int_equal(h5file_count(f, ACTIVATIONS_states), 3);
    assert_true(h5file_has_member(f, ACTIVATIONS_states, "10"));
    assert_false(h5file_has_member(f, ACTIVATIONS_states, "3"));
    assert_int_equal(h5file_shape(f, ACTIVATIONS_states, "2", &shape), 0);
    assert_int_equal(shape.rank, 2);
    assert_int_equal(shape.size[0], kinds_size('S'));
    assert_int_equal(shape.size[1], kinds_size('m'));
    assert_string_equal(h5file_name(f), "activations.h5");
    h5file_close(f);
}

static void equal_content_is_equal_bytes_whatever_was_in_memory(void **state)
{
    (void)state;
    sleep(1);                           /* a time would differ */
    for (int k = 0; menu[k]; k++) {
        size_t n, m;
        char *x, *y;
        mallopt(M_PERTURB, 0xa5);
        assert_int_equal(kinds_write(in_scratch("again"), menu[k], 0x5a, NULL),
                         0);
        mallopt(M_PERTURB, 0);
        x = kinds_slurp(file_of(menu[k]), &n);
        y = kinds_slurp(in_scratch("again"), &m);
        assert_int_equal(n, m);
        assert_memory_equal(x, y, n);
        free(x);
        free(y);
    }
}

static herr_t has_no_time(hid_t at, const char *name, const H5O_info_t *info,
                          void *with)
{
    (void)at;
    (void)name;
    *(int *)with += info->atime || info->mtime || info->ctime || info->btime;
    return 0;
}

static void no_object_carries_a_time(void **state)
{
    (void)state;
    for (int k = 0; menu[k]; k++) {
        hid_t id = H5Fopen(file_of(menu[k]), H5F_ACC_RDONLY, H5P_DEFAULT);
        int times = 0;
        assert_true(id >= 0);
        assert_true(H5Ovisit(id, H5_INDEX_NAME, H5_ITER_NATIVE, has_no_time,
                             &times) >= 0);
        assert_int_equal(times, 0);
        H5Fclose(id);
    }
}

static void scales_are_attached_as_the_high_level_library_sees_it(void **state)
{
    hid_t id = H5Fopen(file_of(&schema_activations), H5F_ACC_RDONLY,
                       H5P_DEFAULT);
    hid_t token = H5Dopen2(id, "/rows/token", H5P_DEFAULT);
    hid_t states = H5Dopen2(id, "/states/2", H5P_DEFAULT);
    hid_t trial = H5Dopen2(id, "/rows/trial", H5P_DEFAULT);
    hid_t step = H5Dopen2(id, "/rows/step", H5P_DEFAULT);
    char label[8] = "", name[8] = "";
    (void)state;
    assert_int_equal(H5DSis_scale(trial), 1);
    assert_int_equal(H5DSis_scale(token), 0);
    assert_int_equal(H5DSis_attached(token, trial, 0), 1);
    assert_int_equal(H5DSis_attached(token, step, 0), 1);
    assert_int_equal(H5DSis_attached(states, step, 0), 1);
    assert_int_equal(H5DSis_attached(states, step, 1), 0);
    assert_int_equal(H5DSget_num_scales(states, 0), 2);
    assert_int_equal(H5DSget_num_scales(states, 1), 0);
    H5DSget_label(states, 1, label, sizeof label);
    assert_string_equal(label, "m");
    H5DSget_scale_name(step, name, sizeof name);
    assert_string_equal(name, "step");
    H5Dclose(step);
    H5Dclose(trial);
    H5Dclose(states);
    H5Dclose(token);
    H5Fclose(id);
}

static void h5py_sees_names_booleans_enums_texts_units_and_scales(void **state)
{
    char command[4096] = "/usr/bin/python3 tests/h5py_check.py";
    (void)state;
    for (int k = 0; menu[k]; k++) {
        strcat(command, " ");
        strcat(command, file_of(menu[k]));
    }
    assert_int_equal(system(command), 0);
}

static void h5dump_shows_every_kind(void **state)
{
    (void)state;
    for (int k = 0; menu[k]; k++) {
        char command[1024];
        snprintf(command, sizeof command,
                 "h5dump -H %s | grep -q 'DATASET \"files\"'",
                 file_of(menu[k]));
        assert_int_equal(system(command), 0);
    }
}

static void the_first_bytes_are_for_people(void **state)
{
    const struct h5schema *s = &schema_model;
    struct h5file *f = h5file_open(file_of(s), s);
    char command[1024], line[128] = "";
    size_t size;
    char *x = kinds_slurp(file_of(s), &size);
    FILE *pipe;
    (void)state;
    assert_non_null(strstr(x, "kind model\n"));
    assert_non_null(strstr(x, h5file_sha256(f)));
    for (int i = 0; i < 512; i++)
        assert_true(x[i] == '\n' || (x[i] >= ' ' && x[i] <= '~'));
    free(x);
    snprintf(command, sizeof command, "tail -c +513 %s | sha256sum",
             file_of(s));
    pipe = popen(command, "r");
    assert_non_null(fgets(line, sizeof line, pipe));
    pclose(pipe);
    assert_memory_equal(line, h5file_sha256(f), 64);
    h5file_close(f);
}

static void an_empty_table_and_an_absent_option_are_fine(void **state)
{
    const struct h5schema *s = &schema_interventions;
    const char *path = in_scratch("empty.h5");
    struct h5file *f = h5file_create(path, s, &kinds_origin);
    (void)state;
    for (char c = 'A'; c <= 'Z'; c++)
        h5file_bind(f, c, 0);
    for (int i = 0; i < s->nfields; i++)
        if (!(s->field[i].flags & H5_OPTIONAL)) {
            void *x = kinds_values(&s->field[i], 1, 0);
            assert_int_equal(h5file_put(f, i, x), 0);
            free(x);
        }
    assert_int_equal(h5file_commit(f), 0);
    h5file_close(f);
    f = h5file_open(path, s);
    assert_non_null(f);
    assert_false(h5file_has(f, INTERVENTIONS_vocabulary));
    assert_true(h5file_has(f, INTERVENTIONS_coverage));
    assert_int_equal(h5file_size(f, 'U'), 0);
    h5file_close(f);
}

/* ---- damaged and foreign files ---- */

static void a_file_that_is_missing_has_its_own_code(void **state)
{
    (void)state;
    for (int k = 0; menu[k]; k++)
        refused(in_scratch("nowhere.h5"), menu[k], EX_NOINPUT,
                "No such file");
}

static void what_is_not_hdf5_is_refused(void **state)
{
    const char *path = in_scratch("other.h5");
    hid_t id;
    (void)state;
    kinds_spill(path, "just a text\n", 12);
    refused(path, &schema_data, EX_DATAERR, "not HDF5 of kind data");
    kinds_spill(path, "", 0);
    refused(path, &schema_data, EX_DATAERR, "not HDF5");
    refused(scratch, &schema_data, EX_DATAERR, "not a regular file");
    unlink(path);
    id = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(id);
    refused(path, &schema_data, EX_DATAERR, "without the 512 bytes");
}

static void every_other_kind_is_refused(void **state)
{
    (void)state;
    for (int k = 0; menu[k]; k++)
        for (int j = 0; menu[j]; j++)
            if (j != k) {
                char words[128];
                snprintf(words, sizeof words, "of kind %s, not %s",
                         menu[k]->kind, menu[j]->kind);
                refused(file_of(menu[k]), menu[j], EX_DATAERR, words);
            }
}

static void every_truncation_is_refused(void **state)
{
    const char *path = in_scratch("cut.h5");
    (void)state;
    for (int k = 0; menu[k]; k++) {
        size_t size, step;
        char *x = kinds_slurp(file_of(menu[k]), &size);
        step = size / 23;
        for (size_t n = 0; n < size; n += n < 520 ? 13 : step) {
            kinds_spill(path, x, n);
            refused(path, menu[k], EX_DATAERR, "");
        }
        kinds_spill(path, x, size - 1);
        refused(path, menu[k], EX_DATAERR, "bytes long");
        free(x);
    }
}

static void every_flipped_bit_is_refused(void **state)
{
    const char *path = in_scratch("flip.h5");
    (void)state;
    for (int k = 0; menu[k]; k++) {
        size_t size, step;
        char *x = kinds_slurp(file_of(menu[k]), &size);
        int fd;
        kinds_spill(path, x, size);
        fd = open(path, O_RDWR);
        step = size / 97;
        for (size_t at = 0; at < size; at += at < 512 ? 3 : step) {
            char bad = (char)(x[at] ^ 1 << at % 8);
            assert_int_equal(pwrite(fd, &bad, 1, (off_t)at), 1);
            refused(path, menu[k], EX_DATAERR, "");
            assert_int_equal(pwrite(fd, &x[at], 1, (off_t)at), 1);
        }
        close(fd);
        free(x);
    }
}

/* ---- wrong inside, and sealed all the same ---- */

/* A copy with its lid off. */
static hid_t tamper(const struct h5schema *s)
{
    hid_t id;
    kinds_copy(in_scratch("bad.h5"), file_of(s));
    id = kinds_edit(in_scratch("bad.h5"));
    assert_true(id >= 0);
    return id;
}

static void tampered(hid_t id, const struct h5schema *s, const char *words)
{
    const char *path = in_scratch("bad.h5");
    assert_true(H5Fclose(id) >= 0);
    kinds_reseal(path);
    refused(path, s, EX_DATAERR, words);
    no_id_is_open();
}

/* The path in the file of a field, or of its member. */
static const char *path_of(const struct h5field *d)
{
    static char path[128];
    size_t stem = strcspn(d->path, "*");
    snprintf(path, sizeof path, "%.*s%s%s", (int)stem, d->path,
             d->flags & H5_FAMILY ? "2" : "",
             d->flags & H5_FAMILY ? d->path + stem + 1 : "");
    return path;
}

static void resealing_alone_changes_nothing(void **state)
{
    (void)state;
    for (int k = 0; menu[k]; k++) {
        struct h5file *f;
        kinds_copy(in_scratch("same.h5"), file_of(menu[k]));
        kinds_reseal(in_scratch("same.h5"));
        f = h5file_open(in_scratch("same.h5"), menu[k]);
        if (!f)
            fail_msg("%s", err_text());
        h5file_close(f);
    }
}

static void every_missing_field_is_named(void **state)
{
    (void)state;
    for (int k = 0; menu[k]; k++)
        for (int i = 0; i < menu[k]->nfields; i++) {
            const struct h5field *d = &menu[k]->field[i];
            char words[256];
            hid_t id;
            bool only = d->flags & H5_FAMILY && strchr(d->path, '*')[1] == 0;
            if (d->flags & H5_OPTIONAL || only)
                continue;
            id = tamper(menu[k]);
            if (d->flags & H5_ATTRIBUTE)
                assert_true(H5Adelete(id, d->path) >= 0);
            else
                assert_true(H5Ldelete(id, path_of(d), H5P_DEFAULT) >= 0);
            snprintf(words, sizeof words, "%s: missing (%s)", path_of(d),
                     d->note);
            tampered(id, menu[k], words);
        }
}

static void a_member_may_lack_what_is_optional(void **state)
{
    const char *path = in_scratch("bad.h5");
    struct h5file *f;
    hid_t id = tamper(&schema_alignment);
    (void)state;
    H5Ldelete(id, "/systems/2/Q", H5P_DEFAULT);
    H5Fclose(id);
    kinds_reseal(path);
    f = h5file_open(path, &schema_alignment);
    assert_non_null(f);
    assert_int_equal(h5file_count(f, ALIGNMENT_Q), 2);
    assert_string_equal(h5file_member(f, ALIGNMENT_Q, 0), "1");
    assert_string_equal(h5file_member(f, ALIGNMENT_Q, 1), "10");
    assert_false(h5file_has_member(f, ALIGNMENT_Q, "2"));
    assert_int_equal(h5file_count(f, ALIGNMENT_W), 3);
    h5file_close(f);
}

/* Put another dataset or attribute in a field's place. */
static void replace(hid_t id, const struct h5field *d, hid_t type, int rank,
                    const hsize_t *size)
{
    hid_t space = H5Screate_simple(rank, size, NULL), set;
    if (d->flags & H5_ATTRIBUTE) {
        H5Adelete(id, d->path);
        set = H5Acreate2(id, d->path, type, space, H5P_DEFAULT, H5P_DEFAULT);
        assert_true(H5Aclose(set) >= 0);
    } else {
        H5Ldelete(id, path_of(d), H5P_DEFAULT);
        set = H5Dcreate2(id, path_of(d), type, space, H5P_DEFAULT,
                         H5P_DEFAULT, H5P_DEFAULT);
        assert_true(H5Dclose(set) >= 0);
    }
    H5Sclose(space);
}

static void every_wrong_type_is_named(void **state)
{
    (void)state;
    for (int k = 0; menu[k]; k++)
        for (int i = 0; i < menu[k]->nfields; i++) {
            const struct h5field *d = &menu[k]->field[i];
            struct h5shape shape = kinds_shape(d);
            hsize_t size[H5_RANK_MAX];
            char words[256];
            hid_t id = tamper(menu[k]);
            for (int r = 0; r < shape.rank; r++)
                size[r] = shape.size[r];
            replace(id, d, H5T_STD_I16LE, shape.rank, size);
            snprintf(words, sizeof words, "%s: %s", path_of(d),
                     d->type == H5_TABLE ? "not a table"
                                         : "wrong element type");
            tampered(id, menu[k], words);
        }
}

static void every_wrong_rank_is_named(void **state)
{
    (void)state;
    for (int k = 0; menu[k]; k++)
        for (int i = 0; i < menu[k]->nfields; i++) {
            const struct h5field *d = &menu[k]->field[i];
            struct h5shape shape = kinds_shape(d);
            hsize_t size[H5_RANK_MAX + 1] = { 2, 2, 2, 2, 2 };
            bool any = !strcmp(d->dims, "?");
            char words[256];
            hid_t id = tamper(menu[k]), set = -1, type;
            if (d->flags & H5_ATTRIBUTE) {
                set = H5Aopen(id, d->path, H5P_DEFAULT);
                type = H5Aget_type(set);
                H5Aclose(set);
            } else {
                set = H5Dopen2(id, path_of(d), H5P_DEFAULT);
                type = H5Dget_type(set);
                H5Dclose(set);
            }
            replace(id, d, type, any ? H5_RANK_MAX + 1 : shape.rank + 1,
                    size);
            H5Tclose(type);
            if (d->flags & H5_ATTRIBUTE)
                snprintf(words, sizeof words, "%s: not a single value",
                         d->path);
            else
                snprintf(words, sizeof words, "%s: rank is %d, not that of "
                         "\"%s\"", path_of(d),
                         any ? H5_RANK_MAX + 1 : shape.rank + 1, d->dims);
            tampered(id, menu[k], words);
        }
}

/* Was the letter bound before axis r of field i is looked at? */
static bool bound_before(const struct h5schema *s, int i, int r)
{
    const struct h5field *d = &s->field[i];
    char letter = d->dims[r];
    if (letter >= 'a')
        return memchr(d->dims, letter, (size_t)r) != NULL;
    for (int j = 0; j < i; j++)
        if (strchr(s->field[j].dims, letter))
            return true;
    return d->flags & H5_FAMILY || memchr(d->dims, letter, (size_t)r);
}

static void sizes_that_disagree_are_named(void **state)
{
    int seen = 0;
    (void)state;
    for (int k = 0; menu[k]; k++)
        for (int i = 0; i < menu[k]->nfields; i++)
            for (int r = 0; r < (int)strlen(menu[k]->field[i].dims); r++) {
                const struct h5field *d = &menu[k]->field[i];
                struct h5shape shape = kinds_shape(d);
                hsize_t size[H5_RANK_MAX];
                char words[256];
                hid_t id, set, type;
                if (d->dims[0] == '?' || !bound_before(menu[k], i, r))
                    continue;
                id = tamper(menu[k]);
                set = H5Dopen2(id, path_of(d), H5P_DEFAULT);
                type = H5Dget_type(set);
                H5Dclose(set);
                for (int j = 0; j < shape.rank; j++)
                    size[j] = shape.size[j] + (j == r);
                replace(id, d, type, shape.rank, size);
                H5Tclose(type);
                snprintf(words, sizeof words,
                         "not a %s v1 file: %s: %c is %zu here but %zu before",
                         menu[k]->kind, path_of(d), d->dims[r],
                         shape.size[r] + 1, shape.size[r]);
                tampered(id, menu[k], words);
                seen++;
            }
    assert_true(seen > 30);
}

static void a_lower_case_letter_binds_across_the_families_of_a_member(
    void **state)
{
    const struct h5field *d = &schema_alignment.field[ALIGNMENT_loss];
    const hsize_t size = kinds_size('n') - 1;
    hid_t id = tamper(&schema_alignment);
    (void)state;
    replace(id, d, H5T_IEEE_F64LE, 1, &size);
    tampered(id, &schema_alignment,
             "/test/2/loss: n is 499 here but 500 before");
}

static void a_column_that_is_missing_or_of_another_type_is_named(void **state)
{
    static const char *const words[] = {
        "/history: column learning_rate is missing",
        "/history: column learning_rate has the wrong type"
    };
    const struct h5field *d = &schema_model.field[MODEL_history];
    const hsize_t size = kinds_size('E');
    (void)state;
    for (int i = 0; i < 2; i++) {
        hid_t id = tamper(&schema_model), type = H5Tcreate(H5T_COMPOUND, 16);
        H5Tinsert(type, "epoch", 0, H5T_STD_I32LE);
        if (i == 1)
            H5Tinsert(type, "learning_rate", 8, H5T_STD_I64LE);
        replace(id, d, type, 1, &size);
        H5Tclose(type);
        tampered(id, &schema_model, words[i]);
    }
}

static void another_version_or_a_kind_that_contradicts_is_refused(void **state)
{
    const int32_t two = 2;
    (void)state;
    for (int k = 0; menu[k]; k++) {
        hid_t id = tamper(menu[k]), at;
        at = H5Aopen(id, "schema_version", H5P_DEFAULT);
        H5Awrite(at, H5T_NATIVE_INT32, &two);
        H5Aclose(at);
        tampered(id, menu[k], "attribute schema_version: 2, not 1");
        id = tamper(menu[k]);
        H5Adelete(id, "schema_version");
        tampered(id, menu[k], "attribute schema_version: missing");
        id = tamper(menu[k]);
        H5Adelete(id, "kind");
        tampered(id, menu[k], "attribute kind: not");
    }
}

static void a_file_without_provenance_is_refused(void **state)
{
    hid_t id = tamper(&schema_data);
    (void)state;
    H5Ldelete(id, "provenance", H5P_DEFAULT);
    tampered(id, &schema_data, "/provenance: missing");
    id = tamper(&schema_data);
    H5Ldelete(id, "provenance/files", H5P_DEFAULT);
    tampered(id, &schema_data, "/provenance/files: missing");
    id = tamper(&schema_data);
    H5Adelete_by_name(id, "provenance", "commit", H5P_DEFAULT);
    tampered(id, &schema_data, "/provenance: attribute commit");
    id = tamper(&schema_data);
    H5Ldelete(id, "provenance/options", H5P_DEFAULT);
    tampered(id, &schema_data, "/provenance/options: missing");
}

static void groups_in_the_place_of_datasets_are_refused(void **state)
{
    hid_t id = tamper(&schema_data);
    (void)state;
    H5Ldelete(id, "tokens", H5P_DEFAULT);
    H5Gclose(H5Gcreate2(id, "tokens", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
    tampered(id, &schema_data, "/tokens: not a dataset");
    id = tamper(&schema_data);
    H5Ldelete(id, "variables", H5P_DEFAULT);
    H5Lcreate_soft("/tokens", id, "variables", H5P_DEFAULT, H5P_DEFAULT);
    tampered(id, &schema_data, "/variables: not a group");
    id = tamper(&schema_data);
    H5Ldelete(id, "tokens", H5P_DEFAULT);
    H5Lcreate_soft("/nowhere", id, "tokens", H5P_DEFAULT, H5P_DEFAULT);
    tampered(id, &schema_data, "/tokens: missing");
}

/* Opens, but the field cannot be had. */
static void unreadable(const struct h5schema *s, int field, const char *words)
{
    struct arena *a = arena_open();
    struct h5file *f;
    kinds_reseal(in_scratch("bad.h5"));
    f = h5file_open(in_scratch("bad.h5"), s);
    if (!f)
        fail_msg("%s", err_text());
    assert_null(h5file_load(f, field, a));
    assert_int_equal(err_code(), EX_DATAERR);
    if (!strstr(err_text(), words) ||
        !strstr(err_text(), in_scratch("bad.h5")))
        fail_msg("%s", err_text());
    h5file_close(f);
    arena_close(a);
}

static void values_that_an_enum_does_not_name_are_refused(void **state)
{
    const unsigned char bad = 3;
    hsize_t at = 17, one = 1;
    hid_t id = tamper(&schema_data), set, type, space, cell;
    (void)state;
    set = H5Dopen2(id, "/split", H5P_DEFAULT);
    type = H5Dget_type(set);
    space = H5Dget_space(set);
    cell = H5Screate_simple(1, &one, NULL);
    H5Sselect_elements(space, H5S_SELECT_SET, 1, &at);
    assert_true(H5Dwrite(set, type, cell, space, H5P_DEFAULT, &bad) >= 0);
    H5Sclose(cell);
    H5Sclose(space);
    H5Tclose(type);
    H5Dclose(set);
    H5Fclose(id);
    unreadable(&schema_data, DATA_split, "/split: a value outside its enum");
}

static void a_damaged_chunk_behind_a_good_seal_fails_its_checksum(void **state)
{
    hid_t id = tamper(&schema_data), set;
    hsize_t offset[2] = { 0, 0 }, length;
    uint32_t mask;
    char *x;
    (void)state;
    set = H5Dopen2(id, "/tokens", H5P_DEFAULT);
    H5Dget_chunk_storage_size(set, offset, &length);
    x = malloc(length);
    H5Dread_chunk(set, H5P_DEFAULT, offset, &mask, x);
    x[length / 2] ^= 4;
    H5Dwrite_chunk(set, H5P_DEFAULT, mask, offset, length, x);
    free(x);
    H5Dclose(set);
    H5Fclose(id);
    unreadable(&schema_data, DATA_tokens, "/tokens: cannot be read");
}

static void new_ids(hid_t id[2])
{
    id[0] = H5Screate(H5S_SCALAR);
    id[1] = H5Pcreate(H5P_DATASET_CREATE);
}

/* no_id_is_open does not see spaces and property lists. Their ids are given
 * out in sequence: none between two of ours may still be valid. */
static void nothing_that_was_read_or_refused_leaves_an_id_open(void **state)
{
    hid_t first[2], last[2];
    new_ids(first);
    every_kind_gives_back_what_was_put_in(state);
    letters_tell_sizes_and_members_their_shape(state);
    every_missing_field_is_named(state);
    a_damaged_chunk_behind_a_good_seal_fails_its_checksum(state);
    for (int k = 0; menu[k]; k++)
        kinds_write(in_scratch("again"), menu[k], 0, NULL);
    new_ids(last);
    for (int i = 0; i < 2; i++) {
        assert_true(last[i] - first[i] > 100);
        for (hid_t id = first[i] + 1; id < last[i]; id++)
            assert_true(H5Iis_valid(id) <= 0);
        H5Idec_ref(first[i]);
        H5Idec_ref(last[i]);
    }
}

/* ---- writing ---- */

static void a_field_that_was_not_put_stops_the_commit(void **state)
{
    struct h5file *f = h5file_create(in_scratch("part.h5"), &schema_data,
                                     &kinds_origin);
    (void)state;
    assert_int_equal(h5file_put(f, DATA_task, "x"), 0);
    assert_int_equal(h5file_commit(f), -1);
    assert_int_equal(err_code(), EX_SOFTWARE);
    assert_non_null(strstr(err_text(), "max_quantity: was not written"));
    h5file_close(f);
    assert_int_equal(access(in_scratch("part.h5"), F_OK), -1);
}

static void what_is_closed_before_its_commit_leaves_nothing(void **state)
{
    int before = scratch_count();
    struct h5file *f = h5file_create(in_scratch("part.h5"), &schema_data,
                                     &kinds_origin);
    (void)state;
    assert_int_equal(scratch_count(), before + 1);
    h5file_close(f);
    h5file_close(NULL);
    assert_int_equal(scratch_count(), before);
}

static void a_sealed_file_can_be_read_before_it_has_its_name(void **state)
{
    int before = scratch_count();
    struct h5file *f = h5file_create(in_scratch("later.h5"),
                                     &schema_checkpoint, &kinds_origin), *g;
    char kind[32];

    (void)state;
    assert_int_equal(h5file_put(f, CHECKPOINT_key, "x"), 0);
    assert_int_equal(h5file_seal(f), 0);
    assert_int_equal(access(in_scratch("later.h5"), F_OK), -1);
    assert_int_equal(h5file_kind(h5file_part(f), kind), 0);
    assert_string_equal(kind, "checkpoint");
    assert_non_null(g = h5file_open(h5file_part(f), &schema_checkpoint));
    h5file_close(g);
    assert_int_equal(h5file_commit(f), 0);
    h5file_close(f);
    assert_int_equal(access(in_scratch("later.h5"), F_OK), 0);
    unlink(in_scratch("later.h5"));

    f = h5file_create(in_scratch("later.h5"), &schema_checkpoint,
                      &kinds_origin);
    assert_int_equal(h5file_put(f, CHECKPOINT_key, "x"), 0);
    assert_int_equal(h5file_seal(f), 0);
    h5file_close(f);
    assert_int_equal(scratch_count(), before);
}

static void the_kind_of_a_file_is_told_without_reading_it(void **state)
{
    char kind[32];

    (void)state;
    for (int k = 0; menu[k]; k++) {
        assert_int_equal(h5file_kind(file_of(menu[k]), kind), 0);
        assert_string_equal(kind, menu[k]->kind);
    }
    assert_int_equal(h5file_kind("/dev/null", kind), 0);
    assert_string_equal(kind, "");
    assert_int_equal(h5file_kind(in_scratch("none.h5"), kind), -1);
    assert_int_equal(err_code(), EX_NOINPUT);
    err_clear();
}

static void a_text_that_does_not_fit_is_refused(void **state)
{
    struct h5file *f = h5file_create(in_scratch("part.h5"), &schema_data,
                                     &kinds_origin);
    char text[H5_TEXT_SIZE + 1];
    (void)state;
    memset(text, 'x', H5_TEXT_SIZE);
    text[H5_TEXT_SIZE] = '\0';
    assert_int_equal(h5file_put(f, DATA_task, text), -1);
    assert_int_equal(err_code(), EX_DATAERR);
    text[H5_TEXT_SIZE - 1] = '\0';
    assert_int_equal(h5file_put(f, DATA_task, text), 0);
    h5file_close(f);
}

static void a_directory_that_is_missing_cannot_be_written(void **state)
{
    (void)state;
    assert_null(h5file_create(in_scratch("no/where.h5"), &schema_data,
                              &kinds_origin));
    assert_int_equal(err_code(), EX_CANTCREAT);
}

/* A disk that is full, by way of the largest file that a process may have. */
static void a_full_disk_leaves_no_file(void **state)
{
    const char *path = in_scratch("full.h5");
    static const rlim_t limit[] = { 1000, 20000, 100000, 200000 };
    int before = scratch_count();
    (void)state;
    for (int i = 0; i < 4; i++) {
        int status;
        pid_t pid = fork();
        if (!pid) {
            struct rlimit most = { limit[i], limit[i] };
            signal(SIGXFSZ, SIG_IGN);
            setrlimit(RLIMIT_FSIZE, &most);
            _exit(kinds_write(path, &schema_activations, 0, NULL) == -1 &&
                  (err_code() == EX_IOERR || err_code() == EX_CANTCREAT)
                  ? 0 : 1);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
        assert_int_equal(scratch_count(), before);
    }
}

static void killed_at_any_moment_no_half_file_stands(void **state)
{
    const char *path = in_scratch("kill.h5");
    const struct h5schema *s = &schema_model;
    static const int number[] = { SIGKILL, SIGTERM };
    int before = scratch_count(), stood = 0;
    struct timespec from, to;
    long span;
    (void)state;
    clock_gettime(CLOCK_MONOTONIC, &from);
    assert_int_equal(kinds_write(path, s, 0, NULL), 0);
    clock_gettime(CLOCK_MONOTONIC, &to);
    unlink(path);
    span = 3 * (1000000 * (to.tv_sec - from.tv_sec) +
                (to.tv_nsec - from.tv_nsec) / 1000);
    srand(1);
    for (int i = 0; i < 60; i++) {
        struct h5file *f;
        int status;
        pid_t pid = fork();
        if (!pid)
            for (;;)
                kinds_write(path, s, i, NULL);
        usleep((useconds_t)(rand() % span));
        kill(pid, number[i % 2]);
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(WTERMSIG(status), number[i % 2]);
        if (!access(path, F_OK)) {
            f = h5file_open(path, s);
            if (!f)
                fail_msg("%s", err_text());
            h5file_close(f);
            stood++;
        }
    }
    assert_true(stood > 10);
    assert_int_equal(kinds_write(path, s, 0, NULL), 0);
    assert_int_equal(scratch_count(), before + 1);
}

/* ---- provenance ---- */

static const struct h5schema *const chain[] = {
    &schema_data, &schema_model, &schema_activations, &schema_interventions
};

/* data -> model -> activations -> interventions */
static void write_chain(void)
{
    const struct h5file *parent = NULL;
    for (int i = 0; i < 4; i++) {
        char name[32];
        struct h5file *f;
        snprintf(name, sizeof name, "chain%d.h5", i);
        assert_int_equal(kinds_write(in_scratch(name), chain[i], 0, parent),
                         0);
        h5file_close((struct h5file *)parent);
        parent = f = h5file_open(in_scratch(name), chain[i]);
        assert_non_null(f);
        h5file_shut(f);
    }
    h5file_close((struct h5file *)parent);
}

static void a_file_knows_all_that_it_descends_from(void **state)
{
    struct h5file *f;
    struct h5ancestor x, before = { 0 };
    (void)state;
    write_chain();
    f = h5file_open(in_scratch("chain3.h5"), chain[3]);
    for (size_t k = 0; k < 4; k++) {
        char name[32];
        snprintf(name, sizeof name, "chain%zu.h5", k);
        assert_true(h5file_ancestor(f, k, &x));
        assert_string_equal(x.name, name);
        assert_string_equal(x.kind, chain[k]->kind);
        assert_string_equal(x.program, kinds_origin.program);
        assert_string_equal(x.options, kinds_origin.options);
        assert_int_equal(strlen(x.sha256), 64);
        if (k)
            assert_memory_equal(x.parents, before.sha256, 16);
        else
            assert_string_equal(x.parents, "");
        before = x;
    }
    assert_string_equal(x.sha256, h5file_sha256(f));
    assert_false(h5file_ancestor(f, 4, &x));
    h5file_close(f);
}

static void an_input_that_is_named_twice_counts_once(void **state)
{
    struct h5file *in, *out;
    struct h5ancestor x;
    (void)state;
    write_chain();
    in = h5file_open(in_scratch("chain1.h5"), chain[1]);
    out = h5file_create(in_scratch("twice.h5"), chain[2], &kinds_origin);
    assert_int_equal(h5file_parent(out, in), 0);
    assert_int_equal(h5file_parent(out, in), 0);
    assert_true(h5file_ancestor(out, 2, &x));
    assert_false(h5file_ancestor(out, 3, &x));
    assert_int_equal(strlen(x.parents), 16);
    h5file_close(out);
    h5file_close(in);
}

static void one_name_for_two_files_is_refused(void **state)
{
    struct h5file *one, *other, *out;
    (void)state;
    write_chain();
    one = h5file_open(in_scratch("chain1.h5"), chain[1]);
    assert_int_equal(kinds_write(in_scratch("chain0.h5"), chain[0], 0, one),
                     -1);
    assert_non_null(strstr(err_text(), "chain0.h5 stands for two different"));
    assert_int_equal(err_code(), EX_DATAERR);
    assert_int_equal(kinds_write(in_scratch("chain0.h5"), &schema_report, 0,
                                 NULL), 0);
    other = h5file_open(in_scratch("chain0.h5"), &schema_report);
    out = h5file_create(in_scratch("both.h5"), chain[2], &kinds_origin);
    assert_int_equal(h5file_parent(out, one), 0);
    err_clear();
    assert_int_equal(h5file_parent(out, other), -1);
    assert_int_equal(err_code(), EX_DATAERR);
    assert_non_null(strstr(err_text(), "/provenance/files: the name "
                                       "chain0.h5"));
    h5file_close(out);
    h5file_close(other);
    h5file_close(one);
}

/* As a report of very many files has them. */
static void options_may_be_longer_than_an_attribute(void **state)
{
    enum { LONG = 200000 };
    char *options = calloc(LONG + 1, 1);
    const struct h5origin origin = { "test", memset(options, 'x', LONG) };
    const char *path = in_scratch("long.h5"), *child = in_scratch("child.h5");
    struct h5file *f;
    struct h5ancestor x;
    (void)state;
    assert_int_equal(kinds_write_by(&origin, path, &schema_report, 0, NULL),
                     0);
    assert_true(h5file_made_by(path, &schema_report, &origin));
    f = h5file_open(path, &schema_report);
    assert_non_null(f);
    assert_int_equal(kinds_write(child, &schema_alignment, 0, f), 0);
    h5file_close(f);
    f = h5file_open(child, &schema_alignment);
    assert_non_null(f);
    assert_true(h5file_ancestor(f, 0, &x));
    assert_string_equal(x.options, options);
    assert_true(h5file_ancestor(f, 1, &x));
    assert_string_equal(x.options, kinds_origin.options);
    h5file_close(f);
    free(options);
}

static void options_and_parents_may_be_attributes_as_they_were(void **state)
{
    hid_t id = tamper(&schema_data);
    struct h5file *f;
    struct h5ancestor x;
    (void)state;
    H5Ldelete(id, "provenance/options", H5P_DEFAULT);
    H5Ldelete(id, "provenance/parents", H5P_DEFAULT);
    H5LTset_attribute_string(id, "provenance", "options", "old=1");
    H5LTset_attribute_string(id, "provenance", "parents", "");
    H5Fclose(id);
    kinds_reseal(in_scratch("bad.h5"));
    f = h5file_open(in_scratch("bad.h5"), &schema_data);
    assert_non_null(f);
    assert_true(h5file_ancestor(f, 0, &x));
    assert_string_equal(x.options, "old=1");
    assert_string_equal(x.parents, "");
    h5file_close(f);
}

static void a_file_is_known_by_program_and_options(void **state)
{
    const char *path = file_of(&schema_data);
    const struct h5origin other[] = {
        { "test", "seed=2 lr=0.003" }, { "tests", "seed=1 lr=0.003" }
    };
    (void)state;
    err_clear();
    assert_true(h5file_made_by(path, &schema_data, &kinds_origin));
    assert_false(h5file_made_by(path, &schema_data, &other[0]));
    assert_false(h5file_made_by(path, &schema_data, &other[1]));
    assert_false(h5file_made_by(path, &schema_model, &kinds_origin));
    assert_false(h5file_made_by(in_scratch("none"), &schema_data,
                                &kinds_origin));
    assert_string_equal(err_text(), "");
}

static void a_text_hashes_as_fips_180_says(void **state)
{
    char hex[65];
    (void)state;
    h5file_hash_text("abc", hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223"
                             "b00361a396177a9cb410ff61f20015ad");
    h5file_hash_text("", hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb924"
                             "27ae41e4649b934ca495991b7852b855");
}

static int make(void **state)
{
    if (scratch_make(state))
        return -1;
    for (int k = 0; menu[k]; k++)
        if (kinds_write(file_of(menu[k]), menu[k], 0, NULL))
            return -1;
    return 0;
}

#define TEST(f) cmocka_unit_test_teardown(f, all_is_closed)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_kind_gives_back_what_was_put_in),
        TEST(letters_tell_sizes_and_members_their_shape),
        TEST(equal_content_is_equal_bytes_whatever_was_in_memory),
        TEST(no_object_carries_a_time),
        TEST(scales_are_attached_as_the_high_level_library_sees_it),
        TEST(h5py_sees_names_booleans_enums_texts_units_and_scales),
        TEST(h5dump_shows_every_kind),
        TEST(the_first_bytes_are_for_people),
        TEST(an_empty_table_and_an_absent_option_are_fine),
        TEST(a_file_that_is_missing_has_its_own_code),
        TEST(what_is_not_hdf5_is_refused),
        TEST(every_other_kind_is_refused),
        TEST(every_truncation_is_refused),
        TEST(every_flipped_bit_is_refused),
        TEST(resealing_alone_changes_nothing),
        TEST(every_missing_field_is_named),
        TEST(a_member_may_lack_what_is_optional),
        TEST(every_wrong_type_is_named),
        TEST(every_wrong_rank_is_named),
        TEST(sizes_that_disagree_are_named),
        TEST(a_lower_case_letter_binds_across_the_families_of_a_member),
        TEST(a_column_that_is_missing_or_of_another_type_is_named),
        TEST(another_version_or_a_kind_that_contradicts_is_refused),
        TEST(a_file_without_provenance_is_refused),
        TEST(groups_in_the_place_of_datasets_are_refused),
        TEST(values_that_an_enum_does_not_name_are_refused),
        TEST(a_damaged_chunk_behind_a_good_seal_fails_its_checksum),
        TEST(nothing_that_was_read_or_refused_leaves_an_id_open),
        TEST(a_field_that_was_not_put_stops_the_commit),
        TEST(what_is_closed_before_its_commit_leaves_nothing),
        TEST(a_sealed_file_can_be_read_before_it_has_its_name),
        TEST(the_kind_of_a_file_is_told_without_reading_it),
        TEST(a_text_that_does_not_fit_is_refused),
        TEST(a_directory_that_is_missing_cannot_be_written),
        TEST(a_full_disk_leaves_no_file),
        TEST(killed_at_any_moment_no_half_file_stands),
        TEST(a_file_knows_all_that_it_descends_from),
        TEST(an_input_that_is_named_twice_counts_once),
        TEST(one_name_for_two_files_is_refused),
        TEST(options_may_be_longer_than_an_attribute),
        TEST(options_and_parents_may_be_attributes_as_they_were),
        TEST(a_file_is_known_by_program_and_options),
        TEST(a_text_hashes_as_fips_180_says),
    };
    return cmocka_run_group_tests(tests, make, scratch_remove);
}

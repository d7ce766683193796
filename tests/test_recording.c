/* test_recording.c - a recording crosses from the child that read it, and a
 * parcel that no sound child would send is refused, whatever is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <math.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "../lib/err.h"
#include "../lib/guard.h"
#include "../lib/recording.h"
#include "arena_group.h"

enum { S = 5, N = 2, M = 3 };

static const struct guard_limits limits = { 64 << 20, 5 };

/* ---- what a child sends ---- */

/* All that a parcel has, by the names and types of recording.c. */
struct parts {
    int64_t size[3];
    size_t nsizes, nx, ntrial, nstep, nobserved, ntime, nvalue, nnumber;
    int32_t trial[S], step[S], value[S];
    size_t ncode, ntext, nsplit, nvariables, ncolumns, nnotes;
    const char *variable[18], *column[18], *split[N], *code[S];
    bool x_of_doubles, without_x, late;
};

static const struct parts sound = {
    .size = { S, N, M }, .nsizes = 3, .nx = S * M, .ntrial = S, .nstep = S,
    .nobserved = S, .ntime = S, .nvalue = S, .nnumber = M,
    .trial = { 0, 0, 1, 1, 1 }, .step = { 0, 1, 0, 1, 2 },
    .value = { 0, 1, RECORDING_MISSING, 0, 1 }, .ncode = 2, .ntext = M,
    .nsplit = N, .nvariables = 1, .ncolumns = 2, .nnotes = 1,
    .variable = { "side" }, .column = { "depth", "quality" },
    .split = { "train", "test" }, .code = { "left", "right" }
};

static void put(struct parcel *to, const char *name, enum parcel_type type,
                const void *from, size_t n, size_t size)
{
    void *p = parcel_put(to, name, type, n);

    if (p)
        memcpy(p, from, n * size);
}

static int send_parts(void *with, struct parcel *to)
{
    static const float x[S * M + 1] = { 1, 2, 3, 4, 5, 6, 7 };
    static const double t[S * M + 1] = { 0.5, 0.75 }, late[S] = { NAN };
    static const int32_t seen[S + 1] = { 1, 0, 7, 1, 1 };
    static const char *const text[M + 1] = { "good", "bad", "good", "" };
    static const char *const note[17] = { "first", "", "", "", "", "", "", "",
        "", "", "", "", "", "", "", "", "" };
    const struct parts *p = with;

    put(to, "sizes", PARCEL_I64, p->size, p->nsizes, 8);
    if (p->x_of_doubles)
        put(to, "x", PARCEL_F64, t, p->nx, 8);
    else if (!p->without_x)
        put(to, "x", PARCEL_F32, x, p->nx, 4);
    put(to, "trial", PARCEL_I32, p->trial, p->ntrial, 4);
    put(to, "step", PARCEL_I32, p->step, p->nstep, 4);
    put(to, "observed", PARCEL_I32, seen, p->nobserved, 4);
    put(to, "time", PARCEL_F64, p->late ? late : t, p->ntime, 8);
    put(to, "value0", PARCEL_I32, p->value, p->nvalue, 4);
    put(to, "number0", PARCEL_F64, t, p->nnumber, 8);
    return parcel_put_texts(to, "code0", p->code, p->ncode) ||
           parcel_put_texts(to, "text1", text, p->ntext) ||
           parcel_put_texts(to, "split", p->split, p->nsplit) ||
           parcel_put_texts(to, "variables", p->variable, p->nvariables) ||
           parcel_put_texts(to, "columns", p->column, p->ncolumns) ||
           parcel_put_texts(to, "notes", note, p->nnotes);
}

static struct recording *receive(int (*send)(void *, struct parcel *),
                                 const void *with, struct parcel **p)
{
    if (guard_run(p, "file.h5", send, (void *)with, &limits))
        fail_msg("%s", err_text());
    return recording_receive(*p, arena);
}

/* It is refused, by a line that has the text. */
static void refused(const struct parts *parts, const char *text)
{
    struct parcel *p;
    struct recording *r = receive(send_parts, parts, &p);

    assert_null(r);
    assert_true(err_code() == EX_DATAERR || err_code() == EX_USAGE);
    if (!strstr(err_text(), text))
        fail_msg("%s: without %s", err_text(), text);
    guard_release(p);
}

#define REFUSED(text, ...) do { \
        struct parts changed = sound; \
        __VA_ARGS__; \
        refused(&changed, text); \
    } while (0)

/* ---- tests ---- */

static void sound_parts_are_received(void **state)
{
    struct parcel *p;
    struct recording *r = receive(send_parts, &sound, &p);
    (void)state;
    if (!r)
        fail_msg("%s", err_text());
    assert_int_equal(r->observed[2], 1);
    assert_int_equal(r->observed[1], 0);
    assert_string_equal(r->column[1].text[1], "bad");
    assert_true(r->column[0].number[1] == 0.75);
    assert_string_equal(r->note[0], "first");
    guard_release(p);
}

static int send_recording(void *with, struct parcel *to)
{
    return recording_send(with, to);
}

static void what_is_sent_is_received(void **state)
{
    struct recording *r = recording_open(S, N, M, arena), *got;
    double time[S] = { 0.1, 0.2, 1.1, 1.2, 1.3 }, depth[M] = { 5, NAN, -1 };
    const char *split[N] = { "train", "valid" };
    const char *texts[M] = { "a", "", "Zürich" };
    int32_t count[S] = { 3, RECORDING_MISSING, -7, 0, 12 };
    struct parcel *p;
    (void)state;
    for (int i = 0; i < S * M; i++)
        r->x[i] = i == 4 ? NAN : (float)i / 3;
    memcpy(r->trial, sound.trial, sizeof sound.trial);
    memcpy(r->step, sound.step, sizeof sound.step);
    r->observed[3] = 0;
    r->time = time;
    r->split = split;
    r->nvariables = 2;
    r->variable[0] = (struct recording_variable){ .name = "n", .value = count };
    r->variable[1] = (struct recording_variable){
        .name = "side", .value = (int32_t *)sound.value, .ncodes = 2,
        .code = (const char **)sound.code };
    r->ncolumns = 2;
    r->column[0] = (struct recording_column){ .name = "depth",
                                              .number = depth };
    r->column[1] = (struct recording_column){ .name = "area", .text = texts };
    assert_int_equal(recording_note(r, "a note"), 0);

    got = receive(send_recording, r, &p);
    if (!got)
        fail_msg("%s", err_text());
    assert_int_equal(got->S, S);
    assert_int_equal(got->N, N);
    assert_int_equal(got->m, M);
    assert_memory_equal(got->x, r->x, S * M * sizeof *r->x);
    assert_memory_equal(got->trial, r->trial, S * 4);
    assert_memory_equal(got->step, r->step, S * 4);
    assert_memory_equal(got->observed, r->observed, S);
    assert_memory_equal(got->time, time, sizeof time);
    assert_string_equal(got->split[1], "valid");
    assert_int_equal(got->nvariables, 2);
    assert_string_equal(got->variable[0].name, "n");
    assert_memory_equal(got->variable[0].value, count, sizeof count);
    assert_null(got->variable[0].code);
    assert_int_equal(got->variable[1].ncodes, 2);
    assert_string_equal(got->variable[1].code[1], "right");
    assert_int_equal(got->ncolumns, 2);
    assert_memory_equal(got->column[0].number, depth, sizeof depth);
    assert_null(got->column[0].text);
    assert_string_equal(got->column[1].text[2], "Zürich");
    assert_int_equal(got->nnotes, 1);
    assert_string_equal(got->note[0], "a note");
    guard_release(p);
}

static void a_bare_recording_has_the_rest_empty(void **state)
{
    struct recording *r = recording_open(2, 1, 1, arena), *got;
    struct parcel *p;
    (void)state;
    r->step[1] = 1;
    got = receive(send_recording, r, &p);
    assert_non_null(got);
    assert_null(got->time);
    assert_null(got->split);
    assert_int_equal(got->nvariables + got->ncolumns + got->nnotes, 0);
    guard_release(p);
}

static void sizes_that_cannot_be_are_refused(void **state)
{
    static const int64_t bad[] = { 0, -1, INT64_MIN, INT64_MAX, 1LL << 32 };
    (void)state;
    for (int k = 0; k < 3; k++)
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
            REFUSED("", changed.size[k] = bad[i]);
    REFUSED("sizes", changed.nsizes = 2);
    REFUSED("sizes", changed.size[1] = S + 1);
    REFUSED("x", changed.size[0] = S + 1);
    REFUSED("x", changed.size[2] = 1 << 30);
}

static void arrays_of_another_length_or_type_are_refused(void **state)
{
    (void)state;
    REFUSED("x", changed.nx--);
    REFUSED("x", changed.nx++);
    REFUSED("x", changed.x_of_doubles = true);
    REFUSED("x", changed.without_x = true);
    REFUSED("trial", changed.ntrial--);
    REFUSED("step", changed.nstep = 0);
    REFUSED("observed", changed.nobserved++);
    REFUSED("time", changed.ntime--);
    REFUSED("time", changed.late = true);
    REFUSED("split", changed.nsplit = 1);
    REFUSED("value", changed.nvalue--);
    REFUSED("number", changed.nnumber = 1);
    REFUSED("quality", changed.ntext++);
}

static void rows_that_do_not_follow_are_refused(void **state)
{
    (void)state;
    REFUSED("trial", changed.trial[0] = 1);
    REFUSED("trial", changed.trial[0] = -1);
    REFUSED("trial", changed.trial[4] = 2);
    REFUSED("trial", changed.trial[4] = 0);
    REFUSED("trial", changed.trial[1] = INT32_MAX);
    REFUSED("trial", changed.size[1] = 1);
    REFUSED("trial", changed.size[1] = 3);
    REFUSED("trial", changed.step[0] = 1);
    REFUSED("trial", changed.step[1] = 0);
    REFUSED("trial", changed.step[2] = 1);
    REFUSED("trial", changed.step[4] = -1);
    REFUSED("trial", changed.trial[2] = changed.trial[3] = 0,
            changed.step[2] = 2, changed.step[3] = 3, changed.step[4] = 4);
    REFUSED("trial", changed.step[4] = INT32_MIN);
}

static void codes_without_a_text_are_refused(void **state)
{
    (void)state;
    REFUSED("side", changed.value[0] = 2);
    REFUSED("side", changed.value[4] = -1);
    REFUSED("side", changed.value[4] = INT32_MAX);
    REFUSED("side", changed.ncode = 1);
}

static void names_that_a_file_cannot_have_are_refused(void **state)
{
    static const char *const bad[] = { "", ".", "..", "a/b", "a=b", "a:b",
        "a b", "a*", "0123456789012345678901234567890123456789012345678901234"
        "567890123" };
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        REFUSED("variables", changed.variable[0] = bad[i]);
        REFUSED("columns", changed.column[1] = bad[i]);
        assert_false(recording_takes(bad[i]));
    }
    assert_true(recording_takes("n_items"));
    REFUSED("given twice", changed.nvariables = 2,
            changed.variable[1] = "side");
}

static void more_than_there_is_room_for_is_refused(void **state)
{
    (void)state;
    REFUSED("variables",
            for (int k = 0; k < 17; k++) changed.variable[k] = "a";
            changed.nvariables = 17);
    REFUSED("columns",
            for (int k = 0; k < 17; k++) changed.column[k] = "a";
            changed.ncolumns = 17);
    REFUSED("notes", changed.nnotes = 17);
    REFUSED("value", changed.nvariables = 2, changed.variable[1] = "b");
    REFUSED("number", changed.ncolumns = 3, changed.column[2] = "c");
}

static void notes_beyond_the_room_are_lost_quietly(void **state)
{
    struct recording *r = recording_open(1, 1, 1, arena);
    (void)state;
    for (int k = 0; k < RECORDING_NOTES + 3; k++)
        assert_int_equal(recording_note(r, "again"), 0);
    assert_int_equal(r->nnotes, RECORDING_NOTES);
    assert_int_equal(recording_note(r, NULL), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sound_parts_are_received),
        cmocka_unit_test(what_is_sent_is_received),
        cmocka_unit_test(a_bare_recording_has_the_rest_empty),
        cmocka_unit_test(sizes_that_cannot_be_are_refused),
        cmocka_unit_test(arrays_of_another_length_or_type_are_refused),
        cmocka_unit_test(rows_that_do_not_follow_are_refused),
        cmocka_unit_test(codes_without_a_text_are_refused),
        cmocka_unit_test(names_that_a_file_cannot_have_are_refused),
        cmocka_unit_test(more_than_there_is_room_for_is_refused),
        cmocka_unit_test(notes_beyond_the_room_are_lost_quietly),
    };
    return cmocka_run_group_tests(tests, arena_make, arena_drop);
}

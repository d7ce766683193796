/* test_plot_session.c - pictures of what was recorded (a few trials, tuning,
 * coverage), and what the page says of them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../lib/data.h"
#include "../lib/err.h"
#include "../lib/plot.h"
#include "../lib/report.h"
#include "laid.h"

/* A recording of that many units and trials, whose variable counts to `most`
 * in each of so many kinds of other variables. */
static struct report session_of(int units, int trials, int most, int kinds)
{
    struct report r = rows_none("by hand", 8);
    int length = most * kinds;

    r.recording = "monkey";
    r.variable = "n_items";
    r.unit = arena_get(arena, (size_t)units, sizeof *r.unit);
    r.step = arena_get(arena, (size_t)(trials * length), sizeof *r.step);
    r.cell = arena_get(arena, (size_t)(trials * length * units),
                       sizeof *r.cell);
    r.tuning = arena_get(arena, (size_t)(6 * length), sizeof *r.tuning);
    r.coverage = arena_get(arena, (size_t)length, sizeof *r.coverage);
    for (int u = 0; u < units; u++)
        r.unit[r.nunits++] = (struct report_units){
            .unit = units - 1 - u, .rank = u, .sd = 1,
            .correlation = 0.9 - 1.8 * u / units };
    for (int k = 0; k < kinds; k++)
        for (int v = 0; v < most; v++) {
            const char *others = arena_text(arena, "phase = part %d", k);
            for (int i = 0; i < trials; i++) {
                struct report_steps *s = &r.step[r.nsteps++];
                *s = (struct report_steps){
                    .trial = 1000 + i, .step = k * most + v, .value = v,
                    .time = 0.1 * (k * most + v), .eligible = v != 1 };
                strcpy(s->others, others);
                for (int u = 0; u < units; u++)
                    r.cell[r.ncells++] = (struct report_cells){
                        .trial = s->trial, .step = s->step, .unit = u,
                        .rank = units - 1 - u, .state = sin(u + v) };
            }
            for (int u = 0; u < 6 && u < units; u++) {
                struct report_tuning *y = &r.tuning[r.ntuning++];
                *y = (struct report_tuning){
                    .unit = u, .rank = units - 1 - u, .value = v, .n = 9,
                    .trials = 9, .mean = 0.1 * v, .low = 0.1 * v - 0.2,
                    .high = 0.1 * v + 0.2 };
                strcpy(y->others, others);
            }
            struct report_coverage *c = &r.coverage[r.ncoverage++];
            *c = (struct report_coverage){
                .split = SPLIT_TEST, .value = v, .recorded = 10 * v,
                .wanted = 5 };
            strcpy(c->others, others);
        }
    return r;
}

static const enum layout layouts[] = { LAYOUT_RASTER, LAYOUT_TUNING,
                                       LAYOUT_COVERAGE };

static void no_text_lies_on_another_or_beyond_the_edge(void **state)
{
    static const int sizes[][4] = { { 72, 3, 20, 2 }, { 6, 1, 4, 1 },
                                    { 200, 3, 60, 3 }, { 9, 2, 5, 8 } };
    static const int widths[] = { PLOT_WIDE, PLOT_NARROW };
    (void)state;

    for (int k = 0; k < LENGTH(sizes); k++)
        for (int w = 0; w < 2; w++)
            for (int l = 0; l < 3; l++) {
                struct report r = session_of(sizes[k][0], sizes[k][1],
                                             sizes[k][2], sizes[k][3]);
                laid(&r, layouts[l], widths[w]);
                if (!laid_passes(apart))
                    fail_msg("layout %d, size %d, %d mm", l, k, widths[w]);
            }
}

static void a_panel_is_a_trial_a_unit_or_a_tuple(void **state)
{
    struct report r = session_of(20, 3, 8, 2);
    const char *text = laid(&r, LAYOUT_RASTER, PLOT_WIDE);
    (void)state;

    assert_int_equal(count(text, "<image"), 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(count(text, arena_text(arena, ">trial %d<",
                                                1000 + i)), 1);
    assert_int_equal(count(text, ">phase = part 1<"), 1);
    assert_int_equal(count(text, ">N Items<"), 1);
    text = laid(&r, LAYOUT_TUNING, PLOT_WIDE);
    assert_int_equal(count(text, ">column "), 6);
    assert_int_equal(count(text, ">column 0, r = "), 1);
    text = laid(&r, LAYOUT_COVERAGE, PLOT_WIDE);
    assert_int_equal(count(text, ">phase = part "), 2);
}

static void without_time_steps_are_counted(void **state)
{
    struct report r = session_of(8, 1, 6, 1);
    (void)state;

    assert_int_equal(count(laid(&r, LAYOUT_RASTER, PLOT_WIDE),
                           ">time in the trial, s<"), 1);
    for (size_t k = 0; k < r.nsteps; k++)
        r.step[k].time = NAN;
    assert_int_equal(count(laid(&r, LAYOUT_RASTER, PLOT_WIDE), ">step<"), 1);
}

static void only_the_test_split_is_covered(void **state)
{
    struct report r = session_of(8, 1, 6, 2);
    (void)state;

    for (size_t k = 0; k < 6; k++)
        r.coverage[k].split = SPLIT_TRAIN;
    assert_int_equal(count(laid(&r, LAYOUT_COVERAGE, PLOT_WIDE),
                           ">phase = part "), 1);
}

static void of_too_many_tuples_the_picture_says_that_there_are_more(
    void **state)
{
    static const int most[] = { 7, 7, 6 };
    (void)state;

    for (int l = 0; l < 3; l++)
        for (int more = 0; more < 2; more++) {
            struct report r = session_of(8, 1, 4, most[l] + more);
            const char *text = laid(&r, layouts[l], PLOT_WIDE);
            assert_int_equal(count(text, ">phase = part "), most[l]);
            assert_int_equal(count(text, ">and more: not drawn<"), more);
        }
}

static void what_is_not_there_is_not_drawn(void **state)
{
    struct report none = rows_none("by hand", 1);
    (void)state;

    none.variable = "count";
    for (int l = 0; l < 3; l++) {
        assert_null(plot_as(&none, layouts[l], PLOT_WIDE, arena));
        assert_string_equal(err_text(), "by hand: no bars to draw");
        err_clear();
    }
}

static void awkward_names_stay_text_and_pictures_are_equal_twice(
    void **state)
{
    struct report r = session_of(8, 2, 6, 2);
    (void)state;

    r.variable = awkward;
    for (size_t k = 0; k < r.nsteps; k++)
        strcpy(r.step[k].others, awkward);
    for (size_t k = 0; k < r.ntuning; k++)
        strcpy(r.tuning[k].others, awkward);
    for (size_t k = 0; k < r.ncoverage; k++)
        strcpy(r.coverage[k].others, awkward);
    for (int l = 0; l < 3; l++) {
        const char *text = laid(&r, layouts[l], PLOT_WIDE);
        assert_null(strstr(text, "<b>"));
        assert_true(laid_passes(parses));
        assert_string_equal(text, laid(&r, layouts[l], PLOT_WIDE));
    }
}

/* ---- the page ---- */

static void add_exchange(struct report *r, const char *from, const char *to,
                         const char *direction, double value)
{
    struct report_table *x = add(r, "direction", "Monkey × GRU", "n_items",
                                 "mas", direction, value);

    x->cross = strcmp(from, to) != 0;
    strcpy(x->system_1, from);
    strcpy(x->system_2, to);
    strcpy(x->source_variable, "n_items");
}

/* From a recording, into none. */
static struct report source_of(const char *direction, const char *within)
{
    struct report r = session_of(8, 1, 4, 1);

    r.decodability = arena_get(arena, 1, sizeof *r.decodability);
    *r.decodability = (struct report_decodability){ .recording = 1, .n = 9,
                                                    .accuracy = 0.5 };
    strcpy(r.decodability->system, "monkey");
    strcpy(r.decodability->variable, "n_items");
    r.ndecodability = 1;
    add(&r, "bar", "Monkey × GRU", "n_items", "mas", "all", 0.75);
    add_exchange(&r, "monkey", "gru", direction, 0.75);
    if (within)
        add_exchange(&r, "gru", "gru", within, 0.875);
    add_exchange(&r, "monkey", "monkey", "3to3", NAN);
    return r;
}

static void the_numbers_of_systems_come_from_the_rows(void **state)
{
    struct report r = source_of("1to2", "2to2");
    char *text = drawn(&r, "numbers.html");
    (void)state;

    assert_int_equal(count(text, "from the recording (1 → 2) puts"), 1);
    assert_int_equal(count(text, "within the model (2 → 2) does"), 1);
    assert_int_equal(count(text, "2 → 1"), 0);
    r = source_of("2to1", NULL);
    text = drawn(&r, "other.html");
    assert_int_equal(count(text, "from the recording (2 → 1) puts"), 1);
    assert_int_equal(count(text, "within the model ("), 0);
}

static void the_bar_of_a_recording_is_what_the_model_makes_of_it(void **state)
{
    struct report r = source_of("2to1", "1to1");
    char *text;
    (void)state;

    r.row[0].value = 0.58;
    add(&r, "bar", "Monkey × GRU", "n_items", "mas", "cross", 0.36);
    text = drawn(&r, "answer.html");
    assert_int_equal(count(text, ">0.36<"), 2);         /* wide and narrow */
    assert_int_equal(count(text, "0.58"), 0);
    assert_int_equal(count(text, "trained by behaviour"), 0);
    assert_int_equal(count(text, "from a recording into a model"), 2);
    r.recording = NULL;
    r.ndecodability = 0;
    text = drawn(&r, "models.html");
    assert_int_equal(count(text, ">0.58<"), 2);
    assert_int_equal(count(text, ">0.36<"), 0);
    assert_int_equal(count(text, "the directions trained by behaviour"), 2);
}

static void nothing_is_promised_that_was_not_measured(void **state)
{
    struct report r = source_of("2to1", NULL);
    char *text = drawn(&r, "from.html");
    (void)state;

    assert_int_equal(count(text, "IIA into a recording cannot be"), 1);
    assert_int_equal(count(text, "<td class=k>monkey → gru<"), 2);
    assert_int_equal(count(text, "Is the variable in the states at all"), 1);
    assert_int_equal(count(text, "Below, under Recordings"), 1);
    assert_int_equal(count(text, "<b>Measured:"), 1);
    assert_int_equal(count(text, "model → recording"), 0);
    assert_int_equal(count(text, "Into a recording it can be"), 0);
    r.ndecodability = 0;
    text = drawn(&r, "undecoded.html");
    assert_int_equal(count(text, "Is the variable in the states at all"), 0);
    assert_int_equal(count(text, "Below, under Recordings"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_text_lies_on_another_or_beyond_the_edge),
        cmocka_unit_test(a_panel_is_a_trial_a_unit_or_a_tuple),
        cmocka_unit_test(without_time_steps_are_counted),
        cmocka_unit_test(only_the_test_split_is_covered),
        cmocka_unit_test(
            of_too_many_tuples_the_picture_says_that_there_are_more),
        cmocka_unit_test(what_is_not_there_is_not_drawn),
        cmocka_unit_test(awkward_names_stay_text_and_pictures_are_equal_twice),
        cmocka_unit_test(the_numbers_of_systems_come_from_the_rows),
        cmocka_unit_test(the_bar_of_a_recording_is_what_the_model_makes_of_it),
        cmocka_unit_test(nothing_is_promised_that_was_not_measured),
    };
    return cmocka_run_group_tests(tests, rows_make, rows_drop);
}

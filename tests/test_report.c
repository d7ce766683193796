/* test_report.c - how a figure's numbers are joined, stored and read back. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../lib/acts.h"
#include "../lib/arena.h"
#include "../lib/err.h"
#include "../lib/report.h"
#include "../lib/score.h"
#include "../lib/sim.h"
#include "../lib/store.h"
#include "../lib/store_report.h"

static struct arena *arena;
static char folder[64];

static int setup(void **state)
{
    const char *tmp = getenv("TMPDIR");

    (void)state;
    snprintf(folder, sizeof folder, "%.40s/report.XXXXXX", tmp ? tmp : "/tmp");
    return (arena = arena_open()) && mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
    char command[96];

    (void)state;
    arena_close(arena);
    snprintf(command, sizeof command, "rm -r '%s'", folder);
    return system(command);
}

static void near(double x, double y, double tolerance)
{
    if (!(fabs(x - y) <= tolerance))
        fail_msg("%.17g is not %.17g within %g", x, y, tolerance);
}

/* ---- hand-made alignments ---- */

struct maker {
    const char *file, *name[2], *task[2], *variable[2];
    double iia[4];              /* 1to1, 2to1, 1to2, 2to2; one system: 1to1 */
    bool shuffled;
};

static struct report_alignment make(struct maker m)
{
    struct report_alignment x = {
        .file = m.file, .preset = "mas", .site = "hidden",
        .shuffled = m.shuffled, .criterion_met = true,
        .G = m.name[1] ? 2 : 1, .D = m.name[1] ? 4 : 1,
    };
    x.model = arena_get(arena, x.G, sizeof *x.model);
    x.direction = arena_get(arena, x.D, sizeof *x.direction);
    for (size_t i = 0; i < x.G; i++) {
        strcpy(x.model[i].name, m.name[i]);
        strcpy(x.model[i].task, m.task[i]);
        strcpy(x.model[i].arch, "gru");
    }
    for (size_t i = 0; i < x.D; i++) {
        struct alignment_directions *d = &x.direction[i];
        d->source = 1 + (int)i % 2;
        d->target = 1 + (int)i / 2;
        strcpy(d->source_variable, m.variable[d->source - 1]);
        strcpy(d->target_variable, m.variable[d->target - 1]);
        d->n_test = 1000;
        d->iia_test = m.iia[i];
        d->chance = 0.05 + 0.01 * (double)i;
        d->constant = 0.1;
        d->null_mean = 0.2;
    }
    return x;
}

static struct report_alignment counting(const char *file, const char *arith,
                                        const char *count, double iia)
{
    return make((struct maker){
        .file = file, .name = { arith, count },
        .task = { "arithmetic", "multi-object" },
        .variable = { "rem_ops", "count" },
        .iia = { 0.95, iia, iia + 0.02, 0.93 } });
}

static struct report report_of(struct report_alignment *x, int n)
{
    struct report_input in = { .nalignments = n, .alignment = x };
    struct report r;

    assert_int_equal(report_join(&r, "figure3", &in, 1, arena), 0);
    return r;
}

/* ---- joining ---- */

static void a_bar_is_the_mean_over_pairs_and_directions(void **state)
{
    struct report_alignment x[] = { counting("x.h5", "a1", "m1", 0.80),
                                    counting("y.h5", "a2", "m1", 0.90) };
    struct report r = report_of(x, 2);
    (void)state;

    assert_int_equal(r.n, 2 + 8);
    assert_string_equal(r.row[0].level, "bar");
    assert_string_equal(r.row[0].panel, "Arithmetic × Multi-Object GRU");
    assert_string_equal(r.row[0].bar, "count ↔ rem_ops");
    assert_string_equal(r.row[0].direction, "all");
    assert_string_equal(r.row[0].file, "2");
    assert_int_equal(r.row[0].n, 8000);
    near(r.row[0].value, (0.95 * 2 + 0.93 * 2 + 0.80 + 0.82 + 0.90 + 0.92) / 8,
         1e-12);
    near(r.row[0].chance, 0.065, 1e-12);
    assert_string_equal(r.row[1].direction, "cross");
    assert_true(r.row[1].cross);
    assert_int_equal(r.row[1].n, 4000);
    near(r.row[1].value, (0.80 + 0.82 + 0.90 + 0.92) / 4, 1e-12);
    near(r.row[1].chance, 0.065, 1e-12);
    assert_true(isnan(r.row[1].null_shuffled) && isnan(r.row[1].ceiling));
}

static void a_bars_interval_has_the_width_of_its_trials(void **state)
{
    struct report_alignment x[] = { counting("x.h5", "a1", "m1", 0.80) };
    struct report r = report_of(x, 1);
    double sd = sqrt((0.80 * 0.20 + 0.82 * 0.18) / 1000) / 2;
    (void)state;

    near(r.row[1].low, 0.81 - 1.96 * sd, 0.0015);
    near(r.row[1].high, 0.81 + 1.96 * sd, 0.0015);
}

static void directions_stand_below_with_wilsons_interval(void **state)
{
    struct report_alignment x[] = { counting("x.h5", "a1", "m1", 0.80) };
    struct report r = report_of(x, 1);
    struct interval y = score_wilson(800, 1000);
    const struct report_table *row = &r.row[3];
    (void)state;

    assert_string_equal(row->level, "direction");
    assert_string_equal(row->direction, "2to1");
    assert_string_equal(row->system_1, "m1");
    assert_string_equal(row->system_2, "a1");
    assert_string_equal(row->source_variable, "count");
    assert_string_equal(row->target_variable, "rem_ops");
    assert_string_equal(row->file, "x.h5");
    near(row->low, y.low, 1e-12);
    near(row->high, y.high, 1e-12);
}

static void the_order_of_systems_does_not_make_another_panel(void **state)
{
    struct report_alignment x[] = {
        counting("x.h5", "a1", "m1", 0.80),
        make((struct maker){ .file = "y.h5", .name = { "m1", "a2" },
                             .task = { "multi-object", "arithmetic" },
                             .variable = { "count", "rem_ops" } }),
    };
    struct report r = report_of(x, 2);
    (void)state;

    assert_string_equal(r.row[1].direction, "cross");
    assert_string_equal(r.row[2].level, "direction");
    assert_string_equal(r.row[9].panel, r.row[0].panel);
    assert_string_equal(r.row[9].bar, r.row[0].bar);
}

static void bars_stand_panel_by_panel_in_the_order_of_the_input(void **state)
{
    struct maker full = { .file = "f.h5", .name = { "a1", "a2" },
                          .task = { "arithmetic", "arithmetic" },
                          .variable = { "full", "full" } };
    struct report_alignment x[3];
    (void)state;

    x[0] = make(full);
    x[1] = counting("x.h5", "a1", "m1", 0.80);
    full.variable[0] = full.variable[1] = "cumu_val";
    x[2] = make(full);
    struct report r = report_of(x, 3);
    assert_string_equal(r.row[0].bar, "full");
    assert_string_equal(r.row[0].panel, "Arithmetic × Arithmetic GRU");
    assert_string_equal(r.row[2].bar, "cumu_val");
    assert_string_equal(r.row[4].bar, "count ↔ rem_ops");
}

static void nulls_and_ceilings_join_the_directions_they_belong_to(void **state)
{
    struct report_alignment x[] = { counting("x.h5", "a1", "m1", 0.80) };
    struct report_alignment null[] = { counting("n.h5", "a1", "m1", 0.10),
                                       counting("o.h5", "a1", "m1", 0.30),
                                       counting("p.h5", "a2", "m1", 0.70) };
    struct report_alignment ceiling[] = {
        make((struct maker){ .file = "c.h5", .name = { "a1" },
                             .task = { "arithmetic" },
                             .variable = { "rem_ops" }, .iia = { 0.99 } }),
        make((struct maker){ .file = "d.h5", .name = { "m1" },
                             .task = { "multi-object" },
                             .variable = { "full" }, .iia = { 0.98 } }),
    };
    struct report_input in = { 1, 3, 2, 0, x, null, ceiling, NULL };
    struct report r;
    (void)state;

    for (int i = 0; i < 3; i++)
        null[i].shuffled = true;
    assert_int_equal(report_join(&r, "figure3", &in, 1, arena), 0);
    near(r.row[3].null_shuffled, 0.20, 1e-12);          /* 2to1 */
    near(r.row[4].null_shuffled, 0.22, 1e-12);          /* 1to2 */
    near(r.row[3].ceiling, 0.99, 1e-12);
    assert_true(isnan(r.row[4].ceiling));               /* full is not count */
    near(r.row[1].null_shuffled, 0.21, 1e-12);
    near(r.row[1].ceiling, 0.99, 1e-12);
}

static void a_direction_that_was_only_scored_is_in_no_bar(void **state)
{
    struct report_alignment x[] = { counting("x.h5", "a1", "m1", 0.80) };
    (void)state;

    x[0].direction[2].role = 2;         /* score */
    struct report r = report_of(x, 1);
    near(r.row[1].value, 0.80, 1e-12);
    assert_string_equal(r.row[4].level, "score");
}

static void a_model_short_of_its_criterion_marks_its_bars(void **state)
{
    struct report_alignment x[] = { counting("x.h5", "a1", "m1", 0.80),
                                    counting("y.h5", "a2", "m1", 0.80) };
    (void)state;

    x[1].criterion_met = false;
    struct report r = report_of(x, 2);
    assert_false(r.criterion_met);
    assert_false(r.row[0].criterion_met);
    assert_true(r.row[2].criterion_met);
    assert_false(r.row[6].criterion_met);
}

static void files_in_the_wrong_place_are_refused(void **state)
{
    struct report_alignment x[] = { counting("x.h5", "a1", "m1", 0.80) };
    struct report_alignment y[] = { counting("y.h5", "a1", "m1", 0.80) };
    struct report_input in = { 1, 1, 0, 0, x, y, NULL, NULL };
    struct report r;
    (void)state;

    assert_int_equal(report_join(&r, "figure3", &in, 1, arena), -1);
    assert_int_equal(err_code(), EX_DATAERR);
    assert_string_equal(err_text(),
                        "y.h5: made from true, not shuffled, interventions");
    in = (struct report_input){ 1, 0, 1, 0, x, NULL, y, NULL };
    assert_int_equal(report_join(&r, "figure3", &in, 1, arena), -1);
    assert_string_equal(err_text(), "y.h5: a ceiling has one system, not 2");
    x[0].shuffled = true;
    assert_int_equal(report_join(&r, "figure3", &in, 1, arena), -1);
    assert_string_equal(err_text(),
                        "x.h5: made from shuffled interventions");
    x[0].shuffled = false;
    x[0].direction[0].target = 3;
    assert_int_equal(report_join(&r, "figure3", &in, 1, arena), -1);
    assert_string_equal(err_text(), "x.h5: a direction names a system that is "
                        "not there");
    err_clear();
}

static void names_are_said_as_people_write_them(void **state)
{
    (void)state;
    assert_string_equal(report_pretty("rem_ops", arena), "Rem Ops");
    assert_string_equal(report_pretty("multi-object", arena), "Multi-Object");
    assert_string_equal(report_pretty("gru", arena), "GRU");
    assert_string_equal(report_pretty("count ↔ cumu_val", arena),
                        "Count ↔ Cumu Val");
}

/* ---- claims ---- */

static const struct claim *claim_of(const char *id, const char *panel)
{
    for (const struct claim *c = claim_menu; c->figure; c++)
        if (!strcmp(c->id, id) && strstr(c->panel, panel))
            return c;
    fail_msg("no claim %s of %s", id, panel);
    return NULL;
}

static struct finding find_s9(double cumu_val)
{
    struct report_alignment x[] = { counting("x.h5", "a1", "m1", 0.80),
                                    counting("y.h5", "a1", "m1", cumu_val) };
    for (int i = 0; i < 4; i++) {
        struct alignment_directions *d = &x[1].direction[i];
        if (!strcmp(d->source_variable, "rem_ops"))
            strcpy(d->source_variable, "cumu_val");
        if (!strcmp(d->target_variable, "rem_ops"))
            strcpy(d->target_variable, "cumu_val");
    }
    struct report r = report_of(x, 2);
    return report_finding(&r, claim_of("S9", "Multi"));
}

static void lower_means_that_the_intervals_do_not_meet(void **state)
{
    (void)state;
    assert_true(find_s9(0.70).holds);
    assert_false(find_s9(0.79).holds);
    assert_false(find_s9(0.90).holds);
}

static void a_threshold_is_asked_of_the_cross_model_mean(void **state)
{
    struct report_alignment x[] = { counting("x.h5", "a1", "m1", 0.80) };
    struct report r = report_of(x, 1);
    struct finding f = report_finding(&r, claim_of("S8", "Multi"));
    (void)state;

    assert_true(f.holds);
    near(f.row->value, 0.81, 1e-12);
    near(f.lowest, 0.80, 1e-12);
    x[0] = counting("x.h5", "a1", "m1", 0.78);
    r = report_of(x, 1);
    assert_false(report_finding(&r, claim_of("S8", "Multi")).holds);
}

static void a_claim_about_bars_that_are_absent_is_not_decided(void **state)
{
    struct report_alignment x[] = { counting("x.h5", "a1", "m1", 0.80) };
    struct report r = report_of(x, 1);
    struct finding f = report_finding(&r, claim_of("S9", "Same"));
    (void)state;

    assert_null(f.row);
    assert_false(f.holds);
}

/* ---- files ---- */

static void a_report_reads_back_as_it_was_written(void **state)
{
    struct report_alignment x[] = { counting("x.h5", "a1", "m1", 0.80) };
    struct report r = report_of(x, 1), back;
    struct store *s = store_open("report", "figure=figure3", "", arena);
    char *path = arena_text(arena, "%s/r.h5", folder);
    (void)state;

    assert_int_equal(store_write_report(s, path, &r), 0);
    store_close(s);
    s = store_open("report", "", "", arena);
    assert_int_equal(store_read_report(s, path, &back), 0);
    assert_int_equal(back.n, r.n);
    assert_string_equal(back.figure, "figure3");
    assert_string_equal(back.caption, r.caption);
    assert_true(back.criterion_met);
    for (size_t i = 0; i < r.n; i++) {
        assert_string_equal(back.row[i].panel, r.row[i].panel);
        assert_string_equal(back.row[i].direction, r.row[i].direction);
        assert_true(back.row[i].value == r.row[i].value);
        assert_true(back.row[i].low == r.row[i].low);
        assert_true(isnan(back.row[i].ceiling));
        assert_int_equal(back.row[i].cross, r.row[i].cross);
        assert_int_equal(back.row[i].n, r.row[i].n);
    }
    assert_int_equal(back.nfiles, 1);
    assert_string_equal(back.file[0].name, "r.h5");
    assert_string_equal(back.file[0].options, "figure=figure3");
    store_close(s);
}

static void a_similarity_reads_back_and_joins_its_panel(void **state)
{
    struct acts one = { .system = "a1", .arch = "gru", .criterion_met = true };
    struct acts two = { .system = "a2", .arch = "gru", .criterion_met = true };
    struct sim_plan plan = { "hidden", 2, 3, 4, "all" };
    int64_t rows[] = { 5, 6 };
    double rdm[] = { 1, 0.5, 0.5, 1 };
    struct sim_result y = {
        .rows = 2, .draws = 3, .nscores = 1,
        .score = { { sim_menu[0], sim_menu[0]->options[0], 0.7, 0.01 } },
        .row1 = rows, .row2 = rows, .rdm1 = rdm, .rdm2 = rdm,
    };
    struct store *s = store_open("rsa", "rows=2", "", arena);
    char *path = arena_text(arena, "%s/s.h5", folder);
    struct report_similarity back;
    struct report r;
    (void)state;

    assert_int_equal(store_write_similarity(s, path, &plan, &y, &one, &two), 0);
    store_close(s);
    s = store_open("report", "", "", arena);
    assert_int_equal(store_read_similarity(s, path, &back), 0);
    struct report_input in = { .nsimilarities = 1, .similarity = &back };
    assert_int_equal(report_join(&r, "figure3", &in, 1, arena), 0);
    store_close(s);
    assert_int_equal(r.n, 1);
    assert_string_equal(r.row[0].level, "similarity");
    assert_string_equal(r.row[0].panel, "a1 × a2 GRU");     /* no task known */
    assert_string_equal(r.row[0].method, "rsa");
    assert_int_equal(r.row[0].n, 3);
    near(r.row[0].value, 0.7, 0);
    near(r.row[0].high, 0.7 + 1.96 * 0.01, 1e-12);
}

static void a_report_is_not_an_alignment(void **state)
{
    struct store *s = store_open("report", "", "", arena);
    struct report_alignment x;
    (void)state;

    assert_int_equal(store_read_alignment(
        s, arena_text(arena, "%s/r.h5", folder), &x), -1);
    assert_int_equal(err_code(), EX_DATAERR);
    assert_non_null(strstr(err_text(), "r.h5: "));
    err_clear();
    store_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bar_is_the_mean_over_pairs_and_directions),
        cmocka_unit_test(a_bars_interval_has_the_width_of_its_trials),
        cmocka_unit_test(directions_stand_below_with_wilsons_interval),
        cmocka_unit_test(the_order_of_systems_does_not_make_another_panel),
        cmocka_unit_test(bars_stand_panel_by_panel_in_the_order_of_the_input),
        cmocka_unit_test(nulls_and_ceilings_join_the_directions_they_belong_to),
        cmocka_unit_test(a_direction_that_was_only_scored_is_in_no_bar),
        cmocka_unit_test(a_model_short_of_its_criterion_marks_its_bars),
        cmocka_unit_test(files_in_the_wrong_place_are_refused),
        cmocka_unit_test(names_are_said_as_people_write_them),
        cmocka_unit_test(lower_means_that_the_intervals_do_not_meet),
        cmocka_unit_test(a_threshold_is_asked_of_the_cross_model_mean),
        cmocka_unit_test(a_claim_about_bars_that_are_absent_is_not_decided),
        cmocka_unit_test(a_report_reads_back_as_it_was_written),
        cmocka_unit_test(a_similarity_reads_back_and_joins_its_panel),
        cmocka_unit_test(a_report_is_not_an_alignment),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}

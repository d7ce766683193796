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
#include "../lib/err.h"
#include "../lib/report.h"
#include "../lib/score.h"
#include "../lib/sim.h"
#include "../lib/store.h"
#include "../lib/store_report.h"
#include "golden.h"
#include "rows.h"

/* ---- hand-made alignments ---- */

struct maker {
    const char *file, *name[2], *task[2], *variable[2];
    double iia[4];              /* 1to1, 2to1, 1to2, 2to2; one system: 1to1 */
    const char *preset, *map;   /* NULL: mas, of one system das; rotation    */
    int dims;                   /* 0: 24                                     */
    bool shuffled;
};

static struct report_alignment make(struct maker m)
{
    struct report_alignment x = {
        .file = m.file,
        .preset = m.preset ? m.preset : m.name[1] ? "mas" : "das",
        .site = "hidden", .map = m.map ? m.map : "rotation",
        .dims = m.dims ? m.dims : 24, .lambda = NAN,
        .shuffled = m.shuffled, .criterion_met = true,
        .G = m.name[1] ? 2 : 1, .D = m.name[1] ? 4 : 1,
    };
    x.model = arena_get(arena, x.G, sizeof *x.model);
    x.direction = arena_get(arena, x.D, sizeof *x.direction);
    for (size_t i = 0; i < x.G; i++) {
        strcpy(x.model[i].name, m.name[i]);
        strcpy(x.model[i].task, m.task[i]);
        strcpy(x.model[i].arch, "gru");
        x.model[i].width = 48;
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
        d->latent_distance = d->latent_cosine = NAN;
        d->nearest = 2 + (double)i;
        d->nearest_recorded = 1;
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

    assert_int_equal(r.n, 8 + 8);
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
    const struct report_table *row = &r.row[9];
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
    assert_string_equal(r.row[8].level, "direction");
    assert_string_equal(r.row[15].panel, r.row[0].panel);
    assert_string_equal(r.row[15].bar, r.row[0].bar);
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
    assert_string_equal(r.row[8].bar, "cumu_val");
    assert_string_equal(r.row[16].bar, "count ↔ rem_ops");
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
    struct report_input in = { 1, 3, 2, 0, x, null, ceiling, NULL, 0, NULL };
    struct report r;
    (void)state;

    for (int i = 0; i < 3; i++)
        null[i].shuffled = true;
    assert_int_equal(report_join(&r, "figure3", &in, 1, arena), 0);
    near(r.row[9].null_shuffled, 0.20, 1e-12);          /* 2to1 */
    near(r.row[10].null_shuffled, 0.22, 1e-12);          /* 1to2 */
    near(r.row[9].ceiling, 0.99, 1e-12);
    assert_true(isnan(r.row[10].ceiling));               /* full is not count */
    near(r.row[1].null_shuffled, 0.21, 1e-12);
    near(r.row[1].ceiling, 0.99, 1e-12);
    null[0].match_phase = ceiling[0].match_phase = true;
    assert_int_equal(report_join(&r, "figure3", &in, 1, arena), 0);
    near(r.row[9].null_shuffled, 0.30, 1e-12);
    assert_true(isnan(r.row[9].ceiling));
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
    assert_true(r.row[8].criterion_met);
    assert_false(r.row[12].criterion_met);
}

/* ---- lines of a bar ---- */

static const struct report_table *line_of(const struct report *r,
                                          const char *direction)
{
    for (size_t i = 0; i < r->n; i++)
        if (!strcmp(r->row[i].level, "bar") &&
            !strcmp(r->row[i].direction, direction))
            return &r->row[i];
    return NULL;
}

static void a_bar_has_a_line_for_each_direction_and_target(void **state)
{
    struct report_alignment x[] = { counting("x.h5", "a1", "m1", 0.80),
                                    counting("y.h5", "a2", "m1", 0.90) };
    struct report r = report_of(x, 2);
    (void)state;

    near(line_of(&r, "1to1")->value, 0.95, 1e-12);
    near(line_of(&r, "2to1")->value, 0.85, 1e-12);
    near(line_of(&r, "1to2")->value, 0.87, 1e-12);
    near(line_of(&r, "2to2")->value, 0.93, 1e-12);
    near(line_of(&r, "into1")->value, 0.90, 1e-12);
    near(line_of(&r, "into2")->value, 0.90, 1e-12);
    near(line_of(&r, "into2")->nearest, 4.5, 1e-12);
    assert_int_equal(line_of(&r, "into2")->n, 4000);
    assert_int_equal(line_of(&r, "into2")->dims, 24);
    assert_string_equal(line_of(&r, "into2")->type_1, "Arithmetic GRU");
    assert_string_equal(line_of(&r, "into2")->type_2, "Multi-Object GRU");
    assert_string_equal(line_of(&r, "into2")->site, "hidden");
    assert_string_equal(line_of(&r, "into2")->map, "rotation");
}

static void numbers_of_a_bar_are_those_of_its_panel(void **state)
{
    struct report_alignment x[] = {
        counting("x.h5", "a1", "m1", 0.80),
        make((struct maker){ .file = "y.h5", .name = { "m1", "a2" },
                             .task = { "multi-object", "arithmetic" },
                             .variable = { "count", "rem_ops" },
                             .iia = { 0.1, 0.2, 0.3, 0.4 } }) };
    struct report r = report_of(x, 2);
    (void)state;

    near(line_of(&r, "1to1")->value, (0.95 + 0.4) / 2, 1e-12);
    near(line_of(&r, "2to1")->value, (0.80 + 0.3) / 2, 1e-12);
    near(line_of(&r, "into2")->value, (0.82 + 0.93 + 0.1 + 0.2) / 4, 1e-12);
}

static void directions_are_numbered_as_the_bars_above_them(void **state)
{
    struct report_alignment x[] = { make((struct maker){
        .file = "y.h5", .name = { "s1", "m1" },
        .task = { "same-object", "multi-object" },
        .variable = { "full", "full" }, .iia = { 0.1, 0.2, 0.3, 0.4 } }) };
    struct report r = report_of(x, 1);
    const struct claim *c = claim_menu;
    struct finding f;
    (void)state;

    assert_string_equal(r.row[0].type_1, "Multi-Object GRU");
    assert_string_equal(r.row[9].system_1, "m1");
    assert_string_equal(r.row[9].direction, "1to2");
    for (size_t i = 8; i < 12; i++) {
        const char *to = r.row[i].direction + 3;
        near(r.row[i].value, line_of(&r, r.row[i].direction)->value, 1e-12);
        assert_int_equal(report_belongs(&r.row[i], "into1", true), *to == '1');
        assert_int_equal(report_belongs(&r.row[i], "into2", true), *to == '2');
    }
    while (strcmp(c->figure, "figure9"))
        c++;
    claim_findings(&f, 1, &r, c);
    assert_string_equal(f.row->direction, "1to2");
    near(f.lowest, f.row->value, 1e-12);
}

static void dims_map_lambda_and_phases_tell_bars_apart(void **state)
{
    struct report_alignment x[5];
    (void)state;

    for (int i = 0; i < 5; i++)
        x[i] = counting(arena_text(arena, "%d.h5", i), "a1", "m1", 0.8);
    x[1].dims = 8;
    x[2].map = "affine";
    x[3].lambda = 0.5;
    x[4].match_phase = true;
    struct report r = report_of(x, 5);
    assert_int_equal(r.n, 5 * (8 + 4));
    for (int i = 0; i < 5; i++)
        assert_string_equal(r.row[8 * i].file, "1");
    assert_int_equal(r.row[8].dims, 8);
    assert_string_equal(r.row[16].map, "affine");
    near(r.row[24].lambda, 0.5, 0);
    assert_string_equal(r.row[24].bar, "count ↔ rem_ops");
    assert_string_equal(r.row[32].bar, "count ↔ rem_ops, equal phases");
}

/* UniMAS with system 2 held; CMAS where latent. */
static struct report_alignment held(struct report_alignment x, int role)
{
    x.preset = role == 1 ? "cmas" : "unimas";
    x.direction[2].role = x.direction[3].role = (uint8_t)role;
    return x;
}

static void directions_into_a_held_system_are_scored_not_averaged(void **state)
{
    struct report_alignment x[] = {
        held(counting("x.h5", "a1", "m1", 0.80), 2),
        held(counting("y.h5", "a1", "m1", 0.60), 1) };
    struct report r = report_of(x, 2);
    (void)state;

    near(r.row[0].value, (0.95 + 0.80) / 2, 1e-12);
    near(r.row[1].value, 0.81, 1e-12);
    assert_string_equal(r.row[1].direction, "cross");
    near(line_of(&r, "into2")->value, (0.82 + 0.93) / 2, 1e-12);
    assert_string_equal(r.row[16].level, "direction");
    assert_string_equal(r.row[18].level, "score");
    assert_string_equal(r.row[22].level, "latent");
}

static void where_roles_differ_system_1_gives_the_first_type(void **state)
{
    struct report_alignment x[] = { held(make((struct maker){
        .file = "y.h5", .name = { "m1", "a2" },
        .task = { "multi-object", "arithmetic" },
        .variable = { "full", "full" }, .iia = { 0.1, 0.2, 0.3, 0.4 } }), 2) };
    struct report r = report_of(x, 1);
    (void)state;

    assert_string_equal(r.row[0].panel, "Multi-Object × Arithmetic GRU");
    assert_string_equal(r.row[0].type_1, "Multi-Object GRU");
    near(line_of(&r, "into2")->value, 0.35, 1e-12);
}

static void a_target_that_cannot_be_run_is_in_no_bar(void **state)
{
    struct report_alignment x[] = {
        held(counting("x.h5", "a1", "m1", 0.80), 1) };
    (void)state;

    x[0].direction[2].iia_test = x[0].direction[3].iia_test = NAN;
    struct report r = report_of(x, 1);
    assert_null(line_of(&r, "into2"));
    assert_null(line_of(&r, "1to2"));
    near(line_of(&r, "cross")->value, 0.80, 1e-12);
    const struct report_table *row = &r.row[r.n - 1];
    assert_string_equal(row->level, "latent");
    assert_int_equal(row->n, 0);
    assert_true(isnan(row->value) && isnan(row->low) && isnan(row->high));
    near(row->nearest, 5, 0);
}

static struct report_alignment sames(const char *file, const char *preset,
                                     const char *one, const char *two)
{
    return make((struct maker){
        .file = file, .preset = preset, .name = { one, two },
        .task = { "same-object", "same-object" },
        .variable = { "full", "full" },
        .iia = { 0.9, 0.2, 0.3, 0.8 } });
}

static void with_a_direct_map_panels_are_arrows(void **state)
{
    struct report_alignment x[] = {
        counting("x.h5", "m1", "s1", 0.80), sames("y.h5", "mas", "s1", "s2"),
        sames("z.h5", "any", "s1", "s2"), sames("w.h5", "any", "s1", "s2") };
    struct report r;
    (void)state;

    strcpy(x[0].model[0].task, "multi-object");
    strcpy(x[0].model[1].task, "same-object");
    x[2].D = x[3].D = 1;                        /* 1to2, 2to1 */
    x[2].direction[0] = x[2].direction[2];
    x[3].direction[0] = x[3].direction[1];
    r = report_of(x, 4);
    assert_int_equal(r.n, 2 + 2 + 2 + 2 + 4 + 4 + 2);
    assert_string_equal(r.row[0].panel, "Same-Object → Multi-Object GRU");
    assert_string_equal(r.row[0].type_1, "Same-Object GRU");
    near(r.row[0].value, 0.80, 1e-12);
    assert_string_equal(r.row[2].panel, "Multi-Object → Same-Object GRU");
    near(r.row[2].value, 0.82, 1e-12);
    assert_string_equal(r.row[4].panel, "Same-Object → Same-Object GRU");
    assert_string_equal(r.row[4].method, "mas");
    near(r.row[4].value, 0.25, 1e-12);          /* not 0.9, 0.8 within */
    assert_string_equal(r.row[6].panel, r.row[4].panel);
    assert_string_equal(r.row[6].method, "any");
    near(r.row[6].value, 0.25, 1e-12);
    assert_string_equal(r.row[8].panel, "Multi-Object GRU");
    assert_string_equal(r.row[8].type_2, "");
    assert_string_equal(r.row[8].direction, "1to1");
}

static void three_systems_join_in_one_panel(void **state)
{
    struct report_alignment x = { .file = "x.h5", .preset = "mas",
                                  .site = "hidden", .map = "rotation",
                                  .dims = 24, .lambda = NAN, .G = 3, .D = 9,
                                  .criterion_met = true };
    (void)state;

    x.model = arena_get(arena, 3, sizeof *x.model);
    x.direction = arena_get(arena, 9, sizeof *x.direction);
    for (int i = 0; i < 3; i++) {
        sprintf(x.model[i].name, "m%d", i);
        strcpy(x.model[i].task, "multi-object");
        strcpy(x.model[i].arch, i == 1 ? "lstm" : "gru");
    }
    for (int i = 0; i < 9; i++)
        x.direction[i] = (struct alignment_directions){
            .source = 1 + i % 3, .target = 1 + i / 3, .source_variable = "full",
            .target_variable = "full", .n_test = 100,
            .iia_test = i % 3 == i / 3 ? 1 : 0.5 };
    struct report r = report_of(&x, 1);
    assert_int_equal(r.n, 2 + 9);
    assert_string_equal(r.row[0].panel, "Multi-Object GRU × Multi-Object GRU × "
                        "Multi-Object LSTM");
    assert_string_equal(r.row[0].type_1, "Multi-Object GRU");
    assert_string_equal(r.row[0].type_2, "");
    near(r.row[1].value, 0.5, 0);
}

static void a_normalised_score_lies_between_null_and_ceiling(void **state)
{
    struct report_alignment x[] = { counting("x.h5", "a1", "m1", 0.80) };
    struct report_alignment ceiling[] = {
        make((struct maker){ .file = "c.h5", .name = { "a1" }, .dims = 48,
                             .task = { "arithmetic" },
                             .variable = { "rem_ops" }, .iia = { 0.70 } }),
        make((struct maker){ .file = "d.h5", .name = { "a1" },
                             .task = { "arithmetic" },
                             .variable = { "rem_ops" }, .iia = { 1.0 } }),
        make((struct maker){ .file = "e.h5", .name = { "m1" }, .dims = 12,
                             .task = { "multi-object" },
                             .variable = { "count" }, .iia = { 0.1 } }),
    };
    struct report_input in = { 1, 0, 3, 0, x, NULL, ceiling, NULL, 0, NULL };
    struct report r;
    (void)state;

    assert_int_equal(report_join(&r, "figure3", &in, 1, arena), 0);
    near(line_of(&r, "2to1")->ceiling, 1.0, 0);     /* that of 24 dimensions */
    near(line_of(&r, "2to1")->normalised, (0.8 - 0.2) / (1.0 - 0.2), 1e-12);
    assert_true(isnan(line_of(&r, "1to2")->ceiling));   /* of 12 only */
    assert_true(isnan(line_of(&r, "1to2")->normalised));
    ceiling[1].direction[0].iia_test = 0.24;            /* null: 0.2 */
    assert_int_equal(report_join(&r, "figure3", &in, 1, arena), 0);
    near(line_of(&r, "2to1")->ceiling, 0.24, 0);
    assert_true(isnan(line_of(&r, "2to1")->normalised));
    ceiling[1].direction[0].iia_test = 0.26;
    assert_int_equal(report_join(&r, "figure3", &in, 1, arena), 0);
    near(line_of(&r, "2to1")->normalised, (0.8 - 0.2) / (0.26 - 0.2), 1e-9);
    ceiling[1].map = "affine";
    assert_int_equal(report_join(&r, "figure3", &in, 1, arena), 0);
    assert_true(isnan(line_of(&r, "2to1")->ceiling));
    ceiling[1].map = "rotation";
    ceiling[1].preset = "mas";
    assert_int_equal(report_join(&r, "figure3", &in, 1, arena), 0);
    assert_true(isnan(line_of(&r, "2to1")->ceiling));
    in.nceilings = 0;
    assert_int_equal(report_join(&r, "figure3", &in, 1, arena), 0);
    assert_true(isnan(line_of(&r, "2to1")->normalised));
}

static void a_map_of_a_whole_state_has_no_ceiling(void **state)
{
    struct report_alignment x[] = { sames("x.h5", "linear-map", "s1", "s2") };
    struct report_alignment ceiling[] = {
        make((struct maker){ .file = "c.h5", .name = { "s2" }, .dims = 48,
                             .task = { "same-object" },
                             .variable = { "full" }, .iia = { 1.0 } }) };
    struct report_input in = { 1, 0, 1, 0, x, NULL, ceiling, NULL, 0, NULL };
    struct report r;
    (void)state;

    x[0].D = 1;
    x[0].direction[0] = x[0].direction[2];      /* 1to2 */
    x[0].dims = 48;
    assert_int_equal(report_join(&r, "figure4", &in, 1, arena), 0);
    assert_true(isnan(line_of(&r, "cross")->ceiling));
    assert_true(isnan(line_of(&r, "cross")->normalised));
    x[0].model[0].width = x[0].model[1].width = 96;     /* half of it */
    assert_int_equal(report_join(&r, "figure4", &in, 1, arena), 0);
    near(line_of(&r, "cross")->ceiling, 1.0, 0);
    x[0].site = "embedding";
    assert_int_equal(report_join(&r, "figure4", &in, 1, arena), 0);
    assert_true(isnan(line_of(&r, "cross")->ceiling));
}

static void three_seeds_of_each_type_give_an_interval_over_seeds(void **state)
{
    struct report_alignment x[9];
    double value[9];
    int member[18], models[] = { 3, 3 };
    struct score_pairs s = { 2, 9, 2, models, member, value };
    struct interval y;
    (void)state;

    for (int k = 0; k < 9; k++) {
        double iia = 0.5 + 0.1 * (k / 3) + 0.03 * (k % 3);
        x[k] = counting(arena_text(arena, "%d.h5", k),
                        arena_text(arena, "a%d", k / 3),
                        arena_text(arena, "m%d", k % 3), iia);
        value[k] = iia + 0.01;
        member[2 * k] = k / 3;
        member[2 * k + 1] = 3 + k % 3;
    }
    struct report r = report_of(x, 9);
    assert_int_equal(score_seeds(&y, &s, 10000, 1, 0, arena), 0);
    assert_string_equal(r.row[1].direction, "cross");
    near(r.row[1].seeds_low, y.low, 1e-12);
    near(r.row[1].seeds_high, y.high, 1e-12);
    assert_true(y.low < 0.6 && y.high > 0.65);
    r = report_of(x, 6);                                /* two of one type */
    assert_true(isnan(r.row[1].seeds_low) && isnan(r.row[1].seeds_high));
}

static struct report_similarity similar(const char *one, const char *two,
                                        double value)
{
    struct report_similarity x = {
        .file = "s.h5", .site = "hidden", .system = { one, two },
        .task = { "same-object", "multi-object" }, .arch = { "gru", "gru" },
        .criterion_met = true, .M = 2,
        .score = arena_get(arena, 2, sizeof *x.score) };

    for (int k = 0; k < 2; k++) {
        strcpy(x.score[k].measure, "rsa");
        strcpy(x.score[k].options, k ? "other" : "default");
        x.score[k].value = value + 0.1 * k;
        x.score[k].sd = 0.01;
        x.score[k].n = 10;
    }
    return x;
}

static void similarities_are_averaged_over_the_pairs_of_a_panel(void **state)
{
    struct report_similarity x[] = { similar("s1", "m1", 0.5),
                                     similar("s1", "m2", 0.7),
                                     similar("s2", "m1", 0.3) };
    struct report_input in = { .nsimilarities = 3, .similarity = x };
    struct report r;
    (void)state;

    x[2].site = "embedding";
    assert_int_equal(report_join(&r, "figure2", &in, 1, arena), 0);
    assert_int_equal(r.n, 4 + 6);
    assert_string_equal(r.row[0].level, "average");
    assert_string_equal(r.row[0].panel, "Multi-Object × Same-Object GRU");
    assert_string_equal(r.row[0].type_1, "Multi-Object GRU");
    assert_string_equal(r.row[0].bar, "default");
    assert_string_equal(r.row[0].method, "rsa");
    assert_string_equal(r.row[0].site, "hidden");
    near(r.row[0].value, 0.6, 1e-12);
    near(r.row[0].low, 0.5, 1e-12);
    near(r.row[0].high, 0.7, 1e-12);
    near(r.row[1].value, 0.7, 1e-12);
    assert_string_equal(r.row[2].site, "embedding");
    near(r.row[2].value, 0.3, 1e-12);
    assert_string_equal(r.row[4].level, "similarity");
    near(r.row[4].low, 0.5 - 1.959963984540054 * 0.01, 1e-12);
}

static void files_in_the_wrong_place_are_refused(void **state)
{
    struct report_alignment x[] = { counting("x.h5", "a1", "m1", 0.80) };
    struct report_alignment y[] = { counting("y.h5", "a1", "m1", 0.80) };
    struct report_input in = { 1, 1, 0, 0, x, y, NULL, NULL, 0, NULL };
    struct report r;
    (void)state;

    assert_int_equal(report_join(&r, "figure3", &in, 1, arena), -1);
    assert_int_equal(err_code(), EX_DATAERR);
    assert_string_equal(err_text(),
                        "y.h5: made from true, not shuffled, interventions");
    in = (struct report_input){ 1, 0, 1, 0, x, NULL, y, NULL, 0, NULL };
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

/* ---- pretended recordings ---- */

/* An alignment by UniMAS that had system 2 as a recording. */
static struct report_pretended pretended(const char *file, int dims)
{
    struct report_pretended y = { .learnt = sames(file, "unimas", "s1", "s2") };
    struct report_alignment *x = &y.learnt;

    x->dims = dims;
    x->B = 1;
    x->stand_in = arena_get(arena, 1, sizeof *x->stand_in);
    x->noise = arena_get(arena, 2, sizeof *x->noise);
    *x->stand_in = (struct alignment_stand_in){ .source = 1, .target = 2,
                                                .n = 9, .distance = 1 };
    strcpy(x->stand_in->states, "intervened");
    strcpy(x->stand_in->source_variable, "full");
    strcpy(x->stand_in->target_variable, "full");
    y.truth = *x;
    return y;
}

static void without_a_lambda_another_k_is_what_departs(void **state)
{
    struct report_pretended x[] = { pretended("x.h5", 24),
                                    pretended("y.h5", 8) };
    struct report_input in = { .npretended = 2, .pretended = x };
    struct report r;
    (void)state;

    if (report_join(&r, "pretend", &in, 1, arena))
        fail_msg("%s", err_text());
    assert_int_equal(r.npretend, 2);
    assert_string_equal(r.pretend[0].departs, "");
    assert_string_equal(r.pretend[1].departs, "dims");
    assert_string_equal(r.pretend[1].setting, "K = 8");
}

/* ---- states along trials ---- */

/* Counting trials of these quantities; three units that say row and unit. */
static struct acts *trials_of(const int *quantity, int n)
{
    struct acts *x = arena_get(arena, 1, sizeof *x);
    size_t S = 0;

    *x = (struct acts){ .system = "three", .task = task_find("same-object"),
                        .N = (size_t)n, .nsites = 2 };
    x->first = arena_get(arena, x->N, sizeof *x->first);
    x->length = arena_get(arena, x->N, sizeof *x->length);
    x->quantity = arena_get(arena, x->N, sizeof *x->quantity);
    for (int k = 0; k < n; k++) {
        x->first[k] = (int64_t)S;
        x->quantity[k] = quantity[k];
        x->length[k] = 2 * quantity[k] + 3;             /* B C.. T C.. E */
        S += (size_t)x->length[k];
    }
    x->S = S;
    x->token = arena_get(arena, S, 1);
    x->site[0] = (struct acts_site){ "embedding", 2, NULL };
    x->site[1] = (struct acts_site){ "hidden", 3, arena_get(arena, 3 * S,
                                                            sizeof (real)) };
    for (size_t i = 0; i < 3 * S; i++)
        x->site[1].states[i] = (real)i;
    for (int k = 0; k < n; k++)
        x->token[x->first[k]] = TOKEN_B;
    return x;
}

static void three_trials_are_kept_whole_and_the_ends_of_all(void **state)
{
    const struct acts *x = trials_of((int[]){ 6, 9, 1, 3, 3, 20 }, 6);
    struct report r = { 0 };
    int whole = 0, ends = 0;
    (void)state;

    assert_int_equal(report_paths(&r, &x, 1, arena), 0);
    assert_int_equal(r.npaths, (2 * 3 + 2) + (2 * 6 + 2) + (2 * 9 + 2) + 2);
    for (size_t k = 0; k < r.npaths; k++) {
        const struct report_paths *p = &r.path[k];
        int64_t row = x->first[p->trial] + p->step;
        assert_int_equal(p->quantity, x->quantity[p->trial]);
        near(p->x, 3. * (double)row, 0);
        near(p->z, 3. * (double)row + 2, 0);
        assert_int_equal(p->last, p->step == 2 * p->quantity + 1);
        assert_string_equal(p->system, "three");
        assert_string_equal(p->token, p->step ? "PAD" : "B");
        whole += p->step == 0;
        ends += p->last;
    }
    assert_int_equal(whole, 3);
    assert_int_equal(ends, 5);
    assert_int_equal(r.path[0].quantity, 1);
    assert_int_equal(r.path[1].trial, 3);               /* the first of 3 */
}

static void without_3_6_and_9_the_smallest_are_kept_whole(void **state)
{
    const struct acts *x = trials_of((int[]){ 7, 2, 3, 5 }, 4);
    const struct acts *two = trials_of((int[]){ 2, 1 }, 2);
    struct report r = { 0 };
    (void)state;

    assert_int_equal(report_paths(&r, &x, 1, arena), 0);
    assert_int_equal(r.npaths, 6 + 8 + 12 + 1);
    r.npaths = 0;
    assert_int_equal(report_paths(&r, &two, 1, arena), 0);
    assert_int_equal(r.npaths, 4 + 6);
}

static void systems_that_cannot_be_drawn_are_refused(void **state)
{
    struct acts *x = trials_of((int[]){ 2 }, 1);
    const struct acts *list[] = { x };
    struct report r = { 0 };
    (void)state;

    x->site[1].M = 2;
    assert_int_equal(report_paths(&r, list, 1, arena), -1);
    assert_int_equal(err_code(), EX_DATAERR);
    assert_string_equal(err_text(),
                        "three: no three units at hidden to draw");
    x->site[1].M = 3;
    x->quantity = NULL;
    assert_int_equal(report_paths(&r, list, 1, arena), -1);
    assert_non_null(strstr(err_text(), "no quantities"));
    err_clear();
}

/* ---- files ---- */

static void paths_read_back_with_the_report(void **state)
{
    struct report_alignment x[] = { counting("x.h5", "a1", "m1", 0.80) };
    struct report r = report_of(x, 1), back;
    const struct acts *acts = trials_of((int[]){ 2, 1 }, 2);
    struct store *s = store_open("report", "figure=figure5", "", arena);
    const char *path = in_scratch("paths.h5");
    (void)state;

    assert_int_equal(report_paths(&r, &acts, 1, arena), 0);
    assert_int_equal(store_write_report(s, path, &r), 0);
    store_close(s);
    s = store_open("report", "", "", arena);
    assert_int_equal(store_read_report(s, path, &back), 0);
    store_close(s);
    assert_null(back.command);
    assert_int_equal(back.npaths, 10);
    assert_memory_equal(back.path, r.path, 10 * sizeof *r.path);
    assert_string_equal(back.row[0].type_2, "Multi-Object GRU");
}

/* An alignment with one direction, written field by field. */
static void write_alignment(const char *path, double iia)
{
    const struct h5origin origin = { "align", "preset=cmas" };
    struct h5file *f = h5file_create(path, &schema_alignment, &origin);
    const int32_t i = 24;
    const int64_t seed = 1;
    const int8_t yes = 1, no = 0;
    const double lambda = 0.5, none[1] = { 0 };
    struct alignment_models m = { .system = 1, .name = "a1", .arch = "gru" };
    struct alignment_directions d = {
        .source = 1, .target = 1, .role = 1, .n_test = 100, .iia_test = iia,
        .source_variable = "full", .target_variable = "full",
        .nearest = 2.5, .latent_cosine = 0.75 };
    struct h5shape square = { .rank = 2, .size = { 1, 1 } };
    struct h5shape row = { .rank = 1, .size = { 1 } };
    const int8_t right[1] = { 1 };

    h5file_bind(f, 'G', 1);
    h5file_bind(f, 'D', 1);
    h5file_bind(f, 'X', 0);
    h5file_bind(f, 'H', 0);
    if (h5file_put(f, ALIGNMENT_preset, "cmas") ||
        h5file_put(f, ALIGNMENT_map, "rotation") ||
        h5file_put(f, ALIGNMENT_convention, "r = R h") ||
        h5file_put(f, ALIGNMENT_site, "hidden") ||
        h5file_put(f, ALIGNMENT_dims, &i) ||
        h5file_put(f, ALIGNMENT_lambda, &lambda) ||
        h5file_put(f, ALIGNMENT_latent_norm, "relative") ||
        h5file_put(f, ALIGNMENT_seed, &seed) ||
        h5file_put(f, ALIGNMENT_steps, &i) ||
        h5file_put(f, ALIGNMENT_best_step, &i) ||
        h5file_put(f, ALIGNMENT_converged, &yes) ||
        h5file_put(f, ALIGNMENT_criterion_met, &yes) ||
        h5file_put(f, ALIGNMENT_shuffled, &no) ||
        h5file_put(f, ALIGNMENT_models, &m) ||
        h5file_put(f, ALIGNMENT_directions, &d) ||
        h5file_put(f, ALIGNMENT_sanity, none) ||
        h5file_put(f, ALIGNMENT_history, none) ||
        h5file_put_member(f, ALIGNMENT_Q, "1", &square, none) ||
        h5file_put_member(f, ALIGNMENT_A, "1", &square, none) ||
        h5file_put_member(f, ALIGNMENT_base, "1", &square, none) ||
        h5file_put_member(f, ALIGNMENT_c, "1", NULL, none) ||
        h5file_put_member(f, ALIGNMENT_correct, "1to1", &row, right) ||
        h5file_put_member(f, ALIGNMENT_loss, "1to1", &row, none) ||
        h5file_commit(f))
        fail_msg("%s", err_text());
    h5file_close(f);
}

static void an_alignment_without_an_iia_reads_one_above_1_does_not(void **state)
{
    struct store *s = store_open("report", "", "", arena);
    const char *path = in_scratch("align.h5");
    struct report_alignment x;
    (void)state;

    write_alignment(path, NAN);
    assert_int_equal(store_read_alignment(s, path, &x), 0);
    assert_true(isnan(x.direction[0].iia_test));
    near(x.direction[0].nearest, 2.5, 0);
    near(x.lambda, 0.5, 0);
    assert_int_equal(x.dims, 24);
    assert_string_equal(x.map, "rotation");
    store_close(s);
    write_alignment(path, 1.5);
    s = store_open("report", "", "", arena);
    assert_int_equal(store_read_alignment(s, path, &x), -1);
    assert_non_null(strstr(err_text(), "an IIA of 1.5 on 100 test samples"));
    err_clear();
    store_close(s);
}

static void a_report_reads_back_as_it_was_written(void **state)
{
    struct report_alignment x[] = { counting("x.h5", "a1", "m1", 0.80) };
    struct report r = report_of(x, 1), back;
    struct store *s = store_open("report", "figure=figure3", "", arena);
    const char *path = in_scratch("r.h5");
    (void)state;

    r.command = "make figure3 SEEDS=3";
    assert_int_equal(store_write_report(s, path, &r), 0);
    store_close(s);
    s = store_open("report", "", "", arena);
    assert_int_equal(store_read_report(s, path, &back), 0);
    assert_string_equal(back.command, r.command);
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
    const char *path = in_scratch("s.h5");
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
    assert_int_equal(r.n, 2);
    assert_string_equal(r.row[0].level, "average");
    r.row++;
    assert_string_equal(r.row[0].level, "similarity");
    assert_string_equal(r.row[0].panel, "a1 × a2 GRU");     /* no task known */
    assert_string_equal(r.row[0].method, "rsa");
    assert_int_equal(r.row[0].n, 3);
    near(r.row[0].value, 0.7, 0);
    near(r.row[0].high, 0.7 + 1.959963984540054 * 0.01, 1e-12);
}

static void a_report_is_not_an_alignment(void **state)
{
    struct store *s = store_open("report", "", "", arena);
    struct report_alignment x;
    (void)state;

    assert_int_equal(store_read_alignment(s, in_scratch("r.h5"), &x), -1);
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
        cmocka_unit_test(a_model_short_of_its_criterion_marks_its_bars),
        cmocka_unit_test(a_bar_has_a_line_for_each_direction_and_target),
        cmocka_unit_test(numbers_of_a_bar_are_those_of_its_panel),
        cmocka_unit_test(directions_are_numbered_as_the_bars_above_them),
        cmocka_unit_test(dims_map_lambda_and_phases_tell_bars_apart),
        cmocka_unit_test(directions_into_a_held_system_are_scored_not_averaged),
        cmocka_unit_test(where_roles_differ_system_1_gives_the_first_type),
        cmocka_unit_test(a_target_that_cannot_be_run_is_in_no_bar),
        cmocka_unit_test(with_a_direct_map_panels_are_arrows),
        cmocka_unit_test(three_systems_join_in_one_panel),
        cmocka_unit_test(a_normalised_score_lies_between_null_and_ceiling),
        cmocka_unit_test(a_map_of_a_whole_state_has_no_ceiling),
        cmocka_unit_test(three_seeds_of_each_type_give_an_interval_over_seeds),
        cmocka_unit_test(similarities_are_averaged_over_the_pairs_of_a_panel),
        cmocka_unit_test(files_in_the_wrong_place_are_refused),
        cmocka_unit_test(names_are_said_as_people_write_them),
        cmocka_unit_test(without_a_lambda_another_k_is_what_departs),
        cmocka_unit_test(three_trials_are_kept_whole_and_the_ends_of_all),
        cmocka_unit_test(without_3_6_and_9_the_smallest_are_kept_whole),
        cmocka_unit_test(systems_that_cannot_be_drawn_are_refused),
        cmocka_unit_test(paths_read_back_with_the_report),
        cmocka_unit_test(
            an_alignment_without_an_iia_reads_one_above_1_does_not),
        cmocka_unit_test(a_report_reads_back_as_it_was_written),
        cmocka_unit_test(a_similarity_reads_back_and_joins_its_panel),
        cmocka_unit_test(a_report_is_not_an_alignment),
    };
    return cmocka_run_group_tests(tests, rows_make, rows_drop);
}

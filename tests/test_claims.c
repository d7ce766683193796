/* test_claims.c - what holds and what does not, on reports written by hand. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../lib/report.h"
#include "golden.h"
#include "rows.h"

#define SUMS { "Arithmetic GRU", "Multi-Object GRU" }
#define FORMERS { "Multi-Object Transformer", "Multi-Object Transformer" }

/* The k-th claim of that id about a figure. */
static const struct claim *claim_of(const char *figure, const char *id, int k)
{
    for (const struct claim *c = claim_menu; c->figure; c++)
        if (!strcmp(c->id, id) && !strcmp(c->figure, figure) && k-- == 0)
            return c;
    fail_msg("no claim %s of %s", id, figure);
    return NULL;
}

/* The one finding of a claim about a single bar. */
static struct finding found(const struct report *r, const char *figure,
                            const char *id, int k)
{
    struct finding f[CLAIM_FINDINGS];

    assert_int_equal(claim_findings(f, CLAIM_FINDINGS, r,
                                    claim_of(figure, id, k)), 1);
    return *f;
}

/* ---- tests ---- */

static void lower_means_that_the_intervals_do_not_meet(void **state)
{
    struct line line[] = {
        { "bar", SUMS, "mas", "count ↔ cumu_val", "cross", "hidden", 0.70 },
        { "bar", SUMS, "mas", "count ↔ rem_ops", "cross", "hidden", 0.80 },
        { "bar", SUMS, "das", "count ↔ cumu_val", "cross", "hidden", 0.01 },
    };
    struct report r = rows_of("figure2", line, LENGTH(line));
    (void)state;

    assert_ptr_equal(found(&r, "figure3", "S9", 0).row, &r.row[0]);
    assert_ptr_equal(found(&r, "figure3", "S9", 0).than, &r.row[1]);
    assert_true(found(&r, "figure3", "S9", 0).holds);
    assert_int_equal(found(&r, "figure3", "S9", 0).over, OVER_SAMPLES);
    r.row[0].high = 0.795;                      /* 0.79 is where row 1 begins */
    assert_false(found(&r, "figure3", "S9", 0).holds);
    r.row[0].low = 0.88;
    r.row[0].high = 0.92;
    assert_false(found(&r, "figure3", "S9", 0).holds);
}

static void a_threshold_is_asked_of_the_cross_model_mean(void **state)
{
    struct line line[] = {
        { "bar", SUMS, "mas", "count ↔ rem_ops", "all", "hidden", 0.10 },
        { "bar", SUMS, "mas", "count ↔ rem_ops", "cross", "hidden", 0.80 },
        { "direction", SUMS, "mas", "count ↔ rem_ops", "1to2", "hidden", 0.7 },
    };
    struct report r = rows_of("figure2", line, LENGTH(line));
    struct finding f = found(&r, "figure3", "S8", 0);
    (void)state;

    assert_true(f.measured && f.holds);
    near(f.number, 0.80, 0);
    near(f.low, 0.79, 1e-12);
    near(f.lowest, 0.7, 0);
    r.row[1].value = 0.79;
    assert_false(found(&r, "figure3", "S8", 0).holds);
}

static void models_are_counted_within_each_type(void **state)
{
    struct line line[] = {
        { "bar", SUMS, "mas", "count ↔ rem_ops", "cross", "hidden", 0.80 },
        { "direction", SUMS, "mas", "count ↔ rem_ops", "1to2", "hidden", 0.7 },
        { "direction", SUMS, "mas", "count ↔ rem_ops", "2to1", "hidden", 0.7 },
        { "direction", SUMS, "mas", "count ↔ rem_ops", "1to2", "hidden", 0.7 },
        { "direction", SUMS, "mas", "other", "1to2", "hidden", 0.7 },
    };
    static const char *const name[][2] = {
        { "a1", "m1" }, { "m1", "a1" }, { "a2", "m2" }, { "a3", "m3" } };
    struct report r = rows_of("figure2", line, LENGTH(line));
    (void)state;

    for (int i = 0; i < 4; i++) {
        strcpy(r.row[1 + i].system_1, name[i][0]);
        strcpy(r.row[1 + i].system_2, name[i][1]);
    }
    assert_int_equal(found(&r, "figure3", "S8", 0).seeds, 2);
}

static void a_claim_about_bars_that_are_absent_is_not_decided(void **state)
{
    struct line line[] = {
        { "bar", SUMS, "mas", "count ↔ cumu_val", "cross", "hidden", 0.1 } };
    struct report r = rows_of("figure2", line, 1);
    struct finding f = found(&r, "figure3", "S9", 1);
    (void)state;

    assert_null(f.row);
    assert_false(f.measured || f.holds);
    f = found(&r, "figure3", "S9", 0);          /* nothing to be lower than */
    assert_ptr_equal(f.row, r.row);
    assert_false(f.measured || f.holds);
}

static void each_direction_means_the_lowest_one(void **state)
{
    struct line line[] = {
        { "bar", GRUS, "mas", "full", "cross", "hidden", 0.95 },
        { "direction", GRUS, "mas", "full", "1to2", "hidden", 0.91 },
        { "direction", GRUS, "mas", "full", "2to1", "hidden", 0.99 },
        { "direction", GRUS, "mas", "count", "2to1", "hidden", 0.10 },
    };
    struct report r = rows_of("figure2", line, LENGTH(line));
    (void)state;

    assert_true(found(&r, "figure2", "S1", 0).holds);
    near(found(&r, "figure2", "S1", 0).lowest, 0.91, 0);
    near(found(&r, "figure2", "S1", 0).number, 0.95, 0);
    r.row[1].value = 0.89;
    assert_false(found(&r, "figure2", "S1", 0).holds);
}

static void an_open_type_is_asked_of_every_panel_that_has_it(void **state)
{
    struct line line[] = {
        { "bar", GRUS, "mas", "count", "cross", "hidden", 0.95 },
        { "bar", MIXED, "mas", "count", "cross", "hidden", 0.20 },
        { "bar", SAMES, "mas", "count", "cross", "hidden", 0.94 },
        { "bar", SAMES, "mas", "count", "all", "hidden", 0.10 },
    };
    struct report r = rows_of("figure2", line, LENGTH(line));
    struct finding f[CLAIM_FINDINGS];
    (void)state;

    assert_int_equal(claim_findings(f, CLAIM_FINDINGS, &r,
                                    claim_of("figure2", "S3", 0)), 2);
    assert_ptr_equal(f[0].row, &r.row[1]);
    assert_ptr_equal(f[1].row, &r.row[2]);
    assert_ptr_equal(f[1].than, &r.row[0]);
    assert_true(f[0].holds);
    assert_false(f[1].holds);
    assert_int_equal(claim_findings(f, 1, &r, claim_of("figure2", "S3", 0)),
                     1);
}

static void intervals_over_seeds_are_asked_where_both_have_them(void **state)
{
    struct line line[] = {
        { "bar", GRUS, "mas", "count", "cross", "hidden", 0.95 },
        { "bar", MIXED, "mas", "count", "cross", "hidden", 0.20 },
    };
    struct report r = rows_of("figure2", line, LENGTH(line));
    (void)state;

    r.row[1].seeds_low = 0.1;
    r.row[1].seeds_high = 0.9;
    assert_int_equal(found(&r, "figure2", "S3", 0).over, OVER_SAMPLES);
    r.row[0].seeds_low = 0.85;
    r.row[0].seeds_high = 0.99;
    struct finding f = found(&r, "figure2", "S3", 0);
    assert_int_equal(f.over, OVER_SEEDS);
    assert_false(f.holds);                      /* 0.9 is not below 0.85 */
    near(f.high, 0.9, 0);
    r.row[1].seeds_high = 0.5;
    assert_true(found(&r, "figure2", "S3", 0).holds);
}

static void a_bound_from_above_and_a_difference_are_asked(void **state)
{
    struct line line[] = {
        { "bar", FORMERS, "mas", "full", "cross", "hidden", 0.20 },
        { "bar", FORMERS, "mas", "count", "cross", "hidden", 0.30 },
        { "average", FORMERS, "rsa", "default", "", "hidden", 0.65 },
        { "average", FORMERS, "rsa", "other", "", "hidden", 0.99 },
    };
    struct report r = rows_of("figure2", line, LENGTH(line));
    (void)state;

    assert_true(found(&r, "figure2", "S4", 0).holds);
    assert_false(found(&r, "figure2", "S4", 1).holds);
    assert_false(found(&r, "figure2", "S4", 2).measured);
    assert_true(found(&r, "figure2", "S5", 0).holds);
    near(found(&r, "figure2", "S5", 0).number, 0.45, 1e-12);
    assert_true(isnan(found(&r, "figure2", "S5", 0).low));
    assert_false(found(&r, "figure2", "S5", 1).holds);
}

static void an_order_is_asked_of_all_other_panels(void **state)
{
    struct line line[] = {
        { "average", SAMES, "rsa", "default", "", "embedding", 0.90 },
        { "average", GRUS, "rsa", "default", "", "embedding", 0.70 },
        { "average", MIXED, "rsa", "default", "", "embedding", 0.60 },
        { "average", FORMERS, "rsa", "default", "", "embedding", 0.65 },
        { "average", FORMERS, "rsa", "other", "", "embedding", 0.95 },
        { "average", FORMERS, "rsa", "default", "", "hidden", 0.95 },
    };
    struct report r = rows_of("figure2", line, LENGTH(line));
    (void)state;

    assert_true(found(&r, "figure2", "S6", 0).holds);
    assert_true(found(&r, "figure2", "S6", 1).holds);
    assert_ptr_equal(found(&r, "figure2", "S6", 1).than, &r.row[3]);
    r.row[2].value = 0.75;
    assert_true(found(&r, "figure2", "S6", 0).holds);
    assert_false(found(&r, "figure2", "S6", 1).holds);
    r.row[1].value = 0.91;
    assert_false(found(&r, "figure2", "S6", 0).holds);
    assert_true(found(&r, "figure2", "S6", 1).holds);
}

static void the_gap_between_two_methods_is_asked_in_each_panel(void **state)
{
    struct line line[] = {
        { "bar", MIXED, "unimas", "full", "1to2", "hidden", 0.10 },
        { "bar", GRUS, "mas", "full", "1to2", "hidden", 0.90 },
        { "bar", GRUS, "cmas", "full", "1to2", "hidden", 0.60 },
        { "bar", GRUS, "unimas", "full", "1to2", "hidden", 0.20 },
        { "bar", GRUS, "mas", "full", "2to1", "hidden", 0.90 },
        { "bar", GRUS, "cmas", "full", "2to1", "hidden", 0.94 },
        { "bar", GRUS, "unimas", "full", "2to1", "hidden", 0.92 },
        { "bar", GRUS, "mas", "full", "into2", "hidden", 0.5 },
        { "bar", GRUS, "cmas", "full", "into2", "hidden", 0.5 },
        { "bar", GRUS, "unimas", "full", "into2", "hidden", 0.5 },
    };
    struct report r = rows_of("figure2", line, LENGTH(line));
    (void)state;

    for (int k = 0; k < 4; k++)
        assert_true(found(&r, "figure6", "S11", k).holds);
    near(found(&r, "figure6", "S11", 2).number, 0.4 / 0.7, 1e-12);
    near(found(&r, "figure6", "S11", 3).number, 0.04, 1e-12);
    r.row[2].value = 0.54;
    r.row[5].value = 0.84;
    assert_false(found(&r, "figure6", "S11", 2).holds);
    assert_false(found(&r, "figure6", "S11", 3).holds);
    r.row[2].low = 0.92;
    r.row[2].high = 0.95;
    assert_false(found(&r, "figure6", "S11", 0).holds);

    struct finding f[CLAIM_FINDINGS];
    assert_int_equal(claim_findings(f, CLAIM_FINDINGS, &r,
                                    claim_of("figure9", "S11", 1)), 2);
    assert_false(f[0].measured);                /* no CMAS in its panel */
    assert_true(f[1].measured);
}

static void where_there_is_no_gap_none_is_closed(void **state)
{
    struct line line[] = {
        { "bar", GRUS, "mas", "full", "1to2", "hidden", 0.90 },
        { "bar", GRUS, "cmas", "full", "1to2", "hidden", 0.95 },
        { "bar", GRUS, "unimas", "full", "1to2", "hidden", 0.92 },
    };
    struct report r = rows_of("figure6", line, LENGTH(line));
    struct finding f = found(&r, "figure6", "S11", 2);
    (void)state;

    assert_true(f.no_gap);
    assert_false(f.measured || f.holds);
    assert_true(isnan(f.number) && isnan(f.low));
    assert_ptr_equal(f.top, &r.row[0]);
    r.row[2].value = 0.895;
    r.row[2].high = 0.905;                      /* MAS begins at 0.89 */
    assert_true(found(&r, "figure6", "S11", 2).no_gap);
    r.row[2].high = 0.885;
    f = found(&r, "figure6", "S11", 2);
    assert_true(f.measured && f.holds && !f.no_gap);
    near(f.number, 11, 1e-9);                   /* 0.055 of 0.005 */
}

static void beside_a_direction_stands_the_one_within_its_target(void **state)
{
    struct line line[] = {
        { "bar", GRUS, "mas", "full", "1to2", "hidden", 0.90 },
        { "bar", GRUS, "mas", "full", "1to1", "hidden", 0.91 },
        { "bar", GRUS, "cmas", "full", "2to2", "hidden", 0.92 },
        { "bar", GRUS, "mas", "full", "2to2", "hidden", 0.93 },
        { "bar", GRUS, "mas", "full", "cross", "hidden", 0.94 },
        { "direction", GRUS, "mas", "full", "1to2", "hidden", 0.89 },
        { "direction", GRUS, "mas", "full", "2to1", "hidden", 0.10 },
    };
    struct report r = rows_of("figure6", line, LENGTH(line));
    (void)state;

    assert_ptr_equal(claim_within(&r, &r.row[0]), &r.row[3]);
    assert_null(claim_within(&r, &r.row[3]));
    assert_null(claim_within(&r, &r.row[4]));
    assert_null(claim_within(&r, &r.row[2]));
    near(found(&r, "figure6", "S11", 0).lowest, 0.89, 0);
}

static void panels_with_an_arrow_keep_the_order_of_types(void **state)
{
    struct line line[] = {
        { "bar", MIXED, "mas", "count", "cross", "hidden", 0.95 } };
    struct report r = rows_of("figure2", line, 1);
    struct quantity q = { .type_1 = "Same-Object GRU" };
    size_t from = 0;
    (void)state;

    assert_ptr_equal(claim_find(&r, &q, &from), r.row);
    strcpy(r.row->panel, "Multi-Object → Same-Object GRU");
    from = 0;
    assert_null(claim_find(&r, &q, &from));
    q = (struct quantity){ .type_2 = "Same-Object GRU" };
    from = 0;
    assert_ptr_equal(claim_find(&r, &q, &from), r.row);
}

static void every_claim_says_what_it_asks(void **state)
{
    (void)state;
    assert_string_equal(claim_predicate(claim_of("figure2", "S1", 0), arena),
                        "at least 0.90 in each direction");
    assert_string_equal(claim_predicate(claim_of("figure3", "S9", 0), arena),
                        "below MAS of Count ↔ Rem Ops between Arithmetic GRU "
                        "and Multi-Object GRU, intervals apart");
    assert_string_equal(claim_predicate(claim_of("figure6", "S11", 2), arena),
                        "closes at least 0.50 of the gap from UniMAS to MAS, "
                        "where their intervals are apart");
    assert_string_equal(claim_predicate(claim_of("figure6", "S11", 3), arena),
                        "MAS, UniMAS and CMAS are within 0.05 of each other "
                        "(a bound of ours)");
    assert_string_equal(claim_quantity(&claim_of("figure6", "S11", 0)->of,
                                       arena),
                        "MAS of Full 1 → 2 between Multi-Object GRU and "
                        "Multi-Object GRU");
    for (const struct claim *c = claim_menu; c->figure; c++) {
        assert_non_null(report_figure(c->figure));
        assert_true(strlen(claim_predicate(c, arena)) > 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lower_means_that_the_intervals_do_not_meet),
        cmocka_unit_test(a_threshold_is_asked_of_the_cross_model_mean),
        cmocka_unit_test(models_are_counted_within_each_type),
        cmocka_unit_test(a_claim_about_bars_that_are_absent_is_not_decided),
        cmocka_unit_test(each_direction_means_the_lowest_one),
        cmocka_unit_test(an_open_type_is_asked_of_every_panel_that_has_it),
        cmocka_unit_test(intervals_over_seeds_are_asked_where_both_have_them),
        cmocka_unit_test(a_bound_from_above_and_a_difference_are_asked),
        cmocka_unit_test(an_order_is_asked_of_all_other_panels),
        cmocka_unit_test(the_gap_between_two_methods_is_asked_in_each_panel),
        cmocka_unit_test(where_there_is_no_gap_none_is_closed),
        cmocka_unit_test(beside_a_direction_stands_the_one_within_its_target),
        cmocka_unit_test(panels_with_an_arrow_keep_the_order_of_types),
        cmocka_unit_test(every_claim_says_what_it_asks),
    };
    return cmocka_run_group_tests(tests, arena_make, arena_drop);
}

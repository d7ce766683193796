/* test_plot_layouts.c - pictures of reports made by hand, in every layout. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../lib/err.h"
#include "../lib/plot.h"
#include "../lib/report.h"
#include "laid.h"
#include "rows.h"

/* ---- reports by hand ---- */

static const char *const types[] = { "Multi-Object GRU", "Same-Object GRU",
                                     "Multi-Object Transformer" };
static const char *const numbered[] = { "1to1", "1to2", "2to1", "2to2" };

/* n panels of bars: variables by methods. */
static struct report row_of(int n, int variables, int methods)
{
    static const char *const variable[] = { "count", "full", "rem_ops" };
    static const char *const method[] = { "mas", "linear-map" };
    struct report r = rows_none("by hand", 512);

    for (int i = 0; i < n; i++)
        for (int k = 0; k < variables * methods; k++)
            add(&r, "bar", arena_text(arena, "%s × Type %d", types[i % 3], i),
                variable[k / methods], method[k % methods], "all",
                0.01 + 0.08 * (i + k % methods));
    return r;
}

/* Every pair of the first n types: full, count; RSA of two sites, with an
 * option that is not the first. */
static struct report triangle_of(int n)
{
    struct report r = rows_none("by hand", 512);

    for (int i = 0; i < n; i++)
        for (int j = 0; j <= i; j++) {
            const char *panel = arena_text(arena, "%s × %s", types[j],
                                           types[i]);
            size_t from = r.n;
            add(&r, "bar", panel, "full", "mas", "all", 0.91);
            add(&r, "bar", panel, "count", "mas", "all", 0.32);
            add(&r, "average", panel, "first", "rsa", "", 0.73);
            add(&r, "average", panel, "second", "rsa", "", 0.64);
            strcpy(add(&r, "average", panel, "first", "rsa", "", 0.85)->site,
                   "embedding");
            for (size_t k = from; k < r.n; k++) {
                strcpy(r.row[k].type_1, types[j]);
                strcpy(r.row[k].type_2, types[i]);
            }
        }
    return r;
}

/* n panels of MAS, UniMAS and CMAS, the latter two held out of system 2. */
static struct report directions_of(int n)
{
    static const char *const method[] = { "mas", "unimas", "cmas" };
    static const char *const into2[] = { "direction", "score", "latent" };
    struct report r = rows_none("by hand", 1024);

    for (int i = 0; i < n; i++)
        for (int k = 0; k < 12; k++) {
            const char *panel = arena_text(arena, "Type %d × %s", i,
                                           types[i % 3]);
            add(&r, "bar", panel, "full", method[k / 4], numbered[k % 4],
                0.9 - 0.1 * (k / 4));
            add(&r, k % 2 ? into2[k / 4] : "direction", panel, "full",
                method[k / 4], numbered[k % 4], 0.9 - 0.1 * (k / 4));
        }
    return r;
}

/* n panels of IIA against K = 1, 2, ... 48, or against lambda. */
static struct report curves_of(int n, bool lambda)
{
    static const int K[] = { 48, 1, 2, 4, 8, 16, 24, 32 };
    struct report r = rows_none("by hand", 1024);

    for (int i = 0; i < n; i++)
        for (int k = 0; k < 8; k++)
            for (int m = 0; m < 2; m++) {
                const char *direction = !lambda ? "cross"
                                        : m ? "into2" : "into1";
                struct report_table *x =
                    add(&r, "bar", arena_text(arena, "%s × Type %d",
                                              types[i % 3], i), "count",
                        lambda ? "cmas" : m ? "linear-map" : "mas",
                        direction, 0.1 * k + 0.05 * m);
                if (lambda)
                    x->lambda = k / 8.;
                else
                    x->dims = K[k];
            }
    return r;
}

static struct report_paths step_of(int quantity, int step)
{
    int response = step > quantity ? step - quantity - 1 : 0;
    struct report_paths s = {
        .trial = quantity, .quantity = quantity, .step = step,
        .last = response == quantity, .x = response, .y = sqrt(response),
        .z = step < quantity ? step : quantity,
    };

    strcpy(s.system, "three-part-s1");
    strcpy(s.token, step == 0 ? "B" : step <= quantity ? "D"
                    : step == quantity + 1 ? "T" : "R");
    return s;
}

/* Whole trials of quantities 3, 6 and 9, of others the last step. */
static struct report paths_of(int quantities)
{
    struct report r = row_of(1, 1, 2);

    r.path = arena_get(arena, 4096, sizeof *r.path);
    for (int q = 1; q <= quantities; q++)
        for (int step = q % 3 || q > 9 ? 2 * q + 1 : 0; step <= 2 * q + 1;
             step++)
            r.path[r.npaths++] = step_of(q, step);
    return r;
}

/* ---- pictures ---- */

static void no_text_lies_on_another_or_beyond_the_edge(void **state)
{
    static const int sizes[] = { 1, 3, 12 }, widths[] = { 174, 85 };
    (void)state;

    for (int w = 0; w < 2; w++)
        for (int k = 0; k < 3; k++) {
            struct report r[] = { row_of(sizes[k], 2, 2),
                                  directions_of(sizes[k]),
                                  curves_of(sizes[k], false),
                                  triangle_of(k + 1) };
            enum layout layout[] = { LAYOUT_ROW, LAYOUT_DIRECTIONS,
                                     LAYOUT_CURVE, LAYOUT_TRIANGLE };
            r[0].row[1].criterion_met = r[1].row[4].criterion_met = 0;
            for (int l = 0; l < 4; l++) {
                laid(&r[l], layout[l], widths[w]);
                if (!laid_passes(apart))
                    fail_msg("layout %d, %d panels, %d mm", layout[l],
                             sizes[k], widths[w]);
            }
        }
}

static void panels_that_do_not_fit_side_by_side_stand_in_rows(void **state)
{
    static const char three_rows[] = BOXES
        "sys.exit(len(set(round(b[1]) for b in at(\"1.0\"))) != 3)";
    static const char one_row[] = BOXES
        "sys.exit(len(set(round(b[1]) for b in at(\"1.0\"))) != 1)";
    struct report many = row_of(12, 2, 2), few = row_of(3, 2, 2);
    const char *text;
    (void)state;

    text = laid(&many, LAYOUT_ROW, PLOT_WIDE);
    assert_true(laid_passes(three_rows));
    for (int i = 0; i < 12; i++)
        assert_int_equal(count(text, arena_text(arena, "Type %d<", i)), 1);
    laid(&few, LAYOUT_ROW, PLOT_WIDE);
    assert_true(laid_passes(one_row));
}

static void bars_are_called_by_what_differs_between_them(void **state)
{
    struct report r = row_of(1, 2, 2);
    const char *text;
    (void)state;

    text = laid(&r, LAYOUT_ROW, PLOT_WIDE);
    assert_int_equal(count(text, ">Count MAS<"), 1);
    assert_int_equal(count(text, ">Count Linear<"), 1);
    assert_null(strstr(text, "Rotation"));
    assert_null(strstr(text, "K="));
    r.n = 1;
    text = laid(&r, LAYOUT_ROW, PLOT_WIDE);
    assert_int_equal(count(text, ">Count<"), 1);
    assert_null(strstr(text, "MAS"));
    r = row_of(1, 1, 1);
    *add(&r, "bar", "", "", "", "all", 0.5) = r.row[0];
    r.row[1].dims = 8;
    *add(&r, "bar", "", "", "", "all", 0.5) = r.row[0];
    strcpy(r.row[2].map, "affine");
    text = laid(&r, LAYOUT_ROW, PLOT_WIDE);
    assert_int_equal(count(text, "K=8<"), 1);
    assert_int_equal(count(text, "K=24<"), 1);
    assert_int_equal(count(text, ">Count Affine<"), 1);
}

static void intervals_are_over_seeds_where_there_are_enough(void **state)
{
    struct report r = row_of(1, 2, 1);
    const char *text;
    (void)state;

    text = laid(&r, LAYOUT_ROW, PLOT_WIDE);
    assert_int_equal(count(text, ">95 % interval over samples<"), 1);
    assert_null(strstr(text, "over seeds"));
    r.row[0].seeds_low = 0.001;
    r.row[0].seeds_high = 0.3;
    text = laid(&r, LAYOUT_ROW, PLOT_WIDE);
    assert_int_equal(count(text, ">95 % interval over samples<"), 1);
    assert_int_equal(count(text, ">95 % interval over seeds<"), 1);
    r.n = 1;
    text = laid(&r, LAYOUT_ROW, PLOT_WIDE);
    assert_null(strstr(text, "over samples"));
}

static void the_interval_of_rsa_is_its_range_over_pairs(void **state)
{
    struct report r = triangle_of(1);
    (void)state;

    assert_int_equal(count(laid(&r, LAYOUT_TRIANGLE, PLOT_WIDE),
                           ">RSA: range over pairs<"), 1);
    for (size_t i = 0; i < r.n; i++)
        if (strcmp(r.row[i].level, "average") == 0)
            r.row[i].low = r.row[i].high = r.row[i].value;  /* one pair */
    assert_null(strstr(laid(&r, LAYOUT_TRIANGLE, PLOT_WIDE), "over pairs"));
}

/* Black dots in the picture of a bar whose directions have these levels. */
static int dots(const char *direction, const char *const *level)
{
    struct report r = row_of(1, 1, 1);
    int n = count(laid(&r, LAYOUT_ROW, PLOT_WIDE), "gpPt");

    strcpy(r.row[0].direction, direction);
    for (int i = 0; level[i]; i++)
        add(&r, level[i], r.row[0].panel, "count", "mas", numbered[i],
            0.3)->cross = i == 1 || i == 2;
    return count(laid(&r, LAYOUT_ROW, PLOT_WIDE), "gpPt") - n;
}

static void dots_are_the_directions_that_a_bar_averages(void **state)
{
    static const char *const mas[] = { "direction", "direction", "direction",
                                       "direction", NULL };
    static const char *const cmas[] = { "direction", "latent", "direction",
                                        "latent", NULL };
    static const char *const latent[] = { "score", "latent", "latent", "score",
                                          NULL };
    (void)state;

    /* 1to2 and 2to1 lie between two models; each kind has its legend */
    assert_int_equal(dots("all", mas), 4 + 2);
    assert_int_equal(dots("all", cmas), 2 + 2);         /* 1to1, 2to1 */
    assert_int_equal(dots("all", latent), 2 + 1);       /* 1to2, 2to1 */
}

static void of_several_methods_the_legend_says_each(void **state)
{
    static const char *const method[] = { "cmas", "mas", "unimas",
                                          "linear-map", "latent-stitching" };
    struct report r = rows_none("by hand", LENGTH(method));
    const char *text;
    (void)state;

    for (int k = 0; k < LENGTH(method); k++)
        add(&r, "bar", "A × B", "count", method[k], "all", 0.5);
    text = laid(&r, LAYOUT_ROW, PLOT_WIDE);
    for (int k = 0; k < LENGTH(method); k++)
        assert_int_equal(count(text, arena_text(
            arena, ">%s: mean<", report_pretty(method[k], arena))), 1);
}

static void the_legend_says_only_what_is_there(void **state)
{
    struct report r = row_of(1, 1, 1);
    const char *text;
    (void)state;

    text = laid(&r, LAYOUT_ROW, PLOT_WIDE);
    assert_int_equal(count(text, ">ceiling: DAS of the target<"), 1);
    assert_null(strstr(text, "a pair, "));
    assert_null(strstr(text, "shuffled sources"));
    r.row[0].ceiling = NAN;
    r.row[0].null_shuffled = 0.2;
    add(&r, "direction", r.row[0].panel, "count", "mas", "1to2", 0.3);
    text = laid(&r, LAYOUT_ROW, PLOT_WIDE);
    assert_null(strstr(text, "ceiling"));
    assert_int_equal(count(text, ">shuffled sources<"), 1);
    assert_int_equal(count(text, ">a pair, between its models<"), 1);
    assert_null(strstr(text, "within one model"));
}

static void a_triangle_has_types_by_row_and_by_column(void **state)
{
    static const char below[] = BOXES
        "import itertools as i\n"
        "t = [\"Multi-Object GRU\", \"Same-Object GRU\"]\n"
        "r = [at(\"Model 1: \" + s)[0] for s in t]\n"
        "c = [at(\"Model 2: \" + s)[0] for s in t]\n"
        "n = len(at(\"0.91\"))\n"
        "sys.exit(not (n == 6 and r[0][1] < r[1][1] and r[0][0] == r[1][0] "
        "and c[0][2] < c[1][0] and r[0][2] < c[0][0] and c[0][1] < r[1][1]))";
    struct report r = triangle_of(3);
    const char *text;
    (void)state;

    text = laid(&r, LAYOUT_TRIANGLE, PLOT_WIDE);
    assert_true(laid_passes(below));
    assert_null(strstr(text, "×"));
    assert_int_equal(count(text, ">MAS Full, hidden<"), 1);
    assert_int_equal(count(text, ">RSA embedding<"), 1);
}

static void rsa_is_the_first_option_and_hatched(void **state)
{
    struct report r = triangle_of(2);
    const char *text;
    (void)state;

    text = laid(&r, LAYOUT_TRIANGLE, PLOT_WIDE);
    assert_int_equal(count(text, ">0.73<"), 3);
    assert_int_equal(count(text, ">0.85<"), 3);
    assert_null(strstr(text, ">0.64<"));
    assert_int_equal(count(text, "<pattern"), 2 * 3 + 2);   /* and legend */
    r.row[2].value = -0.17;
    text = laid(&r, LAYOUT_TRIANGLE, PLOT_WIDE);
    assert_non_null(strstr(text, ">-0.17<"));
}

static void a_pair_that_was_not_measured_leaves_its_place_empty(void **state)
{
    struct report r = triangle_of(2);
    const char *text;
    (void)state;

    assert_null(strstr(laid(&r, LAYOUT_TRIANGLE, PLOT_WIDE), ">–<"));
    r.row[6] = r.row[5];                    /* count of the second pair: gone */
    strcpy(r.row[6].level, "direction");
    text = laid(&r, LAYOUT_TRIANGLE, PLOT_WIDE);
    assert_int_equal(count(text, ">–<"), 1);
    assert_int_equal(count(text, ">0.32<"), 2);
}

static void directions_are_grouped_and_held_ones_marked(void **state)
{
    static const char in_order[] = BOXES
        "x = sum([mid(\"%d→%d\" % (s, t)) for s in (1, 2) for t in (1, 2)], "
        "[])\n"
        "h = mid(\"(held)\")\n"
        "sys.exit(not (len(x) == 4 and x == sorted(x) and "
        "[round(a) for a in h] == [round(x[1]), round(x[3])]))";
    struct report r = directions_of(1);
    const char *text;
    (void)state;

    text = laid(&r, LAYOUT_DIRECTIONS, PLOT_WIDE);
    assert_true(laid_passes(in_order));
    assert_int_equal(count(text, ">UniMAS<"), 1);
    assert_int_equal(count(text, ">held: not trained by behaviour in UniMAS, "
                           "CMAS<"), 1);
    assert_int_equal(count(text, ">0.70<"), 4);
    r.n = 8;                                                /* MAS alone */
    text = laid(&r, LAYOUT_DIRECTIONS, PLOT_WIDE);
    assert_null(strstr(text, "held"));
}

/* As a deuteranope sees them (Machado et al. 2009): still apart. */
static void methods_are_told_apart_without_red_or_green(void **state)
{
    static const char seen[] =
        "import re, sys\n"
        "t = open(sys.argv[1]).read()\n"
        "c = set(re.findall(r\"polygon +fill = .rgb\\( *(\\d+), *(\\d+), "
        "*(\\d+)\\)\", t)) - {(\"255\",) * 3}\n"
        "M = [[.367, .861, -.228], [.280, .673, .047], [-.012, .043, .969]]\n"
        "s = [[sum(m * (255 - .6 * (255 - int(x))) for m, x in zip(r, k)) "
        "for r in M] for k in c]\n"
        "d = [sum((x - y) ** 2 for x, y in zip(a, b)) ** .5 "
        "for i, a in enumerate(s) for b in s[:i]]\n"
        "sys.exit(not (len(c) == 3 and min(d) > 30))";
    struct report r = directions_of(1);
    (void)state;

    laid(&r, LAYOUT_DIRECTIONS, PLOT_WIDE);
    assert_true(laid_passes(seen));
}

static void a_sweep_of_k_has_a_logarithmic_axis(void **state)
{
    static const char log2_axis[] = BOXES
        "import math\n"
        "K = [1, 2, 4, 8, 16, 24, 32, 48]\n"
        "x = [mid(str(k))[0] for k in K]\n"
        "u = (x[7] - x[0]) / math.log2(48)\n"
        "sys.exit(max(abs(x[0] + u * math.log2(k) - y) "
        "for k, y in zip(K, x)) > 0.3)";
    struct report r = curves_of(1, false);
    const char *text;
    (void)state;

    text = laid(&r, LAYOUT_CURVE, PLOT_WIDE);
    assert_true(laid_passes(log2_axis));
    assert_int_equal(count(text, ">K, exchanged dimensions<"), 1);
    assert_int_equal(count(text, ">Count MAS<"), 1);
    assert_int_equal(count(text, ">Count Linear Map<"), 1);
}

static void a_sweep_of_lambda_has_a_line_into_each_system(void **state)
{
    struct report r = curves_of(2, true);
    const char *text;
    (void)state;

    text = laid(&r, LAYOUT_CURVE, PLOT_WIDE);
    assert_int_equal(count(text,
                           ">λ, weight of latent losses (not to scale)<"), 1);
    assert_int_equal(count(text, ">Count, into 1<"), 1);
    assert_int_equal(count(text, ">Count, into 2<"), 1);
    assert_int_equal(count(text, ">0.125<"), 2);
    assert_null(strstr(text, "†"));
    r.row[3].criterion_met = 0;
    assert_int_equal(count(laid(&r, LAYOUT_CURVE, PLOT_WIDE), "†"), 2);
}

static void k_is_the_axis_where_but_one_method_has_a_lambda(void **state)
{
    struct report r = curves_of(1, false);
    const char *text;
    (void)state;

    for (size_t i = 1; i < r.n; i += 2)         /* the others: NaN */
        r.row[i].lambda = 0.5;
    text = laid(&r, LAYOUT_CURVE, PLOT_WIDE);
    assert_int_equal(count(text, ">K, exchanged dimensions<"), 1);
    r.row[1].lambda = 0.25;
    text = laid(&r, LAYOUT_CURVE, PLOT_WIDE);
    assert_int_equal(count(text, ">K, exchanged dimensions<"), 0);
}

/* Distances of an exchange into a recording of that name. */
static void into_recording(struct report *r, const char *name)
{
    static const char *const states[] = { "intervened", "untouched",
                                          "shuffled", "same variables" };

    for (int k = 0; k < 4; k++) {
        struct report_stand_in *s = &r->stand_in[r->nstand_in++];
        *s = (struct report_stand_in){
            .lambda = NAN, .dims = 24, .recording = 1, .n = 9, .distance = 1,
            .distance_low = 0.9, .distance_high = 1.1, .to_mean = 0.5 };
        strcpy(s->method, "cmas");
        strcpy(s->states, states[k]);
        strcpy(s->target_variable, "count");
        strcpy(s->system_1, "gru-s1.model.h5");
        strcpy(s->system_2, name);
    }
}

static void a_recordings_name_keeps_its_dots(void **state)
{
    struct report r = rows_none("by hand", 1);
    const char *text;
    (void)state;

    r.stand_in = arena_get(arena, 8, sizeof *r.stand_in);
    into_recording(&r, "rat1.s2.nwb");
    into_recording(&r, "rat1.s3.nwb");
    text = laid(&r, LAYOUT_RECORDING, PLOT_WIDE);
    assert_int_equal(count(text, ">Count: gru-s1 →"), 2);
    assert_int_equal(count(text, "rat1.s2.nwb<"), 1);
    assert_int_equal(count(text, "rat1.s3.nwb<"), 1);
    assert_true(laid_passes(apart));
}

static void distances_are_drawn_where_no_bar_has_a_number(void **state)
{
    struct report r = row_of(1, 1, 1);
    char *page;
    (void)state;

    r.stand_in = arena_get(arena, 4, sizeof *r.stand_in);
    into_recording(&r, "rat1");
    assert_int_equal(plot_layout(&r), LAYOUT_ROW);
    r.row[0].value = NAN;
    assert_int_equal(plot_layout(&r), LAYOUT_RECORDING);
    assert_int_equal(plot_check(&r, arena), 0);
    assert_int_equal(count(drawn(&r, "near.svg"), ">Count: gru-s1 →"), 1);
    page = drawn(&r, "near.html");
    assert_int_equal(count(page, "<svg"), 2);
    assert_int_equal(count(page, "<h2>Recordings"), 1);
    assert_int_equal(count(page, "<h2>The bars"), 0);
    assert_int_equal(count(page, "Bars: mean over"), 0);
    r.nstand_in = 0;
    assert_int_equal(plot_layout(&r), LAYOUT_ROW);
}

static void three_trajectories_stand_beside_the_bars(void **state)
{
    struct report r = paths_of(20);
    const char *text;
    (void)state;

    text = laid(&r, LAYOUT_ROW, PLOT_WIDE);
    assert_int_equal(count(text, ">n = "), 3);
    assert_int_equal(count(text, ">n = 3<") + count(text, ">n = 6<") +
                     count(text, ">n = 9<"), 3);
    assert_int_equal(count(text, ">decision<"), 1);
    assert_int_equal(count(text, ">x<") + count(text, ">y<") +
                     count(text, ">z<"), 3);
    assert_int_equal(count(text, ">Count MAS<"), 1);
    laid(&r, LAYOUT_ROW, PLOT_NARROW);
    r.npaths = 1;                           /* a point alone has no extent */
    laid(&r, LAYOUT_ROW, PLOT_WIDE);
    r.path[0].x = NAN;
    laid(&r, LAYOUT_ROW, PLOT_WIDE);
}

static void numbers_that_are_missing_leave_the_rest(void **state)
{
    struct report r[] = { row_of(2, 2, 2), triangle_of(2), directions_of(2) };
    enum layout layout[] = { LAYOUT_ROW, LAYOUT_TRIANGLE, LAYOUT_DIRECTIONS };
    (void)state;

    for (int l = 0; l < 3; l++) {
        int bars = count(laid(&r[l], layout[l], PLOT_WIDE), "polygon");
        r[l].row[0].value = NAN;
        assert_true(count(laid(&r[l], layout[l], PLOT_WIDE), "polygon") < bars);
        for (size_t i = 0; i < r[l].n; i++) {
            struct report_table *x = &r[l].row[i];
            x->value = x->low = x->high = x->chance = x->ceiling =
                x->null_rotation = NAN;
        }
        assert_non_null(strstr(laid(&r[l], layout[l], PLOT_WIDE), "–"));
    }
}

static void a_layout_without_its_rows_is_refused(void **state)
{
    struct report bars = row_of(1, 1, 1), directions = directions_of(1);
    (void)state;

    assert_null(plot_as(&bars, LAYOUT_TRIANGLE, PLOT_WIDE, arena)); /* types */
    assert_int_equal(err_code(), EX_DATAERR);
    assert_null(plot_as(&bars, LAYOUT_DIRECTIONS, PLOT_WIDE, arena));
    assert_null(plot_as(&bars, LAYOUT_CURVE, PLOT_WIDE, arena));
    assert_null(plot_as(&directions, LAYOUT_ROW, PLOT_WIDE, arena));
    assert_string_equal(err_text(), "by hand: no bars to draw");
    err_clear();
}

static void a_figure_without_its_rows_is_refused_before_it_is_drawn(
    void **state)
{
    struct report r = row_of(1, 1, 1);
    (void)state;

    assert_int_equal(plot_check(&r, arena), 0);
    r.figure = "figure3";                       /* a row of bars */
    assert_int_equal(plot_check(&r, arena), 0);
    r.figure = "pretend";
    assert_int_equal(plot_check(&r, arena), -1);
    assert_int_equal(err_code(), EX_USAGE);
    assert_string_equal(err_text(), "--figure pretend: these files have no "
                        "number for its picture");
    r.figure = "figure6";
    assert_int_equal(plot_check(&r, arena), -1);
    r.n = 0;
    r.figure = "by hand";
    assert_int_equal(plot_check(&r, arena), -1);
    r = row_of(65, 1, 1);                       /* too many is not none */
    r.figure = "figure3";
    assert_int_equal(plot_check(&r, arena), 0);
    err_clear();
}

static void more_panels_than_a_page_holds_are_refused(void **state)
{
    struct report r = row_of(65, 1, 1);
    (void)state;

    assert_null(plot_as(&r, LAYOUT_ROW, PLOT_WIDE, arena));
    assert_string_equal(err_text(), "by hand: more than 64 panels");
    err_clear();
}

static void every_layout_is_the_same_twice(void **state)
{
    struct report r[] = { paths_of(5), triangle_of(3), directions_of(3),
                          curves_of(3, false) };
    enum layout layout[] = { LAYOUT_ROW, LAYOUT_TRIANGLE, LAYOUT_DIRECTIONS,
                             LAYOUT_CURVE };
    (void)state;

    for (int l = 0; l < 4; l++)
        assert_string_equal(laid(&r[l], layout[l], PLOT_WIDE),
                            laid(&r[l], layout[l], PLOT_WIDE));
}

static void awkward_names_stay_text_in_every_layout(void **state)
{
    struct report r[] = { row_of(2, 1, 1), triangle_of(1), directions_of(1),
                          curves_of(1, true) };
    enum layout layout[] = { LAYOUT_ROW, LAYOUT_TRIANGLE, LAYOUT_DIRECTIONS,
                             LAYOUT_CURVE };
    (void)state;

    for (int l = 0; l < 4; l++) {
        for (size_t i = 0; i < r[l].n; i++) {
            struct report_table *x = &r[l].row[i];
            strcpy(x->panel, awkward);
            strcpy(x->bar, awkward);
            strcpy(x->site, awkward);
            if (strcmp(x->level, "average"))
                strcpy(x->method, awkward);
            strcpy(x->type_1, awkward);
            strcpy(x->type_2, awkward);
        }
        assert_null(strstr(laid(&r[l], layout[l], PLOT_WIDE), "<b>"));
        assert_true(laid_passes(parses));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_text_lies_on_another_or_beyond_the_edge),
        cmocka_unit_test(panels_that_do_not_fit_side_by_side_stand_in_rows),
        cmocka_unit_test(bars_are_called_by_what_differs_between_them),
        cmocka_unit_test(intervals_are_over_seeds_where_there_are_enough),
        cmocka_unit_test(the_interval_of_rsa_is_its_range_over_pairs),
        cmocka_unit_test(dots_are_the_directions_that_a_bar_averages),
        cmocka_unit_test(of_several_methods_the_legend_says_each),
        cmocka_unit_test(the_legend_says_only_what_is_there),
        cmocka_unit_test(a_triangle_has_types_by_row_and_by_column),
        cmocka_unit_test(rsa_is_the_first_option_and_hatched),
        cmocka_unit_test(a_pair_that_was_not_measured_leaves_its_place_empty),
        cmocka_unit_test(directions_are_grouped_and_held_ones_marked),
        cmocka_unit_test(methods_are_told_apart_without_red_or_green),
        cmocka_unit_test(a_sweep_of_k_has_a_logarithmic_axis),
        cmocka_unit_test(a_sweep_of_lambda_has_a_line_into_each_system),
        cmocka_unit_test(k_is_the_axis_where_but_one_method_has_a_lambda),
        cmocka_unit_test(a_recordings_name_keeps_its_dots),
        cmocka_unit_test(distances_are_drawn_where_no_bar_has_a_number),
        cmocka_unit_test(three_trajectories_stand_beside_the_bars),
        cmocka_unit_test(numbers_that_are_missing_leave_the_rest),
        cmocka_unit_test(a_layout_without_its_rows_is_refused),
        cmocka_unit_test(
            a_figure_without_its_rows_is_refused_before_it_is_drawn),
        cmocka_unit_test(more_panels_than_a_page_holds_are_refused),
        cmocka_unit_test(every_layout_is_the_same_twice),
        cmocka_unit_test(awkward_names_stay_text_in_every_layout),
    };
    return cmocka_run_group_tests(tests, rows_make, rows_drop);
}

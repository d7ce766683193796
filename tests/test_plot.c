/* test_plot.c - a report as table, picture and page. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "../lib/draw.h"
#include "../lib/err.h"
#include "../lib/page.h"
#include "../lib/plot.h"
#include "../lib/report.h"
#include "rows.h"

enum { ROWS = 8 };

static char *search;

static int setup(void **state)
{
    search = getenv("PATH");
    return rows_make(state);
}

/* ---- a report by hand ---- */

/* Two panels, one bar each; panel and bar of the second are given. */
static struct report report_of(const char *panel, const char *bar)
{
    static const struct h5ancestor file[] = {
        { "a.h5", "data", "00ff", "gen-data", "task=arithmetic", "" },
        { "m.h5", "model", "11ee", "train", "init=chrono fresh=TRUE", "00ff" },
        { "r.h5", "report", "22dd", "report", "figure=figure3", "11ee" },
    };
    static const char first[] = "First × First GRU";
    struct report r = rows_none("figure3", ROWS);

    r.nfiles = 3;
    r.file = file;
    add(&r, "bar", first, "rem_ops", "mas", "all", 0.875);
    add(&r, "bar", first, "rem_ops", "mas", "cross", 0.8125);
    add(&r, "bar", panel, bar, "mas", "all", 0.5);
    add(&r, "bar", panel, bar, "mas", "cross", 0.25);
    for (int i = 4; i < 6; i++)
        add(&r, "direction", first, "rem_ops", "mas", "1to2", 0.1 * i);
    for (int i = 6; i < 8; i++)
        add(&r, "direction", panel, bar, "mas", "2to1", 0.1 * i);
    for (int i = 0; i < ROWS; i++) {
        strcpy(r.row[i].system_1, "gru-arithmetic-s1");
        strcpy(r.row[i].system_2, "gru-arithmetic-s2");
    }
    return r;
}

/* ---- the table ---- */

static char *cell(char *text, int line, int column)
{
    static char found[256];

    while (line--)
        text = strchr(text, '\n') + 1;
    while (column--)
        text += strcspn(text, "\t\n") + 1;
    snprintf(found, sizeof found, "%.*s", (int)strcspn(text, "\t\n"), text);
    return found;
}

static int column_of(char *text, const char *name)
{
    for (int c = 0; c < 40; c++)
        if (strcmp(cell(text, 0, c), name) == 0)
            return c;
    fail_msg("no column %s", name);
    return -1;
}

static void the_table_reads_back_to_the_same_numbers(void **state)
{
    struct report r = report_of("Other GRU", "full");
    char *text = drawn(&r, "t.tsv");
    (void)state;

    assert_int_equal(count(text, "\n"), 1 + ROWS);
    for (int i = 0; i < ROWS; i++) {
        double value = strtod(cell(text, i + 1, column_of(text, "value")), 0);
        double chance = strtod(cell(text, i + 1, column_of(text, "chance")), 0);
        assert_true(value == r.row[i].value);
        assert_true(chance == r.row[i].chance);
        assert_string_equal(cell(text, i + 1, column_of(text, "panel")),
                            r.row[i].panel);
    }
    assert_string_equal(cell(text, 1, column_of(text, "null_shuffled")), "NaN");
    assert_string_equal(cell(text, 1, column_of(text, "cross")), "FALSE");
    assert_string_equal(cell(text, 2, column_of(text, "cross")), "TRUE");
}

static void a_tab_in_a_name_does_not_make_a_column(void **state)
{
    struct report r = report_of("a\tb\nc\\d", "full");
    char *text = drawn(&r, "tab.tsv");
    (void)state;

    assert_int_equal(count(text, "\n"), 1 + ROWS);
    assert_string_equal(cell(text, 3, column_of(text, "panel")),
                        "a\\tb\\nc\\\\d");
    assert_string_equal(cell(text, 3, column_of(text, "bar")), "full");
}

/* ---- the picture ---- */

static void the_picture_is_sound_xml_of_the_width_asked(void **state)
{
    struct report r = report_of("Other GRU", "full");
    char *text = drawn(&r, "p.svg");
    (void)state;

    assert_int_equal(python(parses, in_scratch("p.svg")), 0);
    assert_non_null(strstr(text, "width=\"658\""));     /* 174 mm at 96 dpi */
    assert_non_null(strstr(text, "<title>What it &lt;shows&gt;</title>"));
    assert_int_equal(draw_write(&r, in_scratch("n.svg"), PLOT_NARROW, arena),
                     0);
    assert_non_null(strstr(read_all(in_scratch("n.svg")), "width=\"321\""));
}

static void bars_panels_and_values_come_from_the_rows(void **state)
{
    struct report r = report_of("Other GRU", "full");
    char *text = drawn(&r, "b.svg");
    (void)state;

    assert_int_equal(count(text, "First × First GRU"), 1);
    assert_int_equal(count(text, "Other GRU"), 1);
    assert_int_equal(count(text, "Rem Ops"), 1);
    assert_int_equal(count(text, "Full"), 1);
    assert_int_equal(count(text, ">0.88<") + count(text, ">0.87<"), 1);
    assert_int_equal(count(text, ">0.50<"), 1);
    assert_int_equal(count(text, ">0.25<"), 0);         /* cross: not a bar */
    r.n = 2;
    assert_null(strstr(drawn(&r, "b1.svg"), "Other GRU"));
}

static void awkward_names_stay_text(void **state)
{
    struct report r = report_of(awkward, awkward);
    char *svg = drawn(&r, "a.svg"), *html = drawn(&r, "a.html");
    static const char find_text[] =
        "import sys, xml.dom.minidom as d; "
        "t = [\"\".join(c.data for c in n.childNodes if c.nodeType == 3) "
        "for n in d.parse(sys.argv[1]).getElementsByTagName(\"text\")]; "
        "t = \"\".join(\"\".join(t).split()); "
        "sys.exit(0 if t.count(\"<b>&amp;\") == 2 and \"%d\" in t and "
        "\"@a#$\" in t and \"{/Bold\" in t.replace(\"bold\", \"Bold\") else 1)";
    (void)state;

    assert_int_equal(python(parses, in_scratch("a.svg")), 0);
    assert_null(strstr(svg, "<b>"));
    assert_int_equal(python(find_text, in_scratch("a.svg")), 0);
    assert_null(strstr(html, "<b>"));
    assert_non_null(strstr(html, "&quot;&lt;b&gt;&amp;amp;&#39;\\ %d"));
}

static void a_name_cannot_run_a_command(void **state)
{
    const char *target = in_scratch("made");
    char *name = arena_text(arena, "`touch %s`", target);
    struct report r;
    struct stat s;
    (void)state;

    assert_true(strlen(name) < H5_TEXT_SIZE);
    r = report_of(name, name);
    assert_int_equal(python(parses, (drawn(&r, "c.svg"),
                                     in_scratch("c.svg"))), 0);
    assert_int_equal(stat(target, &s), -1);
}

static void a_bar_of_unfinished_models_is_marked(void **state)
{
    struct report r = report_of("Other GRU", "full");
    (void)state;

    assert_null(strstr(drawn(&r, "m.svg"), "†"));
    assert_null(strstr(drawn(&r, "m.html"), "†"));
    r.row[2].criterion_met = 0;
    r.criterion_met = false;
    assert_int_equal(count(drawn(&r, "m.svg"), "†"), 1 + 1);    /* and legend */
    assert_int_equal(count(drawn(&r, "m.svg"), ">0.50†<"), 1);
    assert_non_null(strstr(drawn(&r, "m.html"), "Models marked †"));
}

static void a_report_without_bars_has_no_picture(void **state)
{
    struct report r = report_of("Other GRU", "full");
    struct stat s;
    (void)state;

    r.n = 0;
    assert_int_equal(draw_write(&r, in_scratch("z.svg"), 174, arena), -1);
    assert_int_equal(err_code(), EX_DATAERR);
    assert_string_equal(err_text(), "figure3: no bars to draw");
    assert_int_equal(stat(in_scratch("z.svg"), &s), -1);
    err_clear();
}

static void without_gnuplot_one_line_says_so(void **state)
{
    struct report r = report_of("Other GRU", "full");
    struct stat s;
    int rc;
    (void)state;

    setenv("PATH", scratch, 1);
    rc = draw_write(&r, in_scratch("y.svg"), 174, arena);
    setenv("PATH", search, 1);
    assert_int_equal(rc, -1);
    assert_int_equal(err_code(), EX_UNAVAILABLE);
    assert_non_null(strstr(err_text(), "gnuplot: No such file"));
    assert_int_equal(stat(in_scratch("y.svg"), &s), -1);
    err_clear();
}

/* As gnuplot leaves it on a full disk: with 0. */
static void a_picture_cut_short_gets_no_name(void **state)
{
    struct report r = report_of("Other GRU", "full");
    FILE *f = fopen(in_scratch("gnuplot"), "w");
    struct stat s;
    int rc;
    (void)state;

    assert_non_null(f);
    fputs("#!/bin/sh\necho '<svg><title>Gnuplot</title><polygon points='\n",
          f);
    fclose(f);
    assert_int_equal(chmod(in_scratch("gnuplot"), 0700), 0);
    setenv("PATH", scratch, 1);
    rc = draw_write(&r, in_scratch("h.svg"), 174, arena);
    setenv("PATH", search, 1);
    assert_int_equal(rc, -1);
    assert_int_equal(err_code(), EX_IOERR);
    assert_non_null(strstr(err_text(), "cut short"));
    assert_int_equal(stat(in_scratch("h.svg"), &s), -1);
    err_clear();
}

static void another_suffix_is_refused(void **state)
{
    struct report r = report_of("Other GRU", "full");
    (void)state;

    assert_int_equal(draw_write(&r, in_scratch("x.bmp"), 174, arena), -1);
    assert_int_equal(err_code(), EX_USAGE);
    err_clear();
}

static void equal_reports_give_equal_pictures(void **state)
{
    struct report r = report_of("Other GRU", "full");
    (void)state;

    assert_string_equal(drawn(&r, "e1.html"), drawn(&r, "e2.html"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_reads_back_to_the_same_numbers),
        cmocka_unit_test(a_tab_in_a_name_does_not_make_a_column),
        cmocka_unit_test(the_picture_is_sound_xml_of_the_width_asked),
        cmocka_unit_test(bars_panels_and_values_come_from_the_rows),
        cmocka_unit_test(awkward_names_stay_text),
        cmocka_unit_test(a_name_cannot_run_a_command),
        cmocka_unit_test(a_bar_of_unfinished_models_is_marked),
        cmocka_unit_test(a_report_without_bars_has_no_picture),
        cmocka_unit_test(without_gnuplot_one_line_says_so),
        cmocka_unit_test(a_picture_cut_short_gets_no_name),
        cmocka_unit_test(another_suffix_is_refused),
        cmocka_unit_test(equal_reports_give_equal_pictures),
    };
    return cmocka_run_group_tests(tests, setup, rows_drop);
}

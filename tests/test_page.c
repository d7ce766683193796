/* test_page.c - a report as a page, and the claims beside several reports. */
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
#include "../lib/html.h"
#include "../lib/opt.h"
#include "../lib/page.h"
#include "../lib/plot.h"
#include "../lib/report.h"
#include "rows.h"

/* ---- reports by hand ---- */

#define ARITHMETIC { "Arithmetic GRU", "Arithmetic GRU" }

static struct report report_of(const char *figure, const struct line *line,
                               int n)
{
    static const struct h5ancestor file[] = {
        { "a.h5", "data", "00ff00ff00ff00ff00", "gen-data",
          "task=multi-object seed=1", "" },
        { "gru-multi-object-s7.model.h5", "model", "11ee11ee11ee11ee11",
          "train", "arch=gru seed=7 epochs=4000 init=chrono fresh=TRUE "
          "criterion=paper", "00ff00ff00ff00ff" },
        { "r.h5", "report", "22dd22dd22dd22dd22", "report", "figure=figure3",
          "11ee11ee11ee11ee" },
    };
    static int reports;
    struct report r = rows_of(figure, line, n);
    struct h5ancestor *own = arena_get(arena, 3, sizeof *own);

    memcpy(own, file, sizeof file);
    own[2].sha256 = arena_text(arena, "%02d%s", reports++, file[2].sha256 + 2);
    r.nfiles = 3;
    r.file = own;
    for (int i = 0; i < n; i++) {
        strcpy(r.row[i].file, "2");
        strcpy(r.row[i].system_1, "gru-multi-object-s7.model.h5");
        strcpy(r.row[i].system_2, "gru-multi-object-s8.model.h5");
    }
    return r;
}

static struct report figure3(void)
{
    static const struct line line[] = {
        { "bar", ARITHMETIC, "mas", "cumu_val", "all", "hidden", 0.96 },
        { "bar", ARITHMETIC, "mas", "cumu_val", "cross", "hidden", 0.95 },
        { "bar", ARITHMETIC, "mas", "rem_ops", "all", "hidden", 0.30 },
        { "bar", ARITHMETIC, "mas", "rem_ops", "cross", "hidden", 0.25 },
        { "direction", ARITHMETIC, "mas", "cumu_val", "1to2", "hidden", 0.94 },
        { "direction", ARITHMETIC, "mas", "rem_ops", "2to1", "hidden", 0.24 },
    };

    return report_of("figure3", line, LENGTH(line));
}

static struct report figure2(void)
{
    static const struct line line[] = {
        { "bar", GRUS, "mas", "count", "all", "hidden", 0.97 },
        { "bar", GRUS, "mas", "count", "cross", "hidden", 0.96 },
        { "bar", MIXED, "mas", "count", "cross", "hidden", 0.96 },
        { "bar", SAMES, "mas", "count", "cross", "hidden", 0.125 },
        { "direction", GRUS, "mas", "count", "1to2", "hidden", 0.94 },
        { "average", SAMES, "rsa", "default", "", "embedding", 0.875 },
        { "average", SAMES, "rsa", "worst", "", "embedding", 0.625 },
        { "average", SAMES, "rsa", "best", "", "embedding", 0.9375 },
        { "similarity", SAMES, "rsa", "default", "", "embedding", 0.875 },
    };

    return report_of("figure2", line, LENGTH(line));
}

static char *held(const struct report *r, int n, const char *const *path,
                  const char *name)
{
    if (draw_claims(r, path, n, in_scratch(name), arena))
        fail_msg("%s", err_text());
    return read_all(in_scratch(name));
}

/* ---- a figure's page ---- */

static void the_page_needs_nothing_but_itself(void **state)
{
    struct report r = figure3();
    char *text = drawn(&r, "page.html");
    (void)state;

    for (const char *at = text; (at = strstr(at, "href=")); at++)
        assert_int_equal(at[6], '#');
    for (const char *at = text; (at = strstr(at, "http")); at++) {
        const char *line = at;
        while (line > text && line[-1] != '<' && line[-1] != ' ')
            line--;
        assert_memory_equal(line, "xmlns", 5);          /* a name, not a link */
    }
    assert_null(strstr(text, "<script"));
    assert_null(strstr(text, "src="));
    assert_null(strstr(text, "@import"));
    assert_null(strstr(text, "url(http"));
}

static void no_name_stands_twice_in_the_page(void **state)
{
    struct report r = figure3();
    static const char program[] =
        "import re, sys; t = open(sys.argv[1]).read(); "
        "i = re.findall(r\"\\sid=[\\x22\\x27]([^\\x22\\x27]+)\", t); "
        "h = re.findall(r\"href=[\\x22\\x27]#([^\\x22\\x27]+)\", t); "
        "sys.exit(not (len(i) > 20 and len(i) == len(set(i)) "
        "and set(h) <= set(i)))";
    (void)state;

    drawn(&r, "ids.html");
    assert_int_equal(python(program, in_scratch("ids.html")), 0);
}

static void the_page_tells_claims_deviations_and_provenance(void **state)
{
    struct report r = figure3();
    char *text;
    (void)state;

    text = drawn(&r, "told.html");
    assert_int_equal(count(text, "<td>S7<td>"), 2);
    assert_int_equal(count(text, "<td>S8<td>"), 1);
    assert_int_equal(count(text, "<td>S9<td>"), 3);
    assert_int_equal(count(text, ">holds"), 1);         /* S7, Cumu Val */
    assert_int_equal(count(text, "does not hold"), 1);  /* S7, Rem Ops: 0.25 */
    assert_int_equal(count(text, "not measured here"), 4);
    assert_int_equal(count(text, "Chrono initialisation"), 1);
    assert_int_equal(count(text, "New training sequences each epoch"), 1);
    assert_null(strstr(text, "Trained for a number of epochs"));
    assert_non_null(strstr(text, "<code>11ee11ee11ee11ee11</code>"));
    assert_non_null(strstr(text, "train arch=gru seed=7"));
    assert_int_equal(count(text, "<h2>By direction"), 0);
}

static void a_deviation_is_told_of_the_files_that_it_concerns(void **state)
{
    static const struct h5ancestor file[] = {
        { "m1.h5", "data", "00", "gen-data", "task=arithmetic seed=1", "" },
        { "t1.h5", "model", "01", "train", "arch=three-part criterion=paper",
          "" },
        { "x.h5", "alignment", "02", "align",
          "preset=mas latent-norm=relative no-early-stop=TRUE", "" },
        { "y.h5", "alignment", "03", "align",
          "preset=cmas latent-norm=relative no-early-stop=TRUE", "" },
        { "z.h5", "alignment", "04", "align",
          "preset=none latent-norm=l1 direction=1:2:latent=i.h5", "" },
        { "w.h5", "alignment", "05", "align",
          "apply=y.h5 preset=cmas latent-norm=l2 no-early-stop=FALSE", "" },
    };
    struct report r = figure3();
    char *text;
    (void)state;

    r.file = file;
    r.nfiles = LENGTH(file);
    text = strstr(drawn(&r, "departs.html"), "<h2>Where this departs");
    strstr(text, "</ul>")[0] = 0;
    assert_non_null(strstr(text, "off by one"));
    assert_non_null(strstr(text, "by one there: <span class=small>m1.h5<"));
    assert_int_equal(count(text, "<span class=small>t1.h5<"), 2);
    assert_non_null(strstr(text, "Manhattan distance: <span class=small>y.h5"
                                 "</span>"));
    assert_non_null(strstr(text, "Euclidean one: <span class=small>z.h5"
                                 "</span>"));
    assert_int_equal(count(text, "<li>"), 5 + 1);
    assert_null(strstr(text, "w.h5"));          /* learnt nothing */
}

/* What an import and an alignment were told, as text that is stored. */
static const char *label, *units;
static struct opt_list direction;
static bool flag, off;
static const struct opt told[] = {
    { "label", OPT_TEXT, &label, "", .flags = OPT_RESULT },
    { "units", OPT_TEXT, &units, "", .flags = OPT_RESULT },
    { "direction", OPT_INPUTS, &direction, "", .flags = 0 },
    { "zscore", OPT_FLAG, &flag, "", .flags = OPT_RESULT },
    { "sqrt", OPT_FLAG, &off, "", .flags = OPT_RESULT },
    { 0 }
};

static const char *stored(void)
{
    char *text = arena_get(arena, 4096, 1);

    opt_text(told, 0, text, 4096);
    return text;
}

static void commands_are_split_by_a_shell_into_what_was_typed(void **state)
{
    static const char *const odd[] = {
        "a b", "it's", "\"say\"", "back\\slash", "x<3", "$HOME", "`id`", "#1",
        "? [a] ~ {b,c}", "quality==\"good\"; *", "--label", "plain" };
    static const char split[] =
        "import html, subprocess, sys\n"
        "t = open(sys.argv[1]).read()\n"
        "t = html.unescape(t.split(\"<code>\")[1].split(\"</code>\")[0])\n"
        "t = t.replace(\"mas-\", \"printf \\\"%s\\\\n\\\" mas-\")\n"
        "r = subprocess.run([\"sh\", \"-c\", t], stdout=-1)\n"
        "w = open(sys.argv[1] + \".want\", \"rb\").read()\n"
        "sys.exit(r.returncode or r.stdout != w)\n";
    struct report r = rows_none("figure6", 1);
    struct h5ancestor file[] = {
        { "rat.h5", "activations", "00", "import-recording", "", "" },
        { "it's $1.h5", "interventions", "01", "build-cf-latents", "", "" },
        { "y.h5", "alignment", "02", "align", "", "" },
        { "it's $2.h5", "report", "03", "report", "", "" } };
    struct report_stand_in standin = { .recording = 1 };
    (void)state;

    r.recording = "rat";
    r.variable = "count";
    r.file = file;
    r.nfiles = LENGTH(file);
    r.nstand_in = 1;
    r.stand_in = &standin;
    strcpy(standin.file, "y.h5");
    flag = true;
    for (int i = 0; i < LENGTH(odd); i++) {
        struct html p = { fopen(in_scratch("told.html"), "w"), arena };
        FILE *want = fopen(in_scratch("told.html.want"), "w");
        assert_true(p.to && want);
        label = odd[i];
        units = odd[(i + 1) % LENGTH(odd)];
        direction.n = 0;
        file[0].options = file[1].options = file[3].options = stored();
        direction = (struct opt_list){ 1, { "1:2=it's $1.h5" } };
        file[2].options = stored();
        page_conclusions(&p, &r);
        fclose(p.to);
        for (int k = 0; k < LENGTH(file); k++) {
            fprintf(want, "mas-%s\n", file[k].program);
            for (int o = 0; o < 2; o++) {
                bool dashes = !strncmp(*(const char **)told[o].to, "--", 2);
                fprintf(want, "--%s%c%s\n", told[o].name, dashes ? '=' : '\n',
                        *(const char **)told[o].to);
            }
            if (k == 2)
                fprintf(want, "--direction\n%s\n", direction.item[0]);
            fprintf(want, "--zscore\n-o\n%s\n", file[k].name);
        }
        fprintf(want, "mas-report\n--draw\n%s\n-o\nindex.html\n",
                file[3].name);
        fclose(want);
        if (python(split, in_scratch("told.html")))
            fail_msg("%s: %s", odd[i], read_all(in_scratch("told.html")));
    }
}

static void the_page_of_pretended_recordings_says_what_its_points_are(
    void **state)
{
    struct report r = figure3();
    char *text;
    FILE *to = fopen(in_scratch("points.html"), "w");
    (void)state;

    assert_non_null(to);
    r.pretend = arena_get(arena, 1, sizeof *r.pretend);
    r.npretend = 1;
    r.pretend->to_mean = r.pretend->iia = 0.5;
    strcpy(r.pretend->source_variable, "count");
    strcpy(r.pretend->target_variable, "count");
    strcpy(r.pretend->direction, "1to2");
    if (page_figure(to, &r, arena))
        fail_msg("%s", err_text());
    fclose(to);
    text = read_all(in_scratch("points.html"));
    assert_int_equal(count(text, "Points: one alignment each"), 1);
    assert_null(strstr(text, "Bars: mean over"));
}

static void a_page_of_directions_has_a_column_for_each(void **state)
{
    static const struct line line[] = {
        { "bar", GRUS, "unimas", "full", "all", "hidden", 0.9 },
        { "bar", GRUS, "unimas", "full", "1to1", "hidden", 0.911 },
        { "bar", GRUS, "unimas", "full", "1to2", "hidden", 0.121 },
        { "bar", GRUS, "unimas", "full", "into2", "hidden", 0.133 },
        { "score", GRUS, "unimas", "full", "1to2", "hidden", 0.121 },
    };
    struct report r = report_of("figure6", line, LENGTH(line));
    char *text = drawn(&r, "directions.html");
    (void)state;

    text = strstr(text, "<h2>By direction");
    assert_non_null(text);
    assert_int_equal(count(text, "(not trained)"), 1);
    strstr(text, "</table>")[0] = 0;
    assert_int_equal(count(text, "<td class=n>0.911 "), 1);
    assert_int_equal(count(text, "<td class=n>0.133 "), 1);
}

static void the_caption_of_a_sweep_tells_of_no_mark_that_bars_have(
    void **state)
{
    static const struct line line[] = {
        { "bar", GRUS, "mas", "count", "all", "hidden", 0.9 },
        { "bar", GRUS, "mas", "count", "cross", "hidden", 0.8 },
    };
    static const char *const none[] = { "Dots:", "Chance:", "Ceiling:",
                                        "Random rotations:",
                                        "trained by behaviour" };
    struct report r = report_of("dims-sweep", line, LENGTH(line));
    char *text = strstr(drawn(&r, "sweep.html"), "<figcaption>");
    (void)state;

    strstr(text, "</figcaption>")[0] = 0;
    assert_non_null(strstr(text, "and the cross-model directions"));
    for (int k = 0; k < LENGTH(none); k++)
        assert_null(strstr(text, none[k]));
}

static void distances_are_told_apart_where_roles_differ(void **state)
{
    static const struct line line[] = {
        { "bar", GRUS, "cmas", "full", "all", "hidden", 0.9 },
        { "bar", GRUS, "cmas", "full", "1to2", "hidden", 0.4 },
        { "bar", GRUS, "cmas", "full", "2to2", "hidden", 0.8125 },
        { "bar", GRUS, "cmas", "full", "into1", "hidden", 0.9 },
        { "bar", GRUS, "cmas", "full", "into2", "hidden", 0.6 },
        { "bar", GRUS, "mas", "full", "all", "hidden", 0.9 },
        { "bar", GRUS, "mas", "full", "into1", "hidden", 0.9 },
        { "bar", GRUS, "das", "full", "all", "hidden", 0.9 },
        { "latent", GRUS, "cmas", "full", "1to2", "hidden", 0.4 },
        { "direction", GRUS, "mas", "full", "1to2", "hidden", 0.9 },
    };
    struct report r = report_of("figure6", line, LENGTH(line));
    char *text;
    (void)state;

    r.row[4].nearest = 9;
    text = drawn(&r, "roles.html");
    assert_true(count(text, "within model 2: 0.812") > 0);      /* S11 */
    text = strstr(text, "<h2>Do intervened states");
    strstr(text, "</table>")[0] = 0;
    assert_int_equal(count(text, "into 1<td class=n>3.000"), 2);
    assert_int_equal(count(text, "into 2<td class=n>9.000"), 1);
    assert_int_equal(count(text, "<td class=k>those of the bar<td class=n>"
                           "3.000"), 1);
}

static void marks_are_explained_where_the_report_has_them(void **state)
{
    struct report r = figure3();
    char *text;
    (void)state;

    text = drawn(&r, "marks.html");
    assert_int_equal(count(text, "Shuffled sources:"), 0);
    assert_int_equal(count(text, "Ceiling: an exchange"), 1);
    assert_int_equal(count(text, "A map of the whole state"), 0);
    assert_true(count(text, "null: rotations") > 0);
    assert_int_equal(count(text, "null: shuffled"), 0);
    for (size_t i = 0; i < r.n; i++) {
        r.row[i].ceiling = r.row[i].normalised = NAN;
        strcpy(r.row[i].panel, "Arithmetic → Arithmetic GRU");
    }
    r.row[0].null_shuffled = r.row[0].normalised = 0.5;
    text = drawn(&r, "whole.html");
    assert_int_equal(count(text, "Shuffled sources:"), 1);
    assert_int_equal(count(text, "Ceiling: "), 0);
    assert_int_equal(count(text, "A map of the whole state"), 1);
    assert_int_equal(count(text, "null: shuffled"), 1);
}

static void similarities_are_told_where_there_are_any(void **state)
{
    static const struct line line[] = {
        { "bar", GRUS, "mas", "count", "all", "hidden", 0.97 },
        { "bar", MIXED, "mas", "count", "all", "hidden", 0.96 },
        { "similarity", SAMES, "rsa", "default", "", "hidden", 0.875 },
    };
    struct report r = report_of("figure2", line, 3);
    char *text = drawn(&r, "similar.html");
    (void)state;

    assert_int_equal(count(text, "<td colspan=7>none given\n"), 1);
    assert_int_equal(count(text, "none given (rows pair only"), 1);
    r.n = 2;
    assert_null(strstr(drawn(&r, "none.html"), "Similarity without"));
}

static void a_direct_maps_panel_has_the_similarity_of_its_types(void **state)
{
    static const struct line line[] = {
        { "bar", MIXED, "mas", "count", "all", "hidden", 0.75 },
        { "similarity", MIXED, "rsa", "default", "", "hidden", 0.875 },
    };
    struct report r = report_of("figure4", line, 2);
    char *text;
    (void)state;

    strcpy(r.row[0].panel, "Same-Object → Multi-Object GRU");
    strcpy(r.row[0].type_1, line[0].type[1]);
    strcpy(r.row[0].type_2, line[0].type[0]);
    text = drawn(&r, "direct.html");
    assert_int_equal(count(text, "none given"), 0);
    assert_int_equal(count(text, "<span class=i>IIA: MAS Count at hidden"), 1);
    assert_int_equal(count(text, "<th class=n>Cross-model directions trained "
                           "by behaviour"), 1);
    assert_int_equal(count(text, "the cross-model directions trained by"), 2);
}

static void seeds_and_distances_stand_in_the_page(void **state)
{
    struct report r = figure3();
    char *text;
    (void)state;

    r.row[0].seeds_low = 0.811;
    r.row[0].seeds_high = 0.988;
    r.row[0].latent_cosine = 0.777;
    text = drawn(&r, "seeds.html");
    assert_int_equal(count(text, "seeds [0.811, 0.988]"), 1);
    assert_int_equal(count(text, "<td class=n>0.777"), 1);
    assert_int_equal(count(text, "<td class=n>1.500"), 2);      /* 3 / 2 */
}

/* ---- the page of claims ---- */

static void every_claim_stands_once_for_each_report(void **state)
{
    struct report r[] = { figure3(), figure2() };
    const char *const path[] = { "x/figure3/report.h5", "x/figure2/report.h5" };
    char *text = held(r, 2, path, "claims.html");
    (void)state;

    text = strstr(text, "<h2>The claims");
    strstr(text, "<h2>How to read")[0] = 0;
    assert_int_equal(count(text, ">holds<"), 3);    /* S7, S2, S3 of SAMES */
    assert_int_equal(count(text, ">does not hold<"), 2);
    /* S7, S2, S3 of two panels and of figure 10, S6 without the other side */
    assert_int_equal(count(text, "<tr><td"), 2 + 1 + 3 + 2);
    assert_int_equal(count(text, "holds if "), 2 + 1 + 2 + 2);
    assert_int_equal(count(text, ">not measured here<"), 1 + 2);
    assert_non_null(strstr(text, "<p>Not asked here: S1, S4, S5, S8, S9, S10, "
                                 "S11, S12.</p>"));
}

static void a_command_stands_beside_what_it_measured_alone(void **state)
{
    struct report r = figure3();
    char *text;
    (void)state;

    r.command = "make figure3";
    text = held(&r, 1, &(const char *){ "x/figure3/report.h5" }, "alone.html");
    text = strstr(text, "<h2>The claims");
    strstr(text, "<h2>How to read")[0] = 0;
    assert_int_equal(count(text, "<code>make figure3</code>"), 2);  /* S7 */
}

static void more_seeds_answer_the_claims_of_their_figure(void **state)
{
    struct report r = figure2();
    char *text;
    (void)state;

    r.figure = "seeds-figure2";
    text = held(&r, 1, &(const char *){ "x/s/report.h5" }, "more.html");
    assert_int_equal(count(text, ">holds<"), 2);    /* S2, S3 of SAMES */
    assert_non_null(strstr(text, "More seeds of figure 2"));
    assert_non_null(strstr(drawn(&r, "more2.html"), "<td>S3<td>"));
}

static void a_report_given_twice_is_refused(void **state)
{
    struct report r[] = { figure2(), figure3(), figure2() };
    const char *path[] = { "a/r.h5", "b/r.h5", "c/r.h5" };
    (void)state;

    assert_int_equal(draw_claims(r, path, 3, in_scratch("once.html"), arena),
                     0);
    r[2] = r[0];
    assert_int_equal(draw_claims(r, path, 3, in_scratch("twice.html"), arena),
                     -1);
    assert_int_equal(err_code(), EX_DATAERR);
    assert_non_null(strstr(err_text(), "the same report of figure2 twice"));
    assert_int_equal(draw_claims(r, path, 3, in_scratch("twice.tsv"), arena),
                     -1);
}

static void links_come_from_paths_and_commands_from_reports(void **state)
{
    struct report r[] = { figure2(), figure2(), figure3() };
    const char *path[3] = { in_scratch("default-2seeds/figure2/report.h5"),
                            in_scratch("./default-5seeds/x/../figure2/"
                                       "report.h5"),
                            in_scratch("paper-2seeds/figure3/report.h5") };
    char *text;
    (void)state;

    r[0].command = "make figure2";
    r[1].command = "make seeds SEEDS=5 <b>";
    assert_int_equal(mkdir(in_scratch("paper"), 0777), 0);
    text = held(r, 3, (const char *const *)path, "paper/index.html");
    assert_true(count(text, "href=\"../default-2seeds/figure2/index.html\"") >
                3);
    assert_true(count(text, "href=\"../default-5seeds/figure2/index.html\"") >
                3);
    assert_true(count(text, "href=\"../paper-2seeds/figure3/index.html\"") > 1);
    assert_non_null(strstr(text, "<code>make figure2</code>"));
    assert_non_null(strstr(text, "<code>make seeds SEEDS=5 &lt;b&gt;</code>"));
    assert_null(strstr(text, "make figure3"));
    text = drawn(r, "command.html");
    assert_int_equal(count(text, "<code>make figure2</code>"), 1);
}

static void relative_paths_lead_to_the_same_links(void **state)
{
    struct report r = figure2();
    const char *path[] = { "results/default-2seeds/figure2/report.h5" };
    char here[256];
    int rc;
    (void)state;

    assert_non_null(getcwd(here, sizeof here));
    assert_int_equal(mkdir(in_scratch("results"), 0777), 0);
    assert_int_equal(mkdir(in_scratch("results/paper"), 0777), 0);
    assert_int_equal(chdir(scratch), 0);
    rc = draw_claims(&r, path, 1, "results/paper/index.html", arena);
    assert_int_equal(chdir(here), 0);
    assert_int_equal(rc, 0);
    assert_non_null(strstr(read_all(in_scratch("results/paper/index.html")),
                           "href=\"../default-2seeds/figure2/index.html\""));
}

static void a_number_of_the_text_stands_with_its_grid(void **state)
{
    struct report r = figure2();
    char *text = held(&r, 1, (const char *[]){ "report.h5" }, "grid.html");
    (void)state;

    text = strstr(text, "<td>RSA between Same-Object GRUs, embedding");
    assert_non_null(text);
    assert_memory_equal(strstr(text, "0.9027"), "0.9027<td class=n>0.875 ", 24);
    assert_non_null(strstr(text, "<td class=n>0.625<td class=n>0.938"
                                 "<td class=n>3<td class=small>default"));
    assert_int_equal(count(text, "<td>worst"), 1);
}

static void models_and_deviations_are_told_once(void **state)
{
    struct report r[] = { figure3(), figure2() };
    const char *const path[] = { "a/report.h5", "b/report.h5" };
    char *text = held(r, 2, path, "models.html");
    (void)state;

    assert_int_equal(count(text, "leave out seeds found not to meet the "
                                 "criterion (README, Deviations)"), 1);
    assert_int_equal(count(text, "<td class=k>gru-multi-object-s7<td>GRU"
                                 "<td>Multi-Object<td>7<td>chrono<td>met"), 1);
    assert_int_equal(count(text, "Chrono initialisation"), 1);
}

static void an_option_with_blanks_is_told_whole(void **state)
{
    struct report r = figure3();
    (void)state;

    ((struct h5ancestor *)r.file)[1].options =
        "arch=gru note=\"seed=9 \\\"x\\\"\" seed=7 init=\"as \\\"his\\\"\"";
    assert_int_equal(count(held(&r, 1, (const char *[]){ "report.h5" },
                                "blank.html"),
                           "<td>7<td>as &quot;his&quot;<td>met"), 1);
}

static void a_model_that_no_number_calls_trained_is_marked(void **state)
{
    struct report r = figure3();
    char *text;
    (void)state;

    for (size_t i = 0; i < r.n; i++)
        r.row[i].criterion_met = 0;
    text = held(&r, 1, (const char *[]){ "report.h5" }, "unmet.html");
    assert_int_equal(count(text, "<td>7<td>chrono<td>not met"), 1);
    r.row[5].criterion_met = 1;
    text = held(&r, 1, (const char *[]){ "report.h5" }, "met.html");
    assert_int_equal(count(text, "<td>7<td>chrono<td>met"), 1);
}

static void the_page_of_claims_is_balanced_markup(void **state)
{
    struct report r[] = { figure3(), figure2() };
    const char *const path[] = { "a\"<b>/report.h5", "b/report.h5" };
    static const char program[] =
        "import sys\nfrom html.parser import HTMLParser\n"
        "class P(HTMLParser):\n"
        "  void = {\"meta\", \"br\", \"td\", \"th\", \"tr\", \"p\", "
        "\"li\", \"tbody\", \"thead\"}\n"
        "  open = []\n"
        "  def handle_starttag(self, t, a):\n"
        "    self.open += [] if t in self.void else [t]\n"
        "  def handle_endtag(self, t):\n"
        "    t in self.void or self.open.pop() == t or sys.exit(1)\n"
        "p = P()\np.feed(open(sys.argv[1]).read())\n"
        "sys.exit(len(p.open))\n";
    char *text = held(r, 2, path, "balanced.html");
    (void)state;

    assert_int_equal(python(program, in_scratch("balanced.html")), 0);
    assert_null(strstr(text, "<b>"));
    assert_null(strstr(text, "<script"));
}

static void the_table_of_claims_has_a_line_a_number(void **state)
{
    struct report r[] = { figure3(), figure2() };
    const char *const path[] = { "a/report.h5", "b/report.h5" };
    char *text = held(r, 2, path, "claims.tsv");
    int columns = 0, lines = count(text, "\n"), claims = 0;
    (void)state;

    for (const struct claim *c = claim_menu; c->figure; c++)
        claims++;
    for (char *c = text; *c != '\n'; c++)
        columns += *c == '\t';
    assert_int_equal(lines, 1 + claims + 1);
    assert_int_equal(count(text, "\t"), lines * columns);
    char *s7 = strstr(text, "\nS7\t");
    assert_memory_equal(s7 + 4, "Cumu Val aligns between Arithmetic GRUs\t"
                        "at least 0.90\tholds\tArithmetic GRU × Arithmetic "
                        "GRU, MAS: Cumu Val\t0.9499", 113);
}

static void claims_of_another_suffix_are_refused(void **state)
{
    struct report r = figure2();
    struct stat s;
    (void)state;

    assert_int_equal(draw_claims(&r, (const char *[]){ "report.h5" }, 1,
                                 in_scratch("x.svg"), arena), -1);
    assert_int_equal(err_code(), EX_USAGE);
    assert_int_equal(stat(in_scratch("x.svg"), &s), -1);
    err_clear();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_page_needs_nothing_but_itself),
        cmocka_unit_test(no_name_stands_twice_in_the_page),
        cmocka_unit_test(the_page_tells_claims_deviations_and_provenance),
        cmocka_unit_test(a_deviation_is_told_of_the_files_that_it_concerns),
        cmocka_unit_test(commands_are_split_by_a_shell_into_what_was_typed),
        cmocka_unit_test(
            the_page_of_pretended_recordings_says_what_its_points_are),
        cmocka_unit_test(a_page_of_directions_has_a_column_for_each),
        cmocka_unit_test(
            the_caption_of_a_sweep_tells_of_no_mark_that_bars_have),
        cmocka_unit_test(distances_are_told_apart_where_roles_differ),
        cmocka_unit_test(marks_are_explained_where_the_report_has_them),
        cmocka_unit_test(
            a_direct_maps_panel_has_the_similarity_of_its_types),
        cmocka_unit_test(similarities_are_told_where_there_are_any),
        cmocka_unit_test(seeds_and_distances_stand_in_the_page),
        cmocka_unit_test(every_claim_stands_once_for_each_report),
        cmocka_unit_test(a_command_stands_beside_what_it_measured_alone),
        cmocka_unit_test(more_seeds_answer_the_claims_of_their_figure),
        cmocka_unit_test(a_report_given_twice_is_refused),
        cmocka_unit_test(links_come_from_paths_and_commands_from_reports),
        cmocka_unit_test(relative_paths_lead_to_the_same_links),
        cmocka_unit_test(a_number_of_the_text_stands_with_its_grid),
        cmocka_unit_test(models_and_deviations_are_told_once),
        cmocka_unit_test(an_option_with_blanks_is_told_whole),
        cmocka_unit_test(a_model_that_no_number_calls_trained_is_marked),
        cmocka_unit_test(the_page_of_claims_is_balanced_markup),
        cmocka_unit_test(the_table_of_claims_has_a_line_a_number),
        cmocka_unit_test(claims_of_another_suffix_are_refused),
    };
    return cmocka_run_group_tests(tests, rows_make, rows_drop);
}

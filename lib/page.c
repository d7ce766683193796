/* page.c - see page.h. */
#include "page.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "arena.h"
#include "html.h"
#include "plot.h"

struct page {
    struct html html;
    const struct report *r;
    enum layout layout;
};

static bool is(const struct report_table *row, const char *level)
{
    return strcmp(row->level, level) == 0;
}

/* Has any bar a number in this column? */
static bool has(const struct report *r, size_t column)
{
    for (size_t i = 0; i < r->n; i++) {
        double x;
        memcpy(&x, (const char *)&r->row[i] + column, sizeof x);
        if (is(&r->row[i], "bar") && !isnan(x))
            return true;
    }
    return false;
}

/* Are there direct maps, whose panels are A → B? */
static bool has_direct(const struct report *r)
{
    for (size_t i = 0; i < r->n; i++)
        if (strstr(r->row[i].panel, " → "))
            return true;
    return false;
}

/* ---- cells ---- */

/* A new line: the panel where it changes, then what the bar is. */
static void bar_name(const struct html *p, const struct report_table **last,
                     const struct report_table *row)
{
    if (!*last || strcmp((*last)->panel, row->panel))
        html_put(p, "<tr><th colspan=14>%s\n", html_text(p, row->panel));
    *last = row;
    html_put(p, "<tr><td class=k>%s: %s%s", html_pretty(p, row->method),
             html_pretty(p, row->bar), html_mark(row));
    html_put(p, "<td class=k><span class=i>%s, %s, K&nbsp;=&nbsp;%d",
             html_text(p, row->site), html_text(p, row->map), row->dims);
    if (!isnan(row->lambda))
        html_put(p, ", λ&nbsp;=&nbsp;%.3g", row->lambda);
    html_put(p, "</span>");
}

static void references(const struct html *p, const struct report_table *row)
{
    html_number(p, row->chance);
    html_number(p, row->constant);
    html_number(p, row->null_rotation);
    html_number(p, row->null_shuffled);
    html_number(p, row->ceiling);
    html_number(p, row->normalised);
    if (!isnan(row->normalised))
        html_put(p, "<br><span class=i>null: %s</span>",
                 isnan(row->null_shuffled) ? "rotations" : "shuffled");
}

/* ---- the picture ---- */

/* Which line stands for the bars? */
static bool any_shown(const struct report *r, const char *line)
{
    const struct report_table *row;

    for (size_t from = 0; (row = page_bar(r, &from));)
        if (!strcmp(row->direction, line))
            return true;
    return false;
}

/* The directions that bars are means over. */
static const char *averaged(const struct page *page)
{
    const char *text;

    if (!any_shown(page->r, "all"))
        return "the cross-model directions, from a recording into a model";
    text = arena_text(page->html.a, "the %sdirections trained by behaviour%s",
                      has_direct(page->r) ? "cross-model " : "",
                      !any_shown(page->r, "cross") ? "" :
                      ", or, where a recording takes part, those from it into "
                      "a model");
    return text ? text : "";
}

/* Where there is something after them, the directions stand between. */
static const struct { const char *before, *after; } says[] = {
    [LAYOUT_ROW] = { "Bars: mean over the pairs of models and ", "." },
    [LAYOUT_TRIANGLE] = { "Model 1 by row, model 2 by column. Bars: mean over "
        "the pairs of models and ", "; of RSA, over the pairs." },
    [LAYOUT_DIRECTIONS] = { "Bars: mean over the pairs of models, by "
        "direction, source → target. Model 2 is held out of UniMAS and CMAS: "
        "directions into it are scored, not trained by behaviour.", NULL },
    [LAYOUT_CURVE] = { "Points: mean over the pairs of models and the "
        "cross-model directions, or, where λ varies, over the directions into "
        "each model. CMAS does not train those into 2 by behaviour.",
        NULL },
    [LAYOUT_SCATTER] = { "Points: one alignment each, learnt on a pretended "
        "recording.", NULL },
};

/* What is told of the marks where the report has them. */
static const struct { size_t column; const char *says; } mark[] = {
    { offsetof(struct report_table, chance),
      "Chance: an ideal target that ignores the source." },
    { offsetof(struct report_table, null_rotation),
      "Random rotations: no training." },
    { offsetof(struct report_table, null_shuffled),
      "Shuffled sources: trained on source values that belong to other "
      "exchanges, for the first pair of a bar." },
    { offsetof(struct report_table, ceiling),
      "Ceiling: an exchange within the target model alone." },
};

static int picture(const struct page *page)
{
    const struct html *p = &page->html;
    bool dots = page->layout != LAYOUT_CURVE && page->layout != LAYOUT_SCATTER;
    const char *after = says[page->layout].after;

    html_put(p, "<figure>");
    if (html_picture(p, page->r))
        return -1;
    html_put(p, "<figcaption>%s. %s%s%s 95&nbsp;%% interval over %ssamples "
             "(the models stay).%s",
             html_text(p, page->r->caption), says[page->layout].before,
             after ? averaged(page) : "", after ? after : "",
             has(page->r, offsetof(struct report_table, seeds_low))
             ? "model seeds where there are three of each type, else over "
             : "", dots ? " Dots: a pair, each direction by itself." : "");
    for (size_t k = 0; dots && k < sizeof mark / sizeof *mark; k++)
        if (has(page->r, mark[k].column))
            html_put(p, " %s", mark[k].says);
    html_put(p, "%s</figcaption></figure>\n", page->r->criterion_met ? ""
             : " †: a model that did not meet its training criterion.");
    return 0;
}

/* ---- the bars ---- */

static void bars(const struct page *page)
{
    bool trained = any_shown(page->r, "all");
    const char *names[] = {
        "Bar", "", has_direct(page->r)
            ? "#Cross-model directions trained by behaviour"
            : "#Directions trained by behaviour", "#Cross-model directions",
        "#Samples", "#Chance", "#Best constant", "#Random rotations",
        "#Shuffled", "#Ceiling (DAS)", "#Normalised", NULL };
    const struct html *p = &page->html;
    const struct report_table *row, *last = NULL;

    html_put(p, "<h2>The bars</h2>\n<p>Interchange intervention accuracy with "
             "its 95&nbsp;%% interval over samples (a sample is one test "
             "exchange) and, with three seeds or more of each type, over model "
             "seeds. From Samples on: of %s. Best constant: the source value "
             "always its most frequent one.", averaged(page));
    if (has(page->r, offsetof(struct report_table, ceiling)))
        html_put(p, " Ceiling: DAS of the target at the same site and K. "
                 "Normalised: (IIA&nbsp;−&nbsp;null) / "
                 "(ceiling&nbsp;−&nbsp;null), the null being the one named: "
                 "shuffled sources, or random rotations where none were "
                 "shuffled; none where the two are within 0.05.");
    if (has_direct(page->r))
        html_put(p, " A map of the whole state has no within-model ceiling, "
                 "and so no normalised score.");
    html_put(p, "</p>\n");
    if (!trained)
        memmove(&names[2], &names[3], sizeof names - 3 * sizeof *names);
    html_head(p, names);
    for (size_t from = 0; (row = page_bar(page->r, &from));) {
        bar_name(p, &last, row);
        if (trained)
            html_measured(p, strcmp(row->direction, "cross") ? row : NULL);
        html_measured(p, report_line(page->r, row, "cross"));
        html_put(p, "<td class=n>%d", row->n);
        references(p, row);
        html_put(p, "\n");
    }
    html_foot(p);
}

static void by_direction(const struct page *page)
{
    static const char *const names[] = {
        "Bar", "", "#1 → 1", "#2 → 1", "#1 → 2", "#2 → 2", "#into 1",
        "#into 2", NULL };
    static const char *const line[] = {
        "1to1", "2to1", "1to2", "2to2", "into1", "into2", NULL };
    const struct html *p = &page->html;
    const struct report_table *row, *last = NULL;

    if (page->layout != LAYOUT_DIRECTIONS)
        return;
    html_put(p, "<h2>By direction</h2>\n<p>Source → target; 1 is the system "
             "of the panel’s first type, 2 that of its second.</p>\n");
    html_head(p, names);
    for (size_t from = 0; (row = page_bar(page->r, &from));) {
        bar_name(p, &last, row);
        for (int k = 0; line[k]; k++)
            html_measured(p, report_line(page->r, row, line[k]));
        html_put(p, "\n");
    }
    html_foot(p);
}

static void distance(const struct html *p, const struct report_table **last,
                     const struct report_table *row, const char *into)
{
    bar_name(p, last, row);
    html_put(p, "<td class=k>%s", into);
    html_number(p, row->nearest);
    html_number(p, row->nearest_recorded);
    html_number(p, row->nearest_recorded > 0
                   ? row->nearest / row->nearest_recorded : NAN);
    html_number(p, row->latent_distance);
    html_number(p, row->latent_cosine);
    html_put(p, "\n");
}

/* Where the exchange leads, and where it should. */
static void distances(const struct page *page)
{
    static const char *const names[] = {
        "Bar", "", "Directions",
        "#Intervened state to the nearest recorded one",
        "#Recorded state to the nearest other", "#Ratio",
        "#To the counterfactual latent", "#Cosine with it", NULL };
    const struct html *p = &page->html;
    const struct report_table *row, *last = NULL;
    bool roles = page_has(page->r, "latent") || page_has(page->r, "score");

    html_put(p, "<h2>Do intervened states leave the recorded ones?</h2>\n"
             "<p>Distances in the target’s own units: median over the samples "
             "of a direction, then mean over the directions of the bar, or "
             "over those into each model where a method here does not train "
             "both alike. An exchange that works by states which the model never visits "
             "has a ratio far above 1. A counterfactual latent is a recorded "
             "state of the target with the wanted variables.</p>\n");
    html_head(p, names);
    for (size_t from = 0; (row = page_bar(page->r, &from));) {
        const struct report_table *into_1 = report_line(page->r, row, "into1");
        const struct report_table *into_2 = report_line(page->r, row, "into2");
        bool apart = roles && (into_1 || into_2);
        if (apart && into_1)
            distance(p, &last, into_1, "into 1");
        if (apart && into_2)
            distance(p, &last, into_2, "into 2");
        if (!apart)
            distance(p, &last, row, "those of the bar");
    }
    html_foot(p);
}

/* ---- claims ---- */

static void claim(const struct html *p, const struct report *r,
                  const struct claim *c, const struct finding *f)
{
    html_put(p, "<tr><td>%s<td>%s<td>%s<td>%s", c->id, html_text(p, c->claim),
             html_text(p, claim_predicate(c, p->a)),
             html_text(p, f->row ? claim_subject(f->row, p->a)
                                 : claim_quantity(&c->of, p->a)));
    html_interval(p, f->number, f->low, f->high);
    if (!isnan(f->low))
        html_put(p, "<br><span class=i>over %s</span>", page_over(f));
    if (f->row)
        html_within(p, r, f->row);
    html_measured(p, f->than);
    html_number(p, f->lowest);
    html_put(p, "<td class=\"k %s\">%s%s\n", page_class(f), page_outcome(f),
             f->row ? html_mark(f->row) : "");
}

static void claims(const struct page *page)
{
    static const char *const names[] = {
        "", "Claim of the paper", "Holds if", "Measured", "#Number",
        "#Held against", "#Lowest direction or pair", "", NULL };
    const struct html *p = &page->html;
    struct finding f[CLAIM_FINDINGS];
    bool any = false;

    for (const struct claim *c = claim_menu; c->figure; c++) {
        if (!report_answers(page->r, c->figure))
            continue;
        if (!any) {
            html_put(p, "<h2>What the paper claims</h2>\n<p>Thresholds are "
                     "ours. Bars are means over the cross-model directions. "
                     "Intervals are over model seeds where there are three of "
                     "each type on both sides, else over samples; those of RSA "
                     "are the range over pairs.</p>\n");
            html_head(p, names);
        }
        any = true;
        for (int k = 0, n = claim_findings(f, CLAIM_FINDINGS, page->r, c);
             k < n; k++)
            claim(p, page->r, c, &f[k]);
    }
    if (any)
        html_foot(p);
}

/* ---- the parts ---- */

static const char *role(const struct report_table *row)
{
    return is(row, "score") ? " (not trained)"
           : is(row, "latent") ? " (by latents)" : "";
}

static void parts(const struct page *page)
{
    static const char *const names[] = {
        "Source → target", "Variables", "#IIA, 95 % interval", "#Samples",
        "#Chance", "#Best constant", "#Random rotations", "#Shuffled",
        "#Ceiling (DAS)", "#Normalised", "#Nearest state", "File", NULL };
    const struct html *p = &page->html;
    const struct report_table *last = NULL, *row;

    html_put(p, "<h2>What each bar is made of</h2>\n<p>One line a direction: a "
             "value of the source model is carried into the target model. "
             "Intervals are Wilson’s. Nearest state: distance of intervened "
             "and of recorded states to the nearest other recorded one.</p>\n"
             "<details open><summary>Directions</summary>\n");
    html_head(p, names);
    for (size_t i = 0; i < page->r->n; i++) {
        row = &page->r->row[i];
        if (!is(row, "direction") && !is(row, "latent") && !is(row, "score"))
            continue;
        if (!last || !report_same_bar(last, row)) {
            html_put(p, "<tr><th colspan=14>%s, %s%s%s: ",
                     html_text(p, row->panel), html_pretty(p, row->method),
                     *row->map ? ", " : "", html_text(p, row->map));
            html_put(p, "%s, %s, K&nbsp;=&nbsp;%d\n", html_pretty(p, row->bar),
                     html_text(p, row->site), row->dims);
        }
        last = row;
        html_put(p, "<tr><td class=k>%s → %s%s%s<td class=k>%s → %s",
                 html_system(p, row->system_1), html_system(p, row->system_2),
                 role(row), html_mark(row),
                 html_pretty(p, row->source_variable),
                 html_pretty(p, row->target_variable));
        html_measured(p, row);
        html_put(p, "<td class=n>%d", row->n);
        references(p, row);
        html_number(p, row->nearest);
        if (!isnan(row->nearest_recorded))
            html_put(p, " / %.3f", row->nearest_recorded);
        html_put(p, "<td class=k>%s\n", html_text(p, row->file));
    }
    html_foot(p);
    html_put(p, "</details>\n");
}

/* ---- all ---- */

int page_figure(FILE *to, const struct report *r, struct arena *a)
{
    const struct page page = { { to, a }, r, plot_layout(r) };
    const struct html *p = &page.html;
    bool has_bars = page.layout != LAYOUT_RECORDING;

    html_begin_figure(p, r);
    if (page_session(p, r) || (has_bars && picture(&page)) ||
        page_recording(p, r))
        return -1;
    page_conclusions(p, r);
    if (has_bars) {
        bars(&page);
        by_direction(&page);
        claims(&page);
        parts(&page);
        distances(&page);
    }
    page_similarities(p, r);
    html_deviations(p, r->file, r->nfiles);
    html_put(p, "<h2>Settings and provenance</h2>\n<p>Every file behind this "
             "page, oldest first, the report last. The same files and options "
             "give the same bytes. Made from: parents’ first digits.</p>\n");
    html_files(p, r->file, r->nfiles);
    html_end(p);
    return 0;
}

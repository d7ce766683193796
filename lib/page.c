/* page.c - see page.h. */
#include "page.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "arena.h"
#include "plot.h"

struct page {
    FILE *to;
    const struct report *r;
    struct arena *a;
};

/* ---- parts of the page ---- */

static const char style[] =
    "body{font:16px/1.5 system-ui,sans-serif;color:#222;background:#fff;"
    "max-width:72rem;margin:auto;padding:1rem}p{max-width:46rem}"
    "h1{font-size:1.5rem;line-height:1.25}"
    "h2{font-size:1.15rem;margin:2rem 0 .5rem}"
    "figure{margin:1.5rem 0}figcaption{font-size:.875rem;color:#444}"
    "svg{width:100%;height:auto}.wide{max-width:60rem}.narrow{display:none}"
    "figcaption{max-width:60rem}.k{white-space:nowrap}"
    ".scroll{overflow-x:auto}"
    "table{border-collapse:collapse;font-size:.875rem;line-height:1.3}"
    "th,td{padding:.3rem .6rem;text-align:left;vertical-align:top;"
    "border-bottom:1px solid #ddd}"
    "th{font-weight:600;border-bottom:1px solid #222}"
    "thead th{vertical-align:bottom}"
    "tbody th{border-bottom:1px solid #999;padding-top:1rem}"
    "th.n{white-space:normal}th.n,.n{text-align:right}td.n{white-space:nowrap;"
    "font-variant-numeric:tabular-nums}"
    ".i{color:#555;font-size:.8125rem}"
    ".yes{color:#00664b;font-weight:600}.no{color:#a33b00;font-weight:600}"
    ".warn{border-left:.25rem solid #D55E00;padding:.5rem 1rem}"
    ".hash{min-width:16rem}.from{min-width:8.5rem}"
    ".small{font-size:.75rem}code{font-size:.75rem;overflow-wrap:anywhere}"
    "@media(max-width:40rem){body{padding:.75rem}.wide{display:none}"
    ".narrow{display:block;max-width:27rem}}"
    "@media print{body{max-width:none;padding:0;font-size:10pt}"
    ".wide{display:block}.narrow{display:none}.scroll{overflow:visible}"
    "@page{size:A4 landscape;margin:12mm}"
    "table,code,.i,.small{font-size:7pt}th,td{padding:.15rem .3rem}"
    "tr,figure{break-inside:avoid}h2{break-after:avoid}}";

static void put(const struct page *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Markup, as it is. */
static void put(const struct page *p, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    vfprintf(p->to, format, list);
    va_end(list);
}

/* Text, escaped. */
static const char *text(const struct page *p, const char *name)
{
    return plot_escape(name, p->a);
}

static const char *pretty(const struct page *p, const char *name)
{
    const char *plain = report_pretty(name, p->a);

    return text(p, plain ? plain : "");
}

/* A system is called by its model's file: without the suffixes, then. */
static const char *system_name(const struct page *p, const char *name)
{
    static const char *const suffix[] = { ".h5", ".model" };
    int n = (int)strlen(name);

    for (int i = 0; i < 2; i++) {
        int m = (int)strlen(suffix[i]);
        if (n > m && !strncmp(name + n - m, suffix[i], (size_t)m))
            n -= m;
    }
    const char *plain = arena_text(p->a, "%.*s", n, name);
    return text(p, plain ? plain : "");
}

static void number(const struct page *p, double x)
{
    if (isnan(x))
        put(p, "<td class=n>–");
    else
        put(p, "<td class=n>%.3f", x);
}

static void measured(const struct page *p, const struct report_table *row)
{
    if (!row) {
        put(p, "<td class=n>–");
        return;
    }
    number(p, row->value);
    if (!isnan(row->low))
        put(p, " <span class=i>[%.3f, %.3f]</span>", row->low, row->high);
}

/* A name that begins with # stands over numbers. */
static void head(const struct page *p, const char *const *names)
{
    put(p, "<div class=scroll><table><thead><tr>");
    for (; *names; names++)
        put(p, **names == '#' ? "<th class=n>%s" : "<th>%s",
            *names + (**names == '#'));
    put(p, "</thead><tbody>\n");
}

static const char *mark(const struct report_table *row)
{
    return row->criterion_met ? "" : " †";
}

static bool is(const struct report_table *row, const char *level)
{
    return strcmp(row->level, level) == 0;
}

static bool same_bar(const struct report_table *x, const struct report_table *y)
{
    return !strcmp(x->panel, y->panel) && !strcmp(x->bar, y->bar) &&
           !strcmp(x->method, y->method);
}

static void references(const struct page *p, const struct report_table *row)
{
    number(p, row->chance);
    number(p, row->constant);
    number(p, row->null_rotation);
    number(p, row->null_shuffled);
    number(p, row->ceiling);
}

/* ---- sections ---- */

/* A second picture in the page needs names of its own. */
static void put_renamed(const struct page *p, const char *svg)
{
    static const char *const before[] = { " id='", " id=\"", "href='#",
                                          "url(#", NULL };

    for (const char *c = svg; *c; c++) {
        putc(*c, p->to);
        for (int i = 0; before[i]; i++) {
            size_t n = strlen(before[i]);
            if ((size_t)(c + 1 - svg) >= n && !memcmp(c + 1 - n, before[i], n))
                fputs("n-", p->to);
        }
    }
}

static int picture(const struct page *p)
{
    const char *wide = plot_svg(p->r, PLOT_WIDE, p->a), *narrow;

    if (!wide || !(wide = strstr(wide, "<svg")) ||
        !(narrow = plot_svg(p->r, PLOT_NARROW, p->a)) ||
        !(narrow = strstr(narrow, "<svg")))
        return -1;
    put(p, "<figure><div class=wide>%s</div>\n<div class=narrow>", wide);
    put_renamed(p, narrow);
    put(p, "</div>\n<figcaption>%s. Bars: mean over the pairs of models and "
        "all trained directions, 95&nbsp;%% interval by resampling trials "
        "(the models stay). Dots: one direction of one pair. Chance: an ideal "
        "target that ignores the source. Random rotations: no training. "
        "Shuffled sources: trained on source values that belong to other "
        "trials, for the first pair of a bar. Ceiling: an exchange within the "
        "target model alone.%s"
        "</figcaption></figure>\n", text(p, p->r->caption),
        p->r->criterion_met ? "" : " †: a model that did not meet its "
                                   "training criterion.");
    return 0;
}

static void group(const struct page *p, const struct report_table *row,
                  const char *bar)
{
    put(p, "<tr><th colspan=12>%s, %s%s%s\n", text(p, row->panel),
        pretty(p, row->method), *bar ? ": " : "", pretty(p, bar));
}

static void bars(const struct page *p)
{
    static const char *const names[] = {
        "Variables", "#All trained directions", "#Cross-model directions",
        "#Test samples", "#Chance", "#Best constant", "#Random rotations",
        "#Shuffled", "#Ceiling (DAS)", NULL };
    const struct report_table *last = NULL;

    put(p, "<h2>The bars</h2>\n<p>Interchange intervention accuracy with its "
        "95&nbsp;%% interval. Best constant: the source value always its most "
        "frequent one.</p>\n");
    head(p, names);
    for (size_t i = 0; i < p->r->n; i++) {
        const struct report_table *row = &p->r->row[i], *cross = NULL;
        if (!is(row, "bar") || strcmp(row->direction, "all"))
            continue;
        if (!last || strcmp(last->panel, row->panel) ||
            strcmp(last->method, row->method))
            group(p, row, "");
        last = row;
        if (i + 1 < p->r->n && is(row + 1, "bar") && row[1].cross &&
            same_bar(row, row + 1))
            cross = row + 1;
        put(p, "<tr><td class=k>%s%s", pretty(p, row->bar), mark(row));
        measured(p, row);
        measured(p, cross);
        put(p, "<td class=n>%d", row->n);
        references(p, row);
        put(p, "\n");
    }
    put(p, "</tbody></table></div>\n");
}

static void claim(const struct page *p, const struct claim *c)
{
    struct finding f = report_finding(p->r, c);
    bool known = f.row && (f.than || !c->than_bar);

    put(p, "<tr><td>%s<td>%s<td>", c->id, text(p, c->claim));
    if (c->than_bar)
        put(p, "below %s of %s, intervals apart", pretty(p, c->than_bar),
            text(p, c->than_panel));
    else
        put(p, "at least %.2f", c->least);
    measured(p, f.row);
    if (f.than)
        measured(p, f.than);
    else
        put(p, "<td class=n>%.2f", c->least);
    number(p, f.lowest);
    put(p, "<td class=%s>%s%s\n", known && f.holds ? "yes" : "no",
        !known ? "not measured here" : f.holds ? "holds" : "does not hold",
        f.row ? mark(f.row) : "");
}

static void claims(const struct page *p)
{
    static const char *const names[] = {
        "", "Claim of the paper", "Holds if", "#Cross-model IIA",
        "#Held against", "#Lowest direction", "", NULL };
    bool any = false;

    for (const struct claim *c = claim_menu; c->figure; c++) {
        if (strcmp(c->figure, p->r->figure))
            continue;
        if (!any) {
            put(p, "<h2>What the paper claims</h2>\n<p>Thresholds are ours. "
                "The numbers are means over the cross-model directions; the "
                "intervals are over trials, not over models.</p>\n");
            head(p, names);
        }
        any = true;
        claim(p, c);
    }
    if (any)
        put(p, "</tbody></table></div>\n");
}

static void parts(const struct page *p)
{
    static const char *const names[] = {
        "Source → target", "Variables", "#IIA, 95 % interval", "#Test samples",
        "#Chance", "#Best constant", "#Random rotations", "#Shuffled",
        "#Ceiling (DAS)", "File", NULL };
    const struct report_table *last = NULL;

    put(p, "<h2>What each bar is made of</h2>\n<p>One line a direction: a "
        "value of the source model is carried into the target model. "
        "Intervals are Wilson’s.</p>\n");
    head(p, names);
    for (size_t i = 0; i < p->r->n; i++) {
        const struct report_table *row = &p->r->row[i];
        if (!is(row, "direction") && !is(row, "score"))
            continue;
        if (!last || !same_bar(last, row))
            group(p, row, row->bar);
        last = row;
        put(p, "<tr><td class=k>%s → %s%s%s<td class=k>%s → %s",
            system_name(p, row->system_1), system_name(p, row->system_2),
            is(row, "score") ? " (not trained)" : "", mark(row),
            pretty(p, row->source_variable), pretty(p, row->target_variable));
        measured(p, row);
        put(p, "<td class=n>%d", row->n);
        references(p, row);
        put(p, "<td class=k>%s\n", text(p, row->file));
    }
    put(p, "</tbody></table></div>\n");
}

static bool has_similarity(const struct report *r, const char *panel)
{
    for (size_t i = 0; i < r->n; i++)
        if (is(&r->row[i], "similarity") && !strcmp(r->row[i].panel, panel))
            return true;
    return false;
}

static void similarities(const struct page *p)
{
    static const char *const names[] = {
        "Models", "Measure", "#Mean", "#± 1.96 SD over draws", "#Draws", NULL };
    const char *last = "";

    put(p, "<h2>Similarity without interventions</h2>\n");
    head(p, names);
    for (size_t i = 0; i < p->r->n; i++) {
        const struct report_table *row = &p->r->row[i];
        if (!is(row, "similarity"))
            continue;
        if (strcmp(last, row->panel))
            put(p, "<tr><th colspan=5>%s\n", text(p, row->panel));
        last = row->panel;
        put(p, "<tr><td>%s, %s%s<td>%s: %s",
            system_name(p, row->system_1), system_name(p, row->system_2),
            mark(row), pretty(p, row->method), text(p, row->bar));
        number(p, row->value);
        if (isnan(row->low))
            put(p, "<td class=n>–");
        else
            put(p, "<td class=n>[%.3f, %.3f]", row->low, row->high);
        put(p, "<td class=n>%d\n", row->n);
    }
    for (size_t i = 0; i < p->r->n; i++) {
        const struct report_table *row = &p->r->row[i];
        if (!is(row, "bar") || !strcmp(row->panel, last) ||
            has_similarity(p->r, row->panel))
            continue;
        put(p, "<tr><th colspan=5>%s\n<tr><td colspan=5>none given (rows pair "
            "only between tasks whose sequences have one form)\n",
            text(p, row->panel));
        last = row->panel;
    }
    put(p, "</tbody></table></div>\n");
}

enum { LISTED = 6 };            /* files named before "and 7 more" */

/* What an option of a program means for who compares with the paper. */
static const struct { const char *program, *option, *says; } deviation[] = {
    { "train", "init=chrono", "Chrono initialisation (Tallec &amp; Ollivier "
      "2018) of the gate that decides how long a state lasts; the paper names "
      "none, and with PyTorch’s default these models never learn when to "
      "end" },
    { "train", "fresh=TRUE", "New training sequences each epoch; the paper’s "
      "1,024 fixed ones overfit" },
    { "train", "criterion=none", "Trained for a number of epochs, whatever "
      "was reached: a test of the pipeline, no result" },
    { "align", "no-early-stop=FALSE", "Training stops once the validation "
      "samples no longer improve; the paper trains for 1,000 epochs" },
};

static bool has_option(const char *options, const char *option)
{
    size_t n = strlen(option);

    for (const char *at = options; (at = strstr(at, option)); at += n)
        if ((at == options || at[-1] == ' ') && (!at[n] || at[n] == ' '))
            return true;
    return false;
}

static void deviations(const struct page *p)
{
    put(p, "<h2>Where this departs from the paper</h2>\n<ul>\n");
    for (size_t d = 0; d < sizeof deviation / sizeof *deviation; d++) {
        int n = 0;
        for (size_t i = 0; i < p->r->nfiles; i++) {
            const struct h5ancestor *f = &p->r->file[i];
            if (strcmp(f->program, deviation[d].program) ||
                !has_option(f->options, deviation[d].option))
                continue;
            if (n == 0)
                put(p, "<li>%s: <span class=small>", deviation[d].says);
            if (n < LISTED)
                put(p, "%s%s", n ? ", " : "", text(p, f->name));
            n++;
        }
        if (n > LISTED)
            put(p, " and %d more", n - LISTED);
        put(p, n ? "</span>\n" : "");
    }
    put(p, "<li>Choices where the paper is silent are options of the programs; "
        "each stands with its value in the table below.\n</ul>\n");
}

static void provenance(const struct page *p)
{
    static const char *const names[] = {
        "File", "Kind", "Program and options", "SHA-256", "Made from", NULL };

    put(p, "<h2>Settings and provenance</h2>\n<p>Every file behind this page, "
        "oldest first, the report itself last. The same files and options give "
        "the same bytes. Made from: first digits of the parents’ hashes."
        "</p>\n");
    head(p, names);
    for (size_t i = 0; i < p->r->nfiles; i++) {
        const struct h5ancestor *f = &p->r->file[i];
        put(p, "<tr><td>%s<td>%s<td><code>%s %s</code>"
            "<td class=hash><code>%s</code><td class=from><code>%s</code>\n",
            text(p, f->name), text(p, f->kind), text(p, f->program),
            text(p, f->options), text(p, f->sha256), text(p, f->parents));
    }
    put(p, "</tbody></table></div>\n");
}

int page_html(FILE *to, const struct report *r, struct arena *a)
{
    const struct page page = { to, r, a }, *p = &page;
    const struct figure *figure = report_figure(r->figure);
    const char *title = text(p, figure ? figure->title : r->figure);

    put(p, "<!doctype html>\n<html lang=en><head><meta charset=utf-8>\n"
        "<meta name=viewport content='width=device-width,initial-scale=1'>\n"
        "<title>%s</title>\n<style>%s</style></head>\n<body>\n<h1>%s</h1>\n",
        title, style, title);
    if (!r->criterion_met)
        put(p, "<p class=warn>Models marked † did not meet their training "
            "criterion. Their numbers test the programs and say nothing about "
            "the method.</p>\n");
    if (figure)
        put(p, "<p>%s</p>\n", text(p, figure->asks));
    if (picture(p))
        return -1;
    bars(p);
    claims(p);
    parts(p);
    similarities(p);
    deviations(p);
    provenance(p);
    put(p, "</body></html>\n");
    return 0;
}

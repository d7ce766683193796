/* page_claims.c - every claim of the paper beside our number; see page.h. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "arena.h"
#include "html.h"
#include "opt.h"
#include "page.h"

struct claims_page {
    struct html html;
    const struct page_source *source;
    int n;
    size_t nfiles;              /* files behind any of the reports, once     */
    struct h5ancestor *file;
};

/* ---- how the numbers are to be read ---- */

static const char statistics[] =
    "<h2>How to read the numbers</h2>\n<ul>\n"
    "<li>Sample: one test exchange, of a state of one test sequence into one "
    "of another. By default a direction has 1,000, drawn from 500 sequences of "
    "each model; those that share a sequence are not independent, so that "
    "intervals are a little too narrow.\n"
    "<li>IIA: the share of samples after which every determined token is "
    "right. A number is the mean over the pairs of models and their "
    "cross-model directions, source and target being different models; into "
    "model 2 means 1&nbsp;→&nbsp;2, into model 1 means 2&nbsp;→&nbsp;1.\n"
    "<li>Over samples: a bar’s interval resamples the samples of each "
    "direction 10,000 times and keeps the models; a single direction’s is "
    "Wilson’s. A direction’s samples are drawn with probability "
    "(right&nbsp;+&nbsp;½) / (n&nbsp;+&nbsp;1), so that one where all n are "
    "right, or all wrong, still leaves doubt.\n"
    "<li>Over seeds: models are resampled with replacement within each type, "
    "10,000 times; a pair counts as often as the product of how often its "
    "models came. It needs three seeds of each type. Over three to five seeds "
    "such an interval is too narrow: read it as a range.\n"
    "<li>Of UniMAS and CMAS the cross-model directions hold a trained "
    "2&nbsp;→&nbsp;1 and an untrained 1&nbsp;→&nbsp;2; so do the numbers "
    "of&nbsp;S12.\n"
    "<li>Below: 95&nbsp;% intervals that do not overlap, over seeds where both "
    "sides have them, else over samples. A gap is one between such intervals: "
    "where there is none, there is none to close. Thresholds are ours. Beside "
    "an RSA stands the range over pairs, not an interval.\n</ul>\n";

/* ---- claims ---- */

static void figure_cell(const struct html *p, const struct page_finding *x)
{
    const char *figure = html_text(p, x->claim->figure);

    if (x->source)
        html_put(p, "<td class=k><a href=\"%s\">%s</a>",
                 html_text(p, x->source->link), figure);
    else
        html_put(p, "<td class=k>%s", figure);
    if (x->source && (x->finding.measured || x->finding.no_gap))
        html_command(p, "<br>", x->source->r);
    html_put(p, "\n");
}

static void against(const struct html *p, const struct report *r,
                    const struct report_table *row)
{
    if (!row)
        return;
    html_put(p, "%s %.3f", html_text(p, claim_subject(row, p->a)), row->value);
    html_within(p, r, row);
    html_put(p, "<br>");
}

/* What a number is that is not the value of its row. */
static const char *derived(const struct claim *c)
{
    return c->test == TEST_ABOVE_BY ? "difference, " :
           c->test == TEST_CLOSES ? "share of the gap, " :
           c->test == TEST_ALIKE ? "widest difference, " : "";
}

static void claim(const struct html *p, const struct page_finding *x,
                  bool again)
{
    const struct finding *f = &x->finding;

    html_put(p, "<tr><td class=k>%s<td>", again ? "" : x->claim->id);
    if (!again)
        html_put(p, "%s<br><span class=i>holds if %s</span>",
                 html_text(p, x->claim->claim),
                 html_text(p, claim_predicate(x->claim, p->a)));
    html_put(p, "<td>%s%s",
             html_text(p, f->row ? claim_subject(f->row, p->a)
                                 : claim_quantity(&x->claim->of, p->a)),
             f->row ? html_mark(f->row) : "");
    html_interval(p, f->number, f->low, f->high);
    if (f->row) {
        html_within(p, x->source->r, f->row);
        html_put(p, "<br><span class=i>%s%s%s%s%d seed%s</span>",
                 derived(x->claim), isnan(f->low) ? "" : "over ",
                 isnan(f->low) ? "" : page_over(f),
                 isnan(f->low) ? "" : ", ", f->seeds,
                 f->seeds == 1 ? "" : "s");
    }
    html_number(p, f->lowest);
    html_put(p, "<td class=small>");
    if (f->row) {
        against(p, x->source->r, f->than);
        against(p, x->source->r, f->top);
    }
    html_put(p, "<td class=\"k %s\">%s", page_class(f), page_outcome(f));
    figure_cell(p, x);
}

/* Has any number of this claim a row? */
static bool has_row(const struct page_finding *x, int n, const char *id)
{
    for (int i = 0; i < n; i++)
        if (x[i].finding.row && !strcmp(x[i].claim->id, id))
            return true;
    return false;
}

static void tally(const struct html *p, const struct page_finding *x, int n)
{
    int asked = 0, holds = 0, fails = 0, no_gap = 0;

    for (int i = 0; i < n; i++) {
        asked += has_row(x, n, x[i].claim->id);
        no_gap += x[i].finding.no_gap;
        holds += x[i].finding.measured && x[i].finding.holds;
        fails += x[i].finding.measured && !x[i].finding.holds;
    }
    html_put(p, "<p>Numbers asked for: %d. <span class=yes>%d hold</span>, "
             "<span class=no>%d do not</span>, %d were not measured", asked,
             holds, fails, asked - holds - fails - no_gap);
    if (no_gap)
        html_put(p, ", %d ask for part of a gap that is not there", no_gap);
    html_put(p, ".</p>\n");
}

/* The claims that no finding has a row of, each once, in one line. */
static void not_asked(const struct html *p, const struct page_finding *x,
                      int n)
{
    const char *between = "<p>Not asked here: ";

    for (int i = 0; i < n; i++) {
        const char *id = x[i].claim->id;
        int k = 0;
        while (strcmp(x[k].claim->id, id))
            k++;
        if (k < i || has_row(x, n, id))
            continue;
        html_put(p, "%s%s", between, id);
        between = ", ";
    }
    if (*between == ',')
        html_put(p, ".</p>\n");
}

static int claims(const struct claims_page *page)
{
    static const char *const names[] = {
        "", "Claim of the paper", "Measured", "#Number",
        "#Lowest direction or pair", "Held against", "", "Figure", NULL };
    const struct html *p = &page->html;
    struct page_finding *x;
    int n = page_findings(&x, page->source, page->n, p->a);

    if (n < 0)
        return -1;
    tally(p, x, n);
    html_put(p, "<h2>The claims</h2>\n");
    html_head(p, names);
    for (int i = 0; i < n; i++)
        if (has_row(x, n, x[i].claim->id))
            claim(p, &x[i], i > 0 && x[i].claim == x[i - 1].claim);
    html_foot(p);
    not_asked(p, x, n);
    return 0;
}

/* ---- the numbers of the text ---- */

/* Smallest and largest over the options of a similarity, and how many. */
static int grid(const struct report *r, const struct report_table *row,
                double *low, double *high)
{
    int n = 0;

    *low = *high = NAN;
    for (size_t i = 0; i < r->n; i++) {
        const struct report_table *x = &r->row[i];
        if (strcmp(x->level, "average") || strcmp(x->panel, row->panel) ||
            strcmp(x->method, row->method) || strcmp(x->site, row->site))
            continue;
        *low = fmin(*low, x->value);
        *high = fmax(*high, x->value);
        n++;
    }
    return n;
}

static void quoted(const struct html *p, const struct quoted *q,
                   const struct page_source *from,
                   const struct report_table *row)
{
    bool average = row && strcmp(row->level, "average") == 0;
    double low, high;

    html_put(p, "<tr><td>%s<td class=n>%.4g", html_text(p, q->what), q->value);
    html_measured(p, row);
    if (average) {
        int n = grid(from->r, row, &low, &high);
        html_number(p, low);
        html_number(p, high);
        html_put(p, "<td class=n>%d<td class=small>%s", n,
                 html_text(p, row->bar));
    } else {
        html_put(p, "<td class=n>–<td class=n>–<td class=n>–<td>");
    }
    html_put(p, "<td class=k>");
    if (row) {
        html_put(p, "<a href=\"%s\">%s</a>", html_text(p, from->link),
                 html_text(p, q->figure));
        html_command(p, "<br>", from->r);
    } else {
        html_put(p, "%s: not measured here", html_text(p, q->figure));
    }
    html_put(p, "\n");
}

/* Every option of the RSA of a number of the text, one column a number. */
static void options(const struct claims_page *page)
{
    static const char *const names[] = {
        "Number", "Measure", "#Mean over pairs, range", NULL };
    const struct html *p = &page->html;

    html_put(p, "<details><summary>All options of each similarity</summary>\n");
    html_head(p, names);
    for (const struct quoted *q = quoted_menu; q->figure; q++)
        for (int i = 0; i < page->n; i++) {
            const struct page_source *from = &page->source[i];
            const struct report_table *row;
            if (strcmp(q->of.level, "average") ||
                !report_answers(from->r, q->figure))
                continue;
            html_put(p, "<tr><th colspan=3>%s: %.4g in the paper",
                     html_text(p, q->what), q->value);
            html_command(p, " ", from->r);
            html_put(p, "\n");
            for (size_t k = 0; (row = claim_find(from->r, &q->of, &k));) {
                html_put(p, "<tr><td><td>%s", html_text(p, row->bar));
                html_measured(p, row);
            }
        }
    html_foot(p);
    html_put(p, "</details>\n");
}

static void numbers(const struct claims_page *page)
{
    static const char *const names[] = {
        "Number of the text", "#Paper", "#Ours", "#Smallest over options",
        "#Largest over options", "#Options", "Ours is", "", NULL };
    const struct html *p = &page->html;

    html_put(p, "<h2>The five numbers of the paper’s text</h2>\n<p>The paper’s "
             "figures are images; its text gives five numbers. An IIA stands "
             "with its 95&nbsp;%% interval, an RSA with the range over pairs, "
             "and with how far it moves with choices that the text leaves "
             "open.</p>\n");
    html_head(p, names);
    for (const struct quoted *q = quoted_menu; q->figure; q++) {
        bool any = false;
        for (int i = 0; i < page->n; i++) {
            size_t from = 0;
            if (!report_answers(page->source[i].r, q->figure))
                continue;
            any = true;
            quoted(p, q, &page->source[i],
                   claim_find(page->source[i].r, &q->of, &from));
        }
        if (!any)
            quoted(p, q, NULL, NULL);
    }
    html_foot(p);
    options(page);
}

/* ---- models ---- */

/* The value of an option in a canonical line; "" where it is not there. */
static const char *option(const char *options, const char *name,
                          struct arena *a)
{
    size_t size = strlen(options) + 1;
    char *value = arena_get(a, size, 1);

    return value && opt_stored(options, name, value, size) ? value : "";
}

/* The first file of the kind among the parents of f; NULL: none. */
static const struct h5ancestor *parent(const struct claims_page *page,
                                       const struct h5ancestor *f,
                                       const char *kind)
{
    for (size_t i = 0; i < page->nfiles; i++) {
        char start[17];
        snprintf(start, sizeof start, "%s", page->file[i].sha256);
        if (!strcmp(page->file[i].kind, kind) && strstr(f->parents, start))
            return &page->file[i];
    }
    return NULL;
}

/* Did the model meet its criterion? */
static const char *met(const struct claims_page *page, const char *name)
{
    const char *found = "–";

    for (int i = 0; i < page->n; i++)
        for (size_t k = 0; k < page->source[i].r->n; k++) {
            const struct report_table *x = &page->source[i].r->row[k];
            if (!report_same_system(name, x->system_1) &&
                !report_same_system(name, x->system_2))
                continue;
            if (x->criterion_met)
                return "met";
            found = "not met";
        }
    return found;
}

static void models(const struct claims_page *page)
{
    static const char *const names[] = {
        "Model", "Architecture", "Task", "Seed", "Initialisation", "Criterion",
        "SHA-256", NULL };
    const struct html *p = &page->html;

    html_put(p, "<h2>The models</h2>\n<p>Seeds are those that the pipelines "
             "chose, which leave out seeds found not to meet the criterion "
             "(README, Deviations). The criterion is met where a number "
             "that the model takes part in says so of all models behind it. A "
             "model file holds its history and the accuracies that it "
             "reached.</p>\n");
    html_head(p, names);
    for (size_t i = 0; i < page->nfiles; i++) {
        const struct h5ancestor *f = &page->file[i], *data;
        if (strcmp(f->kind, "model"))
            continue;
        data = parent(page, f, "data");
        html_put(p, "<tr><td class=k>%s<td>%s<td>%s", html_system(p, f->name),
                 html_pretty(p, option(f->options, "arch", p->a)),
                 html_pretty(p, data ? option(data->options, "task", p->a)
                                     : ""));
        html_put(p, "<td>%s<td>%s", html_text(p, option(f->options, "seed",
                                                        p->a)),
                 html_text(p, option(f->options, "init", p->a)));
        html_put(p, "<td>%s<td><code>%.16s</code>\n", met(page, f->name),
                 f->sha256);
    }
    html_foot(p);
}

/* ---- files ---- */

/* The files behind all reports, each once, in the order of the reports. */
static int gather_files(struct claims_page *page)
{
    size_t most = 0;

    for (int i = 0; i < page->n; i++)
        most += page->source[i].r->nfiles;
    page->file = arena_get(page->html.a, most, sizeof *page->file);
    if (!page->file)
        return -1;
    for (int i = 0; i < page->n; i++)
        for (size_t k = 0; k < page->source[i].r->nfiles; k++) {
            const struct h5ancestor *f = &page->source[i].r->file[k];
            size_t at = 0;
            while (at < page->nfiles &&
                   strcmp(page->file[at].sha256, f->sha256))
                at++;
            page->file[at] = *f;
            page->nfiles += at == page->nfiles;
        }
    return 0;
}

static void reports(const struct claims_page *page)
{
    static const char *const names[] = {
        "Figure", "Command", "#Files behind it", "SHA-256 of its report",
        NULL };
    const struct html *p = &page->html;

    html_put(p, "<h2>The figures</h2>\n<p>Each page lists every file that it "
             "descends from, with program, options and hash.</p>\n");
    html_head(p, names);
    for (int i = 0; i < page->n; i++) {
        const struct page_source *s = &page->source[i];
        const struct figure *figure = report_figure(s->r->figure);
        html_put(p, "<tr><td><a href=\"%s\">%s</a>%s<td>",
                 html_text(p, s->link),
                 html_text(p, figure ? figure->title : s->r->figure),
                 s->r->criterion_met ? "" : " †");
        html_command(p, "", s->r);
        html_put(p, "<td class=n>%zu<td><code>%s</code>\n", s->r->nfiles,
                 page_digits(s->r));
    }
    html_foot(p);
}

int page_claims(FILE *to, const struct page_source *source, int n,
                struct arena *a)
{
    struct claims_page page = { { to, a }, source, n, 0, NULL };
    const struct html *p = &page.html;
    bool met = true;

    if (gather_files(&page))
        return -1;
    for (int i = 0; i < n; i++)
        met = met && source[i].r->criterion_met;
    html_begin(p, "Model Alignment Search: the paper’s claims and our numbers",
               met);
    html_put(p, "<p>What S. Grant, “Model Alignment Search”, claims of its "
             "figures, as predicates with thresholds of ours; beside each the "
             "number that this implementation measured, and the command that "
             "measures it again. A claim that does not hold is a finding: it "
             "stands here with its number.</p>\n");
    if (claims(&page))
        return -1;
    html_put(p, "%s", statistics);
    numbers(&page);
    reports(&page);
    models(&page);
    html_deviations(p, page.file, page.nfiles);
    html_end(p);
    return 0;
}

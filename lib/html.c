/* html.c - see html.h. */
#include "html.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>

#include "arena.h"
#include "opt.h"
#include "plot.h"

static const char style[] =
    "body{font:16px/1.5 system-ui,sans-serif;color:#222;background:#fff;"
    "max-width:80rem;margin:auto;padding:1rem}p,ul{max-width:46rem}"
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
    "details{margin:1rem 0}summary{cursor:pointer}"
    ".small{font-size:.75rem}code{font-size:.75rem;overflow-wrap:anywhere}"
    "@media(max-width:40rem){body{padding:.75rem}.wide{display:none}"
    ".narrow{display:block;max-width:27rem}}"
    "@media print{body{max-width:none;padding:0;font-size:10pt}"
    ".wide{display:block}.narrow{display:none}.scroll{overflow:visible}"
    "@page{size:A4 landscape;margin:12mm}"
    "table,code,.i,.small{font-size:7pt}th,td{padding:.15rem .3rem}"
    "tr,figure{break-inside:avoid}h2{break-after:avoid}}";

void html_put(const struct html *p, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    vfprintf(p->to, format, list);
    va_end(list);
}

void html_begin(const struct html *p, const char *title, bool criterion_met)
{
    const char *text = html_text(p, title);

    html_put(p, "<!doctype html>\n<html lang=en><head><meta charset=utf-8>\n"
             "<meta name=viewport content='width=device-width,"
             "initial-scale=1'>\n<title>%s</title>\n<style>%s</style></head>"
             "\n<body>\n<h1>%s</h1>\n", text, style, text);
    if (!criterion_met)
        html_put(p, "<p class=warn>Models marked † did not meet their training "
                 "criterion. Their numbers test the programs and say nothing "
                 "about the method.</p>\n");
}

void html_begin_figure(const struct html *p, const struct report *r)
{
    const struct figure *figure = report_figure(r->figure);

    html_begin(p, figure ? figure->title : r->figure, r->criterion_met);
    if (figure)
        html_put(p, "<p>%s</p>\n", html_text(p, figure->asks));
    html_command(p, "<p>Made by ", r);
}

void html_end(const struct html *p)
{
    html_put(p, "</body></html>\n");
}

const char *html_text(const struct html *p, const char *text)
{
    return plot_escape(text, p->a);
}

const char *html_pretty(const struct html *p, const char *name)
{
    const char *plain = report_pretty(name, p->a);

    return html_text(p, plain ? plain : "");
}

const char *html_system(const struct html *p, const char *name)
{
    return html_text(p, report_system(name, p->a));
}

void html_head(const struct html *p, const char *const *names)
{
    html_put(p, "<div class=scroll><table><thead><tr>");
    for (; *names; names++)
        html_put(p, **names == '#' ? "<th class=n>%s" : "<th>%s",
                 *names + (**names == '#'));
    html_put(p, "</thead><tbody>\n");
}

void html_foot(const struct html *p)
{
    html_put(p, "</tbody></table></div>\n");
}

void html_number(const struct html *p, double x)
{
    if (isnan(x))
        html_put(p, "<td class=n>–");
    else
        html_put(p, "<td class=n>%.3f", x);
}

void html_interval(const struct html *p, double x, double low, double high)
{
    html_number(p, x);
    if (!isnan(low))
        html_put(p, " <span class=i>[%.3f, %.3f]</span>", low, high);
}

void html_measured(const struct html *p, const struct report_table *row)
{
    if (!row) {
        html_number(p, NAN);
        return;
    }
    html_interval(p, row->value, row->low, row->high);
    if (!isnan(row->seeds_low))
        html_put(p, "<br><span class=i>seeds [%.3f, %.3f]</span>",
                 row->seeds_low, row->seeds_high);
}

void html_command(const struct html *p, const char *before,
                  const struct report *r)
{
    if (r->command)
        html_put(p, "%s<code>%s</code>", before, html_text(p, r->command));
}

void html_within(const struct html *p, const struct report *r,
                 const struct report_table *row)
{
    const struct report_table *within = claim_within(r, row);

    if (within)
        html_put(p, "<br><span class=i>within model %c: %.3f</span>",
                 *within->direction, within->value);
}

const char *html_mark(const struct report_table *row)
{
    return row->criterion_met ? "" : " †";
}

/* Another picture in the page needs names of its own. */
static void put_renamed(FILE *to, const char *svg, const char *prefix)
{
    static const char *const before[] = { " id='", " id=\"", "href='#",
                                          "url(#", NULL };

    for (const char *c = svg; *c; c++) {
        putc(*c, to);
        for (int i = 0; before[i]; i++) {
            size_t n = strlen(before[i]);
            if ((size_t)(c + 1 - svg) >= n && !memcmp(c + 1 - n, before[i], n))
                fputs(prefix, to);
        }
    }
}

static int put_picture(const struct html *p, const char *wide,
                       const char *narrow, const char *const prefix[2])
{
    if (!wide || !narrow || !(wide = strstr(wide, "<svg")) ||
        !(narrow = strstr(narrow, "<svg")))
        return -1;
    html_put(p, "<div class=wide>");
    put_renamed(p->to, wide, prefix[0]);
    html_put(p, "</div>\n<div class=narrow>");
    put_renamed(p->to, narrow, prefix[1]);
    html_put(p, "</div>\n");
    return 0;
}

int html_picture(const struct html *p, const struct report *r)
{
    const char *wide = plot_svg(r, PLOT_WIDE, p->a);

    return put_picture(p, wide, wide ? plot_svg(r, PLOT_NARROW, p->a) : NULL,
                       (const char *const[]){ "", "n-" });
}

int html_picture_as(const struct html *p, const struct report *r,
                    enum layout layout)
{
    const char *wide = plot_as(r, layout, PLOT_WIDE, p->a);
    const char *prefix[2] = { arena_text(p->a, "l%d-", layout),
                              arena_text(p->a, "l%dn-", layout) };

    return !prefix[0] || !prefix[1] ? -1 :
           put_picture(p, wide,
                       wide ? plot_as(r, layout, PLOT_NARROW, p->a) : NULL,
                       prefix);
}

/* ---- how it was made ---- */

enum { LISTED = 6 };            /* files named before "and 7 more" */

/* What an option of a program means for who compares with the paper; of align,
 * where one of the words `with` says that it has a part. */
static const struct deviation {
    const char *program, *option, *says, *with[4];
} deviation[] = {
    { "train", "init=chrono", "Chrono initialisation (Tallec &amp; Ollivier "
      "2018) of the gate that decides how long a state lasts; the paper names "
      "none, and with PyTorch’s default these models never learn when to "
      "end",
      { NULL } },
    { "train", "fresh=TRUE", "New training sequences each epoch; the paper’s "
      "1,024 fixed ones overfit",
      { NULL } },
    { "train", "criterion=none", "Trained for a number of epochs, whatever "
      "was reached: a test of the pipeline, no result",
      { NULL } },
    { "train", "criterion=paper", "A model counts as trained when every "
      "determined token of all training and validation sequences is right at "
      "two validations in a row, and more than 99.99&nbsp;% of those of the "
      "test sequences; training stops there. The paper says 99.99&nbsp;% of "
      "training and validation data",
      { NULL } },
    { "train", "arch=three-part", "Made by hand, not trained: the paper draws "
      "this system and measures nothing on it; weights and decision boundary "
      "are ours",
      { NULL } },
    { "gen-data", "task=arithmetic", "Rem Ops is what the paper defines, the "
      "operations that remain after the comma; its example is off by one: a 2 "
      "put in at a comma is followed by two more operations here, by one "
      "there",
      { NULL } },
    { "align", "no-early-stop=FALSE", "Training stops once the validation "
      "samples no longer improve; the paper trains for 1,000 epochs",
      { NULL } },
    { "align", "latent-norm=relative", "The latent loss is the paper’s "
      "equation 4 with its squared Euclidean distance in units of the spread "
      "of the target’s states; the paper’s text says Manhattan distance",
      { "preset=cmas", "preset=latent-stitching", ":latent=" } },
    { "align", "latent-norm=l2", "The latent loss is the paper’s equation 4, "
      "squared Euclidean distance; the paper’s text says Manhattan distance",
      { "preset=cmas", "preset=latent-stitching", ":latent=" } },
    { "align", "latent-norm=l1", "The latent loss is the Manhattan distance of "
      "the paper’s text; its equation 4 is of the squared Euclidean one",
      { "preset=cmas", "preset=latent-stitching", ":latent=" } },
};

static bool has_option(const char *options, const char *option)
{
    char name[OPT_NAME], value[64];
    size_t n = strcspn(option, "=");

    while ((options = opt_next(options, name, value, sizeof value)))
        if (!strncmp(name, option, n) && !name[n] &&
            !strcmp(value, option + n + 1))
            return true;
    return false;
}

/* Stored maps that are applied have learnt nothing. */
static bool departs(const struct h5ancestor *f, const struct deviation *d)
{
    bool part = !d->with[0];
    char apply[2];

    for (int i = 0; d->with[i]; i++)
        part = part || strstr(f->options, d->with[i]);
    opt_stored(f->options, "apply", apply, sizeof apply);
    return part && !*apply && !strcmp(f->program, d->program) &&
           has_option(f->options, d->option);
}

void html_deviations(const struct html *p, const struct h5ancestor *file,
                     size_t nfiles)
{
    html_put(p, "<h2>Where this departs from the paper</h2>\n<ul>\n");
    for (size_t d = 0; d < sizeof deviation / sizeof *deviation; d++) {
        int n = 0;
        for (size_t i = 0; i < nfiles; i++) {
            if (!departs(&file[i], &deviation[d]))
                continue;
            if (n == 0)
                html_put(p, "<li>%s: <span class=small>", deviation[d].says);
            if (n < LISTED)
                html_put(p, "%s%s", n ? ", " : "", html_text(p, file[i].name));
            n++;
        }
        if (n > LISTED)
            html_put(p, " and %d more", n - LISTED);
        if (n)
            html_put(p, "</span>\n");
    }
    html_put(p, "<li>Choices where the paper is silent are options of the "
             "programs; each is stored with its value in the file that it "
             "made, and told with it in a figure’s table of files.\n"
             "</ul>\n");
}

void html_files(const struct html *p, const struct h5ancestor *file, size_t n)
{
    static const char *const names[] = {
        "File", "Kind", "Program and options", "SHA-256", "Made from", NULL };

    html_head(p, names);
    for (const struct h5ancestor *f = file; f < file + n; f++)
        html_put(p, "<tr><td>%s<td>%s<td><code>%s %s</code>"
                 "<td class=hash><code>%s</code><td class=from><code>%s</code>"
                 "\n", html_text(p, f->name), html_text(p, f->kind),
                 html_text(p, f->program), html_text(p, f->options),
                 html_text(p, f->sha256), html_text(p, f->parents));
    html_foot(p);
}

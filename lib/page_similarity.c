/* page_similarity.c - similarities beside the IIA; see page.h. */
#include <stdbool.h>
#include <string.h>

#include "html.h"
#include "page.h"

static bool is(const struct report_table *row, const char *level)
{
    return strcmp(row->level, level) == 0;
}

/* ---- what the sections share ---- */

const struct report_table *page_bar(const struct report *r, size_t *from)
{
    while (*from < r->n) {
        const struct report_table *row = &r->row[(*from)++], *shown;
        if (!is(row, "bar") || (row > r->row && is(row - 1, "bar") &&
                                report_same_bar(row - 1, row)))
            continue;
        shown = report_shown(r, row);
        return shown ? shown : row;
    }
    return NULL;
}

bool page_has(const struct report *r, const char *level)
{
    for (size_t i = 0; i < r->n; i++)
        if (is(&r->row[i], level))
            return true;
    return false;
}

/* ---- similarities ---- */

/* Of the same types, in either order; a panel A → B too. */
static bool same_types(const struct report_table *x,
                       const struct report_table *y)
{
    return !strcmp(x->panel, y->panel) ||
           (*x->type_2 && *y->type_2 &&
            ((!strcmp(x->type_1, y->type_1) && !strcmp(x->type_2, y->type_2)) ||
             (!strcmp(x->type_1, y->type_2) && !strcmp(x->type_2, y->type_1))));
}

static void similarity_panel(const struct html *p, const struct report *r,
                             const struct report_table *one)
{
    const struct report_table *row;
    const char *between = "IIA: ";

    html_put(p, "<tr><th colspan=7>%s <span class=i>",
             html_text(p, one->panel));
    for (size_t from = 0; (row = page_bar(r, &from));)
        if (same_types(row, one)) {
            html_put(p, "%s%s %s at %s %.3f", between,
                     html_pretty(p, row->method), html_pretty(p, row->bar),
                     html_text(p, row->site), row->value);
            between = ", ";
        }
    html_put(p, "</span>\n");
}

/* Rows of this level: averages over pairs, or single pairs. */
static void similarity_rows(const struct html *p, const struct report *r,
                            const char *level)
{
    bool single = strcmp(level, "average") != 0;
    const char *last = "";

    for (size_t i = 0; i < r->n; i++) {
        const struct report_table *row = &r->row[i];
        if (!is(row, level))
            continue;
        if (strcmp(last, row->panel))
            similarity_panel(p, r, row);
        last = row->panel;
        if (single)
            html_put(p, "<tr><td class=k>%s, %s%s",
                     html_system(p, row->system_1),
                     html_system(p, row->system_2), html_mark(row));
        else
            html_put(p, "<tr><td>%s pairs%s", row->file, html_mark(row));
        html_put(p, "<td>%s<td>%s: %s", html_text(p, row->site),
                 html_pretty(p, row->method), html_text(p, row->bar));
        html_measured(p, row);
        html_put(p, "<td class=n>%d\n", row->n);
    }
}

/* Do the panel's types name one task? Their last word is the architecture. */
static bool same_task(const struct report_table *row)
{
    const char *end = strrchr(row->type_1, ' ');

    return !*row->type_2 || !end ||
           !strncmp(row->type_1, row->type_2, (size_t)(end - row->type_1));
}

/* Panels of bars without similarity. */
static void without_similarity(const struct html *p, const struct report *r)
{
    const struct report_table *row;
    const char *last = "";

    for (size_t from = 0; (row = page_bar(r, &from));) {
        bool has = !strcmp(row->panel, last);
        for (size_t i = 0; i < r->n; i++)
            has = has || (is(&r->row[i], "similarity") &&
                          same_types(&r->row[i], row));
        if (!has)
            html_put(p, "<tr><th colspan=7>%s\n<tr><td colspan=7>none given%s"
                     "\n", html_text(p, row->panel), same_task(row) ? "" :
                     " (rows pair only between tasks whose sequences have one "
                     "form)");
        last = row->panel;
    }
}

void page_similarities(const struct html *p, const struct report *r)
{
    static const char *const names[] = {
        "Models", "Site", "Measure", "#Value", "#Draws", NULL };

    if (!page_has(r, "similarity"))
        return;
    html_put(p, "<h2>Similarity without interventions</h2>\n<p>Mean over the "
             "pairs of models, with the range over them. The first line of a "
             "measure and site is its default.</p>\n");
    html_head(p, names);
    similarity_rows(p, r, "average");
    without_similarity(p, r);
    html_foot(p);
    html_put(p, "<details><summary>Each pair, ± 1.96 SD over draws of rows"
             "</summary>\n");
    html_head(p, names);
    similarity_rows(p, r, "similarity");
    html_foot(p);
    html_put(p, "</details>\n");
}

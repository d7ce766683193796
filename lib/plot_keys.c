/* plot_keys.c - which rows belong together, their names and colours. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "arena.h"
#include "err.h"
#include "plot_priv.h"

static bool same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

/* ---- panels and bars ---- */

struct plot_panel *plot_panel(struct picture *p, const char *name)
{
    for (int i = 0; i < p->npanels; i++)
        if (same(p->panel[i].name, name))
            return &p->panel[i];
    if (p->npanels == PANELS_MAX) {
        err_set(EX_DATAERR, "%s: more than %d panels", p->r->figure,
                PANELS_MAX);
        return NULL;
    }
    p->panel[p->npanels].name = p->panel[p->npanels].title = name;
    return &p->panel[p->npanels++];
}

struct plot_bar *plot_add(struct picture *p, struct plot_panel *q,
                          const struct report_table *row)
{
    if (q->nbars == BARS_MAX) {
        err_set(EX_DATAERR, "%s: more than %d bars in %s", p->r->figure,
                BARS_MAX, q->name);
        return NULL;
    }
    q->bar[q->nbars].row = row;
    return &q->bar[q->nbars++];
}

int plot_nothing(struct picture *p)
{
    p->empty = true;
    return err_set(EX_DATAERR, "%s: no bars to draw", p->r->figure);
}

/* ---- rows ---- */

bool plot_is_bar(const struct report_table *row, const char *direction)
{
    return same(row->level, "bar") && same(row->direction, direction);
}

bool plot_is_shown(const struct report *r, const struct report_table *row)
{
    return same(row->level, "bar") && report_shown(r, row) == row;
}

static int role_of(const struct report_table *row)
{
    int k = 0;

    while (report_roles[k] && !same(row->level, report_roles[k]))
        k++;
    return k;
}

/* Has the bar directions that come before this role? */
static bool better(const struct report *r, const struct report_table *bar,
                   int role)
{
    for (size_t i = 0; i < r->n; i++)
        if (role_of(&r->row[i]) < role && report_same_bar(bar, &r->row[i]))
            return true;
    return false;
}

bool plot_part(const struct report *r, const struct report_table *bar,
               const struct report_table *d)
{
    int role = role_of(d);

    if (!report_same_bar(bar, d) || !isfinite(d->value))
        return false;
    if (same(bar->level, "average"))
        return same(d->level, "similarity");
    return report_roles[role] &&
           report_belongs(d, bar->direction,
                          role == 0 || !better(r, bar, role));
}

/* ---- names and colours ---- */

static int place_of(const char *const *list, int n, const char *text)
{
    int k = 0;

    while (k < n && !same(list[k], text))
        k++;
    return k;
}

/* Put text into a sorted list of n different ones, of at most `most`. How many
 * there are then. */
static int add_text(const char **list, int n, int most, const char *text)
{
    int k = n;

    if (n == most || place_of(list, n, text) < n)
        return n;
    for (; k > 0 && strcmp(list[k - 1], text) > 0; k--)
        list[k] = list[k - 1];
    list[k] = text;
    return n + 1;
}

int plot_list(const char **list, int most, const struct report *r, size_t n,
              const char *(*of)(const struct report *r, size_t k))
{
    int found = 0;

    for (size_t k = 0; k < n; k++)
        if (of(r, k))
            found = add_text(list, found, most, of(r, k));
    return found;
}

void plot_more(struct picture *p, int most, size_t n,
               const char *(*of)(const struct report *r, size_t k))
{
    const char *list[PLOT_TUPLES + 1];

    assert(most <= PLOT_TUPLES);
    if (plot_list(list, most + 1, p->r, n, of) > most)
        plot_mention(p, (struct plot_entry){ ENTRY_NOTE, "and more: not drawn",
                                             "", 0, 0 });
}

unsigned plot_colour(int k)
{
    static const unsigned colour[] = {
        0x0072B2, 0xE69F00, 0x009E73, 0xCC79A7, 0x56B4E9, 0xD55E00, 0xF0E442,
    };

    return colour[k % (int)(sizeof colour / sizeof *colour)];
}

const char *plot_points(const struct picture *p, int k, double size)
{
    static const int type[PLOT_TUPLES] = { 7, 5, 9, 13, 11, 6, 4 };
    const char *text = arena_text(p->a, "pt %d ps %g lc rgb '#%06x'", type[k],
                                  size, plot_colour(k + 2));

    return text ? text : "";
}

const char *plot_bar_of(const struct report_table *row)
{
    return row->bar;
}

const char *plot_method_of(const struct report_table *row)
{
    return row->method;
}

static const char *site_of(const struct report_table *row)
{
    return row->site;
}

static const char *map_of(const struct report_table *row)
{
    return row->map;
}

int plot_rank(const struct picture *p, const struct report_table *row,
              const char *(*of)(const struct report_table *row))
{
    const char *seen[PANELS_MAX * 2];
    int n = 0, k;

    for (int i = 0; i < p->npanels; i++)
        for (int b = 0; b < p->panel[i].nbars; b++) {
            const char *name = of(p->panel[i].bar[b].row);
            for (k = 0; k < n && !same(seen[k], name); k++)
                ;
            if (k == n && n < PANELS_MAX * 2)
                seen[n++] = name;
        }
    for (k = 0; k < n && !same(seen[k], of(row)); k++)
        ;
    return k;
}

static const char *(*const parts[])(const struct report_table *row) = {
    plot_bar_of, plot_method_of, map_of, site_of,
};
enum { PARTS = sizeof parts / sizeof *parts };

/* Has the picture a bar like this one in its first n parts, and unlike it in
 * the next? After the parts come K and lambda. */
static bool needs(const struct picture *p, const struct report_table *row,
                  int n)
{
    for (int i = 0; i < p->npanels; i++)
        for (int b = 0; b < p->panel[i].nbars; b++) {
            const struct report_table *x = p->panel[i].bar[b].row;
            int k = 0;
            while (k < n && k < PARTS && same(parts[k](x), parts[k](row)))
                k++;
            if (k < n && k < PARTS)
                continue;
            if (n < PARTS ? !same(parts[n](x), parts[n](row))
                : n == PARTS ? x->dims != row->dims
                : x->dims == row->dims &&
                  !report_same_number(x->lambda, row->lambda))
                return true;
        }
    return false;
}

/* More than one method: every label names its own. */
static bool many_methods(const struct picture *p)
{
    const struct report_table *one = NULL;

    for (int i = 0; i < p->npanels; i++)
        for (int b = 0; b < p->panel[i].nbars; b++) {
            one = one ? one : p->panel[i].bar[b].row;
            if (!same(one->method, p->panel[i].bar[b].row->method))
                return true;
        }
    return false;
}

/* "linear-map" is two words to a narrow label. */
static const char *name_of(const char *part, struct arena *a)
{
    char *text = arena_text(a, "%s", report_pretty(part, a));

    for (char *c = text; c && *c; c++)
        *c = *c == '-' ? ' ' : *c;
    return text;
}

const char *plot_label(const struct picture *p, const struct report_table *row,
                       bool settings)
{
    const char *text = report_pretty(row->bar, p->a);

    for (int k = 1; k < PARTS && text; k++)
        if (*parts[k](row) && (k == 1 ? many_methods(p) : needs(p, row, k)))
            text = arena_text(p->a, "%s %s", text,
                              name_of(parts[k](row), p->a));
    if (text && settings && row->dims > 0 && needs(p, row, PARTS))
        text = arena_text(p->a, "%s K=%d", text, row->dims);
    if (text && settings && !isnan(row->lambda) && needs(p, row, PARTS + 1))
        text = arena_text(p->a, "%s λ=%g", text, row->lambda);
    return text ? text : "";
}

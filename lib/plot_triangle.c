/* plot_triangle.c - types of system by row and by column: MAS by variable and
 * site, then RSA by site. The empty corner holds the legend. */
#include <math.h>
#include <string.h>

#include "arena.h"
#include "err.h"
#include "plot_priv.h"

enum { TYPES_MAX = 10, KINDS_MAX = 16 };

static const double GAP = 10;

/* A bar stands in the same place in every panel. */
struct triangle {
    int ntypes, nkinds;
    const char *type[TYPES_MAX];
    const struct report_table *kind[KINDS_MAX];
    double corner_left, corner_bottom;  /* of the empty one above right      */
};

static bool is_rsa(const struct report_table *row)
{
    return strcmp(row->level, "average") == 0 && !strcmp(row->method, "rsa");
}

static bool same_kind(const struct report_table *x,
                      const struct report_table *y)
{
    return is_rsa(x) == is_rsa(y) && !strcmp(x->method, y->method) &&
           !strcmp(x->site, y->site) && !strcmp(x->map, y->map) &&
           (is_rsa(x) || !strcmp(x->bar, y->bar));
}

/* ---- what there is ---- */

static int type_of(struct triangle *t, const char *name)
{
    int k = 0;

    while (k < t->ntypes && strcmp(t->type[k], name))
        k++;
    if (k == t->ntypes && k < TYPES_MAX)
        t->type[t->ntypes++] = name;
    return k;
}

/* RSA by the options of a file's first line alone. */
static bool wanted(const struct picture *p, const struct report_table *row,
                   bool rsa)
{
    if (!*row->type_1 || !*row->type_2)
        return false;
    if (!rsa)
        return plot_is_shown(p->r, row);
    if (!is_rsa(row))
        return false;
    for (const struct report_table *x = p->r->row; x < row; x++)
        if (is_rsa(x) && strcmp(x->panel, row->panel) == 0 &&
            strcmp(x->site, row->site) == 0)
            return false;
    return true;
}

static bool taken(const struct plot_panel *q, int kind)
{
    for (int i = 0; i < q->nbars; i++)
        if ((int)q->bar[i].at == kind)
            return true;
    return false;
}

static int too_many(const struct picture *p)
{
    return err_set(EX_DATAERR, "%s: more than %d types of system, or %d kinds "
                   "of bar", p->r->figure, TYPES_MAX, KINDS_MAX);
}

static int survey(struct picture *p, struct triangle *t)
{
    for (int rsa = 0; rsa < 2; rsa++)
        for (size_t i = 0; i < p->r->n; i++) {
            const struct report_table *row = &p->r->row[i];
            int one, two, k = 0;
            struct plot_panel *q;
            struct plot_bar *bar;
            const char *name;
            if (!wanted(p, row, rsa))
                continue;
            one = type_of(t, row->type_1);
            two = type_of(t, row->type_2);
            if (one == TYPES_MAX || two == TYPES_MAX)
                return too_many(p);
            if (!(name = arena_text(p->a, "%d %d", one > two ? one : two,
                                    one > two ? two : one)) ||
                !(q = plot_panel(p, name)))
                return -1;
            while (k < t->nkinds && (!same_kind(t->kind[k], row) ||
                                     taken(q, k)))
                k++;
            if (k == KINDS_MAX)
                return too_many(p);
            if (k == t->nkinds)
                t->kind[t->nkinds++] = row;
            if (!(bar = plot_add(p, q, row)))
                return -1;
            if (row->value < p->low && row->value >= -1)
                p->low = floor(10 * row->value) / 10;
            q->row = one > two ? one : two;
            q->column = one > two ? two : one;
            bar->at = k + 0.6;
            bar->colour = plot_colour(k);
            bar->fill = rsa ? FILL_HATCHED : FILL_SOLID;
            p->yname = rsa ? "IIA or RSA" : p->yname;
        }
    return p->npanels ? 0 : plot_nothing(p);
}

/* ---- names ---- */

/* With K where kinds differ in nothing else. */
static const char *label_of(const struct picture *p, const struct triangle *t,
                            int kind, bool brief)
{
    const struct report_table *row = t->kind[kind];
    bool twice = false, cut = brief && strlen(row->site) > 7;
    const char *text;

    for (int k = 0; k < t->nkinds; k++)
        twice = twice || (k != kind && same_kind(t->kind[k], row));
    text = is_rsa(row) ? arena_text(p->a, "RSA %.*s%s", cut ? 5 : H5_TEXT_SIZE,
                                    row->site, cut ? "." : "")
                       : report_pretty(row->bar, p->a);
    if (text && twice)
        text = arena_text(p->a, "%s K=%d", text, row->dims);
    return text ? text : "";
}

static void mention_kinds(struct picture *p, const struct triangle *t)
{
    for (int k = 0; k < t->nkinds; k++) {
        const struct report_table *row = t->kind[k];
        const char *text = label_of(p, t, k, false);
        if (!is_rsa(row))
            text = arena_text(p->a, "%s %s%s%s",
                              report_pretty(row->method, p->a), text,
                              *row->site ? ", " : "", row->site);
        plot_mention(p, (struct plot_entry){
            ENTRY_BOX, text ? text : "", "", plot_colour(k),
            is_rsa(row) ? FILL_HATCHED : FILL_SOLID });
    }
}

/* ---- drawing ---- */

static void draw(FILE *f, const struct picture *p, const struct plot_panel *q)
{
    char *text = arena_text(p->a, "%s", q->name);

    if (text && *text) {
        plot_wrap(text, q->bottom - q->top + 20, FONT);
        plot_text(f, p, text, 9, (q->top + q->bottom) / 2,
                  "rotate by 90 center font ',9.4'");
    }
    for (int k = 0; k < (int)q->slots; k++)
        if (!taken(q, k))
            fprintf(f, "set label '–' at first %.1f, first 0.05 center "
                    "textcolor '#888888'\n", k + 0.6);
    plot_bars(f, p, q);
}

/* ---- places ---- */

static void title(struct plot_panel *q, const struct triangle *t,
                  struct arena *a)
{
    q->title = q->name = "";
    if (q->row == q->column)
        q->title = arena_text(a, "Model 2: %s", t->type[q->column]);
    if (q->column == 0)
        q->name = arena_text(a, "Model 1: %s", t->type[q->row]);
    if (!q->title || !q->name)
        q->title = q->name = "";
}

/* Pixels that the titles of rows so high need. */
static double row_titles(const struct triangle *t, double height,
                         struct arena *a)
{
    int most = 1;

    for (int k = 0; k < t->ntypes; k++) {
        char *text = arena_text(a, "Model 1: %s", t->type[k]);
        int lines = text ? plot_wrap(text, height + 20, FONT) : 0;
        most = lines > most ? lines : most;
    }
    return 3 + LEADING * FONT * most;
}

static void place(struct picture *p, struct triangle *t)
{
    double height = t->ntypes < 3 ? 140 : t->ntypes < 5 ? 110 : 80;
    double left = MARGIN_LEFT + row_titles(t, height, p->a), above = 0;
    double width = (p->width - left - MARGIN_RIGHT - GAP * (t->ntypes - 1)) /
                   t->ntypes, each;
    int lines;

    p->slot = fmin(60, width / (t->nkinds + 0.2));
    width = p->slot * (t->nkinds + 0.2);
    plot_values(p);
    for (int i = 0; i < p->npanels; i++) {
        struct plot_panel *q = &p->panel[i];
        q->draw = draw;
        q->slots = t->nkinds + 0.2;
        q->numbers = q->column == 0;
        q->left = left + q->column * (width + GAP);
        q->right = q->left + width;
        title(q, t, p->a);
        for (int k = 0; k < t->nkinds && q->row == t->ntypes - 1; k++)
            q->tic[q->ntics++] = (struct plot_tic){ k + 0.6, 1,
                                                    label_of(p, t, k,
                                                             true) };
        plot_title(p, q, &lines);
        above = fmax(above, 6 + LEADING * FONT * lines + p->above);
    }
    plot_tics(p);
    each = height + above;
    for (int i = 0; i < p->npanels; i++) {
        struct plot_panel *q = &p->panel[i];
        q->top = 4 + q->row * each + above;
        q->bottom = q->top + height;
    }
    t->corner_left = left + width + 2 * GAP;
    t->corner_bottom = 4 + each;
    p->height = 4 + t->ntypes * each + p->tics + 4;
}

/* In the empty corner if it fits there, else below. */
static void place_legend(struct picture *p, const struct triangle *t)
{
    double room = p->width - t->corner_left;

    if (t->ntypes > 1 &&
        plot_legend(p, t->corner_left, 10, room) < t->corner_bottom - 4 &&
        p->legend.least <= room + 10)
        return;
    p->height += 4 + plot_legend(p, 8, p->height, p->width - 12);
}

int plot_triangle(struct picture *p)
{
    struct triangle t = { 0 };

    if (survey(p, &t))
        return -1;
    mention_kinds(p, &t);
    plot_bars_mention(p);
    place(p, &t);
    place_legend(p, &t);
    return 0;
}

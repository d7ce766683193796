/* plot_row.c - panels side by side, a bar for each variable, site, method, map
 * and K; in front of them, where the report has them, states along trials. */
#include <math.h>
#include <string.h>

#include "arena.h"
#include "plot_priv.h"

static int survey(struct picture *p)
{
    int bars = 0;

    for (size_t i = 0; i < p->r->n; i++) {
        const struct report_table *row = &p->r->row[i];
        struct plot_panel *q;
        if (!plot_is_shown(p->r, row))
            continue;
        if (!(q = plot_panel(p, row->panel)) || !plot_add(p, q, row))
            return -1;
        q->draw = plot_bars;
        bars++;
    }
    return bars ? 0 : plot_nothing(p);
}

/* A method is filled alike in all pictures; those not named here share the last
 * fill. */
static enum fill fill_of(const struct report_table *row)
{
    static const char *const method[] = {
        "mas", "linear-map", "cmas", "unimas", "latent-stitching" };
    int k = 0;

    while (k < FILLS - 1 && strcmp(method[k], row->method))
        k++;
    return (enum fill)k;
}

/* Bars of one name have one colour in all panels; methods differ in how they
 * are filled. */
static void dress(struct picture *p)
{
    for (int i = 0; i < p->npanels; i++) {
        struct plot_panel *q = &p->panel[i];
        q->slots = q->nbars + 0.2;
        for (int k = 0; k < q->nbars; k++) {
            struct plot_bar *b = &q->bar[k];
            b->at = k + 0.6;
            b->colour = plot_colour(plot_rank(p, b->row, plot_bar_of));
            b->fill = fill_of(b->row);
            q->tic[q->ntics++] = (struct plot_tic){
                b->at, 1, plot_label(p, b->row, true) };
        }
    }
}

/* Of several methods each by its name. */
static void mention_methods(struct picture *p)
{
    bool several = false;

    for (int i = 0; i < p->npanels; i++)
        for (int k = 0; k < p->panel[i].nbars; k++)
            several = several || plot_rank(p, p->panel[i].bar[k].row,
                                           plot_method_of) > 0;
    for (int i = 0; i < p->npanels; i++)
        for (int k = 0; k < p->panel[i].nbars; k++) {
            const struct plot_bar *b = &p->panel[i].bar[k];
            plot_mention(p, (struct plot_entry){
                ENTRY_BOX, several ? arena_text(
                    p->a, "%s: mean", report_pretty(b->row->method, p->a))
                    : "mean", "", 0x777777, several ? b->fill : FILL_SOLID });
        }
}

/* The states stand left of the bars, or above them on a narrow page. */
int plot_row(struct picture *p)
{
    bool paths = p->r->npaths > 0, beside = p->width > 480;
    struct plot_panel *first = &p->panel[0];
    double left = MARGIN_LEFT, top = 4, below;

    if (paths) {
        p->npanels = 1;
        first->name = first->title = "\n";      /* no panel of the report */
    }
    if (survey(p))
        return -1;
    dress(p);
    mention_methods(p);
    plot_bars_mention(p);
    if (paths && beside)
        left += 0.52 * p->width;
    else if (paths)
        top += 0.72 * p->width;
    below = plot_flow(p, paths, left, top, 26, 80);
    if (paths) {
        below = beside ? fmax(below, 250) : below;
        first->draw = plot_paths;
        first->left = first->top = 4;
        first->right = beside ? left - 44 : p->width - 4;
        first->bottom = beside ? below : top - 14;
    }
    p->height = below + 4 + plot_legend(p, 8, below, p->width - 12);
    return 0;
}

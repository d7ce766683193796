/* plot_legend.c - what the marks of a picture mean. */
#include <math.h>
#include <string.h>

#include "arena.h"
#include "plot_priv.h"

static const double ROW = LEADING * SMALL, ICON = 16, GAP = 10;

void plot_mention(struct picture *p, struct plot_entry e)
{
    for (int i = 0; i < p->nentries && e.text; i++)
        if (strcmp(p->entry[i].text, e.text) == 0)
            return;
    if (e.text && p->nentries < ENTRIES_MAX)
        p->entry[p->nentries++] = e;
}

double plot_legend(struct picture *p, double left, double top, double width)
{
    double column = 1;

    for (int i = 0; i < p->nentries; i++)
        column = fmax(column, ICON + GAP + plot_widest(p->entry[i].text,
                                                       SMALL));
    p->legend.left = left;
    p->legend.top = top;
    p->legend.columns = (int)fmax(1, floor(width / column));
    p->legend.rows = (p->nentries + p->legend.columns - 1) / p->legend.columns;
    if (p->legend.rows)
        p->legend.columns = (p->nentries + p->legend.rows - 1) / p->legend.rows;
    p->legend.least = column;
    p->legend.width = fmin(width / p->legend.columns, 1.15 * column);
    return ROW * p->legend.rows;
}

static void icon(FILE *f, const struct picture *p, const struct plot_entry *e,
                 double x, double y)
{
    double left = x / p->width, right = (x + 12) / p->width;
    double at = 1 - y / p->height, half = 3.6 / p->height;

    if (e->kind == ENTRY_BOX) {
        fprintf(f, "set object rectangle from screen %.5f,%.5f to screen "
                "%.5f,%.5f fc rgb '#%06x' fs %s", left, at - half, right,
                at + half, e->colour, plot_fill_how[e->fill]);
        fprintf(f, e->fill == FILL_SOLID ? "\n" : " lc rgb '#%06x'\n",
                e->colour);
    }
    if (e->kind == ENTRY_POINT || e->kind == ENTRY_LINE)
        fprintf(f, "set label '' at screen %.5f,%.5f point %s\n",
                (left + right) / 2, at, e->how);
    if (e->kind == ENTRY_LINE)
        fprintf(f, "set arrow from screen %.5f,%.5f to screen %.5f,%.5f "
                "nohead front lw 1.4 lc rgb '#%06x'\n", left, at, right, at,
                e->colour);
    if (e->kind == ENTRY_TICK)
        fprintf(f, "set arrow from screen %.5f,%.5f to screen %.5f,%.5f "
                "nohead front %s\n", left - 2 / p->width, at, right, at,
                e->how);
    if (e->kind == ENTRY_INTERVAL)
        fprintf(f, "set arrow from screen %.5f,%.5f to screen %.5f,%.5f "
                "heads size screen %.5f,90 front %s\n", (left + right) / 2,
                at - half, (left + right) / 2, at + half, 2.5 / p->width,
                e->how);
}

void plot_legend_draw(FILE *f, const struct picture *p)
{
    for (int i = 0; i < p->nentries; i++) {
        const struct plot_entry *e = &p->entry[i];
        int column = i / p->legend.rows, row = i % p->legend.rows;
        double x = p->legend.left + p->legend.width * column;
        double y = p->legend.top + ROW * (row + 0.5);
        if (e->kind == ENTRY_NOTE)
            x -= ICON;
        else
            icon(f, p, e, x, y);
        plot_text(f, p, e->text, x + ICON, y, "left");
    }
}

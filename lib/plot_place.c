/* plot_place.c - panels side by side, and room for their text. */
#include <math.h>

#include "arena.h"
#include "plot_priv.h"

static const double PAGE = 880, GAP = 8;        /* a page's height; of rows  */

/* ---- text that needs room ---- */

static int lines_of(const char *text)
{
    int lines = 1;

    for (; *text; text++)
        lines += *text == '\n';
    return lines;
}

/* Wrapped into as many lines as fit beside each other. */
static void upright(char *text, double pixels)
{
    int room = (int)fmax(1, floor(pixels / (1.3 * SMALL)));
    double width = 4 * SMALL;

    do {
        for (char *c = text; *c; c++)
            *c = *c == '\n' ? ' ' : *c;
        width += SMALL;
    } while (plot_wrap(text, width, SMALL) > room &&
             plot_widest(text, SMALL) < 100 * SMALL);
}

char *plot_tic(const struct picture *p, const struct plot_tic *t, int *lines)
{
    char *text = arena_text(p->a, "%s", t->label);
    double pixels = t->room * p->slot;

    if (text && p->tics_upright)
        upright(text, pixels);
    else if (text)
        plot_wrap(text, 0.96 * pixels, SMALL);
    *lines = text ? lines_of(text) : 0;
    return text;
}

char *plot_title(const struct picture *p, const struct plot_panel *q,
                 int *lines)
{
    char *text = arena_text(p->a, "%s", q->title);

    *lines = text && *text ? plot_wrap(text, q->right - q->left, FONT) : 0;
    return text;
}

double plot_values(struct picture *p)
{
    bool missed = false;

    for (int i = 0; i < p->npanels; i++)
        for (int k = 0; k < p->panel[i].nbars; k++)
            missed = missed || !p->panel[i].bar[k].row->criterion_met;
    p->values_upright = p->slot < plot_widest(missed ? "0.00†" : "0.00", SMALL);
    p->values = p->values && p->slot > 0.9 * SMALL;
    return !p->values ? 5 : p->values_upright ? plot_widest("0.00†", SMALL) + 4
                                              : LEADING * SMALL;
}

void plot_tics(struct picture *p)
{
    double height = 0;
    int lines;

    p->tics_upright = false;
    for (int i = 0; i < p->npanels; i++)
        for (int k = 0; k < p->panel[i].ntics; k++) {
            const struct plot_tic *t = &p->panel[i].tic[k];
            if (plot_word(t->label, SMALL) > 1.1 * t->room * p->slot)
                p->tics_upright = true;
        }
    for (int i = 0; i < p->npanels; i++)
        for (int k = 0; k < p->panel[i].ntics; k++) {
            char *text = plot_tic(p, &p->panel[i].tic[k], &lines);
            if (text)
                height = fmax(height, p->tics_upright ? plot_widest(text, SMALL)
                                      : LEADING * SMALL * lines);
        }
    p->tics = height + 6;
}

/* ---- places ---- */

/* Pixels a slot where the panels from `first` stand in that many rows, the
 * same number in each but for the last. */
static double slot_of(const struct picture *p, int first, int rows,
                      double room, double gap)
{
    int columns = (p->npanels - first + rows - 1) / rows;
    double slot = INFINITY;

    for (int i = first; i < p->npanels; i += columns) {
        double slots = 0;
        int k = i;
        for (; k < p->npanels && k < i + columns; k++)
            slots += p->panel[k].slots;
        slot = fmin(slot, (room - gap * (k - i - 1)) / slots);
    }
    return slot;
}

static bool titles_fit(const struct picture *p, int first, double slot)
{
    bool fit = true;

    for (int i = first; i < p->npanels; i++)
        fit = fit && plot_word(p->panel[i].title, FONT) <=
                     p->panel[i].slots * slot + GAP;
    return fit;
}

double plot_flow(struct picture *p, int first, double left, double top,
                 double least, double most)
{
    double gap = p->width > 480 ? 16 : 9;
    double room = p->width - left - MARGIN_RIGHT, x = left, y = top;
    double title = 0, values, each, height, widest = 0;
    int n = p->npanels - first, rows = 1, columns, lines;

    while (rows < n && (slot_of(p, first, rows, room, gap) < least ||
                        !titles_fit(p, first,
                                    slot_of(p, first, rows, room, gap))))
        rows++;
    columns = (n + rows - 1) / rows;
    rows = (n + columns - 1) / columns;
    p->slot = fmin(slot_of(p, first, rows, room, gap), most);
    for (int i = first; i < p->npanels; i++) {
        struct plot_panel *q = &p->panel[i];
        q->numbers = (i - first) % columns == 0;
        x = q->numbers ? left : x + gap;
        q->left = x;
        q->right = x += q->slots * p->slot;
        widest = fmax(widest, x);
        plot_title(p, q, &lines);
        title = fmax(title, lines ? 4 + LEADING * FONT * lines : 4);
    }
    values = plot_values(p);
    plot_tics(p);
    each = title + values + p->tics + GAP;
    height = rows == 1 ? 150 : rows == 2 ? 120 : 100;
    height = fmax(60, fmin(height, (PAGE - 90 - top) / rows - each));
    for (int i = first; i < p->npanels; i++) {
        struct plot_panel *q = &p->panel[i];
        q->top = y + (each + height) * ((i - first) / columns) + title + values;
        q->bottom = q->top + height;
        q->left += (left + room - widest) / 2;
        q->right += (left + room - widest) / 2;
    }
    y += rows * (each + height);
    if (!p->xname)
        return y;
    p->xname_x = left + room / 2;
    p->xname_y = y - GAP + 0.4 * LEADING * SMALL;
    return y + LEADING * SMALL;
}

/* plot_place.c - panels side by side, and room for their text. */
#include <math.h>

#include "arena.h"
#include "plot_priv.h"

static const double PAGE = 790;     /* most that panels take of its height   */
static const double GAP = 8;        /* between rows                          */

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

void plot_values(struct picture *p)
{
    bool missed = false;

    for (int i = 0; i < p->npanels; i++)
        for (int k = 0; k < p->panel[i].nbars; k++)
            missed = missed || !p->panel[i].bar[k].row->criterion_met;
    p->values_upright = p->slot < plot_widest(missed ? "0.00†" : "0.00", SMALL);
    p->values = p->values && p->slot > 0.9 * SMALL;
    p->above = !p->values ? 5 : p->values_upright
               ? plot_widest("0.00†", SMALL) + 4 : LEADING * SMALL;
}

void plot_whole_tics(const struct picture *p, struct plot_panel *q,
                     double left, double right, int about, double room)
{
    double step = fmax(1, round((right - left) / about));

    for (double at = step * ceil(left / step);
         at <= right && q->ntics < TICS_MAX; at += step) {
        const char *text = arena_text(p->a, "%.0f", at + 0.);
        if (text)
            q->tic[q->ntics++] = (struct plot_tic){ at, room, text };
    }
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
    for (int i = first; i < p->npanels; i++)
        if (plot_word(p->panel[i].title, FONT) >
            p->panel[i].slots * slot + GAP)
            return false;
    return true;
}

/* How many panels a row. */
static int columns_of(const struct picture *p, int first, double room,
                      double gap, double least)
{
    int n = p->npanels - first, rows = 1;

    for (; rows < n; rows++) {
        double slot = slot_of(p, first, rows, room, gap);
        if (slot >= least && titles_fit(p, first, slot))
            break;
    }
    return (n + rows - 1) / rows;
}

/* From left to right, row after row, in the middle of the room. */
static void put_across(struct picture *p, int first, int columns, double left,
                       double room, double gap)
{
    double x = left, right = 0;

    for (int i = first; i < p->npanels; i++) {
        struct plot_panel *q = &p->panel[i];
        q->numbers = (i - first) % columns == 0;
        q->left = q->numbers ? left : x + gap;
        q->right = x = q->left + q->slots * p->slot;
        right = fmax(right, x);
    }
    for (int i = first; i < p->npanels; i++) {
        p->panel[i].left += (left + room - right) / 2;
        p->panel[i].right += (left + room - right) / 2;
    }
}

static double title_height(const struct picture *p, int first)
{
    int most = 0, lines;

    for (int i = first; i < p->npanels; i++) {
        plot_title(p, &p->panel[i], &lines);
        most = lines > most ? lines : most;
    }
    return 4 + LEADING * FONT * most;
}

double plot_flow(struct picture *p, int first, double left, double top,
                 double least, double most)
{
    double gap = p->width > 480 ? 16 : 9, room = p->width - left - MARGIN_RIGHT;
    int columns = columns_of(p, first, room, gap, least);
    int rows = (p->npanels - first + columns - 1) / columns;
    double above, each, height = rows == 1 ? 150 : rows == 2 ? 120 : 100;

    p->slot = fmin(slot_of(p, first, rows, room, gap), most);
    put_across(p, first, columns, left, room, gap);
    plot_values(p);
    plot_tics(p);
    above = title_height(p, first) + p->above;
    each = above + p->tics + GAP;
    height = fmax(60, fmin(height, (PAGE - top) / rows - each));
    for (int i = first; i < p->npanels; i++) {
        int row = (i - first) / columns;
        p->panel[i].top = top + row * (each + height) + above;
        p->panel[i].bottom = p->panel[i].top + height;
    }
    top += rows * (each + height);
    if (!p->xname)
        return top;
    p->xname_x = left + room / 2;
    p->xname_y = top - GAP + 0.4 * LEADING * SMALL;
    return top + LEADING * SMALL;
}

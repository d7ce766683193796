/* plot_curve.c - IIA against K, or against the weight of latent losses. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "err.h"
#include "plot_priv.h"

struct axis {
    bool lambda;                /* what is on it; else K                     */
    int n;
    double value[TICS_MAX];     /* ascending                                 */
};

static double x_of(const struct axis *x, const struct report_table *row)
{
    return x->lambda ? row->lambda : row->dims;
}

static bool into(const struct report_table *row)
{
    return plot_is_bar(row, "into1") || plot_is_bar(row, "into2");
}

/* Does lambda vary? Else it is K. */
static bool varies_lambda(const struct report *r)
{
    const struct report_table *one = NULL;
    bool lambda = false;

    for (size_t i = 0; i < r->n; i++) {
        const struct report_table *row = &r->row[i];
        if (strcmp(row->level, "bar") || isnan(row->lambda))
            continue;
        one = one ? one : row;
        lambda = lambda || row->lambda != one->lambda;
    }
    return lambda;
}

static int survey(struct picture *p, const struct axis *x)
{
    bool has_into = false;
    int points = 0;

    for (size_t i = 0; i < p->r->n; i++)
        has_into = has_into || into(&p->r->row[i]);
    for (size_t i = 0; i < p->r->n; i++) {
        const struct report_table *row = &p->r->row[i];
        struct plot_panel *q;
        if (!(x->lambda && has_into ? into(row) : plot_is_bar(row, "cross")) ||
            !isfinite(x_of(x, row)) || !isfinite(row->value))
            continue;
        if (!(q = plot_panel(p, row->panel)) || !plot_add(p, q, row))
            return -1;
        points++;
    }
    return points ? 0 : plot_nothing(p);
}

static void find_values(struct axis *x, const struct picture *p)
{
    for (int i = 0; i < p->npanels; i++)
        for (int b = 0; b < p->panel[i].nbars; b++) {
            double v = x_of(x, p->panel[i].bar[b].row);
            int k = x->n;
            while (k > 0 && x->value[k - 1] > v)
                k--;
            if ((k > 0 && x->value[k - 1] == v) || x->n == TICS_MAX)
                continue;
            memmove(x->value + k + 1, x->value + k,
                    sizeof v * (size_t)(x->n - k));
            x->value[k] = v;
            x->n++;
        }
}

/* 0..1 along the axis: K by its logarithm, lambda in steps. */
static double place(const struct axis *x, double v)
{
    double low = log2(fmax(x->value[0], 0.5));
    double high = log2(fmax(x->value[x->n - 1], 0.5));
    int k = 0;

    if (x->n == 1 || (!x->lambda && high == low))
        return 0.5;
    while (k < x->n - 1 && x->value[k] < v)
        k++;
    return 0.04 + 0.92 * (x->lambda ? k / (x->n - 1.) :
                          (log2(fmax(v, 0.5)) - low) / (high - low));
}

/* Tics for as many values as have room, from the left. */
static void put_tics(struct plot_panel *q, const struct axis *x, double pixels,
                     struct arena *a)
{
    double end = -INFINITY;

    for (int k = 0; k < x->n; k++) {
        const char *text = arena_text(a, "%g", x->value[k]);
        double at = place(x, x->value[k]), half;
        if (!text)
            return;
        half = plot_widest(text, SMALL) / pixels / 2;
        if (at - half < end)
            continue;
        end = at + half + 2 / pixels;
        q->tic[q->ntics++] = (struct plot_tic){ at, 1, text };
    }
}

/* ---- lines ---- */

static const char *line_label(const struct picture *p,
                              const struct report_table *row)
{
    const char *text = plot_label(p, row, false);

    if (into(row))
        text = arena_text(p->a, "%s, into %s", text, row->direction + 4);
    return text ? text : "";
}

static const char *style(struct arena *a, int line)
{
    static const int point[] = { 7, 5, 9, 13, 6, 4, 8, 12 };
    const char *text = arena_text(a, "pt %d ps 0.5 lc rgb '#%06x'",
                                  point[line % 8], plot_colour(line));

    return text ? text : "";
}

static int by_line(const void *x, const void *y)
{
    const struct plot_bar *a = x, *b = y;

    return a->line != b->line ? a->line - b->line
                              : (a->at > b->at) - (a->at < b->at);
}

/* Number the lines (points of one label belong to one), and sort by them. */
static int find_lines(struct picture *p, const struct axis *x)
{
    for (int i = 0; i < p->npanels; i++)
        for (int k = 0; k < p->panel[i].nbars; k++) {
            struct plot_bar *b = &p->panel[i].bar[k];
            const char *label = line_label(p, b->row);
            for (b->line = 0; b->line < p->nentries; b->line++)
                if (strcmp(p->entry[b->line].text, label) == 0)
                    break;
            if (b->line == ENTRIES_MAX)
                return err_set(EX_DATAERR, "%s: more than %d lines",
                               p->r->figure, ENTRIES_MAX);
            b->at = place(x, x_of(x, b->row));
            b->colour = plot_colour(b->line);
            plot_mention(p, (struct plot_entry){
                ENTRY_LINE, label, style(p->a, b->line), b->colour, 0 });
        }
    for (int i = 0; i < p->npanels; i++)
        qsort(p->panel[i].bar, (size_t)p->panel[i].nbars,
              sizeof *p->panel[i].bar, by_line);
    return 0;
}

/* Two blocks of a line's points: values; intervals. How many of each. */
static void put_line(FILE *f, const struct plot_panel *q, int line, int n[2])
{
    fprintf(f, "$line%d << EOD\n", line);
    for (int k = 0; k < q->nbars; k++)
        if (q->bar[k].line == line) {
            fprintf(f, "%.4f %.6f\n", q->bar[k].at, q->bar[k].row->value);
            n[0]++;
        }
    fprintf(f, "EOD\n$band%d << EOD\n", line);
    for (int k = 0; k < q->nbars; k++) {
        struct plot_interval y = plot_interval(q->bar[k].row);
        if (q->bar[k].line != line || !isfinite(y.low) || !isfinite(y.high))
            continue;
        fprintf(f, "%.4f %.6f %.6f\n", q->bar[k].at, y.low, y.high);
        n[1]++;
    }
    fprintf(f, "EOD\n");
}

static void put_lines(FILE *f, const struct picture *p,
                      const struct plot_panel *q)
{
    int n[ENTRIES_MAX][2] = { 0 };

    for (int k = 0; k < p->nentries; k++)
        put_line(f, q, k, n[k]);
    plot_frame(f, p, q);
    for (int k = 0; k < q->nbars; k++)
        if (!q->bar[k].row->criterion_met)
            fprintf(f, "set label '†' at first %.4f, first %.4f center offset "
                    "0,0.7 front\n", q->bar[k].at, q->bar[k].row->value);
    fprintf(f, "plot -9 with lines");
    for (int k = 0; k < p->nentries; k++)
        if (n[k][1] > 1)
            fprintf(f, ", $band%d using 1:2:3 with filledcurves fs transparent "
                    "solid 0.15 noborder lc rgb '#%06x'", k, plot_colour(k));
    for (int k = 0; k < p->nentries; k++)
        if (n[k][1])
            fprintf(f, ", $band%d using 1:2:(0):($3-$2) with vectors heads "
                    "size screen %.5f,90 lw 0.9 lc rgb '#%06x'", k,
                    2 / p->width, plot_colour(k));
    for (int k = 0; k < p->nentries; k++)
        if (n[k][0])
            fprintf(f, ", $line%d using 1:2 with linespoints lw 1.4 %s", k,
                    p->entry[k].how);
    fprintf(f, "\n");
}

int plot_curve(struct picture *p)
{
    struct axis x = { .lambda = varies_lambda(p->r) };
    double below;

    p->values = false;
    if (survey(p, &x))
        return -1;
    find_values(&x, p);
    if (find_lines(p, &x))
        return -1;
    for (int i = 0; i < p->npanels; i++) {
        p->panel[i].slots = 1;
        p->panel[i].draw = put_lines;
        for (int k = 0; k < p->panel[i].nbars; k++)
            plot_interval_mention(p, p->panel[i].bar[k].row);
    }
    plot_missed_mention(p);
    p->xname = x.lambda ? "λ, weight of latent losses (not to scale)"
                        : "K, exchanged dimensions";
    plot_flow(p, 0, MARGIN_LEFT, 4, 125, 300);
    for (int i = 0; i < p->npanels; i++)
        put_tics(&p->panel[i], &x, p->slot, p->a);
    below = plot_flow(p, 0, MARGIN_LEFT, 4, 125, 300);
    p->height = below + 4 + plot_legend(p, 8, below, p->width - 12);
    return 0;
}

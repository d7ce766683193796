/* plot_bars.c - a panel of bars: means, intervals, references, and the single
 * directions that they are made of. */
#include <math.h>
#include <string.h>

#include "plot_priv.h"

const char *const plot_fill_how[FILLS] = {
    [FILL_SOLID] = "solid 0.6 noborder", [FILL_LIGHT] = "solid 0.15 border",
    [FILL_HATCHED] = "pattern 4 border", [FILL_BACK] = "pattern 5 border",
    [FILL_CROSSED] = "pattern 1 border", [FILL_FINE] = "pattern 2 border",
};

/* How a thing is drawn, and what the legend calls it. */
struct mark { const char *text, *how; };

static const struct mark points[] = {
    { "a pair, within one model", "pt 6 ps 0.36 lc rgb 'black'" },
    { "a pair, between its models", "pt 7 ps 0.36 lc rgb 'black'" },
};

/* Neighbours differ in width or colour: gnuplot 5.4 draws legend lines that
 * differ in their dashes alone as one path, all with the first one's. */
static const struct mark ticks[] = {
    { "ceiling: DAS of the target", "dt (5,3) lw 1.3 lc rgb 'black'" },
    { "chance", "dt solid lw 1.2 lc rgb 'black'" },
    { "random rotations", "dt (1.2,2.4) lw 1.6 lc rgb 'black'" },
    { "shuffled sources", "dt solid lw 1.3 lc rgb '#D55E00'" },
};
enum { TICKS = sizeof ticks / sizeof *ticks };

static const char *const interval_how[SPANS] = {
    [SPAN_SEEDS] = "lw 1.5 lc rgb 'black'",
    [SPAN_SAMPLES] = "lw 1.1 lc rgb 'black'",
    [SPAN_PAIRS] = "lw 1.2 lc rgb '#666666'",
};

static const char *const interval_text[SPANS] = {
    [SPAN_SEEDS] = "95 % interval over seeds",
    [SPAN_SAMPLES] = "95 % interval over samples",
    [SPAN_PAIRS] = "RSA: range over pairs",
};

static double height_of(const struct report_table *row, int mark)
{
    return (double[]){ row->ceiling, row->chance, row->null_rotation,
                       row->null_shuffled }[mark];
}

struct plot_interval plot_interval(const struct report_table *row)
{
    bool average = strcmp(row->level, "average") == 0;

    if (isfinite(row->seeds_low) && isfinite(row->seeds_high))
        return (struct plot_interval){ SPAN_SEEDS, row->seeds_low,
                                       row->seeds_high };
    if (average && row->low == row->high)       /* of one pair */
        return (struct plot_interval){ SPAN_PAIRS, NAN, NAN };
    return (struct plot_interval){ average ? SPAN_PAIRS : SPAN_SAMPLES,
                                   row->low, row->high };
}

/* ---- legend ---- */

static bool has_part(const struct picture *p, bool cross)
{
    for (int i = 0; i < p->npanels; i++)
        for (int k = 0; k < p->panel[i].nbars; k++)
            for (size_t d = 0; d < p->r->n; d++)
                if ((p->r->row[d].cross != 0) == cross &&
                    plot_part(p->r, p->panel[i].bar[k].row, &p->r->row[d]))
                    return true;
    return false;
}

static void mention(struct picture *p, enum entry kind, const struct mark *m)
{
    plot_mention(p, (struct plot_entry){ .kind = kind, .text = m->text,
                                         .how = m->how });
}

void plot_interval_mention(struct picture *p, const struct report_table *row)
{
    struct plot_interval y = plot_interval(row);

    if (isfinite(y.low) && isfinite(y.high) && isfinite(row->value))
        mention(p, ENTRY_INTERVAL, &(struct mark){ interval_text[y.kind],
                                                   interval_how[y.kind] });
}

void plot_missed_mention(struct picture *p)
{
    static const struct mark missed = { "†  training criterion missed", "" };

    for (int i = 0; i < p->npanels; i++)
        for (int k = 0; k < p->panel[i].nbars; k++)
            if (!p->panel[i].bar[k].row->criterion_met)
                mention(p, ENTRY_NOTE, &missed);
}

void plot_bars_mention(struct picture *p)
{
    bool has[TICKS] = { 0 };

    for (int i = 0; i < p->npanels; i++)
        for (int k = 0; k < p->panel[i].nbars; k++) {
            plot_interval_mention(p, p->panel[i].bar[k].row);
            for (int m = 0; m < TICKS; m++)
                has[m] = has[m] ||
                         isfinite(height_of(p->panel[i].bar[k].row, m));
        }
    for (int cross = 1; cross >= 0; cross--)
        if (has_part(p, cross))
            mention(p, ENTRY_POINT, &points[cross]);
    for (int m = 0; m < TICKS; m++)
        if (has[m])
            mention(p, ENTRY_TICK, &ticks[m]);
    plot_missed_mention(p);
}

/* ---- data ---- */

static void put_bars(FILE *f, const struct plot_panel *q)
{
    fprintf(f, "$bars << EOD\n");
    for (int k = 0; k < q->nbars; k++)
        if (isfinite(q->bar[k].row->value))
            fprintf(f, "%.4f %.6f\n", q->bar[k].at, q->bar[k].row->value);
    fprintf(f, "EOD\n");
}

/* Each of these returns how many lines it wrote. */

static int put_intervals(FILE *f, const struct plot_panel *q,
                         enum span kind)
{
    int n = 0;

    fprintf(f, "$intervals%d << EOD\n", kind);
    for (int k = 0; k < q->nbars; k++) {
        struct plot_interval y = plot_interval(q->bar[k].row);
        if (y.kind != kind || !isfinite(y.low) || !isfinite(y.high) ||
            !isfinite(q->bar[k].row->value))
            continue;
        fprintf(f, "%.4f %.6f %.6f\n", q->bar[k].at, y.low, y.high);
        n++;
    }
    fprintf(f, "EOD\n");
    return n;
}

static int put_ticks(FILE *f, const struct plot_panel *q, int mark)
{
    int n = 0;

    fprintf(f, "$ticks%d << EOD\n", mark);
    for (int k = 0; k < q->nbars; k++)
        if (isfinite(height_of(q->bar[k].row, mark))) {
            fprintf(f, "%.4f %.6f\n", q->bar[k].at,
                    height_of(q->bar[k].row, mark));
            n++;
        }
    fprintf(f, "EOD\n");
    return n;
}

/* The parts of a bar side by side. */
static int put_parts(FILE *f, const struct picture *p,
                     const struct plot_bar *b, bool cross)
{
    int n = 0, at = 0, drawn = 0;

    for (int count = 1; count >= 0; count--)
        for (size_t i = 0; i < p->r->n; i++) {
            const struct report_table *d = &p->r->row[i];
            if (!plot_part(p->r, b->row, d))
                continue;
            n += count;
            if (count || (d->cross != 0) != cross) {
                at += !count;
                continue;
            }
            fprintf(f, "%.4f %.6f\n", b->at + 0.76 * p->thick *
                    ((at++ + 0.5) / n - 0.5), d->value);
            drawn++;
        }
    return drawn;
}

static int put_dots(FILE *f, const struct picture *p,
                    const struct plot_panel *q, bool cross)
{
    int n = 0;

    fprintf(f, "$dots%d << EOD\n", cross);
    for (int k = 0; k < q->nbars; k++)
        n += put_parts(f, p, &q->bar[k], cross);
    fprintf(f, "EOD\n");
    return n;
}

/* ---- drawing ---- */

static void put_values(FILE *f, const struct picture *p,
                       const struct plot_panel *q)
{
    for (int k = 0; k < q->nbars; k++) {
        const struct report_table *row = q->bar[k].row;
        const char *mark = row->criterion_met ? "" : "†";
        double up = p->values_upright ? 3 : 0.62 * SMALL;
        fprintf(f, "set label '");
        if (p->values)
            fprintf(f, isfinite(row->value) ? "%.2f" : "–", row->value);
        fprintf(f, "%s' at first %.4f, screen %.5f %s font ',%.1f'\n", mark,
                q->bar[k].at, 1 - (q->top - up) / p->height,
                p->values_upright ? "left rotate by 90" : "center", SMALL);
    }
}

static void put_tics(FILE *f, const struct picture *p,
                     const struct plot_panel *q)
{
    int lines;

    if (q->ntics == 0) {
        fprintf(f, "unset xtics\n");
        return;
    }
    fprintf(f, "set xtics %s (", p->tics_upright ? "rotate by 90 right"
                                                 : "norotate center");
    for (int k = 0; k < q->ntics; k++) {
        const char *text = plot_tic(p, &q->tic[k], &lines);
        fputs(k ? ", " : "", f);
        plot_quoted(f, text ? text : "", true);
        fprintf(f, " %.4f", q->tic[k].at);
    }
    fprintf(f, ")\n");
}

void plot_frame(FILE *f, const struct picture *p, const struct plot_panel *q)
{
    int lines;
    char *title = plot_title(p, q, &lines);

    fprintf(f, "set lmargin at screen %.5f\nset rmargin at screen %.5f\n"
            "set tmargin at screen %.5f\nset bmargin at screen %.5f\n"
            "set xrange [0:%.4f]\nset border %d\n"
            "set ytics format '%s' scale %.1f\n",
            q->left / p->width, q->right / p->width, 1 - q->top / p->height,
            1 - q->bottom / p->height, q->slots, q->numbers ? 3 : 1,
            q->numbers ? "%.1f" : "", q->numbers ? 0.5 : 0.);
    put_tics(f, p, q);
    if (title && *title)
        plot_text(f, p, title, fmin((q->left + q->right) / 2, p->width -
                                    plot_widest(title, FONT) / 2),
                  q->top - p->above -
                  FONT * (LEADING * lines - 0.8), "center font ',9.4'");
    if (q->numbers && p->yname)
        plot_text(f, p, plot_widest(p->yname, SMALL) < q->bottom - q->top + 40
                        ? p->yname : "IIA", q->left - MARGIN_LEFT + 8,
                  (q->top + q->bottom) / 2, "rotate by 90 center");
}

/* One by one: gnuplot hatches all bars of a plot in the first one's colour. */
static void plot_each(FILE *f, const struct picture *p,
                      const struct plot_panel *q)
{
    int line = 0;

    for (int k = 0; k < q->nbars; k++)
        if (isfinite(q->bar[k].row->value)) {
            fprintf(f, ", $bars every ::%d::%d using 1:2:(%.2f) with boxes "
                    "lc rgb '#%06x' fs %s", line, line, p->thick,
                    q->bar[k].colour, plot_fill_how[q->bar[k].fill]);
            line++;
        }
}

void plot_bars(FILE *f, const struct picture *p, const struct plot_panel *q)
{
    int has_intervals[SPANS], has_ticks[TICKS], has_dots[2];

    put_bars(f, q);
    for (int k = 0; k < SPANS; k++)
        has_intervals[k] = put_intervals(f, q, k);
    for (int k = 0; k < TICKS; k++)
        has_ticks[k] = put_ticks(f, q, k);
    for (int k = 0; k < 2; k++)
        has_dots[k] = put_dots(f, p, q, k);
    plot_frame(f, p, q);
    put_values(f, p, q);

    /* gnuplot refuses a plot without a point. */
    fprintf(f, "plot -9 with lines");
    plot_each(f, p, q);
    for (int m = 0; m < TICKS; m++)
        if (has_ticks[m])
            fprintf(f, ", $ticks%d using ($1-%.4f):2:(%.4f):(0) with vectors "
                    "nohead %s", m, 0.6 * p->thick, 1.2 * p->thick,
                    ticks[m].how);
    for (int k = 0; k < SPANS; k++)
        if (has_intervals[k])
            fprintf(f, ", $intervals%d using 1:2:(0):($3-$2) with vectors "
                    "heads size screen %.5f,90 %s", k,
                    fmin(3, 0.3 * p->slot) / p->width, interval_how[k]);
    for (int k = 0; k < 2; k++)
        if (has_dots[k])
            fprintf(f, ", $dots%d using 1:2 with points %s", k, points[k].how);
    fprintf(f, "\n");
}

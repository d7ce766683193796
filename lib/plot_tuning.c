/* plot_tuning.c - mean states by the variable, a panel a unit, a line for each
 * tuple of the other variables. */
#include <math.h>
#include <string.h>

#include "arena.h"
#include "plot_priv.h"

static const char *panel_of(const struct picture *p,
                            const struct report_tuning *y)
{
    const char *name = "";

    for (size_t k = 0; name && k < p->r->nunits; k++)
        if (p->r->unit[k].unit == y->unit)
            name = arena_text(p->a, "column %d, r = %.2f", y->unit,
                              p->r->unit[k].correlation);
    return name ? name : "";
}

static const char *others_of(const struct report *r, size_t k)
{
    return r->tuning[k].others;
}

struct extent { double left, right, low, high; };

static struct extent extent_of(const struct report *r)
{
    struct extent e = { HUGE_VAL, -HUGE_VAL, -0.1, 0.1 };

    for (size_t k = 0; k < r->ntuning; k++) {
        const struct report_tuning *y = &r->tuning[k];
        e.left = fmin(e.left, y->value - 0.7);
        e.right = fmax(e.right, y->value + 0.7);
        e.low = fmin(e.low, fmin(y->mean, y->low) - 0.05);
        e.high = fmax(e.high, fmax(y->mean, y->high) + 0.05);
    }
    return e;
}

static int put_line(FILE *f, const struct picture *p,
                    const struct plot_panel *q, int line, const char *others)
{
    int n = 0;

    fprintf(f, "$line%d << EOD\n", line);
    for (size_t k = 0; k < p->r->ntuning; k++) {
        const struct report_tuning *y = &p->r->tuning[k];
        if (strcmp(y->others, others) || strcmp(panel_of(p, y), q->name))
            continue;
        fprintf(f, "%d %.6f %.6f %.6f\n", y->value, y->mean,
                isfinite(y->low) ? y->low : y->mean,
                isfinite(y->high) ? y->high : y->mean);
        n++;
    }
    fprintf(f, "EOD\n");
    return n;
}

static void put_panel(FILE *f, const struct picture *p,
                      const struct plot_panel *q)
{
    struct extent e = extent_of(p->r);
    const char *others[PLOT_TUPLES];
    int lines = plot_list(others, PLOT_TUPLES, p->r, p->r->ntuning, others_of);
    int n[PLOT_TUPLES];

    for (int k = 0; k < lines; k++)
        n[k] = put_line(f, p, q, k, others[k]);
    plot_frame(f, p, q);
    fprintf(f, "set xrange [%.2f:%.2f]\nset yrange [%.3f:%.3f]\nset ytics %s\n"
            "plot -999 with lines", e.left, e.right, e.low, e.high,
            e.high - e.low > 2 ? "1" : "0.5");
    for (int k = 0; k < lines; k++)
        if (n[k])
            fprintf(f, ", $line%d using 1:2:3:4 with yerrorlines %s lw 0.9", k,
                    plot_points(p, k, 0.36));
    fprintf(f, "\n");
}

int plot_tuning(struct picture *p)
{
    struct extent e = extent_of(p->r);
    const char *others[PLOT_TUPLES];
    int lines = plot_list(others, PLOT_TUPLES, p->r, p->r->ntuning, others_of);
    double below;

    p->values = false;
    p->yname = "mean state, SD";
    p->xname = report_pretty(p->r->variable ? p->r->variable : "", p->a);
    for (size_t k = 0; k < p->r->ntuning; k++)
        if (!plot_panel(p, panel_of(p, &p->r->tuning[k])))
            return -1;
    if (!p->npanels)
        return plot_nothing(p);
    for (int i = 0; i < p->npanels; i++) {
        p->panel[i].slots = 1;
        p->panel[i].draw = put_panel;
        plot_whole_tics(p, &p->panel[i], e.left, e.right, 4, 0.2);
    }
    for (int k = 0; k < lines; k++)
        plot_mention(p, (struct plot_entry){
            ENTRY_LINE, *others[k] ? others[k] : "mean",
            plot_points(p, k, 0.5), plot_colour(k + 2), 0 });
    plot_more(p, PLOT_TUPLES, p->r->ntuning, others_of);
    plot_mention(p, (struct plot_entry){
        ENTRY_INTERVAL, "95 % interval over trials", "lw 0.9 lc rgb '#000000'",
        0, 0 });
    below = plot_flow(p, 0, MARGIN_LEFT, 4, 120, 190);
    p->height = below + 4 + plot_legend(p, 8, below, p->width - 12);
    return 0;
}

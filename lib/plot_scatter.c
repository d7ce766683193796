/* plot_scatter.c - pretended recordings: the IIA into the model against what
 * could be measured of the recording. */
#include <math.h>
#include <string.h>

#include "arena.h"
#include "err.h"
#include "plot_priv.h"

static double lambda(const struct report_pretend *y) { return y->lambda; }
static double dims(const struct report_pretend *y) { return y->dims; }
static double noise(const struct report_pretend *y) { return y->noise; }
static double units(const struct report_pretend *y) { return y->units; }
static double samples(const struct report_pretend *y) { return y->samples; }

/* What departs from the first line: its mark in the picture, and its value,
 * along which a line joins the points. */
static const struct mark {
    const char *departs, *says;
    int point;                  /* gnuplot's                                 */
    double (*value)(const struct report_pretend *y);    /* NULL: no line     */
} marks[] = {
    { "", "CMAS as in other figures", 7, NULL },
    { "method", "no latent loss: UniMAS", 2, NULL },
    { "lambda", "λ, weight of latent losses", 5, lambda },
    { "dims", "K, exchanged dimensions", 9, dims },
    { "noise", "noise in the recording, SD", 13, noise },
    { "units", "units recorded", 11, units },
    { "samples", "training samples", 15, samples },
};
enum { MARKS = sizeof marks / sizeof *marks };

#define MEAN_LINE "lw 0.8 lc rgb '#777777'"
#define UNTOUCHED_LINE "lw 3 lc rgb '#d8d8d8'"
#define BOUND_LINE "lw 1.2 lc rgb '#000000'"

/* Room for a label, as a share of both axes. */
static const double LABEL_X = 0.045, LABEL_Y = 0.05;

static bool drawable(const struct report_pretend *y)
{
    return isfinite(y->to_mean) && isfinite(y->iia);
}

/* "Count 1 → 2": a line's panel. */
static const char *panel_of(const struct picture *p,
                            const struct report_pretend *y)
{
    const char *name = arena_text(p->a, "%s, %c → %c", report_exchange(
        y->source_variable, y->target_variable, p->a), y->direction[0],
        y->direction[strlen(y->direction) - 1]);

    return name ? name : "";
}

static bool is_in(const struct picture *p, const struct report_pretend *y,
                  const struct plot_panel *q)
{
    return drawable(y) && strcmp(panel_of(p, y), q->name) == 0;
}

/* The end of the x axis: beyond 1, where the mean latent is, and all points. */
static double end_of(const struct report *r)
{
    double end = 1.1;

    for (size_t k = 0; k < r->npretend; k++)
        if (drawable(&r->pretend[k]))
            end = fmax(end, 0.05 + r->pretend[k].distance_high /
                                   r->pretend[k].mean_latent);
    return end;
}

static bool has_mark(const struct report_pretend *y, int mark)
{
    return strcmp(y->departs, marks[mark].departs) == 0;
}

/* x, y and both intervals of the lines of a mark. How many. */
static int put_points(FILE *f, const struct picture *p,
                      const struct plot_panel *q, int mark)
{
    int n = 0;

    fprintf(f, "$points%d << EOD\n", mark);
    for (size_t k = 0; k < p->r->npretend; k++) {
        const struct report_pretend *y = &p->r->pretend[k];
        if (!is_in(p, y, q) || !has_mark(y, mark))
            continue;
        fprintf(f, "%.6f %.6f %.6f %.6f %.6f %.6f\n", y->to_mean, y->iia,
                y->distance_low / y->mean_latent,
                y->distance_high / y->mean_latent, y->low, y->high);
        n++;
    }
    fprintf(f, "EOD\n");
    return n;
}

/* The same points and the first line's in the order of what departs, to be
 * joined. How many. */
static int put_way(FILE *f, const struct picture *p,
                   const struct plot_panel *q, int mark)
{
    const struct report_pretend *way[BARS_MAX];
    int n = 0;

    fprintf(f, "$way%d << EOD\n", mark);
    for (size_t k = 0; marks[mark].value && k < p->r->npretend; k++) {
        const struct report_pretend *y = &p->r->pretend[k];
        int at = n;
        if (!is_in(p, y, q) || !(has_mark(y, mark) || !*y->departs) ||
            n == BARS_MAX)
            continue;
        for (; at > 0 && marks[mark].value(way[at - 1]) >
                         marks[mark].value(y); at--)
            way[at] = way[at - 1];
        way[at] = y;
        n++;
    }
    for (int k = 0; k < n; k++)
        fprintf(f, "%.6f %.6f\n", way[k]->to_mean, way[k]->iia);
    fprintf(f, "EOD\n");
    return n;
}

/* The number in a setting, where no earlier label of the panel stands. */
static void put_labels(FILE *f, const struct picture *p,
                       const struct plot_panel *q, double end)
{
    const struct report_pretend *at[BARS_MAX];
    int n = 0;

    for (size_t k = 0; k < p->r->npretend; k++) {
        const struct report_pretend *y = &p->r->pretend[k];
        const char *number = strpbrk(y->setting, "0123456789");
        bool free = n < BARS_MAX && number && *y->departs && is_in(p, y, q);
        for (int i = 0; i < n && free; i++)
            free = fabs(at[i]->to_mean - y->to_mean) > LABEL_X * end ||
                   fabs(at[i]->iia - y->iia) > LABEL_Y;
        if (!free)
            continue;
        at[n++] = y;
        fprintf(f, "set label \"%.*s\" at first %.6f, first %.6f left offset "
                "0.6,0.3 front font ',6.6' tc rgb '#333333'\n",
                (int)strcspn(number, " "), number, y->to_mean, y->iia);
    }
}

/* Is there less than all to be reached? */
static bool is_bounded(const struct report_pretend *y)
{
    return drawable(y) && y->perfect < 0.95;
}

/* What the latents themselves reach, above the points that they bound. */
static void put_bounds(FILE *f, const struct picture *p,
                       const struct plot_panel *q, double end)
{
    for (size_t k = 0; k < p->r->npretend; k++) {
        const struct report_pretend *y = &p->r->pretend[k];
        if (is_in(p, y, q) && is_bounded(y))
            fprintf(f, "set arrow from first %.6f, first %.6f to first %.6f, "
                    "first %.6f nohead front " BOUND_LINE "\n",
                    y->to_mean - LABEL_X / 3 * end, y->perfect,
                    y->to_mean + LABEL_X / 3 * end, y->perfect);
    }
}

/* Where the first line of the panel would be without an exchange. */
static double untouched(const struct picture *p, const struct plot_panel *q)
{
    for (size_t k = 0; k < p->r->npretend; k++)
        if (is_in(p, &p->r->pretend[k], q))
            return p->r->pretend[k].untouched / p->r->pretend[k].mean_latent;
    return NAN;
}

static void put_line(FILE *f, double x, double end, const char *how)
{
    if (x <= end)
        fprintf(f, "set arrow from first %.5f,0 to first %.5f,1 nohead back "
                "%s\n", x, x, how);
}

static void put_panel(FILE *f, const struct picture *p,
                      const struct plot_panel *q)
{
    double end = end_of(p->r);
    int points[MARKS], way[MARKS];

    for (int k = 0; k < MARKS; k++) {
        points[k] = put_points(f, p, q, k);
        way[k] = put_way(f, p, q, k);
    }
    plot_frame(f, p, q);
    fprintf(f, "set xrange [0:%.4f]\n", end);
    put_line(f, 1, end, MEAN_LINE);
    put_line(f, untouched(p, q), end, UNTOUCHED_LINE);
    put_bounds(f, p, q, end);
    put_labels(f, p, q, end);
    fprintf(f, "plot -9 with lines");
    for (int k = 0; k < MARKS; k++)
        if (points[k] && way[k] > 1)
            fprintf(f, ", $way%d using 1:2 with lines lw 0.8 lc rgb '#%06x'",
                    k, plot_colour(k));
    for (int k = 0; k < MARKS; k++)
        if (points[k])
            fprintf(f, ", $points%d using 1:2:3:4:5:6 with xyerrorbars pt -1 "
                    "lw 0.6 lc rgb '#%06x'", k, plot_colour(k));
    for (int k = MARKS; k-- > 0;)
        if (points[k])
            fprintf(f, ", $points%d using 1:2 with points pt %d ps 0.6 lc rgb "
                    "'#%06x'", k, marks[k].point, plot_colour(k));
    fprintf(f, "\n");
}

/* Tics at the tenths that have room. */
static void put_tics(const struct picture *p, struct plot_panel *q, double end)
{
    double step = p->slot < 150 ? 0.4 : 0.2;

    for (int k = 0; k * step <= end && q->ntics < TICS_MAX; k++) {
        const char *text = arena_text(p->a, "%.1f", k * step);
        if (text)
            q->tic[q->ntics++] = (struct plot_tic){ k * step, 1, text };
    }
}

static const char *how(const struct picture *p, int mark)
{
    const char *text = arena_text(p->a, "pt %d ps 0.6 lc rgb '#%06x'",
                                  marks[mark].point, plot_colour(mark));

    return text ? text : "";
}

static void mention(struct picture *p)
{
    bool bounded = false, untouched_seen = false;

    for (size_t i = 0; i < p->r->npretend; i++)
        bounded = bounded || is_bounded(&p->r->pretend[i]);
    for (int i = 0; i < p->npanels; i++)
        untouched_seen = untouched_seen ||
                         untouched(p, &p->panel[i]) <= end_of(p->r);
    for (int k = 0; k < MARKS; k++)
        for (size_t i = 0; i < p->r->npretend; i++)
            if (drawable(&p->r->pretend[i]) &&
                !strcmp(p->r->pretend[i].departs, marks[k].departs))
                plot_mention(p, (struct plot_entry){
                    ENTRY_POINT, marks[k].says, how(p, k), plot_colour(k), 0 });
    plot_mention(p, (struct plot_entry){
        ENTRY_TICK, "1: the mean latent for every sample", MEAN_LINE, 0, 0 });
    plot_mention(p, (struct plot_entry){
        ENTRY_TICK, untouched_seen ? "no exchange, of the first setting"
                                   : NULL, UNTOUCHED_LINE, 0, 0 });
    plot_mention(p, (struct plot_entry){
        ENTRY_TICK, bounded ? "IIA of the latents themselves, below 0.95"
                            : NULL, BOUND_LINE, 0, 0 });
    plot_mention(p, (struct plot_entry){
        ENTRY_INTERVAL, "95 % intervals",
        "lw 0.6 lc rgb '#000000'", 0, 0 });
}

int plot_scatter(struct picture *p)
{
    double end = end_of(p->r), below;

    p->values = false;
    for (size_t k = 0; k < p->r->npretend; k++)
        if (drawable(&p->r->pretend[k]) &&
            !plot_panel(p, panel_of(p, &p->r->pretend[k])))
            return -1;
    if (!p->npanels)
        return plot_nothing(p);
    for (int i = 0; i < p->npanels; i++) {
        p->panel[i].slots = 1;
        p->panel[i].draw = put_panel;
    }
    mention(p);
    p->xname = "distance to counterfactual latents / that of the mean latent";
    p->xname = plot_widest(p->xname, SMALL) > p->width - MARGIN_LEFT
               ? "distance to latents / that of their mean" : p->xname;
    plot_flow(p, 0, MARGIN_LEFT, 4, 190, 300);
    for (int i = 0; i < p->npanels; i++)
        put_tics(p, &p->panel[i], end);
    below = plot_flow(p, 0, MARGIN_LEFT, 4, 190, 300);
    p->height = below + 4 + plot_legend(p, 8, below, p->width - 12);
    return 0;
}

/* plot_raster.c - what was recorded: units by time, the variable above them, a
 * panel a trial. */
#include <math.h>
#include <string.h>

#include "arena.h"
#include "plot_priv.h"

static const double STRIP = 52;         /* height of the variable's          */
static const double BETWEEN = 8, TALLER = 110;
#define SHOWN_SD 2.5                    /* where colours end                 */
#define HIGH 0xD55E00
#define LOW 0x0072B2

static int trial_of(const struct plot_panel *q)
{
    int trial = 0;

    sscanf(q->name, "trial %d", &trial);
    return trial;
}

static const char *others_of(const struct report *r, size_t k)
{
    return r->step[k].eligible ? r->step[k].others : NULL;
}

static void put_y(FILE *f, const struct picture *p, const struct plot_panel *q,
                  const char *text)
{
    if (q->numbers)
        plot_text(f, p, text, q->left - MARGIN_LEFT + 8,
                  (q->top + q->bottom) / 2, "rotate by 90 center");
}

/* ---- the variable ---- */

static void put_variable(FILE *f, const struct picture *p,
                         const struct plot_panel *q)
{
    const char *name = report_pretty(p->r->variable, p->a);
    const char *others[PLOT_TUPLES];
    int lo = 0, hi = 1, trial = trial_of(q);
    int n = plot_list(others, PLOT_TUPLES, p->r, p->r->nsteps, others_of);

    for (int kind = 0; kind < n; kind++) {
        fprintf(f, "$steps%d << EOD\n", kind);
        for (size_t k = 0; k < p->r->nsteps; k++) {
            const struct report_steps *s = &p->r->step[k];
            if (!s->eligible || strcmp(s->others, others[kind]))
                continue;
            lo = s->value < lo ? s->value : lo;
            hi = s->value > hi ? s->value : hi;
            if (s->trial == trial)
                fprintf(f, "%.1f %d\n", s->step + 0.5, s->value);
        }
        fprintf(f, "-9 0\nEOD\n");
    }
    plot_frame(f, p, q);
    put_y(f, p, q, name ? name : "");
    fprintf(f, "set yrange [%.2f:%.2f]\nset ytics %d format '%s'\n",
            lo - 0.06 * (hi - lo), hi + 0.1 * (hi - lo),
            (hi - lo + 1) / 2, q->numbers ? "%g" : "");
    fprintf(f, "plot -999 with lines");
    for (int kind = 0; kind < n; kind++)
        fprintf(f, ", $steps%d using 1:2 with points %s", kind,
                plot_points(p, kind, 0.32));
    fprintf(f, "\n");
}

/* ---- the units ---- */

/* A line a unit, from the last. Every cell is several dots of the image, since
 * what shows it smooths between dots. */
static void put_states(FILE *f, const struct picture *p,
                       const struct plot_panel *q, int across, int down)
{
    int steps = (int)q->slots, trial = trial_of(q);
    size_t units = p->r->nunits, n = units * (size_t)steps;
    double *state = arena_get(p->a, n, sizeof *state);

    for (size_t k = 0; state && k < p->r->ncells; k++) {
        const struct report_cells *c = &p->r->cell[k];
        size_t at = (size_t)c->rank * (size_t)steps + (size_t)c->step;
        if (c->trial == trial && c->rank >= 0 && c->step >= 0 &&
            c->step < steps && at < n)
            state[at] = fmax(-SHOWN_SD, fmin(SHOWN_SD, c->state));
    }
    fprintf(f, "$states << EOD\n");
    for (size_t unit = units; state && unit-- > 0;)
        for (int i = 0; i < down; i++)
            for (int t = 0; t < steps * across; t++)
                fprintf(f, "%.2f%c",
                        state[unit * (size_t)steps + (size_t)(t / across)],
                        t + 1 < steps * across ? ' ' : '\n');
    fprintf(f, "EOD\n");
}

static void put_units(FILE *f, const struct picture *p,
                      const struct plot_panel *q)
{
    double units = (double)p->r->nunits;
    int across = (int)ceil(p->slot);
    int down = (int)ceil((q->bottom - q->top) / units);

    put_states(f, p, q, across, down);
    fprintf(f, "set xtics scale 0 nomirror\n");
    plot_frame(f, p, q);
    put_y(f, p, q, "units, sorted");
    fprintf(f, "set yrange [0:%zu]\nunset ytics\nset cbrange [%g:%g]\n"
            "unset colorbox\nset palette defined (0 '#%06x', 1 '#ffffff', "
            "2 '#%06x')\n", p->r->nunits, -SHOWN_SD, SHOWN_SD, LOW, HIGH);
    fprintf(f, "plot $states matrix using (($1+0.5)/%d):(($2+0.5)/%d):3 with "
            "image\nset ytics nomirror\n", across, down);
}

static void put_panel(FILE *f, const struct picture *p,
                      const struct plot_panel *q)
{
    struct plot_panel part = *q;

    part.bottom = q->top + STRIP;
    part.ntics = 0;
    put_variable(f, p, &part);
    fprintf(f, "unset label\nunset arrow\nunset object\n");
    part = *q;
    part.top = q->top + STRIP + BETWEEN;
    part.title = "";
    put_units(f, p, &part);
}

/* ---- the layout ---- */

static bool timed(const struct report *r)
{
    return r->nsteps && isfinite(r->step[0].time);
}

/* Tics at whole numbers of the time, or of steps, that have room. */
static void put_tics(const struct picture *p, struct plot_panel *q)
{
    double least = 2.6 * SMALL / p->slot, last = -least, unit = 0;
    int trial = trial_of(q);

    for (size_t k = 0; k < p->r->nsteps; k++)
        if (p->r->step[k].trial == trial)
            unit = fmax(unit, timed(p->r) ? p->r->step[k].time
                                          : p->r->step[k].step);
    unit = pow(10, floor(log10(fmax(unit, 1e-9))));
    for (size_t k = 0; k < p->r->nsteps; k++) {
        const struct report_steps *s = &p->r->step[k];
        double at = timed(p->r) ? s->time : s->step;
        double off = fabs(at / unit - round(at / unit));
        const char *text;
        if (s->trial != trial || off > 1e-3 || s->step - last < least ||
            q->ntics == TICS_MAX)
            continue;
        last = s->step;
        text = arena_text(p->a, "%g", unit * round(at / unit));
        if (text)
            q->tic[q->ntics++] = (struct plot_tic){ last, 2 * least, text };
    }
}

static int survey(struct picture *p)
{
    const char *others[PLOT_TUPLES];
    int n = plot_list(others, PLOT_TUPLES, p->r, p->r->nsteps, others_of);

    for (size_t k = 0; k < p->r->nsteps; k++) {
        const struct report_steps *s = &p->r->step[k];
        const char *name = arena_text(p->a, "trial %d", s->trial);
        struct plot_panel *q = name ? plot_panel(p, name) : NULL;
        if (!q)
            return -1;
        q->slots = fmax(q->slots, s->step + 1);
        q->draw = put_panel;
    }
    for (int k = 0; k < n; k++)
        if (*others[k])
            plot_mention(p, (struct plot_entry){ ENTRY_POINT, others[k],
                                                 plot_points(p, k, 0.32), 0,
                                                 0 });
    plot_more(p, PLOT_TUPLES, p->r->nsteps, others_of);
    return p->npanels ? 0 : plot_nothing(p);
}

/* Panels are higher than plot_flow makes them; how much all of them are. */
static double stretch(struct picture *p)
{
    double more = 0, top = 0;

    for (int i = 0; i < p->npanels; i++) {
        struct plot_panel *q = &p->panel[i];
        if (q->top > top)                       /* a new row */
            more += TALLER;
        top = q->top;
        q->top += more - TALLER;
        q->bottom += more;
    }
    return more;
}

int plot_raster(struct picture *p)
{
    double below, more;

    p->values = false;
    p->yname = NULL;
    if (survey(p))
        return -1;
    p->xname = timed(p->r) ? "time in the trial, s" : "step";
    plot_mention(p, (struct plot_entry){
        ENTRY_BOX, "unit above its mean (2.5 SD and more)", "", HIGH,
        FILL_SOLID });
    plot_mention(p, (struct plot_entry){
        ENTRY_BOX, "unit below its mean", "", LOW, FILL_SOLID });
    plot_flow(p, 0, MARGIN_LEFT, 4, 1, 40);
    for (int i = 0; i < p->npanels; i++)
        put_tics(p, &p->panel[i]);
    below = plot_flow(p, 0, MARGIN_LEFT, 4, 1, 40);
    more = stretch(p);
    below += more;
    p->xname_y += more;
    p->height = below + 4 + plot_legend(p, 8, below, p->width - 12);
    return 0;
}

/* plot_recording.c - into recordings: distances of states to counterfactual
 * latents, those of exchanges beside those that know less. */
#include <math.h>
#include <string.h>

#include "arena.h"
#include "err.h"
#include "plot_priv.h"

/* The slots of a panel, from the left. Those of exchanges are the methods. */
static const struct kind {
    const char *states, *label;
    int point;                  /* gnuplot's                                 */
} kinds[] = {
    { "untouched", "no exchange", 5 },
    { "shuffled", "other samples’ latents", 9 },
    { "same variables", "states alike", 13 },
};
enum { KINDS = sizeof kinds / sizeof *kinds, METHODS = 8 };

static const unsigned GREY = 0x777777;

static bool drawable(const struct report_stand_in *s)
{
    return s->recording && isfinite(s->to_mean);
}

/* "Count, a → b": a panel. */
static const char *panel_of(const struct picture *p,
                            const struct report_stand_in *s)
{
    const char *variable = report_pretty(s->target_variable, p->a);
    const char *name = arena_text(p->a, "%s: %s → %s",
        variable ? variable : "", report_system(s->system_1, p->a),
        report_system(s->system_2, p->a));

    return name ? name : "";
}

/* Of an exchange, its method with the settings that tell it from others. */
static const char *method_of(const struct picture *p,
                             const struct report_stand_in *s)
{
    const char *name = report_pretty(s->method, p->a);

    for (size_t k = 0; name && k < p->r->nstand_in; k++) {
        const struct report_stand_in *o = &p->r->stand_in[k];
        if (strcmp(o->method, s->method))
            continue;
        if (o->dims != s->dims)
            return arena_text(p->a, "%s K = %d", name, s->dims);
        if (!report_same_number(o->lambda, s->lambda))
            return arena_text(p->a, "%s λ = %g", name, s->lambda);
    }
    return name;
}

/* The distinct methods. How many, or -1 (EX_DATAERR: too many). */
static int list_methods(const struct picture *p, const char **list)
{
    int n = 0;

    for (size_t i = 0; i < p->r->nstand_in; i++) {
        const struct report_stand_in *s = &p->r->stand_in[i];
        const char *method = method_of(p, s);
        int k = 0;
        if (!drawable(s) || strcmp(s->states, "intervened") || !method)
            continue;
        while (k < n && strcmp(list[k], method))
            k++;
        if (k == METHODS)
            return err_set(EX_DATAERR, "%s: more than %d methods in a picture "
                           "of recordings", p->r->figure, METHODS);
        if (k == n)
            list[n++] = method;
    }
    return n;
}

/* The slot of a line; -1: none. Baselines of one panel are alike, whatever the
 * method: the first file's are drawn. */
static int slot_of(const struct picture *p, const struct report_stand_in *s,
                   const char *const *method, int methods)
{
    if (strcmp(s->states, "intervened") == 0)
        for (int k = 0; k < methods; k++)
            if (!strcmp(method[k], method_of(p, s)))
                return k;
    for (int k = 0; k < KINDS; k++)
        if (!strcmp(kinds[k].states, s->states))
            return methods + k;
    return -1;
}

static double top_of(const struct report *r)
{
    double top = 1.2;

    for (size_t k = 0; k < r->nstand_in; k++)
        if (drawable(&r->stand_in[k]) && r->stand_in[k].distance > 0)
            top = fmax(top, 0.05 + r->stand_in[k].to_mean *
                            r->stand_in[k].distance_high /
                            r->stand_in[k].distance);
    return top;
}

static int put_slot(FILE *f, const struct picture *p,
                    const struct plot_panel *q, int slot,
                    const char *const *method, int methods)
{
    int n = 0;

    fprintf(f, "$slot%d << EOD\n", slot);
    for (size_t k = 0; k < p->r->nstand_in && (n == 0 || slot < methods); k++) {
        const struct report_stand_in *s = &p->r->stand_in[k];
        if (!drawable(s) || strcmp(panel_of(p, s), q->name) ||
            slot_of(p, s, method, methods) != slot || !(s->distance > 0))
            continue;
        fprintf(f, "%.2f %.6f %.6f %.6f\n", slot + 0.5, s->to_mean,
                s->to_mean * s->distance_low / s->distance,
                s->to_mean * s->distance_high / s->distance);
        n++;
    }
    fprintf(f, "EOD\n");
    return n;
}

static void put_panel(FILE *f, const struct picture *p,
                      const struct plot_panel *q)
{
    static const int point[] = { 7, 6 };
    const char *method[METHODS];
    int methods = list_methods(p, method), n[METHODS + KINDS];
    double top = top_of(p->r);

    for (int k = 0; k < methods + KINDS; k++)
        n[k] = put_slot(f, p, q, k, method, methods);
    plot_frame(f, p, q);
    fprintf(f, "set yrange [0:%.4f]\nset ytics %s\n"
            "set arrow from 0,1 to %d,1 nohead back lw 0.8 lc rgb '#777777'\n",
            top, top > 2.5 ? "1" : "0.5", methods + KINDS);
    fprintf(f, "plot -9 with lines");
    for (int k = 0; k < methods + KINDS; k++) {
        unsigned colour = k < methods ? plot_colour(k) : GREY;
        if (n[k])
            fprintf(f, ", $slot%d using 1:3:(0):($4-$3) with vectors heads "
                    "size screen %.5f,90 lw 1.2 lc rgb '#%06x', $slot%d using "
                    "1:2 with points pt %d ps 0.7 lc rgb '#%06x'", k,
                    2.5 / p->width, colour, k,
                    k < methods ? point[k % 2] : kinds[k - methods].point,
                    colour);
    }
    fprintf(f, "\n");
}

int plot_recording(struct picture *p)
{
    const char *method[METHODS];
    int methods = list_methods(p, method);
    double below;

    p->values = false;
    p->yname = "distance to latents / of their mean";
    if (methods < 0)
        return -1;
    for (size_t k = 0; k < p->r->nstand_in; k++)
        if (drawable(&p->r->stand_in[k]) &&
            !plot_panel(p, panel_of(p, &p->r->stand_in[k])))
            return -1;
    if (!p->npanels)
        return plot_nothing(p);
    for (int i = 0; i < p->npanels; i++) {
        struct plot_panel *q = &p->panel[i];
        q->slots = methods + KINDS;
        q->draw = put_panel;
        for (int k = 0; k < methods + KINDS; k++)
            q->tic[q->ntics++] = (struct plot_tic){
                k + 0.5, 1,
                k < methods ? method[k] : kinds[k - methods].label };
    }
    plot_mention(p, (struct plot_entry){
        ENTRY_TICK, "1: the mean latent for every sample",
        "lw 0.8 lc rgb '#777777'", 0, 0 });
    plot_mention(p, (struct plot_entry){
        ENTRY_INTERVAL, "95 % interval over trials",
        "lw 1.2 lc rgb '#000000'", 0, 0 });
    below = plot_flow(p, 0, MARGIN_LEFT, 4, 34, 70);
    p->height = below + 4 + plot_legend(p, 8, below, p->width - 12);
    return 0;
}

/* plot_coverage.c - how many recorded states there are of what exchanges into
 * the recording ask for, by the variable, a panel for each tuple of the others.
 * Of the test samples, by which exchanges are judged. */
#include <math.h>
#include <string.h>

#include "arena.h"
#include "data.h"
#include "plot_priv.h"

enum { PANELS = 6 };

#define RECORDED 0x999999
#define WANTED "pt 7 ps 0.5 lc rgb '#0072B2'"
#define MISSED "pt 2 ps 0.7 lw 1.6 lc rgb '#D55E00'"

static bool drawable(const struct report_coverage *y)
{
    return y->split == SPLIT_TEST;
}

/* The tuple's first line: the others are summed with it. */
static bool is_first(const struct report *r, size_t k)
{
    const struct report_coverage *y = &r->coverage[k];

    for (size_t i = 0; i < k; i++)
        if (drawable(&r->coverage[i]) && r->coverage[i].value == y->value &&
            !strcmp(r->coverage[i].others, y->others))
            return false;
    return drawable(y);
}

static int wanted_of(const struct report *r, const struct report_coverage *y)
{
    int n = 0;

    for (size_t i = 0; i < r->ncoverage; i++)
        if (drawable(&r->coverage[i]) && r->coverage[i].value == y->value &&
            !strcmp(r->coverage[i].others, y->others))
            n += r->coverage[i].wanted;
    return n;
}

static void extent_of(const struct report *r, double *left, double *right,
                      double *top)
{
    *left = HUGE_VAL, *right = -HUGE_VAL, *top = 10;
    for (size_t k = 0; k < r->ncoverage; k++)
        if (is_first(r, k)) {
            const struct report_coverage *y = &r->coverage[k];
            *left = fmin(*left, y->value - 0.8);
            *right = fmax(*right, y->value + 0.8);
            *top = fmax(*top, 1.3 * fmax(y->recorded, wanted_of(r, y)));
        }
}

static void put_panel(FILE *f, const struct picture *p,
                      const struct plot_panel *q)
{
    double left, right, top;

    extent_of(p->r, &left, &right, &top);
    fprintf(f, "$tuples << EOD\n");
    for (size_t k = 0; k < p->r->ncoverage; k++) {
        const struct report_coverage *y = &p->r->coverage[k];
        if (is_first(p->r, k) && !strcmp(y->others, q->name))
            fprintf(f, "%d %d %d\n", y->value, y->recorded,
                    wanted_of(p->r, y));
    }
    fprintf(f, "EOD\n");
    plot_frame(f, p, q);
    fprintf(f, "set logscale y\nset xrange [%.2f:%.2f]\nset yrange [0.7:%.1f]\n"
            "set ytics 10 format '%s'\n", left, right, top,
            q->numbers ? "%g" : "");
    fprintf(f, "plot $tuples using 1:($2>0?$2:1/0):(0.7) with boxes lc rgb "
            "'#%06x' fs %s, $tuples using 1:($2>0?$3:1/0) with points "
            WANTED ", $tuples using 1:($2>0?1/0:$3) with points " MISSED "\n"
            "unset logscale y\n", RECORDED, plot_fill_how[FILL_SOLID]);
}

static const char *others_of(const struct report *r, size_t k)
{
    return drawable(&r->coverage[k]) ? r->coverage[k].others : NULL;
}

static int survey(struct picture *p)
{
    const char *others[PANELS];
    int n = plot_list(others, PANELS, p->r, p->r->ncoverage, others_of);

    for (int k = 0; k < n; k++)
        if (!plot_panel(p, others[k]))
            return -1;
    plot_more(p, PANELS, p->r->ncoverage, others_of);
    return n ? 0 : plot_nothing(p);
}

int plot_coverage(struct picture *p)
{
    double below, left, right, top;

    p->values = false;
    p->yname = "states, test split";
    p->xname = report_pretty(p->r->variable ? p->r->variable : "", p->a);
    plot_mention(p, (struct plot_entry){ ENTRY_BOX, "recorded states", "",
                                         RECORDED, FILL_SOLID });
    plot_mention(p, (struct plot_entry){ ENTRY_POINT, "samples that want one",
                                         WANTED, 0, 0 });
    plot_mention(p, (struct plot_entry){ ENTRY_POINT, "wanted, none recorded",
                                         MISSED, 0, 0 });
    if (survey(p))
        return -1;
    extent_of(p->r, &left, &right, &top);
    for (int i = 0; i < p->npanels; i++) {
        p->panel[i].slots = 1;
        p->panel[i].draw = put_panel;
        plot_whole_tics(p, &p->panel[i], left, right, 5, 0.15);
    }
    below = plot_flow(p, 0, MARGIN_LEFT, 4, 130, 290);
    p->height = below + 4 + plot_legend(p, 8, below, p->width - 12);
    return 0;
}

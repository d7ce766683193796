/* plot_paths.c - states along trials in space: a system of few units. */
#include <math.h>
#include <string.h>

#include "plot_priv.h"

enum { SHOWN = 3, QUANTITIES_MAX = 256 };

static const double LEGEND = 15;                /* its height */

#define DEMO "#0072B2"
#define RESPONSE "#E69F00"
#define DECISION "#C1121F"

static bool drawable(const struct picture *p, const struct report_paths *s)
{
    return strcmp(s->system, p->r->path[0].system) == 0 && isfinite(s->x) &&
           isfinite(s->y) && isfinite(s->z);
}

static const struct report_paths *first_of(const struct picture *p,
                                           int quantity, bool last)
{
    for (size_t i = 0; i < p->r->npaths; i++)
        if (drawable(p, &p->r->path[i]) &&
            p->r->path[i].quantity == quantity &&
            (!last || p->r->path[i].last))
            return &p->r->path[i];
    return NULL;
}

/* The first system's distinct quantities, ascending; if whole, those with more
 * than a last step. How many. */
static int quantities(const struct picture *p, int *quantity, bool whole)
{
    int n = 0;

    for (size_t i = 0; i < p->r->npaths; i++) {
        const struct report_paths *s = &p->r->path[i];
        int k = n;
        if (!drawable(p, s) || (whole && s->last))
            continue;
        while (k > 0 && quantity[k - 1] > s->quantity)
            k--;
        if ((k > 0 && quantity[k - 1] == s->quantity) || n == QUANTITIES_MAX)
            continue;
        memmove(quantity + k + 1, quantity + k,
                sizeof *quantity * (size_t)(n - k));
        quantity[k] = s->quantity;
        n++;
    }
    return n;
}

/* Up to three of those, spread. How many. */
static int choose(const struct picture *p, int shown[SHOWN])
{
    int quantity[QUANTITIES_MAX], n = quantities(p, quantity, true);
    int few = n < SHOWN ? n : SHOWN;

    for (int k = 0; k < few; k++)
        shown[k] = quantity[(2 * k + 1) * n / (2 * few)];
    return few;
}

/* The first trial of that quantity: arrows of its demo steps, or of those from
 * T on. How many. */
static int put_trial(FILE *f, const struct picture *p, int quantity,
                     bool response)
{
    const struct report_paths *from = NULL, *one = first_of(p, quantity, false);
    bool after = false;
    int n = 0;

    for (size_t i = 0; one && i < p->r->npaths; i++) {
        const struct report_paths *s = &p->r->path[i];
        if (!drawable(p, s) || s->trial != one->trial ||
            s->quantity != quantity)
            continue;
        after = after || strcmp(s->token, "T") == 0;
        if (from && after == response) {
            fprintf(f, "%.6g %.6g %.6g %.6g %.6g %.6g\n", from->x, from->y,
                    from->z, s->x - from->x, s->y - from->y, s->z - from->z);
            n++;
        }
        if (s->last)
            break;
        from = s;
    }
    return n;
}

static void put_label(FILE *f, const struct picture *p, int quantity)
{
    const struct report_paths *s = first_of(p, quantity, true);

    if (s)
        fprintf(f, "set label 'n = %d' at %.6g,%.6g,%.6g right offset -1,0.4 "
                "front\n", quantity, s->x, s->y, s->z);
}

static void legend(FILE *f, const struct picture *p, const struct plot_panel *q)
{
    static const struct { const char *text, *colour; } line[] = {
        { "demo step", DEMO }, { "response step", RESPONSE },
        { "decision", DECISION },
    };

    for (int k = 0; k < 3; k++) {
        double x = q->left + 16 + 0.32 * k * (q->right - q->left);
        double y = q->bottom - LEGEND / 2;
        fprintf(f, "set arrow from screen %.5f,%.5f to screen %.5f,%.5f "
                "%s lw %.1f lc rgb '%s' front\n", x / p->width,
                1 - y / p->height, (x + 16) / p->width, 1 - y / p->height,
                k < 2 ? "head filled size screen 0.008,18" : "nohead",
                k < 2 ? 1.2 : 2., line[k].colour);
        plot_text(f, p, line[k].text, x + 21, y, "left");
    }
}

/* The data; how many decisions and arrows. */
static int put_decision(FILE *f, const struct picture *p)
{
    int quantity[QUANTITIES_MAX], n = quantities(p, quantity, false), count = 0;

    fprintf(f, "$decision << EOD\n");
    for (int k = 0; k < n; k++) {
        const struct report_paths *s = first_of(p, quantity[k], true);
        if (!s)
            continue;
        fprintf(f, "%.6g %.6g %.6g\n", s->x, s->y, s->z);
        count++;
    }
    fprintf(f, "EOD\n");
    return count;
}

static int put_steps(FILE *f, const struct picture *p, const int *shown, int n,
                     bool response)
{
    int count = 0;

    fprintf(f, "$steps%d << EOD\n", response);
    for (int k = 0; k < n; k++)
        count += put_trial(f, p, shown[k], response);
    fprintf(f, "EOD\n");
    return count;
}

void plot_paths(FILE *f, const struct picture *p, const struct plot_panel *q)
{
    int shown[SHOWN], n = choose(p, shown), decided = put_decision(f, p);
    int steps[2] = { put_steps(f, p, shown, n, false),
                     put_steps(f, p, shown, n, true) };
    double bottom = q->bottom - LEGEND;
    const char *comma = "";

    if (!steps[0] && !steps[1] && !decided)
        return;
    for (int k = 0; k < n; k++)
        put_label(f, p, shown[k]);
    legend(f, p, q);
    fprintf(f, "unset lmargin\nunset rmargin\nunset tmargin\nunset bmargin\n"
            "set origin %.5f,%.5f\nset size %.5f,%.5f\n",
            q->left / p->width, 1 - bottom / p->height,
            (q->right - q->left) / p->width, (bottom - q->top) / p->height);
    fprintf(f, "set autoscale x\nset autoscale y\nset autoscale z\n"
            "set border 31 lw 0.8\nset xyplane 0\n"
            "set view 65,40,1.15,1\nset grid xtics ytics ztics\n"
            "set xtics autofreq norotate scale 0.5 offset 0,-0.3\n"
            "set ytics autofreq format '%%g' scale 0.5 offset 0,-0.3\n"
            "set ztics autofreq scale 0.5\n"
            "set xlabel 'x' offset 0,-0.5\nset ylabel 'y' offset 0,-0.5\n"
            "set label 'z' at graph 0,0,1.1 center\nsplot ");
    if (decided) {
        fprintf(f, "$decision using 1:2:3 with linespoints pt 7 ps 0.25 lw 2 "
                "lc rgb '" DECISION "'");
        comma = ", ";
    }
    for (int k = 0; k < 2; k++)
        if (steps[k]) {
            fprintf(f, "%s$steps%d using 1:2:3:4:5:6 with vectors head filled "
                    "size screen 0.008,18 lw 1.2 lc rgb '%s'", comma, k,
                    k ? RESPONSE : DEMO);
            comma = ", ";
        }
    fprintf(f, "\nunset xlabel\nunset ylabel\nset grid noxtics noztics\n"
            "set origin 0,0\nset size 1,1\nset xtics offset 0,0\n"
            "set ytics offset 0,0\n");
}

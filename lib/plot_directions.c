/* plot_directions.c - a panel for each pair of types of system: IIA by
 * direction, coloured by method. */
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "plot_priv.h"

enum { DIRECTIONS_MAX = 64 };

/* Near the paper's, and told apart by their lightness. */
static const struct { const char *method; unsigned colour; } known[] = {
    { "mas", 0x8FD19E }, { "unimas", 0x00573C }, { "cmas", 0xE8402A },
};

static unsigned colour_of(const struct picture *p,
                          const struct report_table *row)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(row->method, known[i].method) == 0)
            return known[i].colour;
    return plot_colour(plot_rank(p, row, plot_method_of));
}

static bool numbered(const struct report_table *row, int *source, int *target)
{
    return strcmp(row->level, "bar") == 0 &&
           sscanf(row->direction, "%dto%d", source, target) == 2;
}

/* A panel for each pair of types and variables. */
static int survey(struct picture *p)
{
    int bars = 0, source, target;

    for (size_t i = 0; i < p->r->n; i++) {
        const struct report_table *row = &p->r->row[i];
        struct plot_panel *q;
        const char *name;
        if (!numbered(row, &source, &target))
            continue;
        if (!(name = arena_text(p->a, "%s\n%s", row->panel, row->bar)) ||
            !(q = plot_panel(p, name)) || !plot_add(p, q, row))
            return -1;
        q->title = row->panel;
        q->draw = plot_bars;
        bars++;
    }
    return bars ? 0 : plot_nothing(p);
}

static void name_variables(struct picture *p)
{
    bool more = false;

    for (int i = 0; i < p->npanels; i++)
        for (int k = 0; k < p->panel[i].nbars; k++)
            more = more || strcmp(p->panel[i].bar[k].row->bar,
                                  p->panel[0].bar[0].row->bar) != 0;
    for (int i = 0; more && i < p->npanels; i++) {
        const struct report_table *row = p->panel[i].bar[0].row;
        const char *title = arena_text(p->a, "%s: %s", row->panel,
                                       report_pretty(row->bar, p->a));
        if (title)
            p->panel[i].title = title;
    }
}

/* Is the direction without behavioural training in a method of this panel? */
static bool held(const struct picture *p, const struct plot_panel *q,
                 const char *direction)
{
    for (int k = 0; k < q->nbars; k++)
        for (size_t i = 0; i < p->r->n; i++) {
            const struct report_table *d = &p->r->row[i];
            if (strcmp(q->bar[k].row->direction, direction) == 0 &&
                strcmp(d->level, "direction") &&
                plot_part(p->r, q->bar[k].row, d))
                return true;
        }
    return false;
}

/* Say what (held) is, where it stands. */
static void held_mention(struct picture *p)
{
    static const struct plot_entry entry = {
        ENTRY_NOTE, "held: not trained by behaviour in UniMAS, CMAS", "", 0, 0
    };
    bool any = false;

    for (int i = 0; i < p->npanels; i++)
        for (int k = 0; k < p->panel[i].nbars; k++)
            any = any || held(p, &p->panel[i],
                              p->panel[i].bar[k].row->direction);
    if (any)
        plot_mention(p, entry);
}

/* All directions of the picture by source, then target. How many. */
static int directions(const struct picture *p, const char **direction)
{
    int n = 0, s, t, s2, t2;

    for (int i = 0; i < p->npanels; i++)
        for (int b = 0; b < p->panel[i].nbars; b++) {
            const struct report_table *row = p->panel[i].bar[b].row;
            int k = n;
            if (!numbered(row, &s, &t))
                continue;
            for (; k > 0; k--) {
                sscanf(direction[k - 1], "%dto%d", &s2, &t2);
                if (s2 < s || (s2 == s && t2 <= t))
                    break;
            }
            if ((k > 0 && strcmp(direction[k - 1], row->direction) == 0) ||
                n == DIRECTIONS_MAX)
                continue;
            memmove(direction + k + 1, direction + k,
                    sizeof *direction * (size_t)(n - k));
            direction[k] = row->direction;
            n++;
        }
    return n;
}

static void dress(struct picture *p)
{
    const char *direction[DIRECTIONS_MAX];
    int n = directions(p, direction), methods = 0, s, t;

    for (int i = 0; i < p->npanels; i++)
        for (int k = 0; k < p->panel[i].nbars; k++) {
            const struct report_table *row = p->panel[i].bar[k].row;
            int rank = plot_rank(p, row, plot_method_of);
            methods = rank + 1 > methods ? rank + 1 : methods;
        }
    for (int i = 0; i < p->npanels; i++) {
        struct plot_panel *q = &p->panel[i];
        double group = methods + 0.7;
        q->slots = n * group + 0.1;
        for (int k = 0; k < q->nbars; k++) {
            struct plot_bar *b = &q->bar[k];
            int d = 0;
            while (d < n - 1 && strcmp(direction[d], b->row->direction))
                d++;
            b->at = 0.4 + d * group +
                    plot_rank(p, b->row, plot_method_of) + 0.5;
            b->colour = colour_of(p, b->row);
        }
        for (int d = 0; d < n; d++) {
            sscanf(direction[d], "%dto%d", &s, &t);
            const char *text = arena_text(p->a, "%d→%d%s", s, t,
                                          held(p, q, direction[d])
                                          ? "\n(held)" : "");
            if (text)
                q->tic[q->ntics++] = (struct plot_tic){
                    0.4 + d * group + methods / 2., group, text };
        }
    }
}

int plot_directions(struct picture *p)
{
    double below;

    if (survey(p))
        return -1;
    name_variables(p);
    dress(p);
    p->thick = 0.9;
    p->xname = "source → target";
    for (int i = 0; i < p->npanels; i++)
        for (int k = 0; k < p->panel[i].nbars; k++) {
            const struct plot_bar *b = &p->panel[i].bar[k];
            plot_mention(p, (struct plot_entry){
                ENTRY_BOX, report_pretty(b->row->method, p->a), "", b->colour,
                b->fill });
        }
    plot_bars_mention(p);
    held_mention(p);
    below = plot_flow(p, 0, MARGIN_LEFT, 4, 8.2, 30);
    p->height = below + 4 + plot_legend(p, 8, below, p->width - 12);
    return 0;
}

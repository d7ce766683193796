/* report_bar.c - the means that a figure shows, with their intervals; see
 * report.h. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "report_priv.h"
#include "score.h"

enum { BOOTSTRAP_DRAWS = 10000 };

/* ---- which parts a line averages ---- */

static const char *const lines[REPORT_LINES] = {
    "all", "cross",
    "1to1", "1to2", "2to1", "2to2", "into1", "into2",   /* of two systems */
};
enum { UNNUMBERED = 2 };

bool report_belongs(const struct report_table *d, const char *line,
                    bool trained)
{
    const char *to = strstr(d->direction, "to");

    if (report_same(line, "all"))
        return trained;
    if (report_same(line, "cross"))
        return d->cross;
    if (strncmp(line, "into", 4) == 0)
        return to && report_same(to, line + 2);
    return report_same(d->direction, line);
}

/* Trained by behaviour; where no direction of the bar is, by latents; else not
 * trained. */
static int trained_role(const struct report_part *bar, size_t n)
{
    int role = bar->role;

    for (size_t i = 0; i < n; i++)
        if (bar[i].role < role && report_same_bar(&bar->row, &bar[i].row))
            role = bar[i].role;
    return role;
}

/* ---- over seeds ---- */

struct model { const char *name, *type; };

static int compare(const struct model *x, const struct model *y)
{
    int order = strcmp(x->type, y->type);

    return order ? order : strcmp(x->name, y->name);
}

/* The models of all pairs, type after type. How many. */
static int list_models(struct model *list, const struct report_pair **pair,
                       int n)
{
    int count = 0;

    for (int p = 0; p < n; p++)
        for (int i = 0; i < pair[p]->n; i++) {
            struct model m = { pair[p]->name[i], pair[p]->type[i] };
            int at = count, k = 0;
            while (k < count && compare(&list[k], &m))
                k++;
            if (k < count)
                continue;
            for (; at > 0 && compare(&list[at - 1], &m) > 0; at--)
                list[at] = list[at - 1];
            list[at] = m;
            count++;
        }
    return count;
}

/* Number of the pair's i-th model in the list; -1: an earlier one of the pair
 * is the same, or there is none. */
static int member_of(const struct report_pair *p, int i,
                     const struct model *list)
{
    int k = 0;

    if (i >= p->n)
        return -1;
    for (int e = 0; e < i; e++)
        if (report_same(p->name[e], p->name[i]) &&
            report_same(p->type[e], p->type[i]))
            return -1;
    while (compare(&list[k], &(struct model){ p->name[i], p->type[i] }))
        k++;
    return k;
}

/* The interval of the mean of n pairs' values over the models behind them. */
static int over_seeds(struct report_table *row, const struct report_pair **pair,
                      const double *value, int n, long seed, uint32_t stream,
                      struct arena *a)
{
    size_t most = (size_t)n * REPORT_SYSTEMS;
    struct model *list = arena_get(a, most, sizeof *list);
    int *member = arena_get(a, most, sizeof *member);
    int *models = arena_get(a, most, sizeof *models);
    struct score_pairs s = { .pairs = n, .width = REPORT_SYSTEMS,
                             .models = models, .member = member,
                             .value = value };
    struct interval y;

    if (!list || !member || !models)
        return -1;
    int count = list_models(list, pair, n);
    for (int k = 0; k < count; k++) {
        s.types += k == 0 || !report_same(list[k].type, list[k - 1].type);
        models[s.types - 1]++;
    }
    for (int p = 0; p < n; p++)
        for (int i = 0, k = p * REPORT_SYSTEMS; i < REPORT_SYSTEMS; i++) {
            int m = member_of(pair[p], i, list);
            member[p * REPORT_SYSTEMS + i] = -1;
            if (m >= 0)
                member[k++] = m;
        }
    if (score_seeds(&y, &s, BOOTSTRAP_DRAWS, (uint64_t)seed, stream, a))
        return -1;
    row->seeds_low = y.low;
    row->seeds_high = y.high;
    return 0;
}

/* ---- bars ---- */

/* The columns that a bar averages. */
static double *column(struct report_table *row, int k)
{
    double *at[] = { &row->value, &row->chance, &row->constant,
                     &row->null_rotation, &row->null_shuffled, &row->ceiling,
                     &row->nearest, &row->nearest_recorded,
                     &row->latent_distance, &row->latent_cosine };

    return k < (int)(sizeof at / sizeof *at) ? at[k] : NULL;
}
enum { COLUMNS = 10 };

/* What a line gathers from its parts. */
struct gathered {
    int directions, pairs;
    int *right, *samples;               /* (directions)                      */
    const struct report_pair **pair;    /* (pairs)                           */
    double *value;                      /* (pairs) means over directions     */
    int *of;                            /* (pairs) how many directions       */
    int count[COLUMNS];
};

static int open_gathered(struct gathered *g, size_t n, struct arena *a)
{
    *g = (struct gathered){
        .right = arena_get(a, n, sizeof *g->right),
        .samples = arena_get(a, n, sizeof *g->samples),
        .pair = arena_get(a, n, sizeof *g->pair),
        .value = arena_get(a, n, sizeof *g->value),
        .of = arena_get(a, n, sizeof *g->of),
    };
    return g->right && g->samples && g->pair && g->value && g->of ? 0 : -1;
}

/* Add a part to the sums of the row. Parts of one pair follow each other. */
static void gather(struct gathered *g, struct report_table *row,
                   struct report_part *x)
{
    for (int k = 0; k < COLUMNS; k++)
        if (!isnan(*column(&x->row, k))) {
            double *sum = column(row, k);
            *sum = (g->count[k]++ ? *sum : 0) + *column(&x->row, k);
        }
    g->samples[g->directions] = x->row.n;
    g->right[g->directions++] = (int)lround(x->row.value * x->row.n);
    if (g->pairs == 0 || g->pair[g->pairs - 1] != x->pair)
        g->pair[g->pairs++] = x->pair;
    g->value[g->pairs - 1] += x->row.value;
    g->of[g->pairs - 1]++;
    row->n += x->row.n;
    row->criterion_met = row->criterion_met && x->row.criterion_met;
}

/* The names of a bar, from one of its rows. */
static void take_names(struct report_table *row, const struct report_table *one)
{
    report_set(row->panel, one->panel);
    report_set(row->type_1, one->type_1);
    report_set(row->type_2, one->type_2);
    report_set(row->bar, one->bar);
    report_set(row->method, one->method);
    report_set(row->site, one->site);
    report_set(row->map, one->map);
    row->dims = one->dims;
    row->lambda = one->lambda;
}

/* Append one line of the bar of `one`, if it has a direction with numbers. All
 * lines of a bar have one stream: the same directions, the same interval. */
static int bar_line(struct report *r, const struct report_table *one,
                    const char *line, int role, struct report_part *part,
                    size_t n, long seed, uint32_t stream, struct arena *a)
{
    struct report_table *row = &r->row[r->n];
    struct gathered g;
    struct interval y;

    if (open_gathered(&g, n, a))
        return -1;
    *row = report_blank("bar");
    for (size_t i = 0; i < n; i++)
        if (report_same_bar(one, &part[i].row) && part[i].row.n > 0 &&
            !part[i].alone &&
            report_belongs(&part[i].row, line, part[i].role == role))
            gather(&g, row, &part[i]);
    if (g.directions == 0)
        return 0;
    for (int k = 0; k < COLUMNS; k++)
        if (g.count[k])
            *column(row, k) /= g.count[k];
    for (int p = 0; p < g.pairs; p++)
        g.value[p] /= g.of[p];
    if (score_bootstrap(&y, g.right, g.samples, g.directions, BOOTSTRAP_DRAWS,
                        (uint64_t)seed, stream, a) ||
        over_seeds(row, g.pair, g.value, g.pairs, seed, stream, a))
        return -1;
    take_names(row, one);
    row->low = y.low;
    row->high = y.high;
    row->cross = !report_same(line, "all") && !report_same(line, "1to1") &&
                 !report_same(line, "2to2") && strncmp(line, "into", 4) != 0;
    row->normalised = report_normalised(row);
    report_set(row->direction, line);
    snprintf(row->file, sizeof row->file, "%d", g.pairs);
    r->n++;
    return 0;
}

int report_bars(struct report *r, struct report_part *part, size_t n,
                long seed, struct arena *a)
{
    bool *done = arena_get(a, n, sizeof *done);

    if (!done)
        return -1;
    for (size_t p = 0; p < n; p++)
        for (size_t i = p; i < n; i++) {
            if (done[i] || !report_same(part[p].row.panel, part[i].row.panel))
                continue;
            int role = trained_role(&part[i], n - i);
            int most = part[i].numbered ? REPORT_LINES : UNNUMBERED;
            uint32_t stream = (uint32_t)r->n;
            for (size_t k = i; k < n; k++)
                done[k] = done[k] ||
                          report_same_bar(&part[i].row, &part[k].row);
            for (int k = 0; k < most; k++)
                if (bar_line(r, &part[i].row, lines[k], role, part, n, seed,
                             stream, a))
                    return -1;
        }
    return 0;
}

/* ---- similarities ---- */

/* The mean over the pairs of a panel; its range instead of an interval. */
static int average(struct report *r, const struct report_table *one,
                   const struct report_part *part, size_t n, long seed,
                   struct arena *a)
{
    struct report_table *row = &r->row[r->n];
    uint32_t stream = (uint32_t)r->n;
    struct gathered g;
    int files = 0;

    if (open_gathered(&g, n, a))
        return -1;
    *row = report_blank("average");
    take_names(row, one);
    row->cross = one->cross;
    for (size_t i = 0; i < n; i++) {
        const struct report_table *x = &part[i].row;
        if (!report_same_bar(one, x))
            continue;
        files++;
        row->n += x->n;
        row->criterion_met = row->criterion_met && x->criterion_met;
        if (isnan(x->value))
            continue;
        row->value = (g.pairs ? row->value : 0) + x->value;
        row->low = fmin(row->low, x->value);
        row->high = fmax(row->high, x->value);
        g.value[g.pairs] = x->value;
        g.pair[g.pairs++] = part[i].pair;
    }
    snprintf(row->file, sizeof row->file, "%d", files);
    r->n++;
    row->value /= g.pairs;
    return g.pairs ? over_seeds(row, g.pair, g.value, g.pairs, seed, stream, a)
                   : 0;
}

int report_averages(struct report *r, struct report_part *part, size_t n,
                    long seed, struct arena *a)
{
    bool *done = arena_get(a, n, sizeof *done);

    if (!done)
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (done[i])
            continue;
        for (size_t k = i; k < n; k++)
            done[k] = done[k] || report_same_bar(&part[i].row, &part[k].row);
        if (average(r, &part[i].row, part, n, seed, a))
            return -1;
    }
    return 0;
}

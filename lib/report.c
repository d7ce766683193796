/* report.c - see report.h. */
#include "report.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "align.h"
#include "arena.h"
#include "err.h"
#include "report_priv.h"
#include "score.h"

bool report_same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

void report_set(char to[H5_TEXT_SIZE], const char *text)
{
    snprintf(to, H5_TEXT_SIZE, "%s", text);
}

struct report_table report_blank(const char *level)
{
    struct report_table row = {
        .lambda = NAN, .value = NAN, .low = NAN, .high = NAN,
        .seeds_low = NAN, .seeds_high = NAN, .chance = NAN, .constant = NAN,
        .null_rotation = NAN, .null_shuffled = NAN, .ceiling = NAN,
        .normalised = NAN, .nearest = NAN, .nearest_recorded = NAN,
        .latent_distance = NAN, .latent_cosine = NAN, .criterion_met = 1,
    };

    report_set(row.level, level);
    return row;
}

bool report_same_number(double x, double y)
{
    return x == y || (isnan(x) && isnan(y));
}

bool report_same_bar(const struct report_table *x,
                     const struct report_table *y)
{
    return report_same(x->panel, y->panel) && report_same(x->bar, y->bar) &&
           report_same(x->method, y->method) && report_same(x->site, y->site) &&
           report_same(x->map, y->map) && x->dims == y->dims &&
           report_same_number(x->lambda, y->lambda);
}

double report_normalised(const struct report_table *row)
{
    double null = isnan(row->null_shuffled) ? row->null_rotation
                                            : row->null_shuffled;

    return row->ceiling - null > 0.05
           ? (row->value - null) / (row->ceiling - null) : NAN;
}

/* ---- what a direction is joined with ---- */

static const char *system_of(const struct report_alignment *x, int number)
{
    return x->model[number - 1].name;
}

/* Is d, of alignment x, the same exchange as e of y? */
static bool same_exchange(const struct report_alignment *x,
                          const struct alignment_directions *d,
                          const struct report_alignment *y,
                          const struct alignment_directions *e)
{
    return report_same(x->preset, y->preset) &&
           report_same(x->site, y->site) && report_same(x->map, y->map) &&
           x->match_phase == y->match_phase && x->dims == y->dims &&
           report_same_number(x->lambda, y->lambda) &&
           report_same(system_of(x, d->source), system_of(y, e->source)) &&
           report_same(system_of(x, d->target), system_of(y, e->target)) &&
           report_same(d->source_variable, e->source_variable) &&
           report_same(d->target_variable, e->target_variable);
}

/* Mean IIA of the shuffled alignments of the same exchange; NaN: none. */
static double null_of(const struct report_input *in,
                      const struct report_alignment *x,
                      const struct alignment_directions *d)
{
    double sum = 0;
    int n = 0;

    for (int i = 0; i < in->nnulls; i++)
        for (size_t k = 0; k < in->null[i].D; k++) {
            const struct alignment_directions *e = &in->null[i].direction[k];
            if (same_exchange(x, d, &in->null[i], e) && !isnan(e->iia_test)) {
                sum += e->iia_test;
                n++;
            }
        }
    return n ? sum / n : NAN;
}

/* Does it carry a whole state over: all the units of its narrowest system? */
static bool is_whole(const struct report_alignment *x)
{
    for (size_t k = 0; k < x->G; k++)
        if (x->model[k].width <= x->dims)
            return true;
    return false;
}

/* IIA within the target (DAS), of its own variable at the same site, by a map
 * of the same form and of as many dimensions. NaN: none; a whole state has
 * none, since its exchange within the target leaves nothing to hold. */
double report_ceiling(const struct report_input *in,
                      const struct report_alignment *x,
                      const struct alignment_directions *d)
{
    for (int i = 0; i < in->nceilings && !is_whole(x); i++) {
        const struct report_alignment *c = &in->ceiling[i];
        if (report_same(c->preset, "das") && report_same(c->map, x->map) &&
            report_same(c->model[0].name, system_of(x, d->target)) &&
            report_same(c->site, x->site) && c->dims == x->dims &&
            c->match_phase == x->match_phase &&
            report_same(c->direction[0].target_variable, d->target_variable))
            return c->direction[0].iia_test;
    }
    return NAN;
}

/* ---- rows ---- */

const char *const report_roles[] = {
    [ROLE_BEHAVIOUR] = "direction", [ROLE_LATENT] = "latent",
    [ROLE_SCORE] = "score", NULL
};

static struct report_table direction_row(const struct report_input *in,
                                         const struct report_alignment *x,
                                         const struct alignment_directions *d)
{
    struct report_table row = report_blank(report_roles[d->role]);

    row.cross = d->source != d->target;
    row.dims = x->dims;
    row.lambda = x->lambda;
    row.value = d->iia_test;
    if (!isnan(d->iia_test)) {
        struct interval y = score_wilson(d->iia_test * d->n_test, d->n_test);
        row.n = d->n_test;
        row.low = y.low;
        row.high = y.high;
    }
    row.chance = d->chance;
    row.constant = d->constant;
    row.null_rotation = d->null_mean;
    row.null_shuffled = null_of(in, x, d);
    row.ceiling = report_ceiling(in, x, d);
    row.normalised = report_normalised(&row);
    row.nearest = d->nearest;
    row.nearest_recorded = d->nearest_recorded;
    row.latent_distance = d->latent_distance;
    row.latent_cosine = d->latent_cosine;
    row.criterion_met = x->criterion_met;
    report_set(row.method, *x->preset ? x->preset : "none");
    report_set(row.site, x->site);
    report_set(row.map, x->map);
    snprintf(row.file, sizeof row.file, "%s", x->file);
    report_set(row.system_1, system_of(x, d->source));
    report_set(row.system_2, system_of(x, d->target));
    report_set(row.source_variable, d->source_variable);
    report_set(row.target_variable, d->target_variable);
    return row;
}

static struct report_table score_row(const struct report_similarity *x,
                                     const struct similarity_scores *s)
{
    struct report_table row = report_blank("similarity");

    row.cross = !report_same(x->system[0], x->system[1]);
    row.n = s->n;
    row.value = s->value;
    row.low = s->value - score_z95 * s->sd;
    row.high = s->value + score_z95 * s->sd;
    row.criterion_met = x->criterion_met;
    report_set(row.bar, s->options);
    report_set(row.method, s->measure);
    report_set(row.site, x->site);
    snprintf(row.file, sizeof row.file, "%s", x->file);
    report_set(row.system_1, x->system[0]);
    report_set(row.system_2, x->system[1]);
    return row;
}

/* ---- panels ---- */

/* A direct map: from one system into another, and not back. */
static bool is_direct(const struct report_alignment *x)
{
    return x->G == 2 && x->D == 1;
}

static enum order order_of(const struct report_input *in)
{
    enum order order = ORDER_SORTED;

    for (int i = 0; i < in->nalignments; i++) {
        const struct report_alignment *x = &in->alignment[i];
        if (is_direct(x))
            return ORDER_ARROW;
        for (size_t d = 0; d < x->D; d++)
            if (x->direction[d].role != ROLE_BEHAVIOUR)
                order = ORDER_GIVEN;
    }
    return order;
}

/* Put the part into the panel of these n types. */
static int into_panel(struct report_part *part, const char **type, int n,
                      const char *between, bool keep, struct arena *a)
{
    const char *panel = report_panel(type, n, between, keep, a);

    if (!panel)
        return -1;
    if (strlen(panel) >= H5_TEXT_SIZE)
        return err_set(EX_DATAERR, "%s: too many systems for a panel: %s",
                       part->row.file, panel);
    report_set(part->row.panel, panel);
    report_set(part->row.type_1, type[0]);
    report_set(part->row.type_2, n == 2 ? type[1] : "");
    return 0;
}

static int place(struct report_part *part, enum order order, int source,
                 int target, struct arena *a)
{
    const struct report_pair *p = part->pair;
    const char *type[REPORT_SYSTEMS];
    bool swapped = p->swapped && order == ORDER_SORTED;

    if (source)
        snprintf(part->row.direction, sizeof part->row.direction, "%dto%d",
                 swapped ? 3 - source : source, swapped ? 3 - target : target);
    if (order == ORDER_ARROW && source) {
        type[0] = p->type[source - 1];
        type[1] = p->type[target - 1];
        part->alone = source == target;
        return into_panel(part, type, part->alone ? 1 : 2, " → ", true, a);
    }
    memcpy(type, p->type, sizeof type);
    part->numbered = p->n == 2;
    return into_panel(part, type, p->n, " × ", order == ORDER_GIVEN, a);
}

static struct report_pair *pair_of(int n, struct arena *a)
{
    struct report_pair *p = arena_get(a, 1, sizeof *p);

    if (p)
        p->n = n;
    return p;
}

static int name_system(struct report_pair *p, int i, const char *task,
                       const char *arch, const char *name, struct arena *a)
{
    p->name[i] = name;
    p->type[i] = report_type(task, arch, name, a);
    p->swapped = i == 1 && p->n == 2 && p->type[i] &&
                 strcmp(p->type[0], p->type[1]) > 0;
    return p->type[i] ? 0 : -1;
}

static int all_directions(struct report_part *part,
                          const struct report_input *in, enum order order,
                          struct arena *a)
{
    for (int i = 0; i < in->nalignments; i++) {
        const struct report_alignment *x = &in->alignment[i];
        struct report_pair *p = pair_of((int)x->G, a);
        const char *bar = report_variables(x, a);
        if (!p || !bar)
            return -1;
        if (strlen(bar) >= H5_TEXT_SIZE)
            return err_set(EX_DATAERR, "%s: too many variables for a bar: %s",
                           x->file, bar);
        for (size_t k = 0; k < x->G; k++)
            if (name_system(p, (int)k, x->model[k].task, x->model[k].arch,
                            x->model[k].name, a))
                return -1;
        for (size_t k = 0; k < x->D; k++, part++) {
            const struct alignment_directions *d = &x->direction[k];
            *part = (struct report_part){
                .row = direction_row(in, x, d), .pair = p, .role = d->role };
            report_set(part->row.bar, bar);
            if (place(part, order, d->source, d->target, a))
                return -1;
        }
    }
    return 0;
}

static int all_scores(struct report_part *part, const struct report_input *in,
                      enum order order, struct arena *a)
{
    for (int i = 0; i < in->nsimilarities; i++) {
        const struct report_similarity *x = &in->similarity[i];
        struct report_pair *p = pair_of(2, a);
        for (int k = 0; k < 2; k++)
            if (!p || name_system(p, k, x->task[k], x->arch[k], x->system[k],
                                  a))
                return -1;
        for (size_t k = 0; k < x->M; k++, part++) {
            *part = (struct report_part){
                .row = score_row(x, &x->score[k]), .pair = p };
            if (place(part, order, 0, 0, a))
                return -1;
        }
    }
    return 0;
}

/* ---- joining ---- */

int report_check(const struct report_alignment *x, int n, bool shuffled)
{
    for (int i = 0; i < n; i++) {
        if (x[i].shuffled != shuffled)
            return err_set(EX_DATAERR, "%s: made from %s interventions",
                           x[i].file, shuffled ? "true, not shuffled,"
                                               : "shuffled");
        if (x[i].G < 1 || x[i].G > REPORT_SYSTEMS || x[i].D < 1)
            return err_set(EX_DATAERR, "%s: %zu systems and %zu directions",
                           x[i].file, x[i].G, x[i].D);
        for (size_t k = 0; k < x[i].D; k++) {
            const struct alignment_directions *d = &x[i].direction[k];
            if (d->source < 1 || d->target < 1 ||
                (size_t)d->source > x[i].G || (size_t)d->target > x[i].G)
                return err_set(EX_DATAERR, "%s: a direction names a system "
                               "that is not there", x[i].file);
            if (d->role > ROLE_SCORE)
                return err_set(EX_DATAERR, "%s: a direction has no role",
                               x[i].file);
        }
    }
    return 0;
}

/* The same systems, variables and method. */
static bool same_alignment(const struct report_alignment *x,
                           const struct report_alignment *y)
{
    bool all = x->G == y->G && x->D == y->D;

    for (size_t k = 0; all && k < x->D; k++)
        all = same_exchange(x, &x->direction[k], y, &y->direction[k]);
    return all;
}

static int check_input(const struct report_input *in)
{
    if (report_check(in->alignment, in->nalignments, false) ||
        report_check(in->null, in->nnulls, true) ||
        report_check(in->ceiling, in->nceilings, false))
        return -1;
    for (int i = 0; i < in->nalignments; i++)
        for (int k = 0; k < i; k++)
            if (same_alignment(&in->alignment[i], &in->alignment[k]))
                return err_set(EX_DATAERR, "%s: the same exchange as in %s: it "
                               "would count twice", in->alignment[i].file,
                               in->alignment[k].file);
    for (int i = 0; i < in->nceilings; i++)
        if (in->ceiling[i].G != 1)
            return err_set(EX_DATAERR, "%s: a ceiling has one system, not %zu",
                           in->ceiling[i].file, in->ceiling[i].G);
    return 0;
}

static void append(struct report *r, const struct report_part *part, size_t n)
{
    for (size_t i = 0; i < n; i++)
        r->row[r->n++] = part[i].row;
}

int report_join(struct report *r, const char *figure,
                const struct report_input *in, long seed, struct arena *a)
{
    const struct figure *known = report_figure(figure);
    enum order order;
    struct report_part *d, *s;
    size_t n = 0, m = 0;

    if (check_input(in))
        return -1;
    order = order_of(in);
    for (int i = 0; i < in->nalignments; i++)
        n += in->alignment[i].D;
    for (int i = 0; i < in->nsimilarities; i++)
        m += in->similarity[i].M;
    *r = (struct report){
        .figure = figure,
        .caption = known ? known->caption : "Interchange intervention accuracy",
        .criterion_met = true,
        .row = arena_get(a, (REPORT_LINES + 1) * n + 2 * m, sizeof *r->row),
    };
    d = arena_get(a, n, sizeof *d);
    s = arena_get(a, m, sizeof *s);
    if (!r->row || !d || !s || all_directions(d, in, order, a) ||
        all_scores(s, in, order, a) || report_bars(r, d, n, seed, a))
        return -1;
    append(r, d, n);
    if (report_averages(r, s, m, seed, a))
        return -1;
    append(r, s, m);
    if (report_recordings(r, in, d, a) || report_pretended(r, in, seed, a))
        return -1;
    for (size_t i = 0; i < r->n; i++)
        r->criterion_met = r->criterion_met && r->row[i].criterion_met;
    return 0;
}

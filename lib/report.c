/* report.c - see report.h. */
#include "report.h"

#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "align.h"
#include "arena.h"
#include "err.h"
#include "score.h"

enum { BOOTSTRAP_DRAWS = 10000, SYSTEMS_MAX = 8 };

static bool same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

/* ---- names ---- */

static const struct { const char *name, *pretty; } special[] = {
    { "gru", "GRU" }, { "lstm", "LSTM" }, { "mas", "MAS" }, { "das", "DAS" },
    { "cmas", "CMAS" }, { "unimas", "UniMAS" }, { "rsa", "RSA" },
    { "cka", "CKA" },
};

const char *report_pretty(const char *name, struct arena *a)
{
    char *text = arena_text(a, "%s", name);

    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
        if (same(name, special[i].name))
            return special[i].pretty;
    for (char *c = text; c && *c; c++) {
        if (*c == '_')
            *c = ' ';
        if (c == text || c[-1] == ' ' || c[-1] == '-')
            *c = (char)toupper((unsigned char)*c);
    }
    return text;
}

/* "Arithmetic GRU"; a recording without task is called by its name. */
static const char *type_name(const char *task, const char *arch,
                             const char *name, struct arena *a)
{
    const char *t = *task ? report_pretty(task, a) : name;

    return t && *arch ? arena_text(a, "%s %s", t, report_pretty(arch, a)) : t;
}

static void sort(const char **text, int n)
{
    for (int i = 1; i < n; i++)
        for (int k = i; k > 0 && strcmp(text[k - 1], text[k]) > 0; k--) {
            const char *swap = text[k];
            text[k] = text[k - 1];
            text[k - 1] = swap;
        }
}

static const char *join(const char *const *text, int n, const char *between,
                        struct arena *a)
{
    const char *all = n ? text[0] : "";

    for (int i = 1; all && i < n; i++)
        all = arena_text(a, "%s%s%s", all, between, text[i]);
    return all;
}

/* The types in alphabetical order, their architecture once where they share
 * it: "Arithmetic × Multi-Object GRU". */
static const char *panel_name(const char *const *task, const char *const *arch,
                              const char *const *name, int n, struct arena *a)
{
    const char *type[SYSTEMS_MAX];
    bool shared = n > 0 && *arch[0] != 0;

    for (int i = 1; i < n; i++)
        shared = shared && same(arch[i], arch[0]);
    for (int i = 0; i < n; i++)
        if (!(type[i] = type_name(task[i], shared ? "" : arch[i], name[i], a)))
            return NULL;
    sort(type, n);
    const char *all = join(type, n, " × ", a);
    return shared && all
           ? arena_text(a, "%s %s", all, report_pretty(arch[0], a)) : all;
}

static const char *panel_of(const struct report_alignment *x, struct arena *a)
{
    const char *task[SYSTEMS_MAX], *arch[SYSTEMS_MAX], *name[SYSTEMS_MAX];

    for (size_t i = 0; i < x->G; i++) {
        task[i] = x->model[i].task;
        arch[i] = x->model[i].arch;
        name[i] = x->model[i].name;
    }
    return panel_name(task, arch, name, (int)x->G, a);
}

/* The variables that the directions exchange, in alphabetical order. */
static const char *bar_of(const struct report_alignment *x, struct arena *a)
{
    const char *var[SYSTEMS_MAX];
    int n = 0;

    for (size_t d = 0; d < x->D; d++) {
        const char *new = x->direction[d].target_variable;
        int i = 0;
        while (i < n && !same(var[i], new))
            i++;
        if (i == n && n < SYSTEMS_MAX)
            var[n++] = new;
    }
    sort(var, n);
    return join(var, n, " ↔ ", a);
}

/* ---- rows ---- */

static void set(char to[H5_TEXT_SIZE], const char *text)
{
    snprintf(to, H5_TEXT_SIZE, "%s", text);
}

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
    return same(x->preset, y->preset) && same(x->site, y->site) &&
           same(system_of(x, d->source), system_of(y, e->source)) &&
           same(system_of(x, d->target), system_of(y, e->target)) &&
           same(d->source_variable, e->source_variable) &&
           same(d->target_variable, e->target_variable);
}

/* Mean IIA of the shuffled alignments of the same exchange; NaN: none. */
static double null_of(const struct report_input *in,
                      const struct report_alignment *x,
                      const struct alignment_directions *d)
{
    double sum = 0;
    int n = 0;

    for (int i = 0; i < in->nnulls; i++)
        for (size_t k = 0; k < in->null[i].D; k++)
            if (same_exchange(x, d, &in->null[i], &in->null[i].direction[k])) {
                sum += in->null[i].direction[k].iia_test;
                n++;
            }
    return n ? sum / n : NAN;
}

/* IIA within the target, of its own variable; NaN: none. */
static double ceiling_of(const struct report_input *in,
                         const struct report_alignment *x,
                         const struct alignment_directions *d)
{
    for (int i = 0; i < in->nceilings; i++) {
        const struct report_alignment *c = &in->ceiling[i];
        if (same(c->model[0].name, system_of(x, d->target)) &&
            same(c->site, x->site) &&
            same(c->direction[0].target_variable, d->target_variable))
            return c->direction[0].iia_test;
    }
    return NAN;
}

static struct report_table direction_row(const struct report_input *in,
                                         const struct report_alignment *x,
                                         const struct alignment_directions *d)
{
    struct interval y = score_wilson(d->iia_test * d->n_test, d->n_test);
    struct report_table row = {
        .cross = d->source != d->target,
        .n = d->n_test,
        .value = d->iia_test, .low = y.low, .high = y.high,
        .chance = d->chance, .constant = d->constant,
        .null_rotation = d->null_mean, .null_shuffled = null_of(in, x, d),
        .ceiling = ceiling_of(in, x, d),
        .criterion_met = x->criterion_met,
    };

    set(row.level, d->role == ROLE_SCORE ? "score" : "direction");
    set(row.method, *x->preset ? x->preset : "none");
    snprintf(row.file, sizeof row.file, "%s", x->file);
    set(row.system_1, system_of(x, d->source));
    set(row.system_2, system_of(x, d->target));
    snprintf(row.direction, sizeof row.direction, "%dto%d", d->source,
             d->target);
    set(row.source_variable, d->source_variable);
    set(row.target_variable, d->target_variable);
    return row;
}

static bool same_bar(const struct report_table *x, const struct report_table *y)
{
    return same(x->panel, y->panel) && same(x->bar, y->bar) &&
           same(x->method, y->method);
}

/* The columns that a bar averages. */
static double *column(struct report_table *row, int k)
{
    double *at[] = { &row->value, &row->chance, &row->constant,
                     &row->null_rotation, &row->null_shuffled, &row->ceiling };

    return k < (int)(sizeof at / sizeof *at) ? at[k] : NULL;
}

/* The mean over those of d[0..n-1] that belong to the bar of `one`; a column
 * averages the lines that have it. 1: made, 0: no such direction, -1: memory.
 */
static int bar_row(struct report_table *row, const struct report_table *one,
                   bool cross, struct report_table *d, size_t n, long seed,
                   uint32_t stream, struct arena *a)
{
    int *right = arena_get(a, n, sizeof *right);
    int *trials = arena_get(a, n, sizeof *trials);
    const char *file = "";
    int groups = 0, files = 0, count[6] = { 0 };
    struct interval y;

    if (!right || !trials)
        return -1;
    *row = (struct report_table){ .cross = cross, .criterion_met = 1 };
    for (size_t i = 0; i < n; i++) {
        if (!same_bar(one, &d[i]) || !same(d[i].level, "direction") ||
            (cross && !d[i].cross) || d[i].n < 1)
            continue;
        for (int k = 0; column(row, k); k++)
            if (!isnan(*column(&d[i], k))) {
                *column(row, k) += *column(&d[i], k);
                count[k]++;
            }
        trials[groups] = d[i].n;
        right[groups++] = (int)lround(d[i].value * d[i].n);
        files += !same(file, d[i].file);
        file = d[i].file;
        row->n += d[i].n;
        row->criterion_met = row->criterion_met && d[i].criterion_met;
    }
    if (groups == 0)
        return 0;
    for (int k = 0; column(row, k); k++)
        *column(row, k) = count[k] ? *column(row, k) / count[k] : NAN;
    if (score_bootstrap(&y, right, trials, groups, BOOTSTRAP_DRAWS,
                        (uint64_t)seed, stream, a))
        return -1;
    row->low = y.low;
    row->high = y.high;
    set(row->level, "bar");
    set(row->panel, one->panel);
    set(row->bar, one->bar);
    set(row->method, one->method);
    set(row->direction, cross ? "cross" : "all");
    snprintf(row->file, sizeof row->file, "%d", files);
    return 1;
}

static int similarity_row(struct report_table *row,
                          const struct report_similarity *x, size_t k,
                          struct arena *a)
{
    const struct similarity_scores *s = &x->score[k];
    const char *panel = panel_name(x->task, x->arch, x->system, 2, a);

    if (!panel)
        return -1;
    *row = (struct report_table){
        .cross = !same(x->system[0], x->system[1]),
        .n = s->n, .value = s->value,
        .low = s->value - 1.96 * s->sd, .high = s->value + 1.96 * s->sd,
        .chance = NAN, .constant = NAN, .null_rotation = NAN,
        .null_shuffled = NAN, .ceiling = NAN,
        .criterion_met = x->criterion_met,
    };
    set(row->level, "similarity");
    set(row->panel, panel);
    set(row->bar, s->options);
    set(row->method, s->measure);
    snprintf(row->file, sizeof row->file, "%s", x->file);
    set(row->system_1, x->system[0]);
    set(row->system_2, x->system[1]);
    return 0;
}

/* ---- joining ---- */

static int check(const struct report_alignment *x, int n, bool shuffled)
{
    for (int i = 0; i < n; i++) {
        if (x[i].shuffled != shuffled)
            return err_set(EX_DATAERR, "%s: made from %s interventions",
                           x[i].file, shuffled ? "true, not shuffled,"
                                               : "shuffled");
        if (x[i].G < 1 || x[i].G > SYSTEMS_MAX || x[i].D < 1)
            return err_set(EX_DATAERR, "%s: %zu systems and %zu directions",
                           x[i].file, x[i].G, x[i].D);
        for (size_t d = 0; d < x[i].D; d++)
            if (x[i].direction[d].source < 1 || x[i].direction[d].target < 1 ||
                (size_t)x[i].direction[d].source > x[i].G ||
                (size_t)x[i].direction[d].target > x[i].G)
                return err_set(EX_DATAERR, "%s: a direction names a system "
                               "that is not there", x[i].file);
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
    for (int i = 0; i < in->nalignments; i++)
        for (int k = 0; k < i; k++)
            if (same_alignment(&in->alignment[i], &in->alignment[k]))
                return err_set(EX_DATAERR, "%s: the same exchange as in %s: it "
                               "would count twice", in->alignment[i].file,
                               in->alignment[k].file);
    if (check(in->alignment, in->nalignments, false) ||
        check(in->null, in->nnulls, true) ||
        check(in->ceiling, in->nceilings, false))
        return -1;
    for (int i = 0; i < in->nceilings; i++)
        if (in->ceiling[i].G != 1)
            return err_set(EX_DATAERR, "%s: a ceiling has one system, not %zu",
                           in->ceiling[i].file, in->ceiling[i].G);
    return 0;
}

/* Every direction of every alignment. */
static int all_directions(struct report_table *d,
                          const struct report_input *in, struct arena *a)
{
    for (int i = 0; i < in->nalignments; i++) {
        const struct report_alignment *x = &in->alignment[i];
        const char *panel = panel_of(x, a), *bar = bar_of(x, a);
        if (!panel || !bar)
            return -1;
        if (strlen(panel) >= H5_TEXT_SIZE || strlen(bar) >= H5_TEXT_SIZE)
            return err_set(EX_DATAERR, "%s: too many systems for a panel: %s",
                           x->file, panel);
        for (size_t k = 0; k < x->D; k++) {
            *d = direction_row(in, x, &x->direction[k]);
            set(d->panel, panel);
            set((d++)->bar, bar);
        }
    }
    return 0;
}

/* The bars of the n directions d, panel by panel. */
static int all_bars(struct report *r, struct report_table *d, size_t n,
                    long seed, struct arena *a)
{
    bool *done = arena_get(a, n, sizeof *done);

    if (!done)
        return -1;
    for (size_t p = 0; p < n; p++)
        for (size_t i = p; i < n; i++) {
            if (done[i] || !same(d[p].panel, d[i].panel))
                continue;
            for (size_t k = i; k < n; k++)
                done[k] = done[k] || same_bar(&d[i], &d[k]);
            for (int cross = 0; cross < 2; cross++) {
                int made = bar_row(&r->row[r->n], &d[i], cross, d, n, seed,
                                   (uint32_t)r->n, a);
                if (made < 0)
                    return -1;
                r->n += (size_t)made;
            }
        }
    return 0;
}

int report_join(struct report *r, const char *figure,
                const struct report_input *in, long seed, struct arena *a)
{
    const struct figure *known = report_figure(figure);
    size_t n = 0, scores = 0;
    struct report_table *d;

    if (check_input(in))
        return -1;
    for (int i = 0; i < in->nalignments; i++)
        n += in->alignment[i].D;
    for (int i = 0; i < in->nsimilarities; i++)
        scores += in->similarity[i].M;
    *r = (struct report){
        .figure = figure,
        .caption = known ? known->caption : "Interchange intervention accuracy",
        .criterion_met = true,
        .row = arena_get(a, 3 * n + scores, sizeof *r->row),
    };
    d = arena_get(a, n, sizeof *d);
    if (!r->row || !d || all_directions(d, in, a) ||
        all_bars(r, d, n, seed, a))
        return -1;

    memcpy(r->row + r->n, d, n * sizeof *d);
    r->n += n;
    for (int i = 0; i < in->nsimilarities; i++)
        for (size_t k = 0; k < in->similarity[i].M; k++)
            if (similarity_row(&r->row[r->n++], &in->similarity[i], k, a))
                return -1;
    for (size_t i = 0; i < r->n; i++)
        r->criterion_met = r->criterion_met && r->row[i].criterion_met;
    return 0;
}

const struct report_table *report_bar(const struct report *r,
                                      const char *panel, const char *bar,
                                      const char *direction)
{
    for (size_t i = 0; i < r->n; i++)
        if (same(r->row[i].level, "bar") && same(r->row[i].panel, panel) &&
            same(r->row[i].bar, bar) && same(r->row[i].method, "mas") &&
            same(r->row[i].direction, direction))
            return &r->row[i];
    return NULL;
}

/* report_session.c - what was recorded: units, a few trials, tuning, coverage;
 * see report.h. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acts.h"
#include "arena.h"
#include "err.h"
#include "pairs.h"
#include "recording.h"
#include "report_priv.h"
#include "score.h"
#include "tally.h"

enum { TRIALS = 3, STEPS = 400, TUNED = 6, TUPLES = 1000, DRAWS = 1000 };

struct work {
    struct report *r;
    const struct acts *x;
    const struct acts_site *at;
    int variable;               /* what units are sorted by                  */
    int *rank;                  /* (M) of each unit                          */
    uint64_t seed;
    struct arena *a;
};

static double state_of(const struct work *w, size_t row, int unit)
{
    return (double)w->at->states[row * (size_t)w->at->M + (size_t)unit];
}

/* ---- names ---- */

/* "phase = response": a value of variable v. */
static void put_value(char *to, size_t size, const struct acts *x, int v,
                      int32_t value)
{
    const struct recording *r = x->recording;
    const char *code = NULL;

    for (int k = 0; r && k < r->nvariables; k++)
        if (report_same(r->variable[k].name, x->var[v].name) &&
            r->variable[k].code && value >= 0 &&
            (size_t)value < r->variable[k].ncodes)
            code = r->variable[k].code[value];
    if (code)
        snprintf(to, size, "%s = %s", x->var[v].name, code);
    else
        snprintf(to, size, "%s = %d", x->var[v].name, value);
}

/* The variables that are `in` the tuple (NULL: all), but for the one of the
 * work. */
static void put_others(char to[H5_TEXT_SIZE], const struct work *w,
                       const int32_t *tuple, const bool *in)
{
    size_t used = 0;

    *to = '\0';
    for (int v = 0; v < w->x->nvars && used + 2 < H5_TEXT_SIZE; v++) {
        if (v == w->variable || (in && !in[v]))
            continue;
        if (used)
            used += (size_t)snprintf(to + used, 3, ", ");
        put_value(to + used, H5_TEXT_SIZE - used, w->x, v, tuple[v]);
        used += strlen(to + used);
    }
}

static void tuple_of(const struct acts *x, size_t row, int32_t *tuple)
{
    for (int v = 0; v < x->nvars; v++)
        tuple[v] = x->var[v].value[row];
}

/* ---- units ---- */

static int by_correlation(const void *a, const void *b)
{
    const struct report_units *x = a, *y = b;

    return x->correlation < y->correlation ? 1
         : x->correlation > y->correlation ? -1 : x->unit - y->unit;
}

/* Over the eligible rows. A unit that does not vary has correlation 0. */
static struct report_units unit_of(const struct work *w, int unit)
{
    const int32_t *value = w->x->var[w->variable].value;
    double n = 0, s = 0, v = 0, ss = 0, vv = 0, sv = 0, spread;

    for (size_t row = 0; row < w->x->S; row++) {
        double state = state_of(w, row, unit), is = value[row];
        if (!w->x->eligible[row])
            continue;
        n++;
        s += state, ss += state * state;
        v += is, vv += is * is, sv += state * is;
    }
    s /= n, v /= n;
    ss = fmax(0, ss / n - s * s), vv = fmax(0, vv / n - v * v);
    spread = sqrt(ss * vv);
    return (struct report_units){
        .unit = unit, .mean = s, .sd = sqrt(ss),
        .correlation = spread > 0 ? (sv / n - s * v) / spread : 0 };
}

static int put_units(struct work *w)
{
    struct report *r = w->r;

    r->nunits = (size_t)w->at->M;
    r->unit = arena_get(w->a, r->nunits, sizeof *r->unit);
    w->rank = arena_get(w->a, r->nunits, sizeof *w->rank);
    if (!r->unit || !w->rank)
        return -1;
    for (int k = 0; k < w->at->M; k++)
        r->unit[k] = unit_of(w, k);
    qsort(r->unit, r->nunits, sizeof *r->unit, by_correlation);
    for (int k = 0; k < w->at->M; k++) {
        r->unit[k].rank = k;
        w->rank[r->unit[k].unit] = k;
    }
    return 0;
}

/* In SDs from the unit's mean. */
static double score_of(const struct work *w, size_t row, int unit)
{
    const struct report_units *u = &w->r->unit[w->rank[unit]];

    return u->sd > 0 ? (state_of(w, row, unit) - u->mean) / u->sd : 0;
}

/* ---- trials ---- */

static int eligible_rows(const struct acts *x, size_t trial)
{
    int n = 0;

    for (int t = 0; t < x->length[trial]; t++)
        n += x->eligible[x->first[trial] + t] != 0;
    return n;
}

/* Trials at the sixths of the numbers of eligible rows, among those of the
 * test split (of all where it has none). */
static int choose_trials(const struct work *w, size_t shown[TRIALS])
{
    const struct acts *x = w->x;
    double *rows = arena_get(w->a, x->N, sizeof *rows);
    size_t n = 0;
    bool test = false;

    for (size_t k = 0; k < x->N; k++)
        test = test || x->split[k] == SPLIT_TEST;
    for (size_t k = 0; rows && k < x->N; k++)
        if (!test || x->split[k] == SPLIT_TEST)
            rows[n++] = eligible_rows(x, k);
    for (int i = 0; rows && i < TRIALS; i++) {
        double want = score_quantile(rows, n, (2 * i + 1) / (2. * TRIALS));
        double best = INFINITY;
        for (size_t k = 0; k < x->N; k++) {
            double off = fabs(eligible_rows(x, k) - want);
            bool taken = test && x->split[k] != SPLIT_TEST;
            for (int j = 0; j < i; j++)
                taken = taken || shown[j] == k;
            if (!taken && off < best) {
                best = off;
                shown[i] = k;
            }
        }
        if (isinf(best))
            return i;
    }
    return rows ? TRIALS : -1;
}

/* That are shown. */
static int steps_of(const struct work *w, size_t trial)
{
    return w->x->length[trial] < STEPS ? w->x->length[trial] : STEPS;
}

static void put_step(struct work *w, size_t trial, int step)
{
    const struct acts *x = w->x;
    size_t row = (size_t)x->first[trial] + (size_t)step;
    struct report_steps *s = &w->r->step[w->r->nsteps++];
    int32_t tuple[TASK_VARS];
    bool timed = x->recording && x->recording->time;

    *s = (struct report_steps){
        .trial = (int32_t)trial, .step = step, .eligible = x->eligible[row],
        .time = timed ? x->recording->time[row] -
                        x->recording->time[x->first[trial]] : NAN,
        .value = x->var[w->variable].value[row] };
    tuple_of(x, row, tuple);
    if (s->eligible)
        put_others(s->others, w, tuple, NULL);
    for (int k = 0; k < w->at->M; k++)
        w->r->cell[w->r->ncells++] = (struct report_cells){
            .trial = (int32_t)trial, .step = step, .unit = k,
            .rank = w->rank[k], .state = score_of(w, row, k) };
}

static int put_trials(struct work *w)
{
    size_t shown[TRIALS] = { 0 }, most = 0;
    int n = choose_trials(w, shown);

    if (n < 0)
        return -1;
    for (int i = 0; i < n; i++)
        most += (size_t)steps_of(w, shown[i]);
    w->r->step = arena_get(w->a, most, sizeof *w->r->step);
    w->r->cell = arena_get(w->a, most * (size_t)w->at->M, sizeof *w->r->cell);
    if (!w->r->step || !w->r->cell)
        return -1;
    for (int i = 0; i < n; i++)
        for (int t = 0; t < steps_of(w, shown[i]); t++)
            put_step(w, shown[i], t);
    return 0;
}

/* ---- tuning ---- */

/* Mean of a unit over these rows, and its 95 % interval: trials, not the rows
 * within them, are resampled. -1: memory. */
static int mean_over(struct report_tuning *y, const struct work *w, int unit,
                     const size_t *row, size_t n, struct arena *a)
{
    double (*x)[2] = arena_get(a, n, sizeof *x), sum[2] = { 0 };
    int32_t *trial = arena_get(a, n, sizeof *trial);
    struct interval interval;
    int trials;

    for (size_t k = 0; x && trial && k < n; k++) {
        trial[k] = w->x->trial[row[k]];
        sum[0] += x[k][0] = 1;
        sum[1] += x[k][1] = score_of(w, row[k], unit);
    }
    if (!x || !trial ||
        (trials = score_clusters(&interval, score_mean, &(struct score_rows){
            n, 2, *x, trial }, DRAWS, w->seed, (uint32_t)unit, a)) < 0)
        return -1;
    *y = (struct report_tuning){
        .unit = unit, .rank = w->rank[unit], .n = (int32_t)n,
        .trials = trials, .mean = score_mean(sum), .low = interval.low,
        .high = interval.high };
    return 0;
}

/* The first three and the last three units. */
static bool is_tuned(const struct work *w, int rank)
{
    return rank < TUNED / 2 || rank >= w->at->M - TUNED / 2;
}

/* The shown units over the rows of a tuple. */
static int put_tuple(struct work *w, const int32_t *tuple, const size_t *row,
                     size_t n, struct arena *one)
{
    for (int rank = 0; rank < w->at->M; rank++) {
        struct report_tuning *y = &w->r->tuning[w->r->ntuning];
        if (!is_tuned(w, rank))
            continue;
        arena_reset(one);
        if (mean_over(y, w, w->r->unit[rank].unit, row, n, one))
            return -1;
        y->value = tuple[w->variable];
        put_others(y->others, w, tuple, NULL);
        w->r->ntuning++;
    }
    return 0;
}

/* A line for each tuple and shown unit; none of more tuples than a picture
 * shows. */
static int put_tuning(struct work *w)
{
    const struct acts *x = w->x;
    size_t n = 0, tuples = 0, *row = arena_get(w->a, x->S, sizeof *row);
    size_t *part = arena_get(w->a, x->S, sizeof *part), past;
    struct arena *one;
    struct tally t;
    int rc;

    for (size_t k = 0; row && k < x->S; k++)
        if (x->eligible[k])
            row[n++] = k;
    if (!row || !part || tally_open(&t, x->nvars, n, w->a))
        return -1;
    for (size_t k = 0; k < n; k++)
        tuple_of(x, row[k], tally_line(&t, k));
    tally_sort(&t);
    for (size_t k = 0; k < n; k = past, tuples++)
        past = tally_before(&t, tally_line(&t, t.order[k]), 1);
    if (tuples > TUPLES)
        return 0;
    w->r->tuning = arena_get(w->a, tuples * TUNED, sizeof *w->r->tuning);
    one = arena_beside(w->a);
    rc = w->r->tuning && one ? 0 : -1;
    for (size_t k = 0; k < n && rc == 0; k = past) {
        const int32_t *tuple = tally_line(&t, t.order[k]);
        past = tally_before(&t, tuple, 1);
        for (size_t i = k; i < past; i++)
            part[i - k] = row[t.order[i]];
        rc = put_tuple(w, tuple, part, past - k, one);
    }
    arena_close(one);
    return rc;
}

/* ---- coverage ---- */

/* "phase=0 count=3": which variables, and their values. */
static void read_tuple(const struct acts *x, const char *text, int32_t *tuple,
                       bool *in)
{
    while (*text) {
        size_t n = strcspn(text, "=");
        for (int v = 0; text[n] && v < x->nvars; v++)
            if (!strncmp(x->var[v].name, text, n) && !x->var[v].name[n]) {
                in[v] = true;
                tuple[v] = (int32_t)strtol(text + n + 1, NULL, 10);
            }
        text += n;
        text += strcspn(text, " ");
        text += strspn(text, " ");
    }
}

static int put_coverage(struct work *w, const struct pairs *const *p, int n)
{
    size_t most = 0;

    for (int i = 0; i < n; i++)
        most += p[i]->U;
    if (!(w->r->coverage = arena_get(w->a, most, sizeof *w->r->coverage)))
        return -1;
    for (int i = 0; i < n; i++)
        for (size_t k = 0; k < p[i]->U; k++) {
            const struct coverage *c = &p[i]->coverage[k];
            struct report_coverage *y = &w->r->coverage[w->r->ncoverage++];
            int32_t tuple[TASK_VARS] = { 0 };
            bool in[TASK_VARS] = { 0 };
            read_tuple(w->x, c->variables, tuple, in);
            *y = (struct report_coverage){
                .split = (uint8_t)c->split, .value = tuple[w->variable],
                .recorded = c->matches, .wanted = c->wanted };
            report_set(y->variable, p[i]->target_variable);
            put_others(y->others, w, tuple, in);
            snprintf(y->file, sizeof y->file, "%s", p[i]->file);
        }
    return 0;
}

/* ---- all ---- */

/* Which system of an alignment the recording is, from 1; 0: none. */
static int number_of(const struct report_alignment *y, const struct acts *x)
{
    for (size_t k = 0; k < y->G; k++)
        if (report_same(y->model[k].activations_sha256, x->sha256))
            return (int)k + 1;
    return 0;
}

/* The first variable that is exchanged alone: by the interventions, else by the
 * alignments; without one, the first that was recorded. */
static int choose_variable(const struct acts *x, const struct report_input *in,
                           const struct pairs *const *p, int n)
{
    int v = -1;

    for (int i = 0; i < n && v < 0; i++)
        v = acts_variable(x, p[i]->target_variable);
    for (int i = 0; i < in->nalignments; i++) {
        const struct report_alignment *y = &in->alignment[i];
        for (size_t k = 0; k < y->D && v < 0; k++) {
            const struct alignment_directions *d = &y->direction[k];
            if (d->source == number_of(y, x))
                v = acts_variable(x, d->source_variable);
            else if (d->target == number_of(y, x))
                v = acts_variable(x, d->target_variable);
        }
    }
    return v < 0 ? 0 : v;
}

/* Is it a recording, and one that takes part? */
static int check_recording(const struct acts *x, const struct report_input *in)
{
    if (x->accessible)
        return err_set(EX_DATAERR, "%s is no recording: it can be run",
                       x->system);
    for (int i = 0; i < in->nalignments; i++)
        if (number_of(&in->alignment[i], x))
            return 0;
    for (int i = 0; i < in->npretended; i++)
        if (number_of(&in->pretended[i].learnt, x))
            return 0;
    return err_set(EX_DATAERR, "none of the alignments is of these activations "
                   "of %s", x->system);
}

static int check(const struct acts *x, const struct pairs *const *p, int n)
{
    size_t rows = 0;

    for (int i = 0; i < n; i++) {
        if (!report_same(p[i]->target_sha256, x->sha256))
            return err_set(EX_DATAERR, "%s: its target is not the recording "
                           "%s", p[i]->file, x->system);
        if (acts_site(x, p[i]->site) < 0)
            return err_set(EX_DATAERR, "%s: %s has no site %s", p[i]->file,
                           x->system, p[i]->site);
    }
    for (size_t k = 0; k < x->S; k++)
        rows += x->eligible[k] != 0;
    return rows && x->nvars && x->N ? 0 :
           err_set(EX_DATAERR, "%s: no row with a variable", x->system);
}

int report_session(struct report *r, const struct report_input *in,
                   const struct acts *x, const struct pairs *const *p, int n,
                   long seed, struct arena *a)
{
    struct work w = { .r = r, .x = x, .seed = (uint64_t)seed, .a = a };

    if (!x)
        return n ? err_set(EX_USAGE, "--interventions: of which --recording?")
                 : 0;
    if (check_recording(x, in) || check(x, p, n))
        return -1;
    w.variable = choose_variable(x, in, p, n);
    w.at = &x->site[n ? acts_site(x, p[0]->site) : 0];
    r->recording = x->system;
    r->variable = x->var[w.variable].name;
    return put_units(&w) || put_trials(&w) || put_tuning(&w) ||
           put_coverage(&w, p, n) ? -1 : 0;
}

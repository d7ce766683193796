#include "import.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "acts.h"
#include "arena.h"
#include "codes.h"
#include "err.h"
#include "log.h"
#include "recording.h"
#include "rng.h"
#include "tally.h"

int import_shares(const char *text, double share[SPLITS])
{
    static const char usual[] = "train=0.8,valid=0.1,test=0.1";
    double sum = 0;

    for (int s = 0; s < SPLITS; s++)
        share[s] = 0;
    for (const char *at = text ? text : usual; at; ) {
        size_t length = strcspn(at, "=");
        int s = split_called(at, length);
        const char *number = at + length + (at[length] == '=');
        char *end;
        double x = strtod(number, &end);

        if (s == SPLITS || end == number || (*end && *end != ',') ||
            !(x >= 0) || share[s] > 0)
            return err_set(EX_USAGE, "--split-by %s: not of the form %s", text,
                           usual);
        sum += share[s] = x;
        at = *end ? end + 1 : NULL;
    }
    return fabs(sum - 1) < 1e-6 ? 0 :
           err_set(EX_USAGE, "--split-by %s: the shares sum up to %.6g, not 1",
                   text, sum);
}

/* ---- rows ---- */

static bool has_values(const struct acts *x, size_t row)
{
    for (int v = 0; v < x->nvars; v++)
        if (x->var[v].value[row] == RECORDING_MISSING)
            return false;
    return true;
}

static int set_rows(struct acts *x, const struct recording *r,
                    struct arena *a)
{
    if (!(x->eligible = arena_get(a, r->S, sizeof *x->eligible)) ||
        !(x->first = arena_get(a, r->N, sizeof *x->first)) ||
        !(x->length = arena_get(a, r->N, sizeof *x->length)))
        return -1;
    for (int v = 0; v < r->nvariables; v++)
        x->var[x->nvars++] = (struct acts_variable){ r->variable[v].name,
                                                     r->variable[v].value };
    for (size_t row = 0; row < r->S; row++) {
        if (r->step[row] == 0)
            x->first[r->trial[row]] = (int64_t)row;
        x->length[r->trial[row]]++;
        x->eligible[row] = r->observed[row] && has_values(x, row);
    }
    return 0;
}

static int set_states(struct acts *x, const struct recording *r,
                      struct arena *a)
{
    size_t n = r->S * (size_t)r->m;
    struct acts_site *site = &x->site[x->nsites++];

    *site = (struct acts_site){
        .name = "hidden", .M = r->m,
        .states = arena_get(a, n, sizeof *site->states) };
    for (size_t i = 0; site->states && i < n; i++)
        site->states[i] = (real)r->x[i];
    return site->states ? 0 : -1;
}

/* ---- splits ---- */

/* The variables of each trial's last eligible row, trials in random order;
 * missing where there is none. */
static int sort_trials(struct tally *t, const struct acts *x, uint32_t *order,
                       long seed, struct arena *a)
{
    struct rng rng = rng_at((uint64_t)seed, RNG_SPLIT, 0, 0);

    rng_permute(&rng, order, (uint32_t)x->N);
    if (tally_open(t, x->nvars + 1, x->N, a))
        return -1;
    for (size_t k = 0; k < x->N; k++) {
        int64_t first = x->first[order[k]];
        int64_t row = first + x->length[order[k]];
        while (row > first && !x->eligible[row - 1])
            row--;
        for (int v = 0; v < x->nvars; v++)
            tally_line(t, k)[v] = row > first ? x->var[v].value[row - 1]
                                              : RECORDING_MISSING;
    }
    tally_sort(t);
    return 0;
}

/* The split that lacks the most of its share when n trials are given out. */
static int most_wanting(const double share[SPLITS], const size_t has[SPLITS],
                        size_t n)
{
    int most = 0;

    for (int s = 1; s < SPLITS; s++)
        if (share[s] * (double)n - (double)has[s] >
            share[most] * (double)n - (double)has[most])
            most = s;
    return most;
}

/* Trials of a group belong together; else each is its own. */
static size_t group_of(const struct recording *r, size_t trial)
{
    return r->group ? (size_t)r->group[trial] : trial;
}

static size_t count_groups(const struct recording *r)
{
    size_t n = 0;

    for (size_t k = 0; k < r->N; k++)
        n = group_of(r, k) >= n ? group_of(r, k) + 1 : n;
    return n;
}

static int draw_splits(struct acts *x, const struct recording *r,
                       const struct import_plan *p, struct arena *a)
{
    uint32_t *order = arena_get(a, x->N, sizeof *order);
    uint8_t *given = arena_get(a, count_groups(r), sizeof *given);
    size_t has[SPLITS] = { 0 };         /* given: 1 + the group's split */
    struct tally t;

    if (!order || !given || sort_trials(&t, x, order, p->seed, a))
        return -1;
    for (size_t k = 0; k < x->N; k++) {
        size_t trial = order[t.order[k]];
        uint8_t *s = &given[group_of(r, trial)];
        if (!*s)
            *s = (uint8_t)(1 + most_wanting(p->share, has, k + 1));
        x->split[trial] = (uint8_t)(*s - 1);
        has[x->split[trial]]++;
    }
    for (int s = 0; s < SPLITS; s++)
        if (p->share[s] > 0 && !has[s])
            return err_set(EX_DATAERR, "%zu trial%s: none is for %s; splits "
                           "are by trial%s (--trial, --split-by)", x->N,
                           x->N == 1 ? "" : "s", split_name[s],
                           r->group ? ", and those that share times have one"
                                    : "");
    return 0;
}

/* No group is in two splits. */
static int check_groups(const struct acts *x, const struct recording *r,
                        struct arena *a)
{
    size_t *last = arena_get(a, count_groups(r), sizeof *last);

    if (!last)
        return -1;
    for (size_t n = 0; n < x->N; n++) {
        size_t *other = &last[group_of(r, n)];  /* 1 + one before it */
        if (*other && x->split[n] != x->split[*other - 1])
            return err_set(EX_DATAERR, "trials %zu (%s) and %zu (%s) share "
                           "times; see --window", *other - 1,
                           split_name[x->split[*other - 1]], n,
                           split_name[x->split[n]]);
        *other = n + 1;
    }
    return 0;
}

static int set_splits(struct acts *x, const struct recording *r,
                      const struct import_plan *p, struct arena *a)
{
    if (!(x->split = arena_get(a, x->N, sizeof *x->split)))
        return -1;
    if (!r->split)
        return draw_splits(x, r, p, a);
    for (size_t n = 0; n < x->N; n++) {
        int s = split_called(r->split[n], strlen(r->split[n]));
        if (s == SPLITS)
            return err_set(EX_DATAERR, "trial %zu: no split %s", n,
                           r->split[n]);
        x->split[n] = (uint8_t)s;
    }
    return check_groups(x, r, a);
}

/* ---- coverage ---- */

struct tuples {
    const struct acts *x;
    struct tally rows;          /* of eligible rows: variables, split         */
    size_t trials[SPLITS];
    size_t train, missing;      /* rows of training trials                    */
    size_t lacking, uncovered;  /* of the missing, why                        */
};

static int count_tuples(struct tuples *t, const struct recording *r,
                        struct arena *a)
{
    const struct acts *x = t->x;
    size_t n = 0;

    for (size_t row = 0; row < x->S; row++) {
        bool train = x->split[x->trial[row]] == SPLIT_TRAIN;
        n += x->eligible[row] != 0;
        t->train += train && r->observed[row];
        t->lacking += train && r->observed[row] && !x->eligible[row];
    }
    if (tally_open(&t->rows, x->nvars + 1, n, a))
        return -1;
    n = 0;
    for (size_t row = 0; row < x->S; row++)
        if (x->eligible[row]) {
            int32_t *cell = tally_line(&t->rows, n++);
            for (int v = 0; v < x->nvars; v++)
                cell[v] = x->var[v].value[row];
            cell[x->nvars] = x->split[x->trial[row]];
        }
    tally_sort(&t->rows);
    for (size_t k = 0; k < x->N; k++)
        t->trials[x->split[k]]++;
    return 0;
}

/* "count=3 side=left", cut where it is longer. */
static void name_tuple(const struct recording *r, const int32_t *cell,
                       char *to, size_t size)
{
    size_t used = 0;

    *to = '\0';
    for (int k = 0; k < r->nvariables && used < size; k++) {
        const struct recording_variable *v = &r->variable[k];
        used += (size_t)(v->code
            ? snprintf(to + used, size - used, "%s%s=%s", k ? " " : "",
                       v->name, v->code[cell[k]])
            : snprintf(to + used, size - used, "%s%s=%d", k ? " " : "",
                       v->name, cell[k]));
    }
}

/* The lines of the tally from k on that have the same variables: how many in
 * each split. Where they end. */
static size_t count_one(const struct tuples *t, size_t k, size_t n[SPLITS])
{
    const int32_t *key = tally_line(&t->rows, t->rows.order[k]);
    int nvars = t->x->nvars;

    for (int s = 0; s < SPLITS; s++)
        n[s] = 0;
    for (; k < t->rows.n; k++) {
        const int32_t *cell = tally_line(&t->rows, t->rows.order[k]);
        if (memcmp(cell, key, (size_t)nvars * sizeof *cell))
            break;
        n[cell[nvars]]++;
    }
    return k;
}

static void say_tuples(struct tuples *t, const struct recording *r)
{
    enum { MOST = 40 };
    size_t n[SPLITS], said = 0, past;
    char name[96];

    for (size_t k = 0; k < t->rows.n; k = past) {
        const int32_t *key = tally_line(&t->rows, t->rows.order[k]);
        bool covered = true;

        past = count_one(t, k, n);
        for (int s = SPLIT_TRAIN + 1; s < SPLITS; s++)
            covered = covered && (n[s] || !t->trials[s]);
        if (!covered)
            t->uncovered += n[SPLIT_TRAIN];
        if (!t->x->nvars || said++ >= MOST)
            continue;
        name_tuple(r, key, name, sizeof name);
        log_line("  %-32s train %7zu  valid %7zu  test %7zu%s", name,
                 n[SPLIT_TRAIN], n[SPLIT_VALID], n[SPLIT_TEST],
                 covered ? "" : "  missing");
    }
    if (said > MOST)
        log_line("  and %zu more tuples", said - MOST);
    t->missing = t->lacking + t->uncovered;
}

static int check_tuples(const struct acts *x, const struct recording *r,
                        const struct import_plan *p, struct arena *a)
{
    struct tuples t = { .x = x };
    double share;

    if (count_tuples(&t, r, a))
        return -1;
    log_line("%s: %d units, %zu trials (train %zu, valid %zu, test %zu), %zu "
             "rows, %zu of them eligible", x->system, r->m, x->N,
             t.trials[SPLIT_TRAIN], t.trials[SPLIT_VALID],
             t.trials[SPLIT_TEST], x->S, t.rows.n);
    for (int k = 0; k < r->nvariables; k++) {
        const struct recording_variable *v = &r->variable[k];
        if (v->code)
            log_line("  %s: %s", v->name, codes_legend(v->code, v->ncodes, a));
    }
    say_tuples(&t, r);
    if (!t.rows.n)
        return err_set(EX_DATAERR, "no row is eligible: none was observed with "
                       "a value of every variable");
    share = t.train ? (double)t.missing / (double)t.train : 0;
    if (share > p->max_missing)
        return err_set(EX_DATAERR, "%.3g of the training rows are missing (%zu "
                       "of %zu lack a value, %zu have a tuple without rows in "
                       "another split), more than --max-missing %g",
                       share, t.lacking, t.train, t.uncovered,
                       p->max_missing);
    return 0;
}

static int count_constant(const struct recording *r)
{
    const size_t m = (size_t)r->m;
    int n = 0;

    for (size_t u = 0; u < m; u++) {
        size_t row = 1;
        while (row < r->S && r->x[row * m + u] == r->x[u])
            row++;
        n += row == r->S;
    }
    return n;
}

static struct acts *make(struct recording *r, const struct import_plan *p,
                         struct arena *a)
{
    struct acts *x = arena_get(a, 1, sizeof *x);
    int constant;

    if (!x)
        return NULL;
    for (int k = 0; k < p->ncodes; k++)
        if (codes_given(r, p->codes[k], p->path, a))
            return NULL;
    if (treat_rows(r, &p->treat, a))
        return NULL;
    constant = count_constant(r);
    *x = (struct acts){ .system = p->system ? p->system : basename(p->path),
                        .arch = "", .criterion_met = true,
                        .S = r->S, .N = r->N, .trial = r->trial,
                        .step = r->step, .recording = r };
    if (set_rows(x, r, a) || set_splits(x, r, p, a) ||
        (p->treat.zscore && treat_zscore(r, x->split, a)) ||
        set_states(x, r, a))
        return NULL;
    for (int k = 0; k < r->nnotes; k++)
        log_line("%s: %s", p->path, r->note[k]);
    if (constant)
        log_line("%s: %d of %d units never vary", p->path, constant, r->m);
    return check_tuples(x, r, p, a) ? NULL : x;
}

struct acts *import_acts(struct recording *r, const struct import_plan *p,
                         struct arena *a)
{
    struct acts *x = make(r, p, a);

    if (!x && err_code() == EX_DATAERR)
        err_in("%s", p->path);
    return x;
}

#include "pairs.h"

#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "catalogue.h"
#include "end.h"
#include "err.h"
#include "recording.h"
#include "rng.h"
#include "tally.h"

enum { TRIES = 100000 };        /* draws before a sample is given up */

/* ---- what is exchanged, and which states match ---- */

struct work {
    const struct pairs_plan *plan;
    struct end target, source;
    bool full;
    int n;                      /* variables exchanged at once */
    int from[TASK_VARS], to[TASK_VARS];
    int lead;                   /* the exchanged variable that is `value` */
    int nstate, state[TASK_VARS];       /* the target's tuple */
    int phase_target, phase_source;
    struct catalogue catalogue; /* of the target's tuples */
    struct tally wanted;        /* (P) split and tuple asked for */
    struct tally given;         /* (P) values from the source */
};

/* The task that the system can be told to go on with; NULL: none. */
static const struct task *program(const struct acts *x)
{
    return x->task && task_runs(x->task) ? x->task : NULL;
}

/* The target's tuple: every variable that the program goes on from. */
static int choose_state(struct work *w)
{
    const struct end *e = &w->target;
    const struct task *task = program(e->x);

    for (int v = 0; v < e->nvars; v++)
        if (!task || task->variables[v].flags & VAR_STATE)
            if (end_find(e, e->name[v], &w->state[w->nstate++]))
                return -1;
    if (w->nstate == 0)
        return err_set(EX_DATAERR, "%s has no variables", e->x->system);
    return 0;
}

/* The smallest and largest value of variable v at eligible rows. */
static void extent(const struct end *e, int v, int32_t *lo, int32_t *hi)
{
    *lo = INT32_MAX;
    *hi = INT32_MIN;
    for (size_t row = 0; row < e->x->S; row++)
        if (e->x->eligible[row]) {
            int32_t value = e->column[v][row];
            *lo = value < *lo ? value : *lo;
            *hi = value > *hi ? value : *hi;
        }
}

/* Nobody says what the values of a recording mean: to go on from them, a
 * program must have been in such states itself. */
static int check_extent(const struct work *w, int to, int from)
{
    int32_t lo, hi, least, most;

    extent(&w->target, to, &lo, &hi);
    extent(&w->source, from, &least, &most);
    return least >= lo && most <= hi ? 0 :
           err_set(EX_DATAERR, "%s: %s is %d..%d, but %d..%d in %s",
                   w->source.x->system, w->target.name[to], least, most, lo,
                   hi, w->target.x->system);
}

/* What values of a variable are called, NULL: numbers; *n of them. */
static const char *const *names_of(const struct end *e, int v, size_t *n)
{
    const struct recording *r = e->x->recording;
    const char *const *name = end_declared(e, v)->values;

    for (int k = 0; r && k < r->nvariables; k++)
        if (r->variable[k].code && !strcmp(r->variable[k].name, e->name[v])) {
            *n = r->variable[k].ncodes;
            return r->variable[k].code;
        }
    for (*n = 0; name && name[*n];)
        ++*n;
    return name;
}

/* Equal numbers are called the same at both ends. */
static int check_codes(const struct work *w, int to, int from)
{
    size_t n, m;
    const char *const *there = names_of(&w->target, to, &n);
    const char *const *here = names_of(&w->source, from, &m);

    for (size_t k = 0; there && here && k < n && k < m; k++)
        if (strcmp(there[k], here[k]))
            return err_set(EX_DATAERR, "%s of %s is %zu for '%s', but %zu is "
                           "'%s' in %s; see import-recording --codes",
                           w->source.name[from], w->source.x->system, k,
                           here[k], k, there[k], w->target.x->system);
    return 0;
}

static int choose_full(struct work *w)
{
    const struct acts *target = w->target.x, *source = w->source.x;
    const struct task *task = program(target);

    if (task && program(source) &&
        source->rule.max_quantity > target->rule.max_quantity)
        return err_set(EX_DATAERR, "%s and %s: full needs tasks with "
                       "quantities that the target knows", target->system,
                       source->system);
    w->n = w->nstate;
    for (int k = w->n; k-- > 0;) {
        int v = w->to[k] = w->state[k];
        if (end_find(&w->source, w->target.name[v], &w->from[k]) ||
            check_codes(w, v, w->from[k]) ||
            (task && !program(source) && check_extent(w, v, w->from[k])))
            return -1;
        if (!task || task->variables[v].range)
            w->lead = k;
    }
    end_rows(&w->target, NULL);
    end_rows(&w->source, NULL);
    return 0;
}

static int choose_one(struct work *w)
{
    const struct acts *target = w->target.x, *source = w->source.x;
    const struct variable *to, *from;

    if (end_find(&w->source, w->plan->source_variable, &w->from[0]) ||
        end_find(&w->target, w->plan->target_variable, &w->to[0]) ||
        check_codes(w, w->to[0], w->from[0]))
        return -1;
    w->n = 1;
    to = end_declared(&w->target, w->to[0]);
    from = end_declared(&w->source, w->from[0]);
    if (program(target) && !to->range)
        return err_set(EX_DATAERR, "%s: %s is not exchanged alone",
                       target->system, to->name);
    if (program(target) && program(source) && !to->adds_to != !from->adds_to)
        return err_set(EX_DATAERR, "%s: %s is an effect, and exchanged for "
                       "effects only", (to->adds_to ? target : source)->system,
                       (to->adds_to ? to : from)->name);
    end_rows(&w->target, to->at);
    end_rows(&w->source, from->at);
    return 0;
}

static int choose(struct work *w)
{
    w->full = strcmp(w->plan->source_variable, "full") == 0;
    if (w->full != (strcmp(w->plan->target_variable, "full") == 0))
        return err_set(EX_DATAERR, "full is exchanged for full only");
    if (w->plan->match_phase &&
        (end_find(&w->target, "phase", &w->phase_target) ||
         end_find(&w->source, "phase", &w->phase_source) ||
         check_codes(w, w->phase_target, w->phase_source)))
        return -1;
    if (choose_state(w))
        return -1;
    return w->full ? choose_full(w) : choose_one(w);
}

static void tuple(const struct work *w, int split, const int *vars,
                  int32_t *cells)
{
    cells[0] = split;
    for (int k = 0; k < w->nstate; k++)
        cells[k + 1] = vars[w->state[k]];
}

/* Does what stands at the site have a tuple? */
static bool holds_state(const char *site)
{
    return strcmp(site, "embedding") != 0;
}

static int list_states(struct work *w, struct arena *a)
{
    struct catalogue *c = &w->catalogue;

    if (!holds_state(w->plan->site))
        return 0;
    for (c->nvars = 0; c->nvars < w->nstate; c->nvars++)
        c->column[c->nvars] = w->target.column[w->state[c->nvars]];
    return catalogue_open(c, w->target.x, a);
}

/* ---- drawing ---- */

/* Give the target's variables the source's values; false where the target
 * cannot have them. */
static bool exchange(const struct work *w, const int32_t *given, int *vars)
{
    const struct acts *x = w->target.x;

    if (program(x) && !w->full)
        return task_exchange(x->task, &x->rule, w->to[0], given[0], vars);
    for (int k = 0; k < w->n; k++)
        vars[w->to[k]] = given[k];
    return true;
}

/* Two steps, and the target's variables after the exchange. */
static bool draw_steps(struct work *w, struct pairs *p, size_t at,
                       struct rng *r, int *vars)
{
    const struct end *target = &w->target, *source = &w->source;
    int32_t *given = tally_line(&w->given, at);
    int split = p->split[at], other[TASK_VARS];

    if (!end_draw(target, split, r, &p->target_row[at]) ||
        !end_draw(source, split, r, &p->source_row[at]))
        return false;
    end_vars(target, p->target_row[at], vars);
    end_vars(source, p->source_row[at], other);
    if (w->plan->match_phase &&
        vars[w->phase_target] != other[w->phase_source])
        return false;
    for (int k = 0; k < w->n; k++)
        given[k] = other[w->from[k]];
    return exchange(w, given, vars);
}

/* Go on from the variables to the end; they are used up. */
static bool go_on(struct pairs *p, const struct acts *target, size_t at,
                  struct rng *r, int *vars)
{
    if (!p->task)
        return true;
    if (p->task->resume(&target->rule, vars, r))
        return false;
    p->length[at] = task_write(p->task, &target->rule, vars, r, (int)p->T,
                               p->tokens + at * p->T,
                               p->determined + at * p->T);
    return p->length[at] >= 0;
}

static bool draw_once(struct work *w, struct pairs *p, size_t at,
                      struct rng *r)
{
    int vars[TASK_VARS];
    size_t used;

    if (!draw_steps(w, p, at, r, vars))
        return false;
    tuple(w, p->split[at], vars, tally_line(&w->wanted, at));
    if (!go_on(p, w->target.x, at, r, vars))
        return false;
    used = at * p->T + (size_t)p->length[at];
    memset(p->tokens + used, TOKEN_PAD, (at + 1) * p->T - used);
    memset(p->determined + used, 0, (at + 1) * p->T - used);
    p->value[at] = tally_line(&w->given, at)[w->lead];
    return true;
}

/* Choose a recorded state with the wanted tuple. */
static void look_up(const struct work *w, struct pairs *p, size_t at,
                    struct rng *r)
{
    const struct catalogue *c = &w->catalogue;
    size_t from;
    uint32_t n = catalogue_find(c, tally_line(&w->wanted, at), &from);

    p->misses += n == 0;
    p->cf_matches[at] = (int32_t)n;
    p->cf_row[at] = n ? catalogue_row(c, from + rng_below(r, n)) : -1;
}

/* Directions draw apart although their seed is the same. */
static uint64_t direction_key(const struct work *w, const struct pairs *p)
{
    return rng_key((uint64_t)p->seed, 4, (const char *const[]){
        w->source.x->system, w->target.x->system, p->source_variable,
        p->target_variable });
}

static int draw_split(struct work *w, struct pairs *p, int split, size_t at)
{
    uint64_t key = direction_key(w, p);
    size_t n = w->plan->n[split];

    if (n && (!w->target.ntrials[split] || !w->source.ntrials[split]))
        return err_set(EX_DATAERR, "%s and %s: no trials for %s",
                       w->target.x->system, w->source.x->system,
                       split_name[split]);
    for (size_t k = 0; k < n; k++, at++) {
        struct rng r = rng_at(key, RNG_PAIRS, (uint32_t)split,
                              (uint32_t)k);
        int tries = 0;
        p->split[at] = (uint8_t)split;
        while (!draw_once(w, p, at, &r))
            if (++tries == TRIES)
                return err_set(EX_DATAERR, "%s and %s: no admissible %s "
                               "sample of %s for %s in %d draws; more trials, "
                               "or another variable, may have one",
                               w->target.x->system, w->source.x->system,
                               split_name[split], p->source_variable,
                               p->target_variable, TRIES);
        look_up(w, p, at, &r);
    }
    return 0;
}

/* ---- what can be said about the samples ---- */

/* The most frequent values given by the training samples. */
static int most_frequent(const struct work *w, int32_t *values,
                         struct arena *a)
{
    size_t train = w->plan->n[SPLIT_TRAIN], n = train ? train : w->given.n;
    size_t most = 0, past;
    struct tally t;

    if (tally_open(&t, w->n, n, a))
        return -1;
    memcpy(t.cell, w->given.cell, n * (size_t)w->n * sizeof *t.cell);
    tally_sort(&t);
    for (size_t k = 0; k < n; k = past) {
        const int32_t *key = tally_line(&t, t.order[k]);
        past = tally_before(&t, key, 1);
        if (past - k > most) {
            most = past - k;
            memcpy(values, key, (size_t)w->n * sizeof *values);
        }
    }
    return 0;
}

static int judge(const struct work *w, struct pairs *p, struct arena *a)
{
    const struct task_rule *rule = &w->target.x->rule;
    int32_t values[TASK_VARS];
    int vars[TASK_VARS];

    if (most_frequent(w, values, a))
        return -1;
    for (size_t k = 0; p->task && k < p->P; k++) {
        const uint8_t *tokens = p->tokens + k * p->T;
        const int8_t *marked = p->determined + k * p->T;
        end_vars(&w->target, p->target_row[k], vars);
        p->unchanged[k] = task_says(p->task, rule, vars, p->length[k], tokens,
                                    marked);
        p->constant[k] = exchange(w, values, vars) &&
                         task_says(p->task, rule, vars, p->length[k], tokens,
                                   marked);
    }
    return 0;
}

static int cover(struct work *w, struct pairs *p, struct arena *a)
{
    const struct tally *t = &w->wanted;
    size_t past;

    tally_sort(&w->wanted);
    if (!(p->coverage = arena_get(a, p->P, sizeof *p->coverage)))
        return -1;
    for (size_t k = 0; k < p->P; k = past) {
        const int32_t *key = tally_line(t, t->order[k]);
        struct coverage *c = &p->coverage[p->U++];
        size_t used = 0;

        past = tally_before(t, key, 1);
        c->split = key[0];
        c->wanted = (int32_t)(past - k);
        c->matches = p->cf_matches[t->order[k]];
        for (int v = 0; v < w->nstate && used < sizeof c->variables; v++)
            used += (size_t)snprintf(c->variables + used,
                                     sizeof c->variables - used, "%s%s=%d",
                                     v ? " " : "",
                                     w->target.name[w->state[v]], key[v + 1]);
    }
    return 0;
}

/* The null: source rows permuted among the samples of each split. */
static int shuffle(struct pairs *p, const size_t n[SPLITS], uint64_t key,
                   struct arena *a)
{
    uint32_t *order = arena_get(a, p->P, sizeof *order);
    int64_t *row = order ? arena_get(a, p->P, sizeof *row) : NULL;

    if (!row)
        return -1;
    memcpy(row, p->source_row, p->P * sizeof *row);
    for (size_t s = 0, at = 0; s < SPLITS; at += n[s++]) {
        struct rng r = rng_at(key, RNG_SHUFFLE, (uint32_t)s, 0);
        rng_permute(&r, order, (uint32_t)n[s]);
        for (size_t k = 0; k < n[s]; k++)
            p->source_row[at + k] = row[at + order[k]];
    }
    return 0;
}

static int allocate(struct pairs *p, struct work *w, struct arena *a)
{
    size_t P = p->P, T = p->T;

    return (p->target_row = arena_get(a, P, sizeof *p->target_row)) &&
           (p->source_row = arena_get(a, P, sizeof *p->source_row)) &&
           (p->tokens = arena_get(a, P * T, sizeof *p->tokens)) &&
           (p->determined = arena_get(a, P * T, sizeof *p->determined)) &&
           (p->length = arena_get(a, P, sizeof *p->length)) &&
           (p->value = arena_get(a, P, sizeof *p->value)) &&
           (p->split = arena_get(a, P, sizeof *p->split)) &&
           (p->unchanged = arena_get(a, P, sizeof *p->unchanged)) &&
           (p->constant = arena_get(a, P, sizeof *p->constant)) &&
           (p->cf_row = arena_get(a, P, sizeof *p->cf_row)) &&
           (p->cf_matches = arena_get(a, P, sizeof *p->cf_matches)) &&
           !tally_open(&w->wanted, w->nstate + 1, P, a) &&
           !tally_open(&w->given, w->n, P, a) ? 0 : -1;
}

struct pairs *pairs_draw(const struct acts *target, const struct acts *source,
                         const struct pairs_plan *plan, struct arena *a)
{
    struct pairs *p = arena_get(a, 1, sizeof *p);
    struct work w = { .plan = plan };
    size_t at = 0;

    if (!p)
        return NULL;
    *p = (struct pairs){
        .site = plan->site,
        .source_variable = plan->source_variable,
        .target_variable = plan->target_variable,
        .source_sha256 = source->sha256,
        .target_sha256 = target->sha256,
        .task = program(target),
        .shuffled = plan->shuffle,
        .match_phase = plan->match_phase,
        .seed = plan->seed,
        .P = plan->n[SPLIT_TRAIN] + plan->n[SPLIT_VALID] + plan->n[SPLIT_TEST],
        .T = program(target) ? data_longest(target->task, &target->rule) : 1
    };
    if (target->task && !p->task && target->accessible) {
        err_set(EX_DATAERR, "%s: task %s has no program here that would go on "
                "after an exchange; write the interventions yourself and "
                "h5check --adopt them", target->system, target->task->name);
        return NULL;
    }
    if (end_open(&w.target, target, plan->site, a) ||
        end_open(&w.source, source, plan->site, a) ||
        choose(&w) || allocate(p, &w, a) || list_states(&w, a))
        return NULL;
    for (int s = 0; s < SPLITS; at += plan->n[s++])
        if (draw_split(&w, p, s, at))
            return NULL;
    if (judge(&w, p, a) || cover(&w, p, a) ||
        (plan->shuffle && shuffle(p, plan->n, direction_key(&w, p), a)))
        return NULL;
    return p;
}

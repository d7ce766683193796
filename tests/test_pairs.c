/* test_pairs.c - intervention samples: hand-worked counterfactuals, the
 * chances of the draws, and everything that a file of them promises. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../lib/err.h"
#include "../lib/pairs.h"
#include "../lib/rng.h"
#include "acts_row.h"
#include "arena_group.h"
#include "spell.h"

static const struct task *multi, *same, *arith;

static int begin(void **state)
{
    multi = task_find("multi-object");
    same = task_find("same-object");
    arith = task_find("arithmetic");
    return arena_make(state);
}

/* ---- systems without a model ---- */

/* The rows that a recording of these sequences would have. */
static struct acts *acts_of(const struct data *d)
{
    struct acts *x = arena_get(arena, 1, sizeof *x);
    size_t row = 0;

    *x = (struct acts){ .system = d->task->name, .task = d->task,
                        .rule = d->rule, .accessible = true, .N = d->N,
                        .length = d->length, .quantity = d->quantity,
                        .split = d->split, .nsites = 2,
                        .site = { { .name = "embedding" },
                                  { .name = "hidden" } } };
    for (size_t i = 0; i < d->N; i++)
        x->S += (size_t)d->length[i];
    x->trial = arena_get(arena, x->S, sizeof *x->trial);
    x->step = arena_get(arena, x->S, sizeof *x->step);
    x->eligible = arena_get(arena, x->S, 1);
    x->token = arena_get(arena, x->S, 1);
    x->determined = arena_get(arena, x->S, 1);
    x->first = arena_get(arena, x->N, sizeof *x->first);
    for (int k = 0; k < task_variables(d->task); k++)
        if (d->vars[k])
            x->var[x->nvars++] = (struct acts_variable){
                d->task->variables[k].name,
                arena_get(arena, x->S, sizeof(int32_t))
            };
    for (size_t i = 0; i < d->N; i++) {
        x->first[i] = (int64_t)row;
        for (int t = 0; t < d->length[i]; t++, row++) {
            size_t from = i * d->T + (size_t)t;
            x->trial[row] = (int32_t)i;
            x->step[row] = t;
            x->token[row] = d->tokens[from];
            x->determined[row] = d->determined[from];
            x->eligible[row] = task_eligible(d->task, d->tokens[from]);
            for (int v = 0; v < x->nvars; v++)
                x->var[v].value[row] =
                    d->vars[task_variable(d->task, x->var[v].name)][from];
        }
    }
    return x;
}

static struct acts *drawn(const struct task *task, int max_quantity,
                          size_t train, size_t valid, size_t test, long seed)
{
    struct task_rule rule = { .max_quantity = max_quantity };
    const size_t n[SPLITS] = { train, valid, test };

    return acts_of(data_draw(task, &rule, n, seed, arena));
}

/* Test trials spelt out one by one, the list ended by NULL. */
static struct acts *spelt_out(const struct task *task,
                              const char *const *texts)
{
    struct task_rule rule = { .max_quantity = task->max_quantity };
    struct data d = { .task = task, .rule = rule, .T = SPELL_MAX };
    int vars[TASK_VARS];

    while (texts[d.N])
        d.N++;
    d.tokens = arena_get(arena, d.N * d.T, 1);
    d.determined = arena_get(arena, d.N * d.T, 1);
    d.length = arena_get(arena, d.N, sizeof *d.length);
    d.quantity = arena_get(arena, d.N, sizeof *d.quantity);
    d.split = arena_get(arena, d.N, 1);
    for (int k = 0; k < task_variables(task); k++)
        if (!(task->variables[k].flags & VAR_OWN))
            d.vars[k] = arena_get(arena, d.N * d.T, sizeof *d.vars[k]);
    for (size_t i = 0; i < d.N; i++) {
        d.split[i] = SPLIT_TEST;
        d.length[i] = spell(task, texts[i], d.tokens + i * d.T);
        task->start(&rule, 1, vars);
        for (size_t t = i * d.T; t < i * d.T + (size_t)d.length[i]; t++) {
            assert_int_equal(task->read(&rule, vars, d.tokens[t]), 0);
            for (int k = 0; k < TASK_VARS; k++)
                if (d.vars[k])
                    d.vars[k][t] = vars[k];
        }
    }
    return acts_of(&d);
}

/* One trial in which only one step can be drawn. */
static struct acts *cut_at(const struct task *task, const char *text,
                           size_t step)
{
    struct acts *x = spelt_out(task, (const char *const[]){ text, NULL });

    memset(x->eligible, 0, x->S);
    x->eligible[step] = 1;
    return x;
}

/* A recording: no task, no tokens, the given variables of a model's. */
static struct acts *recording_of(const struct acts *x, const char *const *keep)
{
    struct acts *y = arena_get(arena, 1, sizeof *y);

    *y = *x;
    y->task = NULL;
    y->token = NULL;
    y->determined = NULL;
    y->accessible = false;
    y->nvars = 0;
    for (; *keep; keep++)
        y->var[y->nvars++] = x->var[acts_variable(x, *keep)];
    return y;
}

static int var_at(const struct acts *x, int64_t row, const char *name)
{
    return x->var[acts_variable(x, name)].value[row];
}

/* ---- drawing ---- */

static struct pairs *try_draw(const struct acts *target,
                              const struct acts *source, const char *from,
                              const char *to, size_t train, size_t valid,
                              size_t test)
{
    struct pairs_plan plan = { .site = "hidden", .source_variable = from,
                               .target_variable = to,
                               .n = { train, valid, test }, .seed = 7 };

    return pairs_draw(target, source, &plan, arena);
}

static struct pairs *draw(const struct acts *target,
                          const struct acts *source, const char *from,
                          const char *to, size_t train, size_t valid,
                          size_t test)
{
    struct pairs *p = try_draw(target, source, from, to, train, valid, test);

    if (!p)
        fail_msg("%s", err_text());
    return p;
}

static const char *text_of(const struct pairs *p, size_t k)
{
    return spelt(p->task, p->tokens + k * p->T, p->length[k]);
}

static int count_token(const struct pairs *p, size_t k, const char *name)
{
    int n = 0;

    for (int t = 0; t < p->length[k]; t++)
        n += p->tokens[k * p->T + (size_t)t] == task_token(p->task, name);
    return n;
}

/* ---- hand-worked counterfactuals ---- */

/* Continuations that have nothing random in them. */
static void counterfactuals_are_those_worked_out_by_hand(void **state)
{
    const struct {
        const struct task *target;
        const char *trial;
        size_t step;
        const struct task *source;
        const char *other;
        size_t other_step;
        const char *from, *to, *rest;
        int value;
    } row[] = {
        { multi, "B Da Db Da T R R R E", 5, multi, "B Dc Dc Da Db T R R R R E",
          4, "count", "count", "R R R R E", 4 },
        { multi, "B Da Db Da T R R R E", 5, multi, "B Dc T R E",
          3, "count", "count", "E", 0 },
        { same, "B C C T C C E", 4, multi, "B Da Db Dc T R R R E",
          3, "count", "count", "C C C E", 3 },
        { same, "B C C C T C C C E", 2, same, "B C C C T C C C E",
          5, "full", "full", "C C E", 2 },
        { multi, "B Da T R E", 1, multi, "B Da T R E",
          3, "full", "full", "E", 0 },
        { multi, "B Da T R E", 1, same, "B C C C C T C C C C E",
          7, "full", "full", "R R E", 2 },
        { arith, "B 1 Op 3 + 5 = 8 E", 6, arith, "B 2 Op 1 + 2 = 3 , - 1 = 2 E",
          6, "cumu_val", "cumu_val", "3 E", 3 },
        { arith, "B 1 Op 3 + 5 = 8 E", 6, multi, "B Da Db Da T R R R E",
          5, "count", "cumu_val", "2 E", 2 },
        { arith, "B 1 Op 3 + 5 = 8 E", 6, same, "B C T C E",
          3, "count", "cumu_val", "0 E", 0 },
        { same, "B C T C E", 3, arith, "B 1 Op 9 - 6 = 3 E",
          6, "cumu_val", "count", "C C C E", 3 },
        { multi, "B Da T R E", 3, arith, "B 3 Op 9 - 6 = 3 , + 1 = 4 , "
          "+ 1 = 5 E", 8, "rem_ops", "count", "R R E", 2 },
        { arith, "B 1 Op 3 + 5 = 8 E", 4, arith, "B 1 Op 7 - 5 = 2 E",
          5, "full", "full", "= 2 E", 7 },
        { arith, "B 2 Op 3 + 5 = 8 , - 1 = 7 E", 2, arith, "B 1 Op 7 - 5 = 2 E",
          7, "full", "full", "E", 2 },
        { multi, "B Da Da T R R E", 4, multi, "B Da Db T R R E",
          2, "last_value", "last_value", "R R R E", 1 },
        { multi, "B Da Db Da T R R R E", 5, same, "B C C T C C E",
          2, "last_value", "last_value", "R R R R E", 1 },
        { same, "B C C T C C E", 5, multi, "B Da T R E",
          3, "last_value", "last_value", "E", -1 },
        { same, "B C C T C C E", 4, same, "B C C T C C E",
          1, "last_value", "last_value", "C C C E", 1 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct acts *target = cut_at(row[i].target, row[i].trial, row[i].step);
        struct acts *source = cut_at(row[i].source, row[i].other,
                                     row[i].other_step);
        struct pairs *p = draw(target, source, row[i].from, row[i].to, 0, 0, 3);
        for (size_t k = 0; k < 3; k++) {
            assert_string_equal(text_of(p, k), row[i].rest);
            assert_int_equal(p->value[k], row[i].value);
            assert_int_equal(p->target_row[k], row[i].step);
            assert_int_equal(p->source_row[k], row[i].other_step);
            assert_int_equal(p->split[k], SPLIT_TEST);
        }
    }
}

/* A demo phase goes on for k tokens, then answers with value + k. */
static void expect_demo(const struct acts *target, const struct acts *source,
                        const char *variable, int value, int lo, int hi)
{
    struct pairs *p = draw(target, source, variable,
                           strcmp(variable, "full") ? "count" : "full", 0, 0,
                           3000);
    double seen[4] = { 0 };

    for (size_t k = 0; k < p->P; k++) {
        int demo = count_token(p, k, "Da") + count_token(p, k, "Db") +
                   count_token(p, k, "Dc");
        assert_in_range(demo, lo, hi);
        assert_int_equal(p->value[k], value);
        assert_int_equal(count_token(p, k, "R"), value + demo);
        assert_int_equal(count_token(p, k, "T"), 1);
        assert_int_equal(p->length[k], demo + 1 + value + demo + 1);
        for (int t = 0; t < p->length[k]; t++)
            assert_int_equal(p->determined[k * p->T + (size_t)t], t > demo);
        seen[demo]++;
    }
    if (hi > lo)
        uniform(seen + lo, hi - lo + 1);
}

static void a_count_given_to_the_demo_phase_is_counted_on(void **state)
{
    struct acts *target = cut_at(multi, "B Da Db Dc T R R R E", 2);
    (void)state;
    expect_demo(target, cut_at(multi, "B Da Db Dc Da Db T R R R R R E", 5),
                "count", 5, 0, 3);
    expect_demo(target, cut_at(same, "B C T C E", 3), "count", 0, 1, 3);
    expect_demo(target, cut_at(arith, "B 1 Op 19 + 0 = 19 E", 6), "cumu_val",
                19, 0, 1);
    expect_demo(target, cut_at(arith, "B 1 Op 19 + 1 = 20 E", 6), "cumu_val",
                20, 0, 0);
}

static void full_in_the_demo_phase_takes_over_the_sources_count(void **state)
{
    (void)state;
    expect_demo(cut_at(multi, "B Da Db Dc T R R R E", 6),
                cut_at(multi, "B Da Db Dc Da Db T R R R R R E", 4), "full", 4,
                0, 3);
}

/* The demo token counts back: 3 less 2, and on from there. */
static void an_effect_given_to_the_demo_phase_is_counted_on(void **state)
{
    struct acts *target = cut_at(multi, "B Da Db Dc T R R R E", 3);
    struct acts *source = cut_at(multi, "B Da T R E", 3);
    struct pairs *p = draw(target, source, "last_value", "last_value", 0, 0,
                           500);
    (void)state;
    for (size_t k = 0; k < p->P; k++) {
        int demo = count_token(p, k, "Da") + count_token(p, k, "Db") +
                   count_token(p, k, "Dc");
        assert_int_equal(p->value[k], -1);
        assert_int_equal(count_token(p, k, "R"), 1 + demo);
    }
}

/* The value of the source's variable is how many operations remain. */
static void operations_that_remain_are_done(void **state)
{
    struct acts *target = cut_at(
        arith, "B 3 Op 3 + 5 = 8 , + 1 = 9 , - 9 = 0 E", 8);
    const struct {
        struct acts *source;
        const char *from;
        int value;
    } row[] = {
        { cut_at(arith, "B 2 Op 1 + 1 = 2 , + 1 = 3 E", 8), "rem_ops", 1 },
        { cut_at(multi, "B Da Db Dc Da T R R R R E", 3), "count", 3 },
        { cut_at(same, "B C C C C C C C C C T C C C C C C C C C E", 9),
          "count", 9 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        struct pairs *p = draw(target, row[i].source, row[i].from, "rem_ops",
                               0, 0, 200);
        for (size_t k = 0; k < p->P; k++) {
            const uint8_t *x = p->tokens + k * p->T;
            int value = 8, zero = task_token(arith, "0");
            assert_int_equal(p->value[k], row[i].value);
            assert_int_equal(p->length[k], 5 * row[i].value);
            for (int t = 0; t < p->length[k]; t++)
                assert_int_equal(p->determined[k * p->T + (size_t)t],
                                 t % 5 >= 2);
            for (int n = 0; n < row[i].value; n++, x += 5) {
                value += (x[0] == task_token(arith, "+") ? 1 : -1) *
                         (x[1] - zero);
                assert_int_equal(x[2], task_token(arith, "="));
                assert_int_equal(x[3], zero + value);
                assert_int_equal(x[4], n + 1 < row[i].value
                                 ? task_token(arith, ",") : TOKEN_E);
            }
        }
    }
}

static void a_value_out_of_the_targets_range_is_never_given(void **state)
{
    struct acts *comma = cut_at(arith, "B 2 Op 3 + 5 = 8 , + 1 = 9 E", 8);
    struct acts *many = cut_at(multi, "B Da Da Da Da Da Da Da Da Da Da T "
                               "R R R R R R R R R R E", 10);
    struct acts *none = cut_at(same, "B C T C E", 3);
    (void)state;
    assert_null(try_draw(comma, many, "count", "rem_ops", 0, 0, 1));
    assert_int_equal(err_code(), EX_DATAERR);
    assert_non_null(strstr(err_text(), "no admissible test sample of count "
                           "for rem_ops"));
    assert_null(try_draw(comma, none, "count", "rem_ops", 0, 0, 1));
    assert_null(try_draw(cut_at(arith, "B 1 Op 3 + 5 = 8 E", 7), none, "count",
                         "cumu_val", 0, 0, 1));
}

/* ---- chance and constant ---- */

static void chance_and_constant_are_those_worked_out_by_hand(void **state)
{
    /* The target answers with 2 more. The source's eligible steps, each as
     * likely: count 1 2 3 3 2 1 2 1 0 and 1 0. */
    struct acts *target = cut_at(multi, "B Da Db Dc T R R R E", 5);
    struct acts *source = spelt_out(multi, (const char *const[]){
        "B Da T R E", "B Da T R E", "B Da Db Dc T R R R E", NULL });
    struct pairs *p = draw(target, source, "count", "count", 0, 0, 3000);
    int seen[4] = { 0 }, most = 0;
    (void)state;
    for (size_t k = 0; k < p->P; k++)
        seen[p->value[k]]++;
    for (int v = 1; v < 4; v++)
        if (seen[v] > seen[most])
            most = v;
    assert_true(seen[2] > 0 && most != 2);
    for (size_t k = 0; k < p->P; k++) {
        assert_int_equal(p->unchanged[k], p->value[k] == 2);
        assert_int_equal(p->constant[k], p->value[k] == most);
    }
}

static void equally_frequent_values_give_the_smallest_constant(void **state)
{
    struct acts *target = cut_at(same, "B C C T C C E", 4);
    struct acts *source = spelt_out(multi, (const char *const[]){
        "B Da Db T R R E", NULL });
    struct pairs *p = NULL;
    int seen[3] = { 0 };
    (void)state;
    for (size_t n = 2; n < 60; n++) {
        memset(seen, 0, sizeof seen);
        p = draw(target, source, "count", "count", 0, 0, n);
        for (size_t k = 0; k < n; k++)
            seen[p->value[k]]++;
        if (seen[1] == seen[2] && seen[0] < seen[1])
            break;
    }
    assert_true(seen[1] == seen[2] && seen[0] < seen[1]);
    for (size_t k = 0; k < p->P; k++)
        assert_int_equal(p->constant[k], p->value[k] == 1);
}

static void the_constant_comes_from_the_training_samples(void **state)
{
    struct acts *source = spelt_out(multi, (const char *const[]){
        "B Da T R E", "B Da Db Dc T R R R E", NULL });
    struct acts *target = spelt_out(multi, (const char *const[]){
        "B Da Db Dc T R R R E", "B Da Db Dc T R R R E", NULL });
    struct pairs *p;
    (void)state;
    memset(source->eligible, 0, source->S);
    source->eligible[3] = 1;            /* training: always 0 */
    source->eligible[5 + 3] = 1;        /* test: always 3 */
    source->split[0] = target->split[0] = SPLIT_TRAIN;
    p = draw(target, source, "count", "count", 100, 0, 150);
    for (size_t k = 0; k < p->P; k++) {
        bool train = p->split[k] == SPLIT_TRAIN;
        assert_int_equal(p->value[k], train ? 0 : 3);
        assert_int_equal(p->constant[k], train);
    }
}

/* ---- laws of a large draw ---- */

struct exchange {
    const struct task *target, *source;
    const char *from, *to;
};

/* Every variable that can be exchanged for every one, between all tasks. */
static int exchanges(struct exchange *list)
{
    int n = 0;

    for (const struct task *const *i = task_menu; *i; i++)
        for (const struct task *const *j = task_menu; *j; j++) {
            if (*i == *j)
                list[n++] = (struct exchange){ *i, *j, "full", "full" };
            for (const struct variable *to = (*i)->variables; to->name; to++)
                for (const struct variable *from = (*j)->variables;
                     from->name; from++)
                    if (to->range && from->range &&
                        !to->adds_to == !from->adds_to)
                        list[n++] = (struct exchange){ *i, *j, from->name,
                                                       to->name };
        }
    return n;
}

/* The target's variables with the source's values, told from the rows. */
static void expected_vars(const struct exchange *e, const struct acts *target,
                          const struct acts *source, const struct pairs *p,
                          size_t k, int *vars)
{
    acts_vars(target, (size_t)p->target_row[k], vars);
    if (strcmp(e->to, "full") != 0) {
        int to = task_variable(e->target, e->to);
        int value = var_at(source, p->source_row[k], e->from);
        if (strcmp(e->to, "last_value") == 0)
            vars[task_variable(e->target, "count")] += value - vars[to];
        vars[to] = value;
        return;
    }
    for (int v = 0; e->target->variables[v].name; v++)
        if (e->target->variables[v].flags & VAR_STATE)
            vars[v] = var_at(source, p->source_row[k],
                             e->target->variables[v].name);
}

static bool same_state(const struct task *task, const int *x, const int *y)
{
    for (int v = 0; task->variables[v].name; v++)
        if (task->variables[v].flags & VAR_STATE && x[v] != y[v])
            return false;
    return true;
}

/* Which tokens are scored, told by the program itself. */
static void assert_marks(const struct pairs *p, const struct task_rule *rule,
                         size_t k, const int *from)
{
    struct rng r = rng_at(1, RNG_PAIRS, 0, 0);
    int vars[TASK_VARS];

    memcpy(vars, from, sizeof vars);
    for (size_t t = k * p->T; t < (k + 1) * p->T; t++) {
        bool determined = false;
        if (t < k * p->T + (size_t)p->length[k]) {
            p->task->emit(rule, vars, &r, &determined);
            assert_int_equal(p->task->read(rule, vars, p->tokens[t]), 0);
        } else {
            assert_int_equal(p->tokens[t], TOKEN_PAD);
        }
        assert_int_equal(p->determined[t], determined);
    }
}

static void assert_lawful(const struct exchange *e, const struct acts *target,
                          const struct acts *source, const struct pairs *p)
{
    const struct variable *to = e->target->variables, *from;
    bool full = strcmp(e->to, "full") == 0;
    int lo = 0, hi = 0, vars[TASK_VARS], own[TASK_VARS];

    if (!full) {
        to = &e->target->variables[task_variable(e->target, e->to)];
        from = &e->source->variables[task_variable(e->source, e->from)];
        to->range(target->rule.max_quantity, &lo, &hi);
    }
    for (size_t k = 0; k < p->P; k++) {
        const uint8_t *tokens = p->tokens + k * p->T;
        const int8_t *marked = p->determined + k * p->T;
        size_t i = (size_t)p->target_row[k], j = (size_t)p->source_row[k];
        assert_true(target->eligible[i] && source->eligible[j]);
        assert_int_equal(target->split[target->trial[i]], p->split[k]);
        assert_int_equal(source->split[source->trial[j]], p->split[k]);
        if (!full && to->at)
            assert_string_equal(e->target->vocabulary[target->token[i]],
                                to->at);
        if (!full && from->at)
            assert_string_equal(e->source->vocabulary[source->token[j]],
                                from->at);
        if (!full) {
            assert_int_equal(p->value[k], var_at(source, (int64_t)j, e->from));
            assert_true(p->value[k] >= lo && p->value[k] <= hi);
        }
        expected_vars(e, target, source, p, k, vars);
        assert_true(p->length[k] > 0);
        assert_int_equal(tokens[p->length[k] - 1], TOKEN_E);
        assert_true(task_says(p->task, &target->rule, vars, p->length[k],
                              tokens, marked));
        assert_marks(p, &target->rule, k, vars);
        acts_vars(target, i, own);
        if (e->target != arith || !full)
            assert_int_equal(p->unchanged[k],
                             same_state(e->target, own, vars));
        if (same_state(e->target, own, vars))
            assert_true(p->unchanged[k]);
        if (p->cf_row[k] >= 0) {
            acts_vars(target, (size_t)p->cf_row[k], own);
            assert_true(same_state(e->target, own, vars));
            assert_int_equal(target->split[target->trial[p->cf_row[k]]],
                             p->split[k]);
        }
    }
}

static void every_counterfactual_follows_from_the_overwritten_variables(
    void **state)
{
    struct exchange list[128];
    int n = exchanges(list);
    (void)state;
    assert_int_equal(n, 3 + 16 + 4);
    for (int i = 0; i < n; i++) {
        struct exchange *e = &list[i];
        struct acts *target = drawn(e->target, e->target->max_quantity, 300,
                                    100, 100, 1);
        struct acts *source = drawn(e->source, e->source->max_quantity, 300,
                                    100, 100, 2);
        struct pairs *p = draw(target, source, e->from, e->to, 2000, 200, 200);
        assert_int_equal(p->P, 2400);
        for (size_t k = 0; k < p->P; k++)
            assert_int_equal(p->split[k], k < 2000 ? 0 : k < 2200 ? 1 : 2);
        assert_lawful(e, target, source, p);
    }
}

/* From the source's variables on, without a look at the target: the tokens of
 * the source's own trial may follow, and those drawn instead. */
static void full_for_arithmetic_is_the_sources_own_continuation(void **state)
{
    struct acts *target = drawn(arith, 10, 300, 0, 0, 1);
    struct acts *source = drawn(arith, 10, 300, 0, 0, 2);
    struct pairs *p = draw(target, source, "full", "full", 2000, 0, 0);
    const struct exchange e = { arith, arith, "full", "full" };
    size_t last = 0;
    (void)state;
    for (size_t k = 0; k < p->P; k++) {
        size_t row = (size_t)p->source_row[k], trial = source->trial[row];
        int rest = source->length[trial] - source->step[row] - 1;
        int from[TASK_VARS], vars[TASK_VARS];
        acts_vars(source, row, from);
        expected_vars(&e, target, source, p, k, vars);
        assert_true(same_state(arith, from, vars));
        assert_true(task_says(arith, &target->rule, vars, rest,
                              source->token + row + 1,
                              source->determined + row + 1));
        assert_true(task_says(arith, &target->rule, from, p->length[k],
                              p->tokens + k * p->T,
                              p->determined + k * p->T));
        assert_int_equal(p->determined[k * p->T], source->determined[row + 1]);
        assert_int_equal(p->length[k], rest);
        if (rest <= 3) {                        /* nothing free is left */
            assert_memory_equal(p->tokens + k * p->T, source->token + row + 1,
                                rest);
            last++;
        }
    }
    assert_true(last > 100);
}

static void small_quantities_serve_as_well(void **state)
{
    struct exchange list[128];
    int n = exchanges(list);
    (void)state;
    for (int i = 0; i < n; i++) {
        struct exchange *e = &list[i];
        struct acts *target = drawn(e->target, 3, 50, 20, 20, 1);
        struct acts *source = drawn(e->source, 3, 50, 20, 20, 2);
        assert_lawful(e, target, source, draw(target, source, e->from, e->to,
                                              200, 50, 50));
    }
}

/* ---- matching states ---- */

/* Rows of the split that are eligible and have the wanted state. */
static int matches(const struct exchange *e, const struct acts *target,
                   const struct pairs *p, size_t k, const int *vars)
{
    int n = 0, other[TASK_VARS];

    for (size_t row = 0; row < target->S; row++)
        if (target->eligible[row] &&
            target->split[target->trial[row]] == p->split[k]) {
            acts_vars(target, row, other);
            n += same_state(e->target, vars, other);
        }
    return n;
}

static void matches_and_coverage_agree_with_brute_force(void **state)
{
    struct exchange list[128];
    int n = exchanges(list);
    (void)state;
    for (int i = 0; i < n; i++) {
        struct exchange *e = &list[i];
        struct acts *target = drawn(e->target, 4, 30, 10, 10, 3);
        struct acts *source = drawn(e->source, 4, 30, 10, 10, 4);
        struct pairs *p = draw(target, source, e->from, e->to, 120, 40, 40);
        size_t misses = 0, wanted = 0;
        for (size_t k = 0; k < p->P; k++) {
            int vars[TASK_VARS];
            char text[64] = "";
            size_t used = 0, lines = 0;
            expected_vars(e, target, source, p, k, vars);
            assert_int_equal(p->cf_matches[k], matches(e, target, p, k, vars));
            assert_int_equal(p->cf_row[k] < 0, p->cf_matches[k] == 0);
            misses += p->cf_row[k] < 0;
            for (int v = 0; e->target->variables[v].name; v++)
                if (e->target->variables[v].flags & VAR_STATE)
                    used += (size_t)snprintf(
                        text + used, sizeof text - used, "%s%s=%d",
                        used ? " " : "", e->target->variables[v].name,
                        vars[v]);
            for (size_t u = 0; u < p->U; u++)
                if (p->coverage[u].split == p->split[k] &&
                    strcmp(p->coverage[u].variables, text) == 0) {
                    assert_int_equal(p->coverage[u].matches, p->cf_matches[k]);
                    lines++;
                }
            assert_int_equal(lines, 1);
        }
        for (size_t u = 0; u < p->U; u++) {
            wanted += (size_t)p->coverage[u].wanted;
            if (u > 0)
                assert_true(p->coverage[u - 1].split <= p->coverage[u].split);
        }
        assert_int_equal(wanted, p->P);
        assert_int_equal(p->misses, misses);
    }
}

static void what_count_cannot_match_is_what_no_eligible_step_has(void **state)
{
    struct acts *target = drawn(multi, 20, 2000, 0, 0, 5);
    struct acts *source = drawn(multi, 20, 2000, 0, 0, 6);
    struct pairs *p = draw(target, source, "count", "count", 10000, 0, 0);
    int nought = 0;
    (void)state;
    for (size_t k = 0; k < p->P; k++) {
        int phase = var_at(target, p->target_row[k], "phase");
        bool demo_nought = phase == 0 && p->value[k] == 0;
        bool answered_all = phase == 1 && p->value[k] == 20;
        assert_int_equal(p->cf_row[k] < 0, demo_nought || answered_all);
        nought += demo_nought;
    }
    assert_in_range(nought, 350, 550);          /* 4.5 % expected */
}

static void last_value_is_drawn_as_the_method_says(void **state)
{
    struct acts *target = drawn(multi, 20, 2000, 0, 0, 5);
    struct acts *source = drawn(same, 20, 2000, 0, 0, 6);
    struct pairs *p = draw(target, source, "last_value", "last_value", 10000,
                           0, 0);
    double moved[3] = { 0 }, demo = 0;
    (void)state;
    for (size_t k = 0; k < p->P; k++) {
        int64_t row = p->target_row[k];
        int own = var_at(target, row, "last_value");
        int count = var_at(target, row, "count") + p->value[k] - own;
        assert_int_equal(own, var_at(target, row, "phase") ? -1 : 1);
        assert_in_range(count, own == 1, 20);
        assert_true(p->value[k] == 1 || p->value[k] == -1);
        moved[(p->value[k] - own) / 2 + 1]++;
    }
    /* A quarter each way, less the demo counts 1 and 2 and the response's
     * 19, which it would take out of the range. */
    for (int n = 1; n <= 20; n++)
        demo += (n > 1 ? 2.0 : 1.0) / (2 * n) / 20;
    double kept[3] = { 0.25 - demo / 2, 0.5, 0.25 - 1.0 / 40 / 20 / 2 };
    for (int i = 0; i < 3; i++)
        kept[i] *= (double)p->P / (1 - demo / 2 - 1.0 / 40 / 20 / 2);
    agree(moved, kept, 3);
}

static void the_embedding_has_no_counterfactual_latents(void **state)
{
    struct acts *target = drawn(multi, 4, 30, 10, 10, 3);
    struct pairs_plan plan = { .site = "embedding",
                               .source_variable = "last_value",
                               .target_variable = "last_value",
                               .n = { 120, 40, 40 }, .seed = 7 };
    struct pairs *p = pairs_draw(target, target, &plan, arena), *hidden;
    int32_t wanted = 0;
    (void)state;
    plan.site = "hidden";
    hidden = pairs_draw(target, target, &plan, arena);
    assert_int_equal(p->misses, p->P);
    assert_true(hidden->misses < p->P / 2);
    for (size_t k = 0; k < p->P; k++) {
        assert_int_equal(p->cf_row[k], -1);
        assert_int_equal(p->cf_matches[k], 0);
    }
    for (size_t u = 0; u < p->U; u++) {
        assert_int_equal(p->coverage[u].matches, 0);
        wanted += p->coverage[u].wanted;
    }
    assert_int_equal(wanted, p->P);
    assert_memory_equal(p->target_row, hidden->target_row, p->P * 8);
}

static void the_matching_row_is_drawn_uniformly(void **state)
{
    struct acts *target = spelt_out(multi, (const char *const[]){
        "B Da T R E", "B Db Da T R R E", "B Dc T R E", "B Da Da T R R E",
        NULL });
    struct acts *source = cut_at(multi, "B Da T R E", 1);
    struct pairs *p = draw(target, source, "full", "full", 0, 0, 4000);
    double seen[4] = { 0 };
    (void)state;
    for (size_t k = 0; k < p->P; k++) {
        assert_int_equal(p->cf_matches[k], 4);
        assert_int_equal(target->step[p->cf_row[k]], 1);
        seen[target->trial[p->cf_row[k]]]++;
    }
    uniform(seen, 4);
    assert_int_equal(p->U, 1);
    assert_string_equal(p->coverage[0].variables, "phase=0 count=1");
}

/* ---- the chances of the draws ---- */

static void trials_are_uniform_and_so_are_the_steps_of_each(void **state)
{
    static const char *const texts[] = {
        "B Da T R E", "B Da Db Dc T R R R E",
        "B Da Db Dc Da Db T R R R R R E", NULL
    };
    static const int eligible[] = { 2, 6, 10 };
    struct acts *target = spelt_out(multi, texts);
    struct acts *source = spelt_out(multi, texts);
    struct pairs *p = draw(target, source, "count", "count", 0, 0, 20000);
    double rows[2][18] = { { 0 } }, expected[18], both[9] = { 0 };
    size_t n = 0, number[64];
    (void)state;
    for (size_t row = 0; row < target->S; row++)
        if (target->eligible[row]) {
            expected[n] = (double)p->P / 3 / eligible[target->trial[row]];
            number[row] = n++;
        }
    assert_int_equal(n, 18);
    for (size_t k = 0; k < p->P; k++) {
        rows[0][number[p->target_row[k]]]++;
        rows[1][number[p->source_row[k]]]++;
        both[3 * target->trial[p->target_row[k]] +
             source->trial[p->source_row[k]]]++;
    }
    agree(rows[0], expected, 18);
    agree(rows[1], expected, 18);
    uniform(both, 9);
}

static void both_sides_are_drawn_again_where_one_admits_nothing(void **state)
{
    /* No comma in the first trial; count 0 in half of the source's steps. */
    struct acts *target = spelt_out(arith, (const char *const[]){
        "B 1 Op 3 + 5 = 8 E", "B 2 Op 3 + 5 = 8 , + 1 = 9 E",
        "B 3 Op 3 + 5 = 8 , + 1 = 9 , + 1 = 10 E", NULL });
    struct acts *source = spelt_out(same, (const char *const[]){
        "B C T C E", "B C C T C C E", NULL });
    struct pairs *p = draw(target, source, "count", "rem_ops", 0, 0, 9000);
    double trial[2] = { 0 }, from[2] = { 0 };
    (void)state;
    for (size_t k = 0; k < p->P; k++) {
        trial[target->trial[p->target_row[k]] - 1]++;
        from[source->trial[p->source_row[k]]]++;
    }
    uniform(trial, 2);
    agree(from, (double[]){ 9000 * 0.4, 9000 * 0.6 }, 2);   /* 1/2 : 3/4 */
}

static void match_phase_draws_both_steps_in_one_phase(void **state)
{
    struct acts *target = drawn(multi, 20, 200, 0, 0, 8);
    struct acts *source = drawn(same, 20, 200, 0, 0, 9);
    struct pairs_plan plan = { .site = "hidden", .source_variable = "count",
                               .target_variable = "count", .n = { 2000, 0, 0 },
                               .match_phase = true };
    struct pairs *p = pairs_draw(target, source, &plan, arena);
    double seen[2] = { 0 };
    (void)state;
    assert_true(p->match_phase);
    for (size_t k = 0; k < p->P; k++) {
        int phase = var_at(target, p->target_row[k], "phase");
        assert_int_equal(phase, var_at(source, p->source_row[k], "phase"));
        seen[phase]++;
    }
    uniform(seen, 2);
    plan.source_variable = "cumu_val";
    assert_null(pairs_draw(target, drawn(arith, 10, 9, 0, 0, 1), &plan, arena));
    assert_string_equal(err_text(), "arithmetic has no variable phase, but "
                        "cumu_val, rem_ops, op, operand, slot");
}

static void assert_equal_but_for_sources(const struct pairs *x,
                                         const struct pairs *y)
{
    size_t P = x->P;

    assert_true(P == y->P && x->T == y->T && x->U == y->U);
    assert_memory_equal(x->target_row, y->target_row, P * 8);
    assert_memory_equal(x->tokens, y->tokens, P * x->T);
    assert_memory_equal(x->determined, y->determined, P * x->T);
    assert_memory_equal(x->length, y->length, P * 4);
    assert_memory_equal(x->value, y->value, P * 4);
    assert_memory_equal(x->split, y->split, P);
    assert_memory_equal(x->unchanged, y->unchanged, P);
    assert_memory_equal(x->constant, y->constant, P);
    assert_memory_equal(x->cf_row, y->cf_row, P * 8);
    assert_memory_equal(x->cf_matches, y->cf_matches, P * 4);
    assert_memory_equal(x->coverage, y->coverage, x->U * sizeof *x->coverage);
}

static void two_draws_are_equal_and_two_seeds_are_not(void **state)
{
    struct acts *target = drawn(arith, 10, 100, 50, 50, 1);
    struct acts *source = drawn(multi, 20, 100, 50, 50, 2);
    struct pairs_plan plan = { .site = "hidden", .source_variable = "count",
                               .target_variable = "cumu_val",
                               .n = { 300, 100, 100 }, .seed = 7 };
    struct pairs *x = pairs_draw(target, source, &plan, arena);
    struct pairs *y = pairs_draw(target, source, &plan, arena), *z;
    (void)state;
    assert_equal_but_for_sources(x, y);
    assert_memory_equal(x->source_row, y->source_row, x->P * 8);
    plan.seed = 8;
    z = pairs_draw(target, source, &plan, arena);
    assert_memory_not_equal(x->target_row, z->target_row, x->P * 8);
    plan.seed = 7;
    plan.n[SPLIT_TRAIN] = 100;
    z = pairs_draw(target, source, &plan, arena);
    assert_memory_equal(x->target_row, z->target_row, 100 * 8);
    assert_memory_equal(x->target_row + 300, z->target_row + 100, 200 * 8);
}

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static void shuffling_permutes_the_source_rows_and_nothing_else(void **state)
{
    struct acts *target = drawn(multi, 20, 100, 50, 50, 1);
    struct acts *source = drawn(same, 20, 100, 50, 50, 2);
    struct pairs_plan plan = { .site = "hidden", .source_variable = "count",
                               .target_variable = "count",
                               .n = { 1000, 300, 300 }, .seed = 3 };
    struct pairs *x = pairs_draw(target, source, &plan, arena), *y;
    size_t at = 0, kept = 0;
    (void)state;
    plan.shuffle = true;
    y = pairs_draw(target, source, &plan, arena);
    assert_true(!x->shuffled && y->shuffled && !x->match_phase);
    assert_equal_but_for_sources(x, y);
    for (size_t k = 0; k < x->P; k++)
        kept += x->source_row[k] == y->source_row[k];
    assert_true(kept < x->P / 20);
    for (int s = 0; s < SPLITS; at += plan.n[s++]) {
        qsort(x->source_row + at, plan.n[s], 8, by_number);
        qsort(y->source_row + at, plan.n[s], 8, by_number);
    }
    assert_memory_equal(x->source_row, y->source_row, x->P * 8);
}

/* ---- recordings ---- */

static void a_target_without_a_task_only_has_its_tuples_matched(void **state)
{
    struct acts *model = drawn(multi, 6, 60, 20, 20, 1);
    struct acts *target = recording_of(model, (const char *const[]){
        "count", "last_value", NULL });
    struct acts *source = drawn(same, 6, 60, 20, 20, 2);
    struct pairs *p = draw(target, source, "count", "count", 300, 50, 50);
    size_t misses = 0;
    (void)state;
    assert_null(p->task);
    for (size_t k = 0; k < p->P; k++) {
        int64_t row = p->cf_row[k];
        assert_int_equal(p->length[k], 0);
        assert_false(p->unchanged[k] || p->constant[k]);
        assert_int_equal(p->value[k],
                         var_at(source, p->source_row[k], "count"));
        misses += row < 0;
        if (row < 0)
            continue;
        assert_int_equal(var_at(target, row, "count"), p->value[k]);
        assert_int_equal(var_at(target, row, "last_value"),
                         var_at(target, p->target_row[k], "last_value"));
        assert_int_equal(target->split[target->trial[row]], p->split[k]);
    }
    assert_true(misses > 0 && misses < p->P);
    assert_int_equal(misses, p->misses);
    assert_string_equal(p->coverage[0].variables, "count=0 last_value=-1");
}

static void full_for_a_recording_overwrites_all_that_was_recorded(void **state)
{
    struct acts *source = drawn(multi, 6, 60, 0, 0, 2);
    struct acts *target = recording_of(drawn(multi, 6, 60, 0, 0, 1),
                                       (const char *const[]){
        "count", "phase", NULL });
    struct pairs *p = draw(target, source, "full", "full", 300, 0, 0);
    (void)state;
    for (size_t k = 0; k < p->P; k++) {
        int64_t row = p->cf_row[k];
        assert_int_equal(p->value[k],
                         var_at(source, p->source_row[k], "count"));
        if (row >= 0) {
            assert_int_equal(var_at(target, row, "count"), p->value[k]);
            assert_int_equal(var_at(target, row, "phase"),
                             var_at(source, p->source_row[k], "phase"));
        }
    }
    assert_true(p->misses < p->P / 10);
}

static void a_recording_may_be_the_source_of_a_models_variable(void **state)
{
    struct acts *target = drawn(multi, 6, 60, 0, 0, 1);
    struct acts *source = recording_of(drawn(same, 20, 60, 0, 0, 2),
                                       (const char *const[]){ "count", NULL });
    struct pairs *p = draw(target, source, "count", "count", 500, 0, 0);
    (void)state;
    for (size_t k = 0; k < p->P; k++) {
        assert_in_range(p->value[k], 0, 6);
        assert_int_equal(p->value[k],
                         var_at(source, p->source_row[k], "count"));
    }
}

static void full_from_a_recording_is_what_its_variables_say(void **state)
{
    struct acts *target = drawn(multi, 6, 60, 0, 0, 1);
    struct acts *source = recording_of(drawn(multi, 6, 60, 0, 0, 2),
                                       (const char *const[]){
        "phase", "count", NULL });
    struct pairs *p = draw(target, source, "full", "full", 500, 0, 0);
    (void)state;
    for (size_t k = 0; k < p->P; k++) {
        int64_t row = p->cf_row[k];
        int count = var_at(source, p->source_row[k], "count"), said = 0;
        for (int t = 0; t < p->length[k]; t++)
            said += p->determined[k * p->T + (size_t)t];
        assert_int_equal(p->value[k], count);
        if (var_at(source, p->source_row[k], "phase") == 1)
            assert_int_equal(said, count + 1);
        if (row >= 0)
            assert_int_equal(var_at(target, row, "phase"),
                             var_at(source, p->source_row[k], "phase"));
    }
    assert_true(p->misses < p->P / 10);
}

static void values_that_a_model_was_never_in_are_not_put_into_it(void **state)
{
    struct acts *target = drawn(multi, 6, 60, 0, 0, 1);
    struct acts *source = recording_of(drawn(multi, 6, 60, 0, 0, 2),
                                       (const char *const[]){
        "count", "phase", NULL });
    int v = acts_variable(source, "phase");
    (void)state;
    for (size_t row = 0; row < source->S; row++)
        source->var[v].value[row] *= 2;
    assert_null(try_draw(target, source, "full", "full", 10, 0, 0));
    assert_int_equal(err_code(), EX_DATAERR);
    assert_string_equal(err_text(), "multi-object: phase is 0..2, but 0..1 in "
                        "multi-object");
}

/* ---- refusals ---- */

static void what_cannot_be_exchanged_is_refused_in_one_line(void **state)
{
    struct acts *m = drawn(multi, 5, 20, 0, 0, 1);
    struct acts *x = drawn(arith, 5, 20, 0, 0, 2);
    struct acts *small = drawn(multi, 3, 20, 0, 0, 1);
    struct acts *bare = recording_of(m, (const char *const[]){ NULL });
    struct acts *part = arena_get(arena, 1, sizeof *part);
#define THERE ", but phase, count, last_value"
    const struct {
        struct acts *target, *source;
        const char *from, *to, *line;
    } row[] = {
        { m, m, "size", "count", "multi-object has no variable size" THERE },
        { m, m, "count", "size", "multi-object has no variable size" THERE },
        { m, m, "count", "to_come", "multi-object has no variable to_come"
          THERE },
        { m, m, "count", "phase", "multi-object: phase is not exchanged "
          "alone" },
        { m, m, "count", "last_value", "multi-object: last_value is an "
          "effect, and exchanged for effects only" },
        { x, m, "last_value", "cumu_val", "multi-object: last_value is an "
          "effect, and exchanged for effects only" },
        { m, m, "full", "count", "full is exchanged for full only" },
        { m, x, "full", "full", "arithmetic has no variable count, but "
          "cumu_val, rem_ops, op, operand, slot" },
        { small, m, "full", "full", "multi-object and multi-object: full "
          "needs tasks with quantities that the target knows" },
        { bare, m, "full", "full", "multi-object has no variables" },
        { part, m, "count", "count", "multi-object has no variable phase, "
          "but count" },
    };
    (void)state;
    *part = *recording_of(m, (const char *const[]){ "count", NULL });
    part->task = multi;
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        assert_null(try_draw(row[i].target, row[i].source, row[i].from,
                             row[i].to, 10, 0, 0));
        assert_int_equal(err_code(), EX_DATAERR);
        assert_string_equal(err_text(), row[i].line);
    }
    assert_null(try_draw(m, x, "cumu_val", "count", 1, 1, 0));
    assert_string_equal(err_text(), "multi-object and arithmetic: no trials "
                        "for valid");
    m->nsites = 0;
    assert_null(try_draw(m, x, "cumu_val", "count", 1, 0, 0));
    assert_string_equal(err_text(), "multi-object has no site hidden");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counterfactuals_are_those_worked_out_by_hand),
        cmocka_unit_test(a_count_given_to_the_demo_phase_is_counted_on),
        cmocka_unit_test(an_effect_given_to_the_demo_phase_is_counted_on),
        cmocka_unit_test(full_in_the_demo_phase_takes_over_the_sources_count),
        cmocka_unit_test(operations_that_remain_are_done),
        cmocka_unit_test(a_value_out_of_the_targets_range_is_never_given),
        cmocka_unit_test(chance_and_constant_are_those_worked_out_by_hand),
        cmocka_unit_test(equally_frequent_values_give_the_smallest_constant),
        cmocka_unit_test(the_constant_comes_from_the_training_samples),
        cmocka_unit_test(
            every_counterfactual_follows_from_the_overwritten_variables),
        cmocka_unit_test(full_for_arithmetic_is_the_sources_own_continuation),
        cmocka_unit_test(small_quantities_serve_as_well),
        cmocka_unit_test(matches_and_coverage_agree_with_brute_force),
        cmocka_unit_test(what_count_cannot_match_is_what_no_eligible_step_has),
        cmocka_unit_test(last_value_is_drawn_as_the_method_says),
        cmocka_unit_test(the_embedding_has_no_counterfactual_latents),
        cmocka_unit_test(the_matching_row_is_drawn_uniformly),
        cmocka_unit_test(trials_are_uniform_and_so_are_the_steps_of_each),
        cmocka_unit_test(both_sides_are_drawn_again_where_one_admits_nothing),
        cmocka_unit_test(match_phase_draws_both_steps_in_one_phase),
        cmocka_unit_test(two_draws_are_equal_and_two_seeds_are_not),
        cmocka_unit_test(shuffling_permutes_the_source_rows_and_nothing_else),
        cmocka_unit_test(a_target_without_a_task_only_has_its_tuples_matched),
        cmocka_unit_test(full_for_a_recording_overwrites_all_that_was_recorded),
        cmocka_unit_test(full_from_a_recording_is_what_its_variables_say),
        cmocka_unit_test(values_that_a_model_was_never_in_are_not_put_into_it),
        cmocka_unit_test(a_recording_may_be_the_source_of_a_models_variable),
        cmocka_unit_test(what_cannot_be_exchanged_is_refused_in_one_line),
    };
    return cmocka_run_group_tests(tests, begin, arena_drop);
}

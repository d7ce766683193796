#include "task.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "err.h"
#include "rng.h"

extern const struct task task_multi_object, task_same_object, task_arithmetic;

const struct task *const task_menu[] = {
    &task_multi_object,
    &task_same_object,
    &task_arithmetic,
    NULL
};

void task_names(const char *names[TASKS + 1])
{
    int n = 0;

    for (; task_menu[n]; n++) {
        assert(n < TASKS);
        names[n] = task_menu[n]->name;
    }
    names[n] = NULL;
}

const struct task *task_find(const char *name)
{
    const char *names[TASKS + 1];

    for (int i = 0; task_menu[i]; i++)
        if (strcmp(task_menu[i]->name, name) == 0)
            return task_menu[i];
    task_names(names);
    err_choice("task", name, names);
    return NULL;
}

const char *task_note(const char *name)
{
    return task_find(name)->note;
}

const struct task *task_own(const char *name, const char *const *vocabulary,
                            int V, const char *const *variables, int n,
                            struct arena *a)
{
    struct task *task = arena_get(a, 1, sizeof *task);
    struct variable *v = arena_get(a, (size_t)n + 1, sizeof *v);

    if (!task || !v)
        return NULL;
    for (int k = 0; k < n; k++)
        v[k] = (struct variable){ .name = variables[k], .flags = VAR_STATE };
    *task = (struct task){ .name = name, .V = V, .vocabulary = vocabulary,
                           .variables = v };
    return task;
}

bool task_runs(const struct task *task)
{
    return task->emit != NULL;
}

bool task_same(const struct task *task, const struct task *other)
{
    if (task == other)
        return true;
    if (strcmp(task->name, other->name) || task->V != other->V)
        return false;
    for (int v = 0; v < task->V; v++)
        if (strcmp(task->vocabulary[v], other->vocabulary[v]))
            return false;
    return true;
}

int task_variables(const struct task *task)
{
    int n = 0;

    while (task->variables[n].name)
        n++;
    return n;
}

int task_variable(const struct task *task, const char *name)
{
    for (int k = 0; task->variables[k].name; k++)
        if (strcmp(task->variables[k].name, name) == 0)
            return k;
    return -1;
}

int task_token(const struct task *task, const char *name)
{
    for (int v = 0; v < task->V; v++)
        if (strcmp(task->vocabulary[v], name) == 0)
            return v;
    return -1;
}

bool task_exchange(const struct task *task, const struct task_rule *rule,
                   int v, int value, int *vars)
{
    const struct variable *x = &task->variables[v];
    int lo, hi;

    assert(x->range);
    x->range(rule->max_quantity, &lo, &hi);
    if (value < lo || value > hi)
        return false;
    if (x->adds_to)
        vars[task_variable(task, x->adds_to)] += value - vars[v];
    vars[v] = value;
    return !x->admits || x->admits(rule->max_quantity, vars);
}

bool task_allows(const struct task_rule *rule, int quantity)
{
    return !(rule->held_out >> quantity & 1);
}

static uint32_t allowed_quantities(const struct task_rule *rule)
{
    uint32_t n = 0;

    for (int q = 1; q <= rule->max_quantity; q++)
        n += task_allows(rule, q);
    return n;
}

int task_quantity(const struct task_rule *rule, struct rng *r)
{
    uint32_t n = allowed_quantities(rule), skip;
    int q = 0;

    assert(n > 0);
    skip = rng_below(r, n);
    do
        q++;
    while (!task_allows(rule, q) || skip-- > 0);
    return q;
}

int task_hold_out(const char *list, uint64_t *held_out)
{
    const char *at = list;

    *held_out = 0;
    if (!*list)
        return 0;
    do {
        char *end;
        long q = strtol(at, &end, 10);
        if (end == at || (*end && *end != ',') || q < 1 || q > 63)
            return err_set(EX_USAGE, "%s: not a list of quantities such as "
                           "3,7,12", list);
        *held_out |= UINT64_C(1) << q;
        at = end;
    } while (*at++ == ',');
    return 0;
}

int task_check_rule(const struct task *task, const struct task_rule *rule)
{
    if (rule->max_quantity < 1 || rule->max_quantity > task->max_quantity)
        return err_set(EX_USAGE, "%s: the largest quantity is 1..%d, not %d",
                       task->name, task->max_quantity, rule->max_quantity);
    if (allowed_quantities(rule) == 0)
        return err_set(EX_USAGE, "every quantity of 1..%d is held out",
                       rule->max_quantity);
    if (!(rule->void_prob >= 0 && rule->void_prob < 1))
        return err_set(EX_USAGE, "%g is no probability of a void below 1",
                       rule->void_prob);
    if (rule->void_prob > 0 && task_token(task, "V") < 0)
        return err_set(EX_USAGE, "%s has no void token V", task->name);
    return 0;
}

bool task_eligible(const struct task *task, int token)
{
    static const char *const barred[] = { "PAD", "B", "T", "E" };

    for (size_t k = 0; k < sizeof barred / sizeof *barred; k++)
        if (!strcmp(task->vocabulary[token], barred[k]))
            return false;
    return true;
}

int task_write(const struct task *task, const struct task_rule *rule,
               int *vars, struct rng *r, int T, uint8_t *tokens,
               int8_t *determined)
{
    for (int t = 0; t < T; t++) {
        bool follows;
        int token = task->emit(rule, vars, r, &follows);
        if (task->read(rule, vars, token))
            return -1;
        tokens[t] = (uint8_t)token;
        if (determined)
            determined[t] = follows;
        if (token == TOKEN_E)
            return t + 1;
    }
    return -1;
}

bool task_says(const struct task *task, const struct task_rule *rule,
               const int *vars, int T, const uint8_t *tokens,
               const int8_t *marked)
{
    struct rng unused = rng_at(0, RNG_DATA, 0, 0);
    int now[TASK_VARS];

    memcpy(now, vars, sizeof now);
    for (int t = 0; t < T; t++) {
        bool follows = true;
        if (marked[t] &&
            (task->emit(rule, now, &unused, &follows) != tokens[t] || !follows))
            return false;
        if (task->read(rule, now, tokens[t]))
            return false;
    }
    return true;
}

#include "data.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "err.h"
#include "rng.h"

const char *const split_name[SPLITS] = { "train", "valid", "test" };

int split_called(const char *name, size_t length)
{
    int s = 0;

    while (s < SPLITS && (strlen(split_name[s]) != length ||
                          strncmp(split_name[s], name, length)))
        s++;
    return s;
}

int data_splits(const char *text, size_t n[SPLITS])
{
    bool seen[SPLITS] = { false };
    const char *at = text;

    memset(n, 0, SPLITS * sizeof *n);
    do {
        size_t word = strcspn(at, "=");
        int s = split_called(at, word);
        char *end;
        unsigned long count;

        at += word + (at[word] == '=');
        count = strtoul(at, &end, 10);
        if (s == SPLITS || seen[s] || *at < '0' || *at > '9' ||
            (*end && *end != ',') || count > 100000000)
            return err_set(EX_USAGE, "%s: not of the form "
                           "train=1024,valid=1024,test=10000", text);
        n[s] = count;
        seen[s] = true;
        at = end;
    } while (*at++ == ',');
    if (n[SPLIT_TRAIN] + n[SPLIT_VALID] + n[SPLIT_TEST] == 0)
        return err_set(EX_USAGE, "%s: nothing at all", text);
    return 0;
}

size_t data_longest(const struct task *task, const struct task_rule *rule)
{
    return task_runs(task) ? (size_t)task->longest(rule) : 0;
}

struct data *data_open(const struct task *task, const struct task_rule *rule,
                       size_t N, struct arena *a)
{
    struct data *d = arena_get(a, 1, sizeof *d);

    if (!d)
        return NULL;
    *d = (struct data){ .task = task, .rule = *rule, .N = N,
                        .T = data_longest(task, rule) };
    d->tokens = arena_get(a, N * d->T, sizeof *d->tokens);
    d->determined = arena_get(a, N * d->T, sizeof *d->determined);
    d->length = arena_get(a, N, sizeof *d->length);
    d->quantity = arena_get(a, N, sizeof *d->quantity);
    return d->tokens && d->determined && d->length && d->quantity ? d : NULL;
}

static struct data *open_whole(const struct task *task,
                               const struct task_rule *rule, size_t N,
                               long seed, struct arena *a)
{
    struct data *d = data_open(task, rule, N, a);

    if (!d || !(d->split = arena_get(a, N, sizeof *d->split)))
        return NULL;
    d->seed = seed;
    for (int k = 0; task->variables[k].name; k++)
        if (!(task->variables[k].flags & VAR_OWN) &&
            !(d->vars[k] = arena_get(a, N * d->T, sizeof *d->vars[k])))
            return NULL;
    return d;
}

/* Write sequence i; one that would not fit is drawn again. */
static void write_sequence(struct data *d, size_t i, int quantity,
                           struct rng *r)
{
    uint8_t *tokens = d->tokens + i * d->T;
    int8_t *determined = d->determined + i * d->T;
    int vars[TASK_VARS], length;

    do {
        d->task->start(&d->rule, quantity, vars);
        length = task_write(d->task, &d->rule, vars, r, (int)d->T, tokens,
                            determined);
    } while (length < 0);
    memset(tokens + length, TOKEN_PAD, d->T - (size_t)length);
    memset(determined + length, 0, d->T - (size_t)length);
    d->length[i] = length;
    d->quantity[i] = quantity;
}

static void follow_variables(struct data *d, size_t i)
{
    int vars[TASK_VARS];

    d->task->start(&d->rule, d->quantity[i], vars);
    for (size_t t = i * d->T; t < i * d->T + (size_t)d->length[i]; t++) {
        d->task->read(&d->rule, vars, d->tokens[t]);
        for (int k = 0; k < TASK_VARS; k++)
            if (d->vars[k])
                d->vars[k][t] = vars[k];
    }
}

struct data *data_draw(const struct task *task, const struct task_rule *rule,
                       const size_t n[SPLITS], long seed, struct arena *a)
{
    size_t N = n[SPLIT_TRAIN] + n[SPLIT_VALID] + n[SPLIT_TEST];
    struct data *d = open_whole(task, rule, N, seed, a);

    for (size_t i = 0; d && i < N; i++) {
        struct rng r = rng_at((uint64_t)seed, RNG_DATA, 0, (uint32_t)i);
        write_sequence(d, i, task_quantity(rule, &r), &r);
        follow_variables(d, i);
        d->split[i] = i < n[SPLIT_TRAIN] ? SPLIT_TRAIN
                    : i < n[SPLIT_TRAIN] + n[SPLIT_VALID] ? SPLIT_VALID
                    : SPLIT_TEST;
    }
    return d;
}

struct data *data_per_quantity(const struct task *task,
                               const struct task_rule *rule, size_t each,
                               long seed, struct arena *a)
{
    struct data *d;
    size_t N = 0, i = 0;

    for (int q = 1; q <= rule->max_quantity; q++)
        N += task_allows(rule, q) ? each : 0;
    d = open_whole(task, rule, N, seed, a);
    for (int q = 1; d && q <= rule->max_quantity; q++)
        for (size_t k = 0; k < each && task_allows(rule, q); k++, i++) {
            struct rng r = rng_at((uint64_t)seed, RNG_DATA, 0, (uint32_t)i);
            write_sequence(d, i, q, &r);
            follow_variables(d, i);
            d->split[i] = SPLIT_TEST;
        }
    return d;
}

void data_renew(struct data *d, long seed, uint32_t epoch)
{
    for (size_t i = 0; i < d->N; i++) {
        struct rng r = rng_at((uint64_t)seed, RNG_FRESH, epoch, (uint32_t)i);
        write_sequence(d, i, task_quantity(&d->rule, &r), &r);
    }
}

/* same_object.c - count tokens and answer with the very same token. */
#include "counting.h"

static const char *const vocabulary[] = { "PAD", "B", "E", "C", "T" };
static const struct counting parts = {
    .demo = 3, .demos = 1, .blank = -1, .trigger = 4, .response = 3
};

static int emit(const struct task_rule *rule, const int *vars, struct rng *r,
                bool *determined)
{
    return counting_emit(&parts, rule, vars, r, determined);
}

static int read(const struct task_rule *rule, int *vars, int token)
{
    return counting_read(&parts, rule, vars, token);
}

extern const struct task task_same_object;
const struct task task_same_object = {
    .name = "same-object",
    .note = "B, n of C, T, n of C, E",
    .max_quantity = 20,
    .V = sizeof vocabulary / sizeof *vocabulary,
    .vocabulary = vocabulary,
    .variables = counting_variables,
    .longest = counting_longest,
    .start = counting_start,
    .emit = emit,
    .read = read,
    .resume = counting_resume
};

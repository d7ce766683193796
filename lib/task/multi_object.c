/* multi_object.c - count demo tokens of three kinds, answer with another. */
#include "counting.h"

static const char *const vocabulary[] = {
    "PAD", "B", "E", "Da", "Db", "Dc", "V", "T", "R"
};
static const struct counting parts = {
    .demo = 3, .demos = 3, .blank = 6, .trigger = 7, .response = 8
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

extern const struct task task_multi_object;
const struct task task_multi_object = {
    .name = "multi-object",
    .note = "B, n of Da Db Dc, T, n of R, E; voids V where asked for",
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

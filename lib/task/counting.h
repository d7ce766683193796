/* counting.h - the causal program that the counting tasks share: a demo phase
 * of n tokens, a trigger, n responses. No task of its own: multi_object.c and
 * same_object.c say which tokens play which part.
 *
 * With a void probability p every position of the demo phase, the trigger's
 * included, is first given to a void with probability p, whatever the count. */
#ifndef COUNTING_H
#define COUNTING_H

#include "../task.h"

struct counting {
    int demo, demos;            /* the first demo token, and how many kinds  */
    int blank;                  /* the void token; -1: the task has none     */
    int trigger, response;
};

extern const struct variable counting_variables[];

/* The members of struct task; emit and read with the parts in front. */
int counting_longest(const struct task_rule *rule);
void counting_start(const struct task_rule *rule, int quantity, int *vars);
int counting_resume(const struct task_rule *rule, int *vars, struct rng *r);
int counting_emit(const struct counting *c, const struct task_rule *rule,
                  const int *vars, struct rng *r, bool *determined);
int counting_read(const struct counting *c, const struct task_rule *rule,
                  int *vars, int token);

#endif

/* task.h - a task is a causal program that writes token sequences.
 *
 * Its state is a handful of integer variables. `emit` says the next token,
 * `read` updates the variables by a token; gen-data alternates the two. A
 * counterfactual is: copy the variables, exchange one, `resume`, and go on
 * alternating (method.md, sections 1 and 3). An exchange overwrites the
 * variable; that of an effect, such as the last token's on the count, adds the
 * difference of the two effects to what it is an effect on. A full exchange
 * overwrites every VAR_STATE variable: what follows is the source's own
 * continuation, the same determined tokens wherever the free ones are the
 * same, and the free ones are drawn anew. A task knows no model.
 *
 * A task of a user's own comes as files that others wrote: it has a name,
 * tokens and variables, but no program here. Whatever must run a program (new
 * sequences, counterfactuals) refuses it.
 *
 * Adding a task: one file in task/, one line in task.c's menu. */
#ifndef TASK_H
#define TASK_H

#include <stdbool.h>
#include <stdint.h>

struct arena;
struct rng;

enum { TASKS = 8, TASK_VARS = 8, TOKEN_PAD = 0, TOKEN_B = 1, TOKEN_E = 2 };

enum {
    VAR_STATE = 1,      /* the program needs it to go on: counterfactual latents
                           must agree in it, "full" overwrites it            */
    VAR_OWN = 2         /* the generator's own plan; not recorded            */
};

/* One variable; its number is its place in the table. */
struct variable {
    const char *name;
    int flags;
    /* Tokens at whose step the variable may be exchanged, as names separated
     * by blanks; NULL: every eligible step. */
    const char *at;
    /* Smallest and largest value that it may be given by an exchange, under
     * this rule. NULL: not exchanged alone. */
    void (*range)(int max_quantity, int *lo, int *hi);
    /* The variable is the last token's effect on the one of this name, and an
     * exchange adds the difference of the effects to that one. NULL: it is
     * no effect. */
    const char *adds_to;
    /* May an exchange of the variable leave all of them like this? NULL:
     * wherever resume can go on. */
    bool (*admits)(int max_quantity, const int *vars);
    /* What its values 0, 1, ... are called, NULL-ended; NULL: numbers. */
    const char *const *values;
};

/* What varies between data sets of one task. */
struct task_rule {
    int max_quantity;           /* quantities are 1..max_quantity            */
    double void_prob;           /* of a void token in the demo phase         */
    uint64_t held_out;          /* bit q: quantity q is never drawn          */
};

struct task {
    const char *name, *note;
    int max_quantity;           /* the paper's                               */
    int V;                      /* tokens; 0..2 are PAD, B, E (without a program
                                   PAD alone has its place)                  */
    const char *const *vocabulary;      /* (V)                               */
    const struct variable *variables;   /* ends with name NULL               */

    /* The program; all NULL: there is none here. */

    /* Tokens of the longest sequence, B and E included. Voids know no bound;
     * with them a length that hardly any sequence passes, and one that does
     * is drawn again. */
    int (*longest)(const struct task_rule *rule);

    /* Set the variables as they are before B, for a sequence of the given
     * quantity. */
    void (*start)(const struct task_rule *rule, int quantity, int *vars);

    /* The next token, given the variables. *determined tells whether it
     * follows from what was read before. */
    int (*emit)(const struct task_rule *rule, const int *vars, struct rng *r,
                bool *determined);

    /* Update the variables by a token. -1, variables unchanged, where the
     * program does not allow it here. */
    int (*read)(const struct task_rule *rule, int *vars, int token);

    /* After an intervention: draw what the program's own plan now needs (the
     * demo phase goes on for 0..3 tokens). -1 where nothing is admissible. */
    int (*resume)(const struct task_rule *rule, int *vars, struct rng *r);
};

extern const struct task *const task_menu[];    /* NULL-ended */
const struct task *task_find(const char *name); /* NULL: EX_USAGE */
void task_names(const char *names[TASKS + 1]);  /* of the menu; NULL-ended */
const char *task_note(const char *name);        /* one of these */

/* One without a program, whose n variables are all VAR_STATE and not exchanged
 * alone. Borrows the texts. NULL: memory. */
const struct task *task_own(const char *name, const char *const *vocabulary,
                            int V, const char *const *variables, int n,
                            struct arena *a);
bool task_runs(const struct task *task);        /* has it a program?         */

/* Are they called the same, with the same tokens? */
bool task_same(const struct task *task, const struct task *other);

/* Number of a variable or token, -1 if there is none of that name. */
int task_variable(const struct task *task, const char *name);
int task_token(const struct task *task, const char *name);
int task_variables(const struct task *task);    /* how many */

/* Give variable v, which has a range, another value as an exchange does; what
 * it adds to moves along. False where range or admits forbid it: the
 * variables are then of no use. */
bool task_exchange(const struct task *task, const struct task_rule *rule,
                   int v, int value, int *vars);

/* Is the quantity one of 1..63 that is not held out? */
bool task_allows(const struct task_rule *rule, int quantity);

/* A quantity drawn uniformly from those that the rule allows. */
int task_quantity(const struct task_rule *rule, struct rng *r);

/* Set the bits of a list of quantities, "3,7"; "" holds out none. 0 or -1
 * (EX_USAGE). */
int task_hold_out(const char *list, uint64_t *held_out);

/* Can the task follow this rule? 0 or -1 (EX_USAGE). */
int task_check_rule(const struct task *task, const struct task_rule *rule);

/* May a swap happen at a step whose token is this (none of PAD B T E)? */
bool task_eligible(const struct task *task, int token);

/* Write tokens until E (included) from the variables on, at most T of them,
 * updating the variables; determined may be NULL. Returns how many, -1 where
 * E did not come. */
int task_write(const struct task *task, const struct task_rule *rule,
               int *vars, struct rng *r, int T, uint8_t *tokens,
               int8_t *determined);

/* Does the program, from these variables on and reading the given tokens, say
 * every token that is marked? A marked token that it does not determine, or
 * any token that it cannot read, makes it false. */
bool task_says(const struct task *task, const struct task_rule *rule,
               const int *vars, int T, const uint8_t *tokens,
               const int8_t *marked);

#endif

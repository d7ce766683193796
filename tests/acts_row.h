/* acts_row.h - what was recorded at one row, for tests. */
#ifndef ACTS_ROW_H
#define ACTS_ROW_H

#include "../lib/acts.h"

/* The task's variables (TASK_VARS); those not recorded are 0. */
static inline void acts_vars(const struct acts *x, size_t row, int *vars)
{
    for (int v = 0; v < TASK_VARS; v++)
        vars[v] = 0;
    for (int v = 0; x->task->variables[v].name; v++) {
        int k = acts_variable(x, x->task->variables[v].name);
        if (k >= 0)
            vars[v] = x->var[k].value[row];
    }
}

#endif

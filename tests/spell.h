/* spell.h - token sequences as text, and the chi-square test, for tests. */
#ifndef SPELL_H
#define SPELL_H

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../lib/task.h"

enum { SPELL_MAX = 128 };

/* "B Da T R E" -> token ids; returns how many. Unknown names stop the test. */
static inline int spell(const struct task *task, const char *text,
                        uint8_t *tokens)
{
    char copy[1024];
    int n = 0;

    snprintf(copy, sizeof copy, "%s", text);
    for (char *w = strtok(copy, " "); w; w = strtok(NULL, " ")) {
        int token = task_token(task, w);
        if (token < 0 || n == SPELL_MAX)
            fail_msg("%s has no token %s", task->name, w);
        tokens[n++] = (uint8_t)token;
    }
    return n;
}

/* The other way round, into a buffer that the next call overwrites. */
static inline const char *spelt(const struct task *task,
                                const uint8_t *tokens, int n)
{
    static char text[1024];
    size_t used = 0;

    text[0] = '\0';
    for (int t = 0; t < n; t++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s",
                                 t ? " " : "", task->vocabulary[tokens[t]]);
    return text;
}

/* Pearson's chi-square of n counts against their expectations, held against
 * the 0.9999 quantile (Wilson and Hilferty's approximation). */
static inline void agree(const double *seen, const double *expected, int n)
{
    double df = n - 1, x = 0, part = 2 / (9 * df), limit;

    for (int i = 0; i < n; i++)
        x += (seen[i] - expected[i]) * (seen[i] - expected[i]) / expected[i];
    limit = df * pow(1 - part + 3.719 * sqrt(part), 3);
    if (!(x < limit))
        fail_msg("chi-square %g with %d degrees of freedom is above %g", x,
                 n - 1, limit);
}

static inline void uniform(const double *seen, int n)
{
    double total = 0, expected[1024];

    for (int i = 0; i < n; i++)
        total += seen[i];
    for (int i = 0; i < n; i++)
        expected[i] = total / n;
    agree(seen, expected, n);
}

#endif

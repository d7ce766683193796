#include "counting.h"

#include <assert.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

#include "../rng.h"

enum { PHASE, COUNT, LAST_VALUE, TO_COME, PLACE };
enum { DEMO, RESPONSE };
enum { WITHIN, BEFORE, AFTER };
enum { LONGEST_RESUMED_DEMO = 3 };

static void count_range(int max_quantity, int *lo, int *hi)
{
    *lo = 0;
    *hi = max_quantity;
}

static void effect_range(int max_quantity, int *lo, int *hi)
{
    (void)max_quantity;
    *lo = -1;
    *hi = 1;
}

/* After a demo token there is something to count. */
static bool effect_admits(int max_quantity, const int *vars)
{
    return vars[COUNT] >= (vars[PHASE] == DEMO) &&
           vars[COUNT] <= max_quantity;
}

const struct variable counting_variables[] = {
    /* Response from T on. */
    [PHASE] = { .name = "phase", .flags = VAR_STATE,
        .values = (const char *const[]){ "demo", "response", NULL } },
    /* Demo tokens seen minus response tokens seen. */
    [COUNT] = { .name = "count", .flags = VAR_STATE, .range = count_range },
    /* Effect of the last token on count: 1, -1 or 0. */
    [LAST_VALUE] = { .name = "last_value", .range = effect_range,
        .adds_to = "count", .admits = effect_admits },
    /* Demo tokens still to come. */
    [TO_COME] = { .name = "to_come", .flags = VAR_OWN },
    /* 0 within the sequence, 1 before B, 2 after E. */
    [PLACE] = { .name = "place", .flags = VAR_OWN },
    { .name = NULL }
};

int counting_longest(const struct task_rule *rule)
{
    int n = rule->max_quantity, demo = n + 1;
    double p = rule->void_prob;

    while (demo * (1 - p) - 8 * sqrt(demo * p * (1 - p)) < n + 1)
        demo++;
    return 1 + demo + n + 1;
}

void counting_start(const struct task_rule *rule, int quantity, int *vars)
{
    (void)rule;
    memset(vars, 0, TASK_VARS * sizeof *vars);
    vars[TO_COME] = quantity;
    vars[PLACE] = BEFORE;
}

int counting_emit(const struct counting *c, const struct task_rule *rule,
                  const int *vars, struct rng *r, bool *determined)
{
    *determined = vars[PLACE] == WITHIN && vars[PHASE] == RESPONSE;
    if (vars[PLACE] != WITHIN)
        return TOKEN_B;
    if (vars[PHASE] == RESPONSE)
        return vars[COUNT] > 0 ? c->response : TOKEN_E;
    if (c->blank >= 0 && rule->void_prob > 0 &&
        rng_unit(r) < rule->void_prob)
        return c->blank;
    if (vars[TO_COME] > 0)
        return c->demo + (int)rng_below(r, (uint32_t)c->demos);
    return c->trigger;
}

int counting_read(const struct counting *c, const struct task_rule *rule,
                  int *vars, int token)
{
    int phase = vars[PHASE], count = vars[COUNT], place = vars[PLACE];
    int effect = 0;

    assert(token >= 0);
    if (place != WITHIN) {
        if (place != BEFORE || token != TOKEN_B)
            return -1;
        place = WITHIN;
    } else if (phase == RESPONSE && token == c->response && count > 0) {
        effect = -1;
    } else if (phase == RESPONSE && token == TOKEN_E && count == 0) {
        place = AFTER;
    } else if (phase == RESPONSE) {
        return -1;
    } else if (token >= c->demo && token < c->demo + c->demos &&
               count < rule->max_quantity) {
        effect = 1;
    } else if (token == c->trigger && count >= 1) {
        phase = RESPONSE;
    } else if (token != c->blank) {
        return -1;
    }
    vars[PHASE] = phase;
    vars[COUNT] = count + effect;
    vars[LAST_VALUE] = effect;
    vars[TO_COME] -= effect > 0 && vars[TO_COME] > 0;
    vars[PLACE] = place;
    return 0;
}

int counting_resume(const struct task_rule *rule, int *vars, struct rng *r)
{
    int count = vars[COUNT], lo = count < 1, hi = rule->max_quantity - count;

    if (count < 0 || hi < 0)
        return -1;
    vars[PLACE] = WITHIN;
    vars[TO_COME] = 0;
    if (vars[PHASE] == RESPONSE)
        return 0;
    if (hi > LONGEST_RESUMED_DEMO)
        hi = LONGEST_RESUMED_DEMO;
    vars[TO_COME] = lo + (int)rng_below(r, (uint32_t)(hi - lo + 1));
    return 0;
}

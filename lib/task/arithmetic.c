/* arithmetic.c - N additions and subtractions, each result written down:
 * B N Op v0 + x = c , - x = c , ... E. A quantity is the number N of
 * operations; values stay within 0..20, whatever the largest N. */
#include <stddef.h>
#include <string.h>

#include "../rng.h"
#include "../task.h"

enum { TOKEN_OP = 3, TOKEN_PLUS, TOKEN_MINUS, TOKEN_EQUALS, TOKEN_COMMA,
       TOKEN_ZERO };
enum { VALUE_MAX = 20, NO_OP = 0, PLUS, MINUS };
enum { CUMU_VAL, REM_OPS, OP, OPERAND, SLOT, QUANTITY };

/* What the syntax asks for next. */
enum { SLOT_B, SLOT_QUANTITY, SLOT_OP, SLOT_FIRST, SLOT_SIGN, SLOT_OPERAND,
       SLOT_EQUALS, SLOT_RESULT, SLOT_COMMA, SLOT_NOTHING };

static const char *const vocabulary[] = {
    "PAD", "B", "E", "Op", "+", "-", "=", ",",
    "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10",
    "11", "12", "13", "14", "15", "16", "17", "18", "19", "20"
};

static void value_range(int max_quantity, int *lo, int *hi)
{
    (void)max_quantity;
    *lo = 0;
    *hi = VALUE_MAX;
}

static void rem_ops_range(int max_quantity, int *lo, int *hi)
{
    *lo = 1;
    *hi = max_quantity - 1;
}

static const struct variable variables[] = {
    /* The first value, then each result from its = on. */
    [CUMU_VAL] = { .name = "cumu_val", .flags = VAR_STATE, .at = "=",
        .range = value_range },
    /* Operations still to do, one less from each comma on. */
    [REM_OPS] = { .name = "rem_ops", .flags = VAR_STATE, .at = ",",
        .range = rem_ops_range },
    /* Begun: NO_OP, PLUS or MINUS. */
    [OP] = { .name = "op", .flags = VAR_STATE },
    /* Read, until the = was. */
    [OPERAND] = { .name = "operand", .flags = VAR_STATE },
    [SLOT] = { .name = "slot", .flags = VAR_STATE },
    /* The N to print. */
    [QUANTITY] = { .name = "quantity", .flags = VAR_OWN },
    { .name = NULL }
};

static int longest(const struct task_rule *rule)
{
    return 4 + 5 * rule->max_quantity;
}

static void start(const struct task_rule *rule, int quantity, int *vars)
{
    (void)rule;
    memset(vars, 0, TASK_VARS * sizeof *vars);
    vars[QUANTITY] = quantity;
}

/* The largest operand that keeps the running value in its range. */
static int room(const int *vars)
{
    return vars[OP] == PLUS ? VALUE_MAX - vars[CUMU_VAL] : vars[CUMU_VAL];
}

static int sign(int value, struct rng *r)
{
    if (value <= 0)
        return TOKEN_PLUS;
    if (value >= VALUE_MAX)
        return TOKEN_MINUS;
    return rng_below(r, 2) ? TOKEN_MINUS : TOKEN_PLUS;
}

static int emit(const struct task_rule *rule, const int *vars, struct rng *r,
                bool *determined)
{
    int slot = vars[SLOT];

    (void)rule;
    *determined = slot == SLOT_OP || slot == SLOT_EQUALS ||
                  slot == SLOT_RESULT || slot == SLOT_COMMA;
    switch (slot) {
    case SLOT_B:
        return TOKEN_B;
    case SLOT_QUANTITY:
        return TOKEN_ZERO + vars[QUANTITY];
    case SLOT_OP:
        return TOKEN_OP;
    case SLOT_FIRST:
        return TOKEN_ZERO + 1 + (int)rng_below(r, VALUE_MAX);
    case SLOT_SIGN:
        return sign(vars[CUMU_VAL], r);
    case SLOT_OPERAND:
        return TOKEN_ZERO + (int)rng_below(r, (uint32_t)room(vars) + 1);
    case SLOT_EQUALS:
        return TOKEN_EQUALS;
    case SLOT_RESULT:
        return TOKEN_ZERO + vars[CUMU_VAL];
    case SLOT_COMMA:
        return vars[REM_OPS] > 1 ? TOKEN_COMMA : TOKEN_E;
    default:
        return TOKEN_PAD;
    }
}

static int read(const struct task_rule *rule, int *vars, int token)
{
    int number = token - TOKEN_ZERO, slot = vars[SLOT];
    bool last = vars[REM_OPS] <= 1;

    switch (slot) {
    case SLOT_B:
        if (token != TOKEN_B)
            return -1;
        break;
    case SLOT_QUANTITY:
        if (number < 1 || number > rule->max_quantity)
            return -1;
        vars[REM_OPS] = number;
        break;
    case SLOT_OP:
        if (token != TOKEN_OP)
            return -1;
        break;
    case SLOT_FIRST:
        if (number < 1 || number > VALUE_MAX)
            return -1;
        vars[CUMU_VAL] = number;
        break;
    case SLOT_SIGN:
        if (!(token == TOKEN_PLUS && vars[CUMU_VAL] < VALUE_MAX) &&
            !(token == TOKEN_MINUS && vars[CUMU_VAL] > 0))
            return -1;
        vars[OP] = token == TOKEN_PLUS ? PLUS : MINUS;
        break;
    case SLOT_OPERAND:
        if (number < 0 || number > room(vars))
            return -1;
        vars[OPERAND] = number;
        break;
    case SLOT_EQUALS:
        if (token != TOKEN_EQUALS)
            return -1;
        vars[CUMU_VAL] += vars[OP] == PLUS ? vars[OPERAND] : -vars[OPERAND];
        vars[OP] = NO_OP;
        vars[OPERAND] = 0;
        break;
    case SLOT_RESULT:
        if (number != vars[CUMU_VAL])
            return -1;
        break;
    case SLOT_COMMA:
        if (token != (last ? TOKEN_E : TOKEN_COMMA))
            return -1;
        vars[REM_OPS] -= !last;
        vars[SLOT] = last ? SLOT_NOTHING : SLOT_SIGN;
        return 0;
    default:
        return -1;
    }
    vars[SLOT] = slot + 1;
    return 0;
}

static int resume(const struct task_rule *rule, int *vars, struct rng *r)
{
    int slot = vars[SLOT], value = vars[CUMU_VAL], ops = vars[REM_OPS];

    if (slot < SLOT_QUANTITY || slot > SLOT_COMMA || value < 0 ||
        value > VALUE_MAX)
        return -1;
    if (slot == SLOT_QUANTITY)
        vars[QUANTITY] = task_quantity(rule, r);
    else if (ops < 1 || ops > rule->max_quantity)
        return -1;
    if (slot == SLOT_OPERAND && vars[OP] != PLUS && vars[OP] != MINUS)
        return -1;
    return 0;
}

extern const struct task task_arithmetic;
const struct task task_arithmetic = {
    .name = "arithmetic",
    .note = "B N Op v0 + x = c , ... E: N operations within 0..20",
    .max_quantity = 10,
    .V = sizeof vocabulary / sizeof *vocabulary,
    .vocabulary = vocabulary,
    .variables = variables,
    .longest = longest,
    .start = start,
    .emit = emit,
    .read = read,
    .resume = resume
};

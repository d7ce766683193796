/* units.h - which units of a file are taken, and what it says of them.
 *
 * A condition, 'quality==good', compares a column that has a value a unit:
 * numbers by == != < <= > >=, texts by == and !=, truths also with true and
 * false. */
#ifndef UNITS_H
#define UNITS_H

#include <stdbool.h>
#include <stddef.h>

struct arena;
struct recording;

struct units_condition {
    const char *text, *column, *value;  /* as typed, and taken apart          */
    bool less, equal, greater;  /* which of the three it holds for            */
};

struct units_column {           /* a value a unit, one of the two             */
    const double *number;
    const char *const *text;
    bool is_bool;
};

/* -1: EX_USAGE, memory. */
int units_condition(struct units_condition *to, const char *text,
                    struct arena *a);

/* Of n units the *chosen ones that the condition holds for, in order; c NULL:
 * all. NULL: EX_USAGE, memory, none (EX_DATAERR, to be preceded by whose). */
size_t *units_choose(const struct units_condition *c,
                     const struct units_column *v, size_t n, size_t *chosen,
                     struct arena *a);

/* Add what a column says of the chosen ones to r->column. One of too many
 * columns, of an unfit name or with texts too long for our files is left out.
 * -1: memory. */
int units_tell(struct recording *r, const char *name,
               const struct units_column *v, const size_t *unit,
               struct arena *a);

#endif

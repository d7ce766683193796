#include "units.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../arena.h"
#include "../err.h"
#include "../recording.h"

int units_condition(struct units_condition *to, const char *text,
                    struct arena *a)
{
    static const struct sign {
        const char *text;
        bool less, equal, greater;
    } sign[] = {                        /* "<=" before "<" */
        { "==", false, true, false }, { "!=", true, false, true },
        { "<=", true, true, false },  { ">=", false, true, true },
        { "<", true, false, false },  { ">", false, false, true }
    };
    size_t name = strcspn(text, "=!<>");

    for (size_t k = 0; name && k < sizeof sign / sizeof *sign; k++) {
        size_t length = strlen(sign[k].text);
        if (strncmp(text + name, sign[k].text, length))
            continue;
        *to = (struct units_condition){
            .text = text,
            .column = arena_text(a, "%.*s", (int)name, text),
            .value = text + name + length,
            .less = sign[k].less, .equal = sign[k].equal,
            .greater = sign[k].greater };
        return to->column ? 0 : -1;
    }
    err_set(EX_USAGE, "--units %s: not of the form COLUMN==VALUE (or != < <= "
            "> >=)", text);
    return -1;
}

static int number_of(const struct units_condition *c, bool is_bool, double *to)
{
    char *end;

    *to = strtod(c->value, &end);
    if (is_bool && !strcasecmp(c->value, "true"))
        *to = 1;
    else if (is_bool && !strcasecmp(c->value, "false"))
        *to = 0;
    else if (end == c->value || *end)
        return err_set(EX_USAGE, "--units: column %s has numbers, and '%s' is "
                       "none", c->column, c->value);
    return 0;
}

static bool holds(const struct units_condition *c, int order)
{
    return order < 0 ? c->less : order > 0 ? c->greater : c->equal;
}

size_t *units_choose(const struct units_condition *c,
                     const struct units_column *v, size_t n, size_t *chosen,
                     struct arena *a)
{
    size_t *unit = arena_get(a, n, sizeof *unit);
    double value = NAN;

    assert(!c || v->number || v->text);
    if (!unit || (c && v->number && number_of(c, v->is_bool, &value)))
        return NULL;
    if (c && v->text && c->less != c->greater) {
        err_set(EX_USAGE, "--units: column %s has texts, which are compared by "
                "== and !=", c->column);
        return NULL;
    }
    *chosen = 0;
    for (size_t i = 0; i < n; i++)
        if (!c || (v->text ? holds(c, strcmp(v->text[i], c->value) != 0)
                           : !isnan(v->number[i]) &&
                             holds(c, (v->number[i] > value) -
                                      (v->number[i] < value))))
            unit[(*chosen)++] = i;
    if (*chosen)
        return unit;
    err_set(EX_DATAERR, "none of its %zu rows has %s", n,
            c ? c->text : "anything");
    return NULL;
}

int units_tell(struct recording *r, const char *name,
               const struct units_column *v, const size_t *unit,
               struct arena *a)
{
    enum { LONGEST = 127 };
    struct recording_column c = { .name = name };
    size_t m = (size_t)r->m;

    if (r->ncolumns == RECORDING_COLUMNS || !recording_takes(name))
        return 0;
    if (v->number ? !(c.number = arena_get(a, m, sizeof *c.number))
                  : !(c.text = arena_get(a, m, sizeof *c.text)))
        return -1;
    for (size_t u = 0; u < m; u++) {
        if (v->number)
            c.number[u] = v->number[unit[u]];
        else if (strlen(c.text[u] = v->text[unit[u]]) > LONGEST)
            return 0;
    }
    r->column[r->ncolumns++] = c;
    return 0;
}

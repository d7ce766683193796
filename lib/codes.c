#include "codes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "err.h"
#include "foreign.h"
#include "recording.h"

int codes_numbers(struct codes *to, const double *x, size_t n,
                  const char *path, struct arena *a)
{
    *to = (struct codes){ .n = n };
    if (!(to->value = arena_get(a, n, sizeof *to->value)))
        return -1;
    for (size_t i = 0; i < n; i++) {
        if (isnan(x[i])) {
            to->value[i] = RECORDING_MISSING;
            continue;
        }
        if (x[i] != rint(x[i]) || x[i] <= INT32_MIN || x[i] > INT32_MAX)
            return err_set(EX_DATAERR, "%s: %.9g at %zu is not a whole number "
                           "of 32 bits; a variable has values that repeat",
                           path, x[i], i);
        to->value[i] = (int32_t)x[i];
    }
    return 0;
}

static int by_text(const void *x, const void *y)
{
    return strcmp(*(const char *const *)x, *(const char *const *)y);
}

int codes_texts(struct codes *to, const char *const *text, size_t n,
                struct arena *a)
{
    *to = (struct codes){ .n = n };
    if (!(to->value = arena_get(a, n, sizeof *to->value)) ||
        !(to->code = arena_get(a, n, sizeof *to->code)))
        return -1;
    if (n) {
        memcpy(to->code, text, n * sizeof *text);
        qsort(to->code, n, sizeof *to->code, by_text);
    }
    for (size_t i = 0; i < n; i++)
        if (!i || strcmp(to->code[i], to->code[to->ncodes - 1]))
            to->code[to->ncodes++] = to->code[i];
    for (size_t i = 0; i < n; i++) {
        const char **found = bsearch(&text[i], to->code, to->ncodes,
                                     sizeof *to->code, by_text);
        to->value[i] = (int32_t)(found - to->code);
    }
    return 0;
}

int codes_read(struct codes *to, struct foreign *f, const char *path,
               const char *column, struct arena *a)
{
    struct foreign_set set;
    const char **text;
    double *x;
    size_t n;

    if (foreign_look(f, path, &set))
        return -1;
    if (set.type == FOREIGN_NUMBER || set.type == FOREIGN_TABLE) {
        if ((x = foreign_numbers(f, path, column, &n)))
            return codes_numbers(to, x, n, path, a);
        if (set.type == FOREIGN_NUMBER)
            return -1;
        err_clear();                    /* the column may be of texts */
    }
    if (!(text = foreign_texts(f, path, column, &n)))
        return -1;
    return codes_texts(to, text, n, a);
}

int codes_spread(struct recording *r, const char *name, const struct codes *c,
                 const int64_t *at, struct arena *a)
{
    struct recording_variable *v = &r->variable[r->nvariables];

    if (r->nvariables == RECORDING_VARIABLES)
        return err_set(EX_USAGE, "--variable: more than %d of them",
                       RECORDING_VARIABLES);
    *v = (struct recording_variable){ .name = name, .ncodes = c->ncodes,
                                      .code = c->code };
    if (!(v->value = arena_get(a, r->S, sizeof *v->value)))
        return -1;
    for (size_t row = 0; row < r->S; row++)
        v->value[row] = at[row] < 0 ? RECORDING_MISSING : c->value[at[row]];
    r->nvariables++;
    return 0;
}

static int ascending(const void *x, const void *y)
{
    const int32_t a = *(const int32_t *)x, b = *(const int32_t *)y;

    return (a > b) - (a < b);
}

size_t codes_different(const struct codes *c, struct arena *a)
{
    int32_t *value = arena_get(a, c->n, sizeof *value);
    size_t n = 0;

    if (!value)
        return 0;
    if (c->n) {
        memcpy(value, c->value, c->n * sizeof *value);
        qsort(value, c->n, sizeof *value, ascending);
    }
    for (size_t i = 0; i < c->n; i++)
        n += value[i] != RECORDING_MISSING &&
             (!i || value[i] != value[i - 1]);
    return n;
}

const char *codes_text(const struct codes *c, size_t *different,
                       struct arena *a)
{
    enum { SHOWN = 6 };
    const char *text = "";

    *different = codes_different(c, a);
    if (!c->code) {
        int32_t lo = INT32_MAX, hi = RECORDING_MISSING;
        for (size_t i = 0; i < c->n; i++)
            if (c->value[i] != RECORDING_MISSING) {
                lo = c->value[i] < lo ? c->value[i] : lo;
                hi = c->value[i] > hi ? c->value[i] : hi;
            }
        return *different ? arena_text(a, ", %zu values from %d to %d",
                                       *different, lo, hi) : text;
    }
    for (size_t k = 0; text && k < c->ncodes && k < SHOWN; k++)
        text = arena_text(a, "%s%s%.40s", text, k ? ", " : ": ", c->code[k]);
    return text ? arena_text(a, ", %zu text%s%s%s", c->ncodes,
                             c->ncodes == 1 ? "" : "s", text,
                             c->ncodes > SHOWN ? ", ..." : "") : NULL;
}

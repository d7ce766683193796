#include "matlab.h"

#include <math.h>
#include <string.h>

/* Numbers of all parts, one behind the other. */
static double *join(struct foreign *f, const struct matlab *part, size_t parts,
                    size_t n, struct arena *a)
{
    double *all = arena_get(a, n, sizeof *all), *x;
    size_t at = 0;

    for (size_t k = 0; all && k < parts; at += part[k++].n) {
        if (!(x = matlab_numbers(f, &part[k], a)))
            return NULL;
        if (part[k].n)
            memcpy(all + at, x, part[k].n * sizeof *x);
    }
    return all;
}

static double *one_each(struct foreign *f, const struct matlab *part,
                        size_t parts, struct arena *a)
{
    double *all = arena_get(a, parts, sizeof *all), *x;

    for (size_t k = 0; all && k < parts; k++) {
        all[k] = NAN;
        if (part[k].n == 0)
            continue;
        if (!(x = matlab_numbers(f, &part[k], a)))
            return NULL;
        all[k] = x[0];
    }
    return all;
}

double *matlab_column(struct foreign *f, const struct matlab *x,
                      const size_t *length, size_t N, size_t *n,
                      struct arena *a)
{
    const struct matlab *part, *wrong = NULL;
    size_t longest = 0, all = 0;

    *n = x->n;
    if (x->kind != MATLAB_CELL)
        return matlab_numbers(f, x, a);
    if (!(part = matlab_members(f, x, a)))
        return NULL;
    for (size_t k = 0; k < x->n; k++) {
        longest = part[k].n > longest ? part[k].n : longest;
        all += part[k].n;
        if (!wrong && part[k].n != (N == x->n ? length[k] : 1))
            wrong = &part[k];
    }
    if (longest <= 1)
        return one_each(f, part, x->n, a);
    if (!wrong) {
        *n = all;
        return join(f, part, x->n, all, a);
    }
    if (N == x->n)
        err_set(EX_DATAERR, "%s: has %zu values, but this trial has %zu rows",
                wrong->name, wrong->n, length[wrong - part]);
    else
        err_set(EX_DATAERR, "%s: has %zu values where one is needed",
                wrong->name, wrong->n);
    return NULL;
}

/* Texts where the first part that is not empty is one. */
static bool is_text(const struct matlab *part, size_t parts)
{
    for (size_t k = 0; k < parts; k++)
        if (part[k].n)
            return part[k].kind == MATLAB_TEXT;
    return parts && part[0].kind == MATLAB_TEXT;
}

int matlab_values(struct foreign *f, const struct matlab *x,
                  const size_t *length, size_t N, struct matlab_values *to,
                  struct arena *a)
{
    bool text = x->kind == MATLAB_TEXT;

    *to = (struct matlab_values){ .is_logical = !strcmp(x->class, "logical") };
    if (x->kind == MATLAB_CELL) {
        const struct matlab *part = matlab_members(f, x, a);
        if (!part)
            return -1;
        text = is_text(part, x->n);
        to->is_logical = x->n && !strcmp(part[0].class, "logical");
    }
    if (text)
        to->text = matlab_texts(f, x, &to->n, a);
    else
        to->number = matlab_column(f, x, length, N, &to->n, a);
    return to->text || to->number ? 0 : -1;
}

int matlab_codes(struct foreign *f, const struct matlab *x,
                 const size_t *length, size_t N, struct codes *to,
                 struct arena *a)
{
    struct matlab_values v;

    if (matlab_values(f, x, length, N, &v, a))
        return -1;
    return v.text ? codes_texts(to, v.text, v.n, a)
                  : codes_numbers(to, v.number, v.n, x->name, a);
}

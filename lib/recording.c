#include "recording.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "err.h"
#include "guard.h"

struct recording *recording_open(size_t S, size_t N, int m, struct arena *a)
{
    struct recording *r = arena_get(a, 1, sizeof *r);
    size_t n;

    if (!r)
        return NULL;
    if (__builtin_mul_overflow(S, (size_t)m, &n)) {
        err_set(EX_OSERR, "out of memory: %zu rows of %d units", S, m);
        return NULL;
    }
    *r = (struct recording){ .S = S, .N = N, .m = m };
    if (!(r->x = arena_get(a, n, sizeof *r->x)) ||
        !(r->trial = arena_get(a, S, sizeof *r->trial)) ||
        !(r->step = arena_get(a, S, sizeof *r->step)) ||
        !(r->observed = arena_get(a, S, sizeof *r->observed)))
        return NULL;
    memset(r->observed, 1, S);
    return r;
}

bool recording_takes(const char *name)
{
    enum { LONGEST = 63 };

    return *name && strlen(name) <= LONGEST && *name != '.' &&
           !name[strcspn(name, "/=:, *\t\n")];
}

int recording_note(struct recording *r, const char *text)
{
    if (!text)
        return -1;
    if (r->nnotes < RECORDING_NOTES)
        r->note[r->nnotes++] = text;
    return 0;
}

/* ---- the parcel ---- */

/* Names of its arrays; those of variable and column k have k behind them. */
static const char sizes[] = "sizes", states[] = "x", trial[] = "trial",
                  step[] = "step", seconds[] = "time", observed[] = "observed",
                  split[] = "split", group[] = "group",
                  variables[] = "variables", value[] = "value",
                  code[] = "code", columns[] = "columns", number[] = "number",
                  words[] = "text", notes[] = "notes";

enum { SIZES = 3 };             /* S, N, m */

static int put(struct parcel *to, const char *name, enum parcel_type type,
               const void *from, size_t n, size_t size)
{
    void *p = parcel_put(to, name, type, n);

    if (p && n)
        memcpy(p, from, n * size);
    return p ? 0 : -1;
}

static int put_variable(const struct recording *r, int k, struct parcel *to)
{
    const struct recording_variable *v = &r->variable[k];
    parcel_name name;

    if (put(to, parcel_nth(name, value, k), PARCEL_I32, v->value, r->S,
            sizeof *v->value))
        return -1;
    return v->code ? parcel_put_texts(to, parcel_nth(name, code, k), v->code,
                                      v->ncodes)
                   : 0;
}

static int put_column(const struct recording *r, int k, struct parcel *to)
{
    const struct recording_column *c = &r->column[k];
    size_t m = (size_t)r->m;
    parcel_name name;

    return c->number
           ? put(to, parcel_nth(name, number, k), PARCEL_F64, c->number, m,
                 sizeof *c->number)
           : parcel_put_texts(to, parcel_nth(name, words, k), c->text, m);
}

int recording_send(const struct recording *r, struct parcel *to)
{
    const char *name[RECORDING_COLUMNS];
    const int64_t size[SIZES] = { (int64_t)r->S, (int64_t)r->N, r->m };
    int32_t *seen;

    if (put(to, sizes, PARCEL_I64, size, SIZES, sizeof *size) ||
        put(to, states, PARCEL_F32, r->x, r->S * (size_t)r->m,
            sizeof *r->x) ||
        put(to, trial, PARCEL_I32, r->trial, r->S, sizeof *r->trial) ||
        put(to, step, PARCEL_I32, r->step, r->S, sizeof *r->step) ||
        (r->time &&
         put(to, seconds, PARCEL_F64, r->time, r->S, sizeof *r->time)) ||
        (r->split && parcel_put_texts(to, split, r->split, r->N)) ||
        (r->group &&
         put(to, group, PARCEL_I32, r->group, r->N, sizeof *r->group)) ||
        (r->nnotes &&
         parcel_put_texts(to, notes, r->note, (size_t)r->nnotes)) ||
        !(seen = parcel_put(to, observed, PARCEL_I32, r->S)))
        return -1;
    for (size_t row = 0; row < r->S; row++)
        seen[row] = r->observed[row] != 0;

    for (int k = 0; k < r->nvariables; k++)
        if (name[k] = r->variable[k].name, put_variable(r, k, to))
            return -1;
    if (r->nvariables &&
        parcel_put_texts(to, variables, name, (size_t)r->nvariables))
        return -1;
    for (int k = 0; k < r->ncolumns; k++)
        if (name[k] = r->column[k].name, put_column(r, k, to))
            return -1;
    return r->ncolumns
           ? parcel_put_texts(to, columns, name, (size_t)r->ncolumns) : 0;
}

/* ---- back, believing nothing ---- */

static int bad(const char *what)
{
    if (!err_code())
        err_set(EX_DATAERR, "what was read of it is unsound: %s", what);
    return -1;
}

/* n elements, or NULL and an error. */
static void *get(struct parcel *from, const char *name, enum parcel_type type,
                 size_t n)
{
    size_t there = 0;
    void *p = parcel_get(from, name, type, &there);

    if (p && there == n)
        return p;
    bad(name);
    return NULL;
}

/* The same where it is there at all: 0 and NULL where it is not. */
static int get_texts(const char ***to, struct parcel *from, const char *name,
                     size_t *n, struct arena *a)
{
    *n = 0;
    *to = parcel_texts(from, name, n, a);
    return !*to && err_code() ? -1 : 0;
}

static int get_sizes(struct recording *r, struct parcel *from)
{
    const int64_t *size = get(from, sizes, PARCEL_I64, SIZES);

    if (!size)
        return -1;
    if (size[0] < 1 || size[0] > INT32_MAX || size[1] < 1 ||
        size[1] > size[0] || size[2] < 1 || size[2] > INT32_MAX)
        return bad(sizes);
    r->S = (size_t)size[0];
    r->N = (size_t)size[1];
    r->m = (int)size[2];
    return 0;
}

/* Rows of a trial follow each other from step 0; no trial is empty. */
static bool rows_follow(const struct recording *r)
{
    if (r->trial[0] || r->step[0] ||
        r->trial[r->S - 1] != (int32_t)r->N - 1)
        return false;
    for (size_t row = 1; row < r->S; row++) {
        bool same = r->trial[row] == r->trial[row - 1];
        if (same ? r->step[row] != r->step[row - 1] + 1
                 : r->step[row] || r->trial[row] != r->trial[row - 1] + 1)
            return false;
    }
    return true;
}

static int get_rows(struct recording *r, struct parcel *from, struct arena *a)
{
    const int32_t *seen;
    size_t n;

    if (!(r->x = get(from, states, PARCEL_F32, r->S * (size_t)r->m)) ||
        !(r->trial = get(from, trial, PARCEL_I32, r->S)) ||
        !(r->step = get(from, step, PARCEL_I32, r->S)) ||
        !(seen = get(from, observed, PARCEL_I32, r->S)) ||
        !(r->observed = arena_get(a, r->S, sizeof *r->observed)))
        return -1;
    if (!rows_follow(r))
        return bad(trial);
    for (size_t row = 0; row < r->S; row++)
        r->observed[row] = seen[row] != 0;
    r->time = parcel_get(from, seconds, PARCEL_F64, &n);
    if (r->time ? n != r->S : err_code() != 0)
        return bad(seconds);
    for (size_t row = 0; r->time && row < r->S; row++)
        if (!isfinite(r->time[row]))
            return bad(seconds);
    if (get_texts(&r->split, from, split, &n, a) || (r->split && n != r->N))
        return bad(split);
    r->group = parcel_get(from, group, PARCEL_I32, &n);
    if (r->group ? n != r->N : err_code() != 0)
        return bad(group);
    for (size_t k = 0; r->group && k < r->N; k++)
        if (r->group[k] < 0 || (size_t)r->group[k] >= r->N)
            return bad(group);
    return 0;
}

static int get_variable(struct recording *r, struct parcel *from, int k,
                        struct arena *a)
{
    struct recording_variable *v = &r->variable[k];
    parcel_name name;

    if (!recording_takes(v->name))
        return bad(variables);
    for (int i = 0; i < k; i++)
        if (!strcmp(v->name, r->variable[i].name))
            return err_set(EX_USAGE, "--variable %s: given twice", v->name);
    if (!(v->value = get(from, parcel_nth(name, value, k), PARCEL_I32, r->S)) ||
        get_texts(&v->code, from, parcel_nth(name, code, k), &v->ncodes, a))
        return -1;
    for (size_t row = 0; v->code && row < r->S; row++)
        if (v->value[row] != RECORDING_MISSING &&
            (v->value[row] < 0 || (size_t)v->value[row] >= v->ncodes))
            return bad(v->name);
    return 0;
}

static int get_column(struct recording *r, struct parcel *from, int k,
                      struct arena *a)
{
    struct recording_column *c = &r->column[k];
    parcel_name name;
    size_t n;

    if (!recording_takes(c->name))
        return bad(columns);
    if (get_texts(&c->text, from, parcel_nth(name, words, k), &n, a))
        return -1;
    if (c->text)
        return n == (size_t)r->m ? 0 : bad(c->name);
    c->number = get(from, parcel_nth(name, number, k), PARCEL_F64,
                    (size_t)r->m);
    return c->number ? 0 : -1;
}

/* At most `room` texts. */
static int get_names(const char ***to, int *n, struct parcel *from,
                     const char *what, size_t room, struct arena *a)
{
    size_t there;

    if (get_texts(to, from, what, &there, a))
        return -1;
    *n = (int)(there <= room ? there : 0);
    return there <= room ? 0 : bad(what);
}

struct recording *recording_receive(struct parcel *from, struct arena *a)
{
    struct recording *r = arena_get(a, 1, sizeof *r);
    const char **name;

    err_clear();
    if (!r || get_sizes(r, from) || get_rows(r, from, a) ||
        get_names(&name, &r->nvariables, from, variables, TASK_VARS, a))
        return NULL;
    for (int k = 0; k < r->nvariables; k++)
        if (r->variable[k].name = name[k], get_variable(r, from, k, a))
            return NULL;
    if (get_names(&name, &r->ncolumns, from, columns, RECORDING_COLUMNS, a))
        return NULL;
    for (int k = 0; k < r->ncolumns; k++)
        if (r->column[k].name = name[k], get_column(r, from, k, a))
            return NULL;
    if (get_names(&name, &r->nnotes, from, notes, RECORDING_NOTES, a))
        return NULL;
    for (int k = 0; k < r->nnotes; k++)
        r->note[k] = name[k];
    return r;
}

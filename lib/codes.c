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

    if (r->nvariables == TASK_VARS)
        return err_set(EX_USAGE, "--variable: more than %d of them",
                       TASK_VARS);
    *v = (struct recording_variable){ .name = name, .ncodes = c->ncodes,
                                      .code = c->code };
    if (!(v->value = arena_get(a, r->S, sizeof *v->value)))
        return -1;
    for (size_t row = 0; row < r->S; row++)
        v->value[row] = at[row] < 0 ? RECORDING_MISSING : c->value[at[row]];
    r->nvariables++;
    return 0;
}

/* ---- codes that the user gives ---- */

/* "demo:stimulus,response": what each is called, and what the file calls it. */
struct words {
    size_t n;
    const char **word, **there;
};

static int read_words(struct words *w, const char *text, struct arena *a)
{
    size_t room = strlen(text) + 1;

    *w = (struct words){ .word = arena_get(a, room, sizeof *w->word),
                         .there = arena_get(a, room, sizeof *w->there) };
    if (!w->word || !w->there)
        return -1;
    for (const char *at = strchr(text, '=') + 1; at; w->n++) {
        size_t size = strcspn(at, ","), name = strcspn(at, ":,");
        size_t stem = name < size ? name + 1 : 0;
        w->word[w->n] = arena_text(a, "%.*s", (int)name, at);
        w->there[w->n] = arena_text(a, "%.*s", (int)(size - stem), at + stem);
        if (!w->word[w->n] || !w->there[w->n])
            return -1;
        for (size_t k = 0; k < w->n; k++)
            if (!strcmp(w->word[k], w->word[w->n]))
                return err_set(EX_USAGE, "--codes %s: '%s' stands there twice",
                               text, w->word[k]);
        at = at[size] ? at + size + 1 : NULL;
    }
    return 0;
}

/* The variable of texts that `text` begins with. */
static struct recording_variable *named(struct recording *r, const char *text)
{
    size_t size = strcspn(text, "=");

    for (int k = 0; text[size] && k < r->nvariables; k++) {
        struct recording_variable *v = &r->variable[k];
        if (v->code && strlen(v->name) == size &&
            !strncmp(v->name, text, size))
            return v;
    }
    err_set(EX_USAGE, "--codes %s: not of the form NAME=TEXT,TEXT, NAME being "
            "a --variable of texts", text);
    return NULL;
}

static size_t find(const char *const *in, size_t n, const char *text)
{
    size_t i = 0;

    while (i < n && strcmp(in[i], text))
        i++;
    return i;
}

/* v has a text that is not named, perhaps since another is misspelt. */
static int refuse_words(const struct words *w,
                        const struct recording_variable *v, size_t unnamed,
                        const char *text, const char *path, struct arena *a)
{
    const struct codes c = { .ncodes = v->ncodes, .code = v->code };
    size_t n, i = 0;
    const char *has = codes_text(&c, &n, a);

    while (i < w->n && find(v->code, v->ncodes, w->there[i]) < v->ncodes)
        i++;
    if (!has)
        return -1;
    return i < w->n
           ? err_set(EX_USAGE, "--codes %s: %s of %s has%s; not '%s'", text,
                     v->name, path, has + 1, w->there[i])
           : err_set(EX_USAGE, "--codes %s: %s of %s has '%s' too", text,
                     v->name, path, v->code[unnamed]);
}

int codes_given(struct recording *r, const char *text, const char *path,
                struct arena *a)
{
    struct recording_variable *v = named(r, text);
    struct words w;
    int32_t *number;

    if (!v || read_words(&w, text, a) ||
        !(number = arena_get(a, v->ncodes, sizeof *number)))
        return -1;
    for (size_t k = 0; k < v->ncodes; k++) {
        size_t i = find(w.there, w.n, v->code[k]);
        if (i == w.n)
            return refuse_words(&w, v, k, text, path, a);
        number[k] = (int32_t)i;
    }
    for (size_t row = 0; row < r->S; row++)
        if (v->value[row] != RECORDING_MISSING)
            v->value[row] = number[v->value[row]];
    v->code = w.word;
    v->ncodes = w.n;
    return 0;
}

const char *codes_legend(const char *const *code, size_t n, struct arena *a)
{
    const char *text = "";

    for (size_t k = 0; text && k < n; k++)
        text = arena_text(a, "%s%s%s=%zu", text, k ? " " : "", code[k], k);
    return text;
}

/* ---- what they are ---- */

static int ascending(const void *x, const void *y)
{
    const int32_t a = *(const int32_t *)x, b = *(const int32_t *)y;

    return (a > b) - (a < b);
}

void codes_sort(int32_t *value, size_t n)
{
    if (n)
        qsort(value, n, sizeof *value, ascending);
}

size_t codes_different(const struct codes *c, struct arena *a)
{
    int32_t *value = arena_get(a, c->n, sizeof *value);
    size_t n = 0;

    if (!value)
        return 0;
    if (c->n)
        memcpy(value, c->value, c->n * sizeof *value);
    codes_sort(value, c->n);
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

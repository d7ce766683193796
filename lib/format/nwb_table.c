#include "nwb_priv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *nwb_path(struct nwb *w, const char *table, const char *column)
{
    return arena_text(w->arena, "%s/%s", table, column);
}

const char *nwb_table(struct nwb *w, const char *name)
{
    const char *path = *name == '/' ? name
                       : arena_text(w->arena, "/intervals/%s", name);

    if (path && !foreign_is_group(w->f, path)) {
        err_set(EX_DATAERR, "%s: no such table; --list shows what there is",
                path);
        return NULL;
    }
    return path;
}

bool nwb_has_column(struct nwb *w, const char *table, const char *column,
                    struct foreign_set *set)
{
    const char *path = nwb_path(w, table, column);
    const char *index = arena_text(w->arena, "%s/%s_index", table, column);

    if (!path || !index || !foreign_is_set(w->f, path) ||
        foreign_is_set(w->f, index))
        return false;
    if (foreign_look(w->f, path, set)) {
        err_clear();
        return false;
    }
    return set->rank == 1 && set->type != FOREIGN_TABLE;
}

/* Why is a column not one to read values from? */
static int no_column(struct nwb *w, const char *table, const char *column)
{
    const char *path = nwb_path(w, table, column);

    if (!path)
        return -1;
    if (!foreign_is_set(w->f, path))
        return err_set(EX_DATAERR, "%s: no such column; --list shows what "
                       "there is", path);
    return err_set(EX_DATAERR, "%s: a row of this column is more than one "
                   "number or text", path);
}

double *nwb_numbers(struct nwb *w, const char *table, const char *column,
                    size_t *n)
{
    struct foreign_set set;
    const char *path;

    if (!nwb_has_column(w, table, column, &set)) {
        no_column(w, table, column);
        return NULL;
    }
    if (!(path = nwb_path(w, table, column)))
        return NULL;
    if (set.type != FOREIGN_NUMBER) {
        err_set(EX_DATAERR, "%s: %s, not numbers", path, set.what);
        return NULL;
    }
    return foreign_numbers(w->f, path, NULL, n);
}

int nwb_codes(struct nwb *w, const char *table, const char *column,
              struct codes *to)
{
    struct foreign_set set;
    const char *path = nwb_path(w, table, column);

    if (!path)
        return -1;
    if (!nwb_has_column(w, table, column, &set))
        return no_column(w, table, column);
    return codes_read(to, w->f, path, NULL, w->arena);
}

const char **nwb_columns(struct nwb *w, const char *table, size_t *n)
{
    size_t all, kept = 0;
    const char **name = foreign_names(w->f, table, &all);
    struct foreign_set set;

    for (size_t i = 0; name && i < all; i++)
        if (strcmp(name[i], "id") && recording_takes(name[i]) &&
            nwb_has_column(w, table, name[i], &set))
            name[kept++] = name[i];
    *n = kept;
    return name;
}

size_t *nwb_ragged(struct nwb *w, const char *table, const char *column,
                   size_t all, size_t *n)
{
    const char *path = arena_text(w->arena, "%s/%s_index", table, column);
    double *index;
    size_t *end, before = 0;

    if (!path || !(index = foreign_numbers(w->f, path, NULL, n)) ||
        !(end = arena_get(w->arena, *n, sizeof *end)))
        return NULL;
    for (size_t i = 0; i < *n; before = end[i++]) {
        if (!(index[i] >= (double)before && index[i] <= (double)all)) {
            err_set(EX_DATAERR, "%s: %.9g at %zu is not within %zu..%zu", path,
                    index[i], i, before, all);
            return NULL;
        }
        end[i] = (size_t)index[i];
    }
    return end;
}

/* ---- 'quality==good' ---- */

struct condition {
    const char *column, *value;
    bool less, equal, greater;  /* which of the three it holds for            */
};

static int read_condition(struct condition *to, const char *text,
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
        *to = (struct condition){
            .column = arena_text(a, "%.*s", (int)name, text),
            .value = text + name + length, .less = sign[k].less,
            .equal = sign[k].equal, .greater = sign[k].greater };
        return to->column ? 0 : -1;
    }
    return err_set(EX_USAGE, "--units %s: not of the form COLUMN==VALUE (or "
                   "!= < <= > >=)", text);
}

static int number_of(const struct condition *c, bool is_bool, double *to)
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

static bool holds(const struct condition *c, int order)
{
    return order < 0 ? c->less : order > 0 ? c->greater : c->equal;
}

static int check_texts(struct nwb *w, const char *path,
                       const struct condition *c, size_t rows, bool *chosen)
{
    size_t n;
    const char **text = foreign_texts(w->f, path, NULL, &n);

    if (!text)
        return -1;
    if (c->less != c->greater)
        return err_set(EX_USAGE, "--units: column %s has texts, which are "
                       "compared by == and !=", c->column);
    for (size_t i = 0; i < rows && i < n; i++)
        chosen[i] = holds(c, strcmp(text[i], c->value) != 0);
    return 0;
}

static int check_numbers(struct nwb *w, const char *path,
                         const struct condition *c, bool is_bool, size_t rows,
                         bool *chosen)
{
    double value, *x;
    size_t n;

    if (number_of(c, is_bool, &value) ||
        !(x = foreign_numbers(w->f, path, NULL, &n)))
        return -1;
    for (size_t i = 0; i < rows && i < n; i++)
        chosen[i] = !isnan(x[i]) && holds(c, (x[i] > value) - (x[i] < value));
    return 0;
}

static int check_rows(struct nwb *w, const char *table, const char *text,
                      size_t rows, bool *chosen)
{
    struct condition c;
    struct foreign_set set;
    const char *path;

    if (read_condition(&c, text, w->arena) ||
        !(path = nwb_path(w, table, c.column)))
        return -1;
    if (!nwb_has_column(w, table, c.column, &set))
        return no_column(w, table, c.column);
    if (set.n != rows)
        return err_set(EX_DATAERR, "%s: %zu values for %zu rows", path, set.n,
                       rows);
    return set.type == FOREIGN_TEXT
           ? check_texts(w, path, &c, rows, chosen)
           : check_numbers(w, path, &c, set.is_bool, rows, chosen);
}

size_t *nwb_choose(struct nwb *w, const char *table, size_t rows,
                   const char *text, size_t *n)
{
    bool *chosen = arena_get(w->arena, rows, sizeof *chosen);
    size_t *row = arena_get(w->arena, rows, sizeof *row);

    if (!chosen || !row)
        return NULL;
    memset(chosen, !text, rows * sizeof *chosen);
    if (text && check_rows(w, table, text, rows, chosen))
        return NULL;
    *n = 0;
    for (size_t i = 0; i < rows; i++)
        if (chosen[i])
            row[(*n)++] = i;
    if (!*n) {
        err_set(EX_DATAERR, "%s: none of its %zu rows has %s", table, rows,
                text ? text : "anything");
        return NULL;
    }
    return row;
}

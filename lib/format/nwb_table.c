#include "nwb_priv.h"

#include <string.h>

#include "units.h"

const char *nwb_path(struct nwb *w, const char *table, const char *column)
{
    return arena_text(w->arena, "%s/%s", table, column);
}

const char *nwb_table(struct nwb *w, const char *name)
{
    const char *path = *name == '/' ? name
                       : arena_text(w->arena, "/intervals/%s", name);

    if (path && !foreign_is_group(w->f, path)) {
        format_missing(w->f, path, "no such table; --list shows what there "
                       "is");
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
        return format_missing(w->f, path, "no such column; --list shows what "
                              "there is");
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

/* The index of a ragged column. */
static bool is_index(struct nwb *w, const char *table, const char *column)
{
    static const char tail[] = "_index";
    size_t size = strlen(column), stem = size - strlen(tail);
    const char *path;

    if (size <= strlen(tail) || strcmp(column + stem, tail))
        return false;
    path = arena_text(w->arena, "%s/%.*s", table, (int)stem, column);
    return path && foreign_is_set(w->f, path);
}

const char **nwb_columns(struct nwb *w, const char *table, size_t *n)
{
    size_t all, kept = 0;
    const char **name = foreign_names(w->f, table, &all);
    struct foreign_set set;

    for (size_t i = 0; name && i < all; i++)
        if (strcmp(name[i], "id") && recording_takes(name[i]) &&
            !is_index(w, table, name[i]) &&
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

static int column_of(struct nwb *w, const char *table, const char *column,
                     size_t rows, struct units_column *to)
{
    struct foreign_set set;
    const char *path = nwb_path(w, table, column);
    size_t n;

    if (!path)
        return -1;
    if (!nwb_has_column(w, table, column, &set))
        return no_column(w, table, column);
    if (set.n != rows)
        return err_set(EX_DATAERR, "%s: %zu values for %zu rows", path, set.n,
                       rows);
    *to = (struct units_column){ .is_bool = set.is_bool };
    if (set.type == FOREIGN_TEXT)
        to->text = foreign_texts(w->f, path, NULL, &n);
    else
        to->number = foreign_numbers(w->f, path, NULL, &n);
    return to->text || to->number ? 0 : -1;
}

size_t *nwb_choose(struct nwb *w, const char *table, size_t rows,
                   const char *text, size_t *n)
{
    struct units_condition c = { 0 };
    struct units_column column = { 0 };
    size_t *row;

    if (text && (units_condition(&c, text, w->arena) ||
                 column_of(w, table, c.column, rows, &column)))
        return NULL;
    row = units_choose(text ? &c : NULL, &column, rows, n, w->arena);
    if (!row && err_code() == EX_DATAERR)
        err_in("%s", table);
    return row;
}

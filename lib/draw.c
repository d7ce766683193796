/* draw.c - see draw.h. */
#include "draw.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "arena.h"
#include "err.h"
#include "outfile.h"
#include "page.h"
#include "plot.h"

static void put_cell(FILE *to, const struct h5column *c, const char *row)
{
    const void *at = row + c->offset;

    if (c->type == H5_I32)
        fprintf(to, "%d", *(const int32_t *)at);
    else if (c->type == H5_BOOL)
        fputs(*(const int8_t *)at ? "TRUE" : "FALSE", to);
    else if (c->type == H5_F64 && isnan(*(const double *)at))
        fputs("NaN", to);
    else if (c->type == H5_F64)
        fprintf(to, "%.17g", *(const double *)at);
    else
        for (const char *t = at; *t; t++)
            if (*t == '\t' || *t == '\n' || *t == '\\')
                fprintf(to, "\\%c", *t == '\t' ? 't' : *t == '\n' ? 'n' : '\\');
            else
                putc(*t, to);
}

void draw_tsv(FILE *to, const struct report *r)
{
    const struct h5column *column = schema_report.field[REPORT_table].column;

    for (const struct h5column *c = column; c->name; c++)
        fprintf(to, "%s%s", c == column ? "" : "\t", c->name);
    putc('\n', to);
    for (size_t i = 0; i < r->n; i++) {
        for (const struct h5column *c = column; c->name; c++) {
            if (c != column)
                putc('\t', to);
            put_cell(to, c, (const char *)&r->row[i]);
        }
        putc('\n', to);
    }
}

static bool ends_in(const char *path, const char *suffix)
{
    size_t n = strlen(path), m = strlen(suffix);

    return n > m && strcmp(path + n - m, suffix) == 0;
}

static int write_as(FILE *to, const struct report *r, const char *path, int mm,
                    struct arena *a)
{
    const char *svg;

    if (ends_in(path, ".html"))
        return page_figure(to, r, a);
    if (ends_in(path, ".tsv")) {
        draw_tsv(to, r);
        return 0;
    }
    if (!(svg = plot_svg(r, mm, a)))
        return -1;
    fputs(svg, to);
    return 0;
}

int draw_write(const struct report *r, const char *path, int mm,
               struct arena *a)
{
    struct outfile *out = NULL;
    FILE *to = NULL;
    int rc = -1;

    if (!ends_in(path, ".tsv") && !ends_in(path, ".svg") &&
        !ends_in(path, ".html"))
        return err_set(EX_USAGE, "%s: neither .tsv, .svg nor .html", path);
    if (!(out = outfile_open(path)))
        goto done;
    if (!(to = fopen(outfile_part(out), "w"))) {
        err_set(EX_CANTCREAT, "%s: %s", path, strerror(errno));
        goto done;
    }
    if (write_as(to, r, path, mm, a))
        goto done;
    if (ferror(to) | fclose(to)) {
        to = NULL;
        err_set(EX_IOERR, "%s: %s", path, strerror(errno));
        goto done;
    }
    to = NULL;
    rc = outfile_commit(out);
done:
    if (to) fclose(to);
    outfile_close(out);
    return rc;
}

/* draw.c - see draw.h. */
#include "draw.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

/* n rows of a table of the schema. */
static void put_rows(FILE *to, int field, const void *row, size_t n)
{
    const struct h5field *table = &schema_report.field[field];

    for (const struct h5column *c = table->column; c->name; c++)
        fprintf(to, "%s%s", c == table->column ? "" : "\t", c->name);
    putc('\n', to);
    for (size_t i = 0; i < n; i++) {
        for (const struct h5column *c = table->column; c->name; c++) {
            if (c != table->column)
                putc('\t', to);
            put_cell(to, c, (const char *)row + i * table->row);
        }
        putc('\n', to);
    }
}

static void put_tsv(FILE *to, const struct report *r)
{
    if (r->npretend)
        put_rows(to, REPORT_pretend, r->pretend, r->npretend);
    else
        put_rows(to, REPORT_table, r->row, r->n);
}

/* ---- files ---- */

bool draw_is(const char *path, const char *suffix)
{
    size_t n = path ? strlen(path) : 0, m = strlen(suffix);

    return n > m && strcmp(path + n - m, suffix) == 0;
}

int draw_refuse(const char *path)
{
    static const char *const suffix[] = { ".tsv", ".svg", ".html", ".pdf",
                                          ".png" };

    for (size_t k = 0; k < sizeof suffix / sizeof *suffix; k++)
        if (draw_is(path, suffix[k]))
            return err_set(EX_USAGE, "%s: a report is an .h5; a %s is drawn "
                           "of it", path, suffix[k]);
    return 0;
}

/* What is written, and how. */
struct drawing {
    const char *path;
    int (*write)(FILE *to, const struct drawing *x);    /* 0 or -1           */
    const struct report *r;
    const struct page_source *source;
    int n, mm;
    struct arena *a;
};

static int write_file(const struct drawing *x)
{
    struct outfile *out = NULL;
    FILE *to = NULL;
    int rc = -1;

    if (!(out = outfile_open(x->path)))
        goto done;
    if (!(to = fopen(outfile_part(out), "w"))) {
        err_set(EX_CANTCREAT, "%s: %s", x->path, strerror(errno));
        goto done;
    }
    errno = 0;
    if (x->write(to, x))
        goto done;
    if (ferror(to) | fclose(to)) {
        to = NULL;
        err_set(EX_IOERR, "%s: %s", x->path,
                errno ? strerror(errno) : "cannot be written");
        goto done;
    }
    to = NULL;
    rc = outfile_commit(out);
done:
    if (to) fclose(to);
    outfile_close(out);
    return rc;
}

/* ---- a report ---- */

static int write_report(FILE *to, const struct drawing *x)
{
    const char *svg;

    if (draw_is(x->path, ".html"))
        return x->r->npretend ? page_pretend(to, x->r, x->a)
                              : page_figure(to, x->r, x->a);
    if (draw_is(x->path, ".tsv")) {
        put_tsv(to, x->r);
        return 0;
    }
    if (!(svg = plot_svg(x->r, x->mm, x->a)))
        return -1;
    fputs(svg, to);
    return 0;
}

int draw_write(const struct report *r, const char *path, int mm,
               struct arena *a)
{
    if (!draw_is(path, ".tsv") && !draw_is(path, ".svg") &&
        !draw_is(path, ".html"))
        return err_set(EX_USAGE, "%s: neither .tsv, .svg nor .html", path);
    return write_file(&(struct drawing){
        .path = path, .write = write_report, .r = r, .mm = mm, .a = a });
}

/* ---- claims ---- */

static void put_value(FILE *to, double x)
{
    fprintf(to, isnan(x) ? "\tNaN" : "\t%.17g", x);
}

static void put_row(FILE *to, const struct report_table *row, struct arena *a)
{
    fprintf(to, "\t%s", row ? claim_subject(row, a) : "");
    put_value(to, row ? row->value : NAN);
}

static int write_claims_tsv(FILE *to, const struct drawing *x)
{
    struct page_finding *list;
    int n = page_findings(&list, x->source, x->n, x->a);

    if (n < 0)
        return -1;
    fputs("id\tclaim\tholds_if\toutcome\tmeasured\tvalue\tnumber\tlow\thigh"
          "\tinterval_over\tseeds\tlowest_direction\tagainst_1\tvalue_1"
          "\tagainst_2\tvalue_2\tcriterion_met\tfigure\tcommand\tpage\n", to);
    for (int i = 0; i < n; i++) {
        const struct claim *c = list[i].claim;
        const struct finding *f = &list[i].finding;
        const struct page_source *from = list[i].source;
        fprintf(to, "%s\t%s\t%s\t%s", c->id, c->claim,
                claim_predicate(c, x->a), page_outcome(f));
        put_row(to, f->row, x->a);
        put_value(to, f->number);
        put_value(to, f->low);
        put_value(to, f->high);
        fprintf(to, "\t%s\t%d", page_over(f), f->seeds);
        put_value(to, f->lowest);
        put_row(to, f->than, x->a);
        put_row(to, f->top, x->a);
        fprintf(to, "\t%s\t%s\t%s\t%s\n",
                !f->row ? "" : f->row->criterion_met ? "TRUE" : "FALSE",
                c->figure, from && from->r->command ? from->r->command : "",
                from ? from->link : "");
    }
    return 0;
}

static int write_claims_page(FILE *to, const struct drawing *x)
{
    return page_claims(to, x->source, x->n, x->a);
}

/* The folders of a path from the root on, without . and ..; ends in /. NULL:
 * memory, or no working directory. */
static char *folder_of(const char *path, struct arena *a)
{
    char here[4096] = "";
    char *all, *to;

    if (*path != '/' && !getcwd(here, sizeof here)) {
        err_set(EX_OSERR, "working directory: %s", strerror(errno));
        return NULL;
    }
    if (!(all = arena_text(a, "%s/%s", here, path)) ||
        !(to = arena_get(a, strlen(all) + 2, 1)))
        return NULL;
    size_t n = 0;
    for (char *c = all, *end; (end = strchr(c, '/')); c = end + 1) {
        size_t length = (size_t)(end - c);
        if (length == 0 || (length == 1 && *c == '.'))
            continue;
        if (length == 2 && c[0] == '.' && c[1] == '.') {
            while (n > 0 && to[--n] != '/')
                ;
            continue;
        }
        to[n++] = '/';
        memcpy(to + n, c, length);
        n += length;
    }
    to[n++] = '/';
    to[n] = '\0';
    return to;
}

/* From one folder to the other. NULL: memory. */
static const char *way(const char *from, const char *to, struct arena *a)
{
    size_t same = 0;
    const char *up = "";

    for (size_t k = 0; from[k] && from[k] == to[k]; k++)
        if (from[k] == '/')
            same = k + 1;
    for (const char *c = from + same; up && *c; c++)
        if (*c == '/')
            up = arena_text(a, "../%s", up);
    return up ? arena_text(a, "%s%s", up, to + same) : NULL;
}

int draw_claims(const struct report *r, const char *const *path, int n,
                const char *out, struct arena *a)
{
    struct page_source *source = arena_get(a, (size_t)n, sizeof *source);
    const char *here = folder_of(out, a), *there;

    if (!draw_is(out, ".tsv") && !draw_is(out, ".html"))
        return err_set(EX_USAGE, "%s: claims are written as .html or .tsv",
                       out);
    if (!source || !here)
        return -1;
    for (int i = 0; i < n; i++) {
        source[i].r = &r[i];
        if (!(there = folder_of(path[i], a)) ||
            !(there = way(here, there, a)) ||
            !(source[i].link = arena_text(a, "%sindex.html", there)))
            return -1;
    }
    return write_file(&(struct drawing){
        .path = out, .source = source, .n = n, .a = a,
        .write = draw_is(out, ".tsv") ? write_claims_tsv : write_claims_page });
}

/* html.h - parts of pages that need nothing but themselves: no scripts, no
 * network. */
#ifndef HTML_H
#define HTML_H

#include <stdbool.h>
#include <stdio.h>

#include "report.h"

struct arena;

struct html {
    FILE *to;
    struct arena *a;
};

/* Title, and where not all models met their criterion a warning; a figure's
 * page goes on with what the figure asks and the command that makes it. */
void html_begin(const struct html *p, const char *title, bool criterion_met);
void html_begin_figure(const struct html *p, const struct report *r);
void html_end(const struct html *p);

/* Markup, as it is. */
void html_put(const struct html *p, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Text to put into it: escaped; as people write it; a system's name as
 * report_system says it. "" without memory. */
const char *html_text(const struct html *p, const char *text);
const char *html_pretty(const struct html *p, const char *name);
const char *html_system(const struct html *p, const char *name);

/* A table's head, in which a name that begins with # stands over numbers, and
 * its end. */
void html_head(const struct html *p, const char *const *names);
void html_foot(const struct html *p);

/* Cells of numbers: a dash for NaN; a row's value with its intervals, a dash
 * for NULL. */
void html_number(const struct html *p, double x);
void html_interval(const struct html *p, double x, double low, double high);
void html_measured(const struct html *p, const struct report_table *row);

/* The report's picture, for wide screens and for narrow ones. 0 or -1: as
 * plot_svg. */
int html_picture(const struct html *p, const struct report *r);

/* Another picture of the same page, in this layout. */
int html_picture_as(const struct html *p, const struct report *r,
                    enum layout layout);

/* The command that makes the report again, after `before`; nothing where the
 * report does not tell it. */
void html_command(const struct html *p, const char *before,
                  const struct report *r);

/* Beside a row of one cross-model direction, in small, that within its
 * target. */
void html_within(const struct html *p, const struct report *r,
                 const struct report_table *row);

/* " †" where a model did not meet its criterion. */
const char *html_mark(const struct report_table *row);

/* Where the programs that made these files departed from the paper; then a
 * table of the files themselves. */
void html_deviations(const struct html *p, const struct h5ancestor *file,
                     size_t n);
void html_files(const struct html *p, const struct h5ancestor *file, size_t n);

#endif

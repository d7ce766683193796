/* draw.h - a report as files that people open. */
#ifndef DRAW_H
#define DRAW_H

#include <stdbool.h>

#include "report.h"

struct arena;

/* Ends the path (NULL: no path) so? */
bool draw_is(const char *path, const char *suffix);

/* Where a report itself is to be written: -1 (EX_USAGE) if the name is that of
 * a table, a picture or a page. */
int draw_refuse(const char *path);

/* Write `path` in the form of its suffix: .tsv, .svg (`mm` wide), .html. 0 or
 * -1 (EX_USAGE: another suffix). A .tsv has a header line, then one row a line;
 * columns as in schemas/report.def (/pretend where there is one, else /table),
 * numbers with 17 digits, NaN where there is none, TRUE and FALSE; tab, line
 * end and backslash in names as \t \n \\. */
int draw_write(const struct report *r, const char *path, int mm,
               struct arena *a);

/* Set every claim of the paper beside the numbers of n reports, read from these
 * paths: `out` in the form of its suffix, .html or .tsv. A report's page is
 * looked for beside it (index.html). 0 or -1 (EX_USAGE: another suffix). */
int draw_claims(const struct report *r, const char *const *path, int n,
                const char *out, struct arena *a);

#endif

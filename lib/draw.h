/* draw.h - a report as files that people open. */
#ifndef DRAW_H
#define DRAW_H

#include <stdio.h>

#include "report.h"

struct arena;

/* A header line, then one row a line; columns as in schemas/report.def,
 * numbers with 17 digits, NaN where there is none, TRUE and FALSE; tab, line
 * end and backslash in names as \t \n \\. */
void draw_tsv(FILE *to, const struct report *r);

/* Write `path` in the form of its suffix: .tsv, .svg (`mm` wide), .html. 0 or
 * -1 (EX_USAGE: another suffix). */
int draw_write(const struct report *r, const char *path, int mm,
               struct arena *a);

#endif

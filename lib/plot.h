/* plot.h - a report as a picture.
 *
 * Which panels and bars there are comes from the report's rows alone. The
 * picture is drawn by gnuplot from a script that is made here and holds its
 * data. */
#ifndef PLOT_H
#define PLOT_H

#include "report.h"

struct arena;

/* Widths of a paper: two columns, and one. */
enum { PLOT_WIDE = 174, PLOT_NARROW = 85 };

/* How the report's figure is laid out; pretended recordings as such, and as
 * recordings where no bar has a number and distances to theirs are all. */
enum layout plot_layout(const struct report *r);

/* Can it be? 0, or -1: memory; EX_USAGE where it has nothing that stands in its
 * figure's picture. */
int plot_check(const struct report *r, struct arena *a);

/* The picture, `mm` wide, as the text of an SVG file in the arena. NULL:
 * memory; EX_DATAERR without a bar; EX_UNAVAILABLE without gnuplot; EX_IOERR
 * where the picture is cut short. */
const char *plot_svg(const struct report *r, int mm, struct arena *a);

/* The same in a layout that is not its figure's. */
const char *plot_as(const struct report *r, enum layout layout, int mm,
                    struct arena *a);

/* Text for XML and HTML: & < > and both quotes are escaped, control characters
 * are blanks. "" without memory. */
const char *plot_escape(const char *text, struct arena *a);

#endif

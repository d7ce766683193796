/* plot_priv.h - between the files of plot.
 *
 * A picture is a list of panels and a legend. A layout makes the panels from
 * the report's rows and places them; each panel is then drawn by its kind.
 * Lengths are CSS pixels, 96 an inch, from the left and from the top; within a
 * panel x counts slots, the room of one bar, from the panel's left. */
#ifndef PLOT_PRIV_H
#define PLOT_PRIV_H

#include <stdbool.h>
#include <stdio.h>

#include "plot.h"

enum { PANELS_MAX = 64, BARS_MAX = 128, TICS_MAX = BARS_MAX, ENTRIES_MAX = 48 };

#define FONT 9.4                    /* 7 points                              */
#define SMALL 8.4                   /* 6.3 points                            */
#define LEADING 1.5                 /* between lines, in fonts               */
#define MARGIN_LEFT 34.             /* for the numbers of the y axis         */
#define MARGIN_RIGHT 4.

struct picture;

/* Told apart without colour. */
enum fill { FILL_SOLID, FILL_LIGHT, FILL_HATCHED, FILL_BACK, FILL_CROSSED,
            FILL_FINE, FILLS };

struct plot_bar {
    const struct report_table *row;
    double at;                      /* its middle, slots                     */
    unsigned colour;
    enum fill fill;
    int line;                       /* of a curve: which                     */
};

struct plot_tic {
    double at, room;                /* slots                                 */
    const char *label;
};

struct plot_panel {
    const char *name, *title;       /* "" for none                           */
    int row, column;                /* of a triangle                         */
    double slots;                   /* its width                             */
    double left, right, top, bottom;
    bool numbers;                   /* at its y axis                         */
    int nbars, ntics;
    struct plot_bar bar[BARS_MAX];
    struct plot_tic tic[TICS_MAX];
    void (*draw)(FILE *f, const struct picture *p, const struct plot_panel *q);
};

/* One line of the legend; `how` is gnuplot's style. */
enum entry { ENTRY_BOX, ENTRY_POINT, ENTRY_TICK, ENTRY_INTERVAL, ENTRY_LINE,
             ENTRY_NOTE };
struct plot_entry {
    enum entry kind;
    const char *text, *how;
    unsigned colour;
    enum fill fill;
};

struct picture {
    const struct report *r;
    struct arena *a;
    double width, height;
    double slot, thick;             /* pixels a slot; slots a bar            */
    double low;                     /* where the y axis begins               */
    const char *xname, *yname;      /* what the axes are, NULL: not said     */
    double xname_x, xname_y;        /* its middle                            */
    double above, tics;             /* height of values; of the tics' text   */
    bool empty;                     /* the report has nothing of the layout  */
    bool values;                    /* stand above the bars                  */
    bool values_upright, tics_upright;
    int npanels, nentries;
    struct plot_panel panel[PANELS_MAX];
    struct plot_entry entry[ENTRIES_MAX];
    struct { double left, top, width, least; int columns, rows; } legend;
};

/* ---- layouts: make panels and legend, place them, set the height. 0 or -1
 * (EX_DATAERR: nothing to draw, or more than there is room for) ---- */

int plot_row(struct picture *p);
int plot_triangle(struct picture *p);
int plot_directions(struct picture *p);
int plot_curve(struct picture *p);
int plot_scatter(struct picture *p);
int plot_recording(struct picture *p);
int plot_raster(struct picture *p);
int plot_tuning(struct picture *p);
int plot_coverage(struct picture *p);

/* ---- kinds of panel ---- */

void plot_bars(FILE *f, const struct picture *p, const struct plot_panel *q);
void plot_paths(FILE *f, const struct picture *p, const struct plot_panel *q);

/* Margins, ranges, tics and title of a panel. */
void plot_frame(FILE *f, const struct picture *p, const struct plot_panel *q);

/* Mention what the panels show beside their bars: intervals, points, ticks,
 * marks. */
void plot_bars_mention(struct picture *p);

/* The interval of a row: over seeds where there is one. */
enum span { SPAN_SEEDS, SPAN_SAMPLES, SPAN_PAIRS, SPANS };
struct plot_interval { enum span kind; double low, high; };
struct plot_interval plot_interval(const struct report_table *row);
void plot_interval_mention(struct picture *p, const struct report_table *row);
void plot_missed_mention(struct picture *p);

/* gnuplot's style of each kind. */
extern const char *const plot_fill_how[FILLS];

/* ---- plot_keys.c: rows, names, colours ---- */

/* The panel of that name, made if it is new. NULL: too many. */
struct plot_panel *plot_panel(struct picture *p, const char *name);

/* Another bar for row. NULL: too many in the panel. */
struct plot_bar *plot_add(struct picture *p, struct plot_panel *q,
                          const struct report_table *row);
int plot_nothing(struct picture *p);            /* the error: -1 */

/* Is d one of the lines that this bar averages? ("all": those trained by
 * behaviour; where none is, by latents; where none is, the others.) */
bool plot_part(const struct report *r, const struct report_table *bar,
               const struct report_table *d);

bool plot_is_bar(const struct report_table *row, const char *direction);

/* Does this line stand for its bar? */
bool plot_is_shown(const struct report *r, const struct report_table *row);

/* Which of the distinct values that `of` takes over the picture's rows so far
 * is this one, from 0 in order of appearance. */
int plot_rank(const struct picture *p, const struct report_table *row,
              const char *(*of)(const struct report_table *row));
const char *plot_bar_of(const struct report_table *row);
const char *plot_method_of(const struct report_table *row);

/* What a row exchanges, and of method, map, site (and, as settings, K and
 * lambda) those that differ between the picture's rows: "Count MAS". */
const char *plot_label(const struct picture *p, const struct report_table *row,
                       bool settings);

/* The different texts of n lines of a table of the report, sorted, the first
 * `most` of them; NULL: the line has none. How many. */
int plot_list(const char **list, int most, const struct report *r, size_t n,
              const char *(*of)(const struct report *r, size_t k));

/* Okabe & Ito's colours, told apart by every kind of colour vision. */
unsigned plot_colour(int k);

/* Points of the k-th tuple, of a type and colour of its own, for gnuplot. */
enum { PLOT_TUPLES = 7 };
const char *plot_points(const struct picture *p, int k, double size);

/* Let the legend say it where plot_list finds more than `most`, which are
 * PLOT_TUPLES or fewer. */
void plot_more(struct picture *p, int most, size_t n,
               const char *(*of)(const struct report *r, size_t k));

/* ---- plot_place.c ---- */

/* Place the panels from `first` side by side, from x = left and y = top, in as
 * few rows as leave `least` pixels a slot (and at most `most`). Returns the y
 * below. */
double plot_flow(struct picture *p, int first, double left, double top,
                 double least, double most);

/* Choose how values and tics stand at this slot; p->above and p->tics. */
void plot_values(struct picture *p);
void plot_tics(struct picture *p);

/* Tics of a panel at whole numbers, `about` as many, of that room each. */
void plot_whole_tics(const struct picture *p, struct plot_panel *q,
                     double left, double right, int about, double room);

/* The text of a tic, in lines that fit; *lines of them. */
char *plot_tic(const struct picture *p, const struct plot_tic *t, int *lines);
char *plot_title(const struct picture *p, const struct plot_panel *q,
                 int *lines);

/* ---- plot_legend.c ---- */

/* Put it into the legend unless it stands there. */
void plot_mention(struct picture *p, struct plot_entry e);

/* Place the legend at (left, top); the pixels that it is high. */
double plot_legend(struct picture *p, double left, double top, double width);
void plot_legend_draw(FILE *f, const struct picture *p);

/* ---- plot_text.c ---- */

/* As a gnuplot string: quoted, with line ends; other control characters are
 * blanks. Backquotes would run a command; % in the label of a tic is a
 * format. */
void plot_quoted(FILE *f, const char *text, bool tic);

/* Pixels of the longest line, of the longest word; a little more than most
 * fonts need. */
double plot_widest(const char *text, double font);
double plot_word(const char *text, double font);

/* Blanks become line ends so that lines fit `pixels`: the one after an arrow
 * first. How many lines. */
int plot_wrap(char *text, double pixels, double font);

/* A label at x, y (pixels) with gnuplot's words for how. */
void plot_text(FILE *f, const struct picture *p, const char *text, double x,
               double y, const char *how);

#endif

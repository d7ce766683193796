/* plot.c - the picture; see plot.h. */
#include "plot.h"

#include <errno.h>
#include <math.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "arena.h"
#include "err.h"

enum { PANELS_MAX = 32, BARS_MAX = 64 };

/* Okabe & Ito (2008): told apart by every kind of colour vision. */
static const unsigned colour[] = {
    0x0072B2, 0xE69F00, 0x009E73, 0xCC79A7, 0x56B4E9, 0xD55E00, 0xF0E442,
};
enum { COLOURS = sizeof colour / sizeof *colour };

/* Lengths are CSS pixels, 96 an inch. */
static const double FONT = 9.4, SMALL = 8.4;            /* 7 and 6.3 points */
static const double LEADING = 1.5;              /* between lines, in fonts   */

struct panel {
    const char *name;
    int nbars;
    const struct report_table *bar[BARS_MAX];
    double left, right;         /* edges on the screen, 0..1                 */
};

struct picture {
    const struct report *r;
    struct arena *a;
    double width, height, top, bottom;  /* pixels; margins of the panels     */
    double slot;                /* pixels a bar                              */
    int title;                  /* lines of the longest panel title          */
    bool methods;               /* more than one: labels name them           */
    int npanels;
    struct panel panel[PANELS_MAX];
};

/* ---- what there is ---- */

static int survey(struct picture *p)
{
    const char *method = NULL;

    for (size_t i = 0; i < p->r->n; i++) {
        const struct report_table *row = &p->r->row[i];
        int k = 0;
        if (strcmp(row->level, "bar") || strcmp(row->direction, "all"))
            continue;
        while (k < p->npanels && strcmp(p->panel[k].name, row->panel))
            k++;
        if (k == PANELS_MAX || p->panel[k].nbars == BARS_MAX)
            return err_set(EX_DATAERR, "%s: more than %d panels, or %d bars in "
                           "one", p->r->figure, PANELS_MAX, BARS_MAX);
        if (k == p->npanels)
            p->panel[p->npanels++].name = row->panel;
        p->panel[k].bar[p->panel[k].nbars++] = row;
        p->methods = p->methods || (method && strcmp(method, row->method));
        method = row->method;
    }
    return p->npanels ? 0 : err_set(EX_DATAERR, "%s: no bars to draw",
                                    p->r->figure);
}

/* Bars of one name have one colour in all panels. */
static unsigned colour_of(const struct picture *p, const char *bar)
{
    const char *seen[COLOURS];
    int n = 0, k;

    for (int i = 0; i < p->npanels; i++)
        for (int b = 0; b < p->panel[i].nbars; b++) {
            const char *name = p->panel[i].bar[b]->bar;
            for (k = 0; k < n && strcmp(seen[k], name); k++)
                ;
            if (k == n && n < COLOURS)
                seen[n++] = name;
        }
    for (k = 0; k < n - 1 && strcmp(seen[k], bar); k++)
        ;
    return colour[k];
}

/* ---- text ---- */

/* A gnuplot string: quoted, with line ends; other control characters are
 * blanks. Backquotes would run a command; % in the label of a tic is a
 * format. */
static void quoted(FILE *f, const char *text, bool tic)
{
    putc('"', f);
    for (; *text; text++)
        if (*text == '\n')
            fputs("\\n", f);
        else if (*text == '"' || *text == '\\')
            fprintf(f, "\\%c", *text);
        else if (*text == '%' && tic)
            fputs("%%", f);
        else if (*text == '`')
            putc('\'', f);
        else
            putc((unsigned char)*text < ' ' ? ' ' : *text, f);
    putc('"', f);
}

/* Characters of the n bytes. */
static int letters(const char *text, size_t n)
{
    int count = 0;

    for (size_t i = 0; i < n; i++)
        count += ((unsigned char)text[i] & 0xC0) != 0x80;
    return count;
}

/* Blanks become line ends so that lines fit `pixels`: the one after an arrow
 * first. How many lines. */
static int wrap(char *text, double pixels, double font)
{
    int room = (int)fmax(4, pixels / (0.56 * font)), lines = 1;
    char *line = text, *blank = NULL, *arrow = strstr(text, "↔ ");

    if (arrow && letters(text, strlen(text)) > room &&
        letters(text, (size_t)(arrow - text)) < room)
        arrow[strlen("↔")] = '\n';
    for (char *c = text;; c++) {
        if (*c != ' ' && *c != '\n' && *c)
            continue;
        if (letters(line, (size_t)(c - line)) > room && blank) {
            *blank = '\n';
            line = blank + 1;
            lines++;
        }
        blank = c;
        if (*c == '\n') {
            line = c + 1;
            blank = NULL;
            lines++;
        }
        if (!*c)
            return lines;
    }
}

static char *bar_label(const struct picture *p, const struct report_table *bar,
                       int *lines)
{
    const char *method = p->methods ? report_pretty(bar->method, p->a) : "";
    char *text = arena_text(p->a, "%s%s%s%s", report_pretty(bar->bar, p->a),
                            *method ? " " : "", method,
                            bar->criterion_met ? "" : " †");

    *lines = text ? wrap(text, 0.9 * p->slot, SMALL) : 0;
    return text;
}

static char *panel_title(const struct picture *p, const struct panel *q,
                         int *lines)
{
    char *text = arena_text(p->a, "%s", q->name);

    *lines = text ? wrap(text, p->width * (q->right - q->left), FONT) : 0;
    return text;
}

/* ---- places ---- */

/* How a thing is drawn, and what the legend calls it. */
struct mark { const char *text, *how; };

static const struct mark points[] = {
    { "mean, 95 % interval", "pt 5 ps 0.8 lc rgb '#9a9a9a'" },
    { "a pair, between its models", "pt 7 ps 0.36 lc rgb 'black'" },
    { "a pair, within one model", "pt 6 ps 0.36 lc rgb 'black'" },
};
/* Neighbours differ in width or colour: gnuplot 5.4 draws legend lines that
 * differ in their dashes alone as one path, all with the first one's. */
static const struct mark ticks[] = {
    { "ceiling: DAS of the target", "dt (5,3) lw 1.3 lc rgb 'black'" },
    { "chance", "dt solid lw 1.2 lc rgb 'black'" },
    { "random rotations", "dt (1.2,2.4) lw 1.6 lc rgb 'black'" },
    { "shuffled sources", "dt solid lw 1.3 lc rgb '#D55E00'" },
};
enum {
    POINTS = sizeof points / sizeof *points,
    TICKS = sizeof ticks / sizeof *ticks,
    MARKS = POINTS + TICKS
};

static double height_of(const struct report_table *row, int mark)
{
    return (double[]){ row->ceiling, row->chance, row->null_rotation,
                       row->null_shuffled }[mark];
}

static int legend_columns(const struct picture *p)
{
    return p->width > 480 ? 4 : 2;
}

static int legend_rows(const struct picture *p)
{
    return (MARKS + legend_columns(p) - 1) / legend_columns(p);
}

static void arrange(struct picture *p, int mm)
{
    double left = 34, right = 4, gap = mm > 120 ? 16 : 9, bars = 0, x = left;
    int most = 1, lines;

    p->width = mm / 25.4 * 96;
    for (int i = 0; i < p->npanels; i++)
        bars += p->panel[i].nbars + 0.2;
    p->slot = (p->width - left - right - gap * (p->npanels - 1)) / bars;
    for (int i = 0; i < p->npanels; i++) {
        struct panel *q = &p->panel[i];
        q->left = x / p->width;
        x += p->slot * (q->nbars + 0.2);
        q->right = x / p->width;
        x += gap;
        panel_title(p, q, &lines);
        p->title = lines > p->title ? lines : p->title;
        for (int k = 0; k < q->nbars; k++) {
            bar_label(p, q->bar[k], &lines);
            most = lines > most ? lines : most;
        }
    }
    p->top = 18 + LEADING * FONT * p->title;
    p->bottom = 14 + LEADING * SMALL * (most + legend_rows(p));
    p->height = p->top + p->bottom + 160;
}

/* ---- the script ---- */

static void draw_legend(FILE *f, const struct picture *p)
{
    int columns = legend_columns(p), rows = legend_rows(p);

    for (int i = 0; i < MARKS; i++) {
        const struct mark *m = i < POINTS ? &points[i] : &ticks[i - POINTS];
        int column = i / rows;
        double x = 14 + (p->width - 14) * column / columns;
        double y = (LEADING * SMALL * (rows - 1 - i % rows) + 7) / p->height;

        fputs("set label ", f);
        quoted(f, m->text, false);
        fprintf(f, " at screen %.5f,%.5f left font ',%.1f'\n",
                (x + 12) / p->width, y, SMALL);
        if (i < POINTS)
            fprintf(f, "set label '' at screen %.5f,%.5f point %s\n",
                    x / p->width, y, m->how);
        else
            fprintf(f, "set arrow from screen %.5f,%.5f to screen %.5f,%.5f "
                    "nohead front %s\n", (x - 9) / p->width, y,
                    (x + 8) / p->width, y, m->how);
    }
}

/* The single directions of bar k, side by side: x, y. How many. */
static int put_dots(FILE *f, const struct report *r,
                    const struct report_table *bar, int k, bool cross)
{
    int n = 0, at = 0, drawn = 0;

    for (int count = 1; count >= 0; count--)
        for (size_t i = 0; i < r->n; i++) {
            const struct report_table *d = &r->row[i];
            if (strcmp(d->level, "direction") || strcmp(d->panel, bar->panel) ||
                strcmp(d->bar, bar->bar) || strcmp(d->method, bar->method))
                continue;
            n += count;
            if (count || d->cross != cross) {
                at += !count;
                continue;
            }
            fprintf(f, "%.4f %.6f\n", k + 0.56 * ((at++ + 0.5) / n - 0.5),
                    d->value);
            drawn++;
        }
    return drawn;
}

static void draw_panel(FILE *f, const struct picture *p, int i)
{
    const struct panel *q = &p->panel[i];
    int lines, dots[2] = { 0, 0 }, has[TICKS] = { 0 };

    fprintf(f, "$bars << EOD\n");
    for (int k = 0; k < q->nbars; k++)
        fprintf(f, "%d %.6f %.6f %.6f %u\n", k, q->bar[k]->value,
                q->bar[k]->low, q->bar[k]->high,
                colour_of(p, q->bar[k]->bar));
    fprintf(f, "EOD\n");
    for (int cross = 0; cross < 2; cross++) {
        fprintf(f, "$dots%d << EOD\n", cross);
        for (int k = 0; k < q->nbars; k++)
            dots[cross] += put_dots(f, p->r, q->bar[k], k, cross);
        fprintf(f, "EOD\n");
    }
    for (int m = 0; m < TICKS; m++) {
        fprintf(f, "$ticks%d << EOD\n", m);
        for (int k = 0; k < q->nbars; k++)
            if (!isnan(height_of(q->bar[k], m))) {
                fprintf(f, "%d %.6f\n", k, height_of(q->bar[k], m));
                has[m]++;
            }
        fprintf(f, "EOD\n");
    }

    fprintf(f, "set lmargin at screen %.5f\nset rmargin at screen %.5f\n"
            "set xrange [-0.6:%.1f]\nset border %d\nset xtics (", q->left,
            q->right, q->nbars - 0.4, i ? 1 : 3);
    for (int k = 0; k < q->nbars; k++) {
        quoted(f, bar_label(p, q->bar[k], &lines), true);
        fprintf(f, " %d%s", k, k + 1 < q->nbars ? ", " : ")\n");
    }
    for (int k = 0; k < q->nbars; k++)
        fprintf(f, "set label '%.2f' at first %d, graph 1.04 center "
                "font ',%.1f'\n", q->bar[k]->value, k, SMALL);
    fputs("set label ", f);
    quoted(f, panel_title(p, q, &lines), false);
    fprintf(f, " at graph 0.5, screen %.5f center font ',%.1f'\n",
            1 - FONT * (0.8 + LEADING * (p->title - lines)) / p->height, FONT);

    fprintf(f, "plot $bars using 1:2:(0.74):5 with boxes lc rgb variable "
            "title 'mean'");
    for (int m = 0; m < TICKS; m++)
        if (has[m])
            fprintf(f, ", $ticks%d using ($1-0.44):2:(0.88):(0) with vectors "
                    "nohead %s title '%s'", m, ticks[m].how, ticks[m].text);
    fprintf(f, ", $bars using 1:3:(0):($4-$3) with vectors heads "
            "size screen %.5f,90 lw 1.2 lc rgb 'black' "
            "title '95 %% interval'", 3 / p->width);
    for (int cross = 0; cross < 2; cross++)
        if (dots[cross])
            fprintf(f, ", $dots%d using 1:2 with points %s title '%s'", cross,
                    points[cross ? 1 : 2].how, points[cross ? 1 : 2].text);
    fprintf(f, "\nunset label\nunset arrow\nset ytics format ''\n");
}

static void draw(FILE *f, const struct picture *p)
{
    fprintf(f, "set terminal svg size %.0f,%.0f fixed font 'Arial,%.1f' "
            "noenhanced background rgb 'white'\n", p->width, p->height, SMALL);
    fprintf(f, "set multiplot\nunset key\nset yrange [0:1]\n"
            "set tmargin at screen %.5f\nset bmargin at screen %.5f\n",
            1 - p->top / p->height, p->bottom / p->height);
    fprintf(f, "set ytics 0,0.2,1 format '%%.1f' scale 0.5\n"
            "set xtics scale 0 nomirror\nset ytics nomirror\n"
            "set grid ytics back lt 1 lw 0.5 lc rgb '#dddddd'\n"
            "set style fill solid 0.6 noborder\nset errorbars 0.6\n"
            "set style line 99 lc rgb '#444444'\n");
    fprintf(f, "set label 'interchange intervention accuracy' "
            "at screen %.5f,%.5f rotate by 90 center font ',%.1f'\n",
            8 / p->width, (p->bottom + 80) / p->height, SMALL);
    draw_legend(f, p);
    for (int i = 0; i < p->npanels; i++)
        draw_panel(f, p, i);
    fprintf(f, "unset multiplot\n");
}

/* ---- gnuplot ---- */

static char *contents(FILE *f, struct arena *a)
{
    long size = fseek(f, 0, SEEK_END) ? -1 : ftell(f);
    char *text = size < 0 ? NULL : arena_get(a, (size_t)size + 1, 1);

    rewind(f);
    if (!text || fread(text, 1, (size_t)size, f) != (size_t)size) {
        if (size < 0 || text)
            err_set(EX_IOERR, "picture: %s", strerror(errno));
        return NULL;
    }
    return text;
}

const char *plot_escape(const char *text, struct arena *a)
{
    size_t n = 0;
    char *to, *c;

    if (!(to = c = arena_get(a, 6 * strlen(text) + 1, 1)))
        return "";
    for (; *text; text++, c += n) {
        const char *as = *text == '&' ? "&amp;" : *text == '<' ? "&lt;"
                       : *text == '>' ? "&gt;" : *text == '"' ? "&quot;"
                       : *text == '\'' ? "&#39;" : NULL;
        if (as)
            memcpy(c, as, n = strlen(as));
        else
            *c = (unsigned char)*text < ' ' ? ' ' : *text, n = 1;
    }
    return to;
}

/* Run gnuplot with `script` as its input, `svg` as its output. */
static int gnuplot(FILE *script, FILE *svg)
{
    char *argv[] = { "gnuplot", "-d", NULL };    /* -d: no ~/.gnuplot */
    posix_spawn_file_actions_t files;
    pid_t pid;
    int status = 0, failed;

    if (fflush(script) || fseek(script, 0, SEEK_SET))
        return err_set(EX_IOERR, "gnuplot script: %s", strerror(errno));
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, fileno(script), 0);
    posix_spawn_file_actions_adddup2(&files, fileno(svg), 1);
    failed = posix_spawnp(&pid, argv[0], &files, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&files);
    while (!failed && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (!failed && WIFEXITED(status) && WEXITSTATUS(status) == 127)
        failed = ENOENT;            /* how posix_spawn may say it instead */
    if (failed)
        return err_set(EX_UNAVAILABLE, "gnuplot: %s (Debian package "
                       "gnuplot-nox)", strerror(failed));
    if (!WIFEXITED(status) || WEXITSTATUS(status))
        return err_set(EX_SOFTWARE, "gnuplot failed");
    return 0;
}

/* The picture called by the report's caption, which a screen reader says. */
static const char *titled(const char *svg, const struct report *r,
                          struct arena *a)
{
    static const char begin[] = "<title>", end[] = "</title>";
    const char *from = svg ? strstr(svg, begin) : NULL;
    const char *to = from ? strstr(from, end) : NULL;

    return to ? arena_text(a, "%.*s%s%s%s", (int)(from - svg), svg, begin,
                           plot_escape(r->caption, a), to) : svg;
}

const char *plot_svg(const struct report *r, int mm, struct arena *a)
{
    struct picture *p = arena_get(a, 1, sizeof *p);
    FILE *script = tmpfile(), *svg = tmpfile();
    const char *text = NULL;

    if (!script || !svg) {
        err_set(EX_IOERR, "temporary file: %s", strerror(errno));
        goto done;
    }
    if (!p)
        goto done;
    p->r = r;
    p->a = a;
    if (survey(p))
        goto done;
    arrange(p, mm);
    draw(script, p);
    if (gnuplot(script, svg) == 0)
        text = titled(contents(svg, a), r, a);
done:
    if (script) fclose(script);
    if (svg) fclose(svg);
    return text;
}

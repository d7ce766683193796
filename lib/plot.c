/* plot.c - the picture; see plot.h. */
#include "plot.h"

#include <errno.h>
#include <math.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "arena.h"
#include "err.h"
#include "plot_priv.h"

/* ---- the script ---- */

static int arrange(struct picture *p, enum layout layout, int mm)
{
    static int (*const layouts[])(struct picture *p) = {
        [LAYOUT_ROW] = plot_row, [LAYOUT_TRIANGLE] = plot_triangle,
        [LAYOUT_DIRECTIONS] = plot_directions, [LAYOUT_CURVE] = plot_curve,
        [LAYOUT_SCATTER] = plot_scatter, [LAYOUT_RECORDING] = plot_recording,
        [LAYOUT_RASTER] = plot_raster, [LAYOUT_TUNING] = plot_tuning,
        [LAYOUT_COVERAGE] = plot_coverage,
    };

    p->width = mm / 25.4 * 96;
    p->thick = 0.74;
    p->values = true;
    p->yname = "interchange intervention accuracy";
    return layouts[layout](p);
}

static void draw(FILE *f, const struct picture *p)
{
    fprintf(f, "set terminal svg size %.0f,%.0f fixed font 'Arial,%.1f' "
            "noenhanced background rgb 'white'\n", p->width, p->height, SMALL);
    fprintf(f, "set multiplot\nunset key\n"
            "set grid ytics back lt 1 lw 0.5 lc rgb '#dddddd'\n");
    plot_legend_draw(f, p);
    if (p->xname)
        plot_text(f, p, p->xname, p->xname_x, p->xname_y, "center");
    for (int i = 0; i < p->npanels; i++) {
        fprintf(f, "set yrange [%.1f:1]\nset ytics 0.2 nomirror\n"
                "set xtics scale 0 nomirror\n", p->low);
        p->panel[i].draw(f, p, &p->panel[i]);
        fprintf(f, "unset label\nunset arrow\nunset object\n");
    }
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

/* gnuplot ends with 0 even where it could not write. */
static bool is_whole(const char *svg)
{
    static const char end[] = "</svg>";
    size_t n = strlen(svg);

    while (n > 0 && svg[n - 1] == '\n')
        n--;
    return n >= strlen(end) && !memcmp(svg + n - strlen(end), end, strlen(end));
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

    if (ferror(script) | fflush(script) || fseek(script, 0, SEEK_SET))
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

/* The picture called by the report's caption, which a screen reader says, and
 * without gnuplot's names of its parts. */
static const char *titled(char *svg, const struct report *r, struct arena *a)
{
    static const char begin[] = "<title>", end[] = "</title>";
    char *from = strstr(svg, begin);
    char *to = from ? strstr(from, end) : NULL, *cut, *rest;

    if (!to)
        return svg;
    for (cut = to; (cut = strstr(cut, begin)) && (rest = strstr(cut, end));)
        memmove(cut, rest + strlen(end), strlen(rest + strlen(end)) + 1);
    return arena_text(a, "%.*s%s%s%s", (int)(from - svg), svg, begin,
                      plot_escape(r->caption, a), to);
}

/* Is all that was measured how near states come to those of recordings? */
static bool is_distances(const struct report *r)
{
    bool near = false;

    for (size_t k = 0; k < r->n; k++)
        if (!strcmp(r->row[k].level, "bar") && isfinite(r->row[k].value))
            return false;
    for (size_t k = 0; k < r->nstand_in; k++)
        near = near || r->stand_in[k].recording;
    return near;
}

enum layout plot_layout(const struct report *r)
{
    const struct figure *known = report_figure(r->figure);

    return r->npretend ? LAYOUT_SCATTER
         : is_distances(r) ? LAYOUT_RECORDING
         : known ? known->layout : LAYOUT_ROW;
}

int plot_check(const struct report *r, struct arena *a)
{
    struct picture *p = arena_get(a, 1, sizeof *p);

    if (!p)
        return -1;
    p->r = r;
    p->a = a;
    if (arrange(p, plot_layout(r), PLOT_WIDE) && p->empty)
        return err_set(EX_USAGE, "--figure %s: these files have no number for "
                       "its picture", r->figure);
    err_clear();
    return 0;
}

const char *plot_svg(const struct report *r, int mm, struct arena *a)
{
    return plot_as(r, plot_layout(r), mm, a);
}

const char *plot_as(const struct report *r, enum layout layout, int mm,
                    struct arena *a)
{
    struct picture *p = arena_get(a, 1, sizeof *p);
    FILE *script = tmpfile(), *svg = tmpfile();
    const char *text = NULL;
    char *drawn;

    if (!script || !svg) {
        err_set(EX_IOERR, "temporary file: %s", strerror(errno));
        goto done;
    }
    if (!p)
        goto done;
    p->r = r;
    p->a = a;
    if (arrange(p, layout, mm))
        goto done;
    draw(script, p);
    if (gnuplot(script, svg) || !(drawn = contents(svg, a)))
        goto done;
    if (is_whole(drawn))
        text = titled(drawn, r, a);
    else
        err_set(EX_IOERR, "picture: what gnuplot wrote is cut short (no room "
                "for temporary files?)");
done:
    if (script) fclose(script);
    if (svg) fclose(svg);
    return text;
}

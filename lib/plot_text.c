/* plot_text.c - text in gnuplot's strings, its width and its lines. */
#include <math.h>
#include <string.h>

#include "plot_priv.h"

void plot_quoted(FILE *f, const char *text, bool tic)
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

void plot_text(FILE *f, const struct picture *p, const char *text, double x,
               double y, const char *how)
{
    fputs("set label ", f);
    plot_quoted(f, text, false);
    fprintf(f, " at screen %.5f,%.5f %s\n", x / p->width, 1 - y / p->height,
            how);
}

/* In fonts. Later bytes of a character have no width. */
static double advance(unsigned char c)
{
    if ((c & 0xC0) == 0x80)
        return 0;
    if (c >= 0x80)
        return 0.84;
    if (strchr("ijlI.,:;|'!", c))
        return 0.3;
    if (strchr("frt()-/ ", c))
        return 0.4;
    if (strchr("mwMW", c))
        return 0.92;
    return c >= 'A' && c <= 'Z' ? 0.7 : 0.62;
}

static double width_of(const char *text, size_t n, double font)
{
    double width = 0;

    for (size_t i = 0; i < n; i++)
        width += advance((unsigned char)text[i]);
    return font * width;
}

static double widest(const char *text, const char *ends, double font)
{
    double width = 0;

    for (size_t n; *text; text += n + (text[n] != 0)) {
        n = strcspn(text, ends);
        width = fmax(width, width_of(text, n, font));
    }
    return width;
}

double plot_widest(const char *text, double font)
{
    return widest(text, "\n", font);
}

double plot_word(const char *text, double font)
{
    return widest(text, " \n", font);
}

/* Break after the first arrow, cross or colon if the text is too long and its
 * start is not. */
static void break_at_arrow(char *text, double pixels, double font)
{
    static const char *const arrows[] = { "↔ ", "→ ", "× ", ": " };

    for (int i = 0; i < 4; i++) {
        char *arrow = strstr(text, arrows[i]), *blank;
        if (!arrow)
            continue;
        blank = arrow + strlen(arrows[i]) - 1;
        if (plot_widest(text, font) > pixels &&
            width_of(text, (size_t)(blank - text), font) <= pixels)
            *blank = '\n';
    }
}

int plot_wrap(char *text, double pixels, double font)
{
    char *line = text, *blank = NULL;
    int lines = 1;

    break_at_arrow(text, pixels, font);
    for (char *c = text;; c++) {
        if (*c != ' ' && *c != '\n' && *c)
            continue;
        if (width_of(line, (size_t)(c - line), font) > pixels && blank) {
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

/* rows.h - reports whose rows are written by hand, and what is read of the
 * files that are made of them, for tests. */
#ifndef ROWS_H
#define ROWS_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/draw.h"
#include "../lib/err.h"
#include "../lib/plot.h"
#include "../lib/report.h"
#include "arena_group.h"
#include "scratch.h"

#define LENGTH(x) (int)(sizeof (x) / sizeof *(x))

#define GRUS { "Multi-Object GRU", "Multi-Object GRU" }
#define MIXED { "Multi-Object GRU", "Same-Object GRU" }
#define SAMES { "Same-Object GRU", "Same-Object GRU" }

static const char awkward[] = "\"<b>&amp;'\\ %d {/Bold x} @a #$";
static const char parses[] = "import sys, xml.dom.minidom as d; "
                             "d.parse(sys.argv[1])";

/* An arena and a directory: set-up and tear-down of the group. */
static inline int rows_make(void **state)
{
    return arena_make(state) || scratch_make(state) ? -1 : 0;
}

static inline int rows_drop(void **state)
{
    return arena_drop(state) || scratch_remove(state) ? -1 : 0;
}

/* ---- reports ---- */

static inline struct report rows_none(const char *figure, size_t most)
{
    return (struct report){ .figure = figure, .caption = "What it <shows>",
                            .criterion_met = true,
                            .row = arena_get(arena, most,
                                             sizeof(struct report_table)) };
}

static inline struct report_table *add(struct report *r, const char *level,
                                       const char *panel, const char *bar,
                                       const char *method,
                                       const char *direction, double value)
{
    struct report_table *x = &r->row[r->n++];

    *x = (struct report_table){
        .cross = *direction && strcmp(direction, "all") != 0, .n = 1000,
        .dims = 24, .lambda = NAN, .value = value, .low = value - 0.01,
        .high = value + 0.01, .seeds_low = NAN, .seeds_high = NAN,
        .chance = 1. / 21, .constant = 0.1, .null_rotation = 0.12,
        .null_shuffled = NAN, .ceiling = 0.99, .normalised = 0.5,
        .nearest = 3, .nearest_recorded = 2, .latent_distance = NAN,
        .latent_cosine = NAN, .criterion_met = 1,
    };
    strcpy(x->level, level);
    strcpy(x->panel, panel);
    strcpy(x->bar, bar);
    strcpy(x->method, method);
    strcpy(x->direction, direction);
    strcpy(x->site, "hidden");
    strcpy(x->map, "rotation");
    return x;
}

struct line {
    const char *level, *type[2], *method, *bar, *direction, *site;
    double value;
};

/* A line each of a pair of types. Similarities have no map. */
static inline struct report rows_of(const char *figure,
                                    const struct line *line, int n)
{
    struct report r = rows_none(figure, (size_t)n);

    for (int i = 0; i < n; i++) {
        const struct line *x = &line[i];
        struct report_table *row = add(
            &r, x->level, arena_text(arena, "%s × %s", x->type[0], x->type[1]),
            x->bar, x->method, x->direction, x->value);
        strcpy(row->type_1, x->type[0]);
        strcpy(row->type_2, x->type[1]);
        strcpy(row->site, x->site);
        if (!strcmp(x->level, "average") || !strcmp(x->level, "similarity")) {
            row->map[0] = '\0';
            row->dims = 0;
        }
    }
    return r;
}

/* ---- files ---- */

static inline char *read_all(const char *path)
{
    FILE *f = fopen(path, "r");
    char *text = arena_get(arena, 1 << 20, 1);

    assert_non_null(f);
    text[fread(text, 1, (1 << 20) - 1, f)] = 0;
    fclose(f);
    return text;
}

/* The text of a file of that name in the directory, drawn of a report. */
static inline char *drawn(const struct report *r, const char *name)
{
    if (draw_write(r, in_scratch(name), PLOT_WIDE, arena))
        fail_msg("%s", err_text());
    return read_all(in_scratch(name));
}

static inline int count(const char *text, const char *word)
{
    int n = 0;

    while ((text = strstr(text, word))) {
        text += strlen(word);
        n++;
    }
    return n;
}

/* The program's exit code. */
static inline int python(const char *program, const char *path)
{
    return system(arena_text(arena, "/usr/bin/python3 -c '%s' %s", program,
                             path));
}

#endif

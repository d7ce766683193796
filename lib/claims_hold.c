/* claims_hold.c - claims held against reports; see report.h. */
#include <math.h>
#include <string.h>

#include "arena.h"
#include "report.h"

/* ---- which row ---- */

static bool fits(const char *word, const char *cell)
{
    return word == NULL || strcmp(word, cell) == 0;
}

static bool fits_types(const struct quantity *q, const struct report_table *x)
{
    bool arrow = strstr(x->panel, " → ") != NULL;

    return (fits(q->type_1, x->type_1) && fits(q->type_2, x->type_2)) ||
           (!arrow && fits(q->type_1, x->type_2) &&
            fits(q->type_2, x->type_1));
}

const struct report_table *claim_find(const struct report *r,
                                      const struct quantity *q, size_t *from)
{
    while (*from < r->n) {
        const struct report_table *x = &r->row[(*from)++];
        if (fits(q->level, x->level) && fits_types(q, x) &&
            fits(q->method, x->method) && fits(q->bar, x->bar) &&
            fits(q->direction, x->direction) && fits(q->site, x->site) &&
            fits(q->map, x->map))
            return x;
    }
    return NULL;
}

/* What `x` is held against: without types, of its own panel. */
static const struct report_table *other(const struct report *r,
                                        const struct quantity *q,
                                        const struct report_table *x)
{
    const struct report_table *y = NULL;
    size_t from = 0;

    if (q->level)
        do
            y = claim_find(r, q, &from);
        while (y && !q->type_1 && !q->type_2 && strcmp(y->panel, x->panel));
    return y;
}

/* The highest of the same in other panels than those of x and `but`. */
static const struct report_table *rest(const struct report *r,
                                       const struct report_table *x,
                                       const struct report_table *but)
{
    const struct quantity q = { .level = x->level, .method = x->method,
                                .bar = x->bar, .site = x->site };
    const struct report_table *y, *best = NULL;

    for (size_t from = 0; (y = claim_find(r, &q, &from));)
        if (strcmp(y->panel, x->panel) &&
            (!but || strcmp(y->panel, but->panel)) &&
            (!best || y->value > best->value))
            best = y;
    return best;
}

/* Is x what the row is made of: a direction of a bar, a pair of an average? */
static bool of_bar(const struct report_table *x, const struct report_table *bar)
{
    bool pair = !strcmp(x->level, "similarity");
    bool direction = !strcmp(x->level, "direction") ||
                     !strcmp(x->level, "latent") || !strcmp(x->level, "score");

    return (strcmp(bar->level, "bar") ? pair : direction) &&
           report_same_bar(x, bar);
}

/* Is it of one direction between numbered systems, as 1to2? */
static bool is_single(const char *direction)
{
    return *direction >= '1' && *direction <= '9';
}

/* The lowest cross-model direction, or pair, of the row; NaN: none. */
static double lowest(const struct report *r, const struct report_table *bar)
{
    double low = NAN;
    bool one = is_single(bar->direction);

    for (size_t i = 0; i < r->n; i++)
        if (r->row[i].cross && of_bar(&r->row[i], bar) &&
            (!one || !strcmp(r->row[i].direction, bar->direction)))
            low = fmin(low, r->row[i].value);
    return low;
}

const struct report_table *claim_within(const struct report *r,
                                        const struct report_table *bar)
{
    char line[5] = "2to2";

    if (!is_single(bar->direction) || bar->direction[0] == bar->direction[3])
        return NULL;
    line[0] = line[3] = bar->direction[3];
    for (size_t i = 0; i < r->n; i++)
        if (!strcmp(r->row[i].level, "bar") &&
            !strcmp(r->row[i].direction, line) &&
            report_same_bar(&r->row[i], bar))
            return &r->row[i];
    return NULL;
}

/* Both systems of every part of the row, in order: the k-th name. */
static const char *name_at(const struct report *r,
                           const struct report_table *bar, size_t k)
{
    const struct report_table *x = &r->row[k / 2];

    return !of_bar(x, bar) ? "" : k % 2 ? x->system_2 : x->system_1;
}

/* How many models of each of its types the row is made of. */
static int seeds_of(const struct report *r, const struct report_table *bar)
{
    int n = 0, types = *bar->type_2 && strcmp(bar->type_1, bar->type_2) ? 2 : 1;

    for (size_t i = 0; i < 2 * r->n; i++) {
        const char *name = name_at(r, bar, i);
        size_t k = 0;
        while (k < i && strcmp(name_at(r, bar, k), name))
            k++;
        n += *name && k == i;
    }
    return n / types;
}

/* ---- what is found ---- */

static double span(double x, double y, double z)
{
    return fmax(x, fmax(y, z)) - fmin(x, fmin(y, z));
}

static bool has_seeds(const struct report_table *x)
{
    return !x || !isnan(x->seeds_low);
}

/* The row's interval of this kind. */
static double low_of(const struct report_table *x, enum over over)
{
    return over == OVER_SEEDS ? x->seeds_low : x->low;
}

static double high_of(const struct report_table *x, enum over over)
{
    return over == OVER_SEEDS ? x->seeds_high : x->high;
}

static bool is_lower(const struct report_table *x,
                     const struct report_table *y, enum over over)
{
    return y && high_of(x, over) < low_of(y, over);
}

/* The number of the tests that are about a single row's. */
static void take_row(struct finding *f)
{
    f->number = f->row->value;
    f->low = low_of(f->row, f->over);
    f->high = high_of(f->row, f->over);
}

/* A number made of several rows has the interval of none. */
static void take(struct finding *f, double number)
{
    f->number = number;
    f->over = OVER_NOTHING;
}

static void decide(struct finding *f, const struct claim *c)
{
    double x = f->row->value, y = f->than ? f->than->value : NAN;
    double z = f->top ? f->top->value : NAN;

    take_row(f);
    switch (c->test) {
    case TEST_AT_LEAST:
        f->holds = x >= c->bound;
        break;
    case TEST_EACH_AT_LEAST:
        f->holds = f->lowest >= c->bound;
        break;
    case TEST_AT_MOST:
        f->holds = x <= c->bound;
        break;
    case TEST_LOWER:
        f->holds = is_lower(f->row, f->than, f->over);
        break;
    case TEST_NOT_LOWER:
        f->holds = !is_lower(f->row, f->than, f->over);
        break;
    case TEST_ABOVE_BY:
        take(f, x - y);
        f->holds = x - y >= c->bound;
        break;
    case TEST_HIGHER:
    case TEST_HIGHEST_BUT:
        f->holds = x > y;
        break;
    case TEST_CLOSES:
        f->no_gap = !is_lower(f->than, f->top, f->over);
        f->measured = !f->no_gap;
        take(f, f->measured ? (x - y) / (z - y) : NAN);
        f->holds = f->measured && x - y >= c->bound * (z - y);
        break;
    case TEST_ALIKE:
        take(f, span(x, y, z));
        f->holds = f->number <= c->bound;
        break;
    }
    if (f->over == OVER_NOTHING)
        f->low = f->high = NAN;
}

static struct finding find(const struct report *r, const struct claim *c,
                           const struct report_table *row)
{
    struct finding f = { .row = row, .than = other(r, &c->than, row),
                         .top = other(r, &c->top, row), .number = NAN,
                         .low = NAN, .high = NAN };

    if (c->test == TEST_HIGHEST_BUT)
        f.than = rest(r, row, f.than);
    f.lowest = lowest(r, row);
    f.seeds = seeds_of(r, row);
    f.over = has_seeds(row) && has_seeds(f.than) && has_seeds(f.top)
             ? OVER_SEEDS
             : strcmp(row->level, "bar") ? OVER_PAIRS : OVER_SAMPLES;
    f.measured = (f.than || !c->than.level) && (f.top || !c->top.level);
    if (f.measured)
        decide(&f, c);
    else
        take_row(&f);
    return f;
}

int claim_findings(struct finding *to, int most, const struct report *r,
                   const struct claim *c)
{
    const struct report_table *row;
    int n = 0;
    bool open = !c->of.type_1 || !c->of.type_2;

    for (size_t from = 0; n < most && (row = claim_find(r, &c->of, &from));) {
        to[n++] = find(r, c, row);
        if (!open)
            break;
    }
    if (n == 0)
        to[n++] = (struct finding){ .number = NAN, .low = NAN, .high = NAN,
                                    .lowest = NAN };
    return n;
}

/* ---- in words ---- */

/* " 1 → 2" of 1to2; "" of several directions. */
static const char *way(const char *direction, struct arena *a)
{
    return is_single(direction)
           ? arena_text(a, " %c → %s", *direction, direction + 3) : "";
}

const char *claim_subject(const struct report_table *row, struct arena *a)
{
    const char *what = strcmp(row->level, "bar") ? row->site
                                                 : report_pretty(row->bar, a);
    const char *map = strcmp(row->method, "linear-map") ? "" : row->map;
    const char *to = way(row->direction, a);
    const char *text = arena_text(a, "%s, %s%s%s: %s%s%s", row->panel,
                                  report_pretty(row->method, a),
                                  *map ? ", " : "", map, what ? what : "",
                                  to && *to ? "," : "", to ? to : "");

    return text ? text : "";
}

const char *claim_quantity(const struct quantity *q, struct arena *a)
{
    const char *method = report_pretty(q->method, a);
    const char *what = q->bar ? report_pretty(q->bar, a) : q->site;
    const char *to = q->direction ? way(q->direction, a) : "", *text;

    text = arena_text(a, "%s%s%s of %s%s", q->map ? q->map : "",
                      q->map ? " " : "", method, what, to ? to : "");
    if (text && q->type_1)
        text = arena_text(a, "%s between %s and %s", text, q->type_1,
                          q->type_2 ? q->type_2 : "any type");
    return text ? text : "";
}

/* What is held against what; of the same panel, its method. */
static const char *name_of(const struct quantity *q, struct arena *a)
{
    return !q->level ? "" : q->type_1 ? claim_quantity(q, a)
                                      : report_pretty(q->method, a);
}

const char *claim_predicate(const struct claim *c, struct arena *a)
{
    const char *than = name_of(&c->than, a), *top = name_of(&c->top, a);
    const char *text = NULL;

    switch (c->test) {
    case TEST_AT_LEAST:
        text = arena_text(a, "at least %.2f", c->bound);
        break;
    case TEST_EACH_AT_LEAST:
        text = arena_text(a, "at least %.2f in each direction", c->bound);
        break;
    case TEST_AT_MOST:
        text = arena_text(a, "at most %.2f", c->bound);
        break;
    case TEST_LOWER:
        text = arena_text(a, "below %s, intervals apart", than);
        break;
    case TEST_NOT_LOWER:
        text = arena_text(a, "not below %s with intervals apart (our reading "
                          "of at least)", than);
        break;
    case TEST_ABOVE_BY:
        text = arena_text(a, "at least %.2f above %s", c->bound, than);
        break;
    case TEST_HIGHER:
        text = arena_text(a, "above %s", than);
        break;
    case TEST_HIGHEST_BUT:
        text = "above every other pair of types";
        break;
    case TEST_CLOSES:
        text = arena_text(a, "closes at least %.2f of the gap from %s to %s, "
                          "where their intervals are apart", c->bound, than,
                          top);
        break;
    case TEST_ALIKE:
        text = arena_text(a, "%s, %s and %s are within %.2f of each other (a "
                          "bound of ours)", report_pretty(c->of.method, a),
                          than, top, c->bound);
        break;
    }
    return text ? text : "";
}

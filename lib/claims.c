/* claims.c - the paper's claims about its figures, with our thresholds
 * (method.md, section 7); see report.h. */
#include <math.h>
#include <string.h>

#include "arena.h"
#include "report.h"

#define MULTI "Multi-Object GRU"
#define SAME "Same-Object GRU"
#define ARITHMETIC "Arithmetic GRU"
#define TRANSFORMER "Multi-Object Transformer"
#define MULTI_LSTM "Multi-Object LSTM"
#define SAME_LSTM "Same-Object LSTM"
#define REM_OPS "count ↔ rem_ops"
#define CUMU_VAL "count ↔ cumu_val"

#define BAR(one, two, of, variables, which) \
    { .level = "bar", .type_1 = one, .type_2 = two, .method = of, \
      .bar = variables, .direction = which }
#define MAS(one, two, variables) BAR(one, two, "mas", variables, "cross")
#define MAP(one, two, variables, form) \
    { .level = "bar", .type_1 = one, .type_2 = two, .method = "linear-map", \
      .bar = variables, .direction = "cross", .map = form }
#define RSA(one, two, at) \
    { .level = "average", .type_1 = one, .type_2 = two, .method = "rsa", \
      .site = at }

#define INTO_2(name, one, two) \
    { name, "S11", "MAS is at least CMAS into model 2", TEST_NOT_LOWER, 0, \
      BAR(one, two, "mas", "full", "into2"), \
      BAR(NULL, NULL, "cmas", "full", "into2"), { 0 } }, \
    { name, "S11", "UniMAS is below CMAS into model 2", TEST_LOWER, 0, \
      BAR(one, two, "unimas", "full", "into2"), \
      BAR(NULL, NULL, "cmas", "full", "into2"), { 0 } }, \
    { name, "S11", "CMAS recovers much of MAS into model 2", TEST_CLOSES, \
      0.5, BAR(one, two, "cmas", "full", "into2"), \
      BAR(NULL, NULL, "unimas", "full", "into2"), \
      BAR(NULL, NULL, "mas", "full", "into2") }, \
    { name, "S11", "All three are alike into model 1", TEST_ALIKE, 0.05, \
      BAR(one, two, "mas", "full", "into1"), \
      BAR(NULL, NULL, "unimas", "full", "into1"), \
      BAR(NULL, NULL, "cmas", "full", "into1") }

#define POOR(variant, name) \
    { "figure10", "S12", name " is poor where a Same-Object GRU takes part", \
      TEST_LOWER, 0, BAR(SAME, NULL, variant, "count", "cross"), \
      MAS(MULTI, MULTI, "count"), { 0 } }

const struct claim claim_menu[] = {
    { "figure2", "S1", "Full transfers between recurrent models",
      TEST_EACH_AT_LEAST, 0.90, MAS(MULTI, MULTI, "full"), { 0 }, { 0 } },
    { "figure2", "S1", "Full transfers across tasks too",
      TEST_EACH_AT_LEAST, 0.90, MAS(MULTI, SAME, "full"), { 0 }, { 0 } },
    { "figure2", "S1", "Full transfers between recurrent models",
      TEST_EACH_AT_LEAST, 0.90, MAS(SAME, SAME, "full"), { 0 }, { 0 } },
    { "figure8", "S1", "Full transfers between recurrent models",
      TEST_EACH_AT_LEAST, 0.90, MAS(MULTI_LSTM, MULTI_LSTM, "full"),
      { 0 }, { 0 } },
    { "figure8", "S1", "Full transfers across tasks too",
      TEST_EACH_AT_LEAST, 0.90, MAS(MULTI_LSTM, SAME_LSTM, "full"),
      { 0 }, { 0 } },
    { "figure8", "S1", "Full transfers between recurrent models",
      TEST_EACH_AT_LEAST, 0.90, MAS(SAME_LSTM, SAME_LSTM, "full"),
      { 0 }, { 0 } },
    { "figure2", "S2", "Count transfers between Multi-Object GRUs",
      TEST_AT_LEAST, 0.90, MAS(MULTI, MULTI, "count"), { 0 }, { 0 } },
    { "figure2", "S3", "Count does not transfer when a Same-Object GRU takes "
      "part", TEST_LOWER, 0, MAS(SAME, NULL, "count"),
      MAS(MULTI, MULTI, "count"), { 0 } },
    { "figure10", "S3", "Count does not transfer when a Same-Object GRU takes "
      "part", TEST_LOWER, 0, MAS(SAME, NULL, "count"),
      MAS(MULTI, MULTI, "count"), { 0 } },
    { "figure2", "S4", "MAS fails on the transformers' hidden states: Full",
      TEST_AT_MOST, 0.25, MAS(TRANSFORMER, TRANSFORMER, "full"),
      { 0 }, { 0 } },
    { "figure2", "S4", "MAS fails on the transformers' hidden states: Count",
      TEST_AT_MOST, 0.25, MAS(TRANSFORMER, TRANSFORMER, "count"),
      { 0 }, { 0 } },
    { "figure2", "S4", "MAS succeeds on the transformers' embeddings",
      TEST_AT_LEAST, 0.93, MAS(TRANSFORMER, TRANSFORMER, "last_value"),
      { 0 }, { 0 } },
    { "figure2", "S5", "RSA of the transformers' hidden states is high "
      "although MAS is low: Full", TEST_ABOVE_BY, 0.4,
      RSA(TRANSFORMER, TRANSFORMER, "hidden"),
      MAS(TRANSFORMER, TRANSFORMER, "full"), { 0 } },
    { "figure2", "S5", "RSA of the transformers' hidden states is high "
      "although MAS is low: Count", TEST_ABOVE_BY, 0.4,
      RSA(TRANSFORMER, TRANSFORMER, "hidden"),
      MAS(TRANSFORMER, TRANSFORMER, "count"), { 0 } },
    { "figure2", "S6", "RSA of embeddings is highest between Same-Object GRUs",
      TEST_HIGHER, 0, RSA(SAME, SAME, "embedding"),
      RSA(MULTI, MULTI, "embedding"), { 0 } },
    { "figure2", "S6", "Next come Multi-Object GRUs, before all others",
      TEST_HIGHEST_BUT, 0, RSA(MULTI, MULTI, "embedding"),
      RSA(SAME, SAME, "embedding"), { 0 } },
    { "figure3", "S7", "Cumu Val aligns between Arithmetic GRUs",
      TEST_AT_LEAST, 0.90, MAS(ARITHMETIC, ARITHMETIC, "cumu_val"),
      { 0 }, { 0 } },
    { "figure3", "S7", "Rem Ops aligns between Arithmetic GRUs",
      TEST_AT_LEAST, 0.90, MAS(ARITHMETIC, ARITHMETIC, "rem_ops"),
      { 0 }, { 0 } },
    { "figure3", "S8", "Count ↔ Rem Ops aligns, Multi-Object with Arithmetic",
      TEST_AT_LEAST, 0.80, MAS(ARITHMETIC, MULTI, REM_OPS), { 0 }, { 0 } },
    { "figure3", "S9", "Count ↔ Cumu Val aligns less well",
      TEST_LOWER, 0, MAS(ARITHMETIC, MULTI, CUMU_VAL),
      MAS(ARITHMETIC, MULTI, REM_OPS), { 0 } },
    { "figure3", "S9", "Count ↔ Rem Ops is low with Same-Object",
      TEST_LOWER, 0, MAS(ARITHMETIC, SAME, REM_OPS),
      MAS(ARITHMETIC, MULTI, REM_OPS), { 0 } },
    { "figure3", "S9", "Count ↔ Cumu Val is low with Same-Object",
      TEST_LOWER, 0, MAS(ARITHMETIC, SAME, CUMU_VAL),
      MAS(ARITHMETIC, MULTI, REM_OPS), { 0 } },
    { "figure4", "S10", "A rotation moves Count between Same-Object GRUs",
      TEST_AT_LEAST, 0.90, MAP(SAME, SAME, "count", "rotation"),
      { 0 }, { 0 } },
    { "figure4", "S10", "An affine map moves Count between Same-Object GRUs",
      TEST_AT_LEAST, 0.90, MAP(SAME, SAME, "count", "affine"), { 0 }, { 0 } },
    { "figure4", "S10", "MAS does not: below the rotation",
      TEST_LOWER, 0, MAS(SAME, SAME, "count"),
      MAP(SAME, SAME, "count", "rotation"), { 0 } },
    { "figure4", "S10", "MAS does not: below the affine map",
      TEST_LOWER, 0, MAS(SAME, SAME, "count"),
      MAP(SAME, SAME, "count", "affine"), { 0 } },
    INTO_2("figure6", MULTI, MULTI),
    INTO_2("figure9", NULL, NULL),
    POOR("mas", "MAS"), POOR("unimas", "UniMAS"), POOR("cmas", "CMAS"),
    { 0 }
};

const struct quoted quoted_menu[] = {
    { "figure2", "MAS between transformers, hidden, Full", 0.108,
      MAS(TRANSFORMER, TRANSFORMER, "full") },
    { "figure2", "the same, Count (the text does not say which)", 0.108,
      MAS(TRANSFORMER, TRANSFORMER, "count") },
    { "figure2", "MAS between transformers, embedding, Last Value", 0.9783,
      MAS(TRANSFORMER, TRANSFORMER, "last_value") },
    { "figure2", "RSA between transformers, hidden", 0.8032,
      RSA(TRANSFORMER, TRANSFORMER, "hidden") },
    { "figure2", "RSA between Same-Object GRUs, embedding", 0.9027,
      RSA(SAME, SAME, "embedding") },
    { "figure2", "RSA between Multi-Object GRUs, embedding", 0.6886,
      RSA(MULTI, MULTI, "embedding") },
    { 0 }
};

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

/* Is x a direction of the bar? */
static bool of_bar(const struct report_table *x, const struct report_table *bar)
{
    bool direction = !strcmp(x->level, "direction") ||
                     !strcmp(x->level, "latent") || !strcmp(x->level, "score");

    return direction && !strcmp(x->panel, bar->panel) &&
           !strcmp(x->bar, bar->bar) && !strcmp(x->method, bar->method) &&
           !strcmp(x->site, bar->site) && !strcmp(x->map, bar->map) &&
           x->dims == bar->dims;
}

/* The lowest IIA of a single cross-model direction of the bar; NaN: none. */
static double lowest(const struct report *r, const struct report_table *bar)
{
    double low = NAN;

    for (size_t i = 0; i < r->n; i++)
        if (r->row[i].cross && of_bar(&r->row[i], bar))
            low = fmin(low, r->row[i].value);
    return low;
}

/* Source and target of every direction of the bar, in order: the k-th name. */
static const char *system_of(const struct report *r,
                             const struct report_table *bar, size_t k)
{
    const struct report_table *x = &r->row[k / 2];

    return !of_bar(x, bar) ? "" : k % 2 ? x->system_2 : x->system_1;
}

/* How many models of each of its types the bar is made of. */
static int seeds_of(const struct report *r, const struct report_table *bar)
{
    int n = 0, types = *bar->type_2 && strcmp(bar->type_1, bar->type_2) ? 2 : 1;

    for (size_t i = 0; i < 2 * r->n; i++) {
        const char *name = system_of(r, bar, i);
        size_t k = 0;
        while (k < i && strcmp(system_of(r, bar, k), name))
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

static bool is_lower(const struct finding *f)
{
    return high_of(f->row, f->over) < low_of(f->than, f->over);
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
        f->holds = is_lower(f);
        break;
    case TEST_NOT_LOWER:
        f->holds = !is_lower(f);
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
        take(f, z > y ? (x - y) / (z - y) : NAN);
        f->holds = x - y >= c->bound * (z - y);
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
    f.over = has_seeds(row) && has_seeds(f.than) ? OVER_SEEDS
             : strcmp(row->level, "bar") ? OVER_PAIRS : OVER_TRIALS;
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

const char *claim_subject(const struct report_table *row, struct arena *a)
{
    const char *what = strcmp(row->level, "bar") ? row->site
                                                 : report_pretty(row->bar, a);
    const char *map = strcmp(row->method, "linear-map") ? "" : row->map;
    const char *text = arena_text(a, "%s, %s%s%s: %s", row->panel,
                                  report_pretty(row->method, a),
                                  *map ? ", " : "", map, what ? what : "");

    return text ? text : "";
}

/* What a quantity is called; without types "UniMAS". */
static const char *name_of(const struct quantity *q, struct arena *a)
{
    const char *method = report_pretty(q->method, a);
    const char *what = q->bar ? report_pretty(q->bar, a) : q->site;

    if (!q->type_1)
        return method;
    return arena_text(a, "%s%s%s of %s between %s and %s", method,
                      q->map ? " by " : "", q->map ? q->map : "", what,
                      q->type_1, q->type_2);
}

const char *claim_predicate(const struct claim *c, struct arena *a)
{
    const char *than = c->than.level ? name_of(&c->than, a) : "";
    const char *top = c->top.level ? name_of(&c->top, a) : "", *text = NULL;

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
        text = arena_text(a, "not below %s with intervals apart", than);
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
        text = arena_text(a, "closes at least %.2f of the gap from %s to %s",
                          c->bound, than, top);
        break;
    case TEST_ALIKE:
        text = arena_text(a, "within %.2f of each other", c->bound);
        break;
    }
    return text ? text : "";
}

/* claims.c - the figures that the method names and the paper's claims about
 * them, with our thresholds (method.md, section 7); see report.h. */
#include <math.h>
#include <string.h>

#include "report.h"

static const struct figure figures[] = {
    { "figure3", "Figure 3: numbers in arithmetic and in counting",
      "MAS on GRUs trained on the Arithmetic task: interchange intervention "
      "accuracy for each pair of types of model and each pair of variables",
      "Do networks trained on arithmetic hold a number the same way as each "
      "other, and as networks that were trained to count? MAS looks for one "
      "rotation per network such that a causal variable, carried over in the "
      "first half of the rotated coordinates, changes what the other network "
      "goes on to say just as its task demands. The share of trials in which "
      "every token after the exchange is right is the interchange "
      "intervention accuracy (IIA)." },
};

const struct figure *report_figure(const char *name)
{
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
        if (strcmp(figures[i].name, name) == 0)
            return &figures[i];
    return NULL;
}

#define ARITHMETIC "Arithmetic × Arithmetic GRU"
#define MULTI "Arithmetic × Multi-Object GRU"
#define SAME "Arithmetic × Same-Object GRU"
#define REM_OPS "count ↔ rem_ops"
#define CUMU_VAL "count ↔ cumu_val"

const struct claim claim_menu[] = {
    { "figure3", "S7", "Cumu Val aligns between Arithmetic GRUs",
      ARITHMETIC, "cumu_val", 0.90, NULL, NULL },
    { "figure3", "S7", "Rem Ops aligns between Arithmetic GRUs",
      ARITHMETIC, "rem_ops", 0.90, NULL, NULL },
    { "figure3", "S8", "Count ↔ Rem Ops aligns, Multi-Object with Arithmetic",
      MULTI, REM_OPS, 0.80, NULL, NULL },
    { "figure3", "S9", "Count ↔ Cumu Val aligns less well",
      MULTI, CUMU_VAL, 0, MULTI, REM_OPS },
    { "figure3", "S9", "Count ↔ Rem Ops is low with Same-Object",
      SAME, REM_OPS, 0, MULTI, REM_OPS },
    { "figure3", "S9", "Count ↔ Cumu Val is low with Same-Object",
      SAME, CUMU_VAL, 0, MULTI, REM_OPS },
    { 0 }
};

struct finding report_finding(const struct report *r, const struct claim *c)
{
    struct finding f = {
        .row = report_bar(r, c->panel, c->bar, "cross"), .lowest = NAN,
    };

    if (c->than_bar)
        f.than = report_bar(r, c->than_panel, c->than_bar, "cross");
    if (!f.row || (c->than_bar && !f.than))
        return f;
    for (size_t i = 0; i < r->n; i++)
        if (strcmp(r->row[i].level, "direction") == 0 && r->row[i].cross &&
            strcmp(r->row[i].panel, c->panel) == 0 &&
            strcmp(r->row[i].bar, c->bar) == 0 &&
            strcmp(r->row[i].method, "mas") == 0)
            f.lowest = fmin(f.lowest, r->row[i].value);
    f.holds = f.than ? f.row->high < f.than->low : f.row->value >= c->least;
    return f;
}

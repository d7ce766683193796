/* page_session.c - what was recorded, and what can be concluded of it; see
 * page.h. */
#include <math.h>
#include <string.h>

#include "arena.h"
#include "data.h"
#include "format.h"
#include "html.h"
#include "opt.h"
#include "page.h"

/* ---- the recording ---- */

static int picture(const struct html *p, const struct report *r,
                   enum layout layout, const char *caption)
{
    html_put(p, "<figure>");
    if (html_picture_as(p, r, layout))
        return -1;
    html_put(p, "<figcaption>%s</figcaption></figure>\n", caption);
    return 0;
}

static int recorded(const struct html *p, const struct report *r)
{
    html_put(p, "<h2>What was recorded</h2>\n<p>%zu units, called "
             "<code>%s</code> from here on. A row of the recording is one bin "
             "of time, or one step where no times were recorded (called a bin "
             "as well), its state the activity of all units in that bin, as it "
             "was treated on import (the options are below). Up to three "
             "trials, from short to long (at most 400 bins), of the test split "
             "where it has any. Unless the picture says that there are "
             "more, nothing is counted or nothing was observed where no value "
             "is drawn: no exchange happens there.</p>\n",
             r->nunits, html_system(p, r->recording));
    return picture(p, r, LAYOUT_RASTER, arena_text(p->a,
        "Above: %s in each bin. Below: each line a unit, those on top rise "
        "with it most, those at the bottom fall. Colours: SDs from the "
        "unit’s mean.", html_pretty(p, r->variable)));
}

/* How well the shown variable is read off the recording. NULL: not known. */
static const struct report_decodability *decoded(const struct report *r)
{
    for (size_t k = 0; k < r->ndecodability; k++)
        if (!strcmp(r->decodability[k].system, r->recording) &&
            !strcmp(r->decodability[k].variable, r->variable))
            return &r->decodability[k];
    return NULL;
}

static int tuning(const struct html *p, const struct report *r)
{
    const char *variable = html_pretty(p, r->variable);

    if (!r->ntuning)
        return 0;
    html_put(p, "<h2>Do units follow %s?</h2>\n<p>Mean state by %s of the "
             "units that go along with it most and of those that go against "
             "it most, chosen for that, so these are no typical ones. "
             "Intervals take trials, not bins, for independent. A unit is "
             "called by its column in the activations, from 0; what the "
             "foreign file calls it stands there, under /units.%s</p>\n",
             variable, variable, !decoded(r) ? "" : " Below, under "
             "Recordings, stands how well all units together tell the value.");
    return picture(p, r, LAYOUT_TUNING, arena_text(p->a,
        "r: correlation of the unit with %s over all bins.", variable));
}

/* ---- coverage ---- */

static const char *tuple(const struct html *p, const struct report *r,
                         const struct report_coverage *y)
{
    const char *text = arena_text(p->a, "%s = %d%s%s", r->variable, y->value,
                                  *y->others ? ", " : "", y->others);

    return text ? html_text(p, text) : "";
}

/* Samples that want this tuple and find none, of a split. */
static int missed_in(const struct report *r, const struct report_coverage *y,
                     int split)
{
    int n = 0;

    for (size_t k = 0; k < r->ncoverage; k++)
        if (!r->coverage[k].recorded && r->coverage[k].split == split &&
            r->coverage[k].value == y->value &&
            !strcmp(r->coverage[k].others, y->others))
            n += r->coverage[k].wanted;
    return n;
}

/* Has an earlier line of this tuple a miss? */
static bool told(const struct report *r, size_t k)
{
    for (size_t i = 0; i < k; i++)
        if (!r->coverage[i].recorded &&
            r->coverage[i].value == r->coverage[k].value &&
            !strcmp(r->coverage[i].others, r->coverage[k].others))
            return true;
    return false;
}

enum { LISTED = 20 };

static void misses(const struct html *p, const struct report *r)
{
    long wanted = 0, missed = 0;
    int listed = 0;

    for (size_t k = 0; k < r->ncoverage; k++) {
        wanted += r->coverage[k].wanted;
        missed += r->coverage[k].recorded ? 0 : r->coverage[k].wanted;
    }
    html_put(p, "<p>%ld of %ld samples want a state that was not recorded in "
             "their split%s</p>\n", missed, wanted, missed
             ? ". The latent loss and the distances below do without them:"
             : ".");
    if (missed)
        html_put(p, "<ul>\n");
    for (size_t k = 0; k < r->ncoverage && listed < LISTED; k++) {
        const struct report_coverage *y = &r->coverage[k];
        if (y->recorded || told(r, k))
            continue;
        listed++;
        html_put(p, "<li>%s: train %d, valid %d, test %d\n", tuple(p, r, y),
                 missed_in(r, y, SPLIT_TRAIN), missed_in(r, y, SPLIT_VALID),
                 missed_in(r, y, SPLIT_TEST));
    }
    if (missed)
        html_put(p, "%s</ul>\n", listed < LISTED ? "" : "<li>and so on: see "
                 "the table below\n");
}

static int coverage(const struct html *p, const struct report *r)
{
    static const char *const names[] = {
        "State", "Exchange of", "Split", "#Recorded", "#Wanted",
        "Interventions", NULL };

    if (!r->ncoverage)
        return 0;
    html_put(p, "<h2>Are there states to exchange for?</h2>\n<p>An exchange "
             "into the recording asks for a state with the target’s variables, "
             "one of them overwritten: a counterfactual latent. It can only be "
             "looked up among recorded bins of the same split that have just "
             "these variables.</p>\n");
    misses(p, r);
    if (picture(p, r, LAYOUT_COVERAGE, "Test split. Samples: of all exchanges "
                "into the recording together. The table has every state."))
        return -1;
    html_put(p, "<details><summary>Every state that is asked for</summary>\n");
    html_head(p, names);
    for (size_t k = 0; k < r->ncoverage; k++) {
        const struct report_coverage *y = &r->coverage[k];
        html_put(p, "<tr><td class=k>%s<td>%s<td>%s<td class=n>%d<td class=n>%d"
                 "<td class=k>%s\n", tuple(p, r, y),
                 html_pretty(p, y->variable), split_name[y->split],
                 y->recorded, y->wanted, html_text(p, y->file));
    }
    html_foot(p);
    html_put(p, "</details>\n");
    return 0;
}

/* ---- from the recording ---- */

/* Was a model run from what the recording says? */
static bool is_from(const struct report *r, const struct report_table *row)
{
    return isfinite(row->value) && row->cross &&
           !strcmp(row->system_1, r->recording);
}

/* From its own states? */
static bool is_within(const struct report_table *row)
{
    return isfinite(row->value) && !row->cross && *row->system_1;
}

static const struct report_table *from_recording(const struct report *r)
{
    for (size_t k = 0; k < r->n; k++)
        if (is_from(r, &r->row[k]))
            return &r->row[k];
    return NULL;
}

/* The directions from the recording, or within models, each once: " (2 → 1)".
 * "": none. */
static const char *ways(const struct html *p, const struct report *r,
                        bool within)
{
    const char *all = "";
    int source, target;

    for (size_t k = 0; k < r->n; k++) {
        const struct report_table *row = &r->row[k];
        const char *way;
        if (within ? !is_within(row) : !is_from(r, row))
            continue;
        if (sscanf(row->direction, "%dto%d", &source, &target) == 2 &&
            (way = arena_text(p->a, "%d → %d", source, target)) &&
            !strstr(all, way))
            all = arena_text(p->a, "%s%s%s", all, *all ? ", " : "", way);
        if (!all)
            return "";
    }
    all = *all ? arena_text(p->a, " (%s)", all) : all;
    return all ? all : "";
}

int page_session(const struct html *p, const struct report *r)
{
    const char *within;

    if (!r->recording)
        return 0;
    if (recorded(p, r) || tuning(p, r) || coverage(p, r))
        return -1;
    if (!from_recording(r))
        return 0;
    within = ways(p, r, true);
    html_put(p, "<h2>Does the model go on as the recording says?</h2>\n<p>An "
             "exchange from the recording%s puts what the recording says into "
             "the model, which then must say every token that follows from it",
             ways(p, r, false));
    if (*within)
        html_put(p, "; one within the model%s does so with its own states, "
                 "which tells nothing of the recording", within);
    html_put(p, ". Nothing can be put into the recording, so there is no bar "
             "for it.</p>\n");
    return 0;
}

/* ---- commands ---- */

enum { TYPED = 88 };                    /* letters a line                    */

/* A word of the command, on a new line where the last one is full. */
static void type(const struct html *p, const char *text, size_t *used)
{
    if (*used + strlen(text) > TYPED) {
        html_put(p, " \\\n   ");
        *used = 3;
    }
    html_put(p, "%s%s", *used ? " " : "", html_text(p, text));
    *used += 1 + strlen(text);
}

/* A stored option as it is typed. */
static void option(const struct html *p, const char *name, const char *value,
                   size_t *used)
{
    const char *word = format_word(value, p->a), *text;

    if (!word || !*value || !strcmp(value, "FALSE"))
        return;
    text = !strcmp(value, "TRUE") ? arena_text(p->a, "--%s", name)
         : strncmp(value, "--", 2) ? arena_text(p->a, "--%s %s", name, word)
         : arena_text(p->a, "--%s=%s", name, word);
    if (text)
        type(p, text, used);
}

static void command(const struct html *p, const struct h5ancestor *f)
{
    const char *program = arena_text(p->a, "mas-%s", f->program);
    const char *file = format_word(f->name, p->a);
    const char *out = file ? arena_text(p->a, "-o %s", file) : NULL;
    size_t size = strlen(f->options) + 1, used = 0;
    char name[OPT_NAME], *value = arena_get(p->a, size, 1);

    if (!program || !out || !value)
        return;
    type(p, program, &used);
    for (const char *at = f->options; (at = opt_next(at, name, value, size));)
        option(p, name, value, &used);
    type(p, out, &used);
    html_put(p, "\n");
}

static const struct h5ancestor *ancestor(const struct report *r,
                                         const char *name)
{
    for (size_t k = 0; k < r->nfiles; k++)
        if (!strcmp(r->file[k].name, name))
            return &r->file[k];
    return NULL;
}

/* Is the file one of the alignment's directions? */
static bool has_direction(const struct html *p,
                          const struct h5ancestor *alignment, const char *file)
{
    size_t size = strlen(alignment->options) + 1;
    char name[OPT_NAME], *value = arena_get(p->a, size, 1);

    if (!value)
        return false;
    for (const char *at = alignment->options;
         (at = opt_next(at, name, value, size));) {
        const char *path = strchr(value, '=');
        if (!strcmp(name, "direction") && path && !strcmp(path + 1, file))
            return true;
    }
    return false;
}

/* Is it the recording's import, the first alignment with it, or interventions
 * of that? */
static bool is_told(const struct html *p, const struct h5ancestor *f,
                    const struct h5ancestor *alignment)
{
    return !strcmp(f->program, "import-recording") || f == alignment ||
           (alignment && has_direction(p, alignment, f->name));
}

static void commands(const struct html *p, const struct report *r)
{
    const struct h5ancestor *own = r->nfiles ? &r->file[r->nfiles - 1] : NULL;
    const struct report_table *from = from_recording(r);
    const struct h5ancestor *first =
        r->nstand_in ? ancestor(r, r->stand_in[0].file)
                     : from ? ancestor(r, from->file) : NULL;

    html_put(p, "<h2>The commands</h2>\n<p>How the recording was imported, "
             "which exchanges were drawn, how they were learnt, for one of "
             "the alignments, and how all were joined, with every option that "
             "has a part in the result. Files without their folders. "
             "Everything else is below, under Settings and "
             "provenance.</p>\n<pre class=scroll><code>");
    for (size_t k = 0; k < r->nfiles; k++)
        if (is_told(p, &r->file[k], first))
            command(p, &r->file[k]);
    if (own) {
        const char *name = format_word(own->name, p->a);
        command(p, own);
        html_put(p, "mas-report --draw %s -o index.html",
                 name ? html_text(p, name) : "");
    }
    html_put(p, "</code></pre>\n");
}

/* ---- conclusions ---- */

/* The IIA that an exchange of the recording's variable into a model would have
 * if it did nothing; NaN: there is none. */
static double chance(const struct report *r)
{
    for (size_t k = 0; k < r->n; k++) {
        const struct report_table *row = &r->row[k];
        if (!strcmp(row->level, "direction") && row->cross &&
            !strcmp(row->system_1, r->recording) &&
            !strcmp(row->source_variable, r->variable))
            return row->chance;
    }
    return NAN;
}

/* How often the variable can be told from a bin of the recording. */
static void compare(const struct html *p, const struct report *r)
{
    const struct report_decodability *d = decoded(r);

    if (!d)
        return;
    html_put(p, " For comparison: from a single bin of the recording a linear "
             "rule tells %s in %.2f of the test bins",
             html_pretty(p, r->variable), d->accuracy);
    if (!isnan(chance(r)))
        html_put(p, ", and an exchange of %s that does nothing would be right "
                 "in %.2f of the samples (chance)",
                 html_pretty(p, r->variable), chance(r));
    html_put(p, ". Noise lowers both shares, and neither bounds the IIA.");
}

/* What is measured, from the recording and into it. */
static void measured(const struct html *p, const struct report *r)
{
    if (from_recording(r)) {
        html_put(p, "<li><b>Measured:</b> whether the model goes on as it "
                 "should from states that hold what the recording says "
                 "(recording → model). An IIA above shuffled sources, random "
                 "rotations and chance says that the recorded activity tells "
                 "the variable and that a rotation carries it into the model’s "
                 "own terms. The ceiling is what the model itself reaches.");
        compare(p, r);
        html_put(p, "\n");
    }
    if (page_into_recording(r))
        html_put(p, "<li><b>Measured:</b> how near exchanged states come to "
                 "recorded ones with the wanted variables (model → recording), "
                 "beside what knows less. Nearer than without an exchange, and "
                 "nearer than to the latents of others, means: the exchange "
                 "moves the state the right way. Where even states alike lie "
                 "above the mean latent, noise outweighs the variables in "
                 "single bins: then compare with states alike, not with the "
                 "mean.\n");
}

void page_conclusions(const struct html *p, const struct report *r)
{
    if (!r->recording)
        return;
    html_put(p, "<h2>What follows, and what does not</h2>\n<ul>\n");
    measured(p, r);
    html_put(p, "<li><b>Not measured:</b> whether the recorded system would "
             "behave accordingly. Nothing was put into it. No number on this "
             "page is an IIA into the recording.\n"
             "<li><b>Does not follow:</b> that the recorded system uses the "
             "variable. Units may tell %s without anything reading them, or "
             "follow something that goes along with it, such as the time since "
             "the trial began. Only another experiment tells these apart, or a "
             "variable for it.\n"
             "<li><b>Does not follow:</b> anything about units, sessions or "
             "models that are not here. Intervals of units, of distances and "
             "of what is read off are over the recording’s trials; those of "
             "an IIA are over samples, of which a trial may have several.\n"
             "</ul>\n",
             html_pretty(p, r->variable));
    commands(p, r);
}

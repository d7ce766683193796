/* page_recording.c - where a system is a recording; see page.h. */
#include <math.h>
#include <string.h>

#include "arena.h"
#include "html.h"
#include "page.h"

bool page_into_recording(const struct report *r)
{
    for (size_t k = 0; k < r->nstand_in; k++)
        if (r->stand_in[k].recording)
            return true;
    return false;
}

/* ---- into the models ---- */

/* The next direction from a recording into a model, from number *from on. */
static const struct report_table *next_into(const struct report *r,
                                            size_t *from)
{
    while (*from < r->n) {
        const struct report_table *row = &r->row[(*from)++];
        if (!strcmp(row->level, "direction") && row->cross &&
            report_is_recording(r, row->system_1))
            return row;
    }
    return NULL;
}

static void into_models(const struct html *p, const struct report *r)
{
    static const char *const names[] = {
        "Recording → model", "Variables", "Method", "#IIA, 95 % interval",
        "#Samples", "#Chance", "#Random rotations", "#Shuffled sources",
        "#Ceiling (DAS)", NULL };
    const struct report_table *row;
    size_t from = 0;

    if (!next_into(r, &from))
        return;
    html_put(p, "<p>From a recording into a model the exchange is judged as "
             "any other: the model goes on from a state that holds what the "
             "recording says. A sample is one test exchange; several may be of "
             "one trial, which these intervals take for independent.</p>\n");
    html_head(p, names);
    for (from = 0; (row = next_into(r, &from));) {
        html_put(p, "<tr><td class=k>%s → %s%s<td class=k>%s → %s<td>%s",
                 html_system(p, row->system_1), html_system(p, row->system_2),
                 html_mark(row), html_pretty(p, row->source_variable),
                 html_pretty(p, row->target_variable),
                 html_pretty(p, row->method));
        html_measured(p, row);
        html_put(p, "<td class=n>%d", row->n);
        html_number(p, row->chance);
        html_number(p, row->null_rotation);
        html_number(p, row->null_shuffled);
        html_number(p, row->ceiling);
        html_put(p, "\n");
    }
    html_foot(p);
}

/* ---- into the recordings ---- */

static const struct { const char *states, *says; } kinds[] = {
    { "intervened", "the intervened state" },
    { "untouched", "the recording’s own state: no exchange" },
    { "mean latent", "the mean latent, for every sample" },
    { "shuffled", "the intervened state, to the latent of another sample" },
    { "same variables", "another recorded state with the same variables" },
};

static const char *says(const char *states)
{
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
        if (strcmp(kinds[k].states, states) == 0)
            return kinds[k].says;
    return states;
}

static bool same_group(const struct report_stand_in *x,
                       const struct report_stand_in *y)
{
    return !strcmp(x->file, y->file) && !strcmp(x->system_1, y->system_1) &&
           !strcmp(x->system_2, y->system_2) &&
           !strcmp(x->source_variable, y->source_variable) &&
           !strcmp(x->target_variable, y->target_variable);
}

static int distances(const struct html *p, const struct report *r)
{
    static const char *const names[] = {
        "States", "#Distance to the counterfactual latents",
        "#/ that of the mean", "#Cosine with them", "#Samples", NULL };
    const struct report_stand_in *last = NULL;

    if (!page_into_recording(r))
        return 0;
    html_put(p, "<p>Into a recording it can be measured how near the "
             "intervened states come to counterfactual latents: recorded "
             "states with the wanted variables. An exchange that does "
             "something comes nearer than no exchange, and one that knows "
             "which value is wanted comes nearer to its own latent than to "
             "those of other samples. None need come nearer than two recorded "
             "states with the same variables are to each other. Intervals "
             "are over the recording’s trials, each of which several "
             "samples may be of. Near is not "
             "yet right: <code>make pretend</code> runs models that were "
             "recordings while the maps were learnt, and shows how far the "
             "distance can be trusted.</p>\n<figure>");
    if (html_picture_as(p, r, LAYOUT_RECORDING))
        return -1;
    html_put(p, "<figcaption>Mean distance to the counterfactual latents over "
             "the test exchanges into a recording, as a share of the distance "
             "that the mean latent has; 0: the latents themselves."
             "</figcaption></figure>\n");
    html_head(p, names);
    for (size_t k = 0; k < r->nstand_in; k++) {
        const struct report_stand_in *s = &r->stand_in[k];
        if (!s->recording)
            continue;
        if (!last || !same_group(last, s)) {
            html_put(p, "<tr><th colspan=5>%s, %s: ", html_pretty(p, s->method),
                     html_pretty(p, s->bar));
            html_put(p, "%s → %s <span class=i>K&nbsp;=&nbsp;%d",
                     html_system(p, s->system_1), html_system(p, s->system_2),
                     s->dims);
            if (!isnan(s->lambda))
                html_put(p, ", λ&nbsp;=&nbsp;%.3g", s->lambda);
            html_put(p, "</span>\n");
        }
        last = s;
        html_put(p, "<tr><td>%s", says(s->states));
        html_interval(p, s->distance, s->distance_low, s->distance_high);
        html_number(p, s->to_mean);
        html_interval(p, s->cosine, s->cosine_low, s->cosine_high);
        html_put(p, "<td class=n>%d\n", s->n);
    }
    html_foot(p);
    return 0;
}

/* ---- what can be read off ---- */

static void decodability(const struct html *p, const struct report *r)
{
    static const char *const names[] = {
        "System", "", "Variable", "#Share found, 95 % interval", "#Chance",
        "#R², 95 % interval", "#Rows", NULL };

    if (!r->ndecodability)
        return;
    html_put(p, "<h3>Is the variable in the states at all?</h3>\n<p>Share of "
             "test rows whose value linear discriminant analysis finds in the "
             "states, learnt on training rows; chance: the most frequent "
             "value. R²: of the value as a number, by ridge regression. A "
             "variable that can be read off need not be one that the system "
             "uses, and an exchange asks for that. Rows of a trial are alike: "
             "the intervals are over trials.</p>\n");
    html_head(p, names);
    for (size_t k = 0; k < r->ndecodability; k++) {
        const struct report_decodability *d = &r->decodability[k];
        html_put(p, "<tr><td class=k>%s<td>%s<td>%s",
                 html_system(p, d->system), d->recording ? "recording" : "",
                 html_pretty(p, d->variable));
        html_interval(p, d->accuracy, d->low, d->high);
        html_number(p, d->chance);
        html_interval(p, d->r2, d->r2_low, d->r2_high);
        html_put(p, "<td class=n>%d\n", d->n);
    }
    html_foot(p);
}

int page_recording(const struct html *p, const struct report *r)
{
    if (!r->recording && !page_into_recording(r))
        return 0;
    html_put(p, "<h2>Recordings</h2>\n<p><b>IIA into a recording cannot be "
             "measured</b>: nothing can be made of an intervened state of a "
             "system that only was recorded, so there is no behaviour to judge "
             "it by. What can be measured stands below.</p>\n");
    into_models(p, r);
    if (distances(p, r))
        return -1;
    decodability(p, r);
    return 0;
}

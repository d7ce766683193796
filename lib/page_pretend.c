/* page_pretend.c - the page of pretended recordings; see page.h. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "arena.h"
#include "html.h"
#include "page.h"

static const char *direction(const struct html *p, const char *name)
{
    const char *text = arena_text(p->a, "%c → %c", name[0],
                                  name[strlen(name) - 1]);

    return text ? text : "";
}

/* ---- ranks ---- */

static const char *variables(const struct html *p,
                             const struct report_pretend *x)
{
    return html_text(p, report_exchange(x->source_variable,
                                        x->target_variable, p->a));
}

/* The line of another truth that stands beside one of the IIA. */
static const struct report_rank *beside(const struct report *r,
                                        const struct report_rank *x,
                                        const char *truth)
{
    for (size_t k = 0; k < r->nrank; k++)
        if (!strcmp(r->rank[k].source_variable, x->source_variable) &&
            !strcmp(r->rank[k].target_variable, x->target_variable) &&
            !strcmp(r->rank[k].direction, x->direction) &&
            !strcmp(r->rank[k].measure, x->measure) &&
            !strcmp(r->rank[k].truth, truth))
            return &r->rank[k];
    return NULL;
}

static void rank(const struct html *p, const struct report_rank *x)
{
    html_interval(p, x ? x->rho : NAN, x ? x->low : NAN, x ? x->high : NAN);
    html_put(p, "<td class=n>%d", x ? x->n : 0);
}

static void ranks(const struct html *p, const struct report *r)
{
    static const char *const names[] = {
        "Direction", "What can be measured of a recording", "#with the IIA",
        "#Lines", "#with the normalised IIA", "#Lines",
        "#with what was reached of it", "#Lines", NULL };
    const char *last = "";

    html_put(p, "<h2>Does the one tell the other?</h2>\n<p>Spearman’s rank "
             "correlation over the settings, with its 95&nbsp;%% bootstrap "
             "interval over them; 1: the better it looks in the recording, the "
             "better the exchange is in the model. The settings are not a "
             "sample of anything: another choice of them gives another "
             "number. Normalised: (IIA&nbsp;−&nbsp;random rotations) / "
             "(DAS within the target at the same K&nbsp;−&nbsp;random "
             "rotations). Reached: the same with the IIA of the "
             "counterfactual latents themselves, put in place of the states in "
             "the recorded units, for the ceiling: no exchange that only moves "
             "what was recorded need do better than at no distance.</p>\n");
    html_head(p, names);
    for (size_t k = 0; k < r->nrank; k++) {
        const struct report_rank *x = &r->rank[k];
        if (strcmp(x->truth, "iia"))
            continue;
        const char *of = report_exchange(x->source_variable,
                                         x->target_variable, p->a);
        if (strcmp(last, of))
            html_put(p, "<tr><th colspan=8>%s\n", html_text(p, of));
        last = of;
        html_put(p, "<tr><td class=k>%s<td>%s", direction(p, x->direction),
                 report_measure(x->measure));
        rank(p, x);
        rank(p, beside(r, x, "normalised"));
        rank(p, beside(r, x, "reached"));
        html_put(p, "\n");
    }
    html_foot(p);
}

/* ---- where it misleads ---- */

/* Pairs of a panel's lines whose IIAs differ, their intervals apart; those of
 * them that the distance puts in the wrong order; and of these the pair whose
 * IIAs differ most. */
struct order {
    int pairs, wrong;
    const struct report_pretend *better, *worse;        /* by the distance   */
};

static struct order order_of(const struct report *r,
                             const struct report_pretend *one)
{
    struct order o = { 0 };

    for (const struct report_pretend *x = r->pretend;
         x < r->pretend + r->npretend; x++)
        for (const struct report_pretend *y = r->pretend;
             y < r->pretend + r->npretend; y++) {
            if (!report_same_exchange(x, one) ||
                !report_same_exchange(y, one) || !(x->high < y->low))
                continue;
            o.pairs++;
            if (!(x->to_mean < y->to_mean))
                continue;
            o.wrong++;
            if (!o.better ||
                y->iia - x->iia > o.worse->iia - o.better->iia)
                o.better = x, o.worse = y;
        }
    return o;
}

static void side(const struct html *p, const struct report_pretend *y)
{
    html_put(p, "<td>%s", y ? html_text(p, y->setting) : "–");
    html_number(p, y ? y->to_mean : NAN);
    html_interval(p, y ? y->iia : NAN, y ? y->low : NAN, y ? y->high : NAN);
}

static void misleads(const struct html *p, const struct report *r)
{
    static const char *const names[] = {
        "Exchange", "#Pairs", "#In the wrong order", "Looks better",
        "#Distance / mean", "#True IIA", "than this", "#Distance / mean",
        "#True IIA", NULL };

    html_put(p, "<h2>Where it misleads</h2>\n<p>Pairs of settings whose true "
             "IIAs differ (95&nbsp;%% intervals apart), those of them that the "
             "distance puts in the wrong order, and the worst of these.</p>\n");
    html_head(p, names);
    for (size_t i = 0; i < r->npretend; i++) {
        struct order o = order_of(r, &r->pretend[i]);
        if (!report_pretend_first(r, i))
            continue;
        html_put(p, "<tr><td class=k>%s, %s<td class=n>%d<td class=n>%d",
                 variables(p, &r->pretend[i]),
                 direction(p, r->pretend[i].direction), o.pairs, o.wrong);
        side(p, o.better);
        side(p, o.worse);
        html_put(p, "\n");
    }
    html_foot(p);
}

/* ---- lines ---- */

static void lines(const struct html *p, const struct report *r)
{
    static const char *const names[] = {
        "Setting", "#K", "#Units", "#Distance to latents",
        "#of the mean latent", "#without an exchange", "#to other samples’",
        "#of states alike",
        "#/ mean", "#/ no exchange", "#Way", "#Cosine", "#True IIA",
        "#Random rotations", "#Ceiling (DAS)", "#Normalised",
        "#At no distance", "#Reached", NULL };

    html_put(p, "<h2>Every setting</h2>\n<p>Distances are means over the test "
             "exchanges, in the units of the recording; their baselines are of "
             "the same exchanges. States alike: two recorded states with the "
             "same variables are so far apart, and no exchange need come "
             "nearer. Way: from the mean latent (0) to there (1). True IIA: of "
             "the same maps in the model behind the recording. At no distance: "
             "IIA of the counterfactual latents themselves. Intervals of "
             "distances and cosines are over the trials that the target’s "
             "states are of; those of IIAs over samples.</p>\n");
    html_head(p, names);
    for (size_t i = 0; i < r->npretend; i++) {
        const struct report_pretend *one = &r->pretend[i];
        if (!report_pretend_first(r, i))
            continue;
        html_put(p, "<tr><th colspan=18>%s, %s\n",
                 variables(p, one),
                 direction(p, one->direction));
        for (size_t k = i; k < r->npretend; k++) {
            const struct report_pretend *y = &r->pretend[k];
            if (!report_same_exchange(y, one))
                continue;
            html_put(p, "<tr><td class=k>%s%s<td class=n>%d<td class=n>%d",
                     html_text(p, y->setting), y->criterion_met ? "" : " †",
                     y->dims, y->units);
            html_interval(p, y->distance, y->distance_low, y->distance_high);
            html_number(p, y->mean_latent);
            html_number(p, y->untouched);
            html_number(p, y->shuffled);
            html_number(p, y->same);
            html_number(p, y->to_mean);
            html_number(p, y->to_untouched);
            html_number(p, y->way);
            html_interval(p, y->cosine, y->cosine_low, y->cosine_high);
            html_interval(p, y->iia, y->low, y->high);
            html_number(p, y->null_rotation);
            html_number(p, y->ceiling);
            html_number(p, y->normalised);
            html_number(p, y->perfect);
            html_number(p, y->reached);
            html_put(p, "\n");
        }
    }
    html_foot(p);
}

int page_pretend(FILE *to, const struct report *r, struct arena *a)
{
    const struct html html = { to, a }, *p = &html;

    html_begin_figure(p, r);
    html_put(p, "<figure>");
    if (html_picture(p, r))
        return -1;
    html_put(p, "<figcaption>%s. A point is one alignment; lines join those "
             "that differ in one thing, whose value stands beside them where "
             "there is room. On the left intervened states come close to "
             "recorded ones with the wanted variables; at 1 they come no "
             "closer than the mean of them all. Were the distance a good "
             "stand-in, all points would fall from the upper left to the "
             "lower right.</figcaption></figure>\n",
             html_text(p, r->caption));
    ranks(p, r);
    misleads(p, r);
    lines(p, r);
    html_deviations(p, r->file, r->nfiles);
    html_put(p, "<h2>Settings and provenance</h2>\n<p>Every file behind this "
             "page, oldest first, the report last.</p>\n");
    html_files(p, r->file, r->nfiles);
    html_end(p);
    return 0;
}

/* report_pretend.c - pretended recordings; see report.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "err.h"
#include "report_priv.h"
#include "rng.h"
#include "score.h"
#include "sim.h"

enum { DRAWS = 10000,
       LINES_MIN = 4 };         /* fewer say nothing of ranks */

/* ---- lines ---- */

/* The same exchange among an alignment's directions; NULL: none. */
static const struct alignment_directions *
exchange(const struct report_alignment *x, struct report_way way)
{
    for (size_t k = 0; k < x->D; k++)
        if (report_same_way(REPORT_WAY(&x->direction[k]), way))
            return &x->direction[k];
    return NULL;
}

/* IIA of the latents themselves; NaN: not asked. */
static double perfect(const struct report_alignment *x, struct report_way way)
{
    for (size_t k = 0; k < x->P; k++)
        if (report_same_way(REPORT_WAY(&x->perfect[k]), way))
            return x->perfect[k].iia;
    return NAN;
}

static double distance(const struct report_alignment *x, struct report_way way,
                       enum standin kind)
{
    const struct alignment_stand_in *s = report_stand_in(x, way, kind);

    return s ? s->distance : NAN;
}

/* What is measured of the recording, and what its model says. */
static struct report_pretend line(const struct report_input *in,
                                  const struct report_pretended *x,
                                  const struct alignment_directions *d,
                                  const struct alignment_directions *e)
{
    const struct report_alignment *learnt = &x->learnt, *truth = &x->truth;
    const struct report_way way = REPORT_WAY(d);
    const struct alignment_stand_in *s =
        report_stand_in(learnt, way, STANDIN_INTERVENED);
    struct report_table same = report_blank("score");
    struct report_pretend y = {
        .lambda = learnt->lambda, .dims = learnt->dims,
        .noise = learnt->noise[d->target - 1],
        .units = learnt->model[d->target - 1].width,
        .samples = d->n_train, .n = s->n,
        .distance = s->distance, .distance_low = s->distance_low,
        .distance_high = s->distance_high,
        .mean_latent = distance(learnt, way, STANDIN_MEAN),
        .shuffled = distance(learnt, way, STANDIN_SHUFFLED),
        .untouched = distance(learnt, way, STANDIN_UNTOUCHED),
        .same = distance(learnt, way, STANDIN_SAME),
        .cosine = s->cosine, .cosine_low = s->cosine_low,
        .cosine_high = s->cosine_high,
        .n_test = e->n_test, .iia = e->iia_test, .low = e->low,
        .high = e->high, .null_rotation = e->null_mean,
        .ceiling = report_ceiling(in, truth, e),
        .criterion_met = learnt->criterion_met && truth->criterion_met,
    };

    same.value = y.iia;
    same.null_rotation = y.null_rotation;
    same.ceiling = y.ceiling;
    y.normalised = report_normalised(&same);
    same.ceiling = y.perfect = perfect(truth, way);
    y.reached = report_normalised(&same);
    y.to_mean = y.distance / y.mean_latent;
    y.to_untouched = y.distance / y.untouched;
    y.way = y.mean_latent - y.same > 0.05 * y.mean_latent
            ? (y.mean_latent - y.distance) / (y.mean_latent - y.same) : NAN;
    report_set(y.source_variable, d->source_variable);
    report_set(y.target_variable, d->target_variable);
    report_set(y.method, learnt->preset);
    snprintf(y.direction, sizeof y.direction, "%dto%d", d->source, d->target);
    snprintf(y.learnt, sizeof y.learnt, "%s", learnt->file);
    snprintf(y.truth, sizeof y.truth, "%s", truth->file);
    return y;
}

bool report_same_exchange(const struct report_pretend *x,
                          const struct report_pretend *y)
{
    return report_same(x->source_variable, y->source_variable) &&
           report_same(x->target_variable, y->target_variable) &&
           report_same(x->direction, y->direction);
}

/* Name what is different from the first line of the exchange. Fewer units
 * bring fewer dimensions with them. */
static void name_setting(struct report_pretend *y,
                         const struct report_pretend *first, struct arena *a)
{
    struct { bool differs; const char *departs, *setting; } kind[] = {
        { y == first, "", report_pretty(y->method, a) },
        { y->noise != first->noise, "noise",
          arena_text(a, "noise %g", y->noise) },
        { y->units != first->units, "units",
          arena_text(a, "%d units", y->units) },
        { y->samples != first->samples, "samples",
          arena_text(a, "%d samples", y->samples) },
        { !report_same(y->method, first->method), "method",
          report_pretty(y->method, a) },
        { !report_same_number(y->lambda, first->lambda), "lambda",
          arena_text(a, "λ = %g", y->lambda) },
        { y->dims != first->dims, "dims", arena_text(a, "K = %d", y->dims) },
        { true, "", report_pretty(y->method, a) },
    };
    int k = 0;

    while (!kind[k].differs)
        k++;
    report_set(y->departs, kind[k].departs);
    report_set(y->setting, kind[k].setting ? kind[k].setting : "");
}

static int all_lines(struct report *r, const struct report_input *in,
                     struct arena *a)
{
    for (int i = 0; i < in->npretended; i++) {
        const struct report_pretended *x = &in->pretended[i];
        for (size_t k = 0; k < x->learnt.D; k++) {
            const struct alignment_directions *d = &x->learnt.direction[k];
            const struct alignment_directions *e =
                exchange(&x->truth, REPORT_WAY(d));
            struct report_pretend *y = &r->pretend[r->npretend];
            size_t first = 0;
            if (!report_stand_in(&x->learnt, REPORT_WAY(d),
                                 STANDIN_INTERVENED) ||
                !e || isnan(e->iia_test))
                continue;
            *y = line(in, x, d, e);
            r->npretend++;
            while (!report_same_exchange(&r->pretend[first], y))
                first++;
            name_setting(y, &r->pretend[first], a);
        }
    }
    return r->npretend ? 0 : err_set(EX_DATAERR, "no direction has both "
                                     "distances to latents and an IIA");
}

/* ---- rank correlations ---- */

static double to_mean(const struct report_pretend *y) { return -y->to_mean; }
static double to_untouched(const struct report_pretend *y)
{
    return -y->to_untouched;
}
static double way(const struct report_pretend *y) { return y->way; }
static double cosine(const struct report_pretend *y) { return y->cosine; }
static double iia(const struct report_pretend *y) { return y->iia; }
static double normalised(const struct report_pretend *y)
{
    return y->normalised;
}

static double reached(const struct report_pretend *y) { return y->reached; }

typedef double column(const struct report_pretend *y);
static const struct { const char *name, *says; column *of; } measures[] = {
    { "to_mean", "distance / that of the mean latent", to_mean },
    { "to_untouched", "distance / that without an exchange", to_untouched },
    { "way", "way from the mean latent to states with the same variables",
      way },
    { "cosine", "cosine", cosine },
};
static const struct { const char *name; column *of; } truths[] = {
    { "iia", iia }, { "normalised", normalised }, { "reached", reached },
};
enum { MEASURES = sizeof measures / sizeof *measures,
       TRUTHS = sizeof truths / sizeof *truths };

const char *report_measure(const char *name)
{
    for (int m = 0; m < MEASURES; m++)
        if (report_same(measures[m].name, name))
            return measures[m].says;
    return name;
}

/* Spearman's rho of the pairs (x, y) whose numbers are in `which` (n), without
 * what rounding adds to 1. -1: memory. */
static int correlate(double *rho, const double *x, const double *y,
                     const uint32_t *which, size_t n, struct arena *a)
{
    double *u = arena_get(a, n, sizeof *u), *v = arena_get(a, n, sizeof *v);
    struct sim_list p, q;

    for (size_t i = 0; u && v && i < n; i++) {
        u[i] = x[which[i]];
        v[i] = y[which[i]];
    }
    if (!u || !v || sim_list(&p, u, n, a) || sim_list(&q, v, n, a) ||
        sim_spearman(rho, &p, &q, a))
        return -1;
    if (fabs(*rho) > 1)
        *rho = copysign(1, *rho);
    return 0;
}

/* rho and its interval, over the lines; NaN of fewer than LINES_MIN. Draws in
 * which one of the two does not vary are drawn again, unless that is so of all
 * lines. */
static int rank(struct report_rank *to, const double *x, const double *y,
                size_t n, long seed, uint32_t stream, struct arena *a)
{
    struct rng r = rng_at((uint64_t)seed, RNG_BOOTSTRAP, stream, 3);
    double *rho = arena_get(a, DRAWS, sizeof *rho);
    uint32_t *which = arena_get(a, n, sizeof *which);
    struct arena *one = arena_open();
    int rc = -1;

    to->n = (int)n;
    to->rho = to->low = to->high = NAN;
    if (!rho || !which || !one)
        goto done;
    for (size_t i = 0; i < n; i++)
        which[i] = (uint32_t)i;
    if (n >= LINES_MIN && correlate(&to->rho, x, y, which, n, one))
        goto done;
    for (int d = 0; d < DRAWS && !isnan(to->rho); d++)
        do {
            arena_reset(one);
            for (size_t i = 0; i < n; i++)
                which[i] = rng_below(&r, (uint32_t)n);
            if (correlate(&rho[d], x, y, which, n, one))
                goto done;
        } while (isnan(rho[d]));
    if (!isnan(to->rho)) {
        to->low = score_quantile(rho, DRAWS, 0.025);
        to->high = score_quantile(rho, DRAWS, 0.975);
    }
    rc = 0;
done:
    arena_close(one);
    return rc;
}

/* The correlations over the lines of the exchange that `one` is of. */
static int ranks_of(struct report *r, const struct report_pretend *one,
                    long seed, struct arena *a)
{
    for (int m = 0; m < MEASURES; m++)
        for (int t = 0; t < TRUTHS; t++) {
            struct report_rank *to = &r->rank[r->nrank];
            double *x = arena_get(a, r->npretend, sizeof *x);
            double *y = arena_get(a, r->npretend, sizeof *y);
            size_t n = 0;
            if (!x || !y)
                return -1;
            for (size_t k = 0; k < r->npretend; k++) {
                const struct report_pretend *p = &r->pretend[k];
                if (!report_same_exchange(p, one))
                    continue;
                x[n] = measures[m].of(p);
                y[n] = truths[t].of(p);
                n += !isnan(x[n]) && !isnan(y[n]);
            }
            report_set(to->source_variable, one->source_variable);
            report_set(to->target_variable, one->target_variable);
            report_set(to->direction, one->direction);
            report_set(to->measure, measures[m].name);
            report_set(to->truth, truths[t].name);
            if (rank(to, x, y, n, seed, (uint32_t)r->nrank++, a))
                return -1;
        }
    return 0;
}

bool report_pretend_first(const struct report *r, size_t k)
{
    for (size_t i = 0; i < k; i++)
        if (report_same_exchange(&r->pretend[i], &r->pretend[k]))
            return false;
    return true;
}

static int all_ranks(struct report *r, long seed, struct arena *a)
{
    for (size_t k = 0; k < r->npretend; k++)
        if (report_pretend_first(r, k) && ranks_of(r, &r->pretend[k], seed, a))
            return -1;
    return 0;
}

/* ---- joining ---- */

static int check(const struct report_pretended *x)
{
    bool same = x->learnt.G == x->truth.G;

    for (size_t k = 0; same && k < x->learnt.G; k++)
        same = report_same(x->learnt.model[k].name, x->truth.model[k].name);
    if (!same)
        return err_set(EX_DATAERR, "%s: of other systems than %s",
                       x->truth.file, x->learnt.file);
    return report_check(&x->learnt, 1, false) ||
           report_check(&x->truth, 1, false) ? -1 : 0;
}

int report_pretended(struct report *r, const struct report_input *in,
                     long seed, struct arena *a)
{
    size_t most = 0;

    for (int i = 0; i < in->npretended; i++) {
        if (check(&in->pretended[i]))
            return -1;
        most += in->pretended[i].learnt.D;
    }
    if (!in->npretended)
        return 0;
    r->pretend = arena_get(a, most, sizeof *r->pretend);
    r->rank = arena_get(a, most * MEASURES * TRUTHS, sizeof *r->rank);
    if (!r->pretend || !r->rank || all_lines(r, in, a) ||
        all_ranks(r, seed, a))
        return -1;
    for (size_t k = 0; k < r->npretend; k++)
        r->criterion_met = r->criterion_met && r->pretend[k].criterion_met;
    return 0;
}

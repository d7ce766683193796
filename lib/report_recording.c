/* report_recording.c - what is measured where a system is a recording; see
 * report.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "report_priv.h"

bool report_same_way(struct report_way x, struct report_way y)
{
    return x.source == y.source && x.target == y.target &&
           report_same(x.source_variable, y.source_variable) &&
           report_same(x.target_variable, y.target_variable);
}

const struct alignment_stand_in *report_stand_in(
    const struct report_alignment *x, struct report_way way,
    enum standin kind)
{
    for (size_t k = 0; k < x->B; k++)
        if (report_same_way(REPORT_WAY(&x->stand_in[k]), way) &&
            report_same(x->stand_in[k].states, standin_names[kind]))
            return &x->stand_in[k];
    return NULL;
}

/* Can the system not be run on, or was it not, although it was a target: its
 * model was not given? */
static bool is_recording(const struct report_alignment *x, int system)
{
    bool recording = !x->model[system - 1].accessible;

    for (size_t k = 0; k < x->D; k++)
        recording = recording || (x->direction[k].target == system &&
                                  isnan(x->direction[k].iia_test));
    return recording;
}

static void add_direction(struct report *r, const struct report_alignment *x,
                          const struct alignment_directions *d,
                          const struct report_table *row)
{
    const struct alignment_stand_in *mean =
        report_stand_in(x, REPORT_WAY(d), STANDIN_MEAN);

    for (size_t k = 0; k < x->B; k++) {
        const struct alignment_stand_in *s = &x->stand_in[k];
        struct report_stand_in *y = &r->stand_in[r->nstand_in];
        if (!report_same_way(REPORT_WAY(s), REPORT_WAY(d)))
            continue;
        r->nstand_in++;
        *y = (struct report_stand_in){
            .lambda = row->lambda, .dims = row->dims,
            .recording = is_recording(x, d->target), .n = s->n,
            .distance = s->distance, .distance_low = s->distance_low,
            .distance_high = s->distance_high,
            .to_mean = mean ? s->distance / mean->distance : NAN,
            .cosine = s->cosine, .cosine_low = s->cosine_low,
            .cosine_high = s->cosine_high };
        report_set(y->panel, row->panel);
        report_set(y->bar, row->bar);
        report_set(y->method, row->method);
        report_set(y->system_1, row->system_1);
        report_set(y->system_2, row->system_2);
        report_set(y->source_variable, row->source_variable);
        report_set(y->target_variable, row->target_variable);
        report_set(y->states, s->states);
        snprintf(y->file, sizeof y->file, "%s", row->file);
    }
}

/* Another alignment of the same recording has the same numbers. */
static void add_decoding(struct report *r, const struct report_alignment *x,
                         const struct alignment_decodability *d)
{
    const char *system = x->model[d->system - 1].name;
    struct report_decodability *y = &r->decodability[r->ndecodability];

    for (size_t k = 0; k < r->ndecodability; k++)
        if (report_same(r->decodability[k].system, system) &&
            report_same(r->decodability[k].variable, d->variable) &&
            r->decodability[k].n == d->n &&
            report_same_number(r->decodability[k].accuracy, d->accuracy) &&
            report_same_number(r->decodability[k].r2, d->r2))
            return;
    *y = (struct report_decodability){
        .recording = is_recording(x, d->system), .n = d->n,
        .accuracy = d->accuracy, .low = d->low, .high = d->high,
        .chance = d->chance, .r2 = d->r2, .r2_low = d->r2_low,
        .r2_high = d->r2_high };
    report_set(y->system, system);
    report_set(y->variable, d->variable);
    r->ndecodability++;
}

int report_recordings(struct report *r, const struct report_input *in,
                      const struct report_part *part, struct arena *a)
{
    size_t lines = 0, variables = 0;

    for (int i = 0; i < in->nalignments; i++) {
        lines += in->alignment[i].B;
        variables += in->alignment[i].Y;
    }
    r->stand_in = arena_get(a, lines, sizeof *r->stand_in);
    r->decodability = arena_get(a, variables, sizeof *r->decodability);
    if (!r->stand_in || !r->decodability)
        return -1;
    for (int i = 0; i < in->nalignments; i++) {
        const struct report_alignment *x = &in->alignment[i];
        for (size_t k = 0; k < x->D; k++, part++)
            add_direction(r, x, &x->direction[k], &part->row);
        for (size_t k = 0; k < x->Y; k++)
            add_decoding(r, x, &x->decodability[k]);
    }
    return 0;
}

/* ---- of a report ---- */

bool report_is_recording(const struct report *r, const char *system)
{
    for (size_t k = 0; k < r->nstand_in; k++)
        if (r->stand_in[k].recording &&
            report_same(r->stand_in[k].system_2, system))
            return true;
    for (size_t k = 0; k < r->ndecodability; k++)
        if (r->decodability[k].recording &&
            report_same(r->decodability[k].system, system))
            return true;
    return r->recording && report_same(r->recording, system);
}

const struct report_table *report_line(const struct report *r,
                                       const struct report_table *bar,
                                       const char *line)
{
    for (size_t k = 0; k < r->n; k++)
        if (report_same(r->row[k].level, "bar") &&
            report_same(r->row[k].direction, line) &&
            report_same_bar(&r->row[k], bar))
            return &r->row[k];
    return NULL;
}

const struct report_table *report_shown(const struct report *r,
                                        const struct report_table *bar)
{
    const struct report_table *cross = report_line(r, bar, "cross");

    for (size_t k = 0; cross && k < r->n; k++)
        if (report_same_bar(&r->row[k], bar) &&
            (report_is_recording(r, r->row[k].system_1) ||
             report_is_recording(r, r->row[k].system_2)))
            return cross;
    return report_line(r, bar, "all");
}

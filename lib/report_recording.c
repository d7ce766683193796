/* report_recording.c - what is measured where a system is a recording; see
 * report.h. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "arena.h"
#include "report_priv.h"
#include "standin.h"

static bool is_of(const struct alignment_stand_in *s,
                  const struct alignment_directions *d)
{
    return s->source == d->source && s->target == d->target &&
           report_same(s->source_variable, d->source_variable) &&
           report_same(s->target_variable, d->target_variable);
}

/* The distance of the mean latent to the same latents; NaN: none. */
static double mean_latent(const struct report_alignment *x,
                          const struct alignment_directions *d)
{
    for (size_t k = 0; k < x->B; k++)
        if (is_of(&x->stand_in[k], d) &&
            report_same(x->stand_in[k].states, standin_names[STANDIN_MEAN]))
            return x->stand_in[k].distance;
    return NAN;
}

static void add_direction(struct report *r, const struct report_alignment *x,
                          const struct alignment_directions *d,
                          const struct report_table *row)
{
    bool recording = isnan(row->value);

    for (size_t k = 0; k < x->B; k++) {
        const struct alignment_stand_in *s = &x->stand_in[k];
        struct report_stand_in *y = &r->stand_in[r->nstand_in];
        if (!is_of(s, d))
            continue;
        r->nstand_in++;
        *y = (struct report_stand_in){
            .lambda = row->lambda, .dims = row->dims,
            .recording = recording, .n = s->n,
            .distance = s->distance, .distance_low = s->distance_low,
            .distance_high = s->distance_high,
            .to_mean = s->distance / mean_latent(x, d),
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

/* Is it a system that no direction of the alignment could be run into? */
static bool is_recording(const struct report_alignment *x, int system)
{
    for (size_t k = 0; k < x->D; k++)
        if (x->direction[k].target == system &&
            !isnan(x->direction[k].iia_test))
            return false;
    return true;
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

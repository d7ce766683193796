#include "store_priv.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "align.h"

/* ---- writing ---- */

static int put_card(struct h5file *f, const struct align *x)
{
    const int32_t dims = x->system[0].R->K, steps = x->steps;
    const int32_t best_step = x->best_step;
    const int64_t seed = x->plan.seed;
    const int8_t converged = x->converged;
    int8_t met = 1, shuffled = 0, match_phase = 1;

    for (int k = 0; k < x->nsystems; k++)
        met &= x->system[k].acts->criterion_met;
    for (int i = 0; i < x->ndirections; i++) {
        shuffled |= x->direction[i].pairs->shuffled;
        match_phase &= x->direction[i].pairs->match_phase;
    }
    if (h5file_put(f, ALIGNMENT_preset, x->preset) ||
        h5file_put(f, ALIGNMENT_map, x->plan.form) ||
        h5file_put(f, ALIGNMENT_convention,
                   x->system[0].R->form->convention) ||
        h5file_put(f, ALIGNMENT_site, x->plan.site) ||
        h5file_put(f, ALIGNMENT_dims, &dims) ||
        h5file_put(f, ALIGNMENT_lambda, &x->plan.lambda) ||
        h5file_put(f, ALIGNMENT_latent_norm,
                   latent_norms[x->plan.latent_norm]) ||
        h5file_put(f, ALIGNMENT_seed, &seed) ||
        h5file_put(f, ALIGNMENT_steps, &steps) ||
        h5file_put(f, ALIGNMENT_best_step, &best_step) ||
        h5file_put(f, ALIGNMENT_converged, &converged) ||
        h5file_put(f, ALIGNMENT_criterion_met, &met) ||
        h5file_put(f, ALIGNMENT_shuffled, &shuffled) ||
        h5file_put(f, ALIGNMENT_match_phase, &match_phase))
        return -1;
    return 0;
}

static int put_models(struct store *s, struct h5file *f,
                      const struct align *x)
{
    size_t n = (size_t)x->nsystems;
    struct alignment_models *row = arena_get(s->arena, n, sizeof *row);

    if (!row)
        return -1;
    for (int k = 0; k < x->nsystems; k++) {
        const struct acts *acts = x->system[k].acts;
        row[k].system = k + 1;
        row[k].seed = acts->seed;
        row[k].width = x->system[k].R->m;
        row[k].accessible = acts->accessible;
        row[k].held = x->system[k].held;
        if (store_cell(row[k].name, acts->system) ||
            store_cell(row[k].arch, acts->arch) ||
            store_cell(row[k].task, acts->task ? acts->task->name : "") ||
            store_cell(row[k].activations_sha256, acts->sha256))
            return -1;
    }
    h5file_bind(f, 'G', n);
    return h5file_put(f, ALIGNMENT_models, row);
}

static int put_directions(struct store *s, struct h5file *f,
                          const struct align *x)
{
    size_t n = (size_t)x->ndirections;
    struct alignment_directions *row = arena_get(s->arena, n, sizeof *row);

    if (!row)
        return -1;
    for (int i = 0; i < x->ndirections; i++) {
        const struct align_direction *d = &x->direction[i];
        row[i] = (struct alignment_directions){
            .source = d->source + 1,
            .target = d->target + 1,
            .role = (uint8_t)d->role,
            .n_train = d->n[SPLIT_TRAIN],
            .n_valid = d->n[SPLIT_VALID],
            .n_test = d->n[SPLIT_TEST],
            .iia_train = d->iia[SPLIT_TRAIN],
            .iia_valid = d->iia[SPLIT_VALID],
            .iia_test = d->iia[SPLIT_TEST],
            .low = d->wilson.low,
            .high = d->wilson.high,
            .loss_test = d->loss_test,
            .null_mean = d->null_mean,
            .null_high = d->null_high,
            .chance = d->chance,
            .constant = d->constant,
            .latent_n = d->latent_n,
            .latent_distance = d->latent_distance,
            .latent_cosine = d->latent_cosine,
            .nearest = d->nearest,
            .nearest_recorded = d->nearest_recorded
        };
        if (store_cell(row[i].source_variable, d->pairs->source_variable) ||
            store_cell(row[i].target_variable, d->pairs->target_variable))
            return -1;
    }
    h5file_bind(f, 'D', n);
    return h5file_put(f, ALIGNMENT_directions, row);
}

/* Per-sample outcomes under "2to1"; a second direction between the same
 * systems (another variable) is "2to1_2". None where the target cannot be
 * run. */
static int put_samples(struct h5file *f, const struct align *x)
{
    for (int i = 0; i < x->ndirections; i++) {
        const struct align_direction *d = &x->direction[i];
        struct h5shape line = { .rank = 1,
                                .size = { (size_t)d->n[SPLIT_TEST] } };
        char name[48];
        int same = 1, used;

        for (int k = 0; k < i; k++)
            same += x->direction[k].source == d->source &&
                    x->direction[k].target == d->target;
        used = snprintf(name, sizeof name, "%dto%d", d->source + 1,
                        d->target + 1);
        if (same > 1)
            snprintf(name + used, sizeof name - (size_t)used, "_%d", same);
        if (d->correct &&
            (h5file_put_member(f, ALIGNMENT_correct, name, &line,
                               d->correct) ||
             h5file_put_member(f, ALIGNMENT_loss, name, &line, d->loss)))
            return -1;
    }
    return 0;
}

static int put_stand_ins(struct store *s, struct h5file *f,
                         const struct align *x)
{
    struct alignment_stand_in *row =
        arena_get(s->arena, (size_t)x->ndirections * STANDINS, sizeof *row);
    size_t n = 0;

    if (!row)
        return -1;
    for (int i = 0; i < x->ndirections; i++)
        for (int k = 0; k < STANDINS; k++) {
            const struct align_direction *d = &x->direction[i];
            const struct standin_line *line = &d->standin[k];
            if (!align_closed(x, d->target) || line->n == 0)
                continue;
            row[n] = (struct alignment_stand_in){
                .source = d->source + 1,
                .target = d->target + 1,
                .n = line->n,
                .distance = line->distance,
                .distance_low = line->distance_95.low,
                .distance_high = line->distance_95.high,
                .cosine = line->cosine,
                .cosine_low = line->cosine_95.low,
                .cosine_high = line->cosine_95.high
            };
            if (store_cell(row[n].source_variable,
                           d->pairs->source_variable) ||
                store_cell(row[n].target_variable,
                           d->pairs->target_variable) ||
                store_cell(row[n].states, standin_names[k]))
                return -1;
            n++;
        }
    h5file_bind(f, 'B', n);
    return n ? h5file_put(f, ALIGNMENT_stand_in, row) : 0;
}

static int put_perfect(struct store *s, struct h5file *f,
                       const struct align *x)
{
    struct alignment_perfect *row = arena_get(s->arena,
                                              (size_t)x->ndirections,
                                              sizeof *row);
    size_t n = 0;

    if (!row)
        return -1;
    for (int i = 0; i < x->ndirections; i++) {
        const struct align_direction *d = &x->direction[i];
        if (d->perfect_n == 0)
            continue;
        row[n] = (struct alignment_perfect){
            .source = d->source + 1,
            .target = d->target + 1,
            .n = d->perfect_n,
            .iia = d->perfect_iia,
            .low = d->perfect.low,
            .high = d->perfect.high
        };
        if (store_cell(row[n].source_variable, d->pairs->source_variable) ||
            store_cell(row[n].target_variable, d->pairs->target_variable))
            return -1;
        n++;
    }
    h5file_bind(f, 'P', n);
    return n ? h5file_put(f, ALIGNMENT_perfect, row) : 0;
}

static int put_decodings(struct store *s, struct h5file *f,
                         const struct align *x)
{
    struct alignment_decodability *row = arena_get(s->arena, x->ndecodings,
                                                   sizeof *row);

    if (!row)
        return -1;
    for (size_t i = 0; i < x->ndecodings; i++) {
        const struct decode *d = &x->decoding[i].is;
        row[i] = (struct alignment_decodability){
            .system = x->decoding[i].system + 1,
            .n = d->n,
            .accuracy = d->accuracy,
            .low = d->accuracy_95.low,
            .high = d->accuracy_95.high,
            .chance = d->chance,
            .r2 = d->r2,
            .r2_low = d->r2_95.low,
            .r2_high = d->r2_95.high,
            .shrinkage = d->shrinkage,
            .shrinkage_r2 = d->shrinkage_r2
        };
        if (store_cell(row[i].variable, x->decoding[i].variable))
            return -1;
    }
    h5file_bind(f, 'Y', x->ndecodings);
    return x->ndecodings ? h5file_put(f, ALIGNMENT_decodability, row) : 0;
}

static int put_checks(struct store *s, struct h5file *f,
                      const struct align *x)
{
    struct alignment_sanity *row = arena_get(s->arena, x->nchecks,
                                             sizeof *row);

    if (!row)
        return -1;
    for (size_t i = 0; i < x->nchecks; i++) {
        row[i].source = x->check[i].source + 1;
        row[i].target = x->check[i].target + 1;
        row[i].deviation = x->check[i].deviation;
        if (store_cell(row[i].check, x->check[i].what))
            return -1;
    }
    h5file_bind(f, 'X', x->nchecks);
    return h5file_put(f, ALIGNMENT_sanity, row);
}

static int put_history(struct store *s, struct h5file *f,
                       const struct align *x)
{
    struct alignment_history *row = arena_get(s->arena, x->nhistory,
                                              sizeof *row);

    if (!row)
        return -1;
    for (size_t i = 0; i < x->nhistory; i++) {
        const struct align_line *line = &x->history[i];
        row[i] = (struct alignment_history){
            .step = (int32_t)line->step,
            .train_loss = line->train_loss,
            .valid_loss = line->valid_loss,
            .valid_latent = line->valid_latent,
            .valid_iia = line->valid_iia,
            .valid_iia_min = line->valid_iia_min
        };
    }
    h5file_bind(f, 'H', x->nhistory);
    return h5file_put(f, ALIGNMENT_history, row);
}

int store_write_alignment(struct store *s, const char *path,
                          const struct align *x)
{
    struct h5file *f = store_out(s, path, &schema_alignment);
    return f ? store_end(f, put_card(f, x) || put_models(s, f, x) ||
                         store_put_maps(f, x) || put_directions(s, f, x) ||
                         put_samples(f, x) || put_stand_ins(s, f, x) ||
                         put_perfect(s, f, x) || put_decodings(s, f, x) ||
                         put_checks(s, f, x) || put_history(s, f, x)) : -1;
}

#include "store_priv.h"

#include <assert.h>
#include <math.h>
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
    bool latent = false, behaviour = false;

    for (int k = 0; k < x->nsystems; k++)
        met &= x->system[k].acts->criterion_met;
    for (int i = 0; i < x->ndirections; i++) {
        shuffled |= x->direction[i].pairs->shuffled;
        match_phase &= x->direction[i].pairs->match_phase;
        latent |= x->direction[i].role == ROLE_LATENT;
        behaviour |= x->direction[i].role == ROLE_BEHAVIOUR;
    }
    const double lambda = latent && behaviour ? x->plan.lambda : NAN;
    if (h5file_put(f, ALIGNMENT_preset, x->preset) ||
        h5file_put(f, ALIGNMENT_map, x->plan.form) ||
        h5file_put(f, ALIGNMENT_convention,
                   x->system[0].R->form->convention) ||
        h5file_put(f, ALIGNMENT_site, x->plan.site) ||
        h5file_put(f, ALIGNMENT_dims, &dims) ||
        h5file_put(f, ALIGNMENT_lambda, &lambda) ||
        h5file_put(f, ALIGNMENT_latent_norm,
                   x->plan.latent_l1 ? "l1" : "l2") ||
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

/* The family that holds a map's part. */
static int family(const char *part)
{
    static const char under[] = "/systems/*/";
    const size_t n = sizeof under - 1;

    for (int i = 0; i < schema_alignment.nfields; i++) {
        const char *path = schema_alignment.field[i].path;
        if (strncmp(path, under, n) == 0 && strcmp(path + n, part) == 0)
            return i;
    }
    assert(!"a part without a line in alignment.def");
    return -1;
}

static int put_maps(struct h5file *f, const struct align *x)
{
    for (int k = 0; k < x->nsystems; k++) {
        const struct amap *R = x->system[k].R;
        const struct amap_part *part = R->form->parts;
        size_t m = (size_t)R->m;
        char number[16];

        snprintf(number, sizeof number, "%d", k + 1);
        for (int i = 0; part[i].name; i++) {
            struct h5shape shape = { .rank = (int)strlen(part[i].dims),
                                     .size = { m, m } };
            if (h5file_put_member(f, family(part[i].name), number, &shape,
                                  R->form->at(R, i)))
                return -1;
        }
    }
    return 0;
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
            .low = d->wilson.low,
            .high = d->wilson.high,
            .chance = d->chance,
            .r2 = d->r2,
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
                         put_maps(f, x) || put_directions(s, f, x) ||
                         put_samples(f, x) || put_stand_ins(s, f, x) ||
                         put_decodings(s, f, x) || put_checks(s, f, x) ||
                         put_history(s, f, x)) : -1;
}

/* ---- reading maps ---- */

static const struct amap_form *find_form(struct h5file *f, const char *map)
{
    const struct amap_form *form = amap_find(map);

    if (!form)
        err_set(EX_DATAERR, "%s: attribute map: no form %s here",
                h5file_path(f), map);
    return form;
}

/* Part i of R, the map of system `number`. */
static int load_part(struct h5file *f, const char *number, struct amap *R,
                     int i, struct arena *a)
{
    const char *name = R->form->parts[i].name;
    const char *path = arena_text(a, "/systems/%s/%s", number, name);
    int field = family(name);
    struct h5shape shape;
    size_t n = 1;
    double *x;

    if (!path)
        return -1;
    if (!h5file_has_member(f, field, number))
        return err_set(EX_DATAERR, "%s: %s: missing, but map %s has it",
                       h5file_path(f), path, R->form->name);
    if (h5file_shape(f, field, number, &shape))
        return -1;
    for (int axis = 0; axis < shape.rank; axis++, n *= (size_t)R->m)
        if (shape.size[axis] != (size_t)R->m)
            return err_set(EX_DATAERR, "%s: %s: for %zu units, but the system "
                           "has %d", h5file_path(f), path, shape.size[axis],
                           R->m);
    if (!(x = h5file_load_member(f, field, number, a)) ||
        store_finite(f, path, x, n))
        return -1;
    return R->form->load(R, i, x) ? err_in("%s: %s", h5file_path(f), path) : 0;
}

/* The map of system `number`, which has m units. */
static struct amap *load_map(struct h5file *f, const char *number,
                             const struct amap_form *form, int m, int K,
                             struct arena *a)
{
    struct amap *R = amap_blank(form, m, K, a);

    for (int i = 0; R && form->parts[i].name; i++)
        if (load_part(f, number, R, i, a))
            return NULL;
    if (R)
        form->forward(R);
    return R;
}

static int load_maps(struct store *s, struct h5file *f, struct align *x,
                     struct arena *a)
{
    const char *map = store_text(s, f, ALIGNMENT_map);
    const char *site = store_text(s, f, ALIGNMENT_site);
    const struct amap_form *form;
    int32_t K;

    if (!map || !site || h5file_get(f, ALIGNMENT_dims, &K))
        return -1;
    if (!(form = find_form(f, map)))
        return -1;
    if (strcmp(site, x->plan.site))
        return err_set(EX_DATAERR, "%s: attribute site: its maps are for %s, "
                       "not %s", h5file_path(f), site, x->plan.site);
    if (h5file_size(f, 'G') != (size_t)x->nsystems)
        return err_set(EX_DATAERR, "%s: /models: %zu systems, not %d",
                       h5file_path(f), h5file_size(f, 'G'), x->nsystems);
    for (int k = 0; k < x->nsystems; k++) {
        const struct acts *acts = x->system[k].acts;
        int at = acts_site(acts, site), m = at < 0 ? 0 : acts->site[at].M;
        char number[16];

        if (!m)
            return err_set(EX_DATAERR, "%s: no site %s", acts->system, site);
        if (K < 1 || K > m)
            return err_set(EX_DATAERR, "%s: attribute dims: %d is outside "
                           "1..%d", h5file_path(f), K, m);
        snprintf(number, sizeof number, "%d", k + 1);
        if (!(x->system[k].R = load_map(f, number, form, m, K, a)))
            return -1;
    }
    x->plan.form = form->name;
    x->plan.K = K;
    return 0;
}

int store_read_maps(struct store *s, const char *path, struct align *x,
                    struct arena *a)
{
    struct h5file *f = store_in(s, path, &schema_alignment);
    int rc = f ? load_maps(s, f, x, a) : -1;

    if (f)
        h5file_shut(f);
    return rc;
}

/* The number of the system called `name` and its width; -1: none. */
static int find_system(struct h5file *f, const char *name, int *width,
                       struct arena *a)
{
    struct alignment_models *row = h5file_load(f, ALIGNMENT_models, a);

    if (!row)
        return -1;
    for (size_t k = 0; k < h5file_size(f, 'G'); k++)
        if (strcmp(row[k].name, name) == 0 && row[k].width > 0) {
            *width = row[k].width;
            return row[k].system;
        }
    return err_set(EX_DATAERR, "%s: /models: no system %s", h5file_path(f),
                   name);
}

static struct amap *load_map_of(struct store *s, struct h5file *f,
                                const char *name, const char **site,
                                struct arena *a)
{
    const char *map = store_text(s, f, ALIGNMENT_map);
    const struct amap_form *form;
    const char *digits;
    int m = 0, number;

    if (!map || !(*site = store_text(s, f, ALIGNMENT_site)) ||
        !(form = find_form(f, map)) ||
        (number = find_system(f, name, &m, a)) < 0 ||
        !(digits = arena_text(a, "%d", number)))
        return NULL;
    return load_map(f, digits, form, m, m, a);
}

struct amap *store_read_map(struct store *s, const char *path,
                            const char *name, const char **site,
                            struct arena *a)
{
    struct h5file *f = store_in(s, path, &schema_alignment);
    struct amap *R = f ? load_map_of(s, f, name, site, a) : NULL;

    if (f)
        h5file_shut(f);
    return R;
}

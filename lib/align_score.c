#include "align_priv.h"

#include <math.h>
#include <string.h>

#include "arena.h"
#include "err.h"
#include "log.h"
#include "rng.h"
#include "swap.h"

/* A sanity swap may deviate by the rounding of float states. */
static const double tolerance = 1e-5;

/* ---- IIA ---- */

/* Is a direction that can be run run on this split too? */
static bool is_scored(const struct align_direction *d, int split)
{
    return split == SPLIT_TEST || d->role == ROLE_BEHAVIOUR;
}

static int score_splits(struct align *x, struct align_space *s,
                        struct arena *a)
{
    const uint32_t *sample[ALIGN_DIRECTIONS];
    size_t n[ALIGN_DIRECTIONS], count[ALIGN_DIRECTIONS];
    struct align_mean mean[ALIGN_DIRECTIONS];
    int8_t *correct[ALIGN_DIRECTIONS];
    double *loss[ALIGN_DIRECTIONS];

    for (int split = 0; split < SPLITS; split++) {
        bool test = split == SPLIT_TEST;
        for (int d = 0; d < x->ndirections; d++) {
            struct align_direction *dir = &x->direction[d];
            sample[d] = align_samples(dir->pairs, (enum split)split, &n[d],
                                      a);
            correct[d] = arena_get(a, n[d], sizeof *correct[d]);
            loss[d] = arena_get(a, n[d], sizeof *loss[d]);
            if (!sample[d] || !correct[d] || !loss[d])
                return -1;
            if (test && n[d] == 0)
                return err_set(EX_DATAERR, "direction %d:%d: no test samples",
                               dir->source + 1, dir->target + 1);
        }
        for (int d = 0; d < x->ndirections; d++)
            count[d] = s->lane[d].run && is_scored(&x->direction[d], split)
                       ? n[d] : 0;
        if (align_evaluate(x, s, sample, count, mean, correct, loss))
            return -1;
        for (int d = 0; d < x->ndirections; d++) {
            struct align_direction *dir = &x->direction[d];
            dir->n[split] = (int)n[d];
            dir->iia[split] = mean[d].iia;
            if (!test)
                continue;
            dir->loss_test = mean[d].loss;
            dir->wilson = (struct interval){ NAN, NAN };
            dir->chance = dir->constant = s->lane[d].run ? 0 : NAN;
            if (!s->lane[d].run)
                continue;
            dir->correct = correct[d];
            dir->loss = loss[d];
            dir->wilson = score_wilson(mean[d].iia * (double)n[d],
                                       (double)n[d]);
            for (size_t i = 0; i < n[d]; i++) {
                dir->chance += dir->pairs->unchanged[sample[d][i]];
                dir->constant += dir->pairs->constant[sample[d][i]];
            }
            dir->chance /= (double)n[d];
            dir->constant /= (double)n[d];
        }
    }
    return 0;
}

/* ---- random rotations ---- */

/* A random rotation, c = 1, of the units that a learnt map is of. */
static struct amap *random_map(const struct amap *learnt, struct rng *r,
                               struct arena *a)
{
    struct amap *R = amap_open(amap_find("rotation"), amap_reach(learnt),
                               learnt->K, r, a);

    return R && learnt->narrow ? amap_widen(R, learnt->unit, learnt->m, a) : R;
}

/* Test IIA of every direction with random maps in place of the learnt ones:
 * their mean and 97.5th percentile. */
static int score_null(struct align *x, struct align_space *s, struct arena *a)
{
    struct amap *learnt[ALIGN_SYSTEMS];
    const uint32_t *sample[ALIGN_DIRECTIONS];
    size_t n[ALIGN_DIRECTIONS];
    struct align_mean mean[ALIGN_DIRECTIONS];
    int runs = 0, draws, rc = -1;
    double *iia;
    struct arena *one = arena_beside(a);

    for (int d = 0; d < x->ndirections; d++)
        runs += s->lane[d].run;
    draws = runs ? x->plan.null_draws : 0;
    iia = arena_get(a, (size_t)(draws * x->ndirections), sizeof *iia);
    for (int k = 0; k < x->nsystems; k++)
        learnt[k] = x->system[k].R;
    if (iia == NULL || one == NULL)
        goto done;
    for (int d = 0; d < x->ndirections; d++) {
        if (!(sample[d] = align_samples(x->direction[d].pairs, SPLIT_TEST,
                                        &n[d], a)))
            goto done;
        n[d] = s->lane[d].run ? n[d] : 0;
    }
    for (int draw = 0; draw < draws; draw++) {
        double sum = 0;
        for (int k = 0; k < x->nsystems; k++) {
            struct rng r = rng_at((uint64_t)x->plan.seed, RNG_NULL,
                                  (uint32_t)draw, (uint32_t)k);
            if (!(x->system[k].R = random_map(learnt[k], &r, one)))
                goto done;
        }
        if (align_evaluate(x, s, sample, n, mean, NULL, NULL))
            goto done;
        for (int d = 0; d < x->ndirections; d++) {
            iia[d * draws + draw] = mean[d].iia;
            sum += s->lane[d].run ? mean[d].iia : 0;
        }
        log_progress(draw + 1, draws, "null draws", "IIA %.4f", sum / runs);
        arena_reset(one);
    }
    log_progress_end();
    for (int d = 0; d < x->ndirections; d++) {
        struct align_direction *dir = &x->direction[d];
        double sum = 0;
        for (int i = 0; i < draws; i++)
            sum += iia[d * draws + i];
        dir->null_mean = draws ? sum / draws : NAN;
        dir->null_high = draws && n[d] ? score_quantile(iia + d * draws,
                                                (size_t)draws, 0.975) : NAN;
    }
    rc = 0;
done:
    for (int k = 0; k < x->nsystems; k++)
        x->system[k].R = learnt[k];
    arena_close(one);
    return rc;
}

/* ---- swaps whose outcome is known ---- */

/* max |v - want| / max |want| over n numbers. */
static double deviation(const real *v, const real *want, size_t n)
{
    double largest = 0, size = 0;

    for (size_t i = 0; i < n; i++) {
        largest = fmax(largest, fabs((double)v[i] - (double)want[i]));
        size = fmax(size, fabs((double)want[i]));
    }
    return size > 0 ? largest / size : largest;
}

/* What a whole replacement of h by g leaves: g in the units that the map is
 * of, h in others. NULL: memory. */
static const real *replaced(const struct amap *R, const real *h, const real *g,
                            int B, struct arena *a)
{
    real *out = arena_get(a, (size_t)(B * R->m), sizeof *out);

    if (out == NULL || R->narrow == NULL)
        return out ? g : NULL;
    memcpy(out, h, (size_t)(B * R->m) * sizeof *out);
    for (int b = 0; b < B; b++)
        for (int i = 0; i < R->narrow->m; i++)
            out[b * R->m + R->unit[i]] = g[b * R->m + R->unit[i]];
    return out;
}

/* Three swaps within system k, on states h and other states g of its own. */
static int check_system(struct align *x, int k, const real *h, const real *g,
                        int B, struct arena *a)
{
    struct amap *R = x->system[k].R;
    int m = R->m;
    size_t n = (size_t)(B * m);
    struct amap *none = amap_with_dims(R, 0, a);
    struct amap *all = amap_with_dims(R, amap_reach(R), a);
    const real *whole = replaced(R, h, g, B, a);
    struct { const char *what; const struct amap *R; const real *in, *out; }
    swap[] = {
        { "a state with itself: unchanged", R, h, h },
        { "K = 0: unchanged", none, g, h },
        { "K = m: wholly replaced", all, g, whole },
    };

    for (size_t i = 0; i < sizeof swap / sizeof *swap; i++) {
        real *v = arena_get(a, n, sizeof *v);
        double *work;
        struct align_check *c = &x->check[x->nchecks++];

        if (v == NULL || whole == NULL || swap[i].R == NULL ||
            !(work = arena_get(a, swap_room(swap[i].R, swap[i].R, B),
                               sizeof *work)))
            return -1;
        swap_forward(v, swap[i].R, swap[i].R, h, swap[i].in, B, work);
        *c = (struct align_check){ swap[i].what, k, k,
                                   deviation(v, swap[i].out, n) };
        if (!(c->deviation <= tolerance))
            return err_set(EX_SOFTWARE, "sanity swap failed in system %d: %s, "
                           "but deviates by %.3g", k + 1, c->what,
                           c->deviation);
    }
    return 0;
}

static int score_sanity(struct align *x, struct arena *a)
{
    x->nchecks = 0;
    x->check = arena_get(a, 3 * (size_t)x->nsystems, sizeof *x->check);
    if (x->check == NULL)
        return -1;
    for (int k = 0; k < x->nsystems; k++) {
        const struct acts *acts = x->system[k].acts;
        const real *h = acts->site[acts_site(acts, x->plan.site)].states;
        int rows = acts->S < 512 ? (int)acts->S / 2 : 256;
        if (check_system(x, k, h, h + rows * x->system[k].R->m, rows, a))
            return -1;
    }
    return 0;
}

int align_score(struct align *x, struct arena *a)
{
    struct align_space s = { .engine = NULL };
    int rc = score_sanity(x, a) || align_space_open(&s, x, false, a) ? -1 : 0;

    for (int d = 0; d < x->ndirections; d++) {
        s.lane[d].run = align_runs(x, x->direction[d].target);
        s.lane[d].latent = false;
    }
    if (rc == 0)
        rc = score_splits(x, &s, a) || score_null(x, &s, a) ||
             align_states(x, &s, a) || align_perfect(x, &s, a) ||
             align_decode(x, a) ? -1 : 0;
    align_space_close(&s);
    return rc;
}

void align_say(const struct align *x, const char *output)
{
    for (int i = 0; i < x->ndirections; i++) {
        const struct align_direction *d = &x->direction[i];
        if (d->latent_n > 0)
            log_line("%s: %d to %d, %s: distance %.4f, cosine %.4f to %d "
                     "counterfactual latents", output, d->source + 1,
                     d->target + 1, align_role_name(d->role),
                     d->latent_distance, d->latent_cosine, d->latent_n);
        if (align_closed(x, d->target) && d->latent_n > 0)
            log_line("%s: %d to %d: distance without the exchange %.4f, of the "
                     "mean latent %.4f, to other samples' %.4f, of states with "
                     "the same variables %.4f", output, d->source + 1,
                     d->target + 1,
                     d->standin[STANDIN_UNTOUCHED].distance,
                     d->standin[STANDIN_MEAN].distance,
                     d->standin[STANDIN_SHUFFLED].distance,
                     d->standin[STANDIN_SAME].distance);
        if (!align_runs(x, d->target))
            continue;
        if (d->perfect_n > 0)
            log_line("%s: %d to %d: IIA of the counterfactual latents "
                     "themselves %.4f [%.4f, %.4f]", output, d->source + 1,
                     d->target + 1, d->perfect_iia, d->perfect.low,
                     d->perfect.high);
        log_line("%s: %d to %d, %s: IIA %.4f [%.4f, %.4f] on %d test samples; "
                 "random rotations %.4f, chance %.4f", output, d->source + 1,
                 d->target + 1, align_role_name(d->role), d->iia[SPLIT_TEST],
                 d->wilson.low, d->wilson.high, d->n[SPLIT_TEST],
                 d->null_mean, d->chance);
    }
    for (size_t i = 0; i < x->ndecodings; i++) {
        const struct align_decoding *d = &x->decoding[i];
        if (isnan(d->is.accuracy))
            continue;
        log_line("%s: %s in system %d is read off linearly in %.4f of %d test "
                 "rows, chance %.4f", output, d->variable, d->system + 1,
                 d->is.accuracy, d->is.n, d->is.chance);
    }
    for (int k = 0; k < x->nsystems; k++)
        if (!x->system[k].acts->criterion_met)
            log_line("%s: %s is not known to meet its training criterion",
                     output, x->system[k].acts->system);
}

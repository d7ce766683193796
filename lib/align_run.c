#include "align_priv.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "adam.h"
#include "arena.h"
#include "swap.h"

int align_space_open(struct align_space *s, const struct align *x, bool often,
                     struct arena *a)
{
    size_t batch = (size_t)x->plan.batch;

    *s = (struct align_space){ .engine = x->engine ? x->engine : &align_cpu };
    for (int d = 0; d < x->ndirections; d++) {
        const struct align_direction *dir = &x->direction[d];
        const struct amap *to = x->system[dir->target].R;
        const struct amap *from = x->system[dir->source].R;
        struct align_lane *l = &s->lane[d];
        size_t m = (size_t)to->m;

        if (!(l->order = arena_get(a, batch, sizeof *l->order)) ||
            !(l->spare = arena_get(a, batch, sizeof *l->spare)) ||
            !(l->h_i = arena_get(a, batch * m, sizeof(real))) ||
            !(l->h_j = arena_get(a, batch * (size_t)from->m, sizeof(real))) ||
            !(l->v = arena_get(a, batch * m, sizeof(real))) ||
            !(l->dv = arena_get(a, batch * m, sizeof(real))) ||
            !(l->work = arena_get(a, swap_room(to, from, (int)batch),
                                  sizeof(double))) ||
            !(l->loss = arena_get(a, batch, sizeof(double))) ||
            !(l->wrong = arena_get(a, batch, sizeof(int))) ||
            !(l->apart = arena_get(a, batch, sizeof(double))))
            return -1;
        l->run = dir->role == ROLE_BEHAVIOUR;
        l->latent = dir->role == ROLE_LATENT;
    }
    return s->engine->open(s, x, often, a);
}

void align_space_close(struct align_space *s)
{
    if (s->engine && s->engine->close)
        s->engine->close(s);
}

int align_back(const struct align *x, struct align_space *s)
{
    for (int k = 0; k < x->nsystems; k++)
        amap_zero(x->system[k].R);
    if (s->engine->back(x, s))
        return -1;
#pragma omp parallel for
    for (int k = 0; k < x->nsystems; k++)
        x->system[k].R->form->back(x->system[k].R);
    return 0;
}

/* The loss lambda X + (1 - lambda) U of what the lanes hold. */
static double batch_loss(const struct align *x, const struct align_space *s)
{
    double loss = 0;

    for (int d = 0; d < x->ndirections; d++) {
        const struct align_lane *l = &s->lane[d];
        for (int i = 0; i < l->n; i++)
            loss += (l->run ? l->loss[i] : l->apart[i]) * l->scale;
    }
    return loss;
}

int align_make_steps(const struct align *x, struct align_space *s,
                     struct align_steps *y)
{
    double loss = 0;
    int made = 0;

    while (made < y->n && isfinite(loss)) {
        y->fill(y->with, made);
        if (s->engine->run(x, s) || align_back(x, s))
            return -1;
        loss = y->loss[made++] = batch_loss(x, s);
        adam_step(y->adam, y->w, y->dw, y->lr);
#pragma omp parallel for
        for (int k = 0; k < x->nsystems; k++)
            x->system[k].R->form->forward(x->system[k].R);
    }
    y->n = made;
    return 0;
}

uint32_t *align_samples(const struct pairs *p, enum split split, size_t *n,
                        struct arena *a)
{
    uint32_t *sample = arena_get(a, p->P, sizeof *sample);

    *n = 0;
    for (size_t i = 0; sample && i < p->P; i++)
        if (p->split[i] == split)
            sample[(*n)++] = (uint32_t)i;
    return sample;
}

int align_tokens(const struct pairs *p, size_t sample)
{
    int n = 0;

    for (size_t t = 0; t < (size_t)p->length[sample]; t++)
        n += p->determined[sample * p->T + t] != 0;
    return n;
}

static int ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* Sums over a direction's samples. */
struct sums { double right, loss, tokens, latent, latents; };

/* Add a lane's outcome to its direction's sums; the lane holds the samples
 * from.. in another order than they have there. */
static void gather(const struct align_lane *l, const struct pairs *p,
                   const uint32_t *samples, size_t from, struct sums *sum,
                   int8_t *correct, double *loss)
{
    for (int k = 0; k < l->n; k++) {
        const uint32_t *at = bsearch(&l->order[k], samples + from,
                                     (size_t)l->n, sizeof *samples, ascending);
        size_t rank = (size_t)(at - samples);
        if (l->latent) {
            sum->latent += l->apart[k];
            sum->latents += p->cf_row[l->order[k]] >= 0;
        }
        if (!l->run)
            continue;
        sum->right += l->wrong[k] == 0;
        sum->loss += l->loss[k];
        sum->tokens += align_tokens(p, l->order[k]);
        if (correct)
            correct[rank] = l->wrong[k] == 0;
        if (loss)
            loss[rank] = l->loss[k];
    }
}

int align_evaluate(const struct align *x, struct align_space *s,
                   const uint32_t *const *samples, const size_t *n,
                   struct align_mean *mean, int8_t *const *correct,
                   double *const *loss)
{
    size_t batch = (size_t)x->plan.batch, longest = 0;
    struct sums sum[ALIGN_DIRECTIONS] = { { 0 } };

    for (int d = 0; d < x->ndirections; d++)
        longest = n[d] > longest ? n[d] : longest;
    for (size_t from = 0; from < longest; from += batch) {
        for (int d = 0; d < x->ndirections; d++) {
            struct align_lane *l = &s->lane[d];
            size_t left = n[d] > from ? n[d] - from : 0;
            l->n = (int)(left < batch ? left : batch);
            l->scale = 0;
            if (l->n > 0)
                memcpy(l->order, samples[d] + from,
                       (size_t)l->n * sizeof *l->order);
        }
        if (s->engine->run(x, s))
            return -1;
        for (int d = 0; d < x->ndirections; d++)
            gather(&s->lane[d], x->direction[d].pairs, samples[d], from,
                   &sum[d], correct ? correct[d] : NULL,
                   loss ? loss[d] : NULL);
    }
    for (int d = 0; d < x->ndirections; d++)
        mean[d] = (struct align_mean){
            .iia = s->lane[d].run ? sum[d].right / (double)n[d] : NAN,
            .loss = s->lane[d].run ? sum[d].loss / sum[d].tokens : NAN,
            .latent = sum[d].latent / sum[d].latents
        };
    return 0;
}

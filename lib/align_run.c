#include "align_priv.h"

#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "arch.h"
#include "swap.h"

static struct sequences sequences(const struct pairs *p)
{
    return (struct sequences){ p->tokens, p->determined, p->length, p->T };
}

/* Where samples of a tile go on from. */
struct cut {
    const real *states[ARCH_SITES];
    long row[TILE];
    int step[TILE];
    real *ahead[TILE];
};

/* Fill the tile with the samples order[0..n-1] of the direction, sorted. */
static struct past cut_tile(struct cut *c, const struct align *x,
                            const struct align_lane *l, int d,
                            struct tile *tile, const uint32_t *order, int n)
{
    const struct align_direction *dir = &x->direction[d];
    const struct align_system *to = &x->system[dir->target];
    const struct site *site = to->model->arch->sites;
    const struct sequences rows = sequences(dir->pairs);

    for (int k = 0; site[k].name; k++)
        c->states[k] = to->acts->site[acts_site(to->acts,
                                                site[k].name)].states;
    for (int k = 0; k < n; k++) {
        c->row[k] = (long)dir->pairs->target_row[order[k]];
        c->step[k] = to->acts->step[c->row[k]];
        c->ahead[k] = l->from ? l->ahead + l->from[order[k]] : NULL;
    }
    tile_fill(tile, &rows, order, n);
    return (struct past){ c->states, to->acts->token, c->row, c->step,
                          l->from ? (const real *const *)c->ahead : NULL };
}

int align_space_open(struct align_space *s, const struct align *x,
                     struct arena *a)
{
    size_t batch = (size_t)x->plan.batch, room = 0, T = 0;

    *s = (struct align_space){ .threads = omp_get_max_threads() };
    for (int d = 0; d < x->ndirections; d++) {
        const struct align_direction *dir = &x->direction[d];
        const struct align_system *to = &x->system[dir->target];
        const struct amap *from = x->system[dir->source].R;
        struct align_lane *l = &s->lane[d];
        size_t m = (size_t)to->R->m;

        if (!(l->order = arena_get(a, batch, sizeof *l->order)) ||
            !(l->spare = arena_get(a, batch, sizeof *l->spare)) ||
            !(l->h_i = arena_get(a, batch * m, sizeof(real))) ||
            !(l->h_j = arena_get(a, batch * (size_t)from->m, sizeof(real))) ||
            !(l->v = arena_get(a, batch * m, sizeof(real))) ||
            !(l->dv = arena_get(a, batch * m, sizeof(real))) ||
            !(l->work = arena_get(a, swap_room(to->R, from, (int)batch),
                                  sizeof(double))) ||
            !(l->loss = arena_get(a, batch, sizeof(double))) ||
            !(l->wrong = arena_get(a, batch, sizeof(int))) ||
            !(l->apart = arena_get(a, batch, sizeof(double))))
            return -1;
        l->run = dir->role == ROLE_BEHAVIOUR;
        l->latent = dir->role == ROLE_LATENT;
        if (!align_runs(x, dir->target))
            continue;
        size_t need = to->model->arch->room(to->model, TILE,
                                            (int)dir->pairs->T +
                                            acts_longest(to->acts));
        room = need > room ? need : room;
        T = dir->pairs->T > T ? dir->pairs->T : T;
    }
    s->work = arena_get(a, (size_t)s->threads, sizeof *s->work);
    s->tile = arena_get(a, (size_t)s->threads, sizeof *s->tile);
    if (s->work == NULL || s->tile == NULL)
        return -1;
    for (int t = 0; t < s->threads; t++)
        if (!(s->work[t] = arena_get(a, room, sizeof(real))) ||
            tile_open(&s->tile[t], T, a))
            return -1;
    return 0;
}

static int look_ahead(struct align_lane *l, const struct align *x,
                      struct align_space *s, int d, struct arena *a)
{
    const struct align_direction *dir = &x->direction[d];
    const struct model *m = x->system[dir->target].model;
    const struct pairs *p = dir->pairs;
    int site = arch_site(m->arch, p->site);
    int tiles = (int)((p->P + TILE - 1) / TILE);
    size_t n = 0;

    if (!m->arch->ahead || m->arch->ahead(m, site, (int)p->T) == 0)
        return 0;
    if (!(l->from = arena_get(a, p->P, sizeof *l->from)))
        return -1;
    for (size_t i = 0; i < p->P; i++) {
        l->from[i] = n;
        n += m->arch->ahead(m, site, p->length[i]);
    }
    if (!(l->ahead = arena_get(a, n, sizeof *l->ahead)))
        return -1;
#pragma omp parallel for schedule(dynamic, 1) num_threads(s->threads)
    for (int k = 0; k < tiles; k++) {
        int thread = omp_get_thread_num();
        uint32_t order[TILE], spare[TILE];
        size_t first = (size_t)k * TILE;
        int B = p->P - first < TILE ? (int)(p->P - first) : TILE;
        struct cut c;
        for (int b = 0; b < B; b++)
            order[b] = (uint32_t)first + (uint32_t)b;
        tile_sort(order, (size_t)B, p->length, p->T, spare);
        const struct past past = cut_tile(&c, x, l, d, &s->tile[thread],
                                          order, B);
        m->arch->look_ahead(m, &past, &s->tile[thread], c.ahead,
                            s->work[thread]);
    }
    return 0;
}

int align_look_ahead(const struct align *x, struct align_space *s,
                     struct arena *a)
{
    for (int d = 0; d < x->ndirections; d++)
        if (s->lane[d].run && look_ahead(&s->lane[d], x, s, d, a))
            return -1;
    return 0;
}

/* Order the lane's samples, gather their states and swap. */
static void prepare(const struct align *x, struct align_lane *l, int d)
{
    const struct align_direction *dir = &x->direction[d];
    const struct align_system *to = &x->system[dir->target];
    const struct align_system *from = &x->system[dir->source];
    const struct pairs *p = dir->pairs;
    const real *h_i = to->acts->site[acts_site(to->acts, p->site)].states;
    const real *h_j = from->acts->site[acts_site(from->acts, p->site)].states;
    size_t m_i = (size_t)to->R->m, m_j = (size_t)from->R->m;

    tile_sort(l->order, (size_t)l->n, p->length, p->T, l->spare);
    for (size_t k = 0; k < (size_t)l->n; k++) {
        size_t row = (size_t)p->target_row[l->order[k]];
        size_t source = (size_t)p->source_row[l->order[k]];
        memcpy(l->h_i + k * m_i, h_i + row * m_i, m_i * sizeof *h_i);
        memcpy(l->h_j + k * m_j, h_j + source * m_j, m_j * sizeof *h_j);
    }
    swap_forward(l->v, to->R, from->R, l->h_i, l->h_j, l->n, l->work);
}

/* Hold the intervened states against their counterfactual latents. */
static void compare(const struct align *x, struct align_lane *l, int d)
{
    const struct align_direction *dir = &x->direction[d];
    const struct acts *acts = x->system[dir->target].acts;
    const struct acts_site *site =
        &acts->site[acts_site(acts, dir->pairs->site)];
    size_t m = (size_t)site->M;

    for (size_t k = 0; k < (size_t)l->n; k++) {
        int64_t row = dir->pairs->cf_row[l->order[k]];
        real *dv = l->scale > 0 ? l->dv + k * m : NULL;
        l->apart[k] = 0;
        if (row >= 0)
            l->apart[k] = latent_loss(dv, l->v + k * m,
                                      site->states + (size_t)row * m, site->M,
                                      x->plan.latent_norm,
                                      x->system[dir->target].spread,
                                      l->scale);
        else if (dv)
            memset(dv, 0, m * sizeof *dv);
    }
}

/* Let the target model go on from rows first .. of the lane. */
static void run_tile(const struct align *x, struct align_lane *l, int d,
                     int first, struct tile *tile, real *work)
{
    const struct align_direction *dir = &x->direction[d];
    const struct model *m = x->system[dir->target].model;
    struct outcome y = { .loss = l->loss + first,
                         .wrong = l->wrong + first };
    size_t at = (size_t)first * (size_t)x->system[dir->target].R->m;
    struct cut c;
    struct past past = cut_tile(&c, x, l, d, tile, l->order + first,
                                l->n - first < TILE ? l->n - first : TILE);

    m->arch->go_on(m, arch_site(m->arch, dir->pairs->site), l->v + at, &past,
                   tile, (real)l->scale, l->scale > 0 ? l->dv + at : NULL, &y,
                   work);
}

void align_run(const struct align *x, struct align_space *s)
{
    int at[ALIGN_DIRECTIONS + 1] = { 0 };

#pragma omp parallel for schedule(dynamic, 1) num_threads(s->threads)
    for (int d = 0; d < x->ndirections; d++)
        if (s->lane[d].n > 0) {
            prepare(x, &s->lane[d], d);
            if (s->lane[d].latent)
                compare(x, &s->lane[d], d);
        }
    for (int d = 0; d < x->ndirections; d++)
        at[d + 1] = at[d] + (s->lane[d].run ? (s->lane[d].n + TILE - 1) / TILE
                                            : 0);

#pragma omp parallel for schedule(dynamic, 1) num_threads(s->threads)
    for (int k = 0; k < at[x->ndirections]; k++) {
        int thread = omp_get_thread_num(), d = 0;
        while (k >= at[d + 1])
            d++;
        run_tile(x, &s->lane[d], d, (k - at[d]) * TILE, &s->tile[thread],
                 s->work[thread]);
    }
}

void align_back(const struct align *x, struct align_space *s)
{
#pragma omp parallel for schedule(dynamic, 1) num_threads(s->threads)
    for (int d = 0; d < x->ndirections; d++)
        if (s->lane[d].n > 0)
            swap_back(x->system[x->direction[d].target].R,
                      x->system[x->direction[d].source].R, s->lane[d].dv,
                      s->lane[d].n, s->lane[d].work);
    for (int k = 0; k < x->nsystems; k++)
        amap_zero(x->system[k].R);
    for (int d = 0; d < x->ndirections; d++)
        if (s->lane[d].n > 0)
            swap_add(x->system[x->direction[d].target].R,
                     x->system[x->direction[d].source].R, s->lane[d].n,
                     s->lane[d].work);
#pragma omp parallel for num_threads(s->threads)
    for (int k = 0; k < x->nsystems; k++)
        x->system[k].R->form->back(x->system[k].R);
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

void align_evaluate(const struct align *x, struct align_space *s,
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
        align_run(x, s);
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
}

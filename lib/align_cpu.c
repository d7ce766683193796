/* Batches of all directions on this processor: its threads share the tiles. */
#include "align_priv.h"

#include <omp.h>
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

/* Workspace of every thread, for the largest of the models that can run. */
static int open_threads(struct align_space *s, const struct align *x,
                        struct arena *a)
{
    size_t room = 0, T = 0;

    s->threads = omp_get_max_threads();
    for (int d = 0; d < x->ndirections; d++) {
        const struct align_direction *dir = &x->direction[d];
        const struct align_system *to = &x->system[dir->target];

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

static int open_space(struct align_space *s, const struct align *x, bool often,
                      struct arena *a)
{
    if (open_threads(s, x, a))
        return -1;
    for (int d = 0; d < x->ndirections && often; d++)
        if (s->lane[d].run && look_ahead(&s->lane[d], x, s, d, a))
            return -1;
    return 0;
}

void align_exchange(const struct align *x, struct align_lane *l, int d)
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

static int run(const struct align *x, struct align_space *s)
{
    int at[ALIGN_DIRECTIONS + 1] = { 0 };

#pragma omp parallel for schedule(dynamic, 1) num_threads(s->threads)
    for (int d = 0; d < x->ndirections; d++)
        if (s->lane[d].n > 0) {
            align_exchange(x, &s->lane[d], d);
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
    return 0;
}

static int back(const struct align *x, struct align_space *s)
{
#pragma omp parallel for schedule(dynamic, 1) num_threads(s->threads)
    for (int d = 0; d < x->ndirections; d++)
        if (s->lane[d].n > 0)
            swap_back(x->system[x->direction[d].target].R,
                      x->system[x->direction[d].source].R, s->lane[d].dv,
                      s->lane[d].n, s->lane[d].work);
    for (int d = 0; d < x->ndirections; d++)
        if (s->lane[d].n > 0)
            swap_add(x->system[x->direction[d].target].R,
                     x->system[x->direction[d].source].R, s->lane[d].n,
                     s->lane[d].work);
    return 0;
}

const struct align_engine align_cpu = { open_space, run, back,
                                        align_make_steps, NULL };

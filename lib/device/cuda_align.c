/* cuda_align.c - batches of an alignment on a card.
 *
 * Recorded states, samples and models lie there. What a batch needs besides
 * (which samples, the maps, the kernels' lanes) goes there in one copy, and
 * what it finds out comes back in one. */
#include <string.h>

#include "../align_priv.h"
#include "../arena.h"
#include "../err.h"
#include "card.h"
#include "cuda.h"

enum { ROWS = 16 };             /* of a tile, at most                        */

/* Memory that is copied in one piece, here and there. */
struct piece {
    char *here, *there;
    size_t size;
};

/* An array of it. */
struct span {
    void *here, *there;
};

/* A system: its states at the site and what its model goes on from. */
struct system {
    struct card_model model;
    const float *states, *hidden;
    const int32_t *step;
    struct span F, G, b, dF, dG, db;
};

/* A direction's samples, and arrays of its lane. */
struct lane {
    struct card_sequences samples;
    float *v, *dv;              /* (batch,m)                                 */
    double *delta, *ddelta;     /* (batch,m)                                 */
    struct span order, target, source, latent;  /* (batch) in                */
    struct span loss, wrong, apart;             /* (batch) out               */
};

struct own {
    struct card *c;
    struct system system[ALIGN_SYSTEMS];
    struct lane lane[ALIGN_DIRECTIONS];
    struct piece in, out;
    struct span maps, swaps, go_ons;            /* in */
    struct workspace work;
};

/* n elements at the end of the piece; without memory yet it only grows. */
static struct span add(struct piece *p, size_t n, size_t size)
{
    size_t at = (p->size + 15) / 16 * 16;

    p->size = at + n * size;
    return p->here ? (struct span){ p->here + at, p->there + at }
                   : (struct span){ NULL, NULL };
}

static void lay_out(struct own *o, const struct align *x)
{
    size_t batch = (size_t)x->plan.batch, n = (size_t)x->ndirections;

    o->in.size = o->out.size = 0;
    o->maps = add(&o->in, (size_t)x->nsystems, sizeof(struct card_map));
    o->swaps = add(&o->in, n, sizeof(struct swap_lane));
    o->go_ons = add(&o->in, n, sizeof(struct go_on_lane));
    for (int k = 0; k < x->nsystems; k++) {
        struct system *s = &o->system[k];
        size_t m = (size_t)x->system[k].R->m;
        s->F = add(&o->in, m * m, sizeof(double));
        s->G = add(&o->in, m * m, sizeof(double));
        s->b = add(&o->in, m, sizeof(double));
        s->dF = add(&o->out, m * m, sizeof(double));
        s->dG = add(&o->out, m * m, sizeof(double));
        s->db = add(&o->out, m, sizeof(double));
    }
    for (int d = 0; d < x->ndirections; d++) {
        struct lane *l = &o->lane[d];
        l->order = add(&o->in, batch, sizeof(int32_t));
        l->target = add(&o->in, batch, sizeof(int32_t));
        l->source = add(&o->in, batch, sizeof(int32_t));
        l->latent = add(&o->in, batch, sizeof(int32_t));
        l->loss = add(&o->out, batch, sizeof(double));
        l->apart = add(&o->out, batch, sizeof(double));
        l->wrong = add(&o->out, batch, sizeof(int));
    }
}

static int get_piece(struct own *o, struct piece *p)
{
    return (p->here = card_get_host(o->c, p->size, 1)) &&
           (p->there = card_get(o->c, p->size, 1)) ? 0 : -1;
}

static int put_system(struct own *o, const struct align *x, int k)
{
    const struct acts *acts = x->system[k].acts;
    const struct acts_site *at = &acts->site[acts_site(acts, x->plan.site)];
    struct system *s = &o->system[k];
    const struct acts_site *hidden;

    if (!(s->states = card_copy(o->c, at->states, acts->S * (size_t)at->M,
                          sizeof(float))))
        return -1;
    if (!align_runs(x, k))
        return 0;
    hidden = &acts->site[acts_site(acts, "hidden")];
    s->hidden = hidden == at ? s->states
              : card_copy(o->c, hidden->states, acts->S * (size_t)hidden->M,
                    sizeof(float));
    s->step = card_copy(o->c, acts->step, acts->S, sizeof *acts->step);
    return s->hidden && s->step &&
           card_model_open(&s->model, x->system[k].model, o->c) == 0 ? 0 : -1;
}

static int put_direction(struct own *o, const struct align *x, int d)
{
    const struct pairs *p = x->direction[d].pairs;
    struct lane *l = &o->lane[d];
    int target = x->direction[d].target;
    size_t n = (size_t)x->plan.batch * (size_t)x->system[target].R->m;

    l->samples.T = (int)p->T;
    if (!(l->samples.token = card_copy(o->c, p->tokens, p->P * p->T, 1)) ||
        !(l->samples.marked = card_copy(o->c, p->determined, p->P * p->T, 1)) ||
        !(l->samples.length = card_copy(o->c, p->length, p->P,
                                        sizeof *p->length)) ||
        !(l->v = card_get(o->c, n, sizeof *l->v)) ||
        !(l->dv = card_get(o->c, n, sizeof *l->dv)) ||
        !(l->delta = card_get(o->c, n, sizeof *l->delta)) ||
        !(l->ddelta = card_get(o->c, n, sizeof *l->ddelta)))
        return -1;
    if (align_runs(x, target))
        card_workspace_add(&o->work, &o->system[target].model, ROWS,
                           (int)p->T, false, o->c);
    return 0;
}

static int open_card_space(struct align_space *s, const struct align *x,
                           bool often, struct arena *a)
{
    struct own *o = s->own = arena_get(a, 1, sizeof *o);

    (void)often;
    if (o == NULL || !(o->c = card_open()))
        return -1;
    lay_out(o, x);
    if (get_piece(o, &o->in) || get_piece(o, &o->out))
        return -1;
    lay_out(o, x);
    for (int k = 0; k < x->nsystems; k++)
        if (put_system(o, x, k))
            return -1;
    for (int d = 0; d < x->ndirections; d++)
        if (put_direction(o, x, d))
            return -1;
    return o->work.size ? card_workspace_get(&o->work, o->c) : 0;
}

/* ---- a batch ---- */

static void fill_maps(struct own *o, const struct align *x)
{
    struct card_map *map = o->maps.here;

    for (int k = 0; k < x->nsystems; k++) {
        const struct amap *R = x->system[k].R;
        struct system *s = &o->system[k];
        size_t n = (size_t)(R->K * R->m);
        memcpy(s->F.here, R->F, n * sizeof(double));
        memcpy(s->G.here, R->G, n * sizeof(double));
        memcpy(s->b.here, R->b, (size_t)R->K * sizeof(double));
        map[k] = (struct card_map){
            s->F.there, s->G.there, s->b.there, s->dF.there, s->dG.there,
            s->db.there, R->m, R->K };
    }
}

/* Order the lane's samples, note their rows, and describe their exchange. */
static void fill_swap(struct own *o, const struct align *x,
                      struct align_lane *l, int d, struct swap_lane *to)
{
    const struct align_direction *dir = &x->direction[d];
    const struct pairs *p = dir->pairs;
    struct lane *mine = &o->lane[d];
    int32_t *order = mine->order.here, *target = mine->target.here;
    int32_t *source = mine->source.here, *latent = mine->latent.here;
    bool back = l->scale > 0;

    tile_sort(l->order, (size_t)l->n, p->length, p->T, l->spare);
    for (int k = 0; k < l->n; k++) {
        order[k] = (int32_t)l->order[k];
        target[k] = (int32_t)p->target_row[l->order[k]];
        source[k] = (int32_t)p->source_row[l->order[k]];
        latent[k] = (int32_t)p->cf_row[l->order[k]];
    }
    *to = (struct swap_lane){
        .source = dir->source, .target = dir->target, .n = l->n,
        .h_i = o->system[dir->target].states,
        .h_j = o->system[dir->source].states,
        .row_i = mine->target.there, .row_j = mine->source.there,
        .v = mine->v, .dv = mine->dv, .delta = mine->delta,
        .ddelta = mine->ddelta,
        .row_x = l->latent ? mine->latent.there : NULL,
        .apart = mine->apart.there,
        .dx = l->latent && back ? mine->dv : NULL,
        .spread = x->system[dir->target].spread, .scale = l->scale,
        .norm = (int)x->plan.latent_norm };
}

static void fill_go_on(struct own *o, const struct align *x,
                       const struct align_lane *l, int d, int rows, int begin,
                       struct go_on_lane *to)
{
    const struct align_direction *dir = &x->direction[d];
    const struct system *s = &o->system[dir->target];
    struct lane *mine = &o->lane[d];

    *to = (struct go_on_lane){
        .net = s->model.net,
        .tiles = { mine->samples, mine->order.there, l->n, rows,
                   mine->loss.there, mine->wrong.there },
        .site = arch_site(x->system[dir->target].model->arch,
                          dir->pairs->site), .begin = begin,
        .v = mine->v, .dv = l->scale > 0 ? mine->dv : NULL,
        .hidden = s->hidden, .row = mine->target.there, .step = s->step,
        .scale = (float)l->scale };
}

/* Rows of a tile, so that every processor of the card has one. */
static int rows_of_a_tile(const struct own *o, const struct align_space *s,
                          int directions)
{
    int n = 0, rows;

    for (int d = 0; d < directions; d++)
        n += s->lane[d].run ? s->lane[d].n : 0;
    rows = (n + card_processors(o->c) - 1) / card_processors(o->c);
    return rows < 1 ? 1 : rows > ROWS ? ROWS : rows;
}

/* Queue the models of one architecture: lanes from.. of those in go_ons. */
static int go_on(struct own *o, const struct card_arch *arch, size_t from,
                 int lanes, int tiles)
{
    const struct go_on_lane *lane = o->go_ons.there;
    const struct go_on_call call = { lane + from, lanes, tiles };

    return lanes ? card_check(arch->go_on(&call, &o->work,
                                          card_stream(o->c)), arch->name) : 0;
}

/* Describe the lanes that run, architecture after architecture. */
struct going { const struct card_arch *arch; size_t from; int lanes, tiles; };

static int fill_go_ons(struct own *o, const struct align *x,
                       const struct align_space *s, struct going *going)
{
    struct go_on_lane *lane = o->go_ons.here;
    int rows = rows_of_a_tile(o, s, x->ndirections), kinds = 0;
    size_t n = 0;

    for (int a = 0; card_archs[a]; a++) {
        struct going g = { card_archs[a], n, 0, 0 };
        for (int d = 0; d < x->ndirections; d++) {
            const struct align_lane *l = &s->lane[d];
            if (!l->run || l->n == 0 ||
                o->system[x->direction[d].target].model.arch != g.arch)
                continue;
            fill_go_on(o, x, l, d, rows, g.tiles, &lane[n++]);
            g.lanes++;
            g.tiles += (l->n + rows - 1) / rows;
        }
        if (g.lanes)
            going[kinds++] = g;
    }
    return kinds;
}

static void take_outcomes(const struct own *o, const struct align *x,
                          struct align_space *s)
{
    for (int d = 0; d < x->ndirections; d++) {
        struct align_lane *l = &s->lane[d];
        const struct lane *mine = &o->lane[d];
        size_t n = (size_t)l->n;
        if (l->run) {
            memcpy(l->loss, mine->loss.here, n * sizeof *l->loss);
            memcpy(l->wrong, mine->wrong.here, n * sizeof *l->wrong);
        }
        if (l->latent)
            memcpy(l->apart, mine->apart.here, n * sizeof *l->apart);
    }
}

static int run(const struct align *x, struct align_space *s)
{
    struct own *o = s->own;
    struct CUstream_st *stream = card_stream(o->c);
    struct swap_lane *lane = o->swaps.here;
    struct swap_call call = { o->swaps.there, o->maps.there, 0, x->nsystems,
                              0, 0 };
    struct going going[ARCHS];
    bool back = false, latent = false;
    int kinds;

    fill_maps(o, x);
    for (int d = 0; d < x->ndirections; d++) {
        struct align_lane *l = &s->lane[d];
        if (l->n > 0 && !l->run && !l->latent)
            align_exchange(x, l, d);
        if (l->n == 0 || !(l->run || l->latent))
            continue;
        fill_swap(o, x, l, d, &lane[call.lanes++]);
        call.most = l->n > call.most ? l->n : call.most;
        back = back || l->scale > 0;
        latent = latent || l->latent;
    }
    if (call.lanes == 0)
        return 0;
    for (int k = 0; k < x->nsystems; k++) {
        const struct amap *R = x->system[k].R;
        int n = 2 * R->K * R->m + R->K;
        call.elements = n > call.elements ? n : call.elements;
    }
    kinds = fill_go_ons(o, x, s, going);
    if (card_put(o->c, o->in.there, o->in.here, o->in.size) ||
        card_check(swap_start(&call, stream), "exchange") ||
        (latent && card_check(latent_start(&call, stream), "latents")))
        return -1;
    for (int k = 0; k < kinds; k++)
        if (go_on(o, going[k].arch, going[k].from, going[k].lanes,
                  going[k].tiles))
            return -1;
    if (back && card_check(swap_back_start(&call, stream), "exchange"))
        return -1;
    if (card_take(o->c, o->out.here, o->out.there, o->out.size) ||
        card_wait(o->c))
        return -1;
    take_outcomes(o, x, s);
    return 0;
}

static int back(const struct align *x, struct align_space *s)
{
    const struct own *o = s->own;

    for (int k = 0; k < x->nsystems; k++) {
        struct amap *R = x->system[k].R;
        const struct system *from = &o->system[k];
        size_t n = (size_t)(R->K * R->m) * sizeof(double);
        memcpy(R->dF, from->dF.here, n);
        memcpy(R->dG, from->dG.here, n);
        memcpy(R->db, from->db.here, (size_t)R->K * sizeof(double));
    }
    return 0;
}

static void close_space(struct align_space *s)
{
    struct own *o = s->own;

    if (o)
        card_close(o->c);
}

const struct align_engine cuda_align = { open_card_space, run, back,
                                         align_make_steps, close_space };

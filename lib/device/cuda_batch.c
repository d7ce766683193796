/* cuda_batch.c - batches of an alignment's directions on a card.
 *
 * Recorded states, samples and models lie there. What a batch needs besides
 * (which samples, the kernels' lanes) goes there in one copy. */
#include "cuda_align.h"

void batch_lay(struct own *o, const struct align *x)
{
    size_t batch = (size_t)x->plan.batch, n = (size_t)x->ndirections;

    o->swaps = piece_add(&o->in, n, sizeof(struct swap_lane));
    o->go_ons = piece_add(&o->in, n, sizeof(struct go_on_lane));
    for (int d = 0; d < x->ndirections; d++) {
        struct lane *l = &o->lane[d];
        l->order = piece_add(&o->in, batch, sizeof(int32_t));
        l->target = piece_add(&o->in, batch, sizeof(int32_t));
        l->source = piece_add(&o->in, batch, sizeof(int32_t));
        l->latent = piece_add(&o->in, batch, sizeof(int32_t));
        l->edge = piece_add(&o->in, batch + 1, sizeof(int32_t));
        l->loss = piece_add(&o->out, batch, sizeof(double));
        l->apart = piece_add(&o->out, batch, sizeof(double));
        l->wrong = piece_add(&o->out, batch, sizeof(int));
    }
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
    s->token = card_copy(o->c, acts->token, acts->S, 1);
    return s->hidden && s->step && s->token &&
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
        card_workspace_add(&o->work, &o->system[target].model,
                           o->system[target].model.arch->rows, (int)p->T +
                           acts_longest(x->system[target].acts), false);
    return 0;
}

int batch_open(struct own *o, const struct align *x)
{
    for (int k = 0; k < x->nsystems; k++)
        if (put_system(o, x, k))
            return -1;
    for (int d = 0; d < x->ndirections; d++)
        if (put_direction(o, x, d))
            return -1;
    return o->work.size ? card_workspace_get(&o->work, o->c) : 0;
}

int batch_look_ahead(struct own *o, const struct align *x, int d,
                     struct arena *a)
{
    const struct align_direction *dir = &x->direction[d];
    const struct system *s = &o->system[dir->target];
    const struct model *m = x->system[dir->target].model;
    struct lane *mine = &o->lane[d];
    struct go_on_lane lane = {
        .net = s->model.net, .tiles = { .of = mine->samples },
        .site = arch_site(m->arch, dir->pairs->site), .hidden = s->hidden,
        .token = s->token, .step = s->step };

    if (!s->model.arch->look_ahead ||
        m->arch->ahead(m, lane.site, (int)dir->pairs->T) == 0)
        return 0;
    if (card_look_ahead(&lane, s->model.arch, m, dir->pairs, &o->work, o->c,
                        a))
        return -1;
    mine->ahead = lane.ahead;
    mine->from = lane.from;
    return 0;
}

/* ---- a batch ---- */

/* Order the lane's samples, note their rows, and describe their exchange. */
static void fill_swap(struct own *o, const struct align *x,
                      struct align_lane *l, int d, struct swap_lane *to)
{
    const struct align_direction *dir = &x->direction[d];
    const struct pairs *p = dir->pairs;
    struct lane *mine = &o->lane[d];
    int32_t *order = piece_here(&o->in, mine->order);
    int32_t *target = piece_here(&o->in, mine->target);
    int32_t *source = piece_here(&o->in, mine->source);
    int32_t *latent = piece_here(&o->in, mine->latent);
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
        .row_i = piece_there(&o->in, mine->target),
        .row_j = piece_there(&o->in, mine->source),
        .v = mine->v, .dv = back ? mine->dv : NULL, .delta = mine->delta,
        .ddelta = mine->ddelta,
        .loss = piece_there(&o->out, l->run ? mine->loss : mine->apart),
        .row_x = l->latent ? piece_there(&o->in, mine->latent) : NULL,
        .apart = piece_there(&o->out, mine->apart),
        .dx = l->latent && back ? mine->dv : NULL,
        .spread = x->system[dir->target].spread, .scale = l->scale,
        .norm = (int)x->plan.latent_norm };
}

/* What samples take grows with the tokens that follow. */
static double work_of(const struct align *x, const struct align_lane *l, int d)
{
    double work = 0;

    for (int k = 0; k < l->n; k++)
        work += x->direction[d].pairs->length[l->order[k]];
    return work;
}

/* Cut the lane's samples, longest first, into tiles of so much work each, so
 * that no block is waited for. How many. */
static int cut_tiles(int32_t *edge, const struct align_lane *l,
                     const int32_t *length, double work, int most)
{
    int tiles = 0;
    double sum = 0;

    edge[0] = 0;
    for (int k = 0; k < l->n; k++) {
        sum += length[l->order[k]];
        if (sum < work && k + 1 - edge[tiles] < most && k + 1 < l->n)
            continue;
        edge[++tiles] = k + 1;
        sum = 0;
    }
    return tiles;
}

static void fill_go_on(struct own *o, const struct align *x,
                       const struct align_lane *l, int d, int begin,
                       struct go_on_lane *to)
{
    const struct align_direction *dir = &x->direction[d];
    const struct system *s = &o->system[dir->target];
    struct lane *mine = &o->lane[d];

    *to = (struct go_on_lane){
        .net = s->model.net,
        .tiles = { mine->samples, piece_there(&o->in, mine->order), l->n,
                   s->model.arch->rows, piece_there(&o->in, mine->edge),
                   piece_there(&o->out, mine->loss),
                   piece_there(&o->out, mine->wrong) },
        .site = arch_site(x->system[dir->target].model->arch,
                          dir->pairs->site), .begin = begin,
        .v = mine->v, .dv = l->scale > 0 ? mine->dv : NULL,
        .hidden = s->hidden, .token = s->token,
        .row = piece_there(&o->in, mine->target), .step = s->step,
        .scale = (float)l->scale, .ahead = mine->ahead, .from = mine->from };
}

static bool goes_on(const struct own *o, const struct align *x,
                    const struct align_space *s, int d,
                    const struct card_arch *arch)
{
    return s->lane[d].run && s->lane[d].n > 0 &&
           o->system[x->direction[d].target].model.arch == arch;
}

/* Describe the lanes of one architecture that run: `lane` and the following. */
static struct going fill_going(struct own *o, const struct align *x,
                               const struct align_space *s,
                               const struct card_arch *arch,
                               struct go_on_lane *lane)
{
    struct going g = { .arch = arch };
    double work = 0;

    for (int d = 0; d < x->ndirections; d++)
        if (goes_on(o, x, s, d, arch))
            work += work_of(x, &s->lane[d], d);
    for (int d = 0; d < x->ndirections; d++) {
        if (!goes_on(o, x, s, d, arch))
            continue;
        fill_go_on(o, x, &s->lane[d], d, g.tiles, &lane[g.lanes++]);
        g.tiles += cut_tiles(piece_here(&o->in, o->lane[d].edge), &s->lane[d],
                             x->direction[d].pairs->length,
                             work / o->work.blocks, arch->rows);
    }
    return g;
}

/* Architecture after architecture. How many. */
static int fill_go_ons(struct own *o, const struct align *x,
                       const struct align_space *s, struct going *going)
{
    struct go_on_lane *lane = piece_here(&o->in, o->go_ons);
    int kinds = 0;
    size_t n = 0;

    for (int a = 0; card_archs[a]; a++) {
        struct going g = fill_going(o, x, s, card_archs[a], lane + n);
        g.from = n;
        n += (size_t)g.lanes;
        if (g.lanes)
            going[kinds++] = g;
    }
    return kinds;
}

int batch_put(struct own *o, const struct align *x, struct align_space *s,
              struct batch *b)
{
    struct swap_lane *lane = piece_here(&o->in, o->swaps);

    *b = (struct batch){ .swap = { .lane = piece_there(&o->in, o->swaps),
                                   .map = piece_there(&o->maps, 0),
                                   .maps = x->nsystems } };
    for (int d = 0; d < x->ndirections; d++) {
        struct align_lane *l = &s->lane[d];
        if (l->n == 0 || !(l->run || l->latent))
            continue;
        fill_swap(o, x, l, d, &lane[b->swap.lanes++]);
        b->swap.most = l->n > b->swap.most ? l->n : b->swap.most;
        b->back = b->back || l->scale > 0;
        b->latent = b->latent || l->latent;
    }
    for (int k = 0; k < x->nsystems; k++) {
        const struct amap *R = x->system[k].R;
        int n = 2 * R->K * R->m + R->K;
        b->swap.elements = n > b->swap.elements ? n : b->swap.elements;
    }
    b->kinds = fill_go_ons(o, x, s, b->going);
    return b->swap.lanes ? piece_put(&o->in, o->c) : 0;
}

int batch_queue(const struct own *o, const struct batch *b)
{
    const struct go_on_lane *lane = piece_there(&o->in, o->go_ons);
    struct CUstream_st *stream = card_stream(o->c);

    if (b->swap.lanes == 0)
        return 0;
    if (card_check(swap_start(&b->swap, stream), "exchange") ||
        (b->latent && card_check(latent_start(&b->swap, stream), "latents")))
        return -1;
    for (int k = 0; k < b->kinds; k++) {
        const struct going *g = &b->going[k];
        const struct go_on_call call = { lane + g->from, g->lanes, g->tiles };
        if (card_check(g->arch->go_on(&call, &o->work, stream),
                       g->arch->name))
            return -1;
    }
    return b->back ? card_check(swap_back_start(&b->swap, stream), "exchange")
                   : 0;
}

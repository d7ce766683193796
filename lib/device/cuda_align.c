/* cuda_align.c - alignments on a card. */
#include "cuda_align.h"

#include <string.h>

#include "../arena.h"
#include "cuda.h"

/* ---- memory in one piece ---- */

size_t piece_add(struct piece *p, size_t n, size_t size)
{
    size_t at = p->size;

    p->size = (at + n * size + 15) / 16 * 16;
    return at;
}

int piece_get(struct piece *p, int slots, struct card *c)
{
    p->slots = slots;
    p->here = card_get_host(c, (size_t)slots, p->size);
    p->there = card_get(c, (size_t)slots, p->size);
    return p->here && p->there ? 0 : -1;
}

void *piece_here(const struct piece *p, size_t at)
{
    return p->here + (size_t)p->slot * p->size + at;
}

void *piece_there(const struct piece *p, size_t at)
{
    return p->there + (size_t)p->slot * p->size + at;
}

int piece_put(const struct piece *p, struct card *c)
{
    return card_put(c, piece_there(p, 0), piece_here(p, 0), p->size);
}

int piece_take(const struct piece *p, struct card *c)
{
    return card_take(c, piece_here(p, 0), piece_there(p, 0), p->size);
}

/* ---- the engine ---- */

/* Batches on their way to the card; their bytes, at most. */
enum { SLOTS = 32, IN_BYTES = 64 << 20 };

static int slots_of(size_t size)
{
    size_t n = IN_BYTES / size;

    return n < 1 ? 1 : n > SLOTS ? SLOTS : (int)n;
}

static int open_card_space(struct align_space *s, const struct align *x,
                           bool often, struct arena *a)
{
    struct own *o = s->own = arena_get(a, 1, sizeof *o);

    if (o == NULL || !(o->c = card_open()))
        return -1;
    batch_lay(o, x);
    maps_lay(o, x);
    if (piece_get(&o->in, often ? slots_of(o->in.size) : 1, o->c) ||
        piece_get(&o->out, 1, o->c) || piece_get(&o->maps, 1, o->c) ||
        batch_open(o, x) || maps_open(o, x, often))
        return -1;
    for (int d = 0; d < x->ndirections && often; d++)
        if (s->lane[d].run && batch_look_ahead(o, x, d, a))
            return -1;
    return 0;
}

static void take_outcomes(const struct own *o, const struct align *x,
                          struct align_space *s)
{
    for (int d = 0; d < x->ndirections; d++) {
        struct align_lane *l = &s->lane[d];
        const struct lane *mine = &o->lane[d];
        size_t n = (size_t)l->n;
        if (l->run) {
            memcpy(l->loss, piece_here(&o->out, mine->loss),
                   n * sizeof *l->loss);
            memcpy(l->wrong, piece_here(&o->out, mine->wrong),
                   n * sizeof *l->wrong);
        }
        if (l->latent)
            memcpy(l->apart, piece_here(&o->out, mine->apart),
                   n * sizeof *l->apart);
    }
}

static int run(const struct align *x, struct align_space *s)
{
    struct own *o = s->own;
    struct batch batch;

    for (int d = 0; d < x->ndirections; d++)
        if (s->lane[d].n > 0 && !s->lane[d].run && !s->lane[d].latent)
            align_exchange(x, &s->lane[d], d);
    if (maps_put(o, x) || batch_put(o, x, s, &batch) ||
        batch_queue(o, &batch) || piece_take(&o->out, o->c) ||
        card_wait(o->c))
        return -1;
    take_outcomes(o, x, s);
    return 0;
}

static void close_space(struct align_space *s)
{
    struct own *o = s->own;

    if (o)
        card_close(o->c);
}

const struct align_engine cuda_align = { open_card_space, run, maps_back,
                                         maps_steps, close_space };

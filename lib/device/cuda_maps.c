/* cuda_maps.c - maps on a card, and steps of training them: many are queued,
 * so that the card need not wait. */
#include <string.h>

#include "../adam.h"
#include "../err.h"
#include "cuda_align.h"

static size_t gradient_size(const struct amap *R)
{
    return 2 * (size_t)R->K * (size_t)R->m + (size_t)R->K;
}

/* Its number in card_forms; -1: not learnt on the card. */
static int form_of(const struct amap *R)
{
    for (int i = 0; R->param && card_forms[i]; i++)
        if (strcmp(card_forms[i], R->form->name) == 0)
            return i;
    return -1;
}

void maps_lay(struct own *o, const struct align *x)
{
    piece_add(&o->maps, (size_t)x->nsystems, sizeof(struct card_map));
    for (int k = 0; k < x->nsystems; k++) {
        struct map *to = &o->map[k];
        const struct amap *R = x->system[k].R;
        size_t size = (size_t)R->m * (size_t)R->m;  /* scores try other K */

        to->F = piece_add(&o->maps, size, sizeof(double));
        to->G = piece_add(&o->maps, size, sizeof(double));
        to->b = piece_add(&o->maps, (size_t)R->m, sizeof(double));
    }
}

/* Memory to learn map k in. */
static int open_learnt(struct own *o, const struct amap *R, struct map *to)
{
    size_t size = gradient_size(R), mm = (size_t)R->m * (size_t)R->m;
    const double *base = amap_part(R, "base");

    to->part = card_get(o->c, MAP_PARTS * size, sizeof *to->part);
    to->part_here = card_get_host(o->c, MAP_PARTS * size, sizeof(double));
    to->work = card_get(o->c, map_room(to->form, R->m, R->K, R->n),
                        sizeof *to->work);
    if (base)
        to->base = card_copy(o->c, base, mm, sizeof *base);
    return to->part && to->part_here && to->work && (to->base || !base) ? 0
                                                                        : -1;
}

int maps_open(struct own *o, const struct align *x, bool learn)
{
    o->learns = learn;
    for (int k = 0; k < x->nsystems; k++) {
        struct map *to = &o->map[k];
        const struct amap *R = x->system[k].R;

        to->form = form_of(R);
        to->first = o->n;
        o->n += R->n;
        o->learns = o->learns && to->form >= 0;
        if (learn && open_learnt(o, R, to))
            return -1;
    }
    return !o->learns ||
           ((o->w = card_get(o->c, o->n, sizeof *o->w)) &&
            (o->mean = card_get(o->c, o->n, sizeof *o->mean)) &&
            (o->square = card_get(o->c, o->n, sizeof *o->square)) &&
            (o->loss = card_get(o->c, ALIGN_AT_ONCE, sizeof *o->loss)) &&
            (o->loss_here = card_get_host(o->c, ALIGN_AT_ONCE,
                                          sizeof *o->loss)))
           ? 0 : -1;
}

int maps_put(struct own *o, const struct align *x)
{
    struct card_map *map = piece_here(&o->maps, 0);

    for (int k = 0; k < x->nsystems; k++) {
        const struct map *from = &o->map[k];
        const struct amap *R = x->system[k].R;
        size_t size = (size_t)(R->K * R->m) * sizeof(double);

        memcpy(piece_here(&o->maps, from->F), R->F, size);
        memcpy(piece_here(&o->maps, from->G), R->G, size);
        memcpy(piece_here(&o->maps, from->b), R->b,
               (size_t)R->K * sizeof(double));
        map[k] = (struct card_map){
            .F = piece_there(&o->maps, from->F),
            .G = piece_there(&o->maps, from->G),
            .b = piece_there(&o->maps, from->b),
            .part = from->part, .m = R->m, .K = R->K, .form = from->form,
            .n = R->n, .base = from->base, .work = from->work };
        if (o->learns) {
            map[k].w = o->w + from->first;
            map[k].mean = o->mean + from->first;
            map[k].square = o->square + from->first;
        }
    }
    return piece_put(&o->maps, o->c);
}

int maps_back(const struct align *x, struct align_space *s)
{
    const struct own *o = s->own;

    for (int k = 0; k < x->nsystems; k++) {
        const struct map *from = &o->map[k];
        size_t size = gradient_size(x->system[k].R);
        if (card_take(o->c, from->part_here, from->part,
                      MAP_PARTS * size * sizeof(double)))
            return -1;
    }
    if (card_wait(o->c))
        return -1;
    for (int k = 0; k < x->nsystems; k++) {
        struct amap *R = x->system[k].R;
        size_t size = gradient_size(R), at = 0;
        size_t km = (size_t)R->K * (size_t)R->m;
        for (int p = 0; p < MAP_PARTS; p++)
            for (size_t e = 0; e < size; e++, at++)
                *(e < km ? R->dF + e : e < 2 * km ? R->dG + e - km
                  : R->db + e - 2 * km) += o->map[k].part_here[at];
    }
    return 0;
}

/* ---- steps ---- */

static int put_state(struct own *o, const struct align *x,
                     const struct align_steps *y)
{
    const size_t bytes = o->n * sizeof(double);
    const struct map_call forward = {
        .of = { .map = piece_there(&o->maps, 0), .maps = x->nsystems } };

    return maps_put(o, x) || card_put(o->c, o->w, y->w, bytes) ||
           card_put(o->c, o->mean, y->adam->m, bytes) ||
           card_put(o->c, o->square, y->adam->v, bytes) ||
           card_check(map_start(&forward, card_stream(o->c)), "maps") ? -1 : 0;
}

static int take_state(const struct own *o, const struct align *x,
                      const struct align_steps *y)
{
    const size_t bytes = o->n * sizeof(double);

    if (card_take(o->c, y->w, o->w, bytes) ||
        card_take(o->c, y->adam->m, o->mean, bytes) ||
        card_take(o->c, y->adam->v, o->square, bytes) ||
        card_take(o->c, o->loss_here, o->loss,
                  (size_t)y->n * sizeof *o->loss) || card_wait(o->c))
        return -1;
    memcpy(y->loss, o->loss_here, (size_t)y->n * sizeof *y->loss);
#pragma omp parallel for
    for (int k = 0; k < x->nsystems; k++)
        x->system[k].R->form->forward(x->system[k].R);
    return 0;
}

static int queue_step(struct own *o, const struct align *x,
                      struct align_space *s, struct align_steps *y, int k)
{
    double t = ++y->adam->t;
    struct batch batch;

    o->in.slot = k % o->in.slots;
    if (k && o->in.slot == 0 && card_wait(o->c))
        return -1;
    y->fill(y->with, k);
    if (batch_put(o, x, s, &batch) || batch_queue(o, &batch))
        return -1;
    const struct map_call call = { batch.swap, o->loss + k, y->lr,
                                   adam_correction(ADAM_BETA1, t),
                                   adam_correction(ADAM_BETA2, t) };
    return card_check(map_start(&call, card_stream(o->c)), "maps");
}

int maps_steps(const struct align *x, struct align_space *s,
               struct align_steps *y)
{
    struct own *o = s->own;

    if (!o->learns)
        return align_make_steps(x, s, y);
    if (put_state(o, x, y))
        return -1;
    for (int k = 0; k < y->n; k++)
        if (queue_step(o, x, s, y, k))
            return -1;
    o->in.slot = 0;
    return take_state(o, x, y);
}

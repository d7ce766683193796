/* cuda_ahead.c - what models find anew whenever they go on, though it does not
 * depend on the state that they are given (arch.h): found once, on a card. */
#include "../arena.h"
#include "../pairs.h"
#include "card.h"
#include "cuda.h"

/* Every sample's place and the recorded row of its cut, in the order in which
 * they are run. The floats that they need. */
static size_t lay_out(const struct model *m, int site, const struct pairs *p,
                      const uint32_t *order, int64_t *from, int32_t *row)
{
    size_t n = 0;

    for (size_t i = 0; i < p->P; i++) {
        from[i] = (int64_t)n;
        n += m->arch->ahead(m, site, p->length[i]);
        row[i] = (int32_t)p->target_row[order[i]];
    }
    return n;
}

int card_look_ahead(struct go_on_lane *x, const struct card_arch *arch,
                    const struct model *m, const struct pairs *p,
                    const struct workspace *w, struct card *c, struct arena *a)
{
    uint32_t *order = arena_get(a, p->P, sizeof *order);
    uint32_t *spare = arena_get(a, p->P, sizeof *spare);
    int64_t *from = arena_get(a, p->P, sizeof *from);
    int32_t *row = arena_get(a, p->P, sizeof *row);
    struct go_on_call call = { .lanes = 1 };

    if (!order || !spare || !from || !row)
        return -1;
    for (size_t i = 0; i < p->P; i++)
        order[i] = (uint32_t)i;
    tile_sort(order, p->P, p->length, p->T, spare);
    x->tiles.n = (int)p->P;
    x->tiles.rows = arch->rows;
    if (!(x->ahead = card_get(c, lay_out(m, x->site, p, order, from, row),
                              sizeof *x->ahead)) ||
        !(x->from = card_copy(c, from, p->P, sizeof *from)) ||
        !(x->row = card_copy(c, row, p->P, sizeof *row)) ||
        !(x->tiles.order = card_copy(c, order, p->P, sizeof *order)) ||
        !(call.lane = card_copy(c, x, 1, sizeof *x)))
        return -1;
    call.tiles = (x->tiles.n + arch->rows - 1) / arch->rows;
    return card_check(arch->look_ahead(&call, w, card_stream(c)),
                      arch->name) || card_wait(c) ? -1 : 0;
}

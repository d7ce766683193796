/* cuda_record.c - recording a model on a card. */
#include "../acts.h"
#include "card.h"
#include "cuda.h"

static int run(struct acts *x, const struct model *m,
               const struct sequences *rows, const uint32_t *order, size_t N,
               struct card *c)
{
    size_t n = N * rows->T, cells[2];
    struct card_model there;
    struct workspace work = { 0 };
    struct record_call y = { .tiles = { .of = { .T = (int)rows->T },
                                        .n = (int)N } };

    if (card_model_open(&there, m, c))
        return -1;
    y.tiles.rows = there.arch->rows;
    card_workspace_add(&work, &there, y.tiles.rows, (int)rows->T, false);
    for (int s = 0; s < 2; s++)
        cells[s] = x->S * (size_t)x->site[s].M;
    y.net = there.net;
    if (!(y.tiles.of.token = card_copy(c, rows->tokens, n, 1)) ||
        !(y.tiles.of.length = card_copy(c, rows->length, N,
                                        sizeof *rows->length)) ||
        !(y.tiles.order = card_copy(c, order, N, sizeof *order)) ||
        !(y.first = card_copy(c, x->first, N, sizeof *x->first)) ||
        !(y.embedding = card_get(c, cells[0], sizeof(float))) ||
        !(y.hidden = card_get(c, cells[1], sizeof(float))) ||
        card_workspace_get(&work, c))
        return -1;
    return card_check(there.arch->record(&y, &work, card_stream(c)),
                      there.arch->name) ||
           card_take(c, x->site[0].states, y.embedding,
                     cells[0] * sizeof(float)) ||
           card_take(c, x->site[1].states, y.hidden,
                     cells[1] * sizeof(float)) || card_wait(c) ? -1 : 0;
}

int cuda_record(struct acts *x, const struct model *m,
                const struct sequences *rows, const uint32_t *order, size_t N)
{
    struct card *c = card_open();
    int rc = c ? run(x, m, rows, order, N, c) : -1;

    card_close(c);
    return rc;
}

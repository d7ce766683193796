/* cuda_align.h - what the parts of an alignment on a card share.
 *
 *     cuda_batch.c     batches of its directions
 *     cuda_ahead.c     what models find in them whatever the exchange
 *     cuda_maps.c      maps, and steps of training them
 *     cuda_align.c     memory, and the engine */
#ifndef CUDA_ALIGN_H
#define CUDA_ALIGN_H

#include "../align_priv.h"
#include "card.h"

/* Memory that is copied in one piece: slots of it, here and there, of which
 * one is in use. An array in it is told by its distance from the slot. */
struct piece {
    char *here, *there;
    size_t size;                /* bytes of a slot                           */
    int slots, slot;
};
size_t piece_add(struct piece *p, size_t n, size_t size);
int piece_get(struct piece *p, int slots, struct card *c);
int piece_put(const struct piece *p, struct card *c);
int piece_take(const struct piece *p, struct card *c);
void *piece_here(const struct piece *p, size_t at);
void *piece_there(const struct piece *p, size_t at);

/* A system: its states at the site and what its model goes on from. */
struct system {
    struct card_model model;
    const float *states, *hidden;
    const int32_t *step;
    const uint8_t *token;
};

/* A direction's samples, and arrays of its lane. */
struct lane {
    struct card_sequences samples;
    float *v, *dv;              /* (batch,m)                                 */
    float *ahead;               /* of all samples; NULL: found anew          */
    const int64_t *from;
    double *delta, *ddelta;     /* (batch,m)                                 */
    size_t order, target, source, latent;       /* (batch) of `in`           */
    size_t edge;                                /* (batch + 1) of `in`       */
    size_t loss, wrong, apart;                  /* (batch) of `out`          */
};

/* A system's map. */
struct map {
    size_t F, G, b;             /* of `maps`                                 */
    double *part, *base, *work;
    double *part_here;
    size_t first;               /* of its parameters in those of all         */
    int form;
};

struct own {
    struct card *c;
    struct system system[ALIGN_SYSTEMS];
    struct lane lane[ALIGN_DIRECTIONS];
    struct map map[ALIGN_SYSTEMS];
    struct piece in, out, maps;
    size_t swaps, go_ons;       /* of `in`                                   */
    struct workspace work;
    bool learns;                /* the maps' forms are learnt on the card    */
    size_t n;                   /* parameters of all maps                    */
    double *w, *mean, *square;  /* (n)                                       */
    double *loss, *loss_here;   /* (ALIGN_AT_ONCE)                           */
};

/* ---- batches ---- */

/* Find the places of arrays; then put what all batches share on the card. 0 or
 * -1. */
void batch_lay(struct own *o, const struct align *x);
int batch_open(struct own *o, const struct align *x);

/* Find what models make of the direction's samples whatever the exchange. */
int batch_look_ahead(struct own *o, const struct align *x, int d,
                     struct arena *a);

/* Find what the models of a lane need not find anew: net, site, tiles.of,
 * hidden, token and step of x are there, ahead and from come. 0 or -1. */
int card_look_ahead(struct go_on_lane *x, const struct card_arch *arch,
                    const struct model *m, const struct pairs *p,
                    const struct workspace *w, struct card *c,
                    struct arena *a);

/* The lanes as they are now, put on the card. */
struct going { const struct card_arch *arch; size_t from; int lanes, tiles; };
struct batch {
    struct swap_call swap;
    struct going going[ARCHS];
    int kinds;                  /* of going                                  */
    bool back, latent;
};
int batch_put(struct own *o, const struct align *x, struct align_space *s,
              struct batch *b);

/* Queue exchange, latent loss, models, and the gradients of F, G and b. */
int batch_queue(const struct own *o, const struct batch *b);

/* ---- maps ---- */

void maps_lay(struct own *o, const struct align *x);
int maps_open(struct own *o, const struct align *x, bool learn);

/* F, G and b as they are here, put on the card. */
int maps_put(struct own *o, const struct align *x);

/* engine->back and engine->steps. */
int maps_back(const struct align *x, struct align_space *s);
int maps_steps(const struct align *x, struct align_space *s,
               struct align_steps *steps);

#endif

/* card.h - the host's side of CUDA: a card's memory, and models in it.
 *
 * Everything is queued on one stream per struct card, so what is put is there
 * for the kernel that is started next. */
#ifndef CARD_H
#define CARD_H

#include <stdbool.h>
#include <stddef.h>

#include "../arch.h"
#include "kernels.h"

struct card;
struct pairs;

/* Is there a card that these kernels run on? 0, or -1 (EX_UNAVAILABLE) with
 * the reason and the remedy. */
int card_found(void);

/* Memory of a card and a stream. NULL: no card, or memory. */
struct card *card_open(void);
void card_close(struct card *c);                /* NULL is fine */

/* Blocks with tiles that it has at once. */
int card_blocks(const struct card *c);

/* Uninitialised memory until card_close; of the host's, which copies run best
 * from and to. NULL: there is no room (EX_OSERR). */
void *card_get(struct card *c, size_t n, size_t size);
void *card_get_host(struct card *c, size_t n, size_t size);

/* Queue a copy to the card, or from it. 0, or -1. */
int card_put(struct card *c, void *to, const void *from, size_t bytes);
int card_take(struct card *c, void *to, const void *from, size_t bytes);

/* Memory with a copy of n elements. NULL: no room. */
void *card_copy(struct card *c, const void *from, size_t n, size_t size);

/* Wait for what is queued. 0, or -1: some of it failed. */
int card_wait(struct card *c);

/* The error of a call of kernels.h: 0, or -1 (EX_UNAVAILABLE, EX_OSERR). */
int card_check(int error, const char *what);

struct CUstream_st *card_stream(const struct card *c);

/* ---- models ---- */

extern const struct card_arch *const card_archs[];      /* NULL-ended */

struct card_model {
    const struct card_arch *arch;
    struct card_net net;
};

/* A copy of a model with its tables. 0, or -1: its architecture has no
 * kernels (EX_UNAVAILABLE), memory. */
int card_model_open(struct card_model *x, const struct model *m,
                    struct card *c);

/* Copy its parameters and tables there again. */
int card_model_put(struct card_model *x, const struct model *m,
                   struct card *c);

/* Make the workspace large enough for tiles of so many rows and T steps; then
 * take it. Scratch is in shared memory where that is large enough for all. */
void card_workspace_add(struct workspace *w, const struct card_model *x,
                        int rows, int T, bool trains);
int card_workspace_get(struct workspace *w, struct card *c);

#endif

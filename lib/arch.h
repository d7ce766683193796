/* arch.h - a model is one flat vector of parameters and three operations.
 *
 * Each operation takes a tile: B sequences ordered by length, longest first,
 * so that the rows still running at a step are always the first ones. A model
 * does not know what an intervention is: it can be recorded, trained, and
 * told to go on from a state that it is given.
 *
 * Shape letters: B rows, C width, T steps, V tokens, M units of a site, P
 * parameters, R rows of all steps of a tile, packed.
 *
 * Adding a model: one file in arch/, one line in arch.c's menu, one class in
 * tests/models.py. */
#ifndef ARCH_H
#define ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "real.h"

struct arena;
struct cell;
struct model;

enum { ARCH_PARAMS = 64, ARCH_SITES = 4, ARCHS = 8, TILE = 32 };

/* How a parameter is drawn at first, after PyTorch's defaults. */
enum init {
    INIT_NORMAL,        /* N(0,1): embedding                                 */
    INIT_WIDTH,         /* U(+-1/sqrt(C)): recurrent weights and biases      */
    INIT_FAN,           /* U(+-1/sqrt(fan_in)): linear layers; fan_in stands
                           in `fan`, since a bias shares its weight's        */
    INIT_XAVIER,        /* U(+-sqrt(6/(rows + cols))): attention             */
    INIT_ONE,           /* layer norm: its weight                            */
    INIT_ZERO           /* and its bias                                      */
};

/* Sizes are products: "3C", "V", "4C". rank 1 has cols NULL. */
struct param {
    const char *name;           /* PyTorch's state_dict name                 */
    const char *rows, *cols;
    enum init init;
    const char *fan;            /* INIT_FAN: the fan-in, as a size           */
    int gate;                   /* k > 0: rows (k-1)C..kC-1 are the bias of the
                                   gate that keeps the state (chrono)        */
};

struct site {
    const char *name;
    const char *width;          /* a size                                    */
};

/* A tile of sequences. Steps 0..T-1, T = length[0]; at step t the rows with
 * length > t are the first active(t) ones. */
struct tile {
    int B, T;
    int *length;                /* (B) descending                            */
    uint8_t *token;             /* (T,B) time-major                          */
    uint8_t *counts;            /* (T,B) 1 where the token is scored         */
};

/* Where a model goes on: row b of the tile was cut at row[b] of recorded
 * activations, step[b] steps into its trial; the rows of a trial follow each
 * other, so row[b] - 1 is the step before the cut. */
struct past {
    const real *const *states;  /* per site (S,M)                            */
    const uint8_t *token;       /* (S) recorded tokens                       */
    const long *row;            /* (B)                                       */
    const int *step;            /* (B)                                       */
    const real *const *ahead;   /* (B) what look_ahead found; NULL: nothing  */
};

/* Dropout masks of one training step; 0: none. */
struct dropout {
    double p;                   /* in the head                               */
    double blocks;              /* inside a transformer's blocks             */
    uint64_t seed;
    uint32_t step;
    const uint32_t *sequence;   /* (B) names the row's random stream         */
};

/* What an operation finds out about each row of its tile. */
struct outcome {
    double *loss;               /* (B) cross entropy summed over tokens      */
    int *wrong;                 /* (B) scored tokens that are not the argmax */
    int T;                      /* steps of a row of logits                  */
    real *logits;               /* (B,T,V) where train predicts, of a model with
                                   a head (head.h); NULL: not asked          */
};

struct arch {
    const char *name, *note;
    const struct param *params;         /* ends with name NULL               */
    const struct site *sites;           /* ends with name NULL; go_on knows
                                           every one                         */
    int C, V;                           /* the only width and number of tokens
                                           that it knows; 0: any             */
    bool even;                          /* the width must be even            */
    bool blocks;                        /* it has some that drop out         */

    /* Set the parameters; NULL: drawn as their table says. */
    void (*draw)(struct model *m);
    const struct cell *cell;            /* of arch/recurrent.h, else NULL    */

    /* Reals of workspace that an operation on a tile of B rows needs, T steps
     * from the beginning of a trial to the end of the tile's longest row;
     * reals of tables derived from frozen parameters. */
    size_t (*room)(const struct model *m, int B, int T);
    size_t (*tables)(const struct model *m);

    /* Derive the tables from the parameters; after every change of them. */
    void (*prepare)(struct model *m);

    /* tokens -> states[s] (R,M) of every site, packed: the rows of step 0,
     * then of step 1, ... */
    void (*record)(const struct model *m, const struct tile *x,
                   real *const *states, real *work);

    /* tokens -> loss of predicting token t+1 from tokens 0..t, over all tokens
     * after the first (`counts` only decides what is wrong or right). dw (P)
     * += scale * gradient; NULL: evaluate only. */
    void (*train)(const struct model *m, const struct tile *x,
                  const struct dropout *drop, real scale, real *dw,
                  const struct outcome *y, real *work);

    /* The state v (B,M) stands at `site` of the step before the tile's first
     * token: predict every token of the tile that counts. The parameters are
     * frozen. dv (B,M) = scale * gradient of the summed loss; NULL: evaluate
     * only. */
    void (*go_on)(const struct model *m, int site, const real *v,
                  const struct past *past, const struct tile *x, real scale,
                  real *dv, const struct outcome *y, real *work);

    /* What go_on finds anew each time though it does not depend on v: reals
     * for a row of so many tokens, 0: nothing there; and ahead[b] filled with
     * it for all rows, in the room of go_on. Both NULL: nothing anywhere. */
    size_t (*ahead)(const struct model *m, int site, int tokens);
    void (*look_ahead)(const struct model *m, const struct past *past,
                       const struct tile *x, real *const *ahead, real *work);
};

struct model {
    const struct arch *arch;
    int C, V;
    size_t P;
    real *w;                            /* (P)                               */
    size_t at[ARCH_PARAMS];             /* where each parameter begins in w  */
    real *table;                        /* derived by prepare                */
};

extern const struct arch *const arch_menu[];    /* NULL-ended */
const struct arch *arch_find(const char *name); /* NULL: EX_USAGE */
void arch_names(const char *names[ARCHS + 1]);  /* of the menu; NULL-ended */
const char *arch_note(const char *name);        /* one of these */
int arch_site(const struct arch *arch, const char *name);       /* -1: none */

/* A size text ("3C") for these C and V. */
size_t arch_size(const char *text, int C, int V);

/* A model with zero parameters. NULL without memory, or where the arch knows
 * another width or number of tokens only (EX_USAGE). */
struct model *model_open(const struct arch *arch, int C, int V,
                         struct arena *a);
int model_width(const struct model *m, int site);

/* Has it a gate that keeps the state (struct param's)? */
bool arch_has_gate(const struct arch *arch);

/* Draw the first parameters, or set them as the arch does. chrono > 1 adds
 * ln U(1, chrono-1) to the bias of that gate (Tallec & Ollivier 2018). */
void model_draw(struct model *m, uint64_t seed, double chrono);

/* ---- tiles ---- */

/* Sequences as they lie in a file, a row each. */
struct sequences {
    const uint8_t *tokens;      /* (N,T)                                     */
    const int8_t *marked;       /* (N,T) what counts                         */
    const int32_t *length;      /* (N)                                       */
    size_t T;
};

/* Order n sequence numbers by length, longest first; equal ones keep their
 * order, so the result is a function of the lengths alone. */
void tile_sort(uint32_t *order, size_t n, const int32_t *length, size_t T,
               uint32_t *spare);

/* Memory for tiles of TILE rows and up to T steps. 0 or -1. */
int tile_open(struct tile *x, size_t T, struct arena *a);

/* Fill it with the sequences order[0..B-1], which tile_sort has ordered. */
void tile_fill(struct tile *x, const struct sequences *from,
               const uint32_t *order, int B);

/* Rows of x still running at step t. */
int tile_active(const struct tile *x, int t);

#endif

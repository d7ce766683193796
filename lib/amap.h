/* amap.h - an invertible map R of a system's states into the aligned space.
 *
 * The exchange of the first K aligned coordinates needs no more of R than
 *
 *     F (K,m) and b (K)   the first K coordinates of R h = F h + b
 *     G (m,K)             the first K columns of R^-1,      F G = 1
 *
 * What a file holds of a map are the parts that its form names; nobody else
 * knows what a form consists of. A map whose parameters have run to where
 * there is no inverse has a G of NaN: the loss is not finite, and the run that
 * went there is reported as diverged.
 *
 * Adding a form of map: one file in amap/, one word in amap.c's menu, and a
 * FAMILY in schemas/alignment.def for a part of a new name. */
#ifndef AMAP_H
#define AMAP_H

#include <stddef.h>
#include <stdint.h>

struct amap;
struct arena;
struct rng;

struct amap_part {              /* an array that files hold                  */
    const char *name;           /* of the dataset /systems/<k>/name          */
    const char *dims;           /* "mm", "m", "" as in schemas               */
};

struct amap_form {
    const char *name, *note;
    const char *convention;                     /* how the parts act */
    const struct amap_part *parts;              /* ends with name NULL */
    size_t (*params)(int m);                    /* how many */
    size_t (*room)(int m);                      /* doubles of private memory */
    int (*open)(struct amap *R, struct arena *a);       /* its tool, if any */
    int (*start)(struct amap *R, struct rng *r, struct arena *a);
    void (*forward)(struct amap *R);            /* params -> F, G, b, parts */
    void (*back)(struct amap *R);               /* dF, dG, db -> dparams += */
    double *(*at)(const struct amap *R, int part);      /* after forward */

    /* Take over a stored part, finite, of the right size; -1 where it cannot
     * be that of such a map (EX_DATAERR, without the part's name). A map is
     * loaded when every part in turn and then forward was called. */
    int (*load)(struct amap *R, int part, const double *x);
};

struct amap {
    const struct amap_form *form;
    int m, K;
    size_t n;                   /* parameters */
    double *param, *dparam;     /* (n) */
    double *F, *G, *b;          /* (K,m) (m,K) (K) */
    double *dF, *dG, *db;       /* gradients; the caller zeroes them */
    double *own;                /* the form's */
    void *tool;                 /* the form's */
    const struct amap *narrow;  /* of a widened map: what it is made of, and */
    const int32_t *unit;        /* (narrow->m) where; NULL: not widened      */
};

extern const struct amap_form *const amap_menu[];       /* NULL-ended */
extern const char *const amap_names[];                  /* of the same */
const struct amap_form *amap_find(const char *name);    /* NULL: EX_USAGE */
const char *amap_note(const char *name);                /* one of these   */

/* A map of m units, K exchanged, at its start (as the form draws it from r)
 * and forwarded. NULL: memory. */
struct amap *amap_open(const struct amap_form *form, int m, int K,
                       struct rng *r, struct arena *a);

/* The same with all parameters 0 and not forwarded: one to be loaded. */
struct amap *amap_blank(const struct amap_form *form, int m, int K,
                        struct arena *a);

/* A map equal to R that exchanges another number of coordinates, at most
 * amap_reach, with parameters of its own. NULL: memory. */
struct amap *amap_with_dims(const struct amap *R, int K, struct arena *a);

/* R, a map of some units of a system, as one of all its m units: those of R are
 * unit[0..R->m-1], ascending. F has columns and G rows of 0 for the others, so
 * that an exchange leaves them as they are. It has no parameters of its own:
 * it cannot be learnt. R and unit are borrowed. NULL: memory. */
struct amap *amap_widen(const struct amap *R, const int32_t *unit, int m,
                        struct arena *a);

/* The dimensions that it can exchange at most: m, of a widened map less. */
int amap_reach(const struct amap *R);

/* Zero dF, dG, db and dparam. */
void amap_zero(struct amap *R);

/* The part of that name, valid after forward; NULL: the form has none. */
double *amap_part(const struct amap *R, const char *name);

#endif

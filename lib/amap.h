/* amap.h - an invertible map R of a system's states into the aligned space.
 *
 * The exchange of the first K aligned coordinates needs no more of R than
 *
 *     F (K,m) and b (K)   the first K coordinates of R h
 *     G (m,K)             the first K columns of R^-1,      F G = 1
 *
 * A rotation R = c Q has F = c Q[:K], G = Q[:K]^T / c, b = 0.
 *
 * Adding a form of map: one file in amap/, one line in amap.c's menu. */
#ifndef AMAP_H
#define AMAP_H

#include <stddef.h>

struct amap;
struct arena;
struct rng;

struct amap_form {
    const char *name, *note;
    size_t (*params)(int m);                    /* how many */
    size_t (*room)(int m);                      /* doubles of private memory */
    int (*start)(struct amap *R, struct rng *r, struct arena *a);
    void (*forward)(struct amap *R);            /* params -> F, G, b, matrix */
    void (*back)(struct amap *R);               /* dF, dG, db -> dparams += */
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
};

extern const struct amap_form *const amap_menu[];       /* NULL-ended */
const struct amap_form *amap_find(const char *name);    /* NULL: EX_USAGE */

/* A map of m units, K exchanged, at its start (param = the form's start, base
 * drawn from r) and forwarded. NULL: memory. */
struct amap *amap_open(const struct amap_form *form, int m, int K,
                       struct rng *r, struct arena *a);

/* Zero dF, dG, db and dparam. */
void amap_zero(struct amap *R);

/* ---- the rotation, as it is stored ---- */

/* Q = base exp(A), all (m,m); c. Pointers into the map, valid after forward. */
struct rotation {
    double *Q, *A, *base, *c;
};
struct rotation amap_rotation(struct amap *R);

/* Make the map that of a stored Q and c (it keeps A = 0, base = Q). */
void amap_set_rotation(struct amap *R, const double *Q, double c);

#endif

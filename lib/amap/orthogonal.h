/* orthogonal.h - what maps R = c Q with an orthogonal Q share.
 *
 *     Q = base T(A)    F = c Q[:K]    G = Q[:K]^T / c    b = 0
 *
 * A is skew-symmetric and learnt, 0 at the start; base a random rotation,
 * fixed; c a scale, learnt, 1 at the start; T makes an orthogonal matrix of a
 * skew-symmetric one, T(A) = 1 + A + ... - so that a learning rate means the
 * same to every form. Parameters: the strict upper triangle of A row by row,
 * then c. A stored map is loaded from Q and c, as base = Q and A = 0; its base
 * and A tell where it was found.
 *
 * Such a form is its T: how Q comes of base and A, and dA of dQ. */
#ifndef ORTHOGONAL_H
#define ORTHOGONAL_H

#include "../amap.h"

/* The matrices of a map, (m,m) each. dQ has K rows. */
struct orthogonal {
    double *Q, *A, *base, *dQ, *dA;
    double *work;               /* of T                                      */
};
struct orthogonal orthogonal_of(const struct amap *R);

/* Of forward, before and after T: A from the parameters; F and G from Q. */
void orthogonal_in(struct amap *R);
void orthogonal_out(struct amap *R);

/* Of back, after and before T: dQ from dF and dG, with dA = 0; the gradient of
 * the parameters from dA, which need not be skew-symmetric. */
void orthogonal_out_back(struct amap *R);
void orthogonal_in_back(struct amap *R);

#define ORTHOGONAL_FORM \
    .convention = "r = R h = c Q h, h and r column vectors", \
    .parts = orthogonal_parts, .params = orthogonal_params, \
    .room = orthogonal_room, .start = orthogonal_start, \
    .at = orthogonal_at, .load = orthogonal_load

extern const struct amap_part orthogonal_parts[];
size_t orthogonal_params(int m);
size_t orthogonal_room(int m);
int orthogonal_start(struct amap *R, struct rng *r, struct arena *a);
double *orthogonal_at(const struct amap *R, int part);
int orthogonal_load(struct amap *R, int part, const double *x);

#endif

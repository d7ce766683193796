/* adam.h - Adam (Kingma & Ba 2015), as PyTorch's: no decay, no clipping. */
#ifndef ADAM_H
#define ADAM_H

#include <stddef.h>

#define ADAM_BETA1 0.9
#define ADAM_BETA2 0.999
#define ADAM_EPSILON 1e-8

/* Moments of n parameters; the caller owns the arrays. */
struct adam {
    size_t n;
    double t;                   /* steps made */
    double *m, *v;              /* (n) */
};

/* What corrects a moment's bias after t steps: 1 / (1 - beta^t). */
double adam_correction(double beta, double t);

/* w -= lr mhat / (sqrt(vhat) + epsilon), bias-corrected. */
void adam_step(struct adam *adam, double *w, const double *dw, double lr);

#endif

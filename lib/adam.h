/* adam.h - Adam (Kingma & Ba 2015), as PyTorch's: no decay, no clipping. */
#ifndef ADAM_H
#define ADAM_H

#include <stddef.h>

/* Moments of n parameters; the caller owns the arrays. */
struct adam {
    size_t n;
    double t;                   /* steps made */
    double *m, *v;              /* (n) */
};

/* w -= lr mhat / (sqrt(vhat) + 1e-8), betas 0.9 and 0.999, bias-corrected. */
void adam_step(struct adam *adam, double *w, const double *dw, double lr);

#endif

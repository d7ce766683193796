#include "adam.h"

#include <math.h>

void adam_step(struct adam *adam, double *w, const double *dw, double lr)
{
    const double b1 = 0.9, b2 = 0.999, eps = 1e-8;
    double *m = adam->m, *v = adam->v;

    adam->t++;
    double c1 = 1 / (1 - pow(b1, adam->t));
    double c2 = 1 / (1 - pow(b2, adam->t));
    for (size_t i = 0; i < adam->n; i++) {
        m[i] = b1 * m[i] + (1 - b1) * dw[i];
        v[i] = b2 * v[i] + (1 - b2) * dw[i] * dw[i];
        w[i] -= lr * m[i] * c1 / (sqrt(v[i] * c2) + eps);
    }
}

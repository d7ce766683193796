#include "adam.h"

#include <math.h>

double adam_correction(double beta, double t)
{
    return 1 / (1 - pow(beta, t));
}

void adam_step(struct adam *adam, double *w, const double *dw, double lr)
{
    const double b1 = ADAM_BETA1, b2 = ADAM_BETA2, eps = ADAM_EPSILON;
    double *m = adam->m, *v = adam->v;

    adam->t++;
    double c1 = adam_correction(b1, adam->t);
    double c2 = adam_correction(b2, adam->t);
    for (size_t i = 0; i < adam->n; i++) {
        m[i] = b1 * m[i] + (1 - b1) * dw[i];
        v[i] = b2 * v[i] + (1 - b2) * dw[i] * dw[i];
        w[i] -= lr * m[i] * c1 / (sqrt(v[i] * c2) + eps);
    }
}

#include "latent.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

const char *const latent_norms[] = { "relative", "l2", "l1", NULL };

enum latent_norm latent_norm_of(const char *name)
{
    int k = 0;

    while (latent_norms[k + 1] && strcmp(latent_norms[k], name))
        k++;
    return (enum latent_norm)k;
}

const char *latent_note(const char *name)
{
    static const char *const note[] = {
        "squared, in units of the variance of the target's states",
        "squared, as in the paper's equation 4",
        "Manhattan, as in the paper's text",
    };

    return note[latent_norm_of(name)];
}

static double dot(const real *x, const real *y, int m)
{
    double sum = 0;

    for (int i = 0; i < m; i++)
        sum += (double)x[i] * (double)y[i];
    return sum;
}

double latent_distance(const real *v, const real *x, int m)
{
    double sum = 0;

    for (int i = 0; i < m; i++)
        sum += ((double)v[i] - (double)x[i]) * ((double)v[i] - (double)x[i]);
    return sqrt(sum);
}

double latent_cosine(const real *v, const real *x, int m)
{
    double size = sqrt(dot(v, v, m) * dot(x, x, m));

    return size > 0 ? dot(v, x, m) / size : 0;
}

double latent_loss(real *dv, const real *v, const real *x, int m,
                   enum latent_norm norm, double s, double scale)
{
    double vv = dot(v, v, m), cosine = latent_cosine(v, x, m), sum = 0;
    double size = sqrt(vv * dot(x, x, m));
    bool l1 = norm == LATENT_L1;

    for (int i = 0; i < m; i++) {
        double u = (double)v[i] - (double)x[i];
        double du = l1 ? 0.5 * ((u > 0) - (u < 0)) : u / s;
        sum += 0.5 * (l1 ? fabs(u) : u * u / s);
        if (size > 0)
            du -= 0.5 * ((double)x[i] / size - cosine * (double)v[i] / vv);
        if (dv)
            dv[i] = (real)(scale * du);
    }
    return sum - 0.5 * cosine;
}

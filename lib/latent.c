#include "latent.h"

#include <math.h>

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

double latent_loss(real *dv, const real *v, const real *x, int m, bool l1,
                   double scale)
{
    double vv = dot(v, v, m), cosine = latent_cosine(v, x, m), norm = 0;
    double size = sqrt(vv * dot(x, x, m));

    for (int i = 0; i < m; i++) {
        double u = (double)v[i] - (double)x[i];
        double du = l1 ? 0.5 * ((u > 0) - (u < 0)) : u;
        norm += 0.5 * (l1 ? fabs(u) : u * u);
        if (size > 0)
            du -= 0.5 * ((double)x[i] / size - cosine * (double)v[i] / vv);
        if (dv)
            dv[i] = (real)(scale * du);
    }
    return norm - 0.5 * cosine;
}

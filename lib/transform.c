#include "transform.h"

#include "acts.h"
#include "amap.h"
#include "arena.h"
#include "err.h"
#include "store.h"

/* aligned (S,m) = F h + b, row by row. */
static void apply(real *aligned, const real *h, const struct amap *R,
                  size_t S)
{
    size_t m = (size_t)R->m;

    for (size_t row = 0; row < S; row++, h += m, aligned += m)
        for (size_t k = 0; k < m; k++) {
            double sum = R->b[k];
            for (size_t i = 0; i < m; i++)
                sum += R->F[k * m + i] * (double)h[i];
            aligned[k] = (real)sum;
        }
}

int transform_acts(struct store *s, const char *maps, const char *from,
                   const char *to, struct arena *a)
{
    const char *at;
    struct acts *x;
    struct amap *R;
    struct acts_site *site;
    real *aligned;
    int k;

    if (maps == NULL)
        return err_set(EX_USAGE, "--transform needs the maps of --apply");
    if (!(x = store_read_acts(s, from)) ||
        !(R = store_read_map(s, maps, x, &at, a)))
        return -1;
    if ((k = acts_site(x, at)) < 0)
        return err_set(EX_DATAERR, "%s: no states at site %s", from, at);
    site = &x->site[k];
    if (site->M != R->m)
        return err_set(EX_DATAERR, "%s: /states/%s: %d units, but the map of "
                       "%s has %d", from, at, site->M, x->system, R->m);
    aligned = arena_get(a, x->S * (size_t)R->m, sizeof *aligned);
    if (aligned == NULL)
        return -1;
    apply(aligned, site->states, R, x->S);
    x->nsites = 1;
    x->unit[0] = NULL;
    x->site[0] = (struct acts_site){ .name = "aligned", .M = R->m,
                                     .states = aligned };
    return store_write_acts(s, to, x);
}

#include "store_priv.h"

#include <assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "align.h"

/* The family that holds a map's part. */
static int family(const char *part)
{
    static const char under[] = "/systems/*/";
    const size_t n = sizeof under - 1;

    for (int i = 0; i < schema_alignment.nfields; i++) {
        const char *path = schema_alignment.field[i].path;
        if (strncmp(path, under, n) == 0 && strcmp(path + n, part) == 0)
            return i;
    }
    assert(!"a part without a line in alignment.def");
    return -1;
}

int store_put_maps(struct h5file *f, const struct align *x)
{
    for (int k = 0; k < x->nsystems; k++) {
        const struct acts *acts = x->system[k].acts;
        const struct amap *wide = x->system[k].R;
        const struct amap *R = wide->narrow ? wide->narrow : wide;
        const struct amap_part *part = R->form->parts;
        const int32_t *unit = wide->narrow ? wide->unit
            : acts->unit[acts_site(acts, x->plan.site)];
        size_t m = (size_t)R->m;
        struct h5shape line = { .rank = 1, .size = { m } };
        struct h5shape one = { .rank = 0 };
        char number[16];

        snprintf(number, sizeof number, "%d", k + 1);
        if ((unit && h5file_put_member(f, ALIGNMENT_units, number, &line,
                                       unit)) ||
            (acts->noise > 0 && h5file_put_member(f, ALIGNMENT_noise, number,
                                                  &one, &acts->noise)))
            return -1;
        for (int i = 0; part[i].name; i++) {
            struct h5shape shape = { .rank = (int)strlen(part[i].dims),
                                     .size = { m, m } };
            if (h5file_put_member(f, family(part[i].name), number, &shape,
                                  R->form->at(R, i)))
                return -1;
        }
    }
    return 0;
}

/* ---- reading maps ---- */

static const struct amap_form *find_form(struct h5file *f, const char *map)
{
    const struct amap_form *form = amap_find(map);

    if (!form)
        err_set(EX_DATAERR, "%s: attribute map: no form %s here",
                h5file_path(f), map);
    return form;
}

/* Part i of R, the map of system `number`. */
static int load_part(struct h5file *f, const char *number, struct amap *R,
                     int i, struct arena *a)
{
    const char *name = R->form->parts[i].name;
    const char *path = arena_text(a, "/systems/%s/%s", number, name);
    int field = family(name);
    struct h5shape shape;
    size_t n = 1;
    double *x;

    if (!path)
        return -1;
    if (!h5file_has_member(f, field, number))
        return err_set(EX_DATAERR, "%s: %s: missing, but map %s has it",
                       h5file_path(f), path, R->form->name);
    if (h5file_shape(f, field, number, &shape))
        return -1;
    for (int axis = 0; axis < shape.rank; axis++, n *= (size_t)R->m)
        if (shape.size[axis] != (size_t)R->m)
            return err_set(EX_DATAERR, "%s: %s: for %zu units, but the system "
                           "has %d", h5file_path(f), path, shape.size[axis],
                           R->m);
    if (!(x = h5file_load_member(f, field, number, a)) ||
        store_finite(f, path, x, n))
        return -1;
    return R->form->load(R, i, x) ? err_in("%s: %s", h5file_path(f), path) : 0;
}

/* The map of system `number`, which has m units. */
static struct amap *load_map(struct h5file *f, const char *number,
                             const struct amap_form *form, int m, int K,
                             struct arena *a)
{
    struct amap *R = amap_blank(form, m, K, a);

    for (int i = 0; R && form->parts[i].name; i++)
        if (load_part(f, number, R, i, a))
            return NULL;
    if (R)
        form->forward(R);
    return R;
}

/* The units that a stored map is of: m of them. NULL on error. */
static int32_t *load_units(struct h5file *f, const char *number, int *m,
                           struct arena *a)
{
    const char *path = arena_text(a, "/systems/%s/units", number);
    struct h5shape shape;
    int32_t *unit;

    if (!path || h5file_shape(f, ALIGNMENT_units, number, &shape) ||
        !(unit = h5file_load_member(f, ALIGNMENT_units, number, a)) ||
        store_ascending(f, path, unit, shape.size[0], INT32_MAX))
        return NULL;
    *m = (int)shape.size[0];
    return unit;
}

/* Refuse (EX_DATAERR) states at a site that m stored units are not of: other
 * units than these, or too few. */
static int check_units(const struct h5file *f, const char *number,
                       const struct acts *acts, int at, const int32_t *unit,
                       int m)
{
    const int32_t *own = acts->unit[at];
    int M = acts->site[at].M;
    bool fits = own ? m == M && !memcmp(unit, own, (size_t)m * sizeof *unit)
                    : m == 0 || unit[m - 1] < M;

    return fits ? 0 : err_set(EX_DATAERR, "%s: /systems/%s/units: not units of "
                              "these states", h5file_path(f), number);
}

/* The map of system `number` for the states at a site: its own units, or more
 * than the map is of. */
static struct amap *load_map_for(struct h5file *f, const char *number,
                                 const struct amap_form *form,
                                 const struct acts *acts, int at, int K,
                                 struct arena *a)
{
    struct amap *R;
    int32_t *unit;
    int m, M = acts->site[at].M;

    if (!h5file_has_member(f, ALIGNMENT_units, number))
        return load_map(f, number, form, M, K, a);
    if (!(unit = load_units(f, number, &m, a)) ||
        check_units(f, number, acts, at, unit, m))
        return NULL;
    if (K > m) {
        err_set(EX_DATAERR, "%s: attribute dims: %d, but system %s has %d "
                "units", h5file_path(f), K, number, m);
        return NULL;
    }
    R = load_map(f, number, form, m, K, a);
    return R && !acts->unit[at] ? amap_widen(R, unit, M, a) : R;
}

static int load_maps(struct store *s, struct h5file *f, struct align *x,
                     struct arena *a)
{
    const char *map = store_text(s, f, ALIGNMENT_map);
    const char *site = store_text(s, f, ALIGNMENT_site);
    const char *norm = store_text(s, f, ALIGNMENT_latent_norm);
    const struct alignment_models *row = h5file_load(f, ALIGNMENT_models, a);
    const struct amap_form *form;
    int32_t K;

    if (!map || !site || !norm || !row || h5file_get(f, ALIGNMENT_dims, &K) ||
        h5file_get(f, ALIGNMENT_lambda, &x->plan.lambda) ||
        !(form = find_form(f, map)))
        return -1;
    x->plan.latent_norm = latent_norm_of(norm);
    if (strcmp(latent_norms[x->plan.latent_norm], norm))
        return err_set(EX_DATAERR, "%s: attribute latent_norm: no norm %s here",
                       h5file_path(f), norm);
    if (strcmp(site, x->plan.site))
        return err_set(EX_DATAERR, "%s: attribute site: its maps are for %s, "
                       "not %s", h5file_path(f), site, x->plan.site);
    if (h5file_size(f, 'G') != (size_t)x->nsystems)
        return err_set(EX_DATAERR, "%s: /models: %zu systems, not %d",
                       h5file_path(f), h5file_size(f, 'G'), x->nsystems);
    for (int k = 0; k < x->nsystems; k++) {
        const struct acts *acts = x->system[k].acts;
        int at = acts_site(acts, site), m = at < 0 ? 0 : acts->site[at].M;
        char number[16];

        if (strcmp(row[k].name, acts->system))
            return err_set(EX_DATAERR, "%s: /models: system %d is %s, not %s",
                           h5file_path(f), k + 1, row[k].name, acts->system);
        if (!m)
            return acts_lacks_site(acts, site);
        if (K < 1 || K > m)
            return err_set(EX_DATAERR, "%s: attribute dims: %d is outside "
                           "1..%d", h5file_path(f), K, m);
        snprintf(number, sizeof number, "%d", k + 1);
        if (!(x->system[k].R = load_map_for(f, number, form, acts, at, K,
                                            a)))
            return -1;
    }
    x->plan.form = form->name;
    x->plan.K = K;
    return 0;
}

int store_read_maps(struct store *s, const char *path, struct align *x,
                    struct arena *a)
{
    struct h5file *f = store_in(s, path, &schema_alignment);
    int rc = f ? load_maps(s, f, x, a) : -1;

    if (f)
        h5file_shut(f);
    return rc;
}

/* The only row that holds: of these states where `exact`, else of their
 * system's name. *n: how many do. */
static const struct alignment_models *
only_row(const struct alignment_models *row, size_t G, const struct acts *acts,
         bool exact, int *n)
{
    const struct alignment_models *found = NULL;

    *n = 0;
    for (size_t k = 0; k < G; k++)
        if (!strcmp(exact ? row[k].activations_sha256 : row[k].name,
                    exact ? acts->sha256 : acts->system)) {
            found = &row[k];
            ++*n;
        }
    return *n == 1 ? found : NULL;
}

/* The system that these states are of: the one that was learnt from them, or,
 * of other states, the only one of that name. */
static const struct alignment_models *find_system(struct h5file *f,
                                                  const struct acts *acts,
                                                  struct arena *a)
{
    struct alignment_models *row = h5file_load(f, ALIGNMENT_models, a);
    size_t G = h5file_size(f, 'G');
    const struct alignment_models *found;
    int n;

    if (!row)
        return NULL;
    if ((found = only_row(row, G, acts, true, &n)) ||
        (found = only_row(row, G, acts, false, &n)))
        return found;
    if (n)
        err_set(EX_USAGE, "%s: %d systems are called %s, and these are not the "
                "states that one of them was learnt from", h5file_path(f), n,
                acts->system);
    else
        err_set(EX_DATAERR, "%s: /models: no system %s", h5file_path(f),
                acts->system);
    return NULL;
}

/* The map of a system as it is stored, all m coordinates of it; for these
 * states at a site (NULL: for any). */
static struct amap *load_whole(struct store *s, struct h5file *f,
                               const struct alignment_models *system,
                               const struct acts *acts, const char *site,
                               struct arena *a)
{
    const char *map = store_text(s, f, ALIGNMENT_map);
    const struct amap_form *form = map ? find_form(f, map) : NULL;
    const char *number = arena_text(a, "%d", system->system);
    int at = acts ? acts_site(acts, site) : -1, m = system->width;
    int32_t *unit;

    if (!form || !number)
        return NULL;
    if (h5file_has_member(f, ALIGNMENT_units, number) &&
        (!(unit = load_units(f, number, &m, a)) ||
         (at >= 0 && check_units(f, number, acts, at, unit, m))))
        return NULL;
    if (m < 1) {
        err_set(EX_DATAERR, "%s: /models: system %s has %d units",
                h5file_path(f), number, m);
        return NULL;
    }
    return load_map(f, number, form, m, m, a);
}

static struct amap *load_map_of(struct store *s, struct h5file *f,
                                const struct acts *acts, const char **site,
                                struct arena *a)
{
    const struct alignment_models *system = find_system(f, acts, a);

    return system && (*site = store_text(s, f, ALIGNMENT_site))
           ? load_whole(s, f, system, acts, *site, a) : NULL;
}

struct amap *store_read_map(struct store *s, const char *path,
                            const struct acts *acts, const char **site,
                            struct arena *a)
{
    struct h5file *f = store_in(s, path, &schema_alignment);
    struct amap *R = f ? load_map_of(s, f, acts, site, a) : NULL;

    if (f)
        h5file_shut(f);
    return R;
}

int store_check_maps(struct store *s, const char *path)
{
    struct h5file *f = store_in(s, path, &schema_alignment);
    struct alignment_models *row = f ? h5file_load(f, ALIGNMENT_models,
                                                   s->arena) : NULL;
    bool sound = row != NULL;

    for (size_t k = 0; sound && k < h5file_size(f, 'G'); k++)
        sound = load_whole(s, f, &row[k], NULL, NULL, s->arena) != NULL;
    if (f)
        h5file_shut(f);
    return sound ? 0 : -1;
}

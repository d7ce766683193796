#include "amap.h"

#include <assert.h>
#include <string.h>

#include "arena.h"
#include "err.h"

extern const struct amap_form amap_rotation_form;

const struct amap_form *const amap_menu[] = { &amap_rotation_form, NULL };

const struct amap_form *amap_find(const char *name)
{
    for (int i = 0; amap_menu[i]; i++)
        if (strcmp(amap_menu[i]->name, name) == 0)
            return amap_menu[i];
    err_set(EX_USAGE, "map '%s' is not one of rotation", name);
    return NULL;
}

struct amap *amap_open(const struct amap_form *form, int m, int K,
                       struct rng *r, struct arena *a)
{
    struct amap *R = arena_get(a, 1, sizeof *R);
    size_t km = (size_t)K * (size_t)m;

    assert(K >= 0 && K <= m);
    if (R == NULL)
        return NULL;
    *R = (struct amap){ .form = form, .m = m, .K = K, .n = form->params(m) };
    if (!(R->param = arena_get(a, R->n, sizeof(double))) ||
        !(R->dparam = arena_get(a, R->n, sizeof(double))) ||
        !(R->F = arena_get(a, km, sizeof(double))) ||
        !(R->G = arena_get(a, km, sizeof(double))) ||
        !(R->b = arena_get(a, (size_t)K, sizeof(double))) ||
        !(R->dF = arena_get(a, km, sizeof(double))) ||
        !(R->dG = arena_get(a, km, sizeof(double))) ||
        !(R->db = arena_get(a, (size_t)K, sizeof(double))) ||
        !(R->own = arena_get(a, form->room(m), sizeof(double))) ||
        form->start(R, r, a))
        return NULL;
    form->forward(R);
    return R;
}

void amap_zero(struct amap *R)
{
    size_t km = (size_t)R->K * (size_t)R->m;

    memset(R->dF, 0, km * sizeof(double));
    memset(R->dG, 0, km * sizeof(double));
    memset(R->db, 0, (size_t)R->K * sizeof(double));
    memset(R->dparam, 0, R->n * sizeof(double));
}

#include "amap.h"

#include <assert.h>
#include <string.h>

#include "arena.h"
#include "err.h"

/* The menu, a word a form: amap/NAME.c holds amap_NAME_form. */
#define FORMS FORM(rotation), FORM(cayley), FORM(affine)

#define FORM(name) amap_##name##_form
extern const struct amap_form FORMS;
#undef FORM

#define FORM(name) &amap_##name##_form
const struct amap_form *const amap_menu[] = { FORMS, NULL };
#undef FORM

#define FORM(name) #name
const char *const amap_names[] = { FORMS, NULL };
#undef FORM

const struct amap_form *amap_find(const char *name)
{
    for (int i = 0; amap_menu[i]; i++)
        if (strcmp(amap_menu[i]->name, name) == 0)
            return amap_menu[i];
    err_choice("map", name, amap_names);
    return NULL;
}

const char *amap_note(const char *name)
{
    return amap_find(name)->note;
}

struct amap *amap_blank(const struct amap_form *form, int m, int K,
                        struct arena *a)
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
        form->open(R, a))
        return NULL;
    return R;
}

struct amap *amap_open(const struct amap_form *form, int m, int K,
                       struct rng *r, struct arena *a)
{
    struct amap *R = amap_blank(form, m, K, a);

    if (R == NULL || form->start(R, r, a))
        return NULL;
    form->forward(R);
    return R;
}

struct amap *amap_widen(const struct amap *R, const int32_t *unit, int m,
                        struct arena *a)
{
    struct amap *S = arena_get(a, 1, sizeof *S);
    size_t K = (size_t)R->K, M = (size_t)m;

    assert(R->m <= m);
    if (S == NULL)
        return NULL;
    *S = (struct amap){ .form = R->form, .m = m, .K = R->K, .b = R->b,
                        .narrow = R, .unit = unit };
    if (!(S->F = arena_get(a, K * M, sizeof(double))) ||
        !(S->G = arena_get(a, K * M, sizeof(double))))
        return NULL;
    for (size_t i = 0; i < (size_t)R->m; i++)
        for (size_t k = 0; k < K; k++) {
            size_t at = (size_t)unit[i];
            assert(at < M);
            S->F[k * M + at] = R->F[k * (size_t)R->m + i];
            S->G[at * K + k] = R->G[i * K + k];
        }
    return S;
}

int amap_reach(const struct amap *R)
{
    return R->narrow ? R->narrow->m : R->m;
}

struct amap *amap_with_dims(const struct amap *R, int K, struct arena *a)
{
    struct amap *S;

    if (R->narrow)
        return (S = amap_with_dims(R->narrow, K, a))
               ? amap_widen(S, R->unit, R->m, a) : NULL;
    if (!(S = amap_blank(R->form, R->m, K, a)))
        return NULL;
    memcpy(S->param, R->param, R->n * sizeof *S->param);
    memcpy(S->own, R->own, R->form->room(R->m) * sizeof *S->own);
    S->form->forward(S);
    return S;
}

void amap_zero(struct amap *R)
{
    size_t km = (size_t)R->K * (size_t)R->m;

    memset(R->dF, 0, km * sizeof(double));
    memset(R->dG, 0, km * sizeof(double));
    memset(R->db, 0, (size_t)R->K * sizeof(double));
    memset(R->dparam, 0, R->n * sizeof(double));
}

double *amap_part(const struct amap *R, const char *name)
{
    for (int i = 0; R->form->parts[i].name; i++)
        if (strcmp(R->form->parts[i].name, name) == 0)
            return R->form->at(R, i);
    return NULL;
}

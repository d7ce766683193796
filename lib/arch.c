#include "arch.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "arena.h"
#include "err.h"
#include "rng.h"

extern const struct arch arch_gru, arch_lstm, arch_transformer,
    arch_three_part;

const struct arch *const arch_menu[] = {
    &arch_gru, &arch_lstm, &arch_transformer, &arch_three_part, NULL
};

const struct arch *arch_find(const char *name)
{
    const char *names[ARCHS + 1];

    for (int i = 0; arch_menu[i]; i++)
        if (strcmp(arch_menu[i]->name, name) == 0)
            return arch_menu[i];
    arch_names(names);
    err_choice("architecture", name, names);
    return NULL;
}

const char *arch_note(const char *name)
{
    return arch_find(name)->note;
}

void arch_names(const char *names[ARCHS + 1])
{
    int n = 0;

    for (; arch_menu[n]; n++) {
        assert(n < ARCHS);
        names[n] = arch_menu[n]->name;
    }
    names[n] = NULL;
}

int arch_site(const struct arch *arch, const char *name)
{
    for (int s = 0; arch->sites[s].name; s++)
        if (strcmp(arch->sites[s].name, name) == 0)
            return s;
    return -1;
}

size_t arch_size(const char *text, int C, int V)
{
    size_t factor = 0;

    for (; *text >= '0' && *text <= '9'; text++)
        factor = 10 * factor + (size_t)(*text - '0');
    assert(*text == 'C' || *text == 'V');
    return (factor ? factor : 1) * (size_t)(*text == 'C' ? C : V);
}

struct model *model_open(const struct arch *arch, int C, int V,
                         struct arena *a)
{
    struct model *m = arena_get(a, 1, sizeof *m);

    if ((arch->C && C != arch->C) || (arch->V && V != arch->V)) {
        err_set(EX_USAGE, "%s is of width %d and for %d tokens, not %d and %d",
                arch->name, arch->C, arch->V, C, V);
        return NULL;
    }
    if (arch->even && C % 2) {
        err_set(EX_USAGE, "width %d: a %s needs an even one", C, arch->name);
        return NULL;
    }
    if (m == NULL)
        return NULL;
    *m = (struct model){ .arch = arch, .C = C, .V = V };
    for (int i = 0; arch->params[i].name; i++) {
        const struct param *p = &arch->params[i];
        assert(i < ARCH_PARAMS);
        m->at[i] = m->P;
        m->P += arch_size(p->rows, C, V) *
                (p->cols ? arch_size(p->cols, C, V) : 1);
    }
    m->w = arena_get(a, m->P, sizeof *m->w);
    m->table = arena_get(a, arch->tables(m), sizeof *m->table);
    return m->w && m->table ? m : NULL;
}

int model_width(const struct model *m, int site)
{
    return (int)arch_size(m->arch->sites[site].width, m->C, m->V);
}

/* Uniform parameters lie between -limit and limit. */
static double limit_of(const struct param *p, int C, int V)
{
    switch (p->init) {
    case INIT_WIDTH:
        return 1 / sqrt((double)C);
    case INIT_FAN:
        return 1 / sqrt((double)arch_size(p->fan, C, V));
    case INIT_XAVIER:
        return sqrt(6 / (double)(arch_size(p->rows, C, V) +
                                 arch_size(p->cols, C, V)));
    default:
        return 0;
    }
}

bool arch_has_gate(const struct arch *arch)
{
    const struct param *p = arch->params;

    while (p->name && !p->gate)
        p++;
    return p->name;
}

static void draw_params(struct model *m, uint64_t seed, double chrono)
{
    const struct param *p = m->arch->params;

    for (uint32_t i = 0; p[i].name; i++) {
        struct rng r = rng_at(seed, RNG_INIT, 0, i);
        size_t end = p[i + 1].name ? m->at[i + 1] : m->P;
        double limit = limit_of(&p[i], m->C, m->V);
        for (size_t k = m->at[i]; k < end; k++)
            m->w[k] = (real)(p[i].init == INIT_NORMAL ? rng_normal(&r) :
                             p[i].init == INIT_ONE ? 1 :
                             limit * (2 * rng_unit(&r) - 1));
        if (p[i].gate && chrono > 1)
            for (int k = 0; k < m->C; k++)
                m->w[m->at[i] + (size_t)(p[i].gate - 1) * (size_t)m->C +
                     (size_t)k] += (real)log(1 + rng_unit(&r) * (chrono - 2));
    }
}

void model_draw(struct model *m, uint64_t seed, double chrono)
{
    if (m->arch->draw)
        m->arch->draw(m);
    else
        draw_params(m, seed, chrono);
    m->arch->prepare(m);
}

/* Counting sort, WINDOW lengths at a time. */
void tile_sort(uint32_t *order, size_t n, const int32_t *length, size_t T,
               uint32_t *spare)
{
    enum { WINDOW = 64 };
    size_t at[WINDOW + 1] = { 0 };

    memcpy(spare, order, n * sizeof *order);
    for (int32_t top = (int32_t)T; top >= 0 && at[0] < n; top -= WINDOW) {
        memset(at + 1, 0, sizeof at - sizeof *at);
        for (size_t i = 0; i < n; i++) {
            int32_t below = top - length[spare[i]];
            if (below >= 0 && below < WINDOW)
                at[below + 1]++;
        }
        for (int w = 0; w < WINDOW; w++)
            at[w + 1] += at[w];
        for (size_t i = 0; i < n; i++) {
            int32_t below = top - length[spare[i]];
            if (below >= 0 && below < WINDOW)
                order[at[below]++] = spare[i];
        }
        at[0] = at[WINDOW];
    }
    assert(at[0] == n);
}

int tile_open(struct tile *x, size_t T, struct arena *a)
{
    *x = (struct tile){ .length = arena_get(a, TILE, sizeof *x->length),
                        .token = arena_get(a, TILE * T, 1),
                        .counts = arena_get(a, TILE * T, 1) };
    return x->length && x->token && x->counts ? 0 : -1;
}

void tile_fill(struct tile *x, const struct sequences *from,
               const uint32_t *order, int B)
{
    x->B = B;
    x->T = from->length[order[0]];
    for (int b = 0; b < B; b++) {
        size_t at = order[b] * from->T;
        x->length[b] = from->length[order[b]];
        for (int t = 0; t < x->T; t++) {
            x->token[t * B + b] = from->tokens[at + (size_t)t];
            x->counts[t * B + b] = from->marked[at + (size_t)t] != 0;
        }
    }
}

int tile_active(const struct tile *x, int t)
{
    int n = x->B;

    while (n > 0 && x->length[n - 1] <= t)
        n--;
    return n;
}

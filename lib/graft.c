#include "graft.h"

#include <assert.h>
#include <math.h>
#include <string.h>

#include "arch.h"
#include "arena.h"
#include "err.h"
#include "names.h"
#include "spelling.h"
#include "weights.h"

static const char ours_have[] = "; ours have one layer, and Linear(C,4C), "
                                "GELU, Dropout, Linear(4C,V) as their head";

enum { NONE = -1, LONGEST = 1 << 10, WIDEST = 1 << 14, TOKENS = 1 << 12 };

/* Weights as one architecture sees them. */
struct match {
    const struct arch *arch;
    int C, V;                           /* V: of theirs                      */
    int faults;                         /* missing, of another shape, clash  */
    int clash;                          /* weight whose name is taken, NONE  */
    int weight[ARCH_PARAMS];            /* of each parameter, NONE           */
    const char **ours;                  /* (w->n) NULL: no parameter         */
};

/* ---- names and shapes ---- */

static int parameter(const struct arch *arch, const char *name)
{
    int i = 0;

    while (arch->params[i].name && strcmp(arch->params[i].name, name))
        i++;
    return i;
}

static int find_names(struct match *x, const struct weights *w,
                      const struct graft_plan *plan, struct arena *a)
{
    const struct param *params = x->arch->params;

    for (int i = 0; params[i].name; i++)
        x->weight[i] = NONE;
    x->clash = NONE;
    x->faults = 0;
    if (!(x->ours = arena_get(a, w->n, sizeof *x->ours)))
        return -1;
    for (size_t k = 0; k < w->n; k++) {
        int *at;
        if (!(x->ours[k] = spelling_ours(w->weight[k].name, plan->map,
                                         plan->nmap, params, a)))
            continue;
        at = &x->weight[parameter(x->arch, x->ours[k])];
        if (*at != NONE) {
            x->clash = (int)k;
            x->faults++;
        } else {
            *at = (int)k;
        }
    }
    return 0;
}

static bool shaped(const struct match *x, const struct param *p,
                   const struct weight *k)
{
    return x->C > 0 && k->rank == (p->cols ? 2 : 1) &&
           k->size[0] == arch_size(p->rows, x->C, x->V) &&
           (!p->cols || k->size[1] == arch_size(p->cols, x->C, x->V));
}

/* How well do the weights fit the architecture? */
static int hold(struct match *x, const struct weights *w,
                const struct graft_plan *plan, struct arena *a)
{
    const struct param *p = x->arch->params;

    if (find_names(x, w, plan, a))
        return -1;
    x->V = (int)plan->ntheirs;
    x->C = 0;
    for (int i = 0; p[i].name; i++)             /* the embedding says C      */
        if (x->weight[i] != NONE && p[i].cols && !strcmp(p[i].rows, "V") &&
            !strcmp(p[i].cols, "C") && w->weight[x->weight[i]].rank == 2 &&
            w->weight[x->weight[i]].size[1] <= WIDEST)
            x->C = (int)w->weight[x->weight[i]].size[1];
    for (int i = 0; p[i].name; i++)
        x->faults += x->weight[i] == NONE ||
                     !shaped(x, &p[i], &w->weight[x->weight[i]]);
    return 0;
}

/* Is a bare head left over, or a second layer? */
static bool has_other_shape(const struct match *x, const struct weights *w)
{
    for (size_t k = 0; k < w->n; k++)
        if (!x->ours[k] && (!strcmp(w->weight[k].name, "head.weight") ||
                            strstr(w->weight[k].name, "_l1")))
            return true;
    return false;
}

/* Say what the first fault is. */
static int explain(const struct match *x, const struct weights *w)
{
    const struct param *p = x->arch->params;
    const struct weight *k;
    int i = 0;

    if (x->clash != NONE) {
        i = parameter(x->arch, x->ours[x->clash]);
        return err_set(EX_DATAERR, "%s: both %s and %s would be %s; say which "
                       "by --map", w->path, w->weight[x->weight[i]].name,
                       w->weight[x->clash].name, p[i].name);
    }
    while (x->weight[i] != NONE && shaped(x, &p[i], &w->weight[x->weight[i]]))
        i++;
    if (x->weight[i] == NONE)
        return err_set(EX_DATAERR, "%s: %s: missing, of a %s; if it is called "
                       "otherwise, --map THEIRS=OURS%s", w->path, p[i].name,
                       x->arch->name, has_other_shape(x, w) ? ours_have : "");
    k = &w->weight[x->weight[i]];
    if (!k->rank)
        return err_set(EX_DATAERR, "%s: %s: no floats on one or two axes",
                       w->path, k->name);
    return err_set(EX_DATAERR, "%s: %s: (%zu%s%.0zu), but a %s has (%s%s%s) "
                   "with C = %d, V = %d", w->path, k->name, k->size[0],
                   k->rank > 1 ? "," : "", k->size[1], x->arch->name,
                   p[i].rows, p[i].cols ? "," : "",
                   p[i].cols ? p[i].cols : "", x->C, x->V);
}

/* The architecture asked for, or that with the fewest faults. */
static int choose(struct match *best, const struct weights *w,
                  const struct graft_plan *plan, struct arena *a)
{
    *best = (struct match){ .arch = NULL };
    if (plan->arch && plan->arch->draw) {
        err_set(EX_USAGE, "--arch %s: built by hand, never imported",
                plan->arch->name);
        return -1;
    }
    for (int i = 0; arch_menu[i]; i++) {
        struct match x = { .arch = arch_menu[i] };
        if (x.arch->draw || (plan->arch && plan->arch != x.arch))
            continue;
        if (hold(&x, w, plan, a))
            return -1;
        if (!best->arch || x.faults < best->faults)
            *best = x;
    }
    assert(best->arch);
    return best->faults ? explain(best, w) : 0;
}

/* ---- tokens ---- */

static int position(const char *const *token, size_t n, const char *name)
{
    for (size_t v = 0; v < n; v++)
        if (!strcmp(token[v], name))
            return (int)v;
    return NONE;
}

/* Their number of each of our tokens, ours of each of theirs. */
static int match_tokens(int *theirs, int *ours, const struct weights *w,
                        const struct graft_plan *plan)
{
    if (plan->ntheirs > TOKENS)
        return err_set(EX_DATAERR, "%s: its vocabulary has %zu tokens, more "
                       "than %d", w->path, plan->ntheirs, TOKENS);
    for (int v = 0; v < plan->V; v++)
        if ((theirs[v] = position(plan->theirs, plan->ntheirs,
                                  plan->token[v])) == NONE)
            return err_set(EX_DATAERR, "%s: its vocabulary has no token %s",
                           w->path, plan->token[v]);
    for (size_t u = 0; u < plan->ntheirs; u++) {
        ours[u] = position(plan->token, (size_t)plan->V, plan->theirs[u]);
        if (position(plan->theirs, plan->ntheirs, plan->theirs[u]) != (int)u)
            return err_set(EX_DATAERR, "%s: its vocabulary has the token %s "
                           "twice", w->path, plan->theirs[u]);
    }
    return 0;
}

/* Are the parameters numbers? What is none of ours may hold anything, such as
 * a mask of -inf. */
static int check_finite(const struct match *x, const struct weights *w)
{
    for (int i = 0; x->arch->params[i].name; i++) {
        const struct weight *k = &w->weight[x->weight[i]];
        size_t at = 0;
        if (k->finite)
            continue;
        while (isfinite(k->x[at]))
            at++;
        return err_set(EX_DATAERR, "%s: %s: not finite (or beyond single "
                       "precision) at %zu", w->path, k->name, at);
    }
    return 0;
}

static int say_unused(struct graft_result *y, const struct match *x,
                      const int *ours, const struct weights *w,
                      const struct graft_plan *plan, struct arena *a)
{
    struct names weights = { .arena = a }, tokens = { .arena = a };

    for (size_t k = 0; k < w->n; k++)
        if (!x->ours[k] && names_add(&weights, "%s", w->weight[k].name))
            return -1;
    for (size_t u = 0; u < plan->ntheirs; u++)
        if (ours[u] == NONE && names_add(&tokens, "%s", plan->theirs[u]))
            return -1;
    y->unused = names_text(&weights);
    y->unknown = names_text(&tokens);
    return y->unused && y->unknown ? 0 : -1;
}

/* ---- values ---- */

static void copy(struct model *m, const struct match *x, const int *theirs,
                 const struct weights *w)
{
    const struct param *p = m->arch->params;

    for (int i = 0; p[i].name; i++) {
        const float *from = w->weight[x->weight[i]].x;
        size_t n = p[i].cols ? arch_size(p[i].cols, m->C, m->V) : 1;
        size_t rows = arch_size(p[i].rows, m->C, m->V);
        bool tokens = !strcmp(p[i].rows, "V");
        for (size_t r = 0; r < rows; r++)
            for (size_t k = 0; k < n; k++)
                m->w[m->at[i] + r * n + k] =
                    (real)from[(tokens ? (size_t)theirs[r] : r) * n + k];
    }
    m->arch->prepare(m);
}

/* ---- the golden vector ---- */

/* Where a batch of golden sequences goes through the model. */
struct trial {
    struct tile tile;
    struct outcome y;
    real *work;
};

static int open_trial(struct trial *t, const struct model *m, size_t T,
                      struct arena *a)
{
    t->y.T = (int)T;
    return tile_open(&t->tile, T + 1, a) ||
           !(t->y.loss = arena_get(a, TILE, sizeof *t->y.loss)) ||
           !(t->y.wrong = arena_get(a, TILE, sizeof *t->y.wrong)) ||
           !(t->y.logits = arena_get(a, TILE * T * (size_t)m->V,
                                     sizeof *t->y.logits)) ||
           !(t->work = arena_get(a, m->arch->room(m, TILE, (int)T + 1),
                                 sizeof *t->work)) ? -1 : 0;
}

/* Sequences first.. of the golden vector, in our tokens; one more token ends
 * each, so that all of theirs predict. */
static void run_trial(struct trial *t, const struct model *m,
                      const struct golden *g, const int *ours, size_t first)
{
    struct tile *x = &t->tile;

    x->B = (int)(g->B - first < TILE ? g->B - first : TILE);
    x->T = (int)g->T + 1;
    for (int b = 0; b < x->B; b++) {
        x->length[b] = x->T;
        for (size_t s = 0; s < g->T; s++)
            x->token[s * (size_t)x->B + (size_t)b] =
                (uint8_t)ours[g->token[(first + (size_t)b) * g->T + s]];
    }
    m->arch->train(m, x, NULL, 0, NULL, &t->y, t->work);
}

static int check_golden_tokens(const int *ours, const struct weights *w,
                               const struct graft_plan *plan)
{
    const struct golden *g = &w->golden;

    if (g->V != plan->ntheirs || g->T < 1 || g->T > LONGEST)
        return err_set(EX_DATAERR, "%s: golden logits are of %zu steps and %zu "
                       "tokens, not of at most %d and %zu", w->path, g->T,
                       g->V, LONGEST, plan->ntheirs);
    for (size_t i = 0; i < g->B * g->T; i++)
        if (g->token[i] < 0 || (size_t)g->token[i] >= plan->ntheirs ||
            ours[g->token[i]] == NONE)
            return err_set(EX_DATAERR, "%s: golden sequence %zu, step %zu: "
                           "token %d is none of ours", w->path, i / g->T,
                           i % g->T, g->token[i]);
    return 0;
}

static int check_golden(struct graft_result *y, const int *theirs,
                        const int *ours, const struct weights *w,
                        const struct graft_plan *plan, struct arena *a)
{
    const struct model *m = y->model;
    const struct golden *g = &w->golden;
    struct trial t = { .work = NULL };

    if (check_golden_tokens(ours, w, plan) || open_trial(&t, m, g->T, a))
        return -1;
    y->worst = -1;
    for (size_t i = 0; i < g->B * g->T; i++) {
        const real *logit = t.y.logits + i % (TILE * g->T) * (size_t)m->V;
        if (i % (TILE * g->T) == 0)
            run_trial(&t, m, g, ours, i / g->T);
        for (int v = 0; v < m->V; v++) {
            double off = fabs((double)logit[v] -
                              g->logit[i * g->V + (size_t)theirs[v]]);
            if (off > y->worst || isnan(off)) {
                y->worst = off;
                y->sequence = i / g->T, y->step = i % g->T, y->token = v;
            }
        }
    }
    return y->worst <= GRAFT_TOLERANCE ? 0 :
           err_set(EX_DATAERR, "%s: not the model that gave the golden logits: "
                   "at sequence %zu, step %zu, token %s they differ by %.3g "
                   "(in eval mode?)%s%.200s%s", w->path, y->sequence, y->step,
                   plan->token[y->token], y->worst,
                   *y->unused ? "; not taken: " : "", y->unused,
                   strstr(y->unused, "_l1") ? ours_have : "");
}

int graft(struct graft_result *y, const struct weights *w,
          const struct graft_plan *plan, struct arena *a)
{
    int *theirs = arena_get(a, (size_t)plan->V, sizeof *theirs);
    int *ours = arena_get(a, plan->ntheirs, sizeof *ours);
    struct match x;

    *y = (struct graft_result){ .model = NULL };
    if (!theirs || !ours || match_tokens(theirs, ours, w, plan) ||
        choose(&x, w, plan, a) || check_finite(&x, w) ||
        say_unused(y, &x, ours, w, plan, a))
        return -1;
    if (!(y->model = model_open(x.arch, x.C, plan->V, a)))
        return err_code() == EX_USAGE
               ? err_set(EX_DATAERR, "%s: %s", w->path, err_text()) : -1;
    copy(y->model, &x, theirs, w);
    return check_golden(y, theirs, ours, w, plan, a);
}

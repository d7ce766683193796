/* The input's share of the gates is a table over tokens, since a token is all
 * that x can be. Rows are packed: those of step t follow those of step t - 1
 * in every (R,...) array. */
#include "recurrent.h"

#include <string.h>

#include "../kern.h"

struct net recurrent_net(const struct model *m)
{
    const struct cell *cell = m->arch->cell;
    int C = m->C;
    struct net x = { .m = m, .cell = cell, .C = C, .G = cell->gates * C,
                     .N = cell->summed * C, .S = cell->state * C,
                     .K = cell->kept * C, .input = m->table };

    x.W_ih = x.input + m->V * x.G;
    x.W_hh = x.W_ih + C * x.G;
    x.bias = x.W_hh + C * x.G;
    x.head = x.bias + x.G;
    return x;
}

size_t recurrent_tables(const struct model *m)
{
    size_t C = (size_t)m->C, G = (size_t)m->arch->cell->gates * C;

    return (size_t)m->V * G + 2 * C * G + G + head_tables(m->C, m->V);
}

void recurrent_prepare(struct model *m)
{
    struct net x = recurrent_net(m);
    const real *b_ih = m->w + m->at[B_IH], *b_hh = m->w + m->at[B_HH];

    kern_transpose(x.W_ih, m->w + m->at[W_IH], x.G, x.C);
    kern_transpose(x.W_hh, m->w + m->at[W_HH], x.G, x.C);
    for (int i = 0; i < x.G; i++)
        x.bias[i] = i < x.N ? b_ih[i] + b_hh[i] : b_ih[i];
    kern_affine(x.input, m->w + m->at[EMBEDDING], x.W_ih, x.bias, m->V, x.G,
                x.C);
    head_prepare(m, RECURRENT_HEAD, x.head);
}

/* ---- the workspace of a tile ---- */

struct space {
    real *s, *ds;               /* (R,S)                                     */
    real *keep;                 /* (R,K)                                     */
    real *g, *gx;               /* (B,G) of one step                         */
    real *zero, *back;          /* (B,S) the state before B; of one step     */
    real *dtable;               /* (V,G)                                     */
    real *head;
    struct head_rows rows;      /* (R) what the head sees                    */
};

size_t recurrent_room(const struct model *m, int B, int T)
{
    const struct cell *cell = m->arch->cell;
    size_t b = (size_t)B, R = b * (size_t)(T + 1), C = (size_t)m->C;
    size_t G = (size_t)cell->gates * C, S = (size_t)cell->state * C;
    size_t K = (size_t)cell->kept * C;

    /* T + 1: go_on may enter through a step of its own. */
    return R * (2 * S + K) + b * (2 * G + 2 * S) + (size_t)m->V * G +
           head_room(m->C, m->V) + head_rows_room(R);
}

static struct space cut(const struct net *x, int B, int T, real *work)
{
    size_t b = (size_t)B, R = b * (size_t)T, G = (size_t)x->G;
    size_t S = (size_t)x->S;
    struct space s = { .s = work };

    s.ds = s.s + R * S;
    s.keep = s.ds + R * S;
    s.g = s.keep + R * (size_t)x->K;
    s.gx = s.g + b * G;
    s.zero = s.gx + b * G;
    s.back = s.zero + b * S;
    s.dtable = s.back + b * S;
    s.head = s.dtable + (size_t)x->m->V * G;
    memset(s.zero, 0, b * S * sizeof *s.zero);
    s.rows = head_rows_open(s.s, x->S, R, s.head + head_room(x->C, x->m->V));
    return s;
}

/* Loss and hits of the rows added; ds (rows,S) its gradient, NULL: evaluate
 * only. */
static void read_out(const struct net *x, const struct space *s, int rows,
                     const struct dropout *drop, real scale, real *ds,
                     real *dw, const struct outcome *y, int B)
{
    memset(y->loss, 0, (size_t)B * sizeof *y->loss);
    memset(y->wrong, 0, (size_t)B * sizeof *y->wrong);
    if (ds)
        memset(ds, 0, (size_t)(rows * x->S) * sizeof *ds);
    head_run(x->m, RECURRENT_HEAD, x->head, &s->rows, drop, scale, ds, dw, y,
             s->head);
}

/* One cell step for n rows: s (n,S) from s0 (n,S), input rows of `table`
 * chosen by token. */
static void step(const struct net *x, real *s, real *keep, const real *table,
                 const uint8_t *token, const real *s0, real *g, int n)
{
    const real *bn = x->m->w + x->m->at[B_HH] + x->N;

    kern_mul_ld(g, x->G, s0, x->S, x->W_hh, x->G, n, x->G, x->C, false);
    x->cell->step(s, keep, table, token, g, bn, s0, n, x->C);
}

/* ds0 (n,S) = what ds (n,S) says of the state before; dgh stays in s->g, the
 * gradient of the input's gates that are not summed in dxn if wanted. */
static void step_back(const struct net *x, const struct space *s, real *dxn,
                      real *ds0, const real *ds, const real *keep, int n)
{
    x->cell->back(s->g, dxn, ds0, ds, keep, n, x->C);
    kern_mul_ld(ds0, x->S, s->g, x->G, x->m->w + x->m->at[W_HH], x->C, n, x->C,
                x->G, true);
}

/* ---- record ---- */

void recurrent_record(const struct model *m, const struct tile *tile,
                      real *const *states, real *work)
{
    struct net x = recurrent_net(m);
    struct space s = cut(&x, tile->B, 1, work);
    const real *embedding = m->w + m->at[EMBEDDING], *s0 = s.zero;
    real *e = states[SITE_EMBEDDING], *to = states[SITE_HIDDEN];
    int C = x.C;

    for (int k = 0; k < tile->T; k++) {
        const uint8_t *token = tile->token + k * tile->B;
        int n = tile_active(tile, k);
        for (int b = 0; b < n; b++, e += C)
            memcpy(e, embedding + token[b] * C, (size_t)C * sizeof *e);
        step(&x, to, NULL, x.input, token, s0, s.g, n);
        s0 = to;
        to += n * x.S;
    }
}

/* ---- train ---- */

/* Gradients of all parameters of the cell at one step. */
static void add_weights(const struct net *x, const struct space *s,
                        const real *dxn, const uint8_t *token,
                        const real *s0, real *dw, int n)
{
    const size_t *at = x->m->at;
    int G = x->G, N = x->N;

    kern_mul_tn_ld(dw + at[W_HH], x->C, s->g, G, s0, x->S, G, x->C, n, true);
    kern_add_rows(dw + at[B_HH], s->g, G, n, G);
    for (int b = 0; b < n; b++) {
        real *d = s->dtable + token[b] * G;
        for (int i = 0; i < N; i++)
            d[i] += s->g[b * G + i];
        for (int i = N; i < G; i++)
            d[i] += dxn[b * (G - N) + i - N];
    }
}

void recurrent_train(const struct model *m, const struct tile *tile,
                     const struct dropout *drop, real scale, real *dw,
                     const struct outcome *y, real *work)
{
    struct net x = recurrent_net(m);
    struct space s = cut(&x, tile->B, tile->T, work);
    int C = x.C, G = x.G, S = x.S, B = tile->B, last = tile->T - 2;
    int n = 0, at = 0;
    const real *s0 = s.zero;

    for (int k = 0; k <= last; k++, at += n) {
        const uint8_t *next = tile->token + (k + 1) * B;
        n = tile_active(tile, k + 1);
        step(&x, s.s + at * S, dw ? s.keep + at * x.K : NULL, x.input,
             tile->token + k * B, s0, s.g, n);
        for (int b = 0; b < n; b++)
            head_add(&s.rows, at + b, b, k, next[b],
                     tile->counts[(k + 1) * B + b]);
        s0 = s.s + at * S;
    }
    read_out(&x, &s, at, drop, scale, dw ? s.ds : NULL, dw, y, B);
    if (dw == NULL)
        return;

    memset(s.dtable, 0, (size_t)(m->V * G) * sizeof *s.dtable);
    for (int k = last; k >= 0; k--) {
        n = tile_active(tile, k + 1);
        at -= n;
        int before = k ? at - tile_active(tile, k) : 0;
        step_back(&x, &s, s.gx, s.back, s.ds + at * S, s.keep + at * x.K, n);
        add_weights(&x, &s, s.gx, tile->token + k * B,
                    k ? s.s + before * S : s.zero, dw, n);
        if (k)
            for (int i = 0; i < n * S; i++)
                s.ds[before * S + i] += s.back[i];
    }
    kern_mul_tn(dw + m->at[W_IH], s.dtable, m->w + m->at[EMBEDDING], G, C,
                m->V, true);
    kern_mul(dw + m->at[EMBEDDING], s.dtable, m->w + m->at[W_IH], m->V, C, G,
             true);
    kern_add_rows(dw + m->at[B_IH], s.dtable, G, m->V, G);
}

/* ---- go on ---- */

/* The state after a cell whose input is v instead of an embedding: to (B,S). */
static void enter(const struct net *x, struct space *s, const real *v,
                  const struct past *past, real *to, real *keep, int B)
{
    for (int b = 0; b < B; b++)
        if (past->step[b] > 0)
            memcpy(s->zero + b * x->S, past->states[SITE_HIDDEN] +
                   (past->row[b] - 1) * x->S, (size_t)x->S * sizeof *to);
    kern_affine(s->gx, v, x->W_ih, x->bias, B, x->G, x->C);
    for (int b = 0; b < B; b++)
        s->rows.label[b] = (uint8_t)b;
    step(x, to, keep, s->gx, s->rows.label, s->zero, s->g, B);
}

/* dv (B,C) from the gradient ds (B,S) of the state after that cell. */
static void enter_back(const struct net *x, struct space *s, real *dv,
                       const real *ds, const real *keep, int B)
{
    int rest = x->G - x->N;

    x->cell->back(s->g, s->gx, s->back, ds, keep, B, x->C);
    for (int b = 0; b < B; b++)
        memcpy(s->g + b * x->G + x->N, s->gx + b * rest,
               (size_t)rest * sizeof *s->g);
    kern_mul(dv, s->g, x->m->w + x->m->at[W_IH], B, x->C, x->G, false);
}

void recurrent_go_on(const struct model *m, int site, const real *v,
                     const struct past *past, const struct tile *tile,
                     real scale, real *dv, const struct outcome *y,
                     real *work)
{
    struct net x = recurrent_net(m);
    struct space s = cut(&x, tile->B, tile->T + 1, work);
    int S = x.S, K = x.K, B = tile->B, n, at = 0;
    real *keep = dv ? s.keep : NULL;
    real *enter_keep = keep ? keep + B * tile->T * K : NULL;

    if (site == SITE_HIDDEN)
        memcpy(s.s, v, (size_t)(B * S) * sizeof *v);
    else
        enter(&x, &s, v, past, s.s, enter_keep, B);
    for (int k = 0; k < tile->T; k++) {
        n = tile_active(tile, k);
        for (int b = 0; b < n; b++)
            if (tile->counts[k * B + b])
                head_add(&s.rows, at + b, b, k, tile->token[k * B + b], 1);
        int next = tile_active(tile, k + 1);
        if (next)
            step(&x, s.s + (at + n) * S, keep ? keep + (at + n) * K : NULL,
                 x.input, tile->token + k * B, s.s + at * S, s.g, next);
        at += n;
    }
    read_out(&x, &s, at, NULL, scale, dv ? s.ds : NULL, NULL, y, B);
    if (dv == NULL)
        return;

    for (int k = tile->T - 1; k > 0; k--) {
        n = tile_active(tile, k);
        at -= n;
        int before = at - tile_active(tile, k - 1);
        step_back(&x, &s, NULL, s.back, s.ds + at * S, keep + at * K, n);
        for (int i = 0; i < n * S; i++)
            s.ds[before * S + i] += s.back[i];
    }
    if (site == SITE_HIDDEN)
        memcpy(dv, s.ds, (size_t)(B * S) * sizeof *dv);
    else
        enter_back(&x, &s, dv, s.ds, enter_keep, B);
}

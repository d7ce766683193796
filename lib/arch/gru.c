/* gru - embedding, one GRU cell, head; the state is h (C).
 *
 *     r = s(W_ir x + b_ir + W_hr h + b_hr)
 *     z = s(W_iz x + b_iz + W_hz h + b_hz)
 *     n = tanh(W_in x + b_in + r (W_hn h + b_hn))
 *     h' = (1 - z) n + z h
 *
 * The input's share is a table over tokens, since a token is all that x can
 * be. Rows are packed: those of step t follow those of step t - 1 in every
 * (R,...) array. */
#include <string.h>

#include "../head.h"
#include "../kern.h"

enum { EMBEDDING, W_IH, W_HH, B_IH, B_HH, HEAD };       /* parameters */
enum { SITE_EMBEDDING, SITE_HIDDEN };

static const struct param params[] = {
    { "embedding.weight", "V", "C", INIT_NORMAL, NULL, 0 },
    { "rnn.weight_ih_l0", "3C", "C", INIT_WIDTH, NULL, 0 },
    { "rnn.weight_hh_l0", "3C", "C", INIT_WIDTH, NULL, 0 },
    { "rnn.bias_ih_l0", "3C", NULL, INIT_WIDTH, NULL, 2 },
    { "rnn.bias_hh_l0", "3C", NULL, INIT_WIDTH, NULL, 0 },
    HEAD_PARAMS,
    { .name = NULL }
};

static const struct site sites[] = {
    { "embedding", "C" },
    { "hidden", "C" },
    { .name = NULL }
};

/* ---- tables of the parameters ---- */

struct tables {
    real *input;                /* (V,3C) W_ih x + b_ih, + b_hh for r and z  */
    real *W_ih, *W_hh;          /* (C,3C) transposed                         */
    real *bias;                 /* (3C) what `input` adds                    */
    real *head;
};

static struct tables tables_of(const struct model *m)
{
    int C = m->C;
    struct tables t = { .input = m->table };

    t.W_ih = t.input + m->V * 3 * C;
    t.W_hh = t.W_ih + 3 * C * C;
    t.bias = t.W_hh + 3 * C * C;
    t.head = t.bias + 3 * C;
    return t;
}

static size_t tables(const struct model *m)
{
    size_t C = (size_t)m->C;

    return (size_t)m->V * 3 * C + 6 * C * C + 3 * C +
           head_tables(m->C, m->V);
}

static void prepare(struct model *m)
{
    struct tables t = tables_of(m);
    const real *b_ih = m->w + m->at[B_IH], *b_hh = m->w + m->at[B_HH];
    int C = m->C, V = m->V;

    kern_transpose(t.W_ih, m->w + m->at[W_IH], 3 * C, C);
    kern_transpose(t.W_hh, m->w + m->at[W_HH], 3 * C, C);
    for (int i = 0; i < 3 * C; i++)
        t.bias[i] = i < 2 * C ? b_ih[i] + b_hh[i] : b_ih[i];
    kern_fill_rows(t.input, t.bias, V, 3 * C);
    kern_mul(t.input, m->w + m->at[EMBEDDING], t.W_ih, V, 3 * C, C, 1);
    head_prepare(m, HEAD, t.head);
}

/* ---- the workspace of a tile ---- */

struct space {
    real *h, *dh;               /* (R,C)                                     */
    real *keep;                 /* (R,5,C)                                   */
    real *g, *gx;               /* (B,3C) of one step                        */
    real *dtable;               /* (V,3C)                                    */
    real *zero;                 /* (B,C) the state before B                  */
    real *head;
    struct head_rows rows;      /* what the head sees: arrays below          */
    int *where, *row, *position;        /* (R)                               */
    uint8_t *label, *counts;            /* (R)                               */
};

static size_t room(const struct model *m, int B, int T)
{
    size_t b = (size_t)B, R = b * (size_t)(T + 1), C = (size_t)m->C;

    /* T + 1: go_on may enter through a step of its own. The ints and bytes of
     * the head's rows take at most 4 reals a row. */
    return R * 7 * C + b * 7 * C + (size_t)m->V * 3 * C +
           head_room(m->C, m->V) + R * 4;
}

static struct space cut(const struct model *m, int B, int T, real *work)
{
    size_t b = (size_t)B, R = b * (size_t)T, C = (size_t)m->C;
    struct space s = { .h = work };

    s.dh = s.h + R * C;
    s.keep = s.dh + R * C;
    s.g = s.keep + R * 5 * C;
    s.gx = s.g + b * 3 * C;
    s.zero = s.gx + b * 3 * C;
    s.dtable = s.zero + b * C;
    s.head = s.dtable + (size_t)m->V * 3 * C;
    s.where = (void *)(s.head + head_room(m->C, m->V));
    s.row = s.where + R;
    s.position = s.row + R;
    s.label = (uint8_t *)(s.position + R);
    s.counts = s.label + R;
    memset(s.zero, 0, b * C * sizeof *s.zero);
    s.rows = (struct head_rows){
        .h = s.h, .where = s.where, .stride = m->C, .label = s.label,
        .row = s.row, .counts = s.counts, .position = s.position,
    };
    return s;
}

static void add_row(struct space *s, int where, int row, int position,
                    int label, int counts)
{
    int n = s->rows.n++;

    s->where[n] = where;
    s->row[n] = row;
    s->position[n] = position;
    s->label[n] = (uint8_t)label;
    s->counts[n] = (uint8_t)counts;
}

/* One cell step for n rows: h (n,C) from h0 (n,C), input rows of `table`
 * chosen by token. */
static void step(const struct model *m, const struct tables *t, real *h,
                 real *keep, const real *table, const uint8_t *token,
                 const real *h0, real *g, int n)
{
    int C = m->C;

    kern_mul(g, h0, t->W_hh, n, 3 * C, C, 0);
    kern_gru(h, keep, table, token, g, m->w + m->at[B_HH] + 2 * C, h0, n, C);
}

/* dh0 (n,C) = what dh (n,C) says of the state before; dgh stays in s->g, the
 * gradient of x.n in dxn if wanted. */
static void step_back(const struct model *m, const struct space *s, real *dxn,
                      real *dh0, const real *dh, const real *keep, int n)
{
    int C = m->C;

    kern_gru_back(s->g, dxn, dh0, dh, keep, n, C);
    kern_mul(dh0, s->g, m->w + m->at[W_HH], n, C, 3 * C, 1);
}

/* ---- record ---- */

static void record(const struct model *m, const struct tile *x,
                   real *const *states, real *work)
{
    struct tables t = tables_of(m);
    struct space s = cut(m, x->B, 1, work);
    const real *embedding = m->w + m->at[EMBEDDING], *h0 = s.zero;
    real *e = states[SITE_EMBEDDING], *h = states[SITE_HIDDEN];
    int C = m->C;

    for (int k = 0; k < x->T; k++) {
        const uint8_t *token = x->token + k * x->B;
        int n = tile_active(x, k);
        for (int b = 0; b < n; b++, e += C)
            memcpy(e, embedding + token[b] * C, (size_t)C * sizeof *e);
        step(m, &t, h, NULL, t.input, token, h0, s.g, n);
        h0 = h;
        h += n * C;
    }
}

/* ---- train ---- */

/* Gradients of all parameters of the cell at one step. */
static void add_weights(const struct model *m, const struct space *s,
                        const real *dxn, const uint8_t *token,
                        const real *h0, real *dw, int n)
{
    int C = m->C;

    kern_mul_tn(dw + m->at[W_HH], s->g, h0, 3 * C, C, n);
    kern_add_rows(dw + m->at[B_HH], s->g, n, 3 * C);
    for (int b = 0; b < n; b++) {
        real *d = s->dtable + token[b] * 3 * C;
        for (int i = 0; i < 2 * C; i++)
            d[i] += s->g[b * 3 * C + i];
        for (int i = 0; i < C; i++)
            d[2 * C + i] += dxn[b * C + i];
    }
}

static void train(const struct model *m, const struct tile *x,
                  const struct dropout *drop, real scale, real *dw,
                  const struct outcome *y, real *work)
{
    struct tables t = tables_of(m);
    struct space s = cut(m, x->B, x->T, work);
    int C = m->C, B = x->B, n = 0, at = 0, last = x->T - 2;
    const real *h0 = s.zero;

    memset(y->loss, 0, (size_t)B * sizeof *y->loss);
    memset(y->wrong, 0, (size_t)B * sizeof *y->wrong);
    for (int k = 0; k <= last; k++, at += n) {
        const uint8_t *next = x->token + (k + 1) * B;
        n = tile_active(x, k + 1);
        step(m, &t, s.h + at * C, dw ? s.keep + at * 5 * C : NULL, t.input,
             x->token + k * B, h0, s.g, n);
        for (int b = 0; b < n; b++)
            add_row(&s, at + b, b, k, next[b], x->counts[(k + 1) * B + b]);
        h0 = s.h + at * C;
    }
    head_run(m, HEAD, t.head, &s.rows, drop, scale, dw ? s.dh : NULL, dw, y,
             s.head);
    if (dw == NULL)
        return;

    real *dxn = s.gx, *back = s.gx + B * C;
    memset(s.dtable, 0, (size_t)m->V * 3 * (size_t)C * sizeof *s.dtable);
    for (int k = last; k >= 0; k--) {
        n = tile_active(x, k + 1);
        at -= n;
        int before = k ? at - tile_active(x, k) : 0;
        step_back(m, &s, dxn, back, s.dh + at * C, s.keep + at * 5 * C, n);
        add_weights(m, &s, dxn, x->token + k * B,
                    k ? s.h + before * C : s.zero, dw, n);
        if (k)
            for (int i = 0; i < n * C; i++)
                s.dh[before * C + i] += back[i];
    }
    kern_mul_tn(dw + m->at[W_IH], s.dtable, m->w + m->at[EMBEDDING], 3 * C, C,
                m->V);
    kern_mul(dw + m->at[EMBEDDING], s.dtable, m->w + m->at[W_IH], m->V, C,
             3 * C, 1);
    kern_add_rows(dw + m->at[B_IH], s.dtable, m->V, 3 * C);
}

/* ---- go on ---- */

/* The state after a cell whose input is v instead of an embedding: h (B,C). */
static void enter(const struct model *m, const struct tables *t,
                  struct space *s, const real *v, const struct past *past,
                  real *h, real *keep, int B)
{
    int C = m->C;

    for (int b = 0; b < B; b++)
        if (past->step[b] > 0)
            memcpy(s->zero + b * C, past->states[SITE_HIDDEN] +
                   (past->row[b] - 1) * C, (size_t)C * sizeof *h);
    kern_fill_rows(s->gx, t->bias, B, 3 * C);
    kern_mul(s->gx, v, t->W_ih, B, 3 * C, C, 1);
    for (int b = 0; b < B; b++)
        s->label[b] = (uint8_t)b;
    step(m, t, h, keep, s->gx, s->label, s->zero, s->g, B);
}

static void go_on(const struct model *m, int site, const real *v,
                  const struct past *past, const struct tile *x, real scale,
                  real *dv, const struct outcome *y, real *work)
{
    struct tables t = tables_of(m);
    struct space s = cut(m, x->B, x->T + 1, work);
    int C = m->C, B = x->B, n, at = 0;
    real *keep = dv ? s.keep : NULL;
    real *enter_keep = keep ? keep + (size_t)B * (size_t)x->T * 5 * (size_t)C
                            : NULL;

    memset(y->loss, 0, (size_t)B * sizeof *y->loss);
    memset(y->wrong, 0, (size_t)B * sizeof *y->wrong);
    if (site == SITE_HIDDEN)
        memcpy(s.h, v, (size_t)(B * C) * sizeof *v);
    else
        enter(m, &t, &s, v, past, s.h, enter_keep, B);
    for (int k = 0; k < x->T; k++) {
        n = tile_active(x, k);
        for (int b = 0; b < n; b++)
            if (x->counts[k * B + b])
                add_row(&s, at + b, b, k, x->token[k * B + b], 1);
        int next = tile_active(x, k + 1);
        if (next)
            step(m, &t, s.h + (at + n) * C,
                 keep ? keep + (at + n) * 5 * C : NULL, t.input,
                 x->token + k * B, s.h + at * C, s.g, next);
        at += n;
    }
    if (dv)
        memset(s.dh, 0, (size_t)(at * C) * sizeof *s.dh);
    head_run(m, HEAD, t.head, &s.rows, NULL, scale, dv ? s.dh : NULL, NULL, y,
             s.head);
    if (dv == NULL)
        return;

    real *back = s.gx;
    for (int k = x->T - 1; k > 0; k--) {
        n = tile_active(x, k);
        at -= n;
        int before = at - tile_active(x, k - 1);
        step_back(m, &s, NULL, back, s.dh + at * C, keep + at * 5 * C, n);
        for (int i = 0; i < n * C; i++)
            s.dh[before * C + i] += back[i];
    }
    if (site == SITE_HIDDEN) {
        memcpy(dv, s.dh, (size_t)(B * C) * sizeof *dv);
        return;
    }
    real *dxn = s.gx;
    kern_gru_back(s.g, dxn, s.zero, s.dh, enter_keep, B, C);
    for (int b = 0; b < B; b++)
        memcpy(s.g + b * 3 * C + 2 * C, dxn + b * C, (size_t)C * sizeof *dxn);
    kern_mul(dv, s.g, m->w + m->at[W_IH], B, C, 3 * C, 0);
}

const struct arch arch_gru = {
    .name = "gru", .note = "embedding, one GRU cell, head",
    .params = params, .sites = sites, .room = room, .tables = tables,
    .prepare = prepare, .record = record, .train = train, .go_on = go_on,
};

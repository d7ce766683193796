/* transformer - embedding, two blocks (block.h), layer norm, head; the state
 * is the output of the first block (C).
 *
 * Queries, keys and values of the first block are tables over tokens, since a
 * token is all that its input can be; positions turn them afterwards. A state
 * replaced at one position is attended to by later ones:
 *
 *     hidden     is what block 2 reads there. Block 1 does not see it, so
 *                neither its later outputs nor what norm1 of block 2 makes of
 *                them depend on it.
 *     embedding  is what block 1 reads there, and all that follows.
 *
 * Sequences go through in groups, packed one after the other (block.h). */
#include <assert.h>
#include <string.h>

#include "../block.h"
#include "../head.h"
#include "../kern.h"
#include "../kern_block.h"

static const struct param params[] = {
    { "embedding.weight", "V", "C", INIT_NORMAL, NULL, 0 },
    BLOCK_PARAMS("blocks.0"),
    BLOCK_PARAMS("blocks.1"),
    { "norm.weight", "C", NULL, INIT_ONE, NULL, 0 },
    { "norm.bias", "C", NULL, INIT_ZERO, NULL, 0 },
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
    real *input;                /* (V,3C) queries, keys, values of block 1   */
    struct normed in;           /* (V) the embedding after norm1             */
    real *block[2], *head;
};

static struct tables tables_of(const struct model *m)
{
    int C = m->C, V = m->V;
    struct tables t = { .input = m->table };

    t.in.y = t.input + V * 3 * C;
    t.in.hat = t.in.y + V * C;
    t.in.rstd = t.in.hat + V * C;
    t.block[0] = t.in.rstd + V;
    t.block[1] = t.block[0] + block_tables(C);
    t.head = t.block[1] + block_tables(C);
    return t;
}

static size_t tables(const struct model *m)
{
    return (size_t)m->V * (size_t)(5 * m->C + 1) + 2 * block_tables(m->C) +
           head_tables(m->C, m->V);
}

static void prepare(struct model *m)
{
    struct tables t = tables_of(m);
    const struct block k = { .m = m, .first = BLOCK_1, .table = t.block[0] };

    block_prepare(m, BLOCK_1, t.block[0]);
    block_prepare(m, BLOCK_2, t.block[1]);
    head_prepare(m, TRANSFORMER_HEAD, t.head);
    block_project(&k, t.input, &t.in, m->w + m->at[EMBEDDING], m->V);
}

/* ---- the workspace of a group ---- */

struct space {
    const struct model *m;
    struct tables t;
    struct block block[2];
    real *turn;                 /* (T,C)                                     */
    struct normed last;         /* (R) after the last layer norm             */
    real *dlast, *d[2];         /* (R,C) its gradient, those of block inputs */
    real *v_qkv;                /* (B,3C)                                    */
    real *dtable;               /* (V,3C)                                    */
    real *head;
    struct head_rows rows;      /* (R) what the head sees                    */
    uint8_t *token;             /* (R)                                       */
};

static size_t cut(struct space *s, const struct model *m, int B, int T,
                  real *work)
{
    size_t C = (size_t)m->C, group = (size_t)(B < GROUP ? B : GROUP);
    size_t R = group * (size_t)T;
    struct room w = { .work = work };

    *s = (struct space){ .m = m, .t = tables_of(m) };
    s->turn = room_take(&w, (size_t)T * C);
    for (int k = 0; k < 2; k++)
        block_open(&s->block[k], m, k ? BLOCK_2 : BLOCK_1, s->t.block[k],
                   s->turn, (int)group, T, &w);
    s->last.y = room_take(&w, R * C);
    s->last.hat = room_take(&w, R * C);
    s->last.rstd = room_take(&w, R);
    s->dlast = room_take(&w, R * C);
    s->d[0] = room_take(&w, R * C);
    s->d[1] = room_take(&w, R * C);
    s->v_qkv = room_take(&w, group * 3 * C);
    s->dtable = room_take(&w, (size_t)m->V * 3 * C);
    s->head = room_take(&w, head_room(m->C, m->V));
    s->rows = head_rows_open(s->last.y, m->C, R,
                             room_take(&w, head_rows_room(R)));
    s->token = (void *)room_take(&w, R);
    if (work)
        kern_turns(s->turn, T, m->C);
    return w.used;
}

static size_t room(const struct model *m, int B, int T)
{
    struct space s;

    return cut(&s, m, B, T, NULL);
}

static void set_span(struct span *s, int b, int from, int end)
{
    s->from[b] = from;
    s->at[b + 1] = s->at[b] + end - from;
}

/* The embeddings of all rows, and what block 1 makes of them. */
static void embed(struct space *s)
{
    struct block *k = &s->block[0];
    const real *embedding = s->m->w + s->m->at[EMBEDDING];
    int C = s->m->C;

    for (int r = 0; r < k->all.at[k->B]; r++) {
        memcpy(k->x + r * C, embedding + s->token[r] * C,
               (size_t)C * sizeof(real));
        memcpy(k->qkv + r * 3 * C, s->t.input + s->token[r] * 3 * C,
               (size_t)(3 * C) * sizeof(real));
    }
}

/* Loss of the rows that were added and, in d[1], its gradient at the output
 * of block 2 (dh), if wanted. */
static void read_out(struct space *s, const struct dropout *drop, real scale,
                     bool dh, real *dw, const struct outcome *y)
{
    const struct model *m = s->m;
    const struct block *k = &s->block[1];
    const real *g = m->w + m->at[NORM_W];
    int C = m->C, Q = k->asked.at[k->B];

    kern_norm(s->last.y, s->last.hat, s->last.rstd, k->z, g,
              m->w + m->at[NORM_B], Q, C);
    if (dh)
        memset(s->dlast, 0, (size_t)(Q * C) * sizeof(real));
    head_run(m, TRANSFORMER_HEAD, s->t.head, &s->rows, drop, scale,
             dh ? s->dlast : NULL, dw, y, s->head);
    if (!dh)
        return;
    memset(s->d[1], 0, (size_t)(Q * C) * sizeof(real));
    kern_norm_back(s->d[1], dw ? dw + m->at[NORM_W] : NULL,
                   dw ? dw + m->at[NORM_B] : NULL, s->dlast, s->last.hat,
                   s->last.rstd, g, Q, C);
}

/* ---- record and train ---- */

/* Sequences first.. of the tile, whole but for the last `less` tokens. */
static void lay_whole(struct space *s, const struct tile *x, int first,
                      int less)
{
    int B = x->B - first < GROUP ? x->B - first : GROUP, r = 0;

    s->rows.n = 0;
    for (int i = 0; i < 2; i++) {
        struct block *k = &s->block[i];
        k->B = B;
        for (int b = 0; b < B; b++)
            set_span(&k->all, b, 0, x->length[first + b] - less);
        k->asked = k->live = k->all;
    }
    for (int b = first; b < first + B; b++)
        for (int t = 0; t < x->length[b] - less; t++)
            s->token[r++] = x->token[t * x->B + b];
}

static void record(const struct model *m, const struct tile *x,
                   real *const *states, real *work)
{
    struct space s;
    struct block *k = &s.block[0];
    size_t row = (size_t)m->C * sizeof(real);

    cut(&s, m, x->B, x->T, work);
    for (int first = 0; first < x->B; first += GROUP) {
        lay_whole(&s, x, first, 0);
        embed(&s);
        block_run(k, false, NULL, 0);
        for (int t = 0, at = first; t < x->T; at += tile_active(x, t++))
            for (int b = 0; b < k->B && x->length[first + b] > t; b++) {
                int from = (k->all.at[b] + t) * m->C, to = (at + b) * m->C;
                memcpy(states[SITE_EMBEDDING] + to, k->x + from, row);
                memcpy(states[SITE_HIDDEN] + to, k->z + from, row);
            }
    }
}

/* Gradients of the embedding and, gathered by token, of block 1's tables. */
static void embed_back(struct space *s, real *dw)
{
    const struct block *k = &s->block[0];
    int C = s->m->C;

    for (int r = 0; r < k->all.at[k->B]; r++) {
        kern_add(dw + s->m->at[EMBEDDING] + s->token[r] * C, s->d[0] + r * C,
                 (size_t)C);
        kern_add(s->dtable + s->token[r] * 3 * C, k->dqkv + r * 3 * C,
                 (size_t)(3 * C));
    }
}

static void train_group(struct space *s, const struct dropout *drop,
                        real scale, real *dw, const struct outcome *y)
{
    struct block *one = &s->block[0], *two = &s->block[1];

    embed(s);
    block_run(one, dw != NULL, drop, 1);
    two->x = one->z;
    block_project(two, two->qkv, &two->in, two->x, two->all.at[two->B]);
    block_run(two, dw != NULL, drop, 2);
    read_out(s, drop, scale, dw != NULL, dw, y);
    if (dw == NULL)
        return;
    block_back(two, s->d[1], dw);
    block_input_back(two, s->d[0], s->d[1], dw);
    block_back(one, s->d[0], dw);
    embed_back(s, dw);
}

static void train(const struct model *m, const struct tile *x,
                  const struct dropout *drop, real scale, real *dw,
                  const struct outcome *y, real *work)
{
    struct space s;

    cut(&s, m, x->B, x->T, work);
    memset(y->loss, 0, (size_t)x->B * sizeof *y->loss);
    memset(y->wrong, 0, (size_t)x->B * sizeof *y->wrong);
    if (dw)
        memset(s.dtable, 0, (size_t)(m->V * 3 * m->C) * sizeof *s.dtable);
    for (int first = 0; first < x->B; first += GROUP) {
        struct dropout mine = drop ? *drop : (struct dropout){ 0 };
        struct outcome part = { .loss = y->loss + first,
                                .wrong = y->wrong + first, .T = y->T };

        if (y->logits)
            part.logits = y->logits + (size_t)first * (size_t)(y->T * m->V);
        if (drop)
            mine.sequence += first;
        lay_whole(&s, x, first, 1);
        for (int b = 0; b < s.block[0].B; b++)
            for (int t = 1; t < x->length[first + b]; t++)
                head_add(&s.rows, s.rows.n, b, t - 1,
                         x->token[t * x->B + first + b],
                         x->counts[t * x->B + first + b]);
        train_group(&s, drop ? &mine : NULL, scale, dw, &part);
    }
    if (dw)
        block_project_back(&s.block[0], dw + m->at[EMBEDDING], dw, s.dtable,
                           &s.t.in, m->V);
}

/* ---- go on ---- */

/* Sequences first.. of the tile with what lies before them. Row b was cut at
 * position p; block 2 is asked from the first token that counts. */
static void lay_tail(struct space *s, int site, const struct past *past,
                     const struct tile *x, int first)
{
    struct block *one = &s->block[0], *two = &s->block[1];
    int r = 0;

    one->B = two->B = x->B - first < GROUP ? x->B - first : GROUP;
    s->rows.n = 0;
    for (int b = 0; b < one->B; b++) {
        const uint8_t *token = x->token + first + b;
        const uint8_t *counts = x->counts + first + b;
        int p = past->step[first + b], length = x->length[first + b], t = 0;
        bool enters = site == SITE_EMBEDDING;

        while (t < length && !counts[t * x->B])
            t++;
        set_span(&one->all, b, 0, p + length);
        set_span(&two->all, b, 0, p + length);
        set_span(&one->asked, b, enters ? p : p + 1, p + length);
        set_span(&two->asked, b, p + t, p + length);
        set_span(&one->live, b, p, enters ? p + 1 : p);
        set_span(&two->live, b, p, enters ? p + length : p + 1);
        for (int i = two->asked.at[b]; t < length; t++, i++)
            if (counts[t * x->B])
                head_add(&s->rows, i, b, p + t, token[t * x->B], 1);
        memcpy(s->token + r, past->token + past->row[first + b] - p,
               (size_t)(p + 1));
        r += p + 1;
        for (t = 0; t < length - 1; t++)
            s->token[r++] = token[t * x->B];
    }
}

/* Put v (B,C) in as the input of block 1 at the cut. */
static void enter(struct space *s, const real *v)
{
    struct block *k = &s->block[0];
    int C = s->m->C;

    block_project(k, s->v_qkv, &k->in, v, k->B);
    for (int b = 0; b < k->B; b++) {
        int r = k->all.at[b] + k->live.from[b];
        memcpy(k->x + r * C, v + b * C, (size_t)C * sizeof *v);
        memcpy(k->qkv + r * 3 * C, s->v_qkv + b * 3 * C,
               (size_t)(3 * C) * sizeof *v);
    }
}

/* The input of block 2: recorded rows up to the cut, v where it is one, then
 * what block 1 gives. */
static void join(struct space *s, const real *v, const struct past *past,
                 int first)
{
    const struct block *one = &s->block[0], *two = &s->block[1];
    int C = s->m->C;
    size_t row = (size_t)C * sizeof(real);

    for (int b = 0; b < one->B; b++) {
        real *x = two->x + two->all.at[b] * C;
        int p = past->step[first + b], from = one->asked.from[b];

        memcpy(x, past->states[SITE_HIDDEN] + (past->row[first + b] - p) * C,
               (size_t)p * row);
        if (v)
            memcpy(x + p * C, v + b * C, row);
        memcpy(x + from * C, past->ahead ? past->ahead[first + b]
                                         : one->z + one->asked.at[b] * C,
               (size_t)(one->asked.at[b + 1] - one->asked.at[b]) * row);
    }
}

/* What block 1 gives after the cut, where v is not its input. */
static size_t ahead(const struct model *m, int site, int tokens)
{
    return site == SITE_HIDDEN ? (size_t)((tokens - 1) * m->C) : 0;
}

static void go_on_group(struct space *s, int site, const real *v,
                        const struct past *past, int first, real scale,
                        real *dv, const struct outcome *y)
{
    struct block *one = &s->block[0], *two = &s->block[1];
    bool enters = site == SITE_EMBEDDING;

    if (!past->ahead) {
        embed(s);
        if (enters)
            enter(s, v);
        block_run(one, enters && dv, NULL, 0);
    }
    join(s, enters ? NULL : v, past, first);
    block_project(two, two->qkv, &two->in, two->x, two->all.at[two->B]);
    block_run(two, dv != NULL, NULL, 0);
    read_out(s, NULL, scale, dv != NULL, NULL, y);
    if (dv == NULL)
        return;
    block_back(two, s->d[1], NULL);
    block_keep_live(two);
    block_input_back(two, enters ? s->d[0] : dv, s->d[1], NULL);
    if (enters) {
        block_back(one, s->d[0], NULL);
        block_input_back(one, dv, s->d[0], NULL);
    }
}

static void cut_tail(struct space *s, const struct model *m,
                     const struct past *past, const struct tile *x,
                     real *work)
{
    int T = 0;

    for (int b = 0; b < x->B; b++) {
        assert(x->length[b] > 0);
        if (past->step[b] + x->length[b] > T)
            T = past->step[b] + x->length[b];
    }
    cut(s, m, x->B, T, work);
}

static void look_ahead(const struct model *m, const struct past *past,
                       const struct tile *x, real *const *to, real *work)
{
    struct space s;
    struct block *k = &s.block[0];

    cut_tail(&s, m, past, x, work);
    for (int first = 0; first < x->B; first += GROUP) {
        lay_tail(&s, SITE_HIDDEN, past, x, first);
        embed(&s);
        block_run(k, false, NULL, 0);
        for (int b = 0; b < k->B; b++)
            memcpy(to[first + b], k->z + k->asked.at[b] * m->C,
                   (size_t)((k->asked.at[b + 1] - k->asked.at[b]) * m->C) *
                   sizeof(real));
    }
}

static void go_on(const struct model *m, int site, const real *v,
                  const struct past *past, const struct tile *x, real scale,
                  real *dv, const struct outcome *y, real *work)
{
    struct space s;

    cut_tail(&s, m, past, x, work);
    memset(y->loss, 0, (size_t)x->B * sizeof *y->loss);
    memset(y->wrong, 0, (size_t)x->B * sizeof *y->wrong);
    for (int first = 0; first < x->B; first += GROUP) {
        struct outcome part = { .loss = y->loss + first,
                                .wrong = y->wrong + first };

        lay_tail(&s, site, past, x, first);
        go_on_group(&s, site, v + first * m->C, past, first, scale,
                    dv ? dv + first * m->C : NULL, &part);
    }
}

const struct arch arch_transformer = {
    .name = "transformer", .note = "embedding, two blocks with rotary "
    "positions, head", .params = params, .sites = sites, .even = true,
    .blocks = true,
    .room = room, .tables = tables, .prepare = prepare, .record = record,
    .train = train, .go_on = go_on, .ahead = ahead, .look_ahead = look_ahead,
};

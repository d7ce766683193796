#include "block.h"

#include <string.h>

#include "kern.h"
#include "kern_block.h"

/* ---- tables of the parameters ---- */

struct tables {
    real *in;                   /* (C,3C) q|k|v                              */
    real *in_back;              /* (3C,C)                                    */
    real *in_bias;              /* (3C)                                      */
    real *out;                  /* (C,C)                                     */
    real *ff0, *ff2;            /* (C,4C), (4C,C)                            */
};

static struct tables tables_of(real *table, int C)
{
    struct tables t = { .in = table };

    t.in_back = t.in + 3 * C * C;
    t.in_bias = t.in_back + 3 * C * C;
    t.out = t.in_bias + 3 * C;
    t.ff0 = t.out + C * C;
    t.ff2 = t.ff0 + 4 * C * C;
    return t;
}

size_t block_tables(int C)
{
    return (size_t)(15 * C * C + 3 * C);
}

static const real *weight(const struct block *k, int param)
{
    return k->m->w + k->m->at[k->first + param];
}

void block_prepare(const struct model *m, int first, real *table)
{
    const struct block k = { .m = m, .first = first };
    int C = m->C;
    struct tables t = tables_of(table, C);
    size_t square = (size_t)(C * C) * sizeof(real);
    size_t row = (size_t)C * sizeof(real);

    for (int i = 0; i < 3; i++) {
        memcpy(t.in_back + i * C * C, weight(&k, Q_W + 2 * i), square);
        memcpy(t.in_bias + i * C, weight(&k, Q_B + 2 * i), row);
    }
    kern_transpose(t.in, t.in_back, 3 * C, C);
    kern_transpose(t.out, weight(&k, OUT_W), C, C);
    kern_transpose(t.ff0, weight(&k, FF0_W), 4 * C, C);
    kern_transpose(t.ff2, weight(&k, FF2_W), C, 4 * C);
}

/* ---- workspace ---- */

real *room_take(struct room *w, size_t n)
{
    real *taken = w->work ? w->work + w->used : NULL;

    w->used += (n + 15) / 16 * 16;
    return taken;
}

static struct normed take_normed(struct room *w, size_t rows, size_t C)
{
    struct normed n = { .y = room_take(w, rows * C) };

    n.hat = room_take(w, rows * C);
    n.rstd = room_take(w, rows);
    return n;
}

void block_open(struct block *k, const struct model *m, int first,
                real *table, const real *turn, int B, int T, struct room *w)
{
    size_t t = (size_t)T, R = (size_t)B * t;
    size_t C = (size_t)m->C, V = (size_t)m->V;

    *k = (struct block){ .m = m, .first = first, .table = table,
                         .turn = turn };
    k->x = room_take(w, R * C);
    k->qkv = room_take(w, R * 3 * C);
    k->in = take_normed(w, R, C);
    k->p = room_take(w, R * t);
    k->o = room_take(w, R * C);
    k->mid = take_normed(w, R, C);
    k->a = room_take(w, R * 4 * C);
    k->slope = room_take(w, R * 4 * C);
    k->z = room_take(w, R * C);
    k->mask[0] = room_take(w, R * C);
    k->mask[1] = room_take(w, R * C);
    k->dqkv = room_take(w, R * 3 * C);
    k->d = room_take(w, R * C);
    k->dn = room_take(w, (R > V ? R : V) * C);
    k->da = room_take(w, R * 4 * C);
    k->dp = room_take(w, t * t);
    k->dw = room_take(w, 3 * C * C + 3 * C);
}

/* ---- queries, keys and values ---- */

void block_project(const struct block *k, real *qkv, const struct normed *in,
                   const real *x, int rows)
{
    int C = k->m->C;
    struct tables t = tables_of(k->table, C);

    kern_norm(in->y, in->hat, in->rstd, x, weight(k, NORM1_W),
              weight(k, NORM1_B), rows, C);
    kern_affine(qkv, in->y, t.in, t.in_bias, rows, 3 * C, C);
}

void block_keep_live(struct block *k)
{
    int C = k->m->C;

    for (int b = 0; b < k->B; b++) {
        int to = k->live.at[b], from = k->all.at[b] + k->live.from[b];
        size_t n = (size_t)(k->live.at[b + 1] - to);
        memmove(k->in.hat + to * C, k->in.hat + from * C,
                n * (size_t)C * sizeof(real));
        memmove(k->in.rstd + to, k->in.rstd + from, n * sizeof(real));
    }
}

static real *gradient(const struct block *k, real *dw, int param)
{
    return dw ? dw + k->m->at[k->first + param] : NULL;
}

void block_project_back(const struct block *k, real *dx, real *dw,
                        const real *dqkv, const struct normed *in, int rows)
{
    int C = k->m->C;
    size_t square = (size_t)(C * C), row = (size_t)C;
    real *sum = k->dw + 3 * square;

    if (dw) {
        memset(k->dw, 0, (3 * square + 3 * row) * sizeof *k->dw);
        kern_mul_tn(k->dw, dqkv, in->y, 3 * C, C, rows, true);
        kern_add_rows(sum, dqkv, 3 * C, rows, 3 * C);
        for (int i = 0; i < 3; i++) {
            kern_add(gradient(k, dw, Q_W + 2 * i), k->dw + (size_t)i * square,
                     square);
            kern_add(gradient(k, dw, Q_B + 2 * i), sum + i * C, row);
        }
    }
    kern_mul(k->dn, dqkv, tables_of(k->table, C).in_back, rows, C, 3 * C,
             false);
    kern_norm_back(dx, gradient(k, dw, NORM1_W), gradient(k, dw, NORM1_B),
                   k->dn, in->hat, in->rstd, weight(k, NORM1_W), rows, C);
}

/* ---- forward ---- */

static void drop_rows(const struct block *k, real *x, real *mask,
                      const struct dropout *drop, int place)
{
    enum { ROWS = 64 };
    uint32_t sequence[ROWS], position[ROWS];
    int C = k->m->C, n = 0;

    for (int b = 0; b < k->B; b++)
        for (int i = k->asked.at[b]; i < k->asked.at[b + 1]; i++) {
            sequence[n] = drop->sequence[b];
            position[n++] = (uint32_t)place << 16 |
                            (uint32_t)(k->asked.from[b] + i - k->asked.at[b]);
            if (n < ROWS && i + 1 < k->asked.at[k->B])
                continue;
            kern_dropout(mask + (i + 1 - n) * C, n, C, drop->blocks,
                         drop->seed, drop->step, sequence, position);
            n = 0;
        }
    kern_scale(x, mask, (size_t)(k->asked.at[k->B] * C));
}

/* y (Q,C) = w x + bias with x (Q,inner), then dropout. */
static void linear(const struct block *k, real *y, const real *x,
                   const real *w, int bias, int inner, real *mask,
                   const struct dropout *drop, int place)
{
    int C = k->m->C, Q = k->asked.at[k->B];

    kern_affine(y, x, w, weight(k, bias), Q, C, inner);
    if (k->dropped)
        drop_rows(k, y, mask, drop, place);
}

void block_run(struct block *k, bool slopes, const struct dropout *drop,
               int place)
{
    int C = k->m->C, Q = k->asked.at[k->B];
    struct tables t = tables_of(k->table, C);
    real *p = k->p, *y = k->d;

    k->dropped = drop && drop->blocks > 0;
    for (int b = 0; b < k->B; b++) {
        int n = k->all.at[b + 1] - k->all.at[b], from = k->asked.from[b];
        real *qkv = k->qkv + k->all.at[b] * 3 * C;

        kern_turn(qkv, k->turn, 0, n, C);
        kern_attend(k->o + k->asked.at[b] * C, p, qkv, from, n, C);
        p += (n - from) * n;
    }
    linear(k, y, k->o, t.out, OUT_B, C, k->mask[0], drop, 2 * place - 1);
    for (int b = 0; b < k->B; b++)
        kern_add(y + k->asked.at[b] * C,
                 k->x + (k->all.at[b] + k->asked.from[b]) * C,
                 (size_t)((k->asked.at[b + 1] - k->asked.at[b]) * C));
    kern_norm(k->mid.y, k->mid.hat, k->mid.rstd, y, weight(k, NORM2_W),
              weight(k, NORM2_B), Q, C);
    kern_mul(k->a, k->mid.y, t.ff0, Q, 4 * C, C, false);
    kern_gelu(k->a, slopes ? k->slope : NULL, weight(k, FF0_B), Q, 4 * C);
    linear(k, k->z, k->a, t.ff2, FF2_B, 4 * C, k->mask[1], drop, 2 * place);
    kern_add(k->z, y, (size_t)(Q * C));
}

/* ---- back ---- */

/* dx (Q,inner) = gradient of a linear layer's input, from d (Q,C) through its
 * dropout. `param` is the number of its weight, its bias is the next. */
static void linear_back(const struct block *k, real *dx, const real *d,
                        const real *x, int param, int inner, const real *mask,
                        real *dw)
{
    int C = k->m->C, Q = k->asked.at[k->B];

    memcpy(k->d, d, (size_t)(Q * C) * sizeof *d);
    if (k->dropped)
        kern_scale(k->d, mask, (size_t)(Q * C));
    if (dw) {
        kern_mul_tn(gradient(k, dw, param), k->d, x, C, inner, Q, true);
        kern_add_rows(gradient(k, dw, param + 1), k->d, C, Q, C);
    }
    kern_mul(dx, k->d, weight(k, param), Q, inner, C, false);
}

void block_back(struct block *k, real *d, real *dw)
{
    int C = k->m->C, Q = k->asked.at[k->B];
    const real *p = k->p;

    linear_back(k, k->da, d, k->a, FF2_W, 4 * C, k->mask[1], dw);
    kern_scale(k->da, k->slope, (size_t)(Q * 4 * C));
    if (dw) {
        kern_mul_tn(gradient(k, dw, FF0_W), k->da, k->mid.y, 4 * C, C, Q, true);
        kern_add_rows(gradient(k, dw, FF0_B), k->da, 4 * C, Q, 4 * C);
    }
    kern_mul(k->dn, k->da, weight(k, FF0_W), Q, C, 4 * C, false);
    kern_norm_back(d, gradient(k, dw, NORM2_W), gradient(k, dw, NORM2_B),
                   k->dn, k->mid.hat, k->mid.rstd, weight(k, NORM2_W), Q, C);
    linear_back(k, k->dn, d, k->o, OUT_W, C, k->mask[0], dw);
    for (int b = 0; b < k->B; b++) {
        int n = k->all.at[b + 1] - k->all.at[b], from = k->asked.from[b];
        int first = k->live.from[b], at = k->live.at[b];
        int count = k->live.at[b + 1] - at;
        real *dqkv = k->dqkv + at * 3 * C;

        kern_attend_back(dqkv, k->dp, k->dn + k->asked.at[b] * C, p,
                         k->qkv + k->all.at[b] * 3 * C, from, n, first, count,
                         C);
        kern_unturn(dqkv, k->turn, first, count, C);
        p += (n - from) * n;
    }
}

void block_input_back(struct block *k, real *dx, const real *d, real *dw)
{
    int C = k->m->C;
    const struct span *live = &k->live, *asked = &k->asked;

    memset(dx, 0, (size_t)(live->at[k->B] * C) * sizeof *dx);
    for (int b = 0; b < k->B; b++) {
        int start = asked->from[b] > live->from[b] ? asked->from[b]
                                                   : live->from[b];
        int end = live->from[b] + live->at[b + 1] - live->at[b];
        if (start < end)
            memcpy(dx + (live->at[b] + start - live->from[b]) * C,
                   d + (asked->at[b] + start - asked->from[b]) * C,
                   (size_t)((end - start) * C) * sizeof *dx);
    }
    block_project_back(k, dx, dw, k->dqkv, &k->in, live->at[k->B]);
}

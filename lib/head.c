#include "head.h"

#include <string.h>

#include "kern.h"

/* Rows that go through the head together: their hidden layer stays in L2. */
enum { ROWS = 96 };

enum { W1 = HEAD_W1, B1 = HEAD_B1, W2 = HEAD_W2, B2 = HEAD_B2 };

int head_filled(int V)
{
    return (V + 15) / 16 * 16;
}

real *head_w2t(real *tables, int C)
{
    return tables + 4 * C * C;
}

size_t head_tables(int C, int V)
{
    return (size_t)4 * (size_t)C * (size_t)(C + head_filled(V));
}

size_t head_room(int C, int V)
{
    return (size_t)ROWS * (size_t)(C + 3 * 4 * C + head_filled(V));
}

void head_prepare(const struct model *m, int first, real *tables)
{
    const real *w1 = m->w + m->at[first + W1], *w2 = m->w + m->at[first + W2];
    int C = m->C, H = 4 * C, L = head_filled(m->V);
    real *to = head_w2t(tables, C);

    kern_transpose(tables, w1, H, C);
    for (int i = 0; i < H; i++)
        for (int v = 0; v < L; v++)
            to[i * L + v] = v < m->V ? w2[v * H + i] : 0;
}

/* Three ints and two bytes a row are at most 4 reals. */
size_t head_rows_room(size_t most)
{
    return 4 * most;
}

struct head_rows head_rows_open(const real *h, int stride, size_t most,
                                real *work)
{
    struct head_rows x = { .h = h, .stride = stride };

    if (work) {
        x.where = (void *)work;
        x.row = x.where + most;
        x.position = (uint32_t *)x.row + most;
        x.label = (uint8_t *)(x.position + most);
        x.counts = x.label + most;
    }
    return x;
}

void head_add(struct head_rows *rows, int where, int row, int position,
              int label, int counts)
{
    int n = rows->n++;

    rows->where[n] = where;
    rows->row[n] = row;
    rows->position[n] = (uint32_t)position;
    rows->label[n] = (uint8_t)label;
    rows->counts[n] = (uint8_t)counts;
}

static void keep_logits(const struct outcome *y, const real *logit,
                        const real *bias, int row, uint32_t position, int V)
{
    size_t at = (size_t)row * (size_t)y->T + (size_t)position;

    for (int v = 0; v < V; v++)
        y->logits[at * (size_t)V + (size_t)v] = logit[v] + bias[v];
}

/* One chunk of at most ROWS rows. */
static void chunk(const struct model *m, int first, const real *tables,
                  const struct head_rows *x, int from, int n,
                  const struct dropout *drop, real scale, real *dh, real *dw,
                  const struct outcome *y, real *work)
{
    int C = m->C, H = 4 * C, V = m->V, L = head_filled(V);
    real *h = work, *a = h + ROWS * C, *slope = a + ROWS * H;
    real *mask = slope + ROWS * H, *logit = mask + ROWS * H;
    const real *w1 = m->w + m->at[first + W1], *w2 = m->w + m->at[first + W2];
    const int *where = x->where + from;
    size_t hidden = (size_t)n * (size_t)H;
    double loss[ROWS];
    uint8_t best[ROWS];

    for (int r = 0; r < n; r++)
        memcpy(h + r * C, x->h + (size_t)where[r] * (size_t)x->stride,
               (size_t)C * sizeof *h);
    kern_mul(a, h, tables, n, H, C, false);
    kern_gelu(a, dh ? slope : NULL, m->w + m->at[first + B1], n, H);
    if (drop && drop->p > 0) {
        uint32_t sequence[ROWS];
        for (int r = 0; r < n; r++)
            sequence[r] = drop->sequence[x->row[from + r]];
        kern_dropout(mask, n, H, drop->p, drop->seed, drop->step, sequence,
                     x->position + from);
        kern_scale(a, mask, hidden);
        kern_scale(slope, mask, hidden);
    }
    kern_mul(logit, a, tables + H * C, n, L, H, false);
    for (int r = 0; y->logits && r < n; r++)
        keep_logits(y, logit + r * L, m->w + m->at[first + B2],
                    x->row[from + r], x->position[from + r], V);
    kern_softmax_loss(logit, L, loss, best, m->w + m->at[first + B2],
                      x->label + from, scale, n, V);
    for (int r = 0; r < n; r++) {
        int row = x->row[from + r];
        y->loss[row] += loss[r];
        if (x->counts[from + r])
            y->wrong[row] += best[r] != x->label[from + r];
    }
    if (dh == NULL)
        return;
    if (dw) {
        kern_mul_tn_ld(dw + m->at[first + W2], H, logit, L, a, H, V, H, n,
                       true);
        kern_add_rows(dw + m->at[first + B2], logit, L, n, V);
    }
    kern_mul_ld(a, H, logit, L, w2, H, n, H, V, false);
    kern_scale(a, slope, hidden);
    if (dw) {
        kern_mul_tn(dw + m->at[first + W1], a, h, H, C, n, true);
        kern_add_rows(dw + m->at[first + B1], a, H, n, H);
    }
    kern_mul(h, a, w1, n, C, H, false);
    for (int r = 0; r < n; r++)
        memcpy(dh + (size_t)where[r] * (size_t)x->stride, h + r * C,
               (size_t)C * sizeof *h);
}

void head_run(const struct model *m, int first, const real *tables,
              const struct head_rows *rows, const struct dropout *drop,
              real scale, real *dh, real *dw, const struct outcome *y,
              real *work)
{
    for (int r = 0; r < rows->n; r += ROWS)
        chunk(m, first, tables, rows, r,
              rows->n - r < ROWS ? rows->n - r : ROWS, drop, scale, dh, dw,
              y, work);
}

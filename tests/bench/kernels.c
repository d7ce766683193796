/* The kernels at the sizes that the steps give them: a tile of 32 rows through
 * a cell, 96 rows through the head, a sequence of 40 through attention. */
#include "../../lib/kern.h"

#include "../../lib/arena.h"
#include "../../lib/kern_block.h"
#include "../../lib/rng.h"
#include "bench.h"

enum { ROWS = 96, H = 4 * C, V = 9, T = 40, ROOM = ROWS * 8 * C };

static real *x, *y, *z, *w;             /* (ROOM) in -1..1 */
static uint8_t token[ROWS], best[ROWS];
static double loss[ROWS];

static void mul_cell(void)
{
    kern_mul(x, y, w, TILE, 3 * C, C, false);
}

static void mul_cell_back(void)
{
    kern_mul(x, y, w, TILE, C, 3 * C, false);
}

static void mul_head(void)
{
    kern_mul(x, y, w, ROWS, H, C, false);
}

static void mul_head_back(void)
{
    kern_mul(x, y, w, ROWS, C, H, false);
}

static void mul_weights(void)
{
    kern_mul_tn(x, y, z, H, C, ROWS, true);
}

static void gru(void)
{
    kern_gru(x, z, w, token, y, w, y + TILE * 3 * C, TILE, C);
}

static void gru_back(void)
{
    kern_gru_back(x, x + TILE * 3 * C, x + TILE * 4 * C, y, z, TILE, C);
}

static void lstm(void)
{
    kern_lstm(x, z, w, token, y, y + TILE * 4 * C, TILE, C);
}

static void lstm_back(void)
{
    kern_lstm_back(x, x + TILE * 4 * C, y, z, TILE, C);
}

static void gelu(void)
{
    kern_gelu(x, y, w, ROWS, H);
}

static void softmax(void)
{
    kern_softmax_loss(x, V, loss, best, w, token, 1, ROWS, V);
}

static void dropout(void)
{
    static const uint32_t sequence[ROWS], position[ROWS];

    kern_dropout(x, ROWS, H, 0.5, 1, 1, sequence, position);
}

static void norm(void)
{
    kern_norm(x, x + ROWS * C, x + 2 * ROWS * C, y, w, w + C, ROWS, C);
}

static void attention(void)
{
    kern_attend(x, x + T * C, y, 0, T, C);
}

static void attention_back(void)
{
    kern_attend_back(x, x + T * 3 * C, z, w, y, 0, T, 0, T, C);
}

static struct kernel {
    const char *name;
    double flop;
    void (*run)(void);
} kernels[] = {
    { "mul 32x144x48", 2.0 * TILE * 3 * C * C, mul_cell },
    { "mul 32x48x144", 2.0 * TILE * 3 * C * C, mul_cell_back },
    { "mul 96x192x48", 2.0 * ROWS * H * C, mul_head },
    { "mul 96x48x192", 2.0 * ROWS * H * C, mul_head_back },
    { "mul_tn 192x48x96", 2.0 * ROWS * H * C, mul_weights },
    { "gru 32x48", 0, gru },
    { "gru back 32x48", 0, gru_back },
    { "lstm 32x48", 0, lstm },
    { "lstm back 32x48", 0, lstm_back },
    { "gelu 96x192", 0, gelu },
    { "softmax loss 96x9", 0, softmax },
    { "dropout 96x192", 0, dropout },
    { "norm 96x48", 0, norm },
    { "attention 40x48", 2.0 * 2 * C * T * (T + 1) / 2, attention },
    { "attention back 40x48", 2.0 * 4 * C * T * (T + 1) / 2, attention_back },
};

static void run(void *of)
{
    ((const struct kernel *)of)->run();
}

int bench_kernels(void)
{
    struct arena *a = arena_open();
    struct rng r = rng_at(1, RNG_DATA, 0, 0);
    real **all[] = { &x, &y, &z, &w };
    int rc = -1;

    if (a == NULL)
        return -1;
    for (int k = 0; k < 4; k++)
        if (!(*all[k] = arena_get(a, ROOM, sizeof(real))))
            goto done;
    for (int i = 0; i < ROOM; i++)
        for (int k = 0; k < 4; k++)
            (*all[k])[i] = (real)(2 * rng_unit(&r) - 1);
    for (int i = 0; i < ROWS; i++)
        token[i] = (uint8_t)rng_below(&r, V);
    for (size_t k = 0; k < sizeof kernels / sizeof *kernels; k++)
        bench_time(&(struct what){ kernels[k].name, "-", 1,
                                   1e-9 * kernels[k].flop },
                   run, &kernels[k]);
    rc = 0;
done:
    arena_close(a);
    return rc;
}

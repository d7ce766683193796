#include "kern.h"

#include "kern_math.h"
#include "kern_priv.h"
#include "rng.h"

/* Elements of B up to which it is read as it lies; OpenBLAS packs what is
 * larger, so that its panels stay in the caches. */
enum { UNPACKED = 256 * 1024 - 1 };

static void packed(const struct product *x)
{
    bool turned = x->row == 1 && x->inner > 1, add = x->S == x->C;

    for (int i = 0; !add && x->S && i < x->rows; i++)
        memcpy(x->C + i * x->ldc, x->S + i * x->lds,
               (size_t)x->cols * sizeof *x->C);
    gemm(CblasRowMajor, turned ? CblasTrans : CblasNoTrans, CblasNoTrans,
         x->rows, x->cols, x->inner, 1, x->A,
         (int)(turned ? x->step : x->row), x->B, (int)x->ldb, x->S != NULL,
         x->C, (int)x->ldc);
}

static void product(const struct product *x)
{
    if (x->cols * x->inner > UNPACKED)
        packed(x);
    else if (__builtin_cpu_supports("x86-64-v4"))
        kern_product_avx512(x);
    else if (__builtin_cpu_supports("x86-64-v3"))
        kern_product_avx2(x);
    else
        kern_product_portable(x);
}

void kern_mul_ld(real *C, int ldc, const real *A, int lda, const real *B,
                 int ldb, int rows, int cols, int inner, bool add)
{
    product(&(struct product){ C, A, B, add ? C : NULL, ldc, lda, 1, ldb, ldc,
                               rows, cols, inner });
}

void kern_mul_tn_ld(real *C, int ldc, const real *A, int lda, const real *B,
                    int ldb, int rows, int cols, int inner, bool add)
{
    product(&(struct product){ C, A, B, add ? C : NULL, ldc, 1, lda, ldb, ldc,
                               rows, cols, inner });
}

void kern_mul(real *C, const real *A, const real *B, int rows, int cols,
              int inner, bool add)
{
    kern_mul_ld(C, cols, A, inner, B, cols, rows, cols, inner, add);
}

void kern_mul_tn(real *C, const real *A, const real *B, int rows, int cols,
                 int inner, bool add)
{
    kern_mul_tn_ld(C, cols, A, rows, B, cols, rows, cols, inner, add);
}

void kern_affine(real *y, const real *x, const real *A, const real *b,
                 int rows, int cols, int inner)
{
    product(&(struct product){ y, x, A, b, cols, inner, 1, cols, 0, rows,
                               cols, inner });
}

void kern_transpose(real *T, const real *A, int rows, int cols)
{
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < cols; j++)
            T[j * rows + i] = A[i * cols + j];
}

WIDE void kern_add_rows(real *b, const real *C, int ldc, int rows, int cols)
{
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < cols; j++)
            b[j] += C[i * ldc + j];
}

/* keep = z and the factors of dh in dgh.r, dgh.z, dgh.n and dxn:
 *   dz = dh (h0 - n) z (1-z)      dxn = dh (1-z) (1-n^2)
 *   dgh.n = dxn r                 dr = dxn (gh.n + bn) r (1-r) */
WIDE void kern_gru(real *restrict h, real *restrict keep,
                   const real *restrict table, const uint8_t *restrict token,
                   const real *restrict gh, const real *restrict bn,
                   const real *restrict h0, int B, int C)
{
    for (int b = 0; b < B; b++) {
        const real *x = table + token[b] * 3 * C, *u = gh + b * 3 * C;
        const real *old = h0 + b * C;
        real *new = h + b * C;

        if (keep == NULL) {
            for (int i = 0; i < C; i++) {
                real r = real_sigmoid(x[i] + u[i]);
                real z = real_sigmoid(x[C + i] + u[C + i]);
                real n = real_tanh(x[2 * C + i] + r * (u[2 * C + i] + bn[i]));
                new[i] = (1 - z) * n + z * old[i];
            }
            continue;
        }
        real *k = keep + b * 5 * C;
        for (int i = 0; i < C; i++) {
            real un = u[2 * C + i] + bn[i];
            real r = real_sigmoid(x[i] + u[i]);
            real z = real_sigmoid(x[C + i] + u[C + i]);
            real n = real_tanh(x[2 * C + i] + r * un);
            real dxn = (1 - z) * (1 - n * n);
            new[i] = (1 - z) * n + z * old[i];
            k[i] = dxn * un * r * (1 - r);
            k[C + i] = (old[i] - n) * z * (1 - z);
            k[2 * C + i] = dxn * r;
            k[3 * C + i] = dxn;
            k[4 * C + i] = z;
        }
    }
}

WIDE void kern_gru_back(real *restrict dgh, real *restrict dxn,
                        real *restrict dh0, const real *restrict dh,
                        const real *restrict keep, int B, int C)
{
    for (int b = 0; b < B; b++) {
        const real *k = keep + b * 5 * C, *d = dh + b * C;
        real *g = dgh + b * 3 * C, *d0 = dh0 + b * C;

        for (int i = 0; i < C; i++) {
            g[i] = d[i] * k[i];
            g[C + i] = d[i] * k[C + i];
            g[2 * C + i] = d[i] * k[2 * C + i];
            d0[i] = d[i] * k[4 * C + i];
        }
        if (dxn)
            for (int i = 0; i < C; i++)
                dxn[b * C + i] = d[i] * k[3 * C + i];
    }
}

/* keep = the factors of dc in dgh.i, dgh.f and dgh.g, of dh in dgh.o, then
 * f and the factor of dh in dc:
 *   do = dh tanh(c) o (1-o)       dc += dh o (1-tanh(c)^2)
 *   di = dc g i (1-i)             df = dc c0 f (1-f)
 *   dg = dc i (1-g^2)             dc0 = dc f
 * The compiler has to be told that eight planes do not overlap. */
WIDE void kern_lstm(real *restrict s, real *restrict keep,
                    const real *restrict table,
                    const uint8_t *restrict token, const real *restrict gh,
                    const real *restrict s0, int B, int C)
{
    for (int b = 0; b < B; b++) {
        const real *x = table + token[b] * 4 * C, *u = gh + b * 4 * C;
        const real *c0 = s0 + b * 2 * C + C;
        real *h = s + b * 2 * C, *c = h + C;

        if (keep == NULL) {
            for (int k = 0; k < C; k++) {
                real i = real_sigmoid(x[k] + u[k]);
                real f = real_sigmoid(x[C + k] + u[C + k]);
                real g = real_tanh(x[2 * C + k] + u[2 * C + k]);
                real o = real_sigmoid(x[3 * C + k] + u[3 * C + k]);
                c[k] = f * c0[k] + i * g;
                h[k] = o * real_tanh(f * c0[k] + i * g);
            }
            continue;
        }
        real *q = keep + b * 6 * C;
#pragma omp simd
        for (int k = 0; k < C; k++) {
            real i = real_sigmoid(x[k] + u[k]);
            real f = real_sigmoid(x[C + k] + u[C + k]);
            real g = real_tanh(x[2 * C + k] + u[2 * C + k]);
            real o = real_sigmoid(x[3 * C + k] + u[3 * C + k]);
            real new = f * c0[k] + i * g;
            real t = real_tanh(new);
            c[k] = new;
            h[k] = o * t;
            q[k] = g * i * (1 - i);
            q[C + k] = c0[k] * f * (1 - f);
            q[2 * C + k] = i * (1 - g * g);
            q[3 * C + k] = t * o * (1 - o);
            q[4 * C + k] = f;
            q[5 * C + k] = o * (1 - t * t);
        }
    }
}

WIDE void kern_lstm_back(real *restrict dgh, real *restrict ds0,
                         const real *restrict ds, const real *restrict keep,
                         int B, int C)
{
    for (int b = 0; b < B; b++) {
        const real *q = keep + b * 6 * C, *dh = ds + b * 2 * C, *dc = dh + C;
        real *d = dgh + b * 4 * C, *dh0 = ds0 + b * 2 * C, *dc0 = dh0 + C;

        for (int k = 0; k < C; k++) {
            real all = dc[k] + dh[k] * q[5 * C + k];
            d[k] = all * q[k];
            d[C + k] = all * q[C + k];
            d[2 * C + k] = all * q[2 * C + k];
            d[3 * C + k] = dh[k] * q[3 * C + k];
            dh0[k] = 0;
            dc0[k] = all * q[4 * C + k];
        }
    }
}

WIDE void kern_gelu(real *restrict x, real *restrict slope,
                    const real *restrict b, int rows, int cols)
{
    const real norm = (real)0.39894228040143267794;     /* 1/sqrt(2 pi) */

    for (int r = 0; r < rows; r++, x += cols) {
        if (slope == NULL) {
            for (int i = 0; i < cols; i++) {
                real u = x[i] + b[i];
                x[i] = u * real_phi(u, real_exp(-u * u / 2));
            }
            continue;
        }
        for (int i = 0; i < cols; i++) {
            real u = x[i] + b[i];
            real g = real_exp(-u * u / 2), phi = real_phi(u, g);
            slope[i] = phi + u * norm * g;
            x[i] = u * phi;
        }
        slope += cols;
    }
}

WIDE void kern_scale(real *restrict x, const real *restrict y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] *= y[i];
}

WIDE void kern_softmax_loss(real *restrict x, int ldx, double *restrict loss,
                            uint8_t *restrict best, const real *restrict bias,
                            const uint8_t *restrict label, real scale, int B,
                            int V)
{
    for (int b = 0; b < B; b++) {
        real *l = x + b * ldx;
        int top = 0;

        for (int v = 0; v < V; v++)
            l[v] += bias[v];
        real of_label = l[label[b]];
        for (int v = 1; v < V; v++)
            if (l[v] > l[top])
                top = v;
        real max = l[top];
        for (int v = 0; v < V; v++)
            l[v] = real_exp(l[v] - max);
        real sum = l[0];
        for (int v = 1; v < V; v++)
            sum += l[v];
        loss[b] = log((double)sum) - (double)(of_label - max);
        best[b] = (uint8_t)top;
        for (int v = 0; v < V; v++)
            l[v] *= scale / sum;
        l[label[b]] -= scale;
    }
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "bytes of words");

WIDE void kern_dropout(real *mask, int rows, int n, double p, uint64_t seed,
                       uint32_t step, const uint32_t *sequence,
                       const uint32_t *position)
{
    enum { UNITS = 16 };        /* of a block: a byte each, the lowest first */
    const uint32_t key[2] = { (uint32_t)seed, (uint32_t)(seed >> 32) };
    uint32_t counter[4][RNG_LANES] = { { 0 } }, word[4][RNG_LANES];
    uint32_t block[RNG_LANES][4];
    uint8_t byte[RNG_LANES * UNITS];
    real unit[RNG_LANES * UNITS], *to[RNG_LANES];
    int left[RNG_LANES], lanes = 0, cut = (int)lround(p * 256);
    real keep = (real)(1 / (1 - cut / 256.0));

    for (int r = 0; r < rows; r++)
        for (int i = 0; i < n; i += UNITS) {
            counter[0][lanes] = RNG_DROPOUT;
            counter[1][lanes] = step;
            counter[2][lanes] = sequence[r];
            counter[3][lanes] = (position[r] << 12) + (uint32_t)(i / UNITS);
            to[lanes] = mask + r * n + i;
            left[lanes++] = n - i < UNITS ? n - i : UNITS;
            if (lanes < RNG_LANES && (r < rows - 1 || i + UNITS < n))
                continue;
            rng_lanes(word, counter, key);
            for (int l = 0; l < RNG_LANES; l++)
                for (int k = 0; k < 4; k++)
                    block[l][k] = word[k][l];
            memcpy(byte, block, sizeof byte);
            for (int k = 0; k < RNG_LANES * UNITS; k++)
                unit[k] = byte[k] < cut ? 0 : keep;
            for (int l = 0; l < lanes; l++)
                memcpy(to[l], unit + l * UNITS,
                       (size_t)left[l] * sizeof *unit);
            lanes = 0;
        }
}

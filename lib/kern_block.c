#include "kern_block.h"

#include "kern.h"
#include "kern_math.h"

#define real_sqrt OF_REAL(sqrtf, sqrt)

/* Sums run over LANES partial sums, in the same order for every width. */
enum { LANES = 16 };

static inline real fold(const real *lane)
{
    real sum = 0;

    for (int l = 0; l < LANES; l++)
        sum += lane[l];
    return sum;
}

WIDE void kern_add(real *restrict x, const real *restrict y, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] += y[i];
}

/* ---- layer norm ---- */

static inline real sum_of(const real *x, int n)
{
    real lane[LANES] = { 0 };
    int i = 0;

    for (; i + LANES <= n; i += LANES)
        for (int l = 0; l < LANES; l++)
            lane[l] += x[i + l];
    for (; i < n; i++)
        lane[i % LANES] += x[i];
    return fold(lane);
}

static inline real dot(const real *x, const real *y, int n)
{
    real lane[LANES] = { 0 };
    int i = 0;

    for (; i + LANES <= n; i += LANES)
        for (int l = 0; l < LANES; l++)
            lane[l] += x[i + l] * y[i + l];
    for (; i < n; i++)
        lane[i % LANES] += x[i] * y[i];
    return fold(lane);
}

WIDE void kern_norm(real *y, real *restrict hat, real *restrict rstd,
                    const real *x, const real *restrict g,
                    const real *restrict b, int rows, int C)
{
    for (int r = 0; r < rows; r++, x += C, y += C, hat += C) {
        real mean = sum_of(x, C) / (real)C;

        for (int i = 0; i < C; i++)
            hat[i] = x[i] - mean;
        rstd[r] = 1 / real_sqrt(dot(hat, hat, C) / (real)C + (real)1e-5);
        for (int i = 0; i < C; i++) {
            hat[i] *= rstd[r];
            y[i] = hat[i] * g[i] + b[i];
        }
    }
}

WIDE void kern_norm_back(real *restrict dx, real *restrict dg,
                         real *restrict db, const real *restrict dy,
                         const real *restrict hat, const real *restrict rstd,
                         const real *restrict g, int rows, int C)
{
    for (int r = 0; r < rows; r++, dx += C, dy += C, hat += C) {
        real sum[LANES] = { 0 }, along[LANES] = { 0 };
        int i = 0;

        for (; i + LANES <= C; i += LANES)
            for (int l = 0; l < LANES; l++) {
                real d = dy[i + l] * g[i + l];
                sum[l] += d;
                along[l] += d * hat[i + l];
            }
        for (; i < C; i++) {
            real d = dy[i] * g[i];
            sum[i % LANES] += d;
            along[i % LANES] += d * hat[i];
        }
        real mean = fold(sum) / (real)C, slope = fold(along) / (real)C;
        for (i = 0; i < C; i++)
            dx[i] += rstd[r] * (dy[i] * g[i] - mean - hat[i] * slope);
        if (dg)
            for (i = 0; i < C; i++) {
                dg[i] += dy[i] * hat[i];
                db[i] += dy[i];
            }
    }
}

/* ---- rotary positions ---- */

void kern_turns(real *turn, int T, int C)
{
    for (int i = 0; i < C / 2; i++) {
        double angle = pow(10000, -2.0 * i / C), c = 1, s = 0;
        double c1 = cos(angle), s1 = sin(angle);
        for (int p = 0; p < T; p++) {
            double next = c * c1 - s * s1;
            turn[p * C + i] = (real)c;
            turn[p * C + C / 2 + i] = (real)s;
            s = s * c1 + c * s1;
            c = next;
        }
    }
}

static inline void rotate(real *x, const real *c, const real *s, real sign,
                          int half)
{
    for (int i = 0; i < half; i++) {
        real a = x[i], b = x[half + i];
        x[i] = a * c[i] - sign * b * s[i];
        x[half + i] = b * c[i] + sign * a * s[i];
    }
}

WIDE static void rotate_rows(real *qkv, const real *turn, int from, int n,
                             real sign, int C)
{
    for (int r = 0; r < n; r++) {
        const real *c = turn + (from + r) * C, *s = c + C / 2;
        rotate(qkv + r * 3 * C, c, s, sign, C / 2);
        rotate(qkv + r * 3 * C + C, c, s, sign, C / 2);
    }
}

void kern_turn(real *qkv, const real *turn, int from, int n, int C)
{
    rotate_rows(qkv, turn, from, n, 1, C);
}

void kern_unturn(real *dqkv, const real *turn, int from, int n, int C)
{
    rotate_rows(dqkv, turn, from, n, -1, C);
}

/* ---- attention ---- */

/* Row r sees keys 0..from + r. */
WIDE static void softmax(real *p, int from, int n)
{
    for (int r = 0; from + r < n; r++, p += n) {
        int seen = from + r + 1;
        real max = p[0];

        for (int k = 1; k < seen; k++)
            max = p[k] > max ? p[k] : max;
        for (int k = 0; k < seen; k++)
            p[k] = real_exp(p[k] - max);
        real scale = 1 / sum_of(p, seen);
        for (int k = 0; k < seen; k++)
            p[k] *= scale;
        for (int k = seen; k < n; k++)
            p[k] = 0;
    }
}

/* dp = scale p (dp - sum(p dp)) */
WIDE static void softmax_back(real *restrict dp, const real *restrict p,
                              real scale, int rows, int n)
{
    for (int r = 0; r < rows; r++, dp += n, p += n) {
        real mean = dot(p, dp, n);
        for (int k = 0; k < n; k++)
            dp[k] = scale * p[k] * (dp[k] - mean);
    }
}

void kern_attend(real *o, real *p, const real *qkv, int from, int n, int C)
{
    const real *q = qkv + from * 3 * C, *k = qkv + C, *v = qkv + 2 * C;
    int asked = n - from;

    if (asked == 0)
        return;
    gemm(CblasRowMajor, CblasNoTrans, CblasTrans, asked, n, C,
         1 / real_sqrt((real)C), q, 3 * C, k, 3 * C, 0, p, n);
    softmax(p, from, n);
    kern_mul_ld(o, C, p, n, v, 3 * C, asked, C, n, false);
}

void kern_attend_back(real *dqkv, real *dp, const real *dy, const real *p,
                      const real *qkv, int from, int n, int first, int count,
                      int C)
{
    const real *q = qkv + from * 3 * C, *k = qkv + C, *v = qkv + 2 * C;
    int asked = n - from, start = first > from ? first : from;
    int turned = first + count - start;         /* asked rows of the range */

    memset(dqkv, 0, (size_t)count * 3 * (size_t)C * sizeof *dqkv);
    if (asked == 0)
        return;
    gemm(CblasRowMajor, CblasNoTrans, CblasTrans, asked, n, C, 1, dy, C, v,
         3 * C, 0, dp, n);
    softmax_back(dp, p, 1 / real_sqrt((real)C), asked, n);
    kern_mul_tn_ld(dqkv + 2 * C, 3 * C, p + first, n, dy, C, count, C, asked,
                   false);
    kern_mul_tn_ld(dqkv + C, 3 * C, dp + first, n, q, 3 * C, count, C, asked,
                   false);
    if (turned > 0)
        kern_mul_ld(dqkv + (start - first) * 3 * C, 3 * C,
                    dp + (start - from) * n, n, k, 3 * C, turned, C, n,
                    false);
}

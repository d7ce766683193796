/* The peak: twelve vectors, each multiplied and added to over and over,
 * x = x a + b, all in registers. Twelve independent chains hide the latency of
 * two units. Written once with vectors of a size, compiled for every width
 * that the library is compiled for; the widest that the processor has counts.
 * Compiled with -ffp-contract=fast, which makes the multiply-add one
 * instruction where there is one. The best of many rounds. */
#include "bench.h"

enum { CHAINS = 12, STEPS = 100000, ROUNDS = 60 };

/* b / (1 - a), where x stays, is an ordinary number. */
#define CHAIN(name, feature, bytes)                                         \
    __attribute__((target(feature))) static float name(float a, float b)    \
    {                                                                       \
        typedef float vector __attribute__((vector_size(bytes)));           \
        vector x[CHAINS], A = a - (vector){ 0 }, B = b - (vector){ 0 };     \
                                                                            \
        for (int k = 0; k < CHAINS; k++)                                    \
            x[k] = A * (float)k;                                            \
        for (int i = 0; i < STEPS; i++)                                     \
            _Pragma("GCC unroll 12")                                        \
            for (int k = 0; k < CHAINS; k++)                                \
                x[k] = x[k] * A + B;                                        \
        for (int k = 1; k < CHAINS; k++)                                    \
            x[0] += x[k];                                                   \
        return x[0][0];                                                     \
    }

CHAIN(narrow, "sse2", 16)
CHAIN(wide, "avx2,fma", 32)
CHAIN(widest, "avx512f", 64)

double bench_peak(const char **name)
{
    float (*chain)(float, float) = narrow;
    volatile float a = 0.5f, b = 1, sum;
    double best = 0;
    int lanes = 4;

    *name = "sse2";
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        chain = wide, lanes = 8, *name = "avx2";
    if (__builtin_cpu_supports("avx512f"))
        chain = widest, lanes = 16, *name = "avx512f";
    for (int i = 0; i < ROUNDS; i++) {
        double ms = bench_clock(false), gflops;
        sum = chain(a, b);
        ms = bench_clock(false) - ms;
        gflops = 2e-6 * CHAINS * STEPS * lanes / ms;
        best = gflops > best ? gflops : best;
    }
    (void)sum;
    return best;
}

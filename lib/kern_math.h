/* kern_math.h - exp, tanh, sigmoid and GELU that a compiler can vectorise,
 * and the gemm of real.
 *
 * For float: polynomials, absolute error of tanh, sigmoid and Phi below 4e-7.
 * For double (the tests' build): the C library's, so that finite differences
 * see the exact functions. */
#ifndef KERN_MATH_H
#define KERN_MATH_H

#include <cblas.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "real.h"
#include "wide.h"

/* e^x = 2^k e^f, |f| <= ln 2 / 2; k by adding 1.5 2^23, which rounds, and e^f
 * by the polynomial 1 + f + ... f^5 of least relative error, 1.1e-7. */
static inline float exp_float(float x)
{
    const float round = 12582912.0f;
    x = x > 88.0f ? 88.0f : x < -87.0f ? -87.0f : x;
    float shifted = x * 1.44269504f + round;
    float k = shifted - round;
    float f = x - k * 0.693359375f + k * 2.12194440e-4f;
    float p = 8.3125012e-3f;
    int32_t bits;

    p = p * f + 4.18903315e-2f;
    p = p * f + 1.66671154e-1f;
    p = p * f + 4.99992303e-1f;
    p = p * f + 1.0f;
    p = p * f + 1.0f;
    memcpy(&bits, &shifted, sizeof bits);
    bits = (int32_t)((uint32_t)bits << 23) + 0x3f800000;
    memcpy(&f, &bits, sizeof f);
    return p * f;
}

static inline float sigmoid_float(float x)
{
    return 1.0f / (1.0f + exp_float(-x));
}

static inline double sigmoid_double(double x)
{
    return 1 / (1 + exp(-x));
}

static inline float tanh_float(float x)
{
    return 1.0f - 2.0f / (exp_float(2.0f * x) + 1.0f);
}

/* Phi(x) with the Gaussian g = exp(-x^2/2) shared with its derivative:
 * erf by Abramowitz & Stegun 7.1.26, error below 1.5e-7. */
static inline float phi_float(float x, float g)
{
    float t = 1.0f / (1.0f + 0.2316418882f * fabsf(x));
    float q = 0.5f * g * t * (0.254829592f + t * (-0.284496736f +
              t * (1.421413741f + t * (-1.453152027f + t * 1.061405429f))));

    return x < 0 ? q : 1.0f - q;
}

static inline double phi_double(double x, double g)
{
    (void)g;
    return 0.5 * erfc(-x * 0.70710678118654752440);
}

#define OF_REAL(f_float, f_double) \
    _Generic((real)0, float: (f_float), double: (f_double))
#define gemm OF_REAL(cblas_sgemm, cblas_dgemm)
#define real_exp OF_REAL(exp_float, exp)
#define real_sigmoid OF_REAL(sigmoid_float, sigmoid_double)
#define real_tanh OF_REAL(tanh_float, tanh)
#define real_phi OF_REAL(phi_float, phi_double)

#endif

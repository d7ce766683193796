#include <assert.h>
#include <math.h>
#include <string.h>

#include "rng.h"
#include "wide.h"

/* Ten rounds on the blocks x[0..3][lane] of n lanes, in place. */
static inline void philox(uint32_t *x, int n, const uint32_t key[2])
{
    uint32_t *a = x, *b = a + n, *c = b + n, *d = c + n;
    uint32_t k0 = key[0], k1 = key[1];

    for (int round = 0; round < 10; round++) {
        for (int l = 0; l < n; l++) {
            uint64_t p = (uint64_t)0xD2511F53 * a[l];
            uint64_t q = (uint64_t)0xCD9E8D57 * c[l];
            a[l] = (uint32_t)(q >> 32) ^ b[l] ^ k0;
            b[l] = (uint32_t)q;
            c[l] = (uint32_t)(p >> 32) ^ d[l] ^ k1;
            d[l] = (uint32_t)p;
        }
        k0 += 0x9E3779B9;               /* Weyl sequences: golden ratio, */
        k1 += 0xBB67AE85;               /* sqrt(3) - 1 */
    }
}

void rng_philox(uint32_t out[4], const uint32_t counter[4],
                const uint32_t key[2])
{
    memcpy(out, counter, 4 * sizeof *out);
    philox(out, 1, key);
}

WIDE void rng_lanes(uint32_t out[4][RNG_LANES],
                    uint32_t counter[4][RNG_LANES],
                    const uint32_t key[2])
{
    memcpy(out, counter, 4 * sizeof *out);
    philox(out[0], RNG_LANES, key);
}

struct rng rng_at(uint64_t seed, enum rng_stream stream, uint32_t step,
                  uint32_t index)
{
    return (struct rng){
        .key = { (uint32_t)seed, (uint32_t)(seed >> 32) },
        .counter = { (uint32_t)stream, step, index, 0 },
        .used = 4,
    };
}

uint64_t rng_key(uint64_t seed, int n, const char *const *names)
{
    uint64_t hash = 0xcbf29ce484222325;

    for (int i = 0; i < n; i++) {
        for (const char *c = names[i]; *c; c++)
            hash = (hash ^ (unsigned char)*c) * 0x100000001b3;
        hash *= 0x100000001b3;          /* "ab", "c" is not "a", "bc" */
    }
    return hash ^ seed;
}

uint32_t rng_word(struct rng *r)
{
    if (r->used == 4) {
        rng_philox(r->word, r->counter, r->key);
        r->counter[3]++;
        r->used = 0;
    }
    return r->word[r->used++];
}

/* Lemire, "Fast random integer generation in an interval" (2019): of the
 * 2^32 words, the first 2^32 mod n of each residue class are drawn again. */
uint32_t rng_below(struct rng *r, uint32_t n)
{
    uint64_t wide;

    assert(n >= 1);
    do
        wide = (uint64_t)rng_word(r) * n;
    while ((uint32_t)wide < -n % n);
    return (uint32_t)(wide >> 32);
}

double rng_unit(struct rng *r)
{
    uint64_t high = rng_word(r) >> 5, low = rng_word(r) >> 6;

    return (double)(high << 26 | low) * 0x1p-53;
}

double rng_normal(struct rng *r)
{
    double radius = sqrt(-2 * log(1 - rng_unit(r)));

    return radius * cos(2 * 3.14159265358979323846 * rng_unit(r));
}

void rng_permute(struct rng *r, uint32_t *order, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        order[i] = i;
    for (uint32_t i = n; i > 1; i--) {
        uint32_t j = rng_below(r, i), keep = order[i - 1];
        order[i - 1] = order[j];
        order[j] = keep;
    }
}

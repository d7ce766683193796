/* rng.h - named streams of random numbers without a state to store.
 *
 * Philox4x32-10 (Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as
 * easy as 1, 2, 3", SC 2011). The key is the seed; the counter is (stream,
 * step, index, draw). A generator is therefore found again by its name and
 * its step number alone: a resumed run draws what an uninterrupted one would,
 * and the numbers do not depend on the number of threads. */
#ifndef RNG_H
#define RNG_H

#include <stdint.h>

/* What a stream is for. The values are part of the results: never renumber. */
enum rng_stream {
    RNG_DATA = 1,       /* sequences of a data file      (0, sequence)      */
    RNG_FRESH = 2,      /* fresh training sequences      (epoch, sequence)  */
    RNG_INIT = 3,       /* a model's first parameters    (0, parameter)     */
    RNG_ORDER = 4,      /* order of the sequences        (epoch, 0)         */
    RNG_DROPOUT = 5,    /* dropout masks                 (step, sequence)   */
    RNG_PAIRS = 6,      /* intervention samples          (split, sample)    */
    RNG_SHUFFLE = 7,    /* the shuffled null             (split, 0)         */
    RNG_BASE = 8,       /* a map's base rotation         (0, system)        */
    RNG_BATCH = 9,      /* order of the samples          (epoch, direction) */
    RNG_NULL = 10,      /* the random-rotation null      (draw, system)     */
    RNG_ROWS = 11,      /* rows drawn for RSA            (draw, 0)          */
    RNG_BOOTSTRAP = 12, /* resampling (bar, 0: samples, 1: seeds, 2: trials;
                           3: lines)                                         */
    RNG_STAND_IN = 13,  /* other latents (direction, 0: samples', 1: alike)  */
    RNG_NOISE = 14,     /* noise of a pretended recording (site, row)       */
    RNG_UNITS = 15,     /* which units it has            (site, 0)          */
    RNG_SPLIT = 16      /* trials of a recording into splits (0, 0)         */
};

struct rng {
    uint32_t key[2], counter[4], word[4];
    int used;
};

/* The generator at (seed, stream, step, index), at its first draw. */
struct rng rng_at(uint64_t seed, enum rng_stream stream, uint32_t step,
                  uint32_t index);

/* A seed for one of several like things that share a seed: mixed with their
 * names (FNV-1a, 64 bits). */
uint64_t rng_key(uint64_t seed, int n, const char *const *names);

uint32_t rng_word(struct rng *r);               /* 32 uniform bits */
uint32_t rng_below(struct rng *r, uint32_t n);  /* uniform on 0..n-1, unbiased;
                                                   n >= 1 */
double rng_unit(struct rng *r);                 /* uniform on [0,1), 53 bits */
double rng_normal(struct rng *r);               /* N(0,1), Box-Muller */

/* A uniform permutation of 0..n-1 (Fisher-Yates). */
void rng_permute(struct rng *r, uint32_t *order, uint32_t n);

/* One Philox4x32-10 block, for the test against published vectors. */
void rng_philox(uint32_t out[4], const uint32_t counter[4],
                const uint32_t key[2]);

/* The same for the counters of all lanes at once: word k of a lane's block is
 * out[k][lane]. */
enum { RNG_LANES = 16 };
void rng_lanes(uint32_t out[4][RNG_LANES],
               uint32_t counter[4][RNG_LANES], const uint32_t key[2]);

#endif

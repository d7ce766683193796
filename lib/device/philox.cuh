/* philox.cuh - rng.h's Philox4x32-10, for dropout masks of the same bits. */
#ifndef PHILOX_CUH
#define PHILOX_CUH

#include "block.cuh"
#include "kernels.h"

__device__ static inline void philox(uint32_t x[4], const uint32_t key[2])
{
    uint32_t k0 = key[0], k1 = key[1];

    for (int round = 0; round < 10; round++) {
        uint64_t p = (uint64_t)0xD2511F53 * x[0];
        uint64_t q = (uint64_t)0xCD9E8D57 * x[2];
        x[0] = (uint32_t)(q >> 32) ^ x[1] ^ k0;
        x[1] = (uint32_t)q;
        x[2] = (uint32_t)(p >> 32) ^ x[3] ^ k1;
        x[3] = (uint32_t)p;
        k0 += 0x9E3779B9;
        k1 += 0xBB67AE85;
    }
}

/* x and y (rows,n) times the mask of their rows (kern_dropout's); y may be
 * NULL. A block of 16 units is one draw; place tells apart those of a row's
 * position (block.c). */
__device__ static void drop_units(float *x, float *y,
                                  const struct dropout_key *drop, int place,
                                  const int *row, const int *position,
                                  int rows, int n)
{
    int blocks = (n + 15) / 16;

    EACH(i, rows * blocks) {
        int r = i / blocks, block = i % blocks, from = r * n + block * 16;
        uint32_t at = (uint32_t)place << 16 | (uint32_t)position[r];
        uint32_t word[4] = { drop->stream, drop->step,
                             (uint32_t)drop->sequence[row[r]],
                             (at << 12) + (uint32_t)block };
        philox(word, drop->key);
        for (int k = 0; k < least(16, n - block * 16); k++) {
            int byte = word[k / 4] >> k % 4 * 8 & 255;
            float mask = byte < drop->cut ? 0 : drop->keep;
            x[from + k] *= mask;
            if (y)
                y[from + k] *= mask;
        }
    }
    __syncthreads();
}

#endif

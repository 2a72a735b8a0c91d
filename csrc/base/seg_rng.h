/* Counter-based random numbers: Philox4x32-10 of Salmon et al. 2011 (doi:10.1145/2063384.2063405).
 *
 * A number is a pure function of (seed, stream, index): nothing is stored, so that any thread may
 * draw any number and the draw does not depend on who drew before. */
#ifndef SEG_RNG_H
#define SEG_RNG_H

#include "seg_base.h"

/* One Philox block. IN counter (4,), key (2,). OUT out (4,). */
static inline void
seg_rng_block(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

/* 64 random bits, number `index` of `stream` under `seed`. */
static inline uint64_t
seg_rng_bits(uint64_t seed, uint64_t stream, uint64_t index)
{
    uint32_t counter[4] = {(uint32_t)index, (uint32_t)(index >> 32), (uint32_t)stream,
                           (uint32_t)(stream >> 32)};
    uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)}, out[4];
    seg_rng_block(counter, key, out);
    return (uint64_t)out[1] << 32 | out[0];
}

/* Uniform in [0, 1), a multiple of 2^-53. */
static inline double
seg_rng_uniform(uint64_t seed, uint64_t stream, uint64_t index)
{
    return (double)(seg_rng_bits(seed, stream, index) >> 11) * 0x1p-53;
}

/* Uniform in [0, n), n >= 1. The bias is below n / 2^64. */
static inline uint64_t
seg_rng_below(uint64_t seed, uint64_t stream, uint64_t index, uint32_t n)
{
    uint64_t bits = seg_rng_bits(seed, stream, index), m = n;
    return ((bits >> 32) * m + ((bits & 0xFFFFFFFFu) * m >> 32)) >> 32;
}

#endif

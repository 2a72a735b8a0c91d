/* Counting bits as fast as the level allows. `static inline` only, so that a levelled file may
 * include it. */
#ifndef SEG_POPCOUNT_H
#define SEG_POPCOUNT_H

#include "seg_base.h"

#if defined(__AVX512BW__) || defined(__AVX2__)
#include <immintrin.h>
#endif

/* The bits set in one word. */
static inline int
seg_popcount(uint64_t x)
{
#if defined(__POPCNT__) || defined(__ARM_NEON)
    return __builtin_popcountll(x);
#else
    x -= x >> 1 & 0x5555555555555555u;
    x = (x & 0x3333333333333333u) + (x >> 2 & 0x3333333333333333u);
    x = (x + (x >> 4)) & 0x0F0F0F0F0F0F0F0Fu;
    return (int)(x * 0x0101010101010101u >> 56);
#endif
}

/* The lowest bit set, of a word that is not 0. */
static inline int
seg_lowest_bit(uint64_t x)
{
#if defined(__GNUC__) || defined(__clang__)
    return __builtin_ctzll(x);
#else
    return seg_popcount((x & (0 - x)) - 1);
#endif
}

/* The bits of x where `keep` has ones, brought together at the low end. */
static inline uint64_t
seg_extract_bits(uint64_t x, uint64_t keep)
{
#if defined(__BMI2__)
    return _pext_u64(x, keep);
#else
    uint64_t out = 0;
    for (int to = 0; keep != 0; keep &= keep - 1) {
        out |= (x >> seg_lowest_bit(keep) & 1) << to++;
    }
    return out;
#endif
}

#if defined(__AVX512BW__)

/* Bits set in each 64-bit lane: two looks into a table of nibbles. */
static inline __m512i
seg_popcount_lanes(__m512i x)
{
    const __m512i low = _mm512_set1_epi8(15);
    const __m512i table =
        _mm512_broadcast_i32x4(_mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4));
    __m512i a = _mm512_shuffle_epi8(table, _mm512_and_si512(x, low));
    __m512i b = _mm512_shuffle_epi8(table, _mm512_and_si512(_mm512_srli_epi16(x, 4), low));
    return _mm512_sad_epu8(_mm512_add_epi8(a, b), _mm512_setzero_si512());
}

#elif defined(__AVX2__)

/* Bits set in each 64-bit lane: two looks into a table of nibbles. */
static inline __m256i
seg_popcount_lanes(__m256i x)
{
    const __m256i low = _mm256_set1_epi8(15);
    const __m256i table =
        _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4));
    __m256i a = _mm256_shuffle_epi8(table, _mm256_and_si256(x, low));
    __m256i b = _mm256_shuffle_epi8(table, _mm256_and_si256(_mm256_srli_epi16(x, 4), low));
    return _mm256_sad_epu8(_mm256_add_epi8(a, b), _mm256_setzero_si256());
}
#endif

/* to (words,) = a & b; the bits set in it. */
static inline seg_len
seg_popcount_and(seg_len words,
                 const uint64_t *restrict a,
                 const uint64_t *restrict b,
                 uint64_t *restrict to)
{
    seg_len i = 0, sum = 0;
#if defined(__AVX512BW__)
    if (words >= 8) {
        __m512i sums = _mm512_setzero_si512();
        for (; i + 8 <= words; i += 8) {
            __m512i both = _mm512_and_si512(_mm512_loadu_si512((const void *)(a + i)),
                                            _mm512_loadu_si512((const void *)(b + i)));
            _mm512_storeu_si512((void *)(to + i), both);
            sums = _mm512_add_epi64(sums, seg_popcount_lanes(both));
        }
        sum = (seg_len)_mm512_reduce_add_epi64(sums);
    }
#elif defined(__AVX2__)
    if (words >= 16) {
        __m256i sums = _mm256_setzero_si256();
        for (; i + 4 <= words; i += 4) {
            __m256i both =
                _mm256_and_si256(_mm256_loadu_si256((const __m256i *)(const void *)(a + i)),
                                 _mm256_loadu_si256((const __m256i *)(const void *)(b + i)));
            _mm256_storeu_si256((__m256i *)(void *)(to + i), both);
            sums = _mm256_add_epi64(sums, seg_popcount_lanes(both));
        }
        __m128i half =
            _mm_add_epi64(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
        sum = (seg_len)(_mm_cvtsi128_si64(half) + _mm_extract_epi64(half, 1));
    }
#endif
    for (; i < words; i++) {
        to[i] = a[i] & b[i];
        sum += seg_popcount(to[i]);
    }
    return sum;
}

/* The bits set in a & b. */
static inline seg_len
seg_popcount_both(seg_len words, const uint64_t *a, const uint64_t *b)
{
    seg_len i = 0, sum = 0;
#if defined(__AVX512BW__)
    if (words >= 8) {
        __m512i sums = _mm512_setzero_si512();
        for (; i + 8 <= words; i += 8) {
            sums = _mm512_add_epi64(sums, seg_popcount_lanes(_mm512_and_si512(
                                              _mm512_loadu_si512((const void *)(a + i)),
                                              _mm512_loadu_si512((const void *)(b + i)))));
        }
        sum = (seg_len)_mm512_reduce_add_epi64(sums);
    }
#elif defined(__AVX2__)
    if (words >= 16) {
        __m256i sums = _mm256_setzero_si256();
        for (; i + 4 <= words; i += 4) {
            sums = _mm256_add_epi64(
                sums, seg_popcount_lanes(_mm256_and_si256(
                          _mm256_loadu_si256((const __m256i *)(const void *)(a + i)),
                          _mm256_loadu_si256((const __m256i *)(const void *)(b + i)))));
        }
        __m128i half =
            _mm_add_epi64(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
        sum = (seg_len)(_mm_cvtsi128_si64(half) + _mm_extract_epi64(half, 1));
    }
#endif
    for (; i < words; i++) {
        sum += seg_popcount(a[i] & b[i]);
    }
    return sum;
}

#endif

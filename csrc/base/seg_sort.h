/* Stable sorting of positions by 64-bit keys. */
#ifndef SEG_SORT_H
#define SEG_SORT_H

#include "seg_context.h"

/* Sorts a permutation by key, stably, in linear time (least significant digit radix sort; digits
 * that are equal in all keys cost one look). Keys of several words: call once a word, least first.
 *
 *   key    IN     (m,)  keys; order names positions in it
 *   order  INOUT  (n,)  positions in [0, m), sorted so that key[order[i]] ascends
 *
 * O(8 n) time, 32 n bytes of work. Polls: from the caller's thread only. SEG_OK, SEG_ERR_NOMEM
 * (order is then unchanged) or SEG_ERR_CANCELLED (order then means nothing). */
SEG_MUST_USE seg_status seg_sort_order(const seg_context *ctx,
                                       seg_len n,
                                       const uint64_t *key,
                                       int32_t *order);

/* A signed number as a key of the same order. */
static inline uint64_t
seg_sort_key(int64_t x)
{
    return (uint64_t)x ^ (uint64_t)1 << 63;
}

#endif

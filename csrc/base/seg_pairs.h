/* Pairs of codes as keys of an open-addressing hash set. */
#ifndef SEG_PAIRS_H
#define SEG_PAIRS_H

#include "seg_hash.h"

/* A key that is never 0, which marks a free place, and sorts by a, then b; a and b are not
 * negative. */
static inline uint64_t
seg_pair_of(int32_t a, int32_t b)
{
    return ((uint64_t)(uint32_t)a << 32 | (uint32_t)b) + 1;
}

/* a of seg_pair_of(a, b). */
static inline int32_t
seg_pair_first(uint64_t pair)
{
    return (int32_t)((pair - 1) >> 32);
}

/* b of seg_pair_of(a, b). */
static inline int32_t
seg_pair_second(uint64_t pair)
{
    return (int32_t)((pair - 1) & 0xFFFFFFFFu);
}

/* Where the pair stands in set (capacity,), or the free place it would take. The capacity is a
 * power of two and a place is free. */
static inline seg_len
seg_pair_place(seg_len capacity, const uint64_t *set, uint64_t pair)
{
    uint64_t mask = (uint64_t)capacity - 1, at = seg_hash_u64(pair) & mask;
    while (set[at] != 0 && set[at] != pair) {
        at = (at + 1) & mask;
    }
    return (seg_len)at;
}

#endif

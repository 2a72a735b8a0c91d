/* Mixing of keys for open-addressing tables. */
#ifndef SEG_HASH_H
#define SEG_HASH_H

#include <string.h>

#include "seg_base.h"

/* Spreads 64 bits over 64 bits, one to one (the finaliser of MurmurHash3's family, constants of
 * D. Stafford's variant 13). */
static inline uint64_t
seg_hash_u64(uint64_t x)
{
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

/* Spreads two words over one. */
static inline uint64_t
seg_hash_pair(uint64_t a, uint64_t b)
{
    return seg_hash_u64(seg_hash_u64(a) + b * 0x9E3779B97F4A7C15u);
}

/* Spreads n bytes over 64 bits. */
static inline uint64_t
seg_hash_bytes(const char *text, seg_len n)
{
    uint64_t hash = (uint64_t)n, word;
    for (; n >= 8; n -= 8, text += 8) {
        memcpy(&word, text, 8);
        hash = seg_hash_pair(hash, word);
    }
    if (n > 0) {
        word = 0;
        memcpy(&word, text, (size_t)n);
        hash = seg_hash_pair(hash, word);
    }
    return hash;
}

#endif

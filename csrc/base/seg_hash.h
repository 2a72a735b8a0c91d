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

/* Spreads n bytes over 64 bits: a multiplication a word, and the last word may overlap the one
 * before it. */
static inline uint64_t
seg_hash_bytes(const char *text, seg_len n)
{
    uint64_t hash = (uint64_t)n * 0x9E3779B97F4A7C15u, word;
    if (n < 8) {
        word = 0;
        for (seg_len i = 0; i < n; i++) {
            word = word << 8 | (unsigned char)text[i];
        }
        return seg_hash_pair(hash, word);
    }
    const char *last = text + n - 8;
    for (; text < last; text += 8) {
        memcpy(&word, text, 8);
        hash = (hash ^ word) * 0xD6E8FEB86659FD93u;
        hash ^= hash >> 32;
    }
    memcpy(&word, last, 8);
    return seg_hash_u64(hash ^ word);
}

#endif

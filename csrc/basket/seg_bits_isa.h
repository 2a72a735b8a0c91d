/* The hot loop of bitmaps, compiled once per level. For the room basket only. */
#ifndef SEG_BITS_ISA_H
#define SEG_BITS_ISA_H

#include "seg_base.h"
#include "seg_cpu.h"

typedef struct seg_bits_ops {
    /* Counts the rows that hold both an item and each of n others, and keeps those of at least
     * min_count.
     *   words      words of a bitmap
     *   with       IN   (words,)
     *   bits       IN   (n, words)
     *   kept       OUT  (n * words,)  the common bitmaps of those kept, one after another
     *   which      OUT  (n,)          their numbers
     *   count      OUT  (n,)          and rows
     * Gives how many are kept. */
    seg_len (*join)(seg_len words,
                    seg_len n,
                    uint32_t min_count,
                    const uint64_t *with,
                    const uint64_t *bits,
                    uint64_t *kept,
                    uint32_t *which,
                    uint32_t *count);
    /* The rows that are in both of two bitmaps. */
    uint32_t (*count)(seg_len words, const uint64_t *a, const uint64_t *b);
    /* The bits of the rows in `with` only, brought together.
     *   out  OUT  words for as many bits as `with` has set; the rest of the last are zeros */
    void (*squeeze)(seg_len words, const uint64_t *with, const uint64_t *bits, uint64_t *out);
} seg_bits_ops;

extern const seg_bits_ops seg_bits_ops_base, seg_bits_ops_v3, seg_bits_ops_v4;

#endif

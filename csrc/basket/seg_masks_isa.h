/* The hot loops of masks and leaves, compiled once per level. For the room basket only. */
#ifndef SEG_MASKS_ISA_H
#define SEG_MASKS_ISA_H

#include "seg_base.h"
#include "seg_cpu.h"

typedef struct seg_masks_ops {
    /* table (2^k,): each entry becomes the sum of the entries of its supersets. */
    void (*sum_supersets)(int k, uint32_t *table);
    /* Of each of n masks the bits that `keep` has, brought together at the low end. */
    void (*extract)(seg_len n, uint64_t keep, uint64_t *mask);
    /* count (k,): the sum of the weights of the masks that have each of the k lowest bits. */
    void (*count_bits)(
        seg_len n, int k, const uint64_t *mask, const uint32_t *weight, uint32_t *count);
} seg_masks_ops;

extern const seg_masks_ops seg_masks_ops_base, seg_masks_ops_v3, seg_masks_ops_v4;

#endif

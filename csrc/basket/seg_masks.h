/* The search on weighted masks, with leaves that count all subsets at once. For the room basket
 * only. */
#ifndef SEG_MASKS_H
#define SEG_MASKS_H

#include "seg_miner.h"

/* Distinct rows of at most 64 items as masks, each with the baskets it stands for. */
typedef struct seg_masks {
    seg_len n;
    uint64_t *mask;   /* (n,) */
    uint32_t *weight; /* (n,) */
} seg_masks;

/* Brings equal masks together, in place, adding their weights. Masks of fewer than two bits are
 * left out: their counts are known. Uses and gives back the stack. SEG_OK or SEG_ERR_NOMEM. */
SEG_MUST_USE seg_status seg_masks_merge(seg_stack *stack, seg_masks *masks);

/* Adds every frequent set of at least two of the children's items to their parent.
 *
 *   children  at most 64 sets of one item more, already added; item i is bit i of the masks
 *   counts    IN  (children->n,)  baskets of each
 *   all       baskets of the parent
 *
 * Uses and gives back the miner's stack. SEG_OK, SEG_ERR_NOMEM or SEG_ERR_CANCELLED. */
SEG_MUST_USE seg_status seg_masks_mine(seg_miner *m,
                                       const seg_children *children,
                                       const uint32_t *counts,
                                       uint32_t all,
                                       const seg_masks *masks);

#endif

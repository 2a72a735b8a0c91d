/* The search on bitmaps: AND and popcount. For the room basket only. */
#ifndef SEG_BITS_H
#define SEG_BITS_H

#include "seg_miner.h"

/* Adds every frequent set of at least two of the children's items to their parent.
 *
 *   words     words of a bitmap
 *   children  the sets of one item more, already added; item i's bitmap is bits[i * words] ..
 *   bits      IN  (children->n, words)
 *
 * Uses and gives back the miner's stack. SEG_OK, SEG_ERR_NOMEM or SEG_ERR_CANCELLED. */
SEG_MUST_USE seg_status seg_bits_mine(seg_miner *m,
                                      seg_len words,
                                      const seg_children *children,
                                      const uint64_t *bits);

#endif

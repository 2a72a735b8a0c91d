/* The search for closed and maximal sets. For the room basket only. */
#ifndef SEG_CLOSED_H
#define SEG_CLOSED_H

#include "seg_miner.h"

/* Adds every closed (or maximal, as the options say) set whose item of the highest position is j of
 * the root, which `count` baskets hold.
 *
 * A closed set is found from one of its subsets only: the one whose closure adds no item that an
 * earlier branch has gone through (T. Uno, T. Asai, Y. Uchida, H. Arimura, "An efficient algorithm
 * for enumerating closed patterns in transaction databases", DS 2004). Nothing found is kept for
 * that test: an item of the closure is in every basket, so only the items of one basket need a
 * look. A set is maximal if nothing can be added to it; where all that can be added may be added at
 * once, nothing else is below.
 *
 * SEG_OK, SEG_ERR_NOMEM or SEG_ERR_CANCELLED. */
SEG_MUST_USE seg_status seg_closed_mine(seg_miner *m,
                                        const seg_rows *root,
                                        uint32_t j,
                                        uint32_t count);

#endif

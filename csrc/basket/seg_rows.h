/* The search on rows: lists of items, walked. For the room basket only. */
#ifndef SEG_ROWS_H
#define SEG_ROWS_H

#include "seg_miner.h"

/* Where the items of rows stand: first, held and below of seg_rows from the rest.
 *
 *   first  OUT  (n_items + 1,)
 *   held   OUT  (entries,)
 *   below  OUT  (n_items,) */
void seg_rows_index(const seg_rows *rows, uint32_t *first, uint32_t *held, uint32_t *below);

/* Adds every frequent set of item j of the root (whose set is item j alone, held by `count`
 * baskets) and more frequent items. Depth first with a stack of its own; what is left below a set
 * is searched in the cheapest form.
 *
 * SEG_OK, SEG_ERR_NOMEM or SEG_ERR_CANCELLED. */
SEG_MUST_USE seg_status seg_rows_mine(seg_miner *m,
                                      const seg_rows *root,
                                      uint32_t j,
                                      uint32_t count);

#endif

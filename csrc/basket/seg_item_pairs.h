/* How often every two items stand in one basket. */
#ifndef SEG_ITEM_PAIRS_H
#define SEG_ITEM_PAIRS_H

#include "seg_arena.h"
#include "seg_basket_view.h"

/* Pairs counted and not yet read. */
typedef struct seg_item_pairs {
    seg_len n;
    int64_t min_count;
    const seg_basket_view *view;
    int64_t *first;  /* (n_items + 1,) pairs before those of each item */
    int64_t *starts; /* (n_items + 1,) baskets before those of each item */
    int64_t *after;  /* (starts[n_items],) for each basket of an item where its later items begin */
    int32_t *basket; /* (starts[n_items],) that basket */
    seg_arena arena;
} seg_item_pairs;

/* Counts the pairs of different items that share at least min_count >= 1 baskets, all of them,
 * exactly. For each item the later items of its baskets are counted into one array of n_items
 * counters, so there is no table of all pairs: O(sum over baskets of length^2) time, 12 bytes an
 * occurrence. The arrays must stay as they are until seg_item_pairs_free, which also follows a
 * failure. SEG_ERR_ARG as seg_basket_view_check and if min_count is below 1; SEG_ERR_NOMEM,
 * SEG_ERR_CANCELLED. */
SEG_MUST_USE seg_status seg_item_pairs_open(const seg_context *ctx,
                                            const seg_basket_view *view,
                                            int64_t min_count,
                                            seg_item_pairs *pairs);

/* Writes them, a < b, by a, of one a in the order its baskets meet b: the same for any number of
 * threads.
 *
 *   a, b, count  OUT  (pairs->n,) */
SEG_MUST_USE seg_status seg_item_pairs_read(
    const seg_context *ctx, const seg_item_pairs *pairs, int32_t *a, int32_t *b, int64_t *count);

/* Gives the memory back. */
void seg_item_pairs_free(const seg_context *ctx, seg_item_pairs *pairs);

#endif

/* The sets a search finds, each by itself: for sets that are no tree. For the room basket only. */
#ifndef SEG_LISTS_H
#define SEG_LISTS_H

#include "seg_arena.h"
#include "seg_itemsets.h"

enum { SEG_LIST_HEAD = 2, SEG_LIST_WORDS = 1 << 16 };

/* Sets of one task in the order found. A set is a record of words: baskets, items, and the
 * positions in ascending order. Start with {0}. */
typedef struct seg_lists {
    uint32_t **chunk;
    seg_len *used, *size; /* words of each chunk */
    seg_len n_chunks, capacity;
    int64_t n; /* sets */
} seg_lists;

/* Adds a set.
 *
 *   item  IN  (length,)  in any order, each once */
SEG_MUST_USE seg_status seg_lists_add(
    const seg_context *ctx, seg_lists *lists, seg_len length, const uint32_t *item, uint32_t count);

/* Gives the sets back. */
void seg_lists_free(const seg_context *ctx, seg_lists *lists);

/* Sets of several tasks as flat arrays, as seg_sets_flatten gives those of trees: by length, then
 * by positions, cut off where the limits of the options say.
 *
 * Sets of one length are sorted by counting, item by item from the last: linear in the items. 16
 * bytes a set beside sets and answer. SEG_OK, SEG_ERR_NOMEM, SEG_ERR_CANCELLED. */
SEG_MUST_USE seg_status seg_lists_flatten(const seg_context *ctx,
                                          seg_len n_tasks,
                                          const seg_lists *tasks,
                                          seg_len n_items,
                                          const seg_itemsets_options *options,
                                          seg_itemsets *out);

#endif

/* The sets a search finds, as a tree: a set is another one and one item more. */
#ifndef SEG_SETS_H
#define SEG_SETS_H

#include "seg_arena.h"
#include "seg_itemsets.h"

/* A set: its item of the lowest position, which is below those of its parent, and the parent. */
typedef struct seg_node {
    uint32_t parent; /* number of the set without the item; SEG_NO_NODE: the empty set */
    uint32_t item;
    uint32_t count;
} seg_node;

#define SEG_NO_NODE UINT32_MAX

/* Bytes a set needs by the time it is in the answer: its node and its places while it is sorted,
 * and its share of the flat arrays. */
enum { SEG_NODE_BYTES = 32, SEG_SET_BYTES = 16, SEG_ITEM_BYTES = 4 };

enum { SEG_CHUNK = 1 << 14 }; /* nodes of a chunk */

/* Nodes of one task in the order found, a parent before its children. Numbers have gaps: node i is
 * chunk[i / SEG_CHUNK][i % SEG_CHUNK], and of chunk c the first used[c] are there. Start with {0}.
 */
typedef struct seg_sets {
    seg_node **chunk;
    int32_t *used;
    uint8_t *owned; /* whether the chunk begins a block; large ones span several chunks */
    seg_len n_chunks, capacity;
    int64_t n; /* nodes */
} seg_sets;

/* Room for n nodes with numbers that follow each other, at most UINT32_MAX / 2; the number of the
 * first in *first. The caller writes all n. NULL if there is no memory or no number left. */
SEG_MUST_USE seg_node *
seg_sets_add(const seg_context *ctx, seg_sets *sets, seg_len n, uint32_t *first);

/* Gives the nodes back. */
void seg_sets_free(const seg_context *ctx, seg_sets *sets);

/* Nodes of several tasks in a row as flat arrays: by length, then by positions. The tasks' first
 * items ascend from task to task. What the limits of the options leave out is cut off in the order
 * of tasks and of finding, and out->full says so.
 *
 * Linear: a set of n items is one of n - 1 items with an item in front, so that two counting sorts,
 * by the place of that one and by the item, put the sets of n items in order. 20 bytes a node,
 * and 16 one of the most frequent length, beside answer and nodes; the nodes are given back before
 * the answer is made where sets of one item are asked for. SEG_OK, SEG_ERR_NOMEM,
 * SEG_ERR_CANCELLED. */
SEG_MUST_USE seg_status seg_sets_flatten(const seg_context *ctx,
                                         seg_len n_tasks,
                                         seg_sets *tasks,
                                         seg_len n_items,
                                         const seg_itemsets_options *options,
                                         seg_itemsets *out);

#endif

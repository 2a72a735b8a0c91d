/* Frequent itemsets: every set of items that at least min_count baskets hold, counted exactly.
 *
 * Which sets there are and how often they occur is fixed by the baskets; the search only decides
 * how fast they come. It walks the sets depth first, from each item to the more frequent ones, and
 * holds the baskets that are left (the conditional database) in the form that is cheapest for what
 * is left, by the costs in seg_rows.c:
 *
 *   rows      lists of items, each with a weight; counting walks the lists
 *   bits      a bitmap of rows for each item; counting is AND and popcount
 *   masks     at most 64 items: a weighted 64-bit mask for each distinct row
 *   leaf      at most SEG_LEAF_ITEMS items: counts of all 2^k sets at once by sums over supersets
 *
 * Sets come by length, then by position item by item; the items of a set ascend. The answer is the
 * same for any level and any number of threads. */
#ifndef SEG_ITEMSETS_H
#define SEG_ITEMSETS_H

#include "seg_context.h"

/* All frequent sets; those of which no superset is in as many baskets; those of which no superset
 * is frequent. The latter two are searched for on bitmaps, by themselves. */
typedef enum seg_target { SEG_TARGET_ALL = 0, SEG_TARGET_CLOSED, SEG_TARGET_MAXIMAL } seg_target;

/* The form of the conditional database: chosen by cost, or forced where it can be. Closed and
 * maximal sets start from rows or from bitmaps of all baskets. */
typedef enum seg_form { SEG_FORM_AUTO = 0, SEG_FORM_ROWS, SEG_FORM_BITS, SEG_FORM_MASKS } seg_form;

/* Most items of a leaf: 2^13 counters of 4 bytes are half of the smallest first-level cache. */
enum { SEG_LEAF_ITEMS = 12 };

typedef struct seg_itemsets_options {
    int64_t min_count; /* at least 1 */
    seg_len min_len;   /* at least 1 */
    seg_len max_len;   /* at least min_len; PTRDIFF_MAX: any */
    seg_target target;
    int64_t max_sets;  /* more sets than this are not given; INT64_MAX: any number */
    int64_t max_bytes; /* nor sets that need more memory than this; INT64_MAX: any */
    seg_form form;
    int leaf; /* most items of a leaf, at most SEG_LEAF_ITEMS; 0: no leaves */
} seg_itemsets_options;

/* Sets as flat arrays of the allocator of ctx, ended by seg_itemsets_free. */
typedef struct seg_itemsets {
    seg_len n;        /* sets */
    seg_len total;    /* items of all sets */
    int64_t *indptr;  /* (n + 1,)   set s is indices[indptr[s]] .. indices[indptr[s + 1] - 1] */
    int32_t *indices; /* (total,)   positions, ascending in each set */
    int64_t *count;   /* (n,)       baskets that hold the set */
    int full;         /* 0: all there are; 1: max_sets was hit; 2: max_bytes was hit */
} seg_itemsets;

/* Finds the sets.
 *
 *   indptr   IN   (n_baskets + 1,)  as seg_baskets.h has them
 *   indices  IN   (indptr[n_baskets],)
 *   count    IN   (n_items,)        descending
 *   out      OUT  nothing to free on failure
 *
 * Where a limit is hit, what is given is exact and is what an unlimited search finds first: sets in
 * order of their least frequent item, the most frequent such item first. Memory: the occurrences of
 * frequent items twice in 4 bytes, for closed and maximal sets once more where bitmaps are worth
 * it, 32 bytes a set, and the answer; max_bytes counts the last two. SEG_ERR_ARG (an option, or
 * arrays that break the contract), SEG_ERR_NOMEM, SEG_ERR_CANCELLED. */
SEG_MUST_USE seg_status seg_itemsets_mine(const seg_context *ctx,
                                          seg_len n_baskets,
                                          seg_len n_items,
                                          const int64_t *indptr,
                                          const int32_t *indices,
                                          const int64_t *count,
                                          const seg_itemsets_options *options,
                                          seg_itemsets *out);

/* Gives the arrays back; {0} is fine. */
void seg_itemsets_free(const seg_context *ctx, seg_itemsets *sets);

#endif

/* Frequent itemsets as a lattice: from every set to the sets with one item less and one item more.
 */
#ifndef SEG_LATTICE_H
#define SEG_LATTICE_H

#include "seg_arena.h"

/* Itemsets as they lie flat. Set s holds indices[indptr[s]] ... indices[indptr[s + 1] - 1]. */
typedef struct seg_itemset_view {
    seg_len n, n_items;
    int64_t n_baskets;
    const int64_t *indptr;  /* (n + 1,) */
    const int32_t *indices; /* (indptr[n],) items in [0, n_items), strictly ascending in a set */
    const int64_t *counts;  /* (n,) baskets that hold the set, in [1, n_baskets] */
} seg_itemset_view;

/* Sets from ... to - 1. */
typedef struct seg_range {
    int32_t from, to;
} seg_range;

/* What is known of every set beside its items. A set that is not there is -1. */
typedef struct seg_lattice {
    const seg_itemset_view *sets;
    seg_len longest;  /* items of the longest set */
    int32_t *single;  /* (n_items,) the set of an item alone */
    int32_t *count;   /* (n,) the counts once more, in half the room */
    int32_t *last;    /* (n,) the last item of a set */
    seg_range *child; /* (n,) its children: the set and one later item */
    int32_t *less;    /* (indptr[n],) less[indptr[s] + j] is set s without its j-th item */
    seg_arena arena;
} seg_lattice;

/* Checks the sets and links them. They stand by length, then in lexicographic order, each once, and
 * none is empty: SEG_ERR_ARG if that, an item or a count is not so, or n_baskets is above
 * INT32_MAX (products of two counts then fit 63 bits); SEG_ERR_TOO_MANY from 2^31 - 1 sets on. No
 * set has to be there because another one is.
 *
 * A child of set P without item j is a child of (P without item j) by the same last item, and the
 * children of both stand in one order: each link is the next step of a walk, no search from the
 * start, no hashing. O(items of all sets) nearly; 16 bytes a set, 4 an item of it. The caller's
 * arrays must stay as they are until seg_lattice_free, which also follows a failure.
 * SEG_ERR_NOMEM, SEG_ERR_CANCELLED. */
SEG_MUST_USE seg_status seg_lattice_open(const seg_context *ctx,
                                         const seg_itemset_view *sets,
                                         seg_lattice *lattice);

/* Gives the links back. */
void seg_lattice_free(const seg_context *ctx, seg_lattice *lattice);

/* Items of set s. */
static inline seg_len
seg_lattice_length(const seg_lattice *lattice, int32_t s)
{
    return (seg_len)(lattice->sets->indptr[s + 1] - lattice->sets->indptr[s]);
}

/* The set of these n >= 1 ascending items of [0, n_items), -1 if it is not there. */
int32_t seg_lattice_find(const seg_lattice *lattice, seg_len n, const int32_t *items);

#endif

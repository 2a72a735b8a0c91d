/* Baskets: which items each one holds, without repeats, the most frequent item first.
 *
 * Items are numbered anew by *position*: the item of most baskets is 0; among items of equally many
 * baskets the lower code comes first. Baskets lie one after another in flat arrays:
 *
 *   indptr   (n_baskets + 1,)  basket b holds indices[indptr[b]] .. indices[indptr[b + 1] - 1]
 *   indices  (occurrences,)    positions, strictly ascending within a basket
 *
 * so the items of at least k baskets are a prefix of the positions, and a basket's items among them
 * a prefix of its row. */
#ifndef SEG_BASKETS_H
#define SEG_BASKETS_H

#include "seg_context.h"

/* Lines to baskets. A basket that names an item twice holds it once; the order of lines does not
 * matter.
 *
 *   order    IN   (n,)  basket of each line, in [0, n_baskets); -1: the line counts for nothing
 *   item     IN   (n,)  item of each line, in [0, n_items); -1: no item, the basket may stay empty
 *   indptr   OUT  (n_baskets + 1,)
 *   indices  OUT  (n,)  the first indptr[n_baskets] are the occurrences
 *   code     OUT  (n_items,)  by position: the item's code
 *   count    OUT  (n_items,)  by position: baskets that hold it, descending
 *   fault    OUT  the row of a code outside its range
 *
 * O(n + n_baskets + n_items) time; beside the arrays 8 bytes a basket and 16 an item, and 4 an
 * occurrence where items are more than 4,096 times the mean size of a basket. SEG_ERR_CODE,
 * SEG_ERR_NOMEM, SEG_ERR_CANCELLED. */
SEG_MUST_USE seg_status seg_baskets_of_lines(const seg_context *ctx,
                                             seg_len n,
                                             seg_len n_baskets,
                                             seg_len n_items,
                                             const int32_t *order,
                                             const int32_t *item,
                                             int64_t *indptr,
                                             int32_t *indices,
                                             int32_t *code,
                                             int64_t *count,
                                             seg_fault *fault);

/* The same where the lines of a basket stand together: those of basket b are
 * item[start[b]] .. item[start[b + 1] - 1]. The lines are read once: another thread that writes
 * them meanwhile can spoil the answer and nothing else.
 *
 *   start  IN  (n_baskets + 1,)  ascending, the first 0, the last n
 *   item   IN  (n,)              codes in [0, n_codes) where place is given, else items; -1 as
 * above place  IN  (n_codes,)        the item of each code, or -1; NULL: codes are items
 *
 * SEG_ERR_ARG if start is not as stated. */
SEG_MUST_USE seg_status seg_baskets_of_rows(const seg_context *ctx,
                                            seg_len n,
                                            seg_len n_baskets,
                                            seg_len n_codes,
                                            seg_len n_items,
                                            const int64_t *start,
                                            const int32_t *item,
                                            const int32_t *place,
                                            int64_t *indptr,
                                            int32_t *indices,
                                            int32_t *code,
                                            int64_t *count,
                                            seg_fault *fault);

#endif

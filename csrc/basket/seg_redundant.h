/* Rules that say nothing new. */
#ifndef SEG_REDUNDANT_H
#define SEG_REDUNDANT_H

#include "seg_lattice.h"

/* Which rules are redundant: some proper non-empty subset of the antecedent has the same consequent
 * with at least the same confidence, compared in whole numbers. All sets given count, not only
 * those that are rules here; a subset whose counts are not there does not.
 *
 *   whole, antecedent, consequent  IN   (n,)  numbers of sets; whole is the union of the other two,
 *                                             which share no item, else SEG_ERR_CODE
 *   redundant                      OUT  (n,)  1 or 0
 *
 * For each consequent the best confidence below a set is computed once, from the sets with one item
 * less: O(items of the wholes at hand) steps, 12 bytes a set a thread, no matrix. SEG_ERR_ARG,
 * SEG_ERR_TOO_MANY as seg_lattice_open; SEG_ERR_NOMEM, SEG_ERR_CANCELLED. */
SEG_MUST_USE seg_status seg_rules_redundant(const seg_context *ctx,
                                            const seg_itemset_view *sets,
                                            seg_len n,
                                            const int32_t *whole,
                                            const int32_t *antecedent,
                                            const int32_t *consequent,
                                            uint8_t *redundant);

#endif

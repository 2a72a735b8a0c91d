/* Which rules speak to a basket: an index of rules, asked for one basket or for all of them. */
#ifndef SEG_RECOMMEND_H
#define SEG_RECOMMEND_H

#include "seg_arena.h"
#include "seg_basket_view.h"

/* Rules, filed under the last item of their antecedent, there by the last but one, there best
 * first. Where items are numbered from the most frequent on, the last is the rarest, so that a
 * basket looks at few rules; it reads them as they lie. Read only once it is made: threads may
 * share it. */
typedef struct seg_recommender {
    seg_len n, n_items;
    int64_t *under;  /* (n_items + 1,) rules filed before those under each item */
    int32_t *number; /* (n,) which rule is filed here */
    int32_t *head;   /* (n,) what it suggests */
    int32_t *second; /* (n,) the last item but one of its antecedent, the last if it is alone */
    int64_t *indptr; /* (n + 1,) */
    int32_t *items;  /* (indptr[n],) its antecedent */
    seg_arena arena;
} seg_recommender;

/* Makes the index of n rules, best first, from copies of what is given.
 *
 *   antecedents  IN  a row a rule, none empty
 *   head         IN  (n,)  an item of [0, n_items) that is not in the antecedent
 *
 * O(all items); 20 bytes a rule, 4 an item of an antecedent, 8 each of n_items. SEG_ERR_ARG if a
 * rule is not as stated, SEG_ERR_NOMEM, SEG_ERR_CANCELLED; ended by seg_recommender_close also
 * then. */
SEG_MUST_USE seg_status seg_recommender_open(const seg_context *ctx,
                                             const seg_basket_view *antecedents,
                                             const int32_t *head,
                                             seg_recommender *index);

/* Gives the memory back; the context needs only its allocator. */
void seg_recommender_close(const seg_context *ctx, seg_recommender *index);

/* For each basket the best rules whose antecedent it holds whole, whose item it does not hold and
 * no better rule suggests.
 *
 *   baskets  IN   rows over the same n_items
 *   rules    OUT  (baskets->n, most)  their numbers, best first, then -1
 *
 * O(rules under the items of the basket) plus the rules up to the last one given, by a heap; for
 * each thread n_items bytes, and 16 for each rule under the items of one basket.
 * SEG_ERR_ARG as seg_basket_view_check, if n_items differ or most is below 1; SEG_ERR_NOMEM,
 * SEG_ERR_CANCELLED. */
SEG_MUST_USE seg_status seg_recommend_rules(const seg_context *ctx,
                                            const seg_recommender *index,
                                            const seg_basket_view *baskets,
                                            seg_len most,
                                            int32_t *rules);

/* Hides each item of each basket in turn and asks for it: what seg_recommend_rules would suggest to
 * the rest of the basket.
 *
 *   place  OUT  (baskets->indptr[baskets->n],)  where the hidden item comes among the first `most`
 *               suggestions, from 1 on; 0: not among them; -1: there was no suggestion at all
 *
 * The rules that speak to the whole basket are gathered once; for each hidden item those that need
 * it fall away. Failures as above. */
SEG_MUST_USE seg_status seg_recommend_hidden(const seg_context *ctx,
                                             const seg_recommender *index,
                                             const seg_basket_view *baskets,
                                             seg_len most,
                                             int32_t *place);

#endif

/* Association rules from frequent itemsets. */
#ifndef SEG_RULES_H
#define SEG_RULES_H

#include "seg_lattice.h"

/* What a rule must keep to. */
typedef struct seg_rule_limits {
    int64_t num, den; /* confidence of at least num / den; 0 <= num <= den <= INT32_MAX, den > 0 */
    seg_len most;     /* items a consequent may have, at least 1 */
    const uint8_t *body; /* (n_items,) nonzero: may stand in an antecedent; NULL: all may */
    const uint8_t *head; /* (n_items,) nonzero: may stand in a consequent; NULL: all may */
} seg_rule_limits;

/* A rule X -> Y names three sets: X with Y, X and Y. */
typedef struct seg_rule {
    int32_t whole, antecedent, consequent;
} seg_rule;

/* Rules found and not yet read. */
typedef struct seg_rules {
    seg_len n;
    int64_t unknown; /* splits left out because a part, or a set on the way to it, is not there */
    seg_rule best;   /* of all splits looked at, kept or not, that of greatest confidence, of equals
                        the greatest count, of equals the first; whole -1 if there was none */
    seg_lattice lattice;
    seg_rule_limits limits;
    int64_t *first; /* (chunks + 1,) rules before each chunk of sets */
} seg_rules;

/* Counts the rules of the sets: every split of a set into a non-empty antecedent and a consequent
 * of at most `most` items, both of items that may stand there, with
 * count(whole) / count(antecedent) >= num / den, compared in whole numbers.
 *
 * A consequent grows item by item; the antecedent shrinks with it and its count can only rise, so
 * what falls below the confidence is not grown further. Items that may not stand in an antecedent
 * are in the consequent from the start. Counts come from the lattice, a step for every item taken
 * off: O(items of all sets) for consequents of one item. The same rules in the same order for any
 * number of threads.
 *
 * The sets and flags must stay as they are until seg_rules_free, which also follows a failure.
 * SEG_ERR_ARG as seg_lattice_open and if a limit is not as stated; SEG_ERR_NOMEM,
 * SEG_ERR_CANCELLED, SEG_ERR_TOO_MANY. */
SEG_MUST_USE seg_status seg_rules_open(const seg_context *ctx,
                                       const seg_itemset_view *sets,
                                       const seg_rule_limits *limits,
                                       seg_rules *rules);

/* Writes them, by set, of one set in the order the consequents grow.
 *
 *   whole, antecedent, consequent  OUT  (rules->n,)  numbers of sets */
SEG_MUST_USE seg_status seg_rules_read(const seg_context *ctx,
                                       const seg_rules *rules,
                                       int32_t *whole,
                                       int32_t *antecedent,
                                       int32_t *consequent);

/* Gives the memory back. */
void seg_rules_free(const seg_context *ctx, seg_rules *rules);

#endif

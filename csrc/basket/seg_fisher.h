/* Fisher's exact test: how often chance alone would put two things together that often. */
#ifndef SEG_FISHER_H
#define SEG_FISHER_H

#include "seg_context.h"

/* p[i] = P(K >= both[i]) for K hypergeometric: x[i] of n baskets hold X, y[i] of them Y, drawn
 * without regard to each other (Fisher 1935; one-sided).
 *
 *   x, y, both  IN   (rows,)  counts with 0 <= x, y <= n and max(0, x + y - n) <= both <= min(x, y)
 *   p           OUT  (rows,)  in [0, 1]
 *
 * Terms are taken relative to the one at the mode, by the ratio of neighbours, outwards until they
 * no longer count, and p is the sum from `both` on over the sum of all: no logarithms, no
 * differences, only + - * /, the same bits everywhere. The relative error is below 1e-12 where p is
 * a normal double and fewer than some thousand terms count; below about 1e-308 p is 0 or nearly.
 * O(distance from the mode to `both` plus some ten standard deviations), the latter at most
 * sqrt(min(x, y)) / 2 or so. SEG_ERR_ARG if n is not in [0, INT32_MAX] or a count not as stated (p
 * then means nothing); SEG_ERR_CANCELLED. */
SEG_MUST_USE seg_status seg_fisher_greater(const seg_context *ctx,
                                           int64_t n,
                                           seg_len rows,
                                           const int64_t *x,
                                           const int64_t *y,
                                           const int64_t *both,
                                           double *p);

#endif

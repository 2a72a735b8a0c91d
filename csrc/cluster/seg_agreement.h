/* How alike two labellings of the same points are. */
#ifndef SEG_AGREEMENT_H
#define SEG_AGREEMENT_H

#include "seg_base.h"

/* The adjusted Rand index (Hubert and Arabie 1985, doi:10.1007/BF01908075): with pairs(w) = w (w -
 * 1) / 2 over the weights of the cells of the table of both labellings, (sum of cells' pairs -
 * chance) / ((rows' pairs + columns' pairs) / 2 - chance), chance being rows' pairs times columns'
 * pairs over all pairs; 1 where that is 0 / 0.
 *
 *   first, second  IN       (m,)  in [0, k)
 *   weight         IN       (m,)  rows a point stands for; NULL: all 1
 *   table          SCRATCH  (k + 2, k)
 *
 * O(m + k^2). */
double seg_adjusted_rand(seg_len m,
                         seg_len k,
                         const int32_t *first,
                         const int32_t *second,
                         const double *weight,
                         double *table);

#endif

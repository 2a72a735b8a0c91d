/* Rows against given centres: labels, distances, sums. */
#ifndef SEG_NEAREST_H
#define SEG_NEAREST_H

#include "seg_matrix.h"

/* The nearest centre of each row: the argmin over q of sum_j (x_ij - c_qj)^2, each term subtracted,
 * squared and added in column order in double precision, the lowest q on ties. (Where centres are
 * beyond 2^100 or below 2^-100 all numbers are first multiplied by one power of two.)
 *
 *   x        IN   (n, d)
 *   centers  IN   (k, d)  1 <= k <= 2^24
 *   labels   OUT  (n,)
 *   squares  OUT  (n,)    the sum at the minimum; NULL: not wanted
 *
 * A row's label depends on that row alone. SEG_ERR_ARG for other k and for d = 0;
 * SEG_ERR_NUMBER for NaN and infinity in x; SEG_ERR_NOMEM, SEG_ERR_CANCELLED. O(n k d). */
SEG_MUST_USE seg_status seg_nearest_label(const seg_context *ctx,
                                          const seg_matrix *x,
                                          const double *centers,
                                          seg_len k,
                                          int32_t *labels,
                                          double *squares);

/* The distance of each row to each centre.
 *
 *   distances  OUT  (n, k) */
SEG_MUST_USE seg_status seg_nearest_distances(const seg_context *ctx,
                                              const seg_matrix *x,
                                              const double *centers,
                                              seg_len k,
                                              double *distances);

#endif

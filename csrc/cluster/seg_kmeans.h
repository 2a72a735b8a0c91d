/* k-means: the centres that a set of rows stands closest to. */
#ifndef SEG_KMEANS_H
#define SEG_KMEANS_H

#include "seg_matrix.h"

/* The nearest centre of each row: the argmin over q of sum_j (x_ij - c_qj)^2, each term subtracted,
 * squared and added in column order in double precision, the lowest q on ties.
 *
 *   x        IN   (n, d)
 *   centers  IN   (k, d)  k >= 1
 *   labels   OUT  (n,)
 *   squares  OUT  (n,)    the sum at the minimum
 *
 * SEG_ERR_ARG if the widths differ or k is 0; SEG_ERR_NOMEM, SEG_ERR_CANCELLED. O(n k d). */
SEG_MUST_USE seg_status seg_kmeans_nearest(const seg_context *ctx,
                                           const seg_matrix *x,
                                           const seg_matrix *centers,
                                           int32_t *labels,
                                           double *squares);

#endif

/* Silhouettes of rows under any labels, exactly (Rousseeuw 1987, doi:10.1016/0377-0427(87)90125-7).
 */
#ifndef SEG_SILHOUETTE_H
#define SEG_SILHOUETTE_H

#include "seg_matrix.h"

/* With a the mean Euclidean distance of a row to the other rows of its cluster and b the least mean
 * distance to the rows of another cluster, its silhouette is (b - a) / max(a, b); 0 where it is the
 * only row of its cluster, or where a and b are both 0.
 *
 *   x        IN   (n, d)
 *   label    IN   (n,)    in [0, n_labels); a label without rows is no cluster
 *   samples  OUT  (n,)
 *   fault    OUT          the first row behind SEG_ERR_CODE
 *
 * Rows are sorted by label and value and equal ones become one weighted row, so that a silhouette
 * is the same bits for any order of rows, any names of labels, number of threads and level. With m
 * different rows m^2 / 2 distances; 16 (d + 8) bytes a row. Values of any size: where squares would
 * overflow or vanish all are scaled by a power of two. SEG_ERR_ARG for fewer than two clusters,
 * d < 1, n > INT32_MAX or a value that is not finite; SEG_ERR_NOMEM; SEG_ERR_CANCELLED. */
SEG_MUST_USE seg_status seg_silhouette(const seg_context *ctx,
                                       const seg_matrix *x,
                                       seg_len n_labels,
                                       const int32_t *label,
                                       double *samples,
                                       seg_fault *fault);

/* The same of rows that each stand for several.
 *
 *   weight  IN  (n,)  how many, each at least 1, together at most INT32_MAX; NULL: all 1 */
SEG_MUST_USE seg_status seg_silhouette_weighted(const seg_context *ctx,
                                                const seg_matrix *x,
                                                const int32_t *weight,
                                                seg_len n_labels,
                                                const int32_t *label,
                                                double *samples,
                                                seg_fault *fault);

#endif

/* What a clustering of points looks like: how heavy, how wide and how far apart its clusters are.
 */
#ifndef SEG_PORTRAIT_H
#define SEG_PORTRAIT_H

#include "seg_points.h"

/* Describes the clusters that points form around centres.
 *
 *   centers  IN   (k, d)  in the units of the source, between the least and greatest of the points
 *   labels   OUT  (m,)    the nearest centre of each point, as seg_nearest_label
 *   weight   OUT  (k,)    of each cluster's points
 *   radius   OUT  (k,)    mean distance to the centre
 *   scatter  OUT  (k,)    sum of weighted squared distances to the centre
 *   along    OUT  (k, k)  along[a, b]: mean squared distance of cluster a's points to its centre
 *                         along the line from centre a to centre b; 0 where these are one
 *
 * radius is scaled as the points are, scatter and along twice so. 0 for a cluster of no weight.
 * Sums of chunks in their order: the same bits for any number of threads and any level. O(m k d); 8
 * k (k + 3) bytes a chunk. SEG_ERR_ARG for k < 1, SEG_ERR_NOMEM, SEG_ERR_CANCELLED. */
SEG_MUST_USE seg_status seg_portrait(const seg_context *ctx,
                                     const seg_points *points,
                                     seg_len k,
                                     const double *centers,
                                     int32_t *labels,
                                     double *weight,
                                     double *radius,
                                     double *scatter,
                                     double *along);

/* All points, scaled, and their weights.
 *
 *   rows    OUT  (m, d)
 *   weight  OUT  (m,) */
void seg_portrait_rows(const seg_points *points, double *rows, double *weight);

#endif

/* k-means of one column, solved exactly. For this room only. */
#ifndef SEG_LINE_H
#define SEG_LINE_H

#include "seg_points.h"

/* The k centres of least inertia of points with one column, by dynamic programming: the best q
 * clusters of the first i values end in a cluster whose first value does not fall as i grows, so
 * each of the k layers costs O(m log m) (Wang and Song 2011, doi:10.32614/RJ-2011-015; divide and
 * conquer instead of their quadratic loop). Exact up to the rounding of prefix sums, about 1e-16 m
 * of the total scatter.
 *
 *   centers  OUT  (k,)  ascending, scaled; where k > m the last one is repeated
 *
 * Memory: 4 k + 56 bytes a point, 44 more while points that stand as the rows came are sorted.
 * SEG_OK, SEG_ERR_NOMEM or SEG_ERR_CANCELLED. */
SEG_MUST_USE seg_status seg_line_centers(const seg_context *ctx,
                                         const seg_points *points,
                                         seg_len k,
                                         double *centers);

#endif

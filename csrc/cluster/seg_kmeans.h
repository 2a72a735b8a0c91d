/* k-means: centres that a weighted set of points stands closest to. */
#ifndef SEG_KMEANS_H
#define SEG_KMEANS_H

#include "seg_points.h"
#include "seg_seed.h"

typedef struct seg_kmeans_options {
    seg_len k;           /* clusters, 1 <= k <= points->n, SEG_CENTERS_MOST */
    seg_len starts;      /* runs of Lloyd's iterations, >= 1; `init` holds as many arrays or none */
    seg_len swaps;       /* after them: trials that put one centre elsewhere; 0: none */
    int max_iter;        /* >= 1 */
    double tol;          /* of the mean variance of the columns, against the squared shift */
    seg_seeding seeding; /* where there is no `init` */
    uint64_t seed;
} seg_kmeans_options;

/* What a fit found. */
typedef struct seg_kmeans_fitted {
    double inertia; /* sum of weighted squared distances to the nearest centre */
    seg_len best;   /* the start it came from */
    int n_iter;     /* iterations of the run it came from */
    int converged;  /* whether that run came to rest */
} seg_kmeans_fitted;

/* Fits k centres.
 *
 * Each start draws centres (seg_seed_draw, stream: its number) or takes them from `init` (a single
 * column that would be spread is solved exactly instead: seg_line.h, one start is enough), and
 * iterates as Lloyd does (seg_lloyd.h); the lowest inertia wins, the first on ties. A swap then
 * takes one centre away, puts it where a point drawn by squared distance is, iterates, and is kept
 * if the inertia fell. The same bits for any number of threads and any level.
 *
 *   init      IN   (starts, k, d) or NULL
 *   centers   OUT  (k, d)
 *   labels    OUT  (n,)  of the source's rows, as seg_nearest_label labels them
 *   inertias  OUT  (starts,)
 *   fitted    OUT
 *
 * Memory: for each start that runs at once 4.25 bytes a point, 4 more while drawing, 8 more with
 * swaps; 8 (k + 32) (d + 4) for every 8192 points begun (sums, rows that are read); 600 k (d + 2)
 * (centres, and those gone by); 8 k d for each start. Where the terms with k come to less than 3
 * bytes a row, a large fit (seg_points.h) without swaps so takes at most the packed copy and 16
 * bytes a row.
 * SEG_ERR_ARG, SEG_ERR_NOMEM, SEG_ERR_CANCELLED. */
SEG_MUST_USE seg_status seg_kmeans_fit(const seg_context *ctx,
                                       const seg_points *points,
                                       const seg_kmeans_options *options,
                                       const double *init,
                                       double *centers,
                                       int32_t *labels,
                                       double *inertias,
                                       seg_kmeans_fitted *fitted);

#endif

/* k-means at several k at once, from one seeding for the largest; and of rows drawn again. */
#ifndef SEG_RESAMPLE_H
#define SEG_RESAMPLE_H

#include "seg_points.h"

/* What every fit of a sweep shares. Each start draws centres for the largest k (seg_seed_draw,
 * greedy k-means++), of which the first k are where its fit of k begins; the best of the starts
 * is kept, the first on ties. */
typedef struct seg_resample_plan {
    seg_len n_ks;
    const int32_t *ks; /* (n_ks,)  ascending, 1 <= k <= points->m */
    seg_len starts;    /* >= 1 */
    int max_iter;      /* >= 1 */
    double tol;        /* as in seg_kmeans_options */
    uint64_t seed;
} seg_resample_plan;

/* The inertia at each k, scaled by the square of the points' scale.
 *
 *   inertias  OUT  (n_ks,)
 *
 * Every k is a task. The same bits for any number of threads and any level. SEG_ERR_ARG,
 * SEG_ERR_NOMEM, SEG_ERR_CANCELLED. */
SEG_MUST_USE seg_status seg_resample_inertias(const seg_context *ctx,
                                              const seg_points *points,
                                              const seg_resample_plan *plan,
                                              double *inertias);

/* How alike fits of two resamples are: rows are drawn with replacement, twice, both draws are
 * fitted at each k, both fits label all points, and the labellings are compared by the adjusted
 * Rand index (seg_agreement.h), in which a point counts by its weight.
 *
 *   n_drawn  rows of a resample, >= 1; a point is drawn by its weight, which is a whole number
 *   rand     OUT  (n_pairs, n_ks)
 *
 * Every pair is a task; 24 bytes a point while it runs. The same bits for any number of threads
 * and any level. SEG_ERR_ARG, also for weights that sum to more than 2^32; SEG_ERR_NOMEM,
 * SEG_ERR_CANCELLED. */
SEG_MUST_USE seg_status seg_resample_pairs(const seg_context *ctx,
                                           const seg_points *points,
                                           const seg_resample_plan *plan,
                                           seg_len n_pairs,
                                           seg_len n_drawn,
                                           double *rand);

#endif

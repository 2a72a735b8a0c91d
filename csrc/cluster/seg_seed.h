/* First centres of k-means, drawn from the points. */
#ifndef SEG_SEED_H
#define SEG_SEED_H

#include "seg_points.h"

typedef enum seg_seeding {
    SEG_SEED_SPREAD = 0, /* greedy k-means++: of 2 + log q draws of the q-th centre the one that
                            lowers most */
    SEG_SEED_RANDOM      /* k points, by weight, none twice */
} seg_seeding;

/* Draws k centres (doi:10.5555/1283383.1283494, greedy as in Arthur's thesis). The draws are
 * numbers of (seed, stream): the same for any number of threads and any level.
 *
 * The first centres of a draw of many are those of a draw of few. Where fewer than k points differ
 * the first ones come again.
 *
 *   centers  OUT  (k, d)  rows of points, scaled
 *
 * O(n k d log k). SEG_OK, SEG_ERR_NOMEM or SEG_ERR_CANCELLED. */
SEG_MUST_USE seg_status seg_seed_draw(const seg_context *ctx,
                                      const seg_points *points,
                                      seg_len k,
                                      seg_seeding how,
                                      uint64_t seed,
                                      uint64_t stream,
                                      double *centers);

/* Points up to which draws run side by side, each on one thread. */
enum { SEG_SEED_SIDE_BY_SIDE = 1 << 17 };

/* Several draws at once: those of streams 0 to starts - 1. With them as `init`, cut to its own k,
 * seg_kmeans_fit finds what it finds without.
 *
 *   centers  OUT  (starts, k, d)  not scaled
 *
 * The same bits for any number of threads and any level. SEG_ERR_ARG for k outside
 * [1, SEG_CENTERS_MOST] and starts < 1, SEG_ERR_NOMEM, SEG_ERR_CANCELLED. */
SEG_MUST_USE seg_status seg_seed_starts(const seg_context *ctx,
                                        const seg_points *points,
                                        seg_len k,
                                        seg_len starts,
                                        seg_seeding how,
                                        uint64_t seed,
                                        double *centers);

#endif

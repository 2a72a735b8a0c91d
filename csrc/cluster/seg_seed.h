/* First centres of k-means, drawn from the points. For this room only. */
#ifndef SEG_SEED_H
#define SEG_SEED_H

#include "seg_points.h"

typedef enum seg_seeding {
    SEG_SEED_SPREAD = 0, /* greedy k-means++: of 2 + log k draws the one that lowers most */
    SEG_SEED_RANDOM      /* k points, by weight, none twice */
} seg_seeding;

/* Draws k centres (doi:10.5555/1283383.1283494, greedy as in Arthur's thesis). The draws are
 * numbers of (seed, stream): the same for any number of threads and any level.
 *
 * Where fewer than k points differ the first ones come again.
 *
 *   picks    OUT  (k,)    the points drawn
 *   centers  OUT  (k, d)  their rows, scaled
 *
 * O(n k d log k). SEG_OK, SEG_ERR_NOMEM or SEG_ERR_CANCELLED. */
SEG_MUST_USE seg_status seg_seed_draw(const seg_context *ctx,
                                      const seg_points *points,
                                      seg_len k,
                                      seg_seeding how,
                                      uint64_t seed,
                                      uint64_t stream,
                                      int32_t *picks,
                                      double *centers);

#endif

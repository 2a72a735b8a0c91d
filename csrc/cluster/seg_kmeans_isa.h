/* The hot loops of k-means on packed blocks, compiled once per level. For this room only. */
#ifndef SEG_KMEANS_ISA_H
#define SEG_KMEANS_ISA_H

#include "seg_base.h"
#include "seg_cpu.h"

/* Rows of a block, as in seg_points.h. */
enum { SEG_LANES = 32 };

/* Centres as the filter sees them. */
typedef struct seg_filter {
    seg_len d, k;
    const float *centers; /* (k, d) */
    const float *half;    /* (k,)  half the squared length of each */
} seg_filter;

/* What the filter says of a block's rows. */
typedef struct seg_filtered {
    int32_t labels[SEG_LANES]; /* the nearest centre, right where not doubtful */
    uint32_t doubtful;         /* bit i: the two nearest of row i are within `doubt` */
    float margin; /* no row is nearer than this much less than its second nearest; 0: unknown */
} seg_filtered;

typedef struct seg_kmeans_ops {
    /* Looks for the nearest centres of one block (d, SEG_LANES) by |c|^2 / 2 - x c in floats.
     * `doubt` bounds the error of the difference of two such scores. May contract: it decides
     * nothing that is within doubt. */
    void (*filter)(const seg_filter *filter, const float *block, float doubt, seg_filtered *out);
} seg_kmeans_ops;

typedef struct seg_seed_ops {
    /* For each candidate the potential of a run of blocks if it became a centre: the sum over rows
     * of share * min(nearest, squared distance), floats added lane by lane, lanes in order.
     *
     *   share       IN   (blocks SEG_LANES,) or NULL: all 1
     *   nearest     IN   (blocks SEG_LANES,)
     *   candidates  IN   (n_candidates, d)
     *   potential   OUT  (n_candidates,) */
    void (*weigh)(seg_len blocks,
                  seg_len d,
                  const float *block,
                  const float *share,
                  const float *nearest,
                  seg_len n_candidates,
                  const float *candidates,
                  double *potential);
    /* nearest = min(nearest, squared distance to the candidate); the new potential is returned. */
    double (*take)(seg_len blocks,
                   seg_len d,
                   const float *block,
                   const float *share,
                   float *nearest,
                   const float *candidate);
} seg_seed_ops;

extern const seg_kmeans_ops seg_kmeans_ops_base, seg_kmeans_ops_v3, seg_kmeans_ops_v4;
extern const seg_seed_ops seg_seed_ops_base, seg_seed_ops_v3, seg_seed_ops_v4;

#endif

/* The hot loops of k-means on packed blocks, compiled once per level. For this room only. */
#ifndef SEG_KMEANS_ISA_H
#define SEG_KMEANS_ISA_H

#include "seg_pack_isa.h"

/* Centres as the filter sees them, by |c|^2 / 2 - x c in floats. */
typedef struct seg_filter {
    seg_len d, k;
    const float *centers; /* (k, d) */
    const float *half;    /* (k,)  half the squared length of each */
    float doubt, slope;   /* two scores of a row differ by what is true to doubt + slope |x| */
    float shrink;         /* what is left of a squared margin for sure */
} seg_filter;

/* Packed rows and what is known of them. */
typedef struct seg_sweep {
    seg_filter filter;
    const float *blocks; /* (blocks, d, SEG_LANES) */
    const float *reach;  /* (blocks,)  no row of the block is longer */
    float *margin;       /* (blocks,)  OUT: no row is nearer than the root of this less than its
                            second nearest; 0: unknown */
    int32_t *labels;     /* (blocks SEG_LANES,)  IN: what they were; OUT if fresh */
    int fresh;           /* nothing is known of the labels */
} seg_sweep;

/* A row to look at: its label is another now, or doubtful (-1). */
typedef struct seg_open_row {
    int32_t row, label;
} seg_open_row;

/* Room for rows to look at; a sweep stops when a block might not fit any more. */
enum { SEG_OPEN_ROWS = 256 };

typedef struct seg_kmeans_ops {
    /* Looks for the nearest centres of the rows of blocks list[from], list[from + 1] and so on, and
     * returns the place in the list, at most n, where it stopped. May contract: it decides nothing
     * that is within doubt.
     *
     *   list  IN   (n,)
     *   open  OUT  (SEG_OPEN_ROWS,)  rows whose label is another; if fresh, only the doubtful */
    seg_len (*sweep)(const seg_sweep *sweep,
                     seg_len from,
                     seg_len n,
                     const int32_t *list,
                     seg_open_row *open,
                     seg_len *n_open);
    /* Labels of one block (d, SEG_LANES) whose rows are at most `reach` long; bit i of what is
     * returned: row i is doubtful. */
    uint32_t (*label)(const seg_filter *filter, const float *block, float reach, int32_t *labels);
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

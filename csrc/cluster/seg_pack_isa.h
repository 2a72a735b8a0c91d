/* Rows of doubles into blocks of floats, compiled once per level: each operation rounded alike on
 * every one. For this room only. */
#ifndef SEG_PACK_ISA_H
#define SEG_PACK_ISA_H

#include "seg_base.h"
#include "seg_cpu.h"

/* Rows of a block, as in seg_points.h, and lanes of the sums of a column. */
enum { SEG_LANES = 32, SEG_MOMENTS = 8 };

/* Where floats are taken from: z = (x - middle) unit. */
typedef struct seg_frame {
    seg_len d;
    double unit;
    const double *middle; /* (d,) */
} seg_frame;

typedef struct seg_pack_ops {
    /* Widens the bounds of each column by n rows of d doubles, row i at x + i step. Returns 0 if
     * one is NaN or infinite; the bounds are then of no use.
     *
     *   lo, hi  INOUT  (d,) */
    int (*bounds)(seg_len d, seg_len n, const double *x, seg_len step, double *lo, double *hi);
    /* Packs n rows, 1 <= n <= SEG_LANES; the rest of the block is filled up with the first. Returns
     * what no row is longer than: infinity where floats overflow, so also for NaN and infinity.
     *
     *   block  OUT  (d, SEG_LANES) */
    float (*pack)(const seg_frame *frame, seg_len n, const double *x, seg_len step, float *block);
    /* Adds w z and w z^2 of each row of a block to the sums of row % SEG_MOMENTS.
     *
     *   weight  IN     (SEG_LANES,) or NULL: all 1
     *   sums    INOUT  (d, 2, SEG_MOMENTS) */
    void (*moments)(seg_len d, const float *block, const double *weight, double *sums);
} seg_pack_ops;

extern const seg_pack_ops seg_pack_ops_base, seg_pack_ops_v3, seg_pack_ops_v4;

#endif

/* Sums over rows by label, compiled once per level: the same additions in the same order on each.
 * For this room only. */
#ifndef SEG_SUMS_ISA_H
#define SEG_SUMS_ISA_H

#include "seg_base.h"
#include "seg_cpu.h"

/* A cluster's sums: of w (x - pivot) by column, of w, and of rows whose w is not 0. */
enum { SEG_SUMS_MORE = 2 };

/* Rows as doubles; row i begins at x + i step. */
typedef struct seg_sums_rows {
    seg_len d, step;
    const double *x, *weight; /* weight (rows,), NULL: all 1 */
} seg_sums_rows;

/* Row `row` goes from one cluster to another; -1 is none. */
typedef struct seg_sums_move {
    int32_t row, from, to;
} seg_sums_move;

typedef struct seg_sums_ops {
    /* Adds rows to the sums (k, d + SEG_SUMS_MORE) of their labels (n,), in their order. */
    void (*add)(const seg_sums_rows *rows,
                seg_len n,
                const int32_t *labels,
                const double *pivot,
                double *sums);
    /* Takes rows out of the sums of one label into those of another, in the order of the list. */
    void (*move)(const seg_sums_rows *rows,
                 seg_len n,
                 const seg_sums_move *list,
                 const double *pivot,
                 double *sums);
    /* `start` plus the weighted squared distances of rows to the centres (k, d) of their labels,
     * added in the order of rows. */
    double (*weigh)(const seg_sums_rows *rows,
                    seg_len n,
                    const int32_t *labels,
                    const double *centers,
                    double start);
} seg_sums_ops;

extern const seg_sums_ops seg_sums_ops_base, seg_sums_ops_v3, seg_sums_ops_v4;

#endif

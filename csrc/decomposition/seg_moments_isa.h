/* The hot loops of seg_moments, compiled once per level. For seg_moments.c only. */
#ifndef SEG_MOMENTS_ISA_H
#define SEG_MOMENTS_ISA_H

#include "seg_base.h"

/* Columns of a tile come in blocks of this many; those beyond d are 0. */
enum { SEG_MOMENTS_BLOCK = 8 };

typedef struct seg_moments_ops {
    /* Takes n rows of d doubles, row_step bytes apart, less their pivot.
     *
     *   pivot  IN   (d,)
     *   tile   OUT  (n, wide)  wide >= d, a multiple of the block; the rest of a row is 0
     *   sum    OUT  (wide,)    of the rows, each column from the first row to the last */
    void (*shift)(seg_len n,
                  seg_len d,
                  seg_len wide,
                  const char *rows,
                  seg_len row_step,
                  const double *pivot,
                  double *tile,
                  double *sum);
    /* The same from rows of floats. */
    void (*shift_floats)(seg_len n,
                         seg_len d,
                         seg_len wide,
                         const char *rows,
                         seg_len row_step,
                         const double *pivot,
                         double *tile,
                         double *sum);
    /* The same from columns of doubles that are the lines of memory: element (i, j) stands at
     * columns + 8 i + column_step j. */
    void (*turn)(seg_len n,
                 seg_len d,
                 seg_len wide,
                 const char *columns,
                 seg_len column_step,
                 const double *pivot,
                 double *tile,
                 double *sum);
    /* Adds the products of the columns of a tile.
     *
     *   tile      IN      (n, wide)     64-byte aligned
     *   products  IN/OUT  (wide, wide)  64-byte aligned; only the blocks on and above the diagonal
     *                                   are touched */
    void (*square)(seg_len n, seg_len d, seg_len wide, const double *tile, double *products);
} seg_moments_ops;

extern const seg_moments_ops seg_moments_ops_base, seg_moments_ops_v3, seg_moments_ops_v4;

#endif

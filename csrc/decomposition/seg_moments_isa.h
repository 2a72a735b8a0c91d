/* The hot loops of this room, compiled once per level. For its .c files only. */
#ifndef SEG_MOMENTS_ISA_H
#define SEG_MOMENTS_ISA_H

#include "seg_cpu.h"
#include "seg_matrix.h"

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
    /* found[i, q] = sum_j tile[i, j] loadings[j, q], from the first j to the last.
     *
     *   tile      IN   (n, wide)
     *   loadings  IN   (d, across)  across a multiple of the block
     *   found     OUT  (n, across) */
    void (*project)(seg_len n,
                    seg_len d,
                    seg_len wide,
                    seg_len across,
                    const double *tile,
                    const double *loadings,
                    double *found);
} seg_moments_ops;

extern const seg_moments_ops seg_moments_ops_base, seg_moments_ops_v3, seg_moments_ops_v4;

/* The loops of a level. */
static inline const seg_moments_ops *
seg_moments_ops_of(seg_level level)
{
    switch (level) {
#ifdef SEG_HAVE_V4
    case SEG_LEVEL_V4:
        return &seg_moments_ops_v4;
#endif
#ifdef SEG_HAVE_V3
    case SEG_LEVEL_V3:
        return &seg_moments_ops_v3;
#endif
    default:
        return &seg_moments_ops_base;
    }
}

/* Rows [first, first + n) of x less their pivot, read the way they lie in memory.
 *
 *   raw        scratch, (n, d)
 *   tile, sum  OUT  as `shift` gives them */
static inline void
seg_moments_tile(const seg_moments_ops *ops,
                 const seg_matrix *x,
                 seg_len first,
                 seg_len n,
                 seg_len wide,
                 const double *pivot,
                 double *raw,
                 double *tile,
                 double *sum)
{
    const char *from = x->data + first * x->row_step;
    seg_len size = sizeof(double);
    if (x->type == SEG_F64 && x->column_step == size) {
        ops->shift(n, x->d, wide, from, x->row_step, pivot, tile, sum);
    } else if (x->type == SEG_F32 && x->column_step == (seg_len)sizeof(float)) {
        ops->shift_floats(n, x->d, wide, from, x->row_step, pivot, tile, sum);
    } else if (x->type == SEG_F64 && x->row_step == size) {
        ops->turn(n, x->d, wide, from, x->column_step, pivot, tile, sum);
    } else {
        seg_matrix_rows(x, first, n, raw);
        ops->shift(n, x->d, wide, (const char *)raw, x->d * size, pivot, tile, sum);
    }
}

#endif

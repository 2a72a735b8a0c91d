/* A weighted set of rows, packed once for every kernel that looks at distances. */
#ifndef SEG_POINTS_H
#define SEG_POINTS_H

#include "seg_arena.h"
#include "seg_matrix.h"
#include "seg_pack_isa.h"

/* Rows of a block, and rows of a chunk: a chunk is what one task takes and what one partial sum
 * covers, so that sums do not depend on threads. */
enum { SEG_BLOCK = 32, SEG_CHUNK = 8192 };

/* The most rows: what fills the last block up has a number too. */
#define SEG_POINTS_MOST ((seg_len)INT32_MAX - SEG_BLOCK + 1)

/* The most centres: the filter counts them in floats, which are whole up to here. */
#define SEG_CENTERS_MOST ((seg_len)1 << 24)

/* Up to this many elements the points are a function of the weighted set of rows. */
#define SEG_POINTS_SET ((seg_len)1 << 20)

/* Points are read-only once made: any number of threads may use them at once.
 *
 * Numbers are held times `scale`, a power of two that is 1 unless the largest is beyond 2^100 or
 * below 2^-100, so that squares neither overflow nor vanish. Blocks hold floats of
 * (scale x - middle) unit, column inside block; the largest is at most 1 in size. */
typedef struct seg_points {
    seg_len n, m, d; /* rows of the source, rows kept, columns */
    seg_matrix source;
    double scale, unit;
    double *middle;       /* (d,)  half way between the smallest and the largest */
    double *pivot;        /* (d,)  what sums are taken from: 0 unless the middle is far from 0 */
    double *rows;         /* (m, d) scaled, or NULL: read the source */
    const double *at;     /* where point 0 stands scaled, or NULL: points have to be read */
    seg_len step;         /* doubles from a point to the next, of any sign */
    const double *weight; /* (m,)  above 0 if rows is there, or NULL: all 1 */
    float *blocks;        /* (blocks, d, SEG_BLOCK)  the last is filled up with its first row */
    float *reach;         /* (blocks,)  no row of the block is longer */
    float *share;   /* (blocks SEG_BLOCK,)  weight over the largest, 0 behind the last row; NULL
                       where weight is and the last block is full */
    int32_t *place; /* (n,)  the point of a row, -1 for weight 0; NULL: row i is point i */
    double spread;  /* mean over columns of the weighted variance, scaled */
    double total;   /* sum of weights */
    int distinct;   /* whether no two points are equal for sure */
    seg_arena arena;
} seg_points;

/* Packs the rows of x.
 *
 *   x       IN  (n, d)  d >= 1, 1 <= n <= SEG_POINTS_MOST; must live as long as the points
 *   weight  IN  (n,)    finite, >= 0, one above 0; must live as long; NULL: all 1
 *
 * Up to n d = SEG_POINTS_SET, and above where a sample promises that few rows are distinct: equal
 * rows become one point of the summed weight, rows of weight 0 none, and the points are ordered
 * along a curve that keeps neighbours close (Morton), ties by value. Else points are the rows in
 * their order.
 *
 * SEG_ERR_NUMBER for NaN and infinity, SEG_ERR_ARG if nothing has weight or for other n and d,
 * SEG_ERR_NOMEM, SEG_ERR_CANCELLED; *points is then empty. Ended by seg_points_free. */
SEG_MUST_USE seg_status seg_points_new(const seg_context *ctx,
                                       const seg_matrix *x,
                                       const double *weight,
                                       seg_points *points);

/* The packing of the context's level. */
const seg_pack_ops *seg_points_ops(const seg_context *ctx);

/* Gives the memory back; points that are {0} are fine. */
void seg_points_free(const seg_context *ctx, seg_points *points);

/* Points [first, first + n), scaled, of which each begins *step doubles behind the one before:
 * where they stand, or read into `scratch` (n, d). */
const double *
seg_points_rows(const seg_points *points, seg_len first, seg_len n, double *scratch, seg_len *step);

/* Point i, scaled: where it stands, or read into `scratch` (d,). */
static inline const double *
seg_points_row(const seg_points *points, seg_len i, double *scratch)
{
    seg_len step;
    return points->at != NULL ? points->at + i * points->step
                              : seg_points_rows(points, i, 1, scratch, &step);
}

/* The number of blocks and of chunks. */
static inline seg_len
seg_points_blocks(const seg_points *points)
{
    return (points->m + SEG_BLOCK - 1) / SEG_BLOCK;
}

/* The number of chunks of SEG_CHUNK rows. */
static inline seg_len
seg_points_chunks(const seg_points *points)
{
    return (points->m + SEG_CHUNK - 1) / SEG_CHUNK;
}

#endif

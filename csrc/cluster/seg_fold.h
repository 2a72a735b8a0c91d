/* Equal rows folded into one, in an order that depends on the set of rows only. */
#ifndef SEG_FOLD_H
#define SEG_FOLD_H

#include "seg_arena.h"
#include "seg_matrix.h"

/* Distinct rows. -0 counts as 0. */
typedef struct seg_fold {
    seg_len n, m, d;  /* rows of the source, rows here, columns */
    double *rows;     /* (m, d) */
    double *weight;   /* (m,)  above 0; NULL: all 1 */
    int32_t *place;   /* (n,)  the row here of each row of the source, -1: weight 0 */
    seg_len capacity; /* rows there is room for while reading */
    seg_arena work;   /* holds rows and weight until they are ordered */
} seg_fold;

/* Whether a sample of the rows says that fewer than about one in eight is distinct; *pays OUT.
 * SEG_OK or SEG_ERR_NOMEM. */
SEG_MUST_USE seg_status seg_fold_pays(const seg_context *ctx, const seg_matrix *x, int *pays);

/* Reads the rows of weight above 0, folding by a hash table as it goes.
 *
 *   arena        will own `place`
 *   weight  IN   (n,)  NULL: all 1
 *   fold    OUT  rows in the order they are first met; the weights of equal rows summed in
 *                ascending order, so that no order of the source shows
 *
 * SEG_ERR_NUMBER for NaN and infinity, SEG_ERR_ARG if no row has weight, SEG_ERR_NOMEM,
 * SEG_ERR_CANCELLED; fold->work is to be freed in any case. O(n d), memory for the distinct rows
 * and 4 n bytes. */
SEG_MUST_USE seg_status seg_fold_read(const seg_context *ctx,
                                      seg_arena *arena,
                                      const seg_matrix *x,
                                      const double *weight,
                                      seg_fold *fold);

/* Orders the rows along Morton's curve in the box [lo, hi] (d,), ties by value, and moves them into
 * the arena. SEG_OK or SEG_ERR_NOMEM. */
SEG_MUST_USE seg_status seg_fold_order(
    const seg_context *ctx, seg_arena *arena, const double *lo, const double *hi, seg_fold *fold);

#endif

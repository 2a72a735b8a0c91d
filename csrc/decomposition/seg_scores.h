/* Rows of a matrix as their places along given directions. */
#ifndef SEG_SCORES_H
#define SEG_SCORES_H

#include "seg_matrix.h"

/* Directions to project on. */
typedef struct seg_axes {
    seg_len d, k;
    const double *mean;       /* (d,)    taken off each row first */
    const double *directions; /* (k, d)  */
    const double *less;       /* (k,)    taken off each score: what rounding the mean left over */
    const double *scale;      /* (k,)    what each score is divided by; infinity gives 0 */
} seg_axes;

/* scores[i, q] = (sum_j (x[i, j] - mean[j]) directions[q, j] - less[q]) / scale[q].
 *
 *   scores  OUT  (n, k)  doubles, or floats if `floats` is not 0: the doubles rounded once
 *
 * The sum goes over the columns from the first to the last, only + - * /: a row's scores are the
 * same bits whatever other rows, layout, level and number of threads there are. NaN and infinity
 * make scores that are not finite. SEG_ERR_ARG if x has another number of columns. O(n d k). */
SEG_MUST_USE seg_status seg_scores(
    const seg_context *ctx, const seg_matrix *x, const seg_axes *axes, int floats, void *scores);

#endif

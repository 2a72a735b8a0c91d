/* Means and centred sums of products of the columns of a matrix: a state that adds and merges. */
#ifndef SEG_MOMENTS_H
#define SEG_MOMENTS_H

#include "seg_matrix.h"

/* For n rows x_i of d columns, with mean m: the scatter S = sum_i (x_i - m)(x_i - m)'.
 *
 * Rows are taken in chunks of a fixed size, numbered from the first row of each add. A chunk counts
 * about a pivot of its own, near its mean, so that columns far from zero lose no digits; chunks and
 * states join in order by the formula of Chan, Golub and LeVeque (doi:10.2307/2683386)
 *
 *     S = S_a + S_b + (n_a n_b / n) t t',   t = m_b - m_a.
 *
 * A mean is kept as pivot + offset: the pivot is of the size of the data, the offset of their
 * spread. Only + - * /, in an order that depends on n and d alone: the same bits for any number of
 * threads, level, strides and number type that holds the same values. A column whose values are all
 * equal has a scatter of exactly 0. Memory: 8 (d + 8)^2 bytes. */
typedef struct seg_moments seg_moments;

/* An empty state of d columns into *out, NULL on failure; ended by seg_moments_free. SEG_ERR_ARG
 * when d < 0, SEG_ERR_NOMEM, SEG_ERR_CANCELLED. */
SEG_MUST_USE seg_status seg_moments_new(const seg_context *ctx, seg_len d, seg_moments **out);

/* Gives the state back; NULL is fine. */
void seg_moments_free(const seg_context *ctx, seg_moments *state);

/* The number of columns the state was made for, and of rows it has seen. */
seg_len seg_moments_columns(const seg_moments *state);
int64_t seg_moments_rows(const seg_moments *state);

/* Adds the rows of a matrix. SEG_ERR_ARG if x has another number of columns. NaN and infinity are
 * not looked for: they, and squares beyond a double, leave offsets or scatter that are not finite,
 * and seg_matrix_fault tells which. The context's threads share the chunks (16,384 rows) when the
 * work is worth it. Memory: 8 (d + 8)^2 bytes for each chunk that waits to be joined, of which
 * there are at most 64 MiB or one a thread, and 1040 (d + 8) a thread. O(n d^2). After a failure
 * the state must only be freed. */
SEG_MUST_USE seg_status seg_moments_add(const seg_context *ctx,
                                        seg_moments *state,
                                        const seg_matrix *x);

/* Adds what another state has seen, which stays as it is. SEG_ERR_ARG, and nothing changed, if its
 * number of columns is another. SEG_ERR_CANCELLED: the state must only be freed. O(d^2). */
SEG_MUST_USE seg_status seg_moments_merge(const seg_context *ctx,
                                          seg_moments *state,
                                          const seg_moments *other);

/* Reads the state out.
 *
 *   pivot, offset  OUT  (d,)    the mean is pivot + offset; both 0 without rows
 *   scatter        OUT  (d, d)  symmetric
 *
 * SEG_OK or SEG_ERR_CANCELLED; the state is as before. */
SEG_MUST_USE seg_status seg_moments_read(const seg_context *ctx,
                                         const seg_moments *state,
                                         double *pivot,
                                         double *offset,
                                         double *scatter);

/* Fills a state with what was read from another one with the same d; of scatter the upper triangle
 * counts. SEG_ERR_ARG, and nothing changed, if rows < 0. SEG_ERR_CANCELLED: the state must only be
 * freed. */
SEG_MUST_USE seg_status seg_moments_load(const seg_context *ctx,
                                         seg_moments *state,
                                         int64_t rows,
                                         const double *pivot,
                                         const double *offset,
                                         const double *scatter);

#endif

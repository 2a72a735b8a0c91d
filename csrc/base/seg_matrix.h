/* A matrix of any number type and any strides, as its owner holds it, read as doubles. */
#ifndef SEG_MATRIX_H
#define SEG_MATRIX_H

#include "seg_context.h"

typedef enum seg_number {
    SEG_F64 = 0,
    SEG_F32,
    SEG_I8,
    SEG_I16,
    SEG_I32,
    SEG_I64,
    SEG_U8, /* and bool */
    SEG_U16,
    SEG_U32,
    SEG_U64
} seg_number;

/* Element (i, j) stands at data + i * row_step + j * column_step; steps are bytes, of any sign, and
 * no alignment is asked. Integers beyond 2^53 are rounded to the nearest double. */
typedef struct seg_matrix {
    seg_len n, d;
    seg_number type;
    const char *data;
    seg_len row_step, column_step;
} seg_matrix;

/* Rows [first, first + n) as doubles.
 *
 *   out  OUT  (n, d)  row-major */
void seg_matrix_rows(const seg_matrix *m, seg_len first, seg_len n, double *out);

/* The same rows, column by column.
 *
 *   out  OUT  (d, n)  row-major */
void seg_matrix_columns(const seg_matrix *m, seg_len first, seg_len n, double *out);

/* Where row 0 stands as doubles, each row *step doubles behind the one before; NULL where rows have
 * to be read. */
const double *seg_matrix_place(const seg_matrix *m, seg_len *step);

/* The first element, by rows, that is NaN or infinite.
 *
 *   row, column  OUT  -1 if every element is finite
 *
 * O(n d). SEG_OK, SEG_ERR_NOMEM or SEG_ERR_CANCELLED. */
SEG_MUST_USE seg_status seg_matrix_fault(const seg_context *ctx,
                                         const seg_matrix *m,
                                         seg_len *row,
                                         seg_len *column);

#endif

/* Exact sums of money by code. */
#ifndef SEG_TOTALS_H
#define SEG_TOTALS_H

#include "seg_context.h"

/* Sums amounts by code, exactly (seg_money.h): any order of rows gives the same bits.
 *
 *   codes    IN   (n,)  in [0, n_codes), -1: the row is left out; NULL: all rows have code 0
 *   amounts  IN   (n,)
 *   totals   OUT  (n_codes,)  each sum rounded once
 *   fault    OUT  the first row behind SEG_ERR_CODE or SEG_ERR_MONEY
 *
 * O(n + n_codes) time, 16 bytes a code. SEG_ERR_NOMEM, SEG_ERR_CANCELLED. */
SEG_MUST_USE seg_status seg_totals(const seg_context *ctx,
                                   seg_len n,
                                   seg_len n_codes,
                                   const int32_t *codes,
                                   const double *amounts,
                                   double *totals,
                                   seg_fault *fault);

#endif

/* Matching returns to the purchases they undo. */
#ifndef SEG_RETURNS_H
#define SEG_RETURNS_H

#include "seg_context.h"

#define SEG_RETURNS_LIMIT 0x1p44

/* Credits each return to earlier purchases of the same customer and product.
 *
 *   customer  IN   (n,)  codes in [0, n_customers); -1: unknown, such a return is credited nowhere
 *   product   IN   (n,)  codes in [0, n_products); -1: unknown, likewise
 *   date      IN   (n,)  any unit; INT64_MIN (missing) is a fault
 *   quantity  IN   (n,)  units on the line, of a return too; NaN, below 0 or 2^44 and above is a
 *                        fault
 *   returned  IN   (n,)  nonzero: the line is a return
 *   credited  OUT  (n,)  on a purchase: units returned of it; on a return: units that found one
 *   fault     OUT  the row behind SEG_ERR_CODE, SEG_ERR_DATE, or SEG_ERR_ARG (quantity)
 *
 * Each quantity is rounded once, to the nearest millionth of a unit, and settled in whole
 * millionths: 0.1 and 0.2 are returned by 0.3. What is credited of all of a line is its quantity to
 * the bit, of a part of it the double nearest to its millionths (from 2^53 of them on, within two
 * last places). Nothing the caller gave but the date may change during the call.
 *
 * Returns are taken in time order, of one instant in line order. Each is credited to the purchases
 * of its customer and product at the same instant or earlier, latest first, of one instant the
 * later line first, partly if need be. O(n) plus the sort of the lines that share customer and
 * product with a return; every pair of customer and product keeps a stack of open purchases, so a
 * line is pushed and popped once. At most 72 bytes for each of those lines and 64 a return. Any
 * order of other customers' and products' lines gives the same answer. SEG_ERR_NOMEM,
 * SEG_ERR_CANCELLED. */
SEG_MUST_USE seg_status seg_returns_match(const seg_context *ctx,
                                          seg_len n,
                                          seg_len n_customers,
                                          seg_len n_products,
                                          const int32_t *customer,
                                          const int32_t *product,
                                          const int64_t *date,
                                          const double *quantity,
                                          const uint8_t *returned,
                                          double *credited,
                                          seg_fault *fault);

#endif

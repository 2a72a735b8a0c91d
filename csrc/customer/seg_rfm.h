/* Recency, frequency and money of customers from order lines: a state that adds and merges. */
#ifndef SEG_RFM_H
#define SEG_RFM_H

#include "seg_context.h"

/* For every customer: first and last date, exact sum of money, number of distinct orders. For every
 * order: who placed it (an order id that two customers share counts once for each). All are
 * integers and sums of integers, so any order of rows, split, merge and number of threads gives the
 * same bits. Memory: 32 bytes a customer, 4 an order, at most 32 a further customer of one order
 * (48 while their set grows). */
typedef struct seg_rfm seg_rfm;

/* An empty state for customer codes in [0, n_customers) and order codes in [0, n_orders) into *out,
 * NULL on failure; ended by seg_rfm_free. SEG_ERR_ARG when a number is negative or above INT32_MAX,
 * SEG_ERR_NOMEM, SEG_ERR_CANCELLED. */
SEG_MUST_USE seg_status seg_rfm_new(const seg_context *ctx,
                                    seg_len n_customers,
                                    seg_len n_orders,
                                    seg_rfm **out);

/* Gives the state back; NULL is fine. */
void seg_rfm_free(const seg_context *ctx, seg_rfm *state);

/* The numbers of codes the state was made for. */
seg_len seg_rfm_customers(const seg_rfm *state);
seg_len seg_rfm_orders(const seg_rfm *state);

/* What an add saw. */
typedef struct seg_rfm_seen {
    seg_len counted;   /* lines that went in */
    seg_len anonymous; /* lines without a customer: left out */
    seg_len outside;   /* lines before `from` or after `to`: left out */
} seg_rfm_seen;

/* Adds n order lines.
 *
 *   customer  IN   (n,)  codes; -1: anonymous, left out whatever else the line holds
 *   order     IN   (n,)  codes
 *   date      IN   (n,)  any unit, the same in every add; INT64_MIN (missing) is a fault
 *   amount    IN   (n,)  |amount| < 2^44, see seg_money.h; else a fault, outside the window too
 *   from, to             only lines with from <= date <= to count
 *   seen      OUT
 *   fault     OUT  the first row behind SEG_ERR_CODE, SEG_ERR_DATE or SEG_ERR_MONEY
 *
 * Up to four threads of the context share the rows when the work is worth it, all but the first
 * with a state of its own: until the call ends there are up to four whole states. O(n). After a
 * failure the state must only be freed. */
SEG_MUST_USE seg_status seg_rfm_add(const seg_context *ctx,
                                    seg_rfm *state,
                                    seg_len n,
                                    const int32_t *customer,
                                    const int32_t *order,
                                    const int64_t *date,
                                    const double *amount,
                                    int64_t from,
                                    int64_t to,
                                    seg_rfm_seen *seen,
                                    seg_fault *fault);

/* Adds another state, whose codes the maps translate; NULL: the codes are the same.
 *
 *   customer_map  IN  (customers of other,)  codes of state
 *   order_map     IN  (orders of other,)     codes of state
 *
 * Maps must be one to one, and not change during the call. SEG_ERR_CODE for a code outside its
 * range, with its row in fault. After a failure the state must only be freed. O(customers + orders
 * of other). */
SEG_MUST_USE seg_status seg_rfm_merge(const seg_context *ctx,
                                      seg_rfm *state,
                                      const seg_rfm *other,
                                      const int32_t *customer_map,
                                      const int32_t *order_map,
                                      seg_fault *fault);

/* Reads the customers out. A customer without lines has frequency 0, first INT64_MAX, last
 * INT64_MIN.
 *
 *   first, last  OUT  (n_customers,)
 *   frequency    OUT  (n_customers,)  distinct orders
 *   monetary     OUT  (n_customers,)  the exact sum, rounded once
 *
 * SEG_OK or SEG_ERR_CANCELLED; the state is as before. */
SEG_MUST_USE seg_status seg_rfm_read(const seg_context *ctx,
                                     const seg_rfm *state,
                                     int64_t *first,
                                     int64_t *last,
                                     int64_t *frequency,
                                     double *monetary);

/* Pairs of an order and a further customer of it. */
seg_len seg_rfm_shared(const seg_rfm *state);

/* Everything a file must hold.
 *
 *   money   OUT  (2 n_customers,)  the words of each sum: high, low
 *   owner   OUT  (n_orders,)       customer of each order, -1: none
 *   shared  OUT  (2 seg_rfm_shared,)  order, customer of each further pair, ascending
 *   first and last as in seg_rfm_read
 *
 * 44 bytes a further pair. SEG_OK, SEG_ERR_NOMEM or SEG_ERR_CANCELLED; the state is as before. */
SEG_MUST_USE seg_status seg_rfm_dump(const seg_context *ctx,
                                     const seg_rfm *state,
                                     int64_t *first,
                                     int64_t *last,
                                     int64_t *money,
                                     int32_t *owner,
                                     int32_t *shared);

/* Fills an empty state with what seg_rfm_dump gave. SEG_ERR_CODE if an owner or a pair is outside
 * its range, SEG_ERR_ARG if the parts do not fit each other (a customer with orders but no dates,
 * the last before the first, the same pair twice). The owners and pairs must not change during the
 * call. Beside the state 8 bytes a customer. After a failure the state must only be freed. */
SEG_MUST_USE seg_status seg_rfm_load(const seg_context *ctx,
                                     seg_rfm *state,
                                     const int64_t *first,
                                     const int64_t *last,
                                     const int64_t *money,
                                     const int32_t *owner,
                                     seg_len n_shared,
                                     const int32_t *shared);

#endif

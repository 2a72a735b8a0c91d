/* The hot loop of seg_rfm, compiled once per level. For seg_rfm.c only. */
#ifndef SEG_RFM_ISA_H
#define SEG_RFM_ISA_H

#include "seg_cpu.h"
#include "seg_money.h"

/* Half a cache line, so that a line of order costs one miss. */
typedef struct seg_rfm_customer {
    seg_money money;
    int64_t first, last;
} seg_rfm_customer;

/* Where a pass stands. A row it cannot settle ends it early. */
typedef struct seg_rfm_pass {
    seg_len n_customers, n_orders;
    seg_rfm_customer *customers; /* (n_customers,) */
    int32_t *owner;              /* (n_orders,), -1: not seen yet */
    seg_len counted, anonymous, outside;
    int32_t shared_order, shared_customer; /* the look-up a pass stopped for; order -1: none */
} seg_rfm_pass;

typedef struct seg_rfm_ops {
    /* Adds rows until one is refused, with its status in *why, or until one meets an order that has
     * another owner: it is in but for that, *why is SEG_OK and the pass names the pair. Returns the
     * rows done. */
    seg_len (*add)(seg_rfm_pass *pass,
                   seg_len n,
                   const int32_t *customer,
                   const int32_t *order,
                   const int64_t *date,
                   const double *amount,
                   int64_t from,
                   int64_t to,
                   seg_status *why);
} seg_rfm_ops;

extern const seg_rfm_ops seg_rfm_ops_base, seg_rfm_ops_v3, seg_rfm_ops_v4;

#endif

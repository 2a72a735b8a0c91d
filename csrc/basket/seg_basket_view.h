/* Baskets as they lie flat, looked at and not owned. */
#ifndef SEG_BASKET_VIEW_H
#define SEG_BASKET_VIEW_H

#include "seg_context.h"

/* Basket b holds indices[indptr[b]] ... indices[indptr[b + 1] - 1]. */
typedef struct seg_basket_view {
    seg_len n, n_items;
    const int64_t *indptr;  /* (n + 1,) */
    const int32_t *indices; /* (indptr[n],) items in [0, n_items), strictly ascending in a basket */
} seg_basket_view;

/* SEG_OK, or SEG_ERR_ARG if the arrays are not as stated or there are 2^31 baskets and more;
 * SEG_ERR_CANCELLED. */
SEG_MUST_USE seg_status seg_basket_view_check(const seg_context *ctx, const seg_basket_view *view);

#endif

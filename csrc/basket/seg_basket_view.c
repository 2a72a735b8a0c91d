#include "seg_basket_view.h"

/* Whether a row lies where it should and its items ascend. */
static int
is_fine(const seg_basket_view *view, seg_len b)
{
    int64_t at = view->indptr[b], end = view->indptr[b + 1];
    if (end < at || end > view->indptr[view->n]) {
        return 0;
    }
    int32_t before = -1;
    for (; at < end; at++) {
        if (view->indices[at] <= before || view->indices[at] >= view->n_items) {
            return 0;
        }
        before = view->indices[at];
    }
    return 1;
}

seg_status
seg_basket_view_check(const seg_context *ctx, const seg_basket_view *view)
{
    if (view->n < 0 || view->n > INT32_MAX || view->n_items < 0 || view->n_items > INT32_MAX ||
        view->indptr[0] != 0) {
        return SEG_ERR_ARG;
    }
    seg_status status = SEG_OK;
    int64_t checked = 0;
    for (seg_len b = 0; b < view->n && status == SEG_OK; b++) {
        if (!is_fine(view, b)) {
            return SEG_ERR_ARG;
        }
        if (b == 0 || view->indptr[b + 1] - checked >= SEG_STRIDE) {
            checked = view->indptr[b + 1];
            status = seg_poll(ctx, (double)b / (double)view->n);
        }
    }
    return status;
}

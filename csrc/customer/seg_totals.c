#include "seg_totals.h"

#include "seg_arena.h"
#include "seg_money.h"

/* Adds the amounts to the sums of their codes. */
static seg_status
add_amounts(const seg_context *ctx,
            seg_len n,
            seg_len n_codes,
            const int32_t *codes,
            const double *amounts,
            seg_money *sums,
            seg_fault *fault)
{
    seg_status status = SEG_OK;
    for (seg_len i = 0; i < n && status == SEG_OK; i++) {
        int32_t code = codes == NULL ? 0 : codes[i];
        if (code < -1 || code >= n_codes) {
            status = SEG_ERR_CODE;
        } else if (code >= 0 && !seg_money_ok(amounts[i])) {
            status = SEG_ERR_MONEY;
        }
        if (status != SEG_OK) {
            fault->row = i;
            return status;
        }
        if (code >= 0) {
            seg_money_add(&sums[code], amounts[i]);
        }
        status = seg_poll_at(ctx, i, n);
    }
    return status;
}

seg_status
seg_totals(const seg_context *ctx,
           seg_len n,
           seg_len n_codes,
           const int32_t *codes,
           const double *amounts,
           double *totals,
           seg_fault *fault)
{
    seg_phase phase;
    seg_money *sums = seg_block_new(ctx, n_codes, sizeof *sums);
    seg_status status = SEG_ERR_NOMEM;
    fault->row = -1;
    if (sums != NULL) {
        status =
            seg_block_fill(seg_phase_of(&phase, ctx, 0.0, 0.1), sums, n_codes, sizeof *sums, 0);
    }
    if (status == SEG_OK) {
        status = add_amounts(seg_phase_of(&phase, ctx, 0.1, 0.9), n, n_codes, codes, amounts, sums,
                             fault);
    }
    const seg_context *rest = seg_phase_of(&phase, ctx, 0.9, 1.0);
    for (seg_len k = 0; k < n_codes && status == SEG_OK; k++) {
        totals[k] = seg_money_value(sums[k]);
        status = seg_poll_at(rest, k, n_codes);
    }
    seg_block_free(ctx, sums);
    return status;
}

#include "seg_totals.h"

#include "seg_arena.h"
#include "seg_money.h"

seg_status
seg_totals(const seg_context *ctx,
           seg_len n,
           seg_len n_codes,
           const int32_t *codes,
           const double *amounts,
           double *totals,
           seg_fault *fault)
{
    seg_money *sums = seg_block_filled(ctx, n_codes, sizeof *sums, 0);
    seg_status status = sums != NULL ? SEG_OK : SEG_ERR_NOMEM;
    fault->row = -1;
    for (seg_len i = 0; i < n && status == SEG_OK; i++) {
        int32_t code = codes == NULL ? 0 : codes[i];
        if (code == -1) {
            continue;
        }
        if (code < 0 || code >= n_codes) {
            status = SEG_ERR_CODE;
        } else if (!seg_money_ok(amounts[i])) {
            status = SEG_ERR_MONEY;
        } else {
            seg_money_add(&sums[code], amounts[i]);
            status = i % SEG_STRIDE == 0 ? seg_poll(ctx, (double)i / (double)n) : SEG_OK;
            continue;
        }
        fault->row = i;
    }
    for (seg_len k = 0; k < n_codes && status == SEG_OK; k++) {
        totals[k] = seg_money_value(sums[k]);
    }
    seg_block_free(ctx, sums);
    return status;
}

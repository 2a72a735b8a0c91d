/* Any codes and amounts: the fault is the first bad row, else totals do not depend on order. */
#include "seg_fuzz.h"
#include "seg_money.h"
#include "seg_totals.h"

enum { MOST = 1024, CODES = 7 };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int32_t codes[MOST], codes_back[MOST];
    static double amounts[MOST], amounts_back[MOST], totals[CODES], totals_back[CODES];
    fuzz_bytes in = {.at = data, .left = size};
    seg_test_heap heap;
    seg_context ctx = fuzz_context(&heap, &in), plain = {0};
    seg_fault fault;
    seg_len n = 0, bad = -1;
    for (; n < MOST && in.left > 0; n++) {
        codes[n] = fuzz_code(&in, CODES);
        amounts[n] = fuzz_double(&in);
        int fine =
            codes[n] == -1 || (codes[n] >= 0 && codes[n] < CODES && seg_money_ok(amounts[n]));
        bad = bad < 0 && !fine ? n : bad;
    }
    for (seg_len i = 0; i < n; i++) {
        codes_back[i] = codes[n - 1 - i];
        amounts_back[i] = amounts[n - 1 - i];
    }
    seg_status status = seg_totals(&ctx, n, CODES, codes, amounts, totals, &fault);
    MUST(atomic_load(&heap.live) == 0);
    if (status == SEG_ERR_NOMEM && heap.fail_at >= 0) {
        return 0;
    }
    MUST(fault.row == bad && (status == SEG_OK) == (bad < 0));
    if (status == SEG_OK) {
        MUST(seg_totals(&plain, n, CODES, codes_back, amounts_back, totals_back, &fault) == SEG_OK);
        MUST(memcmp(totals, totals_back, sizeof totals) == 0);
    }
    return 0;
}

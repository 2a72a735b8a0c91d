/* Any counts: those that cannot be are refused, else p is in [0, 1] and falls as `both` rises. */
#include "seg_fisher.h"
#include "seg_fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_bytes in = {.at = data, .left = size};
    seg_test_heap heap;
    seg_context ctx = fuzz_context(&heap, &in);
    int wide = fuzz_word(&in, 1) % 16 == 0 ? 4 : 2; /* bytes of a count */
    int64_t n = (int32_t)fuzz_word(&in, wide), x = (int32_t)fuzz_word(&in, wide);
    int64_t y = (int32_t)fuzz_word(&in, wide), both[2] = {(int32_t)fuzz_word(&in, wide), 0};
    int64_t xs[2] = {x, x}, ys[2] = {y, y};
    double p[2] = {-1, -1};
    both[1] = both[0] + 1;
    int fine = n >= 0 && x >= 0 && x <= n && y >= 0 && y <= n && both[0] >= 0 &&
               both[0] >= x + y - n && both[0] <= x && both[0] <= y;
    seg_len rows = fine && both[1] <= x && both[1] <= y ? 2 : 1;
    seg_status status = seg_fisher_greater(&ctx, n, rows, xs, ys, both, p);
    MUST(status == (fine ? SEG_OK : SEG_ERR_ARG));
    for (seg_len i = 0; i < rows && fine; i++) {
        MUST(p[i] >= 0 && p[i] <= 1);
    }
    MUST(!fine || rows == 1 || p[1] <= p[0] * (1 + 1e-12));
    return 0;
}

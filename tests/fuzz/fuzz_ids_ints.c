/* Any ids and missing marks: codes are one to one, ascend when sorted, and agree at every level. */
#include "seg_fuzz.h"
#include "seg_ids.h"

enum { MOST = 1024 };

static void
check_codes(seg_len n,
            const int64_t *ids,
            const uint8_t *missing,
            int sorted,
            const int32_t *codes,
            const seg_ids *out)
{
    static int64_t values[MOST];
    static uint8_t used[MOST];
    seg_len k = seg_ids_count(out);
    MUST(k >= 0 && k <= n);
    seg_ids_values(out, values);
    memset(used, 0, sizeof used);
    for (seg_len i = 0; i < n; i++) {
        if (missing != NULL && missing[i]) {
            MUST(codes[i] == -1);
        } else {
            MUST(codes[i] >= 0 && codes[i] < k && values[codes[i]] == ids[i]);
            used[codes[i]] = 1;
        }
    }
    for (seg_len c = 0; c < k; c++) {
        MUST(used[c]);
        MUST(!sorted || c == 0 || values[c - 1] < values[c]);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int64_t ids[MOST];
    static uint8_t missing[MOST];
    static int32_t codes[MOST];
    fuzz_bytes in = {.at = data, .left = size};
    seg_test_heap heap;
    seg_context ctx = fuzz_context(&heap, &in);
    uint64_t options = fuzz_word(&in, 1);
    int width = 1 + (int)(options & 7), sorted = options >> 3 & 1, shift = (int)(options >> 5) * 8;
    const uint8_t *marks = options >> 4 & 1 ? missing : NULL;
    seg_len n = 0;
    for (; n < MOST && in.left > 0; n++) {
        missing[n] = marks != NULL ? (uint8_t)(fuzz_word(&in, 1) & 1) : 0;
        ids[n] = (int64_t)(fuzz_word(&in, width) << shift);
    }
    for (int level = 0; level <= (int)seg_cpu_best_level(); level++) {
        seg_ids *out = NULL;
        ctx.level = (seg_level)level;
        seg_status status = seg_ids_of_ints(&ctx, n, ids, marks, sorted, codes, &out);
        MUST(status == SEG_OK || (status == SEG_ERR_NOMEM && heap.fail_at >= 0));
        MUST((out != NULL) == (status == SEG_OK));
        if (status == SEG_OK) {
            check_codes(n, ids, marks, sorted, codes, out);
            seg_ids_free(&ctx, out);
        }
        MUST(atomic_load(&heap.live) == 0);
    }
    return 0;
}

/* Any lines: a fault is the first bad row, else units add up and no line gives more than it has. */
#include "seg_fuzz.h"
#include "seg_returns.h"

enum { MOST = 512, CUSTOMERS = 3, PRODUCTS = 2 };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int32_t customer[MOST], product[MOST];
    static int64_t date[MOST];
    static double quantity[MOST], credited[MOST];
    static uint8_t returned[MOST];
    fuzz_bytes in = {.at = data, .left = size};
    seg_test_heap heap;
    seg_context ctx = fuzz_context(&heap, &in);
    seg_fault fault = {.row = -7};
    seg_len n = 0, bad = -1;
    double sum[2] = {0, 0};
    long long millionths[2] = {0, 0};
    int whole = 1, small = 1;
    for (; n < MOST && in.left > 0; n++) {
        uint64_t kind = fuzz_word(&in, 1);
        customer[n] = fuzz_code(&in, CUSTOMERS);
        product[n] = fuzz_code(&in, PRODUCTS);
        date[n] = kind >> 4 == 15 ? (int64_t)fuzz_word(&in, 8) : (int64_t)(kind >> 4);
        quantity[n] = kind & 8 ? fuzz_double(&in) : (double)(kind & 7);
        returned[n] = kind & 64 ? (uint8_t)kind : 0;
        int codes = customer[n] >= -1 && customer[n] < CUSTOMERS && product[n] >= -1 &&
                    product[n] < PRODUCTS;
        int fine =
            codes && date[n] != INT64_MIN && quantity[n] >= 0 && quantity[n] < SEG_RETURNS_LIMIT;
        bad = bad < 0 && !fine ? n : bad;
        whole = whole && fine && quantity[n] == rint(quantity[n]) && quantity[n] < 0x1p40;
        small = small && fine && quantity[n] < 0x1p13;
    }
    seg_status status = seg_returns_match(&ctx, n, CUSTOMERS, PRODUCTS, customer, product, date,
                                          quantity, returned, credited, &fault);
    MUST(atomic_load(&heap.live) == 0);
    MUST(fault.row == bad);
    MUST(bad < 0 || status == SEG_ERR_CODE || status == SEG_ERR_DATE || status == SEG_ERR_ARG);
    MUST(bad >= 0 || status == SEG_OK || (status == SEG_ERR_NOMEM && heap.fail_at >= 0));
    for (seg_len i = 0; i < n && status == SEG_OK; i++) {
        MUST(credited[i] >= 0 && credited[i] <= quantity[i]);
        MUST(credited[i] == 0 || (customer[i] >= 0 && product[i] >= 0));
        sum[returned[i] != 0] += credited[i];
        millionths[returned[i] != 0] += small ? llrint(credited[i] * 1e6) : 0;
    }
    MUST(status != SEG_OK || !whole || sum[0] == sum[1]);
    MUST(status != SEG_OK || millionths[0] == millionths[1]);
    return 0;
}

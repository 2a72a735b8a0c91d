/* Any lines: the fault is the first bad row, else every level and every split give the same state.
 */
#include "seg_fuzz.h"
#include "seg_money.h"
#include "seg_rfm.h"

enum { MOST = 512, CUSTOMERS = 5, ORDERS = 9 };

static int32_t customer[MOST], order[MOST];
static int64_t date[MOST];
static double amount[MOST];

typedef struct result {
    int64_t first[CUSTOMERS], last[CUSTOMERS], frequency[CUSTOMERS];
    double monetary[CUSTOMERS];
    int64_t money[2 * CUSTOMERS];
    int32_t owner[ORDERS];
} result;

static seg_status
add(const seg_context *ctx, seg_rfm *state, seg_len from, seg_len to, seg_fault *fault)
{
    seg_rfm_seen seen;
    seg_status status = seg_rfm_add(ctx, state, to - from, customer + from, order + from,
                                    date + from, amount + from, -100, 100, &seen, fault);
    MUST(status != SEG_OK || seen.counted + seen.anonymous + seen.outside == to - from);
    return status;
}

/* The lines in two states, cut at `cut`, merged; what comes out goes through a file. */
static seg_status
run(const seg_context *ctx, seg_len n, seg_len cut, result *out, seg_fault *fault)
{
    static int32_t shared[2 * MOST];
    seg_rfm *a, *b = NULL, *back = NULL;
    seg_fault none = {.row = -1};
    seg_status status = seg_rfm_new(ctx, CUSTOMERS, ORDERS, &a);
    status = status == SEG_OK ? seg_rfm_new(ctx, CUSTOMERS, ORDERS, &b) : status;
    status = status == SEG_OK ? seg_rfm_new(ctx, CUSTOMERS, ORDERS, &back) : status;
    memset(out, 0, sizeof *out);
    fault->row = -1;
    if (status == SEG_OK) {
        status = add(ctx, a, 0, cut, fault);
    }
    if (status == SEG_OK) {
        status = add(ctx, b, cut, n, fault);
        fault->row += fault->row >= 0 ? cut : 0;
    }
    status = status == SEG_OK ? seg_rfm_merge(ctx, a, b, NULL, NULL, &none) : status;
    if (status == SEG_OK) {
        MUST(seg_rfm_shared(a) <= MOST);
        status = seg_rfm_dump(ctx, a, out->first, out->last, out->money, out->owner, shared);
    }
    if (status == SEG_OK) {
        status = seg_rfm_load(ctx, back, out->first, out->last, out->money, out->owner,
                              seg_rfm_shared(a), shared);
    }
    if (status == SEG_OK) {
        status = seg_rfm_read(ctx, back, out->first, out->last, out->frequency, out->monetary);
        memset(out->owner, 0, sizeof out->owner); /* depends on who came first */
    }
    seg_rfm_free(ctx, a);
    seg_rfm_free(ctx, b);
    seg_rfm_free(ctx, back);
    return status;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_bytes in = {.at = data, .left = size};
    seg_test_heap heap;
    seg_context ctx = fuzz_context(&heap, &in);
    seg_len n = 0, bad = -1, step = 1 + (seg_len)fuzz_word(&in, 1);
    for (; n < MOST && in.left > 0; n++) {
        uint64_t kind = fuzz_word(&in, 1);
        customer[n] = fuzz_code(&in, CUSTOMERS);
        order[n] = fuzz_code(&in, ORDERS);
        order[n] = order[n] == -1 && kind & 1 ? 0 : order[n];
        date[n] = kind > 250 ? (int64_t)(fuzz_word(&in, 8) << 1) : (int64_t)kind - 125;
        amount[n] = fuzz_double(&in);
        int fine = customer[n] == -1 ||
                   (customer[n] >= 0 && customer[n] < CUSTOMERS && order[n] >= 0 &&
                    order[n] < ORDERS && date[n] != INT64_MIN && seg_money_ok(amount[n]));
        bad = bad < 0 && !fine ? n : bad;
    }
    result first, other;
    seg_fault fault;
    seg_status status = SEG_OK;
    for (seg_len cut = 0; cut <= n; cut += step) {
        for (int level = 0; level <= (int)seg_cpu_best_level(); level++) {
            ctx.level = (seg_level)level;
            atomic_store(&heap.taken, 0);
            status = run(&ctx, n, cut, &other, &fault);
            MUST(atomic_load(&heap.live) == 0);
            if (status == SEG_ERR_NOMEM && heap.fail_at >= 0) {
                continue;
            }
            MUST(fault.row == bad);
            MUST((status == SEG_OK) == (bad < 0));
            if (cut == 0 && level == 0) {
                first = other;
            }
            MUST(heap.fail_at >= 0 || status != SEG_OK ||
                 memcmp(&first, &other, sizeof first) == 0);
        }
    }
    return 0;
}

/* Any file: it is refused, or it is a state that adds, saves and loads like any other. */
#include "seg_fuzz.h"
#include "seg_rfm.h"

enum { CUSTOMERS = 4, ORDERS = 6, PAIRS = 8 };

typedef struct file {
    int64_t first[CUSTOMERS], last[CUSTOMERS], money[2 * CUSTOMERS];
    int32_t owner[ORDERS], shared[2 * CUSTOMERS * ORDERS];
    seg_len n_shared;
} file;

static seg_rfm *
load(const seg_context *ctx, const file *f)
{
    seg_rfm *state;
    if (seg_rfm_new(ctx, CUSTOMERS, ORDERS, &state) == SEG_OK &&
        seg_rfm_load(ctx, state, f->first, f->last, f->money, f->owner, f->n_shared, f->shared) !=
            SEG_OK) {
        seg_rfm_free(ctx, state);
        state = NULL;
    }
    return state;
}

static void
check_state(const seg_context *ctx, seg_rfm *state, const file *f)
{
    static file again;
    const int32_t customer[] = {0, 3, 1}, order[] = {0, 0, 5};
    const int64_t date[] = {1, 2, 3};
    const double amount[] = {1.5, -2.5, 1e13};
    int64_t first[CUSTOMERS], last[CUSTOMERS], frequency[CUSTOMERS];
    double monetary[CUSTOMERS];
    seg_rfm_seen seen;
    seg_fault fault;
    MUST(seg_rfm_shared(state) == f->n_shared);
    memset(&again, 0, sizeof again);
    again.n_shared = f->n_shared;
    if (seg_rfm_dump(ctx, state, again.first, again.last, again.money, again.owner, again.shared) ==
        SEG_OK) {
        MUST(memcmp(again.first, f->first, sizeof f->first) == 0);
        MUST(memcmp(again.last, f->last, sizeof f->last) == 0);
        MUST(memcmp(again.money, f->money, sizeof f->money) == 0);
        MUST(memcmp(again.owner, f->owner, sizeof f->owner) == 0);
        seg_rfm *back = load(ctx, &again);
        seg_rfm_free(ctx, back);
    }
    MUST(seg_rfm_read(ctx, state, first, last, frequency, monetary) == SEG_OK);
    for (int c = 0; c < CUSTOMERS; c++) {
        MUST(frequency[c] >= 0 && frequency[c] <= ORDERS);
        MUST(frequency[c] == 0 || (first[c] <= last[c] && first[c] != INT64_MIN));
        MUST(monetary[c] >= -0x1p75 && monetary[c] <= 0x1p75);
    }
    (void)!seg_rfm_add(ctx, state, 3, customer, order, date, amount, 0, 9, &seen, &fault);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static file f;
    fuzz_bytes in = {.at = data, .left = size};
    seg_test_heap heap;
    seg_context ctx = fuzz_context(&heap, &in);
    memset(&f, 0, sizeof f);
    f.n_shared = (seg_len)(fuzz_word(&in, 1) % (PAIRS + 1));
    for (int o = 0; o < ORDERS; o++) {
        f.owner[o] = fuzz_code(&in, CUSTOMERS);
    }
    for (seg_len k = 0; k < 2 * f.n_shared; k++) {
        f.shared[k] = fuzz_code(&in, k % 2 ? CUSTOMERS : ORDERS);
    }
    for (int c = 0; c < CUSTOMERS; c++) {
        uint64_t kind = fuzz_word(&in, 1);
        f.first[c] = kind & 1 ? INT64_MAX : (int64_t)(kind >> 4);
        f.last[c] = kind & 2 ? INT64_MIN : (int64_t)fuzz_word(&in, kind & 4 ? 8 : 1);
        f.money[2 * c] = (int64_t)fuzz_word(&in, kind & 8 ? 8 : 3);
        f.money[2 * c + 1] = (int64_t)fuzz_word(&in, 8);
    }
    seg_rfm *state = load(&ctx, &f);
    if (state != NULL) {
        check_state(&ctx, state, &f);
        seg_rfm_free(&ctx, state);
    }
    MUST(atomic_load(&heap.live) == 0);
    return 0;
}

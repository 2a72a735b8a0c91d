/* Any flat arrays as rules and baskets: what is wrong is refused; a suggestion speaks to its
 * basket, suggests nothing that is there and nothing twice; pairs add up. */
#include "seg_fuzz.h"
#include "seg_item_pairs.h"
#include "seg_recommend.h"

enum { ROWS = 60, TOTAL = 400, ITEMS = 16, BEST = 5, MOST_PAIRS = ITEMS * ITEMS };

typedef struct fuzz_rows {
    int64_t indptr[ROWS + 1];
    int32_t indices[TOTAL];
    seg_basket_view view;
} fuzz_rows;

static void
read_rows(fuzz_bytes *in, fuzz_rows *f)
{
    seg_len n = 0, most = (seg_len)(fuzz_word(in, 1) % (ROWS + 1));
    int64_t total = 0;
    f->indptr[0] = 0;
    for (; n < most && in->left > 0; n++) {
        uint64_t mask = fuzz_word(in, 2), kind = fuzz_word(in, 1);
        for (int item = 0; item < ITEMS && total < TOTAL; item++) {
            if (mask >> item & 1) {
                f->indices[total++] = kind == 255 ? (int32_t)fuzz_word(in, 4) : item;
            }
        }
        f->indptr[n + 1] = kind == 254 ? (int64_t)fuzz_word(in, 8) : total;
    }
    f->view =
        (seg_basket_view){.n = n, .n_items = ITEMS, .indptr = f->indptr, .indices = f->indices};
}

static int
holds(const fuzz_rows *f, seg_len row, int32_t item)
{
    for (int64_t i = f->indptr[row]; i < f->indptr[row + 1]; i++) {
        if (f->indices[i] == item) {
            return 1;
        }
    }
    return 0;
}

static int32_t best[ROWS * BEST], place[TOTAL], head[ROWS];

static void
check_best(const fuzz_rows *rules, const fuzz_rows *baskets)
{
    for (seg_len b = 0; b < baskets->view.n; b++) {
        for (int i = 0; i < BEST; i++) {
            int32_t r = best[b * BEST + i];
            MUST(r >= -1 && r < rules->view.n);
            MUST(i == 0 || r < 0 || (best[b * BEST + i - 1] >= 0 && best[b * BEST + i - 1] < r));
            if (r < 0) {
                continue;
            }
            MUST(!holds(baskets, b, head[r]));
            for (int64_t k = rules->indptr[r]; k < rules->indptr[r + 1]; k++) {
                MUST(holds(baskets, b, rules->indices[k]));
            }
            for (int j = 0; j < i; j++) {
                MUST(head[best[b * BEST + j]] != head[r]);
            }
        }
    }
}

static void
ask(const seg_context *ctx, const fuzz_rows *rules, const fuzz_rows *baskets)
{
    seg_recommender index;
    if (seg_recommender_open(ctx, &rules->view, head, &index) == SEG_OK) {
        if (seg_recommend_rules(ctx, &index, &baskets->view, BEST, best) == SEG_OK) {
            check_best(rules, baskets);
        }
        if (seg_recommend_hidden(ctx, &index, &baskets->view, BEST, place) == SEG_OK) {
            for (int64_t i = 0; i < baskets->indptr[baskets->view.n]; i++) {
                MUST(place[i] >= -1 && place[i] <= BEST);
            }
        }
    }
    seg_recommender_close(ctx, &index);
}

static void
count_pairs(const seg_context *ctx, const fuzz_rows *baskets)
{
    static int32_t a[MOST_PAIRS], b[MOST_PAIRS];
    static int64_t count[MOST_PAIRS];
    seg_item_pairs pairs;
    int64_t wanted = 0, found = 0;
    if (seg_item_pairs_open(ctx, &baskets->view, 1, &pairs) == SEG_OK &&
        seg_item_pairs_read(ctx, &pairs, a, b, count) == SEG_OK) {
        for (seg_len r = 0; r < baskets->view.n; r++) {
            int64_t k = baskets->indptr[r + 1] - baskets->indptr[r];
            wanted += k * (k - 1) / 2;
        }
        for (seg_len i = 0; i < pairs.n; i++) {
            MUST(a[i] < b[i] && count[i] >= 1);
            found += count[i];
        }
        MUST(found == wanted);
    }
    seg_item_pairs_free(ctx, &pairs);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_bytes in = {.at = data, .left = size};
    static fuzz_rows rules, baskets;
    seg_test_heap heap;
    seg_context ctx = fuzz_context(&heap, &in);
    read_rows(&in, &rules);
    for (seg_len r = 0; r < rules.view.n; r++) {
        head[r] = fuzz_code(&in, ITEMS);
    }
    read_rows(&in, &baskets);
    ask(&ctx, &rules, &baskets);
    count_pairs(&ctx, &baskets);
    MUST(atomic_load(&heap.live) == 0);
    return 0;
}

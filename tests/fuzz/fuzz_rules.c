/* Any flat arrays as itemsets: what is no lattice is refused, every rule keeps to its limits, and a
 * rule that is redundant has a subset in the same arrays that shows it. */
#include "seg_fuzz.h"
#include "seg_redundant.h"
#include "seg_rules.h"

enum { SETS = 64, TOTAL = 256, MOST = 4096, ITEMS = 8 };

typedef struct fuzz_sets {
    int64_t indptr[SETS + 1], counts[SETS];
    int32_t indices[TOTAL];
    seg_itemset_view view;
} fuzz_sets;

/* Sets of masks, in the order of the masks' lengths and items when the input is kind. */
static void
read_sets(fuzz_bytes *in, fuzz_sets *f)
{
    seg_len n = 0;
    int64_t total = 0;
    f->indptr[0] = 0;
    for (; n < SETS && in->left > 0; n++) {
        uint64_t mask = fuzz_word(in, 1), kind = fuzz_word(in, 1);
        for (int item = 0; item < ITEMS && total < TOTAL; item++) {
            if (mask >> item & 1) {
                f->indices[total++] = kind == 255 ? (int32_t)fuzz_word(in, 4) : item;
            }
        }
        f->counts[n] = kind == 254 ? (int64_t)fuzz_word(in, 8) : 1 + (int64_t)(kind % 50);
        f->indptr[n + 1] = kind == 253 ? (int64_t)fuzz_word(in, 8) : total;
    }
    f->indptr[n] = total; /* as long as the array is: the caller sees to that */
    f->view = (seg_itemset_view){.n = n,
                                 .n_items = ITEMS,
                                 .n_baskets = 60,
                                 .indptr = f->indptr,
                                 .indices = f->indices,
                                 .counts = f->counts};
}

/* Items of a set as a mask. */
static uint32_t
mask_of(const fuzz_sets *f, int32_t s)
{
    uint32_t mask = 0;
    for (int64_t i = f->indptr[s]; i < f->indptr[s + 1]; i++) {
        mask |= 1u << f->indices[i];
    }
    return mask;
}

static int64_t
count_of(const fuzz_sets *f, uint32_t mask)
{
    for (int32_t s = 0; s < f->view.n; s++) {
        if (mask_of(f, s) == mask) {
            return f->counts[s];
        }
    }
    return 0;
}

static void
check_redundant(const fuzz_sets *f, uint32_t body, uint32_t head)
{
    int64_t all = count_of(f, body | head), some = count_of(f, body);
    int shown = 0;
    for (uint32_t part = (body - 1) & body; part > 0 && !shown; part = (part - 1) & body) {
        int64_t both = count_of(f, part | head), left = count_of(f, part);
        shown = both > 0 && left > 0 && both * some >= all * left;
    }
    MUST(shown);
}

static int32_t whole[MOST], body[MOST], head[MOST];
static uint8_t redundant[MOST];

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_bytes in = {.at = data, .left = size};
    static fuzz_sets f;
    seg_test_heap heap;
    seg_context ctx = fuzz_context(&heap, &in);
    int64_t den = 1 + (int64_t)fuzz_word(&in, 1);
    seg_rule_limits limits = {.num = (int64_t)fuzz_word(&in, 1) % (den + 1),
                              .den = den,
                              .most = 1 + (seg_len)(fuzz_word(&in, 1) % ITEMS)};
    read_sets(&in, &f);
    seg_rules rules;
    seg_status status = seg_rules_open(&ctx, &f.view, &limits, &rules);
    MUST(status == SEG_OK || status == SEG_ERR_ARG || heap.fail_at >= 0);
    if (status == SEG_OK && rules.n <= MOST) {
        status = seg_rules_read(&ctx, &rules, whole, body, head);
        for (seg_len r = 0; r < rules.n && status == SEG_OK; r++) {
            uint32_t left = mask_of(&f, body[r]), right = mask_of(&f, head[r]);
            MUST((left & right) == 0 && (left | right) == mask_of(&f, whole[r]));
            MUST(f.counts[whole[r]] * limits.den >= f.counts[body[r]] * limits.num);
        }
        if (status == SEG_OK) {
            status = seg_rules_redundant(&ctx, &f.view, rules.n, whole, body, head, redundant);
            MUST(status == SEG_OK || heap.fail_at >= 0);
        }
        for (seg_len r = 0; r < rules.n && status == SEG_OK; r++) {
            if (redundant[r]) {
                check_redundant(&f, mask_of(&f, body[r]), mask_of(&f, head[r]));
            }
        }
    }
    seg_rules_free(&ctx, &rules);
    MUST(atomic_load(&heap.live) == 0);
    return 0;
}

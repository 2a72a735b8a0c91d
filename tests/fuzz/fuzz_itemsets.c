/* Any lines and options: what is wrong is said; what is right is the same in every form, at every
 * level, on any number of threads; closed sets are frequent and maximal ones closed. */
#include "seg_baskets.h"
#include "seg_fuzz.h"
#include "seg_itemsets.h"

enum { LINES = 400, BASKETS = 64, ITEMS = 14 };

static int32_t order[LINES], item[LINES], indices[LINES], code[ITEMS];
static int64_t indptr[BASKETS + 1], count[ITEMS];

static const struct {
    seg_form form;
    int leaf;
} forms[] = {{SEG_FORM_ROWS, 0},
             {SEG_FORM_AUTO, SEG_LEAF_ITEMS},
             {SEG_FORM_BITS, 0},
             {SEG_FORM_MASKS, 0},
             {SEG_FORM_MASKS, SEG_LEAF_ITEMS}};

static seg_status
mine(const seg_context *ctx, const seg_itemsets_options *o, seg_itemsets *sets)
{
    return seg_itemsets_mine(ctx, BASKETS, ITEMS, indptr, indices, count, o, sets);
}

static void
check_sets(const seg_itemsets *sets, const seg_itemsets_options *o)
{
    MUST(sets->n <= o->max_sets && sets->indptr[0] == 0 && sets->indptr[sets->n] == sets->total);
    for (seg_len s = 0; s < sets->n; s++) {
        seg_len length = (seg_len)(sets->indptr[s + 1] - sets->indptr[s]);
        MUST(length >= o->min_len && length <= o->max_len && sets->count[s] >= o->min_count);
        for (int64_t i = sets->indptr[s]; i < sets->indptr[s + 1]; i++) {
            MUST(sets->indices[i] >= 0 && sets->indices[i] < ITEMS);
            MUST(i == sets->indptr[s] || sets->indices[i - 1] < sets->indices[i]);
            MUST(sets->count[s] <= count[sets->indices[i]]);
        }
    }
}

static int
same_sets(const seg_itemsets *a, const seg_itemsets *b)
{
    return a->n == b->n && a->total == b->total && a->full == b->full &&
           memcmp(a->indptr, b->indptr, (size_t)(a->n + 1) * sizeof *a->indptr) == 0 &&
           memcmp(a->indices, b->indices, (size_t)a->total * sizeof *a->indices) == 0 &&
           memcmp(a->count, b->count, (size_t)a->n * sizeof *a->count) == 0;
}

/* Every form, level and number of threads beside the first. A limit cuts off in the order of the
 * search, which is the form's own. */
static void
compare_all(seg_context *ctx, seg_itemsets_options *o)
{
    for (size_t f = 0; f < sizeof forms / sizeof *forms; f++) {
        seg_itemsets first = {0}, sets;
        o->form = forms[f].form;
        o->leaf = forms[f].leaf;
        for (int level = 0; level <= (int)seg_cpu_best_level(); level++) {
            ctx->level = (seg_level)level;
            ctx->n_threads = 1 + level;
            MUST(mine(ctx, o, &sets) == SEG_OK);
            check_sets(&sets, o);
            if (level == 0) {
                first = sets;
            } else {
                MUST(same_sets(&first, &sets));
                seg_itemsets_free(ctx, &sets);
            }
        }
        seg_itemsets_free(ctx, &first);
    }
}

/* Numbers of sets: maximal <= closed <= all; closed and maximal ones from bitmaps as from rows. */
static void
compare_targets(const seg_context *ctx, seg_itemsets_options *o)
{
    seg_len n[SEG_TARGET_MAXIMAL + 1];
    const seg_target targets[] = {SEG_TARGET_ALL, SEG_TARGET_CLOSED, SEG_TARGET_MAXIMAL};
    for (int t = 0; t <= SEG_TARGET_MAXIMAL; t++) {
        seg_itemsets sets, others;
        o->target = targets[t];
        o->form = SEG_FORM_BITS;
        MUST(mine(ctx, o, &sets) == SEG_OK);
        check_sets(&sets, o);
        n[t] = sets.n;
        o->form = SEG_FORM_ROWS;
        if (t > 0) { /* of all sets a limit cuts off in the order of the form */
            MUST(mine(ctx, o, &others) == SEG_OK);
            MUST(same_sets(&sets, &others));
            seg_itemsets_free(ctx, &others);
        }
        seg_itemsets_free(ctx, &sets);
    }
    MUST(n[2] <= n[1] && n[1] <= n[0] && (n[0] > 0) == (n[2] > 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_bytes in = {.at = data, .left = size};
    seg_test_heap heap;
    seg_fault fault;
    seg_itemsets sets;
    seg_context ctx = fuzz_context(&heap, &in);
    seg_itemsets_options o = {.min_count = (int64_t)fuzz_word(&in, 1),
                              .min_len = (seg_len)(fuzz_word(&in, 1) % 4),
                              .max_len = PTRDIFF_MAX,
                              .max_sets = 3000,
                              .max_bytes = INT64_MAX};
    uint64_t limits = fuzz_word(&in, 1);
    if (limits % 4 == 1) {
        o.max_len = (seg_len)(limits / 4 % 8);
    } else if (limits % 4 == 2) {
        o.max_sets = (int64_t)limits;
    }
    seg_len n = 0;
    for (; n < LINES && in.left > 0; n++) {
        order[n] = fuzz_code(&in, BASKETS);
        item[n] = fuzz_code(&in, ITEMS);
    }
    seg_status status = seg_baskets_of_lines(&ctx, n, BASKETS, ITEMS, order, item, indptr, indices,
                                             code, count, &fault);
    if (status == SEG_OK) {
        status = mine(&ctx, &o, &sets);
        if (status == SEG_OK) {
            seg_itemsets_free(&ctx, &sets);
        }
    }
    MUST(atomic_load(&heap.live) == 0);
    MUST(status != SEG_ERR_CODE || (fault.row >= 0 && fault.row < n));
    MUST(status != SEG_ERR_NOMEM || heap.fail_at >= 0);
    if (status == SEG_OK && heap.fail_at < 0) {
        compare_all(&ctx, &o);
        o.max_sets = INT64_MAX;
        o.min_len = 1;
        o.max_len = PTRDIFF_MAX;
        o.min_count += 4; /* without limits not every set of one basket */
        compare_targets(&ctx, &o);
    }
    return 0;
}

/* Pairs of items against a table of all pairs. */
#include "seg_item_pairs.h"
#include "seg_test.h"

enum { ITEMS = 700, BASKETS = 300, MOST = 20000, MOST_PAIRS = ITEMS * (ITEMS - 1) / 2 };

typedef struct case_baskets {
    int64_t indptr[BASKETS + 1];
    int32_t indices[MOST];
    seg_basket_view view;
} case_baskets;

static int32_t pair_a[MOST_PAIRS], pair_b[MOST_PAIRS];
static int64_t pair_count[MOST_PAIRS];

static void
draw_baskets(case_baskets *c, seg_len n, seg_len n_items, int one_in, uint64_t *random)
{
    int64_t total = 0;
    c->indptr[0] = 0;
    for (seg_len b = 0; b < n; b++) {
        for (int32_t item = 0; item < n_items && total < MOST; item++) {
            if (seg_test_below(random, one_in) == 0) {
                c->indices[total++] = item;
            }
        }
        c->indptr[b + 1] = total;
    }
    c->view =
        (seg_basket_view){.n = n, .n_items = n_items, .indptr = c->indptr, .indices = c->indices};
}

static seg_status
count(const seg_context *ctx, const case_baskets *c, int64_t min_count, seg_len *n)
{
    seg_item_pairs pairs;
    seg_status status = seg_item_pairs_open(ctx, &c->view, min_count, &pairs);
    *n = status == SEG_OK ? pairs.n : 0;
    if (status == SEG_OK) {
        status = seg_item_pairs_read(ctx, &pairs, pair_a, pair_b, pair_count);
    }
    seg_item_pairs_free(ctx, &pairs);
    return status;
}

static void
check_pairs(const case_baskets *c, int64_t min_count, seg_len n)
{
    static int32_t table[ITEMS][ITEMS];
    seg_len wanted = 0;
    memset(table, 0, sizeof table);
    for (seg_len b = 0; b < c->view.n; b++) {
        for (int64_t i = c->indptr[b]; i < c->indptr[b + 1]; i++) {
            for (int64_t j = i + 1; j < c->indptr[b + 1]; j++) {
                table[c->indices[i]][c->indices[j]]++;
            }
        }
    }
    for (int a = 0; a < ITEMS; a++) {
        for (int b = 0; b < ITEMS; b++) {
            wanted += table[a][b] >= min_count;
        }
    }
    CHECK_INT(n, wanted);
    for (seg_len i = 0; i < n; i++) {
        CHECK(pair_a[i] < pair_b[i] && (i == 0 || pair_a[i] >= pair_a[i - 1]));
        CHECK_INT(table[pair_a[i]][pair_b[i]], pair_count[i]);
        table[pair_a[i]][pair_b[i]] = -1; /* each pair once */
    }
}

static void
pairs_are_those_of_the_table(void)
{
    static case_baskets c;
    static int32_t first[MOST_PAIRS];
    uint64_t random = 3;
    seg_context ctx;
    for (int round = 0; round < 12; round++) {
        seg_len n_items = round < 8 ? 1 + seg_test_below(&random, 30) : ITEMS, n;
        seg_len n_baskets = seg_test_below(&random, round < 8 ? 60 : BASKETS);
        int64_t min_count = 1 + seg_test_below(&random, 4);
        draw_baskets(&c, n_baskets, n_items, round < 8 ? 3 : 20, &random);
        REQUIRE(count(&(seg_context){0}, &c, min_count, &n) == SEG_OK);
        check_pairs(&c, min_count, n);
        memcpy(first, pair_b, (size_t)n * sizeof *first);
        seg_test_digest(pair_b, (size_t)n * sizeof *pair_b);
        SEG_SWEEP(ctx)
        {
            seg_len again;
            REQUIRE(count(&ctx, &c, min_count, &again) == SEG_OK);
            CHECK_INT(again, n);
            CHECK(memcmp(first, pair_b, (size_t)n * sizeof *first) == 0);
        }
    }
}

static void
rows_that_are_wrong_are_refused(void)
{
    static case_baskets c;
    uint64_t random = 13;
    for (int kind = 0; kind < 8; kind++) {
        seg_context ctx = {0};
        seg_len n;
        draw_baskets(&c, 20, 30, 3, &random);
        int64_t at = c.indptr[7];
        switch (kind) {
        case 0:
            c.indices[at] = -1;
            break;
        case 1:
            c.indices[c.indptr[8] - 1] = 30;
            break;
        case 2:
            c.indices[at + 1] = c.indices[at];
            break;
        case 3:
            c.indptr[7] = c.indptr[8] + 1;
            break;
        case 4:
            c.indptr[7] = -1;
            break;
        case 5:
            c.indptr[0] = 1;
            break;
        case 6:
            c.view.n = -1;
            break;
        default:
            c.view.n_items = (seg_len)INT32_MAX + 1;
            break;
        }
        CHECK_INT(count(&ctx, &c, 1, &n), SEG_ERR_ARG);
    }
    seg_len n;
    draw_baskets(&c, 20, 30, 3, &random);
    CHECK_INT(count(&(seg_context){0}, &c, 0, &n), SEG_ERR_ARG);
}

static seg_status
call_count(const seg_context *ctx, void *arg)
{
    seg_len n;
    return count(ctx, arg, 2, &n);
}

static void
every_allocation_may_fail(void)
{
    static case_baskets c;
    uint64_t random = 23;
    draw_baskets(&c, 20, 30, 3, &random);
    CHECK_INT(seg_test_each_allocation((seg_context){.n_threads = 3}, call_count, &c), SEG_OK);
}

static void
every_poll_may_stop(void)
{
    static case_baskets c;
    uint64_t random = 24;
    draw_baskets(&c, BASKETS, ITEMS, 11, &random);
    CHECK(seg_test_each_poll((seg_context){.n_threads = 1}, call_count, &c) > 2);
}

SEG_CASES(CASE(pairs_are_those_of_the_table),
          CASE(rows_that_are_wrong_are_refused),
          CASE(every_allocation_may_fail),
          CASE(every_poll_may_stop))

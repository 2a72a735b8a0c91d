/* Baskets from lines and rows beside the definition: distinct items, most frequent first. */
#include "seg_baskets.h"
#include "seg_test.h"

enum { LINES = 3000, BASKETS = 200, ITEMS = 50 };

static int32_t order[LINES], item[LINES], indices[LINES], code[ITEMS];
static int64_t indptr[BASKETS + 1], count[ITEMS], start[BASKETS + 1];
static uint8_t there[BASKETS][ITEMS];
static seg_len n_lines;

static void
fill(uint64_t seed, seg_len n)
{
    n_lines = n;
    memset(there, 0, sizeof there);
    for (seg_len i = 0; i < n; i++) {
        order[i] = (int32_t)seg_test_below(&seed, BASKETS + 1) - 1;
        item[i] =
            (int32_t)(seg_test_below(&seed, ITEMS) * seg_test_below(&seed, ITEMS) / ITEMS) - 1;
        if (order[i] >= 0 && item[i] >= 0) {
            there[order[i]][item[i]] = 1;
        }
    }
}

static seg_status
of_lines(const seg_context *ctx, seg_fault *fault)
{
    return seg_baskets_of_lines(ctx, n_lines, BASKETS, ITEMS, order, item, indptr, indices, code,
                                count, fault);
}

/* The answer holds what `there` says, in the header's order. */
static void
check_baskets(void)
{
    int seen[ITEMS] = {0};
    for (int at = 0; at < ITEMS; at++) {
        int64_t baskets = 0;
        REQUIRE(code[at] >= 0 && code[at] < ITEMS && !seen[code[at]]);
        seen[code[at]] = 1;
        for (int b = 0; b < BASKETS; b++) {
            baskets += there[b][code[at]];
        }
        CHECK_INT(count[at], baskets);
        CHECK(at == 0 || count[at - 1] > count[at] ||
              (count[at - 1] == count[at] && code[at - 1] < code[at]));
    }
    CHECK_INT(indptr[0], 0);
    for (int b = 0; b < BASKETS; b++) {
        int64_t items = 0;
        for (int i = 0; i < ITEMS; i++) {
            items += there[b][i];
        }
        CHECK_INT(indptr[b + 1] - indptr[b], items);
        for (int64_t i = indptr[b]; i < indptr[b + 1]; i++) {
            CHECK(there[b][code[indices[i]]]);
            CHECK(i == indptr[b] || indices[i - 1] < indices[i]);
        }
    }
}

static void
lines_in_any_order(void)
{
    seg_context ctx = {0};
    seg_fault fault;
    const seg_len sizes[] = {0, 1, 7, 400, LINES};
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        fill(s, sizes[s]);
        REQUIRE(of_lines(&ctx, &fault) == SEG_OK);
        check_baskets();
        seg_test_digest(indices, (size_t)indptr[BASKETS] * sizeof *indices);
    }
}

static void
rows_as_they_stand(void)
{
    seg_context ctx = {0};
    seg_fault fault;
    static int32_t rows[LINES];
    fill(11, LINES);
    seg_len n = 0;
    for (int32_t b = 0; b < BASKETS; b++) {
        start[b] = n;
        for (seg_len i = 0; i < LINES; i++) {
            if (order[i] == b) {
                rows[n++] = item[i];
            }
        }
    }
    start[BASKETS] = n;
    REQUIRE(seg_baskets_of_rows(&ctx, n, BASKETS, ITEMS, ITEMS, start, rows, NULL, indptr, indices,
                                code, count, &fault) == SEG_OK);
    check_baskets();
    start[3] = start[4] + 1;
    CHECK_INT(seg_baskets_of_rows(&ctx, n, BASKETS, ITEMS, ITEMS, start, rows, NULL, indptr,
                                  indices, code, count, &fault),
              SEG_ERR_ARG);
}

/* Many items and few in a basket are sorted another way. */
static void
both_ways_to_sort_give_the_same(void)
{
    enum { FEW = 300, MANY = 3 * 4096 };
    static int32_t rows[3 * FEW], held[2][3 * FEW], codes[2][MANY];
    static int64_t starts[FEW + 1], ends[2][FEW + 1], counts[2][MANY];
    seg_context ctx = {0};
    seg_fault fault;
    uint64_t seed = 5;
    for (seg_len b = 0; b < FEW; b++) {
        starts[b + 1] = 3 * (b + 1);
        for (seg_len i = 3 * b; i < 3 * (b + 1); i++) {
            rows[i] = (int32_t)seg_test_below(&seed, 4096);
        }
    }
    for (int w = 0; w < 2; w++) { /* the same items, and 8,192 more that nobody bought */
        seg_len n_items = w == 0 ? 4096 : MANY;
        REQUIRE(seg_baskets_of_rows(&ctx, 3 * FEW, FEW, n_items, n_items, starts, rows, NULL,
                                    ends[w], held[w], codes[w], counts[w], &fault) == SEG_OK);
    }
    CHECK(memcmp(ends[0], ends[1], sizeof starts) == 0);
    CHECK(memcmp(held[0], held[1], (size_t)ends[0][FEW] * sizeof *rows) == 0);
    CHECK(memcmp(codes[0], codes[1], 4096 * sizeof *rows) == 0);
    starts[FEW - 1] = starts[FEW] + 1;
    CHECK_INT(seg_baskets_of_rows(&ctx, 3 * FEW, FEW, MANY, MANY, starts, rows, NULL, ends[0],
                                  held[0], codes[0], counts[0], &fault),
              SEG_ERR_ARG);
}

/* Codes may name items by way of a table, or none. */
static void
places_of_codes(void)
{
    seg_context ctx = {0};
    seg_fault fault;
    int64_t starts[] = {0, 3, 5};
    int32_t rows[] = {0, 1, 2, -1, 3}, place[] = {1, -1, 1, 0};
    REQUIRE(seg_baskets_of_rows(&ctx, 5, 2, 4, 2, starts, rows, place, indptr, indices, code, count,
                                &fault) == SEG_OK);
    CHECK_INT(indptr[1], 1);
    CHECK_INT(indptr[2], 2);
    CHECK_INT(code[indices[0]], 1);
    CHECK_INT(code[indices[1]], 0);
    for (int wrong = 0; wrong < 3; wrong++) {
        rows[4] = wrong == 0 ? 4 : wrong == 1 ? -2 : 3;
        place[3] = wrong == 2 ? 2 : 0;
        CHECK_INT(seg_baskets_of_rows(&ctx, 5, 2, 4, 2, starts, rows, place, indptr, indices, code,
                                      count, &fault),
                  SEG_ERR_CODE);
        CHECK_INT(fault.row, 4);
    }
}

static void
a_code_out_of_range_is_named(void)
{
    seg_context ctx = {0};
    seg_fault fault;
    fill(12, 500);
    item[321] = ITEMS;
    CHECK_INT(of_lines(&ctx, &fault), SEG_ERR_CODE);
    CHECK_INT(fault.row, 321);
    order[77] = -2;
    CHECK_INT(of_lines(&ctx, &fault), SEG_ERR_CODE);
    CHECK_INT(fault.row, 77);
}

static seg_status
once(const seg_context *ctx, void *arg)
{
    return of_lines(ctx, arg);
}

static void
memory_may_run_out_anywhere(void)
{
    seg_fault fault;
    fill(13, LINES);
    CHECK_INT(seg_test_each_allocation(seg_test_context(SEG_LEVEL_BASE, 1), once, &fault), SEG_OK);
    check_baskets();
}

SEG_CASES(CASE(lines_in_any_order),
          CASE(rows_as_they_stand),
          CASE(both_ways_to_sort_give_the_same),
          CASE(places_of_codes),
          CASE(a_code_out_of_range_is_named),
          CASE(memory_may_run_out_anywhere))

/* The radix sort against qsort. */
#include "seg_sort.h"
#include "seg_test.h"

enum { MOST = 5000 };

static const uint64_t *compared_key;
static const int32_t *compared_place;

static int
by_key_then_place(const void *a, const void *b)
{
    int32_t i = *(const int32_t *)a, j = *(const int32_t *)b;
    if (compared_key[i] != compared_key[j]) {
        return compared_key[i] < compared_key[j] ? -1 : 1;
    }
    return (compared_place[i] > compared_place[j]) - (compared_place[i] < compared_place[j]);
}

static void
check_one(seg_len n, const uint64_t *key, const int32_t *start)
{
    static int32_t got[MOST], wanted[MOST], place[MOST];
    seg_context ctx = {0};
    for (seg_len i = 0; i < n; i++) {
        got[i] = wanted[i] = start[i];
        place[start[i]] = (int32_t)i;
    }
    REQUIRE(seg_sort_order(&ctx, n, key, got) == SEG_OK);
    compared_key = key;
    compared_place = place;
    qsort(wanted, (size_t)n, sizeof *wanted, by_key_then_place);
    CHECK(memcmp(got, wanted, (size_t)n * sizeof *got) == 0);
    seg_test_digest(got, (size_t)n * sizeof *got);
}

static void
orders_as_qsort_does(void)
{
    static const seg_len lengths[] = {0, 1, 2, 3, 17, 255, 256, 257, MOST};
    static const uint64_t masks[] = {0, 1, 0xFF, 0xFF00FF, 0xFF00000000000000u, UINT64_MAX};
    static uint64_t key[MOST];
    static int32_t start[MOST];
    uint64_t random = 42;
    for (size_t l = 0; l < sizeof lengths / sizeof lengths[0]; l++) {
        for (size_t m = 0; m < sizeof masks / sizeof masks[0]; m++) {
            for (seg_len i = 0; i < lengths[l]; i++) {
                key[i] = seg_test_random(&random) & masks[m];
                start[i] = (int32_t)i;
            }
            for (seg_len i = lengths[l] - 1; i > 0; i--) { /* any permutation to begin with */
                seg_len j = seg_test_below(&random, i + 1);
                int32_t swap = start[i];
                start[i] = start[j];
                start[j] = swap;
            }
            check_one(lengths[l], key, start);
        }
    }
}

static void
a_part_of_the_positions_may_be_sorted(void)
{
    const uint64_t key[] = {9, 1, 8, 2, 7};
    int32_t order[] = {4, 0, 3};
    seg_context ctx = {0};
    REQUIRE(seg_sort_order(&ctx, 3, key, order) == SEG_OK);
    CHECK(order[0] == 3 && order[1] == 4 && order[2] == 0);
}

static void
signed_keys_keep_their_order(void)
{
    static const int64_t ascending[] = {INT64_MIN, INT64_MIN + 1, -1,       0,
                                        1,         INT64_MAX - 1, INT64_MAX};
    for (int i = 1; i < 7; i++) {
        CHECK(seg_sort_key(ascending[i - 1]) < seg_sort_key(ascending[i]));
    }
}

static seg_status
sort_three(const seg_context *ctx, void *arg)
{
    const uint64_t key[] = {3, 2, 1};
    int32_t *order = arg;
    order[0] = 0, order[1] = 1, order[2] = 2;
    seg_status status = seg_sort_order(ctx, 3, key, order);
    CHECK(status == SEG_OK || (order[0] == 0 && order[1] == 1 && order[2] == 2));
    return status;
}

static void
without_memory_nothing_changes(void)
{
    int32_t order[3];
    CHECK_INT(seg_test_each_allocation((seg_context){0}, sort_three, order), SEG_OK);
    CHECK(order[0] == 2 && order[1] == 1 && order[2] == 0);
}

SEG_CASES(CASE(orders_as_qsort_does),
          CASE(a_part_of_the_positions_may_be_sorted),
          CASE(signed_keys_keep_their_order),
          CASE(without_memory_nothing_changes))

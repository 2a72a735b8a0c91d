/* Blocks and arenas: aligned, checked, all given back. */
#include "seg_arena.h"
#include "seg_test.h"

static void
blocks_are_aligned_and_ours(void)
{
    static const seg_len sizes[] = {0,       1,      7, 64, 65, 4095, 1 << 20, (1 << 22) - 1,
                                    1 << 22, 5000000};
    seg_test_heap heap;
    seg_test_heap_open(&heap, -1, 0);
    seg_context ctx = {.allocator = &heap.allocator};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        unsigned char *block = seg_block_new(&ctx, sizes[i], 1);
        REQUIRE(block != NULL);
        CHECK_INT((uintptr_t)block % 64, 0);
        memset(block, 0x5A, (size_t)sizes[i]); /* the sanitizers watch its end */
        seg_block_free(&ctx, block);
        block = seg_block_filled(&ctx, sizes[i], 1, 0xC3);
        REQUIRE(block != NULL);
        for (seg_len k = 0; k < sizes[i]; k += 97) {
            CHECK_INT(block[k], 0xC3);
        }
        CHECK(sizes[i] == 0 || block[sizes[i] - 1] == 0xC3);
        seg_block_free(&ctx, block);
    }
    CHECK_INT(atomic_load(&heap.live), 0);
    seg_block_free(&ctx, NULL);
}

static void
sizes_that_do_not_fit_are_refused(void)
{
    seg_test_heap heap;
    seg_test_heap_open(&heap, -1, 0);
    seg_context ctx = {.allocator = &heap.allocator};
    seg_arena arena = {0};
    CHECK(seg_block_new(&ctx, -1, 8) == NULL);
    CHECK(seg_block_new(&ctx, 8, -1) == NULL);
    CHECK(seg_block_new(&ctx, PTRDIFF_MAX, 2) == NULL);
    CHECK(seg_block_new(&ctx, PTRDIFF_MAX, 1) == NULL);
    CHECK(seg_block_new(&ctx, PTRDIFF_MAX / 8, 8) == NULL);
    CHECK(seg_block_filled(&ctx, PTRDIFF_MAX, 16, 0) == NULL);
    CHECK(seg_arena_array(&ctx, &arena, PTRDIFF_MAX / 2, 3) == NULL);
    CHECK(arena.newest == NULL);
    CHECK_INT(atomic_load(&heap.taken), 0);
}

static void
without_an_allocator_it_is_malloc(void)
{
    seg_context ctx = {.allocator = NULL};
    char *block = seg_block_filled(&ctx, 3, 100, 1);
    REQUIRE(block != NULL);
    CHECK_INT(block[299], 1);
    seg_block_free(&ctx, block);
}

static void
an_arena_gives_everything_back(void)
{
    seg_test_heap heap;
    seg_test_heap_open(&heap, -1, 0);
    seg_context ctx = {.allocator = &heap.allocator};
    seg_arena arena = {0};
    int64_t *arrays[50];
    for (int i = 0; i < 50; i++) {
        arrays[i] = seg_arena_array(&ctx, &arena, i, sizeof *arrays[i]);
        REQUIRE(arrays[i] != NULL);
        for (int k = 0; k < i; k++) {
            arrays[i][k] = 1000 * i + k;
        }
    }
    for (int i = 0; i < 50; i++) { /* none lies in another */
        for (int k = 0; k < i; k++) {
            CHECK_INT(arrays[i][k], 1000 * i + k);
        }
    }
    CHECK_INT(atomic_load(&heap.live), 50);
    seg_arena_free(&ctx, &arena);
    CHECK_INT(atomic_load(&heap.live), 0);
    CHECK(arena.newest == NULL);
    seg_arena_free(&ctx, &arena); /* twice is fine */
}

/* Three arrays, or nothing. */
static seg_status
three_arrays(const seg_context *ctx, void *arg)
{
    seg_arena arena = {0};
    seg_status status = SEG_OK;
    for (int i = 0; i < 3 && status == SEG_OK; i++) {
        status = seg_arena_array(ctx, &arena, 10, 10) != NULL ? SEG_OK : SEG_ERR_NOMEM;
    }
    *(int *)arg += 1;
    seg_arena_free(ctx, &arena);
    return status;
}

static void
a_failure_leaves_the_arena_whole(void)
{
    int calls = 0;
    CHECK_INT(seg_test_each_allocation((seg_context){0}, three_arrays, &calls), SEG_OK);
    CHECK_INT(calls, 8); /* three failures and a success, twice */
}

SEG_CASES(CASE(blocks_are_aligned_and_ours),
          CASE(sizes_that_do_not_fit_are_refused),
          CASE(without_an_allocator_it_is_malloc),
          CASE(an_arena_gives_everything_back),
          CASE(a_failure_leaves_the_arena_whole))

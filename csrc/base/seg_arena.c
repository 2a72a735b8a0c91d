#if defined(__linux__) && !defined(_DEFAULT_SOURCE)
#define _DEFAULT_SOURCE /* madvise */
#endif
#include "seg_arena.h"

#include <stdlib.h>
#include <string.h>
#if defined(__linux__)
#include <sys/mman.h>
#endif

enum { LINE = 64, HUGE_PAGE = 1 << 21 };

/* In front of every block, in the line before it. */
typedef struct block_head {
    void *raw;  /* what the allocator gave */
    void *next; /* the arena's older block */
} block_head;

static block_head *
head_of(void *block)
{
    return (block_head *)(void *)((char *)block - LINE);
}

static void *
block_new(const seg_context *ctx, seg_len n, seg_len size, int zeroed)
{
    seg_len bytes;
    if (!seg_mul_ok(n, size, &bytes) || bytes > PTRDIFF_MAX - 2 * HUGE_PAGE) {
        return NULL;
    }
    size_t align = bytes >= 2 * HUGE_PAGE ? HUGE_PAGE : LINE;
    size_t total = (size_t)bytes + align + LINE;
    const seg_allocator *from = ctx->allocator;
    char *raw = from != NULL ? from->take(from->user, total)
                : zeroed     ? calloc(total, 1)
                             : malloc(total);
    if (raw == NULL) {
        return NULL;
    }
    char *block = raw + LINE + (align - ((uintptr_t)raw + LINE) % align) % align;
#if defined(__linux__) && defined(MADV_HUGEPAGE)
    if (align == HUGE_PAGE) {
        /* Advice only: where huge pages are off nothing is lost. */
        (void)madvise(block, (size_t)bytes & ~(size_t)(HUGE_PAGE - 1), MADV_HUGEPAGE);
    }
#endif
    if (zeroed && from != NULL) {
        memset(block, 0, (size_t)bytes);
    }
    *head_of(block) = (block_head){.raw = raw, .next = NULL};
    return block;
}

void *
seg_block_new(const seg_context *ctx, seg_len n, seg_len size)
{
    return block_new(ctx, n, size, 0);
}

void *
seg_block_zeroed(const seg_context *ctx, seg_len n, seg_len size)
{
    return block_new(ctx, n, size, 1);
}

void *
seg_block_filled(const seg_context *ctx, seg_len n, seg_len size, int byte)
{
    void *block = seg_block_new(ctx, n, size);
    if (block != NULL) {
        memset(block, byte, (size_t)(n * size));
    }
    return block;
}

seg_status
seg_block_fill(const seg_context *ctx, void *block, seg_len n, seg_len size, int byte)
{
    seg_len bytes = n * size; /* fits: the block is there */
    seg_status status = SEG_OK;
    for (seg_len at = 0; at < bytes && status == SEG_OK; at += HUGE_PAGE) {
        memset((char *)block + at, byte, (size_t)seg_min(HUGE_PAGE, bytes - at));
        status = seg_poll(ctx, (double)at / (double)bytes);
    }
    return status;
}

void
seg_block_free(const seg_context *ctx, void *block)
{
    if (block == NULL) {
        return;
    }
    const seg_allocator *from = ctx->allocator;
    if (from != NULL) {
        from->give(from->user, head_of(block)->raw);
    } else {
        free(head_of(block)->raw);
    }
}

void *
seg_arena_array(const seg_context *ctx, seg_arena *arena, seg_len n, seg_len size)
{
    void *block = seg_block_new(ctx, n, size);
    if (block != NULL) {
        head_of(block)->next = arena->newest;
        arena->newest = block;
    }
    return block;
}

void
seg_arena_free(const seg_context *ctx, seg_arena *arena)
{
    while (arena->newest != NULL) {
        void *block = arena->newest;
        arena->newest = head_of(block)->next;
        seg_block_free(ctx, block);
    }
}

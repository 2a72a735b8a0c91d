/* Memory of one call: blocks that are all given back at once. */
#ifndef SEG_ARENA_H
#define SEG_ARENA_H

#include "seg_context.h"

/* A single block of n * size bytes from the context's allocator, 64-byte aligned; large blocks ask
 * for huge pages, which halves the cost of random access. NULL when the product does not fit or
 * there is no memory. n = 0 gives a valid block. Ends by seg_block_free. */
SEG_MUST_USE void *seg_block_new(const seg_context *ctx, seg_len n, seg_len size);

/* The same, every byte set to `byte`. */
SEG_MUST_USE void *seg_block_filled(const seg_context *ctx, seg_len n, seg_len size, int byte);

/* As seg_block_new, every byte zero. Large blocks come as zero pages from the system and cost
 * nothing until they are touched. */
SEG_MUST_USE void *seg_block_zeroed(const seg_context *ctx, seg_len n, seg_len size);

/* Sets n * size bytes of a block to `byte`, polling: what is large takes its time. SEG_OK or
 * SEG_ERR_CANCELLED. */
SEG_MUST_USE seg_status
seg_block_fill(const seg_context *ctx, void *block, seg_len n, seg_len size, int byte);

/* Gives a block back; NULL is fine. */
void seg_block_free(const seg_context *ctx, void *block);

/* An arena is a list of blocks. Start with {0}; every array lives until seg_arena_free. */
typedef struct seg_arena {
    void *newest;
} seg_arena;

/* As seg_block_new, owned by the arena. One arena is used by one thread at a time. */
SEG_MUST_USE void *
seg_arena_array(const seg_context *ctx, seg_arena *arena, seg_len n, seg_len size);

/* Gives back every array of the arena; the arena is {0} again. */
void seg_arena_free(const seg_context *ctx, seg_arena *arena);

#endif

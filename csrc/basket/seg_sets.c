#include "seg_sets.h"

#include <string.h>

/* Room in the table of chunks for n more. */
static int
widen(const seg_context *ctx, seg_sets *sets, seg_len n)
{
    if (sets->n_chunks + n <= sets->capacity) {
        return 1;
    }
    seg_len capacity = 2 * (sets->n_chunks + n) + 6;
    seg_node **chunk = seg_block_new(ctx, capacity, sizeof *chunk);
    int32_t *used = seg_block_new(ctx, capacity, sizeof *used);
    uint8_t *owned = seg_block_new(ctx, capacity, 1);
    if (chunk == NULL || used == NULL || owned == NULL) {
        seg_block_free(ctx, chunk);
        seg_block_free(ctx, used);
        seg_block_free(ctx, owned);
        return 0;
    }
    if (sets->n_chunks > 0) {
        memcpy(chunk, sets->chunk, (size_t)sets->n_chunks * sizeof *chunk);
        memcpy(used, sets->used, (size_t)sets->n_chunks * sizeof *used);
        memcpy(owned, sets->owned, (size_t)sets->n_chunks);
    }
    seg_block_free(ctx, sets->chunk);
    seg_block_free(ctx, sets->used);
    seg_block_free(ctx, sets->owned);
    sets->chunk = chunk;
    sets->used = used;
    sets->owned = owned;
    sets->capacity = capacity;
    return 1;
}

/* Chunks of one block for n nodes. */
static int
add_chunks(const seg_context *ctx, seg_sets *sets, seg_len n)
{
    seg_len chunks = (n + SEG_CHUNK - 1) / SEG_CHUNK;
    if ((sets->n_chunks + chunks) * SEG_CHUNK > (seg_len)(UINT32_MAX / 2) ||
        !widen(ctx, sets, chunks)) {
        return 0;
    }
    seg_node *block = seg_block_new(ctx, chunks * SEG_CHUNK, sizeof *block);
    if (block == NULL) {
        return 0;
    }
    for (seg_len c = 0; c < chunks; c++) {
        sets->chunk[sets->n_chunks] = block + c * SEG_CHUNK;
        sets->owned[sets->n_chunks] = c == 0;
        sets->used[sets->n_chunks++] = 0;
    }
    return 1;
}

seg_node *
seg_sets_add(const seg_context *ctx, seg_sets *sets, seg_len n, uint32_t *first)
{
    seg_len last = sets->n_chunks - 1;
    if (last < 0 || sets->used[last] + n > SEG_CHUNK) {
        last = sets->n_chunks;
        if (!add_chunks(ctx, sets, n)) {
            return NULL;
        }
    }
    seg_node *nodes = sets->chunk[last] + sets->used[last];
    *first = (uint32_t)(last * SEG_CHUNK + sets->used[last]);
    sets->n += n;
    for (seg_len left = n; left > 0; last++) {
        seg_len here = seg_min(left, SEG_CHUNK - sets->used[last]);
        sets->used[last] += (int32_t)here;
        left -= here;
    }
    return nodes;
}

void
seg_sets_free(const seg_context *ctx, seg_sets *sets)
{
    for (seg_len c = 0; c < sets->n_chunks; c++) {
        if (sets->owned[c]) {
            seg_block_free(ctx, sets->chunk[c]);
        }
    }
    seg_block_free(ctx, sets->chunk);
    seg_block_free(ctx, sets->used);
    seg_block_free(ctx, sets->owned);
    *sets = (seg_sets){0};
}

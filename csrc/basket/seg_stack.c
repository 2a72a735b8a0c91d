#include "seg_stack.h"

enum { FIRST_BYTES = 1 << 16, LINE = 64 };

/* The next block, large enough for these bytes. */
static int
next_block(seg_stack *stack, seg_len bytes)
{
    int next = stack->block[stack->at] == NULL ? stack->at : stack->at + 1;
    if (next == SEG_STACK_BLOCKS) {
        return 0;
    }
    if (stack->size[next] < bytes) {
        /* nothing above the block in use is held: what is too small makes room */
        seg_len size = next == 0 ? FIRST_BYTES : 2 * stack->size[next - 1];
        size = size > bytes ? size : bytes;
        seg_block_free(stack->ctx, stack->block[next]);
        stack->block[next] = seg_block_new(stack->ctx, size, 1);
        stack->size[next] = stack->block[next] == NULL ? 0 : size;
        if (stack->block[next] == NULL) {
            return 0;
        }
    }
    stack->at = next;
    stack->used = 0;
    return 1;
}

void *
seg_stack_take(seg_stack *stack, seg_len n, seg_len size)
{
    seg_len bytes;
    if (!seg_mul_ok(n, size, &bytes) || bytes > PTRDIFF_MAX / 4) {
        return NULL;
    }
    bytes = (bytes + LINE - 1) / LINE * LINE;
    if (stack->block[stack->at] == NULL || stack->size[stack->at] - stack->used < bytes) {
        if (!next_block(stack, bytes)) {
            return NULL;
        }
    }
    void *taken = stack->block[stack->at] + stack->used;
    stack->used += bytes;
    return taken;
}

void
seg_stack_free(seg_stack *stack)
{
    for (int b = 0; b < SEG_STACK_BLOCKS; b++) {
        seg_block_free(stack->ctx, stack->block[b]);
        stack->block[b] = NULL;
        stack->size[b] = 0;
    }
    stack->at = 0;
    stack->used = 0;
}

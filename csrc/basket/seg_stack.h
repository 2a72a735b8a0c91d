/* Memory of a depth-first search: taken as it goes down, given back as it comes up. */
#ifndef SEG_STACK_H
#define SEG_STACK_H

#include "seg_arena.h"

enum { SEG_STACK_BLOCKS = 48 };

/* Blocks of growing size, kept until the end. Start with {.ctx = ctx}. For one thread. */
typedef struct seg_stack {
    const seg_context *ctx;
    char *block[SEG_STACK_BLOCKS];
    seg_len size[SEG_STACK_BLOCKS];
    seg_len used; /* bytes of the block in use */
    int at;       /* the block in use */
} seg_stack;

/* Where a search may come back to. */
typedef struct seg_mark {
    seg_len used;
    int at;
} seg_mark;

/* n * size bytes, 64-byte aligned; NULL when the product does not fit or there is no memory. */
SEG_MUST_USE void *seg_stack_take(seg_stack *stack, seg_len n, seg_len size);

/* The place now. */
static inline seg_mark
seg_stack_mark(const seg_stack *stack)
{
    return (seg_mark){stack->used, stack->at};
}

/* Gives back what was taken since the mark. */
static inline void
seg_stack_release(seg_stack *stack, seg_mark mark)
{
    stack->used = mark.used;
    stack->at = mark.at;
}

/* Gives every block back to the allocator. */
void seg_stack_free(seg_stack *stack);

#endif

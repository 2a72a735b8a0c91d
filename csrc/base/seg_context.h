/* What a kernel is given beside its data: memory, level, threads, a way to be stopped. */
#ifndef SEG_CONTEXT_H
#define SEG_CONTEXT_H

#include "seg_base.h"
#include "seg_cpu.h"

/* Where memory comes from. `take` returns NULL when there is none. Both may be called by several
 * threads at once. */
typedef struct seg_allocator {
    void *(*take)(void *user, size_t size);
    void (*give)(void *user, void *block);
    void *user;
} seg_allocator;

typedef struct seg_context {
    const seg_allocator *allocator;       /* NULL: malloc and free */
    seg_level level;                      /* at most seg_cpu_best_level() */
    int n_threads;                        /* 1 or less: the caller's thread only */
    int (*poll)(void *user, double done); /* NULL, or called by the caller's thread with the share
                                             done in [0, 1]; nonzero asks the kernel to stop */
    void *user;                           /* handed to poll */
} seg_context;

/* SEG_ERR_CANCELLED if the poll asks to stop, else SEG_OK. Call it from the caller's thread only.
 */
static inline seg_status
seg_poll(const seg_context *ctx, double done)
{
    return ctx->poll != NULL && ctx->poll(ctx->user, done) ? SEG_ERR_CANCELLED : SEG_OK;
}

#endif

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
                                             done in [0, 1], which a step that cannot tell gives
                                             as 0; nonzero asks the kernel to stop */
    void *user;                           /* handed to poll */
} seg_context;

/* SEG_ERR_CANCELLED if the poll asks to stop, else SEG_OK. Call it from the caller's thread only.
 */
static inline seg_status
seg_poll(const seg_context *ctx, double done)
{
    return ctx->poll != NULL && ctx->poll(ctx->user, done) ? SEG_ERR_CANCELLED : SEG_OK;
}

/* seg_poll once every SEG_STRIDE steps, for loops of n steps that count i up. */
static inline seg_status
seg_poll_at(const seg_context *ctx, seg_len i, seg_len n)
{
    return i % SEG_STRIDE == 0 ? seg_poll(ctx, (double)i / (double)n) : SEG_OK;
}

/* A step of a call: a context whose polls show a share of [from, to] of the whole. */
typedef struct seg_phase {
    seg_context ctx;
    const seg_context *whole;
    double from, to;
} seg_phase;

/* The poll of a step: that of the whole with the whole's share. For seg_phase_of only. */
static inline int
seg_phase_poll(void *user, double done)
{
    const seg_phase *phase = user;
    return phase->whole->poll(phase->whole->user, phase->from + (phase->to - phase->from) * done);
}

/* Fills *phase, which must live as long as the context given back. 0 <= from <= to <= 1. */
static inline const seg_context *
seg_phase_of(seg_phase *phase, const seg_context *whole, double from, double to)
{
    *phase = (seg_phase){.ctx = *whole, .whole = whole, .from = from, .to = to};
    phase->ctx.poll = whole->poll != NULL ? seg_phase_poll : NULL;
    phase->ctx.user = phase;
    return &phase->ctx;
}

#endif

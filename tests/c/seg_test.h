/* What every C test shares: checks, a list of cases with a main, a failing allocator, numbers.
 *
 * A case is `static void name(void)`. The file ends with SEG_CASES(CASE(a), CASE(b)); a case that
 * is not listed is an unused function, which is a warning and so an error. `test_x` runs all cases,
 * `test_x a b` those named, `test_x --list` names them. One line a case is printed, as pytest does:
 * `test_x.c::a PASSED`, after it the case's digest if it made one. */
#ifndef SEG_TEST_H
#define SEG_TEST_H

#include <inttypes.h>
#include <math.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "seg_context.h"

/* ---- checks ---- */

static int seg_test_failures;
static uint64_t seg_test_hash;

static inline void
seg_test_failed(const char *file, int line, const char *what)
{
    seg_test_failures++;
    if (seg_test_failures <= 20) {
        printf("%s:%d: %s\n", file, line, what);
        (void)fflush(stdout);
    }
}

/* Goes on after a failure, so that one run shows all. Never assert: a release build strips it. */
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            seg_test_failed(__FILE__, __LINE__, #condition);                                       \
        }                                                                                          \
    } while (0)

/* The same, and leaves the function: for what the rest of it stands on. */
#define REQUIRE(condition)                                                                         \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            seg_test_failed(__FILE__, __LINE__, #condition);                                       \
            return;                                                                                \
        }                                                                                          \
    } while (0)

/* Two integers of at most 64 bits; shows both. */
#define CHECK_INT(got, wanted)                                                                     \
    do {                                                                                           \
        int64_t seg_got_ = (int64_t)(got), seg_wanted_ = (int64_t)(wanted);                        \
        if (seg_got_ != seg_wanted_) {                                                             \
            char seg_text_[200];                                                                   \
            (void)snprintf(seg_text_, sizeof seg_text_, "%.80s is %" PRId64 ", wanted %" PRId64,   \
                           #got, seg_got_, seg_wanted_);                                           \
            seg_test_failed(__FILE__, __LINE__, seg_text_);                                        \
        }                                                                                          \
    } while (0)

static inline uint64_t
seg_test_bits(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* Two doubles of the same bits: -0.0 is not 0.0, a NaN is its own like. */
#define CHECK_BITS(got, wanted)                                                                    \
    do {                                                                                           \
        double seg_got_ = (got), seg_wanted_ = (wanted);                                           \
        if (seg_test_bits(seg_got_) != seg_test_bits(seg_wanted_)) {                               \
            char seg_text_[200];                                                                   \
            (void)snprintf(seg_text_, sizeof seg_text_, "%.80s is %a, wanted %a", #got, seg_got_,  \
                           seg_wanted_);                                                           \
            seg_test_failed(__FILE__, __LINE__, seg_text_);                                        \
        }                                                                                          \
    } while (0)

/* Adds bytes to the digest of the case: results that must be the same on every machine. */
static inline void
seg_test_digest(const void *data, size_t size)
{
    const unsigned char *bytes = data;
    for (size_t i = 0; i < size; i++) {
        seg_test_hash = (seg_test_hash ^ bytes[i]) * 0x100000001B3u;
    }
}

/* ---- cases ---- */

typedef struct seg_case {
    const char *name;
    void (*run)(void);
} seg_case;

static inline int
seg_test_main(int argc, char **argv, const char *file, const seg_case *cases, size_t n)
{
    int failed = 0, known = 0;
    const char *slash = strrchr(file, '/');
    file = slash != NULL ? slash + 1 : file;
    for (size_t i = 0; i < n; i++) {
        int wanted = argc < 2;
        for (int a = 1; a < argc; a++) {
            wanted |= strcmp(argv[a], cases[i].name) == 0;
        }
        if (argc == 2 && strcmp(argv[1], "--list") == 0) {
            printf("%s\n", cases[i].name);
            known = 1;
            continue;
        }
        if (!wanted) {
            continue;
        }
        known = 1;
        seg_test_failures = 0;
        seg_test_hash = 0xCBF29CE484222325u;
        uint64_t untouched = seg_test_hash;
        cases[i].run();
        printf("%s::%s %s", file, cases[i].name, seg_test_failures ? "FAILED" : "PASSED");
        if (seg_test_hash != untouched) {
            printf(" digest %016" PRIx64, seg_test_hash);
        }
        printf("\n");
        (void)fflush(stdout);
        failed |= seg_test_failures != 0;
    }
    if (!known) {
        printf("%s: no such case\n", file);
        return 2;
    }
    return failed;
}

#define CASE(name) {#name, name}
#define SEG_CASES(...)                                                                             \
    int main(int argc, char **argv)                                                                \
    {                                                                                              \
        static const seg_case cases[] = {__VA_ARGS__};                                             \
        return seg_test_main(argc, argv, __FILE__, cases, sizeof cases / sizeof cases[0]);         \
    }

/* ---- memory that can run out ---- */

/* Counts what is taken, what is still out, and the bytes out at once; the allocation numbered
 * `fail_at` (from 0) and, with `then_all`, all after it give NULL. Threads may share one. New
 * memory is filled with rubbish. */
typedef struct seg_test_heap {
    seg_allocator allocator;
    atomic_llong taken, live;
    atomic_llong bytes, peak; /* what blocks hold: without what seg_block_new adds to align them */
    long long fail_at;
    int then_all;
} seg_test_heap;

/* In front of every block the heap gives; its length keeps the block aligned. */
enum { SEG_TEST_FRONT = 64 };

/* What a block of seg_block_new holds, given what was asked for it. */
static inline long long
seg_test_held(size_t asked)
{
    enum { LINE = 64, HUGE_PAGE = 1 << 21 };
    long long held = (long long)asked - 2 * LINE;
    return held >= 2 * HUGE_PAGE ? held + LINE - HUGE_PAGE : held;
}

static inline void *
seg_test_take(void *user, size_t size)
{
    seg_test_heap *heap = user;
    long long number = atomic_fetch_add(&heap->taken, 1);
    if (number == heap->fail_at || (heap->then_all && number > heap->fail_at)) {
        return NULL;
    }
    char *front = malloc(size + SEG_TEST_FRONT);
    if (front == NULL) {
        return NULL;
    }
    memset(front + SEG_TEST_FRONT, 0xA5, size < 65536 ? size : 65536);
    memcpy(front, &size, sizeof size);
    atomic_fetch_add(&heap->live, 1);
    long long now = atomic_fetch_add(&heap->bytes, seg_test_held(size)) + seg_test_held(size);
    long long peak = atomic_load(&heap->peak);
    while (now > peak && !atomic_compare_exchange_weak(&heap->peak, &peak, now)) {
    }
    return front + SEG_TEST_FRONT;
}

static inline void
seg_test_give(void *user, void *block)
{
    seg_test_heap *heap = user;
    size_t size;
    REQUIRE(block != NULL);
    char *front = (char *)block - SEG_TEST_FRONT;
    memcpy(&size, front, sizeof size);
    atomic_fetch_sub(&heap->live, 1);
    atomic_fetch_sub(&heap->bytes, seg_test_held(size));
    free(front);
}

static inline void
seg_test_heap_open(seg_test_heap *heap, long long fail_at, int then_all)
{
    heap->allocator = (seg_allocator){.take = seg_test_take, .give = seg_test_give, .user = heap};
    atomic_init(&heap->taken, 0);
    atomic_init(&heap->live, 0);
    atomic_init(&heap->bytes, 0);
    atomic_init(&heap->peak, 0);
    heap->fail_at = fail_at;
    heap->then_all = then_all;
}

/* Runs `call(ctx, arg)` with every n-th allocation failing until one run meets no failure. Each run
 * must end in SEG_ERR_NOMEM or, having done without, in the last run's status, and leave nothing
 * out. Gives that last status. A call that never ends so within 10,000 allocations fails. */
static inline seg_status
seg_test_each_allocation(seg_context ctx,
                         seg_status (*call)(const seg_context *, void *),
                         void *arg)
{
    for (int then_all = 1; then_all >= 0; then_all--) {
        for (long long n = 0; n < 10000; n++) {
            seg_test_heap heap;
            seg_test_heap_open(&heap, n, then_all);
            ctx.allocator = &heap.allocator;
            seg_status status = call(&ctx, arg);
            CHECK_INT(atomic_load(&heap.live), 0);
            if (atomic_load(&heap.taken) <= n) {
                if (then_all == 0) {
                    return status;
                }
                break;
            }
            CHECK(status == SEG_ERR_NOMEM || status == SEG_OK);
        }
    }
    CHECK(!"an end to the allocations");
    return SEG_ERR_NOMEM;
}

static int
seg_test_stop(void *user, double done)
{
    int *left = user;
    CHECK(done >= 0 && done <= 1);
    return --*left <= 0;
}

/* Stops a call at its first poll, at a later one and so on, until it ends by itself: it must then
 * be cancelled, and leave nothing behind. Gives how often it was. */
static inline int
seg_test_each_poll(seg_context ctx, seg_status (*call)(const seg_context *, void *), void *arg)
{
    int stopped = 0;
    for (int at = 1; at < 100000; at += 1 + at / 8) {
        seg_test_heap heap;
        int left = at;
        seg_test_heap_open(&heap, -1, 0);
        ctx.allocator = &heap.allocator;
        ctx.poll = seg_test_stop;
        ctx.user = &left;
        CHECK_INT(call(&ctx, arg), left > 0 ? SEG_OK : SEG_ERR_CANCELLED);
        CHECK_INT(atomic_load(&heap.live), 0);
        if (left > 0) {
            return stopped;
        }
        stopped++;
    }
    CHECK(!"an end to the polls");
    return stopped;
}

/* ---- contexts ---- */

static inline seg_context
seg_test_context(seg_level level, int n_threads)
{
    return (seg_context){.level = level, .n_threads = n_threads};
}

static const int seg_test_threads[] = {1, 2, 3, 5, 16};

/* for (each level this machine can run) for (each number of threads) body, with `ctx` set. */
#define SEG_SWEEP(ctx)                                                                             \
    for (int seg_level_ = 0; seg_level_ <= (int)seg_cpu_best_level(); seg_level_++)                \
        for (size_t seg_t_ = 0;                                                                    \
             seg_t_ < sizeof seg_test_threads / sizeof seg_test_threads[0] &&                      \
             ((ctx) = seg_test_context((seg_level)seg_level_, seg_test_threads[seg_t_]), 1);       \
             seg_t_++)

/* The same for kernels that run on one thread whatever they are given. */
#define SEG_EACH_LEVEL(ctx)                                                                        \
    for (int seg_level_ = 0; seg_level_ <= (int)seg_cpu_best_level() &&                            \
                             ((ctx) = seg_test_context((seg_level)seg_level_, 8), 1);              \
         seg_level_++)

/* ---- numbers of our own, so that no test stands on what it tests ---- */

/* Marsaglia's xorshift64* (doi:10.18637/jss.v008.i14, Vigna's multiplier); the seed is not 0. */
static inline uint64_t
seg_test_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545F4914F6CDD1Du;
}

/* In [0, n), n >= 1. */
static inline int64_t
seg_test_below(uint64_t *state, int64_t n)
{
    return (int64_t)(seg_test_random(state) % (uint64_t)n);
}

#endif

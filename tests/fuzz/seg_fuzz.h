/* What every fuzz target shares: bytes to numbers, contexts that may fail, a check that aborts.
 *
 * A target is `int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)`: any bytes must be
 * fine. With clang it runs under libFuzzer, elsewhere under standalone.c. */
#ifndef SEG_FUZZ_H
#define SEG_FUZZ_H

#include "seg_test.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Aborts, so that the fuzzer keeps the input. */
#define MUST(condition)                                                                            \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            (void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);                  \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

typedef struct fuzz_bytes {
    const uint8_t *at;
    size_t left;
} fuzz_bytes;

/* The next n bytes as a number, lowest first; zeros after the end. n <= 8. */
static inline uint64_t
fuzz_word(fuzz_bytes *in, int n)
{
    uint64_t word = 0;
    for (int i = 0; i < n && in->left > 0; i++, in->left--) {
        word |= (uint64_t)*in->at++ << 8 * i;
    }
    return word;
}

/* A double of small hundredths, or any 64 bits at all: NaN, infinities, the largest. */
static inline double
fuzz_double(fuzz_bytes *in)
{
    uint64_t kind = fuzz_word(in, 1);
    double value = (double)((int64_t)fuzz_word(in, 2) - 30000) / 100;
    if (kind < 40) {
        uint64_t bits = fuzz_word(in, 8);
        memcpy(&value, &bits, sizeof value);
    }
    return value;
}

/* A code in [-1, n), rarely any 32 bits. */
static inline int32_t
fuzz_code(fuzz_bytes *in, int32_t n)
{
    uint64_t kind = fuzz_word(in, 1);
    return kind == 255 ? (int32_t)fuzz_word(in, 4) : (int32_t)(kind % (uint64_t)(n + 1)) - 1;
}

/* A context whose n-th allocation fails (255: none does). */
static inline seg_context
fuzz_context(seg_test_heap *heap, fuzz_bytes *in)
{
    uint64_t fail_at = fuzz_word(in, 1);
    seg_test_heap_open(heap, fail_at < 64 ? (long long)fail_at : -1, 0);
    return (seg_context){.allocator = &heap->allocator};
}

#endif

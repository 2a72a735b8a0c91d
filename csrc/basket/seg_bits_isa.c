#include "seg_bits_isa.h"

#include "seg_popcount.h"

/* Written for any width and laid out for the small ones, where the compiler sees a number. */
static inline seg_len
join_words(seg_len words,
           seg_len n,
           uint32_t min_count,
           const uint64_t *restrict with,
           const uint64_t *restrict bits,
           uint64_t *restrict kept,
           uint32_t *restrict which,
           uint32_t *restrict count)
{
    seg_len found = 0;
    for (seg_len i = 0; i < n; i++) {
        uint64_t *to = kept + found * words; /* of what is not kept the next one takes the place */
        uint32_t rows = (uint32_t)seg_popcount_and(words, with, bits + i * words, to);
        which[found] = (uint32_t)i;
        count[found] = rows;
        found += rows >= min_count;
    }
    return found;
}

static seg_len
join(seg_len words,
     seg_len n,
     uint32_t min_count,
     const uint64_t *with,
     const uint64_t *bits,
     uint64_t *kept,
     uint32_t *which,
     uint32_t *count)
{
    switch (words) {
    case 1:
        return join_words(1, n, min_count, with, bits, kept, which, count);
    case 2:
        return join_words(2, n, min_count, with, bits, kept, which, count);
    case 3:
        return join_words(3, n, min_count, with, bits, kept, which, count);
    case 4:
        return join_words(4, n, min_count, with, bits, kept, which, count);
    default:
        return join_words(words, n, min_count, with, bits, kept, which, count);
    }
}

static uint32_t
count(seg_len words, const uint64_t *a, const uint64_t *b)
{
    return (uint32_t)seg_popcount_both(words, a, b);
}

static void
squeeze(seg_len words, const uint64_t *with, const uint64_t *bits, uint64_t *out)
{
    uint64_t held = 0; /* the low `n` bits wait to be written */
    int n = 0;
    for (seg_len i = 0; i < words; i++) {
        if (with[i] == 0) {
            continue;
        }
        uint64_t found = seg_extract_bits(bits[i], with[i]);
        int more = seg_popcount(with[i]);
        held |= found << n;
        if (n + more >= 64) {
            *out++ = held;
            held = n > 0 ? found >> (64 - n) : 0;
            n += more - 64;
        } else {
            n += more;
        }
    }
    if (n > 0) {
        *out = held;
    }
}

const seg_bits_ops SEG_NAME(seg_bits_ops) = {.join = join, .count = count, .squeeze = squeeze};

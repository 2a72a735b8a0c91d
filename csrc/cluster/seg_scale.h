/* Powers of two that keep squares of differences from overflowing or vanishing. */
#ifndef SEG_SCALE_H
#define SEG_SCALE_H

#include <string.h>

#include "seg_base.h"

/* How to read a value: (value * half - origin * half) * factor. Where half is 0.5 the difference
 * cannot overflow; factor is a power of two, so that nothing but the range of exponents changes. */
typedef struct seg_scale {
    double half, factor;
} seg_scale;

#define SEG_SCALE_NONE ((seg_scale){.half = 1.0, .factor = 1.0})

/* Whether differences up to this size may be squared as they are. False for infinity and NaN. */
static inline int
seg_scale_fits(double widest)
{
    return widest == 0.0 || (widest >= 0x1p-400 && widest <= 0x1p400);
}

/* What brings differences up to this size to about 1. `widest` is not negative; infinity stands for
 * finite values whose difference overflows. */
static inline seg_scale
seg_scale_of(double widest)
{
    if (seg_scale_fits(widest)) {
        return SEG_SCALE_NONE;
    }
    uint64_t bits;
    memcpy(&bits, &widest, sizeof bits);
    uint64_t exponent = bits >> 52; /* 2046 for the largest numbers, 2047 for infinity */
    seg_scale scale = {.half = exponent < 2046 ? 1.0 : 0.5};
    bits = (exponent < 2046 ? 2046 - exponent : 1) << 52;
    memcpy(&scale.factor, &bits, sizeof bits);
    return scale;
}

#endif

/* Powers of two that keep squares of differences from overflowing or vanishing. */
#ifndef SEG_SCALE_H
#define SEG_SCALE_H

#include <string.h>

#include "seg_base.h"

/* Whether differences up to this size may be squared as they are. False for infinity and NaN. */
static inline int
seg_scale_fits(double widest)
{
    return widest == 0.0 || (widest >= 0x1p-400 && widest <= 0x1p400);
}

/* The power of two that brings differences up to this size to about 1; 1 where they fit. `widest`
 * is not negative; infinity stands for finite values whose difference overflows. */
static inline double
seg_scale_of(double widest)
{
    double factor = 1.0;
    if (!seg_scale_fits(widest)) {
        uint64_t bits;
        memcpy(&bits, &widest, sizeof bits);
        uint64_t exponent = bits >> 52; /* 2047 for infinity */
        bits = (exponent < 2046 ? 2046 - exponent : 1) << 52;
        memcpy(&factor, &bits, sizeof bits);
    }
    return factor;
}

/* What to take off values before they are multiplied by the factor, given one of them and the
 * widest difference of any two: nothing, or that value where all are so near to it that the
 * difference is exact and that their multiples might overflow. */
static inline double
seg_scale_origin(double factor, double value, double widest)
{
    double size = value < 0.0 ? -value : value;
    return factor > 1.0 && size > 2.0 * widest ? value : 0.0;
}

#endif

#include "seg_money.h"

/* Bits of x below its highest one; x > 0. */
static int
top_bit(uint64_t x)
{
    int bit = 0;
    for (int step = 32; step > 0; step >>= 1) {
        if (x >> step) {
            x >>= step;
            bit += step;
        }
    }
    return bit;
}

double
seg_money_value(seg_money sum)
{
    uint64_t lo = sum.lo, hi = (uint64_t)sum.hi, sign = hi >> 63;
    if (sign) {
        lo = ~lo + 1;
        hi = ~hi + (lo == 0);
    }
    if (hi == 0 && lo == 0) {
        return 0.0;
    }
    int top = hi ? 64 + top_bit(hi) : top_bit(lo), drop = top - 52;
    uint64_t mantissa;
    if (drop <= 0) {
        mantissa = lo << -drop;
    } else {
        /* keep 53 bits; `rest` is what falls off, at the top of 64 bits, its tail made sticky */
        uint64_t rest;
        if (drop < 64) {
            mantissa = lo >> drop | hi << (63 - drop) << 1;
            rest = lo << (64 - drop);
        } else if (drop == 64) {
            mantissa = hi;
            rest = lo;
        } else {
            mantissa = hi >> (drop - 64);
            rest = hi << (128 - drop) | lo >> (drop - 64) | (lo << (128 - drop) != 0);
        }
        uint64_t half = (uint64_t)1 << 63;
        mantissa += rest > half || (rest == half && (mantissa & 1));
    }
    /* the hidden bit of the mantissa adds one to the exponent, a carry out of it one more */
    uint64_t bits = (sign << 63) + ((uint64_t)(top - 52 + 1023 - 1) << 52) + mantissa;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* Exact sums of money that do not depend on order.
 *
 * An amount is rounded once, to the nearest multiple of 2^-52 (ties to even), and held as a 128-bit
 * two's complement number of that quantum in two words. |amount| < 2^44 is 96 bits, so 2^31 amounts
 * cannot overflow. Sums are integer sums: any order, split or number of threads gives the same
 * bits. The sum turns into a double once, correctly rounded. Only + - * on doubles are used. */
#ifndef SEG_MONEY_H
#define SEG_MONEY_H

#include <string.h>

#include "seg_base.h"

typedef struct seg_money {
    uint64_t lo;
    int64_t hi;
} seg_money;

#define SEG_MONEY_LIMIT 0x1p44

/* Whether the amount may be added: finite and |amount| < 2^44. False for NaN. */
static inline int
seg_money_ok(double amount)
{
    return amount > -SEG_MONEY_LIMIT && amount < SEG_MONEY_LIMIT;
}

/* A double of [-2^51, 2^51] rounded to the nearest integer, ties to even: adding 1.5 * 2^52 leaves
 * the integer in the low bits of the sum. */
static inline int64_t
seg_money_nearest(double x)
{
    double shifted = x + 0x1.8p52;
    int64_t bits;
    memcpy(&bits, &shifted, sizeof bits);
    return bits - 0x4338000000000000;
}

/* sum += amount. The amount must be seg_money_ok. */
static inline void
seg_money_add(seg_money *sum, double amount)
{
    int64_t units = seg_money_nearest(amount);
    /* exact: the difference is at most one half and a multiple of the amount's last place */
    int64_t parts = seg_money_nearest((amount - (double)units) * 0x1p52);
    uint64_t low = (uint64_t)units << 52, high = (uint64_t)(units >> 12);
    uint64_t with_parts = low + (uint64_t)parts;
    high += (uint64_t)(parts >> 63) + (with_parts < low);
    sum->lo += with_parts;
    sum->hi = (int64_t)((uint64_t)sum->hi + high + (sum->lo < with_parts));
}

/* sum += other. */
static inline void
seg_money_merge(seg_money *sum, seg_money other)
{
    sum->lo += other.lo;
    sum->hi = (int64_t)((uint64_t)sum->hi + (uint64_t)other.hi + (sum->lo < other.lo));
}

/* The sum as the nearest double, ties to even. */
double seg_money_value(seg_money sum);

#endif

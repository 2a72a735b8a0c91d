/* Exact sums against the compiler's 128-bit integers. */
#include "seg_money.h"
#include "seg_test.h"

__extension__ typedef __int128 wide;

/* The amount as a whole number of 2^-52, ties to even: rint works in the default rounding mode. */
static wide
units_of(double amount)
{
    return (wide)rint(ldexp(amount, 52));
}

/* The compiler's conversion rounds correctly, and the scaling is exact. */
static double
value_of(wide sum)
{
    return ldexp((double)sum, -52);
}

static wide
held(seg_money sum)
{
    __extension__ typedef unsigned __int128 uwide;
    return (wide)((uwide)(uint64_t)sum.hi << 64 | sum.lo);
}

/* Amounts of every size that may be added, halves of the quantum among them. */
static double
any_amount(uint64_t *random)
{
    uint64_t bits = seg_test_random(random);
    int exponent = (int)seg_test_below(random, 110) - 66; /* below 2^44, down to 2^-66 */
    double amount = ldexp((double)(bits >> 11), exponent - 53);
    switch (seg_test_below(random, 8)) {
    case 0:
        amount = floor(amount * 100) / 100;
        break;
    case 1:
        amount = ldexp((double)(bits & 0xFFFF) + 0.5, -52); /* a tie */
        break;
    default:
        break;
    }
    amount = amount < SEG_MONEY_LIMIT ? amount : nextafter(SEG_MONEY_LIMIT, 0);
    return bits & 1024 ? -amount : amount;
}

static void
an_amount_is_rounded_once_to_the_quantum(void)
{
    static const double edge[] = {0.0,
                                  -0.0,
                                  0.1,
                                  -0.1,
                                  0.5,
                                  -0.5,
                                  1.5,
                                  2.5,
                                  0x1p-53,
                                  -0x1p-53,
                                  0x1.8p-52,
                                  0x1p-52,
                                  0x1p-54,
                                  0x1.0000000000001p-53,
                                  0x1p-1074,
                                  0x1p43,
                                  0x1.fffffffffffffp43,
                                  -0x1.fffffffffffffp43,
                                  8911407.904,
                                  1e-300};
    uint64_t random = 7;
    for (int i = 0; i < 200000; i++) {
        int n_edges = (int)(sizeof edge / sizeof edge[0]);
        double amount = i < n_edges ? edge[i] : any_amount(&random);
        REQUIRE(seg_money_ok(amount));
        seg_money sum = {0, 0};
        seg_money_add(&sum, amount);
        CHECK(held(sum) == units_of(amount));
        CHECK_BITS(seg_money_value(sum), value_of(units_of(amount)) + 0.0);
    }
}

static void
sums_are_integer_sums_in_any_order(void)
{
    enum { N = 4096, PARTS = 5 };
    static double amounts[N];
    uint64_t random = 11;
    for (int round = 0; round < 50; round++) {
        seg_money whole = {0, 0}, backwards = {0, 0}, parts[PARTS] = {{0, 0}}, merged = {0, 0};
        wide wanted = 0;
        for (int i = 0; i < N; i++) {
            amounts[i] = any_amount(&random);
            wanted += units_of(amounts[i]);
            seg_money_add(&whole, amounts[i]);
            seg_money_add(&parts[seg_test_below(&random, PARTS)], amounts[i]);
        }
        for (int i = N; i-- > 0;) {
            seg_money_add(&backwards, amounts[i]);
        }
        for (int p = PARTS; p-- > 0;) {
            seg_money_merge(&merged, parts[p]);
        }
        CHECK(held(whole) == wanted);
        CHECK(held(backwards) == wanted);
        CHECK(held(merged) == wanted);
        double value = seg_money_value(whole);
        CHECK_BITS(value, value_of(wanted));
        seg_test_digest(&value, sizeof value);
    }
}

static void
any_two_words_become_the_nearest_double(void)
{
    uint64_t random = 13;
    for (int i = 0; i < 300000; i++) {
        /* every length of number, and tails that are ties or just beside one */
        int shift = (int)seg_test_below(&random, 128);
        seg_money drawn = {.lo = seg_test_random(&random)};
        drawn.hi = (int64_t)seg_test_random(&random);
        wide number = held(drawn) >> shift;
        if (shift < 60 && (i & 3) == 0) {
            wide half = (wide)1 << (70 - shift);
            number = (number & ~(2 * half - 1)) + half + (wide)(i >> 2 & 1) - (wide)(i >> 3 & 1);
        }
        seg_money sum = {.lo = (uint64_t)number, .hi = (int64_t)(number >> 64)};
        CHECK_BITS(seg_money_value(sum), value_of(number));
    }
    CHECK_BITS(seg_money_value((seg_money){0, 0}), 0.0);
    CHECK_BITS(seg_money_value((seg_money){0, INT64_MIN}), -0x1p75);
    CHECK_BITS(seg_money_value((seg_money){UINT64_MAX, INT64_MAX}), 0x1p75);
    CHECK_BITS(seg_money_value((seg_money){UINT64_MAX, -1}), -0x1p-52);
}

/* 2^31 of the largest amount, by doubling, do not overflow. */
static void
a_file_of_lines_cannot_overflow(void)
{
    double largest = nextafter(SEG_MONEY_LIMIT, 0);
    for (int sign = -1; sign <= 1; sign += 2) {
        seg_money sum = {0, 0};
        seg_money_add(&sum, sign * largest);
        for (int i = 0; i < 31; i++) {
            seg_money_merge(&sum, sum);
        }
        CHECK_BITS(seg_money_value(sum), sign * ldexp(largest, 31));
    }
}

static void
what_may_not_be_added_is_known(void)
{
    static const double bad[] = {SEG_MONEY_LIMIT, -SEG_MONEY_LIMIT, 1e300, -1e300,
                                 INFINITY,        -INFINITY,        NAN,   -NAN};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        CHECK(!seg_money_ok(bad[i]));
    }
}

SEG_CASES(CASE(an_amount_is_rounded_once_to_the_quantum),
          CASE(sums_are_integer_sums_in_any_order),
          CASE(any_two_words_become_the_nearest_double),
          CASE(a_file_of_lines_cannot_overflow),
          CASE(what_may_not_be_added_is_known))

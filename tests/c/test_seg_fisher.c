/* Fisher's exact test against sums of whole numbers, and where no whole number reaches. */
#include "seg_fisher.h"
#include "seg_test.h"

/* n over k for n up to 60: exact in 64 bits. */
static uint64_t
choose(int64_t n, int64_t k)
{
    uint64_t ways = 1;
    for (int64_t i = 1; i <= k; i++) {
        ways = ways * (uint64_t)(n - k + i) / (uint64_t)i;
    }
    return k < 0 || k > n ? 0 : ways;
}

static double
by_the_words(int64_t n, int64_t x, int64_t y, int64_t both)
{
    double some = 0;
    for (int64_t k = both; k <= x && k <= y; k++) {
        some += (double)choose(x, k) * (double)choose(n - x, y - k);
    }
    return some / (double)choose(n, y);
}

static void
every_small_table_is_right(void)
{
    int64_t tables = 0;
    for (int64_t n = 0; n <= 40; n += n < 12 ? 1 : 7) {
        for (int64_t x = 0; x <= n; x++) {
            for (int64_t y = 0; y <= n; y++) {
                int64_t low = x + y > n ? x + y - n : 0;
                for (int64_t both = low; both <= x && both <= y; both++) {
                    double p = -1, wanted = by_the_words(n, x, y, both);
                    seg_context ctx = {0};
                    REQUIRE(seg_fisher_greater(&ctx, n, 1, &x, &y, &both, &p) == SEG_OK);
                    CHECK(fabs(p - wanted) <= 1e-13 * wanted);
                    CHECK(both > low || p == 1.0);
                    tables++;
                }
            }
        }
    }
    CHECK(tables > 10000);
}

/* Values of a separate computation with whole numbers of any size. */
static void
large_tables_are_right(void)
{
    static const struct {
        int64_t n, x, y, both;
        double p;
    } cases[] = {
        {9835, 21, 792, 19, 2.4032440202459893e-19},
        {18532, 100, 110, 90, 1.070133384905722e-211},
        {100000, 5000, 5000, 400, 1.1931556622615942e-20},
        {100000, 5000, 5000, 250, 0.5096938516810863},
        {100000, 5000, 5000, 200, 0.999734001548071},
        {1000000, 3000, 20, 20, 3.272973616954129e-51},
        {22064, 2000, 1500, 900, 0.0},
        {INT32_MAX, 1000000000, 1000000000, 470000000, 0.0},
        {500000, 100000, 90000, 18600, 1.899614259102814e-08},
        {60000, 600, 600, 110, 2.748686966827652e-104},
    };
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        double p = -1;
        seg_context ctx = {0};
        REQUIRE(seg_fisher_greater(&ctx, cases[k].n, 1, &cases[k].x, &cases[k].y, &cases[k].both,
                                   &p) == SEG_OK);
        CHECK(fabs(p - cases[k].p) <= 1e-12 * cases[k].p);
    }
}

static void
the_same_bits_everywhere(void)
{
    enum { ROWS = 20000 };
    static int64_t x[ROWS], y[ROWS], both[ROWS];
    static double first[ROWS], p[ROWS];
    uint64_t random = 7;
    int64_t n = 50000;
    seg_context ctx = {0};
    for (seg_len i = 0; i < ROWS; i++) {
        x[i] = seg_test_below(&random, 400);
        y[i] = seg_test_below(&random, 400);
        both[i] = seg_test_below(&random, (x[i] < y[i] ? x[i] : y[i]) + 1);
    }
    REQUIRE(seg_fisher_greater(&ctx, n, ROWS, x, y, both, first) == SEG_OK);
    seg_test_digest(first, sizeof first);
    SEG_SWEEP(ctx)
    {
        memset(p, 0x77, sizeof p);
        REQUIRE(seg_fisher_greater(&ctx, n, ROWS, x, y, both, p) == SEG_OK);
        CHECK(memcmp(p, first, sizeof p) == 0);
    }
}

static void
counts_that_cannot_be_are_refused(void)
{
    static const int64_t wrong[][4] = {{10, -1, 2, 0}, {10, 2, -1, 0},
                                       {10, 11, 2, 0}, {10, 2, 11, 0},
                                       {10, 2, 3, -1}, {10, 2, 3, 3},
                                       {10, 3, 2, 3},  {10, 8, 7, 4},
                                       {-1, 0, 0, 0},  {(int64_t)INT32_MAX + 1, 1, 1, 0}};
    double p;
    for (size_t k = 0; k < sizeof wrong / sizeof wrong[0]; k++) {
        seg_context ctx = {0};
        const int64_t *w = wrong[k];
        CHECK_INT(seg_fisher_greater(&ctx, w[0], 1, &w[1], &w[2], &w[3], &p), SEG_ERR_ARG);
    }
}

static int
stop_now(void *user, double done)
{
    (void)user;
    return done >= 0;
}

static void
the_poll_may_stop(void)
{
    int64_t one = 1;
    double p;
    seg_context ctx = {.poll = stop_now};
    CHECK_INT(seg_fisher_greater(&ctx, 5, 1, &one, &one, &one, &p), SEG_ERR_CANCELLED);
    CHECK_INT(seg_fisher_greater(&ctx, 5, 0, &one, &one, &one, &p), SEG_OK); /* nothing to do */
}

SEG_CASES(CASE(every_small_table_is_right),
          CASE(large_tables_are_right),
          CASE(the_same_bits_everywhere),
          CASE(counts_that_cannot_be_are_refused),
          CASE(the_poll_may_stop))

/* Totals by code against the compiler's 128-bit integers. */
#include "seg_test.h"
#include "seg_totals.h"

__extension__ typedef __int128 wide;

enum { N = 70000, CODES = 300 };

static int32_t codes[N];
static double amounts[N];

static void
draw(uint64_t seed)
{
    for (int i = 0; i < N; i++) {
        codes[i] = (int32_t)seg_test_below(&seed, CODES + 1) - 1;
        amounts[i] = (double)(seg_test_below(&seed, 20000001) - 10000000) / 1000;
        amounts[i] = seg_test_below(&seed, 9) ? amounts[i] : ldexp(amounts[i], 30);
    }
}

static void
check(seg_len n, seg_len n_codes, const int32_t *by)
{
    static wide sums[CODES];
    static double got[CODES];
    seg_context ctx;
    memset(sums, 0, sizeof sums);
    for (seg_len i = 0; i < n; i++) {
        if (by == NULL || by[i] >= 0) {
            sums[by == NULL ? 0 : by[i]] += (wide)rint(ldexp(amounts[i], 52));
        }
    }
    SEG_EACH_LEVEL(ctx)
    {
        seg_fault fault = {.row = 5};
        memset(got, 0x77, sizeof got);
        CHECK_INT(seg_totals(&ctx, n, n_codes, by, amounts, got, &fault), SEG_OK);
        CHECK_INT(fault.row, -1);
        for (seg_len k = 0; k < n_codes; k++) {
            CHECK_BITS(got[k], ldexp((double)sums[k], -52));
        }
    }
    seg_test_digest(got, (size_t)n_codes * sizeof *got);
}

static void
totals_are_exact(void)
{
    for (uint64_t seed = 1; seed < 6; seed++) {
        draw(seed);
        check(N, CODES, codes);
        check(N, 1, NULL);
        check(1, 1, NULL);
        check(0, CODES, codes);
        check(0, 0, codes);
    }
}

static void
faults_name_the_first_row(void)
{
    static double got[CODES];
    static const double bad[] = {NAN, INFINITY, -INFINITY, 0x1p44, -0x1p44};
    seg_context ctx = {0};
    seg_fault fault;
    for (int i = 0; i < 5; i++) {
        draw(9);
        amounts[777] = bad[i];
        codes[777] = 3;
        amounts[900] = NAN;
        CHECK_INT(seg_totals(&ctx, N, CODES, codes, amounts, got, &fault), SEG_ERR_MONEY);
        CHECK_INT(fault.row, 777);
    }
    static const int32_t wrong[] = {CODES, INT32_MAX, -2, INT32_MIN};
    for (int i = 0; i < 4; i++) {
        draw(9);
        codes[0] = wrong[i];
        CHECK_INT(seg_totals(&ctx, N, CODES, codes, amounts, got, &fault), SEG_ERR_CODE);
        CHECK_INT(fault.row, 0);
    }
    CHECK_INT(seg_totals(&ctx, 3, 0, NULL, amounts, got, &fault), SEG_ERR_CODE);
}

static seg_status
call(const seg_context *ctx, void *arg)
{
    seg_fault fault;
    return seg_totals(ctx, N, CODES, codes, amounts, arg, &fault);
}

static int
stop_at(void *user, double done)
{
    int *left = user;
    CHECK(done >= 0 && done <= 1);
    return --*left < 0;
}

static void
failures_leave_nothing_behind(void)
{
    static double got[CODES];
    draw(10);
    CHECK_INT(seg_test_each_allocation((seg_context){0}, call, got), SEG_OK);
    int left = 1;
    seg_test_heap heap;
    seg_test_heap_open(&heap, -1, 0);
    seg_context ctx = {.allocator = &heap.allocator, .poll = stop_at, .user = &left};
    CHECK_INT(call(&ctx, got), SEG_ERR_CANCELLED);
    CHECK_INT(atomic_load(&heap.live), 0);
}

/* Rows that are left out take time too, and so do codes without rows. */
static void
every_step_polls(void)
{
    enum { MANY = 4 << 15 };
    static int32_t none[MANY];
    static double zeros[MANY], got[MANY];
    memset(none, 0xFF, sizeof none);
    for (int kind = 0; kind < 3; kind++) {
        seg_len n = kind == 2 ? 0 : MANY, n_codes = kind == 2 ? MANY : 1;
        for (int polls = 0; polls < 4; polls++) {
            int left = polls;
            seg_fault fault;
            seg_context ctx = {.poll = stop_at, .user = &left};
            CHECK_INT(seg_totals(&ctx, n, n_codes, kind == 0 ? NULL : none, zeros, got, &fault),
                      SEG_ERR_CANCELLED);
        }
    }
}

SEG_CASES(CASE(totals_are_exact),
          CASE(faults_name_the_first_row),
          CASE(failures_leave_nothing_behind),
          CASE(every_step_polls))

/* Return matching against the rule written down word by word. */
#include "seg_returns.h"
#include "seg_test.h"

enum { MOST = 600 };

typedef struct case_lines {
    seg_len n, n_customers, n_products;
    int32_t customer[MOST], product[MOST];
    int64_t date[MOST];
    double quantity[MOST];
    uint8_t returned[MOST];
} case_lines;

/* Returns in time order, of one instant in line order; for each, the purchases of its customer and
 * product at its instant or earlier, latest first, of one instant the later line first. */
static void
match_by_the_words(const case_lines *l, double *credited)
{
    uint8_t done[MOST] = {0};
    memset(credited, 0, (size_t)l->n * sizeof *credited);
    for (;;) {
        seg_len next = -1;
        for (seg_len i = 0; i < l->n; i++) {
            if (l->returned[i] && !done[i] && (next < 0 || l->date[i] < l->date[next])) {
                next = i;
            }
        }
        if (next < 0) {
            return;
        }
        done[next] = 1;
        if (l->customer[next] < 0 || l->product[next] < 0) {
            continue;
        }
        while (credited[next] < l->quantity[next]) {
            seg_len best = -1;
            for (seg_len p = 0; p < l->n; p++) {
                if (!l->returned[p] && l->customer[p] == l->customer[next] &&
                    l->product[p] == l->product[next] && l->date[p] <= l->date[next] &&
                    credited[p] < l->quantity[p] && (best < 0 || l->date[p] >= l->date[best])) {
                    best = p;
                }
            }
            if (best < 0) {
                break;
            }
            double open = l->quantity[best] - credited[best];
            double wanted = l->quantity[next] - credited[next];
            double units = open < wanted ? open : wanted;
            credited[best] += units;
            credited[next] += units;
        }
    }
}

static seg_status
match(const seg_context *ctx, const case_lines *l, double *credited, seg_fault *fault)
{
    return seg_returns_match(ctx, l->n, l->n_customers, l->n_products, l->customer, l->product,
                             l->date, l->quantity, l->returned, credited, fault);
}

static void
draw_lines(case_lines *l, seg_len n, int customers, int products, int days, uint64_t *random)
{
    *l = (case_lines){.n = n, .n_customers = customers, .n_products = products};
    for (seg_len i = 0; i < n; i++) {
        l->customer[i] = (int32_t)seg_test_below(random, customers + 1) - 1;
        l->product[i] = (int32_t)seg_test_below(random, products + 1) - 1;
        l->date[i] = seg_test_below(random, days) - days / 2;
        l->quantity[i] = (double)seg_test_below(random, 6);
        l->returned[i] =
            (uint8_t)(seg_test_below(random, 3) == 0 ? seg_test_random(random) | 1 : 0);
    }
}

static void
the_kernel_follows_the_words(void)
{
    static case_lines l;
    static double credited[MOST], wanted[MOST];
    uint64_t random = 3;
    seg_context ctx;
    for (int round = 0; round < 400; round++) {
        /* drawn one by one: the order of arguments is the compiler's own */
        seg_len n = seg_test_below(&random, round < 380 ? 80 : MOST);
        int n_customers = 1 + (int)seg_test_below(&random, 3);
        int n_products = 1 + (int)seg_test_below(&random, 3);
        int days = 1 + (int)seg_test_below(&random, 20);
        draw_lines(&l, n, n_customers, n_products, days, &random);
        match_by_the_words(&l, wanted);
        SEG_EACH_LEVEL(ctx)
        {
            seg_fault fault = {.row = 7};
            memset(credited, 0x77, sizeof credited);
            REQUIRE(match(&ctx, &l, credited, &fault) == SEG_OK);
            CHECK_INT(fault.row, -1);
            for (seg_len i = 0; i < l.n; i++) {
                CHECK_BITS(credited[i], wanted[i]);
            }
        }
        seg_test_digest(wanted, (size_t)l.n * sizeof *wanted);
    }
}

/* What is credited on purchases is what is credited on returns, and never more than a line has. */
static void
units_add_up(void)
{
    static case_lines l;
    static double credited[MOST];
    uint64_t random = 23;
    for (int round = 0; round < 100; round++) {
        seg_context ctx = {0};
        seg_fault fault;
        double sum[2] = {0, 0};
        draw_lines(&l, MOST, 4, 4, 50, &random);
        for (seg_len i = 0; i < l.n; i++) { /* quarters of a kilogram: sums are exact */
            l.quantity[i] *= 0.25;
        }
        REQUIRE(match(&ctx, &l, credited, &fault) == SEG_OK);
        for (seg_len i = 0; i < l.n; i++) {
            CHECK(credited[i] >= 0 && credited[i] <= l.quantity[i]);
            sum[l.returned[i] != 0] += credited[i];
        }
        CHECK_BITS(sum[0], sum[1]);
        CHECK(sum[0] > 0);
    }
}

/* Fractions that no double holds are settled as they are written. */
static void
fractions_are_settled_in_millionths(void)
{
    static const struct {
        double bought[3], returned, credited[3], found;
    } cases[] = {
        {{0.1, 0.2, 0}, 0.3, {0.1, 0.2, 0}, 0.3},
        {{0.1, 0.1, 0.1}, 0.3, {0.1, 0.1, 0.1}, 0.3},
        {{0.7, 0.1, 0.2}, 0.4, {0.1, 0.1, 0.2}, 0.4},
        {{1e-7, 0.4, 0}, 0.5, {0, 0.4, 0}, 0.4}, /* less than half a millionth is nothing */
        {{12.3, 0, 0}, 12.3000004, {12.3, 0, 0}, 12.3000004}, /* less than half apart: all of it */
        {{0x1.fffffffffffp43, 3, 0}, 4, {1, 3, 0}, 4},
        {{0x1p43 + 1, 0, 0}, 0x1p43, {0x1p43, 0, 0}, 0x1p43},
    };
    static case_lines l;
    static double credited[MOST];
    seg_context ctx = {0};
    seg_fault fault;
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        l = (case_lines){.n = 4, .n_customers = 1, .n_products = 1};
        memcpy(l.quantity, cases[k].bought, sizeof cases[k].bought);
        l.quantity[3] = cases[k].returned;
        l.returned[3] = 1;
        REQUIRE(match(&ctx, &l, credited, &fault) == SEG_OK);
        for (int i = 0; i < 3; i++) {
            CHECK_BITS(credited[i], cases[k].credited[i]);
        }
        CHECK_BITS(credited[3], cases[k].found);
    }
}

static void
faults_name_their_row(void)
{
    static case_lines l;
    static double credited[MOST];
    uint64_t random = 31;
    for (seg_len row = 0; row < 50; row += 7) {
        for (int kind = 0; kind < 10; kind++) {
            seg_context ctx = {0};
            seg_fault fault = {.row = -7};
            seg_status wanted = kind < 4 ? SEG_ERR_CODE : kind == 4 ? SEG_ERR_DATE : SEG_ERR_ARG;
            draw_lines(&l, 50, 3, 3, 9, &random);
            l.customer[row] = kind == 0 ? 3 : kind == 1 ? INT32_MIN : l.customer[row];
            l.product[row] = kind == 2 ? INT32_MAX : kind == 3 ? -2 : l.product[row];
            l.date[row] = kind == 4 ? INT64_MIN : l.date[row];
            l.quantity[row] = kind == 5   ? NAN
                              : kind == 6 ? INFINITY
                              : kind == 7 ? -1.0
                              : kind == 8 ? -INFINITY
                              : kind == 9 ? 0x1p44
                                          : l.quantity[row];
            CHECK_INT(match(&ctx, &l, credited, &fault), wanted);
            CHECK_INT(fault.row, row);
        }
    }
}

static void
the_ends_of_every_range(void)
{
    static case_lines l;
    static double credited[MOST];
    seg_context ctx = {0};
    seg_fault fault;
    l = (case_lines){.n = 0};
    CHECK_INT(match(&ctx, &l, credited, &fault), SEG_OK); /* no lines at all */
    l = (case_lines){.n = 3, .n_customers = INT32_MAX, .n_products = INT32_MAX};
    for (int i = 0; i < 3; i++) {
        l.customer[i] = l.product[i] = INT32_MAX - 1;
        l.quantity[i] = 2;
    }
    l.date[0] = INT64_MIN + 1;
    l.date[1] = l.date[2] = INT64_MAX;
    l.returned[1] = 255;
    CHECK_INT(match(&ctx, &l, credited, &fault), SEG_OK);
    CHECK_BITS(credited[2], 2.0); /* the same instant counts, later lines too */
    CHECK_BITS(credited[1], 2.0);
    CHECK_BITS(credited[0], 0.0);
}

static seg_status
call_match(const seg_context *ctx, void *arg)
{
    static double credited[MOST];
    seg_fault fault;
    return match(ctx, arg, credited, &fault);
}

static void
every_allocation_may_fail(void)
{
    static case_lines l;
    uint64_t random = 77;
    draw_lines(&l, MOST, 5, 5, 30, &random);
    CHECK_INT(seg_test_each_allocation((seg_context){0}, call_match, &l), SEG_OK);
}

static void
every_poll_may_stop(void)
{
    static case_lines l;
    uint64_t random = 78;
    draw_lines(&l, MOST, 5, 5, 30, &random);
    CHECK(seg_test_each_poll((seg_context){.n_threads = 1}, call_match, &l) >= 2);
}

SEG_CASES(CASE(the_kernel_follows_the_words),
          CASE(units_add_up),
          CASE(fractions_are_settled_in_millionths),
          CASE(faults_name_their_row),
          CASE(the_ends_of_every_range),
          CASE(every_allocation_may_fail),
          CASE(every_poll_may_stop))

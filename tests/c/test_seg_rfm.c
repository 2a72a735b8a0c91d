/* RFM states against counting by sorting; splits, merges and files; every failure. */
#include "seg_money.h"
#include "seg_rfm.h"
#include "seg_test.h"

__extension__ typedef __int128 wide;

/* LARGE is enough for two threads, LARGEST for four. */
enum { SMALL = 3000, LARGE = 530000, LARGEST = 1050000, CUSTOMERS = 5000, ORDERS = 150000 };

typedef struct line_set {
    seg_len n, n_customers, n_orders;
    int32_t *customer, *order;
    int64_t *date;
    double *amount;
    int64_t from, to;
} line_set;

typedef struct answer {
    int64_t first[CUSTOMERS], last[CUSTOMERS], frequency[CUSTOMERS];
    double monetary[CUSTOMERS];
    seg_rfm_seen seen;
} answer;

static int32_t customers[LARGEST], orders[LARGEST];
static int64_t dates[LARGEST];
static double amounts[LARGEST];

/* Orders belong to one customer, but for one in `shared`; one line in 20 is anonymous. */
static line_set
draw_lines(seg_len n, seg_len n_customers, seg_len n_orders, int shared, uint64_t seed)
{
    for (seg_len i = 0; i < n; i++) {
        orders[i] = (int32_t)seg_test_below(&seed, n_orders);
        int64_t other = seg_test_below(&seed, shared) == 0 ? seg_test_below(&seed, 3) : 0;
        customers[i] = (int32_t)(((int64_t)orders[i] * 7919 + other) % n_customers);
        customers[i] = seg_test_below(&seed, 20) == 0 ? -1 : customers[i];
        dates[i] = seg_test_below(&seed, 1000) - 500;
        amounts[i] = (double)(seg_test_below(&seed, 2000001) - 1000000) / 100;
        amounts[i] = seg_test_below(&seed, 50) ? amounts[i] : ldexp(amounts[i], 20);
    }
    return (line_set){.n = n,
                      .n_customers = n_customers,
                      .n_orders = n_orders,
                      .customer = customers,
                      .order = orders,
                      .date = dates,
                      .amount = amounts,
                      .from = -450,
                      .to = 450};
}

static int
by_word(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Counts by sorting pairs; money by the compiler's 128-bit integers. */
static void
count_plainly(const line_set *l, answer *a)
{
    static uint64_t pairs[LARGEST];
    static wide sums[CUSTOMERS];
    seg_len m = 0;
    memset(a, 0, sizeof *a);
    memset(sums, 0, sizeof sums);
    for (seg_len c = 0; c < l->n_customers; c++) {
        a->first[c] = INT64_MAX;
        a->last[c] = INT64_MIN;
    }
    for (seg_len i = 0; i < l->n; i++) {
        int32_t c = l->customer[i];
        if (c < 0) {
            a->seen.anonymous++;
        } else if (l->date[i] < l->from || l->date[i] > l->to) {
            a->seen.outside++;
        } else {
            a->seen.counted++;
            a->first[c] = l->date[i] < a->first[c] ? l->date[i] : a->first[c];
            a->last[c] = l->date[i] > a->last[c] ? l->date[i] : a->last[c];
            sums[c] += (wide)rint(ldexp(l->amount[i], 52));
            pairs[m++] = (uint64_t)c << 32 | (uint32_t)l->order[i];
        }
    }
    qsort(pairs, (size_t)m, sizeof *pairs, by_word);
    for (seg_len i = 0; i < m; i++) {
        a->frequency[pairs[i] >> 32] += i == 0 || pairs[i] != pairs[i - 1];
    }
    for (seg_len c = 0; c < l->n_customers; c++) {
        a->monetary[c] = ldexp((double)sums[c], -52);
    }
}

static const seg_context plain = {.allocator = NULL};

/* NULL whatever the reason. */
static seg_rfm *
new_state(const seg_context *ctx, seg_len n_customers, seg_len n_orders)
{
    seg_rfm *state = (seg_rfm *)&state;
    seg_status status = seg_rfm_new(ctx, n_customers, n_orders, &state);
    CHECK((state == NULL) == (status != SEG_OK));
    return state;
}

static seg_status
add(const seg_context *ctx, seg_rfm *state, const line_set *l, seg_rfm_seen *seen, seg_fault *fault)
{
    return seg_rfm_add(ctx, state, l->n, l->customer, l->order, l->date, l->amount, l->from, l->to,
                       seen, fault);
}

static void
check_state(const seg_rfm *state, const answer *wanted)
{
    static answer got;
    seg_len n = seg_rfm_customers(state);
    REQUIRE(seg_rfm_read(&plain, state, got.first, got.last, got.frequency, got.monetary) ==
            SEG_OK);
    for (seg_len c = 0; c < n; c++) {
        CHECK_INT(got.first[c], wanted->first[c]);
        CHECK_INT(got.last[c], wanted->last[c]);
        CHECK_INT(got.frequency[c], wanted->frequency[c]);
        CHECK_BITS(got.monetary[c], wanted->monetary[c]);
    }
}

/* Lines into a new state at every level and number of threads; the same answer each time. */
static void
check_lines(const line_set *l)
{
    static answer wanted;
    seg_context ctx;
    count_plainly(l, &wanted);
    SEG_SWEEP(ctx)
    {
        seg_fault fault = {.row = 9};
        seg_rfm_seen seen;
        seg_rfm *state = new_state(&ctx, l->n_customers, l->n_orders);
        REQUIRE(state != NULL);
        CHECK_INT(seg_rfm_customers(state), l->n_customers);
        CHECK_INT(seg_rfm_orders(state), l->n_orders);
        CHECK_INT(add(&ctx, state, l, &seen, &fault), SEG_OK);
        CHECK_INT(fault.row, -1);
        CHECK_INT(seen.counted, wanted.seen.counted);
        CHECK_INT(seen.anonymous, wanted.seen.anonymous);
        CHECK_INT(seen.outside, wanted.seen.outside);
        check_state(state, &wanted);
        seg_rfm_free(&ctx, state);
    }
    seg_test_digest(wanted.frequency, (size_t)l->n_customers * sizeof(int64_t));
    seg_test_digest(wanted.monetary, (size_t)l->n_customers * sizeof(double));
}

static void
a_state_counts_as_plain_loops_do(void)
{
    for (int round = 0; round < 60; round++) {
        line_set l = draw_lines(round < 8 ? round : SMALL, 1 + round * 7, 1 + round * 31,
                                1 + round % 5, 100 + (uint64_t)round);
        check_lines(&l);
        l.from = INT64_MIN + 1;
        l.to = INT64_MAX;
        check_lines(&l);
        l.from = 1; /* an empty window */
        l.to = 0;
        check_lines(&l);
    }
}

static void
many_lines_on_many_threads(void)
{
    line_set l = draw_lines(LARGEST, CUSTOMERS, ORDERS, 40, 4);
    check_lines(&l);
}

/* Rows cut at random into parts, each with codes of its own, merged in a random order. */
static void
check_split(const line_set *l, int n_parts, uint64_t seed)
{
    static answer wanted;
    static int32_t customer[SMALL], order[SMALL], part_of[SMALL];
    static int64_t date[SMALL];
    static double amount[SMALL];
    static int32_t customer_map[CUSTOMERS], order_map[SMALL];
    seg_context ctx = {.level = seg_cpu_best_level(), .n_threads = 2};
    seg_fault fault;
    seg_rfm_seen seen;
    seg_rfm *whole = new_state(&ctx, l->n_customers, l->n_orders);
    REQUIRE(whole != NULL);
    count_plainly(l, &wanted);
    for (seg_len i = 0; i < l->n; i++) {
        part_of[i] = (int32_t)seg_test_below(&seed, n_parts);
    }
    for (int p = n_parts; p-- > 0;) {
        /* codes of the part: those of the whole, turned round */
        line_set part = *l;
        for (seg_len c = 0; c < l->n_customers; c++) {
            customer_map[c] = (int32_t)((c + p) % l->n_customers);
        }
        for (seg_len o = 0; o < l->n_orders; o++) {
            order_map[o] = (int32_t)((o + 3 * p) % l->n_orders);
        }
        part.n = 0;
        for (seg_len i = 0; i < l->n; i++) {
            if (part_of[i] == p) {
                int32_t c = l->customer[i];
                int32_t turned =
                    (int32_t)((c + l->n_customers - p % l->n_customers) % l->n_customers);
                customer[part.n] = c < 0 ? -1 : turned;
                order[part.n] = (int32_t)((l->order[i] + l->n_orders * 3L - 3L * p % l->n_orders) %
                                          l->n_orders);
                date[part.n] = l->date[i];
                amount[part.n++] = l->amount[i];
            }
        }
        part.customer = customer;
        part.order = order;
        part.date = date;
        part.amount = amount;
        seg_rfm *state = new_state(&ctx, l->n_customers, l->n_orders);
        REQUIRE(state != NULL);
        CHECK_INT(add(&ctx, state, &part, &seen, &fault), SEG_OK);
        CHECK_INT(seg_rfm_merge(&ctx, whole, state, customer_map, order_map, &fault), SEG_OK);
        seg_rfm_free(&ctx, state);
    }
    check_state(whole, &wanted);
    seg_rfm_free(&ctx, whole);
}

static void
any_split_gives_the_same_bits(void)
{
    static const int parts[] = {1, 2, 7, 100};
    for (int round = 0; round < 10; round++) {
        line_set l = draw_lines(SMALL, 50, 400, 3, 900 + (uint64_t)round);
        for (int p = 0; p < 4; p++) {
            check_split(&l, parts[p], 1 + (uint64_t)round);
        }
    }
}

/* ---- what a file holds ---- */

typedef struct file {
    int64_t first[CUSTOMERS], last[CUSTOMERS], money[2 * CUSTOMERS];
    int32_t owner[SMALL], shared[2 * SMALL];
    seg_len n_customers, n_orders, n_shared;
} file;

static seg_status
load(const seg_context *ctx, const file *f, seg_rfm **out)
{
    seg_rfm *state;
    seg_status status = seg_rfm_new(ctx, f->n_customers, f->n_orders, &state);
    if (status == SEG_OK) {
        status =
            seg_rfm_load(ctx, state, f->first, f->last, f->money, f->owner, f->n_shared, f->shared);
    }
    *out = state;
    return status;
}

static seg_rfm *
state_of(const seg_context *ctx, const line_set *l)
{
    seg_fault fault;
    seg_rfm_seen seen;
    seg_rfm *state = new_state(ctx, l->n_customers, l->n_orders);
    if (state != NULL && add(ctx, state, l, &seen, &fault) != SEG_OK) {
        seg_rfm_free(ctx, state);
        state = NULL;
    }
    return state;
}

static seg_status
dump(const seg_context *ctx, const seg_rfm *state, file *f)
{
    f->n_customers = seg_rfm_customers(state);
    f->n_orders = seg_rfm_orders(state);
    f->n_shared = seg_rfm_shared(state);
    return seg_rfm_dump(ctx, state, f->first, f->last, f->money, f->owner, f->shared);
}

static void
what_is_saved_comes_back(void)
{
    static answer wanted;
    static file f, again;
    seg_context ctx = {.n_threads = 1};
    seg_fault fault;
    seg_rfm_seen seen;
    for (int round = 0; round < 20; round++) {
        line_set l = draw_lines(round ? SMALL : 0, 70, 300, 1 + round % 3, 50 + (uint64_t)round);
        seg_rfm *state = state_of(&ctx, &l), *back;
        REQUIRE(state != NULL && dump(&ctx, state, &f) == SEG_OK);
        CHECK(round == 0 || f.n_shared > 100);
        for (seg_len k = 1; k < f.n_shared; k++) { /* ascending, so equal states give equal files */
            const int32_t *a = &f.shared[2 * (k - 1)], *b = &f.shared[2 * k];
            CHECK(a[0] < b[0] || (a[0] == b[0] && a[1] < b[1]));
        }
        REQUIRE(load(&ctx, &f, &back) == SEG_OK);
        REQUIRE(dump(&ctx, back, &again) == SEG_OK);
        CHECK(memcmp(&f, &again, sizeof f) == 0);
        /* and goes on as the first would */
        line_set more = draw_lines(SMALL, 70, 300, 2, 5000 + (uint64_t)round);
        REQUIRE(add(&ctx, state, &more, &seen, &fault) == SEG_OK);
        REQUIRE(add(&ctx, back, &more, &seen, &fault) == SEG_OK);
        REQUIRE(seg_rfm_read(&plain, state, wanted.first, wanted.last, wanted.frequency,
                             wanted.monetary) == SEG_OK);
        check_state(back, &wanted);
        seg_test_digest(wanted.monetary, 70 * sizeof(double));
        seg_rfm_free(&ctx, state);
        seg_rfm_free(&ctx, back);
    }
}

static void
a_damaged_file_is_refused(void)
{
    static file good, bad;
    seg_test_heap heap;
    seg_test_heap_open(&heap, -1, 0);
    seg_context ctx = {.allocator = &heap.allocator};
    line_set l = draw_lines(SMALL, 70, 300, 2, 8);
    seg_rfm *state = state_of(&ctx, &l);
    REQUIRE(state != NULL && dump(&ctx, state, &good) == SEG_OK && good.n_shared > 2);
    seg_rfm_free(&ctx, state);
    for (int kind = 0; kind < 12; kind++) {
        bad = good;
        seg_status wanted = kind < 6 ? SEG_ERR_CODE : SEG_ERR_ARG;
        switch (kind) {
        case 0:
            bad.owner[5] = -2;
            break;
        case 1:
            bad.owner[5] = 70;
            break;
        case 2:
            bad.shared[0] = 300;
            break;
        case 3:
            bad.shared[0] = -1;
            break;
        case 4:
            bad.shared[1] = 70;
            break;
        case 5:
            bad.shared[3] = INT32_MIN;
            break;
        case 6:
            memcpy(bad.shared, bad.shared + 2, 2 * sizeof(int32_t));
            break; /* a pair twice */
        case 7:
            bad.shared[1] = bad.owner[bad.shared[0]];
            break;
        case 8:
            bad.owner[bad.shared[0]] = -1;
            break; /* a second customer without a first */
        case 9:
            bad.first[0] = bad.last[0] + 1;
            break;
        case 10:
            bad.first[0] = INT64_MAX, bad.last[0] = INT64_MIN;
            break; /* orders, no dates */
        default:
            bad.first[0] = INT64_MIN;
            break;
        }
        CHECK_INT(load(&ctx, &bad, &state), wanted);
        seg_rfm_free(&ctx, state);
        CHECK_INT(atomic_load(&heap.live), 0);
    }
}

/* ---- failures ---- */

static void
spoil(int kind, seg_len row)
{
    static const double amount[] = {NAN, INFINITY, -INFINITY, 0x1p44, -0x1p44, 1e300};
    customers[row] = kind == 0 ? 5 : kind == 1 ? -2 : kind == 2 ? INT32_MAX : 0;
    orders[row] = kind == 3 ? 300 : kind == 4 ? -1 : kind == 5 ? INT32_MIN : 0;
    dates[row] = kind == 6 ? INT64_MIN : 0;
    amounts[row] = kind > 6 ? amount[kind - 7] : 0;
}

static void
check_fault(const seg_context *ctx, seg_len n, seg_len row, seg_status wanted)
{
    seg_fault fault = {.row = -7};
    seg_rfm_seen seen;
    line_set l = draw_lines(0, 5, 300, 1, 1);
    seg_rfm *state = new_state(ctx, l.n_customers, l.n_orders);
    REQUIRE(state != NULL);
    l.n = n;
    CHECK_INT(add(ctx, state, &l, &seen, &fault), wanted);
    CHECK_INT(fault.row, row);
    seg_rfm_free(ctx, state);
}

static seg_status
status_of(int kind)
{
    return kind < 6 ? SEG_ERR_CODE : kind == 6 ? SEG_ERR_DATE : SEG_ERR_MONEY;
}

static void
faults_name_the_first_row(void)
{
    static const seg_len rows[] = {0, SMALL / 2, SMALL - 1};
    for (int kind = 0; kind < 13; kind++) {
        for (int r = 0; r < 3; r++) {
            seg_context ctx;
            draw_lines(SMALL, 5, 300, 3, 60);
            spoil(kind, rows[r]);
            SEG_SWEEP(ctx) { check_fault(&ctx, SMALL, rows[r], status_of(kind)); }
        }
    }
}

/* Another thread meets its fault long before the first one meets that of the first row. */
static void
the_first_fault_wins_on_any_number_of_threads(void)
{
    for (int kind = 5; kind < 8; kind++) {
        draw_lines(LARGE, 5, 300, 3, 61);
        spoil(kind, LARGE / 3);
        spoil((kind + 4) % 13, LARGE / 2 + 1);
        spoil((kind + 8) % 13, LARGE - 5);
        for (int n_threads = 1; n_threads <= 4; n_threads++) {
            seg_context ctx = {.level = seg_cpu_best_level(), .n_threads = n_threads};
            check_fault(&ctx, LARGE, LARGE / 3, status_of(kind));
        }
    }
}

static void
merges_check_their_maps(void)
{
    seg_context ctx = {0};
    int32_t map[] = {0, 1, 2}, wrong[] = {0, 1, 5}, negative[] = {-1, 1, 2};
    for (int kind = 0; kind < 6; kind++) {
        seg_rfm *a = new_state(&ctx, kind == 4 ? 2 : 3, kind == 5 ? 2 : 3);
        seg_rfm *b = new_state(&ctx, 3, 3);
        seg_fault fault = {.row = -7};
        REQUIRE(a != NULL && b != NULL);
        const int32_t *customer_map = kind == 0 ? wrong : kind == 1 ? negative : map;
        const int32_t *order_map = kind == 2 ? wrong : kind == 3 ? negative : map;
        CHECK_INT(seg_rfm_merge(&ctx, a, b, kind > 3 ? NULL : customer_map,
                                kind > 3 ? NULL : order_map, &fault),
                  SEG_ERR_CODE);
        CHECK_INT(fault.row, kind == 1 || kind == 3 ? 0 : 2);
        seg_rfm_free(&ctx, a);
        seg_rfm_free(&ctx, b);
    }
}

static void
sizes_that_make_no_sense_are_refused(void)
{
    seg_context ctx = {0};
    seg_rfm *state;
    CHECK_INT(seg_rfm_new(&ctx, -1, 0, &state), SEG_ERR_ARG);
    CHECK_INT(seg_rfm_new(&ctx, 0, -1, &state), SEG_ERR_ARG);
    CHECK_INT(seg_rfm_new(&ctx, (seg_len)INT32_MAX + 1, 0, &state), SEG_ERR_ARG);
    CHECK_INT(seg_rfm_new(&ctx, 0, (seg_len)INT32_MAX + 1, &state), SEG_ERR_ARG);
    CHECK(state == NULL);
    seg_rfm_free(&ctx, NULL);
}

/* Everything a state can do, with the lines of `arg` twice. */
static seg_status
whole_life(const seg_context *ctx, void *arg)
{
    static file f;
    const line_set *l = arg;
    seg_fault fault;
    seg_rfm_seen seen;
    seg_rfm *a, *b = NULL, *back = NULL;
    seg_status status = seg_rfm_new(ctx, l->n_customers, l->n_orders, &a);
    status = status == SEG_OK ? seg_rfm_new(ctx, l->n_customers, l->n_orders, &b) : status;
    status = status == SEG_OK ? add(ctx, a, l, &seen, &fault) : status;
    status = status == SEG_OK ? add(ctx, b, l, &seen, &fault) : status;
    status = status == SEG_OK ? seg_rfm_merge(ctx, a, b, NULL, NULL, &fault) : status;
    if (l->n_orders <= SMALL) {
        status = status == SEG_OK ? dump(ctx, a, &f) : status;
        status = status == SEG_OK ? load(ctx, &f, &back) : status;
    }
    if (status == SEG_OK) { /* however much memory there was */
        static answer got, wanted;
        status = seg_rfm_read(ctx, a, got.first, got.last, got.frequency, got.monetary);
        count_plainly(l, &wanted);
        for (seg_len c = 0; c < l->n_customers && status == SEG_OK; c++) {
            CHECK_INT(got.first[c], wanted.first[c]);
            CHECK_INT(got.last[c], wanted.last[c]);
            CHECK_INT(got.frequency[c], wanted.frequency[c]);
            CHECK_BITS(got.monetary[c], 2 * wanted.monetary[c]);
        }
        CHECK_INT(seen.counted, wanted.seen.counted);
        CHECK_INT(seen.anonymous, wanted.seen.anonymous);
        CHECK_INT(seen.outside, wanted.seen.outside);
    }
    seg_rfm_free(ctx, a);
    seg_rfm_free(ctx, b);
    seg_rfm_free(ctx, back);
    return status;
}

static void
every_allocation_may_fail(void)
{
    line_set l = draw_lines(SMALL, 70, 300, 1, 70);
    CHECK_INT(seg_test_each_allocation((seg_context){.n_threads = 1}, whole_life, &l), SEG_OK);
    l = draw_lines(LARGE, 70, 1000, 1, 71);
    l.n_orders = 5000;
    CHECK_INT(seg_test_each_allocation((seg_context){.n_threads = 4}, whole_life, &l), SEG_OK);
}

static void
every_poll_may_stop(void)
{
    line_set l = draw_lines(LARGE, CUSTOMERS, ORDERS / 10, 1000, 72);
    for (int n_threads = 1; n_threads <= 4; n_threads += 3) {
        CHECK(seg_test_each_poll((seg_context){.n_threads = n_threads}, whole_life, &l) > 0);
    }
}

SEG_CASES(CASE(a_state_counts_as_plain_loops_do),
          CASE(many_lines_on_many_threads),
          CASE(any_split_gives_the_same_bits),
          CASE(what_is_saved_comes_back),
          CASE(a_damaged_file_is_refused),
          CASE(faults_name_the_first_row),
          CASE(the_first_fault_wins_on_any_number_of_threads),
          CASE(merges_check_their_maps),
          CASE(sizes_that_make_no_sense_are_refused),
          CASE(every_allocation_may_fail),
          CASE(every_poll_may_stop))

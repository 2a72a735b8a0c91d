/* What the headers say of memory, beside what comes in and goes out: measured with a heap that
 * counts bytes. A figure holds, and is no more than three times what is taken. */
#include "seg_arena.h"
#include "seg_ids.h"
#include "seg_indices.h"
#include "seg_kmeans.h"
#include "seg_line.h"
#include "seg_moments.h"
#include "seg_recommend.h"
#include "seg_returns.h"
#include "seg_rfm.h"
#include "seg_silhouette.h"
#include "seg_sort.h"
#include "seg_test.h"
#include "seg_totals.h"

/* What any call may take beside: its own small tables and structures. */
enum { LITTLE = 8192 };

typedef struct measured {
    seg_test_heap heap;
    seg_context ctx;
} measured;

static void
measure(measured *m, int n_threads)
{
    seg_test_heap_open(&m->heap, -1, 0);
    m->ctx = seg_test_context(seg_cpu_best_level(), n_threads);
    m->ctx.allocator = &m->heap.allocator;
}

/* Ends a measurement: everything is given back, and the peak is at most the figure. */
#define CHECK_AT_MOST(m, figure)                                                                   \
    do {                                                                                           \
        int64_t seg_peak_ = atomic_load(&(m)->heap.peak), seg_most_ = (int64_t)(figure);           \
        if (seg_peak_ > seg_most_ + LITTLE) {                                                      \
            CHECK_INT(seg_peak_, seg_most_);                                                       \
        }                                                                                          \
        CHECK_INT(atomic_load(&(m)->heap.live), 0);                                                \
        CHECK_INT(atomic_load(&(m)->heap.bytes), 0);                                               \
    } while (0)

/* The same, and no figure that says nothing. */
#define CHECK_PEAK(m, figure)                                                                      \
    do {                                                                                           \
        CHECK_AT_MOST(m, figure);                                                                  \
        CHECK(3 * atomic_load(&(m)->heap.peak) >= (figure));                                       \
    } while (0)

static void
the_heap_counts_what_blocks_hold(void)
{
    static const seg_len sizes[] = {0, 1, 100, (1 << 22) - 1, 1 << 22, 5000001};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        measured m;
        measure(&m, 1);
        void *a = seg_block_new(&m.ctx, sizes[i], 1), *b = seg_block_new(&m.ctx, 3, 7);
        CHECK(a != NULL && b != NULL);
        CHECK_INT(atomic_load(&m.heap.bytes), sizes[i] + 21);
        seg_block_free(&m.ctx, a);
        CHECK_INT(atomic_load(&m.heap.bytes), 21);
        seg_block_free(&m.ctx, b);
        CHECK_INT(atomic_load(&m.heap.bytes), 0);
        CHECK_INT(atomic_load(&m.heap.peak), sizes[i] + 21);
    }
}

/* ---- lines and customers ---- */

/* LINES are enough for four threads of seg_rfm_add. */
enum { LINES = 1060000, WAY = 200000, CUSTOMERS = 20000, ORDERS = 60000 };

static int32_t customer[LINES], order[LINES], codes[LINES];
static int64_t date[LINES], ids[LINES];
static double amount[LINES], result[LINES];
static int64_t first[CUSTOMERS], last[CUSTOMERS], frequency[CUSTOMERS], words[2 * CUSTOMERS];

/* Each order has one customer, but the first `shared` have two. */
static void
draw_lines(seg_len shared)
{
    uint64_t random = 7;
    for (seg_len i = 0; i < LINES; i++) {
        order[i] = (int32_t)(i < 2 * ORDERS ? i / 2 : seg_test_below(&random, ORDERS));
        customer[i] = (int32_t)((order[i] + (order[i] < shared && i % 2 == 0)) % CUSTOMERS);
        amount[i] = 1;
    }
}

static void
add_lines(measured *m, seg_len n, seg_rfm **state)
{
    seg_rfm_seen seen;
    seg_fault fault;
    CHECK_INT(seg_rfm_new(&m->ctx, CUSTOMERS, ORDERS, state), SEG_OK);
    CHECK_INT(seg_rfm_add(&m->ctx, *state, n, customer, order, date, amount, 0, 0, &seen, &fault),
              SEG_OK);
    CHECK_INT(seen.counted, n);
}

static const seg_len state_bytes = 32 * (seg_len)CUSTOMERS + 4 * (seg_len)ORDERS;

static void
rfm_takes_a_state_for_each_part(void)
{
    draw_lines(0);
    for (int n_threads = 1; n_threads <= 8; n_threads *= 2) {
        measured m;
        seg_rfm *state;
        measure(&m, n_threads);
        add_lines(&m, LINES, &state);
        CHECK_INT(seg_rfm_shared(state), 0);
        seg_rfm_free(&m.ctx, state);
        CHECK_PEAK(&m, seg_min(n_threads, 4) * state_bytes);
    }
}

/* At each size of the set of further customers: 32 bytes a pair, 48 while it grows. */
static void
rfm_takes_more_for_orders_of_two_customers(void)
{
    static const seg_len shared[] = {1000, 8191, 8192, 8193, 16384, 16385, 20000, 32769, ORDERS};
    for (size_t s = 0; s < sizeof shared / sizeof shared[0]; s++) {
        measured m;
        seg_rfm *state;
        draw_lines(shared[s]);
        measure(&m, 1);
        add_lines(&m, 2 * ORDERS, &state);
        CHECK_INT(seg_rfm_shared(state), shared[s]);
        CHECK(atomic_load(&m.heap.bytes) <= state_bytes + 32 * shared[s] + LITTLE);
        seg_rfm_free(&m.ctx, state);
        CHECK_PEAK(&m, state_bytes + 48 * shared[s]);
    }
}

/* Reading takes nothing, a dump 44 bytes a further pair, a load 8 a customer. */
static void
rfm_files_take_little_beside_the_state(void)
{
    static int32_t pairs[2 * ORDERS];
    measured m, file;
    seg_rfm *state, *back;
    draw_lines(ORDERS);
    measure(&m, 1);
    add_lines(&m, 2 * ORDERS, &state);
    measure(&file, 1);
    CHECK_INT(seg_rfm_read(&file.ctx, state, first, last, frequency, result), SEG_OK);
    CHECK_INT(atomic_load(&file.heap.taken), 0);
    CHECK_INT(seg_rfm_dump(&file.ctx, state, first, last, words, order, pairs), SEG_OK);
    CHECK_PEAK(&file, 44 * (seg_len)ORDERS);
    measure(&file, 1);
    CHECK_INT(seg_rfm_new(&file.ctx, CUSTOMERS, ORDERS, &back), SEG_OK);
    CHECK_INT(seg_rfm_load(&file.ctx, back, first, last, words, order, ORDERS, pairs), SEG_OK);
    seg_rfm_free(&file.ctx, back);
    CHECK_PEAK(&file, state_bytes + 48 * (seg_len)ORDERS + 8 * (seg_len)CUSTOMERS);
    seg_rfm_free(&m.ctx, state);
}

static void
totals_take_16_bytes_a_code(void)
{
    measured m;
    seg_fault fault;
    draw_lines(0);
    measure(&m, 1);
    CHECK_INT(seg_totals(&m.ctx, LINES, ORDERS, order, amount, result, &fault), SEG_OK);
    CHECK_PEAK(&m, 16 * (seg_len)ORDERS);
}

static void
a_sort_takes_32_bytes_an_element(void)
{
    static uint64_t key[ORDERS];
    measured m;
    for (seg_len i = 0; i < ORDERS; i++) {
        key[i] = (uint64_t)i * 0x9E3779B97F4A7C15u;
        codes[i] = (int32_t)i;
    }
    measure(&m, 1);
    CHECK_INT(seg_sort_order(&m.ctx, ORDERS, key, codes), SEG_OK);
    CHECK_PEAK(&m, 32 * (seg_len)ORDERS);
}

/* 64 bytes a return, 72 a line of a customer and product with a return. */
static void
returns_take_memory_for_what_they_meet(void)
{
    static uint8_t returned[ORDERS];
    for (int every = 2; every < 20; every += 5) {
        measured m;
        seg_fault fault;
        seg_len n_returns = 0, n_lines = 0;
        for (seg_len i = 0; i < ORDERS; i++) {
            customer[i] = (int32_t)(i % 30000);
            codes[i] = 0;
            returned[i] = i >= 30000 && i % every == 0;
            n_returns += returned[i];
            n_lines += 2 * returned[i];
        }
        measure(&m, 1);
        CHECK_INT(seg_returns_match(&m.ctx, ORDERS, 30000, 1, customer, codes, date, amount,
                                    returned, result, &fault),
                  SEG_OK);
        CHECK_PEAK(&m, 64 * n_returns + 72 * n_lines);
    }
}

/* ---- ids ---- */

static void
check_ints(seg_len n, int sorted, seg_len figure)
{
    measured m;
    seg_ids *out;
    measure(&m, 1);
    CHECK_INT(seg_ids_of_ints(&m.ctx, n, ids, NULL, sorted, codes, &out), SEG_OK);
    seg_ids_free(&m.ctx, out);
    CHECK_PEAK(&m, figure);
}

/* How many ids there are when a table of this many slots is too small. */
static seg_len
just_too_many(int bits)
{
    return ((seg_len)3 << (bits - 2)) + 1;
}

static void
ids_of_ints_take_what_the_header_says(void)
{
    uint64_t random = 3;
    for (seg_len i = 0; i < WAY; i++) {
        ids[i] = seg_test_below(&random, 16 * (seg_len)WAY);
    }
    ids[0] = 0;
    ids[1] = 16 * (int64_t)WAY - 1;
    check_ints(WAY, 0, 4 * (seg_len)WAY + 8 * (seg_len)WAY);
    for (int bits = 14; bits < 16; bits++) {
        for (int more = -1; more <= 1; more++) {
            seg_len k = just_too_many(bits) + more * 5000;
            for (seg_len i = 0; i < 2 * k; i++) {
                ids[i] = (i % k) * 0x123456789AB;
            }
            check_ints(2 * k, 0, 58 * k + 100000);
            check_ints(2 * k, 1, 105 * k + 100000);
        }
    }
}

enum { LONGEST = 40 };

typedef struct column {
    seg_len length, k; /* of a text; of different ones */
    int hexadecimal;
    char text[SEG_TEXTS_BLOCK][LONGEST + 1];
} column;

static seg_status
lend(void *user, seg_len start, seg_len m, seg_text *out)
{
    column *c = user;
    for (seg_len i = 0; i < m; i++) {
        long long id = (long long)((start + i) % c->k);
        (void)snprintf(c->text[i], sizeof c->text[i], c->hexadecimal ? "%0*llx" : "%0*lld",
                       (int)c->length, id);
        out[i] = (seg_text){.data = c->text[i], .length = c->length};
    }
    return SEG_OK;
}

static void
check_texts(seg_len n, column *c, int sorted, seg_len figure)
{
    measured m;
    seg_ids *out;
    seg_texts texts = {.n = n, .lend = lend, .user = c};
    measure(&m, 1);
    CHECK_INT(seg_ids_of_texts(&m.ctx, &texts, sorted, codes, &out), SEG_OK);
    CHECK_INT(seg_ids_count(out), c->k);
    seg_ids_free(&m.ctx, out);
    CHECK_PEAK(&m, figure);
}

static void
ids_of_texts_take_what_the_header_says(void)
{
    static column c;
    c = (column){.length = 8, .k = WAY / 2};
    check_texts(WAY, &c, 1, 4 * (seg_len)WAY + 8 * c.k);
    for (int bits = 14; bits < 16; bits++) {
        seg_len k = just_too_many(bits);
        c = (column){.length = 9, .k = k, .hexadecimal = 1};
        check_texts(k, &c, 0, 58 * k + 100000);
        check_texts(k, &c, 1, 117 * k + 100000);
        for (seg_len length = 12; length <= LONGEST; length += 14) { /* they have to be kept */
            c.length = length;
            check_texts(k, &c, 0, (58 + length) * k + 1100000);
            check_texts(k, &c, 1, (117 + length) * k + 1100000);
        }
    }
}

/* ---- from order lines to RFM ---- */

enum { WAY_ORDERS = WAY * 3 / 10, WAY_CUSTOMERS = WAY / 20 };

/* Ids of customers (sorted) or orders (not) to codes. */
static void
encode(measured *m, int kind, seg_len k, int sorted, int32_t *to, seg_ids **out)
{
    column texts = {.length = 11, .k = k, .hexadecimal = 1};
    seg_texts lent = {.n = WAY, .lend = lend, .user = &texts};
    for (seg_len i = 0; i < WAY; i++) {
        ids[i] = i % k * (kind == 0 ? 1 : 0x123456789AB);
    }
    CHECK_INT(kind < 2 ? seg_ids_of_ints(&m->ctx, WAY, ids, NULL, sorted, to, out)
                       : seg_ids_of_texts(&m->ctx, &lent, sorted, to, out),
              SEG_OK);
    CHECK_INT(seg_ids_count(*out), k);
}

/* 12 bytes a line, 200 a customer and 64 an order are enough for whole numbers side by side, far
 * apart, and texts of up to 11 bytes: with the codes, the values of the ids and the answer. */
static void
the_way_from_lines_to_rfm_keeps_to_its_budget(void)
{
    const seg_len codes_of_rows = 4 + 4, value = 8, answer = 4 * 8;
    for (int kind = 0; kind < 3; kind++) {
        measured m;
        seg_ids *customers, *orders;
        seg_rfm *state;
        seg_rfm_seen seen;
        seg_fault fault;
        measure(&m, 1);
        encode(&m, kind, WAY_CUSTOMERS, 1, customer, &customers);
        encode(&m, kind, WAY_ORDERS, 0, order, &orders);
        CHECK_INT(seg_rfm_new(&m.ctx, WAY_CUSTOMERS, WAY_ORDERS, &state), SEG_OK);
        CHECK_INT(
            seg_rfm_add(&m.ctx, state, WAY, customer, order, date, amount, 0, 0, &seen, &fault),
            SEG_OK);
        seg_ids_free(&m.ctx, customers);
        seg_ids_free(&m.ctx, orders);
        seg_rfm_free(&m.ctx, state);
        CHECK_AT_MOST(&m, (12 - codes_of_rows) * WAY + (200 - value - answer) * WAY_CUSTOMERS +
                              (64 - value) * WAY_ORDERS);
    }
}

/* ---- matrices ---- */

enum { ROWS = 50000, COLUMNS = 8 };

static double values[ROWS * COLUMNS];
static int32_t labels[ROWS];

/* Rows that hardly repeat, with d columns, in k groups. */
static seg_matrix
draw_rows(seg_len n, seg_len d, seg_len k)
{
    const seg_len size = (seg_len)sizeof(double);
    uint64_t random = 5;
    for (seg_len i = 0; i < n; i++) {
        labels[i] = (int32_t)(i % k);
        for (seg_len j = 0; j < d; j++) {
            values[i * d + j] = (double)seg_test_below(&random, 1000003) + (double)labels[i] * 1e6;
        }
    }
    return (seg_matrix){n, d, SEG_F64, (const char *)values, d * size, size};
}

static void
moments_take_their_square(void)
{
    static const seg_len widths[] = {17, 100, 200};
    for (int w = 0; w < 3; w++) {
        seg_len d = widths[w], square = 8 * (d + 8) * (d + 8);
        seg_len n = ROWS * COLUMNS / d, chunks = (n + 16383) / 16384;
        seg_matrix x = draw_rows(n, d, 1);
        for (int n_threads = 1; n_threads <= 2; n_threads++) {
            measured m;
            seg_moments *state;
            measure(&m, n_threads);
            CHECK_INT(seg_moments_new(&m.ctx, d, &state), SEG_OK);
            CHECK(atomic_load(&m.heap.bytes) <= square + LITTLE);
            CHECK_INT(seg_moments_add(&m.ctx, state, &x), SEG_OK);
            seg_moments_free(&m.ctx, state);
            CHECK_PEAK(&m, square + chunks * square + n_threads * 1040 * (d + 8));
        }
    }
}

static void
indices_take_what_the_header_says(void)
{
    static seg_index index;
    for (seg_len k = 4; k < 50000; k *= 10) {
        seg_matrix x = draw_rows(ROWS, COLUMNS, k);
        seg_len lesser = seg_min(ROWS / 4, ROWS * k / 16384);
        seg_len figure = 8 * (lesser + 4 * k) * (COLUMNS + 1) + 4096 * COLUMNS;
        measured m;
        measure(&m, 1);
        CHECK_INT(seg_calinski_harabasz(&m.ctx, &x, k, labels, &index), SEG_OK);
        CHECK_PEAK(&m, figure);
        if (k < 5000) { /* O(k^2) */
            measure(&m, 1);
            CHECK_INT(seg_davies_bouldin(&m.ctx, &x, k, labels, &index), SEG_OK);
            CHECK_PEAK(&m, figure);
        }
    }
}

static void
silhouettes_take_memory_by_the_row(void)
{
    enum { FEW = 2000 };
    for (seg_len d = 1; d <= COLUMNS; d += 7) {
        for (seg_len k = 2; k < FEW; k *= 30) {
            seg_matrix x = draw_rows(FEW, d, k);
            measured m;
            seg_fault fault;
            measure(&m, 1);
            CHECK_INT(seg_silhouette(&m.ctx, &x, k, labels, result, &fault), SEG_OK);
            CHECK_PEAK(&m, 16 * (d + 8) * FEW);
        }
    }
}

static void
clusters_of_one_column_take_memory_by_the_point(void)
{
    static double centers[20];
    for (int many = 0; many < 2; many++) { /* points of many rows stand as the rows came */
        seg_len n = many ? LINES : ROWS, size = (seg_len)sizeof(double);
        for (seg_len i = 0; i < n; i++) {
            result[i] = (double)(i * 7919 % n);
        }
        seg_matrix x = {n, 1, SEG_F64, (const char *)result, size, size};
        measured m, line;
        seg_points points;
        measure(&m, 1);
        CHECK_INT(seg_points_new(&m.ctx, &x, NULL, &points), SEG_OK);
        CHECK_INT(points.m, n);
        CHECK_INT(points.rows == NULL, many);
        for (seg_len k = 1; k <= 13; k += many ? 1000 : 6) {
            measure(&line, 1);
            CHECK_INT(seg_line_centers(&line.ctx, &points, k, centers), SEG_OK);
            CHECK_PEAK(&line, (4 * k + 56 + (many ? 44 : 0)) * n);
        }
        seg_points_free(&m.ctx, &points);
    }
}

static void
a_fit_takes_little_beside_its_points(void)
{
    enum { MOST = 20, STARTS = 3 };
    static double centers[MOST * COLUMNS], inertias[STARTS];
    seg_matrix x = draw_rows(ROWS / 4, COLUMNS, 20);
    measured m;
    seg_points points;
    measure(&m, 1);
    CHECK_INT(seg_points_new(&m.ctx, &x, NULL, &points), SEG_OK);
    for (seg_len k = 2; k <= MOST; k *= 10) {
        for (seg_len swaps = 0; swaps <= 2; swaps += 2) {
            seg_kmeans_options o = {.k = k, .starts = STARTS, .swaps = swaps, .max_iter = 5};
            seg_kmeans_fitted fitted;
            measured fit;
            measure(&fit, 1);
            CHECK_INT(
                seg_kmeans_fit(&fit.ctx, &points, &o, NULL, centers, labels, inertias, &fitted),
                SEG_OK);
            CHECK_PEAK(&fit, points.m * 33 / 4 + (swaps ? 4 * points.m : 0) +
                                 (points.m + 8191) / 8192 * 8 * (k + 32) * (COLUMNS + 4) +
                                 600 * k * (COLUMNS + 2));
        }
    }
    seg_points_free(&m.ctx, &points);
}

/* ---- baskets ---- */

/* 20 bytes a rule, 4 an item of an antecedent, 8 an item; then for each thread a byte an item, and
 * 16 for each rule under the items of one basket. */
static void
suggestions_take_memory_for_the_rules_they_meet(void)
{
    enum { RULES = 50000, KINDS = 5000, UNDER = 200, BASKETS = 1500 };
    static int64_t rule_ptr[RULES + 1], basket_ptr[BASKETS + 1];
    static int32_t bodies[2 * RULES], heads[RULES], baskets[10 * BASKETS], best[BASKETS];
    for (int32_t r = 0; r < RULES; r++) { /* under the last 250 items */
        bodies[2 * r] = r % 7;
        bodies[2 * r + 1] = KINDS - 1 - r / UNDER;
        heads[r] = 7 + r % UNDER;
        rule_ptr[r + 1] = 2 * r + 2;
    }
    for (int32_t i = 0; i < 10 * BASKETS; i++) {
        baskets[i] = KINDS - 250 + i % 10 * 25 + i % 24;
    }
    for (int32_t b = 0; b < BASKETS; b++) {
        basket_ptr[b + 1] = 10 * (b + 1);
    }
    seg_basket_view rules = {.n = RULES, .n_items = KINDS, .indptr = rule_ptr, .indices = bodies};
    seg_basket_view asked = {
        .n = BASKETS, .n_items = KINDS, .indptr = basket_ptr, .indices = baskets};
    for (int n_threads = 1; n_threads <= 3; n_threads += 2) {
        measured m, ask;
        seg_recommender index;
        measure(&m, n_threads);
        measure(&ask, n_threads);
        CHECK_INT(seg_recommender_open(&m.ctx, &rules, heads, &index), SEG_OK);
        CHECK_INT(seg_recommend_rules(&ask.ctx, &index, &asked, 1, best), SEG_OK);
        CHECK_PEAK(&ask, n_threads * (KINDS + 16 * 10 * UNDER));
        seg_recommender_close(&m.ctx, &index);
        CHECK_PEAK(&m, 20 * (int64_t)RULES + 4 * 2 * (int64_t)RULES + 8 * (int64_t)KINDS);
    }
}

SEG_CASES(CASE(the_heap_counts_what_blocks_hold),
          CASE(rfm_takes_a_state_for_each_part),
          CASE(rfm_takes_more_for_orders_of_two_customers),
          CASE(rfm_files_take_little_beside_the_state),
          CASE(totals_take_16_bytes_a_code),
          CASE(a_sort_takes_32_bytes_an_element),
          CASE(returns_take_memory_for_what_they_meet),
          CASE(ids_of_ints_take_what_the_header_says),
          CASE(ids_of_texts_take_what_the_header_says),
          CASE(the_way_from_lines_to_rfm_keeps_to_its_budget),
          CASE(moments_take_their_square),
          CASE(indices_take_what_the_header_says),
          CASE(silhouettes_take_memory_by_the_row),
          CASE(clusters_of_one_column_take_memory_by_the_point),
          CASE(a_fit_takes_little_beside_its_points),
          CASE(suggestions_take_memory_for_the_rules_they_meet))

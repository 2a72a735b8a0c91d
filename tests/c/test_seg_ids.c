/* Ids to codes against sorting, at every level. */
#include "seg_ids.h"
#include "seg_test.h"

enum { MOST = 40000, TEXT = 40 };

/* ---- an oracle that sorts ---- */

static int
by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* wanted (n,): rank of each id among the distinct ones, -1 where missing; the number of those. */
static seg_len
rank_ints(seg_len n, const int64_t *ids, const uint8_t *missing, int32_t *wanted, int64_t *distinct)
{
    seg_len m = 0, k = 0;
    for (seg_len i = 0; i < n; i++) {
        if (missing == NULL || !missing[i]) {
            distinct[m++] = ids[i];
        }
    }
    qsort(distinct, (size_t)m, sizeof *distinct, by_value);
    for (seg_len i = 0; i < m; i++) {
        if (i == 0 || distinct[i] != distinct[k - 1]) {
            distinct[k++] = distinct[i];
        }
    }
    for (seg_len i = 0; i < n; i++) {
        int64_t *at = missing != NULL && missing[i]
                          ? NULL
                          : bsearch(&ids[i], distinct, (size_t)k, sizeof *distinct, by_value);
        wanted[i] = at == NULL ? -1 : (int32_t)(at - distinct);
    }
    return k;
}

/* Codes are one to one with the wanted ones, and the values are the ids. */
static void
check_ints(seg_len n, const int64_t *ids, const uint8_t *missing)
{
    static int32_t wanted[MOST], codes[MOST];
    static int64_t distinct[MOST], values[MOST];
    seg_context ctx;
    seg_len k = rank_ints(n, ids, missing, wanted, distinct);
    SEG_EACH_LEVEL(ctx)
    {
        for (int sorted = 0; sorted <= 1; sorted++) {
            seg_ids *out = NULL;
            memset(codes, 0x77, sizeof codes);
            REQUIRE(seg_ids_of_ints(&ctx, n, ids, missing, sorted, codes, &out) == SEG_OK);
            CHECK_INT(seg_ids_count(out), k);
            seg_ids_values(out, values);
            for (seg_len i = 0; i < n; i++) {
                if (wanted[i] < 0) {
                    CHECK_INT(codes[i], -1);
                } else {
                    REQUIRE(codes[i] >= 0 && codes[i] < k);
                    CHECK_INT(values[codes[i]], ids[i]);
                    CHECK(!sorted || codes[i] == wanted[i]);
                }
            }
            for (seg_len c = 0; sorted && c < k; c++) {
                CHECK_INT(values[c], distinct[c]);
            }
            seg_ids_free(&ctx, out);
        }
    }
    seg_test_digest(wanted, (size_t)n * sizeof *wanted);
}

static void
ints_of_every_shape(void)
{
    static int64_t ids[MOST];
    static uint8_t missing[MOST];
    static const seg_len lengths[] = {0, 1, 2, 3, 31, 32, 33, 255, 256, 257, 5000, MOST};
    uint64_t random = 5;
    for (size_t l = 0; l < sizeof lengths / sizeof lengths[0]; l++) {
        seg_len n = lengths[l];
        for (int shape = 0; shape < 7; shape++) {
            for (seg_len i = 0; i < n; i++) {
                int64_t any = (int64_t)seg_test_random(&random);
                switch (shape) {
                case 0: /* customer numbers */
                    ids[i] = 12346 + (any & 8191);
                    break;
                case 1: /* anything */
                    ids[i] = any;
                    break;
                case 2: /* few, far apart, the lines of an order side by side */
                    ids[i] = ((int64_t)(i / 7) * 7919 % 501) << 40;
                    break;
                case 3: /* the ends of the range */
                    ids[i] = any & 1 ? INT64_MAX - (any >> 1 & 3) : INT64_MIN + (any >> 1 & 3);
                    break;
                case 4: /* all distinct */
                    ids[i] = -i * 1000003;
                    break;
                case 5: /* keys that share their low and high bits */
                    ids[i] = (any & 0xFFF) << 26;
                    break;
                default: /* one id */
                    ids[i] = -7;
                }
                missing[i] = (uint8_t)(any >> 50 & 3 ? 0 : any >> 52);
            }
            check_ints(n, ids, NULL);
            check_ints(n, ids, missing);
        }
        memset(missing, 1, sizeof missing);
        check_ints(n, ids, missing); /* nothing but missing ids */
    }
}

/* ---- texts ---- */

typedef struct text_column {
    seg_len n, failing_row;
    const char (*data)[TEXT];
    const int *length; /* -1: missing */
    seg_len next;
} text_column;

/* Lends copies of exactly the text, so that the sanitizers see a byte too many. */
static seg_status
lend(void *user, seg_len start, seg_len m, seg_text *out)
{
    static char *lent[SEG_TEXTS_BLOCK];
    text_column *column = user;
    CHECK(start == column->next || start == 0);
    CHECK(m > 0 && m <= SEG_TEXTS_BLOCK && start + m <= column->n);
    column->next = start + m;
    for (seg_len i = 0; i < m; i++) {
        free(lent[i]);
        lent[i] = NULL;
        int length = column->length[start + i];
        out[i] = (seg_text){.data = NULL, .length = length};
        if (length >= 0) {
            lent[i] = malloc((size_t)length + (length == 0));
            memcpy(lent[i], column->data[start + i], (size_t)length);
            out[i].data = lent[i];
        }
    }
    int fails = column->failing_row >= start && column->failing_row < start + m;
    return fails ? SEG_ERR_TEXT : SEG_OK;
}

static const text_column *compared_column;

static int
by_bytes(const void *a, const void *b)
{
    int32_t i = *(const int32_t *)a, j = *(const int32_t *)b;
    int n = compared_column->length[i], m = compared_column->length[j];
    int order = memcmp(compared_column->data[i], compared_column->data[j], (size_t)(n < m ? n : m));
    return order != 0 ? order : (n > m) - (n < m);
}

static void
check_texts(const text_column *source)
{
    static int32_t rows[MOST], wanted[MOST], codes[MOST];
    static int64_t values[MOST];
    seg_len m = 0, k = 0;
    seg_context ctx;
    compared_column = source;
    for (seg_len i = 0; i < source->n; i++) {
        wanted[i] = -1;
        if (source->length[i] >= 0) {
            rows[m++] = (int32_t)i;
        }
    }
    qsort(rows, (size_t)m, sizeof *rows, by_bytes);
    for (seg_len i = 0; i < m; i++) {
        k += i == 0 || by_bytes(&rows[i - 1], &rows[i]) != 0;
        wanted[rows[i]] = (int32_t)(k - 1);
    }
    SEG_EACH_LEVEL(ctx)
    {
        for (int sorted = 0; sorted <= 1; sorted++) {
            text_column column = *source;
            seg_texts texts = {.n = source->n, .lend = lend, .user = &column};
            seg_ids *out = NULL;
            REQUIRE(seg_ids_of_texts(&ctx, &texts, sorted, codes, &out) == SEG_OK);
            REQUIRE(seg_ids_count(out) == k);
            seg_ids_values(out, values);
            for (seg_len i = 0; i < source->n; i++) {
                CHECK_INT(codes[i] < 0, wanted[i] < 0);
                if (codes[i] >= 0) {
                    REQUIRE(codes[i] < k && values[codes[i]] >= 0 && values[codes[i]] < source->n);
                    CHECK_INT(wanted[values[codes[i]]], wanted[i]);
                    CHECK(!sorted || codes[i] == wanted[i]);
                }
            }
            seg_ids_free(&ctx, out);
        }
    }
    seg_test_digest(wanted, (size_t)source->n * sizeof *wanted);
}

static char drawn[MOST][TEXT];
static int drawn_length[MOST];

/* Texts of 0 to 39 bytes, from few letters so that prefixes are shared; NUL and high bytes too. */
static text_column
draw_texts(seg_len n, int letters, int longest, int spread, uint64_t seed)
{
    static const char alphabet[] = {'a', '\0', (char)0xFF, 'b', (char)0x80, '1', '2', 'c'};
    for (seg_len i = 0; i < n; i++) {
        drawn_length[i] = (int)seg_test_below(&seed, longest + 2) - 1;
        memset(drawn[i], 'a', TEXT);
        for (int c = 0; c < drawn_length[i]; c++) {
            if (seg_test_below(&seed, spread) == 0) {
                drawn[i][c] = alphabet[seg_test_below(&seed, letters)];
            }
        }
        if (i > 0 && seg_test_below(&seed, 3) == 0) { /* the lines of an order are neighbours */
            memcpy(drawn[i], drawn[i - 1], TEXT);
            drawn_length[i] = drawn_length[i - 1];
        }
    }
    return (text_column){
        .n = n, .failing_row = -1, .data = (const char(*)[TEXT])drawn, .length = drawn_length};
}

static void
texts_of_every_shape(void)
{
    static const seg_len lengths[] = {0, 1, 2, 33, 255, 256, 257, 3000};
    for (size_t l = 0; l < sizeof lengths / sizeof lengths[0]; l++) {
        for (int letters = 1; letters <= 8; letters *= 2) {
            text_column column =
                draw_texts(lengths[l], letters, TEXT - 1, letters, 99 + lengths[l]);
            check_texts(&column);
            column = draw_texts(lengths[l], letters, 17, 4, 3 + lengths[l]);
            check_texts(&column);
        }
    }
}

static void
many_distinct_texts(void)
{
    for (int i = 0; i < MOST; i++) {
        /* 6 to 30 bytes, every third one long, many with the first 15 bytes in common */
        drawn_length[i] =
            snprintf(drawn[i], TEXT, i % 3 ? "C%d" : "customer-number-%d", i * 7 % MOST);
    }
    text_column column = {
        .n = MOST, .failing_row = -1, .data = (const char(*)[TEXT])drawn, .length = drawn_length};
    check_texts(&column);
}

typedef struct form {
    const char *before;
    int width;
    const char *after;
} form;

enum { NUMBERS = 6000 };

/* Draws texts of three forms; a form without `before` is a missing id. */
static text_column
draw_numbers(const form forms[3], int most)
{
    uint64_t random = 1;
    for (int i = 0; i < NUMBERS; i++) {
        const form *as = &forms[seg_test_below(&random, 3)];
        int number = (int)seg_test_below(&random, most);
        drawn_length[i] = as->before == NULL ? -1
                                             : snprintf(drawn[i], TEXT, "%s%0*d%s", as->before,
                                                        as->width, number, as->after);
    }
    return (text_column){.n = NUMBERS,
                         .failing_row = -1,
                         .data = (const char(*)[TEXT])drawn,
                         .length = drawn_length};
}

static void
numbers_behind_prefixes(void)
{
    static const form forms[][3] = {
        {{"", 1, ""}, {"", 1, ""}, {"", 1, ""}},           /* of any length */
        {{"INV-", 7, ""}, {"INV-", 7, ""}, {NULL, 0, ""}}, /* missing ones among them */
        {{"", 6, ""}, {"C", 6, ""}, {"A", 6, ""}},         /* invoices, cancelled ones */
        {{"", 1, ""}, {"", 4, ""}, {"", 8, ""}},           /* 7 and 0007 are two ids */
        {{"ORD-20-0", 8, ""}, {"ORD-20-0", 8, ""}, {"ORD-21-0", 8, ""}}, /* 16 bytes */
        {{"ORD-20-00", 8, ""}, {"", 8, ""}, {"", 8, ""}},                /* 17 */
        {{"x", 5, ""}, {"y", 5, ""}, {"z", 5, "9"}},                     /* two lengths */
        {{"", 1, ""}, {"", 1, "A"}, {"", 1, "B"}},                       /* numbers at times */
        {{"9", 5, ""}, {"9", 5, ":"}, {"9", 5, "/"}}, /* the bytes beside the digits */
    };
    for (size_t f = 0; f < sizeof forms / sizeof forms[0]; f++) {
        for (int most = 50; most <= 50000; most *= 1000) {
            text_column column = draw_numbers(forms[f], most);
            check_texts(&column);
            drawn_length[NUMBERS - 1] = snprintf(drawn[NUMBERS - 1], TEXT, "POST");
            check_texts(&column); /* the last row alone is no number */
            drawn_length[NUMBERS - 1] = snprintf(drawn[NUMBERS - 1], TEXT, "1");
            drawn_length[0] = 0;
            check_texts(&column); /* nor is an empty one in front */
        }
    }
}

/* ---- failures ---- */

static int
stop_at(void *user, double done)
{
    int *left = user;
    CHECK(done >= 0 && done <= 1);
    return --*left < 0;
}

enum { NAME = 32 };

/* Lends from a table of texts that end by a NUL. */
static seg_status
lend_rows(void *user, seg_len start, seg_len m, seg_text *out)
{
    const char(*names)[NAME] = user;
    for (seg_len i = 0; i < m; i++) {
        const char *name = names[start + i];
        out[i] = (seg_text){.data = name, .length = (seg_len)strlen(name)};
    }
    return SEG_OK;
}

/* A call that may be stopped at its n-th poll: never leaks, and out is NULL unless it is done. */
static void
every_poll_may_stop(void)
{
    static int64_t ids[MOST * 3];
    static int32_t codes[MOST * 3];
    static char names[MOST * 3][NAME];
    for (int kind = 0; kind < 4; kind++) { /* wide ints, narrow ones, numbers, long texts */
        int stopped = 0;
        for (int i = 0; i < MOST * 3; i++) {
            ids[i] = kind ? i : (int64_t)i << 30;
            snprintf(names[i], NAME, "%s%d", kind == 2 ? "" : "the customer of row ", i);
        }
        seg_texts texts = {.n = MOST * 3, .lend = lend_rows, .user = names};
        for (int n = 0; n < 200; n++) {
            seg_test_heap heap;
            seg_test_heap_open(&heap, -1, 0);
            int left = n;
            seg_context ctx = {.allocator = &heap.allocator, .poll = stop_at, .user = &left};
            seg_ids *out = (seg_ids *)&ctx;
            seg_status status = kind < 2
                                    ? seg_ids_of_ints(&ctx, MOST * 3, ids, NULL, 1, codes, &out)
                                    : seg_ids_of_texts(&ctx, &texts, kind == 3, codes, &out);
            CHECK(status == SEG_ERR_CANCELLED || status == SEG_OK);
            CHECK((out == NULL) == (status != SEG_OK));
            stopped += status != SEG_OK;
            if (status == SEG_OK) {
                seg_ids_free(&ctx, out);
            }
            CHECK_INT(atomic_load(&heap.live), 0);
        }
        CHECK(stopped >= 10 && stopped < 200);
    }
}

static void
a_lender_that_fails_is_heard(void)
{
    static int32_t codes[3000];
    for (seg_len row = 0; row < 3000; row += 511) {
        seg_test_heap heap;
        seg_test_heap_open(&heap, -1, 0);
        text_column column = draw_texts(3000, 8, 30, 1, 7);
        column.failing_row = row;
        seg_texts texts = {.n = column.n, .lend = lend, .user = &column};
        seg_context ctx = {.allocator = &heap.allocator};
        seg_ids *out = (seg_ids *)&ctx;
        CHECK_INT(seg_ids_of_texts(&ctx, &texts, 1, codes, &out), SEG_ERR_TEXT);
        CHECK(out == NULL);
        CHECK_INT(atomic_load(&heap.live), 0);
    }
}

typedef struct ids_call {
    int kind; /* 0 narrow ints, 1 wide ints, 2 texts, 3 numbered texts */
    int sorted;
} ids_call;

static seg_status
call_ids(const seg_context *ctx, void *arg)
{
    static int64_t ids[9000];
    static int32_t codes[9000];
    const ids_call *call = arg;
    seg_ids *out = (seg_ids *)&ids;
    seg_status status;
    if (call->kind >= 2) {
        text_column column = draw_texts(9000, 8, 30, 1, 21);
        for (int i = 0; call->kind == 3 && i < 9000; i++) {
            drawn_length[i] = snprintf(drawn[i], TEXT, "C%05d", i % 777);
        }
        seg_texts texts = {.n = column.n, .lend = lend, .user = &column};
        status = seg_ids_of_texts(ctx, &texts, call->sorted, codes, &out);
    } else {
        for (int i = 0; i < 9000; i++) {
            ids[i] = call->kind ? (int64_t)i * 1000003 : i % 777;
        }
        status = seg_ids_of_ints(ctx, 9000, ids, NULL, call->sorted, codes, &out);
    }
    CHECK((out == NULL) == (status != SEG_OK));
    if (status == SEG_OK) {
        seg_ids_free(ctx, out);
    }
    return status;
}

static void
every_allocation_may_fail(void)
{
    seg_context ctx;
    SEG_EACH_LEVEL(ctx)
    {
        for (int kind = 0; kind < 4; kind++) {
            for (int sorted = 0; sorted < 2; sorted++) {
                ids_call call = {.kind = kind, .sorted = sorted};
                CHECK_INT(seg_test_each_allocation(ctx, call_ids, &call), SEG_OK);
            }
        }
    }
    seg_ids_free(&ctx, NULL);
}

SEG_CASES(CASE(ints_of_every_shape),
          CASE(texts_of_every_shape),
          CASE(many_distinct_texts),
          CASE(numbers_behind_prefixes),
          CASE(every_poll_may_stop),
          CASE(a_lender_that_fails_is_heard),
          CASE(every_allocation_may_fail))

/* Silhouettes beside their definition; the same bits for any order, names, level and threads. */
#include "seg_silhouette.h"
#include "seg_test.h"

enum { N = 3600, D = 11 };

static double x[N * D], samples[N], expected[N];
static int32_t label[N];

static seg_matrix
matrix(seg_len n, seg_len d)
{
    return (seg_matrix){
        n, d, SEG_F64, (const char *)x, d * (seg_len)sizeof(double), sizeof(double)};
}

/* Rows of whole numbers in [0, values), so that some are equal; `large` of them in label 0. */
static void
fill(uint64_t seed, seg_len n, seg_len d, int32_t k, int64_t values, seg_len large)
{
    for (seg_len i = 0; i < n; i++) {
        label[i] = i < large ? 0 : (int32_t)seg_test_below(&seed, k);
        for (seg_len c = 0; c < d; c++) {
            x[i * d + c] = (double)(seg_test_below(&seed, values) + label[i] % 3);
        }
    }
}

static void
plain(seg_len n, seg_len d, int32_t k, double *out)
{
    static double sum[N];
    static int count[N];
    memset(count, 0, sizeof count);
    for (seg_len i = 0; i < n; i++) {
        count[label[i]]++;
    }
    for (seg_len i = 0; i < n; i++) {
        memset(sum, 0, sizeof sum);
        for (seg_len j = 0; j < n; j++) {
            double square = 0.0;
            for (seg_len c = 0; c < d; c++) {
                double apart = x[i * d + c] - x[j * d + c];
                square += apart * apart;
            }
            sum[label[j]] += sqrt(square);
        }
        double b = INFINITY, a = 0.0;
        for (int32_t q = 0; q < k; q++) {
            if (q == label[i]) {
                a = count[q] > 1 ? sum[q] / (count[q] - 1) : 0.0;
            } else if (count[q] > 0) {
                b = fmin(b, sum[q] / count[q]);
            }
        }
        out[i] = count[label[i]] > 1 && fmax(a, b) > 0 ? (b - a) / fmax(a, b) : 0.0;
    }
}

static void
the_definition_at_every_level_and_number_of_threads(void)
{
    /* n, d, labels, different values, rows of label 0: pieces of clusters, whole clusters, both */
    static const int shapes[][5] = {
        {2, 1, 2, 9, 1},      {9, 3, 4, 99, 0},     {600, 4, 2, 999, 0},       {700, 8, 3, 3, 600},
        {512, 9, 2, 99, 256}, {900, 5, 400, 99, 0}, {1300, 2, 90, 9, 700},     {800, 11, 5, 99, 0},
        {257, 6, 2, 99, 256}, {3600, 4, 6, 999, 0}, {3600, 5, 500, 9999, 2000}};
    seg_context ctx;
    seg_fault fault;
    for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
        seg_len n = shapes[s][0], d = shapes[s][1];
        int32_t k = shapes[s][2];
        int first = 1;
        fill(s + 1, n, d, k, shapes[s][3], shapes[s][4]);
        label[n - 1] = k - 1;
        label[0] = 0;
        static double wanted[N];
        plain(n, d, k, wanted);
        seg_matrix m = matrix(n, d);
        SEG_SWEEP(ctx)
        {
            REQUIRE(seg_silhouette(&ctx, &m, k, label, samples, &fault) == SEG_OK);
            for (seg_len i = 0; i < n; i++) {
                CHECK(fabs(samples[i] - wanted[i]) < 1e-13);
            }
            if (first) {
                memcpy(expected, samples, sizeof expected);
                first = 0;
            }
            CHECK(memcmp(samples, expected, (size_t)n * sizeof *samples) == 0);
        }
        seg_test_digest(expected, (size_t)n * sizeof *expected);
    }
}

static void
order_and_names_change_no_bit(void)
{
    enum { M = 1500, WIDE = 4, LABELS = 9 };
    seg_context ctx = {.n_threads = 2};
    seg_fault fault;
    uint64_t seed = 5;
    fill(4, M, WIDE, LABELS, 40, 500);
    seg_matrix m = matrix(M, WIDE);
    REQUIRE(seg_silhouette(&ctx, &m, LABELS, label, expected, &fault) == SEG_OK);
    for (int round = 0; round < 5; round++) {
        for (seg_len i = M - 1; i > 0; i--) {
            seg_len j = (seg_len)seg_test_below(&seed, i + 1);
            for (seg_len c = 0; c < WIDE; c++) {
                double swap = x[i * WIDE + c];
                x[i * WIDE + c] = x[j * WIDE + c];
                x[j * WIDE + c] = swap;
            }
            int32_t name = label[i];
            double swap = expected[i];
            label[i] = label[j];
            label[j] = name;
            expected[i] = expected[j];
            expected[j] = swap;
        }
        for (seg_len i = 0; i < M; i++) {
            label[i] = (label[i] * 2 + 1) % LABELS; /* one to one: 2 and 9 share no factor */
        }
        REQUIRE(seg_silhouette(&ctx, &m, LABELS, label, samples, &fault) == SEG_OK);
        CHECK(memcmp(samples, expected, M * sizeof *samples) == 0);
    }
}

static void
size_does_not_matter(void)
{
    seg_context ctx = {0};
    seg_fault fault;
    seg_matrix m = matrix(400, 3);
    fill(6, 400, 3, 3, 1000, 0);
    REQUIRE(seg_silhouette(&ctx, &m, 3, label, expected, &fault) == SEG_OK);
    for (int power = -1020; power <= 1010; power += 290) {
        fill(6, 400, 3, 3, 1000, 0);
        for (int i = 0; i < 1200; i++) {
            x[i] = ldexp(x[i], power);
        }
        REQUIRE(seg_silhouette(&ctx, &m, 3, label, samples, &fault) == SEG_OK);
        CHECK(memcmp(samples, expected, 400 * sizeof *samples) == 0);
    }
}

static void
what_is_wrong_is_said(void)
{
    seg_context ctx = {0};
    seg_fault fault;
    seg_matrix m = matrix(50, 2);
    fill(7, 50, 2, 3, 50, 0);
    label[9] = 3;
    CHECK_INT(seg_silhouette(&ctx, &m, 3, label, samples, &fault), SEG_ERR_CODE);
    CHECK_INT(fault.row, 9);
    label[8] = -7;
    CHECK_INT(seg_silhouette(&ctx, &m, 3, label, samples, &fault), SEG_ERR_CODE);
    CHECK_INT(fault.row, 8);
    memset(label, 0, sizeof label);
    CHECK_INT(seg_silhouette(&ctx, &m, 3, label, samples, &fault), SEG_ERR_ARG);
    label[1] = 1;
    x[60] = INFINITY;
    CHECK_INT(seg_silhouette(&ctx, &m, 3, label, samples, &fault), SEG_ERR_ARG);
    m.n = 0;
    CHECK_INT(seg_silhouette(&ctx, &m, 3, label, samples, &fault), SEG_ERR_ARG);
}

static seg_status
score(const seg_context *ctx, void *arg)
{
    seg_fault fault;
    return seg_silhouette(ctx, arg, 30, label, samples, &fault);
}

static void
memory_may_run_out_anywhere(void)
{
    seg_matrix m = matrix(3600, 4);
    fill(8, 3600, 4, 30, 500, 900);
    CHECK_INT(seg_test_each_allocation(seg_test_context(SEG_LEVEL_BASE, 3), score, &m), SEG_OK);
}

typedef struct poll_log {
    int left;
    double last;
} poll_log;

static int
stop(void *user, double done)
{
    poll_log *polls = user;
    CHECK(done >= polls->last && done <= 1);
    polls->last = done;
    return --polls->left == 0;
}

static void
a_stop_is_felt_wherever_it_comes(void)
{
    seg_matrix m = matrix(3600, 5);
    int stopped = 0;
    fill(9, 3600, 5, 30, 500, 1400);
    for (int at = 1; at < 10000; at += 1 + at / 3) {
        poll_log polls = {.left = at};
        seg_context ctx = {.poll = stop, .user = &polls, .n_threads = 1 + at % 3};
        seg_status status = score(&ctx, &m);
        CHECK(status == SEG_ERR_CANCELLED || polls.left > 0);
        stopped += status == SEG_ERR_CANCELLED;
        if (polls.left > 0) {
            CHECK(stopped > 3);
            return;
        }
    }
    CHECK(!"an end to the polls");
}

SEG_CASES(CASE(the_definition_at_every_level_and_number_of_threads),
          CASE(order_and_names_change_no_bit),
          CASE(size_does_not_matter),
          CASE(what_is_wrong_is_said),
          CASE(memory_may_run_out_anywhere),
          CASE(a_stop_is_felt_wherever_it_comes))

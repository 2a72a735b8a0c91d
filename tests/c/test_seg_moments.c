/* Moments against sums in integers and in wide doubles; layouts, chunks, merges; every failure. */
#include "seg_moments.h"
#include "seg_test.h"

/* Two whole chunks and a part of one; WIDE columns take more than one block of registers. */
enum { LONG = 2 * 16384 + 77, WIDE = 21 };

static double values[LONG * WIDE];

static seg_matrix
matrix(seg_len n, seg_len d)
{
    seg_len size = sizeof(double);
    return (seg_matrix){.n = n,
                        .d = d,
                        .type = SEG_F64,
                        .data = (const char *)values,
                        .row_step = d * size,
                        .column_step = size};
}

/* Small whole numbers about `middle`, spread by column, so that integers give the exact answer. */
static void
draw(seg_len n, seg_len d, double middle, uint64_t seed)
{
    for (seg_len i = 0; i < n; i++) {
        for (seg_len j = 0; j < d; j++) {
            values[i * d + j] = middle + (double)(seg_test_below(&seed, 17 + 5 * j) - 8);
        }
        values[i * d + d - 1] += values[i * d] - middle; /* something to correlate with */
    }
}

typedef struct answer {
    int64_t rows;
    double pivot[WIDE], offset[WIDE], scatter[WIDE * WIDE];
} answer;

static seg_status
read(const seg_context *ctx, const seg_moments *state, answer *a)
{
    memset(a, 0, sizeof *a);
    a->rows = seg_moments_rows(state);
    return seg_moments_read(ctx, state, a->pivot, a->offset, a->scatter);
}

/* NULL whatever the reason. */
static seg_moments *
new_state(const seg_context *ctx, seg_len d)
{
    seg_moments *state = (seg_moments *)&state;
    seg_status status = seg_moments_new(ctx, d, &state);
    CHECK((state == NULL) == (status != SEG_OK));
    return state;
}

static seg_status
count(const seg_context *ctx, const seg_matrix *x, answer *a)
{
    seg_moments *state;
    seg_status status = seg_moments_new(ctx, x->d, &state);
    if (status == SEG_OK) {
        CHECK_INT(seg_moments_columns(state), x->d);
        status = seg_moments_add(ctx, state, x);
        status = status == SEG_OK ? read(ctx, state, a) : status;
    }
    seg_moments_free(ctx, state);
    return status;
}

static int
near(double got, double wanted, double size)
{
    return fabs(got - wanted) <= 1e-13 * size;
}

/* Sums of n (x - middle)(y - middle) - sum sum are exact in 64 bits here. */
static void
check_against_integers(seg_len n, seg_len d, double middle, const answer *a)
{
    CHECK_INT(a->rows, n);
    for (seg_len j = 0; j < d; j++) {
        for (seg_len k = 0; k < d; k++) {
            int64_t s = 0, t = 0, st = 0;
            for (seg_len i = 0; i < n; i++) {
                int64_t x = (int64_t)(values[i * d + j] - middle);
                int64_t y = (int64_t)(values[i * d + k] - middle);
                s += x;
                t += y;
                st += x * y;
            }
            double wanted = n ? (double)(n * st - s * t) / (double)n : 0.0;
            double size = sqrt(a->scatter[j * d + j] * a->scatter[k * d + k]);
            CHECK(near(a->scatter[j * d + k], wanted, size));
            CHECK_BITS(a->scatter[j * d + k], a->scatter[k * d + j]);
            if (n > 0 && k == j) {
                double mean = (a->pivot[j] - middle) + a->offset[j];
                CHECK(near(mean, (double)s / (double)n, 40.0));
            }
        }
    }
}

static void
sums_are_those_of_integers(void)
{
    static const seg_len rows[] = {0, 1, 2, 7, 63, 64, 65, 129, 1000, LONG};
    static const double middles[] = {0.0, 1e6, -0x1p40};
    answer a;
    seg_context ctx = seg_test_context(seg_cpu_best_level(), 1);
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        for (seg_len d = 1; d <= WIDE; d += rows[r] > 1000 ? 10 : 1) {
            for (size_t m = 0; m < sizeof middles / sizeof middles[0]; m++) {
                draw(rows[r], d, middles[m], 7 + (uint64_t)d);
                seg_matrix x = matrix(rows[r], d);
                REQUIRE(count(&ctx, &x, &a) == SEG_OK);
                check_against_integers(rows[r], d, middles[m], &a);
            }
        }
    }
}

static void
levels_and_threads_give_the_same_bits(void)
{
    for (seg_len d = 1; d <= WIDE; d += 4) {
        draw(LONG, d, 0.1, 99);
        seg_matrix x = matrix(LONG, d);
        answer first = {.rows = -1}, other;
        seg_context ctx;
        SEG_SWEEP(ctx)
        {
            REQUIRE(count(&ctx, &x, &other) == SEG_OK);
            if (first.rows < 0) {
                first = other;
                seg_test_digest(&first, sizeof first);
            }
            CHECK(memcmp(&first, &other, sizeof first) == 0);
        }
    }
}

/* The same numbers in rows, in columns, backwards and as floats. */
static void
layouts_and_types_do_not_matter(void)
{
    enum { N = 300, D = 11 };
    static double turned[N * D], apart[N * D * 3];
    static float floats[N * D];
    seg_len size = sizeof(double);
    seg_context ctx = seg_test_context(seg_cpu_best_level(), 1);
    answer rows, other;
    draw(N, D, 1000.0, 5);
    for (seg_len i = 0; i < N; i++) {
        for (seg_len j = 0; j < D; j++) {
            turned[j * N + i] = values[i * D + j];
            apart[((N - 1 - i) * D + (D - 1 - j)) * 3] = values[i * D + j];
            floats[i * D + j] = (float)values[i * D + j];
        }
    }
    seg_matrix x = matrix(N, D), layouts[3] = {x, x, x};
    layouts[0].data = (const char *)turned;
    layouts[0].row_step = size;
    layouts[0].column_step = N * size;
    layouts[1].data = (const char *)(apart + (N * D - 1) * 3);
    layouts[1].row_step = -3 * D * size;
    layouts[1].column_step = -3 * size;
    layouts[2].data = (const char *)floats;
    layouts[2].type = SEG_F32;
    layouts[2].row_step = D * (seg_len)sizeof *floats;
    layouts[2].column_step = sizeof *floats;
    REQUIRE(count(&ctx, &x, &rows) == SEG_OK);
    for (size_t l = 0; l < sizeof layouts / sizeof layouts[0]; l++) {
        REQUIRE(count(&ctx, &layouts[l], &other) == SEG_OK);
        CHECK(memcmp(&rows, &other, sizeof rows) == 0);
    }
}

static void
parts_merge_to_the_whole(void)
{
    enum { N = 5000, D = 6 };
    seg_context ctx = seg_test_context(seg_cpu_best_level(), 1);
    draw(N, D, 1e9, 3);
    seg_matrix x = matrix(N, D);
    answer whole, parts;
    REQUIRE(count(&ctx, &x, &whole) == SEG_OK);
    static const seg_len cuts[] = {0, 1, 64, 2500, N - 1, N};
    for (size_t c = 0; c < sizeof cuts / sizeof cuts[0]; c++) {
        seg_moments *a = new_state(&ctx, D), *b = new_state(&ctx, D);
        REQUIRE(a != NULL && b != NULL);
        seg_matrix head = x, tail = x;
        head.n = cuts[c];
        tail.n = N - cuts[c];
        tail.data += cuts[c] * x.row_step;
        CHECK_INT(seg_moments_add(&ctx, a, &head), SEG_OK);
        CHECK_INT(seg_moments_add(&ctx, b, &tail), SEG_OK);
        CHECK_INT(seg_moments_merge(&ctx, a, b), SEG_OK);
        CHECK_INT(read(&ctx, a, &parts), SEG_OK);
        seg_moments_free(&ctx, a);
        seg_moments_free(&ctx, b);
        check_against_integers(N, D, 1e9, &parts);
        CHECK(cuts[c] != 0 || memcmp(&whole, &parts, sizeof whole) == 0);
    }
}

static void
equal_values_have_no_scatter(void)
{
    seg_context ctx = seg_test_context(seg_cpu_best_level(), 1);
    seg_matrix x = matrix(LONG, 3);
    answer a;
    for (seg_len i = 0; i < LONG; i++) {
        values[3 * i] = 0.1;
        values[3 * i + 1] = (double)(i % 3);
        values[3 * i + 2] = 1e300;
    }
    REQUIRE(count(&ctx, &x, &a) == SEG_OK);
    for (int k = 0; k < 3; k++) {
        CHECK_BITS(a.scatter[k], 0.0);
        CHECK_BITS(a.scatter[6 + k], 0.0);
    }
    CHECK_BITS(a.pivot[0] + a.offset[0], 0.1);
    CHECK_BITS(a.pivot[2] + a.offset[2], 1e300);
    CHECK(a.scatter[4] > 1000.0);
}

static void
what_is_read_can_be_loaded(void)
{
    seg_context ctx = seg_test_context(seg_cpu_best_level(), 1);
    draw(1000, 9, 5.5, 21);
    seg_matrix x = matrix(1000, 9);
    answer first, second;
    REQUIRE(count(&ctx, &x, &first) == SEG_OK);
    seg_moments *state = new_state(&ctx, 9), *other = new_state(&ctx, 8);
    REQUIRE(state != NULL && other != NULL);
    CHECK_INT(seg_moments_load(&ctx, state, first.rows, first.pivot, first.offset, first.scatter),
              SEG_OK);
    CHECK_INT(seg_moments_load(&ctx, state, -1, first.pivot, first.offset, first.scatter),
              SEG_ERR_ARG);
    CHECK_INT(seg_moments_merge(&ctx, state, other), SEG_ERR_ARG);
    CHECK_INT(seg_moments_add(&ctx, other, &x), SEG_ERR_ARG);
    CHECK_INT(read(&ctx, state, &second), SEG_OK);
    CHECK(memcmp(&first, &second, sizeof first) == 0);
    seg_moments_free(&ctx, state);
    seg_moments_free(&ctx, other);
}

static void
what_is_not_finite_shows(void)
{
    static const double bad[] = {NAN, INFINITY, -INFINITY, 1e300};
    seg_context ctx = seg_test_context(seg_cpu_best_level(), 1);
    for (size_t b = 0; b < sizeof bad / sizeof bad[0]; b++) {
        for (seg_len row = 0; row < 200; row += 37) {
            answer a;
            draw(200, 5, 0.0, 8);
            values[row * 5 + 2] = bad[b];
            seg_matrix x = matrix(200, 5);
            REQUIRE(count(&ctx, &x, &a) == SEG_OK);
            CHECK(!isfinite(a.offset[2]) || !isfinite(a.scatter[12]));
            CHECK(isfinite(a.offset[1]) && isfinite(a.scatter[6]));
        }
    }
}

static seg_status
count_again(const seg_context *ctx, void *arg)
{
    answer a;
    return count(ctx, arg, &a);
}

static void
each_allocation_may_fail(void)
{
    draw(LONG, 5, 1.0, 2);
    seg_matrix x = matrix(LONG, 5);
    for (int threads = 1; threads <= 3; threads += 2) {
        seg_context ctx = seg_test_context(seg_cpu_best_level(), threads);
        CHECK_INT(seg_test_each_allocation(ctx, count_again, &x), SEG_OK);
    }
    seg_context ctx = {0};
    seg_moments *state;
    CHECK_INT(seg_moments_new(&ctx, -1, &state), SEG_ERR_ARG);
    CHECK_INT(seg_moments_new(&ctx, PTRDIFF_MAX, &state), SEG_ERR_NOMEM);
    CHECK_INT(seg_moments_new(&ctx, (seg_len)1 << 40, &state), SEG_ERR_NOMEM);
    CHECK(state == NULL);
    seg_moments_free(&ctx, NULL);
}

static int
stop(void *user, double done)
{
    CHECK(done >= 0.0 && done <= 1.0);
    return ++*(int *)user > 0;
}

static void
the_poll_stops_it(void)
{
    for (int threads = 1; threads <= 4; threads += 3) {
        int calls = 0;
        seg_context ctx = seg_test_context(seg_cpu_best_level(), threads);
        ctx.poll = stop;
        ctx.user = &calls;
        draw(LONG, WIDE, 0.0, 4);
        seg_matrix x = matrix(LONG, WIDE);
        answer a;
        seg_status status = count(&ctx, &x, &a);
        /* others may have done all the work before the caller's thread came to poll */
        CHECK(status == SEG_ERR_CANCELLED || (threads > 1 && calls == 0 && status == SEG_OK));
    }
}

/* What states do with each other: stopped at any poll nothing is left behind, and what was only
 * looked at is as it was. */
static void
every_poll_of_a_state_may_stop(void)
{
    seg_context ctx = seg_test_context(seg_cpu_best_level(), 1);
    answer first, second;
    int stopped = 0;
    draw(1000, WIDE, 0.0, 6);
    seg_matrix x = matrix(1000, WIDE);
    REQUIRE(count(&ctx, &x, &first) == SEG_OK);
    for (int polls = 0; polls < 200; polls++) {
        seg_test_heap heap;
        seg_test_heap_open(&heap, -1, 0);
        seg_moments *looked = new_state(&ctx, WIDE), *state;
        REQUIRE(looked != NULL);
        CHECK_INT(seg_moments_add(&ctx, looked, &x), SEG_OK);
        int calls = -polls;
        seg_context watched = {
            .allocator = &heap.allocator, .level = ctx.level, .poll = stop, .user = &calls};
        seg_status status = seg_moments_new(&watched, WIDE, &state);
        for (int twice = 0; twice < 2 && status == SEG_OK; twice++) {
            status = seg_moments_merge(&watched, state, looked);
        }
        status = status == SEG_OK ? read(&watched, looked, &second) : status;
        status = status == SEG_OK ? seg_moments_load(&watched, state, first.rows, first.pivot,
                                                     first.offset, first.scatter)
                                  : status;
        CHECK(status == SEG_ERR_CANCELLED || (status == SEG_OK && calls <= 0));
        stopped += status == SEG_ERR_CANCELLED;
        CHECK_INT(read(&ctx, looked, &second), SEG_OK);
        CHECK(memcmp(&first, &second, sizeof first) == 0);
        seg_moments_free(&ctx, looked);
        seg_moments_free(&watched, state);
        CHECK_INT(atomic_load(&heap.live), 0);
    }
    CHECK(stopped >= 3 * WIDE && stopped < 200);
}

SEG_CASES(CASE(sums_are_those_of_integers),
          CASE(levels_and_threads_give_the_same_bits),
          CASE(layouts_and_types_do_not_matter),
          CASE(parts_merge_to_the_whole),
          CASE(equal_values_have_no_scatter),
          CASE(what_is_read_can_be_loaded),
          CASE(what_is_not_finite_shows),
          CASE(each_allocation_may_fail),
          CASE(the_poll_stops_it),
          CASE(every_poll_of_a_state_may_stop))

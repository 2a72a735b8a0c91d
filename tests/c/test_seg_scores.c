/* Places of rows along directions, against a plain loop; batches, layouts; every failure. */
#include "seg_scores.h"
#include "seg_test.h"

enum { LONG = 16384 + 133, WIDEST = 19, MOST = 11 };

static double values[LONG * WIDEST], wanted[LONG * MOST], found[LONG * MOST];
static double mean[WIDEST], directions[MOST * WIDEST], less[MOST], scale[MOST];

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

static double
drawn(uint64_t *seed)
{
    return (double)(seg_test_below(seed, 2000001) - 1000000) / 997.0;
}

static seg_axes
draw(seg_len n, seg_len d, seg_len k, uint64_t seed)
{
    for (seg_len i = 0; i < n * d; i++) {
        values[i] = drawn(&seed);
    }
    for (seg_len j = 0; j < d; j++) {
        mean[j] = drawn(&seed);
    }
    for (seg_len i = 0; i < k * d; i++) {
        directions[i] = drawn(&seed);
    }
    for (seg_len q = 0; q < k; q++) {
        less[q] = drawn(&seed);
        scale[q] = 0.3 + (double)q;
    }
    return (seg_axes){
        .d = d, .k = k, .mean = mean, .directions = directions, .less = less, .scale = scale};
}

/* As the header says it, in its order. */
static void
score_plainly(const seg_matrix *x, const seg_axes *axes)
{
    for (seg_len i = 0; i < x->n; i++) {
        for (seg_len q = 0; q < axes->k; q++) {
            double sum = 0.0;
            for (seg_len j = 0; j < x->d; j++) {
                sum += (values[i * x->d + j] - mean[j]) * directions[q * x->d + j];
            }
            wanted[i * axes->k + q] = (sum - less[q]) / scale[q];
        }
    }
}

static void
scores_are_those_of_a_plain_loop(void)
{
    static const seg_len rows[] = {0, 1, 3, 4, 63, 64, 65, LONG};
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        for (seg_len d = 1; d <= WIDEST; d += rows[r] > 1000 ? 9 : 1) {
            for (seg_len k = 1; k <= MOST; k += 5) {
                seg_axes axes = draw(rows[r], d, k, 5 + (uint64_t)d);
                seg_matrix x = matrix(rows[r], d);
                seg_context ctx;
                score_plainly(&x, &axes);
                seg_test_digest(wanted, (size_t)(rows[r] * k) * sizeof *wanted);
                SEG_SWEEP(ctx)
                {
                    memset(found, 0xA5, sizeof found);
                    REQUIRE(seg_scores(&ctx, &x, &axes, 0, found) == SEG_OK);
                    CHECK(memcmp(found, wanted, (size_t)(rows[r] * k) * sizeof *found) == 0);
                }
            }
        }
    }
}

static void
floats_are_rounded_once(void)
{
    static float narrow[200 * 3];
    seg_context ctx = seg_test_context(seg_cpu_best_level(), 1);
    seg_axes axes = draw(200, 7, 3, 77);
    seg_matrix x = matrix(200, 7);
    score_plainly(&x, &axes);
    REQUIRE(seg_scores(&ctx, &x, &axes, 1, narrow) == SEG_OK);
    for (int i = 0; i < 600; i++) {
        CHECK(narrow[i] == (float)wanted[i]);
    }
}

static void
a_scale_of_infinity_gives_zero(void)
{
    seg_context ctx = seg_test_context(seg_cpu_best_level(), 1);
    seg_axes axes = draw(70, 4, 2, 9);
    seg_matrix x = matrix(70, 4);
    scale[1] = INFINITY;
    REQUIRE(seg_scores(&ctx, &x, &axes, 0, found) == SEG_OK);
    for (int i = 0; i < 70; i++) {
        CHECK(found[2 * i] != 0.0);
        CHECK(found[2 * i + 1] == 0.0);
    }
    axes.d = 5;
    CHECK_INT(seg_scores(&ctx, &x, &axes, 0, found), SEG_ERR_ARG);
}

typedef struct job {
    seg_matrix x;
    seg_axes axes;
} job;

static seg_status
score(const seg_context *ctx, void *arg)
{
    const job *j = arg;
    return seg_scores(ctx, &j->x, &j->axes, 0, found);
}

static int
stop(void *user, double done)
{
    CHECK(done >= 0.0 && done <= 1.0);
    return ++*(int *)user > 0;
}

static void
each_allocation_may_fail_and_the_poll_stops_it(void)
{
    job j = {.axes = draw(LONG, 6, 3, 4), .x = matrix(LONG, 6)};
    for (int threads = 1; threads <= 3; threads += 2) {
        seg_context ctx = seg_test_context(seg_cpu_best_level(), threads);
        CHECK_INT(seg_test_each_allocation(ctx, score, &j), SEG_OK);
    }
    int calls = 0;
    seg_context ctx = seg_test_context(seg_cpu_best_level(), 1);
    ctx.poll = stop;
    ctx.user = &calls;
    CHECK_INT(score(&ctx, &j), SEG_ERR_CANCELLED);
}

SEG_CASES(CASE(scores_are_those_of_a_plain_loop),
          CASE(floats_are_rounded_once),
          CASE(a_scale_of_infinity_gives_zero),
          CASE(each_allocation_may_fail_and_the_poll_stops_it))

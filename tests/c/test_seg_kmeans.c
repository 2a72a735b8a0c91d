/* k-means without Python: exact labels, equal bits on every level and for any number of threads. */
#include "seg_kmeans.h"
#include "seg_nearest.h"
#include "seg_test.h"

enum { N = 20000, D = 3, K = 7, SMALL = 90 };

typedef struct outcome {
    double centers[K * D], inertias[3];
    int32_t labels[N];
    seg_kmeans_fitted fitted;
} outcome;

static seg_matrix
rows_of(const double *x, seg_len n, seg_len d)
{
    const seg_len step = (seg_len)sizeof(double);
    return (seg_matrix){n, d, SEG_F64, (const char *)x, d * step, step};
}

/* Hundredths around five places, so that rows repeat and ties occur. */
static void
fill(double *x, seg_len n, seg_len d, uint64_t seed)
{
    for (seg_len i = 0; i < n; i++) {
        int64_t place = seg_test_below(&seed, 5);
        for (seg_len j = 0; j < d; j++) {
            int64_t sum = seg_test_below(&seed, 100) + seg_test_below(&seed, 100);
            x[i * d + j] = (double)(sum + 90 * ((place + j) % 5)) / 4;
        }
    }
}

static seg_kmeans_options
options_for(seg_len k, seg_len starts, seg_len swaps)
{
    return (seg_kmeans_options){
        .k = k, .starts = starts, .swaps = swaps, .max_iter = 300, .tol = 1e-4, .seed = 42};
}

static seg_status
fit(const seg_context *ctx, const seg_matrix *x, const seg_kmeans_options *o, outcome *out)
{
    seg_points points;
    seg_status status = seg_points_new(ctx, x, NULL, &points);
    if (status == SEG_OK) {
        status = seg_kmeans_fit(ctx, &points, o, NULL, out->centers, out->labels, out->inertias,
                                &out->fitted);
    }
    seg_points_free(ctx, &points);
    return status;
}

static void
levels_and_threads_give_equal_bits(void)
{
    static double x[N * D];
    static outcome first, other;
    seg_context ctx;
    int seen = 0;
    fill(x, N, D, 1);
    seg_matrix m = rows_of(x, N, D);
    seg_kmeans_options o = options_for(K, 3, 4);
    SEG_SWEEP(ctx)
    {
        outcome *to = seen++ ? &other : &first;
        REQUIRE(fit(&ctx, &m, &o, to) == SEG_OK);
        CHECK(memcmp(to->centers, first.centers, sizeof first.centers) == 0);
        CHECK(memcmp(to->labels, first.labels, sizeof first.labels) == 0);
        CHECK(memcmp(to->inertias, first.inertias, sizeof first.inertias) == 0);
        CHECK_BITS(to->fitted.inertia, first.fitted.inertia);
        CHECK_INT(to->fitted.n_iter, first.fitted.n_iter);
    }
    seg_test_digest(first.centers, sizeof first.centers);
    seg_test_digest(first.labels, sizeof first.labels);
}

static void
one_seeding_serves_every_k(void)
{
    enum { STARTS = 3, MOST = 12 };
    static double x[N * D], seeds[STARTS * MOST * D], init[STARTS * MOST * D], centers[MOST * D];
    static outcome drawn;
    static int32_t labels[N];
    double inertias[STARTS];
    seg_context ctx;
    fill(x, N, D, 7);
    seg_matrix m = rows_of(x, N, D);
    SEG_SWEEP(ctx)
    {
        seg_points points;
        REQUIRE(seg_points_new(&ctx, &m, NULL, &points) == SEG_OK);
        REQUIRE(seg_seed_starts(&ctx, &points, MOST, STARTS, SEG_SEED_SPREAD, 42, seeds) == SEG_OK);
        for (seg_len k = 1; k <= K; k += 3) {
            seg_kmeans_options o = options_for(k, STARTS, 2);
            seg_kmeans_fitted fitted;
            for (seg_len s = 0; s < STARTS; s++) {
                memcpy(init + s * k * D, seeds + s * MOST * D, (size_t)(k * D) * sizeof *init);
            }
            REQUIRE(fit(&ctx, &m, &o, &drawn) == SEG_OK);
            REQUIRE(seg_kmeans_fit(&ctx, &points, &o, init, centers, labels, inertias, &fitted) ==
                    SEG_OK);
            CHECK(memcmp(centers, drawn.centers, (size_t)(k * D) * sizeof *centers) == 0);
            CHECK(memcmp(labels, drawn.labels, sizeof labels) == 0);
            CHECK(memcmp(inertias, drawn.inertias, sizeof inertias) == 0);
        }
        CHECK_INT(seg_seed_starts(&ctx, &points, 0, STARTS, SEG_SEED_SPREAD, 42, seeds),
                  SEG_ERR_ARG);
        CHECK_INT(seg_seed_starts(&ctx, &points, 1, 0, SEG_SEED_SPREAD, 42, seeds), SEG_ERR_ARG);
        seg_points_free(&ctx, &points);
    }
}

static void
labels_are_those_of_the_nearest_centre(void)
{
    static double x[N * D], squares[N];
    static int32_t labels[N];
    static outcome found;
    seg_context ctx;
    double sum = 0.0;
    fill(x, N, D, 2);
    seg_matrix m = rows_of(x, N, D);
    seg_kmeans_options o = options_for(K, 1, 0);
    SEG_SWEEP(ctx)
    {
        REQUIRE(fit(&ctx, &m, &o, &found) == SEG_OK);
        REQUIRE(seg_nearest_label(&ctx, &m, found.centers, K, labels, squares) == SEG_OK);
        CHECK(memcmp(labels, found.labels, sizeof labels) == 0);
    }
    for (seg_len i = 0; i < N; i++) {
        double least = 0.0;
        int32_t best = 0;
        for (int32_t q = 0; q < K; q++) {
            double square = 0.0;
            for (seg_len j = 0; j < D; j++) {
                double gap = x[i * D + j] - found.centers[q * D + j];
                square += gap * gap;
            }
            if (q == 0 || square < least) {
                least = square;
                best = q;
            }
        }
        CHECK_INT(labels[i], best);
        CHECK_BITS(squares[i], least);
        sum += least;
    }
    CHECK(fabs(sum / found.fitted.inertia - 1) < 1e-12);
}

static void
one_column_is_cut_where_its_gaps_are(void)
{
    static const double x[] = {5, 1, 100, 2, 6, 101, 1, 7};
    static outcome found;
    seg_context ctx = {0};
    seg_matrix m = rows_of(x, 8, 1);
    seg_kmeans_options o = options_for(3, 1, 0);
    REQUIRE(fit(&ctx, &m, &o, &found) == SEG_OK);
    CHECK_BITS(found.centers[0], 4.0 / 3.0);
    CHECK(found.centers[1] == 6.0 && found.centers[2] == 100.5);
    CHECK(fabs(found.fitted.inertia - (2.0 / 3.0 + 2.0 + 0.5)) < 1e-12);
}

static void
weights_repeat_rows_and_order_does_not_show(void)
{
    static double x[SMALL * 2], long_x[SMALL * 6], weight[SMALL];
    static outcome once, again;
    seg_context ctx = {0};
    seg_points points;
    seg_len n = 0;
    fill(x, SMALL, 2, 3);
    for (seg_len i = SMALL - 1; i >= 0; i--) {
        weight[i] = (double)(i % 4);
        for (int r = 0; r < i % 4; r++, n++) {
            memcpy(long_x + n * 2, x + i * 2, 2 * sizeof *x);
        }
    }
    seg_matrix m = rows_of(x, SMALL, 2), many = rows_of(long_x, n, 2);
    seg_kmeans_options o = options_for(4, 2, 3);
    REQUIRE(seg_points_new(&ctx, &m, weight, &points) == SEG_OK);
    REQUIRE(seg_kmeans_fit(&ctx, &points, &o, NULL, once.centers, once.labels, once.inertias,
                           &once.fitted) == SEG_OK);
    seg_points_free(&ctx, &points);
    REQUIRE(fit(&ctx, &many, &o, &again) == SEG_OK);
    CHECK(memcmp(once.centers, again.centers, 8 * sizeof(double)) == 0);
    CHECK_BITS(once.fitted.inertia, again.fitted.inertia);
}

static void
what_is_no_number_and_no_weight_are_refused(void)
{
    double x[] = {1, 2, NAN, 4}, weight[] = {0, 0};
    seg_context ctx = {0};
    seg_points points;
    seg_matrix m = rows_of(x, 2, 2);
    CHECK(seg_points_new(&ctx, &m, NULL, &points) == SEG_ERR_NUMBER);
    x[2] = 3;
    CHECK(seg_points_new(&ctx, &m, weight, &points) == SEG_ERR_ARG);
    m.n = 0;
    CHECK(seg_points_new(&ctx, &m, NULL, &points) == SEG_ERR_ARG);
}

/* Refused before a byte is asked for or a value is read. */
static void
more_than_numbers_name_is_refused(void)
{
    static const double one = 1.0;
    static outcome found;
    seg_test_heap heap;
    seg_test_heap_open(&heap, 0, 1);
    seg_context ctx = {.allocator = &heap.allocator};
    seg_points points;
    seg_kmeans_options o = options_for(SEG_CENTERS_MOST + 1, 1, 0);
    seg_matrix rows = {SEG_POINTS_MOST + 1, 1, SEG_F64, (const char *)&one, 0, 0};
    CHECK(seg_points_new(&ctx, &rows, NULL, &points) == SEG_ERR_ARG);
    rows.n = SEG_POINTS_MOST;
    CHECK(seg_points_new(&ctx, &rows, NULL, &points) == SEG_ERR_NOMEM);
    points = (seg_points){.n = SEG_POINTS_MOST, .m = SEG_POINTS_MOST, .d = 1};
    CHECK(seg_kmeans_fit(&ctx, &points, &o, NULL, found.centers, found.labels, found.inertias,
                         &found.fitted) == SEG_ERR_ARG);
    CHECK(seg_nearest_label(&ctx, &rows, &one, o.k, found.labels, NULL) == SEG_ERR_ARG);
    CHECK(seg_nearest_label(&ctx, &rows, &one, o.k - 1, found.labels, NULL) == SEG_ERR_NOMEM);
    CHECK_INT(atomic_load(&heap.live), 0);
}

static seg_status
seed_small(const seg_context *ctx, void *arg)
{
    double centers[3 * 4 * 2];
    seg_points points;
    seg_status status = seg_points_new(ctx, arg, NULL, &points);
    if (status == SEG_OK) {
        status = seg_seed_starts(ctx, &points, 4, 3, SEG_SEED_SPREAD, 42, centers);
    }
    seg_points_free(ctx, &points);
    return status;
}

static seg_status
fit_small(const seg_context *ctx, void *arg)
{
    static outcome found;
    seg_kmeans_options o = options_for(4, 3, 2);
    return fit(ctx, arg, &o, &found);
}

static void
without_memory_nothing_is_lost(void)
{
    static double x[SMALL * 2];
    fill(x, SMALL, 2, 4);
    seg_matrix m = rows_of(x, SMALL, 2), line = rows_of(x, SMALL, 1);
    CHECK_INT(seg_test_each_allocation(seg_test_context(SEG_LEVEL_BASE, 2), fit_small, &m), SEG_OK);
    CHECK_INT(seg_test_each_allocation((seg_context){0}, fit_small, &line), SEG_OK);
    CHECK_INT(seg_test_each_allocation(seg_test_context(SEG_LEVEL_BASE, 2), seed_small, &m),
              SEG_OK);
}

/* ---- memory ---- */

static void
a_fit_takes_the_packed_copy_and_16_bytes_a_row(void)
{
    enum { MANY = 200003, WIDE = 6 };
    static double x[MANY * WIDE], weight[MANY], centers[K * WIDE], inertias[1];
    static float floats[MANY * WIDE];
    static int32_t labels[MANY];
    fill(x, MANY, WIDE, 6);
    for (seg_len i = 0; i < MANY; i++) {
        x[i * WIDE] += 0.001 * (double)i; /* no two are equal */
        weight[i] = (double)(1 + i % 3);
    }
    for (seg_len i = 0; i < MANY * WIDE; i++) {
        floats[i] = (float)x[i];
    }
    const seg_len step = (seg_len)sizeof(float);
    seg_matrix m = rows_of(x, MANY, WIDE);
    seg_matrix single = {MANY, WIDE, SEG_F32, (const char *)floats, WIDE * step, step};
    for (int trial = 0; trial < 3; trial++) {
        seg_test_heap heap;
        seg_test_heap_open(&heap, -1, 0);
        seg_context ctx = {.allocator = &heap.allocator, .level = seg_cpu_best_level()};
        seg_points points;
        seg_kmeans_fitted fitted;
        seg_kmeans_options o = options_for(K, 1, 0);
        o.max_iter = 5;
        REQUIRE(seg_points_new(&ctx, trial == 2 ? &single : &m, trial == 1 ? weight : NULL,
                               &points) == SEG_OK);
        REQUIRE(points.m == MANY);
        REQUIRE(seg_kmeans_fit(&ctx, &points, &o, NULL, centers, labels, inertias, &fitted) ==
                SEG_OK);
        seg_points_free(&ctx, &points);
        CHECK_INT(atomic_load(&heap.live), 0);
        CHECK(atomic_load(&heap.peak) <= (long long)MANY * (WIDE * 4 + 16));
        CHECK(atomic_load(&heap.peak) >= (long long)MANY * WIDE * 4);
    }
}

static int
stop_at_last(void *user, double done)
{
    CHECK(done >= 0 && done <= 1);
    return --*(int *)user <= 0;
}

static void
a_poll_ends_a_fit(void)
{
    static double x[N * D];
    static outcome found;
    fill(x, N, D, 5);
    seg_matrix m = rows_of(x, N, D);
    seg_kmeans_options o = options_for(K, 3, 50);
    for (int polls = 1; polls < 200; polls += 13) {
        for (int threads = 1; threads < 3; threads++) {
            int left = polls;
            seg_context ctx = {.n_threads = threads, .poll = stop_at_last, .user = &left};
            seg_status status = fit(&ctx, &m, &o, &found);
            CHECK(status == (left <= 0 ? SEG_ERR_CANCELLED : SEG_OK));
        }
    }
}

SEG_CASES(CASE(levels_and_threads_give_equal_bits),
          CASE(one_seeding_serves_every_k),
          CASE(labels_are_those_of_the_nearest_centre),
          CASE(one_column_is_cut_where_its_gaps_are),
          CASE(weights_repeat_rows_and_order_does_not_show),
          CASE(what_is_no_number_and_no_weight_are_refused),
          CASE(more_than_numbers_name_is_refused),
          CASE(without_memory_nothing_is_lost),
          CASE(a_fit_takes_the_packed_copy_and_16_bytes_a_row),
          CASE(a_poll_ends_a_fit))

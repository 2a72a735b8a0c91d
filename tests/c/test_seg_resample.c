/* Portraits, sweeps from one seeding and pairs of resamples, without Python. */
#include "seg_agreement.h"
#include "seg_kmeans.h"
#include "seg_nearest.h"
#include "seg_portrait.h"
#include "seg_resample.h"
#include "seg_silhouette.h"
#include "seg_test.h"

enum { N = 20000, D = 3, K = 6, SMALL = 80, PAIRS = 3, KS = 4 };

static const int32_t ks[KS] = {2, 3, 5, 6};

static seg_matrix
rows_of(const double *x, seg_len n, seg_len d)
{
    const seg_len step = (seg_len)sizeof(double);
    return (seg_matrix){n, d, SEG_F64, (const char *)x, d * step, step};
}

/* Hundredths around three places that are far apart; the place of each row may be asked for. */
static void
fill(double *x, int32_t *places, seg_len n, seg_len d, uint64_t seed)
{
    for (seg_len i = 0; i < n; i++) {
        int64_t place = seg_test_below(&seed, 3);
        if (places != NULL) {
            places[i] = (int32_t)place;
        }
        for (seg_len j = 0; j < d; j++) {
            int64_t sum = seg_test_below(&seed, 100) + seg_test_below(&seed, 100);
            x[i * d + j] = (double)(sum + 1000 * ((place + j) % 3)) / 4;
        }
    }
}

static seg_resample_plan
plan_of(void)
{
    return (seg_resample_plan){
        .n_ks = KS, .ks = ks, .starts = 2, .max_iter = 300, .tol = 1e-4, .seed = 7};
}

static void
levels_and_threads_give_equal_bits(void)
{
    static double x[N * D], centers[K * D], weight[K], radius[K], scatter[K], along[K * K];
    static int32_t labels[N];
    double rand[PAIRS * KS], inertias[KS], first[PAIRS * KS], first_inertias[KS];
    double first_along[K * K], first_radius[K];
    seg_context ctx;
    int seen = 0;
    fill(x, NULL, N, D, 1);
    memcpy(centers, x, sizeof centers);
    seg_matrix m = rows_of(x, N, D);
    seg_resample_plan plan = plan_of();
    SEG_SWEEP(ctx)
    {
        seg_points points;
        REQUIRE(seg_points_new(&ctx, &m, NULL, &points) == SEG_OK);
        REQUIRE(seg_portrait(&ctx, &points, K, centers, labels, weight, radius, scatter, along) ==
                SEG_OK);
        REQUIRE(seg_resample_pairs(&ctx, &points, &plan, PAIRS, N / 4, rand) == SEG_OK);
        REQUIRE(seg_resample_inertias(&ctx, &points, &plan, inertias) == SEG_OK);
        if (seen++ == 0) {
            memcpy(first, rand, sizeof rand);
            memcpy(first_inertias, inertias, sizeof inertias);
            memcpy(first_along, along, sizeof along);
            memcpy(first_radius, radius, sizeof radius);
        }
        CHECK(memcmp(rand, first, sizeof rand) == 0);
        CHECK(memcmp(inertias, first_inertias, sizeof inertias) == 0);
        CHECK(memcmp(along, first_along, sizeof along) == 0);
        CHECK(memcmp(radius, first_radius, sizeof radius) == 0);
        seg_points_free(&ctx, &points);
    }
    seg_test_digest(first, sizeof first);
    seg_test_digest(first_inertias, sizeof first_inertias);
    seg_test_digest(first_along, sizeof first_along);
}

static void
a_portrait_is_what_its_words_say(void)
{
    static double x[SMALL * 2], squares[SMALL];
    static int32_t labels[SMALL], nearest[SMALL];
    double centers[] = {10, 20, 300, 280, 500, 30}, weight[3], radius[3], scatter[3], along[9];
    double rows[3] = {0}, far[3] = {0}, sums[9] = {0}, wide[3] = {0};
    seg_context ctx = {0};
    seg_points points;
    fill(x, NULL, SMALL, 2, 2);
    seg_matrix m = rows_of(x, SMALL, 2);
    REQUIRE(seg_points_new(&ctx, &m, NULL, &points) == SEG_OK);
    REQUIRE(seg_portrait(&ctx, &points, 3, centers, labels, weight, radius, scatter, along) ==
            SEG_OK);
    REQUIRE(seg_nearest_label(&ctx, &m, centers, 3, nearest, squares) == SEG_OK);
    for (seg_len i = 0; i < SMALL; i++) {
        int32_t a = nearest[i];
        CHECK_INT(labels[points.place[i]], a);
        rows[a] += 1;
        far[a] += sqrt(squares[i]);
        wide[a] += squares[i];
        for (int b = 0; b < 3; b++) {
            double u = centers[2 * b] - centers[2 * a], v = centers[2 * b + 1] - centers[2 * a + 1];
            double t = (x[2 * i] - centers[2 * a]) * u + (x[2 * i + 1] - centers[2 * a + 1]) * v;
            sums[3 * a + b] += b == a ? 0 : t * t / (u * u + v * v);
        }
    }
    for (int a = 0; a < 3; a++) {
        CHECK(rows[a] > 0 && weight[a] == rows[a]);
        CHECK(fabs(radius[a] - far[a] / rows[a]) < 1e-10 * radius[a]);
        CHECK(fabs(scatter[a] - wide[a]) < 1e-10 * wide[a]);
        for (int b = 0; b < 3; b++) {
            CHECK(fabs(along[3 * a + b] - sums[3 * a + b] / rows[a]) <= 1e-9 * sums[3 * a + b]);
        }
    }
    seg_points_free(&ctx, &points);
}

static void
places_come_back_and_cuts_do_not(void)
{
    static double x[SMALL * 2];
    double rand[20 * KS], sum[KS] = {0}, inertias[KS];
    seg_context ctx = {0};
    seg_points points;
    fill(x, NULL, SMALL, 2, 3);
    seg_matrix m = rows_of(x, SMALL, 2);
    seg_resample_plan plan = plan_of();
    REQUIRE(seg_points_new(&ctx, &m, NULL, &points) == SEG_OK);
    REQUIRE(seg_resample_pairs(&ctx, &points, &plan, 20, SMALL, rand) == SEG_OK);
    REQUIRE(seg_resample_inertias(&ctx, &points, &plan, inertias) == SEG_OK);
    for (int i = 0; i < 20 * KS; i++) {
        CHECK(rand[i] <= 1.0 && rand[i] >= -1.0);
        sum[i % KS] += rand[i];
    }
    CHECK(sum[1] == 20.0); /* k = 3: the three places, each time */
    CHECK(sum[2] < 19.9);
    CHECK(inertias[0] > inertias[1] && inertias[1] > inertias[2] && inertias[2] > inertias[3]);
    seg_points_free(&ctx, &points);
}

static void
a_weight_is_a_row_that_is_there_more_than_once(void)
{
    static double x[SMALL * 2], long_x[SMALL * 6], weight[SMALL];
    static double once[SMALL], again[SMALL * 3];
    static int32_t labels[SMALL], long_labels[SMALL * 3], count[SMALL];
    double rand[PAIRS * KS], other[PAIRS * KS];
    seg_context ctx = {0};
    seg_points points;
    seg_fault fault;
    seg_len n = 0;
    fill(x, labels, SMALL, 2, 4);
    for (seg_len i = 0; i < SMALL; i++) {
        count[i] = 1 + (int32_t)(i % 3);
        weight[i] = (double)count[i];
        for (int r = 0; r < count[i]; r++, n++) {
            memcpy(long_x + n * 2, x + i * 2, 2 * sizeof *x);
            long_labels[n] = labels[i];
        }
    }
    seg_matrix m = rows_of(x, SMALL, 2), many = rows_of(long_x, n, 2);
    seg_resample_plan plan = plan_of();
    REQUIRE(seg_points_new(&ctx, &m, weight, &points) == SEG_OK);
    REQUIRE(seg_resample_pairs(&ctx, &points, &plan, PAIRS, n, rand) == SEG_OK);
    seg_points_free(&ctx, &points);
    REQUIRE(seg_points_new(&ctx, &many, NULL, &points) == SEG_OK);
    REQUIRE(seg_resample_pairs(&ctx, &points, &plan, PAIRS, n, other) == SEG_OK);
    seg_points_free(&ctx, &points);
    CHECK(memcmp(rand, other, sizeof rand) == 0);
    REQUIRE(seg_silhouette_weighted(&ctx, &m, count, 3, labels, once, &fault) == SEG_OK);
    REQUIRE(seg_silhouette(&ctx, &many, 3, long_labels, again, &fault) == SEG_OK);
    for (seg_len i = 0, at = 0; i < SMALL; at += count[i++]) {
        CHECK_BITS(once[i], again[at]);
    }
    count[3] = 0;
    CHECK(seg_silhouette_weighted(&ctx, &m, count, 3, labels, once, &fault) == SEG_ERR_ARG);
}

static void
agreement_is_that_of_the_table(void)
{
    /* the example of Hubert and Arabie's formula by hand: cells 2 1 / 0 3, pairs 4 of 15 */
    static const int32_t first[] = {0, 0, 0, 1, 1, 1}, second[] = {0, 0, 1, 1, 1, 1};
    static const int32_t one[6] = {0};
    static const double weight[] = {2, 1, 1, 1, 1, 2};
    double table[8], chance = 6.0 * 7.0 / 15.0;
    CHECK(fabs(seg_adjusted_rand(6, 2, first, second, NULL, table) -
               (4.0 - chance) / (6.5 - chance)) < 1e-15);
    CHECK_BITS(seg_adjusted_rand(6, 2, first, first, NULL, table), 1.0);
    CHECK_BITS(seg_adjusted_rand(6, 2, one, one, NULL, table), 1.0);
    CHECK_BITS(seg_adjusted_rand(6, 2, first, one, NULL, table), 0.0);
    chance = 12.0 * 13.0 / 28.0; /* cells 3 1 / 0 4 */
    CHECK(fabs(seg_adjusted_rand(6, 2, first, second, weight, table) -
               (9.0 - chance) / (12.5 - chance)) < 1e-15);
}

static void
plans_that_cannot_be_are_refused(void)
{
    static double x[SMALL * 2];
    static const int32_t falling[] = {3, 2}, none[] = {0}, many[] = {SMALL + 1};
    double rand[PAIRS * KS];
    seg_context ctx = {0};
    seg_points points;
    fill(x, NULL, SMALL, 2, 5);
    seg_matrix m = rows_of(x, SMALL, 2);
    REQUIRE(seg_points_new(&ctx, &m, NULL, &points) == SEG_OK);
    const int32_t *wrong[] = {falling, none, many};
    for (int i = 0; i < 3; i++) {
        seg_resample_plan plan = plan_of();
        plan.ks = wrong[i];
        plan.n_ks = i == 0 ? 2 : 1;
        CHECK(seg_resample_pairs(&ctx, &points, &plan, 1, SMALL, rand) == SEG_ERR_ARG);
        CHECK(seg_resample_inertias(&ctx, &points, &plan, rand) == SEG_ERR_ARG);
    }
    seg_resample_plan plan = plan_of();
    CHECK(seg_resample_pairs(&ctx, &points, &plan, 1, 0, rand) == SEG_ERR_ARG);
    plan.n_ks = 0;
    CHECK(seg_resample_inertias(&ctx, &points, &plan, rand) == SEG_ERR_ARG);
    seg_points_free(&ctx, &points);
}

/* Everything there is, on a few rows with weights. */
static seg_status
do_all(const seg_context *ctx, void *arg)
{
    static double weight[SMALL], rand[PAIRS * KS], inertias[KS], more[4 * K + K * K];
    static int32_t labels[SMALL];
    const seg_matrix *m = arg;
    seg_points points;
    seg_resample_plan plan = plan_of();
    for (seg_len i = 0; i < SMALL; i++) {
        weight[i] = (double)(1 + i % 2);
    }
    seg_status status = seg_points_new(ctx, m, weight, &points);
    status =
        status == SEG_OK ? seg_resample_pairs(ctx, &points, &plan, PAIRS, SMALL, rand) : status;
    status = status == SEG_OK ? seg_resample_inertias(ctx, &points, &plan, inertias) : status;
    if (status == SEG_OK) {
        status = seg_portrait(ctx, &points, K, (const double *)(const void *)m->data, labels, more,
                              more + K, more + 2 * K, more + 3 * K);
    }
    seg_points_free(ctx, &points);
    return status;
}

static void
without_memory_nothing_is_lost(void)
{
    static double x[SMALL * 2];
    fill(x, NULL, SMALL, 2, 6);
    seg_matrix m = rows_of(x, SMALL, 2);
    CHECK_INT(seg_test_each_allocation(seg_test_context(SEG_LEVEL_BASE, 2), do_all, &m), SEG_OK);
    CHECK_INT(seg_test_each_allocation((seg_context){0}, do_all, &m), SEG_OK);
}

static int
stop_at_last(void *user, double done)
{
    CHECK(done >= 0 && done <= 1);
    return --*(int *)user <= 0;
}

static void
a_poll_ends_them(void)
{
    static double x[N * D];
    fill(x, NULL, N, D, 7);
    seg_matrix m = rows_of(x, SMALL, 2);
    for (int polls = 1; polls < 60; polls += 7) {
        for (int threads = 1; threads < 3; threads++) {
            int left = polls;
            seg_context ctx = {.n_threads = threads, .poll = stop_at_last, .user = &left};
            seg_status status = do_all(&ctx, &m);
            CHECK(status == (left <= 0 ? SEG_ERR_CANCELLED : SEG_OK));
        }
    }
}

SEG_CASES(CASE(levels_and_threads_give_equal_bits),
          CASE(a_portrait_is_what_its_words_say),
          CASE(places_come_back_and_cuts_do_not),
          CASE(a_weight_is_a_row_that_is_there_more_than_once),
          CASE(agreement_is_that_of_the_table),
          CASE(plans_that_cannot_be_are_refused),
          CASE(without_memory_nothing_is_lost),
          CASE(a_poll_ends_them))

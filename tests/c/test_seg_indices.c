/* Calinski-Harabasz and Davies-Bouldin beside their definitions, at any level, size and place. */
#include "seg_indices.h"
#include "seg_test.h"

enum { N = 220000, D = 5, K = 7 }; /* rows enough for several threads */

static double x[N * D];
static int32_t label[N];

static seg_matrix
matrix(seg_len n)
{
    return (seg_matrix){n, D, SEG_F64, (const char *)x, D * sizeof(double), sizeof(double)};
}

/* Clusters around centres of their own; label 3 has no row. */
static void
fill(uint64_t seed, double offset)
{
    for (int i = 0; i < N; i++) {
        label[i] = i < K ? i : (int32_t)seg_test_below(&seed, K);
        label[i] = label[i] == 3 ? 4 : label[i];
        for (int c = 0; c < D; c++) {
            x[i * D + c] = offset + (double)seg_test_below(&seed, 4000) / 1024.0 +
                           (double)(label[i] * (c + 1) % 5) * 3;
        }
    }
}

static double
apart(const double *a, const double *b)
{
    double sum = 0.0;
    for (int c = 0; c < D; c++) {
        sum += (a[c] - b[c]) * (a[c] - b[c]);
    }
    return sum;
}

/* Both indices as they are defined, of values near 0. */
static void
plain(seg_len n, double *ch, double *db)
{
    double center[K][D] = {{0}}, mean[D] = {0}, spread[K] = {0}, within = 0, between = 0, sum = 0;
    int count[K] = {0}, clusters = 0;
    for (seg_len i = 0; i < n; i++) {
        count[label[i]]++;
        for (int c = 0; c < D; c++) {
            center[label[i]][c] += x[i * D + c];
            mean[c] += x[i * D + c] / (double)n;
        }
    }
    for (int k = 0; k < K; k++) {
        for (int c = 0; c < D && count[k] > 0; c++) {
            center[k][c] /= count[k];
        }
        clusters += count[k] > 0;
    }
    for (seg_len i = 0; i < n; i++) {
        double square = apart(x + i * D, center[label[i]]);
        within += square;
        spread[label[i]] += sqrt(square) / count[label[i]];
    }
    for (int k = 0; k < K; k++) {
        double worst = 0;
        for (int j = 0; j < K && count[k] > 0; j++) {
            double ratio = (spread[k] + spread[j]) / sqrt(apart(center[k], center[j]));
            worst = j != k && count[j] > 0 && ratio > worst ? ratio : worst;
        }
        between += count[k] > 0 ? count[k] * apart(center[k], mean) : 0;
        sum += worst;
    }
    *ch = between / within * (double)(n - clusters) / (clusters - 1);
    *db = sum / clusters;
}

static void
the_definitions_at_every_level_and_number_of_threads(void)
{
    seg_context ctx;
    double ch, db;
    fill(1, 0.0);
    plain(N, &ch, &db);
    seg_matrix m = matrix(N);
    seg_index first[2] = {{0}}, found;
    SEG_SWEEP(ctx)
    {
        REQUIRE(seg_calinski_harabasz(&ctx, &m, K, label, &found) == SEG_OK);
        CHECK(fabs(found.value - ch) < 1e-11 * ch);
        CHECK_INT(found.n_clusters, K - 1);
        first[0] = first[0].n_clusters ? first[0] : found;
        CHECK_BITS(found.value, first[0].value);
        REQUIRE(seg_davies_bouldin(&ctx, &m, K, label, &found) == SEG_OK);
        CHECK(fabs(found.value - db) < 1e-11 * db);
        first[1] = first[1].n_clusters ? first[1] : found;
        CHECK_BITS(found.value, first[1].value);
    }
    seg_test_digest(&first[0].value, sizeof(double));
    seg_test_digest(&first[1].value, sizeof(double));
}

static void
place_and_size_do_not_matter(void)
{
    seg_context ctx = {0};
    seg_matrix m = matrix(900);
    double ch, db;
    seg_index found;
    fill(2, 0.0);
    plain(900, &ch, &db);
    for (int power = -1000; power <= 1000; power += 250) {
        fill(2, power == 0 ? 0x1p30 : 0.0);
        for (int i = 0; i < 900 * D; i++) {
            x[i] = ldexp(x[i], power);
        }
        REQUIRE(seg_calinski_harabasz(&ctx, &m, K, label, &found) == SEG_OK);
        CHECK(fabs(found.value - ch) < 1e-11 * ch);
        REQUIRE(seg_davies_bouldin(&ctx, &m, K, label, &found) == SEG_OK);
        CHECK(fabs(found.value - db) < 1e-11 * db);
    }
}

static void
what_is_wrong_is_named(void)
{
    seg_context ctx = {0};
    seg_matrix m = matrix(N);
    seg_index found;
    fill(3, 0.0);
    x[17000 * D + 2] = NAN;
    CHECK_INT(seg_calinski_harabasz(&ctx, &m, K, label, &found), SEG_ERR_ARG);
    CHECK(found.row == 17000 && found.column == 2);
    x[16000 * D + 4] = -INFINITY;
    CHECK_INT(seg_davies_bouldin(&ctx, &m, K, label, &found), SEG_ERR_ARG);
    CHECK(found.row == 16000 && found.column == 4);
    label[12345] = K;
    CHECK_INT(seg_davies_bouldin(&ctx, &m, K, label, &found), SEG_ERR_CODE);
    CHECK(found.row == 12345 && found.column == -1);
    label[77] = -1;
    CHECK_INT(seg_calinski_harabasz(&ctx, &m, K, label, &found), SEG_ERR_CODE);
    CHECK_INT(found.row, 77);
    m.d = 0;
    CHECK_INT(seg_calinski_harabasz(&ctx, &m, K, label, &found), SEG_ERR_ARG);
}

static void
what_is_undefined_is_nan(void)
{
    seg_context ctx = {0};
    const int32_t one[4] = {2, 2, 2, 2}, each[4] = {3, 1, 0, 2};
    seg_matrix m = matrix(4);
    seg_index found;
    fill(4, 0.0);
    REQUIRE(seg_calinski_harabasz(&ctx, &m, K, one, &found) == SEG_OK);
    CHECK(isnan(found.value) && found.n_clusters == 1);
    REQUIRE(seg_davies_bouldin(&ctx, &m, 4, each, &found) == SEG_OK);
    CHECK(isnan(found.value) && found.n_clusters == 4);
    m.n = 0;
    REQUIRE(seg_davies_bouldin(&ctx, &m, 0, each, &found) == SEG_OK);
    CHECK(isnan(found.value) && found.n_clusters == 0);
}

static seg_status
both(const seg_context *ctx, void *arg)
{
    const seg_matrix *m = arg;
    seg_index found;
    seg_status status = seg_calinski_harabasz(ctx, m, K, label, &found);
    return status == SEG_OK ? seg_davies_bouldin(ctx, m, K, label, &found) : status;
}

static void
memory_may_run_out_anywhere(void)
{
    fill(5, 0.0);
    seg_matrix m = matrix(20000);
    CHECK_INT(seg_test_each_allocation(seg_test_context(SEG_LEVEL_BASE, 1), both, &m), SEG_OK);
    m = matrix(N);
    CHECK_INT(seg_test_each_allocation(seg_test_context(SEG_LEVEL_BASE, 3), both, &m), SEG_OK);
}

static void
a_stop_is_felt_wherever_it_comes(void)
{
    fill(6, 0.0);
    seg_matrix m = matrix(N);
    for (int n_threads = 1; n_threads <= 3; n_threads++) {
        CHECK(seg_test_each_poll((seg_context){.n_threads = n_threads}, both, &m) > 3);
    }
}

SEG_CASES(CASE(the_definitions_at_every_level_and_number_of_threads),
          CASE(place_and_size_do_not_matter),
          CASE(what_is_wrong_is_named),
          CASE(what_is_undefined_is_nan),
          CASE(memory_may_run_out_anywhere),
          CASE(a_stop_is_felt_wherever_it_comes))

/* Any rows, weights and plan: what cannot be is refused, else indices and sums are possible ones.
 */
#include "seg_fuzz.h"
#include "seg_portrait.h"
#include "seg_resample.h"

enum { MOST = 96, COLUMNS = 3, KS = 3, CLUSTERS = 5, PAIRS = 2 };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static double x[MOST * COLUMNS], weight[MOST], rand[PAIRS * KS], inertias[KS];
    static double radius[CLUSTERS], mass[CLUSTERS], scatter[CLUSTERS], along[CLUSTERS * CLUSTERS];
    static double centers[CLUSTERS * COLUMNS];
    static int32_t labels[MOST];
    fuzz_bytes in = {.at = data, .left = size};
    seg_test_heap heap;
    seg_context ctx = fuzz_context(&heap, &in);
    uint64_t how = fuzz_word(&in, 1);
    seg_len d = 1 + (seg_len)(how % COLUMNS), n = 0;
    int32_t ks[KS];
    for (int i = 0; i < KS; i++) {
        ks[i] = (int32_t)(fuzz_word(&in, 1) % 8);
    }
    seg_resample_plan plan = {.n_ks = KS, .ks = ks, .starts = 2, .max_iter = 20, .seed = how};
    ctx.level = how & 32 ? seg_cpu_best_level() : SEG_LEVEL_BASE;
    for (; n < MOST && in.left > 0; n++) {
        weight[n] = (double)(fuzz_word(&in, 1) % 4);
        for (seg_len j = 0; j < d; j++) {
            x[n * d + j] = fuzz_double(&in);
        }
    }
    const seg_len step = (seg_len)sizeof(double);
    seg_matrix m = {n, d, SEG_F64, (const char *)x, d * step, step};
    seg_points points;
    seg_status status = seg_points_new(&ctx, &m, how & 64 ? weight : NULL, &points);
    if (status == SEG_OK) {
        int sound = ks[0] >= 1 && ks[0] <= ks[1] && ks[1] <= ks[2] && ks[2] <= points.m;
        status = seg_resample_pairs(&ctx, &points, &plan, PAIRS, 1 + n / 2, rand);
        MUST(status == SEG_OK || status == SEG_ERR_NOMEM || (status == SEG_ERR_ARG && !sound));
        for (int i = 0; i < PAIRS * KS && status == SEG_OK; i++) {
            MUST(rand[i] >= -1.0 && rand[i] <= 1.0 + 1e-12);
        }
        status = seg_resample_inertias(&ctx, &points, &plan, inertias);
        MUST(status == SEG_OK || status == SEG_ERR_NOMEM || (status == SEG_ERR_ARG && !sound));
        for (int i = 0; i < KS && status == SEG_OK; i++) {
            MUST(inertias[i] >= 0.0);
        }
        seg_len k = 0; /* centres are points: rows without weight are none, and may lie far off */
        for (seg_len i = 0; i < n && k < CLUSTERS; i++) {
            if (!(how & 64) || weight[i] > 0.0) {
                memcpy(centers + k++ * d, x + i * d, (size_t)d * sizeof *x);
            }
        }
        status = seg_portrait(&ctx, &points, k, centers, labels, mass, radius, scatter, along);
        MUST(status == SEG_OK || status == SEG_ERR_NOMEM);
        for (seg_len q = 0; q < k && status == SEG_OK; q++) {
            MUST(mass[q] >= 0.0 && radius[q] >= 0.0 && scatter[q] >= 0.0 && along[q] >= 0.0);
        }
    }
    seg_points_free(&ctx, &points);
    MUST(atomic_load(&heap.live) == 0);
    return 0;
}

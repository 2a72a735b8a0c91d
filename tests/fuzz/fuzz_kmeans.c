/* Any rows and weights: what is no number is refused, else labels are those of the nearest centre.
 */
#include "seg_fuzz.h"
#include "seg_kmeans.h"
#include "seg_nearest.h"

enum { MOST = 128, COLUMNS = 4, CLUSTERS = 6 };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static double x[MOST * COLUMNS], weight[MOST], centers[CLUSTERS * COLUMNS], inertias[2];
    static int32_t labels[MOST], again[MOST];
    fuzz_bytes in = {.at = data, .left = size};
    seg_test_heap heap;
    seg_context ctx = fuzz_context(&heap, &in);
    uint64_t how = fuzz_word(&in, 1);
    seg_len d = 1 + (seg_len)(how & 3), n = 0;
    int bad = 0, weighted = (how & 4) != 0, heavy = !weighted;
    seg_kmeans_options o = {.k = 1 + (seg_len)(fuzz_word(&in, 1) % CLUSTERS),
                            .starts = 2,
                            .swaps = (seg_len)(how >> 6),
                            .max_iter = 1 + (int)(fuzz_word(&in, 1) % 20),
                            .tol = how & 8 ? 0.0 : 1e-4,
                            .seeding = how & 16 ? SEG_SEED_RANDOM : SEG_SEED_SPREAD,
                            .seed = how};
    ctx.level = how & 32 ? seg_cpu_best_level() : SEG_LEVEL_BASE;
    for (; n < MOST && in.left > 0; n++) {
        weight[n] = (double)(fuzz_word(&in, 1) % 4);
        heavy |= weight[n] > 0;
        for (seg_len j = 0; j < d; j++) {
            double value = fuzz_double(&in);
            x[n * d + j] = value;
            bad |= !(value - value == 0.0);
        }
    }
    const seg_len step = (seg_len)sizeof(double);
    seg_matrix m = {n, d, SEG_F64, (const char *)x, d * step, step};
    seg_points points;
    seg_kmeans_fitted fitted;
    seg_status status = seg_points_new(&ctx, &m, weighted ? weight : NULL, &points);
    MUST(status == SEG_OK || status == SEG_ERR_NOMEM || (status == SEG_ERR_NUMBER && bad) ||
         (status == SEG_ERR_ARG && (n == 0 || !heavy)));
    if (status == SEG_OK) {
        MUST(!bad && points.m <= n);
        status = seg_kmeans_fit(&ctx, &points, &o, NULL, centers, labels, inertias, &fitted);
        MUST(status == SEG_OK || status == SEG_ERR_NOMEM || (status == SEG_ERR_ARG && o.k > n));
    }
    seg_points_free(&ctx, &points);
    MUST(atomic_load(&heap.live) == 0);
    if (status == SEG_OK) {
        MUST(fitted.n_iter <= o.max_iter && fitted.inertia >= 0);
        ctx.allocator = NULL;
        MUST(seg_nearest_label(&ctx, &m, centers, o.k, again, NULL) == SEG_OK);
        for (seg_len i = 0; i < n; i++) {
            MUST(labels[i] >= 0 && labels[i] < o.k);
        }
    }
    return 0;
}

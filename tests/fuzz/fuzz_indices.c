/* Any rows and labels: what is wrong is said, what is right is the same at every level, and a
 * silhouette stays in [-1, 1]. */
#include "seg_fuzz.h"
#include "seg_indices.h"
#include "seg_silhouette.h"

enum { MOST = 700, WIDEST = 9, LABELS = 300 };

static double x[MOST * WIDEST], samples[MOST], first[MOST];
static int32_t label[MOST];

typedef struct answer {
    seg_status silhouette, calinski, davies;
    seg_index ch, db;
} answer;

static answer
run(const seg_context *ctx, const seg_matrix *m, int32_t k)
{
    seg_fault fault;
    answer got;
    got.silhouette = seg_silhouette(ctx, m, k, label, samples, &fault);
    got.calinski = seg_calinski_harabasz(ctx, m, k, label, &got.ch);
    got.davies = seg_davies_bouldin(ctx, m, k, label, &got.db);
    return got;
}

static void
check_values(const answer *got, seg_len n)
{
    for (seg_len i = 0; i < n && got->silhouette == SEG_OK; i++) {
        MUST(samples[i] >= -1.0 && samples[i] <= 1.0);
    }
    if (got->calinski == SEG_OK && got->ch.n_clusters > 1 && got->ch.n_clusters < n) {
        MUST(got->davies == SEG_OK && got->ch.value >= 0.0 && got->db.value >= 0.0);
    }
}

static int
same_index(const seg_index *a, const seg_index *b)
{
    return seg_test_bits(a->value) == seg_test_bits(b->value) && a->n_clusters == b->n_clusters &&
           a->row == b->row && a->column == b->column;
}

static int
same_answer(const answer *a, const answer *b)
{
    return a->silhouette == b->silhouette && a->calinski == b->calinski && a->davies == b->davies &&
           same_index(&a->ch, &b->ch) && same_index(&a->db, &b->db) &&
           (a->silhouette != SEG_OK || memcmp(first, samples, sizeof first) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_bytes in = {.at = data, .left = size};
    seg_test_heap heap;
    seg_context ctx = fuzz_context(&heap, &in);
    seg_len d = 1 + (seg_len)(fuzz_word(&in, 1) % WIDEST), n = 0;
    int32_t k = 1 + (int32_t)(fuzz_word(&in, 2) % LABELS);
    int wild = (int)fuzz_word(&in, 1) % 4 == 0, finite = 1, coded = 1;
    for (; n < MOST && in.left > 0; n++) {
        int32_t code = fuzz_code(&in, k);
        label[n] = wild || code >= 0 ? code : 0;
        coded &= label[n] >= 0 && label[n] < k;
        for (seg_len c = 0; c < d; c++) {
            double value = wild ? fuzz_double(&in) : (double)fuzz_word(&in, 1);
            x[n * d + c] = value;
            finite &= value * 0.0 == 0.0;
        }
    }
    seg_matrix m = {n, d, SEG_F64, (const char *)x, d * (seg_len)sizeof(double), sizeof(double)};
    answer expected = {.silhouette = SEG_OK};
    for (int level = 0; level <= (int)seg_cpu_best_level(); level++) {
        ctx.level = (seg_level)level;
        ctx.n_threads = 1 + level;
        atomic_store(&heap.taken, 0);
        answer got = run(&ctx, &m, k);
        MUST(atomic_load(&heap.live) == 0);
        if (heap.fail_at >= 0) {
            continue; /* where memory ran out depends on the threads */
        }
        check_values(&got, n);
        MUST(coded || (got.silhouette == SEG_ERR_CODE && got.davies == SEG_ERR_CODE));
        MUST(finite || got.silhouette != SEG_OK);
        if (level == 0) {
            expected = got;
            memcpy(first, samples, sizeof first);
        }
        MUST(same_answer(&got, &expected));
    }
    return 0;
}

/* Any matrix of any layout: every level, split and batch agree, and what is not finite shows. */
#include "seg_fuzz.h"
#include "seg_moments.h"
#include "seg_scores.h"

enum { MOST = 1024, WIDEST = 12 };

static double values[MOST];

typedef struct result {
    double pivot[WIDEST], offset[WIDEST], scatter[WIDEST * WIDEST];
} result;

/* The rows up to `cut` and the rest in two states, merged, read, loaded and read again. */
static seg_status
run(const seg_context *ctx, const seg_matrix *x, seg_len cut, result *out)
{
    seg_moments *a, *b = NULL;
    seg_matrix head = *x, tail = *x;
    seg_status status = seg_moments_new(ctx, x->d, &a);
    status = status == SEG_OK ? seg_moments_new(ctx, x->d, &b) : status;
    memset(out, 0, sizeof *out);
    head.n = cut;
    tail.n = x->n - cut;
    tail.data += cut * x->row_step;
    status = status == SEG_OK ? seg_moments_add(ctx, a, &head) : status;
    status = status == SEG_OK ? seg_moments_add(ctx, b, &tail) : status;
    status = status == SEG_OK ? seg_moments_merge(ctx, a, b) : status;
    if (status == SEG_OK) {
        MUST(seg_moments_rows(a) == x->n);
        MUST(seg_moments_read(ctx, a, out->pivot, out->offset, out->scatter) == SEG_OK);
        status = seg_moments_load(ctx, b, x->n, out->pivot, out->offset, out->scatter);
    }
    if (status == SEG_OK) {
        result again = {0};
        MUST(seg_moments_read(ctx, b, again.pivot, again.offset, again.scatter) == SEG_OK);
        MUST(memcmp(&again, out, sizeof again) == 0);
    }
    seg_moments_free(ctx, a);
    seg_moments_free(ctx, b);
    return status;
}

static void
check(const seg_matrix *x, const result *found, int tame)
{
    static double columns[MOST];
    seg_matrix_columns(x, 0, x->n, columns);
    for (seg_len j = 0; j < x->d; j++) {
        double own = found->scatter[j * x->d + j];
        for (seg_len i = 0; i < x->n; i++) {
            /* NaN and infinity may not hide */
            MUST(isfinite(columns[j * x->n + i]) || !isfinite(found->offset[j]) || !isfinite(own));
        }
        MUST(!tame || own >= -1e-3); /* rounding may leave a little below 0 */
        for (seg_len k = 0; k < x->d; k++) {
            MUST(seg_test_bits(found->scatter[j * x->d + k]) ==
                 seg_test_bits(found->scatter[k * x->d + j]));
        }
    }
}

/* Scores along the first rows of scatter: in two batches as in one, and at each level. */
static void
project(seg_context ctx, const seg_matrix *x, seg_len cut, const result *found)
{
    enum { AXES = 2 };
    static double whole[AXES * MOST], parts[AXES * MOST];
    static const double less[AXES] = {0.5, 0.0}, scale[AXES] = {1.0, 3.0};
    seg_axes axes = {.d = x->d, .k = x->d < AXES ? 1 : AXES, .less = less, .scale = scale};
    seg_matrix head = *x, tail = *x;
    ctx.allocator = NULL;
    axes.mean = found->pivot;
    axes.directions = found->scatter;
    head.n = cut;
    tail.n = x->n - cut;
    tail.data += cut * x->row_step;
    ctx.level = SEG_LEVEL_BASE;
    MUST(seg_scores(&ctx, x, &axes, 0, whole) == SEG_OK);
    for (int level = 0; level <= (int)seg_cpu_best_level(); level++) {
        ctx.level = (seg_level)level;
        MUST(seg_scores(&ctx, &head, &axes, 0, parts) == SEG_OK);
        MUST(seg_scores(&ctx, &tail, &axes, 0, parts + cut * axes.k) == SEG_OK);
        for (seg_len i = 0; i < x->n * axes.k; i++) {
            MUST(seg_test_bits(whole[i]) == seg_test_bits(parts[i]) ||
                 (isnan(whole[i]) && isnan(parts[i])));
        }
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_bytes in = {.at = data, .left = size};
    seg_test_heap heap;
    seg_context ctx = fuzz_context(&heap, &in);
    seg_len d = 1 + (seg_len)(fuzz_word(&in, 1) % WIDEST), n = 0, width = sizeof(double);
    uint64_t layout = fuzz_word(&in, 1);
    int tame = 1;
    for (; n < MOST && in.left > 0; n++) {
        values[n] = fuzz_double(&in);
        tame &= fabs(values[n]) < 1e6;
    }
    n /= d;
    seg_matrix x = {.n = n, .d = d, .type = SEG_F64, .data = (const char *)values};
    x.row_step = layout & 1 ? width : d * width;
    x.column_step = layout & 1 ? n * width : width;
    if ((layout & 2) && n > 0) { /* the last row first */
        x.data += (n - 1) * x.row_step;
        x.row_step = -x.row_step;
    }
    for (seg_len cut = 0; cut <= n; cut += 1 + n / 3) {
        result first, other;
        memset(&first, 0, sizeof first);
        for (int level = 0; level <= (int)seg_cpu_best_level(); level++) {
            ctx.level = (seg_level)level;
            atomic_store(&heap.taken, 0);
            seg_status status = run(&ctx, &x, cut, level == 0 ? &first : &other);
            MUST(atomic_load(&heap.live) == 0);
            MUST(status == SEG_OK || (status == SEG_ERR_NOMEM && heap.fail_at >= 0));
            if (status != SEG_OK) {
                return 0;
            }
            check(&x, level == 0 ? &first : &other, tame);
            project(ctx, &x, cut, &first);
            MUST(level == 0 || !tame || memcmp(&first, &other, sizeof first) == 0);
        }
    }
    return 0;
}

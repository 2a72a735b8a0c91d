#include "seg_line.h"

#include <string.h>

#include "seg_sort.h"

/* Sorted values with running sums: of weights, of values and of their squares before place i. */
typedef struct line {
    const seg_context *ctx;
    seg_len m, k;
    double *value, *weight; /* (m,)  value: (x - middle) unit */
    double *w, *s, *q;      /* (m + 1,) */
    double *before, *least; /* (m,)  least cost of the first i + 1 values, a layer ago and now */
    int32_t *first;         /* (k, m)  where the last cluster of that solution begins */
    double done;
} line;

/* The scatter of the values from `a` to `b`, both included. */
static inline double
scatter(const line *l, seg_len a, seg_len b)
{
    double w = l->w[b + 1] - l->w[a], s = l->s[b + 1] - l->s[a], q = l->q[b + 1] - l->q[a];
    double cost = w > 0.0 ? q - s * s / w : 0.0;
    return cost > 0.0 ? cost : 0.0;
}

/* Solves place i of a layer; the answer is within [from, to]. */
static void
solve_place(line *l, int32_t *first, seg_len i, seg_len from, seg_len to)
{
    double least = scatter(l, 0, i);
    seg_len best = 0;
    for (seg_len a = from > 1 ? from : 1; a <= to; a++) {
        double cost = l->before[a - 1] + scatter(l, a, i);
        if (cost < least) {
            least = cost;
            best = a;
        }
    }
    l->least[i] = least;
    first[i] = (int32_t)best;
}

/* One layer. The last place first; then, with halving steps, the places half way between those
 * that are known, whose answers bound theirs. */
static seg_status
solve_layer(line *l, int32_t *first)
{
    seg_len step = 1, looked = 0;
    while (step < l->m) {
        step *= 2;
    }
    solve_place(l, first, l->m - 1, 0, l->m - 1);
    for (step /= 2; step > 0; step /= 2) {
        for (seg_len i = step - 1; i < l->m - 1; i += 2 * step) {
            seg_len right = seg_min(i + step, l->m - 1);
            seg_len from = i >= step ? first[i - step] : 0, to = seg_min(first[right], i);
            solve_place(l, first, i, from, to);
            looked += to - from + 1;
            if (looked > SEG_STRIDE) {
                looked = 0;
                if (seg_poll(l->ctx, l->done) != SEG_OK) {
                    return SEG_ERR_CANCELLED;
                }
            }
        }
    }
    return SEG_OK;
}

/* Values in ascending order with their weights. */
static seg_status
sort_values(const seg_context *ctx, const seg_points *p, line *l)
{
    double scratch;
    if (p->rows != NULL) { /* along Morton's curve: ascending where there is one column */
        for (seg_len i = 0; i < p->m; i++) {
            l->value[i] = (p->rows[i] - p->middle[0]) * p->unit;
            l->weight[i] = p->weight != NULL ? p->weight[i] : 1.0;
        }
        return SEG_OK;
    }
    seg_arena arena = {0};
    uint64_t *key = seg_arena_array(ctx, &arena, p->m, (seg_len)sizeof *key);
    int32_t *order = seg_arena_array(ctx, &arena, p->m, (seg_len)sizeof *order);
    seg_status status = key != NULL && order != NULL ? SEG_OK : SEG_ERR_NOMEM;
    for (seg_len i = 0; i < p->m && status == SEG_OK; i++) {
        double x = *seg_points_row(p, i, &scratch) + 0.0;
        memcpy(&key[i], &x, sizeof x);
        key[i] = key[i] >> 63 ? ~key[i] : key[i] | (uint64_t)1 << 63;
        order[i] = (int32_t)i;
    }
    status = status == SEG_OK ? seg_sort_order(ctx, p->m, key, order) : status;
    for (seg_len i = 0; i < p->m && status == SEG_OK; i++) {
        l->value[i] = (*seg_points_row(p, order[i], &scratch) - p->middle[0]) * p->unit;
        l->weight[i] = p->weight != NULL ? p->weight[order[i]] : 1.0;
    }
    seg_arena_free(ctx, &arena);
    return status;
}

static void
fill_sums(line *l)
{
    l->w[0] = l->s[0] = l->q[0] = 0.0;
    for (seg_len i = 0; i < l->m; i++) {
        double wx = l->weight[i] * l->value[i];
        l->w[i + 1] = l->w[i] + l->weight[i];
        l->s[i + 1] = l->s[i] + wx;
        l->q[i + 1] = l->q[i] + wx * l->value[i];
    }
    for (seg_len i = 0; i < l->m; i++) {
        l->least[i] = scatter(l, 0, i);
        l->first[i] = 0;
    }
}

/* Reads the clusters back, last first, as means. */
static void
read_back(const line *l, const seg_points *p, double *centers)
{
    seg_len end = l->m - 1;
    for (seg_len q = l->k - 1; q >= 0; q--) {
        seg_len begin = end >= 0 ? l->first[q * l->m + end] : 0;
        double weight = 0.0, sum = 0.0;
        for (seg_len i = begin; i <= end; i++) {
            weight += l->weight[i];
            sum += l->weight[i] * l->value[i];
        }
        centers[q] = weight > 0.0 ? p->middle[0] + sum / weight / p->unit
                                  : p->middle[0] + l->value[begin] / p->unit;
        end = begin > 0 ? begin - 1 : 0;
    }
}

static double *
doubles(const seg_context *ctx, seg_arena *arena, seg_len n)
{
    return seg_arena_array(ctx, arena, n, (seg_len)sizeof(double));
}

seg_status
seg_line_centers(const seg_context *ctx, const seg_points *p, seg_len k, double *centers)
{
    seg_len m = p->m, bytes;
    seg_arena arena = {0};
    line l = {.ctx = ctx, .m = m, .k = seg_min(k, m)};
    if (p->d != 1 || !seg_mul_ok(m, (seg_len)sizeof *l.first, &bytes)) {
        return SEG_ERR_ARG;
    }
    l.value = doubles(ctx, &arena, m);
    l.weight = doubles(ctx, &arena, m);
    l.w = doubles(ctx, &arena, m + 1);
    l.s = doubles(ctx, &arena, m + 1);
    l.q = doubles(ctx, &arena, m + 1);
    l.before = doubles(ctx, &arena, m);
    l.least = doubles(ctx, &arena, m);
    l.first = seg_arena_array(ctx, &arena, l.k, bytes);
    int there = l.value != NULL && l.weight != NULL && l.w != NULL && l.s != NULL && l.q != NULL &&
                l.before != NULL && l.least != NULL && l.first != NULL;
    seg_status status = there ? sort_values(ctx, p, &l) : SEG_ERR_NOMEM;
    if (status == SEG_OK) {
        fill_sums(&l);
    }
    for (seg_len q = 1; q < l.k && status == SEG_OK; q++) {
        double *swap = l.before;
        l.before = l.least;
        l.least = swap;
        l.done = (double)q / (double)l.k;
        status = solve_layer(&l, l.first + q * m);
    }
    if (status == SEG_OK) {
        read_back(&l, p, centers);
    }
    for (seg_len q = l.k; q < k && status == SEG_OK; q++) {
        centers[q] = centers[l.k - 1];
    }
    seg_arena_free(ctx, &arena);
    return status;
}

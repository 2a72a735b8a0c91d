#include "seg_points.h"

#include <math.h>
#include <string.h>

#include "seg_fold.h"

enum { TILE = 256 };

/* The power of two just above x > 0, or 1 for 0; by bits, so that it is the same everywhere. */
static double
power_above(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits = (bits & 0x7FF0000000000000u) + 0x0010000000000000u;
    if (x <= 0.0) {
        return 1.0;
    }
    bits = bits >= 0x7FE0000000000000u ? 0x7FD0000000000000u : bits;
    memcpy(&x, &bits, sizeof x);
    return x;
}

const seg_pack_ops *
seg_points_ops(const seg_context *ctx)
{
    switch (ctx->level) {
#ifdef SEG_HAVE_V4
    case SEG_LEVEL_V4:
        return &seg_pack_ops_v4;
#endif
#ifdef SEG_HAVE_V3
    case SEG_LEVEL_V3:
        return &seg_pack_ops_v3;
#endif
    default:
        return &seg_pack_ops_base;
    }
}

/* Smallest and largest of every column of the source. */
static seg_status
find_bounds(const seg_context *ctx, const seg_matrix *x, double *lo, double *hi)
{
    const seg_pack_ops *ops = seg_points_ops(ctx);
    seg_len step;
    const double *place = seg_matrix_place(x, &step);
    double *tile = seg_block_new(ctx, place == NULL ? x->d : 0, TILE * sizeof *tile);
    seg_status status = tile != NULL ? SEG_OK : SEG_ERR_NOMEM;
    for (seg_len first = 0; first < x->n && status == SEG_OK; first += TILE) {
        seg_len rows = seg_min(TILE, x->n - first);
        const double *from = tile;
        if (place != NULL) {
            from = place + first * step;
        } else {
            seg_matrix_rows(x, first, rows, tile);
            step = x->d;
        }
        if (!ops->bounds(x->d, rows, from, step, lo, hi)) {
            status = SEG_ERR_NUMBER;
        } else if (first % SEG_STRIDE == 0) {
            status = seg_poll(ctx, 0.05 * (double)first / (double)x->n);
        }
    }
    seg_block_free(ctx, tile);
    return status;
}

/* Chooses scale, middle, pivot and unit from the columns' bounds. */
static void
place_axes(seg_points *p, const double *lo, const double *hi)
{
    double largest = 0.0, reach = 0.0;
    for (seg_len j = 0; j < p->d; j++) {
        double size = fabs(lo[j]) > fabs(hi[j]) ? fabs(lo[j]) : fabs(hi[j]);
        largest = size > largest ? size : largest;
    }
    p->scale = largest > 0x1p100 || (largest > 0.0 && largest < 0x1p-100)
                   ? 1.0 / power_above(largest)
                   : 1.0;
    for (seg_len j = 0; j < p->d; j++) {
        double low = lo[j] * p->scale, high = hi[j] * p->scale, wide = high - low;
        double middle = 0.5 * low + 0.5 * high;
        p->middle[j] = middle;
        /* far from 0 the sums keep their digits by a pivot on a grid as coarse as the column is
         * wide, from which whole numbers differ by whole numbers */
        double grid = power_above(wide), steps = middle / grid;
        int far = wide > 0.0 && fabs(steps) > 64.0 && fabs(steps) < 0x1p51;
        p->pivot[j] = far ? (steps + 0x1.8p52 - 0x1.8p52) * grid : wide > 0.0 ? 0.0 : low;
        reach = 0.5 * wide > reach ? 0.5 * wide : reach;
    }
    p->unit = reach > 0x1p-1000 ? 1.0 / power_above(reach) : 1.0;
}

static double *
doubles(const seg_context *ctx, seg_arena *arena, seg_len n, seg_len m)
{
    seg_len bytes;
    return seg_mul_ok(m, (seg_len)sizeof(double), &bytes) ? seg_arena_array(ctx, arena, n, bytes)
                                                          : NULL;
}

/* Finds out whether the points stand somewhere as scaled doubles. */
static void
find_place(seg_points *p)
{
    if (p->rows != NULL) {
        p->at = p->rows;
        p->step = p->d;
    } else if (p->scale == 1.0) {
        p->at = seg_matrix_place(&p->source, &p->step);
    }
}

const double *
seg_points_rows(const seg_points *p, seg_len first, seg_len n, double *scratch, seg_len *step)
{
    *step = p->step;
    if (p->at != NULL) {
        return p->at + first * p->step;
    }
    *step = p->d;
    seg_matrix_rows(&p->source, first, n, scratch);
    for (seg_len i = 0; i < n * p->d && p->scale != 1.0; i++) {
        scratch[i] *= p->scale;
    }
    return scratch;
}

/* One block of floats and its reach; adds the columns' moments. */
static void
pack_block(const seg_pack_ops *ops, seg_points *p, seg_len block, double *tile, double *moments)
{
    const seg_frame frame = {.d = p->d, .unit = p->unit, .middle = p->middle};
    seg_len first = block * SEG_BLOCK, n = seg_min(SEG_BLOCK, p->m - first), step;
    const double *x = seg_points_rows(p, first, n, tile, &step);
    const double *weight = p->weight != NULL ? p->weight + first : NULL;
    float *out = p->blocks + first * p->d;
    double last[SEG_BLOCK] = {0.0}; /* what fills the block up has no weight */
    for (seg_len i = 0; i < n && n < SEG_BLOCK; i++) {
        last[i] = weight != NULL ? weight[i] : 1.0;
    }
    p->reach[block] = ops->pack(&frame, n, x, step, out);
    ops->moments(p->d, out, n < SEG_BLOCK ? last : weight, moments);
}

/* Weights as shares of the largest, 0 behind the last row. */
static seg_status
pack_shares(const seg_context *ctx, seg_points *p)
{
    seg_len room = seg_points_blocks(p) * SEG_BLOCK;
    if (p->weight == NULL && room == p->m) {
        return SEG_OK;
    }
    p->share = seg_arena_array(ctx, &p->arena, room, sizeof *p->share);
    if (p->share == NULL) {
        return SEG_ERR_NOMEM;
    }
    double most = 0.0;
    for (seg_len i = 0; p->weight != NULL && i < p->m; i++) {
        most = p->weight[i] > most ? p->weight[i] : most;
    }
    for (seg_len i = 0; i < room; i++) {
        double share = p->weight == NULL ? 1.0 : i < p->m ? p->weight[i] / most : 0.0;
        p->share[i] = i < p->m ? (float)share : 0.0f;
    }
    return SEG_OK;
}

/* The mean variance of the columns from their moments. */
static double
find_spread(const seg_points *p, const double *moments)
{
    double spread = 0.0;
    for (seg_len j = 0; j < p->d; j++) {
        double sum = 0.0, squares = 0.0;
        for (seg_len r = 0; r < SEG_MOMENTS; r++) {
            sum += moments[j * 2 * SEG_MOMENTS + r];
            squares += moments[(j * 2 + 1) * SEG_MOMENTS + r];
        }
        double mean = sum / p->total, variance = squares / p->total - mean * mean;
        spread += (variance > 0.0 ? variance : 0.0) / p->unit / p->unit / (double)p->d;
    }
    return spread;
}

/* Blocks, shares, total and spread of points whose rows or source are known. */
static seg_status
pack(const seg_context *ctx, seg_points *p)
{
    const seg_pack_ops *ops = seg_points_ops(ctx);
    seg_len blocks = seg_points_blocks(p), d = p->d, floats;
    if (!seg_mul_ok(d, SEG_BLOCK * (seg_len)sizeof(float), &floats)) {
        return SEG_ERR_NOMEM;
    }
    p->blocks = seg_arena_array(ctx, &p->arena, blocks, floats);
    p->reach = seg_arena_array(ctx, &p->arena, blocks, sizeof *p->reach);
    double *tile = doubles(ctx, &p->arena, d, SEG_BLOCK);
    double *moments = doubles(ctx, &p->arena, d, 2 * SEG_MOMENTS);
    if (p->blocks == NULL || p->reach == NULL || tile == NULL || moments == NULL) {
        return SEG_ERR_NOMEM;
    }
    memset(moments, 0, (size_t)(d * 2 * SEG_MOMENTS) * sizeof *moments);
    seg_status status = pack_shares(ctx, p);
    for (seg_len b = 0; b < blocks && status == SEG_OK; b++) {
        pack_block(ops, p, b, tile, moments);
        if (b % (SEG_STRIDE / SEG_BLOCK) == 0) {
            status = seg_poll(ctx, 0.05 + 0.05 * (double)b / (double)blocks);
        }
    }
    p->total = 0.0;
    for (seg_len i = 0; i < p->m && p->weight != NULL; i++) {
        p->total += p->weight[i];
    }
    p->total = p->weight != NULL ? p->total : (double)p->m;
    p->spread = find_spread(p, moments);
    return status;
}

/* Points that are the rows in their order. */
static seg_status
keep_rows(const seg_context *ctx, const double *weight, seg_points *p, double *lo, double *hi)
{
    seg_status status = find_bounds(ctx, &p->source, lo, hi);
    p->m = p->n;
    p->weight = weight;
    if (status == SEG_OK && weight != NULL) {
        double total = 0.0;
        for (seg_len i = 0; i < p->n; i++) {
            total += weight[i];
        }
        status = total > 0.0 ? SEG_OK : SEG_ERR_ARG;
    }
    if (status == SEG_OK) {
        place_axes(p, lo, hi);
    }
    return status;
}

/* Points that are the distinct rows in their canonical order. */
static seg_status
fold_rows(const seg_context *ctx, const double *weight, seg_points *p, double *lo, double *hi)
{
    seg_fold fold;
    seg_status status = seg_fold_read(ctx, &p->arena, &p->source, weight, &fold);
    for (seg_len i = 0; i < fold.m && status == SEG_OK; i++) {
        for (seg_len j = 0; j < p->d; j++) {
            double x = fold.rows[i * p->d + j];
            lo[j] = x < lo[j] ? x : lo[j];
            hi[j] = x > hi[j] ? x : hi[j];
        }
    }
    if (status == SEG_OK) {
        place_axes(p, lo, hi);
        for (seg_len j = 0; j < p->d && p->scale != 1.0; j++) {
            lo[j] *= p->scale;
            hi[j] *= p->scale;
        }
        for (seg_len i = 0; i < fold.m * p->d && p->scale != 1.0; i++) {
            fold.rows[i] *= p->scale;
        }
        status = seg_fold_order(ctx, &p->arena, lo, hi, &fold);
    }
    seg_arena_free(ctx, &fold.work);
    p->m = fold.m;
    p->rows = fold.rows;
    p->weight = fold.weight;
    p->place = fold.place;
    p->distinct = 1;
    return status;
}

seg_status
seg_points_new(const seg_context *ctx, const seg_matrix *x, const double *weight, seg_points *p)
{
    *p = (seg_points){.n = x->n, .d = x->d, .source = *x};
    seg_len size, d = x->d;
    if (x->n < 1 || d < 1 || !seg_mul_ok(x->n, d, &size) || x->n > SEG_POINTS_MOST) {
        return SEG_ERR_ARG;
    }
    p->middle = doubles(ctx, &p->arena, d, 1);
    p->pivot = doubles(ctx, &p->arena, d, 1);
    double *lo = doubles(ctx, &p->arena, d, 1), *hi = doubles(ctx, &p->arena, d, 1);
    seg_status status =
        p->middle == NULL || p->pivot == NULL || lo == NULL || hi == NULL ? SEG_ERR_NOMEM : SEG_OK;
    int fold = size <= SEG_POINTS_SET;
    if (status == SEG_OK && !fold) {
        status = seg_fold_pays(ctx, x, &fold);
    }
    for (seg_len j = 0; j < d && status == SEG_OK; j++) {
        lo[j] = (double)INFINITY;
        hi[j] = -(double)INFINITY;
    }
    if (status == SEG_OK) {
        status = (fold ? fold_rows : keep_rows)(ctx, weight, p, lo, hi);
    }
    if (status == SEG_OK) {
        find_place(p);
        status = pack(ctx, p);
    }
    if (status != SEG_OK) {
        seg_points_free(ctx, p);
    }
    return status;
}

void
seg_points_free(const seg_context *ctx, seg_points *p)
{
    seg_arena_free(ctx, &p->arena);
    *p = (seg_points){0};
}

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

/* Widens lo and hi by n values; 0 if one of them is NaN or infinite. */
static int
widen(seg_len n, const double *x, double *lo, double *hi)
{
    double low = *lo, high = *hi, odd = 0.0;
    for (seg_len i = 0; i < n; i++) {
        low = x[i] < low ? x[i] : low;
        high = x[i] > high ? x[i] : high;
        odd += x[i] * 0.0;
    }
    *lo = low;
    *hi = high;
    return odd == 0.0;
}

/* Smallest and largest of every column of the source. */
static seg_status
find_bounds(const seg_context *ctx, const seg_matrix *x, double *lo, double *hi)
{
    double *tile = seg_block_new(ctx, x->d, TILE * sizeof *tile);
    seg_status status = tile != NULL ? SEG_OK : SEG_ERR_NOMEM;
    for (seg_len first = 0; first < x->n && status == SEG_OK; first += TILE) {
        seg_len rows = seg_min(TILE, x->n - first);
        seg_matrix_columns(x, first, rows, tile);
        for (seg_len j = 0; j < x->d; j++) {
            if (!widen(rows, tile + j * rows, &lo[j], &hi[j])) {
                status = SEG_ERR_NUMBER;
            }
        }
        if (status == SEG_OK && first % SEG_STRIDE == 0) {
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
    const seg_len size = (seg_len)sizeof(double);
    const seg_matrix *x = &p->source;
    if (p->rows != NULL) {
        p->at = p->rows;
        p->step = p->d;
    } else if (x->type == SEG_F64 && p->scale == 1.0 && x->column_step == size &&
               x->row_step % size == 0 && (uintptr_t)x->data % sizeof(double) == 0) {
        p->at = (const double *)(const void *)x->data;
        p->step = x->row_step / size;
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

/* Rows [first, first + rows) of the points, column by column, scaled. */
static void
read_columns(const seg_points *p, seg_len first, seg_len rows, double *tile)
{
    if (p->rows == NULL) {
        seg_matrix_columns(&p->source, first, rows, tile);
        for (seg_len i = 0; i < rows * p->d && p->scale != 1.0; i++) {
            tile[i] *= p->scale;
        }
        return;
    }
    for (seg_len j = 0; j < p->d; j++) {
        for (seg_len i = 0; i < rows; i++) {
            tile[j * rows + i] = p->rows[(first + i) * p->d + j];
        }
    }
}

/* One block of floats and its reach; adds the columns' moments. */
static void
pack_block(seg_points *p, seg_len block, double *tile, double *moment)
{
    seg_len d = p->d, first = block * SEG_BLOCK, rows = seg_min(SEG_BLOCK, p->m - first);
    float *out = p->blocks + block * d * SEG_BLOCK;
    double square[SEG_BLOCK] = {0.0}, longest = 0.0;
    read_columns(p, first, rows, tile);
    for (seg_len j = 0; j < d; j++) {
        double middle = p->middle[j], sum = 0.0, squares = 0.0;
        for (seg_len i = 0; i < rows; i++) {
            double z = (tile[j * rows + i] - middle) * p->unit;
            double w = p->weight != NULL ? p->weight[first + i] : 1.0;
            out[j * SEG_BLOCK + i] = (float)z;
            square[i] += z * z;
            sum += w * z;
            squares += w * (z * z);
        }
        for (seg_len i = rows; i < SEG_BLOCK; i++) {
            out[j * SEG_BLOCK + i] = out[j * SEG_BLOCK];
        }
        moment[2 * j] += sum;
        moment[2 * j + 1] += squares;
    }
    for (seg_len i = 0; i < rows; i++) {
        longest = square[i] > longest ? square[i] : longest;
    }
    /* a little more than the float that is nearest */
    p->reach[block] = (float)(sqrt(longest) * 1.000001);
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

/* Blocks, shares, total and spread of points whose rows or source are known. */
static seg_status
pack(const seg_context *ctx, seg_points *p)
{
    seg_len blocks = seg_points_blocks(p), d = p->d, floats;
    if (!seg_mul_ok(d, SEG_BLOCK * (seg_len)sizeof(float), &floats)) {
        return SEG_ERR_NOMEM;
    }
    p->blocks = seg_arena_array(ctx, &p->arena, blocks, floats);
    p->reach = seg_arena_array(ctx, &p->arena, blocks, sizeof *p->reach);
    double *tile = doubles(ctx, &p->arena, d, SEG_BLOCK), *moment = doubles(ctx, &p->arena, d, 2);
    if (p->blocks == NULL || p->reach == NULL || tile == NULL || moment == NULL) {
        return SEG_ERR_NOMEM;
    }
    memset(moment, 0, (size_t)d * 2 * sizeof *moment);
    seg_status status = pack_shares(ctx, p);
    for (seg_len b = 0; b < blocks && status == SEG_OK; b++) {
        pack_block(p, b, tile, moment);
        if (b % (SEG_STRIDE / SEG_BLOCK) == 0) {
            status = seg_poll(ctx, 0.05 + 0.05 * (double)b / (double)blocks);
        }
    }
    p->total = 0.0;
    for (seg_len i = 0; i < p->m && p->weight != NULL; i++) {
        p->total += p->weight[i];
    }
    p->total = p->weight != NULL ? p->total : (double)p->m;
    p->spread = 0.0;
    for (seg_len j = 0; j < d; j++) {
        double mean = moment[2 * j] / p->total,
               variance = moment[2 * j + 1] / p->total - mean * mean;
        p->spread += (variance > 0.0 ? variance : 0.0) / p->unit / p->unit / (double)d;
    }
    return status;
}

/* Points that are the rows in their order. */
static seg_status
keep_rows(const seg_context *ctx, const double *weight, seg_points *p, double *lo, double *hi)
{
    seg_status status = find_bounds(ctx, &p->source, lo, hi);
    p->m = p->n;
    if (status == SEG_OK && weight != NULL) {
        p->weight = doubles(ctx, &p->arena, p->n, 1);
        if (p->weight == NULL) {
            return SEG_ERR_NOMEM;
        }
        double total = 0.0;
        for (seg_len i = 0; i < p->n; i++) {
            p->weight[i] = weight[i];
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
    if (x->n < 1 || d < 1 || !seg_mul_ok(x->n, d, &size) || x->n > INT32_MAX) {
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

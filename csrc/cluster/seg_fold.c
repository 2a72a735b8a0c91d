#include "seg_fold.h"

#include <string.h>

#include "seg_hash.h"
#include "seg_sort.h"

enum { TILE = 512, SAMPLE = 4096 };

/* Where rows are found again: places + 1, by hash; the upper half of a slot is the hash's. */
typedef struct row_table {
    uint64_t *slots; /* (capacity,), a power of two; 0 is free */
    seg_len capacity;
} row_table;

static uint64_t
hash_row(seg_len d, const double *row)
{
    uint64_t hash = (uint64_t)d, word;
    for (seg_len j = 0; j < d; j++) {
        memcpy(&word, &row[j], sizeof word);
        hash = (hash ^ word) * 0x9E3779B97F4A7C15u;
        hash ^= hash >> 32;
    }
    return seg_hash_u64(hash);
}

/* The slot of an equal row, or the free one that would take it. */
static uint64_t
find_row(const row_table *table, seg_len d, const double *rows, const double *row, uint64_t hash)
{
    uint64_t mask = (uint64_t)table->capacity - 1, at = hash & mask;
    while (table->slots[at] != 0) {
        uint64_t slot = table->slots[at];
        seg_len known = (seg_len)(slot & 0xFFFFFFFFu) - 1;
        if (slot >> 32 == hash >> 32 &&
            memcmp(rows + known * d, row, (size_t)d * sizeof *row) == 0) {
            break;
        }
        at = (at + 1) & mask;
    }
    return at;
}

static seg_status
open_table(const seg_context *ctx, seg_arena *arena, seg_len rows, row_table *table)
{
    table->capacity = 64;
    while (table->capacity < 2 * rows) {
        table->capacity *= 2;
    }
    table->slots = seg_arena_array(ctx, arena, table->capacity, sizeof *table->slots);
    if (table->slots == NULL) {
        return SEG_ERR_NOMEM;
    }
    memset(table->slots, 0, (size_t)table->capacity * sizeof *table->slots);
    return SEG_OK;
}

static double *
new_rows(const seg_context *ctx, seg_arena *arena, seg_len rows, seg_len d)
{
    seg_len bytes;
    return seg_mul_ok(d, (seg_len)sizeof(double), &bytes) ? seg_arena_array(ctx, arena, rows, bytes)
                                                          : NULL;
}

/* Room for twice as many rows, and a table to match. */
static seg_status
grow(const seg_context *ctx, seg_fold *fold, row_table *table)
{
    seg_len capacity = fold->capacity * 2, d = fold->d;
    double *rows = new_rows(ctx, &fold->work, capacity, d);
    row_table next;
    if (rows == NULL || open_table(ctx, &fold->work, capacity, &next) != SEG_OK) {
        return SEG_ERR_NOMEM;
    }
    memcpy(rows, fold->rows, (size_t)(fold->m * d) * sizeof *rows);
    for (seg_len i = 0; i < fold->m; i++) {
        uint64_t hash = hash_row(d, rows + i * d);
        next.slots[find_row(&next, d, rows, rows + i * d, hash)] =
            hash >> 32 << 32 | (uint64_t)(i + 1);
    }
    fold->rows = rows;
    fold->capacity = capacity;
    *table = next;
    return SEG_OK;
}

/* The place of a row, which is added if it is new. Its -0 are 0 already. */
static seg_status
place_row(const seg_context *ctx, seg_fold *fold, row_table *table, const double *row, int32_t *at)
{
    seg_len d = fold->d;
    uint64_t hash = hash_row(d, row), slot = find_row(table, d, fold->rows, row, hash);
    if (table->slots[slot] == 0) {
        if (fold->m == fold->capacity) {
            seg_status status = grow(ctx, fold, table);
            if (status != SEG_OK) {
                return status;
            }
            slot = find_row(table, d, fold->rows, row, hash);
        }
        memcpy(fold->rows + fold->m * d, row, (size_t)d * sizeof *row);
        table->slots[slot] = hash >> 32 << 32 | (uint64_t)(++fold->m);
    }
    *at = (int32_t)(table->slots[slot] & 0xFFFFFFFFu) - 1;
    return SEG_OK;
}

/* The n values as sums look them up: -0 is 0. Returns 0 if one is NaN or infinite. */
static int
tidy(seg_len n, double *x)
{
    double odd = 0.0;
    for (seg_len i = 0; i < n; i++) {
        odd += x[i] * 0.0;
        x[i] += 0.0;
    }
    return odd == 0.0;
}

seg_status
seg_fold_pays(const seg_context *ctx, const seg_matrix *x, int *pays)
{
    seg_fold fold = {.n = x->n, .d = x->d, .capacity = SAMPLE};
    row_table table;
    seg_len sample = seg_min(SAMPLE, x->n), step = x->n / sample;
    double *row = new_rows(ctx, &fold.work, 1, x->d);
    fold.rows = new_rows(ctx, &fold.work, SAMPLE, x->d);
    seg_status status = open_table(ctx, &fold.work, SAMPLE, &table);
    if (row == NULL || fold.rows == NULL) {
        status = SEG_ERR_NOMEM;
    }
    for (seg_len i = 0; i < sample && status == SEG_OK; i++) {
        int32_t at;
        seg_matrix_rows(x, i * step, 1, row);
        (void)tidy(x->d, row);
        status = place_row(ctx, &fold, &table, row, &at);
    }
    /* of N equally likely rows s draws miss about s^2 / 2N: this is N below about 2.5 s */
    *pays = fold.m * 5 <= sample * 4 && x->n > 10 * sample;
    seg_arena_free(ctx, &fold.work);
    return status;
}

/* The weights of equal rows, summed in ascending order. */
static seg_status
sum_weights(const seg_context *ctx, const double *weight, seg_fold *fold)
{
    fold->weight = new_rows(ctx, &fold->work, fold->m, 1);
    if (fold->weight == NULL) {
        return SEG_ERR_NOMEM;
    }
    for (seg_len i = 0; i < fold->m; i++) {
        fold->weight[i] = 0.0;
    }
    if (weight == NULL) {
        for (seg_len i = 0; i < fold->n; i++) {
            fold->weight[fold->place[i]] += 1.0;
        }
        return SEG_OK;
    }
    seg_arena scratch = {0};
    int32_t *order = seg_arena_array(ctx, &scratch, fold->n, sizeof *order);
    uint64_t *key = seg_arena_array(ctx, &scratch, fold->n, sizeof *key);
    seg_status status = order != NULL && key != NULL ? SEG_OK : SEG_ERR_NOMEM;
    for (seg_len i = 0; i < fold->n && status == SEG_OK; i++) {
        memcpy(&key[i], &weight[i], sizeof key[i]); /* numbers >= 0 ascend with their bits */
        order[i] = (int32_t)i;
    }
    if (status == SEG_OK) {
        status = seg_sort_order(ctx, fold->n, key, order);
    }
    for (seg_len i = 0; i < fold->n && status == SEG_OK; i++) {
        if (fold->place[order[i]] >= 0) {
            fold->weight[fold->place[order[i]]] += weight[order[i]];
        }
    }
    seg_arena_free(ctx, &scratch);
    return status;
}

seg_status
seg_fold_read(const seg_context *ctx,
              seg_arena *arena,
              const seg_matrix *x,
              const double *weight,
              seg_fold *fold)
{
    seg_len n = x->n, d = x->d;
    row_table table;
    *fold = (seg_fold){.n = n, .d = d, .capacity = seg_min(n, SAMPLE)};
    double *tile = new_rows(ctx, &fold->work, TILE, d);
    fold->rows = new_rows(ctx, &fold->work, fold->capacity, d);
    fold->place = seg_arena_array(ctx, arena, n, sizeof *fold->place);
    seg_status status = open_table(ctx, &fold->work, fold->capacity, &table);
    if (tile == NULL || fold->rows == NULL || fold->place == NULL) {
        return SEG_ERR_NOMEM;
    }
    for (seg_len first = 0; first < n && status == SEG_OK; first += TILE) {
        seg_len rows = seg_min(TILE, n - first);
        seg_matrix_rows(x, first, rows, tile);
        status = tidy(rows * d, tile) ? SEG_OK : SEG_ERR_NUMBER;
        for (seg_len i = 0; i < rows && status == SEG_OK; i++) {
            fold->place[first + i] = -1;
            if (weight == NULL || weight[first + i] > 0.0) {
                status = place_row(ctx, fold, &table, tile + i * d, &fold->place[first + i]);
            }
        }
        if (status == SEG_OK && first % SEG_STRIDE == 0) {
            status = seg_poll(ctx, 0.05 * (double)first / (double)n);
        }
    }
    if (status == SEG_OK) {
        status = fold->m > 0 ? sum_weights(ctx, weight, fold) : SEG_ERR_ARG;
    }
    return status;
}

/* Where rows stand on Morton's curve: the bits of the columns' steps, highest first. */
static void
fill_keys(const seg_fold *fold, const double *lo, const double *hi, double *scale, uint64_t *key)
{
    seg_len d = fold->d, used = seg_min(d, 64);
    int bits = (int)seg_min(64 / used, 16);
    uint32_t step[64];
    for (seg_len j = 0; j < used; j++) {
        double wide = hi[j] - lo[j];
        scale[j] = wide > 0x1p-900 ? (double)((1 << bits) - 1) / wide : 0.0;
    }
    for (seg_len i = 0; i < fold->m; i++) {
        uint64_t word = 0;
        for (seg_len j = 0; j < used; j++) {
            step[j] = (uint32_t)((fold->rows[i * d + j] - lo[j]) * scale[j]);
        }
        for (int b = bits - 1; b >= 0; b--) {
            for (seg_len j = 0; j < used; j++) {
                word = word << 1 | (step[j] >> b & 1u);
            }
        }
        key[i] = word;
    }
}

/* Whether row a comes before row b by value. */
static int
row_before(const seg_fold *fold, int32_t a, int32_t b)
{
    const double *x = fold->rows + a * fold->d, *y = fold->rows + b * fold->d;
    seg_len j = 0;
    while (j < fold->d - 1 && x[j] == y[j]) {
        j++;
    }
    return x[j] < y[j];
}

/* Sorts n rows by value, by merging from below. */
static void
sort_run(const seg_fold *fold, seg_len n, int32_t *order, int32_t *other)
{
    for (seg_len width = 1; width < n; width *= 2) {
        for (seg_len start = 0; start < n; start += 2 * width) {
            seg_len middle = seg_min(start + width, n), end = seg_min(start + 2 * width, n);
            seg_len a = start, b = middle;
            for (seg_len i = start; i < end; i++) {
                int left = a < middle && (b == end || !row_before(fold, order[b], order[a]));
                other[i] = left ? order[a++] : order[b++];
            }
        }
        memcpy(order, other, (size_t)n * sizeof *order);
    }
}

/* The canonical order of the rows. */
static seg_status
find_order(const seg_context *ctx,
           seg_arena *scratch,
           const double *lo,
           const double *hi,
           const seg_fold *fold,
           int32_t *order)
{
    uint64_t *key = seg_arena_array(ctx, scratch, fold->m, sizeof *key);
    int32_t *other = seg_arena_array(ctx, scratch, fold->m, sizeof *other);
    double *scale = new_rows(ctx, scratch, fold->d, 1);
    if (key == NULL || other == NULL || scale == NULL) {
        return SEG_ERR_NOMEM;
    }
    fill_keys(fold, lo, hi, scale, key);
    for (seg_len i = 0; i < fold->m; i++) {
        order[i] = (int32_t)i;
    }
    seg_status status = seg_sort_order(ctx, fold->m, key, order);
    for (seg_len start = 0; start < fold->m && status == SEG_OK;) {
        seg_len end = start + 1;
        while (end < fold->m && key[order[end]] == key[order[start]]) {
            end++;
        }
        sort_run(fold, end - start, order + start, other);
        start = end;
    }
    return status;
}

seg_status
seg_fold_order(
    const seg_context *ctx, seg_arena *arena, const double *lo, const double *hi, seg_fold *fold)
{
    seg_len m = fold->m, d = fold->d;
    seg_arena scratch = {0};
    int32_t *order = seg_arena_array(ctx, &scratch, m, sizeof *order);
    int32_t *rank = seg_arena_array(ctx, &scratch, m, sizeof *rank);
    double *rows = new_rows(ctx, arena, m, d), *weight = new_rows(ctx, arena, m, 1);
    seg_status status =
        order != NULL && rank != NULL && rows != NULL && weight != NULL ? SEG_OK : SEG_ERR_NOMEM;
    if (status == SEG_OK) {
        status = find_order(ctx, &scratch, lo, hi, fold, order);
    }
    int plain = 1;
    for (seg_len i = 0; i < m && status == SEG_OK; i++) {
        memcpy(rows + i * d, fold->rows + order[i] * d, (size_t)d * sizeof *rows);
        weight[i] = fold->weight[order[i]];
        plain &= weight[i] == 1.0;
        rank[order[i]] = (int32_t)i;
    }
    for (seg_len i = 0; i < fold->n && status == SEG_OK; i++) {
        fold->place[i] = fold->place[i] >= 0 ? rank[fold->place[i]] : -1;
    }
    fold->rows = rows;
    fold->weight = plain ? NULL : weight;
    seg_arena_free(ctx, &scratch);
    return status;
}

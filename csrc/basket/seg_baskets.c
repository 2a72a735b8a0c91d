#include "seg_baskets.h"

#include <string.h>

#include "seg_arena.h"

/* Baskets in the making: item codes by basket, then positions. */
typedef struct building {
    const seg_context *ctx;
    seg_len n, n_baskets, n_items;
    int64_t *indptr; /* (n_baskets + 1,) */
    int32_t *indices;
    int32_t *code;
    int64_t *count;
    seg_arena arena;
} building;

/* The first line whose code is out of range, -1 if there is none. */
static seg_status
check_codes(const seg_context *ctx, seg_len n, const int32_t *code, seg_len limit, seg_len *row)
{
    for (seg_len i = 0; i < n; i++) {
        seg_status status = seg_poll_at(ctx, i, n);
        if (status != SEG_OK) {
            return status;
        }
        if (code[i] < -1 || code[i] >= limit) {
            *row = i;
            return SEG_ERR_CODE;
        }
    }
    return SEG_OK;
}

/* Item codes of the lines, basket by basket, into indices; indptr says where. */
static seg_status
group_lines(building *b, const int32_t *order, const int32_t *item)
{
    seg_status status = SEG_OK;
    memset(b->indptr, 0, (size_t)(b->n_baskets + 1) * sizeof *b->indptr);
    for (seg_len i = 0; i < b->n && status == SEG_OK; i++) {
        status = seg_poll_at(b->ctx, i, b->n);
        if (order[i] >= 0 && item[i] >= 0) {
            b->indptr[order[i]]++;
        }
    }
    int64_t sum = 0;
    for (seg_len at = 0; at <= b->n_baskets; at++) {
        int64_t lines = b->indptr[at];
        b->indptr[at] = sum;
        sum += lines;
    }
    for (seg_len i = 0; i < b->n && status == SEG_OK; i++) {
        status = seg_poll_at(b->ctx, i, b->n);
        if (order[i] >= 0 && item[i] >= 0) {
            b->indices[b->indptr[order[i]]++] = item[i];
        }
    }
    /* each start has moved to the next basket's */
    memmove(b->indptr + 1, b->indptr, (size_t)b->n_baskets * sizeof *b->indptr);
    b->indptr[0] = 0;
    return status;
}

/* Drops what a basket repeats (from: where its items stand), and counts baskets by item code. */
static seg_status
drop_repeats(building *b, const int64_t *start, const int32_t *from, int64_t *count)
{
    int32_t *seen = seg_arena_array(b->ctx, &b->arena, b->n_items, sizeof *seen);
    seg_status status = SEG_OK;
    int64_t to = 0, begin = start[0];
    if (seen == NULL) {
        return SEG_ERR_NOMEM;
    }
    memset(seen, 0xFF, (size_t)b->n_items * sizeof *seen);
    memset(count, 0, (size_t)b->n_items * sizeof *count);
    for (seg_len at = 0, polled = 0; at < b->n_baskets && status == SEG_OK; at++) {
        int64_t end = start[at + 1]; /* start may be indptr itself, which is written below */
        if (begin - polled >= SEG_STRIDE || at % SEG_STRIDE == 0) {
            status = seg_poll(b->ctx, 0.0);
            polled = (seg_len)begin;
        }
        b->indptr[at] = to;
        for (int64_t i = begin; i < end; i++) {
            int32_t item = from[i];
            if (item >= 0 && seen[item] != (int32_t)at) {
                seen[item] = (int32_t)at;
                count[item]++;
                b->indices[to++] = item;
            }
        }
        begin = end;
    }
    b->indptr[b->n_baskets] = to;
    return status;
}

/* code and count by position: most baskets first, then the lower code. */
static seg_status
rank_items(building *b, const int64_t *count)
{
    int64_t *places = seg_arena_array(b->ctx, &b->arena, b->n_baskets + 2, sizeof *places);
    if (places == NULL) {
        return SEG_ERR_NOMEM;
    }
    memset(places, 0, (size_t)(b->n_baskets + 2) * sizeof *places);
    for (seg_len item = 0; item < b->n_items; item++) {
        places[b->n_baskets - count[item] + 1]++;
    }
    for (seg_len at = 0; at <= b->n_baskets; at++) {
        places[at + 1] += places[at];
    }
    for (seg_len item = 0; item < b->n_items; item++) {
        b->code[places[b->n_baskets - count[item]]++] = (int32_t)item;
    }
    for (seg_len at = 0; at < b->n_items; at++) {
        b->count[at] = count[b->code[at]];
    }
    return SEG_OK;
}

/* Item codes become positions that ascend in each basket: by item, then back by basket. */
static seg_status
sort_rows(building *b, int64_t *first)
{
    int32_t *basket =
        seg_arena_array(b->ctx, &b->arena, (seg_len)b->indptr[b->n_baskets], sizeof *basket);
    int64_t *to = seg_arena_array(b->ctx, &b->arena, b->n_baskets, sizeof *to);
    seg_status status = SEG_OK;
    if (basket == NULL || to == NULL) {
        return SEG_ERR_NOMEM;
    }
    int64_t sum = 0;
    for (seg_len at = 0; at < b->n_items; at++) {
        first[b->code[at]] = sum;
        sum += b->count[at];
    }
    for (seg_len at = 0; at < b->n_baskets && status == SEG_OK; at++) {
        status = seg_poll_at(b->ctx, at, b->n_baskets);
        for (int64_t i = b->indptr[at]; i < b->indptr[at + 1]; i++) {
            basket[first[b->indices[i]]++] = (int32_t)at;
        }
        to[at] = b->indptr[at];
    }
    int64_t i = 0;
    for (seg_len at = 0; at < b->n_items && status == SEG_OK; at++) {
        status = seg_poll(b->ctx, 0.0);
        for (int64_t end = i + b->count[at]; i < end; i++) {
            b->indices[to[basket[i]]++] = (int32_t)at;
        }
    }
    return status;
}

/* The steps after grouping. */
static seg_status
finish(building *b, const int64_t *start, const int32_t *from)
{
    int64_t *count = seg_arena_array(b->ctx, &b->arena, b->n_items, sizeof *count);
    seg_status status = count == NULL ? SEG_ERR_NOMEM : drop_repeats(b, start, from, count);
    if (status == SEG_OK) {
        status = rank_items(b, count);
    }
    if (status == SEG_OK) {
        status = sort_rows(b, count);
    }
    return status;
}

seg_status
seg_baskets_of_lines(const seg_context *ctx,
                     seg_len n,
                     seg_len n_baskets,
                     seg_len n_items,
                     const int32_t *order,
                     const int32_t *item,
                     int64_t *indptr,
                     int32_t *indices,
                     int32_t *code,
                     int64_t *count,
                     seg_fault *fault)
{
    building b = {ctx, n, n_baskets, n_items, indptr, indices, code, count, {0}};
    fault->row = -1;
    if (n_baskets > INT32_MAX || n_items > INT32_MAX) {
        return SEG_ERR_ARG;
    }
    seg_status status = check_codes(ctx, n, order, n_baskets, &fault->row);
    if (status == SEG_OK) {
        status = check_codes(ctx, n, item, n_items, &fault->row);
    }
    if (status == SEG_OK) {
        status = group_lines(&b, order, item);
    }
    if (status == SEG_OK) {
        status = finish(&b, indptr, indices);
    }
    seg_arena_free(ctx, &b.arena);
    return status;
}

seg_status
seg_baskets_of_rows(const seg_context *ctx,
                    seg_len n,
                    seg_len n_baskets,
                    seg_len n_items,
                    const int64_t *start,
                    const int32_t *item,
                    int64_t *indptr,
                    int32_t *indices,
                    int32_t *code,
                    int64_t *count,
                    seg_fault *fault)
{
    building b = {ctx, n, n_baskets, n_items, indptr, indices, code, count, {0}};
    fault->row = -1;
    if (n_baskets > INT32_MAX || n_items > INT32_MAX || start[0] != 0 || start[n_baskets] != n) {
        return SEG_ERR_ARG;
    }
    for (seg_len at = 0; at < n_baskets; at++) {
        if (start[at] > start[at + 1]) {
            return SEG_ERR_ARG;
        }
    }
    seg_status status = check_codes(ctx, n, item, n_items, &fault->row);
    if (status == SEG_OK) {
        status = finish(&b, start, item);
    }
    seg_arena_free(ctx, &b.arena);
    return status;
}

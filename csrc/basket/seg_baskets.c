#include "seg_baskets.h"

#include <string.h>

#include "seg_arena.h"
#include "seg_popcount.h"

/* Baskets in the making: item codes by basket, then positions. */
typedef struct building {
    const seg_context *ctx;
    seg_len n, n_baskets, n_items;
    int64_t *indptr; /* (n_baskets + 1,) */
    int32_t *indices;
    int32_t *code;
    int64_t *count;
    seg_arena arena;
    int32_t *seen;    /* (n_items,)  the last basket that had the item; later its position */
    int64_t *counted; /* (n_items,)  baskets by item, not by position */
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

/* The rows as the caller has them. They are read once and checked as they are read. */
typedef struct rows_in {
    const int64_t *start; /* (n_baskets + 1,)  may be the indptr that is written */
    const int32_t *code;  /* (n,)              may be the indices that are written */
    const int32_t *place; /* (n_codes,)        the item of each code; NULL: the code itself */
    seg_len n, n_codes;
    seg_fault *fault;
} rows_in;

/* The item of a line; n_items or more if its code or its item is out of range. */
static inline uint32_t
item_at(const building *b, const rows_in *in, int64_t i)
{
    int32_t code = in->code[i];
    if (in->place == NULL || code == -1) {
        return code == -1 ? UINT32_MAX : (uint32_t)code;
    }
    return (uint32_t)code < (uint64_t)in->n_codes ? (uint32_t)in->place[code]
                                                  : (uint32_t)b->n_items;
}

/* Copies one basket to indices + to without what it repeats, and counts. How many items it has, -1
 * for a fault. */
static int64_t
copy_distinct(building *b, const rows_in *in, seg_len at, int64_t begin, int64_t end, int64_t to)
{
    int64_t first = to;
    for (int64_t i = begin; i < end; i++) {
        uint32_t item = item_at(b, in, i);
        if ((seg_len)item < b->n_items) {
            b->indices[to] = (int32_t)item;
            int fresh = b->seen[item] != (int32_t)at;
            b->seen[item] = (int32_t)at;
            b->counted[item] += fresh;
            to += fresh;
        } else if (item != UINT32_MAX) {
            in->fault->row = (seg_len)i;
            return -1;
        }
    }
    return to - first;
}

/* Drops what a basket repeats, and counts baskets by item. */
static seg_status
drop_repeats(building *b, const rows_in *in)
{
    b->seen = seg_arena_array(b->ctx, &b->arena, b->n_items, sizeof *b->seen);
    b->counted = seg_arena_array(b->ctx, &b->arena, b->n_items, sizeof *b->counted);
    seg_status status = SEG_OK;
    int64_t to = 0, begin = in->start[0], polled = 0;
    if (b->seen == NULL || b->counted == NULL) {
        return SEG_ERR_NOMEM;
    }
    memset(b->seen, 0xFF, (size_t)b->n_items * sizeof *b->seen);
    memset(b->counted, 0, (size_t)b->n_items * sizeof *b->counted);
    for (seg_len at = 0; at < b->n_baskets && status == SEG_OK; at++) {
        int64_t end = in->start[at + 1], items; /* read before indptr[at + 1] is written */
        if (end < begin || end > in->n) {
            return SEG_ERR_ARG;
        }
        if (begin - polled >= SEG_STRIDE || at % SEG_STRIDE == 0) {
            status = seg_poll(b->ctx, 0.0);
            polled = begin;
        }
        b->indptr[at] = to;
        items = copy_distinct(b, in, at, begin, end, to);
        if (items < 0) {
            return SEG_ERR_CODE;
        }
        to += items;
        begin = end;
    }
    b->indptr[b->n_baskets] = to;
    return status;
}

/* code and count by position: most baskets first, then the lower code. */
static seg_status
rank_items(building *b)
{
    const int64_t *count = b->counted;
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

/* Writes the positions whose bits are set in ascending order, and clears them. mark has a bit for
 * each word of bits that is not 0. */
static void
write_bits(seg_len marks, uint64_t *mark, uint64_t *bits, int32_t *to)
{
    for (seg_len m = 0; m < marks; m++) {
        for (; mark[m] != 0; mark[m] &= mark[m] - 1) {
            seg_len word = 64 * m + seg_lowest_bit(mark[m]);
            for (; bits[word] != 0; bits[word] &= bits[word] - 1) {
                *to++ = (int32_t)(64 * word + seg_lowest_bit(bits[word]));
            }
        }
    }
}

/* Items become positions that ascend in each basket: a bit a position, and back in order. A basket
 * costs its items and `marks`. */
static seg_status
sort_by_bits(building *b, seg_len marks)
{
    uint64_t *bits = seg_arena_array(b->ctx, &b->arena, marks * 64, sizeof *bits);
    uint64_t *mark = seg_arena_array(b->ctx, &b->arena, marks, sizeof *mark);
    int32_t *position = b->seen;
    seg_status status = SEG_OK;
    if (bits == NULL || mark == NULL) {
        return SEG_ERR_NOMEM;
    }
    memset(bits, 0, (size_t)marks * 64 * sizeof *bits);
    memset(mark, 0, (size_t)marks * sizeof *mark);
    for (seg_len at = 0; at < b->n_items; at++) {
        position[b->code[at]] = (int32_t)at;
    }
    int64_t polled = 0;
    for (seg_len at = 0; at < b->n_baskets && status == SEG_OK; at++) {
        int64_t begin = b->indptr[at], end = b->indptr[at + 1];
        if (begin - polled >= SEG_STRIDE || at % SEG_STRIDE == 0) {
            status = seg_poll_at(b->ctx, at, b->n_baskets);
            polled = begin;
        }
        for (int64_t i = begin; i < end; i++) {
            uint32_t place = (uint32_t)position[b->indices[i]];
            bits[place / 64] |= (uint64_t)1 << place % 64;
            mark[place / 4096] |= (uint64_t)1 << place / 64 % 64;
        }
        write_bits(marks, mark, bits, b->indices + begin);
    }
    return status;
}

/* The same by item, then back by basket: linear however many items there are. */
static seg_status
sort_by_item(building *b)
{
    int64_t *first = b->counted;
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
finish(building *b, const rows_in *in)
{
    seg_status status = drop_repeats(b, in);
    if (status == SEG_OK) {
        status = rank_items(b);
    }
    seg_len marks = (b->n_items + 4095) / 4096;
    if (status == SEG_OK) {
        status = marks <= 1 || marks * b->n_baskets <= b->indptr[b->n_baskets]
                     ? sort_by_bits(b, marks)
                     : sort_by_item(b);
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
    building b = {.ctx = ctx,
                  .n = n,
                  .n_baskets = n_baskets,
                  .n_items = n_items,
                  .indptr = indptr,
                  .indices = indices,
                  .code = code,
                  .count = count};
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
        rows_in in = {.start = indptr, .code = indices, .n = n, .fault = fault};
        status = finish(&b, &in);
    }
    seg_arena_free(ctx, &b.arena);
    return status;
}

seg_status
seg_baskets_of_rows(const seg_context *ctx,
                    seg_len n,
                    seg_len n_baskets,
                    seg_len n_codes,
                    seg_len n_items,
                    const int64_t *start,
                    const int32_t *item,
                    const int32_t *place,
                    int64_t *indptr,
                    int32_t *indices,
                    int32_t *code,
                    int64_t *count,
                    seg_fault *fault)
{
    building b = {.ctx = ctx,
                  .n = n,
                  .n_baskets = n_baskets,
                  .n_items = n_items,
                  .indptr = indptr,
                  .indices = indices,
                  .code = code,
                  .count = count};
    rows_in in = {
        .start = start, .code = item, .place = place, .n = n, .n_codes = n_codes, .fault = fault};
    fault->row = -1;
    if (n_baskets > INT32_MAX || n_items > INT32_MAX || start[0] != 0 || start[n_baskets] != n) {
        return SEG_ERR_ARG;
    }
    seg_status status = finish(&b, &in);
    seg_arena_free(ctx, &b.arena);
    return status;
}

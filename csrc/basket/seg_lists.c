#include "seg_lists.h"

#include <string.h>

#include "seg_sets.h"

/* Room for one more chunk in the table. */
static int
widen(const seg_context *ctx, seg_lists *lists)
{
    if (lists->n_chunks < lists->capacity) {
        return 1;
    }
    seg_len capacity = 2 * lists->capacity + 8;
    uint32_t **chunk = seg_block_new(ctx, capacity, sizeof *chunk);
    seg_len *sizes = seg_block_new(ctx, 2 * capacity, sizeof *sizes);
    if (chunk == NULL || sizes == NULL) {
        seg_block_free(ctx, chunk);
        seg_block_free(ctx, sizes);
        return 0;
    }
    if (lists->n_chunks > 0) {
        memcpy(chunk, lists->chunk, (size_t)lists->n_chunks * sizeof *chunk);
        memcpy(sizes, lists->used, (size_t)lists->n_chunks * sizeof *sizes);
        memcpy(sizes + capacity, lists->size, (size_t)lists->n_chunks * sizeof *sizes);
    }
    seg_block_free(ctx, lists->chunk);
    seg_block_free(ctx, lists->used);
    lists->chunk = chunk;
    lists->used = sizes;
    lists->size = sizes + capacity;
    lists->capacity = capacity;
    return 1;
}

seg_status
seg_lists_add(
    const seg_context *ctx, seg_lists *lists, seg_len length, const uint32_t *item, uint32_t count)
{
    seg_len last = lists->n_chunks - 1, words = length + SEG_LIST_HEAD;
    if (last < 0 || lists->size[last] - lists->used[last] < words) {
        if (!widen(ctx, lists)) {
            return SEG_ERR_NOMEM;
        }
        seg_len size = words > SEG_LIST_WORDS ? words : SEG_LIST_WORDS;
        uint32_t *chunk = seg_block_new(ctx, size, sizeof *chunk);
        if (chunk == NULL) {
            return SEG_ERR_NOMEM;
        }
        last = lists->n_chunks++;
        lists->chunk[last] = chunk;
        lists->used[last] = 0;
        lists->size[last] = size;
    }
    uint32_t *to = lists->chunk[last] + lists->used[last];
    to[0] = count;
    to[1] = (uint32_t)length;
    to += SEG_LIST_HEAD;
    for (seg_len i = 0; i < length; i++) {
        /* items come nearly in descending order: from the back they find their places at once */
        uint32_t value = item[length - 1 - i];
        seg_len at = i;
        for (; at > 0 && to[at - 1] > value; at--) {
            to[at] = to[at - 1];
        }
        to[at] = value;
    }
    lists->used[last] += words;
    lists->n++;
    return SEG_OK;
}

void
seg_lists_free(const seg_context *ctx, seg_lists *lists)
{
    for (seg_len c = 0; c < lists->n_chunks; c++) {
        seg_block_free(ctx, lists->chunk[c]);
    }
    seg_block_free(ctx, lists->chunk);
    seg_block_free(ctx, lists->used);
    *lists = (seg_lists){0};
}

/* Sets while they are put in order. */
typedef struct sorting {
    const seg_context *ctx;
    const seg_itemsets_options *options;
    seg_itemsets *out;
    const uint32_t **set, **spare; /* (n,)  records: as found, then by length and positions */
    int64_t *counter;              /* (n_items + 1,) */
    int64_t *begins;               /* (longest + 2,) */
    seg_len n, n_items, longest;
    seg_arena arena;
} sorting;

/* Every record in the order found, until a limit is passed. */
static seg_status
gather(sorting *s, seg_len n_tasks, const seg_lists *tasks)
{
    const seg_itemsets_options *o = s->options;
    int64_t all = 0, bytes = 0;
    for (seg_len t = 0; t < n_tasks; t++) {
        all += tasks[t].n;
    }
    s->set = seg_arena_array(s->ctx, &s->arena, (seg_len)all, sizeof *s->set);
    s->spare = seg_arena_array(s->ctx, &s->arena, (seg_len)all, sizeof *s->spare);
    s->counter = seg_arena_array(s->ctx, &s->arena, s->n_items + 1, sizeof *s->counter);
    if (s->set == NULL || s->spare == NULL || s->counter == NULL) {
        return SEG_ERR_NOMEM;
    }
    for (seg_len t = 0; t < n_tasks; t++) {
        for (seg_len c = 0; c < tasks[t].n_chunks; c++) {
            seg_status status = seg_poll(s->ctx, 0.0);
            if (status != SEG_OK) {
                return status;
            }
            for (seg_len at = 0; at < tasks[t].used[c];) {
                const uint32_t *record = tasks[t].chunk[c] + at;
                seg_len length = (seg_len)record[1];
                bytes += SEG_NODE_BYTES + SEG_SET_BYTES + SEG_ITEM_BYTES * (int64_t)length;
                if (bytes > o->max_bytes || s->n == o->max_sets) {
                    s->out->full = bytes > o->max_bytes ? 2 : 1;
                    return SEG_OK;
                }
                s->set[s->n++] = record;
                s->longest = length > s->longest ? length : s->longest;
                at += length + SEG_LIST_HEAD;
            }
        }
    }
    return SEG_OK;
}

/* Records by length. */
static seg_status
group_by_length(sorting *s)
{
    s->begins = seg_arena_array(s->ctx, &s->arena, s->longest + 2, sizeof *s->begins);
    if (s->begins == NULL) {
        return SEG_ERR_NOMEM;
    }
    memset(s->begins, 0, (size_t)(s->longest + 2) * sizeof *s->begins);
    for (seg_len i = 0; i < s->n; i++) {
        s->begins[s->set[i][1] + 1]++;
    }
    for (seg_len length = 1; length <= s->longest + 1; length++) {
        s->begins[length] += s->begins[length - 1];
    }
    for (seg_len i = 0; i < s->n; i++) {
        s->spare[s->begins[s->set[i][1]]++] = s->set[i];
    }
    memmove(s->begins + 1, s->begins, (size_t)(s->longest + 1) * sizeof *s->begins);
    s->begins[0] = 0;
    const uint32_t **grouped = s->spare;
    s->spare = s->set;
    s->set = grouped;
    return seg_poll(s->ctx, 0.1);
}

/* Whether a stands before b, of the same length. */
static int
stands_before(const uint32_t *a, const uint32_t *b)
{
    uint32_t i = SEG_LIST_HEAD, end = a[1] + SEG_LIST_HEAD;
    while (i < end && a[i] == b[i]) {
        i++;
    }
    return i < end && a[i] < b[i];
}

/* Few sets: Shell's sort. */
static void
sort_few(seg_len n, const uint32_t **set)
{
    seg_len gap = 1;
    while (gap < n / 3) {
        gap = 3 * gap + 1;
    }
    for (; gap > 0; gap /= 3) {
        for (seg_len i = gap; i < n; i++) {
            const uint32_t *value = set[i];
            seg_len at = i;
            for (; at >= gap && stands_before(value, set[at - gap]); at -= gap) {
                set[at] = set[at - gap];
            }
            set[at] = value;
        }
    }
}

/* Sorts the sets of one length. */
static seg_status
sort_length(sorting *s, seg_len length)
{
    seg_len n = (seg_len)(s->begins[length + 1] - s->begins[length]);
    const uint32_t **set = s->set + s->begins[length], **spare = s->spare;
    if (n < s->n_items / 4) {
        sort_few(n, set);
        return seg_poll(s->ctx, 0.1);
    }
    for (seg_len place = length - 1; place >= 0; place--) {
        seg_len at = place + SEG_LIST_HEAD;
        seg_status status = seg_poll(s->ctx, 0.1);
        if (status != SEG_OK) {
            return status;
        }
        memset(s->counter, 0, (size_t)(s->n_items + 1) * sizeof *s->counter);
        for (seg_len i = 0; i < n; i++) {
            s->counter[set[i][at] + 1]++;
        }
        for (seg_len item = 1; item <= s->n_items; item++) {
            s->counter[item] += s->counter[item - 1];
        }
        for (seg_len i = 0; i < n; i++) {
            spare[s->counter[set[i][at]]++] = set[i];
        }
        memcpy(set, spare, (size_t)n * sizeof *set);
    }
    return SEG_OK;
}

/* The flat arrays. */
static seg_status
write_answer(sorting *s)
{
    seg_len total = 0;
    for (seg_len i = 0; i < s->n; i++) {
        total += (seg_len)s->set[i][1];
    }
    s->out->n = s->n;
    s->out->total = total;
    s->out->indptr = seg_block_new(s->ctx, s->n + 1, sizeof *s->out->indptr);
    s->out->indices = seg_block_new(s->ctx, total, sizeof *s->out->indices);
    s->out->count = seg_block_new(s->ctx, s->n, sizeof *s->out->count);
    if (s->out->indptr == NULL || s->out->indices == NULL || s->out->count == NULL) {
        return SEG_ERR_NOMEM;
    }
    int64_t at = 0;
    for (seg_len i = 0; i < s->n; i++) {
        seg_status status = seg_poll_at(s->ctx, i, s->n);
        if (status != SEG_OK) {
            return status;
        }
        s->out->indptr[i] = at;
        s->out->count[i] = s->set[i][0];
        memcpy(s->out->indices + at, s->set[i] + SEG_LIST_HEAD, s->set[i][1] * sizeof(int32_t));
        at += s->set[i][1];
    }
    s->out->indptr[s->n] = at;
    return SEG_OK;
}

seg_status
seg_lists_flatten(const seg_context *ctx,
                  seg_len n_tasks,
                  const seg_lists *tasks,
                  seg_len n_items,
                  const seg_itemsets_options *options,
                  seg_itemsets *out)
{
    sorting s = {.ctx = ctx, .options = options, .out = out, .n_items = n_items};
    seg_status status = gather(&s, n_tasks, tasks);
    status = status == SEG_OK ? group_by_length(&s) : status;
    for (seg_len length = 1; length <= s.longest && status == SEG_OK; length++) {
        status = sort_length(&s, length);
    }
    status = status == SEG_OK ? write_answer(&s) : status;
    seg_arena_free(ctx, &s.arena);
    if (status != SEG_OK) {
        seg_itemsets_free(ctx, out);
    }
    return status;
}

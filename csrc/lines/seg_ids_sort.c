#include "seg_ids_sort.h"

#include <string.h>

#include "seg_arena.h"
#include "seg_sort.h"

/* Two words by code: what its id sorts by. */
typedef struct sort_words {
    uint64_t *hi, *lo; /* (count,), lo of texts only */
} sort_words;

/* Bytes of a and b in order: negative, zero, positive. */
static int
compare_texts(seg_text a, seg_text b)
{
    int order = memcmp(a.data, b.data, (size_t)seg_min(a.length, b.length));
    return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}

/* A call of seg_ids_sort, and how many texts it has merged. */
typedef struct merging {
    const seg_context *ctx;
    const seg_ids_table *table;
    int32_t *work; /* (table->count,) */
    seg_len merged;
} merging;

/* Merges order [start, middle) and [middle, end) into the same places of work. */
static seg_status
merge_two(merging *m, const int32_t *order, seg_len start, seg_len middle, seg_len end)
{
    seg_status status = SEG_OK;
    seg_len a = start, b = middle;
    for (seg_len k = start; k < end && status == SEG_OK; k++) {
        int left = b >= end;
        if (!left && a < middle) {
            left = compare_texts(seg_ids_long_text(seg_ids_entry_of(m->table, order[a])),
                                 seg_ids_long_text(seg_ids_entry_of(m->table, order[b]))) <= 0;
        }
        m->work[k] = left ? order[a++] : order[b++];
        status = ++m->merged % SEG_STRIDE == 0 ? seg_poll(m->ctx, 0.0) : SEG_OK;
    }
    return status;
}

/* Sorts n codes of long texts: merges runs of doubling length. */
static seg_status
merge_long(merging *m, seg_len n, int32_t *order)
{
    seg_status status = SEG_OK;
    for (seg_len width = 1; width < n && status == SEG_OK; width *= 2) {
        for (seg_len start = 0; start < n && status == SEG_OK; start += 2 * width) {
            status = merge_two(m, order, start, seg_min(start + width, n),
                               seg_min(start + 2 * width, n));
        }
        memcpy(order, m->work, (size_t)n * sizeof *order);
    }
    return status;
}

/* The words of an id: the signed number, or the first 11 bytes and then the length, for which all
 * long texts count as 12. */
static void
set_words(const seg_ids_entry *entry, int32_t code, int ints, sort_words words)
{
    uint64_t hi = ints ? seg_sort_key((int64_t)entry->is.hi) : entry->is.hi, lo = entry->lo;
    if (!ints && seg_key_is_long(entry->lo)) {
        hi = 0;
        lo = SEG_KEY_SHORT + 2;
        for (int i = 0; i < SEG_KEY_SHORT; i++) {
            uint64_t byte = (unsigned char)entry->is.text[i];
            hi |= i < 8 ? byte << (56 - 8 * i) : 0;
            lo |= i < 8 ? 0 : byte << (24 - 8 * (i - 8));
        }
    }
    words.hi[code] = hi;
    if (!ints) {
        words.lo[code] = lo;
    }
}

/* Merges every run of long texts that the words do not tell apart. */
static seg_status
settle_runs(const seg_context *ctx, const seg_ids_table *table, sort_words words, int32_t *order)
{
    seg_len n = table->count;
    merging m = {.ctx = ctx, .table = table, .work = seg_block_new(ctx, n, sizeof *m.work)};
    seg_status status = m.work != NULL ? SEG_OK : SEG_ERR_NOMEM;
    for (seg_len start = 0, k = 1; k <= n && status == SEG_OK; k++) {
        if (k == n || words.hi[order[k]] != words.hi[order[start]] ||
            words.lo[order[k]] != words.lo[order[start]]) {
            status = merge_long(&m, k - start, order + start);
            start = k;
        }
        status = status == SEG_OK ? seg_poll_at(ctx, k, n) : status;
    }
    seg_block_free(ctx, m.work);
    return status;
}

/* The words of every id, and the codes in their own order to start from. */
static seg_status
start_sort(
    const seg_context *ctx, const seg_ids_table *table, int ints, sort_words words, int32_t *order)
{
    seg_status status = SEG_OK;
    for (int32_t code = 0; code < table->count && status == SEG_OK; code++) {
        set_words(seg_ids_entry_of(table, code), code, ints, words);
        order[code] = code;
        status = seg_poll_at(ctx, code, table->count);
    }
    return status;
}

seg_status
seg_ids_sort(const seg_context *ctx, const seg_ids_table *table, int ints, int32_t *order)
{
    seg_arena arena = {0};
    seg_len n = table->count;
    seg_phase phase;
    sort_words words = {.hi = seg_arena_array(ctx, &arena, n, sizeof *words.hi),
                        .lo = seg_arena_array(ctx, &arena, ints ? 0 : n, sizeof *words.lo)};
    seg_status status = SEG_ERR_NOMEM;
    if (words.hi != NULL && words.lo != NULL) {
        status = start_sort(seg_phase_of(&phase, ctx, 0.0, 0.0), table, ints, words, order);
    }
    if (status == SEG_OK && !ints) {
        status = seg_sort_order(seg_phase_of(&phase, ctx, 0.0, 0.25), n, words.lo, order);
    }
    if (status == SEG_OK) {
        status = seg_sort_order(seg_phase_of(&phase, ctx, 0.25, 0.5), n, words.hi, order);
    }
    if (status == SEG_OK && !ints) {
        status = settle_runs(seg_phase_of(&phase, ctx, 0.5, 1.0), table, words, order);
    }
    seg_arena_free(ctx, &arena);
    return status;
}

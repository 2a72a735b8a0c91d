#include "seg_ids_sort.h"

#include "seg_arena.h"
#include "seg_sort.h"

/* Two words by code: what its id sorts by. */
typedef struct sort_words {
    uint64_t *hi, *lo; /* (count,) */
} sort_words;

/* Bytes of a and b in order: negative, zero, positive. */
static int
compare_texts(seg_text a, seg_text b)
{
    int order = memcmp(a.data, b.data, (size_t)seg_min(a.length, b.length));
    return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}

/* Sorts codes of long texts: merges runs of doubling length. */
static void
merge_long(const seg_ids_table *table, seg_len n, int32_t *order, int32_t *work)
{
    for (seg_len width = 1; width < n; width *= 2) {
        for (seg_len start = 0; start < n; start += 2 * width) {
            seg_len a = start, middle = seg_min(start + width, n), b = middle;
            seg_len end = seg_min(start + 2 * width, n);
            for (seg_len k = start; k < end; k++) {
                int left = b >= end;
                if (!left && a < middle) {
                    left = compare_texts(seg_ids_long_text(table, order[a]),
                                         seg_ids_long_text(table, order[b])) <= 0;
                }
                work[k] = left ? order[a++] : order[b++];
            }
        }
        memcpy(order, work, (size_t)n * sizeof *order);
    }
}

/* The words of a slot's id: the signed number, or the first 11 bytes and then the length, for which
 * all long texts count as 12. */
static void
set_words(const seg_ids_table *table, seg_ids_slot slot, int ints, sort_words words)
{
    uint64_t hi = ints ? seg_sort_key((int64_t)slot.hi) : slot.hi, lo = ints ? 0 : slot.lo;
    if ((slot.lo & 0xFF) == SEG_KEY_LONG) {
        const char *text = seg_ids_long_text(table, slot.code).data;
        hi = 0;
        lo = SEG_KEY_SHORT + 2;
        for (int i = 0; i < SEG_KEY_SHORT; i++) {
            uint64_t byte = (unsigned char)text[i];
            hi |= i < 8 ? byte << (56 - 8 * i) : 0;
            lo |= i < 8 ? 0 : byte << (24 - 8 * (i - 8));
        }
    }
    words.hi[slot.code] = hi;
    words.lo[slot.code] = lo;
}

/* Merges every run of long texts that the words do not tell apart. */
static void
settle_runs(const seg_ids_table *table, sort_words words, int32_t *order, int32_t *work)
{
    for (seg_len start = 0, end; start < table->count; start = end) {
        uint64_t hi = words.hi[order[start]], lo = words.lo[order[start]];
        end = start + 1;
        while (end < table->count && words.hi[order[end]] == hi && words.lo[order[end]] == lo) {
            end++;
        }
        merge_long(table, end - start, order + start, work);
    }
}

seg_status
seg_ids_sort(const seg_context *ctx, const seg_ids_table *table, int ints, int32_t *order)
{
    seg_arena arena = {0};
    seg_len n = table->count;
    sort_words words = {.hi = seg_arena_array(ctx, &arena, n, sizeof *words.hi),
                        .lo = seg_arena_array(ctx, &arena, n, sizeof *words.lo)};
    int32_t *work = seg_arena_array(ctx, &arena, n, sizeof *work);
    seg_status status = SEG_ERR_NOMEM;
    if (words.hi != NULL && words.lo != NULL && work != NULL) {
        for (seg_len i = 0; i < table->capacity; i++) {
            if (table->slots[i].code >= 0) {
                set_words(table, table->slots[i], ints, words);
            }
        }
        for (seg_len i = 0; i < n; i++) {
            order[i] = (int32_t)i;
        }
        status = ints ? SEG_OK : seg_sort_order(ctx, n, words.lo, order);
    }
    if (status == SEG_OK) {
        status = seg_sort_order(ctx, n, words.hi, order);
    }
    if (status == SEG_OK && !ints) {
        settle_runs(table, words, order, work);
    }
    seg_arena_free(ctx, &arena);
    return status;
}

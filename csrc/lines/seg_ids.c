#include "seg_ids.h"

#include <string.h>

#include "seg_arena.h"
#include "seg_ids_isa.h"
#include "seg_sort.h"

/* A range of ids of at most SPREAD n is ranked in a bit set: 16 bytes for 64 ids. */
enum { SPREAD = 16, FIRST_CAPACITY = 4096, BLOCK = SEG_TEXTS_BLOCK };

struct seg_ids {
    seg_len count;
    int64_t *values;
};

static const seg_ids_ops *
ops_of(const seg_context *ctx)
{
    switch (ctx->level) {
#ifdef SEG_HAVE_V4
    case SEG_LEVEL_V4:
        return &seg_ids_ops_v4;
#endif
#ifdef SEG_HAVE_V3
    case SEG_LEVEL_V3:
        return &seg_ids_ops_v3;
#endif
    default:
        return &seg_ids_ops_base;
    }
}

seg_len
seg_ids_count(const seg_ids *ids)
{
    return ids->count;
}

void
seg_ids_values(const seg_ids *ids, int64_t *values)
{
    if (ids->count > 0) {
        memcpy(values, ids->values, (size_t)ids->count * sizeof *values);
    }
}

void
seg_ids_free(const seg_context *ctx, seg_ids *ids)
{
    if (ids != NULL) {
        seg_block_free(ctx, ids->values);
        seg_block_free(ctx, ids);
    }
}

/* Room for `count` ids. */
static seg_ids *
ids_new(const seg_context *ctx, seg_len count)
{
    seg_ids *ids = seg_block_new(ctx, 1, sizeof *ids);
    if (ids != NULL) {
        *ids = (seg_ids){.count = count, .values = seg_block_new(ctx, count, sizeof *ids->values)};
        if (ids->values == NULL) {
            seg_ids_free(ctx, ids);
            ids = NULL;
        }
    }
    return ids;
}

/* ---- ids of a narrow range: ranks in a bit set ---- */

/* Counts the ids before each word and lists them; *out stays NULL if there is no memory. */
static seg_status
list_words(
    const seg_context *ctx, seg_len n_words, seg_ids_word *words, int64_t least, seg_ids **out)
{
    int64_t count = 0;
    for (seg_len w = 0; w < n_words; w++) {
        words[w].before = count;
        for (uint64_t bits = words[w].bits; bits != 0; bits &= bits - 1) {
            count++;
        }
    }
    if (count >= INT32_MAX) {
        return SEG_ERR_TOO_MANY;
    }
    seg_ids *ids = ids_new(ctx, (seg_len)count);
    if (ids == NULL) {
        return SEG_ERR_NOMEM;
    }
    for (seg_len w = 0, k = 0; w < n_words; w++) {
        for (int bit = 0; bit < 64 && words[w].bits >> bit != 0; bit++) {
            if (words[w].bits >> bit & 1) {
                ids->values[k++] = (int64_t)((uint64_t)least + (uint64_t)w * 64 + (uint64_t)bit);
            }
        }
    }
    *out = ids;
    return SEG_OK;
}

static seg_status
rank_range(const seg_context *ctx,
           seg_len n,
           const int64_t *ids,
           const uint8_t *missing,
           int64_t least,
           uint64_t spread,
           int32_t *codes,
           seg_ids **out)
{
    const seg_ids_ops *ops = ops_of(ctx);
    seg_len n_words = (seg_len)(spread / 64) + 1;
    seg_ids_word *words = seg_block_filled(ctx, n_words, sizeof *words, 0);
    seg_status status = words != NULL ? SEG_OK : SEG_ERR_NOMEM;
    for (seg_len at = 0; at < n && status == SEG_OK; at += SEG_STRIDE) {
        seg_len m = seg_min(SEG_STRIDE, n - at);
        ops->mark(m, ids + at, missing ? missing + at : NULL, least, spread, words);
        status = seg_poll(ctx, 0.5 * (double)at / (double)n);
    }
    if (status == SEG_OK) {
        status = list_words(ctx, n_words, words, least, out);
    }
    for (seg_len at = 0; at < n && status == SEG_OK; at += SEG_STRIDE) {
        seg_len m = seg_min(SEG_STRIDE, n - at);
        ops->rank(m, ids + at, missing ? missing + at : NULL, least, spread, words, codes + at);
        status = seg_poll(ctx, 0.5 + 0.5 * (double)at / (double)n);
    }
    if (status != SEG_OK) {
        seg_ids_free(ctx, *out);
        *out = NULL;
    }
    seg_block_free(ctx, words);
    return status;
}

/* ---- any ids: a hash table ---- */

static void
table_free(const seg_context *ctx, seg_ids_table *table)
{
    seg_block_free(ctx, table->slots);
    seg_block_free(ctx, table->values);
    seg_block_free(ctx, table->pool);
}

/* Makes the slots half as many again (or as many as the first time) and moves the ids over. */
static seg_status
table_grow(const seg_context *ctx, seg_ids_table *table)
{
    seg_len capacity = table->capacity ? table->capacity + table->capacity / 2 : FIRST_CAPACITY;
    seg_ids_table next = *table;
    next.capacity = capacity;
    next.limit = capacity - capacity / 8;
    next.slots = seg_block_filled(ctx, capacity, sizeof *next.slots, 0xFF);
    next.values = seg_block_new(ctx, next.limit, sizeof *next.values);
    if (next.slots == NULL || next.values == NULL) {
        seg_block_free(ctx, next.slots);
        seg_block_free(ctx, next.values);
        return SEG_ERR_NOMEM;
    }
    if (table->count > 0) {
        memcpy(next.values, table->values, (size_t)table->count * sizeof *next.values);
    }
    for (seg_len i = 0; i < table->capacity; i++) {
        if (table->slots[i].code >= 0) {
            ops_of(ctx)->put(&next, table->slots[i].key, table->slots[i].code);
        }
    }
    seg_block_free(ctx, table->slots);
    seg_block_free(ctx, table->values);
    *table = next;
    return SEG_OK;
}

/* Makes room for `extra` more bytes of long texts. */
static seg_status
pool_grow(const seg_context *ctx, seg_ids_table *table, seg_len extra)
{
    if (table->pool_size + extra <= table->pool_room) {
        return SEG_OK;
    }
    seg_len room = table->pool_room + table->pool_room / 2 + extra;
    char *pool = seg_block_new(ctx, room, 1);
    if (pool == NULL) {
        return SEG_ERR_NOMEM;
    }
    if (table->pool_size > 0) {
        memcpy(pool, table->pool, (size_t)table->pool_size);
    }
    seg_block_free(ctx, table->pool);
    table->pool = pool;
    table->pool_room = room;
    return SEG_OK;
}

/* Codes of one block of keys. */
static seg_status
table_block(const seg_context *ctx,
            seg_ids_table *table,
            seg_len m,
            const seg_key *keys,
            const seg_text *texts,
            seg_len row,
            int32_t *codes)
{
    while (table->count + m > table->limit) {
        seg_status status = table_grow(ctx, table);
        if (status != SEG_OK) {
            return status;
        }
    }
    ops_of(ctx)->probe(table, m, keys, texts, row, codes);
    return table->count >= INT32_MAX - BLOCK ? SEG_ERR_TOO_MANY : SEG_OK;
}

/* Bytes of a and b in order: negative, zero, positive. */
static int
compare_texts(seg_text a, seg_text b)
{
    int order = memcmp(a.data, b.data, (size_t)seg_min(a.length, b.length));
    return order != 0 ? order : (a.length > b.length) - (a.length < b.length);
}

/* Sorts codes of long texts that share their first 15 bytes: merges runs of doubling length. */
static void
merge_long(
    const seg_ids_table *table, const seg_key *keys, seg_len n, int32_t *order, int32_t *work)
{
    for (seg_len width = 1; width < n; width *= 2) {
        for (seg_len start = 0; start < n; start += 2 * width) {
            seg_len a = start, middle = seg_min(start + width, n), b = middle;
            seg_len end = seg_min(start + 2 * width, n);
            for (seg_len k = start; k < end; k++) {
                int left = b >= end;
                if (!left && a < middle) {
                    left = compare_texts(seg_ids_long_text(table, keys[order[a]]),
                                         seg_ids_long_text(table, keys[order[b]])) <= 0;
                }
                work[k] = left ? order[a++] : order[b++];
            }
        }
        memcpy(order, work, (size_t)n * sizeof *order);
    }
}

/* What a key sorts by: signed ids, or the first 15 bytes and the length (16 and more count as 16).
 */
static seg_key
sort_key(const seg_ids_table *table, seg_key key, int ints)
{
    if (ints) {
        return (seg_key){.hi = seg_sort_key((int64_t)key.hi), .lo = 0};
    }
    if ((key.lo & 0xFF) != SEG_KEY_LONG) {
        return key;
    }
    const unsigned char *p = (const unsigned char *)seg_ids_long_text(table, key).data;
    seg_key first = {.hi = 0, .lo = 0};
    for (int i = 0; i < 8; i++) {
        first.hi = first.hi << 8 | p[i];
        first.lo = first.lo << 8 | (i < 7 ? p[8 + i] : SEG_KEY_SHORT + 2);
    }
    return first;
}

/* order (count,): codes in ascending order of their ids. */
static seg_status
sort_codes(
    const seg_context *ctx, seg_arena *arena, const seg_ids_table *table, int ints, int32_t *order)
{
    seg_len n = table->count;
    uint64_t *word[2];
    seg_key *keys = seg_arena_array(ctx, arena, n, sizeof *keys);
    int32_t *work = seg_arena_array(ctx, arena, n, sizeof *work);
    word[0] = seg_arena_array(ctx, arena, n, sizeof *word[0]);
    word[1] = seg_arena_array(ctx, arena, n, sizeof *word[1]);
    if (keys == NULL || work == NULL || word[0] == NULL || word[1] == NULL) {
        return SEG_ERR_NOMEM;
    }
    for (seg_len i = 0; i < table->capacity; i++) {
        seg_ids_slot slot = table->slots[i];
        if (slot.code >= 0) {
            seg_key by = sort_key(table, slot.key, ints);
            keys[slot.code] = slot.key;
            word[0][slot.code] = by.hi;
            word[1][slot.code] = by.lo;
        }
    }
    for (seg_len i = 0; i < n; i++) {
        order[i] = (int32_t)i;
    }
    seg_status status = ints ? SEG_OK : seg_sort_order(ctx, n, word[1], order);
    if (status == SEG_OK) {
        status = seg_sort_order(ctx, n, word[0], order);
    }
    for (seg_len start = 0, end; status == SEG_OK && !ints && start < n; start = end) {
        for (end = start + 1; end < n && word[0][order[end]] == word[0][order[start]] &&
                              word[1][order[end]] == word[1][order[start]];
             end++) {
        }
        merge_long(table, keys, end - start, order + start, work);
    }
    return status;
}

/* Renumbers the codes so that they ascend with the ids, and the table's values with them. */
static seg_status
sort_table(const seg_context *ctx, seg_ids_table *table, int ints, seg_len n, int32_t *codes)
{
    seg_arena arena = {0};
    int32_t *order = seg_arena_array(ctx, &arena, table->count, sizeof *order);
    int32_t *place = seg_arena_array(ctx, &arena, table->count, sizeof *place);
    int64_t *values = seg_arena_array(ctx, &arena, table->count, sizeof *values);
    seg_status status = SEG_ERR_NOMEM;
    if (order != NULL && place != NULL && values != NULL) {
        status = sort_codes(ctx, &arena, table, ints, order);
    }
    if (status == SEG_OK) {
        for (seg_len k = 0; k < table->count; k++) {
            place[order[k]] = (int32_t)k;
            values[k] = table->values[order[k]];
        }
        for (seg_len i = 0; i < n; i++) {
            codes[i] = codes[i] < 0 ? -1 : place[codes[i]];
        }
        if (table->count > 0) {
            memcpy(table->values, values, (size_t)table->count * sizeof *values);
        }
    }
    seg_arena_free(ctx, &arena);
    return status;
}

/* The end of both ways through the table: sort if asked, hand the values out, free the rest. */
static seg_status
table_finish(const seg_context *ctx,
             seg_ids_table *table,
             int ints,
             int sorted,
             seg_len n,
             int32_t *codes,
             seg_status status,
             seg_ids **out)
{
    if (status == SEG_OK && sorted) {
        status = sort_table(ctx, table, ints, n, codes);
    }
    if (status == SEG_OK) {
        *out = ids_new(ctx, table->count);
        status = *out != NULL ? SEG_OK : SEG_ERR_NOMEM;
    }
    if (status == SEG_OK && table->count > 0) {
        memcpy((*out)->values, table->values, (size_t)table->count * sizeof(int64_t));
    }
    table_free(ctx, table);
    return status;
}

static seg_status
hash_ints(const seg_context *ctx,
          seg_len n,
          const int64_t *ids,
          const uint8_t *missing,
          int sorted,
          int32_t *codes,
          seg_ids **out)
{
    seg_ids_table table = {0};
    seg_key keys[BLOCK];
    seg_status status = SEG_OK;
    for (seg_len at = 0; at < n && status == SEG_OK; at += BLOCK) {
        seg_len m = seg_min(BLOCK, n - at);
        for (seg_len i = 0; i < m; i++) {
            int gone = missing != NULL && missing[at + i];
            keys[i] = (seg_key){.hi = gone ? 0 : (uint64_t)ids[at + i], .lo = !gone};
        }
        status = table_block(ctx, &table, m, keys, NULL, at, codes + at);
        if (status == SEG_OK && at % SEG_STRIDE == 0) {
            status = seg_poll(ctx, (double)at / (double)n);
        }
    }
    return table_finish(ctx, &table, 1, sorted, n, codes, status, out);
}

seg_status
seg_ids_of_ints(const seg_context *ctx,
                seg_len n,
                const int64_t *ids,
                const uint8_t *missing,
                int sorted,
                int32_t *codes,
                seg_ids **out)
{
    int64_t least = 0, greatest = 0;
    *out = NULL;
    ops_of(ctx)->range(n, ids, missing, &least, &greatest);
    if (least > greatest) { /* nothing but missing ids */
        least = greatest = 0;
    }
    uint64_t spread = (uint64_t)greatest - (uint64_t)least;
    if (spread / SPREAD <= (uint64_t)n) {
        return rank_range(ctx, n, ids, missing, least, spread, codes, out);
    }
    return hash_ints(ctx, n, ids, missing, sorted, codes, out);
}

seg_status
seg_ids_of_texts(
    const seg_context *ctx, const seg_texts *texts, int sorted, int32_t *codes, seg_ids **out)
{
    seg_ids_table table = {0};
    seg_text lent[BLOCK];
    seg_key keys[BLOCK];
    seg_len n = texts->n;
    seg_status status = SEG_OK;
    *out = NULL;
    for (seg_len at = 0; at < n && status == SEG_OK; at += BLOCK) {
        seg_len m = seg_min(BLOCK, n - at);
        status = texts->lend(texts->user, at, m, lent);
        if (status == SEG_OK) {
            status = pool_grow(ctx, &table, ops_of(ctx)->pack(m, lent, keys));
        }
        if (status == SEG_OK) {
            status = table_block(ctx, &table, m, keys, lent, at, codes + at);
        }
        if (status == SEG_OK && at % SEG_STRIDE == 0) {
            status = seg_poll(ctx, (double)at / (double)n);
        }
    }
    return table_finish(ctx, &table, 0, sorted, n, codes, status, out);
}

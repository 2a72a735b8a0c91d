#include "seg_ids.h"

#include <string.h>

#include "seg_arena.h"
#include "seg_ids_isa.h"
#include "seg_ids_sort.h"

/* A range of ids of at most SPREAD n is ranked in a bit set: 16 bytes for 64 ids. */
enum { SPREAD = 16, FIRST_CAPACITY = 4096, BLOCK = SEG_TEXTS_BLOCK };

/* Units of a pool or of its places that move between two polls. */
enum { COPIED = 1 << 20 };

/* A block more than this would not fit int32 codes. */
enum { MOST_IDS = INT32_MAX - BLOCK };

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

/* Counts the ids before each word and lists them; the caller frees *out on failure. */
static seg_status
list_words(
    const seg_context *ctx, seg_len n_words, seg_ids_word *words, int64_t least, seg_ids **out)
{
    seg_status status = SEG_OK;
    int64_t count = 0;
    for (seg_len w = 0; w < n_words && status == SEG_OK; w++) {
        words[w].before = count;
        for (uint64_t bits = words[w].bits; bits != 0; bits &= bits - 1) {
            count++;
        }
        status = seg_poll_at(ctx, w, n_words);
    }
    if (status != SEG_OK || count >= MOST_IDS) {
        return status != SEG_OK ? status : SEG_ERR_TOO_MANY;
    }
    seg_ids *ids = ids_new(ctx, (seg_len)count);
    if (ids == NULL) {
        return SEG_ERR_NOMEM;
    }
    for (seg_len w = 0, k = 0; w < n_words && status == SEG_OK; w++) {
        for (int bit = 0; bit < 64 && words[w].bits >> bit != 0; bit++) {
            if (words[w].bits >> bit & 1) {
                ids->values[k++] = (int64_t)((uint64_t)least + (uint64_t)w * 64 + (uint64_t)bit);
            }
        }
        status = seg_poll_at(ctx, w, n_words);
    }
    *out = ids;
    return status;
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
    seg_ids_word *words = seg_block_new(ctx, n_words, sizeof *words);
    seg_phase still;
    seg_status status = SEG_ERR_NOMEM;
    if (words != NULL) {
        status =
            seg_block_fill(seg_phase_of(&still, ctx, 0.0, 0.0), words, n_words, sizeof *words, 0);
    }
    for (seg_len at = 0; at < n && status == SEG_OK; at += SEG_STRIDE) {
        seg_len m = seg_min(SEG_STRIDE, n - at);
        ops->mark(m, ids + at, missing ? missing + at : NULL, least, spread, words);
        status = seg_poll(ctx, 0.5 * (double)at / (double)n);
    }
    if (status == SEG_OK) {
        status = list_words(seg_phase_of(&still, ctx, 0.5, 0.5), n_words, words, least, out);
    }
    for (seg_len at = 0; at < n && status == SEG_OK; at += SEG_STRIDE) {
        seg_len m = seg_min(SEG_STRIDE, n - at);
        ops->rank(m, ids + at, missing ? missing + at : NULL, least, spread, words,
                  (int32_t)(*out)->count, codes + at);
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
    seg_block_free(ctx, table->pool);
    seg_block_free(ctx, table->where);
}

/* Makes the slots twice as many (or as many as the first time) and moves the ids over. Five eighths
 * may be taken: few probes, and 77 bytes an id while old and new slots both stand. */
static seg_status
table_grow(const seg_context *ctx, seg_ids_table *table)
{
    seg_ids_table next = *table;
    next.capacity = table->capacity ? 2 * table->capacity : FIRST_CAPACITY;
    next.limit = next.capacity / 8 * 5;
    next.slots = seg_block_new(ctx, next.capacity, sizeof *next.slots);
    if (next.slots == NULL) {
        return SEG_ERR_NOMEM;
    }
    seg_phase still;
    ctx = seg_phase_of(&still, ctx, 0.0, 0.0);
    seg_status status = seg_block_fill(ctx, next.slots, next.capacity, sizeof *next.slots, 0xFF);
    for (seg_len at = 0; at < table->capacity && status == SEG_OK; at += SEG_STRIDE) {
        ops_of(ctx)->move(table, at, seg_min(at + SEG_STRIDE, table->capacity), &next);
        status = seg_poll(ctx, 0.0);
    }
    if (status != SEG_OK) {
        seg_block_free(ctx, next.slots);
        return status;
    }
    seg_block_free(ctx, table->slots);
    *table = next;
    return SEG_OK;
}

/* A block of at least `room` units of `unit` bytes in place of one of `*had`, its first `size`
 * units kept. */
static seg_status
widen(const seg_context *ctx, void **block, seg_len *had, seg_len size, seg_len room, seg_len unit)
{
    if (room <= *had) {
        return SEG_OK;
    }
    seg_len more = room + room / 2;
    void *next = seg_block_new(ctx, more, unit);
    if (next == NULL) {
        return SEG_ERR_NOMEM;
    }
    seg_status status = SEG_OK;
    for (seg_len at = 0, m; at < size && status == SEG_OK; at += m) {
        m = seg_min(COPIED, size - at);
        memcpy((char *)next + at * unit, (const char *)*block + at * unit, (size_t)(m * unit));
        status = seg_poll(ctx, 0.0);
    }
    if (status != SEG_OK) {
        seg_block_free(ctx, next);
        return status;
    }
    seg_block_free(ctx, *block);
    *block = next;
    *had = more;
    return SEG_OK;
}

/* Makes room for `bytes` more of long texts and for the codes of a block. */
static seg_status
pool_grow(const seg_context *ctx, seg_ids_table *table, seg_len bytes, seg_len m)
{
    void *pool = table->pool, *where = table->where;
    seg_len kept = seg_min(table->where_room, table->count);
    seg_status status = SEG_OK;
    if (bytes > 0) {
        status =
            widen(ctx, &pool, &table->pool_room, table->pool_size, table->pool_size + bytes, 1);
        table->pool = pool;
    }
    if (bytes > 0 && status == SEG_OK) {
        status = widen(ctx, &where, &table->where_room, kept, table->count + m,
                       (seg_len)sizeof(int64_t));
        table->where = where;
    }
    return status;
}

/* Codes of one block of keys. */
static seg_status
table_block(const seg_context *ctx,
            seg_ids_table *table,
            seg_len m,
            const seg_key *keys,
            const seg_text *texts,
            int32_t *codes)
{
    while (table->count + m > table->limit) {
        seg_status status = table_grow(ctx, table);
        if (status != SEG_OK) {
            return status;
        }
    }
    ops_of(ctx)->probe(table, m, keys, texts, codes);
    return table->count >= MOST_IDS ? SEG_ERR_TOO_MANY : SEG_OK;
}

/* The row where each code appears first. Codes count up as their ids appear, so one look at each
 * row is enough. */
static seg_status
first_rows(const seg_context *ctx, seg_len n, const int32_t *codes, int64_t *rows)
{
    seg_status status = SEG_OK;
    seg_len next = 0;
    for (seg_len i = 0; i < n && status == SEG_OK; i++) {
        if (codes[i] == next) {
            rows[next++] = i;
        }
        status = seg_poll_at(ctx, i, n);
    }
    return status;
}

/* Renumbers the codes so that they ascend with the ids, and the rows with them. */
static seg_status
sort_codes(const seg_context *ctx,
           const seg_ids_table *table,
           int ints,
           seg_len n,
           int32_t *codes,
           int64_t *rows)
{
    seg_phase phase;
    seg_arena arena = {0};
    seg_len count = table->count;
    int32_t *order = seg_arena_array(ctx, &arena, count, sizeof *order);
    seg_status status = SEG_ERR_NOMEM;
    if (order != NULL) {
        status = seg_ids_sort(seg_phase_of(&phase, ctx, 0.0, 0.75), table, ints, order);
    }
    /* what the sort took is free again */
    int32_t *place = NULL;
    int64_t *before = NULL;
    if (status == SEG_OK) {
        place = seg_arena_array(ctx, &arena, count, sizeof *place);
        before = seg_arena_array(ctx, &arena, count, sizeof *before);
        status = place != NULL && before != NULL ? SEG_OK : SEG_ERR_NOMEM;
    }
    const seg_context *rest = seg_phase_of(&phase, ctx, 0.75, 0.875);
    for (seg_len k = 0; k < count && status == SEG_OK; k++) {
        place[order[k]] = (int32_t)k;
        before[k] = rows[order[k]];
        status = seg_poll_at(rest, k, count);
    }
    if (status == SEG_OK && count > 0) {
        memcpy(rows, before, (size_t)count * sizeof *rows);
    }
    rest = seg_phase_of(&phase, ctx, 0.875, 1.0);
    for (seg_len i = 0; i < n && status == SEG_OK; i++) {
        codes[i] = codes[i] < 0 ? -1 : place[codes[i]];
        status = seg_poll_at(rest, i, n);
    }
    seg_arena_free(ctx, &arena);
    return status;
}

/* The end of both ways through the table: rows of the codes, sorted if asked. */
static seg_status
table_finish(const seg_context *ctx,
             const seg_ids_table *table,
             int ints,
             int sorted,
             seg_len n,
             int32_t *codes,
             seg_ids **out)
{
    seg_ids *ids = ids_new(ctx, table->count);
    if (ids == NULL) {
        return SEG_ERR_NOMEM;
    }
    seg_phase phase;
    seg_status status = first_rows(seg_phase_of(&phase, ctx, 0.0, 0.125), n, codes, ids->values);
    if (status == SEG_OK && sorted) {
        const seg_context *rest = seg_phase_of(&phase, ctx, 0.125, 1.0);
        status = sort_codes(rest, table, ints, n, codes, ids->values);
    }
    if (status == SEG_OK) {
        *out = ids;
    } else {
        seg_ids_free(ctx, ids);
    }
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
    seg_phase phase;
    const seg_context *step = seg_phase_of(&phase, ctx, 0.0, sorted ? 0.5 : 0.875);
    seg_status status = SEG_OK;
    for (seg_len at = 0; at < n && status == SEG_OK; at += BLOCK) {
        seg_len m = seg_min(BLOCK, n - at);
        for (seg_len i = 0; i < m; i++) {
            int gone = missing != NULL && missing[at + i];
            keys[i] = (seg_key){.hi = gone ? 0 : (uint64_t)ids[at + i], .lo = !gone};
        }
        status = table_block(step, &table, m, keys, NULL, codes + at);
        status = status == SEG_OK ? seg_poll_at(step, at, n) : status;
    }
    step = seg_phase_of(&phase, ctx, sorted ? 0.5 : 0.875, 1.0);
    if (status == SEG_OK) {
        status = table_finish(step, &table, 1, sorted, n, codes, out);
    }
    step = seg_phase_of(&phase, ctx, 1.0, 1.0);
    for (seg_len k = 0; status == SEG_OK && k < (*out)->count; k++) {
        (*out)->values[k] = ids[(*out)->values[k]];
        status = seg_poll_at(step, k, n);
    }
    if (status != SEG_OK) {
        seg_ids_free(ctx, *out);
        *out = NULL;
    }
    table_free(ctx, &table);
    return status;
}

/* Least and greatest id that is not missing; *least > *greatest if there is none. */
static seg_status
range_of(const seg_context *ctx,
         seg_len n,
         const int64_t *ids,
         const uint8_t *missing,
         int64_t *least,
         int64_t *greatest)
{
    seg_status status = SEG_OK;
    seg_phase still;
    ctx = seg_phase_of(&still, ctx, 0.0, 0.0);
    *least = INT64_MAX;
    *greatest = INT64_MIN;
    for (seg_len at = 0; at < n && status == SEG_OK; at += SEG_STRIDE) {
        int64_t low, high;
        ops_of(ctx)->range(seg_min(SEG_STRIDE, n - at), ids + at, missing ? missing + at : NULL,
                           &low, &high);
        *least = low < *least ? low : *least;
        *greatest = high > *greatest ? high : *greatest;
        status = seg_poll(ctx, 0.0);
    }
    return status;
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
    int64_t least, greatest;
    *out = NULL;
    seg_status status = range_of(ctx, n, ids, missing, &least, &greatest);
    if (status != SEG_OK) {
        return status;
    }
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
    seg_phase phase;
    const seg_context *step = seg_phase_of(&phase, ctx, 0.0, sorted ? 0.5 : 0.875);
    seg_status status = SEG_OK;
    *out = NULL;
    for (seg_len at = 0; at < n && status == SEG_OK; at += BLOCK) {
        seg_len m = seg_min(BLOCK, n - at);
        status = texts->lend(texts->user, at, m, lent);
        if (status == SEG_OK) {
            status = pool_grow(step, &table, ops_of(ctx)->pack(m, lent, keys), m);
        }
        if (status == SEG_OK) {
            status = table_block(step, &table, m, keys, lent, codes + at);
        }
        status = status == SEG_OK ? seg_poll_at(step, at, n) : status;
    }
    if (status == SEG_OK) {
        step = seg_phase_of(&phase, ctx, sorted ? 0.5 : 0.875, 1.0);
        status = table_finish(step, &table, 0, sorted, n, codes, out);
    }
    table_free(ctx, &table);
    return status;
}

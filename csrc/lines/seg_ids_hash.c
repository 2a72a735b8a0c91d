/* Codes of any ids: a hash table. */
#include "seg_ids_parts.h"

#include <string.h>

#include "seg_arena.h"
#include "seg_ids_sort.h"

enum { FIRST_CAPACITY = 4096, BLOCK = SEG_TEXTS_BLOCK };

/* Units of a pool or of its places that move between two polls. */
enum { COPIED = 1 << 20 };

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
        seg_ids_ops_of(ctx)->move(table, at, seg_min(at + SEG_STRIDE, table->capacity), &next);
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
    seg_ids_ops_of(ctx)->probe(table, m, keys, texts, codes);
    return table->count >= SEG_IDS_MOST ? SEG_ERR_TOO_MANY : SEG_OK;
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
    seg_ids *ids = seg_ids_new(ctx, table->count);
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

seg_status
seg_ids_hash_ints(const seg_context *ctx,
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

seg_status
seg_ids_hash_texts(
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
            status = pool_grow(step, &table, seg_ids_ops_of(ctx)->pack(m, lent, keys), m);
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

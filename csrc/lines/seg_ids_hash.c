/* Codes of any ids: a hash table. */
#include "seg_ids_parts.h"

#include <string.h>

#include "seg_arena.h"
#include "seg_ids_sort.h"

enum { FIRST_CAPACITY = 4096, BLOCK = SEG_TEXTS_BLOCK };

/* Bytes of a piece of the pool. */
enum { PIECE = 1 << 20 };

/* A table and what it stands on. */
typedef struct making {
    seg_ids_table table;
    seg_arena arena;      /* of entries and long texts */
    const char *pool_end; /* of the piece that table.pool is in */
} making;

static void
table_free(const seg_context *ctx, making *all)
{
    seg_block_free(ctx, all->table.slots);
    seg_arena_free(ctx, &all->arena);
}

/* Makes the slots twice as many, or as many as the first time, and moves the ids over. Three
 * quarters may be taken. */
static seg_status
grow_slots(const seg_context *ctx, seg_ids_table *table)
{
    seg_ids_table next = *table;
    next.capacity = table->capacity ? 2 * table->capacity : FIRST_CAPACITY;
    next.limit = next.capacity / 4 * 3;
    next.slots = seg_block_zeroed(ctx, next.capacity, sizeof *next.slots);
    if (next.slots == NULL) {
        return SEG_ERR_NOMEM;
    }
    seg_phase still;
    seg_status status = SEG_OK;
    ctx = seg_phase_of(&still, ctx, 0.0, 0.0);
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

/* Adds the next chunk of entries, as large as all before it and one. */
static seg_status
grow_entries(const seg_context *ctx, making *all)
{
    int c = 0;
    while (all->table.chunks[c] != NULL) {
        c++;
    }
    seg_len more = (seg_len)SEG_IDS_CHUNK << c;
    all->table.chunks[c] = seg_arena_array(ctx, &all->arena, more, sizeof **all->table.chunks);
    all->table.room += more;
    return all->table.chunks[c] != NULL ? SEG_OK : SEG_ERR_NOMEM;
}

/* Makes room for `bytes` more of long texts. */
static seg_status
grow_pool(const seg_context *ctx, making *all, seg_len bytes)
{
    char *pool = all->table.pool;
    if (pool == NULL || all->pool_end - pool < bytes) {
        seg_len room = bytes > PIECE ? bytes : PIECE;
        pool = seg_arena_array(ctx, &all->arena, room, 1);
        if (pool == NULL) {
            return SEG_ERR_NOMEM;
        }
        all->table.pool = pool;
        all->pool_end = pool + room;
    }
    return SEG_OK;
}

/* Codes of one block of keys; `texts` as for the probe. */
static seg_status
table_block(const seg_context *ctx,
            making *all,
            seg_len m,
            const seg_key *keys,
            const seg_text *texts,
            int32_t *codes)
{
    seg_ids_table *table = &all->table;
    seg_status status = SEG_OK;
    while (table->count + m > table->limit && status == SEG_OK) {
        status = grow_slots(ctx, table);
    }
    while (table->count + m > table->room && status == SEG_OK) {
        status = grow_entries(ctx, all);
    }
    if (status != SEG_OK) {
        return status;
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
    making all = {0};
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
        status = table_block(step, &all, m, keys, NULL, codes + at);
        status = status == SEG_OK ? seg_poll_at(step, at, n) : status;
    }
    step = seg_phase_of(&phase, ctx, sorted ? 0.5 : 0.875, 1.0);
    if (status == SEG_OK) {
        status = table_finish(step, &all.table, 1, sorted, n, codes, out);
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
    table_free(ctx, &all);
    return status;
}

seg_status
seg_ids_hash_texts(
    const seg_context *ctx, const seg_texts *texts, int sorted, int32_t *codes, seg_ids **out)
{
    making all = {0};
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
        seg_len bytes = 0;
        if (status == SEG_OK) {
            bytes = seg_ids_ops_of(ctx)->pack(m, lent, keys);
        }
        if (bytes > 0 && !texts->stay) {
            status = grow_pool(step, &all, bytes);
        }
        if (status == SEG_OK) {
            status = table_block(step, &all, m, keys, bytes > 0 ? lent : NULL, codes + at);
        }
        status = status == SEG_OK ? seg_poll_at(step, at, n) : status;
    }
    if (status == SEG_OK) {
        step = seg_phase_of(&phase, ctx, sorted ? 0.5 : 0.875, 1.0);
        status = table_finish(step, &all.table, 0, sorted, n, codes, out);
    }
    table_free(ctx, &all);
    return status;
}

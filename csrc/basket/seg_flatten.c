#include <string.h>

#include "seg_sets.h"

/* A set on its way to its place. */
typedef struct entry {
    uint32_t parent; /* slot, then place among those of its length, of the set without the item */
    uint32_t item, count, slot;
} entry;

/* Trees of all tasks while they are put in order. A node's slot is its number in its task and the
 * slots of the tasks before. */
typedef struct flattening {
    const seg_context *ctx;
    seg_len n_tasks, n_items, n_slots, n_chunks;
    const seg_itemsets_options *options;
    seg_sets *tasks;
    const seg_node **chunk; /* (n_chunks,)  all tasks' */
    int32_t *used;
    uint32_t *base;  /* (n_chunks,)  slots before the chunk's task */
    uint32_t *place; /* (n_slots,)   length, then place among the sets of its length */
    entry *entry;    /* (n,)         by length, in the order found, then in the answer's */
    entry *spare;    /* (most sets of a length,) */
    uint32_t *counter;
    int64_t n, kept; /* nodes in all, and those to be given */
    seg_len longest;
    int64_t *begins; /* (longest + 2,)  where each length begins in slot */
    seg_arena arena;
    seg_itemsets *out;
} flattening;

static inline const seg_node *
node_of(const flattening *f, uint32_t slot)
{
    return &f->chunk[slot / SEG_CHUNK][slot % SEG_CHUNK];
}

/* The slot of a node's parent: numbers of a task become slots. */
static inline uint32_t
parent_of(const flattening *f, uint32_t slot)
{
    return f->base[slot / SEG_CHUNK] + node_of(f, slot)->parent;
}

/* One list of all chunks. */
static seg_status
gather_chunks(flattening *f)
{
    for (seg_len t = 0; t < f->n_tasks; t++) {
        f->n_chunks += f->tasks[t].n_chunks;
        f->n += f->tasks[t].n;
    }
    f->n_slots = f->n_chunks * SEG_CHUNK;
    f->chunk = seg_arena_array(f->ctx, &f->arena, f->n_chunks, sizeof *f->chunk);
    f->used = seg_arena_array(f->ctx, &f->arena, f->n_chunks, sizeof *f->used);
    f->base = seg_arena_array(f->ctx, &f->arena, f->n_chunks, sizeof *f->base);
    f->place = seg_arena_array(f->ctx, &f->arena, f->n_slots, sizeof *f->place);
    if (f->n_slots >= UINT32_MAX || f->chunk == NULL || f->used == NULL || f->base == NULL ||
        f->place == NULL) {
        return SEG_ERR_NOMEM;
    }
    seg_len to = 0;
    for (seg_len t = 0; t < f->n_tasks; t++) {
        seg_len before = to;
        for (seg_len c = 0; c < f->tasks[t].n_chunks; c++, to++) {
            f->chunk[to] = f->tasks[t].chunk[c];
            f->used[to] = f->tasks[t].used[c];
            f->base[to] = (uint32_t)(before * SEG_CHUNK);
        }
    }
    return SEG_OK;
}

/* Whether one more set of this length would pass a limit. */
static int
passes_limit(flattening *f, seg_len length, int64_t *bytes)
{
    int asked = length >= f->options->min_len;
    *bytes += SEG_NODE_BYTES + asked * (SEG_SET_BYTES + SEG_ITEM_BYTES * (int64_t)length);
    if (*bytes > f->options->max_bytes) {
        f->out->full = 2;
    } else if (asked && f->kept == f->options->max_sets) {
        f->out->full = 1;
    } else {
        f->kept += asked;
    }
    return f->out->full;
}

/* The length of every node, and what passes a limit cut off. */
static seg_status
find_lengths(flattening *f)
{
    int64_t bytes = 0;
    f->n = 0;
    for (seg_len c = 0; c < f->n_chunks; c++) {
        seg_status status = seg_poll(f->ctx, (double)c / (double)(4 * f->n_chunks));
        if (status != SEG_OK) {
            return status;
        }
        for (int32_t i = 0; i < f->used[c]; i++) {
            uint32_t at = (uint32_t)(c * SEG_CHUNK + i), length = 1;
            if (f->chunk[c][i].parent != SEG_NO_NODE) {
                length = f->place[parent_of(f, at)] + 1;
            }
            if (passes_limit(f, length, &bytes)) {
                f->used[c] = i; /* here the answer ends */
                f->n_chunks = c + 1;
                return SEG_OK;
            }
            f->place[at] = length;
            f->longest = length > f->longest ? length : f->longest;
            f->n++;
        }
    }
    return SEG_OK;
}

/* Sets by length, in the order found. */
static seg_status
group_by_length(flattening *f)
{
    f->begins = seg_arena_array(f->ctx, &f->arena, f->longest + 2, sizeof *f->begins);
    f->entry = seg_arena_array(f->ctx, &f->arena, (seg_len)f->n, sizeof *f->entry);
    if (f->begins == NULL || f->entry == NULL) {
        return SEG_ERR_NOMEM;
    }
    memset(f->begins, 0, (size_t)(f->longest + 2) * sizeof *f->begins);
    for (seg_len c = 0; c < f->n_chunks; c++) {
        for (int32_t i = 0; i < f->used[c]; i++) {
            f->begins[f->place[c * SEG_CHUNK + i]]++;
        }
    }
    int64_t sum = 0;
    for (seg_len length = 0; length <= f->longest + 1; length++) {
        int64_t nodes = f->begins[length];
        f->begins[length] = sum;
        sum += nodes;
    }
    for (seg_len c = 0; c < f->n_chunks; c++) {
        seg_status status = seg_poll(f->ctx, 0.25);
        if (status != SEG_OK) {
            return status;
        }
        for (int32_t i = 0; i < f->used[c]; i++) {
            const seg_node *node = &f->chunk[c][i];
            uint32_t at = (uint32_t)(c * SEG_CHUNK + i);
            f->entry[f->begins[f->place[at]]++] =
                (entry){f->base[c] + node->parent, node->item, node->count, at};
        }
    }
    memmove(f->begins + 1, f->begins, (size_t)(f->longest + 1) * sizeof *f->begins);
    f->begins[0] = 0;
    for (seg_len t = 0; t < f->n_tasks && f->options->min_len == 1; t++) {
        seg_sets_free(f->ctx, &f->tasks[t]); /* nobody will climb */
    }
    return SEG_OK;
}

/* Starts of buckets from how many each holds; key k counted itself in counter[k]. */
static void
counts_to_starts(uint32_t *counter, seg_len n)
{
    uint32_t sum = 0;
    for (seg_len k = 0; k < n; k++) {
        uint32_t members = counter[k];
        counter[k] = sum;
        sum += members;
    }
}

/* Sorts the sets of one length: by the parent's place, then stably by the item in front. */
static seg_status
sort_length(flattening *f, seg_len length)
{
    seg_len n = (seg_len)(f->begins[length + 1] - f->begins[length]);
    seg_len parents = length > 1 ? (seg_len)(f->begins[length] - f->begins[length - 1]) : 1;
    entry *set = f->entry + f->begins[length];
    memset(f->counter, 0, (size_t)parents * sizeof *f->counter);
    for (seg_len i = 0; i < n; i++) {
        set[i].parent = length > 1 ? f->place[set[i].parent] : 0;
        f->counter[set[i].parent]++;
    }
    counts_to_starts(f->counter, parents);
    for (seg_len i = 0; i < n; i++) {
        f->spare[f->counter[set[i].parent]++] = set[i];
    }
    memset(f->counter, 0, (size_t)f->n_items * sizeof *f->counter);
    for (seg_len i = 0; i < n; i++) {
        f->counter[f->spare[i].item]++;
    }
    counts_to_starts(f->counter, f->n_items);
    for (seg_len i = 0; i < n; i++) {
        uint32_t to = f->counter[f->spare[i].item]++;
        set[to] = f->spare[i];
        f->place[set[to].slot] = to;
    }
    return seg_poll(f->ctx, 0.25 + 0.75 * (double)f->begins[length + 1] / (double)f->n);
}

/* Room for the answer, and a counter for every key. */
static seg_status
open_answer(flattening *f)
{
    seg_len most = 1, widest, total = 0, n = 0;
    for (seg_len length = 1; length <= f->longest; length++) {
        seg_len nodes = (seg_len)(f->begins[length + 1] - f->begins[length]), items;
        most = nodes > most ? nodes : most;
        if (length >= f->options->min_len) {
            if (!seg_mul_ok(nodes, length, &items) || total > PTRDIFF_MAX / 8 - items) {
                return SEG_ERR_NOMEM;
            }
            total += items;
            n += nodes;
        }
    }
    widest = most > f->n_items ? most : f->n_items;
    f->counter = seg_arena_array(f->ctx, &f->arena, widest, sizeof *f->counter);
    f->spare = seg_arena_array(f->ctx, &f->arena, most, sizeof *f->spare);
    f->out->n = n;
    f->out->total = total;
    f->out->indptr = seg_block_new(f->ctx, n + 1, sizeof *f->out->indptr);
    f->out->indices = seg_block_new(f->ctx, total, sizeof *f->out->indices);
    f->out->count = seg_block_new(f->ctx, n, sizeof *f->out->count);
    return f->counter == NULL || f->spare == NULL || f->out->indptr == NULL ||
                   f->out->indices == NULL || f->out->count == NULL
               ? SEG_ERR_NOMEM
               : SEG_OK;
}

/* The items of a set whose shorter ones are not in the answer: up the tree. */
static void
climb(const flattening *f, const entry *e, seg_len length, int32_t *to)
{
    uint32_t slot = e->slot;
    to[0] = (int32_t)e->item;
    for (seg_len step = 1; step < length; step++) {
        slot = parent_of(f, slot);
        to[step] = (int32_t)node_of(f, slot)->item;
    }
}

/* Writes the sorted sets of one length behind those of the one before; set is the first's number.
 */
static seg_status
write_length(flattening *f, seg_len length, seg_len set)
{
    seg_len n = (seg_len)(f->begins[length + 1] - f->begins[length]);
    int64_t at = f->out->indptr[set];
    int64_t before = at - (int64_t)(f->begins[length] - f->begins[length - 1]) * (length - 1);
    for (seg_len i = 0; i < n; i++) {
        const entry *e = &f->entry[f->begins[length] + i];
        int32_t *to = f->out->indices + at;
        seg_status status = i % SEG_STRIDE == 0 ? seg_poll(f->ctx, 0.0) : SEG_OK;
        if (status != SEG_OK) {
            return status;
        }
        if (length > f->options->min_len) {
            const int32_t *from = f->out->indices + before + (int64_t)e->parent * (length - 1);
            *to++ = (int32_t)e->item;
            for (seg_len step = 1; step < length; step++) {
                *to++ = *from++;
            }
        } else {
            climb(f, e, length, to);
        }
        at += length;
        f->out->count[set + i] = e->count;
        f->out->indptr[set + i + 1] = at;
    }
    return SEG_OK;
}

/* Length by length: sorts and writes. */
static seg_status
write_answer(flattening *f)
{
    seg_status status = SEG_OK;
    seg_len set = 0;
    f->out->indptr[0] = 0;
    for (seg_len length = 1; length <= f->longest && status == SEG_OK; length++) {
        status = sort_length(f, length);
        if (status == SEG_OK && length >= f->options->min_len) {
            status = write_length(f, length, set);
            set += (seg_len)(f->begins[length + 1] - f->begins[length]);
        }
    }
    return status;
}

seg_status
seg_sets_flatten(const seg_context *ctx,
                 seg_len n_tasks,
                 seg_sets *tasks,
                 seg_len n_items,
                 const seg_itemsets_options *options,
                 seg_itemsets *out)
{
    flattening f = {.ctx = ctx,
                    .n_tasks = n_tasks,
                    .tasks = tasks,
                    .n_items = n_items,
                    .options = options,
                    .out = out};
    seg_status status = gather_chunks(&f);
    status = status == SEG_OK ? find_lengths(&f) : status;
    status = status == SEG_OK ? group_by_length(&f) : status;
    status = status == SEG_OK ? open_answer(&f) : status;
    status = status == SEG_OK ? write_answer(&f) : status;
    seg_arena_free(ctx, &f.arena);
    if (status != SEG_OK) {
        seg_itemsets_free(ctx, out);
    }
    return status;
}

void
seg_itemsets_free(const seg_context *ctx, seg_itemsets *sets)
{
    seg_block_free(ctx, sets->indptr);
    seg_block_free(ctx, sets->indices);
    seg_block_free(ctx, sets->count);
    *sets = (seg_itemsets){0};
}

#include "seg_itemsets.h"

#include <string.h>

#include "seg_closed.h"
#include "seg_hash.h"
#include "seg_rows.h"

enum { MOST_TASKS = 256, TASK_WORK = 1 << 18 }; /* entries walked that are worth a task */

/* A search: the baskets as rows of frequent items, cut into tasks by first item. */
typedef struct search {
    const seg_context *ctx;
    const seg_itemsets_options *options;
    const int64_t *count;
    uint32_t n_frequent;
    seg_rows root;
    seg_len n_tasks, from_task;      /* of the search; what the team's task 0 is */
    uint32_t begins[MOST_TASKS + 1]; /* first items of each task */
    seg_sets sets[MOST_TASKS];
    seg_lists lists[MOST_TASKS];
    int64_t account[MOST_TASKS * 3];
    uint8_t dropped[MOST_TASKS];
    seg_arena arena;
} search;

/* Rows that are there already, found by what they hold. */
typedef struct row_table {
    uint32_t *place; /* (size,)  numbers of rows; UINT32_MAX: free */
    uint64_t mask;
} row_table;

/* The number of the row that equals the one at the end (start[n] .. z), which becomes row n if it
 * is new. */
static uint32_t
find_row(row_table *table, const uint32_t *start, const uint32_t *item, uint32_t n, uint32_t z)
{
    uint32_t length = z - start[n];
    uint64_t at =
        seg_hash_bytes((const char *)(item + start[n]), (seg_len)length * 4) & table->mask;
    for (; table->place[at] != UINT32_MAX; at = (at + 1) & table->mask) {
        uint32_t r = table->place[at];
        if (start[r + 1] - start[r] == length &&
            memcmp(item + start[r], item + start[n], length * sizeof *item) == 0) {
            return r;
        }
    }
    table->place[at] = n;
    return n;
}

/* Memory for at most n_baskets rows of `entries` items. */
static seg_status
open_rows(search *s, seg_len n_baskets, int64_t entries, row_table *table, uint32_t **arrays)
{
    seg_len size = 16;
    while (size < 2 * n_baskets) {
        size *= 2;
    }
    if (entries < 0 || entries >= UINT32_MAX) {
        return entries < 0 ? SEG_ERR_ARG : SEG_ERR_NOMEM;
    }
    table->place = seg_arena_array(s->ctx, &s->arena, size, sizeof *table->place);
    table->mask = (uint64_t)size - 1;
    arrays[0] = seg_arena_array(s->ctx, &s->arena, n_baskets + 1, sizeof *arrays[0]);
    arrays[1] = seg_arena_array(s->ctx, &s->arena, (seg_len)entries, sizeof *arrays[1]);
    arrays[2] = seg_arena_array(s->ctx, &s->arena, n_baskets, sizeof *arrays[2]);
    if (table->place == NULL || arrays[0] == NULL || arrays[1] == NULL || arrays[2] == NULL) {
        return SEG_ERR_NOMEM;
    }
    memset(table->place, 0xFF, (size_t)size * sizeof *table->place);
    return SEG_OK;
}

/* The frequent items of each basket as rows of the root, those of at least two, equal ones once.
 * The caller's arrays are read once and checked as they are read. */
static seg_status
copy_baskets(search *s, seg_len n_baskets, const int64_t *indptr, const int32_t *indices)
{
    row_table table;
    uint32_t *arrays[3] = {NULL, NULL, NULL}, n = 0, z = 0;
    int64_t begin = indptr[0], all = indptr[n_baskets];
    int merged = 0;
    seg_status status = open_rows(s, n_baskets, begin == 0 ? all : -1, &table, arrays);
    uint32_t *start = arrays[0], *item = arrays[1], *weight = arrays[2];
    if (status != SEG_OK) {
        return status;
    }
    start[0] = 0;
    for (seg_len b = 0; b < n_baskets && status == SEG_OK; b++) {
        int64_t end = indptr[b + 1], previous = -1;
        status = b % 4096 == 0 ? seg_poll(s->ctx, 0.0) : SEG_OK;
        if (end < begin || end > all) {
            return SEG_ERR_ARG;
        }
        start[n] = z;
        for (int64_t i = begin; i < end && (uint32_t)indices[i] < s->n_frequent; i++) {
            if (indices[i] <= previous) {
                return SEG_ERR_ARG;
            }
            previous = indices[i];
            item[z++] = (uint32_t)previous;
        }
        begin = end;
        uint32_t row = z - start[n] < 2 ? UINT32_MAX : find_row(&table, start, item, n, z);
        if (row == n) {
            weight[n++] = 1;
        } else {
            z = start[n];
            if (row != UINT32_MAX) {
                weight[row]++;
                merged = 1;
            }
        }
        start[n] = z;
    }
    s->root = (seg_rows){.n_items = s->n_frequent,
                         .n_rows = n,
                         .start = start,
                         .item = item,
                         .weight = merged ? weight : NULL};
    return status;
}

/* Where the items stand, and items shared out to tasks by the work they make. */
static seg_status
open_tasks(search *s)
{
    uint32_t entries = s->root.start[s->root.n_rows];
    uint32_t *first = seg_arena_array(s->ctx, &s->arena, (seg_len)s->n_frequent + 1, sizeof *first);
    uint32_t *below = seg_arena_array(s->ctx, &s->arena, (seg_len)s->n_frequent, sizeof *below);
    uint32_t *held = seg_arena_array(s->ctx, &s->arena, (seg_len)entries, sizeof *held);
    if (first == NULL || below == NULL || held == NULL) {
        return SEG_ERR_NOMEM;
    }
    seg_rows_index(&s->root, first, held, below);
    s->root.first = first;
    s->root.held = held;
    s->root.below = below;
    int64_t work = 0, worth;
    for (uint32_t item = 0; item < s->n_frequent; item++) {
        work += below[item] + 1;
    }
    worth = work / (MOST_TASKS - 1) + 1;
    worth = worth > TASK_WORK ? worth : TASK_WORK;
    work = 0;
    for (uint32_t item = 0; item < s->n_frequent; item++) {
        if (work / worth >= s->n_tasks) { /* less than 255 * worth in all: at most 255 */
            s->begins[s->n_tasks++] = item;
        }
        work += below[item] + 1;
    }
    s->begins[s->n_tasks] = s->n_frequent;
    return seg_poll(s->ctx, 0.0);
}

/* A bitmap of baskets for every item, where joining all pairs of these takes fewer words than there
 * are pairs of items in baskets, and they have no more words than half the occurrences. */
static seg_status
open_bitmaps(search *s)
{
    const seg_rows *root = &s->root;
    double pairs = 0.0, entries = 0.0, items = (double)root->n_items;
    seg_len baskets = 0, words;
    for (uint32_t r = 0; r < root->n_rows; r++) {
        uint32_t weight = root->weight == NULL ? 1 : root->weight[r];
        double length = root->start[r + 1] - root->start[r];
        baskets += weight;
        entries += length * weight;
        pairs += length * length * weight;
    }
    words = (baskets + 63) / 64;
    int dear = items * items * (double)words > 4.0 * pairs || 2.0 * items * (double)words > entries;
    if (s->options->form == SEG_FORM_ROWS || (s->options->form != SEG_FORM_BITS && dear)) {
        return SEG_OK;
    }
    seg_len cells, at = 0;
    uint64_t *bits = seg_mul_ok(words, (seg_len)root->n_items, &cells)
                         ? seg_arena_array(s->ctx, &s->arena, cells, sizeof *bits)
                         : NULL;
    if (bits == NULL) {
        return SEG_ERR_NOMEM;
    }
    memset(bits, 0, (size_t)cells * sizeof *bits);
    for (uint32_t r = 0; r < root->n_rows; r++) {
        uint32_t weight = root->weight == NULL ? 1 : root->weight[r];
        for (uint32_t w = 0; w < weight; w++, at++) {
            for (uint32_t i = root->start[r]; i < root->start[r + 1]; i++) {
                bits[root->item[i] * words + at / 64] |= (uint64_t)1 << at % 64;
            }
        }
    }
    s->root.bits = bits;
    s->root.words = words;
    return seg_poll(s->ctx, 0.0);
}

static const seg_masks_ops *
masks_ops(const seg_context *ctx)
{
    switch (ctx->level) {
#ifdef SEG_HAVE_V4
    case SEG_LEVEL_V4:
        return &seg_masks_ops_v4;
#endif
#ifdef SEG_HAVE_V3
    case SEG_LEVEL_V3:
        return &seg_masks_ops_v3;
#endif
    default:
        return &seg_masks_ops_base;
    }
}

static const seg_bits_ops *
bits_ops(const seg_context *ctx)
{
    switch (ctx->level) {
#ifdef SEG_HAVE_V4
    case SEG_LEVEL_V4:
        return &seg_bits_ops_v4;
#endif
#ifdef SEG_HAVE_V3
    case SEG_LEVEL_V3:
        return &seg_bits_ops_v3;
#endif
    default:
        return &seg_bits_ops_base;
    }
}

/* Searches the sets that end in the items of a task, the most frequent first. */
static seg_status
mine_items(search *s, seg_miner *m)
{
    uint32_t first = s->begins[m->task], last = s->begins[m->task + 1];
    seg_status status = SEG_OK;
    int64_t work = 0, all = 0;
    for (uint32_t item = first; item < last; item++) {
        all += s->root.below[item] + 1;
    }
    for (uint32_t item = first; item < last && status == SEG_OK; item++) {
        m->done = (double)work / (double)all;
        uint32_t baskets = (uint32_t)s->count[item];
        status = s->options->target == SEG_TARGET_ALL ? seg_rows_mine(m, &s->root, item, baskets)
                                                      : seg_closed_mine(m, &s->root, item, baskets);
        work += s->root.below[item] + 1;
    }
    return status;
}

static void
free_found(search *s, seg_len task)
{
    seg_sets_free(s->ctx, &s->sets[task]);
    seg_lists_free(s->ctx, &s->lists[task]);
}

/* One task of the team. */
static seg_status
run_task(struct seg_team *team, seg_len task, void *arg)
{
    search *s = arg;
    seg_arena arena = {0};
    seg_miner m = {.ctx = s->ctx,
                   .team = team,
                   .team_task = task,
                   .task = task + s->from_task,
                   .n_tasks = s->n_tasks,
                   .options = s->options,
                   .masks = masks_ops(s->ctx),
                   .bits = bits_ops(s->ctx),
                   .stack = {.ctx = s->ctx},
                   .account = s->account};
    m.sets = &s->sets[m.task];
    m.lists = &s->lists[m.task];
    seg_len widest = (seg_len)s->n_frequent;
    m.counts = seg_arena_array(s->ctx, &arena, widest, sizeof *m.counts);
    m.map = seg_arena_array(s->ctx, &arena, widest, sizeof *m.map);
    seg_status status = SEG_ERR_NOMEM;
    if (m.counts != NULL && m.map != NULL) {
        memset(m.counts, 0, (size_t)widest * sizeof *m.counts);
        memset(m.map, 0xFF, (size_t)widest * sizeof *m.map);
        status = mine_items(s, &m);
    }
    seg_arena_free(s->ctx, &arena);
    seg_stack_free(&m.stack);
    if (m.dropped) {
        free_found(s, m.task);
        m.reported = m.bytes = 0;
    }
    s->dropped[m.task] = (uint8_t)m.dropped;
    seg_miner_end(&m);
    return m.full || m.dropped ? SEG_OK : status;
}

/* Runs the tasks; those that gave way to lower ones run again, alone, while the limits leave room.
 */
static seg_status
run_tasks(search *s)
{
    seg_status status = seg_team_run(s->ctx, s->n_tasks, run_task, s);
    int64_t sets = 0, bytes = 0;
    for (seg_len t = 0; t < s->n_tasks && status == SEG_OK; t++) {
        if (sets > s->options->max_sets || bytes > s->options->max_bytes) {
            free_found(s, t); /* could not be in the answer */
            continue;
        }
        if (s->dropped[t]) {
            s->from_task = t;
            status = seg_team_run(s->ctx, 1, run_task, s);
        }
        sets += s->account[t * 3];
        bytes += s->account[t * 3 + 1];
    }
    return status;
}

static int
options_fit(const seg_itemsets_options *o)
{
    return o->min_count >= 1 && o->min_len >= 1 && o->max_len >= o->min_len && o->max_sets >= 0 &&
           o->max_bytes >= 0 && o->target >= SEG_TARGET_ALL && o->target <= SEG_TARGET_MAXIMAL &&
           o->form >= SEG_FORM_AUTO && o->form <= SEG_FORM_MASKS && o->leaf >= 0 &&
           o->leaf <= SEG_LEAF_ITEMS;
}

/* How many items are frequent; -1 where the counts break the contract. */
static int64_t
count_frequent(seg_len n_baskets, seg_len n_items, const int64_t *count, int64_t min_count)
{
    int64_t n = 0;
    for (seg_len i = 0; i < n_items; i++) {
        if (count[i] < 0 || count[i] > n_baskets || (i > 0 && count[i] > count[i - 1])) {
            return -1;
        }
        n += count[i] >= min_count;
    }
    return n;
}

seg_status
seg_itemsets_mine(const seg_context *ctx,
                  seg_len n_baskets,
                  seg_len n_items,
                  const int64_t *indptr,
                  const int32_t *indices,
                  const int64_t *count,
                  const seg_itemsets_options *options,
                  seg_itemsets *out)
{
    *out = (seg_itemsets){0};
    int64_t n_frequent = options_fit(options) && n_baskets <= INT32_MAX && n_items <= INT32_MAX
                             ? count_frequent(n_baskets, n_items, count, options->min_count)
                             : -1;
    if (n_frequent < 0) {
        return SEG_ERR_ARG;
    }
    search *s = seg_block_filled(ctx, 1, sizeof *s, 0);
    if (s == NULL) {
        return SEG_ERR_NOMEM;
    }
    s->ctx = ctx;
    s->options = options;
    s->count = count;
    s->n_frequent = (uint32_t)n_frequent;
    seg_status status = copy_baskets(s, n_baskets, indptr, indices);
    status = status == SEG_OK ? open_tasks(s) : status;
    if (status == SEG_OK && options->target != SEG_TARGET_ALL) {
        status = open_bitmaps(s);
    }
    status = status == SEG_OK ? run_tasks(s) : status;
    seg_arena_free(ctx, &s->arena);
    if (status == SEG_OK) {
        status = options->target == SEG_TARGET_ALL
                     ? seg_sets_flatten(ctx, s->n_tasks, s->sets, n_frequent, options, out)
                     : seg_lists_flatten(ctx, s->n_tasks, s->lists, n_frequent, options, out);
    }
    for (seg_len t = 0; t < s->n_tasks; t++) {
        free_found(s, t);
    }
    seg_block_free(ctx, s);
    return status;
}

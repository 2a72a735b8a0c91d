#include "seg_closed.h"

#include <string.h>

#include "seg_popcount.h"

#define NONE UINT32_MAX

/* Bitmaps are made anew, of the rows that are left, where they are at most a quarter. */
enum { SHRINK = 4, SHRINK_WORDS = 4, SHRINK_TAIL = 6 };

/* The baskets of the first item: rows of local items, ascending; a row may be empty. No rows where
 * the root has bitmaps. */
typedef struct locals {
    uint32_t n;         /* items, ascending with their positions */
    uint32_t n_lower;   /* of a position below the first item's */
    uint32_t *position; /* (n,) */
    uint32_t *count;    /* (n,)  baskets with the first item */
    uint32_t *start;    /* (n_rows + 1,) */
    uint32_t *item;
    uint32_t *weight; /* (n_rows,) */
    uint32_t n_rows;
    uint8_t *in_path; /* (n,) */
} locals;

/* A bit a basket, for the items that may matter. */
typedef struct bitmaps {
    seg_len words;
    uint32_t n_bits;
    uint64_t *bits; /* item x: bits[slot[x] * words] .. */
    uint32_t *slot; /* (locals.n,)  NONE: the item is in too few of these baskets */
    uint32_t *row;  /* (n_bits,)    the row each bit stands for; NULL: there are no rows */
} bitmaps;

/* A set on the way down. */
typedef struct closed_frame {
    bitmaps maps;
    uint64_t *with; /* (maps.words,)  the baskets that hold the set */
    uint32_t count;
    uint32_t n_tail; /* items that may be added: frequent with the set, lower than all added */
    uint32_t *tail, *tail_count;
    uint32_t next; /* the one to be added */
    seg_len path;  /* items of the set */
    seg_mark mark;
} closed_frame;

/* One first item. */
typedef struct closing {
    seg_miner *m;
    locals own;
    uint32_t *path; /* local items of the set in hand; NONE: the first item itself */
    uint32_t *out;  /* (own.n + 1,)  a set to be added */
    const seg_rows *root;
    uint32_t first; /* position of the first item */
    uint32_t min_count;
    int maximal;
} closing;

/* Counts the items of the first item's rows; those frequent with it become the local items. */
static seg_status
find_locals(closing *c, const seg_rows *root, uint32_t j)
{
    seg_miner *m = c->m;
    locals *own = &c->own;
    uint32_t n = 0, entries = 0;
    for (uint32_t r = root->first[j]; r < root->first[j + 1]; r++) {
        uint32_t row = root->held[r], weight = root->weight == NULL ? 1 : root->weight[row];
        entries += root->start[row + 1] - root->start[row];
        for (uint32_t i = root->start[row]; i < root->start[row + 1]; i++) {
            m->counts[root->item[i]] += weight;
        }
    }
    own->position = seg_stack_take(&m->stack, root->n_items, sizeof *own->position);
    own->count = seg_stack_take(&m->stack, root->n_items, sizeof *own->count);
    if (own->position == NULL || own->count == NULL) {
        return SEG_ERR_NOMEM;
    }
    for (uint32_t item = 0; item < root->n_items; item++) {
        if (m->counts[item] >= c->min_count && item != j) {
            own->position[n] = item;
            own->count[n] = m->counts[item];
            own->n_lower += item < j;
            m->map[item] = n++;
        }
    }
    memset(m->counts, 0, (size_t)root->n_items * sizeof *m->counts);
    own->n = n;
    return seg_miner_pause(m, (int64_t)entries + root->n_items);
}

/* The same from the root's bitmaps. */
static seg_status
find_by_bits(closing *c, const seg_rows *root, uint32_t j)
{
    seg_miner *m = c->m;
    locals *own = &c->own;
    own->position = seg_stack_take(&m->stack, root->n_items, sizeof *own->position);
    own->count = seg_stack_take(&m->stack, root->n_items, sizeof *own->count);
    if (own->position == NULL || own->count == NULL) {
        return SEG_ERR_NOMEM;
    }
    for (uint32_t item = 0; item < root->n_items; item++) {
        uint32_t both = m->bits->count(root->words, root->bits + j * root->words,
                                       root->bits + item * root->words);
        if (both >= c->min_count && item != j) {
            own->position[own->n] = item;
            own->count[own->n++] = both;
            own->n_lower += item < j;
        }
    }
    return seg_miner_pause(m, (int64_t)root->n_items * root->words / 4);
}

/* The first item's rows in local items; baskets without any share one row that holds nothing. */
static seg_status
copy_locals(closing *c, const seg_rows *root, uint32_t j, uint32_t count)
{
    seg_miner *m = c->m;
    locals *own = &c->own;
    uint32_t rows = root->first[j + 1] - root->first[j], n = 0, z = 0, entries = 0, left = count;
    for (uint32_t i = 0; i < own->n; i++) {
        entries += own->count[i];
    }
    own->start = seg_stack_take(&m->stack, (seg_len)rows + 2, sizeof *own->start);
    own->weight = seg_stack_take(&m->stack, (seg_len)rows + 1, sizeof *own->weight);
    own->item = seg_stack_take(&m->stack, entries, sizeof *own->item);
    if (own->start == NULL || own->weight == NULL || own->item == NULL) {
        return SEG_ERR_NOMEM;
    }
    for (uint32_t r = root->first[j]; r < root->first[j + 1]; r++) {
        uint32_t row = root->held[r], begin = z;
        for (uint32_t i = root->start[row]; i < root->start[row + 1]; i++) {
            uint32_t local = m->map[root->item[i]];
            if (local != NONE) {
                own->item[z++] = local;
            }
        }
        if (z > begin) {
            own->weight[n] = root->weight == NULL ? 1 : root->weight[row];
            left -= own->weight[n];
            own->start[n++] = begin;
        }
    }
    own->start[n] = z;
    own->weight[n] = left;
    own->start[n + 1] = z;
    own->n_rows = n + (left > 0);
    return seg_miner_pause(m, z);
}

/* A bit a basket for every local item. */
static seg_status
open_maps(closing *c, uint32_t count, bitmaps *maps)
{
    seg_stack *stack = &c->m->stack;
    const locals *own = &c->own;
    seg_len cells;
    maps->n_bits = count;
    maps->words = ((seg_len)count + 63) / 64;
    maps->bits = seg_mul_ok(maps->words, own->n, &cells)
                     ? seg_stack_take(stack, cells, sizeof *maps->bits)
                     : NULL;
    maps->slot = seg_stack_take(stack, own->n, sizeof *maps->slot);
    maps->row = seg_stack_take(stack, count, sizeof *maps->row);
    if (maps->bits == NULL || maps->slot == NULL || maps->row == NULL) {
        return SEG_ERR_NOMEM;
    }
    memset(maps->bits, 0, (size_t)cells * sizeof *maps->bits);
    for (uint32_t x = 0; x < own->n; x++) {
        maps->slot[x] = x;
    }
    uint32_t at = 0;
    for (uint32_t r = 0; r < own->n_rows; r++) {
        for (uint32_t w = 0; w < own->weight[r]; w++, at++) {
            maps->row[at] = r;
            for (uint32_t i = own->start[r]; i < own->start[r + 1]; i++) {
                maps->bits[own->item[i] * maps->words + at / 64] |= (uint64_t)1 << at % 64;
            }
        }
    }
    return seg_miner_pause(c->m, cells / 8 + at);
}

/* The same from the root's bitmaps. Baskets of the first item alone are bits at the end that are
 * zeros for every other item. */
static seg_status
squeeze_maps(closing *c, uint32_t count, bitmaps *maps)
{
    const seg_rows *root = c->root;
    const uint64_t *with = root->bits + c->first * root->words;
    *maps = (bitmaps){.n_bits = count, .words = ((seg_len)count + 63) / 64};
    seg_len cells = maps->words * c->own.n; /* no more than the root's */
    maps->bits = seg_stack_take(&c->m->stack, cells, sizeof *maps->bits);
    maps->slot = seg_stack_take(&c->m->stack, c->own.n, sizeof *maps->slot);
    if (maps->bits == NULL || maps->slot == NULL) {
        return SEG_ERR_NOMEM;
    }
    memset(maps->bits, 0, (size_t)cells * sizeof *maps->bits);
    for (uint32_t x = 0; x < c->own.n; x++) {
        maps->slot[x] = x;
        c->m->bits->squeeze(root->words, with, root->bits + c->own.position[x] * root->words,
                            maps->bits + x * maps->words);
    }
    return seg_miner_pause(c->m, c->own.n * root->words);
}

/* Adds the set in hand, and n more items, to the answer if its length is asked for. */
static seg_status
add_set(closing *c, seg_len path, uint32_t n, const uint32_t *more, uint32_t count)
{
    seg_miner *m = c->m;
    seg_len length = path + n + 1;
    if (length < m->options->min_len || length > m->options->max_len) {
        return SEG_OK;
    }
    c->out[0] = c->first;
    for (seg_len i = 0; i < path; i++) {
        c->out[i + 1] = c->own.position[c->path[i]];
    }
    for (uint32_t i = 0; i < n; i++) {
        c->out[path + 1 + i] = c->own.position[more[n - 1 - i]];
    }
    seg_miner_count(m, 1, length);
    return seg_lists_add(m->ctx, m->lists, length, c->out, count);
}

static const uint64_t *
bits_of(const bitmaps *maps, uint32_t x)
{
    return maps->bits + maps->slot[x] * maps->words;
}

/* Whether all of `with` is in bits. */
static int
is_within(seg_len words, const uint64_t *with, const uint64_t *bits)
{
    for (seg_len i = 0; i < words; i++) {
        if (with[i] & ~bits[i]) {
            return 0;
        }
    }
    return 1;
}

/* Whether an item above t that is not in the set is in all baskets that hold it: an earlier branch
 * has been here. Such an item is in any one of these baskets. */
static int
was_found(const closing *c, const bitmaps *maps, const uint64_t *with, uint32_t t)
{
    seg_len word = 0;
    while (with[word] == 0) {
        word++;
    }
    if (maps->row == NULL) {
        for (uint32_t x = c->own.n - 1; x > t; x--) {
            if (!c->own.in_path[x] && maps->slot[x] != NONE &&
                is_within(maps->words - word, with + word, bits_of(maps, x) + word)) {
                return 1;
            }
        }
        return 0;
    }
    uint32_t row = maps->row[word * 64 + seg_lowest_bit(with[word])];
    for (uint32_t i = c->own.start[row + 1]; i > c->own.start[row]; i--) {
        uint32_t x = c->own.item[i - 1];
        if (x <= t) {
            return 0;
        }
        if (!c->own.in_path[x] && maps->slot[x] != NONE &&
            is_within(maps->words, with, bits_of(maps, x))) {
            return 1;
        }
    }
    return 0;
}

/* Whether some item that is not in the set is in min_count of the baskets that hold it: bitmap by
 * bitmap, or by walking the baskets where they are few. */
static int
can_grow(closing *c, const bitmaps *maps, const uint64_t *with, uint32_t count)
{
    const locals *own = &c->own;
    uint32_t *counts = c->m->counts;
    int grows = 0;
    double a_row = maps->row == NULL ? 0.0 : (double)own->start[own->n_rows] / (double)own->n_rows;
    if (maps->row == NULL ||
        2 * a_row * (double)count > (double)own->n * (double)(maps->words + 1)) {
        for (uint32_t x = own->n; x > 0 && !grows; x--) {
            grows = !own->in_path[x - 1] && maps->slot[x - 1] != NONE &&
                    c->m->bits->count(maps->words, with, bits_of(maps, x - 1)) >= c->min_count;
        }
        return grows;
    }
    for (int clear = 0; clear < 2; clear++) {
        for (seg_len word = 0; word < maps->words; word++) {
            for (uint64_t left = with[word]; left != 0; left &= left - 1) {
                uint32_t row = maps->row[word * 64 + seg_lowest_bit(left)];
                for (uint32_t i = own->start[row]; i < own->start[row + 1]; i++) {
                    uint32_t x = own->item[i];
                    counts[x] = clear ? 0 : counts[x] + 1;
                    grows |= counts[x] >= c->min_count && !own->in_path[x];
                }
            }
        }
    }
    return grows;
}

static void
mark_items(closing *c, uint32_t n, const uint32_t *item, uint8_t in_path)
{
    for (uint32_t i = 0; i < n; i++) {
        c->own.in_path[item[i]] = in_path;
    }
}

/* Adds the set of a frame if it is what is asked for. A maximal search is done with the frame where
 * its whole tail may be added at once. */
static seg_status
visit(closing *c, closed_frame *f)
{
    seg_miner *m = c->m;
    if (!c->maximal) {
        return add_set(c, f->path, 0, NULL, f->count);
    }
    uint64_t *all = seg_stack_take(&m->stack, f->maps.words, sizeof *all);
    if (all == NULL) {
        return SEG_ERR_NOMEM;
    }
    memcpy(all, f->with, (size_t)f->maps.words * sizeof *all);
    uint32_t count = f->count;
    for (uint32_t i = 0; i < f->n_tail && count >= c->min_count; i++) {
        const uint64_t *bits = bits_of(&f->maps, f->tail[i]);
        for (seg_len w = 0; w < f->maps.words; w++) {
            all[w] &= bits[w];
        }
        count = m->bits->count(f->maps.words, all, all);
    }
    if (count < c->min_count) {
        return SEG_OK;
    }
    mark_items(c, f->n_tail, f->tail, 1);
    int grows = can_grow(c, &f->maps, all, count);
    mark_items(c, f->n_tail, f->tail, 0);
    seg_status status = grows ? SEG_OK : add_set(c, f->path, f->n_tail, f->tail, count);
    f->n_tail = 0;
    return status;
}

/* Bitmaps of the baskets that hold the set, for what may still be added or was gone through. */
static seg_status
shrink(closing *c, closed_frame *f, uint32_t t)
{
    seg_stack *stack = &c->m->stack;
    const bitmaps *old = &f->maps;
    bitmaps maps = {.n_bits = f->count, .words = ((seg_len)f->count + 63) / 64};
    uint32_t n = 0, bit = 0;
    maps.slot = seg_stack_take(stack, c->own.n, sizeof *maps.slot);
    if (old->row != NULL) {
        maps.row = seg_stack_take(stack, f->count, sizeof *maps.row);
    }
    if (maps.slot == NULL || (old->row != NULL && maps.row == NULL)) {
        return SEG_ERR_NOMEM;
    }
    memset(maps.slot, 0xFF, (size_t)c->own.n * sizeof *maps.slot);
    for (uint32_t i = 0; i < f->n_tail; i++) {
        maps.slot[f->tail[i]] = n++;
    }
    for (uint32_t x = t + 1; x < c->own.n; x++) {
        if (old->slot[x] != NONE && !c->own.in_path[x] &&
            c->m->bits->count(old->words, f->with, bits_of(old, x)) >= c->min_count) {
            maps.slot[x] = n++;
        }
    }
    maps.bits = seg_stack_take(stack, n * maps.words, sizeof *maps.bits);
    uint64_t *with = seg_stack_take(stack, maps.words, sizeof *with);
    if (maps.bits == NULL || with == NULL) {
        return SEG_ERR_NOMEM;
    }
    for (uint32_t x = 0; x < c->own.n; x++) {
        if (maps.slot[x] != NONE) {
            c->m->bits->squeeze(old->words, f->with, bits_of(old, x),
                                maps.bits + maps.slot[x] * maps.words);
        }
    }
    for (seg_len word = 0; word < old->words && old->row != NULL; word++) {
        for (uint64_t left = f->with[word]; left != 0; left &= left - 1) {
            maps.row[bit++] = old->row[word * 64 + seg_lowest_bit(left)];
        }
    }
    c->m->bits->squeeze(old->words, f->with, f->with, with);
    f->maps = maps;
    f->with = with;
    return seg_miner_pause(c->m, n * old->words + c->own.n);
}

/* The set of a frame and tail item `next` of it, closed, in *to; *open says whether it is new and
 * has a tail. */
static seg_status
step_down(closing *c, closed_frame *from, closed_frame *to, int *open)
{
    seg_miner *m = c->m;
    uint32_t j = from->next++, t = from->tail[j];
    seg_len words = from->maps.words;
    *open = 0;
    *to = (closed_frame){.maps = from->maps,
                         .count = from->tail_count[j],
                         .path = from->path,
                         .mark = seg_stack_mark(&m->stack)};
    to->with = seg_stack_take(&m->stack, words, sizeof *to->with);
    to->tail = seg_stack_take(&m->stack, 2 * (seg_len)j + 1, sizeof *to->tail);
    if (to->with == NULL || to->tail == NULL) {
        return SEG_ERR_NOMEM;
    }
    to->tail_count = to->tail + j;
    const uint64_t *bits = bits_of(&from->maps, t);
    for (seg_len w = 0; w < words; w++) {
        to->with[w] = from->with[w] & bits[w];
    }
    seg_status status = seg_miner_pause(m, (int64_t)(j + 4) * (words + 4));
    if (status != SEG_OK || was_found(c, &to->maps, to->with, t)) {
        return status;
    }
    c->path[to->path++] = t;
    for (uint32_t i = 0; i < j; i++) {
        uint32_t x = from->tail[i];
        uint32_t both = m->bits->count(words, to->with, bits_of(&from->maps, x));
        if (both == to->count) {
            c->path[to->path++] = x;
        } else if (both >= c->min_count) {
            to->tail_count[to->n_tail] = both;
            to->tail[to->n_tail++] = x;
        }
    }
    mark_items(c, (uint32_t)(to->path - from->path), c->path + from->path, 1);
    status = visit(c, to);
    if (status == SEG_OK && to->n_tail >= SHRINK_TAIL && words >= SHRINK_WORDS &&
        to->count <= to->maps.n_bits / SHRINK) {
        status = shrink(c, to, t);
    }
    *open = status == SEG_OK && to->n_tail > 0 && to->path + 1 < m->options->max_len;
    if (!*open) {
        mark_items(c, (uint32_t)(to->path - from->path), c->path + from->path, 0);
    }
    return status;
}

/* The first item's own set, closed; *open says whether there is something to add. */
static seg_status
open_first(closing *c, uint32_t count, closed_frame *f, int *open)
{
    seg_miner *m = c->m;
    locals *own = &c->own;
    *open = 0;
    *f = (closed_frame){.count = count};
    f->tail = seg_stack_take(&m->stack, (seg_len)own->n + 1, sizeof *f->tail);
    f->tail_count = seg_stack_take(&m->stack, (seg_len)own->n + 1, sizeof *f->tail_count);
    if (f->tail == NULL || f->tail_count == NULL) {
        return SEG_ERR_NOMEM;
    }
    for (uint32_t x = 0; x < own->n_lower; x++) {
        if (own->count[x] == count) {
            c->path[f->path++] = x;
            own->in_path[x] = 1;
        } else {
            f->tail_count[f->n_tail] = own->count[x];
            f->tail[f->n_tail++] = x;
        }
    }
    if (f->n_tail == 0) {
        return c->maximal && own->n > own->n_lower ? SEG_OK : add_set(c, f->path, 0, NULL, count);
    }
    seg_status status =
        c->root->bits == NULL ? open_maps(c, count, &f->maps) : squeeze_maps(c, count, &f->maps);
    if (status == SEG_OK) {
        f->with = seg_stack_take(&m->stack, f->maps.words, sizeof *f->with);
        if (f->with == NULL) {
            return SEG_ERR_NOMEM;
        }
        memset(f->with, 0xFF, (size_t)f->maps.words * sizeof *f->with);
        if (count % 64 != 0) {
            f->with[f->maps.words - 1] = ((uint64_t)1 << count % 64) - 1;
        }
        status = visit(c, f);
    }
    *open = status == SEG_OK && f->n_tail > 0 && f->path + 1 < m->options->max_len;
    return status;
}

/* Goes through everything below the first item's set. */
static seg_status
walk(closing *c, uint32_t count)
{
    seg_miner *m = c->m;
    closed_frame first;
    int open;
    seg_status status = open_first(c, count, &first, &open);
    if (status != SEG_OK || !open) {
        return status;
    }
    /* each step down has at least one item less to add */
    closed_frame *frame = seg_stack_take(&m->stack, (seg_len)first.n_tail + 1, sizeof *frame);
    if (frame == NULL) {
        return SEG_ERR_NOMEM;
    }
    seg_len depth = 0;
    frame[0] = first;
    while (depth >= 0 && status == SEG_OK) {
        closed_frame *top = &frame[depth];
        if (top->next < top->n_tail) {
            status = step_down(c, top, top + 1, &open);
            depth += open;
            if (!open) {
                seg_stack_release(&m->stack, top[1].mark);
            }
        } else if (depth-- > 0) {
            mark_items(c, (uint32_t)(top->path - top[-1].path), c->path + top[-1].path, 0);
            seg_stack_release(&m->stack, top->mark);
        }
    }
    return status;
}

/* Whether an item of a higher position is in all baskets of the first: its sets are that one's. */
static int
is_covered(const closing *c, uint32_t count)
{
    for (uint32_t x = c->own.n_lower; x < c->own.n; x++) {
        if (c->own.count[x] == count) {
            return 1;
        }
    }
    return 0;
}

/* All that is below the first item, whose local items are known. */
static seg_status
search_first(closing *c, const seg_rows *root, uint32_t count)
{
    seg_miner *m = c->m;
    c->path = seg_stack_take(&m->stack, (seg_len)c->own.n + 1, sizeof *c->path);
    c->out = seg_stack_take(&m->stack, (seg_len)c->own.n + 1, sizeof *c->out);
    c->own.in_path = seg_stack_take(&m->stack, c->own.n, 1);
    if (c->path == NULL || c->out == NULL || c->own.in_path == NULL) {
        return SEG_ERR_NOMEM;
    }
    memset(c->own.in_path, 0, c->own.n);
    seg_status status = root->bits == NULL ? copy_locals(c, root, c->first, count) : SEG_OK;
    return status == SEG_OK ? walk(c, count) : status;
}

/* Whether the next item is in the same rows as item j, which are all of j's baskets: its sets are
 * then that one's. So a thousand items that are always bought together are not counted a thousand
 * times. */
static int
has_twin(const seg_miner *m, const seg_rows *root, uint32_t j, uint32_t count)
{
    if (j + 1 >= root->n_items) {
        return 0;
    }
    if (root->bits != NULL) {
        const uint64_t *mine = root->bits + j * root->words;
        return memcmp(mine, mine + root->words, (size_t)root->words * sizeof *mine) == 0 &&
               m->bits->count(root->words, mine, mine) == count;
    }
    const uint32_t *first = root->first + j, *held = root->held;
    uint32_t n = first[1] - first[0], baskets = 0;
    if (n == 0 || first[2] - first[1] != n ||
        memcmp(held + first[0], held + first[1], n * sizeof *held) != 0) {
        return 0;
    }
    for (uint32_t r = first[0]; r < first[1]; r++) {
        baskets += root->weight == NULL ? 1 : root->weight[held[r]];
    }
    return baskets == count;
}

seg_status
seg_closed_mine(seg_miner *m, const seg_rows *root, uint32_t j, uint32_t count)
{
    if (has_twin(m, root, j, count)) {
        return SEG_OK;
    }
    seg_mark begin = seg_stack_mark(&m->stack);
    closing c = {.m = m,
                 .root = root,
                 .first = j,
                 .min_count = (uint32_t)m->options->min_count,
                 .maximal = m->options->target == SEG_TARGET_MAXIMAL};
    seg_status status = root->bits == NULL ? find_locals(&c, root, j) : find_by_bits(&c, root, j);
    if (status == SEG_OK && !is_covered(&c, count)) {
        status = search_first(&c, root, count);
    }
    for (uint32_t x = 0; x < c.own.n; x++) {
        m->map[c.own.position[x]] = NONE;
    }
    seg_stack_release(&m->stack, begin);
    return status;
}

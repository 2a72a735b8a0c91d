#include "seg_rows.h"

#include <string.h>

#include "seg_bits.h"
#include "seg_masks.h"

#define NONE UINT32_MAX
enum { AHEAD = 8 };

/* The rows of one item, cut below it, and what is frequent in them. */
typedef struct projection {
    uint32_t *item, *start, *weight; /* rows as in seg_rows; weight NULL: one each */
    uint32_t n_rows, entries;
    uint64_t baskets; /* that the rows stand for */
    double pairs;     /* sum over rows of their length squared */
    seg_children children;
    uint32_t *counts, *old; /* (children.n,)  baskets, and numbers before */
} projection;

void
seg_rows_index(const seg_rows *rows, uint32_t *first, uint32_t *held, uint32_t *below)
{
    memset(first, 0, ((size_t)rows->n_items + 1) * sizeof *first);
    memset(below, 0, (size_t)rows->n_items * sizeof *below);
    for (uint32_t i = 0; i < rows->start[rows->n_rows]; i++) {
        first[rows->item[i]]++;
    }
    uint32_t sum = 0;
    for (uint32_t i = 0; i <= rows->n_items; i++) {
        uint32_t entries = first[i];
        first[i] = sum;
        sum += entries;
    }
    for (uint32_t r = 0; r < rows->n_rows; r++) {
        for (uint32_t i = rows->start[r]; i < rows->start[r + 1]; i++) {
            uint32_t item = rows->item[i];
            held[first[item]++] = r;
            below[item] += i - rows->start[r];
        }
    }
    memmove(first + 1, first, (size_t)rows->n_items * sizeof *first);
    first[0] = 0;
}

/* Copies the rows of item j as far as j and counts their items; rows of none are left out. */
static seg_status
copy_rows(seg_miner *m, const seg_rows *db, uint32_t j, projection *p)
{
    uint32_t rows = db->first[j + 1] - db->first[j], n = 0, z = 0;
    const uint32_t *held = db->held + db->first[j];
    p->item = seg_stack_take(&m->stack, (seg_len)db->below[j] + 1, sizeof *p->item);
    p->start = seg_stack_take(&m->stack, (seg_len)rows + 1, sizeof *p->start);
    p->weight = db->weight == NULL ? NULL : seg_stack_take(&m->stack, rows, sizeof *p->weight);
    if (p->item == NULL || p->start == NULL || (db->weight != NULL && p->weight == NULL)) {
        return SEG_ERR_NOMEM;
    }
    for (uint32_t r = 0; r < rows; r++) {
        if (r + AHEAD < rows) {
            SEG_PREFETCH(db->item + db->start[held[r + AHEAD]]);
        }
        const uint32_t *from = db->item + db->start[held[r]];
        uint32_t weight = db->weight == NULL ? 1 : db->weight[held[r]], begin = z;
        for (uint32_t item = *from; item < j; item = *++from) {
            p->item[z++] = item;
            m->counts[item] += weight;
        }
        if (z > begin) {
            if (p->weight != NULL) {
                p->weight[n] = weight;
            }
            p->start[n++] = begin;
        }
    }
    p->start[n] = z;
    p->n_rows = n;
    p->entries = z;
    return seg_miner_pause(m, (int64_t)z + rows);
}

/* Puts the n numbers in order (Shell's sort: they are few or nearly in order). */
static void
sort_numbers(uint32_t n, uint32_t *number)
{
    uint32_t gap = 1;
    while (gap < n / 3) {
        gap = 3 * gap + 1;
    }
    for (; gap > 0; gap /= 3) {
        for (uint32_t i = gap; i < n; i++) {
            uint32_t value = number[i], at = i;
            for (; at >= gap && number[at - gap] > value; at -= gap) {
                number[at] = number[at - gap];
            }
            number[at] = value;
        }
    }
}

/* The frequent items below j, ascending, in old; the counts of the others become 0. Looks at the
 * entries where they are fewer than the items. */
static uint32_t
frequent_items(seg_miner *m, uint32_t j, const projection *p, uint32_t *old)
{
    uint32_t n = 0, min_count = (uint32_t)m->options->min_count;
    if (p->entries < j / 8) {
        for (uint32_t i = 0; i < p->entries; i++) {
            uint32_t item = p->item[i], count = m->counts[item];
            if (count != 0 && m->map[item] == NONE) {
                if (count >= min_count) {
                    old[n++] = item;
                    m->map[item] = 0;
                } else {
                    m->counts[item] = 0;
                }
            }
        }
        sort_numbers(n, old);
        return n;
    }
    for (uint32_t item = 0; item < j; item++) {
        old[n] = item;
        if (m->counts[item] >= min_count) {
            n++;
        } else {
            m->counts[item] = 0;
        }
    }
    return n;
}

/* Adds the sets of the frequent items, which get new numbers; all counts are zeros again. */
static seg_status
add_children(seg_miner *m, const seg_rows *db, uint32_t j, uint32_t parent, projection *p)
{
    p->old = seg_stack_take(&m->stack, (seg_len)j + 1, sizeof *p->old);
    if (p->old == NULL) {
        return SEG_ERR_NOMEM;
    }
    uint32_t n = frequent_items(m, j, p, p->old);
    p->children.n = n;
    if (n == 0) {
        return SEG_OK;
    }
    p->children.position = seg_stack_take(&m->stack, n, sizeof *p->children.position);
    p->counts = seg_stack_take(&m->stack, n, sizeof *p->counts);
    seg_node *node = seg_sets_add(m->ctx, m->sets, n, &p->children.first);
    if (p->children.position == NULL || p->counts == NULL || node == NULL) {
        return SEG_ERR_NOMEM;
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t item = p->old[i], position = db->position == NULL ? item : db->position[item];
        p->children.position[i] = position;
        p->counts[i] = m->counts[item];
        node[i] = (seg_node){parent, position, m->counts[item]};
        m->counts[item] = 0;
        m->map[item] = i;
    }
    seg_miner_count(m, n, p->children.length);
    return SEG_OK;
}

/* Rows in new numbers, infrequent items and rows of fewer than two items left out. */
static void
renumber_rows(seg_miner *m, projection *p)
{
    uint32_t n = 0, z = 0;
    p->baskets = 0;
    p->pairs = 0;
    for (uint32_t r = 0, i = 0; r < p->n_rows; r++) {
        uint32_t begin = z, end = p->start[r + 1];
        for (; i < end; i++) {
            uint32_t number = m->map[p->item[i]];
            p->item[z] = number;
            z += number != NONE;
        }
        if (z - begin < 2) {
            z = begin;
            continue;
        }
        uint32_t weight = p->weight == NULL ? 1 : p->weight[r];
        if (p->weight != NULL) {
            p->weight[n] = weight;
        }
        p->baskets += weight;
        p->pairs += (double)(z - begin) * (double)(z - begin);
        p->start[n++] = begin;
    }
    p->start[n] = z;
    p->n_rows = n;
    p->entries = z;
    for (uint32_t i = 0; i < p->children.n; i++) {
        m->map[p->old[i]] = NONE;
    }
}

/* The rows as bitmaps, a basket a bit, and on from there. */
static seg_status
mine_bits(seg_miner *m, const projection *p)
{
    seg_len words = (seg_len)((p->baskets + 63) / 64);
    seg_len cells;
    uint64_t *bits = seg_mul_ok(words, p->children.n, &cells)
                         ? seg_stack_take(&m->stack, cells, sizeof *bits)
                         : NULL;
    if (bits == NULL) {
        return SEG_ERR_NOMEM;
    }
    memset(bits, 0, (size_t)cells * sizeof *bits);
    uint64_t at = 0;
    for (uint32_t r = 0; r < p->n_rows; r++) {
        uint32_t weight = p->weight == NULL ? 1 : p->weight[r];
        for (uint32_t w = 0; w < weight; w++, at++) {
            for (uint32_t i = p->start[r]; i < p->start[r + 1]; i++) {
                bits[p->item[i] * words + (seg_len)(at / 64)] |= (uint64_t)1 << at % 64;
            }
        }
    }
    return seg_bits_mine(m, words, &p->children, bits);
}

/* The rows as masks. Where no form is forced they are used only if merging leaves less than half of
 * the rows; else *used stays 0. */
static seg_status
mine_masks(seg_miner *m, const projection *p, uint32_t all, int *used)
{
    seg_masks masks = {.n = p->n_rows};
    masks.mask = seg_stack_take(&m->stack, p->n_rows, sizeof *masks.mask);
    masks.weight = seg_stack_take(&m->stack, p->n_rows, sizeof *masks.weight);
    if (masks.mask == NULL || masks.weight == NULL) {
        return SEG_ERR_NOMEM;
    }
    for (uint32_t r = 0; r < p->n_rows; r++) {
        masks.mask[r] = 0;
        masks.weight[r] = p->weight == NULL ? 1 : p->weight[r];
        for (uint32_t i = p->start[r]; i < p->start[r + 1]; i++) {
            masks.mask[r] |= (uint64_t)1 << p->item[i];
        }
    }
    seg_status status = seg_masks_merge(&m->stack, &masks);
    *used = m->options->form == SEG_FORM_MASKS || 2 * masks.n < (seg_len)p->n_rows;
    return status == SEG_OK && *used ? seg_masks_mine(m, &p->children, p->counts, all, &masks)
                                     : status;
}

/* The form of what is left. Costs in steps of a word: bitmaps join each pair of items, rows are
 * walked twice a level, about as many entries as pairs in rows. */
static seg_form
choose_form(const seg_miner *m, const projection *p)
{
    double k = p->children.n, z = p->entries, words = (double)(p->baskets / 512 + 1);
    if (m->options->form != SEG_FORM_AUTO) {
        return m->options->form == SEG_FORM_MASKS && p->children.n > 64 ? SEG_FORM_ROWS
                                                                        : m->options->form;
    }
    if (p->children.n <= 64 && p->n_rows >= 32 && z > 0.25 * k * p->n_rows) {
        return SEG_FORM_MASKS;
    }
    return 0.5 * k * k * (words + 10) + 2 * z < 4 * p->pairs + 4 * z ? SEG_FORM_BITS
                                                                     : SEG_FORM_ROWS;
}

/* A database on the way down: its children, and which is next. */
typedef struct rows_frame {
    seg_rows rows;
    seg_children children;
    uint32_t *counts;
    seg_mark mark; /* where the frame's memory begins */
    uint32_t next;
} rows_frame;

/* The rows of a projection with their index, as a frame. */
static seg_status
open_frame(seg_miner *m, const projection *p, rows_frame *frame)
{
    uint32_t *first = seg_stack_take(&m->stack, (seg_len)p->children.n + 1, sizeof *first);
    uint32_t *below = seg_stack_take(&m->stack, p->children.n, sizeof *below);
    uint32_t *held = seg_stack_take(&m->stack, p->entries, sizeof *held);
    if (first == NULL || below == NULL || held == NULL) {
        return SEG_ERR_NOMEM;
    }
    frame->rows = (seg_rows){.n_items = p->children.n,
                             .n_rows = p->n_rows,
                             .start = p->start,
                             .item = p->item,
                             .weight = p->weight,
                             .first = first,
                             .held = held,
                             .below = below,
                             .position = p->children.position};
    frame->children = p->children;
    frame->counts = p->counts;
    frame->next = 1;
    seg_rows_index(&frame->rows, first, held, below);
    return seg_miner_pause(m, 3 * (int64_t)p->entries);
}

/* What is below a set whose children are added, in the cheapest form; where that is rows, the frame
 * is opened and *open says so. */
static seg_status
search_below(seg_miner *m, const projection *p, uint32_t all, rows_frame *frame, int *open)
{
    seg_form form = choose_form(m, p);
    seg_status status = SEG_OK;
    int used = 0;
    if (form == SEG_FORM_MASKS) {
        status = mine_masks(m, p, all, &used);
        form = SEG_FORM_BITS;
    }
    if (status != SEG_OK || used) {
        return status;
    }
    if (form == SEG_FORM_BITS) {
        return mine_bits(m, p);
    }
    *open = 1;
    return open_frame(m, p, frame);
}

/* Adds the children of the set `parent`, which ends in item j of db, and goes on below them. */
static seg_status
go_down(seg_miner *m,
        const seg_rows *db,
        uint32_t j,
        uint32_t parent,
        uint32_t all,
        seg_len length,
        rows_frame *frame,
        int *open)
{
    projection p = {.children = {.length = length}};
    *open = 0;
    frame->mark = seg_stack_mark(&m->stack);
    seg_status status = copy_rows(m, db, j, &p);
    if (status == SEG_OK && p.n_rows > 0) {
        status = add_children(m, db, j, parent, &p);
    }
    if (status == SEG_OK && p.children.n > 0) {
        renumber_rows(m, &p);
        if (p.n_rows > 0 && length < m->options->max_len) {
            status = search_below(m, &p, all, frame, open);
        }
    }
    if (!*open) {
        seg_stack_release(&m->stack, frame->mark);
    }
    return status;
}

/* A list of frames one longer. */
static seg_status
grow(const seg_context *ctx, rows_frame **frame, seg_len *room, seg_len depth)
{
    if (depth < *room) {
        return SEG_OK;
    }
    seg_len wider = 2 * *room + 8;
    rows_frame *moved = seg_block_new(ctx, wider, sizeof *moved);
    if (moved == NULL) {
        return SEG_ERR_NOMEM;
    }
    if (*room > 0) {
        memcpy(moved, *frame, (size_t)*room * sizeof *moved);
    }
    seg_block_free(ctx, *frame);
    *frame = moved;
    *room = wider;
    return SEG_OK;
}

seg_status
seg_rows_mine(seg_miner *m, const seg_rows *root, uint32_t j, uint32_t count)
{
    uint32_t set;
    seg_node *node = seg_sets_add(m->ctx, m->sets, 1, &set);
    rows_frame *frame = NULL;
    seg_len depth = 0, room = 0;
    int open = 0;
    if (node == NULL) {
        return SEG_ERR_NOMEM;
    }
    *node = (seg_node){SEG_NO_NODE, j, count};
    seg_miner_count(m, 1, 1);
    if (m->options->max_len == 1 || j == 0) {
        return seg_miner_pause(m, 1);
    }
    seg_status status = grow(m->ctx, &frame, &room, 0);
    if (status == SEG_OK) {
        status = go_down(m, root, j, set, count, 2, &frame[0], &open);
        depth = open ? 0 : -1;
    }
    while (depth >= 0 && status == SEG_OK) {
        status = grow(m->ctx, &frame, &room, depth + 1);
        rows_frame *top = frame + depth;
        if (status == SEG_OK && top->next < top->children.n) {
            uint32_t i = top->next++;
            status = go_down(m, &top->rows, i, top->children.first + i, top->counts[i],
                             top->children.length + 1, top + 1, &open);
            depth += open;
        } else {
            seg_stack_release(&m->stack, top->mark);
            depth--;
        }
    }
    seg_block_free(m->ctx, frame);
    return status;
}

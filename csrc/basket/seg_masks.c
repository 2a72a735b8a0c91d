#include "seg_masks.h"

#include <string.h>

#include "seg_hash.h"
#include "seg_popcount.h"

/* A leaf pays where most subsets are frequent. Were the baskets that lack an item disjoint from
 * item to item, all subsets would be frequent while those baskets are at most `all - min_count`;
 * they overlap, so that a few times as many still leave most of them frequent. */
enum { LEAF_SLACK = 3 };

seg_status
seg_masks_merge(seg_stack *stack, seg_masks *masks)
{
    seg_mark mark = seg_stack_mark(stack);
    seg_len size = 16, n = 0;
    while (size < 2 * masks->n) {
        size *= 2;
    }
    uint32_t *place = seg_stack_take(stack, size, sizeof *place);
    if (place == NULL) {
        return SEG_ERR_NOMEM;
    }
    memset(place, 0xFF, (size_t)size * sizeof *place);
    for (seg_len i = 0; i < masks->n; i++) {
        uint64_t mask = masks->mask[i];
        uint32_t weight = masks->weight[i];
        if ((mask & (mask - 1)) == 0) {
            continue;
        }
        uint64_t at = seg_hash_u64(mask) & (uint64_t)(size - 1);
        while (place[at] != UINT32_MAX && masks->mask[place[at]] != mask) {
            at = (at + 1) & (uint64_t)(size - 1);
        }
        if (place[at] == UINT32_MAX) {
            place[at] = (uint32_t)n;
            masks->mask[n] = mask;
            masks->weight[n++] = weight;
        } else {
            masks->weight[place[at]] += weight;
        }
    }
    masks->n = n;
    seg_stack_release(stack, mark);
    return SEG_OK;
}

/* A set on the way down. */
typedef struct masks_frame {
    seg_children children;
    seg_masks masks;
    seg_mark mark; /* where the frame's memory begins */
    uint32_t next; /* child to go down to */
    uint32_t counts[64];
} masks_frame;

/* How many of the first children a leaf should take. */
static int
leaf_items(const seg_miner *m, const seg_children *children, const uint32_t *counts, uint32_t all)
{
    uint64_t lacking = 0, most = LEAF_SLACK * (uint64_t)(all - (uint32_t)m->options->min_count);
    int k = 0, limit = m->options->leaf;
    if (m->options->form == SEG_FORM_MASKS) {
        most = UINT64_MAX; /* a forced form is forced wholly */
    }
    while (k < limit && (uint32_t)k < children->n) {
        lacking += all - counts[k];
        if (lacking > most) {
            break;
        }
        k++;
    }
    return k < 2 ? 0 : k;
}

/* Counts of all subsets of the first k items; those that are no answer become 0. Gives how many are
 * left. */
static seg_len
count_subsets(seg_miner *m, int k, seg_len most_items, const seg_masks *masks, uint32_t *table)
{
    seg_len size = (seg_len)1 << k, n = 0;
    uint64_t low = (uint64_t)size - 1;
    uint32_t min_count = (uint32_t)m->options->min_count;
    memset(table, 0, (size_t)size * sizeof *table);
    for (seg_len i = 0; i < masks->n; i++) {
        table[masks->mask[i] & low] += masks->weight[i];
    }
    m->masks->sum_supersets(k, table);
    table[0] = 0;
    for (int bit = 0; bit < k; bit++) {
        table[(seg_len)1 << bit] = 0; /* these are there */
    }
    for (seg_len s = 0; s < size && most_items < k; s++) {
        table[s] = seg_popcount((uint64_t)s) <= most_items ? table[s] : 0;
    }
    for (seg_len s = 0; s < size; s++) {
        n += table[s] >= min_count;
    }
    return n;
}

/* Takes the leaf's sets into the account, length by length only where a short one may not count. */
static void
count_leaf(seg_miner *m, seg_len n, seg_len size, seg_len length, const uint32_t *table)
{
    if (m->options->min_len <= length + 1) {
        seg_miner_count(m, n, length + 1);
        return;
    }
    for (seg_len s = 0; s < size; s++) {
        if (table[s] >= (uint32_t)m->options->min_count) {
            seg_miner_count(m, 1, length - 1 + seg_popcount((uint64_t)s));
        }
    }
}

/* Adds the frequent subsets of the first k children, of two items and more. */
static seg_status
add_leaf(seg_miner *m, int k, const seg_children *children, const seg_masks *masks)
{
    seg_mark mark = seg_stack_mark(&m->stack);
    seg_len size = (seg_len)1 << k;
    uint32_t *table = seg_stack_take(&m->stack, size, sizeof *table);
    uint32_t *number = seg_stack_take(&m->stack, size, sizeof *number), next;
    if (table == NULL || number == NULL) {
        return SEG_ERR_NOMEM;
    }
    seg_len n = count_subsets(m, k, m->options->max_len - children->length + 1, masks, table);
    if (n > 0) {
        seg_node *node = seg_sets_add(m->ctx, m->sets, n, &next);
        uint32_t min_count = (uint32_t)m->options->min_count;
        if (node == NULL) {
            return SEG_ERR_NOMEM;
        }
        for (int bit = 0; bit < k; bit++) {
            number[(seg_len)1 << bit] = children->first + (uint32_t)bit;
        }
        for (seg_len s = 3; s < size; s++) {
            if (table[s] >= min_count) {
                uint32_t item = children->position[seg_lowest_bit((uint64_t)s)];
                *node++ = (seg_node){number[s & (s - 1)], item, table[s]};
                number[s] = next++;
            }
        }
        count_leaf(m, n, size, children->length, table);
    }
    seg_stack_release(&m->stack, mark);
    return seg_miner_pause(m, size / 4 + 2 * n + masks->n);
}

/* Fills a frame for a set whose children are added: a leaf for its first items, the rest to be gone
 * through one by one. */
static seg_status
open_frame(seg_miner *m, uint32_t all, masks_frame *frame)
{
    int k = leaf_items(m, &frame->children, frame->counts, all);
    seg_status status = SEG_OK;
    frame->next = k > 1 ? (uint32_t)k : 1;
    if (frame->next < frame->children.n) {
        status = seg_masks_merge(&m->stack, &frame->masks);
    }
    if (k > 1 && status == SEG_OK) {
        status = add_leaf(m, k, &frame->children, &frame->masks);
    }
    return status;
}

/* The rows of item j cut below it, and the weight of each lower item. */
static seg_status
select_rows(seg_miner *m, const seg_masks *from, uint32_t j, seg_masks *to, uint32_t *counts)
{
    uint64_t bit = (uint64_t)1 << j, lower = bit - 1;
    seg_len n = 0;
    to->mask = seg_stack_take(&m->stack, from->n + 1, sizeof *to->mask);
    to->weight = seg_stack_take(&m->stack, from->n + 1, sizeof *to->weight);
    if (to->mask == NULL || to->weight == NULL) {
        return SEG_ERR_NOMEM;
    }
    for (seg_len i = 0; i < from->n; i++) {
        to->mask[n] = from->mask[i] & lower;
        to->weight[n] = from->weight[i];
        n += (from->mask[i] & bit) != 0 && (from->mask[i] & lower) != 0;
    }
    to->n = n;
    m->masks->count_bits(n, (int)j, to->mask, to->weight, counts);
    return seg_miner_pause(m, from->n + n * (seg_len)j / 4);
}

/* The frequent items of the rows of child `next` of a frame become the children of *to; their bits
 * in *keep. */
static seg_status
add_children(seg_miner *m, masks_frame *from, masks_frame *to, uint64_t *keep)
{
    uint32_t j = from->next++, n = 0;
    seg_status status = select_rows(m, &from->masks, j, &to->masks, to->counts);
    *keep = 0;
    for (uint32_t i = 0; i < j; i++) {
        uint64_t frequent = to->counts[i] >= (uint32_t)m->options->min_count;
        *keep |= frequent << i;
        n += (uint32_t)frequent;
    }
    to->children = (seg_children){.length = from->children.length + 1, .n = n};
    if (n == 0 || status != SEG_OK) {
        return status;
    }
    uint32_t *position = seg_stack_take(&m->stack, n, sizeof *position), at = 0;
    seg_node *node = seg_sets_add(m->ctx, m->sets, n, &to->children.first);
    if (position == NULL || node == NULL) {
        return SEG_ERR_NOMEM;
    }
    for (uint64_t left = *keep; left != 0; left &= left - 1, at++) {
        int i = seg_lowest_bit(left);
        position[at] = from->children.position[i];
        node[at] = (seg_node){from->children.first + j, position[at], to->counts[i]};
        to->counts[at] = to->counts[i];
    }
    to->children.position = position;
    seg_miner_count(m, n, to->children.length);
    return SEG_OK;
}

/* One step down, into the frame behind. */
static seg_status
step_down(seg_miner *m, masks_frame *from, masks_frame *to)
{
    uint64_t keep;
    uint32_t all = from->counts[from->next];
    to->mark = seg_stack_mark(&m->stack);
    seg_status status = add_children(m, from, to, &keep);
    to->next = to->children.n;
    if (status == SEG_OK && to->children.n > 1 && to->children.length < m->options->max_len) {
        m->masks->extract(to->masks.n, keep, to->masks.mask);
        status = open_frame(m, all, to);
    }
    return status;
}

seg_status
seg_masks_mine(seg_miner *m,
               const seg_children *children,
               const uint32_t *counts,
               uint32_t all,
               const seg_masks *masks)
{
    seg_mark begin = seg_stack_mark(&m->stack);
    /* each step down has at least one child less to go through */
    masks_frame *frame = seg_stack_take(&m->stack, (seg_len)children->n + 1, sizeof *frame);
    if (frame == NULL) {
        return SEG_ERR_NOMEM;
    }
    seg_len depth = 0;
    frame[0].children = *children;
    frame[0].masks = *masks;
    frame[0].mark = seg_stack_mark(&m->stack);
    memcpy(frame[0].counts, counts, children->n * sizeof *counts);
    seg_status status = open_frame(m, all, &frame[0]);
    while (depth >= 0 && status == SEG_OK) {
        if (frame[depth].next < frame[depth].children.n) {
            status = step_down(m, &frame[depth], &frame[depth + 1]);
            depth++;
        } else {
            seg_stack_release(&m->stack, frame[depth--].mark);
        }
    }
    seg_stack_release(&m->stack, begin);
    return status;
}

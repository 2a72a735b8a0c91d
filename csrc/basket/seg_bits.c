#include "seg_bits.h"

/* A set on the way down: its children's bitmaps, and which child is next. */
typedef struct bits_frame {
    seg_children children;
    const uint64_t *bits;
    seg_mark mark; /* where the frame's memory begins */
    uint32_t next;
} bits_frame;

/* The children of child `next` of a frame, in *to; to->bits is NULL unless they have children. */
static seg_status
step_down(seg_miner *m, seg_len words, bits_frame *from, bits_frame *to)
{
    uint32_t j = from->next++, *which, *count;
    to->mark = seg_stack_mark(&m->stack);
    to->bits = NULL;
    to->next = 1;
    to->children.length = from->children.length + 1;
    uint64_t *kept = seg_stack_take(&m->stack, (seg_len)j * words, sizeof *kept);
    uint32_t *lists = seg_stack_take(&m->stack, 2 * (seg_len)j, sizeof *lists);
    if (kept == NULL || lists == NULL) {
        return SEG_ERR_NOMEM;
    }
    which = lists;
    count = lists + j;
    seg_len n = m->bits->join(words, j, (uint32_t)m->options->min_count, from->bits + j * words,
                              from->bits, kept, which, count);
    if (n > 0) {
        seg_node *node = seg_sets_add(m->ctx, m->sets, n, &to->children.first);
        if (node == NULL) {
            return SEG_ERR_NOMEM;
        }
        for (seg_len i = 0; i < n; i++) {
            uint32_t position = from->children.position[which[i]];
            node[i] = (seg_node){from->children.first + j, position, count[i]};
            which[i] = position;
        }
        seg_miner_count(m, n, to->children.length);
        to->children.n = (uint32_t)n;
        to->children.position = which;
        to->bits = n > 1 && to->children.length < m->options->max_len ? kept : NULL;
    }
    return seg_miner_pause(m, (int64_t)j * (words + 4));
}

seg_status
seg_bits_mine(seg_miner *m, seg_len words, const seg_children *children, const uint64_t *bits)
{
    seg_mark begin = seg_stack_mark(&m->stack);
    seg_status status = SEG_OK;
    /* each step down has at least one child less to go through */
    seg_len deepest = seg_min(children->n, m->options->max_len - children->length + 1);
    bits_frame *frame = seg_stack_take(&m->stack, deepest + 1, sizeof *frame);
    if (frame == NULL) {
        return SEG_ERR_NOMEM;
    }
    seg_len depth = 0;
    frame[0] = (bits_frame){*children, bits, seg_stack_mark(&m->stack), 1};
    while (depth >= 0 && status == SEG_OK) {
        if (frame[depth].next < frame[depth].children.n) {
            status = step_down(m, words, &frame[depth], &frame[depth + 1]);
            if (frame[depth + 1].bits != NULL) {
                depth++;
            } else {
                seg_stack_release(&m->stack, frame[depth + 1].mark);
            }
        } else {
            seg_stack_release(&m->stack, frame[depth--].mark);
        }
    }
    seg_stack_release(&m->stack, begin);
    return status;
}

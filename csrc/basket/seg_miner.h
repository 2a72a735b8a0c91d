/* What the forms of a search share: one task's memory, limits, and the sets it finds. */
#ifndef SEG_MINER_H
#define SEG_MINER_H

#include "seg_bits_isa.h"
#include "seg_itemsets.h"
#include "seg_lists.h"
#include "seg_masks_isa.h"
#include "seg_sets.h"
#include "seg_stack.h"
#include "seg_team.h"

/* Baskets as rows of items 0 .. n_items - 1, ascending in each row, with where each item stands.
 * Rows of fewer than two items need not be there: what they count is known before. */
typedef struct seg_rows {
    uint32_t n_items, n_rows;
    const uint32_t *start; /* (n_rows + 1,)   rows are item[start[r]] .. item[start[r + 1] - 1] */
    const uint32_t *item;
    const uint32_t *weight; /* (n_rows,)       baskets each row stands for; NULL: one */
    const uint32_t *first;  /* (n_items + 1,)  rows that hold item i are held[first[i]] .. */
    const uint32_t *held;
    const uint32_t *below;    /* (n_items,)      entries of lower items in those rows */
    const uint32_t *position; /* (n_items,)      of each item among all; NULL: the same */
    const uint64_t *bits;     /* (n_items, words) a bit a basket of each item; NULL: not made */
    seg_len words;
} seg_rows;

/* The sets one item longer than some set: what a conditional database is about. */
typedef struct seg_children {
    seg_len length;     /* items of each of them */
    uint32_t n;         /* how many */
    uint32_t first;     /* number of the first; the others follow */
    uint32_t *position; /* (n,)  of the item that each adds */
} seg_children;

/* A task of the search. */
typedef struct seg_miner {
    const seg_context *ctx;
    struct seg_team *team;
    seg_len team_task, task; /* number in the team, and in the search */
    seg_len n_tasks;         /* of the search */
    const seg_itemsets_options *options;
    const seg_masks_ops *masks;
    const seg_bits_ops *bits;
    seg_stack stack;
    seg_sets *sets;   /* of all sets */
    seg_lists *lists; /* of closed and maximal ones */
    uint32_t *counts; /* (frequent items,)  zeros between uses */
    uint32_t *map;    /* (frequent items,)  new numbers of items */
    int64_t reported; /* sets of at least min_len items so far */
    int64_t bytes;    /* what they will need */
    int64_t work;     /* since the last pause */
    double done;      /* share of the task's work */
    int64_t *account; /* (n_tasks, 3)  of each task: reported, bytes, whether it has ended */
    int full;         /* a limit is reached: the search ends with SEG_ERR_CANCELLED */
    int dropped;      /* so does it where lower tasks need the memory; it is to be done again */
} seg_miner;

/* Counts work; now and then looks whether the search must stop. SEG_OK or SEG_ERR_CANCELLED. */
SEG_MUST_USE seg_status seg_miner_look(seg_miner *m);

/* Writes the last figures of the task into the account. */
void seg_miner_end(seg_miner *m);

/* The same, for steps that come often: looks once in about a millisecond of work. */
static inline seg_status
seg_miner_pause(seg_miner *m, int64_t work)
{
    m->work += work;
    return m->work < (1 << 19) ? SEG_OK : seg_miner_look(m);
}

/* Takes n more sets of this many items into the account. */
static inline void
seg_miner_count(seg_miner *m, int64_t n, seg_len length)
{
    int64_t asked = length >= m->options->min_len ? n : 0;
    m->reported += asked;
    m->bytes += n * SEG_NODE_BYTES + asked * (SEG_SET_BYTES + SEG_ITEM_BYTES * length);
}

#endif

#include "seg_lattice.h"

#include <string.h>

#include "seg_team.h"

/* Sets of a task that links them. */
enum { CHUNK = 1 << 13 };

/* Children a found one that are walked step by step. */
enum { NEAR = 8 };

/* What reading is of a call. */
#define READ 0.4

/* The items that two sets share from the beginning, at most k. */
static inline seg_len
shared(const int32_t *a, const int32_t *b, seg_len k)
{
    seg_len i = 0;
    while (i < k && a[i] == b[i]) {
        i++;
    }
    return i;
}

/* Whether set s has the items, the order and the count it should; set s - 1 has. *same is what it
 * shares with that one if both are of one length, else 0. */
static int
is_fine(const seg_itemset_view *sets, seg_len s, seg_len total, seg_len *same)
{
    int64_t at = sets->indptr[s], end = sets->indptr[s + 1];
    if (end <= at || end > total || sets->counts[s] < 1 || sets->counts[s] > sets->n_baskets) {
        return 0;
    }
    const int32_t *items = sets->indices + at;
    seg_len k = (seg_len)(end - at);
    int falls = items[0] < 0 || items[k - 1] >= sets->n_items;
    for (seg_len i = 1; i < k; i++) {
        falls |= items[i] <= items[i - 1];
    }
    seg_len before = s > 0 ? (seg_len)(at - sets->indptr[s - 1]) : 0;
    *same = before == k ? shared(items - k, items, k) : 0;
    return !falls && (before < k || (before == k && *same < k && items[*same - k] < items[*same]));
}

static int
is_view(const seg_itemset_view *sets)
{
    return sets->n >= 0 && sets->n_items >= 0 && sets->n_items <= INT32_MAX &&
           sets->n_baskets >= 0 && sets->n_baskets <= INT32_MAX && sets->indptr[0] == 0 &&
           sets->indptr[sets->n] >= sets->n;
}

static seg_status
take_arrays(const seg_context *ctx, seg_lattice *l)
{
    seg_len n = l->sets->n, total = (seg_len)l->sets->indptr[n];
    l->single = seg_arena_array(ctx, &l->arena, l->sets->n_items, sizeof *l->single);
    l->count = seg_arena_array(ctx, &l->arena, n, sizeof *l->count);
    l->last = seg_arena_array(ctx, &l->arena, n, sizeof *l->last);
    l->child = seg_arena_array(ctx, &l->arena, n, sizeof *l->child);
    l->less = seg_arena_array(ctx, &l->arena, total, sizeof *l->less);
    int there = l->single != NULL && l->count != NULL && l->last != NULL && l->child != NULL &&
                l->less != NULL;
    return there ? SEG_OK : SEG_ERR_NOMEM;
}

/* The set of the first k items, found from `parent` on, which moves with the sets; -1 if it is not
 * there. */
static int32_t
find_parent(const seg_lattice *l, const int32_t *items, seg_len k, seg_len s, seg_len *parent)
{
    const seg_itemset_view *sets = l->sets;
    for (; *parent < s; ++*parent) {
        const int32_t *theirs = sets->indices + sets->indptr[*parent];
        seg_len length = seg_lattice_length(l, (int32_t)*parent);
        seg_len same = length == k ? shared(theirs, items, k) : 0;
        if (length > k || same == k) {
            return same == k ? (int32_t)*parent : -1;
        }
        if (length == k && theirs[same] > items[same]) {
            return -1;
        }
    }
    return -1;
}

/* Checks every set and finds its parent, which is the set without its last item, by one walk over
 * both levels; less of the last item is the parent, of all others -1 for now. */
static seg_status
read_sets(const seg_context *ctx, seg_lattice *l)
{
    const seg_itemset_view *sets = l->sets;
    seg_status status = SEG_OK;
    seg_len walk = 0, k = 0, same, total = (seg_len)sets->indptr[sets->n];
    int32_t parent = -1;
    memset(l->single, -1, (size_t)sets->n_items * sizeof *l->single);
    for (seg_len s = 0; s < sets->n && status == SEG_OK; s++) {
        if (!is_fine(sets, s, total, &same)) {
            return SEG_ERR_ARG;
        }
        const int32_t *items = sets->indices + sets->indptr[s];
        int32_t *less = l->less + sets->indptr[s];
        k = seg_lattice_length(l, (int32_t)s);
        l->count[s] = (int32_t)sets->counts[s];
        l->last[s] = items[k - 1];
        l->child[s] = (seg_range){0, 0};
        if (k == 1) {
            l->single[items[0]] = (int32_t)s;
        } else if (same < k - 1) { /* else the parent is that of the set before */
            parent = find_parent(l, items, k - 1, s, &walk);
        }
        for (seg_len i = 0; i < k - 1; i++) {
            less[i] = -1;
        }
        less[k - 1] = k > 1 ? parent : -1;
        if (k > 1 && parent >= 0) {
            seg_range *of = &l->child[parent];
            *of = (seg_range){of->to > 0 ? of->from : (int32_t)s, (int32_t)s + 1};
        }
        status = seg_poll_at(ctx, s, sets->n);
    }
    l->longest = k;
    return status;
}

/* The first of last[at] ... last[to - 1] that is item or later, `to` if there is none; the steps
 * double, as it is mostly near. */
static int32_t
seek(const int32_t *last, int32_t at, int32_t to, int32_t item)
{
    int32_t step = 1;
    while (at < to && last[at] < item) {
        if (to - at > step && last[at + step] < item) {
            at += step;
            step *= 2;
        } else {
            at++;
            step = 1;
        }
    }
    return at;
}

/* Sets of one length, [begin, end). */
typedef struct level {
    seg_lattice *lattice;
    seg_len begin, end, k;
} level;

/* Finds the n items of `item` among last[at] ... last[to - 1], both ascending, and writes where
 * each stands to less, k apart; -1 where it is not. */
static void
find_each(const int32_t *last,
          int32_t at,
          int32_t to,
          seg_len n,
          const int32_t *item,
          seg_len k,
          int32_t *less)
{
    seg_len i = 0;
    if (to - at <= NEAR * n) { /* step by step without a branch to guess: all are there, mostly */
        for (int32_t step = at; step < to && i < n; step++) {
            less[i * k] = step;
            i += last[step] == item[i];
        }
    }
    for (i = i < n ? 0 : n; i < n; i++) {
        at = seek(last, at, to, item[i]);
        less[i * k] = at < to && last[at] == item[i] ? at : -1;
    }
}

/* Fills less of the sets [s, end), which are children of one parent P, but for their last items.
 * For each other item j of theirs one walk goes along the children of P without j, in step with
 * these.
 */
static void
link_family(seg_lattice *l, seg_len s, seg_len end, seg_len k)
{
    int32_t *less = l->less + l->sets->indptr[s], parent = less[k - 1];
    const int32_t *above = l->less + l->sets->indptr[parent];
    for (seg_len j = 0; j < k - 1; j++) {
        int32_t beside = above[j];
        if (beside >= 0) {
            /* of the last walk P is itself one of the children */
            int32_t at = j == k - 2 ? parent + 1 : l->child[beside].from;
            find_each(l->last, at, l->child[beside].to, end - s, l->last + s, k, less + j);
        }
    }
}

static seg_status
link_chunk(struct seg_team *team, seg_len task, void *arg)
{
    const level *of = arg;
    seg_lattice *l = of->lattice;
    seg_len at = of->begin + task * CHUNK, end = seg_min(at + CHUNK, of->end), next;
    if (seg_team_stopped(team, task, 0.0)) {
        return SEG_ERR_CANCELLED;
    }
    for (; at < end; at = next) {
        int32_t parent = l->less[l->sets->indptr[at + 1] - 1];
        next = parent < 0 ? at + 1 : seg_min(end, l->child[parent].to);
        if (of->k == 2) {
            for (seg_len s = at; s < next; s++) {
                l->less[l->sets->indptr[s]] = l->single[l->last[s]];
            }
        } else if (parent >= 0) {
            link_family(l, at, next, of->k);
        }
    }
    return SEG_OK;
}

/* Level by level: a level stands on the one before. */
static seg_status
link_levels(const seg_context *ctx, seg_lattice *l)
{
    seg_status status = SEG_OK;
    seg_len n = l->sets->n, end;
    for (seg_len begin = 0; begin < n && status == SEG_OK; begin = end) {
        seg_len k = seg_lattice_length(l, (int32_t)begin), high = n;
        end = begin;
        while (end < high) { /* the lengths ascend: the first longer set by halving */
            seg_len middle = end + (high - end) / 2;
            if (seg_lattice_length(l, (int32_t)middle) > k) {
                high = middle;
            } else {
                end = middle + 1;
            }
        }
        seg_phase phase;
        level of = {.lattice = l, .begin = begin, .end = end, .k = k};
        const seg_context *step =
            seg_phase_of(&phase, ctx, (double)begin / (double)n, (double)end / (double)n);
        if (k > 1) {
            status = seg_team_run(step, (end - begin + CHUNK - 1) / CHUNK, link_chunk, &of);
        }
    }
    return status;
}

seg_status
seg_lattice_open(const seg_context *ctx, const seg_itemset_view *sets, seg_lattice *lattice)
{
    seg_phase phase;
    *lattice = (seg_lattice){.sets = sets};
    if (!is_view(sets)) {
        return SEG_ERR_ARG;
    }
    seg_status status = sets->n >= INT32_MAX ? SEG_ERR_TOO_MANY : take_arrays(ctx, lattice);
    if (status == SEG_OK) {
        status = read_sets(seg_phase_of(&phase, ctx, 0.0, READ), lattice);
    }
    if (status == SEG_OK) {
        status = link_levels(seg_phase_of(&phase, ctx, READ, 1.0), lattice);
    }
    return status;
}

void
seg_lattice_free(const seg_context *ctx, seg_lattice *lattice)
{
    seg_arena_free(ctx, &lattice->arena);
}

int32_t
seg_lattice_find(const seg_lattice *lattice, seg_len n, const int32_t *items)
{
    int32_t s = lattice->single[items[0]];
    for (seg_len i = 1; i < n && s >= 0; i++) {
        int32_t at = lattice->child[s].from, high = lattice->child[s].to;
        while (at < high) {
            int32_t middle = at + (high - at) / 2;
            if (lattice->last[middle] < items[i]) {
                at = middle + 1;
            } else {
                high = middle;
            }
        }
        s = at < lattice->child[s].to && lattice->last[at] == items[i] ? at : -1;
    }
    return s;
}

#include "seg_item_pairs.h"

#include <string.h>

#include "seg_team.h"

/* Most tasks of a call, and steps between two polls. */
enum { TASKS = 256, POLL = 1 << 16 };

/* What the tasks of a call share; a, b and count are NULL while pairs are only counted. */
typedef struct pairs_call {
    const seg_context *ctx;
    const seg_item_pairs *pairs;
    int64_t *found; /* (n_items,) pairs of each item */
    int32_t *a, *b;
    int64_t *count;
} pairs_call;

/* Counters of one task. */
typedef struct tally {
    int32_t *count; /* (n_items,) all 0 between two items */
    int32_t *met;   /* (n_items,) items whose counter is not 0 */
    seg_len n_met;
    int64_t steps;
} tally;

static seg_len
items_a_task(const seg_item_pairs *pairs)
{
    return pairs->view->n_items / TASKS + 1;
}

/* Counts what stands after item a in its baskets. */
static seg_status
count_after(struct seg_team *team, seg_len task, const seg_item_pairs *pairs, seg_len a, tally *t)
{
    const seg_basket_view *view = pairs->view;
    t->n_met = 0;
    for (int64_t i = pairs->starts[a]; i < pairs->starts[a + 1]; i++) {
        int64_t end = view->indptr[pairs->basket[i] + 1];
        for (int64_t at = pairs->after[i]; at < end; at++) {
            int32_t b = view->indices[at];
            if (t->count[b]++ == 0) {
                t->met[t->n_met++] = b;
            }
        }
        t->steps += end - pairs->after[i] + 1;
        if (t->steps >= POLL) {
            t->steps = 0;
            if (seg_team_stopped(team, task, 0.0)) {
                return SEG_ERR_CANCELLED;
            }
        }
    }
    return SEG_OK;
}

/* Writes or only counts the pairs of item a; the counters are 0 again. */
static void
give_pairs(const pairs_call *call, seg_len a, tally *t)
{
    int64_t found = 0, first = call->a != NULL ? call->pairs->first[a] : 0;
    for (seg_len i = 0; i < t->n_met; i++) {
        int32_t b = t->met[i], count = t->count[b];
        t->count[b] = 0;
        if (count < call->pairs->min_count) {
            continue;
        }
        if (call->a != NULL) {
            call->a[first + found] = (int32_t)a;
            call->b[first + found] = b;
            call->count[first + found] = count;
        }
        found++;
    }
    if (call->found != NULL) {
        call->found[a] = found;
    }
}

static seg_status
pairs_task(struct seg_team *team, seg_len task, void *arg)
{
    const pairs_call *call = arg;
    const seg_item_pairs *pairs = call->pairs;
    seg_len n_items = pairs->view->n_items, from = task * items_a_task(pairs);
    seg_len to = seg_min(from + items_a_task(pairs), n_items);
    seg_arena arena = {0};
    tally t = {.count = seg_arena_array(call->ctx, &arena, n_items, sizeof *t.count),
               .met = seg_arena_array(call->ctx, &arena, n_items, sizeof *t.met)};
    seg_status status = SEG_ERR_NOMEM;
    if (t.count != NULL && t.met != NULL) {
        memset(t.count, 0, (size_t)n_items * sizeof *t.count);
        status = SEG_OK;
    }
    for (seg_len a = from; a < to && status == SEG_OK; a++) {
        if (call->a == NULL || pairs->first[a + 1] > pairs->first[a]) {
            status = count_after(team, task, pairs, a, &t);
            give_pairs(call, a, &t);
        }
    }
    seg_arena_free(call->ctx, &arena);
    return status;
}

static seg_status
run_tasks(const pairs_call *call)
{
    seg_len each = items_a_task(call->pairs), n_items = call->pairs->view->n_items;
    pairs_call own = *call;
    return n_items > 0 ? seg_team_run(call->ctx, (n_items - 1) / each + 1, pairs_task, &own)
                       : SEG_OK;
}

/* Lists the baskets of every item. */
static seg_status
turn(const seg_context *ctx, seg_item_pairs *pairs)
{
    const seg_basket_view *view = pairs->view;
    seg_len n_items = view->n_items, total = (seg_len)view->indptr[view->n];
    pairs->first = seg_arena_array(ctx, &pairs->arena, n_items + 1, sizeof *pairs->first);
    pairs->starts = seg_arena_array(ctx, &pairs->arena, n_items + 1, sizeof *pairs->starts);
    pairs->after = seg_arena_array(ctx, &pairs->arena, total, sizeof *pairs->after);
    pairs->basket = seg_arena_array(ctx, &pairs->arena, total, sizeof *pairs->basket);
    if (pairs->first == NULL || pairs->starts == NULL || pairs->after == NULL ||
        pairs->basket == NULL) {
        return SEG_ERR_NOMEM;
    }
    int64_t *next = pairs->first; /* where the next basket of each item goes; sums come later */
    seg_status status = SEG_OK;
    memset(next, 0, (size_t)(n_items + 1) * sizeof *next);
    for (seg_len i = 0; i < total && status == SEG_OK; i++) {
        next[view->indices[i]]++;
        status = seg_poll_at(ctx, i, total);
    }
    pairs->starts[0] = 0;
    for (seg_len a = 0; a < n_items; a++) {
        pairs->starts[a + 1] = pairs->starts[a] + next[a];
        next[a] = pairs->starts[a];
    }
    for (seg_len b = 0; b < view->n && status == SEG_OK; b++) {
        for (int64_t i = view->indptr[b]; i < view->indptr[b + 1] && status == SEG_OK; i++) {
            int64_t to = next[view->indices[i]]++;
            pairs->after[to] = i + 1;
            pairs->basket[to] = (int32_t)b;
            status = seg_poll_at(ctx, (seg_len)i, total);
        }
    }
    return status;
}

seg_status
seg_item_pairs_open(const seg_context *ctx,
                    const seg_basket_view *view,
                    int64_t min_count,
                    seg_item_pairs *pairs)
{
    seg_phase phase;
    *pairs = (seg_item_pairs){.view = view, .min_count = min_count};
    if (min_count < 1) {
        return SEG_ERR_ARG;
    }
    seg_status status = seg_basket_view_check(seg_phase_of(&phase, ctx, 0.0, 0.1), view);
    if (status == SEG_OK) {
        status = turn(seg_phase_of(&phase, ctx, 0.1, 0.2), pairs);
    }
    if (status != SEG_OK) {
        return status;
    }
    pairs_call call = {
        .ctx = seg_phase_of(&phase, ctx, 0.2, 1.0), .pairs = pairs, .found = pairs->first};
    status = run_tasks(&call);
    int64_t before = 0;
    for (seg_len a = 0; a <= view->n_items && status == SEG_OK; a++) {
        int64_t here = a < view->n_items ? pairs->first[a] : 0;
        pairs->first[a] = before;
        before += here;
    }
    pairs->n = (seg_len)before;
    return status;
}

seg_status
seg_item_pairs_read(
    const seg_context *ctx, const seg_item_pairs *pairs, int32_t *a, int32_t *b, int64_t *count)
{
    pairs_call call = {.ctx = ctx, .pairs = pairs, .a = a, .b = b, .count = count};
    return pairs->n > 0 ? run_tasks(&call) : SEG_OK;
}

void
seg_item_pairs_free(const seg_context *ctx, seg_item_pairs *pairs)
{
    seg_arena_free(ctx, &pairs->arena);
}

#include "seg_recommend.h"

#include <string.h>

#include "seg_team.h"

/* Baskets of a task, and steps between two polls. */
enum { CHUNK = 512, POLL = 1 << 16 };

static seg_status
take_arrays(const seg_context *ctx, seg_recommender *index, seg_len total)
{
    index->under = seg_arena_array(ctx, &index->arena, index->n_items + 1, sizeof *index->under);
    index->number = seg_arena_array(ctx, &index->arena, index->n, sizeof *index->number);
    index->head = seg_arena_array(ctx, &index->arena, index->n, sizeof *index->head);
    index->second = seg_arena_array(ctx, &index->arena, index->n, sizeof *index->second);
    index->indptr = seg_arena_array(ctx, &index->arena, index->n + 1, sizeof *index->indptr);
    index->items = seg_arena_array(ctx, &index->arena, total, sizeof *index->items);
    int there = index->under != NULL && index->number != NULL && index->head != NULL &&
                index->second != NULL && index->indptr != NULL && index->items != NULL;
    return there ? SEG_OK : SEG_ERR_NOMEM;
}

/* Whether the antecedent from `at` to `end` needs the item. */
static int
needs(const int32_t *items, int64_t at, int64_t end, int32_t item)
{
    while (at < end && items[at] != item) {
        at++;
    }
    return at < end;
}

/* Whether rule r has an antecedent and suggests something beyond it. */
static int
is_rule(const seg_basket_view *antecedents, const int32_t *head, seg_len r)
{
    int64_t at = antecedents->indptr[r], end = antecedents->indptr[r + 1];
    return at < end && head[r] >= 0 && head[r] < antecedents->n_items &&
           !needs(antecedents->indices, at, end, head[r]);
}

/* The last item of an antecedent; with `back` the one before, where there is one. */
static int32_t
last_item(const seg_basket_view *antecedents, seg_len r, int back)
{
    int64_t at = antecedents->indptr[r], end = antecedents->indptr[r + 1];
    return antecedents->indices[end - 1 - (back && end - at > 1)];
}

/* Sorts rules by one of these items; those of one item stay as they are in `order` (NULL: best
 * first). Leaves in `under` where each item begins. */
static seg_status
sort_rules(const seg_context *ctx,
           seg_recommender *index,
           const seg_basket_view *antecedents,
           int back,
           const int32_t *order,
           int32_t *sorted)
{
    int64_t *under = index->under;
    seg_len n = index->n;
    seg_status status = SEG_OK;
    memset(under, 0, (size_t)(index->n_items + 1) * sizeof *under);
    for (seg_len r = 0; r < n && status == SEG_OK; r++) {
        under[last_item(antecedents, r, back)]++;
        status = seg_poll_at(ctx, r, 2 * n);
    }
    for (seg_len a = 0; a < index->n_items; a++) {
        under[a + 1] += under[a];
    }
    for (seg_len k = n - 1; k >= 0 && status == SEG_OK; k--) {
        /* from the end of each item to its beginning */
        int32_t r = order == NULL ? (int32_t)k : order[k];
        sorted[--under[last_item(antecedents, r, back)]] = r;
        status = seg_poll_at(ctx, 2 * n - 1 - k, 2 * n);
    }
    return status;
}

/* Copies what the rules need and suggest, as they are filed. */
static seg_status
copy_rules(const seg_context *ctx,
           seg_recommender *index,
           const seg_basket_view *antecedents,
           const int32_t *head)
{
    int64_t filled = 0;
    seg_status status = SEG_OK;
    for (seg_len k = 0; k < index->n && status == SEG_OK; k++) {
        int32_t r = index->number[k];
        int64_t at = antecedents->indptr[r], end = antecedents->indptr[r + 1];
        index->head[k] = head[r];
        index->second[k] = last_item(antecedents, r, 1);
        index->indptr[k] = filled;
        while (at < end) {
            index->items[filled++] = antecedents->indices[at++];
        }
        status = seg_poll_at(ctx, k, index->n);
    }
    index->indptr[index->n] = filled;
    return status;
}

/* Puts every rule under the last items of its antecedent. */
static seg_status
file_rules(const seg_context *ctx,
           seg_recommender *index,
           const seg_basket_view *antecedents,
           const int32_t *head)
{
    seg_phase phase;
    const seg_context *part = seg_phase_of(&phase, ctx, 0.1, 0.2);
    seg_status status = SEG_OK;
    for (seg_len r = 0; r < index->n && status == SEG_OK; r++) {
        status = is_rule(antecedents, head, r) ? seg_poll_at(part, r, index->n) : SEG_ERR_ARG;
    }
    if (status == SEG_OK) {
        part = seg_phase_of(&phase, ctx, 0.2, 0.4);
        status = sort_rules(part, index, antecedents, 1, NULL, index->second);
    }
    if (status == SEG_OK) {
        part = seg_phase_of(&phase, ctx, 0.4, 0.7);
        status = sort_rules(part, index, antecedents, 0, index->second, index->number);
    }
    return status == SEG_OK
               ? copy_rules(seg_phase_of(&phase, ctx, 0.7, 1.0), index, antecedents, head)
               : status;
}

seg_status
seg_recommender_open(const seg_context *ctx,
                     const seg_basket_view *antecedents,
                     const int32_t *head,
                     seg_recommender *index)
{
    *index = (seg_recommender){.n = antecedents->n, .n_items = antecedents->n_items};
    seg_phase phase;
    seg_status status = seg_basket_view_check(seg_phase_of(&phase, ctx, 0.0, 0.1), antecedents);
    if (status == SEG_OK) {
        status = index->n == INT32_MAX
                     ? SEG_ERR_ARG
                     : take_arrays(ctx, index, (seg_len)antecedents->indptr[index->n]);
    }
    return status == SEG_OK ? file_rules(ctx, index, antecedents, head) : status;
}

void
seg_recommender_close(const seg_context *ctx, seg_recommender *index)
{
    seg_arena_free(ctx, &index->arena);
}

/* ---- asking ---- */

/* What is known of an item. */
enum { HELD = 1, SUGGESTED = 2 };

/* What a task knows of the basket at hand. A rule that speaks to it is kept as its number in the
 * high half, so that better is less, and where it is filed in the low half. */
typedef struct asker {
    const seg_recommender *index;
    const int32_t *items; /* the basket */
    seg_len n;
    uint8_t *known; /* (n_items,) */
    int64_t *heap;  /* (rules under the items,) rules that speak and are not in order yet */
    int64_t *best;  /* (rules under the items,) those in order */
    seg_len n_heap, n_best;
    int64_t steps;
} asker;

/* What the tasks of a call share; one of the outputs is NULL. */
typedef struct recommend_call {
    const seg_context *ctx;
    const seg_recommender *index;
    const seg_basket_view *baskets;
    seg_len most;
    int32_t *rules, *place;
} recommend_call;

static int32_t
number_of(int64_t rule)
{
    return (int32_t)(rule >> 32);
}

static int32_t
filed_at(int64_t rule)
{
    return (int32_t)(rule & INT32_MAX);
}

/* Lets the rule at `at` sink until no rule under it is better. */
static void
sink(int64_t *heap, seg_len n, seg_len at)
{
    int64_t rule = heap[at];
    for (seg_len below = 2 * at + 1; below < n; below = 2 * at + 1) {
        below += below + 1 < n && heap[below + 1] < heap[below];
        if (heap[below] >= rule) {
            break;
        }
        heap[at] = heap[below];
        at = below;
    }
    heap[at] = rule;
}

/* Whether the basket holds the antecedent. Its last item it does; most rules fail at the one
 * before, which is the rarest of the others. */
static int
speaks(const asker *a, int64_t k)
{
    const seg_recommender *index = a->index;
    if (!(a->known[index->second[k]] & HELD)) {
        return 0;
    }
    int64_t i = index->indptr[k], end = index->indptr[k + 1] - 2;
    while (i < end && (a->known[index->items[i]] & HELD)) {
        i++;
    }
    return i >= end;
}

/* Gathers the rules that speak to the basket; with `hidden` also those that suggest what it holds.
 */
static void
gather(asker *a, int hidden)
{
    const seg_recommender *index = a->index;
    a->n_heap = a->n_best = 0;
    for (seg_len i = 0; i < a->n; i++) {
        int64_t from = index->under[a->items[i]], to = index->under[a->items[i] + 1];
        for (int64_t k = from; k < to; k++) {
            if (speaks(a, k) && (hidden || !a->known[index->head[k]])) {
                a->heap[a->n_heap++] = (int64_t)index->number[k] << 32 | k;
            }
        }
        a->steps += to - from;
    }
    for (seg_len at = a->n_heap / 2; at-- > 0;) {
        sink(a->heap, a->n_heap, at);
    }
}

/* Puts one more rule in order; 0 after the last. */
static int
rank_one(asker *a)
{
    if (a->n_heap == 0) {
        return 0;
    }
    a->best[a->n_best++] = a->heap[0];
    a->heap[0] = a->heap[--a->n_heap];
    if (a->n_heap > 0) {
        sink(a->heap, a->n_heap, 0);
    }
    return 1;
}

static int32_t
head_of(const asker *a, seg_len k)
{
    return a->index->head[filed_at(a->best[k])];
}

/* Forgets what the first `n` rules in order suggested. */
static void
forget(asker *a, seg_len n)
{
    for (seg_len k = 0; k < n; k++) {
        a->known[head_of(a, k)] &= HELD;
    }
}

static void
give_rules(asker *a, seg_len most, int32_t *rules)
{
    seg_len given = 0;
    gather(a, 0);
    while (given < most && rank_one(a)) {
        uint8_t *head = &a->known[head_of(a, a->n_best - 1)];
        if (!(*head & SUGGESTED)) {
            *head |= SUGGESTED;
            rules[given++] = number_of(a->best[a->n_best - 1]);
        }
    }
    forget(a, a->n_best);
    for (; given < most; given++) {
        rules[given] = -1;
    }
}

/* Whether the rule of rank k, asked without the hidden item, suggests what is not there yet. */
static int
is_news(const asker *a, seg_len k, int32_t hidden)
{
    const seg_recommender *index = a->index;
    int32_t rule = filed_at(a->best[k]), head = index->head[rule];
    return !(a->known[head] & SUGGESTED) && (head == hidden || !(a->known[head] & HELD)) &&
           !needs(index->items, index->indptr[rule], index->indptr[rule + 1], hidden);
}

/* Where the hidden item comes, as seg_recommend_hidden says. */
static int32_t
place_of(asker *a, seg_len most, int32_t hidden)
{
    seg_len given = 0, k = 0;
    int found = 0;
    for (; given < most && !found && (k < a->n_best || rank_one(a)); k++) {
        if (is_news(a, k, hidden)) {
            a->known[head_of(a, k)] |= SUGGESTED;
            found = head_of(a, k) == hidden;
            given++;
        }
    }
    forget(a, k);
    a->steps += k;
    return found ? (int32_t)given : given > 0 ? 0 : -1;
}

/* Answers for basket b. */
static seg_status
ask(struct seg_team *team, seg_len task, const recommend_call *call, asker *a, seg_len b)
{
    const seg_basket_view *baskets = call->baskets;
    int64_t from = baskets->indptr[b];
    a->items = baskets->indices + from;
    a->n = (seg_len)(baskets->indptr[b + 1] - from);
    for (seg_len i = 0; i < a->n; i++) {
        a->known[a->items[i]] = HELD;
    }
    if (call->rules != NULL) {
        give_rules(a, call->most, call->rules + b * call->most);
    } else {
        gather(a, 1);
    }
    seg_status status = SEG_OK;
    for (seg_len i = 0; i <= a->n && status == SEG_OK; i++) {
        if (a->steps >= POLL) {
            a->steps = 0;
            status = seg_team_stopped(team, task, 0.0) ? SEG_ERR_CANCELLED : SEG_OK;
        }
        if (call->place != NULL && i < a->n) {
            call->place[from + i] = place_of(a, call->most, a->items[i]);
        }
    }
    for (seg_len i = 0; i < a->n; i++) {
        a->known[a->items[i]] = 0;
    }
    a->steps += a->n + 1;
    return status;
}

/* The most rules that lie under the items of one of the baskets. */
static seg_len
most_rules(const recommend_call *call, seg_len first, seg_len end)
{
    const int64_t *indptr = call->baskets->indptr, *under = call->index->under;
    int64_t most = 0;
    for (seg_len b = first; b < end; b++) {
        int64_t rules = 0;
        for (int64_t i = indptr[b]; i < indptr[b + 1]; i++) {
            int32_t item = call->baskets->indices[i];
            rules += under[item + 1] - under[item];
        }
        most = rules > most ? rules : most;
    }
    return (seg_len)most;
}

static seg_status
ask_chunk(struct seg_team *team, seg_len task, void *arg)
{
    const recommend_call *call = arg;
    seg_len first = task * CHUNK, end = seg_min(first + CHUNK, call->baskets->n);
    seg_len rules = most_rules(call, first, end);
    seg_arena arena = {0};
    asker a = {.index = call->index};
    a.known = seg_arena_array(call->ctx, &arena, call->index->n_items, sizeof *a.known);
    a.heap = seg_arena_array(call->ctx, &arena, rules, sizeof *a.heap);
    a.best = seg_arena_array(call->ctx, &arena, rules, sizeof *a.best);
    seg_status status = SEG_ERR_NOMEM;
    if (a.known != NULL && a.heap != NULL && a.best != NULL) {
        memset(a.known, 0, (size_t)call->index->n_items * sizeof *a.known);
        status = SEG_OK;
    }
    for (seg_len b = first; b < end && status == SEG_OK; b++) {
        status = ask(team, task, call, &a, b);
    }
    seg_arena_free(call->ctx, &arena);
    return status;
}

static seg_status
ask_all(const recommend_call *call)
{
    if (call->most < 1 || call->baskets->n_items != call->index->n_items) {
        return SEG_ERR_ARG;
    }
    seg_phase phase;
    seg_status status =
        seg_basket_view_check(seg_phase_of(&phase, call->ctx, 0.0, 0.1), call->baskets);
    if (status != SEG_OK || call->baskets->n == 0) {
        return status;
    }
    recommend_call own = *call;
    own.ctx = seg_phase_of(&phase, call->ctx, 0.1, 1.0);
    return seg_team_run(own.ctx, (call->baskets->n - 1) / CHUNK + 1, ask_chunk, &own);
}

seg_status
seg_recommend_rules(const seg_context *ctx,
                    const seg_recommender *index,
                    const seg_basket_view *baskets,
                    seg_len most,
                    int32_t *rules)
{
    recommend_call call = {
        .ctx = ctx, .index = index, .baskets = baskets, .most = most, .rules = rules};
    return ask_all(&call);
}

seg_status
seg_recommend_hidden(const seg_context *ctx,
                     const seg_recommender *index,
                     const seg_basket_view *baskets,
                     seg_len most,
                     int32_t *place)
{
    recommend_call call = {
        .ctx = ctx, .index = index, .baskets = baskets, .most = most, .place = place};
    return ask_all(&call);
}

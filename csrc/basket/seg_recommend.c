#include "seg_recommend.h"

#include <string.h>

#include "seg_team.h"

/* Baskets of a task, and steps between two polls. */
enum { CHUNK = 512, POLL = 1 << 16 };

static seg_status
take_arrays(const seg_context *ctx, seg_recommender *index, seg_len total)
{
    index->indptr = seg_arena_array(ctx, &index->arena, index->n + 1, sizeof *index->indptr);
    index->items = seg_arena_array(ctx, &index->arena, total, sizeof *index->items);
    index->head = seg_arena_array(ctx, &index->arena, index->n, sizeof *index->head);
    index->under = seg_arena_array(ctx, &index->arena, index->n_items + 1, sizeof *index->under);
    index->rule = seg_arena_array(ctx, &index->arena, index->n, sizeof *index->rule);
    int there = index->indptr != NULL && index->items != NULL && index->head != NULL &&
                index->under != NULL && index->rule != NULL;
    return there ? SEG_OK : SEG_ERR_NOMEM;
}

/* Whether rule r needs the item. */
static int
needs(const seg_recommender *index, int32_t r, int32_t item)
{
    for (int64_t i = index->indptr[r]; i < index->indptr[r + 1]; i++) {
        if (index->items[i] == item) {
            return 1;
        }
    }
    return 0;
}

/* Whether a rule has an antecedent and suggests something beyond it. */
static int
is_rule(const seg_recommender *index, int32_t r)
{
    return index->indptr[r] < index->indptr[r + 1] && index->head[r] >= 0 &&
           index->head[r] < index->n_items && !needs(index, r, index->head[r]);
}

/* Puts every rule under the last item of its antecedent, in their order. */
static seg_status
file_rules(seg_recommender *index)
{
    int64_t *under = index->under;
    memset(under, 0, (size_t)(index->n_items + 1) * sizeof *under);
    for (int32_t r = 0; r < index->n; r++) {
        if (!is_rule(index, r)) {
            return SEG_ERR_ARG;
        }
        under[index->items[index->indptr[r + 1] - 1] + 1]++;
    }
    for (seg_len a = 0; a < index->n_items; a++) {
        under[a + 1] += under[a];
    }
    for (int32_t r = (int32_t)index->n - 1; r >= 0; r--) {
        /* filled from behind; what is taken off here is where the item begins in the end */
        int32_t item = index->items[index->indptr[r + 1] - 1];
        index->rule[--under[item + 1]] = r;
    }
    for (seg_len a = 0; a < index->n_items; a++) {
        under[a] = under[a + 1];
    }
    under[index->n_items] = index->n;
    return SEG_OK;
}

seg_status
seg_recommender_open(const seg_context *ctx,
                     const seg_basket_view *antecedents,
                     const int32_t *head,
                     seg_recommender *index)
{
    *index = (seg_recommender){.n = antecedents->n, .n_items = antecedents->n_items};
    seg_status status = seg_basket_view_check(ctx, antecedents);
    if (status != SEG_OK || index->n == INT32_MAX) {
        return status == SEG_OK ? SEG_ERR_ARG : status;
    }
    seg_len total = (seg_len)antecedents->indptr[index->n];
    status = take_arrays(ctx, index, total);
    if (status != SEG_OK) {
        return status;
    }
    memcpy(index->indptr, antecedents->indptr, (size_t)(index->n + 1) * sizeof *index->indptr);
    if (index->n > 0) {
        memcpy(index->items, antecedents->indices, (size_t)total * sizeof *index->items);
        memcpy(index->head, head, (size_t)index->n * sizeof *index->head);
    }
    return file_rules(index);
}

void
seg_recommender_close(const seg_context *ctx, seg_recommender *index)
{
    seg_arena_free(ctx, &index->arena);
}

/* ---- asking ---- */

/* What a task knows of the basket at hand. */
typedef struct asker {
    const seg_recommender *index;
    const int32_t *items; /* the basket */
    seg_len n;
    uint8_t *holds; /* (n_items,) */
    int32_t *heap;  /* (rules,) rules that speak to the basket and are not in order yet */
    int32_t *best;  /* (rules,) those in order */
    int64_t *asked; /* (n_items,) the last question that saw the item suggested */
    int64_t question;
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

/* Lets the rule at `at` sink until no rule under it is better, which is a lower number. */
static void
sink(int32_t *heap, seg_len n, seg_len at)
{
    int32_t rule = heap[at];
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

/* Whether the basket holds the antecedent; its last item it does. */
static int
speaks(const asker *a, int32_t r)
{
    for (int64_t i = a->index->indptr[r]; i < a->index->indptr[r + 1] - 1; i++) {
        if (!a->holds[a->index->items[i]]) {
            return 0;
        }
    }
    return 1;
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
            int32_t r = index->rule[k];
            if ((hidden || !a->holds[index->head[r]]) && speaks(a, r)) {
                a->heap[a->n_heap++] = r;
            }
        }
        a->steps += to - from;
    }
    for (seg_len at = a->n_heap / 2; at-- > 0;) {
        sink(a->heap, a->n_heap, at);
    }
}

/* The rule of rank k among those gathered, -1 after the last. */
static int32_t
ranked(asker *a, seg_len k)
{
    while (a->n_best <= k && a->n_heap > 0) {
        a->best[a->n_best++] = a->heap[0];
        a->heap[0] = a->heap[--a->n_heap];
        if (a->n_heap > 0) {
            sink(a->heap, a->n_heap, 0);
        }
    }
    return k < a->n_best ? a->best[k] : -1;
}

/* Whether this question sees the item suggested for the first time. */
static int
is_new(asker *a, int32_t item)
{
    int seen = a->asked[item] == a->question;
    a->asked[item] = a->question;
    return !seen;
}

static void
give_rules(asker *a, seg_len most, int32_t *rules)
{
    seg_len given = 0;
    gather(a, 0);
    a->question++;
    for (seg_len k = 0; given < most; k++) {
        int32_t r = ranked(a, k);
        if (r < 0) {
            break;
        }
        if (is_new(a, a->index->head[r])) {
            rules[given++] = r;
        }
    }
    for (; given < most; given++) {
        rules[given] = -1;
    }
}

/* Where the hidden item comes, as seg_recommend_hidden says. */
static int32_t
place_of(asker *a, seg_len most, int32_t hidden)
{
    seg_len given = 0;
    a->question++;
    for (seg_len k = 0; given < most; k++) {
        int32_t r = ranked(a, k);
        if (r < 0) {
            break;
        }
        int32_t head = a->index->head[r];
        a->steps++;
        if ((a->holds[head] && head != hidden) || needs(a->index, r, hidden) || !is_new(a, head)) {
            continue;
        }
        given++;
        if (head == hidden) {
            return (int32_t)given;
        }
    }
    return given > 0 ? 0 : -1;
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
        a->holds[a->items[i]] = 1;
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
        a->holds[a->items[i]] = 0;
    }
    a->steps += a->n + 1;
    return status;
}

static seg_status
ask_chunk(struct seg_team *team, seg_len task, void *arg)
{
    const recommend_call *call = arg;
    const seg_recommender *index = call->index;
    seg_arena arena = {0};
    asker a = {.index = index};
    a.holds = seg_arena_array(call->ctx, &arena, index->n_items, sizeof *a.holds);
    a.heap = seg_arena_array(call->ctx, &arena, index->n, sizeof *a.heap);
    a.best = seg_arena_array(call->ctx, &arena, index->n, sizeof *a.best);
    a.asked = seg_arena_array(call->ctx, &arena, index->n_items, sizeof *a.asked);
    seg_status status = SEG_ERR_NOMEM;
    if (a.holds != NULL && a.heap != NULL && a.best != NULL && a.asked != NULL) {
        memset(a.holds, 0, (size_t)index->n_items * sizeof *a.holds);
        memset(a.asked, 0, (size_t)index->n_items * sizeof *a.asked);
        status = SEG_OK;
    }
    seg_len end = seg_min((task + 1) * CHUNK, call->baskets->n);
    for (seg_len b = task * CHUNK; b < end && status == SEG_OK; b++) {
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

#include "seg_rules.h"

#include "seg_team.h"

/* Sets of a task, and splits between two polls. */
enum { CHUNK = 1 << 12, POLL = 1 << 14 };

/* Where a task stands: the set it splits, the antecedent at each depth and the item to take next.
 */
typedef struct splitter {
    const seg_rules *rules;
    int32_t *antecedent; /* (longest,) the antecedent at each depth of the growing consequent */
    seg_len *next;       /* (longest,) one more than the place of the item to take off it next */
    int32_t *items;      /* (longest,) a consequent */
    seg_rule best;
    int64_t found, unknown, looked;
    int32_t *whole, *body, *head; /* where rules go; NULL: they are only counted */
    struct seg_team *team;
    seg_len task;
    int64_t next_poll; /* splits looked at by then */
} splitter;

static int64_t
count_of(const splitter *sp, int32_t s)
{
    return sp->rules->lattice.count[s];
}

/* Keeps the better of two rules; products of counts fit 63 bits. */
static void
keep_better(const seg_lattice *l, seg_rule *best, seg_rule rule)
{
    if (best->whole >= 0) {
        int64_t ours = l->count[rule.whole], theirs = l->count[best->whole];
        int64_t left = ours * l->count[best->antecedent];
        int64_t right = theirs * l->count[rule.antecedent];
        if (left < right || (left == right && ours <= theirs)) {
            return;
        }
    }
    *best = rule;
}

/* The set of what `whole` has beyond `part`. */
static int32_t
rest_of(splitter *sp, int32_t whole, int32_t part)
{
    const seg_lattice *l = &sp->rules->lattice;
    const int32_t *items = l->sets->indices + l->sets->indptr[whole];
    const int32_t *without = l->sets->indices + l->sets->indptr[part];
    seg_len k = seg_lattice_length(l, whole), left = seg_lattice_length(l, part), n = 0;
    for (seg_len i = 0, j = 0; i < k; i++) {
        if (j < left && items[i] == without[j]) {
            j++;
        } else {
            sp->items[n++] = items[i];
        }
    }
    return seg_lattice_find(l, n, sp->items);
}

/* Looks at one split; whether its confidence allows the consequent to grow. */
static int
look_at(splitter *sp, int32_t whole, int32_t antecedent)
{
    const seg_rule_limits *limits = &sp->rules->limits;
    seg_rule rule = {.whole = whole, .antecedent = antecedent};
    int good = count_of(sp, whole) * limits->den >= count_of(sp, antecedent) * limits->num;
    sp->looked++;
    if (!good && sp->found > 0) { /* what was found is better */
        return 0;
    }
    rule.consequent = rest_of(sp, whole, antecedent);
    if (rule.consequent < 0) {
        sp->unknown += good;
        return good;
    }
    keep_better(&sp->rules->lattice, &sp->best, rule);
    if (good && sp->whole != NULL) {
        sp->whole[sp->found] = whole;
        sp->body[sp->found] = antecedent;
        sp->head[sp->found] = rule.consequent;
    }
    sp->found += good;
    return good;
}

/* Takes from the set all items that may not stand in an antecedent. The antecedent that is left, -1
 * if there is no rule; *taken counts what the consequent then has. */
static int32_t
forced(splitter *sp, int32_t s, seg_len *taken)
{
    const seg_lattice *l = &sp->rules->lattice;
    const seg_rule_limits *limits = &sp->rules->limits;
    const int32_t *items = l->sets->indices + l->sets->indptr[s];
    int32_t left = s;
    *taken = 0;
    for (seg_len j = seg_lattice_length(l, s) - 1; limits->body != NULL && j >= 0; j--) {
        if (limits->body[items[j]]) {
            continue;
        }
        if (++*taken > limits->most || seg_lattice_length(l, left) < 2 ||
            (limits->head != NULL && !limits->head[items[j]])) {
            return -1;
        }
        left = l->less[l->sets->indptr[left] + j];
        if (left < 0) {
            sp->unknown++;
            return -1;
        }
    }
    return left;
}

/* Asks now and then whether to stop: one long set may have more splits than many short ones. */
static int
stopped(splitter *sp)
{
    if (sp->looked < sp->next_poll) {
        return 0;
    }
    sp->next_poll = sp->looked + POLL;
    return seg_team_stopped(sp->team, sp->task, 0.0);
}

/* All rules of one set. The consequent takes items off the antecedent from its end towards its
 * beginning, so that the places before the last one taken stay what they were. */
static seg_status
split(splitter *sp, int32_t s)
{
    const seg_lattice *l = &sp->rules->lattice;
    const seg_rule_limits *limits = &sp->rules->limits;
    seg_len depth = 0, taken = 0;
    int32_t start = seg_lattice_length(l, s) > 1 ? forced(sp, s, &taken) : -1;
    if (start < 0 || (taken > 0 && !look_at(sp, s, start)) || taken == limits->most) {
        return SEG_OK;
    }
    sp->antecedent[0] = start;
    sp->next[0] = seg_lattice_length(l, start);
    while (depth >= 0) {
        int32_t body = sp->antecedent[depth];
        if (sp->next[depth] == 0 || seg_lattice_length(l, body) < 2) {
            depth--;
            continue;
        }
        if (stopped(sp)) {
            return SEG_ERR_CANCELLED;
        }
        seg_len j = --sp->next[depth];
        int64_t at = l->sets->indptr[body] + j;
        if (limits->head != NULL && !limits->head[l->sets->indices[at]]) {
            continue;
        }
        if (l->less[at] < 0) {
            sp->unknown++;
        } else if (look_at(sp, s, l->less[at]) && taken + depth + 1 < limits->most) {
            depth++;
            sp->antecedent[depth] = l->less[at];
            sp->next[depth] = j;
        }
    }
    return SEG_OK;
}

/* The same where a consequent has one item and any item may stand anywhere: the confidence bounds
 * the count of the antecedent, and the best rule of a set is that of the least one. Links that are
 * no rules are cut, so that writing need not look at counts again. */
static void
count_heads(splitter *sp, int32_t s)
{
    const seg_lattice *l = &sp->rules->lattice;
    const seg_rule_limits *limits = &sp->rules->limits;
    int64_t at = l->sets->indptr[s], end = l->sets->indptr[s + 1];
    int64_t most = limits->num > 0 ? count_of(sp, s) * limits->den / limits->num : INT32_MAX;
    int32_t least = INT32_MAX;
    seg_rule best = {.whole = s, .antecedent = -1};
    for (int64_t i = end - 1; i >= at && end - at > 1; i--) {
        int32_t body = l->less[i], head = l->single[l->sets->indices[i]];
        if (body < 0 || head < 0) {
            sp->unknown++;
            l->less[i] = -1;
            continue;
        }
        int32_t count = l->count[body];
        if (best.antecedent < 0 || count < least) {
            least = count;
            best.antecedent = body;
            best.consequent = head;
        }
        l->less[i] = count > most ? -1 : body;
        sp->found += count <= most;
    }
    sp->looked += end - at;
    if (best.antecedent >= 0) {
        keep_better(l, &sp->best, best);
    }
}

/* Writes what count_heads left. */
static void
write_heads(splitter *sp, int32_t s)
{
    const seg_lattice *l = &sp->rules->lattice;
    int64_t at = l->sets->indptr[s], end = l->sets->indptr[s + 1], to = sp->found;
    for (int64_t i = end - 1; i >= at && end - at > 1; i--) {
        if (l->less[i] >= 0) {
            sp->whole[to] = s;
            sp->body[to] = l->less[i];
            sp->head[to++] = l->single[l->sets->indices[i]];
        }
    }
    sp->looked += end - at;
    sp->found = to;
}

/* Splits the sets of one chunk. */
static seg_status
split_chunk(const seg_context *ctx, splitter *sp)
{
    seg_arena arena = {0};
    seg_len longest = sp->rules->lattice.longest, at = sp->task * CHUNK;
    seg_len end = seg_min(at + CHUNK, sp->rules->lattice.sets->n);
    sp->antecedent = seg_arena_array(ctx, &arena, longest, sizeof *sp->antecedent);
    sp->next = seg_arena_array(ctx, &arena, longest, sizeof *sp->next);
    sp->items = seg_arena_array(ctx, &arena, longest, sizeof *sp->items);
    sp->best.whole = -1;
    seg_status status = SEG_ERR_NOMEM;
    if (sp->antecedent != NULL && sp->next != NULL && sp->items != NULL) {
        status = SEG_OK;
    }
    const seg_rule_limits *limits = &sp->rules->limits;
    int simple = limits->most == 1 && limits->body == NULL && limits->head == NULL;
    for (seg_len s = at; s < end && status == SEG_OK; s++) {
        if (simple) {
            (sp->whole == NULL ? count_heads : write_heads)(sp, (int32_t)s);
            status = stopped(sp) ? SEG_ERR_CANCELLED : SEG_OK;
        } else {
            status = split(sp, (int32_t)s);
        }
    }
    seg_arena_free(ctx, &arena);
    return status;
}

/* What the tasks of a call share. */
typedef struct rules_call {
    const seg_context *ctx;
    const seg_rules *rules;
    int64_t *first, *unknown; /* (chunks,) */
    seg_rule *best;           /* (chunks,) */
    int32_t *whole, *antecedent, *consequent;
} rules_call;

static seg_status
count_chunk(struct seg_team *team, seg_len task, void *arg)
{
    const rules_call *call = arg;
    splitter sp = {.rules = call->rules, .team = team, .task = task};
    seg_status status = split_chunk(call->ctx, &sp);
    call->first[task] = sp.found;
    call->unknown[task] = sp.unknown;
    call->best[task] = sp.best;
    return status;
}

static seg_status
write_chunk(struct seg_team *team, seg_len task, void *arg)
{
    const rules_call *call = arg;
    int64_t first = call->rules->first[task];
    splitter sp = {.rules = call->rules,
                   .team = team,
                   .task = task,
                   .whole = call->whole + first,
                   .body = call->antecedent + first,
                   .head = call->consequent + first};
    return split_chunk(call->ctx, &sp);
}

/* Adds the chunks up, in their order. */
static seg_status
gather(seg_rules *rules, seg_len chunks, const rules_call *call)
{
    int64_t before = 0;
    for (seg_len c = 0; c < chunks; c++) {
        int64_t here = rules->first[c];
        rules->first[c] = before;
        before += here;
        rules->unknown += call->unknown[c];
        if (call->best[c].whole >= 0) {
            keep_better(&rules->lattice, &rules->best, call->best[c]);
        }
    }
    rules->n = (seg_len)before;
    return before > PTRDIFF_MAX / (int64_t)sizeof(seg_rule) ? SEG_ERR_NOMEM : SEG_OK;
}

static seg_len
chunks_of(const seg_rules *rules)
{
    return (rules->lattice.sets->n + CHUNK - 1) / CHUNK;
}

seg_status
seg_rules_open(const seg_context *ctx,
               const seg_itemset_view *sets,
               const seg_rule_limits *limits,
               seg_rules *rules)
{
    *rules = (seg_rules){.best = {.whole = -1}, .limits = *limits, .lattice = {.sets = sets}};
    if (limits->den <= 0 || limits->num < 0 || limits->num > limits->den ||
        limits->den > INT32_MAX || limits->most < 1) {
        return SEG_ERR_ARG;
    }
    seg_phase phase;
    seg_status status =
        seg_lattice_open(seg_phase_of(&phase, ctx, 0.0, 0.5), sets, &rules->lattice);
    if (status != SEG_OK || sets->n == 0) {
        return status;
    }
    seg_arena *arena = &rules->lattice.arena;
    seg_len chunks = chunks_of(rules);
    rules_call call = {.ctx = seg_phase_of(&phase, ctx, 0.5, 1.0), .rules = rules};
    rules->first = call.first = seg_arena_array(ctx, arena, chunks, sizeof *call.first);
    call.unknown = seg_arena_array(ctx, arena, chunks, sizeof *call.unknown);
    call.best = seg_arena_array(ctx, arena, chunks, sizeof *call.best);
    if (call.first == NULL || call.unknown == NULL || call.best == NULL) {
        return SEG_ERR_NOMEM;
    }
    status = seg_team_run(call.ctx, chunks, count_chunk, &call);
    return status == SEG_OK ? gather(rules, chunks, &call) : status;
}

seg_status
seg_rules_read(const seg_context *ctx,
               const seg_rules *rules,
               int32_t *whole,
               int32_t *antecedent,
               int32_t *consequent)
{
    rules_call call = {.ctx = ctx,
                       .rules = rules,
                       .whole = whole,
                       .antecedent = antecedent,
                       .consequent = consequent};
    return rules->n > 0 ? seg_team_run(ctx, chunks_of(rules), write_chunk, &call) : SEG_OK;
}

void
seg_rules_free(const seg_context *ctx, seg_rules *rules)
{
    seg_lattice_free(ctx, &rules->lattice);
}

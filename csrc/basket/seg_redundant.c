#include "seg_redundant.h"

#include <string.h>

#include "seg_sort.h"
#include "seg_team.h"

/* Steps between two polls. */
enum { POLL = 1 << 14 };

/* A rule without its consequent: a set on the way down, and the place of the item to take next. */
typedef struct frame {
    int32_t set;
    seg_len next;
} frame;

/* A confidence as counts; 0 of 1 where it is not known. */
typedef struct share {
    int32_t whole, part;
} share;

/* Work for the consequents of one task. */
typedef struct search {
    const seg_lattice *lattice;
    int32_t consequent;
    share *best;   /* (n,) best confidence at a set or below it, if seen[set] is this consequent */
    int32_t *seen; /* (n,) the consequent */
    frame *stack;  /* (longest,) */
    struct seg_team *team;
    seg_len task, steps;
} search;

typedef struct redundant_call {
    const seg_context *ctx;
    const seg_lattice *lattice;
    const int32_t *whole, *antecedent, *consequent;
    const int32_t *order;  /* (n,) rules by consequent */
    const seg_len *border; /* (tasks + 1,) where each task begins in it */
    uint8_t *redundant;
} redundant_call;

static int
is_less(share a, share b)
{
    return (int64_t)a.whole * b.part < (int64_t)b.whole * a.part;
}

/* Whether the item at this place of the set belongs to the consequent. */
static int
is_head(const search *of, int32_t set, seg_len place)
{
    const seg_itemset_view *sets = of->lattice->sets;
    int32_t item = sets->indices[sets->indptr[set] + place];
    for (int64_t i = sets->indptr[of->consequent]; i < sets->indptr[of->consequent + 1]; i++) {
        if (sets->indices[i] == item) {
            return 1;
        }
    }
    return 0;
}

/* The confidence of (set without the consequent) -> consequent. */
static share
confidence(const search *of, int32_t set)
{
    const seg_lattice *l = of->lattice;
    int32_t body = set;
    for (seg_len j = seg_lattice_length(l, set) - 1; j >= 0 && body >= 0; j--) {
        if (is_head(of, set, j)) {
            body = l->less[l->sets->indptr[body] + j];
        }
    }
    return body < 0 ? (share){0, 1} : (share){l->count[set], l->count[body]};
}

/* Whether a set has more items than the consequent and one. */
static int
can_shrink(const search *of, int32_t set)
{
    return seg_lattice_length(of->lattice, set) >
           seg_lattice_length(of->lattice, of->consequent) + 1;
}

/* Fills best of a set, from the sets below it. */
static seg_status
fill_best(search *of, int32_t set)
{
    const seg_lattice *l = of->lattice;
    seg_len depth = 0;
    of->stack[0] = (frame){.set = set};
    while (depth >= 0) {
        frame *at = &of->stack[depth];
        if (++of->steps % POLL == 0 && seg_team_stopped(of->team, of->task, 0.0)) {
            return SEG_ERR_CANCELLED;
        }
        if (of->seen[at->set] != of->consequent) {
            of->seen[at->set] = of->consequent;
            of->best[at->set] = confidence(of, at->set);
        }
        seg_len length = can_shrink(of, at->set) ? seg_lattice_length(l, at->set) : 0;
        while (at->next < length && is_head(of, at->set, at->next)) {
            at->next++;
        }
        if (at->next >= length) {
            share found = of->best[at->set];
            depth--;
            if (depth >= 0 && is_less(of->best[of->stack[depth].set], found)) {
                of->best[of->stack[depth].set] = found;
            }
            continue;
        }
        int32_t below = l->less[l->sets->indptr[at->set] + at->next++];
        if (below < 0) {
            continue;
        }
        if (of->seen[below] != of->consequent) {
            of->stack[++depth] = (frame){.set = below};
        } else if (is_less(of->best[at->set], of->best[below])) {
            of->best[at->set] = of->best[below];
        }
    }
    return SEG_OK;
}

/* Whether a rule is matched by one of those right below it or by what is below those. */
static seg_status
judge(search *of, int32_t whole, uint8_t *redundant)
{
    const seg_lattice *l = of->lattice;
    share own = confidence(of, whole);
    seg_len length = can_shrink(of, whole) ? seg_lattice_length(l, whole) : 0;
    *redundant = 0;
    for (seg_len j = 0; j < length && !*redundant; j++) {
        int32_t below = l->less[l->sets->indptr[whole] + j];
        if (below < 0 || is_head(of, whole, j)) {
            continue;
        }
        if (of->seen[below] != of->consequent) {
            seg_status status = fill_best(of, below);
            if (status != SEG_OK) {
                return status;
            }
        }
        share best = of->best[below];
        *redundant = best.whole > 0 && !is_less(best, own);
    }
    return SEG_OK;
}

static seg_status
judge_rules(struct seg_team *team, seg_len task, void *arg)
{
    const redundant_call *call = arg;
    const seg_lattice *l = call->lattice;
    seg_arena arena = {0};
    search of = {.lattice = l, .team = team, .task = task};
    of.best = seg_arena_array(call->ctx, &arena, l->sets->n, sizeof *of.best);
    of.seen = seg_arena_array(call->ctx, &arena, l->sets->n, sizeof *of.seen);
    of.stack = seg_arena_array(call->ctx, &arena, l->longest, sizeof *of.stack);
    seg_status status = SEG_ERR_NOMEM;
    if (of.best != NULL && of.seen != NULL && of.stack != NULL) {
        memset(of.seen, -1, (size_t)l->sets->n * sizeof *of.seen);
        status = SEG_OK;
    }
    for (seg_len i = call->border[task]; i < call->border[task + 1] && status == SEG_OK; i++) {
        int32_t rule = call->order[i];
        of.consequent = call->consequent[rule];
        status = judge(&of, call->whole[rule], &call->redundant[rule]);
    }
    seg_arena_free(call->ctx, &arena);
    return status;
}

/* Whether the two parts share no item and are all of the whole. */
static int
is_rule(const seg_itemset_view *sets, int32_t whole, int32_t antecedent, int32_t consequent)
{
    if (whole < 0 || whole >= sets->n || antecedent < 0 || antecedent >= sets->n ||
        consequent < 0 || consequent >= sets->n) {
        return 0;
    }
    int64_t a = sets->indptr[antecedent], c = sets->indptr[consequent];
    for (int64_t i = sets->indptr[whole]; i < sets->indptr[whole + 1]; i++) {
        int32_t item = sets->indices[i];
        if (a < sets->indptr[antecedent + 1] && sets->indices[a] == item) {
            a++;
        } else if (c < sets->indptr[consequent + 1] && sets->indices[c] == item) {
            c++;
        } else {
            return 0;
        }
    }
    return a == sets->indptr[antecedent + 1] && c == sets->indptr[consequent + 1];
}

/* Sorts the rules by consequent. */
static seg_status
order_rules(const seg_context *ctx, seg_arena *arena, seg_len n, redundant_call *call)
{
    int32_t *order = seg_arena_array(ctx, arena, n, sizeof *order);
    uint64_t *key = seg_arena_array(ctx, arena, n, sizeof *key);
    if (order == NULL || key == NULL) {
        return SEG_ERR_NOMEM;
    }
    for (seg_len i = 0; i < n; i++) {
        if (!is_rule(call->lattice->sets, call->whole[i], call->antecedent[i],
                     call->consequent[i])) {
            return SEG_ERR_CODE;
        }
        order[i] = (int32_t)i;
        key[i] = (uint64_t)call->consequent[i];
    }
    call->order = order;
    return seg_sort_order(ctx, n, key, order);
}

/* Cuts the rules in order into tasks of about one size that share no consequent. */
static seg_len *
cut(const seg_context *ctx, seg_arena *arena, seg_len n, seg_len tasks, const redundant_call *call)
{
    seg_len *border = seg_arena_array(ctx, arena, tasks + 1, sizeof *border), at = 0;
    for (seg_len t = 0; border != NULL && t <= tasks; t++) {
        seg_len wanted = t == tasks ? n : n / tasks * t;
        at = at > wanted ? at : wanted;
        while (at > 0 && at < n &&
               call->consequent[call->order[at]] == call->consequent[call->order[at - 1]]) {
            at++;
        }
        border[t] = at;
    }
    return border;
}

seg_status
seg_rules_redundant(const seg_context *ctx,
                    const seg_itemset_view *sets,
                    seg_len n,
                    const int32_t *whole,
                    const int32_t *antecedent,
                    const int32_t *consequent,
                    uint8_t *redundant)
{
    seg_phase phase;
    seg_lattice lattice;
    redundant_call call = {.lattice = &lattice,
                           .whole = whole,
                           .antecedent = antecedent,
                           .consequent = consequent,
                           .redundant = redundant};
    seg_len tasks = ctx->n_threads > 1 ? 4 * (seg_len)ctx->n_threads : 1;
    seg_status status = n < INT32_MAX ? SEG_OK : SEG_ERR_TOO_MANY;
    if (status != SEG_OK) {
        return status;
    }
    status = seg_lattice_open(seg_phase_of(&phase, ctx, 0.0, 0.3), sets, &lattice);
    if (status == SEG_OK) {
        call.ctx = seg_phase_of(&phase, ctx, 0.3, 0.4);
        status = order_rules(call.ctx, &lattice.arena, n, &call);
    }
    if (status == SEG_OK && n > 0) {
        call.ctx = seg_phase_of(&phase, ctx, 0.4, 1.0);
        call.border = cut(ctx, &lattice.arena, n, tasks, &call);
        status =
            call.border == NULL ? SEG_ERR_NOMEM : seg_team_run(call.ctx, tasks, judge_rules, &call);
    }
    seg_lattice_free(ctx, &lattice);
    return status;
}

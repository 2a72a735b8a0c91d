#include "seg_rfm.h"

#include "seg_arena.h"
#include "seg_pairs.h"
#include "seg_rfm_isa.h"
#include "seg_sort.h"
#include "seg_team.h"

/* Four states at most: a thread's own tables cost more than a fifth thread gains. */
enum { MAX_PARTS = 4, ROWS_A_PART = 1 << 18, FIRST_PAIRS = 64 };

/* Further customers of orders: a hash set of (order, customer). */
typedef struct pair_set {
    seg_len capacity, count;
    uint64_t *pairs; /* (capacity,), a power of two; 0 is free */
} pair_set;

struct seg_rfm {
    seg_rfm_pass pass;
    pair_set shared;
};

static const seg_rfm_ops *
ops_of(const seg_context *ctx)
{
    switch (ctx->level) {
#ifdef SEG_HAVE_V4
    case SEG_LEVEL_V4:
        return &seg_rfm_ops_v4;
#endif
#ifdef SEG_HAVE_V3
    case SEG_LEVEL_V3:
        return &seg_rfm_ops_v3;
#endif
    default:
        return &seg_rfm_ops_base;
    }
}

seg_status
seg_rfm_new(const seg_context *ctx, seg_len n_customers, seg_len n_orders, seg_rfm **out)
{
    *out = NULL;
    if (n_customers < 0 || n_customers > INT32_MAX || n_orders < 0 || n_orders > INT32_MAX) {
        return SEG_ERR_ARG;
    }
    seg_rfm *state = seg_block_filled(ctx, 1, sizeof *state, 0);
    if (state == NULL) {
        return SEG_ERR_NOMEM;
    }
    seg_rfm_pass *pass = &state->pass;
    seg_phase phase;
    pass->n_customers = n_customers;
    pass->n_orders = n_orders;
    pass->customers = seg_block_new(ctx, n_customers, sizeof *pass->customers);
    pass->owner = seg_block_new(ctx, n_orders, sizeof *pass->owner);
    seg_status status = SEG_ERR_NOMEM;
    if (pass->customers != NULL && pass->owner != NULL) {
        status = seg_block_fill(seg_phase_of(&phase, ctx, 0.0, 0.5), pass->owner, n_orders,
                                sizeof *pass->owner, 0xFF);
    }
    const seg_context *rest = seg_phase_of(&phase, ctx, 0.5, 1.0);
    for (seg_len c = 0; c < n_customers && status == SEG_OK; c++) {
        pass->customers[c] = (seg_rfm_customer){.first = INT64_MAX, .last = INT64_MIN};
        status = seg_poll_at(rest, c, n_customers);
    }
    if (status != SEG_OK) {
        seg_rfm_free(ctx, state);
        return status;
    }
    *out = state;
    return SEG_OK;
}

void
seg_rfm_free(const seg_context *ctx, seg_rfm *state)
{
    if (state != NULL) {
        seg_block_free(ctx, state->pass.customers);
        seg_block_free(ctx, state->pass.owner);
        seg_block_free(ctx, state->shared.pairs);
        seg_block_free(ctx, state);
    }
}

seg_len
seg_rfm_customers(const seg_rfm *state)
{
    return state->pass.n_customers;
}

seg_len
seg_rfm_orders(const seg_rfm *state)
{
    return state->pass.n_orders;
}

seg_len
seg_rfm_shared(const seg_rfm *state)
{
    return state->shared.count;
}

static seg_status
grow_pairs(const seg_context *ctx, pair_set *set)
{
    pair_set next = {.capacity = set->capacity ? 2 * set->capacity : FIRST_PAIRS,
                     .count = set->count};
    next.pairs = seg_block_new(ctx, next.capacity, sizeof *next.pairs);
    if (next.pairs == NULL) {
        return SEG_ERR_NOMEM;
    }
    seg_phase still;
    ctx = seg_phase_of(&still, ctx, 0.0, 0.0);
    seg_status status = seg_block_fill(ctx, next.pairs, next.capacity, sizeof *next.pairs, 0);
    for (seg_len i = 0; i < set->capacity && status == SEG_OK; i++) {
        if (set->pairs[i] != 0) {
            next.pairs[seg_pair_place(next.capacity, next.pairs, set->pairs[i])] = set->pairs[i];
        }
        status = seg_poll_at(ctx, i, set->capacity);
    }
    if (status != SEG_OK) {
        seg_block_free(ctx, next.pairs);
        return status;
    }
    seg_block_free(ctx, set->pairs);
    *set = next;
    return SEG_OK;
}

/* Notes that the customer has the order, whoever else has it. */
static seg_status
own(const seg_context *ctx, seg_rfm *state, int32_t order, int32_t customer)
{
    seg_rfm_pass *pass = &state->pass;
    if (pass->owner[order] == customer) {
        return SEG_OK;
    }
    if (pass->owner[order] == -1) {
        pass->owner[order] = customer;
        return SEG_OK;
    }
    pair_set *set = &state->shared;
    if (2 * set->count >= set->capacity) {
        seg_status status = grow_pairs(ctx, set);
        if (status != SEG_OK) {
            return status;
        }
    }
    uint64_t pair = seg_pair_of(order, customer);
    seg_len at = seg_pair_place(set->capacity, set->pairs, pair);
    if (set->pairs[at] == 0) {
        set->pairs[at] = pair;
        set->count++;
    }
    return SEG_OK;
}

/* Checks that every code of the map is in [0, limit). */
static seg_status
check_map(const seg_context *ctx, seg_len n, const int32_t *map, seg_len limit, seg_fault *fault)
{
    seg_status status = SEG_OK;
    for (seg_len i = 0; i < n && status == SEG_OK; i++) {
        if (map == NULL ? i >= limit : map[i] < 0 || map[i] >= limit) {
            fault->row = i;
            return SEG_ERR_CODE;
        }
        status = seg_poll_at(ctx, i, n);
    }
    return status;
}

static int32_t
through(const int32_t *map, seg_len code)
{
    return map == NULL ? (int32_t)code : map[code];
}

static seg_status
merge_customers(const seg_context *ctx,
                seg_rfm_pass *to,
                const seg_rfm_pass *from,
                const int32_t *customer_map)
{
    seg_status status = SEG_OK;
    for (seg_len c = 0; c < from->n_customers && status == SEG_OK; c++) {
        const seg_rfm_customer *source = &from->customers[c];
        seg_rfm_customer *target = &to->customers[through(customer_map, c)];
        target->first = source->first < target->first ? source->first : target->first;
        target->last = source->last > target->last ? source->last : target->last;
        seg_money_merge(&target->money, source->money);
        status = seg_poll_at(ctx, c, from->n_customers);
    }
    return status;
}

static seg_status
merge_orders(const seg_context *ctx,
             seg_rfm *state,
             const seg_rfm *other,
             const int32_t *customer_map,
             const int32_t *order_map)
{
    const seg_rfm_pass *from = &other->pass;
    const pair_set *shared = &other->shared;
    seg_status status = SEG_OK;
    for (seg_len o = 0; o < from->n_orders && status == SEG_OK; o++) {
        if (from->owner[o] != -1) {
            status = own(ctx, state, through(order_map, o), through(customer_map, from->owner[o]));
        }
        status = status == SEG_OK ? seg_poll_at(ctx, o, from->n_orders) : status;
    }
    for (seg_len i = 0; i < shared->capacity && status == SEG_OK; i++) {
        if (shared->pairs[i] != 0) {
            status = own(ctx, state, through(order_map, seg_pair_first(shared->pairs[i])),
                         through(customer_map, seg_pair_second(shared->pairs[i])));
        }
        status = status == SEG_OK ? seg_poll_at(ctx, i, shared->capacity) : status;
    }
    return status;
}

seg_status
seg_rfm_merge(const seg_context *ctx,
              seg_rfm *state,
              const seg_rfm *other,
              const int32_t *customer_map,
              const int32_t *order_map,
              seg_fault *fault)
{
    const seg_rfm_pass *from = &other->pass;
    seg_rfm_pass *to = &state->pass;
    seg_phase phase;
    fault->row = -1;
    seg_status status = check_map(seg_phase_of(&phase, ctx, 0.0, 0.125), from->n_customers,
                                  customer_map, to->n_customers, fault);
    if (status == SEG_OK) {
        status = check_map(seg_phase_of(&phase, ctx, 0.125, 0.25), from->n_orders, order_map,
                           to->n_orders, fault);
    }
    if (status == SEG_OK) {
        status = merge_customers(seg_phase_of(&phase, ctx, 0.25, 0.5), to, from, customer_map);
    }
    if (status == SEG_OK) {
        status = merge_orders(seg_phase_of(&phase, ctx, 0.5, 1.0), state, other, customer_map,
                              order_map);
    }
    return status;
}

/* The rows of one add; part p of `parts` takes its share of them. */
typedef struct add_call {
    const seg_context *ctx;
    seg_len n, parts;
    const int32_t *customer, *order;
    const int64_t *date;
    const double *amount;
    int64_t from, to;
    seg_rfm *states[MAX_PARTS];
    seg_len fault[MAX_PARTS];
} add_call;

/* The poll of a part: the team's, so that any thread may grow its set of pairs. */
typedef struct part_poll {
    struct seg_team *team;
    seg_len part;
} part_poll;

static int
poll_part(void *user, double done)
{
    const part_poll *poll = user;
    return seg_team_stopped(poll->team, poll->part, done);
}

/* Rows [at, end) into a state; *fault is the row of a failure. */
static seg_status
add_rows(const seg_context *ctx,
         const add_call *call,
         seg_rfm *state,
         seg_len at,
         seg_len end,
         seg_len *fault)
{
    while (at < end) {
        seg_status why;
        at += ops_of(ctx)->add(&state->pass, end - at, call->customer + at, call->order + at,
                               call->date + at, call->amount + at, call->from, call->to, &why);
        if (why != SEG_OK) {
            *fault = at;
            return why;
        }
        if (state->pass.shared_order != -1) {
            why = own(ctx, state, state->pass.shared_order, state->pass.shared_customer);
            if (why != SEG_OK) {
                return why;
            }
        }
    }
    return SEG_OK;
}

static seg_status
add_part(struct seg_team *team, seg_len part, void *arg)
{
    add_call *call = arg;
    part_poll poll = {.team = team, .part = part};
    seg_context ctx = *call->ctx;
    ctx.poll = poll_part;
    ctx.user = &poll;
    seg_len start = call->n / call->parts * part;
    seg_len end = part + 1 == call->parts ? call->n : call->n / call->parts * (part + 1);
    for (seg_len at = start; at < end; at += SEG_STRIDE) {
        if (seg_team_stopped(team, part, (double)(at - start) / (double)(end - start))) {
            return SEG_ERR_CANCELLED;
        }
        seg_status status = add_rows(&ctx, call, call->states[part], at,
                                     seg_min(at + SEG_STRIDE, end), &call->fault[part]);
        if (status != SEG_OK) {
            return status;
        }
    }
    return SEG_OK;
}

/* A state of its own for every part but the first, which adds to `state` itself. Where memory is
 * short there are fewer parts, with the same answer. */
static seg_status
open_parts(add_call *call, seg_rfm *state)
{
    seg_phase still;
    const seg_context *ctx = seg_phase_of(&still, call->ctx, 0.0, 0.0);
    call->states[0] = state;
    call->fault[0] = -1;
    for (seg_len p = 1; p < call->parts; p++) {
        call->fault[p] = -1;
        seg_status status =
            seg_rfm_new(ctx, state->pass.n_customers, state->pass.n_orders, &call->states[p]);
        if (status != SEG_OK) {
            call->parts = p;
            return status == SEG_ERR_NOMEM ? SEG_OK : status;
        }
    }
    return SEG_OK;
}

seg_status
seg_rfm_add(const seg_context *ctx,
            seg_rfm *state,
            seg_len n,
            const int32_t *customer,
            const int32_t *order,
            const int64_t *date,
            const double *amount,
            int64_t from,
            int64_t to,
            seg_rfm_seen *seen,
            seg_fault *fault)
{
    add_call call = {.ctx = ctx,
                     .n = n,
                     .customer = customer,
                     .order = order,
                     .date = date,
                     .amount = amount,
                     .from = from,
                     .to = to};
    seg_rfm_pass *pass = &state->pass;
    seg_len threads = seg_min(ctx->n_threads, MAX_PARTS);
    call.parts = seg_min(threads, n / ROWS_A_PART);
    call.parts = call.parts < 1 ? 1 : call.parts;
    pass->counted = pass->anonymous = pass->outside = 0;
    seg_status status = open_parts(&call, state);
    if (status == SEG_OK) {
        status = seg_team_run(ctx, call.parts, add_part, &call);
    }
    seg_phase end;
    const seg_context *merging = seg_phase_of(&end, ctx, 1.0, 1.0);
    fault->row = -1;
    for (seg_len p = 0; p < call.parts; p++) {
        fault->row = fault->row < 0 ? call.fault[p] : fault->row;
        if (p > 0 && status == SEG_OK) {
            seg_fault none;
            status = seg_rfm_merge(merging, state, call.states[p], NULL, NULL, &none);
        }
        if (p > 0) {
            pass->counted += call.states[p]->pass.counted;
            pass->anonymous += call.states[p]->pass.anonymous;
            pass->outside += call.states[p]->pass.outside;
            seg_rfm_free(ctx, call.states[p]);
        }
    }
    *seen = (seg_rfm_seen){
        .counted = pass->counted, .anonymous = pass->anonymous, .outside = pass->outside};
    return status;
}

/* frequency[c] = orders of customer c. Counted when asked: while adding, a look-up a line less. */
static seg_status
count_orders(const seg_context *ctx, const seg_rfm *state, int64_t *frequency)
{
    const seg_rfm_pass *pass = &state->pass;
    const pair_set *shared = &state->shared;
    seg_status status = seg_block_fill(ctx, frequency, pass->n_customers, sizeof *frequency, 0);
    for (seg_len o = 0; o < pass->n_orders && status == SEG_OK; o++) {
        if (pass->owner[o] != -1) {
            frequency[pass->owner[o]]++;
        }
        status = seg_poll_at(ctx, o, pass->n_orders);
    }
    for (seg_len i = 0; i < shared->capacity && status == SEG_OK; i++) {
        if (shared->pairs[i] != 0) {
            frequency[seg_pair_second(shared->pairs[i])]++;
        }
        status = seg_poll_at(ctx, i, shared->capacity);
    }
    return status;
}

seg_status
seg_rfm_read(const seg_context *ctx,
             const seg_rfm *state,
             int64_t *first,
             int64_t *last,
             int64_t *frequency,
             double *monetary)
{
    const seg_rfm_pass *pass = &state->pass;
    seg_status status = SEG_OK;
    for (seg_len c = 0; c < pass->n_customers && status == SEG_OK; c++) {
        first[c] = pass->customers[c].first;
        last[c] = pass->customers[c].last;
        monetary[c] = seg_money_value(pass->customers[c].money);
        status = seg_poll_at(ctx, c, pass->n_customers);
    }
    return status == SEG_OK ? count_orders(ctx, state, frequency) : status;
}

/* The further customers of orders, ascending. */
static seg_status
dump_shared(const seg_context *ctx, const pair_set *set, int32_t *shared)
{
    seg_arena arena = {0};
    uint64_t *pairs = seg_arena_array(ctx, &arena, set->count, sizeof *pairs);
    int32_t *rank = seg_arena_array(ctx, &arena, set->count, sizeof *rank);
    seg_status status = pairs != NULL && rank != NULL ? SEG_OK : SEG_ERR_NOMEM;
    for (seg_len i = 0, k = 0; i < set->capacity && status == SEG_OK; i++) {
        if (set->pairs[i] != 0) {
            rank[k] = (int32_t)k;
            pairs[k++] = set->pairs[i];
        }
        status = seg_poll_at(ctx, i, set->capacity);
    }
    if (status == SEG_OK) {
        status = seg_sort_order(ctx, set->count, pairs, rank);
    }
    for (seg_len k = 0; k < set->count && status == SEG_OK; k++) {
        shared[2 * k] = seg_pair_first(pairs[rank[k]]);
        shared[2 * k + 1] = seg_pair_second(pairs[rank[k]]);
        status = seg_poll_at(ctx, k, set->count);
    }
    seg_arena_free(ctx, &arena);
    return status;
}

seg_status
seg_rfm_dump(const seg_context *ctx,
             const seg_rfm *state,
             int64_t *first,
             int64_t *last,
             int64_t *money,
             int32_t *owner,
             int32_t *shared)
{
    const seg_rfm_pass *pass = &state->pass;
    seg_status status = dump_shared(ctx, &state->shared, shared);
    for (seg_len c = 0; c < pass->n_customers && status == SEG_OK; c++) {
        first[c] = pass->customers[c].first;
        last[c] = pass->customers[c].last;
        money[2 * c] = pass->customers[c].money.hi;
        money[2 * c + 1] = (int64_t)pass->customers[c].money.lo;
        status = seg_poll_at(ctx, c, pass->n_customers);
    }
    for (seg_len o = 0; o < pass->n_orders && status == SEG_OK; o++) {
        owner[o] = pass->owner[o];
        status = seg_poll_at(ctx, o, pass->n_orders);
    }
    return status;
}

/* The customers of a dump, each of whom has dates if and only if he has orders. */
static seg_status
load_customers(const seg_context *ctx,
               seg_rfm *state,
               const int64_t *first,
               const int64_t *last,
               const int64_t *money)
{
    seg_rfm_pass *pass = &state->pass;
    int64_t *frequency = seg_block_new(ctx, pass->n_customers, sizeof *frequency);
    seg_status status = frequency != NULL ? count_orders(ctx, state, frequency) : SEG_ERR_NOMEM;
    for (seg_len c = 0; c < pass->n_customers && status == SEG_OK; c++) {
        seg_rfm_customer is = {.money = {.hi = money[2 * c], .lo = (uint64_t)money[2 * c + 1]},
                               .first = first[c],
                               .last = last[c]};
        int empty = is.first == INT64_MAX && is.last == INT64_MIN;
        int dated = is.first != INT64_MIN && is.first <= is.last;
        if (frequency[c] == 0 ? !empty : !dated) {
            status = SEG_ERR_ARG;
        } else {
            status = seg_poll_at(ctx, c, pass->n_customers);
        }
        pass->customers[c] = is;
    }
    seg_block_free(ctx, frequency);
    return status;
}

seg_status
seg_rfm_load(const seg_context *ctx,
             seg_rfm *state,
             const int64_t *first,
             const int64_t *last,
             const int64_t *money,
             const int32_t *owner,
             seg_len n_shared,
             const int32_t *shared)
{
    seg_rfm_pass *pass = &state->pass;
    seg_status status = SEG_OK;
    for (seg_len o = 0; o < pass->n_orders && status == SEG_OK; o++) {
        if (owner[o] < -1 || owner[o] >= pass->n_customers) {
            return SEG_ERR_CODE;
        }
        if (owner[o] != -1) {
            status = own(ctx, state, (int32_t)o, owner[o]);
        }
        status = status == SEG_OK ? seg_poll_at(ctx, o, pass->n_orders) : status;
    }
    for (seg_len k = 0; k < n_shared && status == SEG_OK; k++) {
        int32_t order = shared[2 * k], customer = shared[2 * k + 1];
        if (order < 0 || order >= pass->n_orders || customer < 0 || customer >= pass->n_customers) {
            return SEG_ERR_CODE;
        }
        status = own(ctx, state, order, customer);
        status = status == SEG_OK ? seg_poll_at(ctx, k, n_shared) : status;
    }
    if (status == SEG_OK && state->shared.count != n_shared) {
        status = SEG_ERR_ARG; /* a pair was there twice */
    }
    return status == SEG_OK ? load_customers(ctx, state, first, last, money) : status;
}

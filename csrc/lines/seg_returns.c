#include "seg_returns.h"

#include "seg_arena.h"
#include "seg_pairs.h"
#include "seg_sort.h"

/* Quantities below 2^44 in millionths are below 2^64. */
enum { MILLION = 1000000 };

/* The steps of a call, each an eighth of its share. */
enum { CHECK, PAIRS, COUNT, PURCHASES, RETURNS, BY_TIME, BY_PAIR, MATCH, STEPS };

/* The pairs of customer and product that have a return: a hash set, numbered by first sight. */
typedef struct pair_set {
    seg_len capacity, count;
    uint64_t *pair;   /* (capacity,): 0 is free */
    uint64_t *number; /* (capacity,) */
} pair_set;

/* The lines of those pairs. */
typedef struct event_list {
    seg_len n;
    seg_len *line;  /* (n,): purchases in line order, then returns in line order */
    uint64_t *pair; /* (n,): number of the pair */
    uint64_t *time; /* (n,): sorts as the date does */
    uint64_t *left; /* (n,): millionths that no other line has settled yet */
    int32_t *order; /* (n,): events by pair, time, kind and line */
    int32_t *stack; /* (n,): open purchases of one pair */
} event_list;

/* What the caller gave. */
typedef struct line_table {
    seg_len n;
    const int32_t *customer, *product;
    const int64_t *date;
    const double *quantity;
    const uint8_t *returned;
} line_table;

static const seg_context *
step_of(seg_phase *phase, const seg_context *ctx, int step)
{
    return seg_phase_of(phase, ctx, (double)step / STEPS, (double)(step + 1) / STEPS);
}

/* A quantity of [0, 2^44) in millionths, the nearest; exact for whole numbers. */
static uint64_t
millionths_of(double quantity)
{
    uint64_t whole = (uint64_t)quantity;
    return whole * MILLION + (uint64_t)((quantity - (double)whole) * MILLION + 0.5);
}

/* Millionths as a quantity; below 2^53 of them it is the nearest double. */
static double
quantity_of(uint64_t millionths)
{
    if (millionths >> 53 == 0) {
        return (double)millionths / MILLION;
    }
    return (double)(millionths / MILLION) + (double)(millionths % MILLION) / MILLION;
}

/* The pair of line i, 0 where customer or product is unknown. */
static uint64_t
pair_of(const line_table *lines, seg_len i)
{
    int32_t customer = lines->customer[i], product = lines->product[i];
    return customer < 0 || product < 0 ? 0 : seg_pair_of(customer, product);
}

/* Checks every line once and counts the returns that could be credited. */
static seg_status
check_lines(const seg_context *ctx,
            const line_table *lines,
            seg_len n_customers,
            seg_len n_products,
            seg_len *n_returns,
            seg_fault *fault)
{
    seg_status status = SEG_OK;
    *n_returns = 0;
    for (seg_len i = 0; i < lines->n && status == SEG_OK; i++) {
        if (lines->customer[i] < -1 || lines->customer[i] >= n_customers ||
            lines->product[i] < -1 || lines->product[i] >= n_products) {
            status = SEG_ERR_CODE;
        } else if (lines->date[i] == INT64_MIN) {
            status = SEG_ERR_DATE;
        } else if (!(lines->quantity[i] >= 0 && lines->quantity[i] < SEG_RETURNS_LIMIT)) {
            status = SEG_ERR_ARG;
        }
        if (status != SEG_OK) {
            fault->row = i;
            return status;
        }
        *n_returns += lines->returned[i] && pair_of(lines, i) != 0;
        status = seg_poll_at(ctx, i, lines->n);
    }
    return status;
}

static seg_status
collect_pairs(const seg_context *ctx,
              seg_arena *arena,
              const line_table *lines,
              seg_len n_returns,
              pair_set *set)
{
    set->count = 0;
    set->capacity = 16;
    while (set->capacity < 2 * n_returns) {
        set->capacity *= 2;
    }
    set->pair = seg_arena_array(ctx, arena, set->capacity, sizeof *set->pair);
    set->number = seg_arena_array(ctx, arena, set->capacity, sizeof *set->number);
    if (set->pair == NULL || set->number == NULL) {
        return SEG_ERR_NOMEM;
    }
    seg_phase still;
    seg_status status = seg_block_fill(seg_phase_of(&still, ctx, 0.0, 0.0), set->pair,
                                       set->capacity, sizeof *set->pair, 0);
    for (seg_len i = 0; i < lines->n && status == SEG_OK; i++) {
        uint64_t pair = pair_of(lines, i);
        if (lines->returned[i] && pair != 0) {
            seg_len at = seg_pair_place(set->capacity, set->pair, pair);
            if (set->pair[at] == 0) {
                set->pair[at] = pair;
                set->number[at] = (uint64_t)set->count++;
            }
        }
        status = seg_poll_at(ctx, i, lines->n);
    }
    return status;
}

/* The place of a line's pair if the line is a purchase (kind 0) or return (kind 1) of one, else -1.
 */
static seg_len
place_of(const line_table *lines, const pair_set *set, int kind, seg_len i)
{
    uint64_t pair = pair_of(lines, i);
    if (pair == 0 || (lines->returned[i] != 0) != kind) {
        return -1;
    }
    seg_len at = seg_pair_place(set->capacity, set->pair, pair);
    return set->pair[at] != 0 ? at : -1;
}

static seg_status
count_purchases(const seg_context *ctx,
                const line_table *lines,
                const pair_set *set,
                seg_len *purchases)
{
    seg_status status = SEG_OK;
    *purchases = 0;
    for (seg_len i = 0; i < lines->n && status == SEG_OK; i++) {
        *purchases += place_of(lines, set, 0, i) >= 0;
        status = seg_poll_at(ctx, i, lines->n);
    }
    return status;
}

/* Lists the purchases or returns from event `next` on. */
static seg_status
fill_events(const seg_context *ctx,
            const line_table *lines,
            const pair_set *set,
            int kind,
            event_list *events,
            seg_len next)
{
    seg_status status = SEG_OK;
    for (seg_len i = 0; i < lines->n && status == SEG_OK; i++) {
        seg_len at = place_of(lines, set, kind, i);
        if (at >= 0) {
            events->line[next] = i;
            events->pair[next] = set->number[at];
            events->time[next] = seg_sort_key(lines->date[i]);
            events->left[next] = millionths_of(lines->quantity[i]);
            events->order[next] = (int32_t)next;
            next++;
        }
        status = seg_poll_at(ctx, i, lines->n);
    }
    return status;
}

static seg_status
open_events(const seg_context *ctx, seg_arena *arena, event_list *events)
{
    if (events->n > INT32_MAX) {
        return SEG_ERR_TOO_MANY;
    }
    events->line = seg_arena_array(ctx, arena, events->n, sizeof *events->line);
    events->pair = seg_arena_array(ctx, arena, events->n, sizeof *events->pair);
    events->time = seg_arena_array(ctx, arena, events->n, sizeof *events->time);
    events->left = seg_arena_array(ctx, arena, events->n, sizeof *events->left);
    events->order = seg_arena_array(ctx, arena, events->n, sizeof *events->order);
    events->stack = seg_arena_array(ctx, arena, events->n, sizeof *events->stack);
    int there = events->line != NULL && events->pair != NULL && events->time != NULL &&
                events->left != NULL && events->order != NULL && events->stack != NULL;
    return there ? SEG_OK : SEG_ERR_NOMEM;
}

/* Lists the events and sorts them. Purchases stand before returns in the list, and the sorts are
 * stable, so at one instant every purchase comes first. */
static seg_status
collect_events(const seg_context *ctx,
               seg_arena *arena,
               const line_table *lines,
               const pair_set *set,
               seg_len n_returns,
               event_list *events)
{
    seg_phase phase;
    seg_len purchases;
    seg_status status = count_purchases(step_of(&phase, ctx, COUNT), lines, set, &purchases);
    events->n = purchases + n_returns;
    if (status == SEG_OK) {
        status = open_events(ctx, arena, events);
    }
    if (status == SEG_OK) {
        status = fill_events(step_of(&phase, ctx, PURCHASES), lines, set, 0, events, 0);
    }
    if (status == SEG_OK) {
        status = fill_events(step_of(&phase, ctx, RETURNS), lines, set, 1, events, purchases);
    }
    if (status == SEG_OK) {
        status =
            seg_sort_order(step_of(&phase, ctx, BY_TIME), events->n, events->time, events->order);
    }
    if (status == SEG_OK) {
        status =
            seg_sort_order(step_of(&phase, ctx, BY_PAIR), events->n, events->pair, events->order);
    }
    return status;
}

/* Credits a return to the open purchases, the top of the stack first; the new height. */
static seg_len
credit(const event_list *events, int32_t event, seg_len height)
{
    uint64_t *left = events->left;
    while (height > 0 && left[event] > 0) {
        int32_t purchase = events->stack[height - 1];
        uint64_t moved = left[purchase] < left[event] ? left[purchase] : left[event];
        left[purchase] -= moved;
        left[event] -= moved;
        height -= left[purchase] == 0;
    }
    return height;
}

static seg_status
match_events(const seg_context *ctx, const event_list *events, const line_table *lines)
{
    seg_status status = SEG_OK;
    seg_len height = 0;
    for (seg_len k = 0; k < events->n && status == SEG_OK; k++) {
        int32_t event = events->order[k];
        if (k > 0 && events->pair[event] != events->pair[events->order[k - 1]]) {
            height = 0;
        }
        if (lines->returned[events->line[event]]) {
            height = credit(events, event, height);
        } else if (events->left[event] > 0) {
            events->stack[height++] = event;
        }
        status = seg_poll_at(ctx, k, events->n);
    }
    return status;
}

/* What is settled of every line: of all of it, its quantity to the bit. */
static seg_status
read_credited(const seg_context *ctx,
              const event_list *events,
              const line_table *lines,
              double *credited)
{
    seg_phase still;
    ctx = seg_phase_of(&still, ctx, 0.0, 0.0);
    seg_status status = seg_block_fill(ctx, credited, lines->n, sizeof *credited, 0);
    for (seg_len e = 0; e < events->n && status == SEG_OK; e++) {
        double quantity = lines->quantity[events->line[e]];
        uint64_t whole = millionths_of(quantity), settled = whole - events->left[e];
        if (settled > 0) {
            credited[events->line[e]] = settled == whole ? quantity : quantity_of(settled);
        }
        status = seg_poll_at(ctx, e, events->n);
    }
    return status;
}

seg_status
seg_returns_match(const seg_context *ctx,
                  seg_len n,
                  seg_len n_customers,
                  seg_len n_products,
                  const int32_t *customer,
                  const int32_t *product,
                  const int64_t *date,
                  const double *quantity,
                  const uint8_t *returned,
                  double *credited,
                  seg_fault *fault)
{
    line_table lines = {.n = n,
                        .customer = customer,
                        .product = product,
                        .date = date,
                        .quantity = quantity,
                        .returned = returned};
    seg_arena arena = {0};
    seg_phase phase;
    pair_set pairs;
    event_list events;
    seg_len n_returns;
    fault->row = -1;
    seg_status status = check_lines(step_of(&phase, ctx, CHECK), &lines, n_customers, n_products,
                                    &n_returns, fault);
    if (status == SEG_OK) {
        status = collect_pairs(step_of(&phase, ctx, PAIRS), &arena, &lines, n_returns, &pairs);
    }
    if (status == SEG_OK) {
        status = collect_events(ctx, &arena, &lines, &pairs, n_returns, &events);
    }
    if (status == SEG_OK) {
        status = match_events(step_of(&phase, ctx, MATCH), &events, &lines);
    }
    if (status == SEG_OK) {
        status = read_credited(ctx, &events, &lines, credited);
    }
    seg_arena_free(ctx, &arena);
    return status;
}

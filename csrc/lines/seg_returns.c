#include "seg_returns.h"

#include <string.h>

#include "seg_arena.h"
#include "seg_hash.h"
#include "seg_sort.h"

/* The pairs of customer and product that have a return: a hash set, numbered by first sight. */
typedef struct pair_set {
    seg_len capacity, count;
    uint64_t *pair;   /* (capacity,): as pair_of gives it, 0 is free */
    uint64_t *number; /* (capacity,) */
} pair_set;

/* The lines of those pairs. */
typedef struct event_list {
    seg_len n;
    seg_len *line;  /* (n,): purchases in line order, then returns in line order */
    uint64_t *pair; /* (n,): number of the pair */
    uint64_t *time; /* (n,): sorts as the date does */
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

/* The pair of line i, 0 where customer or product is unknown. */
static uint64_t
pair_of(const line_table *lines, seg_len i)
{
    int32_t customer = lines->customer[i], product = lines->product[i];
    if (customer < 0 || product < 0) {
        return 0;
    }
    return ((uint64_t)(uint32_t)customer << 32 | (uint32_t)product) + 1;
}

/* Where the pair stands, or the free place it would take. */
static seg_len
find_pair(const pair_set *set, uint64_t pair)
{
    uint64_t mask = (uint64_t)set->capacity - 1, at = seg_hash_u64(pair) & mask;
    while (set->pair[at] != 0 && set->pair[at] != pair) {
        at = (at + 1) & mask;
    }
    return (seg_len)at;
}

/* Checks every line once and counts the returns that could be credited. */
static seg_status
check_lines(const line_table *lines,
            seg_len n_customers,
            seg_len n_products,
            seg_len *n_returns,
            seg_fault *fault)
{
    seg_len count = 0;
    for (seg_len i = 0; i < lines->n; i++) {
        seg_status status = SEG_OK;
        if (lines->customer[i] < -1 || lines->customer[i] >= n_customers ||
            lines->product[i] < -1 || lines->product[i] >= n_products) {
            status = SEG_ERR_CODE;
        } else if (lines->date[i] == INT64_MIN) {
            status = SEG_ERR_DATE;
        } else if (!(lines->quantity[i] >= 0 && lines->quantity[i] < 0x1p1023)) {
            status = SEG_ERR_ARG;
        }
        if (status != SEG_OK) {
            fault->row = i;
            return status;
        }
        count += lines->returned[i] && pair_of(lines, i) != 0;
    }
    *n_returns = count;
    return SEG_OK;
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
    memset(set->pair, 0, (size_t)set->capacity * sizeof *set->pair);
    for (seg_len i = 0; i < lines->n; i++) {
        uint64_t pair = pair_of(lines, i);
        if (lines->returned[i] && pair != 0) {
            seg_len at = find_pair(set, pair);
            if (set->pair[at] == 0) {
                set->pair[at] = pair;
                set->number[at] = (uint64_t)set->count++;
            }
        }
    }
    return SEG_OK;
}

/* How many purchases (kind 0) or returns (kind 1) belong to the pairs. */
static seg_len
count_events(const line_table *lines, const pair_set *set, int kind)
{
    seg_len count = 0;
    for (seg_len i = 0; i < lines->n; i++) {
        uint64_t pair = pair_of(lines, i);
        count +=
            pair != 0 && (lines->returned[i] != 0) == kind && set->pair[find_pair(set, pair)] != 0;
    }
    return count;
}

static void
fill_events(
    const line_table *lines, const pair_set *set, int kind, event_list *events, seg_len next)
{
    for (seg_len i = 0; i < lines->n; i++) {
        uint64_t pair = pair_of(lines, i);
        seg_len at = pair == 0 || (lines->returned[i] != 0) != kind ? -1 : find_pair(set, pair);
        if (at >= 0 && set->pair[at] != 0) {
            events->line[next] = i;
            events->pair[next] = set->number[at];
            events->time[next] = seg_sort_key(lines->date[i]);
            events->order[next] = (int32_t)next;
            next++;
        }
    }
}

/* Lists the events and sorts them. Purchases stand before returns in the list, and the sorts are
 * stable, so at one instant every purchase comes first. */
static seg_status
collect_events(const seg_context *ctx,
               seg_arena *arena,
               const line_table *lines,
               const pair_set *set,
               event_list *events)
{
    seg_len purchases = count_events(lines, set, 0);
    events->n = purchases + count_events(lines, set, 1);
    if (events->n > INT32_MAX) {
        return SEG_ERR_TOO_MANY;
    }
    events->line = seg_arena_array(ctx, arena, events->n, sizeof *events->line);
    events->pair = seg_arena_array(ctx, arena, events->n, sizeof *events->pair);
    events->time = seg_arena_array(ctx, arena, events->n, sizeof *events->time);
    events->order = seg_arena_array(ctx, arena, events->n, sizeof *events->order);
    events->stack = seg_arena_array(ctx, arena, events->n, sizeof *events->stack);
    if (events->line == NULL || events->pair == NULL || events->time == NULL ||
        events->order == NULL || events->stack == NULL) {
        return SEG_ERR_NOMEM;
    }
    fill_events(lines, set, 0, events, 0);
    fill_events(lines, set, 1, events, purchases);
    seg_status status = seg_sort_order(ctx, events->n, events->time, events->order);
    return status == SEG_OK ? seg_sort_order(ctx, events->n, events->pair, events->order) : status;
}

/* Credits return `line` to the open purchases, the top of the stack first; the new height. */
static seg_len
credit(const event_list *events,
       const double *quantity,
       seg_len line,
       seg_len height,
       double *credited)
{
    while (height > 0 && credited[line] < quantity[line]) {
        seg_len purchase = events->line[events->stack[height - 1]];
        double wanted = quantity[line] - credited[line];
        double open = quantity[purchase] - credited[purchase];
        if (open <= wanted) {
            credited[purchase] = quantity[purchase];
            credited[line] = open < wanted ? credited[line] + open : quantity[line];
            height--;
        } else {
            credited[purchase] += wanted;
            credited[line] = quantity[line];
        }
    }
    return height;
}

static void
match_events(const event_list *events, const line_table *lines, double *credited)
{
    seg_len height = 0;
    for (seg_len k = 0; k < events->n; k++) {
        int32_t event = events->order[k];
        if (k > 0 && events->pair[event] != events->pair[events->order[k - 1]]) {
            height = 0;
        }
        if (lines->returned[events->line[event]]) {
            height = credit(events, lines->quantity, events->line[event], height, credited);
        } else {
            events->stack[height++] = event;
        }
    }
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
    pair_set pairs;
    event_list events;
    seg_len n_returns = 0;
    fault->row = -1;
    seg_status status = check_lines(&lines, n_customers, n_products, &n_returns, fault);
    if (status == SEG_OK) {
        status = seg_poll(ctx, 0.0);
    }
    if (status == SEG_OK) {
        status = collect_pairs(ctx, &arena, &lines, n_returns, &pairs);
    }
    if (status == SEG_OK) {
        status = collect_events(ctx, &arena, &lines, &pairs, &events);
    }
    if (status == SEG_OK) {
        status = seg_poll(ctx, 0.5);
    }
    if (status == SEG_OK) {
        for (seg_len i = 0; i < n; i++) {
            credited[i] = 0.0;
        }
        match_events(&events, &lines, credited);
    }
    seg_arena_free(ctx, &arena);
    return status;
}

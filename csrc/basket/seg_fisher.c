#include "seg_fisher.h"

#include "seg_team.h"

/* Rows of a task, and terms between two polls. */
enum { CHUNK = 1 << 12, POLL = 1 << 15 };

/* What a term may be of the sum and not count: all that follow it together stay far below the last
 * place of a double. */
#define NOTHING 1e-22

/* The smallest normal double: below it a product by a little less than 1 rounds to itself, and a
 * walk would not end. */
#define SMALLEST 0x1p-1022

typedef struct fisher_call {
    const seg_context *ctx;
    int64_t n;
    seg_len rows;
    const int64_t *x, *y, *both;
    double *p;
} fisher_call;

/* Terms relative to the mode: those from `both` on, and all. */
typedef struct tail_sum {
    double tail, all;
    int64_t steps;
} tail_sum;

/* Adds the terms above the mode. */
static void
add_above(int64_t n, int64_t x, int64_t y, int64_t both, int64_t mode, tail_sum *sum)
{
    int64_t high = x < y ? x : y;
    double term = 1.0;
    for (int64_t k = mode; k < high && term >= SMALLEST; k++) {
        double up = (double)(x - k) * (double)(y - k);
        double down = (double)(k + 1) * (double)(n - x - y + k + 1);
        term *= up / down;
        sum->all += term;
        sum->tail += k + 1 >= both ? term : 0.0;
        sum->steps++;
        if (k + 1 >= both && term < NOTHING * sum->tail) {
            break;
        }
    }
}

/* Adds those below it; they only shrink, so that what does not count ends the walk. */
static void
add_below(int64_t n, int64_t x, int64_t y, int64_t both, int64_t mode, tail_sum *sum)
{
    int64_t low = x + y > n ? x + y - n : 0;
    double term = 1.0;
    for (int64_t k = mode; k > low && term > NOTHING * sum->all; k--) {
        double down = (double)k * (double)(n - x - y + k);
        double up = (double)(x - k + 1) * (double)(y - k + 1);
        term *= down / up;
        sum->all += term;
        sum->tail += k - 1 >= both ? term : 0.0;
        sum->steps++;
    }
}

static double
greater(int64_t n, int64_t x, int64_t y, int64_t both, int64_t *steps)
{
    int64_t mode = (x + 1) * (y + 1) / (n + 2);
    tail_sum sum = {.tail = mode >= both ? 1.0 : 0.0, .all = 1.0};
    add_above(n, x, y, both, mode, &sum);
    add_below(n, x, y, both, mode, &sum);
    *steps += sum.steps + 1;
    return sum.tail < sum.all ? sum.tail / sum.all : 1.0;
}

static seg_status
test_chunk(struct seg_team *team, seg_len task, void *arg)
{
    const fisher_call *call = arg;
    seg_len from = task * CHUNK, to = seg_min(from + CHUNK, call->rows);
    int64_t steps = POLL, n = call->n;
    for (seg_len i = from; i < to; i++) {
        if (steps >= POLL) {
            if (seg_team_stopped(team, task, (double)(i - from) / CHUNK)) {
                return SEG_ERR_CANCELLED;
            }
            steps = 0;
        }
        int64_t x = call->x[i], y = call->y[i], both = call->both[i];
        if (x < 0 || y < 0 || x > n || y > n || both < 0 || both < x + y - n || both > x ||
            both > y) {
            return SEG_ERR_ARG;
        }
        call->p[i] = greater(n, x, y, both, &steps);
    }
    return SEG_OK;
}

seg_status
seg_fisher_greater(const seg_context *ctx,
                   int64_t n,
                   seg_len rows,
                   const int64_t *x,
                   const int64_t *y,
                   const int64_t *both,
                   double *p)
{
    fisher_call call = {.ctx = ctx, .n = n, .rows = rows, .x = x, .y = y, .both = both, .p = p};
    if (n < 0 || n > INT32_MAX || rows < 0) {
        return SEG_ERR_ARG;
    }
    return rows > 0 ? seg_team_run(ctx, (rows - 1) / CHUNK + 1, test_chunk, &call) : SEG_OK;
}

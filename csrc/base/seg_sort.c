#include "seg_sort.h"

#include <string.h>

#include "seg_arena.h"

enum { DIGITS = 8, VALUES = 256 };

/* Gathering, the digits and the end are ten steps of about the same time. */
#define SHARE (1.0 / (DIGITS + 2))

typedef struct keyed {
    uint64_t key;
    int32_t position;
} keyed;

/* Gathers the keys in the present order. count[d][v]: how many have value v in digit d. */
static seg_status
gather(const seg_context *ctx,
       seg_len n,
       const uint64_t *key,
       const int32_t *order,
       keyed *rows,
       seg_len count[DIGITS][VALUES])
{
    seg_status status = SEG_OK;
    memset(count, 0, sizeof(seg_len) * DIGITS * VALUES);
    for (seg_len i = 0; i < n && status == SEG_OK; i++) {
        rows[i] = (keyed){.key = key[order[i]], .position = order[i]};
        for (int d = 0; d < DIGITS; d++) {
            count[d][rows[i].key >> (8 * d) & 0xFF]++;
        }
        status = seg_poll_at(ctx, i, n);
    }
    return status;
}

/* Moves the rows to where their digit d belongs; count is that digit's and is used up. */
static seg_status
scatter(
    const seg_context *ctx, seg_len n, int d, const keyed *from, keyed *to, seg_len count[VALUES])
{
    seg_status status = SEG_OK;
    seg_len start = 0;
    for (int v = 0; v < VALUES; v++) {
        seg_len here = count[v];
        count[v] = start;
        start += here;
    }
    for (seg_len i = 0; i < n && status == SEG_OK; i++) {
        to[count[from[i].key >> (8 * d) & 0xFF]++] = from[i];
        status = seg_poll_at(ctx, i, n);
    }
    return status;
}

seg_status
seg_sort_order(const seg_context *ctx, seg_len n, const uint64_t *key, int32_t *order)
{
    seg_len count[DIGITS][VALUES];
    keyed *from = seg_block_new(ctx, n, sizeof *from), *to = seg_block_new(ctx, n, sizeof *to);
    seg_status status = from != NULL && to != NULL ? SEG_OK : SEG_ERR_NOMEM;
    if (status != SEG_OK || n == 0) {
        goto done;
    }
    seg_phase phase;
    status = gather(seg_phase_of(&phase, ctx, 0.0, SHARE), n, key, order, from, count);
    for (int d = 0; d < DIGITS && status == SEG_OK; d++) {
        if (count[d][from[0].key >> (8 * d) & 0xFF] == n) {
            continue;
        }
        const seg_context *step = seg_phase_of(&phase, ctx, SHARE * (d + 1), SHARE * (d + 2));
        status = scatter(step, n, d, from, to, count[d]);
        keyed *swap = from;
        from = to;
        to = swap;
    }
    const seg_context *last = seg_phase_of(&phase, ctx, SHARE * (DIGITS + 1), 1.0);
    for (seg_len i = 0; i < n && status == SEG_OK; i++) {
        order[i] = from[i].position;
        status = seg_poll_at(last, i, n);
    }
done:
    seg_block_free(ctx, from);
    seg_block_free(ctx, to);
    return status;
}

#include "seg_sort.h"

#include <string.h>

#include "seg_arena.h"

enum { DIGITS = 8, VALUES = 256 };

typedef struct keyed {
    uint64_t key;
    int32_t position;
} keyed;

/* count[d][v]: how many keys have value v in digit d. */
static void
count_digits(seg_len n, const keyed *rows, seg_len count[DIGITS][VALUES])
{
    memset(count, 0, sizeof(seg_len) * DIGITS * VALUES);
    for (seg_len i = 0; i < n; i++) {
        for (int d = 0; d < DIGITS; d++) {
            count[d][rows[i].key >> (8 * d) & 0xFF]++;
        }
    }
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
    for (seg_len i = 0; i < n; i++) {
        from[i] = (keyed){.key = key[order[i]], .position = order[i]};
    }
    count_digits(n, from, count);
    for (int d = 0; d < DIGITS; d++) {
        if (count[d][from[0].key >> (8 * d) & 0xFF] == n) {
            continue;
        }
        seg_len start = 0;
        for (int v = 0; v < VALUES; v++) {
            seg_len here = count[d][v];
            count[d][v] = start;
            start += here;
        }
        for (seg_len i = 0; i < n; i++) {
            to[count[d][from[i].key >> (8 * d) & 0xFF]++] = from[i];
        }
        keyed *swap = from;
        from = to;
        to = swap;
    }
    for (seg_len i = 0; i < n; i++) {
        order[i] = from[i].position;
    }
done:
    seg_block_free(ctx, from);
    seg_block_free(ctx, to);
    return status;
}

#include "seg_masks_isa.h"

#include "seg_popcount.h"

/* One bit of the table: pairs of entries `half` apart. */
static inline void
sum_bit(uint32_t *restrict table, seg_len size, seg_len half)
{
    for (seg_len at = 0; at < size; at += 2 * half) {
        for (seg_len i = at; i < at + half; i++) {
            table[i] += table[i + half];
        }
    }
}

static void
sum_supersets(int k, uint32_t *table)
{
    seg_len size = (seg_len)1 << k;
    /* the narrow steps are laid out, so that they are vectors too */
    if (k > 0) {
        sum_bit(table, size, 1);
    }
    if (k > 1) {
        sum_bit(table, size, 2);
    }
    if (k > 2) {
        sum_bit(table, size, 4);
    }
    if (k > 3) {
        sum_bit(table, size, 8);
    }
    for (int bit = 4; bit < k; bit++) {
        sum_bit(table, size, (seg_len)1 << bit);
    }
}

static void
extract(seg_len n, uint64_t keep, uint64_t *mask)
{
    for (seg_len i = 0; i < n; i++) {
        mask[i] = seg_extract_bits(mask[i], keep);
    }
}

static void
count_bits(seg_len n,
           int k,
           const uint64_t *restrict mask,
           const uint32_t *restrict weight,
           uint32_t *restrict count)
{
    for (int bit = 0; bit < k; bit++) {
        uint32_t sum = 0;
        for (seg_len i = 0; i < n; i++) {
            sum += weight[i] & (uint32_t)(0 - (mask[i] >> bit & 1));
        }
        count[bit] = sum;
    }
}

const seg_masks_ops SEG_NAME(seg_masks_ops) = {
    .sum_supersets = sum_supersets, .extract = extract, .count_bits = count_bits};

/* Codes of ids in a narrow range: ranks in a bit set. */
#include "seg_ids_parts.h"

#include <string.h>

#include "seg_arena.h"
#include "seg_popcount.h"

enum { BLOCK = SEG_TEXTS_BLOCK };

/* Words of a bit set without a bit. */
static seg_status
words_new(const seg_context *ctx, seg_len n_words, seg_ids_word **words)
{
    seg_phase still;
    *words = seg_block_new(ctx, n_words, sizeof **words);
    if (*words == NULL) {
        return SEG_ERR_NOMEM;
    }
    return seg_block_fill(seg_phase_of(&still, ctx, 0.0, 0.0), *words, n_words, sizeof **words, 0);
}

/* Counts the ids before each word, and makes room for them all. */
static seg_status
count_words(const seg_context *ctx, seg_len n_words, seg_ids_word *words, seg_ids **out)
{
    seg_status status = SEG_OK;
    int64_t count = 0;
    for (seg_len w = 0; w < n_words && status == SEG_OK; w++) {
        words[w].before = count;
        count += seg_popcount(words[w].bits);
        status = seg_poll_at(ctx, w, n_words);
    }
    if (status != SEG_OK || count >= SEG_IDS_MOST) {
        return status != SEG_OK ? status : SEG_ERR_TOO_MANY;
    }
    *out = seg_ids_new(ctx, (seg_len)count);
    return *out != NULL ? SEG_OK : SEG_ERR_NOMEM;
}

/* ---- ints ---- */

/* The id of each bit. */
static seg_status
list_words(
    const seg_context *ctx, seg_len n_words, const seg_ids_word *words, int64_t least, seg_ids *ids)
{
    seg_status status = SEG_OK;
    for (seg_len w = 0, k = 0; w < n_words && status == SEG_OK; w++) {
        for (uint64_t bits = words[w].bits; bits != 0; bits &= bits - 1) {
            uint64_t at = (uint64_t)w * 64 + (uint64_t)seg_lowest_bit(bits);
            ids->values[k++] = (int64_t)((uint64_t)least + at);
        }
        status = seg_poll_at(ctx, w, n_words);
    }
    return status;
}

seg_status
seg_ids_rank_ints(const seg_context *ctx,
                  seg_len n,
                  const int64_t *ids,
                  const uint8_t *missing,
                  int64_t least,
                  uint64_t spread,
                  int32_t *codes,
                  seg_ids **out)
{
    const seg_ids_ops *ops = seg_ids_ops_of(ctx);
    seg_len n_words = (seg_len)(spread / 64) + 1;
    seg_ids_word *words = NULL;
    seg_phase still;
    seg_status status = words_new(ctx, n_words, &words);
    for (seg_len at = 0; at < n && status == SEG_OK; at += SEG_STRIDE) {
        seg_len m = seg_min(SEG_STRIDE, n - at);
        ops->mark(m, ids + at, missing ? missing + at : NULL, least, spread, words);
        status = seg_poll(ctx, 0.5 * (double)at / (double)n);
    }
    const seg_context *pause = seg_phase_of(&still, ctx, 0.5, 0.5);
    if (status == SEG_OK) {
        status = count_words(pause, n_words, words, out);
    }
    if (status == SEG_OK) {
        status = list_words(pause, n_words, words, least, *out);
    }
    for (seg_len at = 0; at < n && status == SEG_OK; at += SEG_STRIDE) {
        seg_len m = seg_min(SEG_STRIDE, n - at);
        ops->rank(m, ids + at, missing ? missing + at : NULL, least, spread, words,
                  (int32_t)(*out)->count, codes + at);
        status = seg_poll(ctx, 0.5 + 0.5 * (double)at / (double)n);
    }
    if (status != SEG_OK) {
        seg_ids_free(ctx, *out);
        *out = NULL;
    }
    seg_block_free(ctx, words);
    return status;
}

/* ---- texts that are numbers behind a prefix ---- */

enum { SHAPES = 8, DIGITS = 8, WORD = 8 };

/* The texts of a column so far. */
typedef struct numbers {
    seg_ids_shape shapes[SHAPES];
    int count, current; /* shapes known; the one of the last text */
    int32_t taken;      /* places given to shapes */
    int32_t least, greatest;
} numbers;

/* Describes the texts that end in as many digits as this one, behind the same bytes, and gives each
 * its place; 0 if such texts are too long or too many. */
static int
describe(const seg_text *text, int32_t taken, seg_ids_shape *shape)
{
    static const int32_t powers[] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000};
    seg_len n = text->length;
    int digits = 0;
    while (digits < DIGITS && digits < n && text->data[n - 1 - digits] >= '0' &&
           text->data[n - 1 - digits] <= '9') {
        digits++;
    }
    if (n > SEG_IDS_SHAPED || digits == 0 || powers[digits] > INT32_MAX - taken) {
        return 0;
    }
    *shape = (seg_ids_shape){.length = n, .base = taken, .room = powers[digits]};
    for (seg_len i = 0; i < n; i++) {
        int digit = i >= n - digits;
        unsigned char byte = digit ? '0' : (unsigned char)text->data[i];
        if (i < n - WORD) {
            shape->head = shape->head << 8 | byte;
        } else {
            shape->tail = shape->tail << 8 | byte;
            shape->slack = shape->slack << 8 | (digit ? 0x7F - 9 : 0x7F);
        }
    }
    return 1;
}

/* Makes the shape of a text current; 0 if the column is not one of numbers. */
static int
turn_to(numbers *all, const seg_text *text, int sorted, const seg_ids_ops *ops)
{
    int32_t place, least = 0, greatest = 0;
    for (int s = 0; s < all->count; s++) {
        if (ops->read_places(1, text, &all->shapes[s], &place, &least, &greatest) == 1) {
            all->current = s;
            return 1;
        }
    }
    /* the places of two shapes do not ascend with their texts */
    if (all->count == SHAPES || (sorted && all->count == 1) ||
        !describe(text, all->taken, &all->shapes[all->count])) {
        return 0;
    }
    all->current = all->count++;
    all->taken += all->shapes[all->current].room;
    return 1;
}

/* places (m,): of a block of texts, -1 for a missing one; 0 if the column is not one of numbers. */
static int
read_block(numbers *all,
           seg_len m,
           const seg_text *texts,
           int sorted,
           const seg_ids_ops *ops,
           int32_t *places)
{
    seg_len done = 0;
    while (done < m) {
        done += ops->read_places(m - done, texts + done, &all->shapes[all->current], places + done,
                                 &all->least, &all->greatest);
        if (done < m && !turn_to(all, &texts[done], sorted, ops)) {
            return 0;
        }
    }
    return 1;
}

/* codes (n,) from places to ranks, *out with a row of each. */
static seg_status
rank_column(const seg_context *ctx,
            seg_len n,
            int32_t least,
            int32_t greatest,
            int32_t *codes,
            seg_ids **out)
{
    const seg_ids_ops *ops = seg_ids_ops_of(ctx);
    seg_phase phase;
    seg_ids_word *words = NULL;
    seg_len n_words = least > greatest ? 1 : (seg_len)(greatest - least) / 64 + 1;
    seg_status status = words_new(ctx, n_words, &words);
    const seg_context *step = seg_phase_of(&phase, ctx, 0.0, 0.375);
    for (seg_len at = 0; at < n && status == SEG_OK; at += SEG_STRIDE) {
        ops->mark_places(seg_min(SEG_STRIDE, n - at), codes + at, least, words);
        status = seg_poll(step, (double)at / (double)n);
    }
    if (status == SEG_OK) {
        status = count_words(seg_phase_of(&phase, ctx, 0.375, 0.375), n_words, words, out);
    }
    step = seg_phase_of(&phase, ctx, 0.375, 1.0);
    for (seg_len at = 0; at < n && status == SEG_OK; at += SEG_STRIDE) {
        ops->rank_places(seg_min(SEG_STRIDE, n - at), at, least, words, codes + at, (*out)->values);
        status = seg_poll(step, (double)at / (double)n);
    }
    if (status != SEG_OK) {
        seg_ids_free(ctx, *out);
        *out = NULL;
    }
    seg_block_free(ctx, words);
    return status;
}

seg_status
seg_ids_rank_texts(
    const seg_context *ctx, const seg_texts *texts, int sorted, int32_t *codes, seg_ids **out)
{
    const seg_ids_ops *ops = seg_ids_ops_of(ctx);
    seg_text lent[BLOCK];
    /* a high bit in the tail: no text is like the first shape, not even the empty one */
    numbers all = {.shapes = {{.tail = 0x80}}, .least = INT32_MAX, .greatest = -1};
    seg_len n = texts->n;
    seg_phase phase;
    const seg_context *step = seg_phase_of(&phase, ctx, 0.0, 0.5);
    seg_status status = SEG_OK;
    for (seg_len at = 0; at < n && status == SEG_OK; at += BLOCK) {
        seg_len m = seg_min(BLOCK, n - at);
        status = texts->lend(texts->user, at, m, lent);
        if (status == SEG_OK && !read_block(&all, m, lent, sorted, ops, codes + at)) {
            return SEG_OK;
        }
        status = status == SEG_OK ? seg_poll_at(step, at, n) : status;
    }
    if (status != SEG_OK || (all.greatest - all.least) / SEG_IDS_SPREAD > n) {
        return status;
    }
    return rank_column(seg_phase_of(&phase, ctx, 0.5, 1.0), n, all.least, all.greatest, codes, out);
}

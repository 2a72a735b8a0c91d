#include "seg_ids.h"

#include <string.h>

#include "seg_arena.h"
#include "seg_ids_parts.h"

const seg_ids_ops *
seg_ids_ops_of(const seg_context *ctx)
{
    switch (ctx->level) {
#ifdef SEG_HAVE_V4
    case SEG_LEVEL_V4:
        return &seg_ids_ops_v4;
#endif
#ifdef SEG_HAVE_V3
    case SEG_LEVEL_V3:
        return &seg_ids_ops_v3;
#endif
    default:
        return &seg_ids_ops_base;
    }
}

seg_len
seg_ids_count(const seg_ids *ids)
{
    return ids->count;
}

void
seg_ids_values(const seg_ids *ids, int64_t *values)
{
    if (ids->count > 0) {
        memcpy(values, ids->values, (size_t)ids->count * sizeof *values);
    }
}

void
seg_ids_free(const seg_context *ctx, seg_ids *ids)
{
    if (ids != NULL) {
        seg_block_free(ctx, ids->values);
        seg_block_free(ctx, ids);
    }
}

seg_ids *
seg_ids_new(const seg_context *ctx, seg_len count)
{
    seg_ids *ids = seg_block_new(ctx, 1, sizeof *ids);
    if (ids != NULL) {
        *ids = (seg_ids){.count = count, .values = seg_block_new(ctx, count, sizeof *ids->values)};
        if (ids->values == NULL) {
            seg_ids_free(ctx, ids);
            ids = NULL;
        }
    }
    return ids;
}

/* Least and greatest id that is not missing; *least > *greatest if there is none. */
static seg_status
range_of(const seg_context *ctx,
         seg_len n,
         const int64_t *ids,
         const uint8_t *missing,
         int64_t *least,
         int64_t *greatest)
{
    seg_status status = SEG_OK;
    seg_phase still;
    ctx = seg_phase_of(&still, ctx, 0.0, 0.0);
    *least = INT64_MAX;
    *greatest = INT64_MIN;
    for (seg_len at = 0; at < n && status == SEG_OK; at += SEG_STRIDE) {
        int64_t low, high;
        seg_ids_ops_of(ctx)->range(seg_min(SEG_STRIDE, n - at), ids + at,
                                   missing ? missing + at : NULL, &low, &high);
        *least = low < *least ? low : *least;
        *greatest = high > *greatest ? high : *greatest;
        status = seg_poll(ctx, 0.0);
    }
    return status;
}

seg_status
seg_ids_of_ints(const seg_context *ctx,
                seg_len n,
                const int64_t *ids,
                const uint8_t *missing,
                int sorted,
                int32_t *codes,
                seg_ids **out)
{
    int64_t least, greatest;
    *out = NULL;
    seg_status status = range_of(ctx, n, ids, missing, &least, &greatest);
    if (status != SEG_OK) {
        return status;
    }
    if (least > greatest) { /* nothing but missing ids */
        least = greatest = 0;
    }
    uint64_t spread = (uint64_t)greatest - (uint64_t)least;
    if (spread / SEG_IDS_SPREAD <= (uint64_t)n) {
        return seg_ids_rank_ints(ctx, n, ids, missing, least, spread, codes, out);
    }
    return seg_ids_hash_ints(ctx, n, ids, missing, sorted, codes, out);
}

seg_status
seg_ids_of_texts(
    const seg_context *ctx, const seg_texts *texts, int sorted, int32_t *codes, seg_ids **out)
{
    *out = NULL;
    seg_status status = seg_ids_rank_texts(ctx, texts, sorted, codes, out);
    if (status == SEG_OK && *out == NULL) {
        status = seg_ids_hash_texts(ctx, texts, sorted, codes, out);
    }
    return status;
}

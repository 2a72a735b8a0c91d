/* What the files of seg_ids share. For seg_ids*.c only. */
#ifndef SEG_IDS_PARTS_H
#define SEG_IDS_PARTS_H

#include "seg_ids.h"
#include "seg_ids_isa.h"

/* The most codes: a block more would not fit int32. */
enum { SEG_IDS_MOST = INT32_MAX - SEG_TEXTS_BLOCK };

/* A range of ids of at most this many times n is ranked in a bit set: 16 bytes for 64 ids. */
enum { SEG_IDS_SPREAD = 16 };

struct seg_ids {
    seg_len count;
    int64_t *values;
};

/* The loops of a level. */
const seg_ids_ops *seg_ids_ops_of(const seg_context *ctx);

/* Room for `count` ids, NULL if there is none. */
seg_ids *seg_ids_new(const seg_context *ctx, seg_len count);

/* seg_ids_of_ints of ids in [least, least + spread], ranked in a bit set: always sorted. */
SEG_MUST_USE seg_status seg_ids_rank_ints(const seg_context *ctx,
                                          seg_len n,
                                          const int64_t *ids,
                                          const uint8_t *missing,
                                          int64_t least,
                                          uint64_t spread,
                                          int32_t *codes,
                                          seg_ids **out);

/* seg_ids_of_texts of texts that are numbers behind a few prefixes, such as 536365, C536365 and
 * INV-0536365: numbers in a narrow range, ranked in a bit set. *out stays NULL, with SEG_OK, if
 * they are not; then the texts are to be lent again, and codes mean nothing. */
SEG_MUST_USE seg_status seg_ids_rank_texts(
    const seg_context *ctx, const seg_texts *texts, int sorted, int32_t *codes, seg_ids **out);

/* seg_ids_of_ints and seg_ids_of_texts of any ids, through a hash table. */
SEG_MUST_USE seg_status seg_ids_hash_ints(const seg_context *ctx,
                                          seg_len n,
                                          const int64_t *ids,
                                          const uint8_t *missing,
                                          int sorted,
                                          int32_t *codes,
                                          seg_ids **out);
SEG_MUST_USE seg_status seg_ids_hash_texts(
    const seg_context *ctx, const seg_texts *texts, int sorted, int32_t *codes, seg_ids **out);

#endif

/* Ids of a column to codes: 0 .. k-1 for the k distinct ids, -1 for a missing one. */
#ifndef SEG_IDS_H
#define SEG_IDS_H

#include "seg_context.h"
#include "seg_texts.h"

/* The distinct ids of a column. Made by the functions below, ended by seg_ids_free. */
typedef struct seg_ids seg_ids;

/* Codes of 64-bit ids.
 *
 *   ids      IN   (n,)  any values
 *   missing  IN   (n,)  nonzero where the id is missing; NULL: none is
 *   sorted        nonzero: codes ascend with the ids; else their order means nothing
 *   codes    OUT  (n,)
 *   out      OUT  the distinct ids, NULL on failure
 *
 * Ids in a range of at most 16 n (customer and invoice numbers are) are ranked in a bit set, always
 * sorted; others go through a hash table. O(n) time plus the sort of the k distinct ids; memory
 * beside ids and codes at most 4 bytes a row and 8 an id, or of hashed ids 58 bytes an id, sorted
 * 105, and 100 kB. A code names its row's id if the caller leaves the ids alone, and is in [-1, k)
 * in any case. SEG_ERR_NOMEM, SEG_ERR_CANCELLED, SEG_ERR_TOO_MANY (k >= 2^31 - 257). */
SEG_MUST_USE seg_status seg_ids_of_ints(const seg_context *ctx,
                                        seg_len n,
                                        const int64_t *ids,
                                        const uint8_t *missing,
                                        int sorted,
                                        int32_t *codes,
                                        seg_ids **out);

/* Codes of texts, equal byte by byte, sorted by bytes (for UTF-8 that is by code point).
 *
 *   texts    IN   (n,)
 *   codes    OUT  (n,)
 *   out      OUT  for each code a row that holds its text, NULL on failure
 *
 * Texts that are numbers of up to 8 digits behind a prefix, such as 536365, C536365, INV-0536365,
 * in a range of at most 16 n are ranked in a bit set, if sorted only those of one prefix and
 * length: memory at most 4 bytes a row and 8 an id. Others go through a hash table: at most 58
 * bytes an id, sorted 117, and 100 kB; texts of 12 bytes and more that do not stay where they are
 * lent are kept, with 1 MB beside them. Status as above; SEG_ERR_TEXT if the lender fails. */
SEG_MUST_USE seg_status seg_ids_of_texts(
    const seg_context *ctx, const seg_texts *texts, int sorted, int32_t *codes, seg_ids **out);

/* How many distinct ids there are. */
seg_len seg_ids_count(const seg_ids *ids);

/* OUT values (count,): by code, the id itself for ints, a row that holds it for texts. */
void seg_ids_values(const seg_ids *ids, int64_t *values);

/* Gives the ids back; NULL is fine. ctx has the allocator they were made with. */
void seg_ids_free(const seg_context *ctx, seg_ids *ids);

#endif

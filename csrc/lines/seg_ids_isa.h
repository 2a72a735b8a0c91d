/* The hot loops of seg_ids, compiled once per level. For seg_ids.c only. */
#ifndef SEG_IDS_ISA_H
#define SEG_IDS_ISA_H

#include <string.h>

#include "seg_cpu.h"
#include "seg_texts.h"

/* An id as the table sees it. Ints: {id, 1}. Texts of up to 15 bytes: the bytes from the top down,
 * length + 1 in the lowest byte of lo, so that keys sort as their texts do. Longer texts: {hash,
 * offset in the pool << 8 | SEG_KEY_LONG}. lo = 0 is a missing id. */
typedef struct seg_key {
    uint64_t hi, lo;
} seg_key;

enum { SEG_KEY_SHORT = 15, SEG_KEY_LONG = 0xFF };

typedef struct seg_ids_slot {
    seg_key key;
    int32_t code; /* -1: free */
} seg_ids_slot;

/* Open addressing, linear probing, any capacity. `limit` ids may stand in it. */
typedef struct seg_ids_table {
    seg_len capacity, limit, count;
    seg_ids_slot *slots; /* (capacity,) */
    int64_t *values;     /* (limit,) by code: the id, or the row of its first text */
    char *pool;          /* long texts: length in 8 bytes, then the bytes */
    seg_len pool_size, pool_room;
} seg_ids_table;

/* 64 ids of a range and how many distinct ids stand before them. */
typedef struct seg_ids_word {
    uint64_t bits;
    int64_t before;
} seg_ids_word;

typedef struct seg_ids_ops {
    /* least and greatest id among those not missing; *least > *greatest if there is none */
    void (*range)(
        seg_len n, const int64_t *ids, const uint8_t *missing, int64_t *least, int64_t *greatest);
    /* sets the bit of each id in words (spread / 64 + 1,); an id beyond least + spread, which only
     * a caller who changes the ids meanwhile can make, counts as that */
    void (*mark)(seg_len n,
                 const int64_t *ids,
                 const uint8_t *missing,
                 int64_t least,
                 uint64_t spread,
                 seg_ids_word *words);
    /* codes[i] = distinct ids below ids[i] */
    void (*rank)(seg_len n,
                 const int64_t *ids,
                 const uint8_t *missing,
                 int64_t least,
                 uint64_t spread,
                 const seg_ids_word *words,
                 int32_t *codes);
    /* keys of a block of texts; returns the bytes the pool may need for it */
    seg_len (*pack)(seg_len m, const seg_text *texts, seg_key *keys);
    /* codes of a block of keys; the table has room for m more ids and their long texts. texts is
     * NULL for ints; row is that of the block's first key */
    void (*probe)(seg_ids_table *table,
                  seg_len m,
                  const seg_key *keys,
                  const seg_text *texts,
                  seg_len row,
                  int32_t *codes);
    /* puts an id that is not there; only for growth */
    void (*put)(seg_ids_table *table, seg_key key, int32_t code);
} seg_ids_ops;

extern const seg_ids_ops seg_ids_ops_base, seg_ids_ops_v3, seg_ids_ops_v4;

/* The text of a long key. */
static inline seg_text
seg_ids_long_text(const seg_ids_table *table, seg_key key)
{
    seg_text text = {.data = table->pool + (key.lo >> 8) + sizeof(int64_t)};
    int64_t length;
    memcpy(&length, table->pool + (key.lo >> 8), sizeof length);
    text.length = (seg_len)length;
    return text;
}

#endif

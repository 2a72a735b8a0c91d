/* The hot loops of seg_ids, compiled once per level. For seg_ids.c only. */
#ifndef SEG_IDS_ISA_H
#define SEG_IDS_ISA_H

#include <string.h>

#include "seg_cpu.h"
#include "seg_texts.h"

/* An id as the table sees it, 12 bytes. Ints: {id, 1}. Texts of up to 11 bytes: the bytes from the
 * top down, length + 1 in the lowest byte of lo, so that keys sort as their texts do. Longer texts:
 * 88 bits of hash over SEG_KEY_LONG. lo = 0 is a missing id. */
typedef struct seg_key {
    uint64_t hi;
    uint32_t lo;
} seg_key;

enum { SEG_KEY_SHORT = 11, SEG_KEY_LONG = 0xFF };

/* Four slots to a cache line. */
typedef struct seg_ids_slot {
    uint64_t hi;
    uint32_t lo;
    int32_t code; /* -1: free */
} seg_ids_slot;

/* Open addressing, linear probing, any capacity; `limit` ids may stand in it. Codes count up as ids
 * appear. Long texts are kept in a pool, one after the other: length in 8 bytes, then the bytes. */
typedef struct seg_ids_table {
    seg_len capacity, limit, count;
    seg_ids_slot *slots; /* (capacity,) */
    char *pool;          /* (pool_room,), pool_size of it in use */
    seg_len pool_size, pool_room;
    int64_t *where; /* (where_room,) by code: place of a long text in the pool, or NULL */
    seg_len where_room;
} seg_ids_table;

/* 64 ids of a range and how many distinct ids stand before them. */
typedef struct seg_ids_word {
    uint64_t bits;
    int64_t before;
} seg_ids_word;

/* Texts of one length, at most SEG_IDS_SHAPED, that are up to 8 digits behind the same bytes. Text
 * number v of them has the place base + v. */
typedef struct seg_ids_shape {
    seg_len length;
    uint64_t head;  /* the bytes before the last 8, the first one highest */
    uint64_t tail;  /* the last 8 bytes, with '0' for the digits */
    uint64_t slack; /* by byte of the tail, how much more than 0x7F - slack does not fit */
    int32_t base, room;
} seg_ids_shape;

enum { SEG_IDS_SHAPED = 16 };

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
    /* codes[i] = distinct ids below ids[i], at most count - 1: an id that changed since it was
     * marked counts as another one */
    void (*rank)(seg_len n,
                 const int64_t *ids,
                 const uint8_t *missing,
                 int64_t least,
                 uint64_t spread,
                 const seg_ids_word *words,
                 int32_t count,
                 int32_t *codes);
    /* places of the texts up to the first that has another shape, -1 for a missing one; returns how
     * many. Lowers *least and raises *greatest to hold the places */
    seg_len (*read_places)(seg_len m,
                           const seg_text *texts,
                           const seg_ids_shape *shape,
                           int32_t *places,
                           int32_t *least,
                           int32_t *greatest);
    /* sets the bit of each place that is not -1 */
    void (*mark_places)(seg_len n, const int32_t *places, int32_t least, seg_ids_word *words);
    /* places become ranks; rows[rank] = a row that has it, of those first, first + 1, .. */
    void (*rank_places)(seg_len n,
                        seg_len first,
                        int32_t least,
                        const seg_ids_word *words,
                        int32_t *places,
                        int64_t *rows);
    /* keys of a block of texts; returns the bytes the pool may need for it */
    seg_len (*pack)(seg_len m, const seg_text *texts, seg_key *keys);
    /* codes of a block of keys; the table has room for m more ids and their long texts. texts is
     * NULL for ints */
    void (*probe)(seg_ids_table *table,
                  seg_len m,
                  const seg_key *keys,
                  const seg_text *texts,
                  int32_t *codes);
    /* moves the ids in slots [start, end) of a smaller table into a larger one. A home is monotone
     * in the hash, so both are walked from front to back */
    void (*move)(const seg_ids_table *from, seg_len start, seg_len end, seg_ids_table *to);
} seg_ids_ops;

extern const seg_ids_ops seg_ids_ops_base, seg_ids_ops_v3, seg_ids_ops_v4;

/* The long text of a code. */
static inline seg_text
seg_ids_long_text(const seg_ids_table *table, int32_t code)
{
    const char *at = table->pool + table->where[code];
    int64_t length;
    memcpy(&length, at, sizeof length);
    return (seg_text){.data = at + sizeof length, .length = (seg_len)length};
}

#endif

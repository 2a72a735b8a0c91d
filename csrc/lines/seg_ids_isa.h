/* The hot loops of seg_ids, compiled once per level. For seg_ids.c only. */
#ifndef SEG_IDS_ISA_H
#define SEG_IDS_ISA_H

#include "seg_cpu.h"
#include "seg_texts.h"

/* An id as the table sees it. Ints: {id, 1}. Texts of up to 11 bytes: the bytes from the top of hi
 * and of the lower half of lo down, length + 1 in the lowest byte, so that keys sort as their texts
 * do. Longer texts: {hash, length << 8 | SEG_KEY_LONG}. lo = 0 is a missing id. */
typedef struct seg_key {
    uint64_t hi, lo;
} seg_key;

enum { SEG_KEY_SHORT = 11, SEG_KEY_LONG = 0xFF };

/* Whether lo is that of a long text. */
static inline int
seg_key_is_long(uint64_t lo)
{
    return (lo & 0xFF) == SEG_KEY_LONG;
}

/* A distinct id: its key, or of a long text where it lies. */
typedef struct seg_ids_entry {
    union {
        uint64_t hi;
        const char *text;
    } is;
    uint64_t lo;
} seg_ids_entry;

/* Eight slots to a cache line. The tag is the upper half of the hash, and the home of an id is its
 * share of the table: the slots alone tell where to move when there are more of them. */
typedef struct seg_ids_slot {
    uint32_t tag;
    int32_t code; /* + 1; 0: free */
} seg_ids_slot;

/* Open addressing, linear probing; `limit` ids may stand in it. Codes count up as ids appear.
 * Entries never move: chunk c holds SEG_IDS_CHUNK << c of them. */
typedef struct seg_ids_table {
    seg_len capacity, limit, count;
    seg_ids_slot *slots; /* (capacity,) */
    seg_ids_entry *chunks[20];
    seg_len room; /* for entries, in the chunks there are */
    char *pool;   /* where the next long text goes; NULL: texts stay where they are lent */
} seg_ids_table;

enum { SEG_IDS_CHUNK_BITS = 12, SEG_IDS_CHUNK = 1 << SEG_IDS_CHUNK_BITS };

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
    uint64_t slack; /* added to a byte's difference from the tail, sets its high bit if it does not
                       fit */
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
    /* places become ranks, which are all in [0, count of words); rows[rank] = the last row of
     * first, first + 1, .. that has it */
    void (*rank_places)(seg_len n,
                        seg_len first,
                        int32_t least,
                        const seg_ids_word *words,
                        int32_t *places,
                        int64_t *rows);
    /* keys of a block of texts; returns the bytes of those that are long */
    seg_len (*pack)(seg_len m, const seg_text *texts, seg_key *keys);
    /* codes of a block of keys; the table has room for m more ids and their long texts. texts is
     * NULL if no key is long */
    void (*probe)(seg_ids_table *table,
                  seg_len m,
                  const seg_key *keys,
                  const seg_text *texts,
                  int32_t *codes);
    /* moves the ids in slots [start, end) of a smaller table into a larger one. A home is monotone
     * in the tag, so both are walked from front to back */
    void (*move)(const seg_ids_table *from, seg_len start, seg_len end, seg_ids_table *to);
} seg_ids_ops;

extern const seg_ids_ops seg_ids_ops_base, seg_ids_ops_v3, seg_ids_ops_v4;

/* The entry of a code. */
static inline seg_ids_entry *
seg_ids_entry_of(const seg_ids_table *table, int32_t code)
{
    uint32_t chunk = ((uint32_t)code >> SEG_IDS_CHUNK_BITS) + 1;
    int c = 0;
#if defined(__GNUC__) || defined(__clang__)
    c = 31 - __builtin_clz(chunk);
#else
    while (chunk >> (c + 1) != 0) {
        c++;
    }
#endif
    return table->chunks[c] + (code - (((1 << c) - 1) << SEG_IDS_CHUNK_BITS));
}

/* The long text of an entry. */
static inline seg_text
seg_ids_long_text(const seg_ids_entry *entry)
{
    return (seg_text){.data = entry->is.text, .length = (seg_len)(entry->lo >> 8)};
}

#endif

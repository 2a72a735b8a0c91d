#include "seg_ids_isa.h"

#include <string.h>

#include "seg_hash.h"
#include "seg_popcount.h"

/* Lookups between the asking for memory and its use, in each of the steps of a probe. */
enum { AHEAD = 24, BLOCK = SEG_TEXTS_BLOCK };

static void
range(seg_len n, const int64_t *ids, const uint8_t *missing, int64_t *least, int64_t *greatest)
{
    int64_t low = INT64_MAX, high = INT64_MIN;
    if (missing == NULL) {
        for (seg_len i = 0; i < n; i++) {
            low = ids[i] < low ? ids[i] : low;
            high = ids[i] > high ? ids[i] : high;
        }
    } else {
        for (seg_len i = 0; i < n; i++) {
            if (!missing[i]) {
                low = ids[i] < low ? ids[i] : low;
                high = ids[i] > high ? ids[i] : high;
            }
        }
    }
    *least = low;
    *greatest = high;
}

static inline uint64_t
offset_of(int64_t id, int64_t least, uint64_t spread)
{
    uint64_t at = (uint64_t)id - (uint64_t)least;
    return at < spread ? at : spread;
}

static void
mark(seg_len n,
     const int64_t *ids,
     const uint8_t *missing,
     int64_t least,
     uint64_t spread,
     seg_ids_word *words)
{
    for (seg_len i = 0; i < n; i++) {
        if (missing == NULL || !missing[i]) {
            uint64_t at = offset_of(ids[i], least, spread);
            words[at >> 6].bits |= (uint64_t)1 << (at & 63);
        }
    }
}

static void
rank(seg_len n,
     const int64_t *ids,
     const uint8_t *missing,
     int64_t least,
     uint64_t spread,
     const seg_ids_word *words,
     int32_t count,
     int32_t *codes)
{
    for (seg_len i = 0; i < n; i++) {
        if (missing != NULL && missing[i]) {
            codes[i] = -1;
            continue;
        }
        uint64_t at = offset_of(ids[i], least, spread);
        seg_ids_word word = words[at >> 6];
        uint64_t below = word.bits & (((uint64_t)1 << (at & 63)) - 1);
        int32_t code = (int32_t)word.before + seg_popcount(below);
        codes[i] = code < count ? code : count - 1;
    }
}

/* Four bytes, the first one highest. Compilers make one load and one swap of it. */
static inline uint32_t
big_endian_half(const char *p)
{
    const unsigned char *u = (const unsigned char *)p;
    return (uint32_t)u[0] << 24 | (uint32_t)u[1] << 16 | (uint32_t)u[2] << 8 | u[3];
}

static inline uint64_t
big_endian(const char *p)
{
    return (uint64_t)big_endian_half(p) << 32 | big_endian_half(p + 4);
}

/* The last eight bytes of a text, or all it has, the last one lowest; never reads beyond it. */
static inline uint64_t
tail_of(const char *p, seg_len n)
{
    if (n >= 8) {
        return big_endian(p + n - 8);
    }
    if (n >= 4) { /* two halves that overlap, and agree where they do */
        return (uint64_t)big_endian_half(p) << (unsigned)(n - 4) * 8 | big_endian_half(p + n - 4);
    }
    uint64_t tail = 0;
    for (seg_len i = 0; i < n; i++) {
        tail = tail << 8 | (unsigned char)p[i];
    }
    return tail;
}

/* The number that eight bytes of 0 to 9 spell, the first digit highest. */
static inline int32_t
number_of(uint64_t digits)
{
    uint64_t pairs = (digits >> 8 & 0x00FF00FF00FF00FFu) * 10 + (digits & 0x00FF00FF00FF00FFu);
    uint64_t fours = (pairs >> 16 & 0x0000FFFF0000FFFFu) * 100 + (pairs & 0x0000FFFF0000FFFFu);
    return (int32_t)((fours >> 32) * 10000 + (fours & 0xFFFFFFFFu));
}

static seg_len
read_places(seg_len m,
            const seg_text *texts,
            const seg_ids_shape *shape,
            int32_t *places,
            int32_t *least,
            int32_t *greatest)
{
    const seg_ids_shape as = *shape;
    int32_t low = *least, high = *greatest;
    seg_len i = 0;
    for (; i < m; i++) {
        const char *p = texts[i].data;
        if (texts[i].length != as.length) {
            if (texts[i].length >= 0) {
                break;
            }
            places[i] = -1;
            continue;
        }
        /* 0 over a byte of the prefix, 0 to 9 over a digit; anything else sets a byte's high bit
         * here or when the slack is added */
        uint64_t digits = tail_of(p, as.length) ^ as.tail;
        uint64_t wrong = (digits | (digits + as.slack)) & 0x8080808080808080u;
        if (as.length > 8) {
            wrong |= big_endian(p) >> (unsigned)(16 - as.length) * 8 ^ as.head;
        }
        if (wrong) {
            break;
        }
        int32_t place = as.base + number_of(digits);
        low = place < low ? place : low;
        high = place > high ? place : high;
        places[i] = place;
    }
    *least = low;
    *greatest = high;
    return i;
}

static void
mark_places(seg_len n, const int32_t *places, int32_t least, seg_ids_word *words)
{
    for (seg_len i = 0; i < n; i++) {
        if (places[i] >= 0) {
            int32_t at = places[i] - least;
            words[at >> 6].bits |= (uint64_t)1 << (at & 63);
        }
    }
}

static void
rank_places(seg_len n,
            seg_len first,
            int32_t least,
            const seg_ids_word *words,
            int32_t *places,
            int64_t *rows)
{
    for (seg_len i = 0; i < n; i++) {
        if (places[i] >= 0) {
            int32_t at = places[i] - least;
            seg_ids_word word = words[at >> 6];
            uint64_t below = word.bits & (((uint64_t)1 << (at & 63)) - 1);
            places[i] = (int32_t)word.before + seg_popcount(below);
            rows[places[i]] = first + i;
        }
    }
}

/* The key of a text of at most 11 bytes; never reads beyond it. */
static inline seg_key
short_key(const char *p, seg_len n)
{
    seg_key key = {.hi = 0, .lo = 0};
    if (n >= 8) {
        /* the last four bytes, less those already in hi */
        key.hi = big_endian(p);
        key.lo = (uint32_t)((uint64_t)big_endian_half(p + n - 4) << (unsigned)(12 - n) * 8);
    } else if (n >= 4) {
        /* two halves that overlap, and agree where they do */
        key.hi = (uint64_t)big_endian_half(p) << 32 | (uint64_t)big_endian_half(p + n - 4)
                                                          << (unsigned)(8 - n) * 8;
    } else {
        for (seg_len i = 0; i < n; i++) {
            key.hi |= (uint64_t)(unsigned char)p[i] << (56 - 8 * i);
        }
    }
    key.lo |= (uint64_t)n + 1;
    return key;
}

static seg_len
pack(seg_len m, const seg_text *texts, seg_key *keys)
{
    seg_len bytes = 0;
    for (seg_len i = 0; i < m; i++) {
        seg_len length = texts[i].length;
        if (SEG_LIKELY(length >= 0 && length <= SEG_KEY_SHORT)) {
            keys[i] = short_key(texts[i].data, length);
        } else if (length < 0) {
            keys[i] = (seg_key){.hi = 0, .lo = 0};
        } else {
            keys[i].hi = seg_hash_bytes(texts[i].data, length);
            keys[i].lo = (uint64_t)length << 8 | SEG_KEY_LONG;
            bytes += length;
        }
    }
    return bytes;
}

static inline uint32_t
tag_of(seg_key key)
{
    return (uint32_t)(seg_hash_u64(key.hi + key.lo * 0x9E3779B97F4A7C15u) >> 32);
}

/* floor(tag / 2^32 * capacity). */
static inline seg_len
home_of(uint32_t tag, seg_len capacity)
{
    return (seg_len)((uint64_t)tag * (uint64_t)capacity >> 32);
}

static inline seg_len
after(seg_len at, const seg_ids_table *table)
{
    return at + 1 == table->capacity ? 0 : at + 1;
}

static inline int
same_bytes(seg_text a, seg_text b)
{
    return a.length == b.length && memcmp(a.data, b.data, (size_t)a.length) == 0;
}

static inline int
is_entry(const seg_ids_entry *entry, seg_key key, const seg_text *text)
{
    if (!seg_key_is_long(key.lo)) {
        return entry->lo == key.lo && entry->is.hi == key.hi;
    }
    return entry->lo == key.lo && same_bytes(seg_ids_long_text(entry), *text);
}

static int32_t
put(seg_ids_table *table, seg_len at, uint32_t tag, seg_key key, const seg_text *text)
{
    int32_t code = (int32_t)table->count++;
    seg_ids_entry *entry = seg_ids_entry_of(table, code);
    table->slots[at] = (seg_ids_slot){.tag = tag, .code = code + 1};
    entry->lo = key.lo;
    if (!seg_key_is_long(key.lo)) {
        entry->is.hi = key.hi;
        return code;
    }
    entry->is.text = text->data;
    if (table->pool != NULL) {
        entry->is.text = memcpy(table->pool, text->data, (size_t)text->length);
        table->pool += text->length;
    }
    return code;
}

/* The first slot from `at` on that is free or has the tag. */
static inline seg_len
walk(const seg_ids_table *table, seg_len at, uint32_t tag)
{
    while (table->slots[at].code != 0 && table->slots[at].tag != tag) {
        at = after(at, table);
    }
    return at;
}

static inline int32_t
find_or_put(seg_ids_table *table, seg_len at, uint32_t tag, seg_key key, const seg_text *text)
{
    for (;; at = after(at, table)) {
        at = walk(table, at, tag);
        int32_t code = table->slots[at].code - 1;
        if (code < 0) {
            return put(table, at, tag, key, text);
        }
        if (is_entry(seg_ids_entry_of(table, code), key, text)) {
            return code;
        }
    }
}

/* Lists the keys that differ from the one before: the lines of an order are neighbours, and so are
 * their ids. */
static seg_len
list_runs(seg_len m, const seg_key *keys, const seg_text *texts, uint16_t *starts)
{
    seg_len n = 0;
    for (seg_len i = 0; i < m; i++) {
        int same = i > 0 && keys[i].hi == keys[i - 1].hi && keys[i].lo == keys[i - 1].lo;
        if (same && seg_key_is_long(keys[i].lo)) {
            same = same_bytes(texts[i], texts[i - 1]);
        }
        starts[n] = (uint16_t)i;
        n += !same;
    }
    return n;
}

/* Four steps a key, AHEAD keys apart: ask for its slot; ask for the entry that the slot names; ask
 * for the entry's long text; compare. No step waits for memory that was not asked for. */
static void
probe(seg_ids_table *table, seg_len m, const seg_key *keys, const seg_text *texts, int32_t *codes)
{
    uint16_t starts[BLOCK];
    uint32_t tags[BLOCK];
    seg_len at[BLOCK];
    seg_len n = list_runs(m, keys, texts, starts), last = texts != NULL ? 3 * AHEAD : 2 * AHEAD;
    for (seg_len r = 0; r < n; r++) {
        tags[r] = tag_of(keys[starts[r]]);
        at[r] = home_of(tags[r], table->capacity);
    }
    for (seg_len step = 0; step < n + last; step++) {
        seg_len r = step;
        if (r < n) {
            SEG_PREFETCH(&table->slots[at[r]]);
        }
        r = step - AHEAD;
        if (r >= 0 && r < n) {
            at[r] = walk(table, at[r], tags[r]);
            if (table->slots[at[r]].code != 0) {
                SEG_PREFETCH(seg_ids_entry_of(table, table->slots[at[r]].code - 1));
            }
        }
        r = step - 2 * AHEAD;
        if (texts != NULL && r >= 0 && r < n && table->slots[at[r]].code != 0) {
            const seg_ids_entry *entry = seg_ids_entry_of(table, table->slots[at[r]].code - 1);
            if (seg_key_is_long(entry->lo)) {
                SEG_PREFETCH(entry->is.text);
            }
        }
        r = step - last;
        if (r >= 0) {
            seg_len i = starts[r], end = r + 1 < n ? starts[r + 1] : m;
            int32_t code = -1;
            if (keys[i].lo != 0) {
                code =
                    find_or_put(table, at[r], tags[r], keys[i], texts != NULL ? &texts[i] : NULL);
            }
            for (; i < end; i++) {
                codes[i] = code;
            }
        }
    }
}

static void
move(const seg_ids_table *from, seg_len start, seg_len end, seg_ids_table *to)
{
    for (seg_len i = start; i < end; i++) {
        seg_ids_slot slot = from->slots[i];
        if (slot.code != 0) {
            seg_len at = home_of(slot.tag, to->capacity);
            while (to->slots[at].code != 0) {
                at = after(at, to);
            }
            to->slots[at] = slot;
        }
    }
}

const seg_ids_ops SEG_NAME(seg_ids_ops) = {
    .range = range,
    .mark = mark,
    .rank = rank,
    .read_places = read_places,
    .mark_places = mark_places,
    .rank_places = rank_places,
    .pack = pack,
    .probe = probe,
    .move = move,
};

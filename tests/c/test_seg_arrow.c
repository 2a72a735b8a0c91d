/* Texts lent from Arrow arrays: three layouts, chunks, slices, validity bits. */
#include "seg_arrow.h"
#include "seg_test.h"

enum { ROWS = 700, LONGEST = 30, CHUNKS = 5 };

/* One column three times over, cut into chunks; each chunk starts `offset` rows into its buffers.
 */
typedef struct built {
    char text[ROWS][LONGEST];
    int length[ROWS]; /* -1: missing */
    struct ArrowArray chunks[CHUNKS];
    const void *buffers[CHUNKS][5];
    void *owned[CHUNKS][4];
} built;

static const int cuts[CHUNKS + 1] = {0, 0, 1, 300, 300, ROWS}; /* empty chunks among them */

static void
fill_texts(built *b)
{
    uint64_t random = 17;
    for (int i = 0; i < ROWS; i++) {
        b->length[i] = (int)seg_test_below(&random, LONGEST + 1) - 1;
        for (int c = 0; c < b->length[i]; c++) {
            b->text[i][c] = (char)seg_test_random(&random);
        }
    }
}

/* Rows of a chunk in the layout asked for, behind `offset` rows that are none of the column's. */
static void
fill_chunk(built *b, int c, seg_arrow_kind kind, int offset, int with_bits)
{
    int first = cuts[c], n = cuts[c + 1] - cuts[c], all = n + offset;
    uint8_t *bits = calloc((size_t)all / 8 + 1, 1);
    char *main = calloc((size_t)all + 1, 16), *data = calloc((size_t)ROWS * LONGEST, 1);
    char *other = calloc((size_t)ROWS * LONGEST, 1);
    int64_t end = 3; /* the first bytes belong to nobody */
    for (int i = 0; i <= all; i++) {
        int row = i - offset, there = row >= 0 && row < n && b->length[first + row] >= 0;
        int32_t length = there ? b->length[first + row] : 0;
        const char *text = there ? b->text[first + row] : "";
        bits[i / 8] |= (uint8_t)(i < all && (there || row < 0) ? 1 << i % 8 : 0);
        char *where = i % 2 ? data : other; /* views use two buffers in turn */
        if (kind == SEG_ARROW_32) {
            memcpy(main + 4 * i, &(int32_t){(int32_t)end}, 4);
            where = data;
        } else if (kind == SEG_ARROW_64) {
            memcpy(main + 8 * i, &end, 8);
            where = data;
        } else {
            memcpy(main + 16 * i, &length, 4);
            memcpy(main + 16 * i + 4, text, (size_t)(length < 12 ? length : 12));
            if (length > 12) {
                memcpy(main + 16 * i + 4, text, 4);
                memcpy(main + 16 * i + 8, &(int32_t){i % 2 ? 0 : 1}, 4);
                memcpy(main + 16 * i + 12, &(int32_t){(int32_t)end}, 4);
            }
        }
        memcpy(where + end, text, (size_t)length);
        end += length;
    }
    const void *buffers[5] = {with_bits ? bits : NULL, main, data, other, NULL};
    memcpy(b->buffers[c], buffers, sizeof buffers);
    memcpy(b->owned[c], (void *[4]){bits, main, data, other}, sizeof b->owned[c]);
    b->chunks[c] = (struct ArrowArray){.length = n,
                                       .offset = offset,
                                       .null_count = -1,
                                       .n_buffers = kind == SEG_ARROW_VIEW ? 5 : 3,
                                       .buffers = b->buffers[c]};
}

static void
check_column(seg_arrow_kind kind, int offset, int with_bits, seg_len block)
{
    static built b;
    seg_text out[SEG_TEXTS_BLOCK];
    memset(&b, 0, sizeof b);
    fill_texts(&b);
    for (int i = 0; i < ROWS; i++) {
        b.length[i] = with_bits || b.length[i] >= 0 ? b.length[i] : 0;
    }
    for (int c = 0; c < CHUNKS; c++) {
        fill_chunk(&b, c, kind, offset, with_bits);
    }
    seg_arrow column = {.kind = kind, .n_chunks = CHUNKS, .chunks = b.chunks};
    seg_texts texts = seg_arrow_texts(&column);
    CHECK_INT(texts.n, ROWS);
    for (seg_len at = 0; at < ROWS; at += block) {
        seg_len m = seg_min(block, ROWS - at);
        REQUIRE(texts.lend(texts.user, at, m, out) == SEG_OK);
        for (seg_len i = 0; i < m; i++) {
            int length = b.length[at + i];
            CHECK_INT(out[i].length < 0 ? -1 : out[i].length, length);
            CHECK(length <= 0 || memcmp(out[i].data, b.text[at + i], (size_t)length) == 0);
        }
    }
    for (int c = 0; c < CHUNKS; c++) {
        for (int k = 0; k < 4; k++) {
            free(b.owned[c][k]);
        }
    }
}

static void
every_layout_lends_its_texts(void)
{
    for (int kind = SEG_ARROW_32; kind <= SEG_ARROW_VIEW; kind++) {
        for (int offset = 0; offset <= 13; offset += 13) {
            for (int with_bits = 0; with_bits <= 1; with_bits++) {
                check_column((seg_arrow_kind)kind, offset, with_bits, SEG_TEXTS_BLOCK);
                check_column((seg_arrow_kind)kind, offset, with_bits, 1);
                check_column((seg_arrow_kind)kind, offset, with_bits, 97);
            }
        }
    }
}

static void
only_texts_are_known(void)
{
    static const char *const strange[] = {"", "z", "Z", "l", "vz", "uu", "v", "+s", "tss:"};
    seg_arrow_kind kind = SEG_ARROW_VIEW;
    for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++) {
        CHECK_INT(seg_arrow_kind_of(strange[i], &kind), 0);
    }
    CHECK(seg_arrow_kind_of("u", &kind) && kind == SEG_ARROW_32);
    CHECK(seg_arrow_kind_of("U", &kind) && kind == SEG_ARROW_64);
    CHECK(seg_arrow_kind_of("vu", &kind) && kind == SEG_ARROW_VIEW);
}

static void
a_column_without_rows(void)
{
    struct ArrowArray empty[2] = {{.length = 0}, {.length = 0}};
    seg_arrow column = {.kind = SEG_ARROW_32, .n_chunks = 2, .chunks = empty};
    CHECK_INT(seg_arrow_texts(&column).n, 0);
    column = (seg_arrow){.kind = SEG_ARROW_64, .n_chunks = 0, .chunks = NULL};
    CHECK_INT(seg_arrow_texts(&column).n, 0);
}

SEG_CASES(CASE(every_layout_lends_its_texts),
          CASE(only_texts_are_known),
          CASE(a_column_without_rows))

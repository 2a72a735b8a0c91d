/* Any texts, lent from each Arrow layout: equal codes mean equal bytes, sorted codes ascend. */
#include "seg_arrow.h"
#include "seg_fuzz.h"
#include "seg_ids.h"

enum { MOST = 512, LONGEST = 40 };

typedef struct column {
    seg_len n;
    char data[MOST * LONGEST];
    int64_t start[MOST + 1];
    int32_t start_32[MOST + 1];
    unsigned char views[MOST][16], bits[MOST / 8];
} column;

/* Texts of up to 39 bytes that repeat often; the first byte of each says how long, or missing. */
static void
read_column(fuzz_bytes *in, column *c)
{
    memset(c, 0, sizeof *c);
    for (; c->n < MOST && in->left > 0; c->n++) {
        uint64_t head = fuzz_word(in, 1);
        int64_t at = c->start[c->n];
        int32_t length = (int32_t)(head % LONGEST);
        if (head >= 200 && c->n > 0) { /* the text of an earlier row */
            seg_len from = (seg_len)head % c->n;
            length = (int32_t)(c->start[from + 1] - c->start[from]);
            memcpy(c->data + at, c->data + c->start[from], (size_t)length);
        } else {
            for (int32_t i = 0; i < length; i++) {
                int digit = i > 1 && head & 2;
                c->data[at + i] = (char)(digit      ? '0' + (int)fuzz_word(in, 1) % 11
                                         : head & 1 ? (int)fuzz_word(in, 1)
                                                    : 'a');
            }
        }
        c->bits[c->n / 8] |= (unsigned char)(head != 199 ? 1 << c->n % 8 : 0);
        c->start[c->n + 1] = at + length;
        c->start_32[c->n + 1] = (int32_t)(at + length);
        memcpy(c->views[c->n], &length, 4);
        memcpy(c->views[c->n] + 4, c->data + at, (size_t)(length < 12 ? length : 12));
        if (length > 12) {
            memcpy(c->views[c->n] + 8, &(int32_t){0}, 4);
            memcpy(c->views[c->n] + 12, &(int32_t){(int32_t)at}, 4);
        }
    }
}

static int
compare(const column *c, seg_len i, seg_len j)
{
    int64_t n = c->start[i + 1] - c->start[i], m = c->start[j + 1] - c->start[j];
    int order = memcmp(c->data + c->start[i], c->data + c->start[j], (size_t)(n < m ? n : m));
    return order != 0 ? order : (n > m) - (n < m);
}

static void
check_codes(const column *c, int sorted, const int32_t *codes, const seg_ids *out)
{
    static int64_t rows[MOST];
    seg_len k = seg_ids_count(out);
    MUST(k >= 0 && k <= c->n);
    seg_ids_values(out, rows);
    for (seg_len i = 0; i < c->n; i++) {
        int there = c->bits[i / 8] >> i % 8 & 1;
        MUST(there ? codes[i] >= 0 && codes[i] < k : codes[i] == -1);
        MUST(!there || compare(c, i, (seg_len)rows[codes[i]]) == 0);
    }
    for (seg_len a = 0; a < k; a++) {
        MUST(codes[rows[a]] == a);
        MUST(!sorted || a == 0 || compare(c, (seg_len)rows[a - 1], (seg_len)rows[a]) < 0);
        for (seg_len b = 0; b < a && !sorted; b++) {
            MUST(compare(c, (seg_len)rows[a], (seg_len)rows[b]) != 0);
        }
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static column c;
    static int32_t codes[MOST];
    fuzz_bytes in = {.at = data, .left = size};
    seg_test_heap heap;
    seg_context ctx = fuzz_context(&heap, &in);
    uint64_t options = fuzz_word(&in, 1);
    int sorted = options & 1;
    read_column(&in, &c);
    seg_len cut = c.n > 0 ? (seg_len)(options >> 1) % c.n : 0;
    const void *main_buffers[] = {c.start_32, c.start, c.views};
    for (int kind = SEG_ARROW_32; kind <= SEG_ARROW_VIEW; kind++) {
        const void *buffers[] = {c.bits, main_buffers[kind], c.data};
        const struct ArrowArray chunks[] = {
            {.length = cut, .n_buffers = 3, .buffers = buffers},
            {.length = c.n - cut, .offset = cut, .n_buffers = 3, .buffers = buffers}};
        for (int level = 0; level <= (int)seg_cpu_best_level(); level++) {
            seg_arrow arrow = {.kind = (seg_arrow_kind)kind, .n_chunks = 2, .chunks = chunks};
            seg_texts texts = seg_arrow_texts(&arrow);
            seg_ids *out = NULL;
            ctx.level = (seg_level)level;
            seg_status status = seg_ids_of_texts(&ctx, &texts, sorted, codes, &out);
            MUST(status == SEG_OK || (status == SEG_ERR_NOMEM && heap.fail_at >= 0));
            MUST((out != NULL) == (status == SEG_OK));
            if (status == SEG_OK) {
                check_codes(&c, sorted, codes, out);
                seg_ids_free(&ctx, out);
            }
            MUST(atomic_load(&heap.live) == 0);
        }
    }
    return 0;
}

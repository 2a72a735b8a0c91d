#include "seg_arrow.h"

#include <string.h>

enum { INLINE = 12, VIEW = 16 };

int
seg_arrow_kind_of(const char *format, seg_arrow_kind *kind)
{
    static const char *const formats[] = {"u", "U", "vu"};
    for (int k = 0; k < 3; k++) {
        if (strcmp(format, formats[k]) == 0) {
            *kind = (seg_arrow_kind)k;
            return 1;
        }
    }
    return 0;
}

/* Whether text i is there; what a missing one holds means nothing and is not looked at. */
static inline int
valid(const unsigned char *bits, seg_len i)
{
    return bits == NULL || bits[i >> 3] >> (i & 7) & 1;
}

static seg_text
text_32(const struct ArrowArray *array, seg_len i)
{
    const int32_t *offsets = array->buffers[1];
    const char *data = array->buffers[2];
    seg_len length = offsets[i + 1] - offsets[i];
    return (seg_text){.data = length > 0 ? data + offsets[i] : "", .length = length};
}

static seg_text
text_64(const struct ArrowArray *array, seg_len i)
{
    const int64_t *offsets = array->buffers[1];
    const char *data = array->buffers[2];
    seg_len length = (seg_len)(offsets[i + 1] - offsets[i]);
    return (seg_text){.data = length > 0 ? data + offsets[i] : "", .length = length};
}

/* A view: length; then the text itself, or four bytes of it, the buffer's number and the offset. */
static seg_text
text_view(const struct ArrowArray *array, seg_len i)
{
    const char *view = (const char *)array->buffers[1] + VIEW * i;
    int32_t length, where[2];
    memcpy(&length, view, 4);
    if (length <= INLINE) {
        return (seg_text){.data = view + 4, .length = length};
    }
    memcpy(where, view + 8, 8);
    return (seg_text){.data = (const char *)array->buffers[2 + where[0]] + where[1],
                      .length = length};
}

/* A loop for each kind, so that the compiler sees which it is. */
#define LEND(text_of)                                                                              \
    for (seg_len i = 0; i < m; i++) {                                                              \
        out[i] = valid(bits, first + i) ? text_of(array, first + i) : missing;                     \
    }

/* Lends texts [first, first + m) of the buffers: the array's offset is already added. */
static void
lend_chunk(
    seg_arrow_kind kind, const struct ArrowArray *array, seg_len first, seg_len m, seg_text *out)
{
    const unsigned char *bits = array->buffers[0];
    const seg_text missing = {.data = NULL, .length = -1};
    switch (kind) {
    case SEG_ARROW_32:
        LEND(text_32)
        break;
    case SEG_ARROW_64:
        LEND(text_64)
        break;
    default:
        LEND(text_view)
    }
}

static seg_status
lend(void *user, seg_len start, seg_len m, seg_text *out)
{
    seg_arrow *column = user;
    if (start == 0) { /* else blocks come in order: the cursor knows where it is */
        column->chunk = column->row = 0;
    }
    for (seg_len done = 0; done < m;) {
        if (column->chunk == column->n_chunks) {
            return SEG_ERR_ARG;
        }
        const struct ArrowArray *array = &column->chunks[column->chunk];
        seg_len first = (seg_len)array->offset + column->row;
        seg_len here = seg_min(m - done, (seg_len)array->length - column->row);
        lend_chunk(column->kind, array, first, here, out + done);
        done += here;
        column->row += here;
        if (column->row == (seg_len)array->length) {
            column->chunk++;
            column->row = 0;
        }
    }
    return SEG_OK;
}

seg_texts
seg_arrow_texts(seg_arrow *column)
{
    seg_texts texts = {.n = 0, .lend = lend, .user = column, .stay = 1};
    for (seg_len c = 0; c < column->n_chunks; c++) {
        texts.n += (seg_len)column->chunks[c].length;
    }
    return texts;
}

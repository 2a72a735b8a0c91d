/* Lends the texts of Arrow string arrays: 32-bit and 64-bit offsets and string views. */
#ifndef SEG_ARROW_H
#define SEG_ARROW_H

#include "seg_texts.h"

/* The public C data interface, as its specification lays it out. */
#ifndef ARROW_C_DATA_INTERFACE
#define ARROW_C_DATA_INTERFACE
struct ArrowSchema {
    const char *format;
    const char *name;
    const char *metadata;
    int64_t flags;
    int64_t n_children;
    struct ArrowSchema **children;
    struct ArrowSchema *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length;
    int64_t null_count;
    int64_t offset;
    int64_t n_buffers;
    int64_t n_children;
    const void **buffers;
    struct ArrowArray **children;
    struct ArrowArray *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};
#endif

typedef enum seg_arrow_kind { SEG_ARROW_32, SEG_ARROW_64, SEG_ARROW_VIEW } seg_arrow_kind;

/* A column in chunks, read from the front. Start with chunk = row = 0. */
typedef struct seg_arrow {
    seg_arrow_kind kind;
    seg_len n_chunks;
    const struct ArrowArray *chunks; /* IN (n_chunks,), each valid for the whole call */
    seg_len chunk, row;              /* the next text */
} seg_arrow;

/* The kind a format string ("u", "U", "vu") names into *kind; 0 if it names none of them. */
int seg_arrow_kind_of(const char *format, seg_arrow_kind *kind);

/* The texts of a column, lent in place; `column` must outlive them. The producer is trusted:
 * offsets and views are not checked. */
seg_texts seg_arrow_texts(seg_arrow *column);

#endif

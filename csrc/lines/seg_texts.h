/* Texts a kernel borrows block by block: it never owns a column of them. */
#ifndef SEG_TEXTS_H
#define SEG_TEXTS_H

#include "seg_base.h"

/* Bytes of one text, not ended by a NUL. length < 0: missing. */
typedef struct seg_text {
    const char *data;
    seg_len length;
} seg_text;

/* Lends texts [start, start + m) of a column of n into out (m,), m <= SEG_TEXTS_BLOCK. What was
 * lent stays valid until the next call of `lend`, or longer if `stay` says so. Blocks are asked for
 * in ascending order; start = 0 begins anew, which a kernel may do once. Returns SEG_OK, or
 * SEG_ERR_TEXT with the reason kept in `user`. */
typedef struct seg_texts {
    seg_len n;
    seg_status (*lend)(void *user, seg_len start, seg_len m, seg_text *out);
    void *user;
    int stay; /* nonzero: what was lent stays valid to the end of the kernel */
} seg_texts;

enum { SEG_TEXTS_BLOCK = 256 };

#endif

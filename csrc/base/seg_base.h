/* The words every room shares: lengths, status codes, checked products. Includes nothing of ours.
 */
#ifndef SEG_BASE_H
#define SEG_BASE_H

#include <stddef.h>
#include <stdint.h>

/* Lengths and indices: signed, as wide as npy_intp, so that loops down and differences are safe. */
typedef ptrdiff_t seg_len;

typedef enum seg_status {
    SEG_OK = 0,
    SEG_ERR_NOMEM,     /* an allocation failed or a size does not fit */
    SEG_ERR_ARG,       /* an argument breaks the header's contract */
    SEG_ERR_CANCELLED, /* the poll asked to stop */
    SEG_ERR_MONEY,     /* an amount is NaN, infinite or 2^44 and above; the fault names the row */
    SEG_ERR_DATE,      /* a date is missing; the fault names the row */
    SEG_ERR_CODE,      /* a code is outside its range; the fault names the row */
    SEG_ERR_TOO_MANY,  /* more distinct ids than int32 codes can name */
    SEG_ERR_NUMBER,    /* a value is NaN or infinite */
    SEG_ERR_TEXT       /* the lender of texts failed and holds the reason */
} seg_status;

/* Where a kernel found what its status says; row is -1 where no row is to blame. */
typedef struct seg_fault {
    seg_len row;
} seg_fault;

#if defined(__GNUC__) || defined(__clang__)
#define SEG_MUST_USE __attribute__((warn_unused_result))
#define SEG_PREFETCH(p) __builtin_prefetch((p), 1)
#define SEG_PREFETCH_READ(p) __builtin_prefetch((p), 0)
#define SEG_LIKELY(x) __builtin_expect(!!(x), 1)
#define SEG_INLINE static inline __attribute__((always_inline))
#else
#define SEG_MUST_USE
#define SEG_PREFETCH(p) ((void)(p))
#define SEG_PREFETCH_READ(p) ((void)(p))
#define SEG_LIKELY(x) (x)
#define SEG_INLINE static inline
#endif

/* DO(d) with d a number that the compiler knows where it is small, so that loops over columns are
 * laid out and what they read stays in registers. What DO calls is SEG_INLINE. */
#define SEG_EACH_WIDTH(d, DO)                                                                      \
    switch (d) {                                                                                   \
    case 1:                                                                                        \
        DO(1);                                                                                     \
        break;                                                                                     \
    case 2:                                                                                        \
        DO(2);                                                                                     \
        break;                                                                                     \
    case 3:                                                                                        \
        DO(3);                                                                                     \
        break;                                                                                     \
    case 4:                                                                                        \
        DO(4);                                                                                     \
        break;                                                                                     \
    case 5:                                                                                        \
        DO(5);                                                                                     \
        break;                                                                                     \
    case 6:                                                                                        \
        DO(6);                                                                                     \
        break;                                                                                     \
    case 7:                                                                                        \
        DO(7);                                                                                     \
        break;                                                                                     \
    case 8:                                                                                        \
        DO(8);                                                                                     \
        break;                                                                                     \
    case 10:                                                                                       \
        DO(10);                                                                                    \
        break;                                                                                     \
    default:                                                                                       \
        DO(d);                                                                                     \
    }

/* `SEG_NAME(seg_ids_ops)` is `seg_ids_ops_v3` in the file compiled for level v3. */
#define SEG_JOIN_(a, b) a##_##b
#define SEG_JOIN(a, b) SEG_JOIN_(a, b)
#define SEG_NAME(name) SEG_JOIN(name, SEG_ISA)

/* Rows between two polls: about a millisecond of work, so that Ctrl-C is felt at once. */
#define SEG_STRIDE ((seg_len)1 << 15)

/* a * b into *out. Returns 0 when a factor is negative or the product does not fit seg_len. */
static inline int
seg_mul_ok(seg_len a, seg_len b, seg_len *out)
{
    if (a < 0 || b < 0 || (b > 0 && a > PTRDIFF_MAX / b)) {
        return 0;
    }
    *out = a * b;
    return 1;
}

/* The smaller of two lengths. */
static inline seg_len
seg_min(seg_len a, seg_len b)
{
    return a < b ? a : b;
}

#endif

#include "seg_moments_isa.h"

#include <string.h>

/* A register of doubles, as wide as the level has them: each element of a result is added up in the
 * order of the rows, whatever the width, so that all levels give the same bits. MOST is how many
 * rows of products fit the registers beside what is loaded. */
#if defined(__GNUC__) && defined(SEG_ISA_V4)
enum { LANES = 8, MOST = 8 };
#elif defined(__GNUC__) && defined(SEG_ISA_V3)
enum { LANES = 4, MOST = 4 };
#elif defined(__GNUC__)
enum { LANES = 2, MOST = 2 };
#else
enum { LANES = 1, MOST = 2 };
#endif
#if defined(__GNUC__)
typedef double vec __attribute__((vector_size(LANES * sizeof(double))));
#define INLINE static inline __attribute__((always_inline))
#else
typedef double vec;
#define INLINE static inline
#endif
enum { VECS = SEG_MOMENTS_BLOCK / LANES };

INLINE vec
load(const double *from)
{
    vec v;
    memcpy(&v, from, sizeof v);
    return v;
}

INLINE void
store(double *to, vec v)
{
    memcpy(to, &v, sizeof v);
}

static void
shift(seg_len n,
      seg_len d,
      seg_len wide,
      const char *rows,
      seg_len row_step,
      const double *pivot,
      double *tile,
      double *sum)
{
    seg_len whole = d - d % LANES;
    memset(sum, 0, (size_t)wide * sizeof *sum);
    for (seg_len i = 0; i < n; i++) {
        const char *row = rows + i * row_step;
        double *to = tile + i * wide;
        seg_len j = 0;
        for (; j < whole; j += LANES) {
            vec x;
            memcpy(&x, row + j * (seg_len)sizeof *to, sizeof x);
            x = x - load(pivot + j);
            store(to + j, x);
            store(sum + j, load(sum + j) + x);
        }
        for (; j < d; j++) {
            double x;
            memcpy(&x, row + j * (seg_len)sizeof *to, sizeof x);
            to[j] = x - pivot[j];
            sum[j] += to[j];
        }
        for (; j < wide; j++) {
            to[j] = 0.0;
        }
    }
}

static void
turn(seg_len n,
     seg_len d,
     seg_len wide,
     const char *columns,
     seg_len column_step,
     const double *pivot,
     double *tile,
     double *sum)
{
    for (seg_len j = 0; j < wide; j++) {
        const char *column = columns + j * column_step;
        double *to = tile + j, total = 0.0;
        for (seg_len i = 0; i < n; i++) {
            double x = 0.0;
            if (j < d) {
                memcpy(&x, column + i * (seg_len)sizeof x, sizeof x);
                x -= pivot[j];
                total += x;
            }
            to[i * wide] = x;
        }
        sum[j] = total;
    }
}

/* products[0 ... most) x one block of columns, for rows `left` x `right` of the tile. The count is
 * a constant where this is called, so that all sums stay in registers. */
INLINE void
square_block(
    seg_len n, seg_len wide, int most, const double *left, const double *right, double *products)
{
    vec sum[MOST][VECS] = {{{0}}};
    for (seg_len i = 0; i < n; i++) {
        const double *a = left + i * wide, *b = right + i * wide;
        for (int v = 0; v < VECS; v++) {
            vec x = load(b + v * LANES);
            for (int r = 0; r < most; r++) {
                sum[r][v] = sum[r][v] + x * a[r];
            }
        }
    }
    for (int r = 0; r < most; r++) {
        for (int v = 0; v < VECS; v++) {
            double *to = products + r * wide + v * LANES;
            store(to, load(to) + sum[r][v]);
        }
    }
}

/* Rows j ... j + most of the products, from the block on the diagonal to the right. */
INLINE void
square_rows(seg_len n, seg_len wide, int most, seg_len j, const double *tile, double *products)
{
    for (seg_len k = j - j % SEG_MOMENTS_BLOCK; k < wide; k += SEG_MOMENTS_BLOCK) {
        square_block(n, wide, most, tile + j, tile + k, products + j * wide + k);
    }
}

static void
square(seg_len n, seg_len d, seg_len wide, const double *tile, double *products)
{
    seg_len j = 0;
    for (; d - j > MOST / 2; j += MOST) {
        square_rows(n, wide, MOST, j, tile, products);
    }
    /* what is left has rows of zeros to fill it up: wide is a multiple of every count */
    for (; j < d; j += MOST / 2) {
        square_rows(n, wide, MOST / 2, j, tile, products);
    }
}

const seg_moments_ops SEG_NAME(seg_moments_ops) = {.shift = shift, .turn = turn, .square = square};

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
/* Rows are taken in steps that leave few columns over. */
enum { NARROW = LANES < 4 ? LANES : 4 };
#if defined(__GNUC__)
typedef double vec __attribute__((vector_size(LANES * sizeof(double))));
typedef double narrow __attribute__((vector_size(NARROW * sizeof(double))));
typedef float floats __attribute__((vector_size(NARROW * sizeof(float))));
#else
typedef double vec, narrow;
#endif
enum { VECS = SEG_MOMENTS_BLOCK / LANES };

SEG_INLINE vec
load(const double *from)
{
    vec v;
    memcpy(&v, from, sizeof v);
    return v;
}

SEG_INLINE void
store(double *to, vec v)
{
    memcpy(to, &v, sizeof v);
}

/* Doubles from doubles or floats, of any alignment; the size is a constant where this is called. */
SEG_INLINE narrow
read_lanes(const char *from, seg_len size)
{
    narrow x;
    if (size == (seg_len)sizeof(double)) {
        memcpy(&x, from, sizeof x);
        return x;
    }
#if defined(__GNUC__)
    floats f;
    memcpy(&f, from, sizeof f);
    return __builtin_convertvector(f, narrow);
#else
    float f;
    memcpy(&f, from, sizeof f);
    return (double)f;
#endif
}

SEG_INLINE double
read_one(const char *from, seg_len size)
{
    double x;
    float f;
    if (size == (seg_len)sizeof x) {
        memcpy(&x, from, sizeof x);
        return x;
    }
    memcpy(&f, from, sizeof f);
    return (double)f;
}

SEG_INLINE void
shift_rows(seg_len n,
           seg_len d,
           seg_len wide,
           const char *rows,
           seg_len row_step,
           seg_len size,
           const double *pivot,
           double *tile,
           double *sum)
{
    seg_len own = sizeof(double);
    seg_len whole = d - d % NARROW;
    memset(sum, 0, (size_t)wide * sizeof *sum);
    for (seg_len i = 0; i < n; i++) {
        const char *row = rows + i * row_step;
        double *to = tile + i * wide;
        seg_len j = 0;
        for (; j < whole; j += NARROW) {
            narrow x =
                read_lanes(row + j * size, size) - read_lanes((const char *)(pivot + j), own);
            narrow y = read_lanes((const char *)(sum + j), own) + x;
            memcpy(to + j, &x, sizeof x);
            memcpy(sum + j, &y, sizeof y);
        }
        for (; j < d; j++) {
            to[j] = read_one(row + j * size, size) - pivot[j];
            sum[j] += to[j];
        }
        for (; j < wide; j++) {
            to[j] = 0.0;
        }
    }
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
    shift_rows(n, d, wide, rows, row_step, sizeof(double), pivot, tile, sum);
}

static void
shift_floats(seg_len n,
             seg_len d,
             seg_len wide,
             const char *rows,
             seg_len row_step,
             const double *pivot,
             double *tile,
             double *sum)
{
    shift_rows(n, d, wide, rows, row_step, sizeof(float), pivot, tile, sum);
}

/* A block of columns at a time, so that rows of the tile are written in one piece. */
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
    enum { BLOCK = SEG_MOMENTS_BLOCK };
    seg_len size = sizeof(double);
    for (seg_len j = 0; j < wide; j += BLOCK) {
        const char *from[BLOCK];
        double less[BLOCK], total[BLOCK] = {0.0};
        seg_len own = d - j < BLOCK ? d - j : BLOCK;
        for (seg_len k = 0; k < BLOCK; k++) {
            /* columns beyond the last are the last, and wiped out below */
            from[k] = columns + (j + (k < own ? k : own - 1)) * column_step;
            less[k] = k < own ? pivot[j + k] : 0.0;
        }
        for (seg_len i = 0; i < n; i++) {
            double *to = tile + i * wide + j;
            for (int k = 0; k < BLOCK; k++) {
                double x;
                memcpy(&x, from[k] + i * size, sizeof x);
                x -= less[k];
                to[k] = x;
                total[k] += x;
            }
        }
        for (seg_len k = 0; k < BLOCK; k++) {
            sum[j + k] = k < own ? total[k] : 0.0;
        }
        for (seg_len i = 0; i < n && own < BLOCK; i++) {
            memset(tile + i * wide + j + own, 0, (size_t)(BLOCK - own) * sizeof *tile);
        }
    }
}

/* products[0 ... most) x one block of columns, for rows `left` x `right` of the tile. The count is
 * a constant where this is called, so that all sums stay in registers. */
SEG_INLINE void
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
SEG_INLINE void
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

/* Scores of `most` rows, a register of directions at a time. */
SEG_INLINE void
project_rows(seg_len d,
             seg_len wide,
             seg_len across,
             int most,
             const double *rows,
             const double *loadings,
             double *found)
{
    for (seg_len q = 0; q < across; q += LANES) {
        vec sum[4] = {{0}};
        for (seg_len j = 0; j < d; j++) {
            vec x = load(loadings + j * across + q);
            for (int r = 0; r < most; r++) {
                sum[r] = sum[r] + x * rows[r * wide + j];
            }
        }
        for (int r = 0; r < most; r++) {
            store(found + r * across + q, sum[r]);
        }
    }
}

static void
project(seg_len n,
        seg_len d,
        seg_len wide,
        seg_len across,
        const double *tile,
        const double *loadings,
        double *found)
{
    seg_len i = 0;
    for (; i + 4 <= n; i += 4) {
        project_rows(d, wide, across, 4, tile + i * wide, loadings, found + i * across);
    }
    for (; i < n; i++) {
        project_rows(d, wide, across, 1, tile + i * wide, loadings, found + i * across);
    }
}

const seg_moments_ops SEG_NAME(seg_moments_ops) = {.shift = shift,
                                                   .shift_floats = shift_floats,
                                                   .turn = turn,
                                                   .square = square,
                                                   .project = project};

#include "seg_indices_isa.h"

#include <math.h>

enum { UNROLLED = 8 };

SEG_INLINE double
add_rows(seg_len n,
         const seg_len d,
         const double *restrict x,
         const int32_t *restrict label,
         const double *restrict pivot,
         double *restrict sums,
         double widest)
{
    double most[UNROLLED];
    for (int c = 0; c < UNROLLED; c++) {
        most[c] = widest;
    }
    for (seg_len i = 0; i < n; i++) {
        const double *row = x + i * d, *from = pivot + label[i] * d;
        double *to = sums + label[i] * d;
        for (seg_len c = 0; c < d; c++) {
            double apart = row[c] - from[c], size = fabs(apart);
            to[c] += apart;
            most[c % UNROLLED] = size > most[c % UNROLLED] ? size : most[c % UNROLLED];
        }
    }
    for (int c = 1; c < UNROLLED; c++) {
        most[0] = most[c] > most[0] ? most[c] : most[0];
    }
    return most[0];
}

SEG_INLINE void
square_rows(seg_len n,
            const seg_len d,
            const double *restrict x,
            const int32_t *restrict label,
            const double *restrict origin,
            const double *restrict centers,
            double *restrict squares)
{
    for (seg_len i = 0; i < n; i++) {
        const double *row = x + i * d, *from = centers + label[i] * d;
        double sum = 0.0;
        for (seg_len c = 0; c < d; c++) {
            double apart = (row[c] - origin[c]) - from[c];
            sum += apart * apart;
        }
        squares[i] = sum;
    }
}

static double
add(seg_len n,
    seg_len d,
    const double *x,
    const int32_t *label,
    const double *pivot,
    double *sums,
    double widest)
{
#define ADD(d) widest = add_rows(n, d, x, label, pivot, sums, widest)
    SEG_EACH_WIDTH(d, ADD)
    return widest;
}

static void
squares(seg_len n,
        seg_len d,
        const double *x,
        const int32_t *label,
        const double *origin,
        const double *centers,
        double *found)
{
#define SQUARES(d) square_rows(n, d, x, label, origin, centers, found)
    SEG_EACH_WIDTH(d, SQUARES)
}

static void
roots(seg_len n, double *values)
{
    for (seg_len i = 0; i < n; i++) {
        values[i] = sqrt(values[i]);
    }
}

const seg_indices_ops SEG_NAME(seg_indices_ops) = {.add = add, .squares = squares, .roots = roots};

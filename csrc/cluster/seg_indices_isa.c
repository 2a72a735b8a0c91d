#include "seg_indices_isa.h"

#include <math.h>

enum { UNROLLED = 8 };

/* Both loops are written for any d and laid out for the small ones, where the compiler sees a
 * number. */
static inline double
add_rows(seg_len n,
         seg_len d,
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

static inline void
square_rows(seg_len n,
            seg_len d,
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
    switch (d) {
    case 1:
        return add_rows(n, 1, x, label, pivot, sums, widest);
    case 2:
        return add_rows(n, 2, x, label, pivot, sums, widest);
    case 3:
        return add_rows(n, 3, x, label, pivot, sums, widest);
    case 4:
        return add_rows(n, 4, x, label, pivot, sums, widest);
    case 5:
        return add_rows(n, 5, x, label, pivot, sums, widest);
    case 6:
        return add_rows(n, 6, x, label, pivot, sums, widest);
    case 8:
        return add_rows(n, 8, x, label, pivot, sums, widest);
    default:
        return add_rows(n, d, x, label, pivot, sums, widest);
    }
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
    switch (d) {
    case 1:
        square_rows(n, 1, x, label, origin, centers, found);
        break;
    case 2:
        square_rows(n, 2, x, label, origin, centers, found);
        break;
    case 3:
        square_rows(n, 3, x, label, origin, centers, found);
        break;
    case 4:
        square_rows(n, 4, x, label, origin, centers, found);
        break;
    case 5:
        square_rows(n, 5, x, label, origin, centers, found);
        break;
    case 6:
        square_rows(n, 6, x, label, origin, centers, found);
        break;
    case 8:
        square_rows(n, 8, x, label, origin, centers, found);
        break;
    default:
        square_rows(n, d, x, label, origin, centers, found);
    }
}

static void
roots(seg_len n, double *values)
{
    for (seg_len i = 0; i < n; i++) {
        values[i] = sqrt(values[i]);
    }
}

const seg_indices_ops SEG_NAME(seg_indices_ops) = {.add = add, .squares = squares, .roots = roots};

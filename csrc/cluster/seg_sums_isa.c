#include "seg_sums_isa.h"

enum { MORE = SEG_SUMS_MORE, AHEAD = 16 };

/* sums += sign w (x - pivot); the count of rows follows. */
SEG_INLINE void
add_row(const seg_len d, const double *x, double w, double one, const double *pivot, double *sums)
{
    for (seg_len j = 0; j < d; j++) {
        sums[j] += w * (x[j] - pivot[j]);
    }
    sums[d] += w;
    sums[d + 1] += w != 0.0 ? one : 0.0;
}

SEG_INLINE void
add_rows(const seg_len d,
         const seg_sums_rows *rows,
         seg_len n,
         const int32_t *labels,
         const double *pivot,
         double *sums)
{
    for (seg_len i = 0; i < n; i++) {
        double w = rows->weight != NULL ? rows->weight[i] : 1.0;
        add_row(d, rows->x + i * rows->step, w, 1.0, pivot, sums + labels[i] * (d + MORE));
    }
}

SEG_INLINE void
move_rows(const seg_len d,
          const seg_sums_rows *rows,
          seg_len n,
          const seg_sums_move *list,
          const double *pivot,
          double *sums)
{
    for (seg_len i = 0; i < n; i++) {
        const seg_sums_move *m = &list[i];
        const double *x = rows->x + m->row * rows->step;
        double w = rows->weight != NULL ? rows->weight[m->row] : 1.0;
        if (i + AHEAD < n) {
            const double *next = rows->x + list[i + AHEAD].row * rows->step;
            SEG_PREFETCH_READ(next);
            SEG_PREFETCH_READ(next + d - 1);
        }
        if (m->from >= 0) {
            add_row(d, x, -w, -1.0, pivot, sums + m->from * (d + MORE));
        }
        if (m->to >= 0) {
            add_row(d, x, w, 1.0, pivot, sums + m->to * (d + MORE));
        }
    }
}

SEG_INLINE double
weigh_rows(const seg_len d,
           const seg_sums_rows *rows,
           seg_len n,
           const int32_t *labels,
           const double *centers,
           double sum)
{
    for (seg_len i = 0; i < n; i++) {
        const double *x = rows->x + i * rows->step, *center = centers + labels[i] * d;
        double square = 0.0;
        for (seg_len j = 0; j < d; j++) {
            double gap = x[j] - center[j];
            square += gap * gap;
        }
        sum += rows->weight != NULL ? rows->weight[i] * square : square;
    }
    return sum;
}

static void
add(const seg_sums_rows *rows, seg_len n, const int32_t *labels, const double *pivot, double *sums)
{
#define ADD(d) add_rows(d, rows, n, labels, pivot, sums)
    SEG_EACH_WIDTH(rows->d, ADD)
}

static void
move(const seg_sums_rows *rows,
     seg_len n,
     const seg_sums_move *list,
     const double *pivot,
     double *sums)
{
#define MOVE(d) move_rows(d, rows, n, list, pivot, sums)
    SEG_EACH_WIDTH(rows->d, MOVE)
}

static double
weigh(const seg_sums_rows *rows,
      seg_len n,
      const int32_t *labels,
      const double *centers,
      double start)
{
#define WEIGH(d) start = weigh_rows(d, rows, n, labels, centers, start)
    SEG_EACH_WIDTH(rows->d, WEIGH)
    return start;
}

const seg_sums_ops SEG_NAME(seg_sums_ops) = {.add = add, .move = move, .weigh = weigh};

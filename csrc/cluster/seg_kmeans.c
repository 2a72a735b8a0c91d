#include "seg_kmeans.h"

#include "seg_arena.h"

enum { ROWS = 512 };

/* The nearest centre of one row. */
static int32_t
nearest(seg_len k, seg_len d, const double *row, const double *centers, double *square)
{
    int32_t best = 0;
    for (seg_len q = 0; q < k; q++) {
        double sum = 0.0;
        for (seg_len j = 0; j < d; j++) {
            double gap = row[j] - centers[q * d + j];
            sum += gap * gap;
        }
        if (q == 0 || sum < *square) {
            *square = sum;
            best = (int32_t)q;
        }
    }
    return best;
}

seg_status
seg_kmeans_nearest(const seg_context *ctx,
                   const seg_matrix *x,
                   const seg_matrix *centers,
                   int32_t *labels,
                   double *squares)
{
    seg_len d = x->d, k = centers->n;
    if (centers->d != d || k < 1 || k > INT32_MAX) {
        return SEG_ERR_ARG;
    }
    seg_arena arena = {0};
    double *rows = seg_arena_array(ctx, &arena, d, ROWS * sizeof *rows);
    double *places = seg_arena_array(ctx, &arena, k, d * (seg_len)sizeof *places);
    seg_status status = rows != NULL && places != NULL ? SEG_OK : SEG_ERR_NOMEM;
    if (status == SEG_OK) {
        seg_matrix_rows(centers, 0, k, places);
    }
    for (seg_len first = 0; first < x->n && status == SEG_OK; first += ROWS) {
        seg_len n = seg_min(ROWS, x->n - first);
        seg_matrix_rows(x, first, n, rows);
        for (seg_len i = 0; i < n; i++) {
            labels[first + i] = nearest(k, d, rows + i * d, places, &squares[first + i]);
        }
        status = seg_poll(ctx, (double)first / (double)x->n);
    }
    seg_arena_free(ctx, &arena);
    return status;
}

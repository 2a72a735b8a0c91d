#include "seg_nearest.h"

#include <math.h>

#include "seg_arena.h"
#include "seg_lloyd.h"

enum { ROWS = 512 };

/* A power of two that keeps squares of these centres finite and above 0; 1 for common sizes. */
static double
scale_for(seg_len n, const double *centers)
{
    double most = 0.0, scale = 1.0;
    for (seg_len i = 0; i < n; i++) {
        most = fabs(centers[i]) > most ? fabs(centers[i]) : most;
    }
    for (int i = 0; i < 16 && most * scale > 0x1p100; i++) {
        scale *= 0x1p-100;
    }
    for (int i = 0; i < 16 && most > 0.0 && most * scale < 0x1p-100 && scale < 0x1p900; i++) {
        scale *= 0x1p100;
    }
    return scale;
}

/* What both passes need. */
typedef struct pass {
    seg_arena arena;
    double *rows, *places, scale; /* (ROWS, d); (k, d) */
} pass;

static seg_status
open_pass(const seg_context *ctx, const seg_matrix *x, const double *centers, seg_len k, pass *p)
{
    seg_len d = x->d;
    *p = (pass){0};
    if (k < 1 || k > INT32_MAX || d < 1) {
        return SEG_ERR_ARG;
    }
    p->rows = seg_arena_array(ctx, &p->arena, d, ROWS * (seg_len)sizeof *p->rows);
    p->places = seg_arena_array(ctx, &p->arena, k, d * (seg_len)sizeof *p->places);
    if (p->rows == NULL || p->places == NULL) {
        return SEG_ERR_NOMEM;
    }
    p->scale = scale_for(k * d, centers);
    for (seg_len i = 0; i < k * d; i++) {
        p->places[i] = centers[i] * p->scale;
    }
    return SEG_OK;
}

/* The next rows, scaled. */
static seg_status
read_rows(const pass *p, const seg_matrix *x, seg_len first, seg_len n)
{
    double odd = 0.0;
    seg_matrix_rows(x, first, n, p->rows);
    for (seg_len i = 0; i < n * x->d; i++) {
        odd += p->rows[i] * 0.0;
        p->rows[i] *= p->scale;
    }
    return odd == 0.0 ? SEG_OK : SEG_ERR_NUMBER;
}

seg_status
seg_nearest_label(const seg_context *ctx,
                  const seg_matrix *x,
                  const double *centers,
                  seg_len k,
                  int32_t *labels,
                  double *squares)
{
    pass p;
    seg_status status = open_pass(ctx, x, centers, k, &p);
    for (seg_len first = 0; first < x->n && status == SEG_OK; first += ROWS) {
        seg_len n = seg_min(ROWS, x->n - first);
        status = read_rows(&p, x, first, n);
        for (seg_len i = 0; i < n && status == SEG_OK; i++) {
            double square;
            labels[first + i] = seg_nearest_center(k, x->d, p.rows + i * x->d, p.places, &square);
            if (squares != NULL) {
                squares[first + i] = square / p.scale / p.scale;
            }
        }
        status = status == SEG_OK ? seg_poll(ctx, (double)first / (double)x->n) : status;
    }
    seg_arena_free(ctx, &p.arena);
    return status;
}

seg_status
seg_nearest_distances(const seg_context *ctx,
                      const seg_matrix *x,
                      const double *centers,
                      seg_len k,
                      double *distances)
{
    pass p;
    seg_len d = x->d;
    seg_status status = open_pass(ctx, x, centers, k, &p);
    for (seg_len first = 0; first < x->n && status == SEG_OK; first += ROWS) {
        seg_len n = seg_min(ROWS, x->n - first);
        status = read_rows(&p, x, first, n);
        for (seg_len i = 0; i < n * k && status == SEG_OK; i++) {
            const double *row = p.rows + i / k * d, *center = p.places + i % k * d;
            double sum = 0.0;
            for (seg_len j = 0; j < d; j++) {
                sum += (row[j] - center[j]) * (row[j] - center[j]);
            }
            distances[first * k + i] = sqrt(sum) / p.scale;
        }
        status = status == SEG_OK ? seg_poll(ctx, (double)first / (double)x->n) : status;
    }
    seg_arena_free(ctx, &p.arena);
    return status;
}

#include "seg_nearest.h"

#include <math.h>

#include "seg_arena.h"
#include "seg_lloyd.h"

/* Rows of a task; rows read at once for distances. */
enum { ROWS = 1 << 15, FEW = 256 };

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
    const seg_context *ctx;
    const seg_matrix *x;
    seg_len k;
    seg_arena arena;
    double *places, scale; /* (k, d)  the centres, scaled */
    double *middle, unit;  /* (d,)  what the filter's floats are taken from, and times what */
    float *near, *half;    /* (k, d), (k,)  see seg_filter */
    seg_filter filter;
    const seg_kmeans_ops *ops;
    int32_t *labels;
    double *squares;
} pass;

static void *
table(pass *p, seg_len a, seg_len b, seg_len size)
{
    seg_len bytes;
    return seg_mul_ok(b, size, &bytes) ? seg_arena_array(p->ctx, &p->arena, a, bytes) : NULL;
}

static seg_status
open_pass(const seg_context *ctx, const seg_matrix *x, const double *centers, seg_len k, pass *p)
{
    seg_len d = x->d;
    *p = (pass){.ctx = ctx, .x = x, .k = k, .ops = seg_lloyd_ops(ctx)};
    if (k < 1 || k > INT32_MAX || d < 1) {
        return SEG_ERR_ARG;
    }
    p->places = table(p, k, d, (seg_len)sizeof *p->places);
    p->middle = table(p, d, 1, (seg_len)sizeof *p->middle);
    p->near = table(p, k, d, (seg_len)sizeof *p->near);
    p->half = table(p, k, 1, (seg_len)sizeof *p->half);
    if (p->places == NULL || p->middle == NULL || p->near == NULL || p->half == NULL) {
        return SEG_ERR_NOMEM;
    }
    p->scale = scale_for(k * d, centers);
    for (seg_len i = 0; i < k * d; i++) {
        p->places[i] = centers[i] * p->scale;
    }
    return SEG_OK;
}

/* The centres as floats around their middle, the farthest about 1 away. */
static void
aim(pass *p)
{
    seg_len d = p->x->d;
    double wide = 0.0, longest = 0.0;
    for (seg_len j = 0; j < d; j++) {
        double low = p->places[j], high = low;
        for (seg_len q = 1; q < p->k; q++) {
            double c = p->places[q * d + j];
            low = c < low ? c : low;
            high = c > high ? c : high;
        }
        p->middle[j] = 0.5 * low + 0.5 * high;
        wide = high - low > wide ? high - low : wide;
    }
    p->unit = wide > 0x1p-400 ? 2.0 / wide : 1.0;
    for (seg_len q = 0; q < p->k; q++) {
        double square = 0.0;
        for (seg_len j = 0; j < d; j++) {
            double z = (p->places[q * d + j] - p->middle[j]) * p->unit;
            p->near[q * d + j] = (float)z;
            square += z * z;
        }
        p->half[q] = (float)(0.5 * square);
        longest = square > longest ? square : longest;
    }
    p->filter = (seg_filter){.d = d, .k = p->k, .centers = p->near, .half = p->half};
    seg_lloyd_aim(&p->filter, sqrt(longest) * 1.000001);
}

/* Packs up to SEG_LANES rows read into `tile` column by column; their greatest length is *reach.
 * Returns 0 if one is NaN or infinite. */
static int
pack_rows(const pass *p, seg_len rows, const double *tile, float *block, double *reach)
{
    double square[SEG_LANES] = {0.0}, odd = 0.0, longest = 0.0;
    for (seg_len j = 0; j < p->x->d; j++) {
        double middle = p->middle[j];
        for (seg_len i = 0; i < rows; i++) {
            double x = tile[j * rows + i], z = (x * p->scale - middle) * p->unit;
            odd += x * 0.0;
            square[i] += z * z;
            block[j * SEG_LANES + i] = (float)z;
        }
        for (seg_len i = rows; i < SEG_LANES; i++) {
            block[j * SEG_LANES + i] = 0.0f;
        }
    }
    for (seg_len i = 0; i < rows; i++) {
        longest = square[i] > longest ? square[i] : longest;
    }
    *reach = sqrt(longest) * 1.000001 + 1e-30;
    return odd == 0.0;
}

/* Labels of up to SEG_LANES rows. */
static seg_status
label_rows(const pass *p, seg_len first, seg_len rows, double *tile, float *block, double *row)
{
    int32_t seen[SEG_LANES];
    double reach, square;
    seg_len d = p->x->d;
    seg_matrix_columns(p->x, first, rows, tile);
    if (!pack_rows(p, rows, tile, block, &reach)) {
        return SEG_ERR_NUMBER;
    }
    uint32_t doubt = p->ops->label(&p->filter, block, (float)reach, seen);
    for (seg_len i = 0; i < rows; i++) {
        int doubtful = (int)(doubt >> i & 1u);
        p->labels[first + i] = seen[i];
        if (!doubtful && p->squares == NULL) {
            continue;
        }
        for (seg_len j = 0; j < d; j++) {
            row[j] = tile[j * rows + i] * p->scale;
        }
        const double *places = doubtful ? p->places : p->places + seen[i] * d;
        int32_t label = seg_nearest_center(doubtful ? p->k : 1, d, row, places, &square);
        p->labels[first + i] = doubtful ? label : seen[i];
        if (p->squares != NULL) {
            p->squares[first + i] = square / p->scale / p->scale;
        }
    }
    return SEG_OK;
}

static seg_status
label_chunk(struct seg_team *team, seg_len chunk, void *arg)
{
    const pass *p = arg;
    seg_len d = p->x->d, end = seg_min((chunk + 1) * ROWS, p->x->n);
    seg_arena arena = {0};
    const seg_len lanes = SEG_LANES;
    double *tile = seg_arena_array(p->ctx, &arena, d, lanes * (seg_len)sizeof *tile);
    float *block = seg_arena_array(p->ctx, &arena, d, lanes * (seg_len)sizeof *block);
    double *row = seg_arena_array(p->ctx, &arena, d, (seg_len)sizeof *row);
    seg_status status = tile != NULL && block != NULL && row != NULL ? SEG_OK : SEG_ERR_NOMEM;
    for (seg_len first = chunk * ROWS; first < end && status == SEG_OK; first += lanes) {
        status = label_rows(p, first, seg_min(lanes, end - first), tile, block, row);
    }
    seg_arena_free(p->ctx, &arena);
    if (status == SEG_OK && team != NULL && seg_team_stopped(team, chunk, 1.0)) {
        return SEG_ERR_CANCELLED;
    }
    return status;
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
    seg_len chunks = (x->n + ROWS - 1) / ROWS;
    seg_status status = open_pass(ctx, x, centers, k, &p);
    p.labels = labels;
    p.squares = squares;
    if (status == SEG_OK) {
        aim(&p);
    }
    if (status == SEG_OK && ctx->n_threads > 1 && chunks > 1) {
        status = seg_team_run(ctx, chunks, label_chunk, &p);
        chunks = 0;
    }
    for (seg_len chunk = 0; chunk < chunks && status == SEG_OK; chunk++) {
        status = label_chunk(NULL, chunk, &p);
        status = status == SEG_OK ? seg_poll(ctx, (double)chunk / (double)chunks) : status;
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
    double *rows = status == SEG_OK ? table(&p, d, FEW, (seg_len)sizeof *rows) : NULL;
    status = status == SEG_OK && rows == NULL ? SEG_ERR_NOMEM : status;
    for (seg_len first = 0; first < x->n && status == SEG_OK; first += FEW) {
        seg_len n = seg_min(FEW, x->n - first);
        double odd = 0.0;
        seg_matrix_rows(x, first, n, rows);
        for (seg_len i = 0; i < n * d; i++) {
            odd += rows[i] * 0.0;
            rows[i] *= p.scale;
        }
        for (seg_len i = 0; i < n * k; i++) {
            const double *row = rows + i / k * d, *center = p.places + i % k * d;
            double sum = 0.0;
            for (seg_len j = 0; j < d; j++) {
                sum += (row[j] - center[j]) * (row[j] - center[j]);
            }
            distances[first * k + i] = sqrt(sum) / p.scale;
        }
        status = odd == 0.0 ? seg_poll(ctx, (double)first / (double)x->n) : SEG_ERR_NUMBER;
    }
    seg_arena_free(ctx, &p.arena);
    return status;
}

#include "seg_nearest.h"

#include <float.h>
#include <math.h>

#include "seg_arena.h"
#include "seg_lloyd.h"

/* Rows of a task; rows read at once for distances; multiply-adds below which threads cost more than
 * they bring. */
enum { ROWS = 1 << 15, FEW = 256, THREADS_PAY = 1 << 22 };

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
    const seg_pack_ops *pack;
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
    *p = (pass){.ctx = ctx, .x = x, .k = k, .ops = seg_lloyd_ops(ctx), .pack = seg_points_ops(ctx)};
    if (k < 1 || k > SEG_CENTERS_MOST || d < 1) {
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

/* Up to SEG_LANES rows, scaled: where they stand, or read into the tile; *step as for matrices. */
static const double *
read_rows(const pass *p, seg_len first, seg_len n, double *tile, seg_len *step)
{
    const double *place = p->scale == 1.0 ? seg_matrix_place(p->x, step) : NULL;
    if (place != NULL) {
        return place + first * *step;
    }
    seg_matrix_rows(p->x, first, n, tile);
    for (seg_len i = 0; i < n * p->x->d && p->scale != 1.0; i++) {
        double scaled = tile[i] * p->scale;
        /* a number too large for the scale of tiny centres is still a number */
        tile[i] = isinf(scaled) && !isinf(tile[i]) ? copysign(DBL_MAX, scaled) : scaled;
    }
    *step = p->x->d;
    return tile;
}

/* Whether n rows hold NaN or infinity. */
static int
are_odd(seg_len d, seg_len n, const double *rows, seg_len step)
{
    double odd = 0.0;
    for (seg_len i = 0; i < n; i++) {
        for (seg_len j = 0; j < d; j++) {
            odd += rows[i * step + j] * 0.0;
        }
    }
    return odd != 0.0;
}

/* Labels of up to SEG_LANES rows. */
static seg_status
label_rows(const pass *p, seg_len first, seg_len n, double *tile, float *block)
{
    const seg_frame frame = {.d = p->x->d, .unit = p->unit, .middle = p->middle};
    int32_t names[SEG_LANES], *labels = n == SEG_LANES ? p->labels + first : names;
    seg_len d = p->x->d, step;
    const double *rows = read_rows(p, first, n, tile, &step);
    float reach = p->pack->pack(&frame, n, rows, step, block);
    if (reach > FLT_MAX && are_odd(d, n, rows, step)) {
        return SEG_ERR_NUMBER;
    }
    uint32_t doubtful = p->ops->label(&p->filter, block, reach, labels);
    for (seg_len i = 0; i < n && (doubtful != 0 || p->squares != NULL || n < SEG_LANES); i++) {
        int32_t label = labels[i];
        double square = 0.0;
        if (doubtful >> i & 1u) {
            label = seg_nearest_center(p->k, d, rows + i * step, p->places, &square);
        } else if (p->squares != NULL) {
            (void)seg_nearest_center(1, d, rows + i * step, p->places + label * d, &square);
        }
        p->labels[first + i] = label;
        if (p->squares != NULL) {
            p->squares[first + i] = square / p->scale / p->scale;
        }
    }
    return SEG_OK;
}

/* Whether someone wants the pass to stop when this share of it, or of the team's task, is done. */
static int
stopped(const pass *p, struct seg_team *team, seg_len chunk, seg_len first)
{
    double part = (double)(first - chunk * ROWS) / ROWS, whole = (double)first / (double)p->x->n;
    return team != NULL ? seg_team_stopped(team, chunk, part) : seg_poll(p->ctx, whole) != SEG_OK;
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
    seg_status status = tile != NULL && block != NULL ? SEG_OK : SEG_ERR_NOMEM;
    seg_len steps = seg_lloyd_steps(p->k * lanes, d), left = steps;
    for (seg_len first = chunk * ROWS; first < end && status == SEG_OK; first += lanes) {
        status = label_rows(p, first, seg_min(lanes, end - first), tile, block);
        if (status == SEG_OK && (--left == 0 || first + lanes >= end)) {
            left = steps;
            status =
                stopped(p, team, chunk, seg_min(first + lanes, end)) ? SEG_ERR_CANCELLED : status;
        }
    }
    seg_arena_free(p->ctx, &arena);
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
    double work = (double)x->n * (double)(x->d * k);
    if (status == SEG_OK && ctx->n_threads > 1 && chunks > 1 && work > THREADS_PAY) {
        status = seg_team_run(ctx, chunks, label_chunk, &p);
        chunks = 0;
    }
    for (seg_len chunk = 0; chunk < chunks && status == SEG_OK; chunk++) {
        status = label_chunk(NULL, chunk, &p);
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

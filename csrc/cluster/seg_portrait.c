#include "seg_portrait.h"

#include <math.h>
#include <string.h>

#include "seg_lloyd.h"

/* Multiply-adds below which threads cost more than they bring. */
#define THREADS_PAY 4e6

enum { MORE = 3 };

typedef struct portrait {
    const seg_points *points;
    const int32_t *labels;
    seg_len k;
    const double *centers; /* (k, d) scaled */
    double *lines;         /* (k, k, d)  from centre a to centre b */
    double *sums; /* (chunks, k, k + MORE)  by cluster: of t^2 for each line, then distances, their
                            squares, weights */
    double *scratch; /* (chunks, d) */
} portrait;

static seg_status
look_at_chunk(struct seg_team *team, seg_len chunk, void *arg)
{
    const portrait *of = arg;
    const seg_points *p = of->points;
    seg_len d = p->d, k = of->k, wide = k + MORE, end = seg_min((chunk + 1) * SEG_CHUNK, p->m);
    double *sums = of->sums + chunk * k * wide, *away = of->scratch + chunk * d;
    memset(sums, 0, (size_t)(k * wide) * sizeof *sums);
    for (seg_len i = chunk * SEG_CHUNK; i < end; i++) {
        seg_len a = of->labels[i];
        const double *row = seg_points_row(p, i, away), *line = of->lines + a * k * d;
        double w = p->weight != NULL ? p->weight[i] : 1.0, square = 0.0, *to = sums + a * wide;
        for (seg_len j = 0; j < d; j++) {
            away[j] = row[j] - of->centers[a * d + j];
            square += away[j] * away[j];
        }
        for (seg_len b = 0; b < k; b++, line += d) {
            double t = 0.0;
            for (seg_len j = 0; j < d; j++) {
                t += away[j] * line[j];
            }
            to[b] += w * (t * t);
        }
        to[k] += w * sqrt(square);
        to[k + 1] += w * square;
        to[k + 2] += w;
    }
    return team != NULL && seg_team_stopped(team, chunk, 1.0) ? SEG_ERR_CANCELLED : SEG_OK;
}

static void
draw_lines(const portrait *of)
{
    seg_len d = of->points->d, k = of->k;
    for (seg_len a = 0; a < k; a++) {
        for (seg_len b = 0; b < k; b++) {
            for (seg_len j = 0; j < d; j++) {
                of->lines[(a * k + b) * d + j] = of->centers[b * d + j] - of->centers[a * d + j];
            }
        }
    }
}

/* Adds the chunks in their order and takes means. */
static void
read_sums(const portrait *of, double *weight, double *radius, double *scatter, double *along)
{
    seg_len d = of->points->d, k = of->k, cells = k * (k + MORE);
    for (seg_len chunk = 1; chunk < seg_points_chunks(of->points); chunk++) {
        for (seg_len c = 0; c < cells; c++) {
            of->sums[c] += of->sums[chunk * cells + c];
        }
    }
    for (seg_len a = 0; a < k; a++) {
        const double *sums = of->sums + a * (k + MORE);
        double w = sums[k + 2];
        weight[a] = w;
        scatter[a] = sums[k + 1];
        radius[a] = w > 0.0 ? sums[k] / w : 0.0;
        for (seg_len b = 0; b < k; b++) {
            const double *line = of->lines + (a * k + b) * d;
            double length = 0.0;
            for (seg_len j = 0; j < d; j++) {
                length += line[j] * line[j];
            }
            along[a * k + b] = w > 0.0 && length > 0.0 ? sums[b] / length / w : 0.0;
        }
    }
}

seg_status
seg_portrait(const seg_context *ctx,
             const seg_points *points,
             seg_len k,
             const double *centers,
             int32_t *labels,
             double *weight,
             double *radius,
             double *scatter,
             double *along)
{
    const seg_len real = (seg_len)sizeof(double);
    seg_len d = points->d, m = points->m, chunks = seg_points_chunks(points), cells, bytes;
    seg_arena arena = {0};
    seg_lloyd run = {0};
    if (k < 1 || !seg_mul_ok(k, k + MORE, &cells) || !seg_mul_ok(cells, d * real, &bytes)) {
        return SEG_ERR_ARG;
    }
    seg_status status = seg_lloyd_open(ctx, points, k, &run);
    portrait of = {.points = points, .k = k, .labels = run.labels, .centers = run.centers};
    of.lines = seg_arena_array(ctx, &arena, k * k, d * real);
    of.sums = seg_arena_array(ctx, &arena, chunks, cells * real);
    of.scratch = seg_arena_array(ctx, &arena, chunks, d * real);
    if (status == SEG_OK && (of.lines == NULL || of.sums == NULL || of.scratch == NULL)) {
        status = SEG_ERR_NOMEM;
    }
    for (seg_len i = 0; i < k * d && status == SEG_OK; i++) {
        run.centers[i] = centers[i] * points->scale;
    }
    status = status == SEG_OK ? seg_lloyd_settle(&run) : status;
    if (status == SEG_OK) {
        seg_context calm = *ctx;
        calm.n_threads = (double)m * (double)(k * d) > THREADS_PAY ? ctx->n_threads : 1;
        draw_lines(&of);
        status = seg_team_run(&calm, chunks, look_at_chunk, &of);
    }
    if (status == SEG_OK) {
        memcpy(labels, run.labels, (size_t)m * sizeof *labels);
        read_sums(&of, weight, radius, scatter, along);
    }
    seg_lloyd_close(&run);
    seg_arena_free(ctx, &arena);
    return status;
}

void
seg_portrait_rows(const seg_points *p, double *rows, double *weight)
{
    for (seg_len i = 0; i < p->m; i++) {
        double *to = rows + i * p->d;
        const double *row = seg_points_row(p, i, to);
        if (row != to) {
            memcpy(to, row, (size_t)p->d * sizeof *to);
        }
        weight[i] = p->weight != NULL ? p->weight[i] : 1.0;
    }
}

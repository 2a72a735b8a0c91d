#include "seg_kmeans.h"

#include <string.h>

#include "seg_line.h"
#include "seg_lloyd.h"
#include "seg_rng.h"
#include "seg_swap.h"

/* Points up to which starts run beside each other, each on one thread; above, one after the other,
 * each on all threads, so that memory does not grow with their number. */
enum { SIDE_BY_SIDE = SEG_SEED_SIDE_BY_SIDE };

/* Multiply-adds of all starts below which threads cost more than they bring. */
#define THREADS_PAY 2e6

/* The starts of one fit. */
typedef struct fit {
    const seg_context *ctx;
    const seg_points *points;
    const seg_kmeans_options *options;
    const double *init;
    double *centers;  /* (starts, k, d)  where each ended, scaled */
    double *inertias; /* (starts,)  scaled */
    int *n_iter, *converged;
} fit;

/* One start in a workspace. */
static seg_status
run_start(fit *f, seg_lloyd *run, seg_len start)
{
    const seg_kmeans_options *o = f->options;
    seg_len size = o->k * f->points->d;
    seg_team_call call;
    const seg_context *ctx = seg_team_context(&call, f->ctx, run->team, run->task);
    seg_status status = SEG_OK;
    if (f->init != NULL) {
        for (seg_len i = 0; i < size; i++) {
            run->centers[i] = f->init[start * size + i] * f->points->scale;
        }
    } else if (f->points->d == 1 && o->seeding == SEG_SEED_SPREAD) {
        status = seg_line_centers(ctx, f->points, o->k, run->centers);
    } else {
        status =
            seg_seed_draw(ctx, f->points, o->k, o->seeding, o->seed, (uint64_t)start, run->centers);
    }
    if (status == SEG_OK) {
        status = seg_lloyd_run(run, o->max_iter, o->tol * f->points->spread);
    }
    if (status == SEG_OK) {
        memcpy(f->centers + start * size, run->centers, (size_t)size * sizeof *f->centers);
        f->inertias[start] = run->inertia;
        f->n_iter[start] = run->n_iter;
        f->converged[start] = run->converged;
    }
    return status;
}

static seg_status
start_task(struct seg_team *team, seg_len start, void *arg)
{
    fit *f = arg;
    seg_lloyd run;
    seg_status status = seg_lloyd_open(f->ctx, f->points, f->options->k, &run);
    run.team = team;
    run.task = start;
    if (status == SEG_OK) {
        status = run_start(f, &run, start);
    }
    seg_lloyd_close(&run);
    return status;
}

/* All starts, side by side where that pays. */
static seg_status
run_starts(fit *f, seg_lloyd *run)
{
    const seg_points *p = f->points;
    double work = (double)p->m * (double)(p->d * f->options->k * f->options->starts);
    if (f->options->starts > 1 && f->ctx->n_threads > 1 && p->m <= SIDE_BY_SIDE &&
        work > THREADS_PAY) {
        return seg_team_run(f->ctx, f->options->starts, start_task, f);
    }
    seg_status status = SEG_OK;
    for (seg_len s = 0; s < f->options->starts && status == SEG_OK; s++) {
        status = run_start(f, run, s);
    }
    return status;
}

/* The labels of the source's rows from those of the points; rows without weight are looked up. */
static seg_status
spread_labels(const seg_context *ctx, const seg_lloyd *run, int32_t *labels)
{
    const seg_points *p = run->points;
    seg_len steps = seg_lloyd_steps(run->k, p->d), looked_up = 0;
    seg_status status = SEG_OK;
    double *row = seg_block_new(ctx, p->d, (seg_len)sizeof *row), square;
    if (row == NULL) {
        return SEG_ERR_NOMEM;
    }
    if (p->place == NULL) {
        memcpy(labels, run->labels, (size_t)p->n * sizeof *labels);
    }
    for (seg_len i = 0; i < p->n && p->place != NULL && status == SEG_OK; i++) {
        if (p->place[i] >= 0) {
            labels[i] = run->labels[p->place[i]];
            continue;
        }
        seg_matrix_rows(&p->source, i, 1, row);
        for (seg_len j = 0; j < p->d; j++) {
            row[j] *= p->scale;
        }
        labels[i] = seg_nearest_center(run->k, p->d, row, run->centers, &square);
        status = ++looked_up % steps == 0 ? seg_poll(ctx, 1.0) : SEG_OK;
    }
    seg_block_free(ctx, row);
    return status;
}

/* The best start's centres into the workspace, with labels and inertia, if they are not there. */
static seg_status
take_best(fit *f, seg_lloyd *run, seg_kmeans_fitted *fitted)
{
    seg_len size = f->options->k * f->points->d, best = 0;
    for (seg_len s = 1; s < f->options->starts; s++) {
        best = f->inertias[s] < f->inertias[best] ? s : best;
    }
    memcpy(run->centers, f->centers + best * size, (size_t)size * sizeof *run->centers);
    *fitted = (seg_kmeans_fitted){
        .best = best, .n_iter = f->n_iter[best], .converged = f->converged[best]};
    if (f->options->starts == 1) {
        run->inertia = f->inertias[0];
        return SEG_OK;
    }
    return seg_lloyd_settle(run);
}

seg_status
seg_kmeans_fit(const seg_context *ctx,
               const seg_points *points,
               const seg_kmeans_options *o,
               const double *init,
               double *centers,
               int32_t *labels,
               double *inertias,
               seg_kmeans_fitted *fitted)
{
    if (o->k < 1 || o->k > seg_min(points->n, SEG_CENTERS_MOST) || o->starts < 1 ||
        o->max_iter < 1) {
        return SEG_ERR_ARG;
    }
    seg_len size = o->k * points->d, cells, bytes;
    if (!seg_mul_ok(size, (seg_len)sizeof(double), &bytes) ||
        !seg_mul_ok(bytes, o->starts, &cells)) {
        return SEG_ERR_NOMEM;
    }
    seg_arena arena = {0};
    fit f = {.ctx = ctx, .points = points, .options = o, .init = init, .inertias = inertias};
    f.centers = seg_arena_array(ctx, &arena, o->starts, bytes);
    f.n_iter = seg_arena_array(ctx, &arena, o->starts, (seg_len)sizeof *f.n_iter);
    f.converged = seg_arena_array(ctx, &arena, o->starts, (seg_len)sizeof *f.converged);
    seg_lloyd run = {0};
    seg_status status =
        f.centers == NULL || f.n_iter == NULL || f.converged == NULL ? SEG_ERR_NOMEM : SEG_OK;
    status = status == SEG_OK ? seg_lloyd_open(ctx, points, o->k, &run) : status;
    status = status == SEG_OK ? run_starts(&f, &run) : status;
    status = status == SEG_OK ? take_best(&f, &run, fitted) : status;
    if (status == SEG_OK && o->swaps > 0) {
        status = seg_swap_search(&run, o, fitted);
    }
    status = status == SEG_OK ? spread_labels(ctx, &run, labels) : status;
    if (status == SEG_OK) {
        double scale = points->scale;
        fitted->inertia = run.inertia / scale / scale;
        for (seg_len s = 0; s < o->starts; s++) {
            inertias[s] = inertias[s] / scale / scale;
        }
        for (seg_len i = 0; i < size; i++) {
            centers[i] = run.centers[i] / scale;
        }
    }
    seg_lloyd_close(&run);
    seg_arena_free(ctx, &arena);
    return status;
}

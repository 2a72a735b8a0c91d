#include "seg_indices.h"

#include <math.h>
#include <string.h>

#include "seg_arena.h"
#include "seg_indices_isa.h"
#include "seg_scale.h"
#include "seg_team.h"

/* A chunk has rows enough that its partial sums are the smaller part. */
enum { CHUNK = 1 << 14, ROWS_A_LABEL = 4, TILE = SEG_INDICES_TILE, CLUSTERS = 256, LANES = 8 };

/* Values below which a second thread costs more than it brings. */
#define SMALL_WORK ((seg_len)1 << 20)

/* One call. Chunks of rows are the tasks; what they found is added in their order. */
typedef struct index_call {
    const seg_context *ctx;
    const seg_indices_ops *ops;
    const seg_matrix *x;
    const int32_t *label;
    seg_len k, chunk, n_chunks; /* k: labels, with or without rows */
    int by_cluster;             /* gather distances by cluster, else squares of all */
    double factor;              /* of values whose squares would not fit, see seg_scale.h; else 1 */
    double *taken_off;          /* (d,) what is taken off before */
    double *origin;             /* (d,) of each column the pivot nearest to 0 */
    int64_t *count;             /* (k,) rows of each label */
    seg_len *first;             /* (k,) the first of them */
    double *pivot;              /* (k, d) its values */
    double *centers;            /* (k, d) less the origin */
    double *sums;               /* (n_chunks, k, d) of differences to the pivot */
    double *widest;             /* (n_chunks,) the widest of them */
    double *spread;             /* (n_chunks, k or 1): distances by cluster, or squares */
    double *ratio;              /* (k,) the worst pair of each cluster */
    double from, to; /* share done when a run begins and ends; binary fractions, so exact */
} index_call;

static const seg_indices_ops *
ops_of(const seg_context *ctx)
{
    switch (ctx->level) {
#ifdef SEG_HAVE_V4
    case SEG_LEVEL_V4:
        return &seg_indices_ops_v4;
#endif
#ifdef SEG_HAVE_V3
    case SEG_LEVEL_V3:
        return &seg_indices_ops_v3;
#endif
    default:
        return &seg_indices_ops_base;
    }
}

/* Rows [first, first + n), n at most TILE, as doubles: the caller's own where they are that. */
static const double *
rows_of(const index_call *call, seg_len first, seg_len n, double *buffer)
{
    const seg_matrix *x = call->x;
    seg_len d = x->d, size = sizeof(double);
    const char *at = x->data + first * x->row_step;
    int plain = call->factor == 1.0;
    if (plain && x->type == SEG_F64 && x->column_step == size && x->row_step == d * size &&
        (uintptr_t)at % sizeof(double) == 0) {
        return (const double *)(const void *)at;
    }
    seg_matrix_rows(x, first, n, buffer);
    for (seg_len i = 0; i < n && !plain; i++) {
        for (seg_len c = 0; c < d; c++) {
            buffer[i * d + c] = (buffer[i * d + c] - call->taken_off[c]) * call->factor;
        }
    }
    return buffer;
}

static int
poll_run(void *user, double done)
{
    const index_call *call = user;
    return seg_poll(call->ctx, call->from + (call->to - call->from) * done) != SEG_OK;
}

/* Runs tasks on the caller's team, or on one thread where there is little to do. */
static seg_status
run(index_call *call, seg_len n_tasks, seg_task task, double from, double to)
{
    seg_context ctx = *call->ctx;
    ctx.poll = poll_run;
    ctx.user = call;
    ctx.n_threads = call->x->n * call->x->d < SMALL_WORK ? 1 : ctx.n_threads;
    call->from = from;
    call->to = to;
    return seg_team_run(&ctx, n_tasks, task, call);
}

/* ---- centres ---- */

/* Checks the labels; rows of each and the first of them. */
static seg_status
count_labels(index_call *call, seg_index *index)
{
    memset(call->count, 0, (size_t)call->k * sizeof *call->count);
    for (seg_len i = 0; i < call->x->n; i++) {
        int32_t label = call->label[i];
        if (label < 0 || label >= call->k) {
            index->row = i;
            return SEG_ERR_CODE;
        }
        if (call->count[label]++ == 0) {
            call->first[label] = i;
            index->n_clusters++;
        }
        if (i % SEG_STRIDE == 0 && seg_poll(call->ctx, 0.0) != SEG_OK) {
            return SEG_ERR_CANCELLED;
        }
    }
    return SEG_OK;
}

static seg_status
add_chunk(struct seg_team *team, seg_len task, void *arg)
{
    const index_call *call = arg;
    seg_arena arena = {0};
    seg_len d = call->x->d, kd = call->k * d;
    seg_len at = task * call->chunk, end = seg_min(at + call->chunk, call->x->n);
    double *buffer = seg_arena_array(call->ctx, &arena, TILE, d * (seg_len)sizeof *buffer);
    double *sums = call->sums + task * kd;
    if (buffer == NULL) {
        return SEG_ERR_NOMEM;
    }
    memset(sums, 0, (size_t)kd * sizeof *sums);
    call->widest[task] = 0.0;
    seg_status status = SEG_OK;
    for (; at < end && status == SEG_OK; at += TILE) {
        seg_len n = seg_min(TILE, end - at);
        call->widest[task] = call->ops->add(n, d, rows_of(call, at, n, buffer), call->label + at,
                                            call->pivot, sums, call->widest[task]);
        status = seg_team_stopped(team, task, 0.5) ? SEG_ERR_CANCELLED : SEG_OK;
    }
    seg_arena_free(call->ctx, &arena);
    return status;
}

/* The first row of each cluster, the origin, and the widest difference of two of these rows. The
 * origin is as near to 0 as they allow, so that taking it off costs no digit of any value but keeps
 * those of centres that are taken_off from 0 and near each other. */
static double
find_pivots(index_call *call)
{
    seg_len d = call->x->d;
    const double *base = NULL;
    double widest = 0.0;
    for (seg_len k = 0; k < call->k; k++) {
        double *pivot = call->pivot + k * d;
        if (call->count[k] == 0) {
            continue;
        }
        const double *row = rows_of(call, call->first[k], 1, pivot);
        memmove(pivot, row, (size_t)d * sizeof *pivot);
        for (seg_len c = 0; c < d; c++) {
            double apart = base != NULL ? fabs(pivot[c] - base[c]) : 0.0;
            widest = apart > widest ? apart : widest;
            if (base == NULL || fabs(pivot[c]) < fabs(call->origin[c])) {
                call->origin[c] = pivot[c];
            }
        }
        base = base == NULL ? pivot : base;
    }
    return widest;
}

/* Pivots, sums and from them the centres; the widest difference met, infinite where values are
 * not finite or overflow. */
static seg_status
find_centers(index_call *call, double from, double *widest)
{
    seg_len d = call->x->d, kd = call->k * d;
    *widest = find_pivots(call);
    seg_status status = run(call, call->n_chunks, add_chunk, from, 0.5);
    if (status != SEG_OK) {
        return status;
    }
    memset(call->centers, 0, (size_t)kd * sizeof *call->centers);
    for (seg_len t = 0; t < call->n_chunks; t++) {
        for (seg_len i = 0; i < kd; i++) {
            call->centers[i] += call->sums[t * kd + i];
        }
        *widest = call->widest[t] > *widest ? call->widest[t] : *widest;
    }
    for (seg_len i = 0; i < kd; i++) {
        /* NaN and infinity have come through all sums */
        *widest = call->centers[i] * 0.0 == 0.0 ? *widest : (double)INFINITY;
        if (call->count[i / d] > 0) {
            call->centers[i] = (call->pivot[i] - call->origin[i % d]) +
                               call->centers[i] / (double)call->count[i / d];
        }
    }
    return SEG_OK;
}

/* Centres of values whose squares neither overflow nor vanish, scaled if need be. */
static seg_status
find_fitting_centers(index_call *call, seg_index *index)
{
    double widest;
    seg_status status = find_centers(call, 0.0, &widest);
    if (status != SEG_OK || seg_scale_fits(widest)) {
        return status;
    }
    status = seg_matrix_fault(call->ctx, call->x, &index->row, &index->column);
    if (status != SEG_OK || index->row >= 0) {
        return status != SEG_OK ? status : SEG_ERR_ARG;
    }
    call->factor = seg_scale_of(widest);
    seg_matrix_rows(call->x, 0, 1, call->taken_off);
    for (seg_len c = 0; c < call->x->d; c++) {
        call->taken_off[c] = seg_scale_origin(call->factor, call->taken_off[c], widest);
    }
    return find_centers(call, 0.5, &widest);
}

/* ---- distances to the centres ---- */

static seg_status
spread_chunk(struct seg_team *team, seg_len task, void *arg)
{
    const index_call *call = arg;
    seg_arena arena = {0};
    seg_len d = call->x->d, n_sums = call->by_cluster ? call->k : 1;
    seg_len at = task * call->chunk, end = seg_min(at + call->chunk, call->x->n);
    double *buffer = seg_arena_array(call->ctx, &arena, TILE, d * (seg_len)sizeof *buffer);
    double *spread = call->spread + task * n_sums, lane[LANES] = {0}, found[TILE];
    if (buffer == NULL) {
        return SEG_ERR_NOMEM;
    }
    memset(spread, 0, (size_t)n_sums * sizeof *spread);
    seg_status status = SEG_OK;
    for (; at < end && status == SEG_OK; at += TILE) {
        seg_len n = seg_min(TILE, end - at);
        const int32_t *label = call->label + at;
        call->ops->squares(n, d, rows_of(call, at, n, buffer), label, call->origin, call->centers,
                           found);
        if (call->by_cluster) {
            call->ops->roots(n, found);
            for (seg_len i = 0; i < n; i++) {
                spread[label[i]] += found[i];
            }
        } else {
            for (seg_len i = 0; i < n; i++) {
                lane[i % LANES] += found[i];
            }
        }
        status = seg_team_stopped(team, task, 0.5) ? SEG_ERR_CANCELLED : SEG_OK;
    }
    for (int l = 0; l < LANES && !call->by_cluster; l++) {
        spread[0] += lane[l];
    }
    seg_arena_free(call->ctx, &arena);
    return status;
}

/* The chunks' sums in their order, into the first chunk's. */
static void
add_spreads(const index_call *call)
{
    seg_len n_sums = call->by_cluster ? call->k : 1;
    for (seg_len t = 1; t < call->n_chunks; t++) {
        for (seg_len i = 0; i < n_sums; i++) {
            call->spread[i] += call->spread[t * n_sums + i];
        }
    }
}

static double
square_between(seg_len d, const double *a, const double *b)
{
    double sum = 0.0;
    for (seg_len c = 0; c < d; c++) {
        sum += (a[c] - b[c]) * (a[c] - b[c]);
    }
    return sum;
}

/* ---- opening and closing a call ---- */

static seg_status
open_call(index_call *call, seg_arena *arena)
{
    const seg_context *ctx = call->ctx;
    seg_len k = call->k, d = call->x->d, size = sizeof(double), kd, rows;
    if (!seg_mul_ok(k, d, &kd) || !seg_mul_ok(k, ROWS_A_LABEL, &rows)) {
        return SEG_ERR_NOMEM;
    }
    call->chunk = rows > CHUNK ? rows : CHUNK;
    call->n_chunks = (call->x->n + call->chunk - 1) / call->chunk;
    call->taken_off = seg_arena_array(ctx, arena, d, size);
    call->origin = seg_arena_array(ctx, arena, d, size);
    call->count = seg_arena_array(ctx, arena, k, sizeof *call->count);
    call->first = seg_arena_array(ctx, arena, k, sizeof *call->first);
    call->pivot = seg_arena_array(ctx, arena, kd, size);
    call->centers = seg_arena_array(ctx, arena, kd, size);
    call->widest = seg_arena_array(ctx, arena, call->n_chunks, size);
    call->ratio = seg_arena_array(ctx, arena, k, size);
    call->spread = seg_arena_array(ctx, arena, call->n_chunks * (call->by_cluster ? k : 1), size);
    if (kd > 0 && call->n_chunks > PTRDIFF_MAX / kd) {
        return SEG_ERR_NOMEM;
    }
    call->sums = seg_arena_array(ctx, arena, call->n_chunks * kd, size);
    int there = call->taken_off != NULL && call->origin != NULL && call->count != NULL &&
                call->first != NULL && call->pivot != NULL && call->centers != NULL &&
                call->widest != NULL && call->ratio != NULL && call->spread != NULL &&
                call->sums != NULL;
    if (there) {
        memset(call->pivot, 0, (size_t)(kd * size));
    }
    return there ? SEG_OK : SEG_ERR_NOMEM;
}

typedef seg_status (*finisher)(index_call *call, const seg_index *index, double *value);

/* Every index: labels, centres, distances to them, and what the index makes of it. */
static seg_status
compute(const seg_context *ctx,
        const seg_matrix *x,
        seg_len n_labels,
        const int32_t *label,
        int by_cluster,
        finisher finish,
        seg_index *index)
{
    seg_arena arena = {0};
    index_call call = {.ctx = ctx,
                       .ops = ops_of(ctx),
                       .x = x,
                       .label = label,
                       .k = n_labels,
                       .by_cluster = by_cluster,
                       .factor = 1.0};
    *index = (seg_index){.value = (double)NAN, .row = -1, .column = -1};
    if (x->d < 1 || n_labels < 0 || n_labels > INT32_MAX) {
        return SEG_ERR_ARG;
    }
    seg_status status = open_call(&call, &arena);
    status = status == SEG_OK ? count_labels(&call, index) : status;
    if (status == SEG_OK && index->n_clusters >= 2 && index->n_clusters < x->n) {
        status = find_fitting_centers(&call, index);
        status = status == SEG_OK ? run(&call, call.n_chunks, spread_chunk, 0.5, 0.75) : status;
        if (status == SEG_OK) {
            add_spreads(&call);
            status = finish(&call, index, &index->value);
        }
    }
    seg_arena_free(ctx, &arena);
    return status;
}

/* ---- Calinski-Harabasz ---- */

static seg_status
finish_calinski_harabasz(index_call *call, const seg_index *index, double *value)
{
    seg_len d = call->x->d;
    const double *base = call->centers + call->label[0] * d;
    double *mean = call->taken_off, between = 0.0, n = (double)call->x->n;
    double clusters = (double)index->n_clusters, within = call->spread[0];
    memset(mean, 0, (size_t)d * sizeof *mean);
    for (seg_len k = 0; k < call->k; k++) {
        for (seg_len c = 0; c < d && call->count[k] > 0; c++) {
            mean[c] += (double)call->count[k] * (call->centers[k * d + c] - base[c]);
        }
    }
    for (seg_len c = 0; c < d; c++) {
        mean[c] = base[c] + mean[c] / n;
    }
    for (seg_len k = 0; k < call->k; k++) {
        if (call->count[k] > 0) {
            between += (double)call->count[k] * square_between(d, call->centers + k * d, mean);
        }
    }
    *value = within == 0.0 ? 1.0 : between / within * ((n - clusters) / (clusters - 1.0));
    return SEG_OK;
}

seg_status
seg_calinski_harabasz(const seg_context *ctx,
                      const seg_matrix *x,
                      seg_len n_labels,
                      const int32_t *label,
                      seg_index *index)
{
    return compute(ctx, x, n_labels, label, 0, finish_calinski_harabasz, index);
}

/* ---- Davies-Bouldin ---- */

/* The worst pair of each of some clusters; `spread` holds mean distances by now. */
static seg_status
pair_clusters(struct seg_team *team, seg_len task, void *arg)
{
    const index_call *call = arg;
    seg_len d = call->x->d, end = seg_min((task + 1) * CLUSTERS, call->k);
    for (seg_len i = task * CLUSTERS; i < end; i++) {
        double worst = 0.0;
        for (seg_len j = 0; j < call->k && call->count[i] > 0; j++) {
            double apart = sqrt(square_between(d, call->centers + i * d, call->centers + j * d));
            double pair = (call->spread[i] + call->spread[j]) / apart;
            worst = call->count[j] > 0 && apart > 0.0 && pair > worst ? pair : worst;
        }
        call->ratio[i] = worst;
        if (seg_team_stopped(team, task, 0.5)) {
            return SEG_ERR_CANCELLED;
        }
    }
    return SEG_OK;
}

static seg_status
finish_davies_bouldin(index_call *call, const seg_index *index, double *value)
{
    for (seg_len k = 0; k < call->k; k++) {
        call->spread[k] /= call->count[k] > 0 ? (double)call->count[k] : 1.0;
    }
    seg_status status = run(call, (call->k + CLUSTERS - 1) / CLUSTERS, pair_clusters, 0.75, 1.0);
    double sum = 0.0;
    for (seg_len k = 0; k < call->k && status == SEG_OK; k++) {
        sum += call->ratio[k];
    }
    *value = sum / (double)index->n_clusters;
    return status;
}

seg_status
seg_davies_bouldin(const seg_context *ctx,
                   const seg_matrix *x,
                   seg_len n_labels,
                   const int32_t *label,
                   seg_index *index)
{
    return compute(ctx, x, n_labels, label, 1, finish_davies_bouldin, index);
}

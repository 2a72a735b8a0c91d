#include "seg_resample.h"

#include <string.h>

#include "seg_agreement.h"
#include "seg_lloyd.h"
#include "seg_rng.h"
#include "seg_seed.h"

/* Streams of the draws of rows; seeding takes those from 0. */
#define ROWS_STREAM ((uint64_t)1 << 62)

/* One sweep of points under way. */
typedef struct sweep {
    const seg_context *ctx;
    const seg_points *points;
    const seg_resample_plan *plan;
    struct seg_team *team; /* whose task this is, or NULL */
    seg_len task;
    uint64_t stream; /* of the first start's seeding */
    double *seeds;   /* (starts, largest k, d) scaled */
} sweep;

static seg_len
largest(const seg_resample_plan *plan)
{
    return plan->ks[plan->n_ks - 1];
}

static int
stopped(const sweep *s, double done)
{
    return s->team != NULL ? seg_team_stopped(s->team, s->task, done)
                           : seg_poll(s->ctx, done) != SEG_OK;
}

/* Draws the seeds of every start. */
static seg_status
draw_seeds(sweep *s)
{
    seg_len k = largest(s->plan);
    seg_team_call call;
    const seg_context *ctx = seg_team_context(&call, s->ctx, s->team, s->task);
    seg_status status = SEG_OK;
    for (seg_len start = 0; start < s->plan->starts && status == SEG_OK; start++) {
        status = seg_seed_draw(ctx, s->points, k, SEG_SEED_SPREAD, s->plan->seed,
                               s->stream + (uint64_t)start, s->seeds + start * k * s->points->d);
    }
    return status;
}

/* The best fit of k from the seeds. `labels` (m,) may be NULL. */
static seg_status
fit(const sweep *s, seg_len k, int32_t *labels, double *inertia)
{
    const seg_points *p = s->points;
    seg_lloyd run;
    seg_status status = seg_lloyd_open(s->ctx, p, k, &run);
    run.team = s->team;
    run.task = s->task;
    for (seg_len start = 0; start < s->plan->starts && status == SEG_OK; start++) {
        const double *seeds = s->seeds + start * largest(s->plan) * p->d;
        memcpy(run.centers, seeds, (size_t)(k * p->d) * sizeof *seeds);
        status = seg_lloyd_run(&run, s->plan->max_iter, s->plan->tol * p->spread);
        if (status == SEG_OK && (start == 0 || run.inertia < *inertia)) {
            *inertia = run.inertia;
            if (labels != NULL) {
                memcpy(labels, run.labels, (size_t)p->m * sizeof *labels);
            }
        }
    }
    seg_lloyd_close(&run);
    return status;
}

static double *
seeds_of(const seg_context *ctx,
         seg_arena *arena,
         const seg_points *p,
         const seg_resample_plan *plan)
{
    seg_len cells, bytes;
    return seg_mul_ok(largest(plan), p->d, &cells) &&
                   seg_mul_ok(cells, (seg_len)sizeof(double), &bytes)
               ? seg_arena_array(ctx, arena, plan->starts, bytes)
               : NULL;
}

static int
is_sound(const seg_points *points, const seg_resample_plan *plan)
{
    int sound = plan->n_ks >= 1 && plan->starts >= 1 && plan->max_iter >= 1;
    for (seg_len i = 0; i < plan->n_ks && sound; i++) {
        sound = plan->ks[i] >= (i > 0 ? plan->ks[i - 1] : 1) && plan->ks[i] <= points->m;
    }
    return sound;
}

/* ---- inertias ---- */

typedef struct inertias_call {
    const sweep *sweep;
    double *inertias;
} inertias_call;

static seg_status
inertia_task(struct seg_team *team, seg_len task, void *arg)
{
    const inertias_call *call = arg;
    sweep mine = *call->sweep;
    /* the largest first: it takes longest */
    seg_len at = mine.plan->n_ks - 1 - task;
    mine.team = team;
    mine.task = task;
    return fit(&mine, mine.plan->ks[at], NULL, &call->inertias[at]);
}

seg_status
seg_resample_inertias(const seg_context *ctx,
                      const seg_points *points,
                      const seg_resample_plan *plan,
                      double *inertias)
{
    seg_arena arena = {0};
    if (!is_sound(points, plan)) {
        return SEG_ERR_ARG;
    }
    sweep s = {.ctx = ctx, .points = points, .plan = plan};
    s.seeds = seeds_of(ctx, &arena, points, plan);
    seg_status status = s.seeds != NULL ? draw_seeds(&s) : SEG_ERR_NOMEM;
    if (status == SEG_OK) {
        inertias_call call = {&s, inertias};
        status = seg_team_run(ctx, plan->n_ks, inertia_task, &call);
    }
    seg_arena_free(ctx, &arena);
    return status;
}

/* ---- pairs of resamples ---- */

typedef struct pairs_call {
    const seg_context *ctx;
    const seg_points *points;
    const seg_resample_plan *plan;
    const uint64_t *ends; /* (m,)  running sums of weights, or NULL: all 1 */
    seg_len n_drawn;
    double *rand;
} pairs_call;

/* The point that holds row `row` of all. */
static seg_len
point_of(const pairs_call *call, uint64_t row)
{
    seg_len low = 0, high = call->points->m - 1;
    if (call->ends == NULL) {
        return (seg_len)row;
    }
    while (low < high) {
        seg_len middle = low + (high - low) / 2;
        if (call->ends[middle] > row) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

/* Points that are packed already, with the weights of a draw. */
static seg_status
draw_rows(const pairs_call *call, seg_arena *arena, uint64_t stream, seg_points *drawn)
{
    const seg_points *p = call->points;
    seg_len room = seg_points_blocks(p) * SEG_BLOCK;
    *drawn = *p;
    double *weight = seg_arena_array(call->ctx, arena, p->m, (seg_len)sizeof *weight);
    drawn->share = seg_arena_array(call->ctx, arena, room, (seg_len)sizeof *drawn->share);
    if (weight == NULL || drawn->share == NULL) {
        return SEG_ERR_NOMEM;
    }
    uint64_t rows = call->ends != NULL ? call->ends[p->m - 1] : (uint64_t)p->m;
    memset(weight, 0, (size_t)p->m * sizeof *weight);
    for (seg_len i = 0; i < call->n_drawn; i++) {
        uint64_t row = seg_rng_below(call->plan->seed, ROWS_STREAM + stream, (uint64_t)i,
                                     (uint32_t)(rows < UINT32_MAX ? rows : UINT32_MAX));
        weight[point_of(call, row)] += 1.0;
    }
    double most = 1.0;
    for (seg_len i = 0; i < p->m; i++) {
        most = weight[i] > most ? weight[i] : most;
    }
    for (seg_len i = 0; i < room; i++) {
        drawn->share[i] = i < p->m ? (float)(weight[i] / most) : 0.0f;
    }
    drawn->weight = weight;
    drawn->total = (double)call->n_drawn;
    return SEG_OK;
}

/* Draws, seeds and fits both resamples of a pair, k by k. */
static seg_status
compare(const pairs_call *call, sweep *two, int32_t *labels, double *table)
{
    const seg_resample_plan *plan = call->plan;
    seg_len m = call->points->m;
    double inertia, *to = call->rand + two[0].task * plan->n_ks;
    seg_status status = SEG_OK;
    for (int i = 0; i < 2 && status == SEG_OK; i++) {
        status = draw_seeds(&two[i]);
    }
    for (seg_len at = 0; at < plan->n_ks && status == SEG_OK; at++) {
        for (int i = 0; i < 2 && status == SEG_OK; i++) {
            status = fit(&two[i], plan->ks[at], labels + i * m, &inertia);
        }
        if (status == SEG_OK) {
            to[at] =
                seg_adjusted_rand(m, plan->ks[at], labels, labels + m, call->points->weight, table);
            status =
                stopped(two, (double)(at + 1) / (double)plan->n_ks) ? SEG_ERR_CANCELLED : SEG_OK;
        }
    }
    return status;
}

static seg_status
pair_task(struct seg_team *team, seg_len task, void *arg)
{
    const pairs_call *call = arg;
    const seg_resample_plan *plan = call->plan;
    seg_len k = largest(plan);
    seg_arena arena = {0};
    seg_points drawn[2];
    sweep two[2];
    int32_t *labels =
        seg_arena_array(call->ctx, &arena, call->points->m, 2 * (seg_len)sizeof *labels);
    double *table = seg_arena_array(call->ctx, &arena, k + 2, k * (seg_len)sizeof *table);
    seg_status status = labels != NULL && table != NULL ? SEG_OK : SEG_ERR_NOMEM;
    for (int i = 0; i < 2 && status == SEG_OK; i++) {
        uint64_t stream = 2 * (uint64_t)task + (uint64_t)i;
        status = draw_rows(call, &arena, stream, &drawn[i]);
        two[i] = (sweep){.ctx = call->ctx, .points = &drawn[i], .plan = plan, .team = team};
        two[i].task = task;
        two[i].stream = stream * (uint64_t)plan->starts;
        two[i].seeds = seeds_of(call->ctx, &arena, call->points, plan);
        status = status == SEG_OK && two[i].seeds == NULL ? SEG_ERR_NOMEM : status;
    }
    if (status == SEG_OK) {
        status = compare(call, two, labels, table);
    }
    seg_arena_free(call->ctx, &arena);
    return status;
}

seg_status
seg_resample_pairs(const seg_context *ctx,
                   const seg_points *points,
                   const seg_resample_plan *plan,
                   seg_len n_pairs,
                   seg_len n_drawn,
                   double *rand)
{
    seg_arena arena = {0};
    uint64_t *ends = NULL;
    if (!is_sound(points, plan) || n_pairs < 0 || n_drawn < 1 || points->total > 0x1p32) {
        return SEG_ERR_ARG;
    }
    if (points->weight != NULL) {
        ends = seg_arena_array(ctx, &arena, points->m, (seg_len)sizeof *ends);
        if (ends == NULL) {
            return SEG_ERR_NOMEM;
        }
        for (seg_len i = 0; i < points->m; i++) {
            ends[i] = (i > 0 ? ends[i - 1] : 0) + (uint64_t)points->weight[i];
        }
    }
    pairs_call call = {ctx, points, plan, ends, n_drawn, rand};
    seg_status status = ends != NULL && ends[points->m - 1] < 1
                            ? SEG_ERR_ARG
                            : seg_team_run(ctx, n_pairs, pair_task, &call);
    seg_arena_free(ctx, &arena);
    return status;
}

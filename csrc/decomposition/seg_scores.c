#include "seg_scores.h"

#include "seg_arena.h"
#include "seg_moments_isa.h"
#include "seg_team.h"

enum { CHUNK = 1 << 14, TILE = 64 };

/* Products below which threads cost more than they bring, and between two polls. */
#define SMALL_WORK ((seg_len)1 << 22)

typedef struct scores_call {
    const seg_context *ctx;
    const seg_matrix *x;
    const seg_axes *axes;
    seg_len wide, across;   /* d and k in whole blocks */
    const double *loadings; /* (d, across): the directions as columns */
    int floats;
    void *scores;
} scores_call;

/* What a task needs: a tile of rows, the same as they came, their sums, their scores. */
typedef struct scratch {
    double *tile, *raw, *sum, *found;
} scratch;

static seg_len
blocks(seg_len n)
{
    return (n + SEG_MOMENTS_BLOCK - 1) / SEG_MOMENTS_BLOCK * SEG_MOMENTS_BLOCK;
}

static void
give_tile(const scores_call *call, seg_len first, seg_len n, const double *found)
{
    const seg_axes *axes = call->axes;
    for (seg_len i = 0; i < n; i++) {
        for (seg_len q = 0; q < axes->k; q++) {
            double score = (found[i * call->across + q] - axes->less[q]) / axes->scale[q];
            seg_len at = (first + i) * axes->k + q;
            if (call->floats) {
                ((float *)call->scores)[at] = (float)score;
            } else {
                ((double *)call->scores)[at] = score;
            }
        }
    }
}

static seg_status
score_tiles(struct seg_team *team, seg_len task, const scores_call *call, const scratch *s)
{
    const seg_moments_ops *ops = seg_moments_ops_of(call->ctx->level);
    seg_len start = task * CHUNK, end = seg_min(start + CHUNK, call->x->n), done = SMALL_WORK;
    for (seg_len at = start; at < end; at += TILE) {
        if (done >= SMALL_WORK) {
            if (seg_team_stopped(team, task, (double)(at - start) / (double)(end - start))) {
                return SEG_ERR_CANCELLED;
            }
            done = 0;
        }
        seg_len n = seg_min(TILE, end - at);
        seg_moments_tile(ops, call->x, at, n, call->wide, call->axes->mean, s->raw, s->tile,
                         s->sum);
        ops->project(n, call->axes->d, call->wide, call->across, s->tile, call->loadings, s->found);
        give_tile(call, at, n, s->found);
        done += n * call->wide * call->across;
    }
    return SEG_OK;
}

static seg_status
score_chunk(struct seg_team *team, seg_len task, void *arg)
{
    const scores_call *call = arg;
    const seg_context *ctx = call->ctx;
    seg_arena arena = {0};
    scratch s = {.tile = seg_arena_array(ctx, &arena, TILE * call->wide, sizeof *s.tile),
                 .raw = seg_arena_array(ctx, &arena, TILE * call->axes->d, sizeof *s.raw),
                 .sum = seg_arena_array(ctx, &arena, call->wide, sizeof *s.sum),
                 .found = seg_arena_array(ctx, &arena, TILE * call->across, sizeof *s.found)};
    seg_status status = SEG_ERR_NOMEM;
    if (s.tile != NULL && s.raw != NULL && s.sum != NULL && s.found != NULL) {
        status = score_tiles(team, task, call, &s);
    }
    seg_arena_free(ctx, &arena);
    return status;
}

/* The directions turned, so that one number of a row meets all of them at once; columns beyond the
 * last are 0. */
static double *
turned(const seg_context *ctx, const seg_axes *axes, seg_len across)
{
    seg_len n;
    double *to = seg_mul_ok(axes->d, across, &n) ? seg_block_new(ctx, n, sizeof *to) : NULL;
    for (seg_len j = 0; to != NULL && j < axes->d; j++) {
        for (seg_len q = 0; q < across; q++) {
            to[j * across + q] = q < axes->k ? axes->directions[q * axes->d + j] : 0.0;
        }
    }
    return to;
}

seg_status
seg_scores(
    const seg_context *ctx, const seg_matrix *x, const seg_axes *axes, int floats, void *scores)
{
    if (x->d != axes->d || x->n < 0 || axes->k < 0) {
        return SEG_ERR_ARG;
    }
    seg_context own = *ctx;
    scores_call call = {.ctx = &own,
                        .x = x,
                        .axes = axes,
                        .wide = blocks(axes->d),
                        .across = blocks(axes->k),
                        .floats = floats,
                        .scores = scores};
    if (x->n < SMALL_WORK / (call.wide * call.across + 1)) {
        own.n_threads = 1;
    }
    double *loadings = turned(ctx, axes, call.across);
    if (loadings == NULL) {
        return SEG_ERR_NOMEM;
    }
    call.loadings = loadings;
    seg_len chunks = x->n / CHUNK + (x->n % CHUNK > 0);
    seg_status status = chunks > 0 ? seg_team_run(&own, chunks, score_chunk, &call) : SEG_OK;
    seg_block_free(ctx, loadings);
    return status;
}

#include "seg_moments.h"

#include <string.h>

#include "seg_arena.h"
#include "seg_moments_isa.h"
#include "seg_team.h"

/* CHUNK and TILE are part of the answer's bits. A tile of 20 columns takes a third of the first
 * cache. PIVOT rows settle where a chunk counts from. */
enum { CHUNK = 1 << 14, TILE = 64, PIVOT = 64 };

/* Products of chunks that wait to be joined take no more than this. */
#define WAITING_BYTES ((seg_len)1 << 26)

/* Products below which threads cost more than they bring, and between two polls: about a
 * millisecond. */
#define SMALL_WORK ((seg_len)1 << 22)

struct seg_moments {
    seg_len d, wide; /* wide: d rounded up to whole blocks */
    int64_t rows;
    double *pivot, *offset; /* (wide,) */
    double *scatter;        /* (wide, wide), the upper triangle */
};

/* A row or a column too many must not be added up: the whole state in one block. */
static double *
numbers_new(const seg_context *ctx, seg_len wide)
{
    seg_len n;
    return wide <= PTRDIFF_MAX - 2 && seg_mul_ok(wide, wide + 2, &n)
               ? seg_block_new(ctx, n, sizeof(double))
               : NULL;
}

/* How many numbers there are in that block. */
static seg_len
numbers_of(const seg_moments *state)
{
    return state->wide * (state->wide + 2);
}

static seg_status
clear(const seg_context *ctx, seg_moments *state)
{
    seg_phase still;
    state->rows = 0;
    return seg_block_fill(seg_phase_of(&still, ctx, 0.0, 0.0), state->pivot, numbers_of(state),
                          sizeof(double), 0);
}

/* A state over a block of numbers_new; the block begins with the pivot. */
static seg_moments
state_over(double *numbers, seg_len d, seg_len wide)
{
    return (seg_moments){.d = d,
                         .wide = wide,
                         .pivot = numbers,
                         .offset = numbers + wide,
                         .scatter = numbers + 2 * wide};
}

seg_status
seg_moments_new(const seg_context *ctx, seg_len d, seg_moments **out)
{
    *out = NULL;
    if (d < 0) {
        return SEG_ERR_ARG;
    }
    if (d > PTRDIFF_MAX - SEG_MOMENTS_BLOCK) {
        return SEG_ERR_NOMEM;
    }
    seg_len wide = (d + SEG_MOMENTS_BLOCK - 1) / SEG_MOMENTS_BLOCK * SEG_MOMENTS_BLOCK;
    seg_moments *state = seg_block_new(ctx, 1, sizeof *state);
    double *numbers = numbers_new(ctx, wide);
    seg_status status = SEG_ERR_NOMEM;
    if (state != NULL && numbers != NULL) {
        *state = state_over(numbers, d, wide);
        status = clear(ctx, state);
    }
    if (status != SEG_OK) {
        seg_block_free(ctx, state);
        seg_block_free(ctx, numbers);
        return status;
    }
    *out = state;
    return SEG_OK;
}

void
seg_moments_free(const seg_context *ctx, seg_moments *state)
{
    if (state != NULL) {
        seg_block_free(ctx, state->pivot);
        seg_block_free(ctx, state);
    }
}

seg_len
seg_moments_columns(const seg_moments *state)
{
    return state->d;
}

int64_t
seg_moments_rows(const seg_moments *state)
{
    return state->rows;
}

/* The shift between two means, free of the size of the data: pivots of like columns are close, and
 * their difference is exact or nearly so. */
static double
between(const seg_moments *a, const seg_moments *b, seg_len j)
{
    return (b->pivot[j] - a->pivot[j]) + (b->offset[j] - a->offset[j]);
}

/* Becomes another state of as many columns. */
static seg_status
copy(const seg_context *ctx, seg_moments *state, const seg_moments *other)
{
    seg_len n = numbers_of(state);
    seg_status status = SEG_OK;
    for (seg_len at = 0; at < n && status == SEG_OK; at += SEG_STRIDE) {
        memcpy(state->pivot + at, other->pivot + at,
               (size_t)seg_min(SEG_STRIDE, n - at) * sizeof(double));
        status = seg_poll(ctx, (double)at / (double)n);
    }
    state->rows = other->rows;
    return status;
}

static seg_status
join(const seg_context *ctx, seg_moments *state, const seg_moments *other)
{
    seg_len d = state->d, wide = state->wide;
    seg_status status = SEG_OK;
    if (other->rows == 0) {
        return SEG_OK;
    }
    if (state->rows == 0) {
        return copy(ctx, state, other);
    }
    double n = (double)(state->rows + other->rows), share = (double)other->rows / n;
    double weight = (double)state->rows * share;
    for (seg_len j = 0; j < d && status == SEG_OK; j++) {
        double *to = state->scatter + j * wide;
        const double *from = other->scatter + j * wide;
        double left = weight * between(state, other, j);
        for (seg_len k = j; k < d; k++) {
            to[k] += from[k] + left * between(state, other, k);
        }
        status = seg_poll(ctx, (double)j / (double)d);
    }
    for (seg_len j = 0; j < d; j++) {
        state->offset[j] += share * between(state, other, j);
    }
    state->rows += other->rows;
    return status;
}

seg_status
seg_moments_merge(const seg_context *ctx, seg_moments *state, const seg_moments *other)
{
    return state->d == other->d ? join(ctx, state, other) : SEG_ERR_ARG;
}

/* ---- adding rows ---- */

typedef struct add_call {
    const seg_context *ctx;
    const seg_matrix *x;
    seg_len wide;
    seg_len first;   /* the chunk that the team's task 0 does */
    double *waiting; /* (chunks under way, wide (wide + 2)) */
} add_call;

/* What a chunk needs beside its state. */
typedef struct scratch {
    double *tile; /* (TILE, wide) */
    double *raw;  /* (TILE, d) */
    double *sum;  /* (2, wide): of a tile, of the chunk */
} scratch;

/* pivot = the mean of the first rows, counted from the first of them: equal values give themselves.
 */
static void
choose_pivot(const seg_matrix *x, seg_len first, seg_len n, double *raw, double *pivot)
{
    seg_len m = seg_min(n, PIVOT), d = x->d;
    seg_matrix_rows(x, first, m, raw);
    for (seg_len j = 0; j < d; j++) {
        double sum = 0.0;
        for (seg_len i = 1; i < m; i++) {
            sum += raw[i * d + j] - raw[j];
        }
        pivot[j] = raw[j] + sum / (double)m;
    }
}

/* From sums and products about the pivot to the offset and the scatter about the mean. */
static void
centre(seg_moments *chunk, const double *sum)
{
    for (seg_len j = 0; j < chunk->d; j++) {
        chunk->offset[j] = sum[j] / (double)chunk->rows;
    }
    for (seg_len j = 0; j < chunk->d; j++) {
        double *row = chunk->scatter + j * chunk->wide;
        for (seg_len k = j; k < chunk->d; k++) {
            row[k] -= sum[j] * chunk->offset[k];
        }
    }
}

static seg_status
add_tiles(struct seg_team *team,
          seg_len task,
          const add_call *call,
          seg_len first,
          seg_moments *chunk,
          scratch *s)
{
    const seg_moments_ops *ops = seg_moments_ops_of(call->ctx->level);
    seg_len n = (seg_len)chunk->rows, wide = chunk->wide, done = SMALL_WORK;
    double *total = s->sum + wide;
    memset(total, 0, (size_t)wide * sizeof *total);
    choose_pivot(call->x, first, n, s->raw, chunk->pivot);
    for (seg_len i = 0; i < n; i += TILE) {
        if (done >= SMALL_WORK) {
            if (seg_team_stopped(team, task, (double)i / (double)n)) {
                return SEG_ERR_CANCELLED;
            }
            done = 0;
        }
        seg_len rows = seg_min(TILE, n - i);
        seg_moments_tile(ops, call->x, first + i, rows, wide, chunk->pivot, s->raw, s->tile,
                         s->sum);
        for (seg_len j = 0; j < wide; j++) {
            total[j] += s->sum[j];
        }
        ops->square(rows, chunk->d, wide, s->tile, chunk->scatter);
        done += rows * wide * wide;
    }
    centre(chunk, total);
    return SEG_OK;
}

static seg_moments
waiting_chunk(const add_call *call, seg_len task)
{
    seg_len first = (call->first + task) * CHUNK;
    seg_len size = call->wide * (call->wide + 2);
    seg_moments chunk = state_over(call->waiting + task * size, call->x->d, call->wide);
    chunk.rows = seg_min(CHUNK, call->x->n - first);
    return chunk;
}

static seg_status
add_chunk(struct seg_team *team, seg_len task, void *arg)
{
    const add_call *call = arg;
    seg_arena arena = {0};
    seg_moments chunk = waiting_chunk(call, task);
    scratch s = {.tile = seg_arena_array(call->ctx, &arena, TILE * chunk.wide, sizeof *s.tile),
                 .raw = seg_arena_array(call->ctx, &arena, TILE * chunk.d, sizeof *s.raw),
                 .sum = seg_arena_array(call->ctx, &arena, 2 * chunk.wide, sizeof *s.sum)};
    seg_status status = SEG_ERR_NOMEM;
    if (s.tile != NULL && s.raw != NULL && s.sum != NULL) {
        memset(chunk.pivot, 0, (size_t)numbers_of(&chunk) * sizeof *chunk.pivot);
        status = add_tiles(team, task, call, (call->first + task) * CHUNK, &chunk, &s);
    }
    seg_arena_free(call->ctx, &arena);
    return status;
}

seg_status
seg_moments_add(const seg_context *ctx, seg_moments *state, const seg_matrix *x)
{
    if (x->d != state->d || x->n < 0) {
        return SEG_ERR_ARG;
    }
    seg_phase still;
    seg_context own = *ctx;
    const seg_context *joining = seg_phase_of(&still, ctx, 0.0, 0.0);
    seg_len wide = state->wide, size = wide * (wide + 2),
            chunks = x->n / CHUNK + (x->n % CHUNK > 0);
    if (x->n < SMALL_WORK / (wide * wide + 1)) {
        own.n_threads = 1;
    }
    seg_len room = WAITING_BYTES / (seg_len)sizeof(double) / (size + 1);
    room = room < own.n_threads ? own.n_threads : room;
    room = seg_min(room < 1 ? 1 : room, chunks);
    add_call call = {.ctx = &own, .x = x, .wide = wide};
    seg_len numbers;
    call.waiting =
        seg_mul_ok(room, size, &numbers) ? seg_block_new(ctx, numbers, sizeof(double)) : NULL;
    seg_status status = call.waiting != NULL ? SEG_OK : SEG_ERR_NOMEM;
    while (call.first < chunks && status == SEG_OK) {
        seg_len tasks = seg_min(room, chunks - call.first);
        status = seg_team_run(&own, tasks, add_chunk, &call);
        for (seg_len t = 0; t < tasks && status == SEG_OK; t++) {
            seg_moments chunk = waiting_chunk(&call, t);
            status = join(joining, state, &chunk);
        }
        call.first += tasks;
    }
    seg_block_free(ctx, call.waiting);
    return status;
}

/* ---- reading and loading ---- */

seg_status
seg_moments_read(const seg_context *ctx,
                 const seg_moments *state,
                 double *pivot,
                 double *offset,
                 double *scatter)
{
    seg_len d = state->d;
    seg_status status = SEG_OK;
    for (seg_len j = 0; j < d && status == SEG_OK; j++) {
        pivot[j] = state->pivot[j];
        offset[j] = state->offset[j];
        /* row by row: whole columns would touch all of new memory at once */
        for (seg_len k = 0; k < d; k++) {
            seg_len upper = k < j ? k * state->wide + j : j * state->wide + k;
            scatter[j * d + k] = state->scatter[upper];
        }
        status = seg_poll(ctx, (double)j / (double)d);
    }
    return status;
}

seg_status
seg_moments_load(const seg_context *ctx,
                 seg_moments *state,
                 int64_t rows,
                 const double *pivot,
                 const double *offset,
                 const double *scatter)
{
    seg_len d = state->d;
    if (rows < 0) {
        return SEG_ERR_ARG;
    }
    seg_status status = clear(ctx, state);
    state->rows = rows;
    for (seg_len j = 0; j < d && status == SEG_OK; j++) {
        state->pivot[j] = pivot[j];
        state->offset[j] = offset[j];
        for (seg_len k = j; k < d; k++) {
            state->scatter[j * state->wide + k] = scatter[j * d + k];
        }
        status = seg_poll(ctx, (double)j / (double)d);
    }
    return status;
}

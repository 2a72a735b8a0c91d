#include "seg_seed.h"

#include <string.h>

#include "seg_kmeans_isa.h"
#include "seg_rng.h"
#include "seg_team.h"

enum { MOST_CANDIDATES = 48, CHUNK_BLOCKS = SEG_CHUNK / SEG_BLOCK };

/* A draw of centres under way. What a new centre does to the distances is known by chunk before
 * they are lowered; a chunk is, when it is next looked at: memory is read once a centre. */
typedef struct seeding {
    const seg_context *ctx;
    const seg_points *points;
    const seg_seed_ops *ops;
    uint64_t seed, stream, drawn;
    float *nearest;    /* (blocks SEG_BLOCK,)  squared distance to the nearest centre so far */
    double *potential; /* (chunks,)  its weighted sum */
    double *trial;     /* (chunks, candidates) */
    float *candidates; /* (candidates, d) */
    float *last;       /* (d,)  the last centre */
    char *behind;      /* (chunks,)  whether the chunk has yet to take it */
} seeding;

static const seg_seed_ops *
ops_of(const seg_context *ctx)
{
    switch (ctx->level) {
#ifdef SEG_HAVE_V4
    case SEG_LEVEL_V4:
        return &seg_seed_ops_v4;
#endif
#ifdef SEG_HAVE_V3
    case SEG_LEVEL_V3:
        return &seg_seed_ops_v3;
#endif
    default:
        return &seg_seed_ops_base;
    }
}

/* Blocks of a chunk. */
static seg_len
blocks_of(const seg_points *p, seg_len chunk)
{
    return seg_min(CHUNK_BLOCKS, seg_points_blocks(p) - chunk * CHUNK_BLOCKS);
}

static const float *
share_at(const seg_points *p, seg_len row)
{
    return p->share != NULL ? p->share + row : NULL;
}

/* A point's packed row. */
static void
copy_packed(const seg_points *p, seg_len i, float *out)
{
    const float *block = p->blocks + i / SEG_BLOCK * p->d * SEG_BLOCK + i % SEG_BLOCK;
    for (seg_len j = 0; j < p->d; j++) {
        out[j] = block[j * SEG_BLOCK];
    }
}

/* Lowers the distances of a chunk to the last centre, if it has not been done. Returns the chunk's
 * potential. */
static double
catch_up(seeding *s, seg_len chunk)
{
    const seg_points *p = s->points;
    seg_len row = chunk * SEG_CHUNK;
    if (s->behind[chunk]) {
        s->behind[chunk] = 0;
        s->potential[chunk] = s->ops->take(blocks_of(p, chunk), p->d, p->blocks + row * p->d,
                                           share_at(p, row), s->nearest + row, s->last);
    }
    return s->potential[chunk];
}

/* A point drawn with probability in proportion to share * nearest; -1 if all of it is 0. */
static seg_len
draw(seeding *s)
{
    const seg_points *p = s->points;
    seg_len chunks = seg_points_chunks(p), chunk = -1, found = -1;
    double total = 0.0, sum = 0.0;
    for (seg_len c = 0; c < chunks; c++) {
        total += s->potential[c];
    }
    double target = seg_rng_uniform(s->seed, s->stream, s->drawn++) * total;
    for (seg_len c = 0; c < chunks; c++) {
        if (s->potential[c] > 0.0) {
            chunk = c;
            if (target < sum + s->potential[c]) {
                break;
            }
            sum += s->potential[c];
        }
    }
    if (chunk < 0) {
        return -1;
    }
    (void)catch_up(s, chunk);
    seg_len end = seg_min((chunk + 1) * SEG_CHUNK, p->m);
    for (seg_len i = chunk * SEG_CHUNK; i < end; i++) {
        double part = (double)s->nearest[i];
        part *= p->share != NULL ? (double)p->share[i] : 1.0;
        if (part > 0.0) {
            found = i; /* at the end: the last one there is, should the sums' roundings differ */
            sum += part;
            if (target < sum) {
                break;
            }
        }
    }
    return found;
}

/* The draw that lowers the potential most among n > 1 draws, and what it is lowered to; -1 if there
 * is none. */
static seg_status
draw_best(seeding *s, seg_len n, seg_len *found)
{
    const seg_points *p = s->points;
    seg_len d = p->d, chunks = seg_points_chunks(p), drawn[MOST_CANDIDATES], best = 0;
    seg_status status = SEG_OK;
    double least = 0.0;
    for (seg_len c = 0; c < n; c++) {
        drawn[c] = draw(s);
        if (drawn[c] < 0) {
            *found = -1;
            return SEG_OK;
        }
        copy_packed(p, drawn[c], s->candidates + c * d);
    }
    for (seg_len chunk = 0; chunk < chunks && status == SEG_OK; chunk++) {
        seg_len row = chunk * SEG_CHUNK;
        (void)catch_up(s, chunk);
        s->ops->weigh(blocks_of(p, chunk), d, p->blocks + row * d, share_at(p, row),
                      s->nearest + row, n, s->candidates, s->trial + chunk * n);
        status = chunk % (SEG_STRIDE / SEG_CHUNK) == 0 ? seg_poll(s->ctx, 0.1) : SEG_OK;
    }
    for (seg_len c = 0; c < n && status == SEG_OK; c++) {
        double sum = 0.0;
        for (seg_len chunk = 0; chunk < chunks; chunk++) {
            sum += s->trial[chunk * n + c];
        }
        if (c == 0 || sum < least) {
            least = sum;
            best = c;
        }
    }
    for (seg_len chunk = 0; chunk < chunks && status == SEG_OK; chunk++) {
        s->potential[chunk] = s->trial[chunk * n + best];
    }
    *found = drawn[best];
    return status;
}

/* Whether point i has been picked. */
static int
is_picked(seg_len n, const int32_t *picks, seg_len i)
{
    seg_len at = 0;
    while (at < n && picks[at] != i) {
        at++;
    }
    return at < n;
}

/* The first point unlike every centre, where floats see no difference any more; -1 if none. */
static seg_len
first_other(
    const seg_points *p, seg_len n, const int32_t *picks, const double *centers, double *scratch)
{
    for (seg_len i = 0; i < p->m; i++) {
        const double *row = seg_points_row(p, i, scratch);
        int same = is_picked(n, picks, i) || (p->weight != NULL && p->weight[i] <= 0.0);
        for (seg_len q = 0; q < n && !same && !p->distinct; q++) {
            seg_len j = 0;
            while (j < p->d && row[j] == centers[q * p->d + j]) {
                j++;
            }
            same = j == p->d;
        }
        if (!same) {
            return i;
        }
    }
    return -1;
}

/* Makes point i a centre. Its potential is known if it is the best of several draws. */
static void
take(seeding *s, seg_len i, int known)
{
    seg_len chunks = seg_points_chunks(s->points);
    for (seg_len chunk = 0; chunk < chunks && !known; chunk++) {
        (void)catch_up(s, chunk);
    }
    copy_packed(s->points, i, s->last);
    memset(s->behind, 1, (size_t)chunks);
    for (seg_len chunk = 0; chunk < chunks && !known; chunk++) {
        (void)catch_up(s, chunk);
    }
}

/* The potential of a chunk from its points' distances. */
static double
sum_chunk(const seeding *s, seg_len chunk)
{
    const seg_points *p = s->points;
    seg_len end = seg_min((chunk + 1) * SEG_CHUNK, p->m);
    double sum = 0.0;
    for (seg_len i = chunk * SEG_CHUNK; i < end; i++) {
        sum += (double)s->nearest[i] * (p->share != NULL ? (double)p->share[i] : 1.0);
    }
    return sum;
}

/* Sets every distance: with 1 a point is as likely as its weight. */
static void
fill_nearest(seeding *s, float square)
{
    const seg_points *p = s->points;
    for (seg_len i = 0; i < seg_points_blocks(p) * SEG_BLOCK; i++) {
        s->nearest[i] = square;
    }
    memset(s->behind, 0, (size_t)seg_points_chunks(p));
}

/* 2 + the natural logarithm's whole part, by comparisons: k-means++ tries so many. */
static seg_len
candidates_for(seg_len k)
{
    double power = 2.718281828459045;
    seg_len n = 2;
    while (power <= (double)k && n < MOST_CANDIDATES) {
        power *= 2.718281828459045;
        n++;
    }
    return n;
}

/* The next point by the rule, -1 if there is none; *known: what becomes of the potentials is. */
static seg_status
next_point(seeding *s, seg_seeding how, seg_len q, seg_len *found, int *known)
{
    *known = 0;
    if (q == 0 || how == SEG_SEED_RANDOM) {
        *found = draw(s);
        return SEG_OK;
    }
    seg_status status = draw_best(s, candidates_for(q + 1), found);
    *known = *found >= 0;
    return status;
}

seg_status
seg_seed_draw(const seg_context *ctx,
              const seg_points *points,
              seg_len k,
              seg_seeding how,
              uint64_t seed,
              uint64_t stream,
              double *centers)
{
    seg_len d = points->d, most = how == SEG_SEED_SPREAD ? candidates_for(k) : 1;
    seg_len chunks = seg_points_chunks(points), rows = seg_points_blocks(points) * SEG_BLOCK, i;
    const seg_len real = (seg_len)sizeof(double), single = (seg_len)sizeof(float);
    seg_arena arena = {0};
    seeding s = {.ctx = ctx, .points = points, .ops = ops_of(ctx), .seed = seed, .stream = stream};
    s.nearest = seg_arena_array(ctx, &arena, rows, single);
    s.potential = seg_arena_array(ctx, &arena, chunks, real);
    s.trial = seg_arena_array(ctx, &arena, chunks, most * real);
    s.candidates = seg_arena_array(ctx, &arena, d, most * single);
    s.last = seg_arena_array(ctx, &arena, d, single);
    s.behind = seg_arena_array(ctx, &arena, chunks, 1);
    double *scratch = seg_arena_array(ctx, &arena, d, real);
    int32_t *picks = seg_arena_array(ctx, &arena, k, (seg_len)sizeof *picks);
    int there = picks != NULL && s.nearest != NULL && s.potential != NULL && s.trial != NULL &&
                s.candidates != NULL && s.last != NULL && s.behind != NULL && scratch != NULL;
    seg_status status = there ? SEG_OK : SEG_ERR_NOMEM;
    if (there) {
        fill_nearest(&s, 1.0f);
    }
    for (seg_len chunk = 0; chunk < chunks && there; chunk++) {
        s.potential[chunk] = sum_chunk(&s, chunk);
    }
    for (seg_len q = 0; q < k && status == SEG_OK; q++) {
        int known;
        status = next_point(&s, how, q, &i, &known);
        if (status != SEG_OK) {
            break;
        }
        if (i < 0 || is_picked(q, picks, i)) {
            i = first_other(points, q, picks, centers, scratch);
            known = 0;
        }
        i = i < 0 ? picks[0] : i;
        picks[q] = (int32_t)i;
        memcpy(centers + q * d, seg_points_row(points, i, scratch), (size_t)d * sizeof *centers);
        if (how == SEG_SEED_RANDOM) {
            s.nearest[i] = 0.0f;
            s.potential[i / SEG_CHUNK] = sum_chunk(&s, i / SEG_CHUNK);
        } else if (q + 1 < k) {
            if (q == 0) {
                fill_nearest(&s, 3e38f);
            }
            take(&s, i, known);
        }
        status = seg_poll(ctx, 0.1);
    }
    seg_arena_free(ctx, &arena);
    return status;
}

/* Draws under way. */
typedef struct draws {
    const seg_context *ctx;
    const seg_points *points;
    seg_len k;
    seg_seeding how;
    uint64_t seed;
    double *centers;
} draws;

static seg_status
draw_start(struct seg_team *team, seg_len start, void *arg)
{
    const draws *all = arg;
    seg_len size = all->k * all->points->d;
    double *centers = all->centers + start * size;
    seg_team_call call;
    const seg_context *ctx = seg_team_context(&call, all->ctx, team, start);
    seg_status status =
        seg_seed_draw(ctx, all->points, all->k, all->how, all->seed, (uint64_t)start, centers);
    for (seg_len i = 0; i < size && status == SEG_OK; i++) {
        centers[i] /= all->points->scale;
    }
    return status;
}

seg_status
seg_seed_starts(const seg_context *ctx,
                const seg_points *points,
                seg_len k,
                seg_len starts,
                seg_seeding how,
                uint64_t seed,
                double *centers)
{
    draws all = {ctx, points, k, how, seed, centers};
    seg_context few = *ctx;
    if (k < 1 || k > SEG_CENTERS_MOST || starts < 1) {
        return SEG_ERR_ARG;
    }
    if (points->m > SEG_SEED_SIDE_BY_SIDE) {
        few.n_threads = 1; /* so that memory does not grow with their number */
    }
    return seg_team_run(&few, starts, draw_start, &all);
}

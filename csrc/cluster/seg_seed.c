#include "seg_seed.h"

#include <string.h>

#include "seg_kmeans_isa.h"
#include "seg_rng.h"

enum { MOST_CANDIDATES = 48, CHUNK_BLOCKS = SEG_CHUNK / SEG_BLOCK };

/* A draw of centres under way. */
typedef struct seeding {
    const seg_points *points;
    const seg_seed_ops *ops;
    uint64_t seed, stream, drawn;
    float *nearest;    /* (blocks SEG_BLOCK,)  squared distance to the nearest centre so far */
    double *potential; /* (chunks,)  its weighted sum */
    double *trial;     /* (chunks, candidates) */
    float *candidates; /* (candidates, d) */
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

/* The draw that lowers the potential most among `n` draws; -1 if there is none. */
static seg_len
draw_best(seeding *s, seg_len n)
{
    const seg_points *p = s->points;
    seg_len d = p->d, chunks = seg_points_chunks(p), drawn[MOST_CANDIDATES], best = 0;
    double least = 0.0;
    for (seg_len c = 0; c < n; c++) {
        drawn[c] = draw(s);
        if (drawn[c] < 0) {
            return -1;
        }
        copy_packed(p, drawn[c], s->candidates + c * d);
    }
    for (seg_len chunk = 0; chunk < chunks && n > 1; chunk++) {
        seg_len row = chunk * SEG_CHUNK;
        s->ops->weigh(blocks_of(p, chunk), d, p->blocks + row * d, share_at(p, row),
                      s->nearest + row, n, s->candidates, s->trial + chunk * n);
    }
    for (seg_len c = 0; c < n && n > 1; c++) {
        double sum = 0.0;
        for (seg_len chunk = 0; chunk < chunks; chunk++) {
            sum += s->trial[chunk * n + c];
        }
        if (c == 0 || sum < least) {
            least = sum;
            best = c;
        }
    }
    return drawn[best];
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

/* Makes point i centre q: the potential falls. */
static void
take(seeding *s, seg_seeding how, seg_len i)
{
    const seg_points *p = s->points;
    if (how == SEG_SEED_RANDOM) {
        s->nearest[i] = 0.0f;
    }
    copy_packed(p, i, s->candidates);
    for (seg_len chunk = 0; chunk < seg_points_chunks(p); chunk++) {
        seg_len row = chunk * SEG_CHUNK, blocks = blocks_of(p, chunk);
        if (how == SEG_SEED_SPREAD) {
            s->potential[chunk] = s->ops->take(blocks, p->d, p->blocks + row * p->d,
                                               share_at(p, row), s->nearest + row, s->candidates);
        } else if (i / SEG_CHUNK == chunk) {
            double sum = 0.0;
            for (seg_len r = row; r < seg_min(row + SEG_CHUNK, p->m); r++) {
                sum += (double)s->nearest[r] * (p->share != NULL ? (double)p->share[r] : 1.0);
            }
            s->potential[chunk] = sum;
        }
    }
}

/* Every point as likely as its weight. */
static void
open_potential(seeding *s)
{
    const seg_points *p = s->points;
    for (seg_len i = 0; i < seg_points_blocks(p) * SEG_BLOCK; i++) {
        s->nearest[i] = 1.0f;
    }
    for (seg_len chunk = 0; chunk < seg_points_chunks(p); chunk++) {
        seg_len end = seg_min((chunk + 1) * SEG_CHUNK, p->m);
        s->potential[chunk] = 0.0;
        for (seg_len i = chunk * SEG_CHUNK; i < end; i++) {
            s->potential[chunk] += p->share != NULL ? (double)p->share[i] : 1.0;
        }
    }
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

seg_status
seg_seed_draw(const seg_context *ctx,
              const seg_points *points,
              seg_len k,
              seg_seeding how,
              uint64_t seed,
              uint64_t stream,
              int32_t *picks,
              double *centers)
{
    seg_len d = points->d, n = how == SEG_SEED_SPREAD ? candidates_for(k) : 1;
    seg_len chunks = seg_points_chunks(points), rows = seg_points_blocks(points) * SEG_BLOCK;
    const seg_len real = (seg_len)sizeof(double);
    seg_arena arena = {0};
    seeding s = {.points = points, .ops = ops_of(ctx), .seed = seed, .stream = stream};
    s.nearest = seg_arena_array(ctx, &arena, rows, (seg_len)sizeof(float));
    s.potential = seg_arena_array(ctx, &arena, chunks, real);
    s.trial = seg_arena_array(ctx, &arena, chunks, n * real);
    s.candidates = seg_arena_array(ctx, &arena, d, n * (seg_len)sizeof(float));
    double *scratch = seg_arena_array(ctx, &arena, d, real);
    seg_status status = s.nearest == NULL || s.potential == NULL || s.trial == NULL ||
                                s.candidates == NULL || scratch == NULL
                            ? SEG_ERR_NOMEM
                            : SEG_OK;
    if (status == SEG_OK) {
        open_potential(&s);
    }
    for (seg_len q = 0; q < k && status == SEG_OK; q++) {
        seg_len i = draw_best(&s, q == 0 ? 1 : n);
        i = i < 0 || is_picked(q, picks, i) ? first_other(points, q, picks, centers, scratch) : i;
        i = i < 0 ? picks[0] : i;
        picks[q] = (int32_t)i;
        memcpy(centers + q * d, seg_points_row(points, i, scratch), (size_t)d * sizeof *centers);
        if (q == 0 && how == SEG_SEED_SPREAD) {
            for (seg_len r = 0; r < rows; r++) {
                s.nearest[r] = 3e38f;
            }
        }
        take(&s, how, i);
        status = seg_poll(ctx, 0.1);
    }
    seg_arena_free(ctx, &arena);
    return status;
}

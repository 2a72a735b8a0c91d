#include "seg_lloyd.h"

#include <math.h>
#include <string.h>

/* Work of one pass, in multiply-adds, below which threads cost more than they bring; rows below
 * which bounds do. */
enum { THREADS_PAY = 1 << 22, BOUNDS_PAY = 4096, ROUNDS = 32 };

/* The sums of the context's level. */
static const seg_sums_ops *
sums_ops(const seg_context *ctx)
{
    switch (ctx->level) {
#ifdef SEG_HAVE_V4
    case SEG_LEVEL_V4:
        return &seg_sums_ops_v4;
#endif
#ifdef SEG_HAVE_V3
    case SEG_LEVEL_V3:
        return &seg_sums_ops_v3;
#endif
    default:
        return &seg_sums_ops_base;
    }
}

const seg_kmeans_ops *
seg_lloyd_ops(const seg_context *ctx)
{
    switch (ctx->level) {
#ifdef SEG_HAVE_V4
    case SEG_LEVEL_V4:
        return &seg_kmeans_ops_v4;
#endif
#ifdef SEG_HAVE_V3
    case SEG_LEVEL_V3:
        return &seg_kmeans_ops_v3;
#endif
    default:
        return &seg_kmeans_ops_base;
    }
}

/* (a, b) elements of `size` bytes. */
static void *
table(seg_lloyd *run, seg_len a, seg_len b, seg_len size)
{
    seg_len bytes;
    return seg_mul_ok(b, size, &bytes) ? seg_arena_array(run->ctx, &run->arena, a, bytes) : NULL;
}

seg_status
seg_lloyd_open(const seg_context *ctx, const seg_points *points, seg_len k, seg_lloyd *run)
{
    seg_len d = points->d, blocks = seg_points_blocks(points), chunks = seg_points_chunks(points);
    const seg_len real = (seg_len)sizeof(double), single = (seg_len)sizeof(float);
    seg_len cells, wide, rows = points->at != NULL ? 0 : SEG_BLOCK;
    *run = (seg_lloyd){.ctx = ctx, .points = points, .k = k, .ops = seg_lloyd_ops(ctx)};
    run->add = sums_ops(ctx);
    if (k < 1 || k > SEG_CENTERS_MOST) {
        return SEG_ERR_ARG;
    }
    if (!seg_mul_ok(k, d + SEG_SUMS_MORE, &cells) || !seg_mul_ok(d, rows, &wide)) {
        return SEG_ERR_NOMEM;
    }
    float *near = table(run, k, d, single), *half = table(run, k, 1, single);
    run->sweep = (seg_sweep){.filter = {.d = d, .k = k, .centers = near, .half = half},
                             .blocks = points->blocks,
                             .reach = points->reach};
    run->centers = table(run, k, d, real);
    run->total = table(run, cells, 1, real);
    run->scratch = table(run, chunks, wide, real);
    run->sums = table(run, chunks, cells, real);
    run->labels = table(run, blocks, SEG_BLOCK, (seg_len)sizeof *run->labels);
    run->sweep.labels = run->labels;
    run->sweep.margin = table(run, blocks, 1, single);
    run->stamp = table(run, blocks, 1, (seg_len)sizeof *run->stamp);
    run->past = table(run, points->m < BOUNDS_PAY ? 1 : SEG_PAST * k, d, real);
    run->drift = table(run, SEG_PAST, 1, single);
    run->changed = table(run, chunks, 1, (seg_len)sizeof *run->changed);
    run->active = table(run, chunks, 1, (seg_len)sizeof *run->active);
    run->partial = table(run, chunks, 1, real);
    run->away = table(run, chunks, 1, real);
    run->outer = table(run, chunks, 1, (seg_len)sizeof *run->outer);
    int there = near != NULL && half != NULL && run->centers != NULL && run->total != NULL &&
                run->scratch != NULL && run->sums != NULL && run->labels != NULL &&
                run->sweep.margin != NULL && run->stamp != NULL && run->past != NULL &&
                run->drift != NULL && run->changed != NULL && run->active != NULL &&
                run->partial != NULL && run->away != NULL && run->outer != NULL;
    if (!there) {
        seg_lloyd_close(run);
        return SEG_ERR_NOMEM;
    }
    return SEG_OK;
}

void
seg_lloyd_close(seg_lloyd *run)
{
    if (run->ctx != NULL) {
        seg_arena_free(run->ctx, &run->arena);
    }
    *run = (seg_lloyd){0};
}

/* Points [first, first + n) of a chunk, n at most SEG_BLOCK unless they stand in memory. */
static seg_sums_rows
rows_at(const seg_lloyd *run, seg_len chunk, seg_len first, seg_len n)
{
    const seg_points *p = run->points;
    seg_sums_rows rows = {.d = p->d, .weight = p->weight != NULL ? p->weight + first : NULL};
    double *scratch = p->at == NULL ? run->scratch + chunk * SEG_BLOCK * p->d : NULL;
    rows.x = seg_points_rows(p, first, n, scratch, &rows.step);
    return rows;
}

/* The most rows of a chunk that rows_at gives at once. */
static seg_len
most_rows(const seg_lloyd *run)
{
    return run->points->at != NULL ? SEG_CHUNK : SEG_BLOCK;
}

/* Moves points in a chunk's sums. */
static void
move_points(seg_lloyd *run, seg_len chunk, seg_len n, const seg_sums_move *list)
{
    const seg_points *p = run->points;
    double *sums = run->sums + chunk * run->k * (p->d + SEG_SUMS_MORE);
    if (p->at != NULL) {
        seg_sums_rows all = rows_at(run, chunk, 0, p->m);
        run->add->move(&all, n, list, p->pivot, sums);
        return;
    }
    for (seg_len i = 0; i < n; i++) {
        seg_sums_rows one = rows_at(run, chunk, list[i].row, 1);
        const seg_sums_move move = {.row = 0, .from = list[i].from, .to = list[i].to};
        run->add->move(&one, 1, &move, p->pivot, sums);
    }
}

/* Settles what the filter left: labels follow, and unless they are fresh the chunk's sums. */
static void
settle(seg_lloyd *run, seg_len chunk, seg_len n, const seg_open_row *open)
{
    const seg_points *p = run->points;
    seg_sums_move list[SEG_OPEN_ROWS];
    seg_len moves = 0, d = p->d;
    for (seg_len i = 0; i < n && p->at != NULL; i++) { /* rows here and there */
        SEG_PREFETCH_READ(p->at + open[i].row * p->step);
        SEG_PREFETCH_READ(p->at + open[i].row * p->step + d - 1);
    }
    for (seg_len i = 0; i < n; i++) {
        int32_t row = open[i].row, was = run->labels[row], label = open[i].label;
        if (row >= p->m) { /* what fills the last block up */
            run->labels[row] = label;
            continue;
        }
        if (label < 0) {
            double square;
            seg_sums_rows one = rows_at(run, chunk, row, 1);
            label = seg_nearest_center(run->k, d, one.x, run->centers, &square);
        }
        run->labels[row] = label;
        if (label != was) {
            list[moves++] = (seg_sums_move){row, was, label};
        }
    }
    if (!run->sweep.fresh) {
        run->changed[chunk] += moves;
        move_points(run, chunk, moves, list);
    }
}

/* Whether someone wants the run to stop. */
static int
stopped(seg_lloyd *run, struct seg_team *team, seg_len task)
{
    double share = 0.5;
    return team != NULL ? seg_team_stopped(team, task, share) : seg_poll(run->ctx, share) != SEG_OK;
}

/* The chunk's sums, from its labels alone. */
static void
sum_points(seg_lloyd *run, seg_len chunk)
{
    const seg_points *p = run->points;
    seg_len cells = run->k * (p->d + SEG_SUMS_MORE), end = seg_min((chunk + 1) * SEG_CHUNK, p->m);
    double *sums = run->sums + chunk * cells;
    memset(sums, 0, (size_t)cells * sizeof *sums);
    for (seg_len i = chunk * SEG_CHUNK, n; i < end; i += n) {
        n = seg_min(most_rows(run), end - i);
        seg_sums_rows rows = rows_at(run, chunk, i, n);
        run->add->add(&rows, n, run->labels + i, p->pivot, sums);
    }
}

static seg_status
chunk_done(struct seg_team *team, seg_len chunk)
{
    return team != NULL && seg_team_stopped(team, chunk, 1.0) ? SEG_ERR_CANCELLED : SEG_OK;
}

static seg_status
assign_chunk(struct seg_team *team, seg_len chunk, void *arg)
{
    enum { BLOCKS = SEG_CHUNK / SEG_BLOCK };
    seg_lloyd *run = arg;
    seg_len first = chunk * BLOCKS, active = 0, n_open;
    seg_len end = seg_min(first + BLOCKS, seg_points_blocks(run->points));
    int32_t list[BLOCKS];
    seg_open_row open[SEG_OPEN_ROWS];
    const seg_len steps = seg_lloyd_steps(run->k * SEG_BLOCK, run->points->d);
    for (seg_len block = first; block < end; block++) {
        int32_t age = run->now - run->stamp[block];
        if (age >= SEG_PAST ||
            run->sweep.margin[block] <= run->drift[run->stamp[block] % SEG_PAST]) {
            list[active++] = (int32_t)block;
            run->stamp[block] = run->now;
        }
    }
    run->active[chunk] = active;
    run->changed[chunk] = 0;
    for (seg_len at = 0, polled = 0; at < active;) {
        at = run->ops->sweep(&run->sweep, at, seg_min(active, at + steps), list, open, &n_open);
        settle(run, chunk, n_open, open);
        if (at - polled >= steps) {
            polled = at;
            if (team != NULL ? stopped(run, team, chunk) : stopped(run, run->team, run->task)) {
                return SEG_ERR_CANCELLED;
            }
        }
    }
    if (run->sweep.fresh) {
        run->changed[chunk] = seg_min(SEG_CHUNK, run->points->m - chunk * SEG_CHUNK);
        sum_points(run, chunk);
    }
    return chunk_done(team, chunk);
}

static seg_status
sum_chunk(struct seg_team *team, seg_len chunk, void *arg)
{
    sum_points(arg, chunk);
    return chunk_done(team, chunk);
}

static double
square_between(seg_len d, const double *a, const double *b)
{
    double sum = 0.0;
    for (seg_len j = 0; j < d; j++) {
        sum += (a[j] - b[j]) * (a[j] - b[j]);
    }
    return sum;
}

/* The chunk's share of the inertia. */
static seg_status
weigh_chunk(struct seg_team *team, seg_len chunk, void *arg)
{
    seg_lloyd *run = arg;
    seg_len end = seg_min((chunk + 1) * SEG_CHUNK, run->points->m);
    double sum = 0.0;
    for (seg_len i = chunk * SEG_CHUNK, n; i < end; i += n) {
        n = seg_min(most_rows(run), end - i);
        seg_sums_rows rows = rows_at(run, chunk, i, n);
        sum = run->add->weigh(&rows, n, run->labels + i, run->centers, sum);
    }
    run->partial[chunk] = sum;
    return chunk_done(team, chunk);
}

/* Runs a chunk's task over all chunks, on several threads if `work` multiply-adds are worth it. */
static seg_status
each_chunk(seg_lloyd *run, seg_task task, double work)
{
    seg_len chunks = seg_points_chunks(run->points);
    if (run->team == NULL && run->ctx->n_threads > 1 && chunks > 1 && work > THREADS_PAY) {
        return seg_team_run(run->ctx, chunks, task, run);
    }
    seg_status status = SEG_OK;
    for (seg_len chunk = 0; chunk < chunks && status == SEG_OK; chunk++) {
        status = task(NULL, chunk, run);
        if (status == SEG_OK && stopped(run, run->team, run->task)) {
            status = SEG_ERR_CANCELLED;
        }
    }
    return status;
}

/* The centres for the filter: floats of (c - middle) unit. */
static void
aim_filter(seg_lloyd *run)
{
    const seg_points *p = run->points;
    seg_len d = p->d;
    seg_filter *f = &run->sweep.filter;
    float *near = (float *)(uintptr_t)f->centers, *half = (float *)(uintptr_t)f->half;
    double longest = 0.0;
    for (seg_len q = 0; q < run->k; q++) {
        double square = 0.0;
        for (seg_len j = 0; j < d; j++) {
            double z = (run->centers[q * d + j] - p->middle[j]) * p->unit;
            near[q * d + j] = (float)z;
            square += z * z;
        }
        half[q] = (float)(0.5 * square);
        longest = square > longest ? square : longest;
    }
    seg_lloyd_aim(f, sqrt(longest) * 1.000001);
}

/* How far the labels of each past iteration may be off by now: the two largest shifts of centres
 * since, squared as margins are. */
static void
measure_drift(seg_lloyd *run)
{
    seg_len size = run->k * run->points->d;
    if (run->points->m < BOUNDS_PAY) {
        for (int t = 0; t < SEG_PAST; t++) {
            run->drift[t] = INFINITY;
        }
        return;
    }
    memcpy(run->past + run->now % SEG_PAST * size, run->centers, (size_t)size * sizeof(double));
    for (int32_t t = 0; t < SEG_PAST; t++) {
        double most = 0.0, second = 0.0;
        for (seg_len q = 0; q < run->k && t <= run->now; q++) {
            seg_len at = q * run->points->d;
            double square =
                square_between(run->points->d, run->past + t * size + at, run->centers + at);
            second = square > most ? most : square > second ? square : second;
            most = square > most ? square : most;
        }
        double drift = (sqrt(most) + sqrt(second)) * run->points->unit * 1.000001;
        run->drift[t] = t <= run->now ? (float)(drift * drift) + 1e-30f : INFINITY;
    }
}

/* The E-step. OUT: labels changed, blocks looked at. */
static seg_status
assign(seg_lloyd *run, seg_len *changed, seg_len *active)
{
    seg_len chunks = seg_points_chunks(run->points);
    double work = (double)*active * SEG_BLOCK * (double)run->k * (double)run->points->d;
    run->now++;
    run->sweep.fresh = run->now == 0;
    aim_filter(run);
    measure_drift(run);
    seg_status status = each_chunk(run, assign_chunk, work);
    *changed = *active = 0;
    for (seg_len chunk = 0; chunk < chunks; chunk++) {
        *changed += run->changed[chunk];
        *active += run->active[chunk];
    }
    return status;
}

/* The sums of all chunks, in their order. */
static void
add_chunks(seg_lloyd *run)
{
    seg_len cells = run->k * (run->points->d + SEG_SUMS_MORE),
            chunks = seg_points_chunks(run->points);
    memcpy(run->total, run->sums, (size_t)cells * sizeof *run->total);
    for (seg_len chunk = 1; chunk < chunks; chunk++) {
        const double *sums = run->sums + chunk * cells;
        for (seg_len c = 0; c < cells; c++) {
            run->total[c] += sums[c];
        }
    }
}

/* The sums of one cluster, added as add_chunks adds them. */
static void
add_cluster(seg_lloyd *run, seg_len q)
{
    seg_len wide = run->points->d + SEG_SUMS_MORE, cells = run->k * wide,
            chunks = seg_points_chunks(run->points);
    double *total = run->total + q * wide;
    memcpy(total, run->sums + q * wide, (size_t)wide * sizeof *total);
    for (seg_len chunk = 1; chunk < chunks; chunk++) {
        const double *sums = run->sums + chunk * cells + q * wide;
        for (seg_len c = 0; c < wide; c++) {
            total[c] += sums[c];
        }
    }
}

/* The number of rows of a cluster. */
static double
rows_of(const seg_lloyd *run, seg_len q)
{
    return run->total[q * (run->points->d + SEG_SUMS_MORE) + run->points->d + 1];
}

/* Finds the row of a chunk that is farthest from its centre among clusters of several rows, the
 * first on ties; none if none is away from it. SEG_OK or SEG_ERR_CANCELLED. */
static seg_status
find_outer(seg_lloyd *run, seg_len chunk)
{
    const seg_points *p = run->points;
    seg_len d = p->d, end = seg_min((chunk + 1) * SEG_CHUNK, p->m), steps = seg_lloyd_steps(1, d);
    run->outer[chunk] = -1;
    run->away[chunk] = 0.0;
    for (seg_len i = chunk * SEG_CHUNK, left = steps; i < end; i++) {
        int32_t q = run->labels[i];
        if (rows_of(run, q) < 1.5 || (p->weight != NULL && p->weight[i] <= 0.0)) {
            continue;
        }
        double square = square_between(d, seg_points_row(p, i, run->scratch), run->centers + q * d);
        if (square > run->away[chunk]) {
            run->away[chunk] = square;
            run->outer[chunk] = i;
        }
        if (--left == 0) {
            left = steps;
            if (stopped(run, run->team, run->task)) {
                return SEG_ERR_CANCELLED;
            }
        }
    }
    return stopped(run, run->team, run->task) ? SEG_ERR_CANCELLED : SEG_OK;
}

/* The point that is farthest from its centre among clusters of several points; -1 if none is away
 * from it. What is known of the chunks is an upper bound: rows only leave their clusters, so that a
 * chunk whose row may not be taken any more is looked at again, when its turn comes. */
static seg_status
farthest(seg_lloyd *run, seg_len *found)
{
    seg_len chunks = seg_points_chunks(run->points);
    seg_status status = SEG_OK;
    while (status == SEG_OK) {
        seg_len best = 0;
        for (seg_len chunk = 1; chunk < chunks; chunk++) {
            best = run->away[chunk] > run->away[best] ? chunk : best;
        }
        *found = run->outer[best];
        if (*found < 0 || rows_of(run, run->labels[*found]) > 1.5) {
            break;
        }
        status = find_outer(run, best);
    }
    return status;
}

/* Gives each empty cluster the row farthest from its centre; *moved: how many. */
static seg_status
fill_empty(seg_lloyd *run, seg_len *moved)
{
    seg_len chunks = seg_points_chunks(run->points), i;
    seg_status status = SEG_OK;
    *moved = 0;
    for (seg_len q = 0; q < run->k && status == SEG_OK; q++) {
        if (rows_of(run, q) > 0.5) {
            continue;
        }
        for (seg_len chunk = 0; chunk < chunks && *moved == 0 && status == SEG_OK; chunk++) {
            status = find_outer(run, chunk);
        }
        status = status == SEG_OK ? farthest(run, &i) : status;
        if (status != SEG_OK || i < 0) {
            break;
        }
        const seg_sums_move move = {(int32_t)i, run->labels[i], (int32_t)q};
        move_points(run, i / SEG_CHUNK, 1, &move);
        run->labels[i] = (int32_t)q;
        run->sweep.margin[i / SEG_BLOCK] = 0.0f;
        add_cluster(run, move.from);
        add_cluster(run, q);
        ++*moved;
    }
    return status;
}

/* The M-step: new centres, the sum of their squared shifts; *moved rows went to empty clusters. A
 * cluster that stays empty keeps its centre. SEG_OK or SEG_ERR_CANCELLED. */
static seg_status
move_centers(seg_lloyd *run, seg_len *moved, double *shift)
{
    const seg_points *p = run->points;
    seg_len d = p->d;
    add_chunks(run);
    seg_status status = fill_empty(run, moved);
    *shift = 0.0;
    for (seg_len q = 0; q < run->k && status == SEG_OK; q++) {
        const double *total = run->total + q * (d + SEG_SUMS_MORE);
        int empty = total[d + 1] < 0.5;
        for (seg_len j = 0; j < d; j++) {
            double *center = &run->centers[q * d + j];
            double next = empty ? *center : p->pivot[j] + total[j] / total[d];
            *shift += (next - *center) * (next - *center);
            *center = next;
        }
    }
    return status;
}

/* Labels unknown, sums empty. */
static void
begin(seg_lloyd *run)
{
    seg_len blocks = seg_points_blocks(run->points);
    memset(run->labels, 0xFF, (size_t)(blocks * SEG_BLOCK) * sizeof *run->labels);
    memset(run->stamp, 0, (size_t)blocks * sizeof *run->stamp);
    memset(run->sweep.margin, 0, (size_t)blocks * sizeof *run->sweep.margin);
    run->now = -1;
    run->n_iter = 0;
    run->converged = 0;
}

/* Iterates until rest, tol or max_iter; *strict says whether labels are at rest. */
static seg_status
iterate(seg_lloyd *run, int max_iter, double tol, seg_len *active, int *strict)
{
    seg_status status = SEG_OK;
    *strict = 0;
    while (run->n_iter < max_iter && status == SEG_OK) {
        seg_len changed, moved;
        double shift;
        status = assign(run, &changed, active);
        run->n_iter++;
        status = status == SEG_OK ? move_centers(run, &moved, &shift) : status;
        if (status != SEG_OK) {
            break;
        }
        *strict = changed == 0 && moved == 0;
        run->converged = *strict || shift <= tol;
        if (run->converged) {
            break;
        }
    }
    return status;
}

/* The inertia, chunk by chunk. */
static seg_status
weigh(seg_lloyd *run)
{
    double work = (double)run->points->m * (double)run->points->d * 4.0;
    seg_status status = each_chunk(run, weigh_chunk, work);
    run->inertia = 0.0;
    for (seg_len chunk = 0; chunk < seg_points_chunks(run->points) && status == SEG_OK; chunk++) {
        run->inertia += run->partial[chunk];
    }
    return status;
}

seg_status
seg_lloyd_run(seg_lloyd *run, int max_iter, double tol)
{
    seg_len active = seg_points_blocks(run->points), changed = 1, moved;
    double work = (double)run->points->m * (double)run->points->d * 4.0, shift;
    int strict = 0;
    begin(run);
    seg_status status = SEG_OK;
    /* Sums that followed the labels carry their roundings: at rest they are taken afresh, and in
     * the rare case that this moves a label the iterations go on. */
    for (int round = 0; round < ROUNDS && status == SEG_OK && changed > 0; round++) {
        status = iterate(run, max_iter, tol, &active, &strict);
        if (status == SEG_OK && strict) {
            status = each_chunk(run, sum_chunk, work);
            status = status == SEG_OK ? move_centers(run, &moved, &shift) : status;
        }
        if (status == SEG_OK) {
            active = seg_points_blocks(run->points);
            status = assign(run, &changed, &active);
        }
        if (!strict || run->n_iter >= max_iter) {
            break;
        }
    }
    return status == SEG_OK ? weigh(run) : status;
}

seg_status
seg_lloyd_settle(seg_lloyd *run)
{
    seg_len active = seg_points_blocks(run->points), changed;
    begin(run);
    seg_status status = assign(run, &changed, &active);
    return status == SEG_OK ? weigh(run) : status;
}

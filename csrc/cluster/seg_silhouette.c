#include "seg_silhouette.h"

#include <math.h>
#include <string.h>

#include "seg_arena.h"
#include "seg_scale.h"
#include "seg_silhouette_isa.h"
#include "seg_sort.h"
#include "seg_team.h"

/* Groups whose rows look at all groups after them in one run of the team. */
enum { PANEL = 8, ROWS = SEG_SILHOUETTE_ROWS, LANES = SEG_SILHOUETTE_LANES };

/* Pairs of values below which a second thread costs more than it brings. */
#define SMALL_WORK 1e8

/* The different rows, sorted by label and value. */
typedef struct weighted_rows {
    seg_len count;   /* m */
    int32_t *row;    /* (m,) one of the equal rows */
    int32_t *weight; /* (m,) how many there are */
    int32_t *place;  /* (n,) of each row of the caller's */
    seg_len *start;  /* (n_labels + 1,) of each label in row */
} weighted_rows;

/* One call. Groups see those after them in ascending order, so that a row meets the pieces of a
 * cluster one after the other and its state is three numbers, however many clusters there are. */
typedef struct silhouette_call {
    const seg_context *ctx;
    const seg_silhouette_ops *ops;
    seg_len n, d, n_labels;
    double *x;             /* (d, n) the caller's values, until the groups have theirs */
    const int32_t *weight; /* (n,) of the caller's rows, or NULL: all 1 */
    const int32_t *label;
    weighted_rows rows;
    seg_len n_groups, padded;     /* padded: rows of all groups with their padding */
    seg_silhouette_group *groups; /* (n_groups,) */
    double *cluster_weight;       /* (n_labels,) */
    double *sum, *best, *own;     /* (padded,): of the cluster under way; the least mean of another
                                     cluster; of the own cluster */
    seg_len panel;                /* first group of this run */
    double *seen;                 /* (PANEL, n_groups, ROWS): what the panel's rows learned */
    double before, share;         /* of all pairs: those done before this run; this run's */
    double shown;                 /* the share last polled with: it never falls */
} silhouette_call;

static const seg_silhouette_ops *
ops_of(const seg_context *ctx)
{
    switch (ctx->level) {
#ifdef SEG_HAVE_V4
    case SEG_LEVEL_V4:
        return &seg_silhouette_ops_v4;
#endif
#ifdef SEG_HAVE_V3
    case SEG_LEVEL_V3:
        return &seg_silhouette_ops_v3;
#endif
    default:
        return &seg_silhouette_ops_base;
    }
}

/* ---- equal rows become one ---- */

/* A double as a key of the same order; -0 is 0. */
static uint64_t
key_of(double value)
{
    double plain = value + 0.0;
    uint64_t bits;
    memcpy(&bits, &plain, sizeof bits);
    return bits >> 63 ? ~bits : bits | (uint64_t)1 << 63;
}

static seg_status
check_labels(const silhouette_call *call, seg_fault *fault)
{
    int32_t first = -1;
    int several = 0;
    for (seg_len i = 0; i < call->n; i++) {
        int32_t label = call->label[i];
        if (label < 0 || label >= call->n_labels) {
            fault->row = i;
            return SEG_ERR_CODE;
        }
        first = i == 0 ? label : first;
        several |= label != first;
    }
    return several ? SEG_OK : SEG_ERR_ARG;
}

static seg_status
check_weights(const silhouette_call *call)
{
    int64_t sum = 0;
    int positive = 1;
    for (seg_len i = 0; i < call->n && call->weight != NULL; i++) {
        positive &= call->weight[i] > 0;
        sum += call->weight[i];
    }
    return positive && sum <= INT32_MAX ? SEG_OK : SEG_ERR_ARG;
}

/* The lowest and highest value of a column; 0 if one is not finite. */
static int
range_of(seg_len n, const double *column, double *low, double *high)
{
    double finite = 0.0;
    *low = *high = column[0];
    for (seg_len i = 0; i < n; i++) {
        *low = column[i] < *low ? column[i] : *low;
        *high = column[i] > *high ? column[i] : *high;
        finite += column[i] * 0.0;
    }
    return finite == 0.0;
}

/* Copies the values column by column, scaled if their squares would not fit. */
static seg_status
copy_values(silhouette_call *call, const seg_matrix *matrix)
{
    seg_len n = call->n, all;
    double low, high, widest = 0.0;
    if (!seg_mul_ok(n, call->d, &all)) {
        return SEG_ERR_NOMEM;
    }
    call->x = seg_block_new(call->ctx, all, sizeof *call->x);
    if (call->x == NULL) {
        return SEG_ERR_NOMEM;
    }
    seg_matrix_columns(matrix, 0, n, call->x);
    for (seg_len c = 0; c < call->d; c++) {
        if (!range_of(n, call->x + c * n, &low, &high)) {
            return SEG_ERR_ARG;
        }
        widest = high - low > widest ? high - low : widest;
    }
    double factor = seg_scale_of(widest);
    for (seg_len c = 0; c < call->d && factor != 1.0; c++) {
        double *column = call->x + c * n;
        (void)range_of(n, column, &low, &high);
        double origin = seg_scale_origin(factor, low, high - low);
        for (seg_len i = 0; i < n; i++) {
            column[i] = (column[i] - origin) * factor;
        }
    }
    return SEG_OK;
}

/* Sorts the rows by label, then by each column. */
static seg_status
sort_rows(const silhouette_call *call, int32_t *order)
{
    const seg_context *ctx = call->ctx;
    seg_len n = call->n, d = call->d;
    seg_phase still;
    uint64_t *key = seg_block_new(ctx, n, sizeof *key);
    seg_status status = key != NULL ? SEG_OK : SEG_ERR_NOMEM;
    for (seg_len c = d - 1; c >= -1 && status == SEG_OK; c--) {
        for (seg_len i = 0; i < n; i++) {
            key[i] = c >= 0 ? key_of(call->x[c * n + i]) : (uint64_t)call->label[i];
        }
        status = seg_sort_order(seg_phase_of(&still, ctx, 0.0, 0.0), n, key, order);
        status = status == SEG_OK ? seg_poll(ctx, 0.0) : status;
    }
    seg_block_free(ctx, key);
    return status;
}

static int
same_row(const silhouette_call *call, int32_t a, int32_t b)
{
    if (call->label[a] != call->label[b]) {
        return 0;
    }
    for (seg_len c = 0; c < call->d; c++) {
        if (call->x[c * call->n + a] != call->x[c * call->n + b]) {
            return 0;
        }
    }
    return 1;
}

/* Folds the sorted rows: row and weight, the place of each, where each label starts. */
static void
fold_rows(silhouette_call *call, const int32_t *order)
{
    weighted_rows *rows = &call->rows;
    seg_len m = 0, labels = 0;
    for (seg_len i = 0; i < call->n; i++) {
        int32_t row = order[i];
        if (i == 0 || !same_row(call, row, rows->row[m - 1])) {
            while (labels <= call->label[row]) {
                rows->start[labels++] = m;
            }
            rows->row[m] = row;
            rows->weight[m++] = 0;
        }
        int32_t weight = call->weight != NULL ? call->weight[row] : 1;
        rows->weight[m - 1] += weight;
        rows->place[row] = (int32_t)(m - 1);
        call->cluster_weight[call->label[row]] += (double)weight;
    }
    while (labels <= call->n_labels) {
        rows->start[labels++] = m;
    }
    rows->count = m;
}

static seg_status
gather_rows(silhouette_call *call, seg_arena *arena)
{
    const seg_context *ctx = call->ctx;
    weighted_rows *rows = &call->rows;
    rows->row = seg_arena_array(ctx, arena, call->n, sizeof *rows->row);
    rows->weight = seg_arena_array(ctx, arena, call->n, sizeof *rows->weight);
    rows->place = seg_arena_array(ctx, arena, call->n, sizeof *rows->place);
    rows->start = seg_arena_array(ctx, arena, call->n_labels + 1, sizeof *rows->start);
    call->cluster_weight =
        seg_arena_array(ctx, arena, call->n_labels, sizeof *call->cluster_weight);
    int32_t *order = seg_block_new(ctx, call->n, sizeof *order);
    seg_status status = SEG_ERR_NOMEM;
    if (rows->row != NULL && rows->weight != NULL && rows->place != NULL && rows->start != NULL &&
        call->cluster_weight != NULL && order != NULL) {
        memset(call->cluster_weight, 0, (size_t)call->n_labels * sizeof *call->cluster_weight);
        for (seg_len i = 0; i < call->n; i++) {
            order[i] = (int32_t)i;
        }
        status = sort_rows(call, order);
    }
    if (status == SEG_OK) {
        fold_rows(call, order);
    }
    seg_block_free(ctx, order);
    return status;
}

/* ---- rows become groups ---- */

/* Walks the clusters and cuts them into groups and tiles. */
static void
cut_groups(silhouette_call *call, seg_silhouette_tile *tiles)
{
    const seg_len *start = call->rows.start;
    seg_silhouette_group *open = NULL;
    seg_len n_groups = 0;
    for (seg_len k = 0; k < call->n_labels; k++) {
        int whole = start[k + 1] - start[k] <= ROWS;
        for (seg_len at = start[k]; at < start[k + 1]; at += ROWS) {
            int32_t rows = (int32_t)seg_min(start[k + 1] - at, ROWS);
            if (open == NULL || !whole || open->cluster >= 0 || open->rows + rows > ROWS) {
                open = &call->groups[n_groups++];
                *open = (seg_silhouette_group){.tiles = tiles, .cluster = whole ? -1 : (int32_t)k};
            }
            *tiles++ = (seg_silhouette_tile){
                .start = open->rows, .rows = rows, .weight = call->cluster_weight[k]};
            open->n_tiles++;
            open->rows += rows;
            open->last = at + rows == start[k + 1];
        }
    }
    call->n_groups = n_groups;
}

/* Copies the rows of a group column by column; its padding is its first row with weight 0. */
static void
pack_group(const silhouette_call *call, const seg_silhouette_group *g, seg_len first, double *x)
{
    const weighted_rows *rows = &call->rows;
    double *weight = x + call->d * g->stride;
    for (seg_len i = 0; i < g->stride; i++) {
        seg_len from = i < g->rows ? first + i : first;
        const double *source = call->x + rows->row[from];
        for (seg_len c = 0; c < call->d; c++) {
            x[c * g->stride + i] = source[c * call->n];
        }
        weight[i] = i < g->rows ? (double)rows->weight[from] : 0.0;
    }
}

static seg_status
make_groups(silhouette_call *call, seg_arena *arena)
{
    const seg_context *ctx = call->ctx;
    /* A group is a piece of a large cluster, or follows one, or it and its follower do not fit into
     * one: at most five for every ROWS rows. */
    seg_len pieces = call->rows.count / ROWS + 1;
    call->groups = seg_arena_array(ctx, arena, 5 * pieces, sizeof *call->groups);
    seg_silhouette_tile *tiles =
        seg_arena_array(ctx, arena, call->n_labels + pieces, sizeof *tiles);
    if (call->groups == NULL || tiles == NULL) {
        return SEG_ERR_NOMEM;
    }
    cut_groups(call, tiles);
    for (seg_len g = 0; g < call->n_groups; g++) {
        seg_silhouette_group *group = &call->groups[g];
        group->stride = (group->rows + LANES - 1) / LANES * LANES;
        group->at = call->padded;
        call->padded += group->stride;
    }
    double *x = seg_arena_array(ctx, arena, call->padded, (call->d + 1) * (seg_len)sizeof *x);
    if (x == NULL) {
        return SEG_ERR_NOMEM;
    }
    seg_len first = 0;
    for (seg_len g = 0; g < call->n_groups; g++) {
        seg_silhouette_group *group = &call->groups[g];
        group->x = x;
        group->weight = x + call->d * group->stride;
        pack_group(call, group, first, x);
        first += group->rows;
        x += (call->d + 1) * group->stride;
    }
    return SEG_OK;
}

/* ---- every pair of groups ---- */

/* Tells the rows of a group what they learned of another. */
static void
absorb(const silhouette_call *call,
       const seg_silhouette_group *rows,
       const seg_silhouette_group *of,
       const double *learned)
{
    double *sum = call->sum + rows->at, *best = call->best + rows->at;
    if (of->cluster < 0) {
        for (int32_t i = 0; i < rows->rows; i++) {
            best[i] = learned[i] < best[i] ? learned[i] : best[i];
        }
        return;
    }
    for (int32_t i = 0; i < rows->rows; i++) {
        sum[i] += learned[i];
    }
    if (!of->last) {
        return;
    }
    double weight = call->cluster_weight[of->cluster], *own = call->own + rows->at;
    for (int32_t i = 0; i < rows->rows; i++) {
        double mean = sum[i] / weight;
        if (rows->cluster == of->cluster) {
            own[i] = sum[i];
        } else {
            best[i] = mean < best[i] ? mean : best[i];
        }
        sum[i] = 0.0;
    }
}

/* What the rows of panel group p learned of group q. */
static double *
seen_of(const silhouette_call *call, seg_len p, seg_len q)
{
    return call->seen + ((p - call->panel) * call->n_groups + q) * ROWS;
}

/* One group meets the panel's groups up to itself: its rows absorb at once, in ascending order;
 * what the panel's rows learn waits for the other groups. */
static seg_status
meet_panel(struct seg_team *team, seg_len task, void *arg)
{
    const silhouette_call *call = arg;
    seg_silhouette_room room;
    double learned[ROWS];
    seg_len q = call->panel + task;
    if (seg_team_stopped(team, task, 0.0)) {
        return SEG_ERR_CANCELLED;
    }
    const seg_silhouette_group *late = &call->groups[q];
    for (seg_len p = call->panel; p < call->panel + PANEL && p <= q; p++) {
        const seg_silhouette_group *early = &call->groups[p];
        if (p == q) {
            call->ops->inside(early, call->d, &room, seen_of(call, p, q), call->own + early->at);
        } else {
            call->ops->meet(early, late, call->d, &room, seen_of(call, p, q), learned);
            absorb(call, late, early, learned);
        }
    }
    return SEG_OK;
}

/* The share of all pairs that is done when this run has done `done` of its own. */
static int
poll_run(void *user, double done)
{
    silhouette_call *call = user;
    double reached = call->before + call->share * done;
    call->shown = reached > call->shown ? reached : call->shown;
    return seg_poll(call->ctx, call->shown < 1.0 ? call->shown : 1.0) != SEG_OK;
}

static seg_status
meet_all(silhouette_call *call)
{
    seg_context run = *call->ctx;
    run.poll = poll_run;
    run.user = call;
    double work = (double)call->rows.count * (double)call->rows.count * (double)(call->d + 4);
    run.n_threads = work < SMALL_WORK ? 1 : run.n_threads;
    double groups = (double)call->n_groups;
    seg_status status = SEG_OK;
    for (call->panel = 0; call->panel < call->n_groups && status == SEG_OK; call->panel += PANEL) {
        double left = 1.0 - (double)call->panel / groups, then = left - PANEL / groups;
        call->before = 1.0 - left * left;
        call->share = left * left - (then > 0.0 ? then * then : 0.0);
        status = seg_team_run(&run, call->n_groups - call->panel, meet_panel, call);
        seg_len end = seg_min(call->panel + PANEL, call->n_groups);
        for (seg_len p = call->panel; p < end && status == SEG_OK; p++) {
            for (seg_len q = p; q < call->n_groups; q++) {
                absorb(call, &call->groups[p], &call->groups[q], seen_of(call, p, q));
            }
        }
    }
    return status;
}

static seg_status
make_states(silhouette_call *call, seg_arena *arena)
{
    const seg_context *ctx = call->ctx;
    call->sum = seg_arena_array(ctx, arena, call->padded, sizeof *call->sum);
    call->best = seg_arena_array(ctx, arena, call->padded, sizeof *call->best);
    call->own = seg_arena_array(ctx, arena, call->padded, sizeof *call->own);
    call->seen = seg_arena_array(ctx, arena, PANEL * call->n_groups, ROWS * sizeof *call->seen);
    if (call->sum == NULL || call->best == NULL || call->own == NULL || call->seen == NULL) {
        return SEG_ERR_NOMEM;
    }
    for (seg_len i = 0; i < call->padded; i++) {
        call->sum[i] = 0.0;
        call->best[i] = (double)INFINITY;
        call->own[i] = 0.0;
    }
    return SEG_OK;
}

/* ---- the silhouettes ---- */

/* From the sum of distances to the own cluster of this weight, and the least other mean. */
static double
silhouette_of(double own, double weight, double other)
{
    if (weight <= 1.0) {
        return 0.0;
    }
    double mean = own / (weight - 1.0), larger = mean > other ? mean : other;
    return larger > 0.0 ? (other - mean) / larger : 0.0;
}

/* Leaves in best the silhouette of every different row, then hands it to each of the caller's. */
static void
read_samples(const silhouette_call *call, double *samples)
{
    double *found = call->best;
    seg_len m = 0;
    for (seg_len g = 0; g < call->n_groups; g++) {
        const seg_silhouette_group *group = &call->groups[g];
        for (seg_len i = 0; i < group->rows; i++, m++) {
            double weight = call->cluster_weight[call->label[call->rows.row[m]]];
            /* packed to the left: m never overtakes the padded place */
            found[m] = silhouette_of(call->own[group->at + i], weight, call->best[group->at + i]);
        }
    }
    for (seg_len i = 0; i < call->n; i++) {
        samples[i] = found[call->rows.place[i]];
    }
}

seg_status
seg_silhouette_weighted(const seg_context *ctx,
                        const seg_matrix *x,
                        const int32_t *weight,
                        seg_len n_labels,
                        const int32_t *label,
                        double *samples,
                        seg_fault *fault)
{
    seg_arena arena = {0};
    silhouette_call call = {
        .ctx = ctx, .ops = ops_of(ctx), .n = x->n, .d = x->d, .n_labels = n_labels, .label = label};
    call.weight = weight;
    fault->row = -1;
    if (x->n > INT32_MAX || x->d < 1 || n_labels < 0 || n_labels > INT32_MAX) {
        return SEG_ERR_ARG;
    }
    seg_status status = check_labels(&call, fault);
    status = status == SEG_OK ? check_weights(&call) : status;
    status = status == SEG_OK ? copy_values(&call, x) : status;
    status = status == SEG_OK ? gather_rows(&call, &arena) : status;
    status = status == SEG_OK ? make_groups(&call, &arena) : status;
    seg_block_free(ctx, call.x);
    status = status == SEG_OK ? make_states(&call, &arena) : status;
    status = status == SEG_OK ? meet_all(&call) : status;
    if (status == SEG_OK) {
        read_samples(&call, samples);
    }
    seg_arena_free(ctx, &arena);
    return status;
}

seg_status
seg_silhouette(const seg_context *ctx,
               const seg_matrix *x,
               seg_len n_labels,
               const int32_t *label,
               double *samples,
               seg_fault *fault)
{
    return seg_silhouette_weighted(ctx, x, NULL, n_labels, label, samples, fault);
}

#include "seg_swap.h"

#include <string.h>

#include "seg_rng.h"

/* The stream of the swaps' draws: no start has this number. */
#define SWAP_STREAM (UINT64_MAX)

/* Running sums of the points' weighted squared distances to the centres of their labels. */
static void
fill_prefix(const seg_lloyd *run, double *prefix)
{
    const seg_points *p = run->points;
    seg_len d = p->d;
    double sum = 0.0;
    for (seg_len i = 0; i < p->m; i++) {
        const double *row = seg_points_row(p, i, run->scratch);
        const double *center = run->centers + run->labels[i] * d;
        double square = 0.0;
        for (seg_len j = 0; j < d; j++) {
            square += (row[j] - center[j]) * (row[j] - center[j]);
        }
        sum += p->weight != NULL ? p->weight[i] * square : square;
        prefix[i] = sum;
    }
}

/* The first point whose running sum is above target. */
static seg_len
find_point(seg_len m, const double *prefix, double target)
{
    seg_len low = 0, high = m - 1;
    while (low < high) {
        seg_len middle = low + (high - low) / 2;
        if (prefix[middle] > target) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

seg_status
seg_swap_search(seg_lloyd *run, const seg_kmeans_options *o, seg_kmeans_fitted *fitted)
{
    const seg_points *p = run->points;
    seg_len d = p->d, size = o->k * d;
    seg_arena arena = {0};
    double *prefix = seg_arena_array(run->ctx, &arena, p->m, (seg_len)sizeof *prefix);
    double *best = seg_arena_array(run->ctx, &arena, size, (seg_len)sizeof *best);
    seg_status status = prefix != NULL && best != NULL ? SEG_OK : SEG_ERR_NOMEM;
    double least = run->inertia;
    if (status == SEG_OK) {
        memcpy(best, run->centers, (size_t)size * sizeof *best);
        fill_prefix(run, prefix);
    }
    for (seg_len t = 0; t < o->swaps && status == SEG_OK && least > 0.0 && o->k > 1; t++) {
        uint64_t draw = 2 * (uint64_t)t;
        seg_len q = (seg_len)seg_rng_below(o->seed, SWAP_STREAM, draw, (uint32_t)o->k);
        double share = seg_rng_uniform(o->seed, SWAP_STREAM, draw + 1);
        seg_len i = find_point(p->m, prefix, share * prefix[p->m - 1]);
        memcpy(run->centers, best, (size_t)size * sizeof *best);
        memcpy(run->centers + q * d, seg_points_row(p, i, run->scratch), (size_t)d * sizeof *best);
        status = seg_lloyd_run(run, o->max_iter, o->tol * p->spread);
        if (status == SEG_OK && run->inertia < least * (1.0 - 1e-9)) {
            least = run->inertia;
            fitted->n_iter = run->n_iter;
            fitted->converged = run->converged;
            memcpy(best, run->centers, (size_t)size * sizeof *best);
            fill_prefix(run, prefix);
        }
    }
    if (status == SEG_OK) {
        memcpy(run->centers, best, (size_t)size * sizeof *best);
        status = seg_lloyd_settle(run);
    }
    seg_arena_free(run->ctx, &arena);
    return status;
}

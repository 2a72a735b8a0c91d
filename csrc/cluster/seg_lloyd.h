/* Lloyd's iterations from given centres: one run, in a workspace that any number of runs may use
 * one after the other. For this room only. */
#ifndef SEG_LLOYD_H
#define SEG_LLOYD_H

#include "seg_kmeans_isa.h"
#include "seg_points.h"
#include "seg_sums_isa.h"
#include "seg_team.h"

/* A run. Centres are scaled as the points are. */
typedef struct seg_lloyd {
    const seg_context *ctx;
    const seg_points *points;
    struct seg_team *team; /* NULL, or whose task this run is: it then uses no other thread */
    seg_len task;
    seg_len k;
    double *centers; /* (k, d)  IN: where to start; OUT: where it ended */
    int32_t *labels; /* (blocks SEG_BLOCK,)  OUT: of the points, for these centres */
    double inertia;  /* OUT: sum of weighted squared distances, scaled */
    int n_iter;      /* OUT: iterations, counted as scikit-learn does */
    int converged;   /* OUT: whether labels came to rest or the shift fell below tol */
    /* the rest is the workspace */
    seg_arena arena;
    const seg_kmeans_ops *ops;
    const seg_sums_ops *add;
    seg_sweep sweep;
    double *total, *scratch;   /* (k, d + 2); (chunks, SEG_BLOCK, d) where points have to be read */
    double *sums;              /* (chunks, k, d + 2)  see seg_sums_isa.h */
    int32_t *stamp;            /* (blocks,)  the iteration the block's margin is of */
    double *past;              /* (SEG_PAST, k, d)  centres of the last iterations */
    float *drift;              /* (SEG_PAST,)  how far they let labels be since, squared */
    seg_len *changed, *active; /* (chunks,)  labels changed, blocks looked at */
    double *partial;           /* (chunks,)  inertia */
    double *away;              /* (chunks,)  the largest squared distance of a row to its centre */
    seg_len *outer;            /* (chunks,)  that row, -1: none; see fill_empty */
    int32_t now;               /* number of the current iteration */
} seg_lloyd;

/* Multiply-adds between two polls: a few milliseconds. */
#define SEG_LLOYD_WORK ((seg_len)1 << 22)

/* How many steps of k d multiply-adds fit between two polls, at least 1. */
static inline seg_len
seg_lloyd_steps(seg_len k, seg_len d)
{
    seg_len work = SEG_LLOYD_WORK / k / d;
    return work > 1 ? work : 1;
}

/* Iterations whose centres are kept for the bounds. */
enum { SEG_PAST = 64 };

/* Makes the workspace of runs for k centres. SEG_OK, SEG_ERR_ARG unless k is in
 * [1, SEG_CENTERS_MOST], or SEG_ERR_NOMEM; ended by seg_lloyd_close. */
SEG_MUST_USE seg_status seg_lloyd_open(const seg_context *ctx,
                                       const seg_points *points,
                                       seg_len k,
                                       seg_lloyd *run);

/* Gives the workspace back; {0} is fine. */
void seg_lloyd_close(seg_lloyd *run);

/* Iterates from run->centers until no label changes, the sum of the centres' squared shifts is at
 * most tol (scaled), or max_iter is reached; then labels fit the centres. Every label is the
 * argmin in double precision that seg_nearest_label gives. A cluster that loses its last row gets
 * the row that is farthest from its centre, ties by the lowest row, never the only row of another
 * cluster. The same bits for any number of threads and any level. SEG_OK or SEG_ERR_CANCELLED. */
SEG_MUST_USE seg_status seg_lloyd_run(seg_lloyd *run, int max_iter, double tol);

/* Labels and inertia of the centres as they are. SEG_OK or SEG_ERR_CANCELLED. */
SEG_MUST_USE seg_status seg_lloyd_settle(seg_lloyd *run);

/* The filter of the context's level. */
const seg_kmeans_ops *seg_lloyd_ops(const seg_context *ctx);

/* Aims a filter at k centres of at most this length.
 *
 * With u = 2^-24, C that length and X a row's, each score is off by at most u (d + 4)
 * (C^2 / 2 + X C), whatever the order of sums and with or without fused operations; two scores
 * differ; the rest is slack for the double side. A squared margin is a quotient of sums of d
 * terms; where their differences cancel C is near X, and the doubt covers it. */
static inline void
seg_lloyd_aim(seg_filter *f, double longest)
{
    double doubt = 1.01 * 0x1p-23 * (double)(f->d + 8), left = 1.0 - (double)(f->d + 16) * 0x1p-19;
    f->doubt = (float)(doubt * 0.5 * longest * longest + 1e-30);
    f->slope = (float)(doubt * longest * 1.000001);
    f->shrink = left > 0.0 ? (float)left : 0.0f;
}

/* The nearest of k centres (k, d) to a row (d,), all scaled alike: the lowest on ties. */
static inline int32_t
seg_nearest_center(seg_len k, seg_len d, const double *row, const double *centers, double *square)
{
    int32_t best = 0;
    *square = 0.0;
    for (seg_len q = 0; q < k; q++) {
        double sum = 0.0;
        for (seg_len j = 0; j < d; j++) {
            double gap = row[j] - centers[q * d + j];
            sum += gap * gap;
        }
        if (q == 0 || sum < *square) {
            *square = sum;
            best = (int32_t)q;
        }
    }
    return best;
}

#endif

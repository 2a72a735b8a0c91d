/* Better optima of k-means than restarts find: one centre at a time is put elsewhere. For this room
 * only. */
#ifndef SEG_SWAP_H
#define SEG_SWAP_H

#include "seg_kmeans.h"
#include "seg_lloyd.h"

/* Tries options->swaps times: a centre, drawn evenly, goes to a point drawn by weighted squared
 * distance, and Lloyd's iterations follow; the result is kept if its inertia is lower.
 *
 *   run     INOUT  at rest: centers, labels, inertia
 *   fitted  INOUT  n_iter and converged of the run the centres are from
 *
 * The draws are numbers of (seed, a stream of its own). SEG_OK, SEG_ERR_NOMEM,
 * SEG_ERR_CANCELLED. */
SEG_MUST_USE seg_status seg_swap_search(seg_lloyd *run,
                                        const seg_kmeans_options *options,
                                        seg_kmeans_fitted *fitted);

#endif

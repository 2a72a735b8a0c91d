/* The hot loops of seg_indices, compiled once per level. For seg_indices.c only. */
#ifndef SEG_INDICES_ISA_H
#define SEG_INDICES_ISA_H

#include "seg_base.h"
#include "seg_cpu.h"

enum { SEG_INDICES_TILE = 512 };

typedef struct seg_indices_ops {
    /* sums (k, d) += rows less their cluster's pivot; the widest such difference, at least
     * `widest`, which no NaN changes.
     *   x (n, d), label (n,) in [0, k), pivot (k, d) */
    double (*add)(seg_len n,
                  seg_len d,
                  const double *x,
                  const int32_t *label,
                  const double *pivot,
                  double *sums,
                  double widest);
    /* Squared distances of at most SEG_INDICES_TILE rows, less the origin (d,), to their clusters'
     * centres (k, d). */
    void (*squares)(seg_len n,
                    seg_len d,
                    const double *x,
                    const int32_t *label,
                    const double *origin,
                    const double *centers,
                    double *squares);
    /* Their roots, in place. */
    void (*roots)(seg_len n, double *values);
} seg_indices_ops;

extern const seg_indices_ops seg_indices_ops_base, seg_indices_ops_v3, seg_indices_ops_v4;

#endif

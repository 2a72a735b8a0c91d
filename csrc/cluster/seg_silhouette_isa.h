/* The hot loops of seg_silhouette, compiled once per level. For seg_silhouette.c only.
 *
 * S(x, T), the weighted distances of a row x to the rows of a tile T, is always the same sum: row j
 * of the tile goes to lane j mod 8, each lane adds in order, the lanes are added as
 * seg_silhouette_isa.c says. It depends on x and T alone, whichever of the two asks. */
#ifndef SEG_SILHOUETTE_ISA_H
#define SEG_SILHOUETTE_ISA_H

#include "seg_base.h"
#include "seg_cpu.h"

enum { SEG_SILHOUETTE_LANES = 8, SEG_SILHOUETTE_ROWS = 256 };

/* Rows of one cluster that stand together in a group. */
typedef struct seg_silhouette_tile {
    int32_t start, rows; /* in its group */
    double weight;       /* of the whole cluster */
} seg_silhouette_tile;

/* At most SEG_SILHOUETTE_ROWS rows: either whole clusters, or one piece of a larger cluster. */
typedef struct seg_silhouette_group {
    const double *x;                  /* (d, stride): column c of row i at c * stride + i */
    const double *weight;             /* (stride,), 0 in the rows that pad */
    const seg_silhouette_tile *tiles; /* (n_tiles,) */
    seg_len at;                       /* of its first row among the padded rows of all groups */
    int32_t rows, stride, n_tiles;    /* stride: rows, padded to whole lanes */
    int32_t cluster;                  /* of a piece; -1: whole clusters */
    int last;                         /* the last piece of its cluster */
} seg_silhouette_group;

/* Room for one thread: values of the rows of a group, lane by lane. */
typedef struct seg_silhouette_room {
    double lanes[SEG_SILHOUETTE_LANES][SEG_SILHOUETTE_ROWS];
    double line[SEG_SILHOUETTE_ROWS];
    double toward[SEG_SILHOUETTE_ROWS];
} seg_silhouette_room;

/* What a row learns of a group: of a piece its S, of whole clusters the least S / weight. */
typedef struct seg_silhouette_ops {
    /* Two groups, each pair of rows once. OUT of_p (p's stride,): what p's rows learn of q; of_q
     * (q's stride,): what q's rows learn of p. */
    void (*meet)(const seg_silhouette_group *p,
                 const seg_silhouette_group *q,
                 seg_len d,
                 seg_silhouette_room *room,
                 double *of_p,
                 double *of_q);
    /* A group with itself. OUT of_p (stride,) as above, own clusters left out; own (stride,): S of
     * the own cluster, for whole clusters only. */
    void (*inside)(const seg_silhouette_group *p,
                   seg_len d,
                   seg_silhouette_room *room,
                   double *of_p,
                   double *own);
} seg_silhouette_ops;

extern const seg_silhouette_ops seg_silhouette_ops_base, seg_silhouette_ops_v3,
    seg_silhouette_ops_v4;

#endif

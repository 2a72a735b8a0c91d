/* Indices of how good a clustering is, from centres and the distances to them. */
#ifndef SEG_INDICES_H
#define SEG_INDICES_H

#include "seg_matrix.h"

typedef struct seg_index {
    double value;       /* NaN unless 2 <= n_clusters < n */
    seg_len n_clusters; /* labels that have rows */
    seg_len row;        /* the first row whose label is out of range or that is not finite, or -1 */
    seg_len column;     /* of what is not finite, or -1 */
} seg_index;

/* Calinski and Harabasz 1974 (doi:10.1080/03610927408827101): B (n - k) / (W (k - 1)), where W is
 * the sum of squared distances of the rows to the centres of their clusters, B the sum over the
 * clusters of rows times the squared distance of the centre to the mean of all rows; 1 where W is
 * 0, as in scikit-learn.
 *
 *   x      IN   (n, d)
 *   label  IN   (n,)    in [0, n_labels); a label without rows is no cluster
 *   index  OUT
 *
 * All from differences: centres from the first row of their cluster, sums of fixed chunks in order,
 * so that any number of threads and any level gives the same bits. Two passes, O(n d + k d); at
 * most 8 (s + 4 k) (d + 1) bytes, s the lesser of n / 4 and n k / 16384, and 4096 d a thread.
 * Values of any size: where squares would overflow or vanish everything is scaled by a power of
 * two. SEG_ERR_ARG for d < 1, a row or column that is not finite, named in index; SEG_ERR_CODE for
 * a label, its row named; SEG_ERR_NOMEM, SEG_ERR_CANCELLED. */
SEG_MUST_USE seg_status seg_calinski_harabasz(const seg_context *ctx,
                                              const seg_matrix *x,
                                              seg_len n_labels,
                                              const int32_t *label,
                                              seg_index *index);

/* Davies and Bouldin 1979 (doi:10.1109/TPAMI.1979.4766909): the mean over the clusters i of the
 * largest (s_i + s_j) / m_ij, j another cluster, s the mean distance of a cluster's rows to its
 * centre, m the distance of two centres; pairs of one centre are left out, as in scikit-learn.
 * As above, and O(k^2 d). */
SEG_MUST_USE seg_status seg_davies_bouldin(const seg_context *ctx,
                                           const seg_matrix *x,
                                           seg_len n_labels,
                                           const int32_t *label,
                                           seg_index *index);

#endif

/* The passes of k-means++: floats, each operation rounded alike on every level. */
#include "seg_kmeans_isa.h"
#include "seg_vec.h"

/* Squared distances of SEG_VF rows to one place. */
static inline seg_vf
square_to(seg_len d, const float *block, const float *place)
{
    seg_vf sum = seg_vf_all(0.0f);
    for (seg_len j = 0; j < d; j++) {
        seg_vf gap = seg_vf_sub(seg_vf_load(block + j * SEG_LANES), seg_vf_all(place[j]));
        sum = seg_vf_add(sum, seg_vf_mul(gap, gap));
    }
    return sum;
}

/* The lanes' sums, added in order. */
static inline double
sum_lanes(const float *lanes)
{
    double sum = 0.0;
    for (int i = 0; i < SEG_LANES; i++) {
        sum += (double)lanes[i];
    }
    return sum;
}

static void
weigh(seg_len blocks,
      seg_len d,
      const float *block,
      const float *share,
      const float *nearest,
      seg_len n_candidates,
      const float *candidates,
      double *potential)
{
    for (seg_len c = 0; c < n_candidates; c++) {
        float lanes[SEG_LANES] = {0.0f};
        for (seg_len b = 0; b < blocks; b++) {
            for (int v = 0; v < SEG_LANES; v += SEG_VF) {
                seg_vf near =
                    seg_vf_min(seg_vf_load(nearest + b * SEG_LANES + v),
                               square_to(d, block + b * d * SEG_LANES + v, candidates + c * d));
                if (share != NULL) {
                    near = seg_vf_mul(near, seg_vf_load(share + b * SEG_LANES + v));
                }
                seg_vf_store(lanes + v, seg_vf_add(seg_vf_load(lanes + v), near));
            }
        }
        potential[c] = sum_lanes(lanes);
    }
}

static double
take(seg_len blocks,
     seg_len d,
     const float *block,
     const float *share,
     float *nearest,
     const float *candidate)
{
    float lanes[SEG_LANES] = {0.0f};
    for (seg_len b = 0; b < blocks; b++) {
        for (int v = 0; v < SEG_LANES; v += SEG_VF) {
            float *near_at = nearest + b * SEG_LANES + v;
            seg_vf near = seg_vf_min(seg_vf_load(near_at),
                                     square_to(d, block + b * d * SEG_LANES + v, candidate));
            seg_vf_store(near_at, near);
            if (share != NULL) {
                near = seg_vf_mul(near, seg_vf_load(share + b * SEG_LANES + v));
            }
            seg_vf_store(lanes + v, seg_vf_add(seg_vf_load(lanes + v), near));
        }
    }
    return sum_lanes(lanes);
}

const seg_seed_ops SEG_NAME(seg_seed_ops) = {.weigh = weigh, .take = take};

/* The filter of k-means. Nothing here decides a bit of a result: what the filter cannot tell apart
 * is settled in double precision by the driver, so multiply-adds may be fused. */
#include "seg_kmeans_isa.h"

#include "seg_vec.h"

/* Vectors at a time: two chains of multiply-adds hide each other's latency. */
enum { PAIR = 2, STEP = SEG_VF * PAIR };

/* Above every score of packed rows, and its square root far from overflow. */
#define FAR 1e18f

/* STEP rows; d is known at compile time for few columns, so that their values stay in registers. */
static inline void
filter_rows(const seg_len d,
            const seg_filter *f,
            const float *block,
            float doubt,
            int32_t *labels,
            uint32_t *doubtful,
            seg_vf *margin)
{
    seg_vf best[PAIR], second[PAIR], label[PAIR];
    for (int v = 0; v < PAIR; v++) {
        best[v] = second[v] = seg_vf_all(FAR);
        label[v] = seg_vf_all(0.0f);
    }
    const float *center = f->centers;
    for (seg_len q = 0; q < f->k; q++, center += d) {
        seg_vf score[PAIR], half = seg_vf_all(f->half[q]), name = seg_vf_all((float)q);
        for (int v = 0; v < PAIR; v++) {
            score[v] = half;
        }
        for (seg_len j = 0; j < d; j++) {
            seg_vf c = seg_vf_all(center[j]);
            for (int v = 0; v < PAIR; v++) {
                score[v] =
                    seg_vf_less(c, seg_vf_load(block + j * SEG_LANES + v * SEG_VF), score[v]);
            }
        }
        for (int v = 0; v < PAIR; v++) {
            label[v] = seg_vf_where_less(score[v], best[v], name, label[v]);
            second[v] = seg_vf_min(second[v], seg_vf_max(score[v], best[v]));
            best[v] = seg_vf_min(score[v], best[v]);
        }
    }
    for (int v = 0; v < PAIR; v++) {
        /* d2 - d1 = (d2^2 - d1^2) / (d2 + d1), every error on the safe side */
        seg_vf length = seg_vf_all(doubt), two = seg_vf_all(2.0f);
        for (seg_len j = 0; j < d; j++) {
            seg_vf x = seg_vf_load(block + j * SEG_LANES + v * SEG_VF);
            length = seg_vf_add(length, seg_vf_mul(x, x));
        }
        seg_vf gap = seg_vf_sub(second[v], best[v]), limit = seg_vf_all(doubt);
        seg_vf floor = seg_vf_all(1e-30f);
        seg_vf first = seg_vf_max(seg_vf_add(length, seg_vf_mul(two, best[v])), floor);
        seg_vf other = seg_vf_max(seg_vf_add(length, seg_vf_mul(two, second[v])), floor);
        seg_vf roots = seg_vf_add(seg_vf_sqrt(first), seg_vf_sqrt(other));
        seg_vf sure = seg_vf_sub(gap, limit);
        *margin = seg_vf_min(*margin, seg_vf_div(seg_vf_mul(two, sure), roots));
        *doubtful |= seg_vf_not_above(gap, limit) << (v * SEG_VF);
        seg_vf_store_ints(labels + v * SEG_VF, label[v]);
    }
}

static inline void
filter_block(
    const seg_len d, const seg_filter *f, const float *block, float doubt, seg_filtered *out)
{
    seg_vf margin = seg_vf_all(FAR);
    float lanes[SEG_VF], least = FAR;
    out->doubtful = 0;
    for (int at = 0; at < SEG_LANES; at += STEP) {
        uint32_t doubtful = 0;
        filter_rows(d, f, block + at, doubt, out->labels + at, &doubtful, &margin);
        out->doubtful |= doubtful << at;
    }
    seg_vf_store(lanes, margin);
    for (int i = 0; i < SEG_VF; i++) {
        least = lanes[i] < least ? lanes[i] : least;
    }
    out->margin = least > 0.0f && out->doubtful == 0 ? least * 0.99999f : 0.0f;
}

#define COLUMNS(number)                                                                            \
    case number:                                                                                   \
        filter_block(number, f, block, doubt, out);                                                \
        break

static void
filter(const seg_filter *f, const float *block, float doubt, seg_filtered *out)
{
    switch (f->d) {
        COLUMNS(1);
        COLUMNS(2);
        COLUMNS(3);
        COLUMNS(4);
        COLUMNS(5);
        COLUMNS(6);
        COLUMNS(7);
        COLUMNS(8);
        COLUMNS(10);
    default:
        filter_block(f->d, f, block, doubt, out);
    }
}

const seg_kmeans_ops SEG_NAME(seg_kmeans_ops) = {.filter = filter};

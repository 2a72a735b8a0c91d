/* The passes of k-means++: floats, each operation rounded alike on every level. */
#include "seg_kmeans_isa.h"
#include "seg_vec.h"

/* Candidates at a time: their sums stay in registers, and rows are read once for all of them. */
enum { FEW = 4, PAIR = 2, STEP = SEG_VF * PAIR };

/* Squared distances of SEG_VF rows to one place. */
SEG_INLINE seg_vf
square_to(const seg_len d, const float *block, const float *place)
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

/* The potentials of n <= FEW candidates: STEP lanes through all blocks, then the next. */
SEG_INLINE void
weigh_few(const seg_len d,
          const int n,
          seg_len blocks,
          const float *block,
          const float *share,
          const float *nearest,
          const float *candidates,
          double *potential)
{
    float lanes[FEW][SEG_LANES];
    for (int at = 0; at < SEG_LANES; at += STEP) {
        seg_vf sum[FEW][PAIR];
        for (int i = 0; i < n * PAIR; i++) {
            sum[i / PAIR][i % PAIR] = seg_vf_all(0.0f);
        }
        for (seg_len b = 0; b < blocks; b++) {
            for (int v = 0; v < PAIR; v++) {
                seg_len lane = b * SEG_LANES + at + v * SEG_VF;
                const float *rows = block + b * d * SEG_LANES + at + v * SEG_VF;
                seg_vf near = seg_vf_load(nearest + lane);
                seg_vf w = share != NULL ? seg_vf_load(share + lane) : near;
                for (int c = 0; c < n; c++) {
                    seg_vf square = seg_vf_min(near, square_to(d, rows, candidates + c * d));
                    square = share != NULL ? seg_vf_mul(square, w) : square;
                    sum[c][v] = seg_vf_add(sum[c][v], square);
                }
            }
        }
        for (int i = 0; i < n * PAIR; i++) {
            seg_vf_store(lanes[i / PAIR] + at + i % PAIR * SEG_VF, sum[i / PAIR][i % PAIR]);
        }
    }
    for (int c = 0; c < n; c++) {
        potential[c] = sum_lanes(lanes[c]);
    }
}

SEG_INLINE double
take_one(const seg_len d,
         seg_len blocks,
         const float *block,
         const float *share,
         float *nearest,
         const float *candidate)
{
    float lanes[SEG_LANES];
    for (int at = 0; at < SEG_LANES; at += STEP) {
        seg_vf sum[PAIR] = {seg_vf_all(0.0f), seg_vf_all(0.0f)};
        for (seg_len b = 0; b < blocks; b++) {
            for (int v = 0; v < PAIR; v++) {
                seg_len lane = b * SEG_LANES + at + v * SEG_VF;
                const float *rows = block + b * d * SEG_LANES + at + v * SEG_VF;
                seg_vf near =
                    seg_vf_min(seg_vf_load(nearest + lane), square_to(d, rows, candidate));
                seg_vf_store(nearest + lane, near);
                if (share != NULL) {
                    near = seg_vf_mul(near, seg_vf_load(share + lane));
                }
                sum[v] = seg_vf_add(sum[v], near);
            }
        }
        for (int v = 0; v < PAIR; v++) {
            seg_vf_store(lanes + at + v * SEG_VF, sum[v]);
        }
    }
    return sum_lanes(lanes);
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
    for (seg_len c = 0, n; c < n_candidates; c += n) {
        const float *from = candidates + c * d;
        n = n_candidates - c >= FEW ? FEW : 1;
#define WEIGH_FEW(d) weigh_few(d, FEW, blocks, block, share, nearest, from, potential + c)
#define WEIGH_ONE(d) weigh_few(d, 1, blocks, block, share, nearest, from, potential + c)
        if (n == FEW) {
            SEG_EACH_WIDTH(d, WEIGH_FEW)
        } else {
            SEG_EACH_WIDTH(d, WEIGH_ONE)
        }
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
    double potential = 0.0;
#define TAKE(d) potential = take_one(d, blocks, block, share, nearest, candidate)
    SEG_EACH_WIDTH(d, TAKE)
    return potential;
}

const seg_seed_ops SEG_NAME(seg_seed_ops) = {.weigh = weigh, .take = take};

/* The filter of k-means. Nothing here decides a bit of a result: what the filter cannot tell apart
 * is settled in double precision by the driver, so multiply-adds may be fused. */
#include "seg_kmeans_isa.h"

#include "seg_vec.h"

/* Vectors at a time: two chains of multiply-adds hide each other's latency. Blocks asked for ahead:
 * those between are skipped, so that the processor does not guess which is next. */
enum { PAIR = 2, STEP = SEG_VF * PAIR, AHEAD = 3, LINE = 64 / sizeof(float) };

/* Above every score of packed rows, and its square far from overflow. */
#define FAR 1e18f

/* The two lowest scores of STEP rows, and whose the lowest is. */
typedef struct ranked {
    seg_vf best[PAIR], second[PAIR], label[PAIR];
} ranked;

/* Scores of STEP rows for one centre. */
SEG_INLINE void
score_rows(const seg_len d, const float *block, const float *center, float half, seg_vf *score)
{
    for (int v = 0; v < PAIR; v++) {
        score[v] = seg_vf_all(half);
    }
    for (seg_len j = 0; j < d; j++) {
        seg_vf c = seg_vf_all(center[j]);
        for (int v = 0; v < PAIR; v++) {
            score[v] = seg_vf_less(c, seg_vf_load(block + j * SEG_LANES + v * SEG_VF), score[v]);
        }
    }
}

SEG_INLINE void
rank_rows(const seg_len d, const seg_filter *f, const float *block, ranked *r)
{
    const float *center = f->centers;
    seg_vf name = seg_vf_all(0.0f), one = seg_vf_all(1.0f);
    score_rows(d, block, center, f->half[0], r->best);
    for (int v = 0; v < PAIR; v++) {
        r->second[v] = seg_vf_all(FAR);
        r->label[v] = name;
    }
    for (seg_len q = 1; q < f->k; q++) {
        seg_vf score[PAIR];
        center += d;
        name = seg_vf_add(name, one);
        score_rows(d, block, center, f->half[q], score);
        for (int v = 0; v < PAIR; v++) {
            r->label[v] = seg_vf_where_less(score[v], r->best[v], name, r->label[v]);
            r->second[v] = seg_vf_min(r->second[v], seg_vf_max(score[v], r->best[v]));
            r->best[v] = seg_vf_min(score[v], r->best[v]);
        }
    }
}

/* Squared margins of STEP rows: with b and s the lowest scores, the distances to the two nearest
 * centres d1, d2 have d2 - d1 = 2 (s - b) / (d1 + d2) and (d1 + d2)^2 <= 4 (|x|^2 + b + s). */
SEG_INLINE seg_vf
margin_rows(const seg_len d, const ranked *r, const float *block, seg_vf doubt, seg_vf least)
{
    for (int v = 0; v < PAIR; v++) {
        seg_vf wide = seg_vf_add(seg_vf_add(r->best[v], r->second[v]), seg_vf_add(doubt, doubt));
        for (seg_len j = 0; j < d; j++) {
            seg_vf x = seg_vf_load(block + j * SEG_LANES + v * SEG_VF);
            wide = seg_vf_add(wide, seg_vf_mul(x, x));
        }
        seg_vf sure = seg_vf_sub(seg_vf_sub(r->second[v], r->best[v]), doubt);
        wide = seg_vf_max(wide, seg_vf_all(1e-30f));
        least = seg_vf_min(least, seg_vf_div(seg_vf_mul(sure, sure), wide));
    }
    return least;
}

/* The labels of one block and which are doubtful; the least squared margin if it is wanted. */
SEG_INLINE uint32_t
filter_block(const seg_len d,
             const seg_filter *f,
             const float *block,
             float reach,
             seg_vf *label,
             seg_vf *margin)
{
    seg_vf doubt = seg_vf_all(f->doubt + f->slope * reach);
    uint32_t doubtful = 0;
    for (int at = 0; at < SEG_LANES; at += STEP) {
        ranked r;
        rank_rows(d, f, block + at, &r);
        for (int v = 0; v < PAIR; v++) {
            seg_vf gap = seg_vf_sub(r.second[v], r.best[v]);
            doubtful |= seg_vf_not_above(gap, doubt) << (at + v * SEG_VF);
            label[at / SEG_VF + v] = r.label[v];
        }
        if (margin != NULL) {
            *margin = margin_rows(d, &r, block + at, doubt, *margin);
        }
    }
    return doubtful;
}

/* Asks memory for a block's rows and labels. */
SEG_INLINE void
expect_block(const seg_len d, const seg_sweep *s, seg_len block)
{
    const float *rows = s->blocks + block * d * SEG_LANES;
    for (seg_len i = 0; i < d * SEG_LANES; i += LINE) {
        SEG_PREFETCH_READ(rows + i);
    }
    for (seg_len i = 0; i < SEG_LANES; i += LINE) {
        SEG_PREFETCH_READ(s->labels + block * SEG_LANES + i);
    }
}

SEG_INLINE seg_len
sweep_blocks(const seg_len d,
             const seg_sweep *s,
             seg_len from,
             seg_len n,
             const int32_t *list,
             seg_open_row *open,
             seg_len *n_open)
{
    seg_len found = 0;
    for (; from < n && found <= SEG_OPEN_ROWS - SEG_LANES; from++) {
        seg_len block = list[from], first = block * SEG_LANES;
        seg_vf label[SEG_LANES / SEG_VF], margin = seg_vf_all(FAR);
        int32_t names[SEG_LANES], *labels = s->fresh ? s->labels + first : names;
        uint32_t look = 0;
        if (from + AHEAD < n) {
            expect_block(d, s, list[from + AHEAD]);
        }
        uint32_t doubtful =
            filter_block(d, &s->filter, s->blocks + first * d, s->reach[block], label, &margin);
        s->margin[block] = doubtful == 0 ? s->filter.shrink * seg_vf_least(margin) : 0.0f;
        for (int v = 0; v < SEG_LANES / SEG_VF && !s->fresh; v++) {
            look |= seg_vf_differs(s->labels + first + v * SEG_VF, label[v]) << (v * SEG_VF);
        }
        look |= doubtful;
        for (int v = 0; v < SEG_LANES / SEG_VF && (look != 0 || s->fresh); v++) {
            seg_vf_store_ints(labels + v * SEG_VF, label[v]);
        }
        for (int32_t i = 0; look != 0; i++, look >>= 1) {
            if (look & 1u) {
                int32_t name = doubtful >> i & 1u ? -1 : labels[i];
                open[found++] = (seg_open_row){(int32_t)first + i, name};
            }
        }
    }
    *n_open = found;
    return from;
}

SEG_INLINE uint32_t
label_block(const seg_len d, const seg_filter *f, const float *block, float reach, int32_t *labels)
{
    seg_vf label[SEG_LANES / SEG_VF];
    uint32_t doubtful = filter_block(d, f, block, reach, label, NULL);
    for (int v = 0; v < SEG_LANES / SEG_VF; v++) {
        seg_vf_store_ints(labels + v * SEG_VF, label[v]);
    }
    return doubtful;
}

static seg_len
sweep(const seg_sweep *s,
      seg_len from,
      seg_len n,
      const int32_t *list,
      seg_open_row *open,
      seg_len *n_open)
{
#define SWEEP(d) from = sweep_blocks(d, s, from, n, list, open, n_open)
    SEG_EACH_WIDTH(s->filter.d, SWEEP)
    return from;
}

static uint32_t
label(const seg_filter *f, const float *block, float reach, int32_t *labels)
{
    uint32_t doubtful = 0;
#define LABEL(d) doubtful = label_block(d, f, block, reach, labels)
    SEG_EACH_WIDTH(f->d, LABEL)
    return doubtful;
}

const seg_kmeans_ops SEG_NAME(seg_kmeans_ops) = {.sweep = sweep, .label = label};

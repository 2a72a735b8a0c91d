#include "seg_pack_isa.h"

#include <math.h>

#include "seg_vec.h"

/* Rows whose bounds are kept apart: as many as fill vectors. Columns that do. */
enum { APART = 8, WIDEST = 16, EVEN = 8 };

/* For each of APART rows in turn its own bounds, so that no comparison waits for the one before. */
SEG_INLINE int
widen_rows(const seg_len d, seg_len n, const double *x, seg_len step, double *lo, double *hi)
{
    double low[APART * WIDEST], high[APART * WIDEST], odd[APART * WIDEST], any = 0.0;
    seg_len i = 0;
    for (seg_len c = 0; c < APART * d; c++) {
        low[c] = lo[c % d];
        high[c] = hi[c % d];
        odd[c] = 0.0;
    }
    for (; i + APART <= n; i += APART) {
        for (seg_len r = 0; r < APART; r++) {
            for (seg_len j = 0; j < d; j++) {
                double value = x[(i + r) * step + j];
                seg_len c = r * d + j;
                low[c] = value < low[c] ? value : low[c];
                high[c] = value > high[c] ? value : high[c];
                odd[c] += value * 0.0;
            }
        }
    }
    for (; i < n; i++) {
        for (seg_len j = 0; j < d; j++) {
            double value = x[i * step + j];
            low[j] = value < low[j] ? value : low[j];
            high[j] = value > high[j] ? value : high[j];
            odd[j] += value * 0.0;
        }
    }
    for (seg_len c = 0; c < APART * d; c++) {
        lo[c % d] = low[c] < lo[c % d] ? low[c] : lo[c % d];
        hi[c % d] = high[c] > hi[c % d] ? high[c] : hi[c % d];
        any += odd[c];
    }
    return any == 0.0;
}

/* Columns a few at a time. */
static int
bounds(seg_len d, seg_len n, const double *x, seg_len step, double *lo, double *hi)
{
    int fine = 1;
    for (seg_len j = 0; j < d;) {
        seg_len wide = seg_min(WIDEST, d - j);
#define WIDEN(known)                                                                               \
    fine &= (step == (known) ? widen_rows(known, n, x + j, known, lo + j, hi + j)                  \
                             : widen_rows(known, n, x + j, step, lo + j, hi + j))
        SEG_EACH_WIDTH(wide, WIDEN)
        j += wide;
    }
    return fine;
}

/* What no row of a block is longer than. */
SEG_INLINE float
longest_row(const seg_len d, const float *block)
{
    seg_vf none = seg_vf_all(0.0f), most = none, odd = none;
    for (int at = 0; at < SEG_LANES; at += SEG_VF) {
        seg_vf square = none;
        for (seg_len j = 0; j < d; j++) {
            seg_vf z = seg_vf_load(block + j * SEG_LANES + at);
            square = seg_vf_add(square, seg_vf_mul(z, z));
        }
        most = seg_vf_max(most, square);
        odd = seg_vf_add(odd, seg_vf_mul(square, none));
    }
    if (seg_vf_not_above(odd, seg_vf_all(-1.0f)) != 0) {
        return INFINITY;
    }
    /* each square is a sum of d terms in floats; terms that vanish are below 2^-70 */
    double square = -(double)seg_vf_least(seg_vf_sub(none, most));
    return (float)(sqrt(square * (1.0 + (double)(d + 8) * 0x1p-23)) * 1.000001 + 0x1p-60);
}

/* A whole block of rows that stand one behind the other. */
SEG_INLINE void
pack_dense(const seg_len d, const seg_frame *f, const double *restrict x, float *restrict block)
{
    for (seg_len j = 0; j < d; j++) {
        for (seg_len i = 0; i < SEG_LANES; i++) {
            block[j * SEG_LANES + i] = (float)((x[i * d + j] - f->middle[j]) * f->unit);
        }
    }
}

/* The same for 4 and 8 columns: where rows fill vectors, floats are turned quicker than doubles. */
SEG_INLINE void
pack_even(const seg_len d, const seg_frame *f, const double *restrict x, float *restrict block)
{
    float z[SEG_LANES * EVEN];
    for (seg_len i = 0; i < SEG_LANES; i++) {
        for (seg_len j = 0; j < d; j++) {
            z[i * d + j] = (float)((x[i * d + j] - f->middle[j]) * f->unit);
        }
    }
    for (seg_len i = 0; i < SEG_LANES; i++) {
        for (seg_len j = 0; j < d; j++) {
            block[j * SEG_LANES + i] = z[i * d + j];
        }
    }
}

/* Any rows. */
static void
pack_sparse(const seg_frame *f, seg_len n, const double *x, seg_len step, float *block)
{
    for (seg_len i = 0; i < SEG_LANES; i++) {
        const double *row = i < n ? x + i * step : x;
        for (seg_len j = 0; j < f->d; j++) {
            block[j * SEG_LANES + i] = (float)((row[j] - f->middle[j]) * f->unit);
        }
    }
}

SEG_INLINE float
pack_rows(
    const seg_len d, const seg_frame *f, seg_len n, const double *x, seg_len step, float *block)
{
    if (step == d && n == SEG_LANES && (d == 4 || d == EVEN)) {
        pack_even(d, f, x, block);
    } else if (step == d && n == SEG_LANES) {
        pack_dense(d, f, x, block);
    } else {
        pack_sparse(f, n, x, step, block);
    }
    return longest_row(d, block);
}

static float
pack(const seg_frame *f, seg_len n, const double *x, seg_len step, float *block)
{
    float reach = 0.0f;
#define PACK(d) reach = pack_rows(d, f, n, x, step, block)
    SEG_EACH_WIDTH(f->d, PACK)
    return reach;
}

/* Sums of one column of a block. */
SEG_INLINE void
add_moments(const float *z, const double *weight, double *sum, double *squares)
{
    for (seg_len i = 0; i < SEG_LANES; i += SEG_MOMENTS) {
        for (seg_len r = 0; r < SEG_MOMENTS; r++) {
            double at = (double)z[i + r], w = weight != NULL ? weight[i + r] : 1.0;
            sum[r] += w * at;
            squares[r] += w * (at * at);
        }
    }
}

static void
moments(seg_len d, const float *block, const double *weight, double *sums)
{
    for (seg_len j = 0; j < d; j++) {
        const float *z = block + j * SEG_LANES;
        double *sum = sums + j * 2 * SEG_MOMENTS, *squares = sum + SEG_MOMENTS;
        if (weight == NULL) {
            add_moments(z, NULL, sum, squares);
        } else {
            add_moments(z, weight, sum, squares);
        }
    }
}

const seg_pack_ops SEG_NAME(seg_pack_ops) = {.bounds = bounds, .pack = pack, .moments = moments};

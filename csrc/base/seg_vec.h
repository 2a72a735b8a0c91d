/* Vectors of floats as wide as the level allows, and the few operations the filters need.
 *
 * The width follows what the file is compiled for: AVX-512, AVX2 with FMA, SSE2, NEON, else one
 * float. `static inline` only, so that a levelled file may include it. */
#ifndef SEG_VEC_H
#define SEG_VEC_H

#include <stdint.h>

#if defined(__AVX512F__)
#include <immintrin.h>
enum { SEG_VF = 16 };
typedef __m512 seg_vf;
#define SEG_VF_OP(name) _mm512_##name##_ps
#elif defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>
enum { SEG_VF = 8 };
typedef __m256 seg_vf;
#define SEG_VF_OP(name) _mm256_##name##_ps
#elif defined(__SSE2__)
#include <immintrin.h>
enum { SEG_VF = 4 };
typedef __m128 seg_vf;
#define SEG_VF_OP(name) _mm_##name##_ps
#elif defined(__ARM_NEON) && defined(__aarch64__)
#include <arm_neon.h>
enum { SEG_VF = 4 };
typedef float32x4_t seg_vf;
#else
enum { SEG_VF = 1 };
typedef float seg_vf;
#endif

#if defined(SEG_VF_OP)

/* SEG_VF floats from memory of any alignment. */
static inline seg_vf
seg_vf_load(const float *from)
{
    return SEG_VF_OP(loadu)(from);
}

/* SEG_VF floats to memory of any alignment. */
static inline void
seg_vf_store(float *to, seg_vf a)
{
    SEG_VF_OP(storeu)(to, a);
}

/* The same float in every lane. */
static inline seg_vf
seg_vf_all(float x)
{
    return SEG_VF_OP(set1)(x);
}

/* a + b, each lane rounded once. */
static inline seg_vf
seg_vf_add(seg_vf a, seg_vf b)
{
    return SEG_VF_OP(add)(a, b);
}

/* a - b, rounded once. */
static inline seg_vf
seg_vf_sub(seg_vf a, seg_vf b)
{
    return SEG_VF_OP(sub)(a, b);
}

/* a * b, rounded once. */
static inline seg_vf
seg_vf_mul(seg_vf a, seg_vf b)
{
    return SEG_VF_OP(mul)(a, b);
}

/* a / b, rounded once. */
static inline seg_vf
seg_vf_div(seg_vf a, seg_vf b)
{
    return SEG_VF_OP(div)(a, b);
}

/* The smaller, lane by lane; b where one is NaN. */
static inline seg_vf
seg_vf_min(seg_vf a, seg_vf b)
{
    return SEG_VF_OP(min)(a, b);
}

/* The larger, lane by lane; b where one is NaN. */
static inline seg_vf
seg_vf_max(seg_vf a, seg_vf b)
{
    return SEG_VF_OP(max)(a, b);
}
#endif

#if defined(__AVX512F__)

/* c - a * b, rounded once or twice: for filters only, whose error bound allows both. */
static inline seg_vf
seg_vf_less(seg_vf a, seg_vf b, seg_vf c)
{
    return _mm512_fnmadd_ps(a, b, c);
}

/* a < b ? x : y, lane by lane. */
static inline seg_vf
seg_vf_where_less(seg_vf a, seg_vf b, seg_vf x, seg_vf y)
{
    return _mm512_mask_mov_ps(y, _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), x);
}

/* Bit i is set unless lane i of a is above that of b, so also where one is NaN. */
static inline uint32_t
seg_vf_not_above(seg_vf a, seg_vf b)
{
    return _mm512_cmp_ps_mask(a, b, _CMP_NGT_UQ);
}

/* Whole floats as integers. */
static inline void
seg_vf_store_ints(int32_t *to, seg_vf a)
{
    _mm512_storeu_si512((void *)to, _mm512_cvtps_epi32(a));
}

/* Bit i is set where lane i of a, a whole float, is not from[i]. */
static inline uint32_t
seg_vf_differs(const int32_t *from, seg_vf a)
{
    return _mm512_cmpneq_epi32_mask(_mm512_cvtps_epi32(a), _mm512_loadu_si512((const void *)from));
}

/* The smallest lane. */
static inline float
seg_vf_least(seg_vf a)
{
    return _mm512_reduce_min_ps(a);
}
#elif defined(__AVX2__) && defined(__FMA__)

/* c - a * b, rounded once or twice: for filters only, whose error bound allows both. */
static inline seg_vf
seg_vf_less(seg_vf a, seg_vf b, seg_vf c)
{
    return _mm256_fnmadd_ps(a, b, c);
}

/* a < b ? x : y, lane by lane. */
static inline seg_vf
seg_vf_where_less(seg_vf a, seg_vf b, seg_vf x, seg_vf y)
{
    return _mm256_blendv_ps(y, x, _mm256_cmp_ps(a, b, _CMP_LT_OQ));
}

/* Bit i is set unless lane i of a is above that of b, so also where one is NaN. */
static inline uint32_t
seg_vf_not_above(seg_vf a, seg_vf b)
{
    return (uint32_t)_mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_NGT_UQ));
}

/* Whole floats as integers. */
static inline void
seg_vf_store_ints(int32_t *to, seg_vf a)
{
    _mm256_storeu_si256((__m256i *)(void *)to, _mm256_cvtps_epi32(a));
}

/* Bit i is set where lane i of a, a whole float, is not from[i]. */
static inline uint32_t
seg_vf_differs(const int32_t *from, seg_vf a)
{
    __m256i b = _mm256_loadu_si256((const __m256i *)(const void *)from);
    b = _mm256_cmpeq_epi32(_mm256_cvtps_epi32(a), b);
    return 255u & ~(uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(b));
}

/* The smallest lane. */
static inline float
seg_vf_least(seg_vf a)
{
    __m128 half = _mm_min_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    half = _mm_min_ps(half, _mm_movehl_ps(half, half));
    return _mm_cvtss_f32(_mm_min_ss(half, _mm_shuffle_ps(half, half, 1)));
}
#elif defined(__SSE2__)

/* c - a * b, rounded once or twice: for filters only, whose error bound allows both. */
static inline seg_vf
seg_vf_less(seg_vf a, seg_vf b, seg_vf c)
{
    return _mm_sub_ps(c, _mm_mul_ps(a, b));
}

/* a < b ? x : y, lane by lane. */
static inline seg_vf
seg_vf_where_less(seg_vf a, seg_vf b, seg_vf x, seg_vf y)
{
    seg_vf mask = _mm_cmplt_ps(a, b);
    return _mm_or_ps(_mm_and_ps(mask, x), _mm_andnot_ps(mask, y));
}

/* Bit i is set unless lane i of a is above that of b, so also where one is NaN. */
static inline uint32_t
seg_vf_not_above(seg_vf a, seg_vf b)
{
    return (uint32_t)_mm_movemask_ps(_mm_cmpngt_ps(a, b));
}

/* Whole floats as integers. */
static inline void
seg_vf_store_ints(int32_t *to, seg_vf a)
{
    _mm_storeu_si128((__m128i *)(void *)to, _mm_cvtps_epi32(a));
}

/* Bit i is set where lane i of a, a whole float, is not from[i]. */
static inline uint32_t
seg_vf_differs(const int32_t *from, seg_vf a)
{
    __m128i b = _mm_loadu_si128((const __m128i *)(const void *)from);
    b = _mm_cmpeq_epi32(_mm_cvtps_epi32(a), b);
    return 15u & ~(uint32_t)_mm_movemask_ps(_mm_castsi128_ps(b));
}

/* The smallest lane. */
static inline float
seg_vf_least(seg_vf a)
{
    a = _mm_min_ps(a, _mm_movehl_ps(a, a));
    return _mm_cvtss_f32(_mm_min_ss(a, _mm_shuffle_ps(a, a, 1)));
}
#elif defined(__ARM_NEON) && defined(__aarch64__)

/* SEG_VF floats from memory of any alignment. */
static inline seg_vf
seg_vf_load(const float *from)
{
    return vld1q_f32(from);
}

/* SEG_VF floats to memory of any alignment. */
static inline void
seg_vf_store(float *to, seg_vf a)
{
    vst1q_f32(to, a);
}

/* The same float in every lane. */
static inline seg_vf
seg_vf_all(float x)
{
    return vdupq_n_f32(x);
}

/* a + b, each lane rounded once. */
static inline seg_vf
seg_vf_add(seg_vf a, seg_vf b)
{
    return vaddq_f32(a, b);
}

/* a - b, rounded once. */
static inline seg_vf
seg_vf_sub(seg_vf a, seg_vf b)
{
    return vsubq_f32(a, b);
}

/* a * b, rounded once. */
static inline seg_vf
seg_vf_mul(seg_vf a, seg_vf b)
{
    return vmulq_f32(a, b);
}

/* a / b, rounded once. */
static inline seg_vf
seg_vf_div(seg_vf a, seg_vf b)
{
    return vdivq_f32(a, b);
}

/* c - a * b, rounded once or twice: for filters only, whose error bound allows both. */
static inline seg_vf
seg_vf_less(seg_vf a, seg_vf b, seg_vf c)
{
    return vfmsq_f32(c, a, b);
}

/* a < b ? x : y, lane by lane. */
static inline seg_vf
seg_vf_where_less(seg_vf a, seg_vf b, seg_vf x, seg_vf y)
{
    return vbslq_f32(vcltq_f32(a, b), x, y);
}

/* The smaller, lane by lane; b where one is NaN. */
static inline seg_vf
seg_vf_min(seg_vf a, seg_vf b)
{
    return seg_vf_where_less(a, b, a, b);
}

/* The larger, lane by lane; b where one is NaN. */
static inline seg_vf
seg_vf_max(seg_vf a, seg_vf b)
{
    return seg_vf_where_less(b, a, a, b);
}

/* Bit i is set unless lane i of a is above that of b, so also where one is NaN. */
static inline uint32_t
seg_vf_not_above(seg_vf a, seg_vf b)
{
    const uint32x4_t bit = {1, 2, 4, 8};
    return 15u & ~vaddvq_u32(vandq_u32(vcgtq_f32(a, b), bit));
}

/* Whole floats as integers. */
static inline void
seg_vf_store_ints(int32_t *to, seg_vf a)
{
    vst1q_s32(to, vcvtq_s32_f32(a));
}

/* Bit i is set where lane i of a, a whole float, is not from[i]. */
static inline uint32_t
seg_vf_differs(const int32_t *from, seg_vf a)
{
    const uint32x4_t bit = {1, 2, 4, 8};
    return 15u & ~vaddvq_u32(vandq_u32(vceqq_s32(vcvtq_s32_f32(a), vld1q_s32(from)), bit));
}

/* The smallest lane. */
static inline float
seg_vf_least(seg_vf a)
{
    return vminvq_f32(a);
}
#else

/* One float from memory. */
static inline seg_vf
seg_vf_load(const float *from)
{
    return *from;
}

/* One float to memory. */
static inline void
seg_vf_store(float *to, seg_vf a)
{
    *to = a;
}

/* The float itself. */
static inline seg_vf
seg_vf_all(float x)
{
    return x;
}

/* a + b, rounded once. */
static inline seg_vf
seg_vf_add(seg_vf a, seg_vf b)
{
    return a + b;
}

/* a - b, rounded once. */
static inline seg_vf
seg_vf_sub(seg_vf a, seg_vf b)
{
    return a - b;
}

/* a * b, rounded once. */
static inline seg_vf
seg_vf_mul(seg_vf a, seg_vf b)
{
    return a * b;
}

/* a / b, rounded once. */
static inline seg_vf
seg_vf_div(seg_vf a, seg_vf b)
{
    return a / b;
}

/* c - a * b, rounded once or twice: for filters only, whose error bound allows both. */
static inline seg_vf
seg_vf_less(seg_vf a, seg_vf b, seg_vf c)
{
    return c - a * b;
}

/* a < b ? x : y, one lane. */
static inline seg_vf
seg_vf_where_less(seg_vf a, seg_vf b, seg_vf x, seg_vf y)
{
    return a < b ? x : y;
}

/* The smaller; b where one is NaN. */
static inline seg_vf
seg_vf_min(seg_vf a, seg_vf b)
{
    return a < b ? a : b;
}

/* The larger; b where one is NaN. */
static inline seg_vf
seg_vf_max(seg_vf a, seg_vf b)
{
    return a > b ? a : b;
}

/* 1 unless a is above b, so also where one is NaN. */
static inline uint32_t
seg_vf_not_above(seg_vf a, seg_vf b)
{
    return !(a > b);
}

/* A whole float as an integer. */
static inline void
seg_vf_store_ints(int32_t *to, seg_vf a)
{
    *to = (int32_t)a;
}

/* 1 where a, a whole float, is not *from. */
static inline uint32_t
seg_vf_differs(const int32_t *from, seg_vf a)
{
    return *from != (int32_t)a;
}

/* The lane. */
static inline float
seg_vf_least(seg_vf a)
{
    return a;
}
#endif

#endif

#include "seg_cpu.h"

#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#include <cpuid.h>

#define BIT(n) (1u << (n))
#define HAS(reg, mask) (((reg) & (mask)) == (mask))

/* The state components the operating system saves on a context switch. */
static uint32_t
saved_state(void)
{
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

static seg_level
detected(void)
{
    uint32_t a, b, c, d, b7, extended;
    if (__get_cpuid_max(0, NULL) < 7) {
        return SEG_LEVEL_BASE;
    }
    __cpuid(1, a, b, c, d);
    /* v2 and v3 of leaf 1: SSE3, SSSE3, FMA, CX16, SSE4.1, SSE4.2, MOVBE, POPCNT, OSXSAVE, AVX,
     * F16C */
    uint32_t leaf1 = BIT(0) | BIT(9) | BIT(12) | BIT(13) | BIT(19) | BIT(20) | BIT(22) | BIT(23) |
                     BIT(27) | BIT(28) | BIT(29);
    if (!HAS(c, leaf1) || !HAS(saved_state(), BIT(1) | BIT(2))) {
        return SEG_LEVEL_BASE;
    }
    __cpuid_count(7, 0, a, b7, c, d);
    __cpuid(0x80000001u, a, b, extended, d);
    /* BMI1, AVX2, BMI2; LZCNT and LAHF in the extended leaf */
    if (!HAS(b7, BIT(3) | BIT(5) | BIT(8)) || !HAS(extended, BIT(0) | BIT(5))) {
        return SEG_LEVEL_BASE;
    }
    /* AVX512 F, DQ, CD, BW, VL, and the mask and upper registers saved */
    if (!HAS(b7, BIT(16) | BIT(17) | BIT(28) | BIT(30) | BIT(31)) ||
        !HAS(saved_state(), BIT(5) | BIT(6) | BIT(7))) {
        return SEG_LEVEL_V3;
    }
    return SEG_LEVEL_V4;
}
#else
static seg_level
detected(void)
{
    return SEG_LEVEL_BASE;
}
#endif

seg_level
seg_cpu_best_level(void)
{
    seg_level level = detected();
#ifndef SEG_HAVE_V4
    level = level > SEG_LEVEL_V3 ? SEG_LEVEL_V3 : level;
#endif
#ifndef SEG_HAVE_V3
    level = SEG_LEVEL_BASE;
#endif
    return level;
}

const char *
seg_level_name(seg_level level)
{
    static const char *const names[SEG_LEVELS] = {"base", "v3", "v4"};
    return (unsigned)level < SEG_LEVELS ? names[level] : NULL;
}

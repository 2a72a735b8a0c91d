/* Levels of the processor: which build of a hot loop may run here. */
#ifndef SEG_CPU_H
#define SEG_CPU_H

/* x86-64 psABI levels. On other processors only base exists (NEON is part of arm64's base). */
typedef enum seg_level { SEG_LEVEL_BASE = 0, SEG_LEVEL_V3, SEG_LEVEL_V4, SEG_LEVELS } seg_level;

/* The highest level that was compiled in, that this processor has and whose registers the operating
 * system saves (CPUID and XGETBV). Pure: it keeps nothing between calls. */
seg_level seg_cpu_best_level(void);

/* "base", "v3" or "v4"; NULL for anything else. */
const char *seg_level_name(seg_level level);

#endif

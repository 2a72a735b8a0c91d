/* Checked products, status sentences, levels. */
#include "seg_base.h"
#include "seg_cpu.h"
#include "seg_status.h"
#include "seg_test.h"

static void
products_are_checked(void)
{
    static const seg_len edge[] = {
        0, 1, 2, 3, PTRDIFF_MAX / 2, PTRDIFF_MAX / 2 + 1, PTRDIFF_MAX, -1, PTRDIFF_MIN};
    for (size_t i = 0; i < sizeof edge / sizeof edge[0]; i++) {
        for (size_t j = 0; j < sizeof edge / sizeof edge[0]; j++) {
            seg_len a = edge[i], b = edge[j], product = 77, wanted;
            int fits = a >= 0 && b >= 0 && !__builtin_mul_overflow(a, b, &wanted);
            CHECK_INT(seg_mul_ok(a, b, &product), fits);
            CHECK_INT(product, fits ? wanted : 77);
        }
    }
    CHECK_INT(seg_min(-3, 5), -3);
    CHECK_INT(seg_min(5, -3), -3);
}

static void
every_status_has_its_sentence(void)
{
    for (int a = SEG_OK; a <= SEG_ERR_TEXT; a++) {
        const char *text = seg_status_text((seg_status)a);
        REQUIRE(text != NULL);
        CHECK(strlen(text) >= 4 && text[strlen(text) - 1] != '.');
        CHECK(strcmp(text, "unknown status") != 0);
        for (int b = SEG_OK; b < a; b++) {
            CHECK(strcmp(text, seg_status_text((seg_status)b)) != 0);
        }
    }
    CHECK(strcmp(seg_status_text((seg_status)(SEG_ERR_TEXT + 1)), "unknown status") == 0);
}

static void
levels_are_what_the_processor_has(void)
{
    seg_level best = seg_cpu_best_level();
    CHECK(best < SEG_LEVELS);
    CHECK_INT(seg_cpu_best_level(), best);
    CHECK(strcmp(seg_level_name(SEG_LEVEL_BASE), "base") == 0);
    CHECK(strcmp(seg_level_name(SEG_LEVEL_V3), "v3") == 0);
    CHECK(strcmp(seg_level_name(SEG_LEVEL_V4), "v4") == 0);
    CHECK(seg_level_name(SEG_LEVELS) == NULL);
    CHECK(seg_level_name((seg_level)-1) == NULL);
#if defined(__x86_64__) && defined(SEG_HAVE_V4)
    /* the compiler's own reading of the processor, which knows nothing of ours */
    __builtin_cpu_init();
    int v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
             __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("fma");
    int v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
             __builtin_cpu_supports("avx512vl");
    CHECK_INT(best, v4 ? SEG_LEVEL_V4 : v3 ? SEG_LEVEL_V3 : SEG_LEVEL_BASE);
#else
    CHECK_INT(best, SEG_LEVEL_BASE);
#endif
}

SEG_CASES(CASE(products_are_checked),
          CASE(every_status_has_its_sentence),
          CASE(levels_are_what_the_processor_has))

/* Matrices of every type and stride, and the search for what is no number. */
#include "seg_matrix.h"
#include "seg_test.h"

static void
strides_and_types_read_the_same_numbers(void)
{
    const double f64[] = {1, 2, 3, 4, 5, 6};
    const float f32[] = {1, 3, 5, 2, 4, 6}; /* column by column */
    const int16_t i16[] = {6, 0, 5, 0, 4, 0, 3, 0, 2, 0, 1, 0};
    const uint8_t u8[] = {9, 1, 2, 3, 4, 5, 6};
    const seg_matrix all[] = {
        {3, 2, SEG_F64, (const char *)f64, 16, 8},
        {3, 2, SEG_F32, (const char *)f32, 4, 12},
        {3, 2, SEG_I16, (const char *)(i16 + 10), -8, -4},
        {3, 2, SEG_U8, (const char *)(u8 + 1), 2, 1},
    };
    for (size_t m = 0; m < sizeof all / sizeof all[0]; m++) {
        double rows[6], columns[4];
        seg_matrix_rows(&all[m], 0, 3, rows);
        CHECK(memcmp(rows, f64, sizeof rows) == 0);
        seg_matrix_columns(&all[m], 1, 2, columns);
        CHECK(columns[0] == 3 && columns[1] == 5 && columns[2] == 4 && columns[3] == 6);
    }
}

static void
the_first_bad_place_is_named(void)
{
    enum { N = 9000, D = 3 };
    static double x[N * D];
    seg_context ctx = {0};
    seg_matrix m = {N, D, SEG_F64, (const char *)x, D * sizeof(double), sizeof(double)};
    seg_len row, column;
    REQUIRE(seg_matrix_fault(&ctx, &m, &row, &column) == SEG_OK);
    CHECK(row == -1 && column == -1);
    x[8000 * D + 2] = NAN;
    REQUIRE(seg_matrix_fault(&ctx, &m, &row, &column) == SEG_OK);
    CHECK(row == 8000 && column == 2);
    x[17 * D + 1] = -INFINITY;
    x[17 * D + 2] = NAN;
    REQUIRE(seg_matrix_fault(&ctx, &m, &row, &column) == SEG_OK);
    CHECK(row == 17 && column == 1);
}

SEG_CASES(CASE(strides_and_types_read_the_same_numbers), CASE(the_first_bad_place_is_named))

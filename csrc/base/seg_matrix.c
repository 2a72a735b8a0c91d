#include "seg_matrix.h"

#include <string.h>

#include "seg_arena.h"

enum { TILE = 4096 };

/* read_f32(from, step, n, to, skip): to[i * skip] = element i of a line of floats, and so on. */
#define READ(name, type)                                                                           \
    static void read_##name(const char *from, seg_len step, seg_len n, double *to, seg_len skip)   \
    {                                                                                              \
        for (seg_len i = 0; i < n; i++) {                                                          \
            type x;                                                                                \
            memcpy(&x, from + i * step, sizeof x);                                                 \
            to[i * skip] = (double)x;                                                              \
        }                                                                                          \
    }

READ(f64, double)
READ(f32, float)
READ(i8, int8_t)
READ(i16, int16_t)
READ(i32, int32_t)
READ(i64, int64_t)
READ(u8, uint8_t)
READ(u16, uint16_t)
READ(u32, uint32_t)
READ(u64, uint64_t)

typedef void (*reader)(const char *from, seg_len step, seg_len n, double *to, seg_len skip);

static reader
reader_of(seg_number type)
{
    static const reader readers[] = {read_f64, read_f32, read_i8,  read_i16, read_i32,
                                     read_i64, read_u8,  read_u16, read_u32, read_u64};
    return readers[type];
}

void
seg_matrix_rows(const seg_matrix *m, seg_len first, seg_len n, double *out)
{
    reader read = reader_of(m->type);
    const char *from = m->data + first * m->row_step;
    if (m->d > 1 && m->row_step < m->column_step) { /* columns are the lines of memory */
        for (seg_len j = 0; j < m->d; j++) {
            read(from + j * m->column_step, m->row_step, n, out + j, m->d);
        }
        return;
    }
    for (seg_len i = 0; i < n; i++) {
        read(from + i * m->row_step, m->column_step, m->d, out + i * m->d, 1);
    }
}

void
seg_matrix_columns(const seg_matrix *m, seg_len first, seg_len n, double *out)
{
    reader read = reader_of(m->type);
    const char *from = m->data + first * m->row_step;
    for (seg_len j = 0; j < m->d; j++) {
        read(from + j * m->column_step, m->row_step, n, out + j * n, 1);
    }
}

const double *
seg_matrix_place(const seg_matrix *m, seg_len *step)
{
    const seg_len size = (seg_len)sizeof(double);
    *step = m->row_step / size;
    int there = m->type == SEG_F64 && (m->column_step == size || m->d == 1) &&
                m->row_step % size == 0 && (uintptr_t)m->data % sizeof(double) == 0;
    return there ? (const double *)(const void *)m->data : NULL;
}

/* Whether a tile holds something that is no number: NaN and infinity times 0 are NaN. */
static int
tile_is_finite(seg_len n, const double *tile)
{
    double sum[4] = {0.0, 0.0, 0.0, 0.0};
    seg_len i = 0;
    for (; i + 4 <= n; i += 4) {
        for (int lane = 0; lane < 4; lane++) {
            sum[lane] += tile[i + lane] * 0.0;
        }
    }
    for (; i < n; i++) {
        sum[0] += tile[i] * 0.0;
    }
    return sum[0] + sum[1] + sum[2] + sum[3] == 0.0;
}

seg_status
seg_matrix_fault(const seg_context *ctx, const seg_matrix *m, seg_len *row, seg_len *column)
{
    *row = *column = -1;
    if (m->d == 0 || m->type >= SEG_I8) {
        return SEG_OK;
    }
    seg_len step = m->d < TILE ? TILE / m->d : 1;
    double *tile = seg_block_new(ctx, step * m->d, sizeof *tile);
    seg_status status = tile != NULL ? SEG_OK : SEG_ERR_NOMEM;
    for (seg_len first = 0; first < m->n && status == SEG_OK && *row < 0; first += step) {
        seg_len rows = seg_min(step, m->n - first);
        seg_matrix_rows(m, first, rows, tile);
        for (seg_len i = 0; *row < 0 && i < rows * m->d && !tile_is_finite(rows * m->d, tile);
             i++) {
            if (tile[i] * 0.0 != 0.0) {
                *row = first + i / m->d;
                *column = i % m->d;
            }
        }
        status = seg_poll(ctx, (double)first / (double)m->n);
    }
    seg_block_free(ctx, tile);
    return status;
}

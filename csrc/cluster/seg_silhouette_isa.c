#include "seg_silhouette_isa.h"

#include <math.h>
#include <string.h>

enum { LANES = SEG_SILHOUETTE_LANES, UNROLLED = 8 };

/* Squared distances of the rows of p to the point at, whose columns are `step` apart, with all
 * columns in one loop: the compiler sees d as a number. */
static inline void
measure(const seg_silhouette_group *p,
        const double *at,
        seg_len step,
        int d,
        double weight,
        double *restrict lane,
        double *restrict line)
{
    const double *restrict x = p->x, *restrict w = p->weight;
    seg_len n = p->stride;
    double point[UNROLLED];
    for (int c = 0; c < d; c++) {
        point[c] = at[c * step];
    }
    for (seg_len i = 0; i < n; i++) {
        double sum = 0.0;
        for (int c = 0; c < d; c++) {
            double apart = x[c * n + i] - point[c];
            sum += apart * apart;
        }
        double distance = sqrt(sum);
        lane[i] += weight * distance;
        line[i] = w[i] * distance;
    }
}

/* The same for any d, a column at a time: the same additions in the same order. */
static void
measure_wide(const seg_silhouette_group *p,
             const double *at,
             seg_len step,
             seg_len d,
             double weight,
             double *restrict lane,
             double *restrict line)
{
    const double *restrict w = p->weight;
    seg_len n = p->stride;
    memset(line, 0, (size_t)n * sizeof *line);
    for (seg_len c = 0; c < d; c++) {
        const double *restrict x = p->x + c * n;
        double point = at[c * step];
        for (seg_len i = 0; i < n; i++) {
            double apart = x[i] - point;
            line[i] += apart * apart;
        }
    }
    for (seg_len i = 0; i < n; i++) {
        double distance = sqrt(line[i]);
        lane[i] += weight * distance;
        line[i] = w[i] * distance;
    }
}

/* Adds row j of q, weighted, to a lane of the rows of p; line: the rows of p, weighted. */
static void
add_row(const seg_silhouette_group *p,
        const seg_silhouette_group *q,
        seg_len j,
        seg_len d,
        double *lane,
        double *line)
{
    const double *at = q->x + j;
    seg_len step = q->stride;
    double weight = q->weight[j];
    switch (d) {
    case 1:
        measure(p, at, step, 1, weight, lane, line);
        break;
    case 2:
        measure(p, at, step, 2, weight, lane, line);
        break;
    case 3:
        measure(p, at, step, 3, weight, lane, line);
        break;
    case 4:
        measure(p, at, step, 4, weight, lane, line);
        break;
    case 5:
        measure(p, at, step, 5, weight, lane, line);
        break;
    case 6:
        measure(p, at, step, 6, weight, lane, line);
        break;
    case 7:
        measure(p, at, step, 7, weight, lane, line);
        break;
    case 8:
        measure(p, at, step, 8, weight, lane, line);
        break;
    default:
        measure_wide(p, at, step, d, weight, lane, line);
    }
}

/* S of a tile whose rows stand in a line: the eight lanes, added as settle() adds them. */
static double
sum_line(const double *line, seg_len rows)
{
    double lane[LANES] = {0};
    seg_len i = 0;
    for (; i + LANES <= rows; i += LANES) {
        for (int l = 0; l < LANES; l++) {
            lane[l] += line[i + l];
        }
    }
    for (int l = 0; i + l < rows; l++) {
        lane[l] += line[i + l];
    }
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) +
           ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

/* What one row, whose distances to the rows of p stand in a line, learns of p. */
static double
learn(const seg_silhouette_group *p, const double *line)
{
    if (p->cluster >= 0) {
        return sum_line(line, p->stride);
    }
    double least = (double)INFINITY;
    for (int32_t t = 0; t < p->n_tiles; t++) {
        const seg_silhouette_tile *tile = &p->tiles[t];
        double mean = sum_line(line + tile->start, tile->rows) / tile->weight;
        least = mean < least ? mean : least;
    }
    return least;
}

/* S of the rows of p for a tile, from its lanes. */
static void
settle(seg_silhouette_room *room, seg_len n, double *restrict sum)
{
    double(*restrict lane)[SEG_SILHOUETTE_ROWS] = room->lanes;
    for (seg_len i = 0; i < n; i++) {
        sum[i] = ((lane[0][i] + lane[4][i]) + (lane[2][i] + lane[6][i])) +
                 ((lane[1][i] + lane[5][i]) + (lane[3][i] + lane[7][i]));
    }
}

/* Empties the lanes of n rows that a tile will use or settle. */
static void
clear(seg_silhouette_room *room, seg_len n)
{
    for (int l = 0; l < LANES; l++) {
        memset(room->lanes[l], 0, (size_t)n * sizeof room->lanes[l][0]);
    }
}

/* Keeps the least of what is there and sum / weight. */
static void
keep_least(seg_len n, const double *restrict sum, double weight, double *restrict least)
{
    for (seg_len i = 0; i < n; i++) {
        double mean = sum[i] / weight;
        least[i] = mean < least[i] ? mean : least[i];
    }
}

static void
meet(const seg_silhouette_group *p,
     const seg_silhouette_group *q,
     seg_len d,
     seg_silhouette_room *room,
     double *of_p,
     double *of_q)
{
    seg_len n = p->stride;
    for (seg_len i = 0; i < n; i++) {
        of_p[i] = (double)INFINITY;
    }
    for (int32_t t = 0; t < q->n_tiles; t++) {
        const seg_silhouette_tile *tile = &q->tiles[t];
        clear(room, n);
        for (int32_t j = 0; j < tile->rows; j++) {
            add_row(p, q, tile->start + j, d, room->lanes[j % LANES], room->line);
            of_q[tile->start + j] = learn(p, room->line);
        }
        settle(room, n, room->toward);
        if (q->cluster >= 0) {
            memcpy(of_p, room->toward, (size_t)n * sizeof *of_p);
        } else {
            keep_least(n, room->toward, tile->weight, of_p);
        }
    }
}

static void
inside(
    const seg_silhouette_group *p, seg_len d, seg_silhouette_room *room, double *of_p, double *own)
{
    seg_len n = p->stride;
    for (seg_len i = 0; i < n; i++) {
        of_p[i] = (double)INFINITY;
    }
    for (int32_t t = 0; t < p->n_tiles; t++) {
        const seg_silhouette_tile *tile = &p->tiles[t];
        clear(room, n);
        for (int32_t j = 0; j < tile->rows; j++) {
            add_row(p, p, tile->start + j, d, room->lanes[j % LANES], room->line);
        }
        settle(room, n, room->toward);
        if (p->cluster >= 0) {
            memcpy(of_p, room->toward, (size_t)n * sizeof *of_p);
            continue;
        }
        seg_len end = tile->start + tile->rows;
        memcpy(own + tile->start, room->toward + tile->start, (size_t)tile->rows * sizeof *own);
        keep_least(tile->start, room->toward, tile->weight, of_p);
        keep_least(n - end, room->toward + end, tile->weight, of_p + end);
    }
}

const seg_silhouette_ops SEG_NAME(seg_silhouette_ops) = {.meet = meet, .inside = inside};

#include "seg_agreement.h"

#include <string.h>

/* The number of pairs among w rows. */
static double
pairs_among(double w)
{
    return 0.5 * w * (w - 1.0);
}

double
seg_adjusted_rand(seg_len m,
                  seg_len k,
                  const int32_t *first,
                  const int32_t *second,
                  const double *weight,
                  double *table)
{
    double *of_first = table + k * k, *of_second = of_first + k;
    double both = 0.0, a = 0.0, b = 0.0, total = 0.0;
    memset(table, 0, (size_t)(k * (k + 2)) * sizeof *table);
    for (seg_len i = 0; i < m; i++) {
        double w = weight != NULL ? weight[i] : 1.0;
        table[first[i] * k + second[i]] += w;
        of_first[first[i]] += w;
        of_second[second[i]] += w;
        total += w;
    }
    for (seg_len c = 0; c < k * k; c++) {
        both += pairs_among(table[c]);
    }
    for (seg_len q = 0; q < k; q++) {
        a += pairs_among(of_first[q]);
        b += pairs_among(of_second[q]);
    }
    double all = pairs_among(total), chance = all > 0.0 ? a * b / all : 0.0;
    double most = 0.5 * (a + b);
    return most > chance ? (both - chance) / (most - chance) : 1.0;
}

// SPDX-License-Identifier: Apache-2.0
// McNemar's exact test and Holm's correction.
#include "model/mcnemar.h"

#include <math.h>

double sl_mcnemar(int64_t a, int64_t b) {
  int64_t n = a + b, least = a < b ? a : b;
  double tail = 0;
  for (int64_t k = 0; k <= least; k++)
    tail += exp(lgamma((double)n + 1) - lgamma((double)k + 1) - lgamma((double)(n - k) + 1) -
                (double)n * log(2));
  return fmin(1, 2 * tail);
}

// Quadratic, for the few dozen p-values there are. The corrected value of p is the largest, over
// all q <= p, of q times the number of values not below q.
static double corrected(const double *p_values, size_t count, double p) {
  double most = 0;
  for (size_t i = 0; i < count; i++) {
    if (p_values[i] > p) continue;
    size_t not_below = 0;
    for (size_t k = 0; k < count; k++) not_below += p_values[k] >= p_values[i];
    most = fmax(most, p_values[i] * (double)not_below);
  }
  return fmin(1, most);
}

void sl_holm(const double *p_values, size_t count, double *out) {
  for (size_t i = 0; i < count; i++) out[i] = corrected(p_values, count, p_values[i]);
}

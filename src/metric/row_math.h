// SPDX-License-Identifier: Apache-2.0
// Exponentials, logarithms and weighted sums over rows of doubles, fast enough for every class of
// every sample; private to src/metric.
//
// Invariant: sums run in eight fixed lanes, so a result depends neither on the instruction set nor
// on how rows are shared among threads. Relative error of exp and log: below 4e-16.
#ifndef SL_METRIC_ROW_MATH_H
#define SL_METRIC_ROW_MATH_H

#include <stdint.h>

// out[i] = exp(scale * (z[i] - shift)), 0 where that is below the least normal double; returns
// their sum. `out` may be `z`.
double sl_row_exp(const double *z, int32_t n, double scale, double shift, double *out);

// out[i] = ln(max(p[i], least)) for 0 < least and finite p. `out` may be `p`.
void sl_row_log(const double *p, int32_t n, double least, double *out);

double sl_row_max(const double *x, int32_t n);
double sl_row_dot(const double *x, const double *y, int32_t n);

// Sum of x[i]; not finite when an element is not.
double sl_row_sum(const double *x, int32_t n);

// out[i] = the float16 half[i], exactly; not finite where it is not.
void sl_row_from_f16(const uint16_t *half, int32_t n, double *out);

#endif

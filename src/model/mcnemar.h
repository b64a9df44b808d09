// SPDX-License-Identifier: Apache-2.0
// Whether one pipeline is really better than another on the same samples.
#ifndef SL_MODEL_MCNEMAR_H
#define SL_MODEL_MCNEMAR_H

#include <stddef.h>
#include <stdint.h>

// Exact two-sided McNemar test: `a` samples that only the first has right, `b` that only the second
// has right. 1 when both are 0. Source: McNemar 1947; exact binomial form.
double sl_mcnemar(int64_t a, int64_t b);

// Holm's step-down correction of `count` p-values into `out`, another array. Source: Holm 1979.
void sl_holm(const double *p_values, size_t count, double *out);

#endif

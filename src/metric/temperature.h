// SPDX-License-Identifier: Apache-2.0
// The temperature that minimises log loss, and the samples after it; private to src/metric.
//
// Source: Guo et al. 2017, section 4.2. Invariant: log loss is convex in 1/temperature, so the
// bracketed Newton search always ends at the minimum or at the limit of the range.
#ifndef SL_METRIC_TEMPERATURE_H
#define SL_METRIC_TEMPERATURE_H

#include "metric/sample_set.h"

#define SL_TEMPERATURE_LEAST 0.05
#define SL_TEMPERATURE_MOST 20.0

// Finds the temperature of single-label samples with scores, fills the set's columns of numbers
// after it, and gives each sample's influence on it (derivative by the sample's weight). NaN, and
// no columns, when it does not matter: no samples, one class, or rows of equal scores only.
SL_MUST_CHECK sl_status sl_temperature_fit(sl_arena *arena, sl_sample_set *set,
                                           const sl_metric_options *options, double *temperature,
                                           double **influence, sl_error *err);

#endif

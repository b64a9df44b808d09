// SPDX-License-Identifier: Apache-2.0
// The bootstrap of a whole report: every metric on every resample; private to src/metric.
//
// Invariant: resample b draws from its own generator, so results do not depend on threads. The
// number of resamples falls where the samples are many; see the constants in resample.c. Start at
// sl_resample_run().
#ifndef SL_METRIC_RESAMPLE_H
#define SL_METRIC_RESAMPLE_H

#include "metric/sums.h"

typedef struct sl_resample_plan {
  const sl_sums_plan *sums;
  const sl_metric_sums *seen;     // of the samples themselves
  const sl_ranking *ranking;      // NULL without scores
  const sl_ranking_index *index;  // NULL: ranking numbers follow from influences
  int32_t resamples, ranking_resamples, class_resamples;
} sl_resample_plan;

typedef struct sl_resamples {
  double *values;                               // [metric row][resample]; NaN where not defined
  float *f1, *gap, *auroc, *average_precision;  // [resample][class]; NULL where not known
} sl_resamples;

// How many resamples `samples` of `classes` get when `wanted` were asked for, and whether ranking
// numbers can be computed on each (else `*exact` is false).
void sl_resample_budget(int64_t samples, int32_t classes, int32_t wanted, bool *exact,
                        sl_resample_plan *out);

SL_MUST_CHECK sl_status sl_resample_run(sl_arena *arena, const sl_resample_plan *plan,
                                        const sl_metric_options *options, sl_resamples *out,
                                        sl_error *err);

// Percentile interval of the numbers that are not NaN, sorting `values` in place.
void sl_resample_interval(double *values, int64_t count, double level, sl_metric_estimate *out);

#endif

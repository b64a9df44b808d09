// SPDX-License-Identifier: Apache-2.0
// Declares sl_metric_of_<name>() for every row of metric_list.h; private to src/metric.
//
// Invariant: a row without a function does not link, a function without a row does not compile.
#ifndef SL_METRIC_METRIC_VALUES_H
#define SL_METRIC_METRIC_VALUES_H

#include "metric/sums.h"

#define SL_METRIC(name, title, unit, group, better, needs, help) \
  double sl_metric_of_##name(const sl_metric_sums *sums);
#include "metric/metric_list.h"
#undef SL_METRIC

#endif

// SPDX-License-Identifier: Apache-2.0
// The parts of a report that are made from finished sums; private to src/metric.
//
// Invariant: nothing here looks at a sample that the sums do not count. Start at metric_report.c,
// which calls these in order.
#ifndef SL_METRIC_REPORT_PARTS_H
#define SL_METRIC_REPORT_PARTS_H

#include "metric/resample.h"

// Everything an evaluation has found out when the parts are made.
typedef struct sl_evaluation {
  sl_arena *arena;  // of the report
  sl_arena *scratch;
  const sl_metric_options *options;  // without zeros
  sl_sample_set set;
  sl_metric_sums sums;
  sl_ranking ranking;  // with scores
  sl_ranking_influence influence;
  double *temperature_influence;
  const sl_ranking_index *index;
  sl_sums_plan sums_plan;
  sl_resample_plan plan;
  sl_resamples resamples;
  sl_metric_report *report;
} sl_evaluation;

SL_MUST_CHECK sl_status sl_report_values(sl_evaluation *eval, sl_error *err);
SL_MUST_CHECK sl_status sl_report_classes(sl_evaluation *eval, sl_error *err);
SL_MUST_CHECK sl_status sl_report_cells(sl_evaluation *eval, sl_error *err);
SL_MUST_CHECK sl_status sl_report_bins(sl_evaluation *eval, sl_error *err);

#endif

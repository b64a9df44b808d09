// SPDX-License-Identifier: Apache-2.0
// Metrics of the scores of all classes: losses and how they rank.
//
// Invariant: ranking numbers arrive computed (ranking.h); means over samples are made here. Start
// at any of them.
#include "metric/metric_values.h"

double sl_metric_of_log_loss(const sl_metric_sums *s) { return s->column[SL_SUM_NLL] / s->n; }
double sl_metric_of_brier(const sl_metric_sums *s) { return s->column[SL_SUM_BRIER] / s->n; }
double sl_metric_of_auroc(const sl_metric_sums *s) { return s->ranking[SL_RANK_AUROC]; }
double sl_metric_of_auroc_ovo(const sl_metric_sums *s) { return s->ranking[SL_RANK_OVO]; }
double sl_metric_of_auroc_micro(const sl_metric_sums *s) { return s->ranking[SL_RANK_AUROC_MICRO]; }
double sl_metric_of_average_precision(const sl_metric_sums *s) { return s->ranking[SL_RANK_AP]; }
double sl_metric_of_average_precision_micro(const sl_metric_sums *s) {
  return s->ranking[SL_RANK_AP_MICRO];
}

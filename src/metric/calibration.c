// SPDX-License-Identifier: Apache-2.0
// Metrics of confidence against accuracy.
//
// Invariant: an empty bin has no gap. Start at gap_of().
#include <math.h>

#include "metric/metric_values.h"

// |accuracy - confidence| of a bin times its samples.
static double gap_of(const sl_bin_sum *bin) { return fabs(bin->right - bin->confidence); }

static double expected_error(const sl_metric_sums *s, const sl_bin_sum *bins) {
  double sum = 0.0;
  for (int32_t b = 0; b < s->bins; b++) sum += gap_of(&bins[b]);
  return sum / s->n;
}

double sl_metric_of_ece(const sl_metric_sums *s) { return expected_error(s, s->width); }
double sl_metric_of_ece_mass(const sl_metric_sums *s) { return expected_error(s, s->mass); }
double sl_metric_of_ece_after(const sl_metric_sums *s) { return expected_error(s, s->after); }

double sl_metric_of_mce(const sl_metric_sums *s) {
  double most = s->n > 0.0 ? 0.0 : NAN;
  for (int32_t b = 0; b < s->bins; b++) {
    if (s->width[b].count > 0.0) most = fmax(most, gap_of(&s->width[b]) / s->width[b].count);
  }
  return most;
}

double sl_metric_of_mean_confidence(const sl_metric_sums *s) {
  return s->column[SL_SUM_CONFIDENCE] / s->n;
}

double sl_metric_of_overconfidence(const sl_metric_sums *s) {
  return (s->column[SL_SUM_CONFIDENCE] - s->right) / s->n;
}

double sl_metric_of_confidence_auroc(const sl_metric_sums *s) { return s->confidence_auroc; }
double sl_metric_of_temperature(const sl_metric_sums *s) { return s->temperature; }
double sl_metric_of_log_loss_after(const sl_metric_sums *s) {
  return s->column[SL_SUM_NLL_AFTER] / s->n;
}
double sl_metric_of_brier_after(const sl_metric_sums *s) {
  return s->column[SL_SUM_BRIER_AFTER] / s->n;
}

// SPDX-License-Identifier: Apache-2.0
// Metrics of samples that may have any number of classes.
//
// Invariant: each is a mean over samples of a number that sample_set.c computed for the sample
// alone. Start at any of them.
#include "metric/metric_values.h"

double sl_metric_of_subset_accuracy(const sl_metric_sums *s) { return s->right / s->n; }
double sl_metric_of_f1_samples(const sl_metric_sums *s) { return s->column[SL_SUM_F1] / s->n; }
double sl_metric_of_hamming_loss(const sl_metric_sums *s) {
  return s->column[SL_SUM_HAMMING] / s->n;
}
double sl_metric_of_ranking_ap(const sl_metric_sums *s) { return s->column[SL_SUM_RANKING] / s->n; }

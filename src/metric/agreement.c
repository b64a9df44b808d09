// SPDX-License-Identifier: Apache-2.0
// Metrics of decisions: accuracy, precision, recall, F1, kappa, Matthews correlation.
//
// Invariant: as in scikit-learn, averages run over the classes that occur as label or prediction,
// and a ratio without a denominator counts as 0 (zero_division=0). Start at average().
#include <math.h>

#include "metric/metric_values.h"

static double ratio_or_zero(double a, double b) { return b > 0.0 ? a / b : 0.0; }

static double precision_of(const sl_metric_sums *s, int32_t c) {
  return ratio_or_zero(s->correct[c], s->predicted[c]);
}

static double recall_of(const sl_metric_sums *s, int32_t c) {
  return ratio_or_zero(s->correct[c], s->support[c]);
}

static double f1_of(const sl_metric_sums *s, int32_t c) {
  return ratio_or_zero(2.0 * s->correct[c], s->support[c] + s->predicted[c]);
}

typedef double (*class_value)(const sl_metric_sums *s, int32_t c);

// Multi-label has no "classes that occur": every class is a column of its own.
static double macro(const sl_metric_sums *s, class_value value) {
  double sum = 0.0, count = 0.0;
  if (s->n == 0.0) return NAN;
  for (int32_t c = 0; c < s->classes; c++) {
    if (!s->multi_label && s->support[c] + s->predicted[c] == 0.0) continue;
    sum += value(s, c);
    count += 1.0;
  }
  return sum / count;
}

static double weighted(const sl_metric_sums *s, class_value value) {
  double sum = 0.0, weight = 0.0;
  for (int32_t c = 0; c < s->classes; c++) {
    sum += s->support[c] * value(s, c);
    weight += s->support[c];
  }
  if (s->n == 0.0) return NAN;
  return ratio_or_zero(sum, weight);
}

double sl_metric_of_accuracy(const sl_metric_sums *s) { return s->right / s->n; }
double sl_metric_of_top5(const sl_metric_sums *s) { return s->top5 / s->n; }
double sl_metric_of_precision_macro(const sl_metric_sums *s) { return macro(s, precision_of); }
double sl_metric_of_recall_macro(const sl_metric_sums *s) { return macro(s, recall_of); }
double sl_metric_of_f1_macro(const sl_metric_sums *s) { return macro(s, f1_of); }
double sl_metric_of_precision_weighted(const sl_metric_sums *s) {
  return weighted(s, precision_of);
}
double sl_metric_of_recall_weighted(const sl_metric_sums *s) { return weighted(s, recall_of); }
double sl_metric_of_f1_weighted(const sl_metric_sums *s) { return weighted(s, f1_of); }

double sl_metric_of_f1_micro(const sl_metric_sums *s) {
  double correct = 0.0, sizes = 0.0;
  for (int32_t c = 0; c < s->classes; c++) {
    correct += s->correct[c];
    sizes += s->support[c] + s->predicted[c];
  }
  return s->n == 0.0 ? NAN : ratio_or_zero(2.0 * correct, sizes);
}

double sl_metric_of_balanced_accuracy(const sl_metric_sums *s) {
  double sum = 0.0, count = 0.0;
  for (int32_t c = 0; c < s->classes; c++) {
    if (s->support[c] == 0.0) continue;
    sum += recall_of(s, c);
    count += 1.0;
  }
  return sum / count;
}

double sl_metric_of_kappa(const sl_metric_sums *s) {
  double by_chance = 0.0;
  for (int32_t c = 0; c < s->classes; c++) by_chance += s->support[c] * s->predicted[c];
  by_chance /= s->n * s->n;
  return (s->right / s->n - by_chance) / (1.0 - by_chance);
}

double sl_metric_of_mcc(const sl_metric_sums *s) {
  double both = 0.0, labels = 0.0, predictions = 0.0, square = s->n * s->n;
  for (int32_t c = 0; c < s->classes; c++) {
    both += s->support[c] * s->predicted[c];
    labels += s->support[c] * s->support[c];
    predictions += s->predicted[c] * s->predicted[c];
  }
  double spread = (square - labels) * (square - predictions);
  if (s->n == 0.0) return NAN;
  return spread > 0.0 ? (s->right * s->n - both) / sqrt(spread) : 0.0;
}

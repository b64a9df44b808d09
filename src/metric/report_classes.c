// SPDX-License-Identifier: Apache-2.0
// The rows of classes: rates, F1, ranking, and whether confidence can be trusted.
//
// Invariant: a class is called over- or under-confident only when two independent judgements agree:
// the bootstrap of its gap, and the spread that calibrated predictions of that confidence would
// show (Spiegelhalter 1986); the first alone is blind where no error was drawn.
// Start at sl_report_classes().
#include <math.h>

#include "metric/array.h"
#include "metric/report_parts.h"
#include "metric/stats.h"

#define GAP_LEAST 0.02      // smaller gaps are not worth a word
#define GAP_P_VALUE 0.05    // after adjustment for the number of classes
#define GAP_PREDICTIONS 10  // fewer say nothing

static sl_metric_estimate nothing(void) {
  return (sl_metric_estimate){.value = NAN, .low = NAN, .high = NAN};
}

static sl_metric_estimate rate(const sl_evaluation *eval, int64_t successes, int64_t trials) {
  sl_metric_estimate out = nothing();
  if (trials == 0) return out;
  sl_interval range = sl_stats_wilson(successes, trials, eval->options->level);
  out = (sl_metric_estimate){.low = range.low, .high = range.high, .method = SL_INTERVAL_WILSON};
  out.value = (double)successes / (double)trials;
  return out;
}

// One class's numbers on all resamples, as doubles in `column`.
static void read_column(const sl_evaluation *eval, const float *table, int32_t c, double *column) {
  for (int32_t b = 0; b < eval->plan.class_resamples; b++) {
    column[b] = (double)table[(int64_t)b * eval->set.classes + c];
  }
}

static sl_metric_estimate bootstrapped(const sl_evaluation *eval, double value, const float *table,
                                       int32_t c, double *column) {
  sl_metric_estimate out = nothing();
  out.value = value;
  if (isnan(value) || table == NULL) return out;
  read_column(eval, table, c, column);
  sl_resample_interval(column, eval->plan.class_resamples, eval->options->level, &out);
  return out;
}

static sl_metric_estimate jackknifed(const sl_evaluation *eval, double value, double error) {
  sl_metric_estimate out = nothing();
  out.value = value;
  if (isnan(value) || isnan(error) || eval->options->resamples < 0) return out;
  double z = sl_stats_normal_quantile(0.5 + 0.5 * eval->options->level);
  out.low = fmax(0.0, value - z * error);
  out.high = fmin(1.0, value + z * error);
  out.method = SL_INTERVAL_JACKKNIFE;
  return out;
}

static void fill_ranking(const sl_evaluation *eval, sl_metric_class *row, double *column) {
  row->auroc = row->average_precision = nothing();
  if (!eval->set.has_scores) return;
  const sl_slots *slots = &eval->ranking.slots[row->index];
  double auroc = sl_slots_auroc(slots), precision = sl_slots_average_precision(slots);
  if (eval->index != NULL || eval->influence.auroc_error == NULL) {
    row->auroc = bootstrapped(eval, auroc, eval->resamples.auroc, row->index, column);
    row->average_precision =
        bootstrapped(eval, precision, eval->resamples.average_precision, row->index, column);
    return;
  }
  row->auroc = jackknifed(eval, auroc, eval->influence.auroc_error[row->index]);
  row->average_precision =
      jackknifed(eval, precision, eval->influence.average_precision_error[row->index]);
}

static double deviation(const double *values, int64_t count) {
  double sum = 0.0, square = 0.0, known = 0.0;
  for (int64_t i = 0; i < count; i++) {
    if (isnan(values[i])) continue;
    sum += values[i];
    known += 1.0;
  }
  for (int64_t i = 0; i < count; i++) {
    if (!isnan(values[i])) square += (values[i] - sum / known) * (values[i] - sum / known);
  }
  return known > 1.0 ? sqrt(square / (known - 1.0)) : NAN;
}

static double two_sided(double distance, double error) {
  if (error > 0.0) return erfc(fabs(distance) / error * M_SQRT1_2);
  return distance == 0.0 ? 1.0 : 0.0;
}

// `spread` is the variance of the number of right predictions if each were right with the chance
// that its confidence states.
static void fill_gap(const sl_evaluation *eval, double spread, sl_metric_class *row,
                     double *column) {
  row->gap = nothing();
  row->confidence = row->gap_p_value = NAN;
  row->trust = SL_TRUST_UNKNOWN;
  if (eval->sums.gap == NULL || row->predicted == 0) return;
  double count = (double)row->predicted, sum = eval->sums.gap[row->index];
  row->confidence = (sum + (double)row->correct) / count;
  row->gap = bootstrapped(eval, sum / count, eval->resamples.gap, row->index, column);
  if (row->predicted < GAP_PREDICTIONS) return;
  row->gap_p_value = two_sided(sum, sqrt(spread));
  if (row->gap.method == SL_INTERVAL_NONE) return;
  double error = deviation(column, eval->plan.class_resamples);
  row->gap_p_value = fmax(row->gap_p_value, two_sided(sum / count, error));
}

static void judge(sl_metric_class *row) {
  double gap = row->gap.value;
  if (isnan(row->gap_p_value)) return;
  row->trust = SL_TRUST_CALIBRATED;
  bool clear = row->gap.method == SL_INTERVAL_NONE || row->gap.low > 0.0 || row->gap.high < 0.0;
  if (!clear || row->gap_p_value > GAP_P_VALUE || fabs(gap) < GAP_LEAST) return;
  row->trust = gap > 0.0 ? SL_TRUST_OVER : SL_TRUST_UNDER;
}

static void judge_all(sl_metric_class *rows, int32_t classes, double *p, int64_t *order) {
  for (int32_t c = 0; c < classes; c++) p[c] = rows[c].gap_p_value;
  sl_stats_benjamini_hochberg(p, order, classes);
  for (int32_t c = 0; c < classes; c++) {
    rows[c].gap_p_value = p[c];
    judge(&rows[c]);
  }
}

sl_status sl_report_classes(sl_evaluation *eval, sl_error *err) {
  const sl_sample_set *set = &eval->set;
  const sl_metric_sums *sums = &eval->sums;
  sl_metric_class *rows;
  double *column, *spread, *p;
  int64_t *order;
  SL_TRY(SL_ARRAY(eval->arena, set->classes, rows, err));
  SL_TRY(SL_ARRAY(eval->scratch, eval->plan.class_resamples, column, err));
  SL_TRY(SL_ARRAY(eval->scratch, set->classes, spread, err));
  SL_TRY(SL_ARRAY(eval->scratch, set->classes, p, err));
  SL_TRY(SL_ARRAY(eval->scratch, set->classes, order, err));
  for (int64_t i = 0; i < set->count && set->has_confidence; i++) {
    spread[set->pred[i]] += set->confidence[i] * (1.0 - set->confidence[i]);
  }
  for (int32_t c = 0; c < set->classes; c++) {
    sl_metric_class *row = &rows[c];
    *row = (sl_metric_class){.index = c};
    row->support = (int64_t)sums->support[c];
    row->predicted = (int64_t)sums->predicted[c];
    row->correct = (int64_t)sums->correct[c];
    row->precision = rate(eval, row->correct, row->predicted);
    row->recall = rate(eval, row->correct, row->support);
    double f1 = 2.0 * (double)row->correct / (double)(row->support + row->predicted);
    row->f1 = bootstrapped(eval, f1, eval->resamples.f1, c, column);
    fill_ranking(eval, row, column);
    fill_gap(eval, spread[c], row, column);
  }
  judge_all(rows, set->classes, p, order);
  eval->report->by_class = rows;
  return SL_OK;
}

// SPDX-License-Identifier: Apache-2.0
// Numbers, confusion cells and reliability bins of a report; classes are in report_classes.c.
//
// Invariant: a part that the input does not allow stays NULL. Start at sl_report_values().
#include "metric/report_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "metric/array.h"
#include "metric/stats.h"

static const double no_width = 1e-12;

// ---- numbers ------------------------------------------------------------------------------------

static bool is_met(const sl_evaluation *eval, uint32_t needs) {
  const sl_sample_set *set = &eval->set;
  bool multi = set->input->multi_label;
  if (needs & SL_NEEDS_SINGLE && multi) return false;
  if (needs & SL_NEEDS_MULTI && !multi) return false;
  if (needs & SL_NEEDS_CONFIDENCE && !set->has_confidence) return false;
  if (needs & SL_NEEDS_SCORES && !set->has_scores) return false;
  if (needs & SL_NEEDS_TOP && !set->has_top) return false;
  return !(needs & SL_NEEDS_TEMPERATURE && eval->sums.after == NULL);
}

static bool is_linear(const sl_evaluation *eval, const sl_metric_row *row) {
  if (strcmp(row->name, "temperature") == 0) return true;
  return strcmp(row->group, "ranking") == 0 && eval->index == NULL;
}

// One sample of each class has no influence on numbers in which every class weighs the same: how
// they would vary is not known then, which an interval of no width would hide.
static void settle_linear(sl_metric_estimate *estimate) {
  bool perfect = estimate->value <= 0.0 || estimate->value >= 1.0;
  estimate->method = SL_INTERVAL_LINEAR;
  if (perfect || estimate->high - estimate->low > no_width) return;
  *estimate = (sl_metric_estimate){.value = estimate->value, .low = NAN, .high = NAN};
}

sl_status sl_report_values(sl_evaluation *eval, sl_error *err) {
  sl_metric_value *values;
  int32_t resamples = eval->plan.resamples, count = 0;
  SL_TRY(SL_ARRAY(eval->arena, sl_metric_row_count, values, err));
  for (int32_t m = 0; m < sl_metric_row_count; m++) {
    const sl_metric_row *row = &sl_metric_rows[m];
    if (!is_met(eval, row->needs)) continue;
    sl_metric_value *value = &values[count++];
    *value = (sl_metric_value){.row = row, .n = eval->set.count};
    value->estimate = (sl_metric_estimate){.low = NAN, .high = NAN};
    value->estimate.value = eval->set.count > 0 ? row->value(&eval->sums) : NAN;
    if (eval->resamples.values == NULL || isnan(value->estimate.value)) continue;
    sl_resample_interval(eval->resamples.values + (int64_t)m * resamples, resamples,
                         eval->options->level, &value->estimate);
    bool linear = value->estimate.method == SL_INTERVAL_BOOTSTRAP && is_linear(eval, row);
    if (linear) settle_linear(&value->estimate);
  }
  eval->report->values = values;
  eval->report->value_count = count;
  return SL_OK;
}

// ---- confusion ----------------------------------------------------------------------------------

static int by_count(const void *a, const void *b) {
  const sl_metric_cell *x = a, *y = b;
  int x_diagonal = x->label == x->pred, y_diagonal = y->label == y->pred;
  if (x_diagonal != y_diagonal) return x_diagonal - y_diagonal;
  if (x->count != y->count) return x->count > y->count ? -1 : 1;
  if (x->label != y->label) return x->label < y->label ? -1 : 1;
  return (x->pred > y->pred) - (x->pred < y->pred);
}

sl_status sl_report_cells(sl_evaluation *eval, sl_error *err) {
  const sl_sample_set *set = &eval->set;
  uint64_t *keys;
  int64_t *order, *spare, distinct = 0;
  if (set->input->multi_label) return SL_OK;
  SL_TRY(SL_ARRAY(eval->scratch, set->count, keys, err));
  SL_TRY(SL_ARRAY(eval->scratch, set->count, order, err));
  SL_TRY(SL_ARRAY(eval->scratch, set->count, spare, err));
  for (int64_t i = 0; i < set->count; i++) {
    keys[i] = (uint64_t)set->label[i] * (uint64_t)set->classes + (uint64_t)set->pred[i];
  }
  sl_sort_order(keys, order, spare, set->count);
  for (int64_t i = 0; i < set->count; i++) {
    distinct += i == 0 || keys[order[i]] != keys[order[i - 1]];
  }
  sl_metric_cell *cells, *last = NULL;
  SL_TRY(SL_ARRAY(eval->arena, distinct, cells, err));
  for (int64_t i = 0; i < set->count; i++) {
    bool fresh = i == 0 || keys[order[i]] != keys[order[i - 1]];
    if (fresh) last = last == NULL ? cells : last + 1;
    last->label = set->label[order[i]];
    last->pred = set->pred[order[i]];
    last->count++;
  }
  qsort(cells, (size_t)distinct, sizeof *cells, by_count);
  eval->report->cells = cells;
  eval->report->cell_count = distinct;
  return SL_OK;
}

sl_status sl_metric_confusion_matrix(sl_arena *arena, const sl_metric_report *report,
                                     const int64_t **out, sl_error *err) {
  int64_t classes = report->classes, *matrix;
  if (classes > 8192) {
    sl_fail(err, SL_E_LIMIT, "a confusion matrix of %lld classes is too large", (long long)classes);
    return sl_hint(err, SL_E_LIMIT, "use the list of cells");
  }
  SL_TRY(SL_ARRAY(arena, classes * classes, matrix, err));
  for (int64_t i = 0; i < report->cell_count; i++) {
    const sl_metric_cell *cell = &report->cells[i];
    matrix[cell->label * classes + cell->pred] = cell->count;
  }
  *out = matrix;
  return SL_OK;
}

// ---- reliability --------------------------------------------------------------------------------

static sl_status make_bins(sl_evaluation *eval, const sl_bin_sum *sums, const double *edge,
                           const sl_metric_bin **out, sl_error *err) {
  int32_t bins = eval->sums.bins;
  sl_metric_bin *at;
  if (sums == NULL) return SL_OK;
  SL_TRY(SL_ARRAY(eval->arena, bins, at, err));
  for (int32_t b = 0; b < bins; b++) {
    int64_t count = (int64_t)sums[b].count, right = (int64_t)sums[b].right;
    sl_interval range = sl_stats_wilson(right, count, eval->options->level);
    at[b] = (sl_metric_bin){.count = count, .accuracy_low = range.low, .accuracy_high = range.high};
    at[b].low = edge != NULL ? edge[b] : (double)b / bins;
    at[b].high = edge != NULL ? edge[b + 1] : (double)(b + 1) / bins;
    at[b].confidence = count > 0 ? sums[b].confidence / sums[b].count : NAN;
    at[b].accuracy = count > 0 ? sums[b].right / sums[b].count : NAN;
  }
  *out = at;
  return SL_OK;
}

sl_status sl_report_bins(sl_evaluation *eval, sl_error *err) {
  const sl_metric_sums *sums = &eval->sums;
  SL_TRY(make_bins(eval, sums->width, NULL, &eval->report->equal_width, err));
  SL_TRY(make_bins(eval, sums->mass, sums->mass_edge, &eval->report->equal_mass, err));
  return make_bins(eval, sums->after, NULL, &eval->report->after, err);
}

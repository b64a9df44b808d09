// SPDX-License-Identifier: Apache-2.0
// Metrics against scikit-learn, netcal and torchmetrics (tests/goldens/make_metric_goldens.py).
#include "metric/metric.h"

// clang-format off: cmocka needs these four first.
#include <cmocka.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// clang-format on
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "metric/stats.h"
#include "tensor/npy.h"

#define EXACT 1e-9
#define CLOSE 1e-6  // where a reference works in float32, or searches for its result

static sl_arena *arena;
static const sl_json *golden;

static int set_up(void **state) {
  (void)state;
  sl_error err = {0};
  sl_bytes bytes;
  arena = sl_arena_new(NULL, "metric test");
  if (sl_file_read(arena, SL_TEST_DATA "/metric/golden.json", 1 << 24, &bytes, &err)) return -1;
  return sl_json_parse(arena, (const char *)bytes.at, bytes.size, "golden.json", &golden, &err);
}

static int tear_down(void **state) {
  (void)state;
  sl_arena_free(arena);
  return 0;
}

static void release(void *tensor) { sl_tensor_release(tensor); }

static const sl_tensor *load(const char *name, const char *part) {
  sl_error err = {0};
  sl_bytes bytes;
  sl_tensor *tensor = SL_NEW(arena, sl_tensor);
  const char *path = sl_arena_printf(arena, SL_TEST_DATA "/metric/%s_%s.npy", name, part);
  assert_int_equal(sl_file_read(arena, path, 1 << 24, &bytes, &err), SL_OK);
  assert_int_equal(sl_npy_read(bytes.at, bytes.size, tensor, &err), SL_OK);
  sl_arena_on_free(arena, release, tensor);
  return tensor;
}

static const sl_json *find_case(const char *name) {
  const sl_json *cases = sl_json_get(golden, "cases");
  for (sl_json_iter it = sl_json_each(cases); sl_json_next(&it);) {
    if (strcmp(sl_json_text(sl_json_get(it.value, "name"), ""), name) == 0) return it.value;
  }
  fail_msg("no case %s", name);
  return NULL;
}

static uint64_t *pack_targets(const sl_tensor *targets, int32_t classes) {
  int32_t words = sl_metric_target_words(classes);
  int64_t samples = targets->shape.dims[0];
  const uint8_t *bytes = targets->data;
  uint64_t *out = SL_NEW_ARRAY(arena, uint64_t, samples * words);
  for (int64_t i = 0; i < samples; i++) {
    for (int32_t c = 0; c < classes; c++) {
      if (bytes[i * classes + c]) out[i * words + c / 64] |= 1ull << (c % 64);
    }
  }
  return out;
}

static sl_metric_input read_input(const sl_json *golden_case) {
  const char *name = sl_json_text(sl_json_get(golden_case, "name"), "");
  const char *kind = sl_json_text(sl_json_get(golden_case, "kind"), "");
  const sl_tensor *scores = load(name, "scores");
  sl_metric_input input = {.samples = scores->shape.dims[0]};
  input.classes = (int32_t)sl_json_int(sl_json_get(golden_case, "classes"), 0);
  input.multi_label = sl_json_bool(sl_json_get(golden_case, "multi_label"), 0);
  input.scores.data = scores->data;
  input.scores.dtype = scores->dtype;
  input.scores.columns = (int32_t)scores->shape.dims[1];
  input.scores.kind = strcmp(kind, "logit") == 0 ? SL_METRIC_LOGIT : SL_METRIC_PROBABILITY;
  if (input.multi_label) {
    input.targets = pack_targets(load(name, "targets"), input.classes);
  } else {
    input.label = load(name, "label")->data;
  }
  return input;
}

static sl_metric_report evaluate(const sl_metric_input *input, const sl_metric_options *options) {
  sl_error err = {0};
  sl_metric_report report;
  sl_status status = sl_metric_evaluate(arena, input, options, &report, &err);
  if (status != SL_OK) fail_msg("%s", sl_error_message(&err));
  return report;
}

static const sl_metric_options no_intervals = {.resamples = -1};

static void assert_near(const char *name, const char *what, double got, const sl_json *expected,
                        double tolerance) {
  double want = sl_json_real(expected, NAN);
  if (isnan(want) && isnan(got)) return;
  if (!(fabs(got - want) <= tolerance * fmax(1.0, fabs(want)))) {
    fail_msg("%s: %s is %.17g, expected %.17g", name, what, got, want);
  }
}

static double number_of(const sl_metric_report *report, const char *name) {
  const sl_metric_value *value = sl_metric_value_of(report, name);
  if (value == NULL) fail_msg("no metric %s", name);
  return value->estimate.value;
}

// ---- every case ---------------------------------------------------------------------------------

static double tolerance_of(const char *metric) {
  bool searched = strcmp(metric, "temperature") == 0 || strstr(metric, "_after") != NULL;
  return searched || strcmp(metric, "top5") == 0 ? CLOSE : EXACT;
}

static void check_values(const char *name, const sl_json *expected,
                         const sl_metric_report *report) {
  for (sl_json_iter it = sl_json_each(expected); sl_json_next(&it);) {
    assert_near(name, it.key, number_of(report, it.key), it.value, tolerance_of(it.key));
  }
}

static void check_classes(const char *name, const sl_json *rows, const sl_metric_report *report) {
  int32_t c = 0;
  assert_int_equal(sl_json_count(rows), report->classes);
  for (sl_json_iter it = sl_json_each(rows); sl_json_next(&it); c++) {
    const sl_metric_class *row = &report->by_class[c];
    assert_int_equal(row->index, c);
    assert_int_equal(row->support, sl_json_int(sl_json_get(it.value, "support"), -1));
    assert_int_equal(row->predicted, sl_json_int(sl_json_get(it.value, "predicted"), -1));
    assert_near(name, "precision", row->precision.value, sl_json_get(it.value, "precision"), EXACT);
    assert_near(name, "recall", row->recall.value, sl_json_get(it.value, "recall"), EXACT);
    assert_near(name, "f1", row->f1.value, sl_json_get(it.value, "f1"), EXACT);
    assert_near(name, "auroc", row->auroc.value, sl_json_get(it.value, "auroc"), EXACT);
    assert_near(name, "average precision", row->average_precision.value,
                sl_json_get(it.value, "average_precision"), EXACT);
    if (sl_json_get(it.value, "recall_low") == NULL) continue;
    assert_near(name, "recall low", row->recall.low, sl_json_get(it.value, "recall_low"), EXACT);
    assert_near(name, "recall high", row->recall.high, sl_json_get(it.value, "recall_high"), EXACT);
  }
}

static void check_confusion(const sl_json *rows, const sl_metric_report *report) {
  const int64_t *matrix;
  sl_error err = {0};
  int64_t at = 0, wrong = 0;
  assert_int_equal(sl_metric_confusion_matrix(arena, report, &matrix, &err), SL_OK);
  for (sl_json_iter row = sl_json_each(rows); sl_json_next(&row);) {
    for (sl_json_iter cell = sl_json_each(row.value); sl_json_next(&cell);) {
      assert_int_equal(matrix[at++], sl_json_int(cell.value, -1));
    }
  }
  for (int64_t i = 0; i < report->cell_count; i++) {
    const sl_metric_cell *cell = &report->cells[i];
    bool error = cell->label != cell->pred;
    wrong += error ? cell->count : 0;
    if (i == 0) continue;
    bool before = cell[-1].label != cell[-1].pred;
    assert_true(before || !error);
    if (before == error) assert_true(cell[-1].count >= cell->count);
  }
  assert_int_equal(wrong, report->used - report->correct);
}

static void check_bins(const sl_metric_bin *bins, const sl_metric_report *report,
                       const char *error_name) {
  int64_t count = 0;
  double error = 0.0;
  if (bins == NULL) return;
  for (int32_t b = 0; b < report->bins; b++) {
    count += bins[b].count;
    assert_true(bins[b].low <= bins[b].high);
    if (bins[b].count == 0) continue;
    assert_true(bins[b].confidence >= bins[b].low && bins[b].confidence <= bins[b].high);
    assert_true(bins[b].accuracy_low <= bins[b].accuracy);
    error += (double)bins[b].count * fabs(bins[b].accuracy - bins[b].confidence);
  }
  assert_int_equal(count, report->used);
  assert_true(fabs(error / (double)count - number_of(report, error_name)) < EXACT);
}

static void every_case_agrees(void **state) {
  (void)state;
  const sl_json *cases = sl_json_get(golden, "cases");
  assert_true(sl_json_count(cases) >= 19);
  for (sl_json_iter it = sl_json_each(cases); sl_json_next(&it);) {
    const char *name = sl_json_text(sl_json_get(it.value, "name"), "");
    sl_metric_input input = read_input(it.value);
    sl_metric_report report = evaluate(&input, &no_intervals);
    assert_int_equal(report.used, sl_json_int(sl_json_get(it.value, "used"), -1));
    assert_int_equal(report.samples,
                     report.used + report.unlabelled + report.unscored + report.nan);
    check_values(name, sl_json_get(it.value, "values"), &report);
    check_classes(name, sl_json_get(it.value, "by_class"), &report);
    if (input.multi_label) continue;
    check_confusion(sl_json_get(it.value, "confusion"), &report);
    check_bins(report.equal_width, &report, "ece");
    check_bins(report.equal_mass, &report, "ece_mass");
    check_bins(report.after, &report, "ece_after");
    assert_false(report.permutation.found);
  }
}

static void torchmetrics_and_float32_agree(void **state) {
  (void)state;
  int checked = 0;
  for (sl_json_iter it = sl_json_each(sl_json_get(golden, "cases")); sl_json_next(&it);) {
    const sl_json *torch = sl_json_get(it.value, "torchmetrics");
    if (torch == NULL) continue;
    const char *name = sl_json_text(sl_json_get(it.value, "name"), "");
    sl_metric_input input = read_input(it.value);
    sl_metric_report report = evaluate(&input, &no_intervals);
    assert_near(name, "ece", number_of(&report, "ece"), sl_json_get(torch, "ece"), CLOSE);
    assert_near(name, "mce", number_of(&report, "mce"), sl_json_get(torch, "mce"), CLOSE);
    assert_near(name, "log_loss", number_of(&report, "log_loss"),
                sl_json_get(it.value, "float32_log_loss"), CLOSE);
    checked++;
  }
  assert_true(checked >= 4);
}

// ---- curves -------------------------------------------------------------------------------------

static int32_t find_threshold(const sl_metric_curve *curve, double threshold) {
  for (int32_t i = 0; i < curve->count; i++) {
    if (curve->threshold[i] == threshold) return i;
  }
  fail_msg("no point at threshold %.9g", threshold);
  return -1;
}

static double trapezoids(const sl_metric_curve *curve) {
  double area = 0.0;
  for (int32_t i = 1; i < curve->count; i++) {
    area += (curve->x[i] - curve->x[i - 1]) * (curve->y[i] + curve->y[i - 1]) / 2.0;
  }
  return area;
}

static void check_curve(const sl_json *points, const sl_metric_curve curves[2]) {
  for (sl_json_iter it = sl_json_each(points); sl_json_next(&it);) {
    double want[5];
    int k = 0;
    for (sl_json_iter cell = sl_json_each(it.value); sl_json_next(&cell);) {
      want[k++] = sl_json_real(cell.value, NAN);
    }
    int32_t at = find_threshold(&curves[0], want[0]);
    assert_true(fabs(curves[0].x[at] - want[1]) < EXACT);
    assert_true(fabs(curves[0].y[at] - want[2]) < EXACT);
    at = find_threshold(&curves[1], want[0]);
    assert_true(fabs(curves[1].y[at] - want[3]) < EXACT);
    assert_true(fabs(curves[1].x[at] - want[4]) < EXACT);
  }
  assert_true(fabs(trapezoids(&curves[0]) - curves[0].area) < EXACT);
  assert_true(curves[0].x[0] == 0.0 && curves[0].y[0] == 0.0 && isinf(curves[0].threshold[0]));
  int32_t last = curves[0].count - 1;
  assert_true(curves[0].x[last] == 1.0 && curves[0].y[last] == 1.0);
}

static void curves_pass_through_the_reference(void **state) {
  (void)state;
  sl_error err = {0};
  int checked = 0;
  sl_metric_options options = {.curve_points = 4096};
  for (sl_json_iter it = sl_json_each(sl_json_get(golden, "cases")); sl_json_next(&it);) {
    if (sl_json_get(it.value, "curve") == NULL) continue;
    sl_metric_input input = read_input(it.value);
    sl_metric_curve curves[2];
    assert_int_equal(sl_metric_curves(arena, &input, &options, 1, curves, &err), SL_OK);
    check_curve(sl_json_get(it.value, "curve"), curves);
    assert_int_equal(curves[0].class_index, 1);
    assert_int_equal(sl_metric_curves(arena, &input, &options, -1, curves, &err), SL_OK);
    check_curve(sl_json_get(it.value, "curve_micro"), curves);
    sl_metric_report report = evaluate(&input, &no_intervals);
    assert_true(curves[0].area == report.roc.area && curves[1].area == report.pr.area);
    checked++;
  }
  assert_true(checked >= 3);
  sl_metric_input input = read_input(find_case("few"));
  sl_metric_curve curves[2];
  assert_int_equal(sl_metric_curves(arena, &input, &options, 3, curves, &err), SL_E_ARG);
  input.scores.data = NULL;
  assert_int_equal(sl_metric_curves(arena, &input, &options, 1, curves, &err), SL_E_ARG);
}

static void thinned_curves_keep_their_shape(void **state) {
  (void)state;
  sl_error err = {0};
  sl_metric_input input = read_input(find_case("ten"));
  sl_metric_options full = {.curve_points = 1 << 20}, thin = {.curve_points = 64};
  sl_metric_curve all[2], few[2];
  assert_int_equal(sl_metric_curves(arena, &input, &full, -1, all, &err), SL_OK);
  assert_int_equal(sl_metric_curves(arena, &input, &thin, -1, few, &err), SL_OK);
  for (int k = 0; k < 2; k++) {
    assert_true(all[k].count > 300 && few[k].count <= 64 && few[k].count > 32);
    assert_true(all[k].area == few[k].area);
  }
  assert_true(fabs(trapezoids(&few[0]) - few[0].area) < 0.005);
}

// ---- forms of input -----------------------------------------------------------------------------

static void assert_same_values(const sl_metric_report *a, const sl_metric_report *b) {
  assert_int_equal(a->value_count, b->value_count);
  for (int32_t i = 0; i < a->value_count; i++) {
    assert_ptr_equal(a->values[i].row, b->values[i].row);
    assert_memory_equal(&a->values[i].estimate, &b->values[i].estimate,
                        sizeof a->values[i].estimate);
  }
}

static void doubles_give_what_singles_give(void **state) {
  (void)state;
  sl_metric_input input = read_input(find_case("ten")), wide = input;
  int64_t count = input.samples * input.scores.columns;
  double *scores = SL_NEW_ARRAY(arena, double, count);
  for (int64_t i = 0; i < count; i++) scores[i] = ((const float *)input.scores.data)[i];
  wide.scores.data = scores;
  wide.scores.dtype = SL_DTYPE_F64;
  sl_metric_report a = evaluate(&input, &no_intervals), b = evaluate(&wide, &no_intervals);
  for (int32_t i = 0; i < a.value_count; i++) {
    assert_true(fabs(a.values[i].estimate.value - b.values[i].estimate.value) < EXACT);
  }
}

static void predictions_alone_are_enough(void **state) {
  (void)state;
  sl_metric_input input = read_input(find_case("ten")), bare = input;
  const float *scores = input.scores.data;
  int32_t *pred = SL_NEW_ARRAY(arena, int32_t, input.samples);
  int32_t *top = SL_NEW_ARRAY(arena, int32_t, input.samples * 5);
  float *confidence = SL_NEW_ARRAY(arena, float, input.samples);
  for (int64_t i = 0; i < input.samples; i++) {
    float row[10];
    memcpy(row, scores + i * 10, sizeof row);
    for (int k = 0; k < 5; k++) {
      int32_t best = 0;
      for (int32_t c = 1; c < 10; c++) best = row[c] > row[best] ? c : best;
      top[i * 5 + k] = best;
      if (k == 0) confidence[i] = row[best];
      row[best] = -1.0f;
    }
    pred[i] = top[i * 5];
  }
  bare.scores = (sl_metric_scores){0};
  bare.pred = pred;
  bare.confidence = confidence;
  bare.top = top;
  bare.top_count = 5;
  sl_metric_report full = evaluate(&input, &no_intervals), few = evaluate(&bare, &no_intervals);
  assert_null(sl_metric_value_of(&few, "log_loss"));
  assert_null(sl_metric_value_of(&few, "temperature"));
  assert_null(few.after);
  assert_int_equal(few.roc.count, 0);
  assert_true(isnan(few.temperature));
  assert_true(few.value_count >= 15);
  for (int32_t i = 0; i < few.value_count; i++) {
    assert_true(fabs(few.values[i].estimate.value - number_of(&full, few.values[i].row->name)) <
                EXACT);
  }
  bare.confidence = NULL;
  few = evaluate(&bare, &no_intervals);
  assert_null(few.equal_width);
  assert_null(sl_metric_value_of(&few, "ece"));
  assert_int_equal(few.by_class[0].trust, SL_TRUST_UNKNOWN);
}

static void contradictions_are_refused(void **state) {
  (void)state;
  sl_error err = {0};
  sl_metric_report report;
  const int32_t label[] = {0, 1, 2}, bad[] = {0, 3, 1}, pred[] = {0, 0, -2};
  const float scores[6] = {0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0.5f};
  sl_metric_input input = {.samples = 3, .classes = 3, .label = bad, .pred = label};
  assert_int_equal(sl_metric_evaluate(arena, &input, NULL, &report, &err), SL_E_ARG);
  assert_string_equal(sl_error_message(&err), "label 3 of sample 1 is outside the 3 classes");
  input.label = label;
  input.pred = pred;
  assert_int_equal(sl_metric_evaluate(arena, &input, NULL, &report, &err), SL_E_ARG);
  assert_string_equal(sl_error_message(&err), "prediction -2 of sample 2 is outside the 3 classes");
  input.pred = NULL;
  assert_int_equal(sl_metric_evaluate(arena, &input, NULL, &report, &err), SL_E_ARG);
  input.scores = (sl_metric_scores){.data = scores, .dtype = SL_DTYPE_F32, .columns = 2};
  assert_int_equal(sl_metric_evaluate(arena, &input, NULL, &report, &err), SL_E_ARG);
  assert_string_equal(sl_error_message(&err), "scores have 2 columns for 3 classes");
  input.scores.dtype = SL_DTYPE_I32;
  assert_int_equal(sl_metric_evaluate(arena, &input, NULL, &report, &err), SL_E_ARG);
  input.pred = label;
  input.scores = (sl_metric_scores){0};
  sl_metric_options options = {.bins = 1000};
  assert_int_equal(sl_metric_evaluate(arena, &input, &options, &report, &err), SL_E_ARG);
  options = (sl_metric_options){.level = 1.5};
  assert_int_equal(sl_metric_evaluate(arena, &input, &options, &report, &err), SL_E_ARG);
  atomic_int cancel = 1;
  options = (sl_metric_options){.cancel = &cancel};
  assert_int_equal(sl_metric_evaluate(arena, &input, &options, &report, &err), SL_E_CANCELLED);
}

static void nothing_usable_is_a_report_of_nothing(void **state) {
  (void)state;
  const int32_t label[] = {-1, 1, -1}, pred[] = {0, -1, -1};
  const float scores[6] = {NAN};
  sl_metric_input input = {.samples = 3, .classes = 2, .label = label, .pred = pred};
  input.scores = (sl_metric_scores){.data = scores, .dtype = SL_DTYPE_F32, .columns = 2};
  sl_metric_report report = evaluate(&input, NULL);
  assert_int_equal(report.used, 0);
  assert_int_equal(report.unlabelled, 2);
  assert_int_equal(report.unscored, 1);
  assert_true(report.value_count > 10);
  for (int32_t i = 0; i < report.value_count; i++) {
    assert_true(isnan(report.values[i].estimate.value) && report.values[i].n == 0);
  }
  input.samples = 0;
  report = evaluate(&input, NULL);
  assert_int_equal(report.samples, 0);
  assert_int_equal(report.cell_count, 0);
}

static void not_finite_rows_are_left_out_and_counted(void **state) {
  (void)state;
  sl_metric_input input = read_input(find_case("broken"));
  sl_metric_report report = evaluate(&input, &no_intervals);
  assert_int_equal(report.samples, 100);
  assert_int_equal(report.unlabelled, 15);
  assert_int_equal(report.nan, 11);
  assert_int_equal(report.used, 74);
  assert_int_equal(sl_metric_value_of(&report, "accuracy")->n, 74);
}

static void tied_scores_fill_one_bin(void **state) {
  (void)state;
  sl_metric_input input = read_input(find_case("tied"));
  sl_metric_report report = evaluate(&input, NULL);
  double accuracy = number_of(&report, "accuracy");
  assert_true(fabs(number_of(&report, "ece_mass") - fabs(accuracy - 0.25)) < EXACT);
  assert_true(number_of(&report, "confidence_auroc") == 0.5);
  assert_null(sl_metric_value_of(&report, "temperature"));
  assert_int_equal(report.equal_mass[report.bins - 1].count, 80);
}

// Where Slitlamp differs from a library on purpose; the reasons are in README.md.
static void differences_on_purpose(void **state) {
  (void)state;
  const int32_t label[] = {0, 5, 0, 1}, pred[] = {0, 0, 0, 1};
  float scores[4 * 6];
  for (int i = 0; i < 24; i++) scores[i] = 1.0f / 6.0f;
  sl_metric_input input = {.samples = 4, .classes = 6, .label = label};
  input.scores = (sl_metric_scores){.data = scores, .dtype = SL_DTYPE_F32, .columns = 6};
  // All tied: the prediction is class 0, and classes 0 to 4 are the top five.
  sl_metric_report report = evaluate(&input, &no_intervals);
  assert_true(number_of(&report, "accuracy") == 0.5);
  assert_true(number_of(&report, "top5") == 0.75);
  // A confidence of 1 shares the last bin with 0.99; torchmetrics gives it a bin of its own.
  const float confidence[] = {1.0f, 0.99f, 1.0f, 0.99f};
  input.scores = (sl_metric_scores){0};
  input.pred = pred;
  input.confidence = confidence;
  report = evaluate(&input, &no_intervals);
  assert_int_equal(report.equal_width[report.bins - 1].count, 4);
  assert_true(fabs(number_of(&report, "ece") - 0.245) < CLOSE);
  // Class 2 has neither samples nor predictions: it is in no average.
  assert_true(number_of(&report, "recall_macro") == 2.0 / 3.0);
}

static void memory_that_runs_out_is_an_error(void **state) {
  (void)state;
  sl_metric_input input = read_input(find_case("few"));
  sl_metric_options options = {.resamples = 8, .threads = 1};
  sl_status status = SL_E_MEMORY;
  int64_t n = 0;
  while (status == SL_E_MEMORY && n < 10000) {
    sl_error err = {0};
    sl_metric_report report;
    sl_arena *own = sl_arena_new(NULL, "fault test");
    sl_heap_fail_after(++n);
    status = sl_metric_evaluate(own, &input, &options, &report, &err);
    sl_heap_fail_after(0);
    sl_arena_free(own);
  }
  assert_int_equal(status, SL_OK);
  assert_true(n > 20);
}

// ---- the registry -------------------------------------------------------------------------------

static void every_row_is_reached_by_a_golden(void **state) {
  (void)state;
  assert_null(sl_metric_find("no such metric"));
  for (int32_t m = 0; m < sl_metric_row_count; m++) {
    const sl_metric_row *row = &sl_metric_rows[m];
    int found = 0;
    assert_ptr_equal(sl_metric_find(row->name), row);
    assert_true(strlen(row->help) > 20 && row->help[strlen(row->help) - 1] == '.');
    for (sl_json_iter it = sl_json_each(sl_json_get(golden, "cases")); sl_json_next(&it);) {
      found += sl_json_get(sl_json_get(it.value, "values"), row->name) != NULL;
    }
    if (found == 0) fail_msg("no golden has %s", row->name);
  }
}

// ---- intervals ----------------------------------------------------------------------------------

static void check_interval(const char *name, const sl_metric_estimate *got, const sl_json *want) {
  double end[2] = {NAN, NAN};
  int k = 0;
  for (sl_json_iter it = sl_json_each(want); sl_json_next(&it);) {
    end[k++] = sl_json_real(it.value, NAN);
  }
  double tolerance = 0.12 * (end[1] - end[0]);
  if (!(fabs(got->low - end[0]) < tolerance && fabs(got->high - end[1]) < tolerance)) {
    fail_msg("%s: [%g, %g], expected [%g, %g]", name, got->low, got->high, end[0], end[1]);
  }
}

// The reference drew 3,000 resamples, so ends agree to a fraction of the interval's width.
static void intervals_agree_with_the_reference_bootstrap(void **state) {
  (void)state;
  sl_metric_input input = read_input(find_case("few"));
  sl_metric_options options = {.resamples = 4000, .seed = 3};
  sl_metric_report report = evaluate(&input, &options);
  const sl_json *intervals = sl_json_get(golden, "intervals");
  int checked = 0;
  for (sl_json_iter it = sl_json_each(intervals); sl_json_next(&it);) {
    if (strncmp(it.key, "class_", 6) == 0) continue;
    const sl_metric_value *value = sl_metric_value_of(&report, it.key);
    check_interval(it.key, &value->estimate, it.value);
    assert_int_equal(value->estimate.resamples, 4000);
    checked++;
  }
  assert_true(checked >= 14);
  const sl_metric_class *row = &report.by_class[1];
  check_interval("f1 of class 1", &row->f1, sl_json_get(intervals, "class_1_f1"));
  check_interval("auroc of class 1", &row->auroc, sl_json_get(intervals, "class_1_auroc"));
  check_interval("average precision of class 1", &row->average_precision,
                 sl_json_get(intervals, "class_1_average_precision"));
  assert_int_equal(row->auroc.method, SL_INTERVAL_BOOTSTRAP);
  assert_int_equal(sl_metric_value_of(&report, "temperature")->estimate.method, SL_INTERVAL_LINEAR);
}

static void intervals_do_not_depend_on_threads(void **state) {
  (void)state;
  static const char *const names[] = {"ten", "multi", "logits", "broken"};
  for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
    sl_metric_input input = read_input(find_case(names[k]));
    sl_metric_options one = {.threads = 1, .resamples = 200, .seed = 9}, three = one, other = one;
    three.threads = 3;
    other.seed = 10;
    sl_metric_report a = evaluate(&input, &one), b = evaluate(&input, &three);
    assert_same_values(&a, &b);
    sl_metric_report c = evaluate(&input, &other);
    assert_true(a.values[0].estimate.value == c.values[0].estimate.value);
    assert_true(number_of(&a, "auroc") == number_of(&c, "auroc"));
    const char *smooth = "log_loss";
    assert_true(sl_metric_value_of(&a, smooth)->estimate.low !=
                sl_metric_value_of(&c, smooth)->estimate.low);
  }
}

static void intervals_hold_their_values(void **state) {
  (void)state;
  sl_metric_input input = read_input(find_case("multi"));
  sl_metric_report report = evaluate(&input, NULL);
  for (int32_t i = 0; i < report.value_count; i++) {
    const sl_metric_estimate *e = &report.values[i].estimate;
    assert_true(e->low < e->value && e->value < e->high);
    assert_int_equal(e->method, SL_INTERVAL_BOOTSTRAP);
    assert_int_equal(e->resamples, SL_METRIC_RESAMPLES);
  }
  report = evaluate(&input, &no_intervals);
  for (int32_t i = 0; i < report.value_count; i++) {
    assert_true(isnan(report.values[i].estimate.low));
    assert_int_equal(report.values[i].estimate.method, SL_INTERVAL_NONE);
  }
  assert_string_equal(sl_interval_method_name(SL_INTERVAL_WILSON), "wilson");
  assert_string_equal(sl_interval_method_name((sl_interval_method)77), "none");
}

// With a sample or two of each class, resamples lose classes; numbers stay inside their intervals.
static void intervals_of_rare_classes_hold_their_values(void **state) {
  (void)state;
  enum { CLASSES = 40, MOST = 3 * CLASSES };
  static const char *const names[] = {"auroc", "auroc_ovo", "auroc_micro", "average_precision",
                                      "average_precision_micro"};
  static float scores[MOST * CLASSES];
  int32_t label[MOST];
  for (int each = 1; each <= 3; each++) {
    sl_random random = {.state = 7};
    for (int i = 0; i < each * CLASSES; i++) {
      label[i] = i % CLASSES;
      for (int c = 0; c < CLASSES; c++)
        scores[i * CLASSES + c] = (float)(sl_random_unit(&random) + (c == label[i] ? 0.6 : 0));
    }
    sl_metric_input input = {.samples = each * CLASSES, .classes = CLASSES, .label = label};
    input.scores = (sl_metric_scores){
        .data = scores, .dtype = SL_DTYPE_F32, .columns = CLASSES, .kind = SL_METRIC_LOGIT};
    sl_metric_report report = evaluate(&input, NULL);
    for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
      const sl_metric_estimate *e = &sl_metric_value_of(&report, names[k])->estimate;
      if (each == 1 && strcmp(names[k], "auroc_ovo") == 0) {
        assert_true(e->method == SL_INTERVAL_NONE && isnan(e->low) && isnan(e->high));
        continue;
      }
      if (!(e->low < e->value && e->value < e->high))
        fail_msg("%s, %d each: %g in [%g, %g]", names[k], each, e->value, e->low, e->high);
      assert_int_equal(e->method, SL_INTERVAL_LINEAR);
    }
    assert_int_equal(report.by_class[0].average_precision.method, SL_INTERVAL_JACKKNIFE);
  }
}

// ---- trust in confidence ------------------------------------------------------------------------

// 3 classes of 400 predictions: 0 says 0.9 and is right 90 % of the time, 1 says 0.95 and is right
// 60 %, 2 says 0.6 and is right 90 %. Class 3 has five predictions only.
static void over_and_under_confident_classes_are_found(void **state) {
  (void)state;
  static const double rate[] = {0.9, 0.6, 0.9}, said[] = {0.9, 0.95, 0.6};
  int32_t label[1205], pred[1205];
  float confidence[1205];
  for (int i = 0; i < 1205; i++) {
    int c = i < 1200 ? i / 400 : 3;
    pred[i] = c;
    label[i] = c == 3 || i % 400 < rate[c] * 400 ? c : (c + 1) % 3;
    confidence[i] = c == 3 ? 0.5f : (float)said[c];
  }
  sl_metric_input input = {.samples = 1205, .classes = 4, .label = label, .pred = pred};
  input.confidence = confidence;
  sl_metric_report report = evaluate(&input, NULL);
  assert_int_equal(report.by_class[0].trust, SL_TRUST_CALIBRATED);
  assert_int_equal(report.by_class[1].trust, SL_TRUST_OVER);
  assert_int_equal(report.by_class[2].trust, SL_TRUST_UNDER);
  assert_int_equal(report.by_class[3].trust, SL_TRUST_UNKNOWN);
  assert_true(fabs(report.by_class[1].gap.value - 0.35) < 1e-6);
  assert_true(report.by_class[1].gap.low > 0.28 && report.by_class[1].gap.high < 0.42);
  assert_true(report.by_class[1].gap_p_value < 1e-6);
}

// ---- two runs -----------------------------------------------------------------------------------

static void two_runs_are_compared_on_what_both_have(void **state) {
  (void)state;
  enum { N = 240 };
  int32_t label[N], a[N], b[N];
  for (int i = 0; i < N; i++) {
    label[i] = i % 3;
    a[i] = i % 4 == 0 ? (label[i] + 1) % 3 : label[i];
    b[i] = i % 10 == 0 ? (label[i] + 2) % 3 : label[i];
  }
  label[5] = -1;
  a[6] = -1;
  a[7] = b[7] = -1;
  sl_error err = {0};
  sl_metric_change change;
  assert_int_equal(sl_metric_compare(arena, N, 3, label, a, b, NULL, &change, &err), SL_OK);
  assert_int_equal(change.paired, 237);
  assert_int_equal(change.unpaired, 1);
  assert_int_equal(change.both_wrong, 12);
  assert_int_equal(change.fixed, 48);
  assert_int_equal(change.broken, 12);
  assert_int_equal(change.both_right, 165);
  assert_true(fabs(change.difference.value - 36.0 / 237.0) < 1e-15);
  assert_true(fabs(change.accuracy_b - change.accuracy_a - change.difference.value) < 1e-15);
  assert_true(change.difference.low > 0.08 && change.difference.low < 0.11);
  assert_true(change.difference.high > 0.19 && change.difference.high < 0.225);
  assert_true(fabs(change.p_value - sl_stats_mcnemar_exact(48, 12)) < 1e-18);
  assert_true(change.p_value_mid < change.p_value);
  int64_t fixed = 0, support = 0;
  for (int c = 0; c < 3; c++) {
    fixed += change.by_class[c].fixed;
    support += change.by_class[c].support;
  }
  assert_int_equal(fixed, 48);
  assert_int_equal(support, 237);
  b[0] = 3;
  assert_int_equal(sl_metric_compare(arena, N, 3, label, a, b, NULL, &change, &err), SL_E_ARG);
  b[0] = 0;
  assert_int_equal(sl_metric_compare(arena, 0, 3, label, a, b, NULL, &change, &err), SL_OK);
  assert_int_equal(change.paired, 0);
  assert_true(isnan(change.accuracy_a) && change.p_value == 1.0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_case_agrees),
      cmocka_unit_test(torchmetrics_and_float32_agree),
      cmocka_unit_test(curves_pass_through_the_reference),
      cmocka_unit_test(thinned_curves_keep_their_shape),
      cmocka_unit_test(doubles_give_what_singles_give),
      cmocka_unit_test(predictions_alone_are_enough),
      cmocka_unit_test(contradictions_are_refused),
      cmocka_unit_test(nothing_usable_is_a_report_of_nothing),
      cmocka_unit_test(not_finite_rows_are_left_out_and_counted),
      cmocka_unit_test(tied_scores_fill_one_bin),
      cmocka_unit_test(differences_on_purpose),
      cmocka_unit_test(memory_that_runs_out_is_an_error),
      cmocka_unit_test(every_row_is_reached_by_a_golden),
      cmocka_unit_test(intervals_agree_with_the_reference_bootstrap),
      cmocka_unit_test(intervals_do_not_depend_on_threads),
      cmocka_unit_test(intervals_hold_their_values),
      cmocka_unit_test(intervals_of_rare_classes_hold_their_values),
      cmocka_unit_test(over_and_under_confident_classes_are_found),
      cmocka_unit_test(two_runs_are_compared_on_what_both_have),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}

// SPDX-License-Identifier: Apache-2.0
// Sums and rankings of a resample against the same samples written out, and influences against
// differences; row arithmetic against the C library.
#include "metric/resample.h"

// clang-format off: cmocka needs these four first.
#include <cmocka.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
// clang-format on
#include <math.h>
#include <string.h>

#include "metric/draw.h"
#include "metric/row_math.h"
#include "metric/temperature.h"

enum { SAMPLES = 140, CLASSES = 5 };

static sl_arena *arena;
static float scores[SAMPLES * CLASSES];
static int32_t labels[SAMPLES];
static uint64_t targets[SAMPLES];
static const sl_metric_options options = {
    .bins = 15, .resamples = 10, .level = 0.95, .threshold = 0.5, .curve_points = 512};

// Scores of one digit, so that ties abound; class 3 has no samples.
static int set_up(void **state) {
  (void)state;
  arena = sl_arena_new(NULL, "resample test");
  sl_random random = {17};
  for (int i = 0; i < SAMPLES; i++) {
    double p[CLASSES], sum = 0.0;
    labels[i] = (int32_t)sl_random_below(&random, CLASSES);
    if (labels[i] == 3) labels[i] = 0;
    for (int c = 0; c < CLASSES; c++) {
      p[c] = ceil(8.0 * sl_random_unit(&random)) + (c == labels[i] ? 5.0 : 0.0);
      if (sl_random_unit(&random) < 0.3 && c != 3) targets[i] |= 1ull << c;
    }
    for (int c = 0; c < CLASSES; c++) sum += p[c];
    for (int c = 0; c < CLASSES; c++) scores[i * CLASSES + c] = (float)(p[c] / sum);
  }
  return 0;
}

static int tear_down(void **state) {
  (void)state;
  sl_arena_free(arena);
  return 0;
}

typedef struct setting {
  sl_metric_input input;
  sl_sample_set set;
  sl_ranking ranking;
  const sl_ranking_index *index;
  double *scratch, auroc[CLASSES], precision[CLASSES];
} setting;

static void prepare(setting *s, bool multi_label) {
  sl_error err = {0};
  *s = (setting){.input = {.samples = SAMPLES, .classes = CLASSES, .multi_label = multi_label}};
  s->input.scores = (sl_metric_scores){.data = scores, .dtype = SL_DTYPE_F32, .columns = CLASSES};
  s->input.label = multi_label ? NULL : labels;
  s->input.targets = multi_label ? targets : NULL;
  assert_int_equal(sl_sample_set_build(arena, &s->input, &options, &s->set, &err), SL_OK);
  assert_int_equal(sl_ranking_build(arena, &s->set, &options, -1, &s->ranking, &err), SL_OK);
  assert_int_equal(sl_ranking_index_build(arena, &s->ranking, &options, &s->index, &err), SL_OK);
  s->scratch = SL_NEW_ARRAY(arena, double, sl_ranking_scratch_size(s->index));
}

static void resample(setting *s, const uint8_t *times, double out[SL_RANK_COUNT]) {
  sl_ranking_resample(s->index, times, s->scratch, out, s->auroc, s->precision);
}

// How often position i counts; `by_row` gives the same by input row.
static int64_t choose_times(const setting *s, uint8_t *times, int *by_row) {
  int64_t total = 0;
  for (int i = 0; i < SAMPLES; i++) {
    times[i] = (uint8_t)(i * 7 % 11 % 4);
    by_row[s->set.row[i]] = times[i];
    total += times[i];
  }
  return total;
}

// The input with every row written as often as it counts.
static sl_metric_input write_out(const setting *s, const int *by_row, int64_t total) {
  sl_metric_input input = s->input;
  float *p = SL_NEW_ARRAY(arena, float, total *CLASSES);
  int32_t *label = SL_NEW_ARRAY(arena, int32_t, total);
  uint64_t *target = SL_NEW_ARRAY(arena, uint64_t, total);
  int64_t at = 0;
  for (int i = 0; i < SAMPLES; i++) {
    for (int k = 0; k < by_row[i]; k++, at++) {
      memcpy(p + at * CLASSES, scores + i * CLASSES, CLASSES * sizeof *p);
      label[at] = labels[i];
      target[at] = targets[i];
    }
  }
  input.samples = total;
  input.scores.data = p;
  if (input.label != NULL) input.label = label;
  if (input.targets != NULL) input.targets = target;
  return input;
}

static void a_resample_equals_its_samples_written_out(void **state) {
  (void)state;
  for (int multi = 0; multi < 2; multi++) {
    setting s;
    sl_error err = {0};
    uint8_t times[SAMPLES];
    int by_row[SAMPLES];
    prepare(&s, multi);
    int64_t total = choose_times(&s, times, by_row);
    sl_sums_plan plan;
    sl_metric_sums sums;
    assert_int_equal(sl_sums_plan_build(arena, &s.set, 15, &plan, &err), SL_OK);
    assert_int_equal(sl_sums_new(arena, &plan, &sums, &err), SL_OK);
    sl_sums_clear(&sums);
    sl_sums_add(&plan, times, 0, 100, &sums);
    sl_sums_add(&plan, times, 100, SAMPLES, &sums);
    sl_sums_finish(&plan, times, &sums);
    resample(&s, times, sums.ranking);
    sl_metric_input whole = write_out(&s, by_row, total);
    sl_metric_options plain = {.resamples = -1};
    sl_metric_report report;
    assert_int_equal(sl_metric_evaluate(arena, &whole, &plain, &report, &err), SL_OK);
    int checked = 0;
    for (int32_t k = 0; k < report.value_count; k++) {
      const sl_metric_row *row = report.values[k].row;
      if (row->needs & SL_NEEDS_TEMPERATURE) continue;
      double got = row->value(&sums), want = report.values[k].estimate.value;
      if (!(fabs(got - want) < 1e-12)) fail_msg("%s: %.17g, not %.17g", row->name, got, want);
      checked++;
    }
    assert_true(checked >= 17);
    for (int32_t c = 0; c < CLASSES; c++) {
      double want = report.by_class[c].auroc.value;
      assert_true(fabs(s.auroc[c] - want) < 1e-12 || (isnan(s.auroc[c]) && isnan(want)));
    }
  }
}

static void assert_slope(int number, int position, double got, double slope) {
  if (fabs(slope - got) < 1e-6 + 0.02 * fabs(slope)) return;
  fail_msg("number %d, position %d: influence %g, difference %g", number, position, got, slope);
}

// Every sample counts 200 times, one of them 201 times: a difference of weights of 1/200.
static void check_influences(bool multi_label) {
  setting s;
  sl_error err = {0};
  sl_ranking_influence influence;
  double base[SL_RANK_COUNT], moved[SL_RANK_COUNT], seen[SL_RANK_COUNT], sum[SL_RANK_COUNT] = {0};
  uint8_t times[SAMPLES];
  prepare(&s, multi_label);
  sl_ranking_values(&s.ranking, seen);
  assert_int_equal(sl_ranking_find_influence(arena, &s.ranking, &options, &influence, &err), SL_OK);
  memset(times, 200, sizeof times);
  resample(&s, times, base);
  for (int k = 0; k < SL_RANK_COUNT; k++) {
    assert_true(fabs(base[k] - seen[k]) < 1e-12 || (isnan(base[k]) && isnan(seen[k])));
  }
  assert_true(isnan(base[SL_RANK_OVO]) == multi_label);
  for (int i = 0; i < SAMPLES; i++) {
    times[i] = 201;
    resample(&s, times, moved);
    times[i] = 200;
    for (int k = 0; k < SL_RANK_COUNT; k++) {
      double got = influence.of[k][i];
      if (!isnan(base[k])) assert_slope(k, i, got, 200.0 * (moved[k] - base[k]));
      sum[k] += got;
    }
  }
  for (int k = 0; k < SL_RANK_COUNT; k++) assert_true(fabs(sum[k]) < 1e-12);
}

static void influences_are_derivatives(void **state) {
  (void)state;
  check_influences(false);
  check_influences(true);
}

static double spread_of(setting *s, int number, double *class_auroc, double *class_precision) {
  double sum = 0.0, square = 0.0, out[SL_RANK_COUNT], c[4] = {0};
  enum { ROUNDS = 4000 };
  for (int b = 0; b < ROUNDS; b++) {
    uint8_t times[SAMPLES];
    sl_random random = sl_draw_start(5, (uint64_t)b);
    sl_draw_resample(&random, SAMPLES, times);
    resample(s, times, out);
    sum += out[number];
    square += out[number] * out[number];
    c[0] += s->auroc[1];
    c[1] += s->auroc[1] * s->auroc[1];
    c[2] += s->precision[1];
    c[3] += s->precision[1] * s->precision[1];
  }
  *class_auroc = sqrt(c[1] / ROUNDS - c[0] / ROUNDS * c[0] / ROUNDS);
  *class_precision = sqrt(c[3] / ROUNDS - c[2] / ROUNDS * c[2] / ROUNDS);
  return sqrt(square / ROUNDS - sum / ROUNDS * sum / ROUNDS);
}

static void influences_give_the_spread_of_the_bootstrap(void **state) {
  (void)state;
  setting s;
  sl_error err = {0};
  sl_ranking_influence influence;
  prepare(&s, false);
  assert_int_equal(sl_ranking_find_influence(arena, &s.ranking, &options, &influence, &err), SL_OK);
  for (int k = 0; k < SL_RANK_COUNT; k++) {
    double square = 0.0, auroc, precision;
    for (int i = 0; i < SAMPLES; i++) square += influence.of[k][i] * influence.of[k][i];
    double bootstrapped = spread_of(&s, k, &auroc, &precision);
    assert_true(fabs(sqrt(square) / bootstrapped - 1.0) < 0.1);
    assert_true(fabs(influence.auroc_error[1] / auroc - 1.0) < 0.1);
    assert_true(fabs(influence.average_precision_error[1] / precision - 1.0) < 0.1);
  }
  assert_true(isnan(influence.auroc_error[3]));
}

// The slope of log loss by the weight of a sample, against fits with the sample counted twice.
static void temperature_influences_are_derivatives(void **state) {
  (void)state;
  setting s;
  sl_error err = {0};
  double temperature, again, *influence, *other;
  prepare(&s, false);
  assert_int_equal(sl_temperature_fit(arena, &s.set, &options, &temperature, &influence, &err),
                   SL_OK);
  double sum = 0.0;
  for (int i = 0; i < SAMPLES; i++) sum += influence[i];
  assert_true(fabs(sum) < 1e-6);
  for (int i = 0; i < SAMPLES; i += 20) {
    int by_row[SAMPLES];
    for (int k = 0; k < SAMPLES; k++) by_row[k] = 20;
    by_row[s.set.row[i]] = 21;
    sl_metric_input whole = write_out(&s, by_row, SAMPLES * 20 + 1);
    sl_sample_set set;
    assert_int_equal(sl_sample_set_build(arena, &whole, &options, &set, &err), SL_OK);
    assert_int_equal(sl_temperature_fit(arena, &set, &options, &again, &other, &err), SL_OK);
    double slope = 20.0 * (again - temperature);
    assert_true(fabs(slope - influence[i]) < 1e-5 + 0.03 * fabs(slope));
  }
}

static void large_inputs_get_fewer_resamples(void **state) {
  (void)state;
  sl_resample_plan plan = {0};
  bool exact;
  sl_resample_budget(10000, 10, 1000, &exact, &plan);
  assert_true(exact && plan.resamples == 1000 && plan.ranking_resamples == 1000);
  sl_resample_budget(60000, 1000, 1000, &exact, &plan);
  assert_true(!exact && plan.resamples == 1000);
  sl_resample_budget(1000000, 10, 1000, &exact, &plan);
  assert_true(!exact && plan.resamples == 200);
  sl_resample_budget(100000000, 10, 1000, &exact, &plan);
  assert_int_equal(plan.resamples, 100);
  sl_resample_budget(500, 1000, 1000, &exact, &plan);
  assert_true(exact && plan.ranking_resamples == 400 && plan.resamples == 1000);
  sl_resample_budget(1000000, 10, 50, &exact, &plan);
  assert_int_equal(plan.resamples, 50);
}

static void row_arithmetic_is_exact_enough(void **state) {
  (void)state;
  enum { N = 1003 };
  static double z[N], e[N], l[N];
  sl_random random = {3};
  for (int32_t n = 0; n < N; n += n < 20 ? 1 : 327) {
    double sum = 0.0, plain = 0.0;
    for (int i = 0; i < n; i++) z[i] = -700.0 * pow(sl_random_unit(&random), 4.0);
    double got = sl_row_exp(z, n, 1.0, 0.0, e);
    sl_row_log(e, n, 1e-300, l);
    for (int i = 0; i < n; i++) {
      assert_true(fabs(e[i] / exp(z[i]) - 1.0) < 1e-15);
      double want = log(fmax(e[i], 1e-300));
      assert_true(fabs(l[i] - want) <= 4e-16 * fabs(want));
      sum += e[i];
      plain += z[i];
    }
    assert_true(fabs(got - sum) <= 1e-13 * sum);
    assert_true(fabs(sl_row_sum(z, n) - plain) <= 1e-12 * fabs(plain));
  }
  const double edge[] = {0.0, -708.5, -INFINITY, -1e5};
  assert_true(sl_row_exp(edge, 4, 1.0, 0.0, e) == 1.0);
  assert_true(e[0] == 1.0 && e[1] == 0.0 && e[2] == 0.0 && e[3] == 0.0);
  const double p[] = {0.0, 1.0, 5e-310};
  sl_row_log(p, 3, 0.5, l);
  assert_true(l[0] == log(0.5) && l[1] == 0.0 && l[2] == log(0.5));
  assert_true(sl_row_max(edge, 4) == 0.0 && isinf(sl_row_max(edge, 0)));
  for (uint32_t half = 0; half < 65536; half++) {
    uint16_t bits = (uint16_t)half;
    double got;
    sl_row_from_f16(&bits, 1, &got);
    double want = (double)sl_f32_from_f16(bits);
    assert_true(isfinite(want) ? got == want : !isfinite(got));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_resample_equals_its_samples_written_out),
      cmocka_unit_test(influences_are_derivatives),
      cmocka_unit_test(influences_give_the_spread_of_the_bootstrap),
      cmocka_unit_test(temperature_influences_are_derivatives),
      cmocka_unit_test(large_inputs_get_fewer_resamples),
      cmocka_unit_test(row_arithmetic_is_exact_enough),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}

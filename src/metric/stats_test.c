// SPDX-License-Identifier: Apache-2.0
// Statistics of rates, assignment, class order and draws; references in golden.json.
#include "metric/stats.h"

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
#include "base/json.h"
#include "metric/draw.h"
#include "metric/metric.h"

static sl_arena *arena;
static const sl_json *golden;

static int set_up(void **state) {
  (void)state;
  sl_error err = {0};
  sl_bytes bytes;
  const sl_json *whole;
  arena = sl_arena_new(NULL, "stats test");
  if (sl_file_read(arena, SL_TEST_DATA "/metric/golden.json", 1 << 24, &bytes, &err)) return -1;
  if (sl_json_parse(arena, (const char *)bytes.at, bytes.size, "golden.json", &whole, &err)) {
    return -1;
  }
  golden = sl_json_get(whole, "statistics");
  return golden == NULL;
}

static int tear_down(void **state) {
  (void)state;
  sl_arena_free(arena);
  return 0;
}

// The numbers of one golden row; null gives NaN.
typedef struct row {
  double at[8];
} row;

static row read_row(const sl_json *list) {
  row out = {{0}};
  int k = 0;
  for (sl_json_iter it = sl_json_each(list); sl_json_next(&it);) {
    out.at[k++] = sl_json_real(it.value, NAN);
  }
  return out;
}

static void assert_relative(double got, double want) {
  if (isnan(got) && isnan(want)) return;
  if (!(fabs(got - want) <= 1e-9 * fabs(want) + 1e-300)) {
    fail_msg("%.17g, expected %.17g", got, want);
  }
}

#define EACH_ROW(name)                                        \
  assert_true(sl_json_count(sl_json_get(golden, name)) >= 5); \
  for (sl_json_iter it = sl_json_each(sl_json_get(golden, name)); sl_json_next(&it);)

static void mcnemar_agrees(void **state) {
  (void)state;
  EACH_ROW("mcnemar") {
    row r = read_row(it.value);
    int64_t a = (int64_t)r.at[0], b = (int64_t)r.at[1];
    assert_relative(sl_stats_mcnemar_exact(a, b), r.at[2]);
    assert_relative(sl_stats_mcnemar_mid(a, b), r.at[3]);
    assert_relative(sl_stats_sign_one_sided(a, b), r.at[4]);
  }
}

static void wilson_agrees(void **state) {
  (void)state;
  EACH_ROW("wilson") {
    row r = read_row(it.value);
    sl_interval got = sl_stats_wilson((int64_t)r.at[0], (int64_t)r.at[1], r.at[2]);
    assert_true(fabs(got.low - r.at[3]) < 1e-9);
    assert_true(fabs(got.high - r.at[4]) < 1e-9);
  }
  assert_true(isnan(sl_stats_wilson(0, 0, 0.95).low));
}

static void tables_agree(void **state) {
  (void)state;
  EACH_ROW("two_by_two") {
    row r = read_row(it.value);
    int64_t n[4];
    for (int k = 0; k < 4; k++) n[k] = (int64_t)r.at[k];
    assert_relative(sl_stats_fisher(n[0], n[1], n[2], n[3]), r.at[4]);
    assert_relative(sl_stats_two_proportion_z(n[0], n[1], n[2], n[3]), r.at[5]);
  }
  assert_true(isnan(sl_stats_fisher(0, 0, 1, 2)));
  assert_true(isnan(sl_stats_two_proportion_z(0, 1, 0, 0)));
}

static void binomial_and_normal_agree(void **state) {
  (void)state;
  EACH_ROW("binomial") {
    row r = read_row(it.value);
    assert_relative(sl_stats_binomial_pmf((int64_t)r.at[0], (int64_t)r.at[1], r.at[2]), r.at[3]);
    assert_relative(sl_stats_binomial_cdf((int64_t)r.at[0], (int64_t)r.at[1], r.at[2]), r.at[4]);
  }
  EACH_ROW("normal") {
    row r = read_row(it.value);
    assert_true(fabs(sl_stats_normal_quantile(r.at[0]) - r.at[1]) < 1e-9);
    assert_relative(sl_stats_normal_cdf(r.at[1]), r.at[0]);
  }
  assert_true(isinf(sl_stats_normal_quantile(0.0)) && isinf(sl_stats_normal_quantile(1.0)));
  assert_true(isnan(sl_stats_normal_quantile(1.5)));
  assert_true(sl_stats_binomial_pmf(-1, 5, 0.5) == 0.0 && sl_stats_binomial_cdf(5, 5, 0.5) == 1.0);
  assert_true(sl_stats_binomial_pmf(0, 5, 0.0) == 1.0 && sl_stats_binomial_pmf(5, 5, 1.0) == 1.0);
}

static void adjustment_and_quantiles_agree(void **state) {
  (void)state;
  double p[8], want[8], values[] = {3.0, 1.0, 7.0, 2.5, 2.5, NAN};
  int64_t order[8], count = 0;
  EACH_ROW("adjusted") {
    row r = read_row(it.value);
    p[count] = r.at[0];
    want[count++] = r.at[1];
  }
  sl_stats_benjamini_hochberg(p, order, count);
  for (int64_t i = 0; i < count; i++) assert_relative(p[i], want[i]);
  sl_stats_sort(values, 6);
  assert_true(isnan(values[5]));
  EACH_ROW("quantiles") {
    row r = read_row(it.value);
    assert_relative(sl_stats_quantile(values, 5, r.at[0]), r.at[1]);
  }
  assert_true(isnan(sl_stats_quantile(values, 0, 0.5)));
}

// ---- assignment and class order -----------------------------------------------------------------

static void assignments_are_best(void **state) {
  (void)state;
  sl_error err = {0};
  EACH_ROW("assignments") {
    int32_t n = (int32_t)sl_json_int(sl_json_get(it.value, "n"), 0), seen[40] = {0}, match[40];
    int32_t *gain = SL_NEW_ARRAY(arena, int32_t, n * n), at = 0;
    int64_t sum = 0;
    for (sl_json_iter g = sl_json_each(sl_json_get(it.value, "gain")); sl_json_next(&g);) {
      gain[at++] = (int32_t)sl_json_int(g.value, -1);
    }
    assert_int_equal(sl_permutation_assign(arena, n, gain, match, &err), SL_OK);
    for (int32_t r = 0; r < n; r++) {
      sum += gain[r * n + match[r]];
      seen[match[r]]++;
    }
    for (int32_t c = 0; c < n; c++) assert_int_equal(seen[c], 1);
    assert_int_equal(sum, sl_json_int(sl_json_get(it.value, "best"), -1));
  }
}

// A confusion matrix of `classes` classes: `right` of 100 samples a class are predicted as
// order[class], the others are spread.
static sl_permutation detect(int32_t classes, int32_t right, const int32_t *order) {
  sl_metric_cell *cells = SL_NEW_ARRAY(arena, sl_metric_cell, classes * classes);
  int64_t count = 0;
  for (int32_t label = 0; label < classes; label++) {
    int32_t target = order != NULL ? order[label] : label;
    for (int32_t pred = 0; pred < classes; pred++) {
      int64_t n = pred == target ? right : (100 - right) / (classes - 1);
      if (n > 0) cells[count++] = (sl_metric_cell){label, pred, n};
    }
  }
  sl_error err = {0};
  sl_permutation out;
  assert_int_equal(sl_permutation_find(arena, classes, cells, count, 1, &out, &err), SL_OK);
  return out;
}

static void a_wrong_class_order_is_found(void **state) {
  (void)state;
  static const int32_t swap[10] = {0, 1, 9, 3, 4, 5, 6, 7, 8, 2};
  static const int32_t text_order[12] = {0, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2, 3};
  sl_permutation found = detect(10, 73, swap);
  assert_true(found.checked && found.found);
  assert_int_equal(found.moved, 2);
  assert_int_equal(found.map[9], 2);
  assert_int_equal(found.map[2], 9);
  assert_int_equal(found.map[5], 5);
  assert_true(fabs(found.accuracy_permuted - 0.73) < 1e-12 && found.accuracy < 0.6);
  found = detect(12, 56, text_order);
  assert_true(found.found);
  for (int32_t c = 0; c < 12; c++) assert_int_equal(found.map[text_order[c]], c);
  assert_true(found.p_value < 1e-20);
}

static void ordinary_models_are_not_suspected(void **state) {
  (void)state;
  for (int32_t right = 10; right <= 100; right += 10) {
    sl_permutation none = detect(10, right, NULL);
    assert_true(none.checked && !none.found);
    assert_true(none.map[3] == 3);
  }
  // All into one class; one class taken for another, which stays itself; a coin flip of two.
  const sl_metric_cell collapsed[] = {{0, 1, 100}, {1, 1, 100}, {2, 1, 100}};
  const sl_metric_cell taken[] = {{0, 0, 20}, {0, 1, 80}, {1, 1, 95}, {1, 0, 5}, {2, 2, 100}};
  const sl_metric_cell coin[] = {{0, 0, 48}, {0, 1, 52}, {1, 0, 55}, {1, 1, 45}};
  const sl_metric_cell few[] = {{0, 1, 6}, {1, 0, 6}};
  sl_error err = {0};
  sl_permutation out;
  assert_int_equal(sl_permutation_find(arena, 3, collapsed, 3, 1, &out, &err), SL_OK);
  assert_false(out.found);
  assert_int_equal(sl_permutation_find(arena, 3, taken, 5, 1, &out, &err), SL_OK);
  assert_false(out.found);
  assert_int_equal(sl_permutation_find(arena, 2, coin, 4, 1, &out, &err), SL_OK);
  assert_false(out.found);
  assert_int_equal(sl_permutation_find(arena, 2, few, 2, 1, &out, &err), SL_OK);
  assert_false(out.found);
  assert_int_equal(sl_permutation_find(arena, 2, few, 0, 1, &out, &err), SL_OK);
  assert_false(out.checked);
  assert_int_equal(sl_permutation_find(arena, 2001, few, 2, 1, &out, &err), SL_OK);
  assert_false(out.checked);
}

// ---- draws --------------------------------------------------------------------------------------

static void binomial_draws_have_their_moments(void **state) {
  (void)state;
  static const double cases[][2] = {{1, 0.5}, {20, 0.1}, {1000, 0.5}, {1000000, 0.004}, {7, 0.99}};
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
    sl_random random = sl_draw_start(4, k);
    double n = cases[k][0], p = cases[k][1], sum = 0.0, square = 0.0, draws = 20000.0;
    for (int i = 0; i < 20000; i++) {
      int64_t x = sl_draw_binomial(&random, (int64_t)n, p);
      assert_true(x >= 0 && x <= (int64_t)n);
      sum += (double)x - n * p;
      square += ((double)x - n * p) * ((double)x - n * p);
    }
    double variance = n * p * (1.0 - p);
    assert_true(fabs(sum / draws) < 4.0 * sqrt(variance / draws));
    assert_true(fabs(square / draws / variance - 1.0) < 0.06);
  }
  sl_random random = sl_draw_start(4, 0);
  assert_int_equal(sl_draw_binomial(&random, 0, 0.5), 0);
  assert_int_equal(sl_draw_binomial(&random, 9, 0.0), 0);
  assert_int_equal(sl_draw_binomial(&random, 9, 1.0), 9);
}

static void resamples_draw_every_sample_alike(void **state) {
  (void)state;
  enum { N = 9000, ROUNDS = 400 };  // two whole blocks and a part
  static uint8_t times[N];
  static int64_t seen[N];
  int64_t first = 0, whole = 0;
  double square = 0.0;
  for (int b = 0; b < ROUNDS; b++) {
    sl_random random = sl_draw_start(11, (uint64_t)b);
    int64_t sum = 0;
    sl_draw_resample(&random, N, times);
    for (int i = 0; i < N; i++) {
      sum += times[i];
      seen[i] += times[i];
      whole += times[i] == 0;
      if (i < 4096) first += times[i];
    }
    assert_int_equal(sum, N);
  }
  for (int i = 0; i < N; i++) square += ((double)seen[i] - ROUNDS) * ((double)seen[i] - ROUNDS);
  assert_true(fabs(square / N / ROUNDS - 1.0) < 0.06);  // chi-square per degree of freedom
  assert_true(fabs((double)first / ROUNDS / 4096.0 - 1.0) < 0.004);
  assert_true(fabs((double)whole / N / ROUNDS - exp(-1.0)) < 0.002);
  sl_random one = sl_draw_start(11, 1);
  sl_draw_resample(&one, 1, times);
  assert_int_equal(times[0], 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(mcnemar_agrees),
      cmocka_unit_test(wilson_agrees),
      cmocka_unit_test(tables_agree),
      cmocka_unit_test(binomial_and_normal_agree),
      cmocka_unit_test(adjustment_and_quantiles_agree),
      cmocka_unit_test(assignments_are_best),
      cmocka_unit_test(a_wrong_class_order_is_found),
      cmocka_unit_test(ordinary_models_are_not_suspected),
      cmocka_unit_test(binomial_draws_have_their_moments),
      cmocka_unit_test(resamples_draw_every_sample_alike),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}

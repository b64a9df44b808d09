// SPDX-License-Identifier: Apache-2.0
// Weights against weights, by hand.
#include "attrib/weight_change.h"

#include <cmocka.h>
#include <math.h>

static sl_constant constant_of(sl_arena *arena, const float *numbers, int64_t count) {
  int64_t dims[1] = {count};
  sl_graph *graph = sl_graph_new(arena, NULL, "test");
  sl_value_id v = sl_graph_add_constant(graph, "w", SL_ELEMENT_F32, 1, dims, numbers);
  return *graph->values[v].constant;
}

static sl_weight_change change_of(const float *a, const float *b, int64_t count_a,
                                  int64_t count_b) {
  sl_arena *arena = sl_arena_new(NULL, "test");
  sl_weight_change out;
  sl_constant x = constant_of(arena, a, count_a), y = constant_of(arena, b, count_b);
  sl_weight_change_of(&x, &y, &out);
  sl_arena_free(arena);
  return out;
}

static void test_numbers(void **state) {
  (void)state;
  const float a[] = {3, 0, 4, 0}, b[] = {3, 0, 0, 4};
  sl_weight_change c = change_of(a, b, 4, 4);
  assert_true(c.is_comparable);
  assert_int_equal(c.differing, 2);
  assert_true(c.max_delta == 4);
  assert_true(fabs(sl_weight_change_relative(&c) - sqrt(32.0) / 5) < 1e-12);
  assert_true(fabs(sl_weight_change_cosine(&c) - 9.0 / 25) < 1e-12);
}

static void test_not_finite(void **state) {
  (void)state;
  const float a[] = {1, NAN, 2}, b[] = {NAN, NAN, 2};
  sl_weight_change c = change_of(a, b, 3, 3);
  assert_int_equal(c.differing, 1);
  assert_int_equal(c.not_finite, 1);
  assert_true(sl_weight_change_relative(&c) == 0);
}

static void test_from_zero(void **state) {
  (void)state;
  const float a[] = {0, 0}, b[] = {0, 1};
  sl_weight_change c = change_of(a, b, 2, 2);
  assert_true(isinf(sl_weight_change_relative(&c)));
  assert_true(isnan(sl_weight_change_cosine(&c)));
}

static void test_other_sizes(void **state) {
  (void)state;
  const float a[] = {1, 2}, b[] = {1, 2, 3};
  assert_false(change_of(a, b, 2, 3).is_comparable);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_numbers), cmocka_unit_test(test_not_finite),
      cmocka_unit_test(test_from_zero), cmocka_unit_test(test_other_sizes)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

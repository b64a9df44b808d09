// SPDX-License-Identifier: Apache-2.0
// Strongest places, by hand.
#include "attrib/top_places.h"

#include <cmocka.h>
#include <math.h>

// Two channels on a grid of 1 x 2.
static void test_order(void **state) {
  (void)state;
  sl_arena *arena = sl_arena_new(NULL, "test");
  sl_feature_layer layer = {.channels = 2, .height = 1, .width = 2, .elements = 4};
  const float samples[5][4] = {
      {1, 2, 0, 0}, {5, 4, 0, NAN}, {2, 0, 0, 0}, {3, 3, 0, 0}, {-1, 2, 7, 8}};
  sl_top_places top;
  sl_top_places_new(arena, &layer, 3, &top);
  for (int i = 0; i < 5; i++) sl_top_places_add(&top, samples[i], 10 + i);
  const sl_top_channel *first = &top.channels[0], *second = &top.channels[1];
  assert_int_equal(first->count, 3);
  assert_int_equal(first->places[0].sample, 11);
  assert_int_equal(first->places[0].column, 0);
  assert_int_equal(first->places[1].sample, 13);
  assert_int_equal(first->places[2].sample, 10);  // of equal values the earliest
  assert_int_equal(first->places[2].column, 1);
  assert_true(first->max == 5 && first->sum == 21);
  assert_int_equal(second->elements, 9);  // one is not a number
  assert_int_equal(second->places[0].sample, 14);
  assert_int_equal(second->places[0].column, 1);
  assert_true(sl_top_channel_peak(second) > sl_top_channel_peak(first));
  sl_arena_free(arena);
}

static void test_flat(void **state) {
  (void)state;
  sl_top_channel nothing = {0}, flat = {.sum = 6, .squares = 12, .max = 2, .elements = 3};
  assert_true(sl_top_channel_peak(&nothing) == 0);
  assert_true(sl_top_channel_peak(&flat) == 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_order), cmocka_unit_test(test_flat)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

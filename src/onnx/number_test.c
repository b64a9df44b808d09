// SPDX-License-Identifier: Apache-2.0
// Tests of fixed + per_batch * N: whatever is known must be so for every N that is tried.
#include "onnx/number.h"

#include <cmocka.h>
#include <stdlib.h>

enum { LOW = -6, HIGH = 7, BATCHES = 6, SIDE = HIGH - LOW };

static sl_onnx_number linear(int index) {
  sl_onnx_number n = sl_number_of(LOW + index % SIDE);
  n.per_batch = LOW + index / SIDE;
  return n;
}

static int64_t at(sl_onnx_number n, int64_t batch) { return n.fixed + n.per_batch * batch; }

static int64_t floor_of(int64_t a, int64_t b) {
  int64_t q = a / b;
  return q - (q * b != a && (a < 0) != (b < 0));
}

// Every pair, every batch: `wanted` is what a runtime computes.
static void check_pairs(sl_onnx_number (*run)(sl_onnx_number, sl_onnx_number),
                        int64_t (*wanted)(int64_t, int64_t), int skip_zero, int least_known) {
  int known = 0;
  for (int i = 0; i < SIDE * SIDE; i++)
    for (int j = 0; j < SIDE * SIDE; j++) {
      sl_onnx_number a = linear(i), b = linear(j), c = run(a, b);
      known += c.is_known;
      for (int64_t n = 1; c.is_known && n <= BATCHES; n++) {
        if (skip_zero && at(b, n) == 0) continue;
        if (at(c, n) != wanted(at(a, n), at(b, n)))
          fail_msg("%lld+%lldN and %lld+%lldN give %lld+%lldN, wrong at N=%lld", (long long)a.fixed,
                   (long long)a.per_batch, (long long)b.fixed, (long long)b.per_batch,
                   (long long)c.fixed, (long long)c.per_batch, (long long)n);
      }
    }
  if (known < least_known)
    fail_msg("only %d of %d pairs are known", known, SIDE * SIDE * SIDE * SIDE);
}

static int64_t sum(int64_t a, int64_t b) { return a + b; }
static int64_t difference(int64_t a, int64_t b) { return a - b; }
static int64_t product(int64_t a, int64_t b) { return a * b; }
static int64_t quotient(int64_t a, int64_t b) { return a / b; }
static int64_t rest_c(int64_t a, int64_t b) { return a % b; }
static int64_t rest(int64_t a, int64_t b) { return a - floor_of(a, b) * b; }
static int64_t least(int64_t a, int64_t b) { return a < b ? a : b; }
static int64_t most(int64_t a, int64_t b) { return a > b ? a : b; }

static sl_onnx_number mod(sl_onnx_number a, sl_onnx_number b) { return sl_number_mod(a, b, 0); }
static sl_onnx_number mod_c(sl_onnx_number a, sl_onnx_number b) { return sl_number_mod(a, b, 1); }
static sl_onnx_number floor_by(sl_onnx_number a, sl_onnx_number b) {
  return b.per_batch == 0 ? sl_number_floor_div(a, b.fixed) : sl_number_unknown();
}

static void is_right_for_every_batch(void **state) {
  (void)state;
  check_pairs(sl_number_add, sum, 0, SIDE * SIDE * SIDE * SIDE);
  check_pairs(sl_number_sub, difference, 0, SIDE * SIDE * SIDE * SIDE);
  check_pairs(sl_number_mul, product, 0, 2000);
  check_pairs(sl_number_div, quotient, 1, 500);
  check_pairs(floor_by, floor_of, 1, 300);
  check_pairs(mod, rest, 1, 300);
  check_pairs(mod_c, rest_c, 1, 300);
  check_pairs(sl_number_min, least, 0, 10000);
  check_pairs(sl_number_max, most, 0, 10000);
}

static void compares_only_what_holds_for_every_batch(void **state) {
  (void)state;
  sl_onnx_number n = {.is_known = true, .per_batch = 1}, one = sl_number_of(1);
  assert_int_equal(sl_number_compare(n, sl_number_of(0)), 1);
  assert_int_equal(sl_number_compare(n, one), SL_NUMBER_OPEN);
  assert_true(sl_number_at_least(n, one));
  assert_false(sl_number_at_least(one, n));
  assert_int_equal(sl_number_compare(sl_number_unknown(), one), SL_NUMBER_OPEN);
  assert_int_equal(sl_number_compare(sl_number_of(INT64_MIN), sl_number_of(INT64_MAX)), -1);
}

static void does_not_overflow(void **state) {
  (void)state;
  sl_onnx_number big = sl_number_of(INT64_MAX), least_of_all = sl_number_of(INT64_MIN);
  assert_false(sl_number_add(big, sl_number_of(1)).is_known);
  assert_false(sl_number_sub(least_of_all, sl_number_of(1)).is_known);
  assert_false(sl_number_mul(big, sl_number_of(2)).is_known);
  assert_false(sl_number_div(least_of_all, sl_number_of(-1)).is_known);
  assert_false(sl_number_div(big, sl_number_of(0)).is_known);
  assert_true(sl_number_is(sl_number_mul(sl_number_unknown(), sl_number_of(0)), 0));
}

static void divides_element_counts(void **state) {
  (void)state;
  sl_dim n = {.per_batch = 1}, in[] = {n, SL_DIM(12), SL_DIM(64)}, by[] = {n, SL_DIM(4)};
  assert_true(sl_dim_is(sl_dim_quotient(in, 3, by, 2), 192));
  sl_dim half = sl_dim_quotient(in, 3, (sl_dim[]){SL_DIM(8)}, 1);
  assert_true(half.fixed == 0 && half.per_batch == 96);
  assert_false(sl_dim_is_known(sl_dim_quotient(in, 3, (sl_dim[]){SL_DIM(7)}, 1)));
  // N * N is no size of ours, but goes away when both come in.
  sl_dim square[] = {n, n, SL_DIM(3)};
  assert_true(sl_dim_is(sl_dim_quotient(square, 3, square, 2), 3));
  assert_false(sl_dim_is_known(sl_dim_quotient(square, 3, by, 0)));
  assert_false(sl_dim_is_known(sl_number_to_dim((sl_onnx_number){true, -1, 1, 0, 0})));
}

// How many of the elements start, start + step, ... are before the end: counted one by one.
static int64_t taken(int64_t size, int64_t start, int64_t end, int64_t step) {
  int64_t count = 0, last = size - 1;
  start = start < 0 ? start + size : start;
  end = end < 0 ? end + size : end;
  if (start < 0) start = 0;
  if (step < 0 && start > last) start = last;
  for (int64_t i = start; step > 0 ? i < end && i < size : i > end && i >= 0; i += step) count++;
  return count;
}

static void takes_what_slice_takes(void **state) {
  (void)state;
  for (int64_t size = 0; size < 5; size++)
    for (int64_t start = -7; start < 8; start++)
      for (int64_t end = -7; end < 8; end++)
        for (int64_t step = -3; step < 4; step++) {
          sl_onnx_number first, count;
          if (step == 0) continue;
          assert_true(sl_number_slice(SL_DIM(size), sl_number_of(start), sl_number_of(end), step,
                                      &first, &count));
          assert_int_equal(count.fixed, taken(size, start, end, step));
          if (count.fixed > 0) assert_in_range(first.fixed, 0, size - 1);
        }
  // Beyond 2^31 a fixed size is still cut where the file says.
  sl_onnx_number first, count, far = sl_number_of((int64_t)1 << 32);
  assert_true(
      sl_number_slice(SL_DIM((int64_t)1 << 33), far, sl_number_of(INT64_MAX), 1, &first, &count));
  assert_true(first.fixed == far.fixed && count.fixed == far.fixed);
  // "To the end" is the end for every N.
  assert_true(sl_number_slice((sl_dim){.per_batch = 1}, sl_number_of(1), sl_number_of(INT32_MAX), 1,
                              &first, &count));
  assert_true(count.fixed == -1 && count.per_batch == 1);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(is_right_for_every_batch),
      cmocka_unit_test(compares_only_what_holds_for_every_batch),
      cmocka_unit_test(does_not_overflow),
      cmocka_unit_test(divides_element_counts),
      cmocka_unit_test(takes_what_slice_takes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
// Two models side by side: sums by hand, and two trainings of one network patched into each other.
#include "attrib/model_pair.h"

#include <cmocka.h>
#include <math.h>
#include <string.h>

static void ok(sl_status status, const sl_error *err) {
  if (status != SL_OK) fail_msg("%s", sl_error_message(err));
}

static void test_moved(void **state) {
  (void)state;
  const float a[] = {1, 2, 3}, b[] = {3, 2, -1}, half[] = {2, 9, 1};
  assert_true(sl_pair_moved(a, b, a, 3) == 0);
  assert_true(sl_pair_moved(a, b, b, 3) == 1);
  assert_true(sl_pair_moved(a, b, half, 3) == 0.5);  // what is across the way does not count
  assert_true(isnan(sl_pair_moved(a, a, half, 3)));
}

static void test_divergence(void **state) {
  (void)state;
  sl_error err = {0};
  sl_shape shape = {.rank = 2, .dims = {2, 2}};
  sl_tensor a, b;
  ok(sl_tensor_new(SL_DTYPE_F32, &shape, &a, &err), &err);
  ok(sl_tensor_new(SL_DTYPE_F32, &shape, &b, &err), &err);
  memcpy(a.data, (const float[]){3, 4, 1, 0}, 4 * sizeof(float));
  memcpy(b.data, (const float[]){3, 4, 0, 1}, 4 * sizeof(float));
  sl_divergence sum = {0};
  sl_divergence_add(&sum, &a, &b);
  assert_int_equal(sum.rows, 2);
  assert_true(fabs(sl_divergence_relative(&sum) - sqrt(2.0 / 26)) < 1e-12);
  assert_true(fabs(sl_divergence_cosine(&sum) - 25.0 / 26) < 1e-12);
  assert_true(fabs(sum.worst - sqrt(2.0)) < 1e-12);
  sl_tensor_release(&a);
  sl_tensor_release(&b);
}

static sl_white_box *open_box(sl_arena *arena, const char *path, const sl_shape *input) {
  sl_error err = {0};
  sl_white_box *box;
  sl_white_box_options options = {.threads = 1, .input_shape = input};
  ok(sl_white_box_open(arena, path, &options, &box, &err), &err);
  return box;
}

static sl_tensor run_model(sl_white_box *box, const sl_tensor *input) {
  sl_error err = {0};
  sl_value_id output = sl_white_box_output(box);
  const sl_piece *piece;
  sl_tensor scores;
  ok(sl_white_box_tap(box, &output, 1, &piece, &err), &err);
  ok(sl_piece_run(piece, input, &scores, &err), &err);
  return scores;
}

static double patch(const sl_model_pair *pair, const char *name, const sl_tensor *input,
                    const sl_tensor *a, const sl_tensor *b) {
  sl_error err = {0};
  sl_value_id value;
  sl_tensor patched;
  ok(sl_white_box_value(pair->a, name, &value, &err), &err);
  sl_value_id other = sl_model_pair_match(pair, value);
  assert_true(other != 0);
  ok(sl_model_pair_patch(pair, value, other, input, &patched, &err), &err);
  double moved = sl_pair_moved(a->data, b->data, patched.data, 10);
  sl_tensor_release(&patched);
  return moved;
}

// The input itself carries nothing over, the output everything.
static void test_ends(void **state) {
  (void)state;
  sl_arena *arena = sl_arena_new(NULL, "test");
  sl_error err = {0};
  sl_shape shape = {.rank = 4, .dims = {1, 1, 28, 28}};
  sl_model_pair pair;
  ok(sl_model_pair_open(arena, open_box(arena, SL_SOURCE_DIR "/examples/fashion/v2.onnx", &shape),
                        open_box(arena, SL_SOURCE_DIR "/examples/fashion/v1.onnx", &shape), &pair,
                        &err),
     &err);
  sl_tensor input;
  ok(sl_tensor_new(SL_DTYPE_F32, &shape, &input, &err), &err);
  for (int i = 0; i < 784; i++) ((float *)input.data)[i] = (float)(i % 29) / 29 - 0.5f;
  sl_tensor a = run_model(pair.a, &input), b = run_model(pair.b, &input);
  assert_true(fabs(patch(&pair, "image", &input, &a, &b)) < 1e-5);
  assert_true(fabs(patch(&pair, "logits", &input, &a, &b) - 1) < 1e-5);
  int32_t count;
  sl_model_pair_between(&pair, arena, 0, sl_white_box_output(pair.a), &count);
  assert_int_equal(count, 12);  // 11 convolutions and the last matrix product
  sl_tensor_release(&a);
  sl_tensor_release(&b);
  sl_tensor_release(&input);
  sl_arena_free(arena);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_moved), cmocka_unit_test(test_divergence), cmocka_unit_test(test_ends)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: Apache-2.0
// Gradient ascent: each part against what it must be, then the whole on a small network.
#include "attrib/image_ascent.h"

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "attrib/cosine_image.h"
#include "attrib/image_warp.h"
#include "base/hash.h"

enum { HEIGHT = 7, WIDTH = 9, SIZE = HEIGHT * WIDTH };

static void ok(sl_status status, const sl_error *err) {
  if (status != SL_OK) fail_msg("%s", sl_error_message(err));
}

static void fill(float *out, int64_t count, uint64_t seed) {
  sl_random random = {seed};
  for (int64_t i = 0; i < count; i++) out[i] = (float)(0.1 + 0.8 * sl_random_unit(&random));
}

static double dot(const float *a, const float *b, int64_t count) {
  double sum = 0;
  for (int64_t i = 0; i < count; i++) sum += (double)a[i] * (double)b[i];
  return sum;
}

static void test_warp_keeps(void **state) {
  (void)state;
  float x[SIZE], y[SIZE];
  sl_image_warp still = {.height = HEIGHT, .width = WIDTH, .scale = 1};
  sl_image_warp right = still;
  right.shift_x = 2;
  fill(x, SIZE, 1);
  sl_image_warp_plane(&still, x, y);
  for (int i = 0; i < SIZE; i++) assert_true(fabsf(x[i] - y[i]) < 1e-6f);
  sl_image_warp_plane(&right, x, y);
  assert_true(y[WIDTH + 5] == x[WIDTH + 3]);
  assert_true(y[0] == x[0]);  // from outside: the edge
}

static void test_warp_adjoint(void **state) {
  (void)state;
  float x[SIZE], y[SIZE], warped[SIZE], pulled[SIZE] = {0};
  sl_image_warp warp = {.height = HEIGHT,
                        .width = WIDTH,
                        .shift_x = 1.5,
                        .shift_y = -0.7,
                        .degrees = 20,
                        .scale = 1.1};
  fill(x, SIZE, 1);
  fill(y, SIZE, 2);
  sl_image_warp_plane(&warp, x, warped);
  sl_image_warp_pull(&warp, y, pulled);
  assert_true(fabs(dot(warped, y, SIZE) - dot(x, pulled, SIZE)) < 1e-4);
}

static void check_round_trip(int64_t channels, bool is_plain) {
  sl_arena *arena = sl_arena_new(NULL, "test");
  float picture[3 * SIZE], parameters[3 * SIZE], again[3 * SIZE];
  sl_cosine_image image;
  sl_cosine_image_new(arena, channels, HEIGHT, WIDTH, is_plain, &image);
  fill(picture, image.count, 3);
  sl_cosine_image_read(&image, picture, parameters);
  sl_cosine_image_show(&image, parameters, again);
  for (int64_t i = 0; i < image.count; i++) assert_true(fabsf(picture[i] - again[i]) < 1e-4f);
  sl_arena_free(arena);
}

static void test_round_trip(void **state) {
  (void)state;
  check_round_trip(1, false);
  check_round_trip(3, false);
  check_round_trip(3, true);
}

// A wave of half a period along x is one frequency of the basis, as high as the formula says.
static void test_one_frequency(void **state) {
  (void)state;
  sl_arena *arena = sl_arena_new(NULL, "test");
  float picture[SIZE], parameters[SIZE] = {0};
  sl_cosine_image image;
  sl_cosine_image_new(arena, 1, HEIGHT, WIDTH, false, &image);
  parameters[1] = 0.5f;
  sl_cosine_image_show(&image, parameters, picture);
  double weight = 0.25 / fmax(1.0 / (2 * WIDTH), 1.0 / WIDTH);
  for (int x = 0; x < WIDTH; x++) {
    double wave = 0.5 * weight * sqrt(2.0 / WIDTH) * sqrt(1.0 / HEIGHT) *
                  cos(M_PI * (2 * x + 1) / (2.0 * WIDTH));
    assert_true(fabs((double)picture[3 * WIDTH + x] - 1 / (1 + exp(-wave))) < 1e-5);
  }
  sl_arena_free(arena);
}

static void test_pull(void **state) {
  (void)state;
  sl_arena *arena = sl_arena_new(NULL, "test");
  float p[3 * SIZE], way[3 * SIZE], picture[3 * SIZE], g[3 * SIZE], used[3 * SIZE], by[3 * SIZE];
  float ahead[3 * SIZE], behind[3 * SIZE];
  sl_cosine_image image;
  sl_cosine_image_new(arena, 3, HEIGHT, WIDTH, false, &image);
  fill(p, image.count, 4);
  fill(way, image.count, 5);
  fill(g, image.count, 6);
  sl_cosine_image_show(&image, p, picture);
  memcpy(used, g, sizeof g);
  sl_cosine_image_pull(&image, picture, used, by);
  const float step = 1e-2f;
  for (int64_t i = 0; i < image.count; i++) {
    ahead[i] = p[i] + step * way[i];
    behind[i] = p[i] - step * way[i];
  }
  sl_cosine_image_show(&image, ahead, ahead);
  sl_cosine_image_show(&image, behind, behind);
  double wanted = (dot(g, ahead, image.count) - dot(g, behind, image.count)) / (2 * (double)step);
  double got = dot(by, way, image.count);
  assert_true(fabs(got - wanted) < 2e-3 * fmax(1, fabs(wanted)));
  sl_arena_free(arena);
}

static void run_ascent(sl_arena *arena, const char *target_text, bool is_plain, sl_ascent *out) {
  sl_error err = {0};
  sl_white_box *box;
  sl_target target;
  sl_shape shape = {.rank = 4, .dims = {1, 1, 28, 28}};
  sl_white_box_options options = {.threads = 1, .input_shape = &shape};
  const char *path = SL_SOURCE_DIR "/examples/fashion/v2.onnx";
  ok(sl_white_box_open(arena, path, &options, &box, &err), &err);
  ok(sl_target_parse(arena, box, target_text, NULL, 0, &target, &err), &err);
  sl_ascent_ask ask = {
      .arena = arena,
      .box = box,
      .target = &target,
      .scale = {.channels = 1, .height = 28, .width = 28, .low = {-0.8}, .high = {2}},
      .is_plain = is_plain,
      .steps = 40,
      .rate = 0.05,
      .jitter = 1,
      .rotate = 5,
      .zoom = 0.05,
      .total_variation = 0.1,
      .square = 0.1};
  ok(sl_image_ascent_run(&ask, out, &err), &err);
}

static void test_ascent(void **state) {
  (void)state;
  static const char *const targets[] = {"9", "/stage2/stage2.0/relu2/Relu_output_0[3]"};
  for (int i = 0; i < 4; i++) {
    sl_arena *arena = sl_arena_new(NULL, "test");
    sl_ascent first, second;
    run_ascent(arena, targets[i / 2], i % 2 == 1, &first);
    run_ascent(arena, targets[i / 2], i % 2 == 1, &second);
    assert_true(first.after > first.before + 1);
    assert_int_equal(first.flat, 0);
    assert_memory_equal(first.picture, second.picture, 784 * sizeof(float));
    for (int k = 0; k < 784; k++) assert_true(first.picture[k] >= 0 && first.picture[k] <= 1);
    sl_ascent_release(&first);
    sl_ascent_release(&second);
    sl_arena_free(arena);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_warp_keeps), cmocka_unit_test(test_warp_adjoint),
      cmocka_unit_test(test_round_trip), cmocka_unit_test(test_one_frequency),
      cmocka_unit_test(test_pull),       cmocka_unit_test(test_ascent)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

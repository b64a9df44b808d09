// SPDX-License-Identifier: Apache-2.0
// Resizing against Pillow, OpenCV and torch (tests/data/resize/resize.csv): 0 differing bytes.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "image/resize.h"
#include "image/resize_golden.h"

static int compare_row(sl_kernel kernel, const char *row) {
  int bits, channels, pattern, width, height, out_width, out_height;
  char digits[17];
  assert_int_equal(sscanf(row, "%d,%d,%d,%d,%d,%d,%d,%16s", &bits, &channels, &pattern, &width,
                          &height, &out_width, &out_height, digits),
                   8);
  sl_image in = golden_picture(width, height, channels, bits, pattern), out = {0};
  must_pass(sl_image_resize(&in, out_width, out_height, kernel, &out, err));
  assert_int_equal(out.width, out_width);
  assert_int_equal(out.height, out_height);
  assert_int_equal(out.channels, channels);
  assert_int_equal(out.bits, bits);
  int same = golden_matches(&out, digits);
  if (!same) print_error("differs: %s %.60s\n", sl_kernel_name(kernel), row);
  sl_image_release(&in);
  sl_image_release(&out);
  return same;
}

static void compare_all(const char *goldens, sl_kernel from, sl_kernel to, int rows_expected) {
  int rows = 0, differing = 0;
  for (sl_kernel kernel = from; kernel <= to; kernel++) {
    const char *text = goldens;
    for (const char *row; (row = golden_line(&text, sl_kernel_name(kernel))) != NULL; rows++) {
      differing += !compare_row(kernel, row);
    }
  }
  assert_int_equal(differing, 0);
  assert_int_equal(rows, rows_expected);
}

// With the loops this machine would use, and with the plain ones.
static void compare_kernels(sl_kernel from, sl_kernel to, int rows_expected) {
  sl_arena *arena = sl_arena_new(NULL, "resize test");
  const char *goldens = golden_text(arena, "resize.csv");
  compare_all(goldens, from, to, rows_expected);
  sl_fast_loops_forbid(1);
  assert_int_equal(sl_fast_loops_allowed(), 0);
  compare_all(goldens, from, to, rows_expected);
  sl_fast_loops_forbid(0);
  sl_arena_free(arena);
}

static void pillow_is_equalled(void **state) {
  (void)state;
  compare_kernels(SL_KERNEL_PILLOW_NEAREST, SL_KERNEL_PILLOW_LANCZOS, 1470);
}

static void opencv_is_equalled(void **state) {
  (void)state;
  compare_kernels(SL_KERNEL_OPENCV_NEAREST, SL_KERNEL_OPENCV_CUBIC, 1568);
}

static void torch_is_equalled(void **state) {
  (void)state;
  compare_kernels(SL_KERNEL_TORCH_BILINEAR, SL_KERNEL_TORCH_BICUBIC, 392);
}

static void names_are_unique(void **state) {
  (void)state;
  for (int i = 0; i < SL_KERNEL_COUNT; i++) {
    for (int j = 0; j < i; j++) {
      assert_string_not_equal(sl_kernel_name((sl_kernel)i), sl_kernel_name((sl_kernel)j));
    }
  }
  assert_string_equal(sl_kernel_name(SL_KERNEL_COUNT), "unknown");
}

static void same_size_shares_the_pixels(void **state) {
  (void)state;
  sl_image in = golden_picture(9, 7, 3, 8, 0), out = {0};
  must_pass(sl_image_resize(&in, 9, 7, SL_KERNEL_PILLOW_LANCZOS, &out, err));
  assert_ptr_equal(in.pixels, out.pixels);
  sl_image_release(&in);
  assert_int_equal(out.pixels[0] | 255, 255);
  sl_image_release(&out);
}

static void expect_refusal(const sl_image *in, int32_t width, int32_t height, sl_kernel kernel,
                           sl_status status, const char *says) {
  sl_image out = {0};
  sl_error err = {0};
  assert_int_equal(sl_image_resize(in, width, height, kernel, &out, &err), status);
  assert_non_null(strstr(sl_error_message(&err), says));
  assert_null(out.pixels);
}

static void refusals_say_why(void **state) {
  (void)state;
  sl_image grey = golden_picture(4, 4, 1, 16, 0), rgb = golden_picture(4, 4, 3, 16, 0);
  expect_refusal(&rgb, 2, 2, SL_KERNEL_PILLOW_BOX, SL_E_UNSUPPORTED, "\"pillow.box\"");
  expect_refusal(&grey, 2, 2, SL_KERNEL_TORCH_BILINEAR, SL_E_UNSUPPORTED, "\"torch.bilinear\"");
  expect_refusal(&grey, 0, 2, SL_KERNEL_PILLOW_BOX, SL_E_ARG, "0 x 2");
  expect_refusal(&grey, 2, -1, SL_KERNEL_PILLOW_BOX, SL_E_ARG, "2 x -1");
  expect_refusal(&grey, 2, 2, SL_KERNEL_COUNT, SL_E_ARG, "12");
  expect_refusal(&grey, INT32_MAX, INT32_MAX, SL_KERNEL_PILLOW_BOX, SL_E_LIMIT, "2147483647");
  sl_image none = {0};
  expect_refusal(&none, 2, 2, SL_KERNEL_PILLOW_BOX, SL_E_ARG, "empty");
  sl_image_release(&grey);
  sl_image_release(&rgb);
}

static void lack_of_memory_is_an_error(void **state) {
  (void)state;
  sl_image in = golden_picture(40, 30, 4, 8, 0);
  int failures = 0;
  for (int kernel = 0; kernel < SL_KERNEL_COUNT; kernel++) {
    for (int nth = 1; nth < 12; nth++) {
      sl_image out = {0};
      sl_error err = {0};
      sl_heap_fail_after(nth);
      sl_status status = sl_image_resize(&in, 20, 5, (sl_kernel)kernel, &out, &err);
      sl_heap_fail_after(0);
      assert_true(status == SL_OK || status == SL_E_MEMORY);
      if (status != SL_OK) assert_null(out.pixels);
      failures += status != SL_OK;
      sl_image_release(&out);
    }
  }
  assert_true(failures > SL_KERNEL_COUNT);
  sl_image_release(&in);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(pillow_is_equalled),          cmocka_unit_test(opencv_is_equalled),
      cmocka_unit_test(torch_is_equalled),           cmocka_unit_test(names_are_unique),
      cmocka_unit_test(same_size_shares_the_pixels), cmocka_unit_test(refusals_say_why),
      cmocka_unit_test(lack_of_memory_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

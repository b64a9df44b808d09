// SPDX-License-Identifier: Apache-2.0
// The fast rows of grey against the plain ones: every colour, and every width up to three blocks.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/arena.h"
#include "image/codec.h"

enum { RULES = SL_GREY_LIBPNG + 1, WIDTH_MAX = 100, GUARD = 0x5a };

static void convert(int forbidden, sl_samples from, sl_grey_rule rule, uint8_t *in, uint8_t *out,
                    int32_t width) {
  const sl_row_plan plan = {.from = from, .bits = 8, .grey = rule, .to = SL_COLOUR_GREY};
  sl_fast_loops_forbid(forbidden);
  sl_row_convert(&plan, in, out, width);
  sl_fast_loops_forbid(0);
}

// 256 blues of one red and green, with `step` bytes a pixel.
static void fill_blues(uint8_t *row, size_t step, uint8_t red, uint8_t green) {
  for (size_t blue = 0; blue < 256; blue++, row += step) {
    row[0] = red;
    row[1] = green;
    row[2] = (uint8_t)blue;
    if (step == 4) row[3] = (uint8_t)(blue * 7 + green);
  }
}

static void every_colour(void **state) {
  (void)state;
  uint8_t row[4 * 256], plain[256], fast[256];
  for (int rule = 0; rule < RULES; rule++) {
    for (unsigned at = 0; at < 1u << 16; at++) {
      fill_blues(row, 3, (uint8_t)(at >> 8), (uint8_t)at);
      convert(1, SL_SAMPLES_RGB, (sl_grey_rule)rule, row, plain, 256);
      convert(0, SL_SAMPLES_RGB, (sl_grey_rule)rule, row, fast, 256);
      assert_memory_equal(plain, fast, 256);
    }
  }
}

static void every_step_of_17_with_alpha(void **state) {
  (void)state;
  uint8_t row[4 * 256], plain[256], fast[256];
  for (int rule = 0; rule < RULES; rule++) {
    for (unsigned red = 0; red < 256; red += 17) {
      for (unsigned green = 0; green < 256; green += 17) {
        fill_blues(row, 4, (uint8_t)red, (uint8_t)green);
        convert(1, SL_SAMPLES_RGBA, (sl_grey_rule)rule, row, plain, 256);
        convert(0, SL_SAMPLES_RGBA, (sl_grey_rule)rule, row, fast, 256);
        assert_memory_equal(plain, fast, 256);
      }
    }
  }
}

// Rows of exactly their size, at an odd address, so that a sanitizer sees a read past the end.
static void compare_width(sl_samples from, sl_grey_rule rule, int32_t width) {
  const size_t size = (size_t)width * (size_t)from;
  uint8_t plain[WIDTH_MAX], fast[WIDTH_MAX + 1];
  uint8_t *held = sl_heap_alloc(size + 1);
  assert_non_null(held);
  for (size_t i = 0; i < size; i++) held[i + 1] = (uint8_t)(i * 151 + (size_t)width * 59 + i / 7);
  memset(fast, GUARD, sizeof fast);
  convert(1, from, rule, held + 1, plain, width);
  convert(0, from, rule, held + 1, fast, width);
  sl_heap_free(held);
  assert_memory_equal(plain, fast, (size_t)width);
  assert_int_equal(fast[width], GUARD);
}

static void every_width(void **state) {
  (void)state;
  for (int rule = 0; rule < RULES; rule++) {
    for (int32_t width = 1; width <= WIDTH_MAX; width++) {
      compare_width(SL_SAMPLES_RGB, (sl_grey_rule)rule, width);
      compare_width(SL_SAMPLES_RGBA, (sl_grey_rule)rule, width);
    }
  }
}

#if SL_HAS_AVX2
// The other tests compare something: a long row is not left to the plain loop.
static void most_of_a_row_is_fast(void **state) {
  (void)state;
  uint8_t row[4 * WIDTH_MAX] = {0}, out[WIDTH_MAX];
  if (!sl_fast_loops_allowed()) skip();
  assert_int_equal(sl_row_grey_avx2(row, 3, SL_GREY_PILLOW, out, WIDTH_MAX), WIDTH_MAX - 2);
  assert_int_equal(sl_row_grey_avx2(row, 4, SL_GREY_LIBPNG, out, WIDTH_MAX), WIDTH_MAX - 2);
  assert_int_equal(sl_row_grey_avx2(row, 3, SL_GREY_PILLOW, out, 33), 0);
}
#endif

int main(void) {
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(every_colour),
    cmocka_unit_test(every_step_of_17_with_alpha),
    cmocka_unit_test(every_width),
#if SL_HAS_AVX2
    cmocka_unit_test(most_of_a_row_is_fast),
#endif
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}

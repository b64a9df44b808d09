// SPDX-License-Identifier: Apache-2.0
// Orientation, cropping and sizes against Pillow and torchvision (tests/data/resize/turn.csv and
// size.csv).
#include "image/geometry.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "image/resize_golden.h"

static sl_arena *arena;

static int open_arena(void **state) {
  (void)state;
  arena = sl_arena_new(NULL, "geometry test");
  return 0;
}

static int close_arena(void **state) {
  (void)state;
  sl_arena_free(arena);
  return 0;
}

static void turns_equal_pillow(void **state) {
  (void)state;
  const char *text = golden_text(arena, "turn.csv");
  int rows = 0;
  for (const char *row; (row = golden_line(&text, "turn")) != NULL; rows++) {
    int bits, channels, width, height, orientation, out_width, out_height;
    char digits[17];
    assert_int_equal(sscanf(row, "%d,%d,%d,%d,%d,%d,%d,%16s", &bits, &channels, &width, &height,
                            &orientation, &out_width, &out_height, digits),
                     8);
    sl_image in = golden_picture(width, height, channels, bits, 0), out = {0};
    must_pass(sl_image_orient(&in, orientation, &out, err));
    assert_int_equal(out.width, out_width);
    assert_int_equal(out.height, out_height);
    assert_true(golden_matches(&out, digits));
    sl_image_release(&in);
    sl_image_release(&out);
  }
  assert_int_equal(rows, 160);
}

static void crops_equal_pillow(void **state) {
  (void)state;
  const uint8_t black[4] = {0};
  const char *text = golden_text(arena, "turn.csv");
  int rows = 0;
  for (const char *row; (row = golden_line(&text, "crop")) != NULL; rows++) {
    int bits, channels, width, height, x, y, out_width, out_height;
    char digits[17];
    assert_int_equal(sscanf(row, "%d,%d,%d,%d,%d,%d,%d,%d,%16s", &bits, &channels, &width, &height,
                            &x, &y, &out_width, &out_height, digits),
                     9);
    sl_image in = golden_picture(width, height, channels, bits, 0), out = {0};
    must_pass(sl_image_crop(&in, x, y, out_width, out_height, black, &out, err));
    assert_true(golden_matches(&out, digits));
    sl_image_release(&in);
    sl_image_release(&out);
  }
  assert_int_equal(rows, 140);
}

static void crop_fills_with_the_colour(void **state) {
  (void)state;
  const uint8_t fill[4] = {1, 2, 3, 255};
  sl_image rgb = golden_picture(2, 2, 3, 8, 0), grey = golden_picture(2, 2, 1, 16, 0), out = {0};
  must_pass(sl_image_crop(&rgb, 1, 1, 2, 2, fill, &out, err));
  assert_memory_equal(out.pixels, rgb.pixels + 9, 3);
  assert_memory_equal(out.pixels + 3, fill, 3);
  assert_memory_equal(out.pixels + 6, fill, 3);
  assert_memory_equal(out.pixels + 9, fill, 3);
  sl_image_release(&out);
  must_pass(sl_image_crop(&grey, INT32_MAX, INT32_MIN, 1, 1, (const uint8_t[4]){255}, &out, err));
  assert_int_equal(out.pixels[0] << 8 | out.pixels[1], 0xffff);
  sl_image_release(&out);
  sl_error seen = {0};
  assert_int_equal(sl_image_crop(&rgb, 0, 0, 0, 3, fill, &out, &seen), SL_E_ARG);
  assert_non_null(strstr(sl_error_message(&seen), "0 x 3"));
  assert_int_equal(sl_image_orient(&rgb, 9, &out, &seen), SL_E_ARG);
  assert_int_equal(sl_image_orient(&rgb, 0, &out, &seen), SL_E_ARG);
  sl_image_release(&rgb);
  sl_image_release(&grey);
}

typedef struct side_case {
  const char *name;
  sl_side_rule rule;
  int is_short, rows;
} side_case;

static void compare_side_row(const side_case *c, const char *row) {
  sl_size in, out, want;
  int32_t side, limit;
  assert_int_equal(sscanf(row, "%d,%d,%d,%d,%d,%d", &in.width, &in.height, &side, &limit,
                          &want.width, &want.height),
                   6);
  if (c->is_short) {
    must_pass(sl_geometry_short_side(in, side, limit, c->rule, &out, err));
  } else {
    must_pass(sl_geometry_long_side(in, side, c->rule, &out, err));
  }
  if (out.width != want.width || out.height != want.height) {
    fail_msg("%s,%.40s: got %d x %d", c->name, row, out.width, out.height);
  }
}

static void sides_equal_the_libraries(void **state) {
  (void)state;
  const side_case cases[] = {{"torchvision_short", SL_SIDE_TORCHVISION, 1, 536},
                             {"torchvision_long", SL_SIDE_TORCHVISION, 0, 226},
                             {"pillow_short", SL_SIDE_PILLOW, 1, 277},
                             {"pillow_long", SL_SIDE_PILLOW, 0, 226},
                             {"thumbnail_long", SL_SIDE_THUMBNAIL, 0, 277},
                             {"scale_short", SL_SIDE_SCALE, 1, 277}};
  const char *goldens = golden_text(arena, "size.csv");
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    const char *text = goldens;
    int rows = 0;
    for (const char *row; (row = golden_line(&text, cases[i].name)) != NULL; rows++) {
      compare_side_row(&cases[i], row);
    }
    assert_int_equal(rows, cases[i].rows);
  }
}

static void centres_equal_torchvision(void **state) {
  (void)state;
  const char *text = golden_text(arena, "size.csv");
  int rows = 0;
  for (const char *row; (row = golden_line(&text, "centre")) != NULL; rows++) {
    int have, want, offset;
    assert_int_equal(sscanf(row, "%d,%d,%d", &have, &want, &offset), 3);
    assert_int_equal(sl_geometry_centre(have, want), offset);
  }
  assert_int_equal(rows, 182);
}

static void letterboxes_equal_the_formula(void **state) {
  (void)state;
  const char *text = golden_text(arena, "size.csv");
  int rows = 0;
  for (const char *row; (row = golden_line(&text, "letterbox")) != NULL; rows++) {
    sl_size in, frame;
    sl_letterbox_options options;
    sl_letterbox want, out;
    assert_int_equal(sscanf(row, "%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d,%d", &in.width, &in.height,
                            &frame.width, &frame.height, &options.stride, &options.scale_up,
                            &options.centre, &want.resized.width, &want.resized.height, &want.left,
                            &want.top, &want.right, &want.bottom),
                     13);
    must_pass(sl_geometry_letterbox(in, frame, &options, &out, err));
    assert_memory_equal(&out, &want, sizeof(out));
  }
  assert_int_equal(rows, 288);
}

static void sizes_stay_in_range(void **state) {
  (void)state;
  const sl_size line = {1, 100000}, none = {0, 5}, plain = {4, 3};
  sl_size out = {0};
  sl_error seen = {0};
  must_pass(sl_geometry_long_side(line, 10, SL_SIDE_TORCHVISION, &out, err));
  assert_int_equal(out.width, 1);
  assert_int_equal(sl_geometry_short_side(line, 1 << 20, 0, SL_SIDE_PILLOW, &out, &seen),
                   SL_E_LIMIT);
  assert_int_equal(sl_geometry_short_side(none, 3, 0, SL_SIDE_PILLOW, &out, &seen), SL_E_ARG);
  assert_int_equal(sl_geometry_short_side(plain, 0, 0, SL_SIDE_PILLOW, &out, &seen), SL_E_ARG);
  assert_int_equal(sl_geometry_short_side(plain, 5, 5, SL_SIDE_PILLOW, &out, &seen), SL_E_ARG);
  assert_int_equal(sl_geometry_short_side(plain, 5, 0, SL_SIDE_THUMBNAIL, &out, &seen), SL_E_ARG);
  assert_int_equal(sl_geometry_long_side(plain, 5, SL_SIDE_RULE_COUNT, &out, &seen), SL_E_ARG);
  const sl_letterbox_options options = {0, 1, 1};
  sl_letterbox box;
  assert_int_equal(sl_geometry_letterbox(plain, none, &options, &box, &seen), SL_E_ARG);
  must_pass(sl_geometry_letterbox(line, (sl_size){640, 640}, &options, &box, err));
  assert_int_equal(box.resized.width, 1);
  assert_int_equal(box.left + 1 + box.right, 640);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(turns_equal_pillow),         cmocka_unit_test(crops_equal_pillow),
      cmocka_unit_test(crop_fills_with_the_colour), cmocka_unit_test(sides_equal_the_libraries),
      cmocka_unit_test(centres_equal_torchvision),  cmocka_unit_test(letterboxes_equal_the_formula),
      cmocka_unit_test(sizes_stay_in_range),
  };
  return cmocka_run_group_tests(tests, open_arena, close_arena);
}

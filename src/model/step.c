// SPDX-License-Identifier: Apache-2.0
// The table of pipeline steps, made from step_list.h, and what several steps share.
#include "model/step.h"

#include <math.h>

static const sl_step *const table[] = {
#define SL_STEP(name) &sl_step_##name,
#include "model/step_list.h"
#undef SL_STEP
};

static const sl_item *const items[] = {
#define SL_STEP(name) &sl_step_##name.item,
#include "model/step_list.h"
#undef SL_STEP
};

enum { STEP_COUNT = sizeof table / sizeof table[0] };

const sl_registry sl_step_registry = {.name = "step", .items = items, .count = STEP_COUNT};

const sl_step *sl_step_at(int64_t index) {
  return index >= 0 && index < STEP_COUNT ? table[index] : NULL;
}

const sl_choice sl_choices_step_kernel[] = {{"pillow.nearest", "Pillow NEAREST"},
                                            {"pillow.box", "Pillow BOX"},
                                            {"pillow.bilinear", "Pillow BILINEAR"},
                                            {"pillow.hamming", "Pillow HAMMING"},
                                            {"pillow.bicubic", "Pillow BICUBIC"},
                                            {"pillow.lanczos", "Pillow LANCZOS"},
                                            {"opencv.nearest", "OpenCV INTER_NEAREST"},
                                            {"opencv.linear", "OpenCV INTER_LINEAR"},
                                            {"opencv.area", "OpenCV INTER_AREA"},
                                            {"opencv.cubic", "OpenCV INTER_CUBIC"},
                                            {"torch.bilinear", "torch bilinear, antialiased"},
                                            {"torch.bicubic", "torch bicubic, antialiased"},
                                            {0}};

const sl_choice sl_choices_step_rounding[] = {
    {"floor", "towards zero"}, {"nearest", "to the nearest whole number, halves to even"}, {0}};

int32_t sl_round_side(double side, int32_t rounding) {
  double whole = rounding == SL_ROUND_FLOOR ? floor(side) : nearbyint(side);
  return whole < 1 ? 1 : whole > INT32_MAX ? INT32_MAX : (int32_t)whole;
}

void sl_frame_replace(sl_frame *frame, sl_image *with) {
  sl_image_release(&frame->image);
  frame->image = *with;
  *with = (sl_image){0};
}

sl_status sl_frame_resize(sl_frame *frame, int32_t width, int32_t height, sl_kernel kernel,
                          sl_error *err) {
  if (frame->image.width == width && frame->image.height == height) return SL_OK;
  sl_image resized = {0};
  SL_TRY(sl_image_resize(&frame->image, width, height, kernel, &resized, err));
  sl_frame_replace(frame, &resized);
  return SL_OK;
}

sl_status sl_frame_window(sl_frame *frame, int32_t x, int32_t y, int32_t width, int32_t height,
                          const uint8_t fill[4], sl_error *err) {
  const sl_image *in = &frame->image;
  if (x == 0 && y == 0 && width == in->width && height == in->height) return SL_OK;
  sl_image window = {0};
  SL_TRY(sl_image_crop(in, x, y, width, height, fill, &window, err));
  sl_frame_replace(frame, &window);
  return SL_OK;
}

sl_status sl_step_check_colour(const sl_reals *colour, const char *step, sl_error *err) {
  if (colour->count == 0 || colour->count == 1 || colour->count == 3) return SL_OK;
  return sl_fail(err, SL_E_ARG,
                 "parameter \"colour\" of step \"%s\" has %lld numbers, it takes 1 or 3", step,
                 (long long)colour->count);
}

void sl_step_fill(const sl_reals *colour, double fallback, uint8_t fill[4]) {
  for (int64_t i = 0; i < 4; i++) {
    double value = fallback;
    if (colour->count > 0) value = colour->at[i < colour->count ? i : colour->count - 1];
    fill[i] = (uint8_t)value;
  }
}
